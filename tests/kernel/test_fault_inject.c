/* SPDX-License-Identifier: MIT */
/* fault_inject.c: rule 10.4, the order in which a request is asked why it should fail. */
#include <kmem/fault-inject.h>
#include "machine.h"

static struct fault_attr attr;
static bool on;
static bool extra;
static u32 number;

static const struct fault_switch switches[] = {
	{ "extra", &extra, NULL },
	{ "number", NULL, &number },
	{ NULL, NULL, NULL },
};

static void changed(bool now)
{
	on = now;
}

static void boot_mine(void)
{
	boot("mem=16M,cpus=2");
	attr = (struct fault_attr)FAULT_ATTR_INITIALIZER;
	fault_attr_register("mine", &attr, switches, changed);
	assert_false(on);
}

static void halt_mine(void)
{
	fault_attr_unregister(&attr);
	assert_false(on);
	halt();
}

static void set(const char *file, const char *text)
{
	assert_int_equal(fault_file_store("mine", file, text), 0);
}

/* Which of @n requests for @size units failed: the first in bit 0. */
static u64 failures(int n, ssize_t size)
{
	u64 bits = 0;

	for (int i = 0; i < n; i++)
		bits |= (u64)should_fail(&attr, size) << i;
	return bits;
}

static void test_10_4_probability_0_never(void **state)
{
	boot_mine();
	assert_int_equal(failures(64, 1), 0);
	set("probability", "100");
	assert_true(on);
	assert_int_equal(failures(64, 1), 1); /* times is 1 by default */
	set("probability", "0");
	assert_false(on);
	set("times", "-1");
	assert_int_equal(failures(64, 1), 0);
	halt_mine();
}

static void test_10_4_times(void **state)
{
	boot_mine();
	set("verbose", "0");
	set("probability", "100");
	set("times", "3");
	assert_int_equal(failures(64, 1), 7);
	assert_int_equal(atomic_read(&attr.times), 0);
	set("times", "-1\n");
	assert_int_equal(failures(64, 1), ~0ull);
	assert_int_equal(atomic_read(&attr.times), -1);
	halt_mine();
}

static void test_10_4_space_is_a_budget(void **state)
{
	boot_mine();
	set("verbose", "0");
	set("probability", "100");
	set("times", "-1");
	set("space", "35");
	/* 35, 25, 15 are above 10 and shrink; 5 is not. */
	assert_int_equal(failures(6, 10), 0x38);
	assert_int_equal(atomic_read(&attr.space), 5);
	halt_mine();
}

static void test_10_4_interval(void **state)
{
	boot_mine();
	set("verbose", "0");
	set("probability", "100");
	set("times", "-1");
	set("interval", "4");
	assert_int_equal(failures(12, 1), 0x888);
	set("interval", "0");
	assert_int_equal(failures(3, 1), 7);
	halt_mine();
}

static void test_10_4_probability_is_a_percentage(void **state)
{
	int n = 0;

	boot_mine();
	set("verbose", "0");
	set("probability", "30");
	set("times", "-1");
	for (int i = 0; i < 10000; i++)
		n += should_fail(&attr, 1);
	assert_in_range(n, 2500, 3500);
	halt_mine();
}

static void ask_once(struct worker *w)
{
	w->errors = should_fail(&attr, 1);
}

static void test_10_4_task_filter(void **state)
{
	boot_mine();
	set("verbose", "0");
	set("probability", "100");
	set("times", "-1");
	set("task-filter", "1");
	assert_int_equal(failures(4, 1), 0);
	assert_int_equal(set_make_it_fail(true), 0);
	assert_true(get_make_it_fail());
	assert_int_equal(failures(4, 1), 15);
	assert_int_equal(run_workers(1, ask_once, NULL), 0);
	assert_int_equal(set_make_it_fail(false), 0);
	assert_int_equal(failures(4, 1), 0);
	set("task-filter", "N");
	assert_int_equal(run_workers(1, ask_once, NULL), 1);
	halt_mine();
}

static void test_10_4_fail_nth_comes_first(void **state)
{
	boot_mine();
	set("verbose", "0");
	set("times", "0");
	assert_int_equal(set_fail_nth(3), 0);
	assert_true(on);
	assert_int_equal(run_workers(1, ask_once, NULL), 0);
	assert_int_equal(get_fail_nth(), 3);
	assert_int_equal(failures(2, 1), 0);
	assert_int_equal(get_fail_nth(), 1);
	assert_int_equal(failures(4, 1), 1);
	assert_int_equal(get_fail_nth(), 0);
	assert_int_equal(set_fail_nth(0), 0);
	assert_false(on);
	/* The others' numbers do not count for who counts his own. */
	set("probability", "100");
	set("times", "-1");
	assert_int_equal(set_fail_nth(2), 0);
	assert_int_equal(failures(2, 1), 2);
	assert_int_equal(set_fail_nth(0), 0);
	assert_int_equal(failures(2, 1), 3);
	halt_mine();
}

static void mark_myself(struct worker *w)
{
	w->errors = set_make_it_fail(true) != 0;
}

/* More than there is room for, of threads that are gone. */
static void test_10_4_marks_of_the_dead_make_room(void **state)
{
	boot_mine();
	for (int i = 0; i < 200; i++)
		assert_int_equal(run_workers(1, mark_myself, NULL), 0);
	halt_mine();
}

static noinline bool ask_from_here(void)
{
	bool ret = should_fail(&attr, 1);

	__asm__ volatile("");
	return ret;
}

