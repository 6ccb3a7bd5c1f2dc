/* SPDX-License-Identifier: MIT */
/*
 * request.h - one request of a client, from its arrival to its reply. Told in request.c.
 */
#ifndef FS_REQUEST_H
#define FS_REQUEST_H

#include <kmem/list.h>
#include <kmem/sched.h>
#include <kmem/uaccess.h>

#define REQUEST_BUFFER (1ul << 20) /* bytes a read can move at once */

struct request {
	u64 id; /* 0 until it asked for signals */
	struct task_struct *task;
	struct list_head link; /* in the requests that hear; protected by requests_lock */
	struct user_window window;
	bool outer;
	/* Asks the client's kernel for interrupts of this request. False: it must not wait. */
	bool (*listen)(const struct request *rq);
	void *client; /* for that */
};

/* The calling thread works for this client, busy on a CPU, until request_end(). ->listen is set. */
void request_begin(struct request *rq, unsigned int uid, unsigned int gid, int pid);
void request_end(struct request *rq);
/* The programs behind the clients' numbers may be others now: their names are looked up again. */
void request_names_old(void);

/* Was the last request of the calling thread told not to wait, as if by a signal? */
bool request_was_refused(void);

/* Client memory of the request: the only that a driver can reach. Until request_end(). */
void request_window(struct request *rq, unsigned long start, size_t len, void *host, bool writable);

/* Interrupts what a request waits for, if it still does; all of them. Context: any. */
void request_interrupt(u64 id);
void request_interrupt_all(void);

/* A buffer of REQUEST_BUFFER bytes in host memory from a small cache; NULL: no memory. */
void *request_buffer_get(void);
void request_buffer_put(void *buf);
void request_buffers_free(void);

#endif
