/* SPDX-License-Identifier: MIT */
/*
 * log.h - reading the log. Lines are numbered from 0 in the order they were written; a reader
 * that falls more than LOG_RECORDS behind misses lines. Context: any.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <kmem/types.h>

#define LOG_RECORDS  4096
#define LOG_LINE_MAX 240

u64 log_first_seq(void); /* the oldest line kept */
u64 log_next_seq(void);	 /* the line that will be written next */

struct log_line {
	u64 seq, ns; /* since the boot */
	int prefix;  /* facility << 3 | level: 0 is the kernel's, 1 a client's */
	char text[LOG_LINE_MAX];
};

/* False if line @seq is not (or no longer) there. */
bool log_read(u64 seq, struct log_line *line);
/* One line of somebody else's than the kernel. */
void log_write(int prefix, const char *text, size_t len);
/* Sleeps until line @seq is written or log_wake() is called; may wake for nothing. */
void log_wait(u64 seq);
void log_wake(void);
/* "<level>[seconds] text\n"; false if the line is not (or no longer) there. */
bool log_line(u64 seq, char *buf, size_t size);

#endif
