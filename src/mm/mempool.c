// SPDX-License-Identifier: MIT
/*
 * mempool.c - a reserve that lets work go on when memory is gone.
 *
 * 1. Idea (Linux 2.5, Ingo Molnar): code that must make progress to free memory may not need
 *    memory to do so. A pool keeps min_nr elements back. A request asks the allocator first, in
 *    a way that neither sleeps nor touches the page allocator's reserve; only when that fails
 *    does it take from the pool; only when the pool is empty as well, and it may, does it wait
 *    until an element is freed. Elements come back to the pool before the allocator gets any.
 * 2. Structures: elements[0..curr_nr-1], a stack.
 * 3. Invariants: 0 <= curr_nr <= min_nr, but while a resize is under way.
 * 4. Locks: pool->lock; the callbacks are called without it. Waiters stand in a queue and are
 *    woken one for each element, in the order they came; a waiter looks again every five
 *    seconds, since the allocator may have memory again without anybody freeing to this pool.
 */
#include <kmem/bug.h>
#include <kmem/kmemleak.h>
#include <kmem/mempool.h>

#include "mempool_poison.h"

#define RECHECK_NS (5ull * 1000 * 1000 * 1000)

/* Both: caller holds pool->lock, or owns the pool alone. */
static void add_element(mempool_t *pool, void *element)
{
	BUG_ON(pool->curr_nr >= pool->min_nr);
	if (unlikely(mempool_poisoned))
		mempool_poison(pool, element);
	pool->elements[pool->curr_nr] = element;
	WRITE_ONCE(pool->curr_nr, pool->curr_nr + 1);
}

static void *remove_element(mempool_t *pool)
{
	WRITE_ONCE(pool->curr_nr, pool->curr_nr - 1);
	if (unlikely(mempool_poisoned))
		mempool_check_poison(pool, pool->elements[pool->curr_nr]);
	return pool->elements[pool->curr_nr];
}

int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		      mempool_free_t *free_fn, void *pool_data, gfp_t gfp, int node)
{
	*pool = (mempool_t){
		.min_nr = min_nr, .alloc = alloc_fn, .free = free_fn, .pool_data = pool_data
	};
	if (WARN(min_nr < 0 || !alloc_fn || !free_fn, "mempool of %d elements", min_nr))
		return -EINVAL;
	/* Without a reserve every free has to look for waiters. */
	if (min_nr && alloc_fn == mempool_alloc_slab && free_fn == mempool_free_slab)
		pool->cache = pool_data;
	/* Constructed objects would be handed out as their last user left them. */
	WARN_ON(alloc_fn == mempool_alloc_slab && ((struct kmem_cache *)pool_data)->ctor);
	spin_lock_init(&pool->lock);
	init_waitqueue_head(&pool->wait);
	pool->elements = kmalloc_array_node(min_nr, sizeof(*pool->elements), gfp, node);
	if (!pool->elements)
		return -ENOMEM;
	while (pool->curr_nr < min_nr) {
		void *element = alloc_fn(gfp, pool_data);

		if (!element) {
			mempool_exit(pool);
			return -ENOMEM;
		}
		add_element(pool, element);
	}
	return 0;
}

int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
		 void *pool_data)
{
	return mempool_init_node(pool, min_nr, alloc_fn, free_fn, pool_data, GFP_KERNEL,
				 NUMA_NO_NODE);
}

mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
			       void *pool_data, gfp_t gfp, int node)
{
	mempool_t *pool = kzalloc_node(sizeof(*pool), gfp, node);

	if (!pool)
		return NULL;
	if (mempool_init_node(pool, min_nr, alloc_fn, free_fn, pool_data, gfp, node)) {
		kfree(pool);
		return NULL;
	}
	return pool;
}

mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
			  void *pool_data)
{
	return mempool_create_node(min_nr, alloc_fn, free_fn, pool_data, GFP_KERNEL, NUMA_NO_NODE);
}

void mempool_exit(mempool_t *pool)
{
	while (pool->curr_nr)
		pool->free(remove_element(pool), pool->pool_data);
	kfree(pool->elements);
	pool->elements = NULL;
}

void mempool_destroy(mempool_t *pool)
{
	if (!pool)
		return;
	mempool_exit(pool);
	kfree(pool);
}

/* Frees elements until at most @nr are left. Caller holds pool->lock, which is dropped between. */
static void shrink_to(mempool_t *pool, int nr)
{
	while (pool->curr_nr > nr) {
		void *element = remove_element(pool);

		spin_unlock(&pool->lock);
		pool->free(element, pool->pool_data);
		spin_lock(&pool->lock);
	}
}

