/* SPDX-License-Identifier: MIT */
/*
 * mempool.h - a reserve of elements, so that some progress is always possible.
 *
 * Context: mempool_alloc() may sleep if its flags hold __GFP_DIRECT_RECLAIM, and then never
 * fails; mempool_free() never sleeps; create, resize and destroy may sleep.
 * Source of the rules: Linux, mm/mempool.c.
 */
#ifndef KMEM_MEMPOOL_H
#define KMEM_MEMPOOL_H

#include <kmem/slab.h>
#include <kmem/wait.h>

typedef void *(mempool_alloc_t)(gfp_t gfp, void *pool_data);
typedef void(mempool_free_t)(void *element, void *pool_data);

typedef struct mempool {
	spinlock_t lock;
	int min_nr;	 /* elements the reserve keeps; protected by lock */
	int curr_nr;	 /* elements in it now; protected by lock */
	void **elements; /* elements[0..curr_nr-1]; protected by lock */
	void *pool_data;
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	struct kmem_cache *cache; /* what the ready-made callbacks of a slab pool use, or NULL */
	wait_queue_head_t wait;
} mempool_t;

/* Fills the reserve with @min_nr elements (0: it has none), or fails wholly: NULL. */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
			  void *pool_data);
mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
			       void *pool_data, gfp_t gfp, int node);
/* The same in a pool of the caller's own; 0, -EINVAL or -ENOMEM. */
int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
		 void *pool_data);
int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		      mempool_free_t *free_fn, void *pool_data, gfp_t gfp, int node);
/*
 * @new_min_nr > 0, or BUG(). 0, or -ENOMEM if the larger array could not be had (nothing has changed
 * then). A grown pool may be not quite full after success.
 */
int mempool_resize(mempool_t *pool, int new_min_nr);
/* Frees the reserve; elements in use stay the users'. NULL is ignored. */
void mempool_destroy(mempool_t *pool);
void mempool_exit(mempool_t *pool); /* of a pool from mempool_init(), or of zeros */

/* What the inline forms below leave to do. */
void *__mempool_alloc(mempool_t *pool, gfp_t gfp);
void __mempool_free(void *element, mempool_t *pool);

static inline void *mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	/* The usual pool, over a cache, in a place where nothing is to be reported. */
	if (likely(pool->cache && !in_atomic() && !(gfp & __GFP_ZERO))) {
		void *element = kmem_cache_alloc(pool->cache, GFP_NOWAIT | __GFP_NOMEMALLOC |
								      __GFP_NORETRY | __GFP_NOWARN);

		if (likely(element))
			return element;
	}
	return __mempool_alloc(pool, gfp);
}

/* Only from the reserve; NULL if it is empty. Never sleeps. */
void *mempool_alloc_preallocated(mempool_t *pool);

static inline void mempool_free(void *element, mempool_t *pool) /* NULL is ignored */
{
	/* A look without the lock: a pool that was full a moment ago may be passed by. */
	if (likely(pool->cache && READ_ONCE(pool->curr_nr) >= READ_ONCE(pool->min_nr)))
		kmem_cache_free(pool->cache, element);
	else
		__mempool_free(element, pool);
}

/* Ready-made callbacks: pool_data is the cache, the size in bytes, the order. */
void *mempool_alloc_slab(gfp_t gfp, void *pool_data);
void mempool_free_slab(void *element, void *pool_data);
void *mempool_kmalloc(gfp_t gfp, void *pool_data);
void mempool_kfree(void *element, void *pool_data);
void *mempool_alloc_pages(gfp_t gfp, void *pool_data);
void mempool_free_pages(void *element, void *pool_data);

static inline mempool_t *mempool_create_slab_pool(int min_nr, struct kmem_cache *cache)
{
	return mempool_create(min_nr, mempool_alloc_slab, mempool_free_slab, cache);
}

static inline int mempool_init_slab_pool(mempool_t *pool, int min_nr, struct kmem_cache *cache)
{
	return mempool_init(pool, min_nr, mempool_alloc_slab, mempool_free_slab, cache);
}

static inline int mempool_init_kmalloc_pool(mempool_t *pool, int min_nr, size_t size)
{
	return mempool_init(pool, min_nr, mempool_kmalloc, mempool_kfree, (void *)size);
}

static inline int mempool_init_page_pool(mempool_t *pool, int min_nr, int order)
{
	return mempool_init(pool, min_nr, mempool_alloc_pages, mempool_free_pages,
			    (void *)(long)order);
}

static inline bool mempool_initialized(const mempool_t *pool)
{
	return pool->elements != NULL;
}

static inline mempool_t *mempool_create_kmalloc_pool(int min_nr, size_t size)
{
	return mempool_create(min_nr, mempool_kmalloc, mempool_kfree, (void *)size);
}

static inline mempool_t *mempool_create_page_pool(int min_nr, int order)
{
	return mempool_create(min_nr, mempool_alloc_pages, mempool_free_pages, (void *)(long)order);
}

#endif
