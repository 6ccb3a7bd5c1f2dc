// SPDX-License-Identifier: MIT
/*
 * daemon.c - starting and stopping kmemfs as a user does, from the build tree this program is in.
 *
 * The starter ends when the mount is there and leaves the daemon to us: we ask to be the parent
 * of what our children leave behind, and so know the daemon's pid.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contest.h"
#include "daemon.h"

/* Runs a program to its end; its exit status, or -1. */
static int run(const char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (!pid) {
		execvp(argv[0], (char *const *)argv);
		perror(argv[0]);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The only child there is, or 0. */
static pid_t only_child(void)
{
	char path[64];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	fclose(f);
	return pid;
}

bool daemon_start(struct daemon *d, const char *words)
{
	const char *program = program_path("../src/kmemfs");
	const char *argv[] = { program, "-o", words, d->dir, NULL };

	if (access(program, X_OK)) {
		fprintf(stderr, "kmemfs is not built (no %s): its rows are left out\n", program);
		return false;
	}
	if (access("/dev/fuse", R_OK | W_OK)) {
		fprintf(stderr,
			"nothing can be mounted here (/dev/fuse: %s): kmemfs' rows are "
			"left out\n",
			strerror(errno));
		return false;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	strcpy(d->dir, "/tmp/kmemfs-bench-XXXXXX");
	if (!mkdtemp(d->dir)) {
		perror(d->dir);
		return false;
	}
	d->start_ns = now_ns();
	if (run(argv)) {
		rmdir(d->dir);
		return false;
	}
	d->start_ns = now_ns() - d->start_ns;
	d->pid = only_child();
	d->resident = resident_bytes(d->pid);
	return true;
}

void daemon_stop(struct daemon *d)
{
	const char *argv[] = { "fusermount3", "-u", d->dir, NULL };

	if (run(argv))
		fprintf(stderr, "%s stays mounted\n", d->dir);
	else if (d->pid)
		waitpid(d->pid, NULL, 0);
	rmdir(d->dir);
}

bool daemon_write(const struct daemon *d, const char *file, unsigned long bytes)
{
	static char buf[1 << 20];
	bool ok = true;
	char path[128];
	int fd;

	memset(buf, 1, sizeof(buf));
	snprintf(path, sizeof(path), "%s/%s", d->dir, file);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0) {
		perror(path);
		return false;
	}
	while (ok && bytes) {
		ssize_t n = write(fd, buf, bytes < sizeof(buf) ? bytes : sizeof(buf));

		ok = n > 0;
		if (ok)
			bytes -= n;
	}
	if (!ok)
		perror(path);
	close(fd);
	return ok;
}
