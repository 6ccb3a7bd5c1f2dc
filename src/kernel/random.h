/* SPDX-License-Identifier: MIT */
/* random.h - numbers without a pattern that matters here: xorshift (Marsaglia 2003). */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include <kmem/types.h>

#define RANDOM_SEED 88172645463325252ull /* any but 0 */

/* What follows @x. */
static inline u64 next_random(u64 x)
{
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

#endif
