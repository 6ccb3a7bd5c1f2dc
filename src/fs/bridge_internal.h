/* SPDX-License-Identifier: MIT */
/*
 * bridge_internal.h - what the files of the bridge share; nobody else includes libfuse.
 *
 *	bridge.c         the session, names and attributes
 *	bridge_file.c    open files and their data
 *	bridge_serve.c   the threads that serve
 *	bridge_notify.c  what the client's kernel is told without having asked
 */
#ifndef FS_BRIDGE_INTERNAL_H
#define FS_BRIDGE_INTERNAL_H

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse3/fuse_lowlevel.h>

#include "bridge.h"
#include "request.h"
#include "vfs.h"

static inline struct node *node_of(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? node_root() : (struct node *)ino;
}

/* The calling thread works for the request's client, until request_end(). */
void bridge_begin(struct request *rq, fuse_req_t req);
/* The one place where errors leave; @err is 0 or -errno. */
void bridge_reply_err(fuse_req_t req, long err);

/* bridge_file.c */
void bridge_files_config(const struct bridge_config *config);
void bridge_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void bridge_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void bridge_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void bridge_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void bridge_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void bridge_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
		  struct fuse_file_info *fi);
void bridge_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi);
void bridge_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
		      struct fuse_file_info *fi);
void bridge_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
		  struct fuse_file_info *fi, unsigned int flags, const void *in, size_t in_size,
		  size_t out_size);
void bridge_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
		 struct fuse_pollhandle *ph);

/* bridge_serve.c */

#define STREAM_WRITE_MAX (64ul << 10) /* bytes that a stream is given at once */

/* Serves until a SIGINT, SIGTERM or SIGHUP comes or the session ends. 0 or -errno. */
int bridge_workers_run(struct fuse_session *session, bool single);
/* The request at hand may wait from now on, for long. False: it must not, nobody would be left. */
bool bridge_worker_may_wait(void);
/* The request at hand waits for no client's doing, only until others have been served. */
void bridge_worker_briefly(void);
/* No more than @len bytes of the request's data will be asked for. */
void bridge_worker_keep(size_t len);

/*
 * bridge_notify.c. Start before the first request is served; stop while requests are still
 * served: what is told may have to wait for one. After the stop nothing is told any more.
 */
int bridge_notify_start(struct fuse_session *session); /* 0 or -errno */
void bridge_notify_stop(void);
/* The node's length and times are others than the kernel remembers. Known when it returns. */
void bridge_notify_attr(struct node *node);
/* So are the @len bytes at @pos (0: all that follow). Known soon after. Context: any. */
void bridge_notify_data(struct node *node, loff_t pos, loff_t len);
/* A waiter for vfs_poll(), which owns @ph from now on; NULL: no memory. */
void *bridge_poll_waiter(struct fuse_pollhandle *ph);

#endif
