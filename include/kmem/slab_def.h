/* SPDX-License-Identifier: MIT */
/*
 * slab_def.h - what a cache is made of, as far as the fast paths in slab.h, the printers and the
 * tests look into it. The theory is in mm/slab.c and mm/sheaf.c.
 */
#ifndef KMEM_SLAB_DEF_H
#define KMEM_SLAB_DEF_H

#include <kmem/page.h>
#include <kmem/spinlock.h>

struct kmem_cache_node {
	spinlock_t list_lock;
	/* Protected by list_lock; nr_partial may be read without it. */
	struct list_head partial; /* slabs with free objects; the empty ones at the end */
	struct list_head full;	  /* slabs without */
	unsigned long nr_partial;
	unsigned long free_objects; /* in the slabs on partial */
	unsigned long nr_slabs;
	unsigned long total_objects;
	/* Sheaves that no CPU has. Protected by barn_lock; nr_full may be read without it. */
	spinlock_t barn_lock;
	struct list_head full_sheaves, empty_sheaves;
	unsigned int nr_full, nr_empty;
};

struct sheaf {
	struct list_head barn_list;
	u32 size; /* objects[0..size-1] are free objects of the cache; not kept while it is a main */
	u32 capacity;
	void *bottom; /* NULL: what is found below the first object */
	void *objects[];
};

/*
 * One CPU's sheaves: touched only by who is busy on the CPU. Of main, objects[0] to top[-1] are
 * free objects: it is empty if top[-1] is NULL, and full if top == end.
 */
struct cache_cpu {
	void **top, **end;
	struct sheaf *main;  /* taken from and given to; never NULL */
	struct sheaf *spare; /* NULL, or the one to swap with */
};

struct kmem_cache {
	/* What the fast paths read. */
	struct cache_cpu __percpu *cpu;
	u32 slab_mask;		       /* of an address: where in a slab of ->order it lies */
	u32 start_factor, start_limit; /* see is_start_of_object() */
	unsigned int object_size;      /* what the user asked for */
	void (*ctor)(void *);
	u32 size_inverse, size_shift; /* see object_index() */

	slab_flags_t flags;
	unsigned int size;	   /* from one object to the next */
	unsigned int inuse;	   /* bytes before metadata */
	unsigned int offset;	   /* of the free pointer in a free object */
	unsigned int red_left_pad; /* room before the object, for debugging */
	unsigned int align;
	unsigned int order, objects;	     /* of a slab, and the objects in it */
	unsigned int min_order, min_objects; /* when memory is short */
	bool free_maps;			     /* what is free is a map, not a list: mm/freelist.c */
	unsigned long min_partial;	     /* empty slabs kept */
	unsigned int sheaf_capacity;
	unsigned int barn_full; /* full sheaves the barn keeps */
	gfp_t allocflags;
	/* The book's constructor and destructor (ldd3.h). */
	void (*book_ctor)(void *, struct kmem_cache *, unsigned long);
	void (*book_dtor)(void *, struct kmem_cache *, unsigned long);
	/* What may be copied to clients; kept for sysfs, not enforced. */
	unsigned int useroffset, usersize;
	bool of_kmalloc;
	bool watched;	      /* every alloc and free is seen: no sheaves; see mm/slab_hooks.c */
	bool failslab;	      /* failslab's cache-filter means it */
	bool no_reap;	      /* keep empty slabs when memory is short (the book's SLAB_NO_REAP) */
	unsigned long cached; /* objects in sheaves when they were counted last. Under slab_mutex */
	const char *name;
	int refcount;	       /* names that share it; -1: never shared. Under slab_mutex */
	struct list_head list; /* under slab_mutex */
	struct kmem_cache_node *node[MAX_NUMNODES];
};

/*
 * The number of the object at @p within its slab, or a number not below any slab's count if no
 * object starts there. With size = odd * 2^shift, an offset is a multiple of the size exactly
 * if offset * odd^-1 (mod 2^32), turned right by shift, is the quotient, and otherwise it is a
 * large number: one multiplication instead of a division (Granlund and Montgomery 1994).
 */
static inline u32 object_index(const struct kmem_cache *s, const struct page *page, const void *p)
{
	u32 offset = ((unsigned long)p - s->red_left_pad) & ((PAGE_SIZE << page->order) - 1);
	u32 product = offset * s->size_inverse;

	return product >> s->size_shift | product << (-s->size_shift & 31);
}

/*
 * Does an object start at @p, which lies in a slab of @s that is as large as ->order says and has no
 * debugging (page->fast_cache)? The factor is 2^32 / size, rounded up, by e / size: an offset of
 * q * size + r gives q * e + r * factor (mod 2^32), which for r = 0 is below ->objects * e, and
 * otherwise at least the factor (Lemire, Kaser and Kurz 2019). slab_layout.c sees to it that the
 * two do not meet, or sets a limit of 0, which nothing is below.
 */
static inline bool is_start_of_object(const struct kmem_cache *s, const void *p)
{
	return ((u32)(unsigned long)p & s->slab_mask) * s->start_factor < s->start_limit;
}

#endif
