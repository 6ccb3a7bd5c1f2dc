/* SPDX-License-Identifier: MIT */
/* bridge.h - the mount: between libfuse, which only bridge.c knows, and vfs.h. */
#ifndef FS_BRIDGE_H
#define FS_BRIDGE_H

#include <stdbool.h>

struct bridge_config {
	const char *program;
	const char *mountpoint; /* an absolute path */
	const char *options;	/* libfuse's own, "a,b=c"; may be empty */
	bool debug, single_threaded;
	bool direct;	     /* no file's bytes are kept by clients' kernels */
	void (*ready)(void); /* called once, when the kernel has taken the mount */
};

/* Mounts. 0, or -1 with a message on standard error. */
int bridge_mount(const struct bridge_config *cfg);
/*
 * Serves until the file system is unmounted or a SIGINT, SIGTERM or SIGHUP arrives; these must
 * be blocked in all threads. Then unmounts. 0, or -errno if serving failed.
 */
int bridge_serve(void);

const char *bridge_fuse_version(void);

#endif
