/* SPDX-License-Identifier: MIT */
/* workqueue.h - boot and halt of workqueue.c. */
#ifndef KERNEL_WORKQUEUE_H
#define KERNEL_WORKQUEUE_H

int workqueue_boot(void);  /* 0 or -errno */
void workqueue_exit(void); /* does what is queued first */

#endif
