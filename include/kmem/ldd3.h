/* SPDX-License-Identifier: MIT */
/*
 * ldd3.h - the interface of chapter 8 as the book prints it (Linux 2.6.10), over today's.
 *
 * Include it instead of <kmem/slab.h> to compile code from the book: kmem_cache_t,
 * kmem_cache_create() with an offset, a constructor and a destructor, SLAB_KERNEL and its
 * relatives, mempool_resize() with flags.
 *
 * The constructor is called for each object when its slab is made, with SLAB_CTOR_CONSTRUCTOR
 * set, and SLAB_CTOR_ATOMIC besides if it must not sleep; the destructor when the slab is
 * freed, which is never in the middle of a free: it may free what it has, but must not create or
 * destroy caches. @offset is where in its page the first object starts: a power of two is kept as the
 * alignment of all of them, since that is what it was for.
 */
#ifndef KMEM_LDD3_H
#define KMEM_LDD3_H

#include <kmem/bootmem.h>
#include <kmem/mempool.h>
#include <kmem/slab.h>

typedef struct kmem_cache kmem_cache_t;

#define SLAB_KERNEL GFP_KERNEL
#define SLAB_ATOMIC GFP_ATOMIC
#define SLAB_USER   GFP_USER
#define SLAB_NOIO   GFP_NOIO
#define SLAB_NOFS   GFP_NOFS
#define SLAB_DMA    GFP_DMA

#define SLAB_DEBUG_FREE SLAB_CONSISTENCY_CHECKS

#define SLAB_CTOR_CONSTRUCTOR 0x001ul
#define SLAB_CTOR_ATOMIC      0x002ul
#define SLAB_CTOR_VERIFY      0x004ul

/* The cache keeps its empty slabs under memory pressure. */
#define SLAB_NO_REAP 0x00001000u

kmem_cache_t *kmem_cache_create_ldd3(const char *name, size_t size, size_t offset,
				     unsigned long flags,
				     void (*ctor)(void *, kmem_cache_t *, unsigned long),
				     void (*dtor)(void *, kmem_cache_t *, unsigned long));

#define kmem_cache_create(name, size, offset, flags, ctor, dtor) \
	kmem_cache_create_ldd3(name, size, offset, flags, ctor, dtor)
/* 0, or 1 with objects still in use. */
#define kmem_cache_destroy(cache)	   (kmem_cache_destroy_status(cache) != 0)
#define mempool_resize(pool, new_min, gfp) mempool_resize(pool, new_min)

#endif
