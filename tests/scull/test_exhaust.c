/* SPDX-License-Identifier: MIT */
/* When the machine is full: who asks is told, who is there goes on, and all of it comes back. */
#include "scull/core.h"
#include "scull_test.h"

#define CHUNK 100000

static char chunk[CHUNK];

/* Writes until nothing fits any more; returns how much did. */
static loff_t fill(struct file *file)
{
	loff_t pos = dev_size(file);
	ssize_t n;

	while ((n = dev_write(file, chunk, CHUNK, pos)) > 0) {
		pos += n;
		assert_int_equal(dev_size(file), pos);
	}
	assert_int_equal(n, -ENOMEM);
	assert_int_equal(dev_size(file), pos);
	assert_int_equal(scull_check(file->private_data), 0);
	return pos;
}

static unsigned long settled_free_pages(void)
{
	machine_idle();
	drain_all_pages();
	return nr_free_pages();
}

/* What a thread of the machine has in hand just now comes back when it rests. */
static unsigned long free_pages_at_rest(unsigned long expected)
{
	unsigned long pages = settled_free_pages();

	for (int i = 0; i < 500 && pages != expected; i++) {
		msleep(10);
		pages = settled_free_pages();
	}
	return pages;
}

static void fill_and_empty(const struct family *f)
{
	struct file *file = dev_open_shaped(f, 0, f->unit, f->qset);
	struct file *other = dev_open(f->name, 1, O_RDWR);
	unsigned long before = 0;
	int round;

	assert_int_equal(dev_write(other, "other", 5, 0), 5);
	for (round = 0; round < 11; round++) {
		loff_t size = fill(file), pos;

		assert_in_range(size, 4 << 20, 16 << 20);
		for (pos = 0; pos + CHUNK < size; pos += 50 * CHUNK)
			expect_bytes(file, pos, CHUNK, 0x33);
		expect_bytes(file, size - 1000, 1000, 0x33);
		expect_bytes(other, 0, 1, 'o');
		assert_int_equal(dev_truncate(file, 1000), 0);
		expect_bytes(file, 0, 1000, 0x33);
		assert_int_equal(dev_truncate(file, 0), 0);
		assert_int_equal(machine_check(), 0);
		/* The first round also makes what stays: the machine's own tables. */
		if (round == 0)
			before = settled_free_pages();
		else
			assert_int_equal(free_pages_at_rest(before), before);
	}
	vfs_release(other);
	vfs_release(file);
}

static void each_alone(void **state)
{
	const struct family *f;

	memset(chunk, 0x33, CHUNK);
	world_up("mem=16M,cpus=2");
	console_loglevel = 0;
	for_each_family(f)
		fill_and_empty(f);
	world_down();
}

/* All four take turns with small requests, each from where it stands, until none gets any. */
static void all_at_once(void **state)
{
	struct file *file[NR_FAMILIES];
	int i, stuck = 0;

	memset(chunk, 0x33, CHUNK);
	world_up("mem=16M,cpus=2");
	console_loglevel = 0;
	for (i = 0; i < NR_FAMILIES; i++)
		file[i] = dev_open_shaped(&families[i], 0, families[i].order ? 0 : 4000, 10);
	for (i = 0; stuck < NR_FAMILIES; i = (i + 1) % NR_FAMILIES) {
		ssize_t n = dev_write(file[i], chunk, 9000, dev_size(file[i]));

		stuck = n > 0 ? 0 : stuck + 1;
		if (n <= 0)
			assert_int_equal(n, -ENOMEM);
	}
	for (i = 0; i < NR_FAMILIES; i++) {
		assert_true(dev_size(file[i]) > 1 << 20);
		expect_bytes(file[i], 0, (size_t)dev_size(file[i]), 0x33);
		assert_int_equal(dev_truncate(file[i], 0), 0);
		assert_int_equal(machine_check(), 0);
		vfs_release(file[i]);
	}
	world_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_alone),
		cmocka_unit_test(all_at_once),
	};

	return cmocka_run_group_tests_name("scull/exhaust", tests, NULL, NULL);
}
