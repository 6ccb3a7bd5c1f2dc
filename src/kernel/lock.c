// SPDX-License-Identifier: MIT
/*
 * lock.c - spinlocks' slow path, wait queues, completions, mutexes and semaphores.
 *
 * Everything that sleeps stands on the wait queue, and that on task_park(). A lock's state is
 * tested again by the waiter after each wake-up, so a wake-up is a hint and never a hand-over:
 * a newcomer may be quicker than the one woken.
 *
 * Lock order: a queue's own lock is innermost; a semaphore's lock is released before its queue
 * is woken.
 */
#include <kmem/mutex.h>

#include "host.h"

#define SPINS_BEFORE_YIELD 200

void spin_lock_wait(spinlock_t *lock)
{
	unsigned int spins = 0;

	do {
		while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED)) {
			if (++spins % SPINS_BEFORE_YIELD == 0)
				host_yield();
			else
				__builtin_ia32_pause();
		}
	} while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE));
}

void prepare_to_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait, bool exclusive)
{
	spin_lock(&wq->lock);
	if (!wait->task) {
		wait->task = current;
		wait->exclusive = exclusive;
		list_add_tail(&wait->entry, &wq->head);
		__atomic_fetch_add(&wq->waiters, 1, __ATOMIC_SEQ_CST);
	}
	task_prepare_park();
	spin_unlock(&wq->lock);
}

void finish_wait(wait_queue_head_t *wq, struct wait_queue_entry *wait)
{
	spin_lock(&wq->lock);
	if (wait->task) {
		list_del(&wait->entry);
		__atomic_fetch_sub(&wq->waiters, 1, __ATOMIC_RELAXED);
		wait->task = NULL;
	}
	__atomic_store_n(&current->parked, 0, __ATOMIC_RELAXED);
	spin_unlock(&wq->lock);
}

void add_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *wait)
{
	spin_lock(&wq->lock);
	list_add_tail(&wait->entry, &wq->head);
	/* As in prepare_to_wait(): the caller looks at its condition after this, a full barrier. */
	__atomic_fetch_add(&wq->waiters, 1, __ATOMIC_SEQ_CST);
	spin_unlock(&wq->lock);
}

void remove_wait_queue(wait_queue_head_t *wq, struct wait_queue_entry *wait)
{
	spin_lock(&wq->lock);
	list_del(&wait->entry);
	__atomic_fetch_sub(&wq->waiters, 1, __ATOMIC_RELAXED);
	spin_unlock(&wq->lock);
}

/*
 * The entries stay until their threads take them off, so the first exclusive waiter that is
 * still parked is the one to wake: one that was woken already is on its way.
 */
void wake_up_nr(wait_queue_head_t *wq, int nr)
{
	struct wait_queue_entry *wait;

	spin_lock(&wq->lock);
	list_for_each_entry(wait, &wq->head, entry) {
		if (wait->func) {
			wait->func(wait);
			continue;
		}
		if (!__atomic_load_n(&wait->task->parked, __ATOMIC_ACQUIRE))
			continue;
		task_unpark(wait->task);
		if (wait->exclusive && nr && --nr == 0)
			break;
	}
	spin_unlock(&wq->lock);
}

void complete(struct completion *x)
{
	spin_lock(&x->wait.lock);
	if (x->done != UINT32_MAX)
		x->done++;
	spin_unlock(&x->wait.lock);
	wake_up(&x->wait);
}

void complete_all(struct completion *x)
{
	spin_lock(&x->wait.lock);
	x->done = UINT32_MAX;
	spin_unlock(&x->wait.lock);
	wake_up_all(&x->wait);
}

bool try_wait_for_completion(struct completion *x)
{
	bool ok;

	spin_lock(&x->wait.lock);
	ok = x->done != 0;
	if (ok && x->done != UINT32_MAX)
		x->done--;
	spin_unlock(&x->wait.lock);
	return ok;
}

bool completion_done(struct completion *x)
{
	return READ_ONCE(x->done) != 0;
}

void wait_for_completion(struct completion *x)
{
	wait_event_common(x->wait, try_wait_for_completion(x), false, true);
}

unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout)
{
	return (unsigned long)wait_event_timeout(x->wait, try_wait_for_completion(x),
						 (long)min(timeout,
							   (unsigned long)MAX_SCHEDULE_TIMEOUT));
}

int wait_for_completion_interruptible(struct completion *x)
{
	return wait_event_common(x->wait, try_wait_for_completion(x), true, true);
}

void mutex_init(struct mutex *lock)
{
	lock->owner = NULL;
	init_waitqueue_head(&lock->wait);
}