static void fill(mempool_t *pool)
{
	while (READ_ONCE(pool->curr_nr) < READ_ONCE(pool->min_nr)) {
		void *element = pool->alloc(GFP_KERNEL, pool->pool_data);
		bool added = false;

		if (!element)
			return;
		spin_lock(&pool->lock);
		if (pool->curr_nr < pool->min_nr) {
			add_element(pool, element);
			added = true;
		}
		spin_unlock(&pool->lock);
		if (!added) {
			pool->free(element, pool->pool_data);
			return;
		}
		wake_up(&pool->wait);
	}
}

int mempool_resize(mempool_t *pool, int new_min_nr)
{
	void **bigger, **old;

	might_sleep();
	BUG_ON(new_min_nr <= 0);
	if (new_min_nr <= READ_ONCE(pool->min_nr)) {
		spin_lock(&pool->lock);
		WRITE_ONCE(pool->min_nr, new_min_nr);
		shrink_to(pool, new_min_nr);
		spin_unlock(&pool->lock);
		return 0;
	}
	bigger = kmalloc_array(new_min_nr, sizeof(*bigger), GFP_KERNEL);
	if (!bigger)
		return -ENOMEM;
	spin_lock(&pool->lock);
	memcpy(bigger, pool->elements, pool->curr_nr * sizeof(*bigger));
	old = pool->elements;
	pool->elements = bigger;
	WRITE_ONCE(pool->min_nr, new_min_nr);
	spin_unlock(&pool->lock);
	kfree(old);
	fill(pool);
	return 0;
}

void *mempool_alloc_preallocated(mempool_t *pool)
{
	void *element = NULL;

	spin_lock(&pool->lock);
	if (pool->curr_nr)
		element = remove_element(pool);
	spin_unlock(&pool->lock);
	/* If it is lost, it is by who takes it now. */
	kmemleak_update_trace(element);
	return element;
}

/* Parks until an element may have come back. */
static void wait_for_element(mempool_t *pool)
{
	struct wait_queue_entry wait = { 0 };

	prepare_to_wait(&pool->wait, &wait, true);
	if (!READ_ONCE(pool->curr_nr))
		task_park_timeout(false, RECHECK_NS);
	finish_wait(&pool->wait, &wait);
}

void *__mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	gfp_t full = gfp | __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	gfp_t now = full & ~(__GFP_DIRECT_RECLAIM | __GFP_IO);
	bool waited = false;
	void *element;

	WARN_ONCE(gfp & __GFP_ZERO, "mempool_alloc() cannot clear an element of the reserve");
	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	for (;; now = full) {
		element = pool->alloc(now, pool->pool_data);
		if (likely(element)) {
			/* What we were woken for is there for the next in line. */
			if (waited && READ_ONCE(pool->curr_nr))
				wake_up(&pool->wait);
			return element;
		}
		element = mempool_alloc_preallocated(pool);
		if (element)
			return element;
		if (now != full && (gfp & __GFP_DIRECT_RECLAIM))
			continue;
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			return NULL;
		wait_for_element(pool);
		waited = true;
	}
}

void __mempool_free(void *element, mempool_t *pool)
{
	if (unlikely(!element))
		return;
	if (READ_ONCE(pool->curr_nr) < READ_ONCE(pool->min_nr)) {
		spin_lock(&pool->lock);
		if (pool->curr_nr < pool->min_nr) {
			add_element(pool, element);
			spin_unlock(&pool->lock);
			if (wq_has_sleeper(&pool->wait))
				wake_up(&pool->wait);
			return;
		}
		spin_unlock(&pool->lock);
	}
	pool->free(element, pool->pool_data);
	/* Who waits where there is no reserve can only ask the allocator again. */
	if (unlikely(!READ_ONCE(pool->min_nr)) && wq_has_sleeper(&pool->wait))
		wake_up(&pool->wait);
}

void *mempool_alloc_slab(gfp_t gfp, void *pool_data)
{
	return kmem_cache_alloc(pool_data, gfp);
}

void mempool_free_slab(void *element, void *pool_data)
{
	kmem_cache_free(pool_data, element);
}

void *mempool_kmalloc(gfp_t gfp, void *pool_data)
{
	return kmalloc((size_t)pool_data, gfp);
}

void mempool_kfree(void *element, void *pool_data)
{
	kfree(element);
}

void *mempool_alloc_pages(gfp_t gfp, void *pool_data)
{
	return alloc_pages(gfp, (long)pool_data);
}

void mempool_free_pages(void *element, void *pool_data)
{
	__free_pages(element, (long)pool_data);
}
