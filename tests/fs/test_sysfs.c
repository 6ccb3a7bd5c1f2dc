/* SPDX-License-Identifier: MIT */
/* sysfs.c, sysfs_slab.c, sysctl.c, kmsg.c: directories that follow what there is, and settings. */
#include "fs_test.h"
#include <pthread.h>
#include <kmem/mmzone.h>
#include <kmem/sched.h>
#include <kmem/slab.h>

static bool exists(const char *path)
{
	struct node *node = node_walk(node_root(), path);

	node_put(node);
	return node != NULL;
}

static void caches_come_and_go(void **state)
{
	struct kmem_cache *s;
	struct file *file;
	loff_t pos = 0;
	char buf[64];
	void *p;

	assert_false(exists("sys/kernel/slab/mine/order"));
	s = kmem_cache_create("mine", 300, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	assert_text("sys/kernel/slab/mine/object_size", "300\n");
	assert_text("sys/kernel/slab/mine/slab_size", "304\n");
	assert_text("sys/kernel/slab/mine/objects", "0\n");
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_text("sys/kernel/slab/mine/objects", "1 N0=1\n");
	assert_text("sys/kernel/slab/mine/slabs", "1 N0=1\n");
	assert_text("sys/kernel/slab/mine/shrink", "");
	kmem_cache_free(s, p);
	assert_int_equal(put("sys/kernel/slab/mine/shrink", "1\n"), 2);
	assert_int_equal(put("sys/kernel/slab/mine/shrink", "0\n"), -EINVAL);
	assert_int_equal(put("sys/kernel/slab/mine/validate", "1"), 1);
	assert_int_equal(put("sys/kernel/slab/mine/min_partial", "x"), -EINVAL);
	assert_int_equal(put("sys/kernel/slab/mine/min_partial", "7"), 1);
	assert_text("sys/kernel/slab/mine/min_partial", "7\n");
	assert_text("sys/kernel/slab/mine/slabs", "0\n");

	/* A reader of a file that goes away sees its end. */
	file = must_open("sys/kernel/slab/mine/order", O_RDONLY);
	assert_int_equal(vfs_read(file, buf, 1, &pos), 1);
	kmem_cache_destroy(s);
	assert_int_equal(vfs_read(file, buf, sizeof(buf), &pos), 1); /* the rest of its snapshot */
	pos = 0;
	assert_int_equal(vfs_read(file, buf, sizeof(buf), &pos), 0);
	vfs_release(file);
	assert_false(exists("sys/kernel/slab/mine"));
}

static void shared_names(void **state)
{
	struct kmem_cache *a = kmem_cache_create("one", 3000, 0, 0, NULL);
	struct kmem_cache *b = kmem_cache_create("two", 3000, 0, 0, NULL);
	struct node *node = node_walk(node_root(), "sys/kernel/slab/two");

	assert_ptr_equal(a, b);
	assert_non_null(node);
	assert_string_equal(node->target, ":0003000");
	node_put(node);
	assert_text("sys/kernel/slab/:0003000/aliases", "1\n");
	kmem_cache_destroy(b);
	assert_text("sys/kernel/slab/:0003000/aliases", "0\n");
	kmem_cache_destroy(a);
	assert_false(exists("sys/kernel/slab/:0003000"));
	assert_false(exists("sys/kernel/slab/one"));
	assert_false(exists("sys/kernel/slab/two"));
}

/* A file's name cannot have a slash; as in the kernel a ! stands there. */
static void names_with_a_slash(void **state)
{
	struct kmem_cache *s = kmem_cache_create("disk/by/id", 300, 0, SLAB_NO_MERGE, NULL);

	assert_true(exists("sys/kernel/slab/disk!by!id"));
	assert_text("sys/kernel/slab/disk!by!id/object_size", "300\n");
	assert_false(exists("sys/kernel/slab/disk"));
	kmem_cache_destroy(s);
	assert_false(exists("sys/kernel/slab/disk!by!id"));
}

static void settings(void **state)
{
	static const char *const nonsense[] = { "-1", "x", "", " ", "1 2", "1x", "99999999999" };
	int before = min_free_kbytes;

	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		assert_int_equal(put("proc/sys/vm/min_free_kbytes", nonsense[i]), -EINVAL);
		assert_int_equal(min_free_kbytes, before);
	}
	assert_int_equal(put("proc/sys/vm/min_free_kbytes", " 0x400\n"), 7);
	assert_text("proc/sys/vm/min_free_kbytes", "1024\n");
	assert_int_equal(put("proc/sys/vm/lowmem_reserve_ratio", "100 x"), -EINVAL);
	assert_text("proc/sys/vm/lowmem_reserve_ratio", "256\t256\t32\t0\t0\n");
	assert_int_equal(put("proc/sys/vm/lowmem_reserve_ratio", "100"), 3);
	assert_text("proc/sys/vm/lowmem_reserve_ratio", "100\t256\t32\t0\t0\n");
	assert_int_equal(put("proc/sys/vm/percpu_pagelist_high_fraction", "7"), -EINVAL);
	assert_int_equal(put("proc/sys/vm/drop_caches", "0"), -EINVAL);
	assert_int_equal(put("proc/sys/vm/drop_caches", "3"), 1);
}

static void *late_line(void *arg)
{
	msleep(50);
	assert_int_equal(put("dev/kmsg", "<3>a late line\n"), 15);
	return NULL;
}

/* All lines there are, then EAGAIN; a blocking reader gets the one that comes. */
static void following_the_log(void **state)
{
	struct file *file = must_open("dev/kmsg", O_RDONLY | O_NONBLOCK);
	char buf[8192];
	loff_t pos = 0;
	pthread_t t;
	ssize_t n;

	while ((n = vfs_read(file, buf, sizeof(buf) - 1, &pos)) > 0)
		assert_int_equal(buf[n - 1], '\n');
	assert_int_equal(n, -EAGAIN);
	file->f_flags &= ~(unsigned int)O_NONBLOCK;
	pthread_create(&t, NULL, late_line, NULL);
	n = vfs_read(file, buf, sizeof(buf) - 1, &pos);
	pthread_join(t, NULL);
	assert_true(n > 0);
	buf[n] = '\0';
	assert_non_null(strstr(buf, ",-;a late line\n"));
	assert_true(strncmp(buf, "11,", 3) == 0);
	vfs_release(file);
}

/* One word for each frame; the free ones are as many as the counters say. */
static void frames(void **state)
{
	struct file *file = must_open("proc/kpageflags", O_RDONLY);
	unsigned long free = 0, nr = 0;
	loff_t pos = 0;
	u64 words[512];
	ssize_t n;

	assert_int_equal(vfs_read(file, (char *)words, 12, &pos), -EINVAL);
	while ((n = vfs_read(file, (char *)words, sizeof(words), &pos)) > 0)
		for (ssize_t i = 0; i < n / 8; i++, nr++)
			free += words[i] >> 10 & 1;
	assert_int_equal(n, 0);
	assert_int_equal(nr, (64ul << 20) / PAGE_SIZE);
	assert_int_equal(free, nr_free_pages());
	vfs_release(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fs_test(caches_come_and_go), fs_test(shared_names),
		fs_test(names_with_a_slash), fs_test(settings),
		fs_test(following_the_log),  fs_test(frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
