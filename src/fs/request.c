// SPDX-License-Identifier: MIT
/*
 * request.c - what the bridge does around every request, whatever it asks.
 *
 * A thread of the daemon is lent to a client for the time of a request: `current` carries the
 * client's identity and its windows of memory, and the thread is busy on an emulated CPU. At the
 * end the CPU is parked, since the thread goes back to wait for the host, perhaps for long.
 *
 * A client may interrupt its request while it waits inside a driver. Most never wait, so a request
 * costs nothing for that until its driver asks for the first time whether a signal is pending
 * (hear()); a message that came before is passed on then. Messages come on another thread and can
 * be late: so requests that hear have numbers that are never used again, and the waiting task is
 * only touched while its request is found among them, under the lock that its end takes.
 *
 * Buffers: a read is made in a buffer of the host's memory. As many as threads can be are kept;
 * the memory of the daemon is bounded by that.
 *
 * Locks: requests_lock protects the requests that hear and the kept buffers. It is a host lock,
 * the innermost of all.
 */
#include <stdio.h>
#include <string.h>

#include "../kernel/host.h"
#include "request.h"

#define BUFFERS_KEPT 4

static struct host_lock requests_lock;
static LIST_HEAD(hearing);	    /* protected by requests_lock */
static u64 last_id;		    /* protected by requests_lock */
static void *buffers[BUFFERS_KEPT]; /* protected by requests_lock */
static unsigned int nr_buffers;	    /* protected by requests_lock */

/*
 * A client asks many times in a row; its name is looked up once. It may become another program, but
 * opens its files anew then, as a rule: an open makes all names old, unless they are young.
 */
#define NAMES_YOUNG_NS (500ul * 1000) /* less than an exec takes */

static u64 names_since;		   /* atomic: when they were made old, in ns */
static unsigned int names_version; /* atomic */
static __thread int named_pid = -1;
static __thread unsigned int named_version;

static __thread struct request *serving;
static __thread bool refused;

/* The name of the client's program, for the log and for drivers that print current->comm. */
static void client_comm(int pid, char *comm)
{
	char path[40], text[TASK_COMM_LEN];

	snprintf(comm, TASK_COMM_LEN, "pid-%d", pid);
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (pid <= 0 || host_file_read(path, text, sizeof(text)))
		return;
	text[strcspn(text, "\n")] = '\0';
	strcpy(comm, text); /* both have TASK_COMM_LEN */
}

/* The request's first question for signals. */
static void hear(void)
{
	struct request *rq = serving;

	host_lock(&requests_lock);
	rq->id = ++last_id;
	list_add(&rq->link, &hearing);
	host_unlock(&requests_lock);
	if (rq->listen && !rq->listen(rq)) {
		refused = true;
		send_signal_to(rq->task);
	}
}

void request_names_old(void)
{
	u64 now = host_clock_ns();

	if (now - __atomic_load_n(&names_since, __ATOMIC_RELAXED) < NAMES_YOUNG_NS)
		return;
	__atomic_store_n(&names_since, now, __ATOMIC_RELAXED);
	__atomic_fetch_add(&names_version, 1, __ATOMIC_RELAXED);
}

void request_begin(struct request *rq, unsigned int uid, unsigned int gid, int pid)
{
	unsigned int version = __atomic_load_n(&names_version, __ATOMIC_RELAXED);
	struct task_struct *t = current;

	t->uid = uid;
	t->gid = gid;
	t->client_pid = pid ? pid : -1; /* 0: a client whose number we cannot see */
	t->pid = t->tgid = pid;
	if (named_pid != pid || named_version != version) {
		named_pid = pid;
		named_version = version;
		client_comm(pid, t->comm);
	}
	t->hear_signals = hear;
	refused = false;
	rq->id = 0;
	rq->task = t;
	serving = rq;
	user_windows_set(&rq->window, 0);
	rq->outer = cpu_begin();
}

void request_end(struct request *rq)
{
	cpu_end(rq->outer);
	cpu_park();
	rq->task->hear_signals = NULL;
	if (rq->id) {
		host_lock(&requests_lock);
		list_del(&rq->link);
		host_unlock(&requests_lock);
		__atomic_store_n(&rq->task->sigpending, false, __ATOMIC_RELEASE);
	}
	rq->task->client_pid = 0;
	rq->task->pid = rq->task->tgid = rq->task->host_tid;
	user_windows_set(NULL, 0);
}

bool request_was_refused(void)
{
	return refused;
}

void request_window(struct request *rq, unsigned long start, size_t len, void *host, bool writable)
{
	rq->window = (struct user_window){
		.start = start, .len = len, .host = host, .writable = writable
	};
	user_windows_set(&rq->window, 1);
}

void request_interrupt(u64 id)
{
	struct request *rq;

	host_lock(&requests_lock);
	list_for_each_entry(rq, &hearing, link)
		if (rq->id == id)
			send_signal_to(rq->task);
	host_unlock(&requests_lock);
}

void request_interrupt_all(void)
{
	struct request *rq;

	host_lock(&requests_lock);
	list_for_each_entry(rq, &hearing, link)
		send_signal_to(rq->task);
	host_unlock(&requests_lock);
}

void *request_buffer_get(void)
{
	void *buf = NULL;

	host_lock(&requests_lock);
	if (nr_buffers)
		buf = buffers[--nr_buffers];
	host_unlock(&requests_lock);
	return buf ? buf : host_table_alloc(REQUEST_BUFFER);
}

void request_buffer_put(void *buf)
{
	host_lock(&requests_lock);
	if (buf && nr_buffers < BUFFERS_KEPT) {
		buffers[nr_buffers++] = buf;
		buf = NULL;
	}
	host_unlock(&requests_lock);
	host_table_free(buf, REQUEST_BUFFER);
}

void request_buffers_free(void)
{
	while (nr_buffers)
		host_table_free(buffers[--nr_buffers], REQUEST_BUFFER);
}
