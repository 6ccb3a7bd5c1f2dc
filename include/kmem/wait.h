/* SPDX-License-Identifier: MIT */
/*
 * wait.h - wait queues and completions.
 *
 * A waiter gives its CPU up. Waiters are woken in the order they came. wait_event_*() may be
 * used only where the caller may sleep; wake_up*() anywhere. An entry with a function stands on
 * the queue without a thread: each wake-up calls it, under the queue's lock, so it must not
 * sleep nor touch the queue. poll.h is built on that.
 */
#ifndef KMEM_WAIT_H
#define KMEM_WAIT_H

#include <kmem/err.h>
#include <kmem/list.h>
#include <kmem/spinlock.h>

typedef struct wait_queue_head {
	spinlock_t lock;
	struct list_head head; /* protected by lock */
	unsigned int waiters;  /* its length; changed under lock, read by anyone */
} wait_queue_head_t;

struct wait_queue_entry {
	struct task_struct *task;
	struct list_head entry; /* protected by the queue's lock */
	bool exclusive;
	void (*func)(struct wait_queue_entry *wait); /* instead of waking a task; NULL: wakes it */
};

#define __WAIT_QUEUE_HEAD_INITIALIZER(name)                                \
	{                                                                  \
		__SPIN_LOCK_UNLOCKED(name), LIST_HEAD_INIT((name).head), 0 \
	}
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = __WAIT_QUEUE_HEAD_INITIALIZER(name)

static inline void init_waitqueue_head(wait_queue_head_t *wq)
{
	spin_lock_init(&wq->lock);
	INIT_LIST_HEAD(&wq->head);
	wq->waiters = 0;
}

/* True if somebody waits; without the lock only a hint. */
static inline bool waitqueue_active(wait_queue_head_t *wq)
{
	return __atomic_load_n(&wq->waiters, __ATOMIC_SEQ_CST) != 0;
}

/*
 * The same, sure to see who waits for what the caller changed just before: a waiter counts
 * itself before it looks, and this reads the count after the change is seen by all.
 */
static inline bool wq_has_sleeper(wait_queue_head_t *wq)
{
	return __atomic_fetch_add(&wq->waiters, 0, __ATOMIC_SEQ_CST) != 0;
}

void prepare_to_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait, bool exclusive);
void finish_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait);
/* Entries with a function. After remove_wait_queue() it does not run and will not. */
void add_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *wait);
void remove_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *wait);
/* Wakes all non-exclusive waiters and up to @nr exclusive ones (0: all of those too). */
void wake_up_nr(wait_queue_head_t *wq, int nr);

#define wake_up(wq)		      wake_up_nr(wq, 1)
#define wake_up_all(wq)		      wake_up_nr(wq, 0)
#define wake_up_interruptible(wq)     wake_up_nr(wq, 1)
#define wake_up_interruptible_all(wq) wake_up_nr(wq, 0)

#define wait_event_common(wq, condition, interruptible, exclusive)        \
	({                                                                \
		struct wait_queue_entry wait_ = { 0 };                    \
		int ret_ = 0;                                             \
		might_sleep();                                            \
		for (;;) {                                                \
			prepare_to_wait(&(wq), &wait_, (exclusive));      \
			if (condition)                                    \
				break;                                    \
			if ((interruptible) && signal_pending(current)) { \
				ret_ = -ERESTARTSYS;                      \
				break;                                    \
			}                                                 \
			task_park(interruptible);                         \
		}                                                         \
		finish_wait(&(wq), &wait_);                               \
		/* The wake-up may have been meant for the next one. */   \
		if (ret_ && (exclusive))                                  \
			wake_up(&(wq));                                   \
		ret_;                                                     \
	})

#define wait_event(wq, condition)		((void)wait_event_common(wq, condition, false, false))
/* Returns 0, or -ERESTARTSYS if the wait was interrupted. */
#define wait_event_interruptible(wq, condition) wait_event_common(wq, condition, true, false)
#define wait_event_interruptible_exclusive(wq, condition) \
	wait_event_common(wq, condition, true, true)

struct completion {
	unsigned int done;
	wait_queue_head_t wait;
};

static inline void init_completion(struct completion *x)
{
	x->done = 0;
	init_waitqueue_head(&x->wait);
}

void complete(struct completion *x);
void complete_all(struct completion *x);
void wait_for_completion(struct completion *x);
int wait_for_completion_interruptible(struct completion *x);

#endif
