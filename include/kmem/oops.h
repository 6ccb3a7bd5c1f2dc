/* SPDX-License-Identifier: MIT */
/*
 * oops.h - calls that may go wrong without taking the machine with them.
 *
 * oops_guard(fn, arg, &ret) calls ret = fn(arg). If the call faults (a NULL pointer, a guard
 * page, a freed vmalloc area) or runs into BUG(), the report goes to the log, the call is
 * abandoned where it stands and oops_guard() returns -EFAULT; otherwise 0. What the abandoned
 * call held (locks, memory) stays held, as after an oops of the kernel; the CPU is given up, and what
 * memalloc_*_save() allowed the thread is over.
 *
 * Context: may sleep. Guarded calls nest.
 */
#ifndef KMEM_OOPS_H
#define KMEM_OOPS_H

#include <setjmp.h>
#include <kmem/types.h>

struct oops_frame {
	sigjmp_buf jump;
	struct oops_frame *outer;
	int preempt_count;
	unsigned int flags;
	bool busy;
};

int oops_guard(long (*fn)(void *), void *arg, long *ret);

/* Oopses since the boot. */
unsigned long oops_count(void);

#endif
