// SPDX-License-Identifier: MIT
/*
 * fault_inject.c - requests that fail on purpose, so that what comes after a failure is run too.
 *
 * 1. Idea (Mita 2006): a place that may fail asks should_fail() and behaves as if it had. When it
 *    shall is a handful of numbers that anybody may set on the running machine. A request fails
 *    if it passes all of these, in this order (Linux 6.1, should_fail_ex()):
 *
 *	the task counts its own requests (fail-nth): then this alone decides
 *	probability is not 0
 *	task-filter is off, or the task is marked (make-it-fail)
 *	times is not 0
 *	the stack goes through [require-start, require-end) and not [reject-start, reject-end)
 *	space is used up: otherwise it shrinks by the request's size
 *	it is the interval-th of those that came so far
 *	a random number below 100 is below probability
 *
 *    and times, unless it is -1, goes down by one.
 *
 * 2. To sweep over all allocations of some code: interval 1, probability 100, times 1, and
 *    space = n: the request with which n units are passed fails, and no other. Or fail-nth = n.
 *
 * 3. Structures: the attributes are on a list, in their owners' memory; how each is shown as a
 *    directory is told in fault_files.c. Marked tasks are in an array: threads of the machine by
 *    their number, and clients by theirs, whoever serves them.
 *
 * 4. What nobody switched on shall cost nothing: ->changed() tells the owner when it has to ask.
 *
 * 5. Locks: fault_attrs_mutex around the list and around writes; marks_lock around the array. The
 *    numbers are read without a lock: a request may see one changed and another not yet.
 */
#include <stdio.h>
#include <kmem/bug.h>
#include <kmem/sched.h>

#include "fault_inject.h"
#include "host.h"
#include "random.h"

#define MAX_MARKS 64

struct task_mark {
	int pid;
	unsigned int fail_nth; /* 0: none, or it has failed */
	bool counts;	       /* fail_nth was set and not yet reset */
	bool make_it_fail;
};

DEFINE_MUTEX(fault_attrs_mutex);
LIST_HEAD(fault_attrs);
static unsigned long version;

static struct host_lock marks_lock;
static struct task_mark marks[MAX_MARKS]; /* protected by marks_lock */
static unsigned int nr_marks;		  /* written under marks_lock */

static int task_number(void)
{
	return current->client_pid ? current->client_pid : host_thread_id();
}

/* Caller holds marks_lock. */
static struct task_mark *find_mark(int pid)
{
	for (unsigned int i = 0; i < nr_marks; i++)
		if (marks[i].pid == pid)
			return &marks[i];
	return NULL;
}

/* Counts a request of a task that counts. 1: it fails, 0: it does not, -1: the task does not. */
static int count_nth(void)
{
	struct task_mark *mark;
	int ret = -1;

	host_lock(&marks_lock);
	mark = find_mark(task_number());
	if (mark && mark->fail_nth)
		ret = --mark->fail_nth == 0;
	host_unlock(&marks_lock);
	return ret;
}

static bool is_marked(void)
{
	struct task_mark *mark;
	bool marked;

	host_lock(&marks_lock);
	mark = find_mark(task_number());
	marked = mark && mark->make_it_fail;
	host_unlock(&marks_lock);
	return marked;
}

static bool stack_passes(const struct fault_attr *attr)
{
	unsigned long depth = min(attr->stacktrace_depth,
				  (unsigned long)FAULT_STACKTRACE_DEPTH_MAX);
	bool found = attr->require_start == 0 && attr->require_end == ~0ul;
	void *frames[FAULT_STACKTRACE_DEPTH_MAX + 2];
	int n;

	if (!depth || (found && !attr->reject_start && !attr->reject_end))
		return found;
	/* Two of them are usually our own, which nobody asks for: how many, the compiler decides. */
	n = host_backtrace(frames, depth + 2);
	for (int i = 0; i < n; i++) {
		unsigned long pc = (unsigned long)frames[i];

		if (pc >= attr->reject_start && pc < attr->reject_end)
			return false;
		found = found || (pc >= attr->require_start && pc < attr->require_end);
	}
	return found;
}

/* For all attributes. Two at once may get the same number. */
static unsigned int random_below_100(void)
{
	static u64 state = RANDOM_SEED;
	u64 x = next_random(READ_ONCE(state));

	WRITE_ONCE(state, x);
	return x % 100;
}

static void tell(struct fault_attr *attr)
{
	u64 interval_ns = attr->verbose_ratelimit_interval_ms * 1000000;

	if (!attr->verbose)
		return;
	if (interval_ns &&
	    !ratelimit_allows(&attr->ratelimit_state, interval_ns, attr->verbose_ratelimit_burst))
		return;
	pr_notice("FAULT_INJECTION: forcing a failure.\n"
		  "name %s, interval %lu, probability %lu, space %d, times %d\n",
		  attr->name, attr->interval, attr->probability, atomic_read(&attr->space),
		  atomic_read(&attr->times));
	if (attr->verbose > 1)
		dump_stack();
}

/* What the attribute's numbers say, but for ->times' last word. */
static bool decide(struct fault_attr *attr, ssize_t size)
{
	unsigned long interval = READ_ONCE(attr->interval);
	unsigned long probability = READ_ONCE(attr->probability);

	if (!probability)
		return false;
	if (READ_ONCE(attr->task_filter) && !is_marked())
		return false;
	if (!atomic_read(&attr->times))
		return false;
	if (!stack_passes(attr))
		return false;
	if (atomic_read(&attr->space) > size) {
		atomic_sub(size, &attr->space);
		return false;
	}
	if (interval > 1 && (unsigned int)atomic_inc_return(&attr->count) % interval)
		return false;
	return random_below_100() < probability;
}

