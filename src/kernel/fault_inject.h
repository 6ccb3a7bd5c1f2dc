/* SPDX-License-Identifier: MIT */
/* fault_inject.h - what fault_inject.c and fault_files.c know of each other. */
#ifndef KERNEL_FAULT_INJECT_H
#define KERNEL_FAULT_INJECT_H

#include <kmem/fault-inject.h>
#include <kmem/mutex.h>

extern struct mutex fault_attrs_mutex;
extern struct list_head fault_attrs; /* protected by fault_attrs_mutex */

/* Tells the owner if anything can fail. Caller holds fault_attrs_mutex. */
void fault_attr_tell_owner(struct fault_attr *attr);

#endif
