/* SPDX-License-Identifier: MIT */
/*
 * spinlock.h - locks for short sections that do not sleep.
 *
 * Whoever holds one is busy on a CPU and in atomic context (see sched.h). A waiter spins for a
 * moment and then lets the host run somebody else: the holder may have been preempted by it.
 * There are no interrupts, so the _irq, _irqsave and _bh forms are the plain ones.
 */
#ifndef KMEM_SPINLOCK_H
#define KMEM_SPINLOCK_H

#include <kmem/bug.h>
#include <kmem/sched.h>

typedef struct spinlock {
	unsigned int locked;
} spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name) \
	{                          \
		0                  \
	}
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->locked = 0;
}

void spin_lock_wait(spinlock_t *lock);

static inline bool spin_is_locked(const spinlock_t *lock)
{
	return __atomic_load_n(&lock->locked, __ATOMIC_RELAXED);
}

static inline bool spin_trylock(spinlock_t *lock)
{
	preempt_disable();
	if (!__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
		return true;
	preempt_enable();
	return false;
}

static inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	if (unlikely(__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE)))
		spin_lock_wait(lock);
}

static inline void spin_unlock(spinlock_t *lock)
{
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
	preempt_enable();
}

#define spin_lock_irq(l)		 spin_lock(l)
#define spin_unlock_irq(l)		 spin_unlock(l)
#define spin_lock_bh(l)			 spin_lock(l)
#define spin_unlock_bh(l)		 spin_unlock(l)
#define spin_lock_irqsave(l, flags)	 ((flags) = 0, spin_lock(l))
#define spin_unlock_irqrestore(l, flags) ((void)(flags), spin_unlock(l))

#define lockdep_assert_held(l) BUG_ON(!spin_is_locked(l))

#endif
