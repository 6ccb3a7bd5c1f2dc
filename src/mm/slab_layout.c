// SPDX-License-Identifier: MIT
/*
 * slab_layout.c - how large an object is with what belongs to it, a slab, a sheaf, a barn.
 *
 * 1. An object, from one to the next (->size):
 *
 *	red_left_pad | object_size, filled up to inuse | free pointer | 2 tracks, request size | pad
 *
 *    Only ->object_size is there always. SLAB_RED_ZONE takes room in front, between object_size
 *    and inuse, and at the end; SLAB_STORE_USER the tracks. The free pointer stands in the middle
 *    of the object, where an overrun of the neighbour does not reach it first, but behind it if
 *    the free object must keep its contents (a constructor, TYPESAFE_BY_RCU, SLAB_POISON).
 *
 * 2. How large a slab is. Larger slabs mean fewer trips to the page allocator, smaller ones less
 *    memory held for nothing. The order is the smallest, up to SLAB_MAX_ORDER, that holds at
 *    least min_objects = 4 * (fls(CPUs) + 1) objects and wastes at most 1/16 of it; then 1/8 and
 *    1/4; then fewer objects. An object larger than that takes a slab of its own.
 *
 * Both are the kernel's rules, so slabinfo's objsize, objperslab and pagesperslab are the kernel's
 * too. Source: Linux 6.12, calculate_sizes() and calculate_order() in mm/slub.c.
 */

#include "slab.h"
#include "slub_debug.h"

static unsigned int objects_in(unsigned int order, unsigned int size)
{
	return (PAGE_SIZE << order) / size;
}

/* The smallest order for @objects that wastes at most 1/@fraction of the slab. */
static unsigned int order_for(unsigned int size, unsigned int objects, unsigned int max,
			      unsigned int fraction)
{
	unsigned int order;

	if (objects_in(0, size) > SLAB_MAX_OBJECTS)
		return get_order((unsigned long)size * SLAB_MAX_OBJECTS) - 1;
	for (order = get_order((unsigned long)objects * size); order <= max; order++) {
		unsigned long bytes = PAGE_SIZE << order;

		if (bytes % size <= bytes / fraction)
			break;
	}
	return order;
}

int slab_calculate_order(unsigned int size)
{
	unsigned int objects = 4 * (fls_long(max(nr_cpu_ids, 1u)) + 1);
	unsigned int order;

	objects = min(objects, objects_in(SLAB_MAX_ORDER, size));
	for (; objects > 1; objects--) {
		for (unsigned int fraction = 16; fraction >= 4; fraction /= 2) {
			order = order_for(size, objects, SLAB_MAX_ORDER, fraction);
			if (order <= SLAB_MAX_ORDER)
				return order;
		}
	}
	order = order_for(size, 1, SLAB_MAX_ORDER, 1);
	if (order > SLAB_MAX_ORDER)
		order = order_for(size, 1, MAX_PAGE_ORDER, 1);
	return order <= MAX_PAGE_ORDER ? (int)order : -ENOSYS;
}

