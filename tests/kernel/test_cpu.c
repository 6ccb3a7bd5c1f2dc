/* cpu.c: who is busy on a CPU is alone there, whoever wants one gets one in the end. */
#include "machine.h"

static void test_busy_sections_nest(void **state)
{
	boot("mem=64M,cpus=2");
	assert_null(current->busy);
	assert_false(in_atomic());
	bool outer = cpu_begin();

	assert_true(outer);
	assert_non_null(current->busy);
	assert_false(cpu_begin());
	cpu_end(false);
	assert_non_null(current->busy);
	assert_false(in_atomic()); /* busy alone is not atomic */
	assert_int_equal(get_cpu(), smp_processor_id());
	assert_true(in_atomic());
	preempt_disable();
	assert_int_equal(preempt_count(), 2);
	preempt_enable();
	put_cpu();
	assert_false(in_atomic());
	assert_non_null(current->busy);
	cpu_end(outer);
	assert_null(current->busy);
	halt();
}

static void test_a_thread_keeps_its_CPU(void **state)
{
	unsigned int cpu;

	boot("mem=64M,cpus=4");
	cpu = get_cpu();
	put_cpu();
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(get_cpu(), cpu);
		put_cpu();
	}
	cpu_park();
	assert_null(cpu_table[cpu].owner);
	halt();
}

/* Plain counters, one a CPU: an increment lost means that two were there at once. */
static struct {
	unsigned long count;
	unsigned int inside;
} ____cacheline_aligned counters[NR_CPUS];

static void count(struct worker *w)
{
	for (unsigned long i = 0; i < stress(20000); i++) {
		unsigned int cpu = get_cpu();

		w->errors += cpu >= nr_cpu_ids;
		w->errors += counters[cpu].inside++ != 0;
		counters[cpu].count++;
		counters[cpu].inside--;
		put_cpu();
		if (i % 1024 == 0)
			cpu_park();
		if (i % 777 == 0)
			cond_resched();
	}
}

/* @threads of them run @fn at once, which counts @each; no count may be lost. */
static void count_on(const char *words, unsigned int threads, void (*fn)(struct worker *),
		     unsigned long each)
{
	unsigned long sum = 0;

	memset(counters, 0, sizeof(counters));
	boot(words);
	assert_int_equal(run_workers(threads, fn, NULL), 0);
	for (int i = 0; i < NR_CPUS; i++)
		sum += counters[i].count;
	assert_int_equal(sum, threads * each);
	halt();
}

static void test_alone_on_a_CPU(void **state)
{
	count_on("mem=64M,cpus=2", 2, count, stress(20000));
	count_on("mem=64M,cpus=2", 7, count, stress(20000));
	count_on("mem=64M,cpus=1", 5, count, stress(20000));
	count_on("mem=64M,cpus=3", 20, count, stress(20000));
}

/* The three ways in, and one that becomes another, also inside each other. */
static void count_inline(struct worker *w)
{
	for (unsigned long i = 0; i < stress(20000); i++) {
		bool around = random_of(w, 4) == 0 && cpu_begin(), outer = false, held = false;
		struct cpu *cpu = cpu_enter();

		if (!cpu || random_of(w, 8) == 0) {
			if (cpu)
				cpu_stay(cpu, &outer);
			else
				cpu = cpu_hold(&outer);
			held = true;
		}
		w->errors += counters[cpu->id].inside++ != 0;
		w->errors += current->busy && current->busy != cpu;
		if (random_of(w, 500) == 0)
			usleep(100); /* long enough to be taken for idle */
		counters[cpu->id].count++;
		counters[cpu->id].inside--;
		if (held)
			cpu_release(cpu, outer);
		else
			cpu_leave();
		w->errors += (current->busy != NULL) != around;
		cpu_end(around);
		if (i % 1024 == 0)
			cpu_park();
	}
}

static void test_alone_in_inline_sections(void **state)
{
	count_on("mem=64M,cpus=2", 6, count_inline, stress(20000));
	count_on("mem=64M,cpus=3", 6, count_inline, stress(20000));
	count_on("mem=64M,cpus=1", 6, count_inline, stress(20000));
}

static long add_here(void *arg)
{
	unsigned int cpu = smp_processor_id();
	unsigned long errors = counters[cpu].inside++ != 0;

	counters[cpu].count += (unsigned long)arg;
	counters[cpu].inside--;
	return errors ? -1 : (long)cpu;
}

