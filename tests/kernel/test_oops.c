/* oops.c: a fault ends the call, not the machine. */
#include <kmem/mutex.h>
#include "machine.h"

/* Bad addresses are the point here: the sanitizer need not say so. */
#define BAD_ON_PURPOSE __attribute__((no_sanitize("undefined", "address")))

static BAD_ON_PURPOSE long read_from(void *p)
{
	return *(volatile char *)p;
}

static BAD_ON_PURPOSE long write_to(void *p)
{
	*(volatile char *)p = 1;
	return 1;
}

static BAD_ON_PURPOSE long jump_to(void *p)
{
	((void (*)(void))p)();
	return 1;
}

static void test_a_NULL_pointer(void **state)
{
	long ret = 77;
	u64 mark;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	assert_int_equal(oops_count(), 0);
	mark = log_next_seq();
	assert_int_equal(oops_guard(read_from, (void *)8, &ret), -EFAULT);
	assert_int_equal(ret, 77);
	assert_int_equal(logged(mark, "BUG: kernel NULL pointer dereference, address: "
				      "0000000000000008"),
			 1);
	assert_int_equal(logged(mark, "#PF: supervisor read access in kernel mode"), 1);
	assert_int_equal(logged(mark, "RIP: read_from+0x"), 1);
	assert_int_equal(oops_guard(write_to, NULL, &ret), -EFAULT);
	assert_int_equal(logged(mark, "#PF: supervisor write access in kernel mode"), 1);
	assert_int_equal(oops_count(), 2);
	halt();
	boot("mem=64M,cpus=1");
	assert_int_equal(oops_count(), 0); /* since the boot */
	halt();
}

static void test_any_other_bad_address(void **state)
{
	long ret;
	u64 mark;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	assert_int_equal(oops_guard(write_to, (void *)VMALLOC_START, &ret), -EFAULT);
	assert_int_equal(oops_guard(read_from, (char *)PAGE_OFFSET - 4096, &ret), -EFAULT);
	assert_int_equal(oops_guard(read_from, (void *)(PAGE_OFFSET + (64ul << 20)), &ret),
			 -EFAULT);
	assert_int_equal(oops_guard(read_from, (void *)0xdead000000000000, &ret), -EFAULT);
	assert_true(logged(mark, "BUG: unable to handle page fault for address: ") >= 3);
	halt();
}

static void test_a_jump_into_nowhere(void **state)
{
	long ret;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	assert_int_equal(oops_guard(jump_to, NULL, &ret), -EFAULT);
	assert_int_equal(oops_count(), 1);
	halt();
}

static void test_again_and_again(void **state)
{
	long ret;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	for (int i = 0; i < 200; i++)
		assert_int_equal(oops_guard(write_to, NULL, &ret), -EFAULT);
	assert_int_equal(oops_count(), 200);
	halt();
}

static long nested(void *arg)
{
	long ret;

	if (oops_guard(read_from, NULL, &ret) != -EFAULT)
		return 1;
	return arg ? read_from(NULL) : 42;
}

static void test_guards_nest(void **state)
{
	long ret = 0;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	assert_int_equal(oops_guard(nested, NULL, &ret), 0);
	assert_int_equal(ret, 42);
	assert_int_equal(oops_guard(nested, &ret, &ret), -EFAULT);
	assert_int_equal(oops_count(), 3);
	assert_null(current->oops);
	halt();
}

static long fault_when_freeing_memory(void *arg)
{
	memalloc_noreclaim_save();
	memalloc_noio_save();
	return read_from(arg);
}

/* Nobody would take back the right to the reserves, or the duty to spare devices. */
static void test_what_the_thread_may_ends_with_the_call(void **state)
{
	unsigned int before;
	long ret;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	before = memalloc_nofs_save();
	assert_int_equal(oops_guard(fault_when_freeing_memory, NULL, &ret), -EFAULT);
	assert_int_equal(current->flags & (PF_MEMALLOC | PF_MEMALLOC_NOIO), 0);
	assert_int_equal(current->flags & PF_MEMALLOC_NOFS, PF_MEMALLOC_NOFS);
	memalloc_nofs_restore(before);
	halt();
}

static long fault_when_busy(void *arg)
{
	preempt_disable();
	get_cpu();
	return read_from(arg);
}

static void test_the_CPU_is_given_up(void **state)
{
	bool outer;
	long ret;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	assert_int_equal(oops_guard(fault_when_busy, NULL, &ret), -EFAULT);
	assert_null(current->busy);
	assert_int_equal(preempt_count(), 0);
	/* Who was busy before is so again. */
	outer = cpu_begin();
	assert_int_equal(oops_guard(fault_when_busy, NULL, &ret), -EFAULT);
	assert_non_null(current->busy);
	assert_int_equal(preempt_count(), 0);
	cpu_end(outer);
	kfree(kmalloc(100, GFP_KERNEL));
	halt();
}

static void fault_often(struct worker *w)
{
	long ret;

	for (int i = 0; i < 50; i++) {
		void *p = kmalloc(100, GFP_KERNEL);

		w->errors += oops_guard(fault_when_busy, (void *)16, &ret) != -EFAULT;
		w->errors += oops_guard(write_to, p, &ret) != 0;
		kfree(p);
	}
}

static void test_many_threads(void **state)
{
	skip_under_tsan();
	boot("mem=64M,cpus=2");
	assert_int_equal(run_workers(4, fault_often, NULL), 0);
	assert_int_equal(oops_count(), 200);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_a_NULL_pointer),
		machine_test(test_any_other_bad_address),
		machine_test(test_a_jump_into_nowhere),
		machine_test(test_again_and_again),
		machine_test(test_guards_nest),
		machine_test(test_what_the_thread_may_ends_with_the_call),
		machine_test(test_the_CPU_is_given_up),
		machine_test(test_many_threads),
	};

	return cmocka_run_group_tests_name("kernel/oops", tests, NULL, NULL);
}
