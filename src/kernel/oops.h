/* SPDX-License-Identifier: MIT */
/* oops.h - ending a guarded call from inside. */
#ifndef KERNEL_OOPS_H
#define KERNEL_OOPS_H

#include <kmem/types.h>

/* Abandons the innermost guarded call of this thread; returns if there is none. */
void oops_die(void);
/*
 * Who may make a faulting access good: @fixup runs in the signal's context, on whatever thread, and
 * returns true if the access is to be tried again. NULL: nobody.
 */
void oops_set_fixup(bool (*fixup)(unsigned long addr, bool write));
/* Faults become oopses from here on. */
void oops_boot(void);

#endif
