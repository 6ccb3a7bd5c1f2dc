/* sched.c: parking and waking, interruption, sleep and time, and who may do what. */
#include "machine.h"

static struct task_struct *sleeper;
static unsigned int phase;

static void wait_for_phase(unsigned int n)
{
	while (__atomic_load_n(&phase, __ATOMIC_ACQUIRE) < n)
		usleep(100);
}

static void set_phase(unsigned int n)
{
	__atomic_store_n(&phase, n, __ATOMIC_RELEASE);
}

static void park_or_unpark(struct worker *w)
{
	for (unsigned int round = 0; round < 50; round++) {
		if (w->nr == 0) {
			sleeper = current;
			task_prepare_park();
			set_phase(2 * round + 1);
			task_park(false);
			set_phase(2 * round + 2);
		} else {
			wait_for_phase(2 * round + 1);
			if (round % 3 == 0)
				usleep(200); /* it may sleep already, or not yet */
			task_unpark(sleeper);
			wait_for_phase(2 * round + 2);
		}
	}
}

static void test_a_wake_up_is_never_missed(void **state)
{
	boot("mem=64M,cpus=1");
	phase = 0;
	assert_int_equal(run_workers(2, park_or_unpark, NULL), 0);
	halt();
}

static void test_a_wake_up_before_the_park_counts(void **state)
{
	boot("mem=64M,cpus=1");
	task_prepare_park();
	task_unpark(current);
	task_park(false);
	halt();
}

static void test_a_park_with_an_end(void **state)
{
	boot("mem=64M,cpus=1");
	task_prepare_park();
	assert_false(task_park_timeout(false, 1000000));
	task_prepare_park();
	task_unpark(current);
	assert_true(task_park_timeout(false, 1000000));
	halt();
}

static void interrupt_it(struct worker *w)
{
	if (w->nr == 0) {
		sleeper = current;
		task_prepare_park();
		set_phase(1);
		task_park(true);
		w->errors += !signal_pending(current);
		current->sigpending = false;
	} else {
		wait_for_phase(1);
		send_signal_to(sleeper);
	}
}

static unsigned int heard;

static void hear_one_that_came_before(void)
{
	heard++;
	send_signal_to(current);
}

static void test_signals_are_heard_from_the_first_question_on(void **state)
{
	boot("mem=64M,cpus=1");
	heard = 0;
	current->hear_signals = hear_one_that_came_before;
	usleep_range(1, 1);
	assert_int_equal(heard, 0);
	task_prepare_park();
	task_park(true);
	assert_int_equal(heard, 1);
	assert_true(signal_pending(current));
	assert_int_equal(heard, 1);
	current->sigpending = false;
	halt();
}

static void test_a_signal_ends_an_interruptible_park(void **state)
{
	boot("mem=64M,cpus=2");
	phase = 0;
	assert_int_equal(run_workers(2, interrupt_it, NULL), 0);
	/* One that is pending before the park does as well. */
	send_signal_to(current);
	task_prepare_park();
	task_park(true);
	current->sigpending = false;
	halt();
}

static void test_time_goes_on_from_the_boot(void **state)
{
	u64 before, after;

	boot("mem=64M,cpus=1");
	before = ktime_get_ns();
	msleep(2);
	usleep_range(100, 1000);
	after = ktime_get_ns();
	assert_true(after - before >= 2100000);
	assert_true(jiffies >= 2);
	halt();
	boot("mem=64M,cpus=1");
	assert_true(ktime_get_ns() < after + 3600ull * 1000000000);
	halt();
}

static void test_sleeping_under_a_lock_is_reported(void **state)
{
	DEFINE_SPINLOCK(lock);
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	msleep(1);
	assert_int_equal(logged(mark, "BUG"), 0);
	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
	assert_int_equal(logged(mark, "BUG: sleeping function called from invalid context at"), 1);
	assert_int_equal(logged(mark, "in_atomic(): 1, irqs_disabled(): 0"), 1);
	assert_int_equal(logged(mark, "preempt_count: 1, expected: 0"), 1);
	halt();
}

static void test_who_is_capable(void **state)
{
	struct task_struct *t = current;

	set_machine_owner(1000);
	t->client_pid = 0;
	assert_true(capable(CAP_SYS_ADMIN)); /* no client: the machine itself */
	t->client_pid = 4711;
	t->uid = 0;
	assert_true(capable(CAP_SYS_ADMIN));
	t->uid = 1000;
	assert_true(capable(CAP_SYS_ADMIN));
	t->uid = 1001;
	assert_false(capable(CAP_SYS_ADMIN));
	assert_false(capable(CAP_DAC_OVERRIDE));
	t->client_pid = 0;
	t->uid = 0;
	set_machine_owner(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_a_wake_up_is_never_missed),
		machine_test(test_a_wake_up_before_the_park_counts),
		machine_test(test_a_park_with_an_end),
		machine_test(test_signals_are_heard_from_the_first_question_on),
		machine_test(test_a_signal_ends_an_interruptible_park),
		machine_test(test_time_goes_on_from_the_boot),
		machine_test(test_sleeping_under_a_lock_is_reported),
		cmocka_unit_test(test_who_is_capable),
	};

	return cmocka_run_group_tests_name("kernel/sched", tests, NULL, NULL);
}
