// SPDX-License-Identifier: MIT
/*
 * oops.c - a fault or a BUG() ends one call, not the machine.
 *
 * A guarded call leaves a frame behind that the thread can jump back to. The frame remembers how
 * the thread stood on its CPU; after the jump it stands so again.
 */
#include <kmem/bug.h>
#include <kmem/oops.h>
#include <kmem/sched.h>

#include "host.h"
#include "kallsyms.h"
#include "oops.h"

static unsigned long oopses;

unsigned long oops_count(void)
{
	return __atomic_load_n(&oopses, __ATOMIC_RELAXED);
}

void oops_die(void)
{
	struct oops_frame *frame = current->oops;

	if (!frame)
		return;
	__atomic_fetch_add(&oopses, 1, __ATOMIC_RELAXED);
	siglongjmp(frame->jump, 1);
}

static void back_on_cpu(const struct oops_frame *frame)
{
	struct task_struct *t = current;

	cpu_leave(); /* the call may have ended in an inline path */
	t->preempt_count = frame->preempt_count;
	t->flags = frame->flags;
	if (frame->busy && !t->busy)
		cpu_begin_slow(t);
	else if (!frame->busy && t->busy)
		cpu_end(true);
}

int oops_guard(long (*fn)(void *), void *arg, long *ret)
{
	struct task_struct *t = current;
	struct oops_frame frame = { .outer = t->oops,
				    .preempt_count = t->preempt_count,
				    .flags = t->flags,
				    .busy = t->busy != NULL };

	if (sigsetjmp(frame.jump, 0)) {
		current->oops = frame.outer;
		back_on_cpu(&frame);
		return -EFAULT;
	}
	t->oops = &frame;
	*ret = fn(arg);
	t->oops = frame.outer;
	return 0;
}

static bool (*fault_fixup)(unsigned long addr, bool write);

void oops_set_fixup(bool (*fixup)(unsigned long addr, bool write))
{
	__atomic_store_n(&fault_fixup, fixup, __ATOMIC_RELEASE);
}

static bool on_fault(void *addr, bool write, void *pc)
{
	bool (*fixup)(unsigned long, bool) = __atomic_load_n(&fault_fixup, __ATOMIC_ACQUIRE);
	unsigned long a = (unsigned long)addr;
	char name[160];

	if (fixup && fixup(a, write))
		return true;
	symbol_name(pc, name, sizeof(name));
	if (a < PAGE_SIZE)
		pr_err("BUG: kernel NULL pointer dereference, address: %016lx\n", a);
	else
		pr_err("BUG: unable to handle page fault for address: %016lx\n", a);
	pr_err("#PF: supervisor %s access in kernel mode\n", write ? "write" : "read");
	pr_err("Oops: CPU: %u PID: %d Comm: %s\n", raw_smp_processor_id(), current->pid,
	       current->comm);
	pr_err("RIP: %s\n", name);
	dump_stack();
	oops_die();
	return false;
}

void oops_boot(void)
{
	void *frames[2];
	char name[64];

	/* What a report needs is made ready now: in a handler there may be no asking for memory. */
	symbol_name((void *)oops_boot, name, sizeof(name));
	host_backtrace(frames, 2);
	__atomic_store_n(&oopses, 0, __ATOMIC_RELAXED);
	host_catch_faults(on_fault);
}
