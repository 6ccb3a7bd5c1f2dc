// SPDX-License-Identifier: MIT
/*
 * slab_pages.c - how a block of pages becomes a slab, and how it stops being one.
 *
 * 1. Every page of a slab says whose it is, how large the slab is and whether its objects may be freed
 *    inline, so that a free needs no way back to the first page. Constructors run here, once for
 *    each object, and destructors when the slab goes.
 * 2. A slab of a TYPESAFE_BY_RCU cache waits until every reader of the moment has left: its memory
 *    stays objects of this type so long. A work item frees all that wait.
 * 3. Locks: none on a slab, which is the caller's alone; rcu_slabs_lock around the list of those that
 *    wait, rcu_free_mutex while they are freed.
 *
 * Source of the rules: Linux 6.1, mm/slub.c.
 */
#include <kmem/ldd3.h>
#include <kmem/mutex.h>
#include <kmem/oops.h>
#include <kmem/rcupdate.h>
#include <kmem/workqueue.h>

#include "slab.h"
#include "slub_debug.h"
#include "zone.h"

static void account_slab(const struct kmem_cache *s, struct page *slab, long sign)
{
	mod_zone_page_state(page_zone(slab),
			    s->flags & SLAB_RECLAIM_ACCOUNT ? NR_SLAB_RECLAIMABLE
							    : NR_SLAB_UNRECLAIMABLE,
			    sign * (1l << slab->order));
}

static struct page *slab_pages(struct kmem_cache *s, gfp_t gfp, int node, unsigned int order)
{
	return node == NUMA_NO_NODE ? alloc_pages(gfp, order) : alloc_pages_node(node, gfp, order);
}

/* See is_start_of_object(). */
static bool may_free_inline(const struct kmem_cache *s, unsigned int order)
{
	return order == s->order && nr_online_nodes == 1 && !READ_ONCE(s->watched);
}

void mark_slab(struct kmem_cache *s, struct page *slab)
{
	struct kmem_cache *fast = may_free_inline(s, slab->order) ? s : NULL;

	for (unsigned long i = 0; i < 1ul << slab->order; i++)
		WRITE_ONCE(slab[i].fast_cache, fast);
}

/*
 * The large order is a luxury; the smallest is what the request is for. So nobody goes to lengths for
 * the former, not even to wake kswapd, and it is no use of any reserve. Who cannot sleep asks for
 * both in the same way. Source: Linux 6.1, allocate_slab().
 */
struct page *new_slab(struct kmem_cache *s, gfp_t gfp, int node)
{
	unsigned int order = s->order, objects = s->objects;
	struct page *slab;
	gfp_t easy;

	gfp = (gfp & ~(__GFP_ZERO | GFP_ZONEMASK)) | s->allocflags | __GFP_COMP;
	easy = (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN | __GFP_NORETRY;
	if (gfpflags_allow_blocking(gfp))
		easy = (easy & ~__GFP_RECLAIM) | __GFP_NOMEMALLOC;
	slab = slab_pages(s, order > s->min_order ? easy : gfp, node, order);
	if (!slab && order > s->min_order) {
		order = s->min_order;
		objects = s->min_objects;
		slab = slab_pages(s, gfp, node, order);
	}
	if (!slab)
		return NULL;
	for (unsigned long i = 0; i < 1ul << order; i++) {
		set_page_flags(&slab[i], BIT(PG_slab));
		slab[i].slab_cache = s;
		/* Each page tells all that a free must know: no way back to the first one. */
		set_page_order(&slab[i], order);
		slab[i].objects = objects;
	}
	mark_slab(s, slab);
	if (unlikely(slab_debugged(s)))
		slub_init_slab(s, slab);
	freelist_init(s, slab);
	account_slab(s, slab, 1);
	for (unsigned int i = 0; s->ctor && i < objects; i++)
		s->ctor(slab_object(s, slab, i));
	for (unsigned int i = 0; s->book_ctor && i < objects; i++)
		s->book_ctor(slab_object(s, slab, i), s,
			     SLAB_CTOR_CONSTRUCTOR |
				     (gfpflags_allow_blocking(gfp) ? 0 : SLAB_CTOR_ATOMIC));
	return slab;
}

static long destroy_objects(void *arg)
{
	struct page *slab = arg;
	struct kmem_cache *s = slab->slab_cache;

	for (unsigned int i = 0; i < slab->objects; i++)
		s->book_dtor(slab_object(s, slab, i), s, 0);
	return 0;
}

static void free_slab_now(struct kmem_cache *s, struct page *slab)
{
	unsigned int order = slab->order;
	long ret;

	if (unlikely(slab_debugged(s)))
		slub_check_discarded(s, slab);
	/* Whoever shrinks a cache holds locks that must not stay held if a destructor faults. */
	if (s->book_dtor)
		oops_guard(destroy_objects, slab, &ret);
	account_slab(s, slab, -1);
	slab->freelist = NULL;
	for (unsigned long i = 0; i < 1ul << order; i++) {
		clear_page_flags(&slab[i], BIT(PG_slab));
		slab[i].slab_cache = NULL;
		slab[i].fast_cache = NULL;
	}
	__free_pages(slab, order);
}

static DEFINE_MUTEX(rcu_free_mutex); /* held while slabs are freed that were on the list */
static DEFINE_SPINLOCK(rcu_slabs_lock);
static LIST_HEAD(rcu_slabs); /* protected by rcu_slabs_lock */

static void free_rcu_slabs(struct work_struct *work)
{
	struct page *slab, *next;
	LIST_HEAD(due);

	mutex_lock(&rcu_free_mutex);
	spin_lock(&rcu_slabs_lock);
	list_splice_init(&rcu_slabs, &due);
	spin_unlock(&rcu_slabs_lock);
	if (!list_empty(&due))
		synchronize_rcu();
	list_for_each_entry_safe(slab, next, &due, lru)
		free_slab_now(slab->slab_cache, slab);
	mutex_unlock(&rcu_free_mutex);
}

static DECLARE_WORK(rcu_slabs_work, free_rcu_slabs);

void slab_free_rcu_slabs(void)
{
	free_rcu_slabs(NULL);
}

void free_slab(struct kmem_cache *s, struct page *slab)
{
	if (!(s->flags & SLAB_TYPESAFE_BY_RCU)) {
		free_slab_now(s, slab);
		return;
	}
	spin_lock(&rcu_slabs_lock);
	list_add_tail(&slab->lru, &rcu_slabs);
	spin_unlock(&rcu_slabs_lock);
	schedule_work(&rcu_slabs_work);
}
