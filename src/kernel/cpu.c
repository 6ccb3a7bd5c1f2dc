// SPDX-License-Identifier: MIT
/*
 * cpu.c - emulated CPUs and the threads that own them.
 *
 * 1. Idea
 *
 * Per-CPU data needs no lock if only the thread on that CPU touches it. The kernel gets that
 * from the scheduler; we get it from *ownership*. Every struct cpu has one owner or none, and an
 * owner that works on it says so in its task's ->busy. Biased locking (Kawachiya et al., "Lock
 * reservation", 2002; asymmetric Dekker) makes that cheap: the owner's way in is
 *
 *	store task->busy = cpu;   load task->owned;   still cpu? go on : slow path
 *
 * with no atomic instruction and no fence, and touches nothing but the owner's own task. Whoever
 * takes a CPU away does the mirror image,
 *
 *	store old->owned = NULL;   barrier on all threads;   load old->busy;   not cpu? mine
 *
 * and pays for both sides: the barrier (membarrier, about a microsecond) guarantees that either
 * the old owner's load saw that it owns nothing, or our load sees the old owner busy.
 *
 * The inline paths of the allocators (cpu_enter()) have a flag of their own for ->busy, ->passing:
 * so they need not ask whether they stand in another section, only *which* CPU it is, and that
 * load is the test. Who makes a busy section of such a one (cpu_stay()) sets ->busy before he clears
 * ->passing, and they are read in the other order.
 *
 * 2. Rules
 *
 *	a. cpu->owner and ->owned change only under table_lock; t->owned is NULL, or
 *	   t->owned->owner == t.
 *	b. A task is busy on at most one CPU, and only on one that it owns (but for the moment
 *	   between its store and its load, in which it touches nothing).
 *	c. A thread that waits for a CPU holds no spinlock: spinlocks are taken busy. So whoever
 *	   is busy can always go on, and CPUs come free.
 *	d. A thread that ends, parks or sleeps is the owner of nothing afterwards.
 *
 * 3. Who gets a CPU
 *
 * First one without an owner. Then one whose owner has had it for a while (SLICE_NS) and is not
 * busy: it is taken away, the one owned longest first, so that with more threads than CPUs those
 * that the host runs now displace those that it does not. If all are busy the thread sleeps,
 * and cpu->wanted tells the owners to hand over at their next cpu_end(). The inline paths of the
 * allocators and preempt_enable() do not look (cpu_leave()): they are idle again before anybody could
 * wake up, and whoever waits looks again every RECHECK_NS.
 *
 * 4. Locks
 *
 * table_lock is the lowest of all locks; nothing is taken inside it and nothing waits with it.
 */
#include <kmem/bug.h>
#include <kmem/rcupdate.h>
#include <kmem/sched.h>

#include "cpu.h"
#include "host.h"
#include "task.h"

#define SLICE_NS   50000ull
#define RECHECK_NS 200000ull

struct cpu cpu_table[NR_CPUS];
unsigned int nr_cpu_ids;

static struct host_lock table_lock;
static unsigned int free_seq; /* changes when a CPU comes free: what waiters sleep on */

static void set_owned(struct task_struct *t, struct cpu *cpu)
{
	__atomic_store_n(&t->owned, cpu, __ATOMIC_SEQ_CST);
}

static void disown(struct cpu *cpu)
{
	if (cpu->owner)
		set_owned(cpu->owner, NULL);
	cpu->owner = NULL;
}

/* The calling thread, @t, has @cpu from here on. */
static void own(struct cpu *cpu, struct task_struct *t)
{
	cpu->owner = t;
	t->cpu = cpu;
	set_owned(t, cpu);
}

/* In this order: see cpu_stay(). */
static bool is_busy_on(const struct task_struct *t, const struct cpu *cpu)
{
	return __atomic_load_n(&t->passing, __ATOMIC_SEQ_CST) ||
	       __atomic_load_n(&t->busy, __ATOMIC_SEQ_CST) == cpu;
}

/* Takes @cpu for @t, the calling thread, if nobody works on it. Caller holds table_lock. */
static bool take_locked(struct cpu *cpu, struct task_struct *t)
{
	struct task_struct *old = cpu->owner;

	if (old && old != t) {
		if (is_busy_on(old, cpu))
			return false;
		set_owned(old, NULL);
		host_barrier_all_threads();
		if (is_busy_on(old, cpu)) {
			/* It was quicker; it may even not have noticed us. */
			set_owned(old, cpu);
			return false;
		}
	}
	if (old != t)
		cpu->since_ns = host_clock_ns();
	own(cpu, t);
	return true;
}

/* Caller holds table_lock. @wait_ns: when it is worth another look, if none could be had. */
static struct cpu *find_cpu_locked(struct task_struct *t, u64 *wait_ns)
{
	u64 now = host_clock_ns(), oldest = UINT64_MAX;
	struct cpu *victim = NULL;
	unsigned int i;

	for_each_possible_cpu(i) {
		struct cpu *cpu = &cpu_table[i];

		if (!cpu->owner || cpu->owner == t)
			return take_locked(cpu, t) ? cpu : NULL;
		if (cpu->since_ns < oldest && !is_busy_on(cpu->owner, cpu)) {
			oldest = cpu->since_ns;
			victim = cpu;
		}
	}
	*wait_ns = RECHECK_NS;
	if (!victim)
		return NULL;
	if (now - oldest < SLICE_NS) {
		*wait_ns = SLICE_NS - (now - oldest);
		return NULL;
	}
	return take_locked(victim, t) ? victim : NULL;
}

