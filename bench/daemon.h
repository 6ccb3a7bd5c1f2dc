/* SPDX-License-Identifier: MIT */
/* daemon.h - the whole program, mounted somewhere for a moment. */
#ifndef BENCH_DAEMON_H
#define BENCH_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

struct daemon {
	char dir[64]; /* where it is mounted */
	pid_t pid;
	double start_ns; /* from its start to the moment the mount is there */
	double resident; /* bytes, right after that */
};

/*
 * Mounts a machine of these words. False, with a line on standard error, if that is not possible.
 * The calling process must have no other children.
 */
bool daemon_start(struct daemon *d, const char *words);
void daemon_stop(struct daemon *d);
/* Writes @bytes to a file of the mount, which is emptied first. */
bool daemon_write(const struct daemon *d, const char *file, unsigned long bytes);

#endif
