/* SPDX-License-Identifier: MIT */
/*
 * bridge_serve.c - the threads that serve requests, and how serving ends.
 *
 * A *worker* takes a request from the kernel, serves it, and goes back to the door. A request that
 * waits inside a driver keeps its worker, perhaps for ever, so no number of workers would do: one
 * that waits is counted out, and others are started in its place.
 *
 *	door		workers that read from the kernel's device. Whoever leaves it empty
 *			starts another one, while fewer than RUNNING_MAX run; whoever comes back
 *			and finds DOOR_MAX there ends
 *	waiting		workers whose request waits. The rest run
 *
 * Nobody may wait when that would leave nobody running: the client who could end the wait, by
 * doing what is waited for or by a signal, would never be heard. Where no other worker is left
 * and none can be started (there are WORKERS_MAX, or the host gives no more threads), the wait is
 * refused, and its client is told EAGAIN as if he had opened the file with O_NONBLOCK. That is not for
 * those who only wait for a device's lock: its holder is being served.
 *
 * Memory: a worker has a buffer for the largest request. While it waits it keeps only what the
 * driver may still ask for: of a write to a stream no more than STREAM_WRITE_MAX, which is all
 * that is taken of it; of what carries no data, nothing. Writes that wait with more (for a device's
 * lock) are counted out only up to BIG_MAX at once; the next ones are not replaced by other
 * workers, so that requests stay with the kernel until the lock has gone round.
 *
 * The first thread serves nothing: it waits for the signals that end us. At the end it interrupts
 * what requests wait for and gets workers away from the door by a signal. That can miss one just
 * before he reads, so it is repeated. A session that the kernel has ended wakes the first thread
 * through the worker who finds out.
 *
 * Locks: workers_lock, a host lock, protects the counts and lists.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "../kernel/host.h"
#include "bridge_internal.h"

#define WORKERS_MAX  1024
#define DOOR_MAX     4 /* more changed nothing */
#define RUNNING_MIN  4
#define BIG_MAX	     64
#define HEADERS	     4096 /* of a request, in front of its data */
#define BUFFER_SIZE  (HEADERS + REQUEST_BUFFER + PAGE_SIZE)
/* A write's data follow 80 bytes of headers: so they begin on a cache line. */
#define BUFFER_SHIFT 48

struct worker {
	struct list_head link; /* in workers or ended */
	pthread_t thread;      /* itself, since it runs */
	char *buffer;	       /* BUFFER_SIZE bytes */
	size_t used;	       /* what the request at hand needs of it */
	bool briefly;	       /* it waits for other requests at most */
	bool waits, waits_big;
};

static struct fuse_session *session;
static pthread_t first_thread;
static unsigned int running_max, workers_max; /* set before the first worker */

static struct host_lock workers_lock;
static LIST_HEAD(workers); /* this and all below are protected by workers_lock */
static LIST_HEAD(ended);   /* to be joined */
static unsigned int nr_workers, nr_door, nr_waiting, nr_big;
static int serving_error;

static __thread struct worker *me; /* NULL: not a worker */

static void *worker_main(void *arg);

static void worker_free(struct worker *w)
{
	if (w)
		host_table_free(w->buffer, BUFFER_SIZE);
	host_free(w);
}

/* Frees those that have ended. Not while busy on an emulated CPU: they may wait for one. */
static void reap(void)
{
	struct worker *w;

	do {
		host_lock(&workers_lock);
		w = list_first_entry_or_null(&ended, struct worker, link);
		if (w)
			list_del(&w->link);
		host_unlock(&workers_lock);
		if (w)
			host_thread_join((unsigned long)w->thread);
		worker_free(w);
	} while (w);
}

/* One more at the door. 0, or -errno. */
static int worker_start(void)
{
	struct worker *w;
	unsigned long thread;
	bool room;
	int err = -ENOMEM;

	host_lock(&workers_lock);
	room = nr_workers < workers_max && !fuse_session_exited(session);
	nr_workers += room;
	nr_door += room;
	host_unlock(&workers_lock);
	if (!room)
		return -EAGAIN;
	w = host_alloc(sizeof(*w));
	if (w)
		w->buffer = host_table_alloc(BUFFER_SIZE);
	if (w && w->buffer)
		err = host_thread_start(&thread, "worker", worker_main, w);
	if (!err)
		return 0;
	worker_free(w);
	host_lock(&workers_lock);
	nr_workers--;
	nr_door--;
	host_unlock(&workers_lock);
	return err;
}

/* Caller holds workers_lock. */
static bool door_needs_one(void)
{
	return !nr_door && nr_workers - nr_waiting < running_max;
}

/* With a request in hand. */
static void leave_door(void)
{
	bool start;

	host_lock(&workers_lock);
	nr_door--;
	start = door_needs_one();
	host_unlock(&workers_lock);
	if (start)
		worker_start(); /* if it cannot be, the next one who comes back serves */
}

