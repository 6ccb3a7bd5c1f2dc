/* SPDX-License-Identifier: MIT */
/* scull.h - what the files of the module scull need of each other. */
#ifndef SCULL_SCULL_H
#define SCULL_SCULL_H

#include "core.h"

extern struct scull_driver scull_driver;

/*
 * Make the devices, their numbers from *@next on, and move that behind them. 0 or -errno; the
 * exits take back whatever there is.
 */
int scull_p_init(dev_t *next);
void scull_p_exit(void);
int scull_access_init(dev_t *next);
void scull_access_exit(void);

/* The two commands that are about pipes; -ENOTTY for others. */
long scull_p_size_ioctl(unsigned int cmd, unsigned long arg);

#endif
