/* SPDX-License-Identifier: MIT */
/*
 * rcupdate.h - read-copy-update: readers that pay nothing, writers that wait for them.
 *
 * A reader is busy on a CPU and does not sleep; so once every CPU has been had by somebody else
 * for a moment, every reader that was inside has left. Context: synchronize_rcu() sleeps; readers
 * must not.
 */
#ifndef KMEM_RCUPDATE_H
#define KMEM_RCUPDATE_H

#include <kmem/sched.h>

#define rcu_read_lock()	  preempt_disable()
#define rcu_read_unlock() preempt_enable()

#define rcu_dereference(p)	 __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

/* Returns when all readers that were inside at the call have left. */
void synchronize_rcu(void);

#endif
