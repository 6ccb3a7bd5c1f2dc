/* SPDX-License-Identifier: MIT */
/*
 * slab.h - what the files of the object allocator know of each other.
 *
 *	kmalloc.c	sizes and types on top of caches
 *	slab_common.c	the list of caches: creation, merging, destruction
 *	slab_shrink.c	what caches keep and nobody has goes back
 *	slabinfo.c	proc/slabinfo
 *	slab_layout.c	how large objects and slabs are
 *	slab_alloc.c	requests that are not served inline; checks of what is freed
 *	slab.c		slabs: pages cut into objects, and each node's lists of them
 *	slab_pages.c	how pages become a slab, and stop being one
 *	slab_check.c	a look at every slab
 *	freelist.c	which objects of one slab are free
 *	sheaf.c		arrays of free objects in front of the slabs, for each CPU
 *	barn.c		full and empty ones that no CPU has
 *	slab_hooks.c	requests and frees of caches that are watched
 *
 * Caches that look after their objects: slub_debug.h.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <kmem/mmzone.h>
#include <kmem/slab.h>
#include <kmem/slab_def.h>

#define SLAB_MAX_ORDER	 3
#define SLAB_MAX_OBJECTS 32767
#define MIN_PARTIAL	 5
#define MAX_PARTIAL	 10

/* Internal flags: no sheaves (they would be made of themselves); SLAB_POISON means contents too. */
#define SLAB_NO_SHEAVES	   0x80000000u
#define SLAB_OBJECT_POISON 0x40000000u

#define SLAB_FLAGS_PERMITTED                                                                       \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_KMALLOC |                    \
	 SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_STORE_USER |                \
	 SLAB_RECLAIM_ACCOUNT | SLAB_PANIC | SLAB_TYPESAFE_BY_RCU | SLAB_MEM_SPREAD | SLAB_TRACE | \
	 SLAB_NOLEAKTRACE | SLAB_NO_MERGE | SLAB_FAILSLAB | SLAB_ACCOUNT | SLAB_NO_USER_FLAGS)
/* Caches with one of these share with nobody. */
#define SLAB_NEVER_MERGE                                                                     \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | SLAB_TYPESAFE_BY_RCU | \
	 SLAB_NOLEAKTRACE | SLAB_NO_MERGE | SLAB_FAILSLAB | SLAB_NO_SHEAVES)
/* Caches must agree on these to share. */
#define SLAB_MERGE_SAME                                                            \
	(SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_ACCOUNT | \
	 SLAB_CONSISTENCY_CHECKS)

/* What must not reach a cache: objects need addresses, and the cache has its own zone. */
#define GFP_SLAB_BUG_MASK (__GFP_DMA32 | __GFP_HIGHMEM | ~__GFP_BITS_MASK)

static inline void *slab_object(const struct kmem_cache *s, const struct page *slab, unsigned int n)
{
	return (char *)page_address(slab) + (size_t)n * s->size + s->red_left_pad;
}

/* The next free object of a slab whose cache links them. */
static inline void *get_free_pointer(const struct kmem_cache *s, const void *object)
{
	return *(void **)((char *)object + s->offset);
}

static inline void set_free_pointer(const struct kmem_cache *s, void *object, void *next)
{
	*(void **)((char *)object + s->offset) = next;
}

/* freelist.c: all objects are free; some of them; those that p[] begins with. */
void freelist_init(const struct kmem_cache *s, struct page *slab);
unsigned int freelist_take(const struct kmem_cache *s, struct page *slab, void **p,
			   unsigned int nr);
unsigned int freelist_give(const struct kmem_cache *s, struct page *slab, void **p,
			   unsigned int nr);
bool freelist_has(const struct kmem_cache *s, const struct page *slab, const void *object);
bool slab_link_is_sound(const struct kmem_cache *s, const struct page *slab, const void *next);
/* Nothing is free any more. */
void freelist_use_up(struct page *slab);
/* Marks the free objects in @free; returns their number, or -1 if that cannot be. */
int freelist_marks(const struct kmem_cache *s, const struct page *slab, u8 *free);

/* slab_pages.c: a slab that is on no list, or stops being one */
struct page *new_slab(struct kmem_cache *s, gfp_t gfp, int node); /* NULL: no memory */
void free_slab(struct kmem_cache *s, struct page *slab);	  /* empty */
void mark_slab(struct kmem_cache *s, struct page *slab);	  /* ->watched has changed */
void slab_free_rcu_slabs(void); /* those that wait for readers, also where work is done. Sleeps */

/* slab.c */
void slab_nodes_init(struct kmem_cache *s);
/*
 * A new slab of @node or the caller's. It is on no list and the caller's alone until he lists it. If
 * that node has no memory, then one object of the slabs that other nodes have and NULL; if they have
 * none either, a slab from wherever there is memory.
 */
