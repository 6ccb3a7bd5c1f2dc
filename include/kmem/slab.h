/* SPDX-License-Identifier: MIT */
/*
 * slab.h - objects: caches of one size, and kmalloc on top of them.
 *
 * Context: allocations may sleep if and only if their flags hold __GFP_DIRECT_RECLAIM; frees
 * never sleep; kmem_cache_create(), _destroy() and _shrink() may sleep. NULL on failure.
 * Source of the rules: semantics of Linux 6.1's SLUB, see mm/slab.c and mm/kmalloc.c.
 */
#ifndef KMEM_SLAB_H
#define KMEM_SLAB_H

#include <string.h>
#include <kmem/gfp.h>
#include <kmem/percpu.h>
#include <kmem/slab_def.h>

/* Debugging of one cache (mm/slub_debug.c); the boot word slub_debug= adds these to others. */
#define SLAB_CONSISTENCY_CHECKS 0x00000100u /* look at each object that comes or goes */
#define SLAB_RED_ZONE		0x00000400u /* around it stands what nobody may write */
#define SLAB_POISON		0x00000800u /* and in it, while it is free */
#define SLAB_STORE_USER		0x00010000u /* note who allocated and who freed it */
#define SLAB_TRACE		0x00200000u /* tell the log of each allocation and free */
#define SLAB_FAILSLAB		0x02000000u /* failslab's cache-filter means it */
#define SLAB_NO_USER_FLAGS	0x10000000u /* the boot word does not mean it */

#define SLAB_KMALLOC	     0x00001000u /* one of kmalloc's: what was asked for may be less */
#define SLAB_HWCACHE_ALIGN   0x00002000u /* aligned to cache lines, or so that none is cut */
#define SLAB_CACHE_DMA	     0x00004000u /* from the zone DMA */
#define SLAB_CACHE_DMA32     0x00008000u /* from DMA or DMA32 */
#define SLAB_RECLAIM_ACCOUNT 0x00020000u /* its owner can give objects back: SReclaimable */
#define SLAB_PANIC	     0x00040000u /* without this cache nothing can go on */
#define SLAB_TYPESAFE_BY_RCU 0x00080000u /* slabs stay slabs while readers may look at them */
#define SLAB_MEM_SPREAD	     0x00100000u /* accepted; without cpusets it changes nothing */
#define SLAB_NOLEAKTRACE     0x00800000u /* kmemleak does not note its objects */
#define SLAB_NO_MERGE	     0x01000000u /* shares with no other cache */
#define SLAB_ACCOUNT	     0x04000000u /* without cgroups: shares only with its like */
#define SLAB_TEMPORARY	     SLAB_RECLAIM_ACCOUNT

#define ARCH_KMALLOC_MINALIGN  8
#define KMALLOC_MIN_SIZE       8
#define KMALLOC_SHIFT_HIGH     (PAGE_SHIFT + 1)
#define KMALLOC_MAX_CACHE_SIZE (1UL << KMALLOC_SHIFT_HIGH)
#define KMALLOC_MAX_SIZE       (1UL << (MAX_PAGE_ORDER + PAGE_SHIFT))
#define KMALLOC_MAX_ORDER      MAX_PAGE_ORDER

/* What kmalloc(0) returns: no object, but not a failure. Reading it faults. */
#define ZERO_SIZE_PTR	    ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)

/*
 * A cache of objects of @size bytes, aligned to @align (0: the natural one). @ctor runs once for
 * each object when its slab is made, not at each allocation: return objects constructed.
 * NULL (with a report, or a panic under SLAB_PANIC) for a bad name, size, alignment or flag, or
 * without memory. Caches of like objects may share one; see mm/slab_common.c.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *));
/* The same, and bytes [useroffset, useroffset + usersize) may be copied to clients. Not shared. */
struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size,
					      unsigned int align, slab_flags_t flags,
					      unsigned int useroffset, unsigned int usersize,
					      void (*ctor)(void *));
#define KMEM_CACHE(type, flags) \
	kmem_cache_create(#type, sizeof(struct type), __alignof__(struct type), (flags), NULL)

/*
 * Ends a cache. With live objects: the report, the cache is no longer listed, nothing is freed
 * under its users. NULL is ignored.
 */
void kmem_cache_destroy(struct kmem_cache *s);
/*
 * As kmem_cache_destroy(), but tells: 0, -EBUSY with live objects (the book's result 1), or -EINVAL,
 * with a report, of what is no cache.
 */
int kmem_cache_destroy_status(struct kmem_cache *s);

/* What the inline forms below leave to do: an empty sheaf, a full one, a wrong pointer. */
void *__kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp, size_t size); /* 0: an object's */
void __kmem_cache_free(struct kmem_cache *s, void *object);

void slab_zero_constructed(struct kmem_cache *s); /* tells of a contradiction */

