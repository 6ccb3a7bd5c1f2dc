/* percpu_section.c: variables that a program defines, one copy for each CPU. */
#include <kmem/percpu_counter.h>
#include "machine.h"

DEFINE_PER_CPU(int, number) = 42;
EXPORT_PER_CPU_SYMBOL(number);
static DEFINE_PER_CPU(int[3], three) = { 1, 2, 3 };
static DEFINE_PER_CPU(
	struct {
		char c;
		u64 u;
	},
	record);
static DEFINE_PER_CPU_ALIGNED(char, alone);
DECLARE_PER_CPU(int, number);

static void test_8_3_copies_begin_as_the_pattern(void **state)
{
	unsigned int cpu;

	/* Also at the second boot. */
	for (int round = 0; round < 2; round++) {
		boot("mem=64M,cpus=3");
		for_each_possible_cpu(cpu) {
			assert_int_equal(per_cpu(number, cpu), 42);
			assert_int_equal(per_cpu(three, cpu)[2], 3);
			assert_int_equal(per_cpu(record, cpu).u, 0);
			assert_int_equal((unsigned long)&per_cpu(alone, cpu) % SMP_CACHE_BYTES, 0);
			per_cpu(number, cpu) += cpu;
			per_cpu(three, cpu)[2] = 0;
		}
		for_each_possible_cpu(cpu)
			assert_int_equal(per_cpu(number, cpu), 42 + cpu);
		assert_int_equal(*per_cpu_ptr(&number, 2), 44);
		halt();
	}
}

static void test_8_3_get_cpu_var_keeps_the_CPU(void **state)
{
	unsigned int cpu;

	boot("mem=64M,cpus=2");
	assert_false(in_atomic());
	get_cpu_var(number)++;
	assert_true(in_atomic());
	assert_int_equal(per_cpu(number, smp_processor_id()), 43);
	assert_int_equal(__get_cpu_var(number), 43);
	put_cpu_var(number);
	assert_false(in_atomic());
	cpu = get_cpu();
	assert_int_equal(cpu, smp_processor_id());
	put_cpu();
	assert_int_equal(smp_processor_id(), cpu); /* where it was a moment ago */
	halt();
}

static void test_8_3_operations_on_this_CPU(void **state)
{
	u64 *p;

	boot("mem=64M,cpus=1");
	this_cpu_write(number, 5);
	this_cpu_add(number, 3);
	this_cpu_inc(number);
	this_cpu_dec(number);
	this_cpu_sub(number, 1);
	assert_int_equal(this_cpu_read(number), 7);
	this_cpu_or(number, 8);
	this_cpu_and(number, 12);
	assert_int_equal(this_cpu_read(number), 12);
	assert_int_equal(this_cpu_add_return(number, 8), 20);
	assert_int_equal(this_cpu_sub_return(number, 1), 19);
	assert_int_equal(this_cpu_inc_return(number), 20);
	assert_int_equal(this_cpu_dec_return(number), 19);
	assert_int_equal(this_cpu_xchg(number, 3), 19);
	assert_int_equal(this_cpu_cmpxchg(number, 4, 5), 3);
	assert_int_equal(this_cpu_cmpxchg(number, 3, 5), 3);
	assert_int_equal(this_cpu_read(number), 5);
	assert_int_equal(__this_cpu_read(number), 5);
	/* Of an allocated one as well. */
	p = alloc_percpu(u64);
	this_cpu_add(*p, 1ull << 40);
	assert_int_equal(this_cpu_read(*p), 1ull << 40);
	free_percpu(p);
	halt();
}

static DEFINE_PER_CPU(long, counted);

static void count(struct worker *w)
{
	for (unsigned long i = 0; i < stress(20000); i++) {
		this_cpu_inc(counted);
		if (w->arg)
			percpu_counter_add(w->arg, (long)(i % 7) - 2);
	}
}

static void test_8_3_this_cpu_operations_are_whole(void **state)
{
	unsigned int cpu;
	long sum = 0;

	boot("mem=64M,cpus=2");
	run_workers(6, count, NULL);
	for_each_possible_cpu(cpu)
		sum += per_cpu(counted, cpu);
	assert_int_equal(sum, 6 * stress(20000));
	halt();
}

