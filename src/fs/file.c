// SPDX-License-Identifier: MIT
/*
 * file.c - open files: the calls between the mount and a driver's file_operations.
 *
 * A file is opened on a node and holds it, so that the node's inode outlives its name. ->open may
 * put other operations in place (char_dev.c does), and these are used from then on. Every call
 * through a driver's pointer is guarded: what faults in there costs the driver its call and the
 * client an EIO, no more.
 *
 * The rules of each call (which are the VFS's and not the driver's) stand at its function: what a
 * missing method means, what is checked before the driver is asked.
 *
 * Locks: files_mutex protects the list of open files. No lock is held over a driver's method:
 * reads and writes of one file may run at once, as file_operations promises.
 */
#include <string.h>
#include <kmem/atomic.h>
#include <kmem/bug.h>

#include "../kernel/host.h"
#include "../mm/kmemleak.h"
#include "char_dev.h"
#include "guard.h"
#include "poll.h"
#include "vfs.h"

#define ENOIOCTLCMD 515 /* in-kernel: the driver does not know the command */

struct open_file {
	struct file file;
	atomic_t refs; /* the opener's, and one for each read by reference under way */
	struct poll_watch watch;
	struct list_head link; /* in open_files; protected by files_mutex */
};

/* The arguments of whichever method is called. */
struct file_call {
	struct file *file;
	struct inode *inode;
	char __user *buf;
	const char __user *from;
	size_t count;
	loff_t *pos;
	loff_t offset, len;
	int how; /* whence, mode, datasync */
	unsigned int cmd;
	unsigned long arg;
	fl_owner_t owner;
	poll_table *table;
	struct kvec *vec;
	unsigned int max, *nr;
};

static DEFINE_MUTEX(files_mutex);
static LIST_HEAD(open_files); /* protected by files_mutex */

static long call_open(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->open(c->inode, c->file);
}

static long call_release(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->release(c->inode, c->file);
}

static long call_read(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->read(c->file, c->buf, c->count, c->pos);
}

static long call_write(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->write(c->file, c->from, c->count, c->pos);
}

static long call_llseek(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->llseek(c->file, c->offset, c->how);
}

static long call_ioctl(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->unlocked_ioctl(c->file, c->cmd, c->arg);
}

static long call_flush(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->flush(c->file, c->owner);
}

static long call_fsync(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->fsync(c->file, 0, c->len, c->how);
}

static long call_fallocate(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->fallocate(c->file, c->how, c->offset, c->len);
}

static long call_poll(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->poll(c->file, c->table);
}

static long call_read_hold(void *arg)
{
	struct file_call *c = arg;

	return c->file->f_op->read_hold(c->file, c->count, *c->pos, c->vec, c->max, c->nr);
}

static long call_read_drop(void *arg)
{
	struct file_call *c = arg;

	c->file->f_op->read_drop(c->file);
	return 0;
}

/* Frees what vfs_open() made; ->release has run, or ->open has not succeeded. */
static void file_free(struct file *file)
{
	struct open_file *of = container_of(file, struct open_file, file);

	mutex_lock(&files_mutex);
	list_del(&of->link);
	mutex_unlock(&files_mutex);
	poll_watch_end(&of->watch);
	if (file->f_cdev)
		cdev_put(file->f_cdev);
	node_put(inode_node(file->f_inode));
	kmemleak_host_free(of);
}

static struct file *file_alloc(struct node *node, unsigned int flags)
{
	static const unsigned int modes[] = {
		[O_RDONLY] = FMODE_READ,
		[O_WRONLY] = FMODE_WRITE,
		[O_RDWR] = FMODE_READ | FMODE_WRITE,
		[O_ACCMODE] = 0,
	};
	struct open_file *of = kmemleak_host_alloc(sizeof(*of));

