/* SPDX-License-Identifier: MIT */
/*
 * percpu_counter.h - a counter that many CPUs change and few read.
 *
 * Each CPU counts for itself and settles with the shared count when it has a batch; so a plain
 * read is off by up to batch * CPUs. percpu_counter_sum() is exact while nobody counts, and never
 * misses or doubles what was counted before it.
 * Context: init and destroy may sleep, the rest works anywhere. Source: Linux 6.1.
 */
#ifndef KMEM_PERCPU_COUNTER_H
#define KMEM_PERCPU_COUNTER_H

#include <kmem/percpu.h>
#include <kmem/spinlock.h>

struct percpu_counter {
	spinlock_t lock;
	s64 count; /* protected by lock; read without it */
	s32 __percpu *counters;
};

/* What a CPU counts for itself at most; more on large machines, where the lock is dearer. */
#define percpu_counter_batch ((s32)max(32u, 2 * nr_cpu_ids))

int percpu_counter_init(struct percpu_counter *fbc, s64 amount, gfp_t gfp); /* 0 or -ENOMEM */
void percpu_counter_destroy(struct percpu_counter *fbc);
void percpu_counter_set(struct percpu_counter *fbc, s64 amount);
void percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch);
s64 percpu_counter_sum(struct percpu_counter *fbc);
/* -1, 0, 1: below, equal to or above @rhs, exactly (while nobody counts). */
int percpu_counter_compare(struct percpu_counter *fbc, s64 rhs);

static inline void percpu_counter_add(struct percpu_counter *fbc, s64 amount)
{
	percpu_counter_add_batch(fbc, amount, percpu_counter_batch);
}

static inline void percpu_counter_sub(struct percpu_counter *fbc, s64 amount)
{
	percpu_counter_add(fbc, -amount);
}

static inline void percpu_counter_inc(struct percpu_counter *fbc)
{
	percpu_counter_add(fbc, 1);
}

static inline void percpu_counter_dec(struct percpu_counter *fbc)
{
	percpu_counter_add(fbc, -1);
}

static inline s64 percpu_counter_read(struct percpu_counter *fbc)
{
	return READ_ONCE(fbc->count);
}

static inline s64 percpu_counter_read_positive(struct percpu_counter *fbc)
{
	s64 n = percpu_counter_read(fbc);

	return n > 0 ? n : 0;
}

static inline s64 percpu_counter_sum_positive(struct percpu_counter *fbc)
{
	s64 n = percpu_counter_sum(fbc);

	return n > 0 ? n : 0;
}

#endif
