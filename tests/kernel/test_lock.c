/* lock.c: exclusion, interruption, fairness between readers and writers, and no lost wake-ups. */
#include <kmem/mutex.h>
#include <sched.h>
#include "machine.h"

static struct {
	spinlock_t spin;
	struct mutex mutex;
	struct semaphore sem;
	struct rw_semaphore rwsem;
	unsigned long a, b; /* equal whenever nobody is inside */
} shared;

static void change(struct worker *w)
{
	w->errors += shared.a != shared.b;
	shared.a++;
	if (shared.a % 64 == 0)
		sched_yield();
	shared.b++;
}

static void under_spinlock(struct worker *w)
{
	for (unsigned long i = 0; i < stress(10000); i++) {
		if (i % 5 == 0) {
			while (!spin_trylock(&shared.spin))
				sched_yield();
		} else {
			spin_lock(&shared.spin);
		}
		w->errors += !in_atomic() || !spin_is_locked(&shared.spin);
		change(w);
		spin_unlock(&shared.spin);
	}
}

static void under_mutex(struct worker *w)
{
	for (unsigned long i = 0; i < stress(2000); i++) {
		if (i % 5 == 0) {
			while (!mutex_trylock(&shared.mutex))
				sched_yield();
		} else if (i % 5 == 1) {
			w->errors += mutex_lock_interruptible(&shared.mutex) != 0;
		} else {
			mutex_lock(&shared.mutex);
		}
		w->errors += !mutex_is_locked(&shared.mutex) || in_atomic();
		change(w);
		mutex_unlock(&shared.mutex);
	}
}

static void under_semaphore(struct worker *w)
{
	for (unsigned long i = 0; i < stress(2000); i++) {
		if (i % 5 == 0) {
			while (down_trylock(&shared.sem))
				sched_yield();
		} else if (i % 5 == 1) {
			w->errors += down_interruptible(&shared.sem) != 0;
		} else {
			down(&shared.sem);
		}
		change(w);
		up(&shared.sem);
	}
}

static void under_rwsem(struct worker *w)
{
	for (unsigned long i = 0; i < stress(2000); i++) {
		if (i % 4 == w->nr % 4) {
			if (i % 8 == 0)
				w->errors += down_write_killable(&shared.rwsem) != 0;
			else
				down_write(&shared.rwsem);
			change(w);
			up_write(&shared.rwsem);
		} else {
			if (i % 8 == 1)
				w->errors += down_read_interruptible(&shared.rwsem) != 0;
			else
				down_read(&shared.rwsem);
			w->errors += shared.a != shared.b;
			up_read(&shared.rwsem);
		}
	}
}

static void exclude(void (*fn)(struct worker *))
{
	static const char *const machines[] = { "mem=64M,cpus=1", "mem=64M,cpus=2" };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		shared.a = shared.b = 0;
		spin_lock_init(&shared.spin);
		mutex_init(&shared.mutex);
		sema_init(&shared.sem, 1);
		init_rwsem(&shared.rwsem);
		boot(machines[i]);
		assert_int_equal(run_workers(6, fn, NULL), 0);
		assert_int_equal(shared.a, shared.b);
		assert_true(shared.a > 0);
		halt();
	}
}

static void test_spinlocks_exclude(void **state)
{
	exclude(under_spinlock);
	assert_int_equal(shared.a, 6 * stress(10000));
}

static void test_mutexes_exclude(void **state)
{
	exclude(under_mutex);
	assert_int_equal(shared.a, 6 * stress(2000));
}

static void test_semaphores_exclude(void **state)
{
	exclude(under_semaphore);
	assert_int_equal(shared.a, 6 * stress(2000));
}

static void test_writers_exclude_everybody(void **state)
{
	exclude(under_rwsem);
}

static void test_trylocks(void **state)
{
	DEFINE_MUTEX(mutex);
	DECLARE_RWSEM(rwsem);
	DEFINE_SPINLOCK(spin);
	struct semaphore sem;

	boot("mem=64M,cpus=1");
	assert_int_equal(mutex_trylock(&mutex), 1);
	assert_int_equal(mutex_trylock(&mutex), 0);
	mutex_unlock(&mutex);
	assert_false(mutex_is_locked(&mutex));
	assert_true(spin_trylock(&spin));
	assert_int_equal(preempt_count(), 1);
	assert_false(spin_trylock(&spin));
	assert_int_equal(preempt_count(), 1);
	spin_unlock(&spin);
	sema_init(&sem, 2);
	assert_int_equal(down_trylock(&sem), 0);
	assert_int_equal(down_trylock(&sem), 0);
	assert_int_equal(down_trylock(&sem), 1);
	up(&sem);
	assert_int_equal(down_trylock(&sem), 0);
	assert_int_equal(down_read_trylock(&rwsem), 1);
	assert_int_equal(down_read_trylock(&rwsem), 1);
	assert_int_equal(down_write_trylock(&rwsem), 0);
	up_read(&rwsem);
	up_read(&rwsem);
	assert_int_equal(down_write_trylock(&rwsem), 1);
	assert_int_equal(down_read_trylock(&rwsem), 0);
	assert_int_equal(down_write_trylock(&rwsem), 0);
	up_write(&rwsem);
	halt();
}

