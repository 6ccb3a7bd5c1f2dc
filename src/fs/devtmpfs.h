/* SPDX-License-Identifier: MIT */
/* devtmpfs.h - what vfs.c needs of devtmpfs.c; the rest is in cdev.h. */
#ifndef FS_DEVTMPFS_H
#define FS_DEVTMPFS_H

struct node;

/* Where the names are made: dev/. NULL: no more. */
void devtmpfs_init(struct node *dir);
/* Takes away what drivers left behind; tells them in the log. */
void devtmpfs_exit(void);

#endif