unsigned int slab_alignment(slab_flags_t flags, unsigned int align, unsigned int size)
{
	if (flags & SLAB_HWCACHE_ALIGN) {
		unsigned int line = SMP_CACHE_BYTES;

		while (size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return ALIGN(max(align, (unsigned int)ARCH_KMALLOC_MINALIGN), sizeof(void *));
}

/* Objects in a sheaf: with its head it is 1 KiB, and holds nearly two slabs of small objects. */
#define SHEAF_MAX 124

static unsigned int sheaf_capacity_for(unsigned int size, slab_flags_t flags)
{
	/* Whoever takes such objects touches so much that a sheaf would save him nothing. */
	if ((flags & SLAB_NO_SHEAVES) || size > PAGE_SIZE << SLAB_MAX_ORDER)
		return 0;
	/* The most that fits, where a CPU's sheaf of it holds no more than a 1024th of RAM. */
	if ((unsigned long)size * SHEAF_MAX <= totalram_pages() << (PAGE_SHIFT - 10))
		return SHEAF_MAX;
	if (size >= 4096)
		return size > KMALLOC_MAX_CACHE_SIZE ? 4 : 16;
	return size >= 1024 ? 32 : size >= 256 ? 48 : 60;
}

#define BARN_FULL_MIN 10
#define BARN_FULL_MAX 64

/* Full sheaves may hold a 64th of RAM, and are given back under pressure like empty slabs. */
static unsigned int barn_full_for(const struct kmem_cache *s)
{
	unsigned long bytes = (unsigned long)s->size * max(s->sheaf_capacity, 1u);
	unsigned long fit = (totalram_pages() << PAGE_SHIFT) / 64 / bytes;

	return clamp(fit, (unsigned long)BARN_FULL_MIN, (unsigned long)BARN_FULL_MAX);
}

/* The inverse of an odd number modulo 2^32: each step doubles the bits that are right. */
static u32 inverse(u32 odd)
{
	u32 x = odd;

	for (int i = 0; i < 4; i++)
		x *= 2 - odd * x;
	return x;
}

/* See is_start_of_object(). */
static void set_start_test(struct kmem_cache *s)
{
	const u64 factor = ((1ull << 32) + s->size - 1) / s->size;
	const u64 excess = factor * s->size - (1ull << 32);

	s->slab_mask = (PAGE_SIZE << s->order) - 1;
	s->start_factor = factor;
	s->start_limit = excess ? s->objects * excess : 1;
	/* With r of 1, of size - 1: above all whole ones, and not so far that it begins anew. */
	if ((s->objects + 1) * excess >= factor)
		s->start_limit = 0;
}

/* From one object to the next, and where in it what is. */
static void calculate_object(struct kmem_cache *s)
{
	const slab_flags_t flags = s->flags;
	unsigned int size = ALIGN(s->object_size, sizeof(void *));

	s->flags &= ~SLAB_OBJECT_POISON;
	if ((flags & SLAB_POISON) && !(flags & SLAB_TYPESAFE_BY_RCU) && !s->ctor)
		s->flags |= SLAB_OBJECT_POISON;
	/* Something must stand behind the object that an overrun would change. */
	if ((flags & SLAB_RED_ZONE) && size == s->object_size)
		size += sizeof(void *);
	s->inuse = size;
	if (s->ctor || (flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON)) ||
	    ((flags & SLAB_RED_ZONE) && (s->object_size < sizeof(void *) || has_request_size(s)))) {
		s->offset = size;
		size += sizeof(void *);
	} else {
		s->offset = ALIGN_DOWN(s->object_size / 2, sizeof(void *));
	}
	if (flags & SLAB_STORE_USER)
		size += NR_TRACKS * sizeof(struct track);
	if (has_request_size(s))
		size += sizeof(unsigned int);
	s->red_left_pad = 0;
	if (flags & SLAB_RED_ZONE) {
		s->red_left_pad = ALIGN(sizeof(void *), s->align);
		size += sizeof(void *) + s->red_left_pad;
	}
	s->size = ALIGN(size, s->align);
}

int slab_calculate_sizes(struct kmem_cache *s)
{
	int order;

	calculate_object(s);
	if (slub_debug_keeps_order() && get_order(s->size) > get_order(s->object_size)) {
		s->flags &= ~SLAB_DEBUG_METADATA_FLAGS;
		calculate_object(s);
	}
	order = slab_calculate_order(s->size);
	if (order < 0)
		return -EINVAL;
	s->order = order;
	s->objects = objects_in(order, s->size);
	s->min_order = get_order(s->size);
	s->min_objects = objects_in(s->min_order, s->size);
	s->free_maps = s->objects <= 64 && !slab_debugged(s);
	set_start_test(s);
	s->size_shift = __builtin_ctz(s->size);
	s->size_inverse = inverse(s->size >> s->size_shift);
	s->min_partial = clamp(ilog2(s->size) / 2, MIN_PARTIAL, MAX_PARTIAL);
	s->sheaf_capacity = sheaf_capacity_for(s->size, s->flags);
	s->barn_full = barn_full_for(s);
	s->allocflags = 0;
	if (s->flags & SLAB_CACHE_DMA)
		s->allocflags |= GFP_DMA;
	if (s->flags & SLAB_CACHE_DMA32)
		s->allocflags |= GFP_DMA32;
	if (s->flags & SLAB_RECLAIM_ACCOUNT)
		s->allocflags |= __GFP_RECLAIMABLE;
	return 0;
}
