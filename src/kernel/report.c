// SPDX-License-Identifier: MIT
/*
 * report.c - reports with a stack: WARN(), BUG() and dump_stack().
 *
 * The words and their order are the kernel's, since people grep logs for them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <kmem/bug.h>
#include <kmem/sched.h>

#include "host.h"
#include "kallsyms.h"
#include "oops.h"

#define STACK_FRAMES 24

void dump_stack(void)
{
	void *frames[STACK_FRAMES];
	int n = host_backtrace(frames, STACK_FRAMES);
	char name[160];

	pr_warn("Call Trace:\n");
	for (int i = 1; i < n; i++) {
		symbol_name(frames[i], name, sizeof(name));
		pr_warn(" %s\n", name);
	}
}

static void header(const char *what, const char *file, int line, const char *func)
{
	pr_warn("------------[ cut here ]------------\n");
	pr_warn("%s: CPU: %u PID: %d at %s:%d %s\n", what, raw_smp_processor_id(), current->pid,
		file, line, func);
}

void warn_report(const char *file, int line, const char *func, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	header("WARNING", file, line, func);
	if (text[0])
		pr_warn("%s\n", text);
	dump_stack();
	pr_warn("---[ end trace ]---\n");
}

bool report_once(unsigned int *boot)
{
	return __atomic_exchange_n(boot, boot_count, __ATOMIC_RELAXED) != boot_count;
}

void bug_report(const char *file, int line, const char *func)
{
	header("kernel BUG", file, line, func);
	dump_stack();
	pr_warn("---[ end trace ]---\n");
	oops_die();
	pr_err("Kernel panic - not syncing: BUG() outside a guarded call at %s:%d\n", file, line);
	abort();
}
