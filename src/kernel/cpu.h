/* SPDX-License-Identifier: MIT */
/* cpu.h - what the rest of the machine needs of cpu.c beyond sched.h. */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

struct task_struct;

/* The machine has @nr CPUs, none with an owner. No thread may be inside. */
void cpu_table_init(unsigned int nr);
void cpu_table_exit(void);

/* @t ends, and is the owner of nothing from here on. */
void cpu_forget_thread(struct task_struct *t);

#endif