/* The request is done. False: enough are there. */
static bool come_back(struct worker *w)
{
	bool stay, others_ended;

	host_lock(&workers_lock);
	nr_waiting -= w->waits;
	nr_big -= w->waits_big;
	w->waits = w->waits_big = false;
	stay = nr_door < DOOR_MAX;
	nr_door += stay;
	others_ended = !list_empty(&ended);
	host_unlock(&workers_lock);
	if (others_ended)
		reap();
	return stay;
}

void bridge_worker_keep(size_t len)
{
	if (me)
		me->used = min(me->used, HEADERS + len);
}

void bridge_worker_briefly(void)
{
	if (me)
		me->briefly = true;
}

/* Counts the calling worker out, if somebody is left. */
static bool try_wait(struct worker *w, bool *start)
{
	bool big = w->used > HEADERS + STREAM_WRITE_MAX, may = true;

	host_lock(&workers_lock);
	if (!big || nr_big < BIG_MAX) {
		may = nr_workers - nr_waiting > 1;
		w->waits = may;
		w->waits_big = may && big;
		nr_waiting += w->waits;
		nr_big += w->waits_big;
	}
	*start = !may || door_needs_one();
	host_unlock(&workers_lock);
	return may;
}

bool bridge_worker_may_wait(void)
{
	struct worker *w = me;
	bool start, may;

	if (!w || w->waits || workers_max == 1)
		return true; /* alone, all are served with O_NONBLOCK */
	may = try_wait(w, &start);
	if (start && worker_start() == 0 && !may)
		may = try_wait(w, &start);
	if (w->waits)
		host_table_forget(w->buffer + BUFFER_SHIFT + w->used,
				  BUFFER_SIZE - BUFFER_SHIFT - w->used);
	return may || w->briefly;
}

/* The next request's length; 0: the session has ended; -EINTR, or another -errno. */
static ssize_t take_request(struct worker *w)
{
	ssize_t len;

	do {
		len = read(fuse_session_fd(session), w->buffer + BUFFER_SHIFT,
			   BUFFER_SIZE - BUFFER_SHIFT);
	} while (len < 0 && errno == ENOENT); /* its client has gone */
	if (len >= 0)
		return len;
	return errno == ENODEV || errno == ECONNABORTED ? 0 : -errno;
}

static void end_session(int err)
{
	host_lock(&workers_lock);
	if (!serving_error)
		serving_error = err;
	host_unlock(&workers_lock);
	fuse_session_exit(session);
	pthread_kill(first_thread, SIGUSR1);
}

static void serve(struct worker *w)
{
	bool at_door = true;

	while (at_door && !fuse_session_exited(session)) {
		struct fuse_buf request = { .mem = w->buffer + BUFFER_SHIFT };
		ssize_t len = take_request(w);

		if (len == -EINTR || len == -EAGAIN)
			continue;
		if (len <= 0) {
			end_session((int)len);
			break;
		}
		leave_door();
		request.size = w->used = (size_t)len;
		w->briefly = false;
		fuse_session_process_buf(session, &request);
		at_door = come_back(w);
	}
	host_lock(&workers_lock);
	nr_workers--;
	nr_door -= at_door;
	list_move(&w->link, &ended);
	host_unlock(&workers_lock);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	sigset_t wake;

	me = w;
	sigemptyset(&wake);
	sigaddset(&wake, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
	host_lock(&workers_lock);
	w->thread = pthread_self();
	list_add(&w->link, &workers);
	host_unlock(&workers_lock);
	serve(w);
	return NULL;
}

static void wake_up_only(int sig)
{
}

/* True when no worker is left. */
static bool wake_workers(void)
{
	struct worker *w;
	bool none;

	request_interrupt_all();
	host_lock(&workers_lock);
	none = !nr_workers;
	list_for_each_entry(w, &workers, link)
		pthread_kill(w->thread, SIGUSR1);
	host_unlock(&workers_lock);
	return none;
}

/* Until a signal or the kernel ends the session, and all workers are gone. */
static void wait_for_end(void)
{
	const struct timespec moment = { .tv_nsec = 20 * 1000 * 1000 }, second = { .tv_sec = 1 };
	sigset_t set;
	bool exited;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	do {
		int sig;

		exited = fuse_session_exited(session);
		sig = sigtimedwait(&set, NULL, exited ? &moment : &second);
		if (sig > 0 && sig != SIGUSR1) {
			bridge_notify_stop();
			fuse_session_exit(session);
		}
	} while (!exited || !wake_workers());
	reap();
}

int bridge_workers_run(struct fuse_session *se, bool single)
{
	struct sigaction wake = { .sa_handler = wake_up_only };
	sigset_t set;
	int err;

	sigaction(SIGUSR1, &wake, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	session = se;
	first_thread = pthread_self();
	serving_error = 0;
	workers_max = single ? 1 : WORKERS_MAX;
	running_max = max(RUNNING_MIN, (int)host_nr_cpus());
	err = worker_start();
	if (err)
		return err;
	wait_for_end();
	return serving_error;
}
