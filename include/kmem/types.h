/* SPDX-License-Identifier: MIT */
/*
 * types.h - the small words every kernel file is written with.
 *
 * PAGE_SIZE is 4096 on every machine: the host's page must be the same, since the host's MMU
 * is the emulated MMU (machine_boot() refuses otherwise).
 */
#ifndef KMEM_TYPES_H
#define KMEM_TYPES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

typedef unsigned int gfp_t;
typedef unsigned int slab_flags_t;
typedef unsigned int fmode_t;
typedef unsigned int __poll_t;
typedef unsigned short umode_t;
typedef unsigned long pgoff_t;
typedef u64 phys_addr_t;
typedef phys_addr_t resource_size_t;

#define __user
#define __iomem
#define __percpu
#define __force
#define __init
#define __exit

#undef PAGE_SIZE
#undef PAGE_SHIFT
#undef PAGE_MASK
#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define SMP_CACHE_BYTES 64
#define NR_CPUS		64 /* emulated CPUs a machine can have */
#define MAX_NUMNODES	16 /* memory nodes a machine can have */
#define NUMA_NO_NODE	(-1)

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define __aligned(n)	    __attribute__((aligned(n)))
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#define __must_check	    __attribute__((warn_unused_result))
#define __maybe_unused	    __attribute__((unused))
#define __always_unused	    __attribute__((unused))
#define __packed	    __attribute__((packed))
#define __read_mostly
#define noinline __attribute__((noinline))
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define ____cacheline_aligned __aligned(SMP_CACHE_BYTES)
/* Set while the machine boots. What addresses it holds are no pointers to objects (kmemleak). */
#define __ro_after_init	      __attribute__((section("kmem_ro_after_init")))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#ifndef __cplusplus
#undef min
#undef max
#define min(a, b)                       \
	({                              \
		__typeof__(a) _a = (a); \
		__typeof__(b) _b = (b); \
		_a < _b ? _a : _b;      \
	})
#define max(a, b)                       \
	({                              \
		__typeof__(a) _a = (a); \
		__typeof__(b) _b = (b); \
		_a > _b ? _a : _b;      \
	})
#define min3(a, b, c) min((__typeof__(a))min(a, b), c)
#define max3(a, b, c) max((__typeof__(a))max(a, b), c)
#define swap(a, b)                        \
	do {                              \
		__typeof__(a) _old = (a); \
		(a) = (b);                \
		(b) = _old;               \
	} while (0)
#define min_t(type, a, b)   min((type)(a), (type)(b))
#define max_t(type, a, b)   max((type)(a), (type)(b))
#define clamp(val, lo, hi)  min((__typeof__(val))max(val, lo), hi)
#define clamp_t(t, v, l, h) min_t(t, max_t(t, v, l), h)
#endif

/* A fall from one case of a switch into the next that is meant. */
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif

#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member)  (offsetof(type, member) + sizeof_field(type, member))

/* To a multiple of @y, a power of two (round_*) or anything (round*). */
#define round_up(x, y)	 ALIGN(x, y)
#define round_down(x, y) ALIGN_DOWN(x, y)
#undef roundup
#define roundup(x, y)		(((x) + (y)-1) / (y) * (y))
#define rounddown(x, y)		((x) - (x) % (y))
/* To the nearest; of numbers that are not negative. */
#define DIV_ROUND_CLOSEST(n, d) (((n) + (d) / 2) / (d))

/* Powers of two only. */
#define ALIGN(x, a)	   (((x) + ((__typeof__(x))(a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a)   ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a)-1)) == 0)
#define PTR_ALIGN(p, a)	   ((__typeof__(p))ALIGN((unsigned long)(p), (a)))
#define PAGE_ALIGN(x)	   ALIGN(x, PAGE_SIZE)
#define offset_in_page(p)  ((unsigned long)(p) & ~PAGE_MASK)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define is_power_of_2(n)   ((n) != 0 && (((n) & ((n)-1)) == 0))

#define BITS_PER_LONG 64
#define BIT(n)	      (1UL << (n))

/* The position of the highest set bit, counted from 1; 0 for 0. */
static inline int fls_long(unsigned long x)
{
	return x ? BITS_PER_LONG - __builtin_clzl(x) : 0;
}

/* floor(log2(x)); @x must not be 0. */
static inline int ilog2(unsigned long x)
{
	return fls_long(x) - 1;
}

static inline unsigned long rounddown_pow_of_two(unsigned long x) /* @x must not be 0 */
{
	return 1UL << ilog2(x);
}

/* The least n with 2^n >= x. */
static inline int order_base_2(unsigned long x)
{
	return x <= 1 ? 0 : fls_long(x - 1);
}

static inline unsigned long roundup_pow_of_two(unsigned long x)
{
	return x <= 1 ? 1 : 1UL << fls_long(x - 1);
}

#endif
