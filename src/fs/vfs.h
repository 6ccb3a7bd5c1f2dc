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

struct node *vfs_dev_dir(void);
struct node *vfs_proc_dir(void);

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
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int vfs_flush(struct file *file, fl_owner_t id);
int vfs_fsync(struct file *file, int datasync);
long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len);
__poll_t vfs_poll(struct file *file);
int vfs_truncate(struct node *node, loff_t length);

#endif
