/* SPDX-License-Identifier: MIT */
/*
 * percpu.h - variables with one copy for each emulated CPU.
 *
 * A per-CPU pointer is not an address; per_cpu_ptr() and this_cpu_ptr() make one. The copies of
 * one variable lie a constant apart (cpu_table[cpu].percpu_offset), so that is one addition.
 *
 * Context: alloc_percpu() and __alloc_percpu() may sleep; free_percpu() does not.
 * Source of the rules: Linux 6.1, mm/percpu.c; see mm/percpu.c of this tree.
 */
#ifndef KMEM_PERCPU_H
#define KMEM_PERCPU_H

#include <kmem/gfp.h>
#include <kmem/sched.h>

#define PCPU_MIN_ALLOC_SIZE 4
#define PCPU_MIN_UNIT_SIZE  (32UL << 10) /* the largest object, too */

/* Zeroed on every CPU; NULL without memory, or with a report for a bad size or alignment. */
void __percpu *__alloc_percpu(size_t size, size_t align);
void __percpu *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp);
void free_percpu(void __percpu *ptr); /* NULL is ignored */

#define alloc_percpu(type) \
	((__typeof__(type) __percpu *)__alloc_percpu(sizeof(type), __alignof__(type)))
#define alloc_percpu_gfp(type, gfp) \
	((__typeof__(type) __percpu *)__alloc_percpu_gfp(sizeof(type), __alignof__(type), gfp))

#define per_cpu_ptr(ptr, cpu) ((__typeof__(ptr))((char *)(ptr) + cpu_table[cpu].percpu_offset))
/* Only while busy on a CPU: between get_cpu() and put_cpu(), or in a request. */
#define this_cpu_ptr(ptr)     ((__typeof__(ptr))((char *)(ptr) + current->busy->percpu_offset))
#define raw_cpu_ptr(ptr)      this_cpu_ptr(ptr)

#define get_cpu_ptr(ptr)           \
	({                         \
		preempt_disable(); \
		this_cpu_ptr(ptr); \
	})
#define put_cpu_ptr(ptr) ((void)(ptr), preempt_enable())

#endif