void cpu_forget_thread(struct task_struct *t)
{
	host_lock(&table_lock);
	t->busy = NULL;
	t->passing = false;
	for (unsigned int i = 0; i < NR_CPUS; i++)
		if (cpu_table[i].owner == t)
			disown(&cpu_table[i]);
	t->cpu = NULL;
	host_unlock(&table_lock);
}

static void want_all(int delta)
{
	unsigned int i;

	for_each_possible_cpu(i)
		__atomic_fetch_add(&cpu_table[i].wanted, delta, __ATOMIC_SEQ_CST);
}

/* Makes @t busy on a CPU of its own. */
struct cpu *cpu_begin_slow(struct task_struct *t)
{
	bool wanting = false;
	unsigned int seq;
	struct cpu *cpu;
	u64 wait_ns = 0;

	if (unlikely(!nr_cpu_ids)) {
		host_console("kmem: no machine is booted\n", 27);
		__builtin_trap();
	}
	task_register();
	for (;;) {
		seq = __atomic_load_n(&free_seq, __ATOMIC_SEQ_CST);
		host_lock(&table_lock);
		cpu = find_cpu_locked(t, &wait_ns);
		/* Under the lock, so nobody takes it away before we are busy. */
		if (cpu)
			__atomic_store_n(&t->busy, cpu, __ATOMIC_SEQ_CST);
		host_unlock(&table_lock);
		if (cpu)
			break;
		if (!wanting) {
			wanting = true;
			want_all(1);
		}
		host_wait(&free_seq, seq, wait_ns);
	}
	if (wanting)
		want_all(-1);
	return cpu;
}

/* Who comes to wait for a CPU is counted in ->wanted before he sleeps on the old free_seq. */
static void announce_free(struct cpu *cpu)
{
	__atomic_fetch_add(&free_seq, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&cpu->wanted, __ATOMIC_SEQ_CST))
		host_wake(&free_seq, 1);
}

/* The owner's end of a busy section, when somebody waits for a CPU. */
void cpu_hand_over(struct cpu *cpu)
{
	bool gave = false;

	host_lock(&table_lock);
	if (cpu->owner == current && !is_busy_on(current, cpu)) {
		disown(cpu);
		gave = true;
	}
	host_unlock(&table_lock);
	if (gave)
		announce_free(cpu);
}

void cpu_park(void)
{
	if (current->cpu && !current->busy)
		cpu_hand_over(current->cpu);
}

bool cpu_sleep_begin(void)
{
	struct task_struct *t = current;
	struct cpu *cpu = t->busy;

	if (unlikely(t->preempt_count))
		pr_err("BUG: scheduling while atomic: %s/%d/0x%08x\n", t->comm, t->pid,
		       preempt_count());
	if (!cpu)
		return false;
	__atomic_store_n(&t->busy, NULL, __ATOMIC_RELEASE);
	cpu_hand_over(cpu);
	return true;
}

void cpu_sleep_end(bool was_busy)
{
	if (was_busy)
		cpu_begin_slow(current);
}

void cond_resched(void)
{
	struct cpu *cpu = current->busy;

	if (cpu && !in_atomic() && __atomic_load_n(&cpu->wanted, __ATOMIC_RELAXED))
		cpu_sleep_end(cpu_sleep_begin());
}

/* Makes the calling thread, which is not busy, busy on just this CPU. */
static bool go_to(struct cpu *cpu, bool wait)
{
	struct task_struct *t = current;
	bool got;

	task_register();
	__atomic_fetch_add(&cpu->wanted, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		unsigned int seq = __atomic_load_n(&free_seq, __ATOMIC_SEQ_CST);

		host_lock(&table_lock);
		got = take_locked(cpu, t);
		if (got)
			__atomic_store_n(&t->busy, cpu, __ATOMIC_SEQ_CST);
		host_unlock(&table_lock);
		if (got || !wait)
			break;
		host_wait(&free_seq, seq, RECHECK_NS);
	}
	__atomic_fetch_sub(&cpu->wanted, 1, __ATOMIC_RELAXED);
	return got;
}

static bool work_on(unsigned int nr, long (*fn)(void *), void *arg, bool wait, long *ret)
{
	struct cpu *cpu = &cpu_table[nr];
	bool was_busy, done;

	if (current->busy == cpu) {
		*ret = fn(arg);
		return true;
	}
	/* Two threads that work on each other's CPU must not wait for each other. */
	was_busy = cpu_sleep_begin();
	cpu_park();
	done = go_to(cpu, wait);
	if (done) {
		*ret = fn(arg);
		cpu_end(true);
		cpu_park();
	}
	cpu_sleep_end(was_busy);
	return done;
}

long work_on_cpu(unsigned int cpu, long (*fn)(void *), void *arg)
{
	long ret = 0;

	might_sleep();
	work_on(cpu, fn, arg, true, &ret);
	return ret;
}

bool try_work_on_cpu(unsigned int cpu, long (*fn)(void *), void *arg)
{
	long ret;

	might_sleep();
	return work_on(cpu, fn, arg, false, &ret);
}

static long pass_by(void *unused)
{
	return 0;
}

void synchronize_rcu(void)
{
	unsigned int cpu;

	might_sleep();
	for_each_online_cpu(cpu)
		work_on_cpu(cpu, pass_by, NULL);
}

void cpu_table_init(unsigned int nr)
{
	unsigned int i;

	host_barrier_init();
	host_lock(&table_lock);
	for (i = 0; i < NR_CPUS; i++)
		cpu_table[i] = (struct cpu){ .id = i };
	nr_cpu_ids = nr;
	host_unlock(&table_lock);
}

void cpu_table_exit(void)
{
	host_lock(&table_lock);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		disown(&cpu_table[i]);
	nr_cpu_ids = 0;
	host_unlock(&table_lock);
}
