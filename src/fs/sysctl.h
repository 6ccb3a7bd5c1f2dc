/* SPDX-License-Identifier: MIT */
/* sysctl.h - proc/sys/. Told in sysctl.c. */
#ifndef FS_SYSCTL_H
#define FS_SYSCTL_H

/* Makes proc/sys/ with its files. 0 or -ENOMEM. */
int sysctl_init(void);

#endif