int mutex_trylock(struct mutex *lock)
{
	struct task_struct *none = NULL;

	return __atomic_compare_exchange_n(&lock->owner, &none, current, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

void mutex_lock(struct mutex *lock)
{
	might_sleep();
	if (!mutex_trylock(lock))
		wait_event_common(lock->wait, mutex_trylock(lock), false, true);
}

int mutex_lock_interruptible(struct mutex *lock)
{
	might_sleep();
	if (mutex_trylock(lock))
		return 0;
	return wait_event_common(lock->wait, mutex_trylock(lock), true, true) ? -EINTR : 0;
}

void mutex_unlock(struct mutex *lock)
{
	WARN(READ_ONCE(lock->owner) != current, "mutex_unlock() by %s/%d, which does not hold it",
	     current->comm, current->pid);
	__atomic_store_n(&lock->owner, NULL, __ATOMIC_SEQ_CST);
	if (waitqueue_active(&lock->wait))
		wake_up(&lock->wait);
}

bool mutex_is_locked(struct mutex *lock)
{
	return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) != NULL;
}

void init_rwsem(struct rw_semaphore *sem)
{
	sem->count = 0;
	sem->writers_waiting = 0;
	init_waitqueue_head(&sem->wait);
}

int down_read_trylock(struct rw_semaphore *sem)
{
	int count = __atomic_load_n(&sem->count, __ATOMIC_SEQ_CST);

	while (count >= 0 && !__atomic_load_n(&sem->writers_waiting, __ATOMIC_SEQ_CST))
		if (__atomic_compare_exchange_n(&sem->count, &count, count + 1, true,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return 1;
	return 0;
}

void down_read(struct rw_semaphore *sem)
{
	might_sleep();
	if (!down_read_trylock(sem))
		wait_event(sem->wait, down_read_trylock(sem));
}

int down_read_interruptible(struct rw_semaphore *sem)
{
	might_sleep();
	if (down_read_trylock(sem))
		return 0;
	return wait_event_interruptible(sem->wait, down_read_trylock(sem)) ? -EINTR : 0;
}

/*
 * Lets waiters look again once the semaphore is free for somebody. A waiter counts itself on the
 * queue before it looks at ->count, and here ->count is changed before the queue is looked at.
 */
static void rwsem_release(struct rw_semaphore *sem, int count)
{
	if (__atomic_add_fetch(&sem->count, count, __ATOMIC_SEQ_CST) == 0 &&
	    waitqueue_active(&sem->wait))
		wake_up_all(&sem->wait);
}

void up_read(struct rw_semaphore *sem)
{
	rwsem_release(sem, -1);
}

int down_write_trylock(struct rw_semaphore *sem)
{
	int none = 0;

	return __atomic_compare_exchange_n(&sem->count, &none, -1, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static int down_write_common(struct rw_semaphore *sem, bool interruptible)
{
	int ret;

	might_sleep();
	if (down_write_trylock(sem))
		return 0;
	__atomic_fetch_add(&sem->writers_waiting, 1, __ATOMIC_SEQ_CST);
	ret = wait_event_common(sem->wait, down_write_trylock(sem), interruptible, false);
	__atomic_fetch_sub(&sem->writers_waiting, 1, __ATOMIC_SEQ_CST);
	/* Readers that stood back for a writer that went away. */
	if (ret)
		wake_up_all(&sem->wait);
	return ret ? -EINTR : 0;
}

void down_write(struct rw_semaphore *sem)
{
	down_write_common(sem, false);
}

int down_write_killable(struct rw_semaphore *sem)
{
	return down_write_common(sem, true);
}

void up_write(struct rw_semaphore *sem)
{
	rwsem_release(sem, 1);
}

void downgrade_write(struct rw_semaphore *sem)
{
	__atomic_store_n(&sem->count, 1, __ATOMIC_SEQ_CST);
	if (waitqueue_active(&sem->wait))
		wake_up_all(&sem->wait);
}

void sema_init(struct semaphore *sem, int val)
{
	spin_lock_init(&sem->lock);
	sem->count = val;
	init_waitqueue_head(&sem->wait);
}

int down_trylock(struct semaphore *sem)
{
	bool ok;

	spin_lock(&sem->lock);
	ok = sem->count > 0;
	if (ok)
		sem->count--;
	spin_unlock(&sem->lock);
	return !ok;
}

void down(struct semaphore *sem)
{
	wait_event_common(sem->wait, !down_trylock(sem), false, true);
}

int down_interruptible(struct semaphore *sem)
{
	return wait_event_common(sem->wait, !down_trylock(sem), true, true) ? -EINTR : 0;
}

void up(struct semaphore *sem)
{
	spin_lock(&sem->lock);
	sem->count++;
	spin_unlock(&sem->lock);
	wake_up(&sem->wait);
}
