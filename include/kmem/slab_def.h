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
	u32 size; /* objects[0..size-1] are free objects of the cache */
	u32 capacity;
	void *objects[];
};

/* One CPU's sheaves: touched only by who is busy on the CPU. */
struct cache_cpu {
	struct sheaf *main;  /* taken from and given to; never NULL */
	struct sheaf *spare; /* NULL, or the one to swap with */
};

struct kmem_cache {
	/* What the fast paths read. */
	struct cache_cpu __percpu *cpu;
	unsigned int object_size; /* what the user asked for */
	u32 size_inverse;	  /* see object_index() */
	u32 size_shift;
	u32 slab_mask; /* of an address: where in a slab of ->order it lies */
	void (*ctor)(void *);

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

/* @offset / size if that is whole, and a number not below any slab's count otherwise. */
static inline u32 size_quotient(const struct kmem_cache *s, u32 offset)
{
	u32 product = offset * s->size_inverse;

	return product >> s->size_shift | product << (-s->size_shift & 31);
}

/*
 * The number of the object at @p within its slab, or a number not below any slab's count if no
 * object starts there. With size = odd * 2^shift, an offset is a multiple of the size exactly
 * if offset * odd^-1 (mod 2^32), turned right by shift, is the quotient, and otherwise it is a
 * large number: one multiplication instead of a division (Granlund and Montgomery 1994).
 */
static inline u32 object_index(const struct kmem_cache *s, const struct page *page, const void *p)
{
	return size_quotient(s, ((unsigned long)p - s->red_left_pad) &
					((PAGE_SIZE << page->order) - 1));
}

/*
 * Does an object start at @p that may be freed inline? @page, which @p lies in, is of @s. It may
 * not in slabs that need a look at each object: those with debugging, those smaller than others of
 * their cache, and all on a machine with several nodes, where an object may be a remote one.
 */
static inline bool is_fast_object(const struct kmem_cache *s, const struct page *page,
				  const void *p)
{
	return size_quotient(s, (unsigned long)p & s->slab_mask) < READ_ONCE(page->fast_objects);
}

#endif
