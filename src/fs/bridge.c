// SPDX-License-Identifier: MIT
/*
 * bridge.c - requests of the host's kernel, through libfuse's low-level interface, become calls
 * on nodes and files (vfs.h). The bridge knows no driver and no file by name.
 *
 * A node's number is its address; the root's is FUSE_ROOT_ID. Each answered lookup is one
 * reference (node_remember) that the kernel gives back with forget, so an address that arrives
 * is always that of a node. An open file's handle is the struct file.
 *
 * The life of a request: bridge_begin() makes the thread work for the client, busy on an emulated
 * CPU; the call is made; request_end() parks the CPU; then the reply goes out, so that nobody waits
 * for a CPU because of a reply. Errors leave at bridge_reply_err(), the only place that turns our
 * errnos into a client's; counts leave short as the driver gave them.
 *
 * What the kernel may remember: names and attributes of what is never removed, and attributes of
 * devices whose content it caches (bridge_file.c), for an hour; of everything else nothing, since
 * a driver changes or removes it without telling.
 *
 * Locks: none of its own; see node.c, file.c, request.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <kmem/mmzone.h>
#include <kmem/printk.h>

#include "../kernel/host.h"
#include "bridge_internal.h"

#define KEEP_SECONDS 3600.0

static struct bridge_config config;
static struct fuse_session *session;

/* Requests. */

static void interrupted(fuse_req_t req, void *data)
{
	request_interrupt((u64)(uintptr_t)data);
}

/* The request is about to wait, perhaps. */
static bool listen(const struct request *rq)
{
	fuse_req_interrupt_func(rq->client, interrupted, (void *)(uintptr_t)rq->id);
	return bridge_worker_may_wait();
}

void bridge_begin(struct request *rq, fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	rq->listen = listen;
	rq->client = req;
	request_begin(rq, ctx->uid, ctx->gid, ctx->pid);
}

void bridge_reply_err(fuse_req_t req, long err)
{
	if (err == -ERESTARTSYS || err == -EINTR)
		err = request_was_refused() ? -EAGAIN : -EINTR;
	if (err > 0 || err <= -ERESTARTSYS) {
		pr_warn("bridge: a driver answered %ld, which is no errno\n", err);
		err = -EIO;
	}
	fuse_reply_err(req, (int)-err);
}

static double keep_seconds(const struct node *node)
{
	return node->ops->permanent ? KEEP_SECONDS : 0;
}

static double keep_attr_seconds(const struct node *node)
{
	return READ_ONCE(node->attr_is_told) ? KEEP_SECONDS : keep_seconds(node);
}

/* Names. */

/* Replies: entry, ENOENT, ENOMEM. A negative answer is not remembered. */
static void bridge_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct node *node = node_lookup(node_of(parent), name);
	struct fuse_entry_param e = { 0 };

	if (!node) {
		bridge_reply_err(req, -ENOENT);
		return;
	}
	if (READ_ONCE(node->is_stream)) {
		struct node *alias = node_alias(node);

		node_put(node);
		node = alias;
		if (!node) {
			bridge_reply_err(req, -ENOMEM);
			return;
		}
	}
	node_remember(node);
	e.ino = (fuse_ino_t)node;
	e.entry_timeout = keep_seconds(node);
	e.attr_timeout = keep_attr_seconds(node);
	node_stat(node, &e.attr);
	if (fuse_reply_entry(req, &e))
		node_forget(node, 1); /* the kernel has not heard of it */
	node_put(node);
}

static void forget_one(fuse_ino_t ino, uint64_t times)
{
	if (ino != FUSE_ROOT_ID)
		node_forget(node_of(ino), times);
}

/* Reply: none. */
static void bridge_forget(fuse_req_t req, fuse_ino_t ino, uint64_t times)
{
	forget_one(ino, times);
	fuse_reply_none(req);
}

/* Reply: none. */
static void bridge_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		forget_one(forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

/* Replies: the target. */
static void bridge_readlink(fuse_req_t req, fuse_ino_t ino)
{
	const struct node *node = node_of(ino);

	if (node->target)
		fuse_reply_readlink(req, node->target);
	else
		bridge_reply_err(req, -EINVAL);
}

struct listing {
	fuse_req_t req;
	char *buf;
	size_t size, used;
};

static bool list_entry_add(void *arg, const char *name, unsigned long ino, umode_t mode, u64 next)
{
	struct listing *l = arg;
	struct stat st = { .st_ino = ino, .st_mode = mode };
	size_t len = fuse_add_direntry(l->req, l->buf + l->used, l->size - l->used, name, &st,
				       (off_t)next);

	if (len > l->size - l->used)
		return false;
	l->used += len;
	return true;
}

/* Replies: entries with their types (none: the end), ENOMEM. */
static void bridge_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			   struct fuse_file_info *fi)
{
	struct listing l = { .req = req, .buf = request_buffer_get() };
	int err = -ENOMEM;

	l.size = min(size, REQUEST_BUFFER);
	if (l.buf)
		err = node_list(node_of(ino), (u64)off, list_entry_add, &l);
	if (err)
		bridge_reply_err(req, err);
	else
		fuse_reply_buf(req, l.buf, l.used);
	request_buffer_put(l.buf);
}

/* Replies: EPERM. Only drivers make and remove names. */
static void refuse_name(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	bridge_reply_err(req, -EPERM);
}

static void refuse_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
			 dev_t rdev)
{
	bridge_reply_err(req, -EPERM);
}

static void refuse_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	bridge_reply_err(req, -EPERM);
}

