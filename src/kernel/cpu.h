/* SPDX-License-Identifier: MIT */
/* cpu.h - what the rest of the machine needs of cpu.c beyond sched.h. */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

/* The machine has @nr CPUs, none with an owner. No thread may be inside. */
void cpu_table_init(unsigned int nr);
void cpu_table_exit(void);

/* Names the calling thread to the machine and sees to it that its end gives back its CPU. */
void task_register(void);

/*
 * Calls @fn with a copy of the used part of each thread's stack that was ever busy here and lives
 * still; of the calling thread's what is above @own_sp. Sleeps for the host.
 */
void for_each_task_stack(unsigned long own_sp, void (*fn)(void *copy, size_t size, void *arg),
			 void *arg);

#endif
