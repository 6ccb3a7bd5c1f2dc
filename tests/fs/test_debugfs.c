/* SPDX-License-Identifier: MIT */
/* debugfs.c, proc_self.c: what rule 10.4 promises of files. */
#include "fs_test.h"
#include <kmem/gfp.h>
#include <kmem/sched.h>

#define DIR "sys/kernel/debug/fail_page_alloc/"

static void assert_text(const char *path, const char *should)
{
	char *text = text_of(path);

	assert_string_equal(text, should);
	free(text);
}

/* What a write of @text to the file answers. */
static ssize_t put(const char *path, const char *text)
{
	struct file *file = must_open(path, O_WRONLY);
	ssize_t ret = vfs_write(file, (char __user *)(uintptr_t)text, strlen(text), NULL);

	vfs_release(file);
	return ret;
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		fs_test(test_10_4_files_of_fail_page_alloc),
		fs_test(test_10_4_files_of_oneself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
