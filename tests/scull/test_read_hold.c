/* SPDX-License-Identifier: MIT */
/*
 * file.c, reads by reference: the pieces are the bytes that a read copies; what is held is neither
 * changed nor freed until it is let go of, and nothing is held after a count of 0 or an error.
 */
#include "scull_test.h"

#define LEN   50000
#define MAX   64
#define ROUND 300

static char data[LEN];

static int setup(void **state)
{
	world_up("mem=64M,cpus=2,highmem=16M");
	for (size_t i = 0; i < LEN; i++)
		data[i] = (char)(i * 31 + i / 251);
	return 0;
}

static int teardown(void **state)
{
	world_down();
	return 0;
}

static void same_as_a_read(void **state)
{
	const struct family *f;
	struct kvec vec[MAX];
	unsigned int nr, i;

	for_each_family(f) {
		struct file *file = dev_open_shaped(f, 0, f->order ? 0 : f->unit, 3);
		char *copied = malloc(LEN), *read = malloc(LEN);
		u64 seed = 1;
		int round;

		assert_int_equal(dev_write(file, data, LEN, 0), LEN);
		assert_int_equal(dev_punch(file, 5000, 20000), 0);
		for (round = 0; round < ROUND; round++) {
			loff_t pos = (loff_t)((seed = seed * 6364136223846793005u + 1) >> 33) % LEN;
			size_t len = (seed >> 13) % LEN, sum = 0;
			ssize_t ret = vfs_read_hold(file, len, pos, vec, MAX, &nr);

			assert_int_equal(ret, min(len, (size_t)(LEN - pos)));
			if (!ret)
				continue;
			assert_in_range(nr, 1, MAX);
			for (i = 0; i < nr; i++)
				sum += vec[i].iov_len;
			assert_int_equal(sum, ret);
			assert_int_equal(vfs_read_copy(vec, nr, copied), 0);
			vfs_read_drop(file);
			assert_int_equal(dev_read(file, read, len, pos), ret);
			assert_memory_equal(copied, read, ret);
		}
		free(copied);
		free(read);
		vfs_release(file);
	}
}

static void nothing_to_hold(void **state)
{
	struct file *file = dev_open("scullp", 0, O_RDWR), *other = dev_open("scullp", 0, O_WRONLY);
	struct kvec vec[2];
	unsigned int nr;

	assert_int_equal(dev_write(file, data, 3 * PAGE_SIZE, 0), 3 * PAGE_SIZE);
	assert_int_equal(dev_punch(file, PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(vfs_read_hold(file, 10, 3 * PAGE_SIZE, vec, 2, &nr), 0);
	assert_int_equal(vfs_read_hold(file, 10, INT64_MAX, vec, 2, &nr), 0);
	assert_int_equal(vfs_read_hold(file, 0, 0, vec, 2, &nr), 0);
	assert_int_equal(vfs_read_hold(file, 10, -1, vec, 2, &nr), -EINVAL);
	assert_int_equal(vfs_read_hold(file, 3 * PAGE_SIZE, 0, vec, 2, &nr), -EOPNOTSUPP);
	assert_int_equal(vfs_read_hold(other, 10, 0, vec, 2, &nr), -EBADF);
	/* Nothing was held by any of these, or this would wait for ever. */
	assert_int_equal(dev_truncate(file, 0), 0);
	vfs_release(other);
	vfs_release(file);
}

static long empty(void *file)
{
	return dev_truncate(file, 0);
}

static void what_is_held_stays(void **state)
{
	const struct family *f;
	struct kvec vec[MAX];
	unsigned int nr;

	for_each_family(f) {
		struct file *file = dev_open_shaped(f, 0, f->order ? 0 : f->unit, 3);
		struct file *other = dev_open(f->name, 0, O_RDWR);
		char *copied = malloc(LEN);
		struct client client;

		assert_int_equal(dev_write(file, data, LEN, 0), LEN);
		assert_int_equal(vfs_read_hold(file, LEN, 0, vec, MAX, &nr), LEN);
		client_start(&client, 1000, empty, other);
		client_must_wait(&client);
		vfs_release(file); /* closed before its read is done */
		assert_int_equal(vfs_read_copy(vec, nr, copied), 0);
		assert_memory_equal(copied, data, LEN);
		vfs_read_drop(file);
		assert_int_equal(client_end(&client), 0);
		assert_int_equal(dev_size(other), 0);
		free(copied);
		vfs_release(other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_as_a_read, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_held_stays, setup, teardown),
	};

	return cmocka_run_group_tests_name("scull/read_hold", tests, NULL, NULL);
}
