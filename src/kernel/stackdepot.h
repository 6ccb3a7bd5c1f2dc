/* SPDX-License-Identifier: MIT */
/*
 * stackdepot.h - who called, as one number. Told in stackdepot.c. Context: any; host memory only.
 */
#ifndef KERNEL_STACKDEPOT_H
#define KERNEL_STACKDEPOT_H

#include <kmem/types.h>

#define STACK_DEPOT_DEPTH 16

typedef u32 depot_stack_handle_t; /* 0: none */

/*
 * The caller's stack from @skip callers up (0: the caller itself), at most STACK_DEPOT_DEPTH deep.
 * 0 if it is a new one and the depot is full.
 */
depot_stack_handle_t stack_depot_save_here(unsigned int skip);
/* The same from the frame that returns to @caller; the whole of it if there is no such. */
depot_stack_handle_t stack_depot_save_from(const void *caller);

/*
 * The return addresses of a stack, the innermost first; returns how many, 0 if @handle is none that
 * was given out. They stay for ever.
 */
unsigned int stack_depot_fetch(depot_stack_handle_t handle, void *const **entries);

/* Each as a line of its name with @indent before it; 0 if @size is too small for all of them. */
size_t stack_depot_snprint(depot_stack_handle_t handle, char *buf, size_t size, const char *indent);
/* The same into the log. */
void stack_depot_print(depot_stack_handle_t handle);

#endif
