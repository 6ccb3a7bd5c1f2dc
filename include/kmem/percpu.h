/* SPDX-License-Identifier: MIT */
/*
 * percpu.h - variables with one copy for each emulated CPU.
 *
 * The copies of an allocated variable lie a constant apart (cpu_table[cpu].percpu_offset from
 * the per-CPU pointer), so finding one is an addition. A variable defined with DEFINE_PER_CPU()
 * is only the pattern of its copies: those are made when the machine boots, from what the
 * pattern holds then, and lie percpu_section_delta further off. A per-CPU pointer or variable
 * is never used as it is, only through what follows.
 *
 * Context: alloc_percpu() and __alloc_percpu() may sleep; free_percpu() does not. this_cpu_*()
 * operations are whole on their CPU whatever the context; __this_cpu_*() and this_cpu_ptr()
 * are for who cannot move to another CPU meanwhile (get_cpu(), a spinlock, a request's CPU).
 * Source of the rules: Linux 6.1, mm/percpu.c and percpu-defs.h; see mm/percpu.c of this tree.
 */
#ifndef KMEM_PERCPU_H
#define KMEM_PERCPU_H

#include <kmem/sched.h>

#define PCPU_MIN_ALLOC_SIZE   4
#define PCPU_MIN_UNIT_SIZE    (32UL << 10) /* the largest object, too */
#define PERCPU_MODULE_RESERVE (8UL << 10)

/* Zeroed on every CPU; NULL without memory, or with a report for a bad size or alignment. */
void __percpu *__alloc_percpu(size_t size, size_t align);
void __percpu *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp);
void free_percpu(void __percpu *ptr); /* NULL is ignored */

#define alloc_percpu(type) \
	((__typeof__(type) __percpu *)__alloc_percpu(sizeof(type), __alignof__(type)))
#define alloc_percpu_gfp(type, gfp) \
	((__typeof__(type) __percpu *)__alloc_percpu_gfp(sizeof(type), __alignof__(type), gfp))

/* The variables a program (or a loaded driver) defines: one section of patterns. */
struct percpu_section {
	char *start, *stop;
	long *delta; /* from a pattern to its copy for CPU 0; 0: not set up */
};

extern char __start_kmem_percpu[] __attribute__((weak, visibility("hidden")));
extern char __stop_kmem_percpu[] __attribute__((weak, visibility("hidden")));
extern long percpu_section_delta __attribute__((weak, visibility("hidden")));
long percpu_section_delta __attribute__((weak, visibility("hidden")));

#define THIS_PERCPU_SECTION \
	((struct percpu_section){ __start_kmem_percpu, __stop_kmem_percpu, &percpu_section_delta })

/*
 * Makes the copies of a section's variables; 0 or -ENOMEM with a line in the log. machine_boot()
 * does it for the program that calls it; the sections of modules share PERCPU_MODULE_RESERVE bytes,
 * and are released when the module goes. May sleep.
 */
int percpu_section_setup(const struct percpu_section *section);
void percpu_section_release(const struct percpu_section *section);

#define DECLARE_PER_CPU(type, name) \
	extern __attribute__((section("kmem_percpu"))) __typeof__(type) name
#define DEFINE_PER_CPU(type, name)		  __attribute__((section("kmem_percpu"))) __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name)	  DEFINE_PER_CPU(type, name) __aligned(SMP_CACHE_BYTES)
#define DEFINE_PER_CPU_SHARED_ALIGNED(type, name) DEFINE_PER_CPU_ALIGNED(type, name)
#define EXPORT_PER_CPU_SYMBOL(var)		  struct kmem_swallow_semicolon
#define EXPORT_PER_CPU_SYMBOL_GPL(var)		  struct kmem_swallow_semicolon

/* The copy of CPU 0 of an allocated variable, or of a pattern. */
static __always_inline char *percpu_base(const void *ptr)
{
	if ((const char *)ptr >= __start_kmem_percpu && (const char *)ptr < __stop_kmem_percpu)
		return (char *)ptr + percpu_section_delta;
	return (char *)ptr;
}

/* The CPU the caller is busy on, or a CPU it was on a moment ago. */
static __always_inline struct cpu *percpu_cpu(void)
{
	struct task_struct *t = current;

	if (unlikely(!t->busy && !t->cpu))
		cpu_end(cpu_begin());
	return t->busy ? t->busy : t->cpu;
}

