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

/*
 * The same for at most @timeout ticks of 1/HZ second. Returns the ticks that are left, at least 1, if
 * the condition is true; 0 if the time went by; -ERESTARTSYS if the wait was interrupted.
 */
#define MAX_SCHEDULE_TIMEOUT ((long)(~0ul >> 1))

static inline u64 ticks_end_ns(long timeout)
{
	const u64 ns = 1000000000ull / HZ;

	return (u64)timeout >= ~0ull / ns / 2 ? ~0ull : ktime_get_ns() + (u64)timeout * ns;
}

static inline long ticks_left(u64 end_ns)
{
	u64 now = ktime_get_ns(), ns = 1000000000ull / HZ;

	return now >= end_ns ? 0 : (long)((end_ns - now + ns - 1) / ns);
}

#define wait_event_timeout_common(wq, condition, timeout, interruptible)                    \
	({                                                                                  \
		struct wait_queue_entry wait_ = { 0 };                                      \
		u64 end_ = ticks_end_ns(timeout);                                           \
		long left_;                                                                 \
		might_sleep();                                                              \
		for (;;) {                                                                  \
			prepare_to_wait(&(wq), &wait_, false);                              \
			left_ = ticks_left(end_);                                           \
			if (condition) {                                                    \
				left_ += !left_;                                            \
				break;                                                      \
			}                                                                   \
			if (!left_)                                                         \
				break;                                                      \
			if ((interruptible) && signal_pending(current)) {                   \
				left_ = -ERESTARTSYS;                                       \
				break;                                                      \
			}                                                                   \
			task_park_timeout(interruptible, (u64)left_ *(1000000000ull / HZ)); \
		}                                                                           \
		finish_wait(&(wq), &wait_);                                                 \
		left_;                                                                      \
	})
#define wait_event_timeout(wq, condition, timeout) \
	wait_event_timeout_common(wq, condition, timeout, false)
#define wait_event_interruptible_timeout(wq, condition, timeout) \
	wait_event_timeout_common(wq, condition, timeout, true)

struct completion {
	unsigned int done;
	wait_queue_head_t wait;
};

static inline void init_completion(struct completion *x)
{
	x->done = 0;
	init_waitqueue_head(&x->wait);
}

#define COMPLETION_INITIALIZER(name)                          \
	{                                                     \
		0, __WAIT_QUEUE_HEAD_INITIALIZER((name).wait) \
	}
#define DECLARE_COMPLETION(name)	 struct completion name = COMPLETION_INITIALIZER(name)
#define DECLARE_COMPLETION_ONSTACK(name) DECLARE_COMPLETION(name)

/* For the next use, when nobody waits any more. */
static inline void reinit_completion(struct completion *x)
{
	x->done = 0;
}

void complete(struct completion *x);
void complete_all(struct completion *x);
void wait_for_completion(struct completion *x);
int wait_for_completion_interruptible(struct completion *x);
/* The ticks that are left, at least 1; 0 if the time went by. */
unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);
bool try_wait_for_completion(struct completion *x); /* never waits; false: nothing is done */
bool completion_done(struct completion *x);

#endif
