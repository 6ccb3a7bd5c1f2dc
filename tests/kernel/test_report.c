/* report.c: WARN() and BUG() in the kernel's words. */
#include <signal.h>
#include <sys/wait.h>
#include "machine.h"

static noinline bool warn_once_here(bool cond)
{
	return WARN_ONCE(cond, "said once");
}

static void test_WARN_logs_and_goes_on(void **state)
{
	u64 mark = log_next_seq();

	console_loglevel = 0;
	assert_false(WARN(false, "not said"));
	assert_int_equal(log_next_seq(), mark);
	assert_true(WARN(1 + 1 == 2, "said %d", 42));
	assert_int_equal(logged(mark, "------------[ cut here ]------------"), 1);
	assert_int_equal(logged(mark, "WARNING: CPU: "), 1);
	assert_int_equal(logged(mark, "test_report.c:"), 1);
	assert_int_equal(logged(mark, " test_WARN_logs_and_goes_on\n"), 1);
	assert_int_equal(logged(mark, "] said 42\n"), 1);
	assert_int_equal(logged(mark, "] Call Trace:\n"), 1);
	assert_true(logged(mark, "]  main+0x") == 1);
	assert_int_equal(logged(mark, "---[ end trace ]---"), 1);
}

static void test_WARN_ON_has_no_text(void **state)
{
	u64 mark = log_next_seq();

	assert_true(WARN_ON(state || !state));
	assert_int_equal(logged(mark, "WARNING: "), 1);
}

static void test_WARN_ONCE_for_each_place(void **state)
{
	u64 mark = log_next_seq();

	for (int i = 0; i < 5; i++) {
		assert_false(warn_once_here(false));
		assert_true(warn_once_here(true)); /* the condition's value all the same */
	}
	assert_int_equal(logged(mark, "said once"), 1);
	/* A machine that has just been booted has said nothing. */
	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	assert_true(warn_once_here(true));
	assert_true(warn_once_here(true));
	assert_int_equal(logged(mark, "said once"), 1);
	halt();
}

static noinline void inner_frame(void)
{
	dump_stack();
	__asm__ volatile("" ::: "memory");
}

static void test_dump_stack_names_the_callers(void **state)
{
	u64 mark = log_next_seq();

	inner_frame();
	assert_int_equal(logged(mark, " inner_frame+0x"), 1);
	assert_int_equal(logged(mark, " test_dump_stack_names_the_callers+0x"), 1);
}

static long bug(void *arg)
{
	BUG_ON(arg);
	return 5;
}

static void test_BUG_ends_a_guarded_call(void **state)
{
	unsigned long oopses;
	long ret = 0;
	u64 mark;

	boot("mem=64M,cpus=1");
	oopses = oops_count();
	mark = log_next_seq();
	assert_int_equal(oops_guard(bug, NULL, &ret), 0);
	assert_int_equal(ret, 5);
	assert_int_equal(oops_guard(bug, &ret, &ret), -EFAULT);
	assert_int_equal(oops_count(), oopses + 1);
	assert_int_equal(logged(mark, "kernel BUG: CPU: "), 1);
	halt();
}

static void test_BUG_elsewhere_ends_the_process(void **state)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		signal(SIGABRT, SIG_DFL);
		bug(&status);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_WARN_logs_and_goes_on),
		cmocka_unit_test(test_WARN_ON_has_no_text),
		machine_test(test_WARN_ONCE_for_each_place),
		cmocka_unit_test(test_dump_stack_names_the_callers),
		machine_test(test_BUG_ends_a_guarded_call),
		cmocka_unit_test(test_BUG_elsewhere_ends_the_process),
	};

	return cmocka_run_group_tests_name("kernel/report", tests, NULL, NULL);
}
