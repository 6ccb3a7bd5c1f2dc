/* SPDX-License-Identifier: MIT */
/* proc_self.h - proc/self/. Told in proc_self.c. */
#ifndef FS_PROC_SELF_H
#define FS_PROC_SELF_H

int proc_self_init(void); /* 0 or -ENOMEM */

#endif
