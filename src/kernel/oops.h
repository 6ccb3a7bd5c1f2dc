/* SPDX-License-Identifier: MIT */
/* oops.h - ending a guarded call from inside. */
#ifndef KERNEL_OOPS_H
#define KERNEL_OOPS_H

/* Abandons the innermost guarded call of this thread; returns if there is none. */
void oops_die(void);
/* Faults become oopses from here on. */
void oops_boot(void);

#endif
