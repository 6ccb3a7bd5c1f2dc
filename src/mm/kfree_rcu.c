// SPDX-License-Identifier: MIT
/*
 * kfree_rcu.c - what is freed, or done, when readers have left.
 *
 * Requests are pushed on a list and a work item takes all of them at once: one synchronize_rcu() for
 * however many have come since the last. A request to free an object says where in the object its
 * head is, in place of a function; no function has so low an address.
 *
 * Who waits for what has been asked for serves it himself: he may be a work item, for which no other
 * can be done.
 *
 * Locks: rcu_lock protects the list. It is not held while requests are served; serve_mutex is.
 */
#include <kmem/mutex.h>
#include <kmem/oops.h>
#include <kmem/rcupdate.h>
#include <kmem/slab.h>
#include <kmem/spinlock.h>
#include <kmem/workqueue.h>

static DEFINE_MUTEX(serve_mutex);
static DEFINE_SPINLOCK(rcu_lock);
static struct rcu_head *requests; /* newest first; protected by rcu_lock */

static struct rcu_head *take_requests(void)
{
	struct rcu_head *newest, *oldest = NULL;

	spin_lock(&rcu_lock);
	newest = requests;
	requests = NULL;
	spin_unlock(&rcu_lock);
	while (newest) {
		struct rcu_head *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

static long serve(void *arg)
{
	struct rcu_head *head = arg;
	size_t offset = (size_t)head->func;

	if (offset < PAGE_SIZE)
		kvfree((char *)head - offset);
	else
		head->func(head);
	return 0;
}

static void serve_all(struct work_struct *work)
{
	struct rcu_head *head, *next;
	long ret;

	mutex_lock(&serve_mutex);
	head = take_requests();
	if (head)
		synchronize_rcu();
	for (; head; head = next) {
		next = head->next;
		oops_guard(serve, head, &ret); /* one that faults does not lose the others */
	}
	mutex_unlock(&serve_mutex);
}

static DECLARE_WORK(rcu_work, serve_all);

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	spin_lock(&rcu_lock);
	head->next = requests;
	requests = head;
	spin_unlock(&rcu_lock);
	schedule_work(&rcu_work);
}

void kvfree_call_rcu(struct rcu_head *head, size_t offset)
{
	call_rcu(head, (void (*)(struct rcu_head *))offset);
}

void rcu_barrier(void)
{
	serve_all(NULL);
}