/* Of several that fail at once, no more do than ->times says. */
static bool use_up_one(struct fault_attr *attr)
{
	int times = atomic_read(&attr->times);

	while (times > 0) {
		int was = atomic_cmpxchg(&attr->times, times, times - 1);

		if (was == times)
			return true;
		times = was;
	}
	return times < 0;
}

bool should_fail_ex(struct fault_attr *attr, ssize_t size, unsigned int flags)
{
	int nth = READ_ONCE(nr_marks) ? count_nth() : -1;

	if (nth >= 0) {
		/* Who counts his own fails at his number, whatever ->times is. */
		if (!nth || !stack_passes(attr))
			return false;
		use_up_one(attr);
	} else if (!decide(attr, size) || !use_up_one(attr)) {
		return false;
	}
	if (!(flags & FAULT_NOWARN))
		tell(attr);
	return true;
}

bool should_fail(struct fault_attr *attr, ssize_t size)
{
	return should_fail_ex(attr, size, 0);
}

bool setup_fault_attr(struct fault_attr *attr, const char *text)
{
	unsigned long interval, probability;
	int space, times, end = 0;

	if (sscanf(text, "%lu,%lu,%d,%d%n", &interval, &probability, &space, &times, &end) < 4 ||
	    text[end])
		return false;
	attr->interval = interval;
	attr->probability = probability;
	atomic_set(&attr->space, space);
	atomic_set(&attr->times, times);
	return true;
}

static bool somebody_counts(void)
{
	bool any = false;

	host_lock(&marks_lock);
	for (unsigned int i = 0; i < nr_marks; i++)
		any |= marks[i].counts;
	host_unlock(&marks_lock);
	return any;
}

void fault_attr_tell_owner(struct fault_attr *attr)
{
	if (attr->changed)
		attr->changed(attr->probability || somebody_counts());
}

void fault_attr_register(const char *name, struct fault_attr *attr,
			 const struct fault_switch *switches, void (*changed)(bool on))
{
	mutex_lock(&fault_attrs_mutex);
	attr->name = name;
	attr->switches = switches;
	attr->changed = changed;
	list_add_tail(&attr->list, &fault_attrs);
	version++;
	fault_attr_tell_owner(attr);
	mutex_unlock(&fault_attrs_mutex);
}

void fault_attr_unregister(struct fault_attr *attr)
{
	if (!attr->name)
		return;
	mutex_lock(&fault_attrs_mutex);
	list_del(&attr->list);
	attr->name = NULL;
	version++;
	if (attr->changed)
		attr->changed(false);
	mutex_unlock(&fault_attrs_mutex);
}

unsigned long fault_attrs_version(void)
{
	return READ_ONCE(version);
}

/* Tasks. */

/* Caller holds marks_lock. Who is gone needs no mark any more. */
static void forget_the_dead(void)
{
	int session, tty;
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr_marks; i++)
		if (!host_process_session(marks[i].pid, &session, &tty))
			marks[n++] = marks[i];
	WRITE_ONCE(nr_marks, n);
}

static int change_mark(void (*change)(struct task_mark *mark, unsigned int value),
		       unsigned int value)
{
	int pid = task_number(), err = 0;
	struct task_mark *mark;

	host_lock(&marks_lock);
	mark = find_mark(pid);
	if (!mark && nr_marks == MAX_MARKS)
		forget_the_dead();
	if (!mark && nr_marks < MAX_MARKS) {
		mark = &marks[nr_marks];
		*mark = (struct task_mark){ .pid = pid };
		WRITE_ONCE(nr_marks, nr_marks + 1);
	}
	if (!mark) {
		err = -ENOMEM;
	} else {
		change(mark, value);
		if (!mark->counts && !mark->make_it_fail) {
			*mark = marks[nr_marks - 1];
			WRITE_ONCE(nr_marks, nr_marks - 1);
		}
	}
	host_unlock(&marks_lock);
	return err;
}

static void change_fail_nth(struct task_mark *mark, unsigned int n)
{
	mark->fail_nth = n;
	mark->counts = n != 0;
}

static void change_make_it_fail(struct task_mark *mark, unsigned int on)
{
	mark->make_it_fail = on;
}

int set_fail_nth(unsigned int n)
{
	struct fault_attr *attr;
	int err = change_mark(change_fail_nth, 0);

	mutex_lock(&fault_attrs_mutex);
	/* Everybody asks before the first request counts, which none of these here shall be. */
	if (n && !err)
		list_for_each_entry(attr, &fault_attrs, list)
			if (attr->changed)
				attr->changed(true);
	if (n && !err)
		err = change_mark(change_fail_nth, n);
	else
		list_for_each_entry(attr, &fault_attrs, list)
			fault_attr_tell_owner(attr);
	mutex_unlock(&fault_attrs_mutex);
	return err;
}

unsigned int get_fail_nth(void)
{
	struct task_mark *mark;
	unsigned int n;

	host_lock(&marks_lock);
	mark = find_mark(task_number());
	n = mark ? mark->fail_nth : 0;
	host_unlock(&marks_lock);
	return n;
}

int set_make_it_fail(bool on)
{
	return change_mark(change_make_it_fail, on);
}

bool get_make_it_fail(void)
{
	return is_marked();
}
