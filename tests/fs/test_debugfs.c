/* SPDX-License-Identifier: MIT */
/* debugfs.c, proc_self.c: what rule 10.4 promises of files. */
#include "fs_test.h"
#include <kmem/gfp.h>
#include <kmem/sched.h>

#define DIR "sys/kernel/debug/fail_page_alloc/"

static void test_10_4_files_of_fail_page_alloc(void **state)
{
	static const struct {
		const char *path, *text;
	} defaults[] = {
		{ DIR "probability", "0\n" },
		{ DIR "interval", "1\n" },
		{ DIR "times", "1\n" },
		{ DIR "space", "0\n" },
		{ DIR "verbose", "2\n" },
		{ DIR "verbose_ratelimit_interval_ms", "0\n" },
		{ DIR "verbose_ratelimit_burst", "10\n" },
		{ DIR "task-filter", "N\n" },
		{ DIR "stacktrace-depth", "32\n" },
		{ DIR "require-end", "0xffffffffffffffff\n" },
		{ DIR "ignore-gfp-wait", "Y\n" },
		{ DIR "ignore-gfp-highmem", "Y\n" },
		{ DIR "min-order", "1\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		assert_text(defaults[i].path, defaults[i].text);
	assert_int_equal(put(DIR "probability", "many"), -EINVAL);
	assert_int_equal(put(DIR "times", "-2147483649"), -ERANGE);
	assert_int_equal(put(DIR "ignore-gfp-wait", "3"), -EINVAL);
	assert_int_equal(put(DIR "min-order", "-1"), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		assert_text(defaults[i].path, defaults[i].text);
	assert_int_equal(put(DIR "times", "-1\n"), 3);
	assert_text(DIR "times", "-1\n");
	assert_int_equal(put(DIR "verbose", "0"), 1);
	assert_int_equal(put(DIR "probability", "100\n"), 4);
	assert_null(alloc_pages(GFP_ATOMIC, 1));
	assert_int_equal(put(DIR "probability", "0\n"), 2);
}

static void test_10_4_files_of_oneself(void **state)
{
	struct page *page;

	assert_text("proc/self/make-it-fail", "0\n");
	assert_text("proc/self/fail-nth", "0\n");
	assert_int_equal(put("proc/self/make-it-fail", "2"), -EINVAL);
	assert_int_equal(put("proc/self/make-it-fail", "x"), -EINVAL);
	assert_int_equal(put("proc/self/make-it-fail", "1\n"), 2);
	assert_text("proc/self/make-it-fail", "1\n");
	assert_int_equal(put(DIR "verbose", "0"), 1);
	assert_int_equal(put(DIR "task-filter", "Y"), 1);
	assert_int_equal(put(DIR "times", "-1"), 2);
	assert_int_equal(put(DIR "probability", "100"), 3);
	assert_null(alloc_pages(GFP_ATOMIC, 1));
	/* Clients are told apart by their number, whoever serves them. */
	current->client_pid = 4711;
	page = alloc_pages(GFP_ATOMIC, 1);
	assert_non_null(page);
	__free_pages(page, 1);
	current->client_pid = 0;
	assert_int_equal(put(DIR "probability", "0"), 1);
	assert_int_equal(put("proc/self/make-it-fail", "0"), 1);

	assert_int_equal(put("proc/self/fail-nth", "-1"), -EINVAL);
	assert_int_equal(put("proc/self/fail-nth", "2"), 1);
	page = alloc_pages(GFP_ATOMIC, 1);
	assert_non_null(page);
	__free_pages(page, 1);
	assert_text("proc/self/fail-nth", "1\n");
	assert_null(alloc_pages(GFP_ATOMIC, 1));
	assert_text("proc/self/fail-nth", "0\n");
	assert_int_equal(put("proc/self/fail-nth", "0"), 1);
}

/* In pieces of any size, again from the start, and from somewhere: the same text. */
static void test_10_6_file_of_page_owner(void **state)
{
	struct machine_config cfg;
	char buf[64], *text, *again;
	struct file *file;
	loff_t pos = 0;

	file = must_open("sys/kernel/debug/page_owner", O_RDONLY);
	assert_int_equal(vfs_read(file, buf, sizeof(buf), &pos), 0); /* it is off */
	vfs_release(file);
	assert_int_equal(vfs_open_path("sys/kernel/debug/page_owner", O_WRONLY, &file), 0);
	assert_int_equal(vfs_write(file, (char __user *)(uintptr_t) "x", 1, NULL), -EINVAL);
	vfs_release(file);
	vfs_release_all();
	vfs_exit();
	machine_halt();
	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "mem=64M,cpus=1,page_owner=on"), 0);
	assert_int_equal(machine_boot(&cfg), 0);
	assert_int_equal(vfs_init(), 0);
	text = text_of("sys/kernel/debug/page_owner");
	assert_true(strlen(text) > 5000);
	assert_int_equal(strncmp(text, "Page allocated via order ", 25), 0);
	file = must_open("sys/kernel/debug/page_owner", O_RDONLY);
	for (size_t piece = 1; piece < 6000; piece = piece * 7 + 3) {
		again = all_of(file, piece);
		assert_string_equal(again, text);
		free(again);
	}
	pos = 4321;
	assert_int_equal(vfs_read(file, buf, 50, &pos), 50);
	assert_memory_equal(buf, text + 4321, 50);
	assert_int_equal(pos, 4371);
	pos = 99;
	assert_int_equal(vfs_read(file, buf, 50, &pos), 50);
	assert_memory_equal(buf, text + 99, 50);
	pos = 100000000;
	assert_int_equal(vfs_read(file, buf, 50, &pos), 0);
	vfs_release(file);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fs_test(test_10_4_files_of_fail_page_alloc),
		fs_test(test_10_4_files_of_oneself),
		fs_test(test_10_6_file_of_page_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