static inline void slab_zero(struct kmem_cache *s, void *object)
{
	if (likely(!s->ctor))
		memset(object, 0, s->object_size);
	else
		slab_zero_constructed(s);
}

/*
 * What the CPU has ready, taken and given; false if it has none, or no room. For who is busy on
 * the CPU, inline or not.
 */
static __always_inline bool cpu_take_object(struct cpu *cpu, struct kmem_cache *s, void **object)
{
	struct cache_cpu *c;

	if (cpu->hot_cache == s) {
		*object = cpu->hot_object;
		WRITE_ONCE(cpu->hot_cache, NULL);
		return true;
	}
	c = per_cpu_of(s->cpu, cpu);
	*object = c->top[-1];
	if (unlikely(!*object))
		return false;
	c->top--;
	return true;
}

/* What was freed before goes to the sheaf of its cache. @object is one of @s for certain. */
static __always_inline bool cpu_give_object(struct cpu *cpu, struct kmem_cache *s, void *object)
{
	struct kmem_cache *of_older = cpu->hot_cache;

	if (of_older) {
		struct cache_cpu *c = per_cpu_of(of_older->cpu, cpu);
		void *older = cpu->hot_object;

		if (unlikely(c->top == c->end || older == object))
			return false;
		*c->top++ = older;
	}
	cpu->hot_object = object;
	WRITE_ONCE(cpu->hot_cache, s);
	return true;
}

/* Both of the above for whoever may, and zeroes; false if nothing happened. */
static __always_inline bool cache_alloc_inline(struct kmem_cache *s, gfp_t gfp, void **object)
{
	struct cpu *cpu;

	if ((gfp & __GFP_DIRECT_RECLAIM) && unlikely(in_atomic()))
		return false; /* out of line it is reported */
	cpu = cpu_enter();
	if (unlikely(!cpu))
		return false;
	if (unlikely(!cpu_take_object(cpu, s, object))) {
		cpu_leave();
		return false;
	}
	cpu_leave();
	if (gfp & __GFP_ZERO)
		slab_zero(s, *object);
	return true;
}

static __always_inline void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	void *object;

	return likely(cache_alloc_inline(s, gfp, &object)) ? object : __kmem_cache_alloc(s, gfp, 0);
}

/* Is @p an object of @s, as far as its page tells? */
static __always_inline bool is_object_of(const struct kmem_cache *s, const void *p)
{
	const struct page *page = virt_to_page(p);

	return virt_addr_valid(p) && page->slab_cache == s &&
	       object_index(s, page, p) < page->objects;
}

/* @object is one of @s for certain. */
static __always_inline void free_to_sheaf(struct kmem_cache *s, void *object)
{
	struct cpu *cpu = cpu_enter();

	if (unlikely(!cpu)) {
		__kmem_cache_free(s, object);
		return;
	}
	if (unlikely(!cpu_give_object(cpu, s, object))) {
		cpu_leave();
		__kmem_cache_free(s, object);
		return;
	}
	cpu_leave();
}

/*
 * The cache to which @object, whatever it is, may be freed inline, or NULL. It may not from slabs
 * that need a look at each object: those with debugging, those smaller than others of their cache,
 * and all on a machine with several nodes, where an object may be a remote one.
 */
static __always_inline struct kmem_cache *fast_cache_of(const void *object)
{
	const struct page *page = virt_to_page(object);

	return likely(virt_addr_valid(object)) ? READ_ONCE(page->fast_cache) : NULL;
}

static __always_inline void kmem_cache_free(struct kmem_cache *s, void *object)
{
	if (likely(fast_cache_of(object) == s && is_start_of_object(s, object)))
		free_to_sheaf(s, object);
	else
		__kmem_cache_free(s, object);
}

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node);

static inline void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return kmem_cache_alloc(s, gfp | __GFP_ZERO);
}

/* All or nothing: returns @nr, or 0. */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr, void **p);
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p);

/* Takes all caching back and frees the empty slabs. 0 if no slab is left, else 1. May sleep. */
int kmem_cache_shrink(struct kmem_cache *s);
unsigned int kmem_cache_size(struct kmem_cache *s); /* object_size */
const char *kmem_cache_name(struct kmem_cache *s);

enum kmalloc_cache_type { KMALLOC_NORMAL, KMALLOC_RECLAIM, KMALLOC_DMA, NR_KMALLOC_TYPES };

extern struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][KMALLOC_SHIFT_HIGH + 1];

/* The cache for sizes 1 to KMALLOC_MAX_CACHE_SIZE: 1 is 96, 2 is 192, i is 2^i. */
static __always_inline unsigned int kmalloc_index(size_t size)
{
	if (size <= KMALLOC_MIN_SIZE)
		return 3;
	if (size > 64 && size <= 96)
		return 1;
	if (size > 128 && size <= 192)
		return 2;
	return fls_long(size - 1);
}

