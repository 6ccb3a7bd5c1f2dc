// SPDX-License-Identifier: MIT
/*
 * poll.c - who waits for a file to become ready.
 *
 * The kernel's poll() puts a thread on the wait queues that a driver names and takes it off again
 * when it returns. Our client sleeps in another kernel, which asks once (vfs_poll()) and wants to be told once. So the *file* stands on the queues, from the first time a
 * driver names them until its release, and has at most one waiter. A wake-up takes the waiter
 * away and tells him; he asks again if he still cares.
 *
 * A wake-up that finds no waiter is lost on purpose: the next one is put in place before the
 * driver looks at its state (vfs_poll), so what happened before is seen by that look.
 *
 * Locks: poll_mutex protects the lists of entries; the waiter is exchanged atomically, since a
 * wake-up runs under its queue's spinlock.
 */
#include "../kernel/host.h"
#include "poll.h"

struct poll_entry {
	struct poll_entry *next;
	struct poll_watch *watch;
	wait_queue_head_t *wq;
	struct wait_queue_entry wait;
};

static DEFINE_MUTEX(poll_mutex);

static void *take_waiter(struct poll_watch *watch, void *next)
{
	return __atomic_exchange_n(&watch->waiter, next, __ATOMIC_SEQ_CST);
}

static void wake(struct wait_queue_entry *wait)
{
	void *waiter = take_waiter(container_of(wait, struct poll_entry, wait)->watch, NULL);

	if (waiter)
		vfs_client.poll_wake(waiter);
}

/* What poll_wait() calls. Without memory for the entry the waiter is told at once, to ask again. */
static void stand_on(struct file *file, wait_queue_head_t *wq, poll_table *table)
{
	struct poll_watch *watch = container_of(table, struct poll_watch, table);
	struct poll_entry *entry;

	mutex_lock(&poll_mutex);
	for (entry = watch->entries; entry && entry->wq != wq; entry = entry->next)
		;
	if (!entry) {
		entry = host_alloc(sizeof(*entry));
		if (entry) {
			entry->watch = watch;
			entry->wq = wq;
			entry->wait.func = wake;
			entry->next = watch->entries;
			watch->entries = entry;
			add_wait_queue(wq, &entry->wait);
		} else {
			void *waiter = take_waiter(watch, NULL);

			if (waiter)
				vfs_client.poll_wake(waiter);
		}
	}
	mutex_unlock(&poll_mutex);
}

void poll_watch_init(struct poll_watch *watch)
{
	watch->table._qproc = stand_on;
}

void poll_watch_set(struct poll_watch *watch, void *waiter)
{
	waiter = take_waiter(watch, waiter);
	if (waiter)
		vfs_client.poll_drop(waiter);
}

void poll_watch_end(struct poll_watch *watch)
{
	struct poll_entry *entry;

	while ((entry = watch->entries)) {
		watch->entries = entry->next;
		remove_wait_queue(entry->wq, &entry->wait);
		host_free(entry);
	}
	poll_watch_set(watch, NULL);
}