	if (!of)
		return NULL;
	of->file.f_inode = &node_get(node)->inode;
	of->file.f_op = node->inode.i_fop;
	of->file.f_flags = flags;
	of->file.f_mode = modes[flags & O_ACCMODE];
	atomic_set(&of->refs, 1);
	poll_watch_init(&of->watch);
	mutex_lock(&files_mutex);
	list_add(&of->link, &open_files);
	mutex_unlock(&files_mutex);
	return &of->file;
}

int vfs_open(struct node *node, unsigned int flags, struct file **filep)
{
	struct file_call c = { .inode = &node->inode };
	int err = 0;

	if (S_ISDIR(node_mode(node)))
		return -EISDIR;
	if (S_ISLNK(node_mode(node)))
		return -ELOOP;
	c.file = file_alloc(node, flags);
	if (!c.file)
		return -ENOMEM;
	if (c.file->f_op->open)
		err = (int)guarded(call_open, &c);
	if (err) {
		file_free(c.file);
		return err;
	}
	/* What has no length ignores O_TRUNC, as the kernel's character devices do. */
	if ((flags & O_TRUNC) && node->ops->truncate) {
		err = vfs_truncate(node, 0);
		if (err && err != -EINVAL) {
			vfs_release(c.file);
			return err;
		}
	}
	c.file->f_flags &= ~(unsigned int)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	*filep = c.file;
	return 0;
}

int vfs_open_path(const char *path, unsigned int flags, struct file **filep)
{
	struct node *node = node_walk(node_root(), path);
	int err;

	if (node && node->target) {
		struct node *link = node;

		node = node_walk(link->parent, link->target);
		node_put(link);
	}
	if (!node)
		return -ENOENT;
	err = vfs_open(node, flags, filep);
	node_put(node);
	return err;
}

void vfs_release(struct file *file)
{
	struct file_call c = { .file = file, .inode = file->f_inode };

	if (!atomic_dec_and_test(&container_of(file, struct open_file, file)->refs))
		return; /* the read that is under way does it */
	if (file->f_op->release)
		guarded(call_release, &c);
	file_free(file);
}

unsigned int vfs_release_all(void)
{
	struct open_file *of;
	unsigned int n = 0;

	for (;; n++) {
		mutex_lock(&files_mutex);
		of = list_first_entry_or_null(&open_files, struct open_file, link);
		mutex_unlock(&files_mutex);
		if (!of)
			return n;
		vfs_release(&of->file);
	}
}

/* A driver that says it moved more than it was asked for is not believed. */
static ssize_t checked_count(ssize_t ret, size_t count)
{
	return WARN_ON_ONCE(ret > 0 && (size_t)ret > count) ? -EIO : ret;
}

/* -EBADF if it is not open for reading; -EINVAL without a method. */
ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct file_call c = {
		.file = file, .buf = buf, .count = count, .pos = pos ? pos : &file->f_pos
	};

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!file->f_op->read || *c.pos < 0)
		return -EINVAL;
	return checked_count(guarded(call_read, &c), count);
}

/* As vfs_read(). Where O_APPEND begins is the driver's to say, under its own lock. */
ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct file_call c = {
		.file = file, .from = buf, .count = count, .pos = pos ? pos : &file->f_pos
	};
	ssize_t ret;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!file->f_op->write || *c.pos < 0)
		return -EINVAL;
	ret = checked_count(guarded(call_write, &c), count);
	if (ret > 0)
		node_set_mtime(inode_node(file->f_inode), NULL);
	return ret;
}

ssize_t vfs_write_back(struct file *file, const char __user *buf, size_t count, loff_t pos)
{
	/* The driver's ->write looks at the file only: so it gets one that says what is meant. */
	struct file copy = *file;

	copy.f_mode |= FMODE_WRITEBACK;
	return vfs_write(&copy, buf, count, &pos);
}