static void test_percpu_counter_is_a_sum(void **state)
{
	struct percpu_counter c;
	long expected = 0;

	boot("mem=64M,cpus=3");
	assert_int_equal(percpu_counter_init(&c, 100, GFP_KERNEL), 0);
	assert_int_equal(percpu_counter_sum(&c), 100);
	run_workers(5, count, &c);
	for (unsigned long i = 0; i < stress(20000); i++)
		expected += (long)(i % 7) - 2;
	expected = 100 + 5 * expected;
	assert_int_equal(percpu_counter_sum(&c), expected);
	/* A look without the lock is off by less than a batch a CPU. */
	assert_in_range(percpu_counter_read(&c), expected - 3 * percpu_counter_batch,
			expected + 3 * percpu_counter_batch);
	assert_int_equal(percpu_counter_compare(&c, expected), 0);
	assert_int_equal(percpu_counter_compare(&c, expected - 1), 1);
	assert_int_equal(percpu_counter_compare(&c, expected + 1), -1);
	percpu_counter_set(&c, -5);
	percpu_counter_inc(&c);
	percpu_counter_dec(&c);
	percpu_counter_sub(&c, 1ll << 40);
	assert_true(percpu_counter_sum(&c) == -5 - (1ll << 40));
	assert_int_equal(percpu_counter_sum_positive(&c), 0);
	assert_int_equal(percpu_counter_read_positive(&c), 0);
	percpu_counter_destroy(&c);
	percpu_counter_destroy(&c);
	halt();
}

static struct percpu_counter grows;
static bool grown;

static void look_or_count(struct worker *w)
{
	s64 last = 0, now;

	if (w->nr) {
		for (unsigned long i = 0; i < stress(1000000); i++)
			percpu_counter_inc(&grows);
		WRITE_ONCE(grown, true);
		return;
	}
	while (!READ_ONCE(grown)) {
		now = percpu_counter_sum(&grows);
		w->errors += now < last;
		last = now;
	}
}

/* What a CPU hands in is in one place at any moment: a sum of what only grows does not fall. */
static void test_percpu_counter_sum_never_falls(void **state)
{
	boot("mem=64M,cpus=2");
	grown = false;
	assert_int_equal(percpu_counter_init(&grows, 0, GFP_KERNEL), 0);
	assert_int_equal(run_workers(2, look_or_count, NULL), 0);
	assert_int_equal(percpu_counter_sum(&grows), stress(1000000));
	percpu_counter_destroy(&grows);
	halt();
}

static void test_percpu_counter_batch_follows_the_CPUs(void **state)
{
	static const struct {
		const char *words;
		int batch;
	} machines[] = { { "mem=64M,cpus=1", 32 }, { "mem=64M,cpus=20", 40 } };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		struct percpu_counter c;
		bool outer;

		boot(machines[i].words);
		assert_int_equal(percpu_counter_init(&c, 0, GFP_KERNEL), 0);
		/* The batch itself is handed in, one less is not. */
		outer = cpu_begin();
		percpu_counter_add(&c, machines[i].batch - 1);
		assert_int_equal(percpu_counter_read(&c), 0);
		percpu_counter_inc(&c);
		assert_int_equal(percpu_counter_read(&c), machines[i].batch);
		percpu_counter_add_batch(&c, -7, 8);
		assert_int_equal(percpu_counter_read(&c), machines[i].batch);
		percpu_counter_add_batch(&c, -1, 8);
		assert_int_equal(percpu_counter_read(&c), machines[i].batch - 8);
		cpu_end(outer);
		percpu_counter_destroy(&c);
		halt();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_8_3_copies_begin_as_the_pattern),
		machine_test(test_8_3_get_cpu_var_keeps_the_CPU),
		machine_test(test_8_3_operations_on_this_CPU),
		machine_test(test_8_3_this_cpu_operations_are_whole),
		machine_test(test_percpu_counter_is_a_sum),
		machine_test(test_percpu_counter_sum_never_falls),
		machine_test(test_percpu_counter_batch_follows_the_CPUs),
	};

	return cmocka_run_group_tests_name("mm/percpu_section", tests, NULL, NULL);
}