static void test_unlocking_another_s_mutex_is_reported(void **state)
{
	DEFINE_MUTEX(mutex);
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	mutex_unlock(&mutex);
	assert_int_equal(logged(mark, "which does not hold it"), 1);
	halt();
}

static struct task_struct *waiting;
static unsigned int waits_begun;

/* Waits for each kind in turn and is interrupted each time. */
static void wait_interrupted(struct worker *w)
{
	for (unsigned int i = 0; i < 4; i++) {
		int ret = 0;

		waiting = current;
		__atomic_store_n(&waits_begun, i + 1, __ATOMIC_RELEASE);
		switch (i) {
		case 0:
			ret = mutex_lock_interruptible(&shared.mutex);
			break;
		case 1:
			ret = down_interruptible(&shared.sem);
			break;
		case 2:
			ret = down_read_interruptible(&shared.rwsem);
			break;
		case 3:
			ret = down_write_killable(&shared.rwsem);
			break;
		}
		w->errors += ret != -EINTR;
		__atomic_store_n(&current->sigpending, false, __ATOMIC_RELEASE);
	}
}

static void test_waits_are_interrupted(void **state)
{
	struct worker w = { .fn = wait_interrupted };

	boot("mem=64M,cpus=2");
	mutex_init(&shared.mutex);
	sema_init(&shared.sem, 0);
	init_rwsem(&shared.rwsem);
	mutex_lock(&shared.mutex);
	down_write(&shared.rwsem);
	waits_begun = 0;
	pthread_create(&w.thread, NULL, worker_main, &w);
	for (unsigned int i = 0; i < 4; i++) {
		while (__atomic_load_n(&waits_begun, __ATOMIC_ACQUIRE) != i + 1)
			usleep(100);
		if (i % 2)
			usleep(1000); /* asleep, or on its way */
		send_signal_to(waiting);
	}
	pthread_join(w.thread, NULL);
	assert_int_equal(w.errors, 0);
	mutex_unlock(&shared.mutex);
	up_write(&shared.rwsem);
	/* Who was interrupted holds nothing. */
	assert_int_equal(mutex_trylock(&shared.mutex), 1);
	mutex_unlock(&shared.mutex);
	assert_int_equal(down_write_trylock(&shared.rwsem), 1);
	up_write(&shared.rwsem);
	halt();
}

static void write_once(struct worker *w)
{
	down_write(&shared.rwsem);
	shared.a = 1;
	up_write(&shared.rwsem);
}

static void test_a_waiting_writer_stops_new_readers(void **state)
{
	struct worker w = { .fn = write_once };

	boot("mem=64M,cpus=2");
	init_rwsem(&shared.rwsem);
	shared.a = 0;
	down_read(&shared.rwsem);
	pthread_create(&w.thread, NULL, worker_main, &w);
	while (down_read_trylock(&shared.rwsem)) { /* until the writer stands in line */
		up_read(&shared.rwsem);
		usleep(100);
	}
	assert_int_equal(shared.a, 0);
	up_read(&shared.rwsem);
	down_read(&shared.rwsem);
	assert_int_equal(shared.a, 1);
	up_read(&shared.rwsem);
	pthread_join(w.thread, NULL);
	halt();
}

static struct {
	wait_queue_head_t wq;
	unsigned int items, taken;
} queue;

static bool take_item(void)
{
	unsigned int n = __atomic_load_n(&queue.items, __ATOMIC_SEQ_CST);

	while (n && !__atomic_compare_exchange_n(&queue.items, &n, n - 1, false, __ATOMIC_SEQ_CST,
						 __ATOMIC_SEQ_CST))
		;
	return n != 0;
}

static void produce_and_consume(struct worker *w)
{
	for (unsigned long i = 0; i < stress(2000); i++) {
		if (w->nr < 3) {
			if (w->nr == 0)
				w->errors += wait_event_interruptible_exclusive(queue.wq,
										take_item()) != 0;
			else
				wait_event(queue.wq, take_item());
			__atomic_fetch_add(&queue.taken, 1, __ATOMIC_RELAXED);
		} else {
			__atomic_fetch_add(&queue.items, 1, __ATOMIC_SEQ_CST);
			if (waitqueue_active(&queue.wq))
				wake_up(&queue.wq);
		}
	}
}

