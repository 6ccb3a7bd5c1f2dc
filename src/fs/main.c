// SPDX-License-Identifier: MIT
/*
 * main.c - the program: boot, load, mount, serve, and everything back again.
 *
 * Going to the background means a fork, and threads do not survive one; so the fork comes before
 * the machine boots. The parent stays until the child reports over a pipe that the kernel has
 * taken the mount, and leaves with 0 then; if the child ends without a report its messages are
 * already on standard error, and the parent leaves with 1.
 *
 * The signals that end us are blocked from the start, in every thread; the bridge waits for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <kmem/machine.h>
#include <kmem/module.h>
#include <kmem/printk.h>
#include <kmem/sched.h>

#include "bridge.h"
#include "insmod.h"
#include "mountpoint.h"
#include "options.h"
#include "vfs.h"

#define FOREGROUND_LOGLEVEL 7 /* up to KERN_INFO */

static int report_fd = -1; /* the parent waits at the other end; -1: in the foreground */

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* the machine's RAM is a file */
}

/*
 * What is opened for the machine must not get the number of a stream that was closed: messages would
 * be written into it, or mount_is_up() put another file in its place. 0 or -1.
 */
static int hold_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	return fd < 0 ? -1 : 0;
}

/* Returns in the child only; the parent ends here. -1: no child could be made. */
static int go_to_background(void)
{
	int pipe_fds[2];
	char word;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid) {
		close(pipe_fds[1]);
		_exit(read(pipe_fds[0], &word, 1) == 1 ? 0 : 1);
	}
	close(pipe_fds[0]);
	report_fd = pipe_fds[1];
	setsid();
	return 0;
}

/* The mount is up. From here on a daemon has nothing of its starter's any more. */
static void mount_is_up(void)
{
	int null;

	pr_info("kmemfs: mounted\n");
	if (report_fd < 0)
		return;
	console_loglevel = 0;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (chdir("/") || write(report_fd, "", 1) != 1)
		pr_warn("kmemfs: the starting process did not wait\n");
	close(report_fd);
}

/* The program's own modules first: they have the same numbers whatever else is loaded. */
static int load_modules(const struct options *opt)
{
	const struct builtin_modules own = THIS_BUILTIN_MODULES;
	int err = builtin_modules_register(&own);

	for (unsigned int i = 0; i < opt->nr_insmod && !err; i++)
		err = insmod(opt->insmod[i]);
	return err ? err : builtin_modules_load_all();
}

/* What of the host may be too little, by the error of a boot. */
static const char *limit_of(int err)
{
	switch (err) {
	case -ENOMEM:
		return " (mem= too small, or a limit on addresses? ulimit -v, ulimit -d)";
	case -EAGAIN:
		return " (is there a limit on threads? ulimit -u)";
	case -EFBIG:
		return " (is there a limit on the size of files? ulimit -f)";
	default:
		return "";
	}
}

/* Boots the machine with its files and modules. 0, or -1 and nothing is left. */
static int boot(const struct options *opt)
{
	int err = machine_boot(&opt->machine);

	if (err) {
		fprintf(stderr, "kmemfs: the machine does not boot: %s%s\n", strerror(-err),
			limit_of(err));
		return -1;
	}
	set_machine_owner(getuid());
	err = vfs_init();
	if (err) {
		fprintf(stderr, "kmemfs: the file tree cannot be made: %s\n", strerror(-err));
		machine_halt();
		return -1;
	}
	err = load_modules(opt);
	if (!err)
		return 0;
	fprintf(stderr, "kmemfs: a module could not be loaded: %s\n", strerror(-err));
	modules_unload_all();
	vfs_exit();
	machine_halt();
	return -1;
}

/* Unloads, halts and tells what was left. The number of leaks. */
static unsigned long shut_down(bool tell_syslog)
{
	unsigned long leaks;
	char line[80];

	vfs_release_all();
	modules_unload_all();
	vfs_exit();
	leaks = machine_halt();
	if (leaks)
		snprintf(line, sizeof(line), "kmemfs: unmounted, %lu allocations leaked", leaks);
	else
		snprintf(line, sizeof(line), "kmemfs: unmounted, all memory freed");
	printk(leaks ? KERN_ERR "%s\n" : KERN_INFO "%s\n", line);
	if (tell_syslog)
		syslog(leaks ? LOG_ERR : LOG_INFO, "%s", line);
	return leaks;
}

static int run(const struct options *opt, const char *mountpoint)
{
	const struct bridge_config bridge = {
		.program = "kmemfs",
		.mountpoint = mountpoint,
		.options = opt->fuse,
		.debug = opt->debug,
		.single_threaded = opt->single_threaded,
		.direct = opt->direct,
		.ready = mount_is_up,
	};
	int err;

	if (boot(opt))
		return 1;
	if (bridge_mount(&bridge)) {
		fprintf(stderr, "kmemfs: mounting on %s failed\n", mountpoint);
		shut_down(false);
		return 1;
	}
	err = bridge_serve();
	if (err < 0)
		pr_err("kmemfs: serving ended with error %d\n", -err);
	return shut_down(!opt->foreground) || err < 0;
}

int main(int argc, char **argv)
{
	struct options opt;
	char *mountpoint;
	int ret;

	if (hold_streams())
		return 1;
	if (options_parse(&opt, argc, argv))
		return 2;
	if (opt.help) {
		options_help(argv[0]);
		return 0;
	}
	if (opt.version) {
		printf("kmemfs %s (libfuse %s)\n", KMEMFS_VERSION, bridge_fuse_version());
		return 0;
	}
	mountpoint = mountpoint_prepare(opt.mountpoint);
	if (!mountpoint)
		return 1;
	block_signals();
	if (opt.foreground) {
		console_loglevel = FOREGROUND_LOGLEVEL;
	} else if (go_to_background()) {
		fprintf(stderr, "kmemfs: cannot go to the background: %s\n", strerror(errno));
		return 1;
	}
	ret = run(&opt, mountpoint);
	free(mountpoint);
	return ret;
}
