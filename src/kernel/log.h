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
/* "<level>[seconds] text\n"; false if the line is not (or no longer) there. */
bool log_line(u64 seq, char *buf, size_t size);

#endif
