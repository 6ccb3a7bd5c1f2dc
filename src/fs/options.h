/* SPDX-License-Identifier: MIT */
/* options.h - the command line of kmemfs. */
#ifndef FS_OPTIONS_H
#define FS_OPTIONS_H

#include <stdbool.h>
#include <kmem/machine.h>

#define OPTIONS_INSMOD_MAX 16

struct options {
	struct machine_config machine;
	char fuse[MACHINE_CMDLINE_MAX]; /* the words of -o that are libfuse's */
	const char *mountpoint;
	bool foreground, debug, single_threaded;
	bool direct;				/* -o direct */
	const char *insmod[OPTIONS_INSMOD_MAX]; /* -o insmod=, in the order given */
	unsigned int nr_insmod;
	bool help, version;
};

/* 0, or -1 with a message on standard error. */
int options_parse(struct options *opt, int argc, char **argv);
void options_help(const char *program);

#endif
