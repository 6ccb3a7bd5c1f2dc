/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the drivers fails once: rule 10.4 as a sweep. The n-th request fails, for
 * n = 1, 2, ... until none does any more, and nothing may be left of what was begun.
 */
#include <kmem/fault-inject.h>
#include <kmem/printk.h>
#include "scull/core.h"
#include "scull_test.h"

#define PIECE 30000

static char piece[PIECE];
static const char *injector; /* whose requests fail */

static void set(const char *file, const char *text)
{
	assert_int_equal(fault_file_store(injector, file, text), 0);
}

static bool has_failed(void)
{
	struct seq_file m;
	bool yes;

	seq_buffer_open(&m);
	assert_int_equal(fault_file_show(&m, injector, "times"), 0);
	yes = seq_buffer_text(&m)[0] == '0';
	seq_buffer_release(&m);
	return yes;
}

static void injector_up(const char *name)
{
	injector = name;
	set("verbose", "0");
	set("ignore-gfp-wait", "N");
	if (!strcmp(name, "fail_page_alloc")) {
		set("min-order", "0");
		set("ignore-gfp-highmem", "N");
	}
}

/* From here on the n-th request of this thread fails. */
static void arm(unsigned int n)
{
	set("times", "1");
	assert_int_equal(set_fail_nth(n), 0);
}

static bool disarm(void)
{
	assert_int_equal(set_fail_nth(0), 0);
	return has_failed();
}

static unsigned long settled_free_pages(void)
{
	unsigned long free, before = 0;

	while ((machine_idle(), drain_all_pages(), free = nr_free_pages()) != before)
		before = free;
	return free;
}

/* What arrived is there, what did not was not begun. */
static bool write_some(struct file *file, loff_t pos)
{
	ssize_t n = dev_write(file, piece, PIECE, pos);

	assert_true(n == -ENOMEM || (n > 0 && n <= PIECE));
	if (n > 0)
		assert_int_equal(dev_size(file), pos + n);
	assert_int_equal(scull_check(file->private_data), 0);
	return n == PIECE;
}

static bool use_device(const struct family *f)
{
	struct file *file;
	char path[64];
	bool all;
	int err;

	snprintf(path, sizeof(path), "dev/%s1", f->name);
	err = vfs_open_path(path, O_RDWR, &file);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		return false;
	}
	all = write_some(file, 0);
	all &= write_some(file, 50000000);
	assert_int_equal(dev_truncate(file, 0), 0);
	vfs_release(file);
	return all;
}

static void sweep_family(const struct family *f)
{
	unsigned long before;
	unsigned int n = 0;
	bool failed, all;

	assert_true(use_device(f));
	before = settled_free_pages();
	do {
		arm(++n);
		all = use_device(f);
		failed = disarm();
		assert_int_equal(machine_check(), 0);
		assert_int_equal(settled_free_pages(), before);
	} while (failed);
	assert_true(all);
	assert_true(n > 1);
}

static void devices(const char *name)
{
	const struct family *f;

	world_up("mem=32M,cpus=2");
	console_loglevel = 0;
	injector_up(name);
	for_each_family(f)
		sweep_family(f);
	world_down();
}

static void devices_short_of_pages(void **state)
{
	devices("fail_page_alloc");
}

static void devices_short_of_objects(void **state)
{
	devices("failslab");
}

/* Loading fails at its n-th request, or works; either way it can be undone and done again. */
static void loading(const char *name)
{
	unsigned int n = 0;
	bool failed;

	do {
		int err;

		machine_up("mem=32M,cpus=2");
		console_loglevel = 0;
		injector_up(name);
		arm(++n);
		err = builtin_modules_load();
		failed = disarm();
		assert_true(!err || err == -ENOMEM);
		assert_true(failed || !err);
		assert_int_equal(modules_unload_all(), 0);
		assert_int_equal(builtin_modules_load(), 0);
		world_down();
	} while (failed);
	assert_true(n > 1);
}

static void loading_short_of_pages(void **state)
{
	loading("fail_page_alloc");
}

static void loading_short_of_objects(void **state)
{
	loading("failslab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_short_of_pages),
		cmocka_unit_test(devices_short_of_objects),
		cmocka_unit_test(loading_short_of_pages),
		cmocka_unit_test(loading_short_of_objects),
	};

	return cmocka_run_group_tests_name("scull/fault", tests, NULL, NULL);
}
