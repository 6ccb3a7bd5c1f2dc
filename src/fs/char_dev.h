/* SPDX-License-Identifier: MIT */
/* char_dev.h - what the rest of src/fs needs of char_dev.c beside cdev.h. */
#ifndef FS_CHAR_DEV_H
#define FS_CHAR_DEV_H

#include <kmem/cdev.h>

struct seq_file;

/* Takes away what drivers left behind; tells them in the log. */
void char_dev_exit(void);

/* What a device's inode is opened with. */
extern const struct file_operations chrdev_fops;

/* The driver of an inode's number, pinned: a reference and its module. NULL: none, or it is leaving. */
struct cdev *cdev_get(struct inode *inode);
/* Drops that, as an open file has one. */
void cdev_put(struct cdev *cdev);

int devices_show(struct seq_file *m, void *v); /* proc/devices */

#endif
