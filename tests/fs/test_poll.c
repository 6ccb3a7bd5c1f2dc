/* SPDX-License-Identifier: MIT */
/*
 * poll.c: a waiter is told once, by whichever queue is woken, or dropped; never both, and never
 * after the file is gone.
 */
#include "fs_test.h"
#include <kmem/poll.h>
#include <kmem/printk.h>

static dev_t first;
static struct cdev cdev;
static struct class *cls;
static wait_queue_head_t queues[2];
static __poll_t ready;
static unsigned int asked;
static void *woken, *dropped;

static __poll_t t_poll(struct file *file, poll_table *table)
{
	static int *volatile nowhere = (int *)0x100; /* within the page at NULL */

	asked++;
	poll_wait(file, &queues[0], table);
	poll_wait(file, &queues[1], table);
	poll_wait(file, &queues[0], table); /* harmless */
	return ready == POLLNVAL ? (__poll_t)*nowhere : ready;
}

static const struct file_operations with_poll = { .poll = t_poll };
static const struct file_operations without_poll = { .open = NULL };

static void wake(void *waiter)
{
	assert_null(woken);
	woken = waiter;
}

static void drop(void *waiter)
{
	assert_null(dropped);
	dropped = waiter;
}

/* Takes what was reported. */
static void *taken(void **report)
{
	void *waiter = *report;

	*report = NULL;
	return waiter;
}

static struct file *driver_up(const struct file_operations *fops)
{
	static const struct vfs_client client = { .poll_wake = wake, .poll_drop = drop };

	vfs_set_client(&client);
	ready = 0;
	asked = 0;
	woken = dropped = NULL;
	init_waitqueue_head(&queues[0]);
	init_waitqueue_head(&queues[1]);
	assert_int_equal(alloc_chrdev_region(&first, 0, 1, "test"), 0);
	cdev_init(&cdev, fops);
	assert_int_equal(cdev_add(&cdev, first, 1), 0);
	cls = class_create(NULL, "test");
	assert_false(IS_ERR(device_create(cls, NULL, first, NULL, "test%d", 0)));
	return must_open("dev/test0", O_RDWR);
}

static void driver_down(void)
{
	assert_null(woken);
	assert_null(dropped);
	device_destroy(cls, first);
	class_destroy(cls);
	cdev_del(&cdev);
	unregister_chrdev_region(first, 1);
	vfs_set_client(NULL);
}

static void told_once(void **state)
{
	struct file *file = driver_up(&with_poll);
	int a, b;

	/* Whoever only looks stands on no queue. */
	ready = POLLIN;
	assert_int_equal(vfs_poll(file, NULL), POLLIN);
	assert_false(waitqueue_active(&queues[0]));

	for (int i = 0; i < 3; i++) {
		assert_int_equal(vfs_poll(file, &a), POLLIN);
		assert_int_equal(queues[0].waiters, 1);
		assert_int_equal(queues[1].waiters, 1);
		wake_up(&queues[i % 2]);
		assert_ptr_equal(taken(&woken), &a);
		wake_up(&queues[0]);
		wake_up_all(&queues[1]);
		assert_null(woken);
	}
	/* Another takes the place of the first, who is not told any more. */
	vfs_poll(file, &a);
	vfs_poll(file, &b);
	assert_ptr_equal(taken(&dropped), &a);
	wake_up(&queues[1]);
	assert_ptr_equal(taken(&woken), &b);
	/* A look in between changes nothing. */
	vfs_poll(file, &a);
	vfs_poll(file, NULL);
	assert_int_equal(asked, 8);
	vfs_release(file);
	assert_ptr_equal(taken(&dropped), &a);
	driver_down();
}

static void nothing_is_left_on_the_queues(void **state)
{
	struct file *file = driver_up(&with_poll), *other = must_open("dev/test0", O_RDONLY);
	int a, b;

	vfs_poll(file, &a);
	vfs_poll(other, &b);
	assert_int_equal(queues[0].waiters, 2);
	vfs_release(file);
	assert_ptr_equal(taken(&dropped), &a);
	assert_int_equal(queues[0].waiters, 1);
	assert_int_equal(queues[1].waiters, 1);
	wake_up(&queues[0]);
	assert_ptr_equal(taken(&woken), &b);
	vfs_release(other);
	assert_null(dropped);
	assert_false(waitqueue_active(&queues[0]));
	assert_false(waitqueue_active(&queues[1]));
	wake_up_all(&queues[0]);
	driver_down();
}

/* Woken between the driver's look and its answer: the waiter was in place before. */
static __poll_t poll_and_change(struct file *file, poll_table *table)
{
	__poll_t seen = ready;

	poll_wait(file, &queues[0], table);
	ready = POLLIN;
	wake_up(&queues[0]);
	return seen;
}

static void no_change_is_missed(void **state)
{
	static const struct file_operations fops = { .poll = poll_and_change };
	struct file *file = driver_up(&fops);
	int a;

	assert_int_equal(vfs_poll(file, &a), 0);
	assert_ptr_equal(taken(&woken), &a);
	vfs_release(file);
	driver_down();
}

static void drivers_that_do_not_help(void **state)
{
	struct file *file = driver_up(&without_poll);
	int a;

	assert_int_equal(vfs_poll(file, &a), POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
	vfs_release(file);
	assert_ptr_equal(taken(&dropped), &a);
	driver_down();

#ifndef __SANITIZE_THREAD__
	/* cmocka has its own handlers of faults: the machine that is to catch them boots now. */
	fs_down(state);
	fs_up(state);
	console_loglevel = 0;
	file = driver_up(&with_poll);
	ready = POLLNVAL; /* it faults */
	assert_int_equal(vfs_poll(file, &a), POLLERR);
	vfs_release(file);
	assert_ptr_equal(taken(&dropped), &a);
	driver_down();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fs_test(told_once),
		fs_test(nothing_is_left_on_the_queues),
		fs_test(no_change_is_missed),
		fs_test(drivers_that_do_not_help),
	};

	return cmocka_run_group_tests_name("fs/poll", tests, NULL, NULL);
}