static void test_10_4_stack(void **state)
{
	char text[32];

	boot_mine();
	set("verbose", "0");
	set("probability", "100");
	set("times", "-1");
	snprintf(text, sizeof(text), "0x%lx", (unsigned long)ask_from_here);
	set("require-start", text);
	snprintf(text, sizeof(text), "%lu", (unsigned long)ask_from_here + 40);
	set("require-end", text);
	assert_true(ask_from_here());
	assert_int_equal(failures(2, 1), 0);
	set("require-start", "0");
	set("require-end", "0xffffffffffffffff");
	assert_int_equal(failures(2, 1), 3);
	set("reject-end", text);
	snprintf(text, sizeof(text), "0x%lx", (unsigned long)ask_from_here);
	set("reject-start", text);
	assert_false(ask_from_here());
	assert_int_equal(failures(2, 1), 3);
	halt_mine();
}

static void test_10_4_the_log(void **state)
{
	u64 since;

	boot_mine();
	set("probability", "100");
	set("times", "-1");
	set("space", "2");
	since = log_next_seq();
	assert_true(should_fail(&attr, 2));
	assert_int_equal(logged(since, "FAULT_INJECTION: forcing a failure."), 1);
	assert_int_equal(logged(since, "name mine, interval 1, probability 100, space 2, times -1"),
			 1);
	assert_int_equal(logged(since, "Call Trace:"), 1);
	assert_true(should_fail_ex(&attr, 2, FAULT_NOWARN));
	assert_int_equal(logged(since, "forcing"), 1);
	set("verbose", "1");
	assert_true(should_fail(&attr, 2));
	assert_int_equal(logged(since, "forcing"), 2);
	assert_int_equal(logged(since, "Call Trace:"), 1);
	set("verbose_ratelimit_interval_ms", "1000000");
	set("verbose_ratelimit_burst", "2");
	assert_int_equal(failures(5, 2), 31);
	assert_int_equal(logged(since, "forcing"), 4);
	set("verbose", "0");
	assert_int_equal(failures(5, 2), 31);
	assert_int_equal(logged(since, "forcing"), 4);
	halt_mine();
}

static void assert_shows(const char *file, const char *text)
{
	struct seq_file m;

	seq_buffer_open(&m);
	assert_int_equal(fault_file_show(&m, "mine", file), 0);
	assert_string_equal(seq_buffer_text(&m), text);
	seq_buffer_release(&m);
}

static void count_one(void *arg, const char *name)
{
	++*(int *)arg;
}

static void test_10_4_files(void **state)
{
	static const struct {
		const char *file, *text;
	} defaults[] = {
		{ "probability", "0\n" },
		{ "interval", "1\n" },
		{ "times", "1\n" },
		{ "space", "0\n" },
		{ "verbose", "2\n" },
		{ "verbose_ratelimit_interval_ms", "0\n" },
		{ "verbose_ratelimit_burst", "10\n" },
		{ "task-filter", "N\n" },
		{ "stacktrace-depth", "32\n" },
		{ "require-start", "0x0000000000000000\n" },
		{ "require-end", "0xffffffffffffffff\n" },
		{ "reject-start", "0x0000000000000000\n" },
		{ "reject-end", "0x0000000000000000\n" },
		{ "extra", "N\n" },
		{ "number", "0\n" },
	};
	static const struct {
		const char *file, *text;
		int err;
	} wrong[] = {
		{ "probability", "x", -EINVAL },
		{ "probability", "", -EINVAL },
		{ "probability", "-1", -EINVAL },
		{ "probability", "1 2", -EINVAL },
		{ "times", "99999999999", -ERANGE },
		{ "times", "1x", -EINVAL },
		{ "space", "", -EINVAL },
		{ "interval", "99999999999999999999", -ERANGE },
		{ "stacktrace-depth", "33", -EINVAL },
		{ "task-filter", "2", -EINVAL },
		{ "extra", "maybe", -EINVAL },
		{ "number", "-3", -EINVAL },
		{ "nothing", "1", -ENOENT },
	};
	int n = 0;

	boot_mine();
	fault_files_for_each("mine", count_one, &n);
	assert_int_equal(n, ARRAY_SIZE(defaults));
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		assert_shows(defaults[i].file, defaults[i].text);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(fault_file_store("mine", wrong[i].file, wrong[i].text),
				 wrong[i].err);
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		assert_shows(defaults[i].file, defaults[i].text);
	set("extra", "y\n");
	assert_shows("extra", "Y\n");
	set("number", "0x10");
	assert_shows("number", "16\n");
	assert_int_equal(fault_file_store("yours", "times", "1"), -ENOENT);
	halt_mine();
}

static void test_10_4_setup(void **state)
{
	static const char *const wrong[] = { "", "1", "1,2,3", "1,2,3,4,5", "1,2,3,x", "a,b,c,d" };
	struct fault_attr a = FAULT_ATTR_INITIALIZER;

	assert_true(setup_fault_attr(&a, "7,50,-3,-1"));
	assert_int_equal(a.interval, 7);
	assert_int_equal(a.probability, 50);
	assert_int_equal(atomic_read(&a.space), -3);
	assert_int_equal(atomic_read(&a.times), -1);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(setup_fault_attr(&a, wrong[i]));
	assert_int_equal(a.interval, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_10_4_probability_0_never),
		machine_test(test_10_4_times),
		machine_test(test_10_4_space_is_a_budget),
		machine_test(test_10_4_interval),
		machine_test(test_10_4_probability_is_a_percentage),
		machine_test(test_10_4_task_filter),
		machine_test(test_10_4_fail_nth_comes_first),
		machine_test(test_10_4_marks_of_the_dead_make_room),
		machine_test(test_10_4_stack),
		machine_test(test_10_4_the_log),
		machine_test(test_10_4_files),
		machine_test(test_10_4_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
