/* SPDX-License-Identifier: MIT */
/* poll.h - who waits for a file to become ready. Told in poll.c. */
#ifndef FS_POLL_H
#define FS_POLL_H

#include <kmem/poll.h>

#include "vfs.h"

extern struct vfs_client vfs_client;

struct poll_watch {
	poll_table table;	    /* what ->poll is given */
	struct poll_entry *entries; /* protected by poll_mutex */
	void *waiter;		    /* exchanged atomically; NULL: nobody waits */
};

void poll_watch_init(struct poll_watch *watch);
/* From now on it is @waiter that is told, once; the one before is dropped. May sleep. */
void poll_watch_set(struct poll_watch *watch, void *waiter);
/* Takes the file off all queues. May sleep. */
void poll_watch_end(struct poll_watch *watch);

#endif
