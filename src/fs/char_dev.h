/* SPDX-License-Identifier: MIT */
/* char_dev.h - what the rest of src/fs needs of char_dev.c beside cdev.h. */
#ifndef FS_CHAR_DEV_H
#define FS_CHAR_DEV_H

#include <kmem/cdev.h>

struct node;
struct seq_file;

/* Where the names of devices are made: dev/. NULL: no more. */
void char_dev_init(struct node *dev_dir);
/* Takes away what drivers left behind; tells them in the log. */
void char_dev_exit(void);

/* Drops the reference that an open file has. */
void cdev_put(struct cdev *cdev);

int devices_show(struct seq_file *m, void *v); /* proc/devices */

#endif
