/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - the kernel's atomic_t over the compiler's atomics.
 *
 * As in the kernel, operations that return a value are fully ordered, the others and the plain
 * read and set are not.
 */
#ifndef KMEM_ATOMIC_H
#define KMEM_ATOMIC_H

#include <kmem/types.h>

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef atomic64_t atomic_long_t;

#define ATOMIC_INIT(i) \
	{              \
		(i)    \
	}
#define ATOMIC64_INIT(i) \
	{                \
		(i)      \
	}

#define READ_ONCE(x)	 __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)

/*
 * For words that one thread writes and others only look at now and then: that thread's own read in
 * a test, and its increment, which the compiler may then do in one instruction. (It folds no
 * atomic access into another instruction. Aligned words are whole on the processors we run on.)
 */
#ifdef __SANITIZE_THREAD__
#define READ_OWN(x) READ_ONCE(x)
#define INC_OWN(x)  WRITE_ONCE(x, (x) + 1)
#else
#define READ_OWN(x) (x)
#define INC_OWN(x)  ((x)++)
#endif

#define barrier()   __asm__ volatile("" ::: "memory")
#define smp_mb()    __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()   __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()   __atomic_thread_fence(__ATOMIC_RELEASE)
#define cpu_relax() __builtin_ia32_pause()

#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#define KMEM_ATOMIC_OPS(type, t, prefix)                                                     \
	static inline t prefix##_read(const type *v)                                         \
	{                                                                                    \
		return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);                       \
	}                                                                                    \
	static inline void prefix##_set(type *v, t i)                                        \
	{                                                                                    \
		__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);                          \
	}                                                                                    \
	static inline void prefix##_add(t i, type *v)                                        \
	{                                                                                    \
		__atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED);                        \
	}                                                                                    \
	static inline void prefix##_sub(t i, type *v)                                        \
	{                                                                                    \
		__atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED);                        \
	}                                                                                    \
	static inline void prefix##_inc(type *v)                                             \
	{                                                                                    \
		prefix##_add(1, v);                                                          \
	}                                                                                    \
	static inline void prefix##_dec(type *v)                                             \
	{                                                                                    \
		prefix##_sub(1, v);                                                          \
	}                                                                                    \
	static inline t prefix##_add_return(t i, type *v)                                    \
	{                                                                                    \
		return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                 \
	}                                                                                    \
	static inline t prefix##_sub_return(t i, type *v)                                    \
	{                                                                                    \
		return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                 \
	}                                                                                    \
	static inline t prefix##_fetch_add(t i, type *v)                                     \
	{                                                                                    \
		return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);                 \
	}                                                                                    \
	static inline t prefix##_fetch_sub(t i, type *v)                                     \
	{                                                                                    \
		return __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST);                 \
	}                                                                                    \
	/* Adds unless it is @u; true if it did. */                                          \
	static inline bool prefix##_add_unless(type *v, t i, t u)                            \
	{                                                                                    \
		t old = __atomic_load_n(&v->counter, __ATOMIC_RELAXED);                      \
                                                                                             \
		while (old != u)                                                             \
			if (__atomic_compare_exchange_n(&v->counter, &old, old + i, true,    \
							__ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) \
				return true;                                                 \
		return false;                                                                \
	}                                                                                    \
	static inline bool prefix##_inc_not_zero(type *v)                                    \
	{                                                                                    \
		return prefix##_add_unless(v, 1, 0);                                         \
	}                                                                                    \
	static inline t prefix##_inc_return(type *v)                                         \
	{                                                                                    \
		return prefix##_add_return(1, v);                                            \
	}                                                                                    \
	static inline t prefix##_dec_return(type *v)                                         \
	{                                                                                    \
		return prefix##_sub_return(1, v);                                            \
	}                                                                                    \
	static inline bool prefix##_dec_and_test(type *v)                                    \
	{                                                                                    \
		return prefix##_sub_return(1, v) == 0;                                       \
	}                                                                                    \
	static inline bool prefix##_inc_and_test(type *v)                                    \
	{                                                                                    \
		return prefix##_add_return(1, v) == 0;                                       \
	}                                                                                    \
	static inline t prefix##_xchg(type *v, t i)                                          \
	{                                                                                    \
		return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST);                \
	}                                                                                    \
	static inline t prefix##_cmpxchg(type *v, t old, t i)                                \
	{                                                                                    \
		__atomic_compare_exchange_n(&v->counter, &old, i, false, __ATOMIC_SEQ_CST,   \
					    __ATOMIC_SEQ_CST);                               \
		return old;                                                                  \
	}

KMEM_ATOMIC_OPS(atomic_t, int, atomic)
KMEM_ATOMIC_OPS(atomic64_t, s64, atomic64)
KMEM_ATOMIC_OPS(atomic_long_t, long, atomic_long)
#undef KMEM_ATOMIC_OPS

#endif