static void refuse_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	bridge_reply_err(req, -EPERM);
}

static void refuse_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
			  fuse_ino_t new_parent, const char *new_name, unsigned int flags)
{
	bridge_reply_err(req, -EPERM);
}

static void refuse_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char *new_name)
{
	bridge_reply_err(req, -EPERM);
}

static void refuse_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
			  struct fuse_file_info *fi)
{
	bridge_reply_err(req, -EPERM);
}

/* Attributes. */

static void reply_attr(fuse_req_t req, struct node *node)
{
	struct stat st;

	node_stat(node, &st);
	fuse_reply_attr(req, &st, keep_attr_seconds(node));
}

/* Replies: attr. */
static void bridge_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	reply_attr(req, node_of(ino));
}

/*
 * Replies: attr; EINVAL for the length of what has none; EPERM for another owner; what the
 * driver says. The kernel has checked that the client may (default_permissions).
 */
static void bridge_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
			   struct fuse_file_info *fi)
{
	struct node *node = node_of(ino);
	const struct inode *inode = &node->inode;
	struct request rq;
	int err = 0;

	if (((to_set & FUSE_SET_ATTR_UID) && attr->st_uid != inode->i_uid) ||
	    ((to_set & FUSE_SET_ATTR_GID) && attr->st_gid != inode->i_gid)) {
		bridge_reply_err(req, -EPERM);
		return;
	}
	bridge_begin(&rq, req);
	bridge_worker_briefly();
	if (to_set & FUSE_SET_ATTR_SIZE)
		err = vfs_truncate(node, attr->st_size);
	if (!err && (to_set & FUSE_SET_ATTR_MODE))
		node_set_mode(node, attr->st_mode);
	if (!err && (to_set & FUSE_SET_ATTR_MTIME))
		node_set_mtime(node, to_set & FUSE_SET_ATTR_MTIME_NOW ? NULL : &attr->st_mtim);
	request_end(&rq);
	if (err)
		bridge_reply_err(req, err);
	else
		reply_attr(req, node);
}

/* Replies: statfs. A block is a page of the machine's memory. */
static void bridge_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st = {
		.f_bsize = PAGE_SIZE,
		.f_frsize = PAGE_SIZE,
		.f_blocks = totalram_pages(),
		.f_bfree = nr_free_pages(),
		.f_files = node_count(),
		.f_namemax = 255,
	};

	st.f_bavail = st.f_bfree;
	fuse_reply_statfs(req, &st);
}

/* The session. */

static void bridge_init(void *userdata, struct fuse_conn_info *conn)
{
	conn->want |= conn->capable & (FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_EXPLICIT_INVAL_DATA);
	conn->want &= ~(unsigned int)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
				      FUSE_CAP_SPLICE_MOVE | FUSE_CAP_WRITEBACK_CACHE |
				      FUSE_CAP_READDIRPLUS | FUSE_CAP_AUTO_INVAL_DATA);
	conn->max_write = REQUEST_BUFFER;
	if (config.ready)
		config.ready();
}

static const struct fuse_lowlevel_ops bridge_ops = {
	.init = bridge_init,
	.lookup = bridge_lookup,
	.forget = bridge_forget,
	.forget_multi = bridge_forget_multi,
	.getattr = bridge_getattr,
	.setattr = bridge_setattr,
	.readlink = bridge_readlink,
	.readdir = bridge_readdir,
	.statfs = bridge_statfs,
	.open = bridge_open,
	.release = bridge_release,
	.flush = bridge_flush,
	.fsync = bridge_fsync,
	.read = bridge_read,
	.write = bridge_write,
	.lseek = bridge_lseek,
	.fallocate = bridge_fallocate,
	.ioctl = bridge_ioctl,
	.poll = bridge_poll,
	.mknod = refuse_mknod,
	.mkdir = refuse_mkdir,
	.unlink = refuse_name,
	.rmdir = refuse_name,
	.symlink = refuse_symlink,
	.rename = refuse_rename,
	.link = refuse_link,
	.create = refuse_create,
};

int bridge_mount(const struct bridge_config *cfg)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	char *own = NULL;
	int err = -1;

	config = *cfg;
	bridge_files_config(cfg);
	/* Later words win, so that the client's own fsname= or subtype= does. */
	if (asprintf(&own, "default_permissions,fsname=kmemfs,subtype=kmemfs%s%s",
		     *cfg->options ? "," : "", cfg->options) < 0)
		return -1;
	if (!fuse_opt_add_arg(&args, cfg->program) && !fuse_opt_add_arg(&args, "-o") &&
	    !fuse_opt_add_arg(&args, own) && (!cfg->debug || !fuse_opt_add_arg(&args, "-d")))
		session = fuse_session_new(&args, &bridge_ops, sizeof(bridge_ops), NULL);
	if (session) {
		err = fuse_session_mount(session, cfg->mountpoint);
		if (err)
			fuse_session_destroy(session);
	}
	fuse_opt_free_args(&args);
	free(own);
	return err ? -1 : 0;
}

int bridge_serve(void)
{
	int err = bridge_notify_start(session);

	if (!err)
		err = bridge_workers_run(session, config.single_threaded);
	bridge_notify_stop();
	fuse_session_unmount(session);
	vfs_release_all(); /* whoever still polls is told through the session */
	vfs_set_client(NULL);
	fuse_session_destroy(session);
	session = NULL;
	request_buffers_free();
	return err;
}

const char *bridge_fuse_version(void)
{
	return fuse_pkgversion();
}
