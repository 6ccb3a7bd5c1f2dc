// SPDX-License-Identifier: MIT
/*
 * workqueue.c - one thread that does what others may not stop for.
 *
 * Items are done one after the other in the order they were queued. Invariant: an item is on the
 * queue if and only if it is pending. Locks: queue_lock, never held while an item runs. An item that
 * faults ends; the thread goes on with the next.
 */
#include <kmem/mutex.h>
#include <kmem/oops.h>
#include <kmem/workqueue.h>

#include "host.h"
#include "workqueue.h"

static DEFINE_SPINLOCK(queue_lock);
/* Protected by queue_lock: */
static LIST_HEAD(queue);
static u64 nr_queued, nr_done;

static unsigned int stop;
static unsigned long worker;
static DECLARE_WAIT_QUEUE_HEAD(work_wait); /* the worker, for work */
static DECLARE_WAIT_QUEUE_HEAD(done_wait); /* flushers, for its being done */

bool schedule_work(struct work_struct *work)
{
	bool queued = false;

	spin_lock(&queue_lock);
	if (!work->pending) {
		work->pending = true;
		list_add_tail(&work->entry, &queue);
		WRITE_ONCE(nr_queued, nr_queued + 1);
		queued = true;
	}
	spin_unlock(&queue_lock);
	if (queued)
		wake_up(&work_wait);
	return queued;
}

static struct work_struct *next_work(void)
{
	struct work_struct *work;

	spin_lock(&queue_lock);
	work = list_first_entry_or_null(&queue, struct work_struct, entry);
	if (work) {
		list_del_init(&work->entry);
		work->pending = false;
	}
	spin_unlock(&queue_lock);
	return work;
}

static void count_done(void)
{
	spin_lock(&queue_lock);
	WRITE_ONCE(nr_done, nr_done + 1);
	spin_unlock(&queue_lock);
	wake_up_all(&done_wait);
}

static long run(void *work)
{
	((struct work_struct *)work)->func(work);
	return 0;
}

static void *worker_main(void *unused)
{
	struct work_struct *work;
	long ret;

	current->flags |= PF_KTHREAD;
	for (;;) {
		wait_event(work_wait,
			   READ_ONCE(nr_queued) != READ_ONCE(nr_done) || READ_ONCE(stop));
		work = next_work();
		if (!work)
			break;
		/* The item may free itself: nothing of it is touched afterwards. */
		oops_guard(run, work, &ret);
		count_done();
		cpu_park();
	}
	return NULL;
}

void flush_scheduled_work(void)
{
	u64 upto;

	spin_lock(&queue_lock);
	upto = nr_queued;
	spin_unlock(&queue_lock);
	wait_event(done_wait, READ_ONCE(nr_done) >= upto);
}

int workqueue_boot(void)
{
	INIT_LIST_HEAD(&queue);
	nr_queued = nr_done = 0;
	stop = 0;
	return host_thread_start(&worker, "kworker/u", worker_main, NULL);
}

void workqueue_exit(void)
{
	if (!worker)
		return;
	flush_scheduled_work();
	WRITE_ONCE(stop, 1);
	wake_up_all(&work_wait);
	host_thread_join(worker);
	worker = 0;
}