static void test_no_wake_up_is_lost(void **state)
{
	boot("mem=64M,cpus=2");
	init_waitqueue_head(&queue.wq);
	queue.items = queue.taken = 0;
	assert_int_equal(run_workers(6, produce_and_consume, NULL), 0);
	assert_int_equal(queue.taken, 3 * stress(2000));
	assert_int_equal(queue.items, 0);
	assert_false(waitqueue_active(&queue.wq));
	halt();
}

static struct completion done;

static void wait_for_it(struct worker *w)
{
	if (w->nr % 2)
		w->errors += wait_for_completion_interruptible(&done) != 0;
	else
		wait_for_completion(&done);
	__atomic_fetch_add(&queue.taken, 1, __ATOMIC_SEQ_CST);
}

static void test_completions_count(void **state)
{
	struct worker w[4];

	boot("mem=64M,cpus=2");
	init_completion(&done);
	complete(&done);
	wait_for_completion(&done); /* one that came first counts */
	queue.taken = 0;
	for (unsigned int i = 0; i < 4; i++) {
		w[i] = (struct worker){ .fn = wait_for_it, .nr = i };
		pthread_create(&w[i].thread, NULL, worker_main, &w[i]);
	}
	for (unsigned int n = 1; n <= 2; n++) {
		complete(&done);
		while (__atomic_load_n(&queue.taken, __ATOMIC_SEQ_CST) != n)
			usleep(100);
	}
	complete_all(&done);
	for (unsigned int i = 0; i < 4; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].errors, 0);
	}
	wait_for_completion(&done); /* for ever */
	halt();
}

static void *complete_soon(void *x)
{
	usleep(20000);
	complete(x);
	return NULL;
}

static void test_waits_end_in_time(void **state)
{
	DECLARE_WAIT_QUEUE_HEAD(wq);
	DECLARE_COMPLETION(done);
	unsigned long start;
	pthread_t thread;
	long left;

	boot("mem=64M,cpus=2");
	start = jiffies;
	assert_int_equal(wait_event_timeout(wq, false, msecs_to_jiffies(30)), 0);
	assert_true(time_after_eq(jiffies, start + msecs_to_jiffies(30)));
	assert_int_equal(wait_event_timeout(wq, true, 0), 1);
	assert_int_equal(wait_event_timeout(wq, false, 0), 0);
	assert_true(wait_event_interruptible_timeout(wq, true, 5000) > 0);
	assert_true(wait_event_timeout(wq, true, MAX_SCHEDULE_TIMEOUT) > 0);
	send_signal_to(current);
	assert_int_equal(wait_event_interruptible_timeout(wq, false, 60 * HZ), -ERESTARTSYS);
	__atomic_store_n(&current->sigpending, false, __ATOMIC_SEQ_CST);

	assert_false(try_wait_for_completion(&done));
	assert_int_equal(wait_for_completion_timeout(&done, 2), 0);
	pthread_create(&thread, NULL, complete_soon, &done);
	left = (long)wait_for_completion_timeout(&done, 60 * HZ);
	assert_true(left > 0 && left < 60 * HZ);
	pthread_join(thread, NULL);
	assert_false(completion_done(&done));
	complete_all(&done);
	assert_true(completion_done(&done));
	reinit_completion(&done);
	assert_false(try_wait_for_completion(&done));
	halt();
}

static void test_a_writer_becomes_a_reader(void **state)
{
	DECLARE_RWSEM(sem);

	boot("mem=64M,cpus=1");
	down_write(&sem);
	assert_false(down_read_trylock(&sem));
	downgrade_write(&sem);
	assert_true(down_read_trylock(&sem));
	assert_false(down_write_trylock(&sem));
	up_read(&sem);
	up_read(&sem);
	assert_true(down_write_trylock(&sem));
	up_write(&sem);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_waits_end_in_time),
		machine_test(test_a_writer_becomes_a_reader),
		machine_test(test_spinlocks_exclude),
		machine_test(test_mutexes_exclude),
		machine_test(test_semaphores_exclude),
		machine_test(test_writers_exclude_everybody),
		machine_test(test_trylocks),
		machine_test(test_unlocking_another_s_mutex_is_reported),
		machine_test(test_waits_are_interrupted),
		machine_test(test_a_waiting_writer_stops_new_readers),
		machine_test(test_no_wake_up_is_lost),
		machine_test(test_completions_count),
	};

	return cmocka_run_group_tests_name("kernel/lock", tests, NULL, NULL);
}
