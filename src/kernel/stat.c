// SPDX-License-Identifier: MIT
/*
 * stat.c - what the machine's processors do: proc/stat, proc/uptime, proc/loadavg, proc/version.
 *
 * The emulated CPUs have no time of their own: threads own them in turn, often for less than a
 * microsecond, and nobody takes the time of that. What is known is how long all threads of the
 * process together have run. That is the machine's "system" time, shared out evenly among its
 * CPUs; the rest of the time since the boot they were idle. There are no users, interrupts or
 * disks, so that these are 0.
 *
 * Invariants: system + idle = uptime for each CPU, and none of them ever falls.
 *
 * Locks: shown_lock protects what was shown last.
 */
#include <stdio.h>
#include <kmem/sched.h>
#include <kmem/seq_file.h>

#include "host.h"
#include "sched.h"
#include "stat.h"

#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_TICK 10000000ull /* USER_HZ = 100 */

/* One CPU's share, in nanoseconds. */
struct cpu_times {
	u64 up, busy;
};

static struct host_lock shown_lock;
static struct cpu_times shown; /* protected by shown_lock */
static u64 cpu_time_at_boot;   /* protected by shown_lock */

/* More threads may run than there are CPUs; a CPU is still busy only as long as time passes. */
static struct cpu_times cpu_times(void)
{
	struct cpu_times now = { .up = ktime_get_ns() };
	u64 used = host_cpu_time_ns();

	host_lock(&shown_lock);
	if (now.up < shown.up || !cpu_time_at_boot) { /* another boot */
		shown = (struct cpu_times){ 0 };
		cpu_time_at_boot = used - min(used, now.up);
	}
	now.busy = (used - cpu_time_at_boot) / max(nr_cpu_ids, 1u);
	now.busy = clamp(now.busy, shown.busy, shown.busy + (now.up - shown.up));
	shown = now;
	host_unlock(&shown_lock);
	return now;
}

static void show_cpu(struct seq_file *m, const char *name, const struct cpu_times *t, u64 cpus)
{
	seq_printf(m, "%s 0 0 %llu %llu 0 0 0 0 0 0\n", name,
		   (unsigned long long)(t->busy / NSEC_PER_TICK * cpus),
		   (unsigned long long)((t->up - t->busy) / NSEC_PER_TICK * cpus));
}

int stat_show(struct seq_file *m, void *v)
{
	struct cpu_times t = cpu_times();
	unsigned int cpu;
	char name[16];

	show_cpu(m, "cpu ", &t, num_online_cpus());
	for_each_online_cpu(cpu) {
		snprintf(name, sizeof(name), "cpu%u", cpu);
		show_cpu(m, name, &t, 1);
	}
	seq_puts(m, "intr 0\n");
	seq_printf(m, "ctxt %llu\n", (unsigned long long)host_switch_count());
	seq_printf(m, "btime %llu\n", (unsigned long long)boot_time_seconds());
	seq_printf(m, "processes %u\n", host_threads_started());
	seq_puts(m, "procs_running 1\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n");
	return 0;
}

static void show_seconds(struct seq_file *m, u64 ns, char end)
{
	seq_printf(m, "%llu.%02llu%c", (unsigned long long)(ns / NSEC_PER_SEC),
		   (unsigned long long)(ns % NSEC_PER_SEC / NSEC_PER_TICK), end);
}

/* Seconds since the boot, and those that all CPUs together were idle. */
int uptime_show(struct seq_file *m, void *v)
{
	struct cpu_times t = cpu_times();

	show_seconds(m, t.up, ' ');
	show_seconds(m, (t.up - t.busy) * num_online_cpus(), '\n');
	return 0;
}

/* Nobody averages the load. The only thread that surely runs is the one that asks. */
int loadavg_show(struct seq_file *m, void *v)
{
	seq_printf(m, "0.00 0.00 0.00 1/%u %d\n", host_threads_started() + 1, host_thread_id());
	return 0;
}

int version_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s version %s (kmemfs@kmemfs) (gcc %s) %s\n", MACHINE_OSTYPE,
		   MACHINE_RELEASE, __VERSION__, MACHINE_VERSION);
	return 0;
}
