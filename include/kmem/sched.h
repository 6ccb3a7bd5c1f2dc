/* SPDX-License-Identifier: MIT */
/*
 * sched.h - threads, the emulated CPUs they own, and preemption.
 *
 * A thread works on the machine while it is *busy* on an emulated CPU that it owns. Between two
 * calls it stays the owner but is not busy, so that its next call finds the CPU warm, with two
 * stores and no atomic instruction; meanwhile another thread may take the CPU away. How that is
 * made safe is told in src/kernel/cpu.c.
 *
 *	bool outer = cpu_begin();	the calling thread is busy on a CPU from here ...
 *	cpu_end(outer);			... to here; pairs nest
 *
 * preempt_disable(), get_cpu() and every spinlock are such a section too, and count as atomic
 * context besides: in it nothing may sleep (might_sleep() reports whoever tries). A bare
 * cpu_begin() is not atomic: whoever sleeps in it gives the CPU up meanwhile, as schedule() does.
 *
 * Source of the rules: the kernel's preempt.h and sched.h.
 */
#ifndef KMEM_SCHED_H
#define KMEM_SCHED_H

#include <kmem/atomic.h>
#include <kmem/list.h>
#include <kmem/types.h>

#define TASK_COMM_LEN 16

#define PF_MEMALLOC	 0x00000800 /* this thread frees memory: it may use the reserves */
#define PF_KTHREAD	 0x00200000 /* a thread of the machine's own */
#define PF_MEMALLOC_NOFS 0x00040000 /* its requests are GFP_NOFS ... */
#define PF_MEMALLOC_NOIO 0x00080000 /* or GFP_NOIO, whatever they say */

struct user_window;
struct oops_frame;

struct kmem_cache;
struct page;
struct per_cpu_pages;

/* Free page lists are found by a page's node and zone, its slot: 16 of each (see page.h). */
#define NR_PAGESET_SLOTS 256

/* One emulated CPU. The array is static: a stale pointer to one is always safe to read. */
struct cpu {
	struct task_struct *owner; /* under the lock of cpu.c */
	/* The object freed last here and its cache, NULL if there is none; see mm/sheaf.c. Only
	 * who is busy here touches them. */
	struct kmem_cache *hot_cache;
	void *hot_object;
	/* The block of pages freed last here, NULL if there is none; the list it is of (see
	 * page.h), and how often that was served from here; see mm/pcp.c. */
	struct page *hot_page;
	u64 hot_allocs;
	u32 hot_list;
	unsigned int wanted;	     /* threads waiting for a CPU: the owner hands over */
	unsigned long percpu_offset; /* added to a per-CPU pointer */
	/* Written at boot by mm: the slot of the zone that a request for zone i tries first. */
	u8 first_slot[8];
	unsigned int id;
	int node;     /* the memory node it is part of */
	u64 since_ns; /* when the owner took it; under the lock of cpu.c */
	/* Written at boot by mm: this CPU's page lists of every zone, by slot. Never NULL. */
	struct per_cpu_pages *pageset[NR_PAGESET_SLOTS];
} ____cacheline_aligned;

/* What the machine knows of a thread; every thread has one, made of zeros. */
struct task_struct {
	/* The CPU it works on now, and: it is in an inline path. Written by itself, read by who takes
	 * CPUs. */
	struct cpu *busy;
	bool passing;
	int preempt_count; /* and PREEMPT_OUTER */
	struct cpu *owned; /* the CPU it owns, or NULL. Written under the lock of cpu.c */
	struct cpu *cpu;   /* the CPU it owned last, NULL if it never had one; written by itself */
	bool registered;   /* gives its CPU back when the thread ends */
	bool sigpending;   /* somebody interrupts what it waits for */
	/* What its first question for signals calls: from then on they are passed to it. NULL: they
	 * are already, or nobody sends any. Its own. */
	void (*hear_signals)(void);
	unsigned int flags;    /* PF_* */
	unsigned int parked;   /* 1: asleep in task_park(), the word it sleeps on */
	int host_tid;	       /* the host's number of the thread */
	int pid, tgid;	       /* the client's, while it serves a request; else the thread's own */
	unsigned int uid, gid; /* the client's, while it serves a request */
	int client_pid;	       /* the same; 0: it serves none, -1: one whose number is not known */
	char comm[TASK_COMM_LEN];
	const struct user_window *user; /* the client's memory; see uaccess.h */
	unsigned int nr_user;
	struct oops_frame *oops; /* the innermost guarded call; see oops.h */
	/* Among those that are registered; under the lock of task.c, where its stack is from then on. */
	struct list_head tasks;
	unsigned long stack_start, stack_end;
};

