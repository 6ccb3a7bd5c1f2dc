/* SPDX-License-Identifier: MIT */
/* Open, read, write and seek on every device, at the edges of quanta and sets. */
#include "scull_test.h"

#define BIG 20000 /* bytes of the pattern */

static char pattern[BIG];

static int setup(void **state)
{
	int i;

	for (i = 0; i < BIG; i++)
		pattern[i] = (char)(i * 7 + i / 251 + 1);
	world_up("mem=64M,cpus=2");
	return 0;
}

static int teardown(void **state)
{
	world_down();
	return 0;
}

/*
 * Requests of every length around every edge of a small shape:
 *
 *	|quantum|quantum|quantum||quantum|quantum|quantum||
 *	       ^^      ^^       ^^   start and end within 2 bytes of an edge
 */
static void edges(void **state)
{
	const struct family *f;

	for_each_family(f) {
		int unit = f->order ? 0 : f->unit;
		long quantum = (long)unit_bytes(f, unit);
		struct file *file = dev_open_shaped(f, 0, unit, 3);
		char *buf = malloc(BIG);
		long a, b, i, j;

		for (a = 0; a <= 4; a++)
			for (b = a; b <= 4; b++)
				for (i = -2; i <= 2; i++)
					for (j = -2; j <= 2; j++) {
						long start = a * quantum + i, end = b * quantum + j;

						if (start < 0 || end <= start || end - start > BIG)
							continue;
						assert_int_equal(dev_truncate(file, 0), 0);
						assert_int_equal(dev_write(file, pattern,
									   (size_t)(end - start),
									   start),
								 end - start);
						assert_int_equal(dev_size(file), end);
						if (start)
							expect_bytes(file, 0, (size_t)start, 0);
						assert_int_equal(dev_read(file, buf, BIG, start),
								 end - start);
						assert_memory_equal(buf, pattern,
								    (size_t)(end - start));
					}
		free(buf);
		vfs_release(file);
	}
}

static void write_only_open_trims(void **state)
{
	const struct family *f;

	for_each_family(f) {
		struct file *file = dev_open(f->name, 1, O_RDWR);

		assert_int_equal(dev_write(file, pattern, 10, 0), 10);
		vfs_release(dev_open(f->name, 1, O_RDONLY));
		vfs_release(dev_open(f->name, 1, O_RDWR));
		vfs_release(dev_open(f->name, 1, O_WRONLY | O_APPEND));
		assert_int_equal(dev_size(file), 10);
		vfs_release(dev_open(f->name, 1, O_WRONLY));
		assert_int_equal(dev_size(file), 0);
		assert_int_equal(dev_read(file, pattern, 10, 0), 0);
		vfs_release(file);
	}
}

static void append(void **state)
{
	const struct family *f;

	for_each_family(f) {
		struct file *file = dev_open(f->name, 0, O_WRONLY);
		struct file *tail = dev_open(f->name, 0, O_RDWR | O_APPEND);
		loff_t pos = 3;
		int i;

		for (i = 0; i < 30; i++) {
			assert_int_equal(vfs_write(tail, pattern, 1000, &pos), 1000);
			assert_int_equal(pos, (i + 1) * 1000);
			pos = 0;
		}
		assert_int_equal(dev_size(file), 30000);
		vfs_release(tail);
		vfs_release(file);
	}
}

static void position(void **state)
{
	struct file *file = dev_open("scullp", 0, O_RDWR | O_TRUNC);
	char buf[16];

	assert_int_equal(vfs_write(file, pattern, 16, NULL), 16);
	assert_int_equal(vfs_llseek(file, 0, SEEK_CUR), 16);
	assert_int_equal(vfs_read(file, buf, 16, NULL), 0);
	assert_int_equal(vfs_llseek(file, -12, SEEK_END), 4);
	assert_int_equal(vfs_llseek(file, 2, SEEK_CUR), 6);
	assert_int_equal(vfs_read(file, buf, 16, NULL), 10);
	assert_memory_equal(buf, pattern + 6, 10);
	assert_int_equal(vfs_llseek(file, 1ll << 62, SEEK_SET), 1ll << 62);
	assert_int_equal(vfs_read(file, buf, 16, NULL), 0);
	assert_int_equal(vfs_write(file, buf, 16, NULL), -EFBIG);
	assert_int_equal(vfs_llseek(file, (1ll << 62) + 1, SEEK_SET), -EINVAL);
	assert_int_equal(vfs_llseek(file, INT64_MAX, SEEK_CUR), -EINVAL);
	assert_int_equal(vfs_llseek(file, INT64_MAX, SEEK_END), -EINVAL);
	assert_int_equal(vfs_llseek(file, -17, SEEK_END), -EINVAL);
	assert_int_equal(vfs_llseek(file, -ENXIO, SEEK_SET), -EINVAL);
	assert_int_equal(vfs_llseek(file, 0, 99), -EINVAL);
	assert_int_equal(dev_size(file), 16);
	assert_int_equal(vfs_fsync(file, 0), 0);
	vfs_release(file);
}

