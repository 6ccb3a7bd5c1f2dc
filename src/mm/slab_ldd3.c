// SPDX-License-Identifier: MIT
/*
 * slab_ldd3.c - the book's kmem_cache_create(), for <kmem/ldd3.h>.
 *
 * An ordinary cache that shares with nobody, with two more callbacks. SLAB_NO_REAP is a flag of
 * the cache's own here: its empty slabs are passed by when memory is short.
 */
#include <kmem/ldd3.h>

#include "slab.h"

#undef kmem_cache_create

/* Objects must keep what the constructor did: the free pointer goes behind them. */
static void keep_contents(void *object)
{
}

kmem_cache_t *kmem_cache_create_ldd3(const char *name, size_t size, size_t offset,
				     unsigned long flags,
				     void (*ctor)(void *, kmem_cache_t *, unsigned long),
				     void (*dtor)(void *, kmem_cache_t *, unsigned long))
{
	bool no_reap = flags & SLAB_NO_REAP;
	size_t align = offset && is_power_of_2(offset) ? offset : 0;
	struct kmem_cache *s;

	/* Larger ones must not become small ones, and are told of. */
	size = min(size, (size_t)KMALLOC_MAX_SIZE + 1);
	align = min(align, 2 * (size_t)KMALLOC_MAX_SIZE);
	s = kmem_cache_create(name, size, align, (flags & ~SLAB_NO_REAP) | SLAB_NO_MERGE,
			      ctor || dtor ? keep_contents : NULL);
	if (!s)
		return NULL;
	/* Nobody knows the cache yet, and it has no slab. */
	s->book_ctor = ctor;
	s->book_dtor = dtor;
	s->no_reap = no_reap;
	return s;
}
