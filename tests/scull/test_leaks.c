/* SPDX-License-Identifier: MIT */
/*
 * The drivers under kmemleak (rule 10.5): whatever they do, everything they have can be found, and
 * what is taken from under them is told of.
 */
#include <kmem/kmemleak.h>
#include <kmem/slab.h>
#include "mm/kmemleak.h"
#include "scull_test.h"

#define PIECE 60000

static char piece[PIECE];

/* What the scans have to tell; a string to be freed. */
static char *report(void)
{
	struct file *file;
	loff_t pos = 0;
	char *text = calloc(1, 1 << 20);
	ssize_t n = 1;

	kmemleak_scan();
	kmemleak_scan();
	assert_int_equal(vfs_open_path("sys/kernel/debug/kmemleak", O_RDONLY, &file), 0);
	while (n > 0)
		n = vfs_read(file, text + pos, 4096, &pos);
	vfs_release(file);
	return text;
}

static void assert_no_leaks(void)
{
	char *text = report();

	assert_string_equal(text, "");
	free(text);
}

static void drivers_at_work(void **state)
{
	struct file *files[NR_FAMILIES], *pipe;
	const struct family *f;

	world_up("mem=64M,cpus=2,kmemleak=on");
	kmemleak_min_age_ms = 0;
	assert_no_leaks();
	for_each_family(f) {
		struct file *file = dev_open(f->name, 0, O_RDWR);

		files[f - families] = file;
		for (loff_t pos = 0; pos < 3000000; pos += 700000)
			assert_int_equal(dev_write(file, piece, PIECE, pos), PIECE);
		assert_int_equal(dev_write(file, piece, PIECE, 200000000), PIECE);
	}
	pipe = dev_open("scullpipe", 0, O_RDWR | O_NONBLOCK);
	assert_true(dev_write(pipe, piece, 100, 0) > 0);
	assert_no_leaks();
	for_each_family(f) {
		assert_int_equal(dev_truncate(files[f - families], 100000), 0);
		free(proc_text(f->proc));
	}
	assert_no_leaks();
	for_each_family(f) {
		assert_int_equal(dev_truncate(files[f - families], 0), 0);
		vfs_release(files[f - families]);
	}
	vfs_release(pipe);
	assert_no_leaks();
	world_down();
}

/* A file's private_data, in memory of the host, is the only one that knows. */
static noinline void keep_in_file(struct file *file)
{
	file->private_data = kmalloc(100, GFP_KERNEL);
	memset(file->private_data, 7, 100);
}

__attribute__((no_sanitize("address"))) static noinline void wipe_stack(void)
{
	volatile char garbage[64 << 10];

	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = 0;
}

static noinline void hand_over(struct file *from, struct file *to)
{
	to->private_data = from->private_data;
}

static void what_an_open_file_has(void **state)
{
	struct file *file, *other;
	void *device;
	char *text;

	world_up("mem=64M,cpus=2,kmemleak=on");
	kmemleak_min_age_ms = 0;
	file = dev_open("scull", 0, O_RDWR);
	other = dev_open("scull", 1, O_RDWR);
	device = file->private_data;
	keep_in_file(file);
	wipe_stack();
	assert_no_leaks();
	/* One file's is told to another, and forgotten. */
	hand_over(file, other);
	file->private_data = device;
	wipe_stack();
	assert_no_leaks();
	other->private_data = NULL;
	wipe_stack();
	text = report();
	assert_non_null(strstr(text, "unreferenced object 0x"));
	assert_non_null(strstr(text, "(size 128):"));
	assert_non_null(strstr(text, "keep_in_file+0x"));
	assert_null(strstr(strstr(text, "unreferenced object") + 1, "unreferenced object"));
	other->private_data = (void *)strtoul(strstr(text, "0x"), NULL, 16);
	kfree(other->private_data);
	free(text);
	other->private_data = device;
	vfs_release(file);
	vfs_release(other);
	world_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drivers_at_work),
		cmocka_unit_test(what_an_open_file_has),
	};

	return cmocka_run_group_tests_name("scull/leaks", tests, NULL, NULL);
}
