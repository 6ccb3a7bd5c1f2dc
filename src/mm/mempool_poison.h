/* SPDX-License-Identifier: MIT */
/* mempool_poison.h - elements in the reserve are filled. Told in mempool_poison.c. Context: any. */
#ifndef MM_MEMPOOL_POISON_H
#define MM_MEMPOOL_POISON_H

#include <kmem/mempool.h>

extern bool mempool_poisoned; /* by the boot line (slub_debug.c) */

/* @element goes into the reserve, or leaves it. */
void mempool_poison(const mempool_t *pool, void *element);
void mempool_check_poison(const mempool_t *pool, void *element);

#endif
