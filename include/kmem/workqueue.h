/* SPDX-License-Identifier: MIT */
/*
 * workqueue.h - work to be done later, by a thread of the machine that may sleep.
 *
 * A work item is queued at most once at a time; queueing it again while it waits does nothing,
 * while it runs makes it run once more. Context: schedule_work() any; flush_scheduled_work()
 * sleeps until everything that was queued before has been done.
 */
#ifndef KMEM_WORKQUEUE_H
#define KMEM_WORKQUEUE_H

#include <kmem/list.h>
#include <kmem/types.h>

struct work_struct {
	struct list_head entry; /* protected by the queue's lock */
	void (*func)(struct work_struct *work);
	bool pending; /* protected by the queue's lock */
};

#define __WORK_INITIALIZER(n, f)                      \
	{                                             \
		LIST_HEAD_INIT((n).entry), (f), false \
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

#endif