static __always_inline enum kmalloc_cache_type kmalloc_type(gfp_t gfp)
{
	if (likely(!(gfp & (__GFP_DMA | __GFP_RECLAIMABLE))))
		return KMALLOC_NORMAL;
	return gfp & __GFP_DMA ? KMALLOC_DMA : KMALLOC_RECLAIM;
}

void *__kmalloc(size_t size, gfp_t gfp);

extern u8 kmalloc_size_index[KMALLOC_MAX_CACHE_SIZE / 8]; /* kmalloc_index() by (size - 1) / 8 */

/* Aligned to 8 bytes, and a power of two to itself (up to a page). */
static __always_inline void *kmalloc(size_t size, gfp_t gfp)
{
	struct kmem_cache *s;
	void *object;

	if (__builtin_constant_p(size) && size && size <= KMALLOC_MAX_CACHE_SIZE)
		s = kmalloc_caches[kmalloc_type(gfp)][kmalloc_index(size)];
	else if (__builtin_constant_p(gfp) && likely(size - 1 < KMALLOC_MAX_CACHE_SIZE))
		s = kmalloc_caches[kmalloc_type(gfp)][kmalloc_size_index[(size - 1) / 8]];
	else
		return __kmalloc(size, gfp);
	if (likely(cache_alloc_inline(s, gfp & ~__GFP_DMA, &object)))
		return object;
	return __kmem_cache_alloc(s, gfp & ~__GFP_DMA, size);
}

void *kmalloc_node(size_t size, gfp_t gfp, int node);
/* For functions that allocate on their caller's behalf: slub_debug's tracks name him. */
#define kmalloc_track_caller(size, gfp) \
	__kmalloc_track_caller(size, gfp, NUMA_NO_NODE, __builtin_return_address(0))
#define kmalloc_node_track_caller(size, gfp, node) \
	__kmalloc_track_caller(size, gfp, node, __builtin_return_address(0))
void *__kmalloc_track_caller(size_t size, gfp_t gfp, int node, const void *caller);
void __kfree(const void *object); /* what the inline form leaves: large ones, wrong ones */

/* NULL and ZERO_SIZE_PTR are ignored. */
static __always_inline void kfree(const void *object)
{
	struct kmem_cache *s = fast_cache_of(object);

	if (likely(s && is_start_of_object(s, object)))
		free_to_sheaf(s, (void *)object);
	else
		__kfree(object);
}

void kfree_sensitive(const void *object);
void kfree_bulk(size_t nr, void **p);
void *krealloc(const void *object, size_t new_size, gfp_t gfp);
/* Usable bytes; 0 for NULL, ZERO_SIZE_PTR and, with a report, for what kmalloc() never gave. */
size_t ksize(const void *object);
size_t kmalloc_size_roundup(size_t size); /* what kmalloc(size) would reserve */
char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t max, gfp_t gfp);
void *kmemdup(const void *src, size_t len, gfp_t gfp);
void *kmemdup_array(const void *src, size_t count, size_t size, gfp_t gfp);
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp); /* and a 0 behind it */
void *kvmemdup(const void *src, size_t len, gfp_t gfp);	 /* for kvfree() */
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3);

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

static inline void *kzalloc_node(size_t size, gfp_t gfp, int node)
{
	return kmalloc_node(size, gfp | __GFP_ZERO, node);
}

static inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, gfp);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

static inline void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_node(bytes, gfp, node);
}

static inline void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return kmalloc_array_node(n, size, gfp | __GFP_ZERO, node);
}

static inline void *krealloc_array(void *p, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return krealloc(p, bytes, gfp);
}

/* kmalloc first, vmalloc when that is large and fails; kvfree() frees either. */
void *kvmalloc_node(size_t size, gfp_t gfp, int node);
void kvfree(const void *addr); /* may sleep */
void kvfree_sensitive(const void *addr, size_t len);

static inline void *kvmalloc(size_t size, gfp_t gfp)
{
	return kvmalloc_node(size, gfp, NUMA_NO_NODE);
}

static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

static inline void *kvzalloc_node(size_t size, gfp_t gfp, int node)
{
	return kvmalloc_node(size, gfp | __GFP_ZERO, node);
}

static inline void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kvmalloc(bytes, gfp);
}

static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc_array(n, size, gfp | __GFP_ZERO);
}

struct seq_file;
int slabinfo_show(struct seq_file *m, void *v); /* proc/slabinfo */
unsigned long slab_check(void);			/* violated invariants of all caches */

/*
 * A look at every object of a cache that is debugged (SLAB_RED_ZONE, SLAB_POISON, SLAB_STORE_USER;
 * slub_debug=). What is found is told of, mended and counted in slab_errors. Returns the number of
 * slabs. May sleep.
 */
long validate_slab_cache(struct kmem_cache *s);
/*
 * What debugged caches found since the boot, and did about it: each adds one; the destruction of a
 * cache with live objects adds two. Written atomically.
 */
extern unsigned long slab_errors;

#endif
