// SPDX-License-Identifier: MIT
/*
 * mempool_poison.c - elements in a pool's reserve are nobody's, and who writes to one is told of.
 *
 * With slub_debug's poison for all caches, an element of the ready-made pools is filled when it goes
 * into the reserve (6b, a5 at the end) and looked at when it leaves it, and then reads 5a. What is in
 * an element of a pool of the user's own is not known. A block of pages is filled page by page, since
 * one of high memory has no address of its own.
 *
 * Locks: none here; the caller has the element alone.
 *
 * Source of the rules: Linux 6.12, mm/mempool.c.
 */
#include <string.h>
#include <kmem/bug.h>
#include <kmem/highmem.h>
#include <kmem/mempool.h>
#include <kmem/poison.h>
#include <kmem/printk.h>

#include "mempool_poison.h"

#define SHOWN 8 /* bytes before and from the wrong one */

bool mempool_poisoned;

static void fill(u8 *p, size_t size)
{
	memset(p, POISON_FREE, size - 1);
	p[size - 1] = POISON_END;
}

static void report(const mempool_t *pool, const u8 *p, size_t size, size_t wrong)
{
	size_t start = wrong < SHOWN ? 0 : wrong - SHOWN, end = min(wrong + SHOWN, size);
	char hex[2 * SHOWN * 3 + 1];

	for (size_t i = start; i < end; i++)
		sprintf(hex + 3 * (i - start), "%02x ", p[i]);
	pr_err("BUG: mempool element poison mismatch\n");
	pr_err("Mempool %p size %zu\n", (const void *)pool, size);
	pr_err(" nr=%d @ %p: %s%s%s\n", pool->curr_nr, (const void *)p, start ? "... " : "", hex,
	       end < size ? "..." : "");
	dump_stack();
}

static void check(const mempool_t *pool, u8 *p, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (p[i] != (i < size - 1 ? POISON_FREE : POISON_END)) {
			report(pool, p, size, i);
			break;
		}
	}
	memset(p, POISON_INUSE, size);
}

/* Bytes of an element that has an address; 0: it has none, or the pool is somebody's own. */
static size_t element_size(const mempool_t *pool)
{
	if (pool->alloc == mempool_kmalloc)
		return (size_t)pool->pool_data;
	if (pool->alloc != mempool_alloc_slab || ((struct kmem_cache *)pool->pool_data)->ctor)
		return 0;
	return kmem_cache_size(pool->pool_data);
}

static void for_each_part(const mempool_t *pool, void *element, bool leaves)
{
	size_t size = element_size(pool);

	if (size && leaves)
		check(pool, element, size);
	else if (size)
		fill(element, size);
	if (pool->alloc != mempool_alloc_pages)
		return;
	for (long i = 0; i < 1l << (long)pool->pool_data; i++) {
		void *p = kmap_local_page((struct page *)element + i);

		if (leaves)
			check(pool, p, PAGE_SIZE);
		else
			fill(p, PAGE_SIZE);
		kunmap_local(p);
	}
}

void mempool_poison(const mempool_t *pool, void *element)
{
	for_each_part(pool, element, false);
}

void mempool_check_poison(const mempool_t *pool, void *element)
{
	for_each_part(pool, element, true);
}
