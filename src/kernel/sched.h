/* SPDX-License-Identifier: MIT */
/* sched.h - what the boot needs of sched.c. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

/* The machine's clock starts at 0. */
void sched_boot(void);

#endif
