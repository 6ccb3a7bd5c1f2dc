/* SPDX-License-Identifier: MIT */
/* task.h - what the rest of the machine needs of task.c beyond sched.h. */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include <kmem/types.h>

/* Names the calling thread to the machine and sees to it that its end gives back its CPU. */
void task_register(void);

/*
 * Calls @fn with a copy of the used part of each thread's stack that was ever busy here and lives
 * still; of the calling thread's what is above @own_sp. Sleeps for the host.
 */
void for_each_task_stack(unsigned long own_sp, void (*fn)(void *copy, size_t size, void *arg),
			 void *arg);

#endif
