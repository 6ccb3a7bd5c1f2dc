/* SPDX-License-Identifier: MIT */
/*
 * vfs.h - calls on nodes and open files, for the bridge and for tests without a mount.
 *
 * Each call into a driver is guarded: if it faults or runs into BUG(), the report is in the log
 * and the call fails with -EIO. All return 0, a count or a position, or -errno, and may sleep.
 * The caller is busy on a CPU or not, as he likes.
 */
#ifndef FS_VFS_H
#define FS_VFS_H

#include <kmem/fs.h>
#include "node.h"

/* The tree with dev/ and proc/ and the built-in files; needs a running machine. */
int vfs_init(void);
/* Closes what is open, then takes the tree down. Modules must have been unloaded before. */
void vfs_exit(void);

/*
 * What whoever shows the tree to clients wants to be told; all NULL until vfs_set_client(). May
 * be called under spinlocks, so none may sleep.
 */
struct vfs_client {
	/* See inode_changed(). */
	void (*changed)(struct inode *inode, loff_t pos, loff_t len);
	/* What vfs_poll() was given: the answer may be another now; or nobody waits any more. */
	void (*poll_wake)(void *waiter);
	void (*poll_drop)(void *waiter);
};
void vfs_set_client(const struct vfs_client *client);

/* @flags: O_*. The file holds the node. O_TRUNC empties what has a length. */
int vfs_open(struct node *node, unsigned int flags, struct file **filep);
/* The same by a path below the root: "dev/scull0". Follows one symlink at the end. */
int vfs_open_path(const char *path, unsigned int flags, struct file **filep);
void vfs_release(struct file *file);
/* Closes all files that are still open: the mount is gone. Returns how many there were. */
unsigned int vfs_release_all(void);

/* @pos is where to start and moves on by the count. A NULL @pos is the file's own position. */
ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos);
ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos);
/* As vfs_write(), but what a mapping gives back: not past the end, and never appended. */
ssize_t vfs_write_back(struct file *file, const char __user *buf, size_t count, loff_t pos);
/*
 * Where the bytes are that vfs_read() would copy; see ->read_hold. If the count is above 0,
 * vfs_read_drop() must follow. -EOPNOTSUPP: use vfs_read().
 */
ssize_t vfs_read_hold(struct file *file, size_t count, loff_t pos, struct kvec *vec,
		      unsigned int max, unsigned int *nr);
void vfs_read_drop(struct file *file);
/* The bytes of such pieces, one after the other. 0, or -EIO for pieces that are not there. */
int vfs_read_copy(const struct kvec *vec, unsigned int nr, void *buf);
/* fcntl(F_SETFL): O_APPEND, O_NONBLOCK and O_DIRECT become what @flags has. */
void vfs_set_flags(struct file *file, unsigned int flags);
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int vfs_flush(struct file *file, fl_owner_t id);
int vfs_fsync(struct file *file, int datasync);
long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len);
/*
 * With a @waiter, the client's poll_wake(@waiter) is called once when the answer may have changed,
 * or poll_drop(@waiter) when another takes its place or the file is released.
 */
__poll_t vfs_poll(struct file *file, void *waiter);
int vfs_truncate(struct node *node, loff_t length);

#endif
