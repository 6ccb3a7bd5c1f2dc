// SPDX-License-Identifier: MIT
/*
 * workqueue.c - one thread that does what others may not stop for.
 *
 * Items are done one after the other in the order they were queued. Invariant: an item is on the
 * queue if and only if it is pending, and the queue is sorted by ->seq. Whoever waits for items waits
 * until neither the queue nor the thread has one of that number or below, so that an item may be
 * taken off again. Locks: queue_lock, never held while an item runs. An item that faults ends; the
 * thread goes on with the next.
 */
#include <kmem/mutex.h>
#include <kmem/oops.h>
#include <kmem/workqueue.h>

#include "host.h"
#include "workqueue.h"

static DEFINE_SPINLOCK(queue_lock);
/* Protected by queue_lock: */
static LIST_HEAD(queue);
static u64 last_seq;
static struct work_struct *running; /* may be freed already: compared, never touched */
static u64 running_seq;

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
		work->seq = ++last_seq;
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
		running_seq = work->seq;
	}
	running = work;
	spin_unlock(&queue_lock);
	return work;
}

static void count_done(void)
{
	spin_lock(&queue_lock);
	running = NULL;
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
		wait_event(work_wait, (work = next_work()) || READ_ONCE(stop));
		if (!work)
			break;
		/* The item may free itself: nothing of it is touched afterwards. */
		oops_guard(run, work, &ret);
		count_done();
		cpu_park();
	}
	return NULL;
}

static bool done_upto(u64 seq)
{
	struct work_struct *first;
	bool done;

	spin_lock(&queue_lock);
	first = list_first_entry_or_null(&queue, struct work_struct, entry);
	done = (!running || running_seq > seq) && (!first || first->seq > seq);
	spin_unlock(&queue_lock);
	return done;
}

void flush_scheduled_work(void)
{
	u64 upto;

	spin_lock(&queue_lock);
	upto = last_seq;
	spin_unlock(&queue_lock);
	wait_event(done_wait, done_upto(upto));
}

bool flush_work(struct work_struct *work)
{
	bool waits;
	u64 seq;

	spin_lock(&queue_lock);
	waits = work->pending || running == work;
	seq = work->pending ? work->seq : running_seq;
	spin_unlock(&queue_lock);
	if (waits)
		wait_event(done_wait, done_upto(seq));
	return waits;
}

static bool is_running(const struct work_struct *work)
{
	bool yes;

	spin_lock(&queue_lock);
	yes = running == work;
	spin_unlock(&queue_lock);
	return yes;
}

static bool take_off(struct work_struct *work)
{
	bool was_pending;

	spin_lock(&queue_lock);
	was_pending = work->pending;
	if (was_pending) {
		list_del_init(&work->entry);
		work->pending = false;
	}
	spin_unlock(&queue_lock);
	if (was_pending)
		wake_up_all(&done_wait);
	return was_pending;
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was_pending = take_off(work);

	wait_event(done_wait, !is_running(work));
	/* It may have queued itself while it ran. */
	return take_off(work) || was_pending;
}

int workqueue_boot(void)
{
	INIT_LIST_HEAD(&queue);
	last_seq = 0;
	running = NULL;
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
