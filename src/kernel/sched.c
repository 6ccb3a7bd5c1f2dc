// SPDX-License-Identifier: MIT
/*
 * sched.c - waiting: parked threads, sleep, interruption, time, and who may do what.
 *
 * A thread parks on a word of its own, ->parked: 1 before it looks at what it waits for, 0 when
 * somebody wakes it. Whoever changes the condition first and wakes afterwards cannot be missed,
 * since the word is set before the look. The CPU is given up for the time in between.
 */
#include <kmem/bug.h>
#include <kmem/sched.h>

#include "host.h"
#include "sched.h"

unsigned int boot_count = 1;

static u64 boot_ns;
static u64 boot_realtime_ns;
static unsigned int machine_owner;

void sched_boot(void)
{
	boot_count++;
	boot_ns = host_clock_ns();
	boot_realtime_ns = host_realtime_ns();
}

u64 boot_time_seconds(void)
{
	return boot_realtime_ns / 1000000000;
}

u64 ktime_get_ns(void)
{
	return boot_ns ? host_clock_ns() - boot_ns : 0;
}

void task_prepare_park(void)
{
	__atomic_store_n(&current->parked, 1, __ATOMIC_SEQ_CST);
}

/* Returns false if @ns (0: for ever) went by. */
static bool park(bool interruptible, u64 ns)
{
	struct task_struct *t = current;
	bool was_busy = cpu_sleep_begin();
	bool in_time = true;

	while (in_time && __atomic_load_n(&t->parked, __ATOMIC_ACQUIRE)) {
		if (interruptible && signal_pending(t))
			break;
		in_time = host_wait(&t->parked, 1, ns) != -ETIMEDOUT;
	}
	cpu_sleep_end(was_busy);
	return in_time;
}

void task_park(bool interruptible)
{
	park(interruptible, 0);
}

bool task_park_timeout(bool interruptible, u64 ns)
{
	return park(interruptible, ns);
}

void task_unpark(struct task_struct *t)
{
	__atomic_store_n(&t->parked, 0, __ATOMIC_RELEASE);
	host_wake(&t->parked, 1);
}

void send_signal_to(struct task_struct *t)
{
	__atomic_store_n(&t->sigpending, true, __ATOMIC_RELEASE);
	task_unpark(t);
}

void task_hear_signals(const struct task_struct *t)
{
	void (*hear)(void) = t->hear_signals;

	if (t != current)
		return;
	current->hear_signals = NULL;
	hear();
}

void msleep(unsigned int msecs)
{
	usleep_range(msecs * 1000ul, msecs * 1000ul);
}

void usleep_range(unsigned long min_us, unsigned long max_us)
{
	bool was_busy;

	might_sleep();
	was_busy = cpu_sleep_begin();
	host_sleep(min_us * 1000);
	cpu_sleep_end(was_busy);
}

/* Told once for each place, or a loop would fill the log. */
void might_sleep_report(const char *file, int line)
{
	const struct task_struct *t = current;

	if (!printk_ratelimit())
		return;
	pr_err("BUG: sleeping function called from invalid context at %s:%d\n", file, line);
	pr_err("in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: %d, name: %s\n", t->pid,
	       t->comm);
	pr_err("preempt_count: %x, expected: 0\n", preempt_count());
	dump_stack();
}

void set_machine_owner(unsigned int uid)
{
	machine_owner = uid;
}

bool capable(int cap)
{
	const struct task_struct *t = current;

	return !t->client_pid || t->uid == 0 || t->uid == machine_owner;
}

enum terminal_kind { TERMINAL_TTY = 1, TERMINAL_SESSION, TERMINAL_USER };

u64 client_terminal(void)
{
	const struct task_struct *t = current;
	int session, tty;

	if (!t->client_pid)
		return 0;
	if (host_process_session(t->client_pid, &session, &tty))
		return (u64)TERMINAL_USER << 32 | t->uid;
	if (tty)
		return (u64)TERMINAL_TTY << 32 | (unsigned int)tty;
	return (u64)TERMINAL_SESSION << 32 | (unsigned int)session;
}