static void test_work_on_each_CPU(void **state)
{
	boot("mem=64M,cpus=4");
	memset(counters, 0, sizeof(counters));
	for (unsigned int cpu = 0; cpu < 4; cpu++) {
		bool outer;

		assert_int_equal(work_on_cpu(cpu, add_here, (void *)5), cpu);
		outer = cpu_begin(); /* busy on another one, perhaps */
		assert_int_equal(work_on_cpu(cpu, add_here, (void *)5), cpu);
		assert_non_null(current->busy);
		cpu_end(outer);
		assert_true(try_work_on_cpu(cpu, add_here, (void *)5));
		assert_int_equal(counters[cpu].count, 15);
	}
	halt();
}

static void count_here_and_there(struct worker *w)
{
	for (unsigned long i = 0; i < stress(300); i++) {
		unsigned int cpu = random_of(w, nr_cpu_ids);
		bool outer = w->seed & 4 ? cpu_begin() : false;

		w->errors += work_on_cpu(cpu, add_here, (void *)1) != (long)cpu;
		cpu_end(outer);
		cpu = get_cpu();
		w->errors += counters[cpu].inside++ != 0;
		counters[cpu].count++;
		counters[cpu].inside--;
		put_cpu();
	}
}

static void test_working_on_each_other_s_CPUs(void **state)
{
	count_on("mem=64M,cpus=2", 4, count_here_and_there, 2 * stress(300));
	count_on("mem=64M,cpus=3", 4, count_here_and_there, 2 * stress(300));
	count_on("mem=64M,cpus=1", 4, count_here_and_there, 2 * stress(300));
}

static unsigned int held;

static void hold_or_try(struct worker *w)
{
	if (w->nr == 0) {
		get_cpu();
		__atomic_store_n(&held, 1, __ATOMIC_RELEASE);
		while (__atomic_load_n(&held, __ATOMIC_ACQUIRE) == 1)
			usleep(100);
		put_cpu();
		return;
	}
	while (!__atomic_load_n(&held, __ATOMIC_ACQUIRE))
		usleep(100);
	w->errors += try_work_on_cpu(0, add_here, (void *)1);
	__atomic_store_n(&held, 2, __ATOMIC_RELEASE);
}

static void test_try_gives_up_on_a_busy_CPU(void **state)
{
	boot("mem=64M,cpus=1");
	held = 0;
	memset(counters, 0, sizeof(counters));
	assert_int_equal(run_workers(2, hold_or_try, NULL), 0);
	assert_int_equal(counters[0].count, 0);
	halt();
}

static void sleep_and_wake(struct worker *w)
{
	bool outer = cpu_begin(), busy;

	for (int i = 0; i < 20; i++) {
		busy = cpu_sleep_begin();
		w->errors += current->busy != NULL;
		usleep(random_of(w, 300));
		cpu_sleep_end(busy);
		w->errors += current->busy == NULL;
	}
	cpu_end(outer);
}

/* Ten threads are busy on one CPU all the time, since each gives it up while it sleeps. */
static void test_sleepers_give_their_CPU_up(void **state)
{
	boot("mem=64M,cpus=1");
	assert_int_equal(run_workers(10, sleep_and_wake, NULL), 0);
	halt();
}

static void test_sleeping_while_atomic_is_reported(void **state)
{
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	get_cpu();
	cpu_sleep_end(cpu_sleep_begin());
	put_cpu();
	assert_int_equal(logged(mark, "BUG: scheduling while atomic"), 1);
	assert_null(current->busy);
	halt();
}

static void touch(struct worker *w)
{
	get_cpu();
	put_cpu();
}

/* CPUs of threads that ended are free. */
static void test_threads_that_end_own_nothing(void **state)
{
	boot("mem=64M,cpus=4");
	for (int i = 0; i < 20; i++)
		run_workers(8, touch, NULL);
	cpu_park();
	for (unsigned int cpu = 0; cpu < 4; cpu++)
		if (cpu_table[cpu].owner) /* the machine's own threads */
			assert_true(cpu_table[cpu].owner->flags & PF_KTHREAD);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_busy_sections_nest),
		machine_test(test_a_thread_keeps_its_CPU),
		machine_test(test_alone_on_a_CPU),
		machine_test(test_alone_in_inline_sections),
		machine_test(test_work_on_each_CPU),
		machine_test(test_working_on_each_other_s_CPUs),
		machine_test(test_try_gives_up_on_a_busy_CPU),
		machine_test(test_sleepers_give_their_CPU_up),
		machine_test(test_sleeping_while_atomic_is_reported),
		machine_test(test_threads_that_end_own_nothing),
	};

	return cmocka_run_group_tests_name("kernel/cpu", tests, NULL, NULL);
}
