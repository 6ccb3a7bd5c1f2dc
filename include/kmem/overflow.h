/* SPDX-License-Identifier: MIT */
/*
 * overflow.h - sizes whose computation cannot wrap.
 *
 * check_*_overflow() store the wrapped result and return true if it is wrong. The others return
 * SIZE_MAX then, which every allocator refuses. Context: any. Source: Linux 6.1, overflow.h.
 */
#ifndef KMEM_OVERFLOW_H
#define KMEM_OVERFLOW_H

#include <kmem/types.h>

#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define check_sub_overflow(a, b, d) __builtin_sub_overflow(a, b, d)
#define check_mul_overflow(a, b, d) __builtin_mul_overflow(a, b, d)

static inline size_t __must_check size_mul(size_t a, size_t b)
{
	size_t bytes;

	return check_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t __must_check size_add(size_t a, size_t b)
{
	size_t bytes;

	return check_add_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

#define array_size(a, b)     size_mul(a, b)
#define array3_size(a, b, c) size_mul(size_mul(a, b), c)

/* The bytes of a structure that ends in an array of @count @member. */
#define flex_array_size(p, member, count) size_mul(count, sizeof((p)->member[0]))
#define struct_size(p, member, count)	  size_add(sizeof(*(p)), flex_array_size(p, member, count))

#endif
