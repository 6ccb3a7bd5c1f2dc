/* SPDX-License-Identifier: MIT */
/*
 * printk.h - the log of the machine.
 *
 * Messages go into a ring of LOG_RECORDS lines in host memory (looking at the log, or writing
 * to it, never takes an emulated page); the oldest line makes room for the newest. Lines of a
 * level below console_loglevel are also printed on standard error.
 *
 * Context: any, also under a spinlock; never sleeps for the machine, never fails.
 */
#ifndef KMEM_PRINTK_H
#define KMEM_PRINTK_H

#include <stdarg.h>
#include <stdio.h> /* snprintf(), which the kernel declares here too */
#include <kmem/types.h>

#define KERN_SOH     "\001"
#define KERN_EMERG   KERN_SOH "0"
#define KERN_ALERT   KERN_SOH "1"
#define KERN_CRIT    KERN_SOH "2"
#define KERN_ERR     KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE  KERN_SOH "5"
#define KERN_INFO    KERN_SOH "6"
#define KERN_DEBUG   KERN_SOH "7"

extern int console_loglevel; /* 0: silent ... 8: everything; default 4: errors and worse */

int printk(const char *fmt, ...) __printf(1, 2);
int vprintk(const char *fmt, va_list args);

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

#define pr_emerg(fmt, ...)  printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...)  printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...)    printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)   printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...)   printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...)  printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)

/* How often there was a boot: what is said once, or seldom, is so in one machine's life. */
extern unsigned int boot_count;

/* True at most @burst times in an interval. */
struct ratelimit_state {
	u64 begin_ns; /* protected by the log's lock, as the rest */
	unsigned int boot;
	int printed;
};
bool ratelimit_allows(struct ratelimit_state *rs, u64 interval_ns, int burst);

/* True at most 10 times in 5 seconds for each place that asks. */
#define printk_ratelimit()                                             \
	({                                                             \
		static struct ratelimit_state rs_;                     \
		ratelimit_allows(&rs_, 5ull * 1000 * 1000 * 1000, 10); \
	})

/* The first time after a boot; at most 10 times in 5 seconds. */
#define printk_once(fmt, ...)                       \
	({                                          \
		static unsigned int boot_;          \
		if (boot_ != boot_count) {          \
			boot_ = boot_count;         \
			printk(fmt, ##__VA_ARGS__); \
		}                                   \
	})
#define printk_ratelimited(fmt, ...)                \
	({                                          \
		if (printk_ratelimit())             \
			printk(fmt, ##__VA_ARGS__); \
	})
#define pr_err_once(fmt, ...)	      printk_once(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...)	      printk_once(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...)	      printk_once(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_ratelimited(fmt, ...)  printk_ratelimited(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...) printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...) printk_ratelimited(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

#endif
