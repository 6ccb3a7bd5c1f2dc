/* SPDX-License-Identifier: MIT */
/* guard.h - calls of code that may be wrong: a driver's, through a pointer that it gave. */
#ifndef FS_GUARD_H
#define FS_GUARD_H

#include <kmem/oops.h>

/* fn(arg), or -EIO if that faulted: the report is in the log then. May sleep. */
static inline long guarded(long (*fn)(void *), void *arg)
{
	long ret;

	return oops_guard(fn, arg, &ret) ? -EIO : ret;
}

#endif
