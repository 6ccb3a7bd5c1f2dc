/* SPDX-License-Identifier: MIT */
/*
 * Several clients at one device: a write is seen whole or not at all, appends do not overwrite
 * each other, and a device that is emptied under its users stays sound.
 */
#include <pthread.h>
#include "scull_test.h"

#define BLOCK	10000 /* no multiple of any quantum */
#define BLOCKS	20
#define ROUNDS	400
#define RECORDS 2000

struct worker {
	pthread_t thread;
	const struct family *f;
	int id;
	const char *wrong; /* NULL: all was well. cmocka's asserts are for the main thread. */
};

static bool running;

static bool still_running(void)
{
	return __atomic_load_n(&running, __ATOMIC_RELAXED);
}

static struct file *open_quietly(const struct family *f, unsigned int flags)
{
	struct file *file;
	char path[64];

	snprintf(path, sizeof(path), "dev/%s1", f->name);
	return vfs_open_path(path, flags, &file) ? NULL : file;
}

static void *write_blocks(void *arg)
{
	struct worker *w = arg;
	struct file *file = open_quietly(w->f, O_RDWR);
	char *block = malloc(BLOCK);
	int i;

	for (i = 0; i < ROUNDS; i++) {
		memset(block, w->id * ROUNDS + i, BLOCK);
		if (dev_write(file, block, BLOCK, (loff_t)(i * 7 % BLOCKS) * BLOCK) != BLOCK)
			w->wrong = "a write was cut short";
	}
	vfs_release(file);
	free(block);
	return NULL;
}

static void *read_blocks(void *arg)
{
	struct worker *w = arg;
	struct file *file = open_quietly(w->f, O_RDONLY);
	char *block = malloc(BLOCK);
	unsigned int i;

	for (i = 0; still_running(); i++) {
		ssize_t n = dev_read(file, block, BLOCK, (loff_t)(i % BLOCKS) * BLOCK);

		if (n != 0 && n != BLOCK)
			w->wrong = "a read was cut short";
		if (n > 0 && memcmp(block, block + 1, BLOCK - 1))
			w->wrong = "a read saw half a write";
	}
	vfs_release(file);
	free(block);
	return NULL;
}

static void *resize(void *arg)
{
	struct worker *w = arg;
	struct file *file = open_quietly(w->f, O_RDWR);
	unsigned int i;

	for (i = 0; still_running(); i++) {
		loff_t at = (loff_t)(i * 3 % BLOCKS) * BLOCK;

		if (i % 2 ? dev_truncate(file, at) : (int)dev_punch(file, at, BLOCK))
			w->wrong = "a change of size failed";
		cond_resched();
	}
	vfs_release(file);
	return NULL;
}

static void *append_records(void *arg)
{
	struct worker *w = arg;
	struct file *file = open_quietly(w->f, O_WRONLY | O_APPEND);
	int record[2], i;

	for (i = 0; i < RECORDS; i++) {
		record[0] = w->id;
		record[1] = i;
		if (dev_write(file, record, sizeof(record), 0) != sizeof(record))
			w->wrong = "an append was cut short";
	}
	vfs_release(file);
	return NULL;
}

static void start(struct worker *w, const struct family *f, int id, void *(*fn)(void *))
{
	*w = (struct worker){ .f = f, .id = id };
	assert_int_equal(pthread_create(&w->thread, NULL, fn, w), 0);
}

static void finish(struct worker *w)
{
	pthread_join(w->thread, NULL);
	if (w->wrong)
		fail_msg("%s: %s", w->f->name, w->wrong);
}

static void whole_writes(void **state)
{
	const struct family *f;

	world_up("mem=64M,cpus=2");
	for_each_family(f) {
		struct file *file = dev_open_shaped(f, 1, f->order ? 0 : f->unit, 5);
		struct worker w[6];
		int i;

		__atomic_store_n(&running, true, __ATOMIC_RELAXED);
		for (i = 2; i < 5; i++)
			start(&w[i], f, i, read_blocks);
		start(&w[5], f, 5, resize);
		for (i = 0; i < 2; i++)
			start(&w[i], f, i, write_blocks);
		for (i = 0; i < 6; i++) {
			if (i == 2)
				__atomic_store_n(&running, false, __ATOMIC_RELAXED);
			finish(&w[i]);
		}
		assert_int_equal(machine_check(), 0);
		vfs_release(file);
	}
	world_down();
}

static void no_lost_append(void **state)
{
	const struct family *f;

	world_up("mem=64M,cpus=2");
	for_each_family(f) {
		struct file *file = dev_open_shaped(f, 1, f->order ? 0 : f->unit, 5);
		int record[2], next[3] = { 0 }, i;
		struct worker w[3];

		for (i = 0; i < 3; i++)
			start(&w[i], f, i, append_records);
		for (i = 0; i < 3; i++)
			finish(&w[i]);
		assert_int_equal(dev_size(file), 3 * RECORDS * sizeof(record));
		for (i = 0; i < 3 * RECORDS; i++) {
			assert_int_equal(dev_read(file, record, sizeof(record),
						  (loff_t)i * (loff_t)sizeof(record)),
					 sizeof(record));
			assert_in_range(record[0], 0, 2);
			assert_int_equal(record[1], next[record[0]]++);
		}
		vfs_release(file);
	}
	world_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_writes),
		cmocka_unit_test(no_lost_append),
	};

	return cmocka_run_group_tests_name("scull/threads", tests, NULL, NULL);
}
