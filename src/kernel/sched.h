/* SPDX-License-Identifier: MIT */
/* sched.h - what the boot needs of sched.c. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kmem/types.h>

/* The machine's clock starts at 0. */
void sched_boot(void);
/* When that was, in seconds since 1970. */
u64 boot_time_seconds(void);

#endif
