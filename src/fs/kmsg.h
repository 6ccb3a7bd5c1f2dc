/* SPDX-License-Identifier: MIT */
/* kmsg.h - the log as files: proc/kmsg and dev/kmsg. Told in kmsg.c. */
#ifndef FS_KMSG_H
#define FS_KMSG_H

struct node;

/* Makes both files. 0 or -errno. */
int kmsg_init(struct node *dev_dir);
/* Nobody may be inside one of the files any more. */
void kmsg_exit(void);

#endif