/* For allocated variables only, of a CPU the caller is busy on: what hot paths use. */
#define per_cpu_of(ptr, cpu)	((__typeof__(ptr))((char *)(ptr) + (cpu)->percpu_offset))
#define __dyn_this_cpu_ptr(ptr) per_cpu_of(ptr, current->busy)

#define per_cpu_ptr(ptr, cpu) ((__typeof__(ptr))(percpu_base(ptr) + cpu_table[cpu].percpu_offset))
#define this_cpu_ptr(ptr)     ((__typeof__(ptr))(percpu_base(ptr) + percpu_cpu()->percpu_offset))
#define raw_cpu_ptr(ptr)      this_cpu_ptr(ptr)

#define per_cpu(var, cpu)  (*per_cpu_ptr(&(var), cpu))
#define __get_cpu_var(var) (*this_cpu_ptr(&(var)))
/* The same for who is busy on a CPU. */
#define busy_cpu_ptr(ptr) \
	((__typeof__(ptr))(percpu_base(ptr) + READ_OWN(current->busy)->percpu_offset))
#define get_cpu_var(var)              \
	(*({                          \
		preempt_disable();    \
		busy_cpu_ptr(&(var)); \
	}))
#define put_cpu_var(var) ((void)&(var), preempt_enable())
#define get_cpu_ptr(ptr)           \
	({                         \
		preempt_disable(); \
		busy_cpu_ptr(ptr); \
	})
#define put_cpu_ptr(ptr) ((void)(ptr), preempt_enable())

/* An operation on this CPU's copy, whole whatever the context. */
#define this_cpu_do(var, expression)                           \
	({                                                     \
		bool outer_ = cpu_begin();                     \
		__typeof__(var) *copy_ = this_cpu_ptr(&(var)); \
		__typeof__(var) result_ = (expression);        \
		cpu_end(outer_);                               \
		result_;                                       \
	})

#define this_cpu_read(var)	    this_cpu_do(var, *copy_)
#define this_cpu_write(var, val)    ((void)this_cpu_do(var, *copy_ = (val)))
#define this_cpu_add(var, val)	    ((void)this_cpu_do(var, *copy_ += (val)))
#define this_cpu_sub(var, val)	    ((void)this_cpu_do(var, *copy_ -= (val)))
#define this_cpu_inc(var)	    this_cpu_add(var, 1)
#define this_cpu_dec(var)	    this_cpu_sub(var, 1)
#define this_cpu_and(var, val)	    ((void)this_cpu_do(var, *copy_ &= (val)))
#define this_cpu_or(var, val)	    ((void)this_cpu_do(var, *copy_ |= (val)))
#define this_cpu_add_return(var, v) this_cpu_do(var, *copy_ += (v))
#define this_cpu_sub_return(var, v) this_cpu_do(var, *copy_ -= (v))
#define this_cpu_inc_return(var)    this_cpu_add_return(var, 1)
#define this_cpu_dec_return(var)    this_cpu_sub_return(var, 1)
#define this_cpu_xchg(var, val)                            \
	this_cpu_do(var, ({                                \
			    __typeof__(var) old_ = *copy_; \
			    *copy_ = (val);                \
			    old_;                          \
		    }))
#define this_cpu_cmpxchg(var, was, val)                    \
	this_cpu_do(var, ({                                \
			    __typeof__(var) old_ = *copy_; \
			    if (old_ == (was))             \
				    *copy_ = (val);        \
			    old_;                          \
		    }))

#define __this_cpu_read(var)	   (*this_cpu_ptr(&(var)))
#define __this_cpu_write(var, val) ((void)(*this_cpu_ptr(&(var)) = (val)))
#define __this_cpu_add(var, val)   ((void)(*this_cpu_ptr(&(var)) += (val)))
#define __this_cpu_sub(var, val)   ((void)(*this_cpu_ptr(&(var)) -= (val)))
#define __this_cpu_inc(var)	   __this_cpu_add(var, 1)
#define __this_cpu_dec(var)	   __this_cpu_sub(var, 1)
#define raw_cpu_read(var)	   __this_cpu_read(var)
#define raw_cpu_add(var, val)	   __this_cpu_add(var, val)
#define raw_cpu_inc(var)	   __this_cpu_inc(var)

#endif
