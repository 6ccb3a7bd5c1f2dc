/* SPDX-License-Identifier: MIT */
/*
 * workqueue.h - work to be done later, by a thread of the machine that may sleep.
 *
 * A work item is queued at most once at a time; queueing it again while it waits does nothing,
 * while it runs makes it run once more. Context: schedule_work() any; the others sleep:
 * flush_scheduled_work() until everything that was queued before has been done, flush_work() until
 * that item has (false: there was nothing to wait for). After cancel_work_sync() it is neither queued
 * nor running; true: it was queued, and will not run. An item may not wait for itself.
 */
#ifndef KMEM_WORKQUEUE_H
#define KMEM_WORKQUEUE_H

#include <kmem/list.h>
#include <kmem/types.h>

struct work_struct {
	struct list_head entry; /* protected by the queue's lock */
	void (*func)(struct work_struct *work);
	bool pending; /* protected by the queue's lock */
	u64 seq;      /* in which order; protected by the queue's lock */
};

#define __WORK_INITIALIZER(n, f)                         \
	{                                                \
		LIST_HEAD_INIT((n).entry), (f), false, 0 \
	}
#define DECLARE_WORK(n, f) struct work_struct n = __WORK_INITIALIZER(n, f)
#define INIT_WORK(w, f)                      \
	do {                                 \
		INIT_LIST_HEAD(&(w)->entry); \
		(w)->func = (f);             \
		(w)->pending = false;        \
	} while (0)

bool schedule_work(struct work_struct *work); /* false: it was waiting already */
void flush_scheduled_work(void);
bool flush_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);

#endif
