/* SPDX-License-Identifier: MIT */
/*
 * fault-inject.h - requests that fail on purpose. Told in kernel/fault_inject.c.
 *
 *	static DECLARE_FAULT_ATTR(fail_frob);
 *
 *	fault_attr_register("fail_frob", &fail_frob, NULL, NULL);	for sys/kernel/debug/fail_frob/
 *	if (should_fail(&fail_frob, size))
 *		return -EIO;
 *
 * Context: should_fail() any; the others may sleep.
 * Source of the rules: Linux 6.1, lib/fault-inject.c and Documentation/fault-injection.
 */
#ifndef KMEM_FAULT_INJECT_H
#define KMEM_FAULT_INJECT_H

#include <kmem/atomic.h>
#include <kmem/list.h>
#include <kmem/printk.h>

struct seq_file;

#define FAULT_STACKTRACE_DEPTH_MAX 32

/* Who fails when. The numbers are written by files' writers and read by anyone. */
struct fault_attr {
	unsigned long probability; /* in percent; 0: never */
	unsigned long interval;	   /* only every n-th of the others */
	atomic_t times;		   /* so often still; -1: for ever */
	atomic_t space;		   /* so many units (bytes, pages) pass before anything fails */
	unsigned long verbose;	   /* 0: silent, 1: a line in the log, 2: and a stack */
	bool task_filter;	   /* only tasks with make-it-fail */
	unsigned long stacktrace_depth;
	unsigned long require_start, require_end;    /* an address of the stack must be in here */
	unsigned long reject_start, reject_end;	     /* none may be in here */
	unsigned long verbose_ratelimit_interval_ms; /* 0: every failure is told */
	unsigned long verbose_ratelimit_burst;

	atomic_t count; /* what interval counts */
	struct ratelimit_state ratelimit_state;
	const char *name; /* NULL: not registered */
	const struct fault_switch *switches;
	void (*changed)(bool on); /* it may fail from here on, or no longer */
	struct list_head list;	  /* under fault_attrs_mutex */
};

/* A further setting of one attribute. The last has no name. */
struct fault_switch {
	const char *name;
	bool *flag; /* Y or N, or */
	u32 *number;
};

#define FAULT_ATTR_INITIALIZER                                                       \
	{                                                                            \
		.interval = 1, .times = ATOMIC_INIT(1), .verbose = 2,                \
		.stacktrace_depth = FAULT_STACKTRACE_DEPTH_MAX, .require_end = ~0ul, \
		.verbose_ratelimit_burst = 10,                                       \
	}
#define DECLARE_FAULT_ATTR(name) struct fault_attr name = FAULT_ATTR_INITIALIZER

#define FAULT_NOWARN 1u /* whoever asks does not want to hear of failures */

/* Shall a request for @size units fail now? Counts, and tells the log. */
bool should_fail_ex(struct fault_attr *attr, ssize_t size, unsigned int flags);
bool should_fail(struct fault_attr *attr, ssize_t size);

/* "interval,probability,space,times"; false if @text is anything else. */
bool setup_fault_attr(struct fault_attr *attr, const char *text);

/* Shows it under sys/kernel/debug/. @switches and @changed may be NULL. */
void fault_attr_register(const char *name, struct fault_attr *attr,
			 const struct fault_switch *switches, void (*changed)(bool on));
void fault_attr_unregister(struct fault_attr *attr);

/* The files: names of the attributes, and the files of @name; -ENOENT: there is no such thing. */
void fault_attrs_for_each(void (*fn)(void *arg, const char *name), void *arg);
void fault_files_for_each(const char *name, void (*fn)(void *arg, const char *name), void *arg);
int fault_file_show(struct seq_file *m, const char *name, const char *file);
int fault_file_store(const char *name, const char *file, const char *text);
unsigned long fault_attrs_version(void); /* changes when an attribute comes or goes */

/*
 * What the calling task (the client it serves, if it serves one) has been marked with: its
 * n-th request from now fails (0: none), and it passes task-filter. 0 or -ENOMEM.
 */
int set_fail_nth(unsigned int n);
unsigned int get_fail_nth(void);
int set_make_it_fail(bool on);
bool get_make_it_fail(void);

#endif