/* -EBADF if it is not open for reading. */
ssize_t vfs_read_hold(struct file *file, size_t count, loff_t pos, struct kvec *vec,
		      unsigned int max, unsigned int *nr)
{
	struct file_call c = {
		.file = file, .count = count, .pos = &pos, .vec = vec, .max = max, .nr = nr
	};
	ssize_t ret;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!file->f_op->read_hold)
		return -EOPNOTSUPP;
	if (pos < 0)
		return -EINVAL;
	ret = checked_count(guarded(call_read_hold, &c), count);
	if (ret > 0)
		atomic_inc(&container_of(file, struct open_file, file)->refs);
	return ret;
}

void vfs_read_drop(struct file *file)
{
	struct file_call c = { .file = file };

	guarded(call_read_drop, &c);
	vfs_release(file); /* it may have been released meanwhile */
}

static long copy_pieces(void *arg)
{
	const struct file_call *c = arg;
	char *at = c->buf;

	for (unsigned int i = 0; i < c->max; i++) {
		if (i + 1 < c->max) /* its page may be one that the CPU has to look up */
			__builtin_prefetch(c->vec[i + 1].iov_base);
		memcpy(at, c->vec[i].iov_base, c->vec[i].iov_len);
		at += c->vec[i].iov_len;
	}
	return 0;
}

int vfs_read_copy(const struct kvec *vec, unsigned int nr, void *buf)
{
	struct file_call c = { .vec = (struct kvec *)(uintptr_t)vec, .max = nr, .buf = buf };

	return (int)guarded(copy_pieces, &c);
}

void vfs_set_flags(struct file *file, unsigned int flags)
{
	const unsigned int mask = O_APPEND | O_NONBLOCK | O_DIRECT;
	unsigned int now = READ_ONCE(file->f_flags);

	if ((now ^ flags) & mask)
		WRITE_ONCE(file->f_flags, (now & ~mask) | (flags & mask));
}

/* -ESPIPE without a method, as since Linux 6.0, and without positions. */
loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
	struct file_call c = { .file = file, .offset = offset, .how = whence };

	if (!file->f_op->llseek || (file->f_mode & FMODE_NOSEEK))
		return -ESPIPE;
	return guarded(call_llseek, &c);
}

/* -ENOTTY for what nobody knows. */
long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct file_call c = { .file = file, .cmd = cmd, .arg = arg };
	long ret;

	if (!file->f_op->unlocked_ioctl)
		return -ENOTTY;
	ret = guarded(call_ioctl, &c);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

int vfs_flush(struct file *file, fl_owner_t id)
{
	struct file_call c = { .file = file, .owner = id };

	return file->f_op->flush ? (int)guarded(call_flush, &c) : 0;
}

/*
 * Without a method: a device with a length looks like a regular file to its clients, and behind
 * memory there is nothing to write to; any other is -EINVAL, as in the kernel.
 */
int vfs_fsync(struct file *file, int datasync)
{
	struct file_call c = { .file = file, .len = INT64_MAX, .how = datasync };

	if (!file->f_op->fsync)
		return file->f_op->truncate ? 0 : -EINVAL;
	return (int)guarded(call_fsync, &c);
}

long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct file_call c = { .file = file, .how = mode, .offset = offset, .len = len };

	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	return file->f_op->fallocate ? guarded(call_fallocate, &c) : -EOPNOTSUPP;
}

/* Always ready without a method. */
__poll_t vfs_poll(struct file *file, void *waiter)
{
	struct poll_watch *watch = &container_of(file, struct open_file, file)->watch;
	struct file_call c = { .file = file, .table = waiter ? &watch->table : NULL };
	long ret;

	/* In place before the driver looks: a change after the look finds it. */
	if (waiter)
		poll_watch_set(watch, waiter);
	if (!file->f_op->poll)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	ret = guarded(call_poll, &c);
	return ret < 0 ? POLLERR : (__poll_t)ret;
}

/* -EINVAL for what has no length. */
int vfs_truncate(struct node *node, loff_t length)
{
	int err;

	if (length < 0 || !node->ops->truncate)
		return -EINVAL;
	err = node->ops->truncate(node, length);
	if (!err)
		node_set_mtime(node, NULL);
	return err;
}
