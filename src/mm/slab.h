/* SPDX-License-Identifier: MIT */
/*
 * slab.h - what the files of the object allocator know of each other.
 *
 *	kmalloc.c	sizes and types on top of caches
 *	slab_common.c	the list of caches: creation, merging, destruction, proc/slabinfo
 *	slab.c		alloc and free; slabs: pages cut into objects, and each node's lists of them
 *	sheaf.c		arrays of free objects in front of the slabs, for each CPU, and the barn
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <kmem/mmzone.h>
#include <kmem/slab.h>

#define SLAB_MAX_ORDER	 3
#define SLAB_MAX_OBJECTS 32767
#define MIN_PARTIAL	 5
#define MAX_PARTIAL	 10

/* Internal flag: no sheaves (they would be made of themselves). */
#define SLAB_NO_SHEAVES 0x80000000u

#define SLAB_FLAGS_PERMITTED                                                                       \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_KMALLOC |                    \
	 SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_STORE_USER |                \
	 SLAB_RECLAIM_ACCOUNT | SLAB_PANIC | SLAB_TYPESAFE_BY_RCU | SLAB_MEM_SPREAD | SLAB_TRACE | \
	 SLAB_NOLEAKTRACE | SLAB_NO_MERGE | SLAB_ACCOUNT)
/* Caches with one of these share with nobody. */
#define SLAB_NEVER_MERGE                                                                     \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | SLAB_TYPESAFE_BY_RCU | \
	 SLAB_NOLEAKTRACE | SLAB_NO_MERGE | SLAB_NO_SHEAVES)
/* Caches must agree on these to share. */
#define SLAB_MERGE_SAME (SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_ACCOUNT)

/* What must not reach a cache: objects need addresses, and the cache has its own zone. */
#define GFP_SLAB_BUG_MASK (__GFP_DMA32 | __GFP_HIGHMEM | ~__GFP_BITS_MASK)

struct kmem_cache_node {
	spinlock_t list_lock;
	/* Protected by list_lock: */
	struct list_head partial; /* slabs with free objects; the empty ones too */
	struct list_head full;	  /* slabs without */
	unsigned long nr_partial;
	unsigned long free_objects; /* in the slabs on partial */
	unsigned long nr_slabs;
	unsigned long total_objects;
	/* Sheaves that no CPU has. Protected by barn_lock: */
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
	struct cache_cpu __percpu *cpu;
	slab_flags_t flags;
	unsigned int object_size; /* what the user asked for */
	unsigned int size;	  /* from one object to the next */
	unsigned int sheaf_capacity;
	void (*ctor)(void *);

	unsigned int inuse;  /* bytes before metadata */
	unsigned int offset; /* of the free pointer in a free object */
	unsigned int align;
	unsigned int red_left_pad;	     /* room before the object, for debugging */
	unsigned int order, objects;	     /* of a slab, and the objects in it */
	unsigned int min_order, min_objects; /* when memory is short */
	unsigned long min_partial;	     /* empty slabs kept */
	gfp_t allocflags;
	const char *name;
	int refcount;	       /* names that share it; -1: never shared. Under slab_mutex */
	struct list_head list; /* under slab_mutex */
	struct kmem_cache_node *node[MAX_NUMNODES];
};

/* slab.c */
void slab_nodes_init(struct kmem_cache *s);
void *slab_take_one(struct kmem_cache *s, gfp_t gfp, int node); /* from a new slab if need be */
/* Up to @nr objects of existing slabs into @p; never sleeps. */
unsigned int slab_take(struct kmem_cache *s, int node, void **p, unsigned int nr);
void slab_give(struct kmem_cache *s, void **p, unsigned int nr);
unsigned long slab_discard_empty(struct kmem_cache *s); /* returns the pages freed */
unsigned long slab_live_objects(struct kmem_cache *s);
unsigned long slab_check_nodes(struct kmem_cache *s);
/* The cache of an object, or NULL with a report if it is none. */
struct kmem_cache *cache_of_object(const void *object);
void slab_list_live(struct kmem_cache *s); /* into the log */

/* sheaf.c */
extern struct sheaf no_sheaf; /* size 0, capacity 0: where every CPU starts */
void *sheaf_alloc_slow(struct kmem_cache *s, gfp_t gfp);
void sheaf_free_slow(struct kmem_cache *s, void *object);
void sheaves_init(struct kmem_cache *s);
/* All objects in sheaves go back to their slabs. May sleep. */
void sheaves_flush(struct kmem_cache *s);
unsigned long sheaves_check(struct kmem_cache *s);
unsigned long barn_objects(struct kmem_cache *s);
/* For all caches, on the CPUs nobody is busy on. */
void slab_flush_idle(void);

/* slab_common.c */
extern struct mutex slab_mutex;
extern struct list_head slab_caches; /* newest first; protected by slab_mutex */
extern struct kmem_cache *sheaf_cache;
int slab_boot(void);
/* Ends all caches; returns the objects (and caches) that nobody had freed, each named. */
unsigned long slab_exit(void);
int slab_calculate_order(unsigned int size);
struct kmem_cache *create_cache(const char *name, unsigned int size, unsigned int align,
				slab_flags_t flags, void (*ctor)(void *), int refcount);
void slab_free_unused(void); /* empty slabs of all caches, for an idle machine */

/* kmalloc.c */
int kmalloc_boot(void);

#endif