static void no_bytes_change_nothing(void **state)
{
	struct file *file = dev_open("scull", 0, O_RDWR);

	assert_int_equal(dev_write(file, pattern, 0, 1000), 0);
	assert_int_equal(dev_size(file), 0);
	assert_int_equal(dev_read(file, pattern, 0, 0), 0);
	vfs_release(file);
}

/* One byte far out: the memory it takes is that of a path, and everything before it is a hole. */
static void far_out(void **state)
{
	static const loff_t places[] = { 1ll << 32, 1ll << 40, (1ll << 62) - 1 };
	const struct family *f;
	size_t i;

	for_each_family(f) {
		struct file *file = dev_open_shaped(f, 0, f->order ? 0 : f->unit, f->qset);

		for (i = 0; i < ARRAY_SIZE(places); i++) {
			unsigned long before, after;

			assert_int_equal(dev_truncate(file, 0), 0);
			machine_idle();
			before = nr_free_pages();
			assert_int_equal(dev_write(file, pattern, 1, places[i]), 1);
			after = nr_free_pages();
			assert_in_range(before - after, 0, 128);
			assert_int_equal(dev_size(file), places[i] + 1);
			expect_bytes(file, places[i], 1, (unsigned char)pattern[0]);
			expect_bytes(file, places[i] - 100000, 100000, 0);
			expect_bytes(file, 0, 100000, 0);
			assert_int_equal(dev_write(file, pattern, 2, places[0] / 2), 2);
			expect_bytes(file, places[i], 1, (unsigned char)pattern[0]);
		}
		assert_int_equal(dev_write(file, pattern, 100, (1ll << 62) - 10), 10);
		assert_int_equal(dev_truncate(file, 0), 0);
		vfs_release(file);
	}
	assert_int_equal(machine_check(), 0);
}

/* The client's memory ends in the middle of a request, at every point of interest. */
static void bad_addresses(void **state)
{
	static const size_t lens[] = { 0, 1, 3999, 4000, 4001, 4096, 7999, 8192, 11000, 12287 };
	const struct family *f;
	size_t i;

	for_each_family(f) {
		struct file *file = dev_open_shaped(f, 0, f->order ? 0 : f->unit, 2);
		char *buf = malloc(BIG);

		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			struct user_window in = { 0x1000, lens[i], pattern, false };
			struct user_window out = { 0x1000, lens[i], buf, true };
			ssize_t expect = lens[i] ? (ssize_t)lens[i] : -EFAULT;

			assert_int_equal(dev_truncate(file, 0), 0);
			user_windows_set(&in, 1);
			assert_int_equal(dev_write(file, (void *)0x1000, 12288, 0), expect);
			user_windows_set(NULL, 0);
			assert_int_equal(dev_size(file), lens[i]);

			/* What follows the good bytes in their quantum was never written. */
			assert_int_equal(dev_truncate(file, 12288), 0);
			expect_bytes(file, (loff_t)lens[i], 12288 - lens[i], 0);

			user_windows_set(&out, 1);
			assert_int_equal(dev_read(file, (void *)0x1000, 12288, 0), expect);
			user_windows_set(NULL, 0);
			assert_memory_equal(buf, pattern, lens[i]);
		}
		free(buf);
		vfs_release(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(edges, setup, teardown),
		cmocka_unit_test_setup_teardown(write_only_open_trims, setup, teardown),
		cmocka_unit_test_setup_teardown(append, setup, teardown),
		cmocka_unit_test_setup_teardown(position, setup, teardown),
		cmocka_unit_test_setup_teardown(no_bytes_change_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(far_out, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_addresses, setup, teardown),
	};

	return cmocka_run_group_tests_name("scull/file", tests, NULL, NULL);
}
