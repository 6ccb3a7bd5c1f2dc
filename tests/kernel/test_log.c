/* log.c: a ring of numbered lines with levels, which works without a machine as well. */
#include "machine.h"

static bool last_line(char *line, size_t size)
{
	return log_line(log_next_seq() - 1, line, size);
}

static void test_levels(void **state)
{
	char line[LOG_LINE_MAX + 40];
	int n;

	console_loglevel = 0;
	pr_err("an error %d\n", 1);
	assert_true(last_line(line, sizeof(line)));
	assert_memory_equal(line, "<3>[", 4);
	assert_non_null(strstr(line, "] an error 1\n"));
	pr_warn("w\n");
	last_line(line, sizeof(line));
	assert_memory_equal(line, "<4>", 3);
	pr_notice("n\n");
	last_line(line, sizeof(line));
	assert_memory_equal(line, "<5>", 3);
	pr_info("i\n");
	last_line(line, sizeof(line));
	assert_memory_equal(line, "<6>", 3);
	pr_debug("d\n");
	last_line(line, sizeof(line));
	assert_memory_equal(line, "<7>", 3);
	n = printk("no level, no newline");
	assert_int_equal(n, 20);
	last_line(line, sizeof(line));
	assert_memory_equal(line, "<4>", 3);
	assert_int_equal(line[strlen(line) - 1], '\n');
}

static void test_every_line_is_one(void **state)
{
	u64 mark = log_next_seq();

	pr_info("one\ntwo\nthree\n");
	assert_int_equal(log_next_seq(), mark + 3);
	assert_int_equal(logged(mark, "] two\n"), 1);
	pr_info("%s", "");
	assert_int_equal(log_next_seq(), mark + 3);
}

static void test_long_lines_are_cut(void **state)
{
	static char text[5000], line[LOG_LINE_MAX + 40];

	memset(text, 'x', sizeof(text) - 1);
	pr_info("%s\n", text);
	assert_true(last_line(line, sizeof(line)));
	assert_true(strlen(line) <= LOG_LINE_MAX + 32);
	assert_true(strlen(line) > LOG_LINE_MAX - 10);
}

static void test_the_oldest_line_makes_room(void **state)
{
	char line[LOG_LINE_MAX + 40], expected[32];
	u64 first, next;

	for (int i = 0; i < LOG_RECORDS + 100; i++)
		pr_info("line %d\n", i);
	first = log_first_seq();
	next = log_next_seq();
	assert_int_equal(next - first, LOG_RECORDS);
	assert_false(log_line(first - 1, line, sizeof(line)));
	assert_false(log_line(next, line, sizeof(line)));
	assert_true(log_line(first, line, sizeof(line)));
	assert_non_null(strstr(line, "] line 100\n"));
	assert_true(last_line(line, sizeof(line)));
	snprintf(expected, sizeof(expected), "] line %d\n", LOG_RECORDS + 99);
	assert_non_null(strstr(line, expected));
}

static void test_a_burst_is_limited(void **state)
{
	struct ratelimit_state rs = { 0 };
	unsigned int allowed = 0;

	for (int i = 0; i < 1000; i++)
		allowed += ratelimit_allows(&rs, 3600ull * 1000000000, 10);
	assert_int_equal(allowed, 10);
	assert_false(ratelimit_allows(&rs, 3600ull * 1000000000, 10));
	usleep(10);
	assert_true(ratelimit_allows(&rs, 1, 10)); /* the interval is over */
}

static void write_lines(struct worker *w)
{
	for (int i = 0; i < 500; i++)
		pr_info("thread %u line %03d of 500\n", w->nr, i);
}

static void test_lines_of_threads_stay_whole(void **state)
{
	u64 mark = log_next_seq();
	unsigned int next[4] = { 0 };
	char line[LOG_LINE_MAX + 40];

	run_workers(4, write_lines, NULL);
	assert_int_equal(log_next_seq(), mark + 2000);
	for (u64 seq = mark; seq < mark + 2000; seq++) {
		unsigned int thread, n;

		assert_true(log_line(seq, line, sizeof(line)));
		assert_int_equal(sscanf(strchr(line, ']') + 2, "thread %u line %u of 500\n",
					&thread, &n),
				 2);
		assert_int_equal(n, next[thread]++);
	}
}

static void test_the_log_takes_no_page(void **state)
{
	unsigned long free;

	boot("mem=64M,cpus=1");
	free = all_free_pages();
	for (int i = 0; i < 10000; i++)
		pr_info("%s\n", "something");
	assert_int_equal(nr_free_pages(), free);
	halt();
}

static void test_times_count_from_the_boot(void **state)
{
	char line[LOG_LINE_MAX + 40];
	double seconds;
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	pr_info("first\n");
	msleep(3);
	pr_info("second\n");
	assert_true(log_line(mark, line, sizeof(line)));
	assert_int_equal(sscanf(line, "<6>[%lf] first", &seconds), 1);
	assert_true(seconds < 3600);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_every_line_is_one),
		cmocka_unit_test(test_long_lines_are_cut),
		cmocka_unit_test(test_the_oldest_line_makes_room),
		cmocka_unit_test(test_a_burst_is_limited),
		cmocka_unit_test(test_lines_of_threads_stay_whole),
		machine_test(test_the_log_takes_no_page),
		machine_test(test_times_count_from_the_boot),
	};

	return cmocka_run_group_tests_name("kernel/log", tests, NULL, NULL);
}