extern __thread struct task_struct current_task __attribute__((tls_model("initial-exec")));
#define current (&current_task)

extern struct cpu cpu_table[NR_CPUS];
extern unsigned int nr_cpu_ids; /* CPUs of the running machine */

#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++)
#define for_each_online_cpu(cpu)   for_each_possible_cpu(cpu)

static inline unsigned int num_online_cpus(void)
{
	return nr_cpu_ids;
}

static inline unsigned int num_possible_cpus(void)
{
	return nr_cpu_ids;
}

struct cpu *cpu_begin_slow(struct task_struct *t);
void cpu_hand_over(struct cpu *cpu);

/*
 * The store of ->busy or ->passing must be seen before the load of ->owned is done. Whoever takes
 * the CPU away pays for that order (it interrupts all our threads once); here it is free. The thread
 * sanitizer knows only orders that the instructions carry.
 */
#ifdef __SANITIZE_THREAD__
#define CPU_BUSY_ORDER	__ATOMIC_SEQ_CST
#define CPU_OWNED_ORDER __ATOMIC_SEQ_CST
#else
#define CPU_BUSY_ORDER	__ATOMIC_RELAXED
#define CPU_OWNED_ORDER __ATOMIC_ACQUIRE
#endif

/*
 * The inline paths of the allocators are such a section too, the shortest: cpu_enter() keeps the CPU
 * that the caller owns from being taken away, and cpu_leave() ends that. It may stand in any other
 * section, whose CPU it then is, but not in another one of its own. NULL, and nothing happened, if
 * the caller owns no CPU any more; then a function out of line does the same by cpu_hold(). Who
 * waits for a CPU finds this one idle when he looks again, so it is not handed over.
 * Context: any.
 */
static __always_inline struct cpu *cpu_enter(void)
{
	struct task_struct *t = current;
	struct cpu *cpu;

	__atomic_store_n(&t->passing, true, CPU_BUSY_ORDER);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	cpu = __atomic_load_n(&t->owned, CPU_OWNED_ORDER);
	if (unlikely(!cpu))
		__atomic_store_n(&t->passing, false, __ATOMIC_RELEASE);
	return cpu;
}

static __always_inline void cpu_leave(void)
{
	__atomic_store_n(&current->passing, false, __ATOMIC_RELEASE);
}

/*
 * Makes the caller busy, after waiting for a CPU if need be, and returns its CPU. *outer, for
 * cpu_release(), tells if the caller was not busy before. Context: any.
 */
static __always_inline struct cpu *cpu_hold(bool *outer)
{
	struct task_struct *t = current;
	struct cpu *cpu = READ_OWN(t->busy);

	*outer = !cpu;
	if (unlikely(cpu))
		return cpu;
	cpu = __atomic_load_n(&t->owned, __ATOMIC_RELAXED);
	__atomic_store_n(&t->busy, cpu, CPU_BUSY_ORDER);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (likely(cpu && __atomic_load_n(&t->owned, CPU_OWNED_ORDER) == cpu))
		return cpu;
	__atomic_store_n(&t->busy, NULL, __ATOMIC_RELEASE);
	return cpu_begin_slow(t);
}

/* What began by cpu_enter(), on @cpu, goes on as if by cpu_hold(). */
static inline void cpu_stay(struct cpu *cpu, bool *outer)
{
	struct task_struct *t = current;

	*outer = !READ_OWN(t->busy);
	/* In this order: whoever takes CPUs looks for ->passing first. */
	if (*outer)
		__atomic_store_n(&t->busy, cpu, __ATOMIC_RELEASE);
	__atomic_store_n(&t->passing, false, __ATOMIC_RELEASE);
}

static __always_inline void cpu_release(struct cpu *cpu, bool outer)
{
	if (likely(outer)) {
		__atomic_store_n(&current->busy, NULL, __ATOMIC_RELEASE);
		if (unlikely(__atomic_load_n(&cpu->wanted, __ATOMIC_RELAXED)))
			cpu_hand_over(cpu);
	}
}

/* The same for who does not need the CPU's address. */
static __always_inline bool cpu_begin(void)
{
	bool outer;

	cpu_hold(&outer);
	return outer;
}

static __always_inline void cpu_end(bool outer)
{
	if (outer)
		cpu_release(current->busy, true);
}

/* Gives up the calling thread's CPU for others to take at no cost. Context: not busy. */
void cpu_park(void);

/*
 * schedule(): around a wait outside the machine. The CPU is given up whatever the nesting, and
 * the same nesting holds on one (perhaps another) afterwards. Reports "scheduling while atomic"
 * in atomic context and waits all the same.
 */
bool cpu_sleep_begin(void);
void cpu_sleep_end(bool was_busy);

