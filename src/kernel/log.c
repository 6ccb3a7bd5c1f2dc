// SPDX-License-Identifier: MIT
/*
 * log.c - the machine's log: a ring of lines in host memory.
 *
 * Line n (counted from 0 since the process started) is in slot n % LOG_RECORDS while
 * next_seq - LOG_RECORDS <= n < next_seq. The lock is the host's, since the log must work where
 * no CPU can be had, and nothing is called with it held but the console's write. For the same
 * reason who waits for lines (fs/kmsg.c) sleeps on a word of the host's, wakeups.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <kmem/printk.h>
#include <kmem/sched.h>

#include "host.h"
#include "log.h"

struct log_record {
	u64 ns;
	unsigned char prefix; /* facility << 3 | level */
	char text[LOG_LINE_MAX];
};

int console_loglevel = 4;

static struct host_lock log_lock;
static struct log_record ring[LOG_RECORDS]; /* protected by log_lock */
static u64 next_seq;			    /* protected by log_lock */
static unsigned int wakeups;		    /* atomic: changes with every line */
static unsigned int sleepers;		    /* atomic: threads in log_wait() */

static int format_time(char *buf, size_t size, u64 ns)
{
	return snprintf(buf, size, "[%5llu.%06llu] ", (unsigned long long)(ns / 1000000000),
			(unsigned long long)(ns / 1000 % 1000000));
}

static void to_console(const struct log_record *r)
{
	char line[LOG_LINE_MAX + 32];
	int n = format_time(line, sizeof(line), r->ns);

	n += snprintf(line + n, sizeof(line) - n, "%s\n", r->text);
	host_console(line, n);
}

void log_wake(void)
{
	__atomic_fetch_add(&wakeups, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&sleepers, __ATOMIC_SEQ_CST))
		host_wake(&wakeups, INT_MAX);
}

void log_wait(u64 seq)
{
	unsigned int before;

	__atomic_fetch_add(&sleepers, 1, __ATOMIC_SEQ_CST);
	before = __atomic_load_n(&wakeups, __ATOMIC_SEQ_CST);
	if (log_next_seq() <= seq)
		host_wait(&wakeups, before, 0);
	__atomic_fetch_sub(&sleepers, 1, __ATOMIC_SEQ_CST);
}

static void store_line(int prefix, u64 ns, const char *text, size_t len)
{
	struct log_record *r;

	host_lock(&log_lock);
	r = &ring[next_seq % LOG_RECORDS];
	r->ns = ns;
	r->prefix = prefix;
	len = min_t(size_t, len, LOG_LINE_MAX - 1);
	memcpy(r->text, text, len);
	r->text[len] = '\0';
	next_seq++;
	if ((prefix & 7) < console_loglevel)
		to_console(r);
	host_unlock(&log_lock);
	log_wake();
}

int vprintk(const char *fmt, va_list args)
{
	char buf[1024], *line = buf, *end;
	int level = 4, n;
	u64 ns = ktime_get_ns();

	if (fmt[0] == KERN_SOH[0] && fmt[1] >= '0' && fmt[1] <= '7') {
		level = fmt[1] - '0';
		fmt += 2;
	}
	n = vsnprintf(buf, sizeof(buf), fmt, args);
	for (; (end = strchr(line, '\n')); line = end + 1)
		store_line(level, ns, line, end - line);
	if (*line)
		store_line(level, ns, line, strlen(line));
	return n;
}

void log_write(int prefix, const char *text, size_t len)
{
	store_line(prefix, ktime_get_ns(), text, len);
}

int printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk(fmt, args);
	va_end(args);
	return n;
}

bool ratelimit_allows(struct ratelimit_state *rs, u64 interval_ns, int burst)
{
	u64 now = host_clock_ns();
	bool ok;

	host_lock(&log_lock);
	if (rs->boot != boot_count || now - rs->begin_ns > interval_ns) {
		rs->boot = boot_count;
		rs->begin_ns = now;
		rs->printed = 0;
	}
	ok = rs->printed < burst;
	rs->printed += ok;
	host_unlock(&log_lock);
	return ok;
}

u64 log_first_seq(void)
{
	u64 seq;

	host_lock(&log_lock);
	seq = next_seq > LOG_RECORDS ? next_seq - LOG_RECORDS : 0;
	host_unlock(&log_lock);
	return seq;
}

u64 log_next_seq(void)
{
	u64 seq;

	host_lock(&log_lock);
	seq = next_seq;
	host_unlock(&log_lock);
	return seq;
}

bool log_read(u64 seq, struct log_line *line)
{
	const struct log_record *r;
	bool there;

	host_lock(&log_lock);
	there = seq < next_seq && next_seq - seq <= LOG_RECORDS;
	if (there) {
		r = &ring[seq % LOG_RECORDS];
		*line = (struct log_line){ .seq = seq, .ns = r->ns, .prefix = r->prefix };
		strcpy(line->text, r->text);
	}
	host_unlock(&log_lock);
	return there;
}

bool log_line(u64 seq, char *buf, size_t size)
{
	struct log_line line;
	char stamp[32];

	if (!log_read(seq, &line))
		return false;
	format_time(stamp, sizeof(stamp), line.ns);
	snprintf(buf, size, "<%d>%s%s\n", line.prefix, stamp, line.text);
	return true;
}
