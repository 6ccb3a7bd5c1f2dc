// SPDX-License-Identifier: MIT
/*
 * mountpoint.c - the checks before mounting, so that each failure can say what to do about it.
 *
 * A mount whose daemon was killed stays behind: every access answers ENOTCONN until somebody
 * unmounts it. Starting again on such a place is what its user wants, so it is cleaned first.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mountpoint.h"

extern char **environ;

/* True if fusermount3 @args ran and succeeded; false as well if there is none. */
static bool run_fusermount(const char *const args[])
{
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, "fusermount3", NULL, NULL, (char *const *)args, environ))
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int clean_stale(const char *path)
{
	const char *const args[] = { "fusermount3", "-u", "--", path, NULL };

	fprintf(stderr, "kmemfs: %s was left mounted by a daemon that is gone; unmounting it\n",
		path);
	if (run_fusermount(args))
		return 0;
	fprintf(stderr, "kmemfs: that failed; unmount it with: fusermount3 -u -z %s\n", path);
	return -1;
}

/*
 * Has the daemon behind the mount gone? Attributes may still be remembered by the kernel: so the
 * file system is asked. Who asks in the moment when it goes is told otherwise.
 */
static bool is_stale(const char *path)
{
	struct statfs st;
	bool fails = statfs(path, &st);

	if (fails && errno == ECONNABORTED)
		fails = statfs(path, &st);
	return fails && errno == ENOTCONN;
}

/* A second mount would hide the first one, and unmounting would end the wrong one. */
static bool is_used(const char *path, const struct stat *st)
{
	struct stat up;
	struct statfs fs;
	char *parent = NULL;
	bool top;

	if (statfs(path, &fs) || fs.f_type != FUSE_SUPER_MAGIC ||
	    asprintf(&parent, "%s/..", path) < 0)
		return false;
	top = stat(parent, &up) || up.st_dev != st->st_dev;
	free(parent);
	return top;
}

static int check_directory(const char *path)
{
	struct stat st;

	if (is_stale(path) && clean_stale(path))
		return -1;
	if (stat(path, &st)) {
		if (errno == ENOENT)
			fprintf(stderr, "kmemfs: %s does not exist; make it with: mkdir -p %s\n",
				path, path);
		else
			fprintf(stderr, "kmemfs: %s: %s\n", path, strerror(errno));
		return -1;
	}
	if (!S_ISDIR(st.st_mode)) {
		fprintf(stderr, "kmemfs: %s is not a directory; mount on an empty one\n", path);
		return -1;
	}
	if (is_used(path, &st)) {
		fprintf(stderr,
			"kmemfs: %s is mounted already; unmount it with: fusermount3 -u %s\n", path,
			path);
		return -1;
	}
	if (access(path, W_OK)) {
		fprintf(stderr,
			"kmemfs: %s: %s; a mount point must be a directory you may write to\n",
			path, strerror(errno));
		return -1;
	}
	return 0;
}

static bool in_path(const char *program)
{
	const char *const args[] = { program, "--version", NULL };
	posix_spawn_file_actions_t quiet;
	pid_t pid;
	int status, err;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	err = posix_spawnp(&pid, program, &quiet, NULL, (char *const *)args, environ);
	posix_spawn_file_actions_destroy(&quiet);
	if (err)
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return true;
}

static int check_fuse(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		int err = errno;

		fprintf(stderr, "kmemfs: /dev/fuse: %s; %s\n", strerror(err),
			err == EACCES || err == EPERM
				? "ask root for: chmod 666 /dev/fuse"
				: "load the module as root: modprobe fuse (in a container: pass "
				  "--device /dev/fuse)");
		return -1;
	}
	close(fd);
	if (geteuid() != 0 && !in_path("fusermount3")) {
		fprintf(stderr, "kmemfs: there is no fusermount3, which mounts for users; install "
				"it: apt install fuse3\n");
		return -1;
	}
	return 0;
}

char *mountpoint_prepare(const char *path)
{
	char *absolute;

	if (check_directory(path) || check_fuse())
		return NULL;
	absolute = realpath(path, NULL);
	if (!absolute)
		fprintf(stderr, "kmemfs: %s: %s\n", path, strerror(errno));
	return absolute;
}
