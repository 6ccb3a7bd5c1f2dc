/* SPDX-License-Identifier: MIT */
/*
 * mutex.h - sleeping locks: mutexes, reader/writer and counting semaphores.
 *
 * A waiter gives its CPU up. May sleep, except the _trylock forms and the unlocks. The
 * _interruptible forms return 0 with the lock held, or -EINTR without it.
 */
#ifndef KMEM_MUTEX_H
#define KMEM_MUTEX_H

#include <kmem/wait.h>

struct mutex {
	struct task_struct *owner; /* NULL: free */
	wait_queue_head_t wait;
};

#define __MUTEX_INITIALIZER(name)                                \
	{                                                        \
		NULL, __WAIT_QUEUE_HEAD_INITIALIZER((name).wait) \
	}
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

void mutex_init(struct mutex *lock);
void mutex_lock(struct mutex *lock);
int __must_check mutex_lock_interruptible(struct mutex *lock);
#define mutex_lock_killable(lock) mutex_lock_interruptible(lock)
int mutex_trylock(struct mutex *lock); /* 1: taken, 0: not */
void mutex_unlock(struct mutex *lock);
bool mutex_is_locked(struct mutex *lock);

static inline void mutex_destroy(struct mutex *lock)
{
	BUG_ON(mutex_is_locked(lock));
}

/*
 * Many readers or one writer; a waiting writer stops new readers. Taking and releasing one that
 * nobody waits for is one atomic instruction, and needs no CPU of the machine.
 */
struct rw_semaphore {
	int count;		      /* > 0: readers, -1: a writer; atomic */
	unsigned int writers_waiting; /* atomic */
	wait_queue_head_t wait;
};

#define __RWSEM_INITIALIZER(name)                                \
	{                                                        \
		0, 0, __WAIT_QUEUE_HEAD_INITIALIZER((name).wait) \
	}
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)

void init_rwsem(struct rw_semaphore *sem);
void down_read(struct rw_semaphore *sem);
int __must_check down_read_interruptible(struct rw_semaphore *sem);
#define down_read_killable(sem) down_read_interruptible(sem)
int down_read_trylock(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
int __must_check down_write_killable(struct rw_semaphore *sem);
int down_write_trylock(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
void downgrade_write(struct rw_semaphore *sem); /* the writer becomes a reader */

struct semaphore {
	spinlock_t lock;
	unsigned int count; /* protected by lock */
	wait_queue_head_t wait;
};

#define DEFINE_SEMAPHORE(name, n)                                       \
	struct semaphore name = { __SPIN_LOCK_UNLOCKED((name).lock), n, \
				  __WAIT_QUEUE_HEAD_INITIALIZER((name).wait) }
void sema_init(struct semaphore *sem, int val);
void down(struct semaphore *sem);
int __must_check down_interruptible(struct semaphore *sem);
int down_trylock(struct semaphore *sem); /* 0: taken, 1: not (as in the kernel) */
void up(struct semaphore *sem);

#endif
