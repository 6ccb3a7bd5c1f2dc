/* SPDX-License-Identifier: MIT */
/*
 * bug.h - reports of what should not have happened.
 *
 * WARN*() log a report with the caller's stack and go on, the _ONCE forms only the first time
 * after a boot. BUG() logs one and ends the call in progress: in a thread that runs a guarded call
 * (see oops_guard in oops.h) it becomes an oops and the guarded call fails; anywhere else it ends
 * the process.
 *
 * Context: any.
 */
#ifndef KMEM_BUG_H
#define KMEM_BUG_H

#include <kmem/printk.h>

void warn_report(const char *file, int line, const char *func, const char *fmt, ...) __printf(4, 5);
void __attribute__((noreturn)) bug_report(const char *file, int line, const char *func);
void dump_stack(void);

#define WARN(cond, fmt, ...)                                                           \
	({                                                                             \
		bool warn_ = !!(cond);                                                 \
		if (unlikely(warn_))                                                   \
			warn_report(__FILE__, __LINE__, __func__, fmt, ##__VA_ARGS__); \
		unlikely(warn_);                                                       \
	})

/* Is this the first time in the machine's life that it is asked with this word? */
bool report_once(unsigned int *boot);

#define WARN_ONCE(cond, fmt, ...)                                                      \
	({                                                                             \
		static unsigned int boot_;                                             \
		bool once_ = !!(cond);                                                 \
		if (unlikely(once_) && report_once(&boot_))                            \
			warn_report(__FILE__, __LINE__, __func__, fmt, ##__VA_ARGS__); \
		unlikely(once_);                                                       \
	})

#define WARN_ON(cond)	   WARN(cond, "%s", "")
#define WARN_ON_ONCE(cond) WARN_ONCE(cond, "%s", "")

/* Of the memory code, which the kernel can be built without. Here they are always there. */
#define VM_BUG_ON(cond)	      BUG_ON(cond)
#define VM_WARN_ON(cond)      WARN_ON(cond)
#define VM_WARN_ON_ONCE(cond) WARN_ON_ONCE(cond)
/* An error of the compiler's. */
#define BUILD_BUG_ON(cond)    _Static_assert(!(cond), "BUILD_BUG_ON: " #cond)

#define BUG() bug_report(__FILE__, __LINE__, __func__)
#define BUG_ON(cond)                \
	do {                        \
		if (unlikely(cond)) \
			BUG();      \
	} while (0)

#endif
