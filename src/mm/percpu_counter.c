// SPDX-License-Identifier: MIT
/*
 * percpu_counter.c - a sum kept in parts.
 *
 * Invariant: the value is count + sum over CPUs of counters; |a CPU's counter| < its batch after
 * every add. Locks: fbc->lock around count and around every settling, so that who sums under it
 * finds nothing twice; a CPU's counter is changed by who is busy there.
 */
#include <kmem/percpu_counter.h>

int percpu_counter_init(struct percpu_counter *fbc, s64 amount, gfp_t gfp)
{
	spin_lock_init(&fbc->lock);
	fbc->count = amount;
	fbc->counters = alloc_percpu_gfp(s32, gfp);
	return fbc->counters ? 0 : -ENOMEM;
}

void percpu_counter_destroy(struct percpu_counter *fbc)
{
	free_percpu(fbc->counters);
	fbc->counters = NULL;
}

void percpu_counter_set(struct percpu_counter *fbc, s64 amount)
{
	unsigned int cpu;

	spin_lock(&fbc->lock);
	for_each_possible_cpu(cpu)
		WRITE_ONCE(*per_cpu_ptr(fbc->counters, cpu), 0);
	WRITE_ONCE(fbc->count, amount);
	spin_unlock(&fbc->lock);
}

void percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch)
{
	bool outer = cpu_begin();
	s32 *mine = __dyn_this_cpu_ptr(fbc->counters);
	s64 n = *mine + amount;

	if (n >= batch || n <= -batch) {
		spin_lock(&fbc->lock);
		WRITE_ONCE(fbc->count, fbc->count + n);
		WRITE_ONCE(*mine, 0);
		spin_unlock(&fbc->lock);
	} else {
		WRITE_ONCE(*mine, n);
	}
	cpu_end(outer);
}

s64 percpu_counter_sum(struct percpu_counter *fbc)
{
	unsigned int cpu;
	s64 sum;

	spin_lock(&fbc->lock);
	sum = fbc->count;
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(fbc->counters, cpu));
	spin_unlock(&fbc->lock);
	return sum;
}

int percpu_counter_compare(struct percpu_counter *fbc, s64 rhs)
{
	s64 n = percpu_counter_read(fbc), slack = (s64)percpu_counter_batch * nr_cpu_ids;

	if (n - rhs <= slack && rhs - n <= slack)
		n = percpu_counter_sum(fbc);
	return n > rhs ? 1 : n < rhs ? -1 : 0;
}