struct page *new_slab_or_object(struct kmem_cache *s, gfp_t gfp, int node, void **object);
void slab_list_new(struct kmem_cache *s, struct page *slab);
void *slab_take_one(struct kmem_cache *s, gfp_t gfp, int node); /* from a new slab if need be */
/* Up to @nr objects of existing slabs into @p; never sleeps. */
unsigned int slab_take(struct kmem_cache *s, int node, void **p, unsigned int nr);
void slab_give(struct kmem_cache *s, void **p, unsigned int nr);
unsigned long slab_discard_empty(struct kmem_cache *s); /* returns the pages freed */
unsigned long slab_live_objects(struct kmem_cache *s);
/* The cache of an object, or NULL with a report if it is none. */
struct kmem_cache *cache_of_object(const void *object);
/* ->watched has changed: so does which objects may be freed inline. */
void slab_mark_pages(struct kmem_cache *s);
/* One object of a watched cache comes back from @caller, if slab_may_give() says so. */
void slab_give_watched(struct kmem_cache *s, void *object, const void *caller);
/* ->inuse of a slab on @n's lists was @before, and is something else now. Under list_lock. */
void slab_recount(struct kmem_cache_node *n, struct page *slab, unsigned int before);
/* What protects the object's slab. */
spinlock_t *slab_lock_of(struct kmem_cache *s, const void *object);

/* slab_alloc.c */
void slab_out_of_memory(struct kmem_cache *s, gfp_t gfp, int node); /* tells the log */
bool slab_report_free(struct kmem_cache *s, const void *object, const char *what); /* false */
gfp_t slab_fix_flags(gfp_t gfp); /* without what no object can obey, and tells of it */
/* @size: of what is asked for, where that is not an object's. @caller: on whose behalf. */
void *slab_alloc(struct kmem_cache *s, gfp_t gfp, int node, size_t size, const void *caller);
void slab_free(struct kmem_cache *s, void *object, const void *caller);

/* slab_check.c, under slab_mutex */
/*
 * @look at each slab, with room to mark its free objects, under list_lock; it may mend ->inuse.
 * Returns how many there are.
 */
long slab_for_each(struct kmem_cache *s,
		   void (*look)(struct kmem_cache *s, struct page *slab, u8 *marks, void *arg),
		   void *arg);
unsigned long slab_check_nodes(struct kmem_cache *s);
/* The first of them; thousands would push everything else out of the log. */
void slab_list_live(struct kmem_cache *s);

/* sheaf.c */
extern struct sheaf no_sheaf; /* size 0, capacity 0: where every CPU starts */
void *sheaf_alloc_slow(struct kmem_cache *s, gfp_t gfp);
/* False, and nothing was done: it is what this CPU freed last. */
bool sheaf_free_slow(struct kmem_cache *s, void *object);
void sheaves_init(struct kmem_cache *s);
/* All objects in sheaves go back to their slabs. May sleep. */
void sheaves_flush(struct kmem_cache *s);
unsigned long sheaves_check(struct kmem_cache *s);
/* For all caches, on the CPUs nobody is busy on. */
void slab_flush_idle(void);
/* Counts what these CPUs and the barns have into each cache's ->cached. Caller holds slab_mutex. */
void slab_count_cached(void);
/* One alone: its end, its objects back to their slabs, its invariants. */
void sheaf_free(struct sheaf *sheaf); /* NULL and no_sheaf are left alone */
void sheaf_flush(struct kmem_cache *s, struct sheaf *sheaf);
unsigned long sheaf_check(struct kmem_cache *s, int node, const struct sheaf *sheaf);

/* barn.c: none of these sleeps */
struct sheaf *barn_get_empty(struct kmem_cache_node *n); /* or NULL */
/* A full sheaf for an empty one, which may be no_sheaf. NULL: there is none, nothing happened. */
struct sheaf *barn_trade_empty(struct kmem_cache_node *n, struct sheaf *empty);
/* An empty sheaf for a full one. NULL: no room, or no empty one; the full one is still yours. */
struct sheaf *barn_trade_full(struct kmem_cache *s, struct kmem_cache_node *n, struct sheaf *full);
bool barn_put_full(struct kmem_cache *s, struct kmem_cache_node *n, struct sheaf *full);
void barn_flush(struct kmem_cache *s);
unsigned long barn_objects(struct kmem_cache *s);
unsigned long barn_check(struct kmem_cache *s);

/* slab_layout.c */
unsigned int slab_alignment(slab_flags_t flags, unsigned int align, unsigned int size);
int slab_calculate_order(unsigned int size); /* or -ENOSYS */
/* Everything that follows from ->object_size, ->align, ->flags and ->ctor; 0 or -EINVAL. */
int slab_calculate_sizes(struct kmem_cache *s);

/* slab_common.c */
extern struct mutex slab_mutex;
extern struct list_head slab_caches; /* newest first; protected by slab_mutex */
extern struct kmem_cache *sheaf_cache, *kmem_cache_cache;
struct machine_config;
int slab_boot(const struct machine_config *cfg);
/* Ends all caches; returns the objects (and caches) that nobody had freed, each named. */
unsigned long slab_exit(void);
/* Or an error pointer. */
struct kmem_cache *create_cache(const char *name, unsigned int size, unsigned int align,
				slab_flags_t flags, void (*ctor)(void *), int refcount);
bool slab_unmergeable(const struct kmem_cache *s); /* it keeps to itself */

/* slab_shrink.c */
extern struct shrinker slab_shrinker;
void slab_free_unused(void); /* empty slabs of all caches, for an idle machine */

/* slabinfo.c: a cache's numbers over all nodes */
struct slab_totals {
	unsigned long slabs, objects, free;
};
struct slab_totals slab_totals(struct kmem_cache *s);

/* kmalloc.c */
int kmalloc_boot(void);

#endif
