// SPDX-License-Identifier: MIT
/*
 * bridge_notify.c - what the client's kernel is told without having asked: that bytes it
 * remembers are no longer true, and that a file somebody polls may be ready.
 *
 * Forgetting bytes makes the kernel wait for the pages of the range, which are locked while a
 * read or a write of them is under way. A thread that serves requests may be the one that these
 * wait for, so it never tells: it leaves a job to the *notifier*, a thread that does nothing
 * else. Wake-ups of pollers take the same way, since they come under spinlocks. Attributes alone
 * are forgotten without a wait, so any thread tells that itself.
 *
 * A job is done after the change it tells of. Where a client must not see old bytes once its call
 * has returned, the reply to that call makes the kernel forget them (see bridge_open()).
 *
 * At the end the notifier does what is left and leaves while requests are still served.
 *
 * Locks: jobs_lock, a host lock (wake-ups come from anywhere), protects the list of jobs.
 */
#include "../kernel/host.h"
#include "bridge_internal.h"

struct job {
	struct list_head link;
	struct fuse_pollhandle *ph; /* NULL: bytes to forget */
	struct node *node;	    /* with a reference */
	loff_t pos, len;
};

static struct host_lock jobs_lock;
static LIST_HEAD(jobs);		  /* protected by jobs_lock */
static bool running, stopping;	  /* protected by jobs_lock */
static unsigned int jobs_seq;	  /* changes when there is something to do */
static struct fuse_session *told; /* set while nobody else runs */
static unsigned long notifier;

static void job_free(struct job *job)
{
	if (job->ph)
		fuse_pollhandle_destroy(job->ph);
	node_put(job->node);
	host_free(job);
}

static void job_do(struct job *job)
{
	if (job->ph)
		fuse_lowlevel_notify_poll(job->ph);
	else
		fuse_lowlevel_notify_inval_inode(told, (fuse_ino_t)job->node, job->pos, job->len);
}

static void job_add(struct job *job)
{
	bool taken;

	host_lock(&jobs_lock);
	taken = running && !stopping;
	if (taken)
		list_add_tail(&job->link, &jobs);
	host_unlock(&jobs_lock);
	if (!taken) {
		job_free(job);
		return;
	}
	__atomic_fetch_add(&jobs_seq, 1, __ATOMIC_SEQ_CST);
	host_wake(&jobs_seq, 1);
}

static void *notifier_thread(void *arg)
{
	for (;;) {
		unsigned int seq = __atomic_load_n(&jobs_seq, __ATOMIC_SEQ_CST);
		struct job *job;
		bool last;

		host_lock(&jobs_lock);
		job = list_first_entry_or_null(&jobs, struct job, link);
		if (job)
			list_del(&job->link);
		last = stopping;
		host_unlock(&jobs_lock);
		if (job) {
			job_do(job);
			job_free(job);
			cpu_park();
		} else if (last) {
			return NULL;
		} else {
			host_wait(&jobs_seq, seq, 0);
		}
	}
}

void bridge_notify_attr(struct node *node)
{
	fuse_lowlevel_notify_inval_inode(told, (fuse_ino_t)node, -1, 0);
}

void bridge_notify_data(struct node *node, loff_t pos, loff_t len)
{
	struct job *job = host_alloc(sizeof(*job));

	if (!job)
		return;
	job->node = node_get(node);
	job->pos = pos;
	job->len = len;
	job_add(job);
}

void *bridge_poll_waiter(struct fuse_pollhandle *ph)
{
	struct job *job = host_alloc(sizeof(*job));

	if (job)
		job->ph = ph;
	else
		fuse_pollhandle_destroy(ph);
	return job;
}

static void changed(struct inode *inode, loff_t pos, loff_t len)
{
	bridge_notify_data(inode_node(inode), pos, len);
}

static void poll_wake(void *waiter)
{
	job_add(waiter);
}

static void poll_drop(void *waiter)
{
	job_free(waiter);
}

int bridge_notify_start(struct fuse_session *session)
{
	static const struct vfs_client client = { changed, poll_wake, poll_drop };
	int err;

	told = session;
	stopping = false;
	err = host_thread_start(&notifier, "notifier", notifier_thread, NULL);
	running = !err;
	if (running)
		vfs_set_client(&client);
	return err;
}

void bridge_notify_stop(void)
{
	bool was_running;

	host_lock(&jobs_lock);
	was_running = running && !stopping;
	stopping = true;
	host_unlock(&jobs_lock);
	if (!was_running)
		return;
	__atomic_fetch_add(&jobs_seq, 1, __ATOMIC_SEQ_CST);
	host_wake(&jobs_seq, 1);
	host_thread_join(notifier);
}