/* Lets another thread have the CPU if one waits for it. May sleep. */
void cond_resched(void);

/*
 * Runs fn(arg) on emulated CPU @cpu and returns its result: whoever is busy there is waited
 * for. May sleep; must not be called busy under a spinlock.
 */
long work_on_cpu(unsigned int cpu, long (*fn)(void *), void *arg);
/* The same, but gives up (returns false) if somebody is busy on the CPU now. */
bool try_work_on_cpu(unsigned int cpu, long (*fn)(void *), void *arg);

/* The CPU the caller is busy on, or else the one it had last, which may be another's by now. */
static inline unsigned int smp_processor_id(void)
{
	const struct task_struct *t = current;

	return t->busy ? t->busy->id : t->cpu ? t->cpu->id : 0;
}

#define raw_smp_processor_id() smp_processor_id()

/* In ->preempt_count: the last preempt_enable() ends being busy, which the first began. */
#define PREEMPT_OUTER (1 << 30)

static inline void preempt_disable(void)
{
	struct task_struct *t = current;
	int count = t->preempt_count;

	if (likely(!count)) {
		bool outer;

		cpu_hold(&outer);
		if (likely(outer))
			count = PREEMPT_OUTER;
	}
	t->preempt_count = count + 1;
}

/* Atomic sections are short: as at the end of the inline paths, nobody is handed the CPU. */
static inline void preempt_enable(void)
{
	struct task_struct *t = current;
	int count = t->preempt_count - 1;

	if (likely(count == PREEMPT_OUTER)) {
		t->preempt_count = 0;
		__atomic_store_n(&t->busy, NULL, __ATOMIC_RELEASE);
	} else {
		t->preempt_count = count;
	}
}

static inline unsigned int get_cpu(void)
{
	preempt_disable();
	return smp_processor_id();
}

#define put_cpu()	preempt_enable()
#define preempt_count() (current->preempt_count & ~PREEMPT_OUTER)
#define in_atomic()	(current->preempt_count != 0)
#define in_interrupt()	false
#define in_task()	true

void might_sleep_report(const char *file, int line);

/* States that the caller may sleep here; reports it if the context is atomic. */
#define might_sleep()                                           \
	do {                                                    \
		if (unlikely(in_atomic()))                      \
			might_sleep_report(__FILE__, __LINE__); \
	} while (0)

void task_hear_signals(const struct task_struct *t);

/* Most requests end without asking; only one that asks is put where a signal can find it. */
static inline bool signal_pending(const struct task_struct *t)
{
	if (unlikely(t->hear_signals))
		task_hear_signals(t);
	return __atomic_load_n(&t->sigpending, __ATOMIC_ACQUIRE);
}

/* Interrupts the wait that @t is in, or its next interruptible one. Context: any. */
void send_signal_to(struct task_struct *t);

/* Parks the calling thread until unparked; @interruptible also ends with signal_pending(). */
void task_prepare_park(void);
void task_park(bool interruptible);
void task_unpark(struct task_struct *t);
/* As task_park(), for at most @ns nanoseconds. Returns false when the time is over. */
bool task_park_timeout(bool interruptible, u64 ns);

/* Sleeps; gives the CPU up meanwhile. */
void msleep(unsigned int msecs);
void usleep_range(unsigned long min_us, unsigned long max_us);

/* Nanoseconds since the machine's boot. Context: any. */
u64 ktime_get_ns(void);
/* Ticks of 1/HZ second since the boot. */
#define HZ	1000
#define jiffies ((unsigned long)(ktime_get_ns() / (1000000000ull / HZ)))

#define msecs_to_jiffies(ms) ((unsigned long)(ms)*HZ / 1000) /* HZ is 1000: exact */
#define jiffies_to_msecs(j)  ((unsigned int)((unsigned long)(j)*1000 / HZ))
#define time_after(a, b)     ((long)((b) - (a)) < 0)
#define time_before(a, b)    time_after(b, a)
#define time_after_eq(a, b)  ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#define ssleep(seconds)	     msleep((seconds)*1000)

#define CAP_SYS_ADMIN	 21
#define CAP_DAC_OVERRIDE 1
/*
 * May the client of the request in progress do what needs @cap? Root may, and so may the user
 * who mounted: the machine is his. Outside a request (a test, a thread of the machine): yes.
 */
bool capable(int cap);
void set_machine_owner(unsigned int uid);

/*
 * A number for the terminal of the client of the request in progress: the same for all that share
 * it, another for others. It is his controlling terminal's, or his session's if he has none, or
 * his user's if he cannot be seen (another pid namespace); these three never meet. Outside a
 * request: 0. May sleep.
 */
u64 client_terminal(void);

#endif
