// SPDX-License-Identifier: MIT
/*
 * slab.c - slabs: pages cut into objects of one size, and each node's lists of them.
 *
 * 1. Idea (Bonwick 1994): a *slab* is a compound page cut into equal objects. Allocating one is
 *    taking it off a list; the type-stable memory stays in the cache for the next user, and what
 *    a constructor did to it stays done. The page's own struct page is the slab's descriptor
 *    (Lameter's SLUB), so objects need no header: the page says which cache they are of.
 *
 * 2. Layout of a slab of n objects: n * size bytes of objects, the rest of the block unused. What
 *    an object is made of is told in slab_layout.c, which objects are free in freelist.c.
 *
 * 3. In front of the slabs stand the sheaves (sheaf.c): the way in and out for nearly every
 *    object. What is below works in batches under the node's list_lock, and a run of objects of
 *    one slab is one step. A new slab belongs to who made it until it is listed: most of it has
 *    gone into a sheaf by then.
 *
 * 4. Invariants of a slab (slab_check.c recomputes them):
 *	inuse + free objects (freelist.c) = objects
 *	on partial  <=>  inuse < objects;   on full  <=>  inuse = objects
 *    and of a node
 *	nr_slabs = slabs on both lists,  total_objects = sum of objects,
 *	free_objects = sum over partial of (objects - inuse),
 *	nr_partial = length of partial.
 *    An object in a sheaf is in use for its slab.
 *
 * 5. Locks: node->list_lock; pages are allocated and freed without it.
 */
#include "slab.h"
#include "slab_hooks.h"
#include "slub_debug.h"

static inline struct kmem_cache_node *node_of(struct kmem_cache *s, const struct page *slab)
{
	return s->node[page_to_nid(slab)];
}

void slab_nodes_init(struct kmem_cache *s)
{
	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct kmem_cache_node *n = s->node[i];

		*n = (struct kmem_cache_node){ 0 };
		INIT_LIST_HEAD(&n->partial);
		INIT_LIST_HEAD(&n->full);
		INIT_LIST_HEAD(&n->full_sheaves);
		INIT_LIST_HEAD(&n->empty_sheaves);
	}
}

void slab_mark_pages(struct kmem_cache *s)
{
	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct kmem_cache_node *n = s->node[i];
		struct page *slab;

		spin_lock(&n->list_lock);
		list_for_each_entry(slab, &n->partial, lru)
			mark_slab(s, slab);
		list_for_each_entry(slab, &n->full, lru)
			mark_slab(s, slab);
		spin_unlock(&n->list_lock);
	}
}

static void add_to_partial(struct kmem_cache_node *n, struct page *slab)
{
	/* Emptier slabs to the end: they may come free. */
	if (slab->inuse)
		list_add(&slab->lru, &n->partial);
	else
		list_add_tail(&slab->lru, &n->partial);
	WRITE_ONCE(n->nr_partial, n->nr_partial + 1);
}

static void remove_partial(struct kmem_cache_node *n, struct page *slab)
{
	list_del(&slab->lru);
	WRITE_ONCE(n->nr_partial, n->nr_partial - 1);
}

/* The node gets a slab, or loses an empty one that is off its lists. Caller holds list_lock. */
static void count_slab(struct kmem_cache_node *n, const struct page *slab, long sign)
{
	n->nr_slabs += sign;
	n->total_objects += sign * slab->objects;
	n->free_objects += sign * (slab->objects - slab->inuse);
}

void slab_recount(struct kmem_cache_node *n, struct page *slab, unsigned int before)
{
	n->free_objects += (long)before - (long)slab->inuse;
	if (before == slab->objects)
		list_del(&slab->lru);
	else
		remove_partial(n, slab);
	if (slab->inuse == slab->objects)
		list_add(&slab->lru, &n->full);
	else
		add_to_partial(n, slab);
}

void slab_list_new(struct kmem_cache *s, struct page *slab)
{
	struct kmem_cache_node *n = node_of(s, slab);

	spin_lock(&n->list_lock);
	/* While it was on no list it may have been overlooked. */
	if (unlikely(READ_ONCE(s->watched)))
		mark_slab(s, slab);
	count_slab(n, slab, 1);
	if (slab->inuse < slab->objects)
		add_to_partial(n, slab);
	else
		list_add(&slab->lru, &n->full);
	spin_unlock(&n->list_lock);
}

struct page *new_slab_or_object(struct kmem_cache *s, gfp_t gfp, int node, void **object)
{
	struct page *slab;

	*object = NULL;
	if (likely(nr_online_nodes == 1))
		return new_slab(s, gfp, NUMA_NO_NODE);
	if (!(gfp & __GFP_THISNODE)) {
		slab = new_slab(s, GFP_NOWAIT | __GFP_NOWARN | __GFP_THISNODE,
				node == NUMA_NO_NODE ? numa_node_id() : node);
		for (unsigned int i = 0; !slab && i < nr_online_nodes; i++)
			if (slab_take(s, i, object, 1))
				return NULL;
		if (slab)
			return slab;
	}
	return new_slab(s, gfp, node);
}

/* Some free objects of one slab. None, of a debugged cache: it is damaged, and used up. */
static unsigned int take_from(struct kmem_cache *s, struct page *slab, void **p, unsigned int nr)
{
	unsigned int run = freelist_take(s, slab, p, nr);

	if (unlikely(slab_debugged(s)) && run && !slub_may_take(s, slab, *p))
		return 0;
	return run;
}

void *slab_take_one(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct page *slab;
	void *object;

	if (slab_take(s, node == NUMA_NO_NODE ? numa_node_id() : node, &object, 1))
		return object;
	slab = new_slab_or_object(s, gfp, node, &object);
	if (!slab)
		return object;
	if (!take_from(s, slab, &object, 1))
		object = NULL;
	slab_list_new(s, slab);
	return object;
}

unsigned int slab_take(struct kmem_cache *s, int node, void **p, unsigned int nr)
{
	struct kmem_cache_node *n = s->node[node];
	unsigned int got = 0;

	if (!READ_ONCE(n->nr_partial))
		return 0;
	spin_lock(&n->list_lock);
	while (got < nr && !list_empty(&n->partial)) {
		struct page *slab = list_first_entry(&n->partial, struct page, lru);
		const unsigned int before = slab->inuse;
		unsigned int run = take_from(s, slab, p + got, nr - got);

		got += run;
		n->free_objects -= slab->inuse - before;
		if (slab->inuse == slab->objects) {
			remove_partial(n, slab);
			list_add(&slab->lru, &n->full);
		} else if (!run) {
			break; /* damaged: it has less than it says */
		}
	}
	spin_unlock(&n->list_lock);
	return got;
}

/*
 * Gives back p[0] and what comes after it of the same slab, returns how many these are, and puts
 * the slab on @empties if it is empty now and one too many. Caller holds list_lock.
 *
 * Where objects have a destructor no slab is one too many: it would run in the middle of a free,
 * and may free something itself. slab_discard_empty() is called where it may do as it likes.
 */
static unsigned int give_run(struct kmem_cache *s, struct kmem_cache_node *n, struct page *slab,
			     void **p, unsigned int nr, struct list_head *empties)
{
	const unsigned int before = slab->inuse, run = freelist_give(s, slab, p, nr);
	const bool was_full = before == slab->objects;

	n->free_objects += before - slab->inuse;
	if (unlikely(before == slab->inuse))
		return run; /* all were free already */
	if (slab->inuse && !was_full)
		return run;
	if (was_full)
		list_del(&slab->lru);
	else
		remove_partial(n, slab);
	if (slab->inuse || n->nr_partial < s->min_partial || s->book_dtor) {
		add_to_partial(n, slab);
	} else {
		count_slab(n, slab, -1);
		list_add(&slab->lru, empties);
	}
	return run;
}

void slab_give(struct kmem_cache *s, void **p, unsigned int nr)
{
	unsigned int i = 0;

	while (i < nr) {
		struct page *slab = virt_to_head_page(p[i]), *next;
		struct kmem_cache_node *n = node_of(s, slab);
		LIST_HEAD(empties);

		spin_lock(&n->list_lock);
		do {
			i += give_run(s, n, slab, p + i, nr - i, &empties);
			if (i == nr)
				break;
			slab = virt_to_head_page(p[i]);
		} while (node_of(s, slab) == n);
		spin_unlock(&n->list_lock);
		list_for_each_entry_safe(slab, next, &empties, lru)
			free_slab(s, slab);
	}
}

unsigned long slab_discard_empty(struct kmem_cache *s)
{
	struct page *slab, *next;
	unsigned long pages = 0;
	LIST_HEAD(empties);

	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct kmem_cache_node *n = s->node[i];

		if (!READ_ONCE(n->nr_partial))
			continue;
		spin_lock(&n->list_lock);
		/* The empty ones stand at the end. */
		while (!list_empty(&n->partial)) {
			slab = list_last_entry(&n->partial, struct page, lru);
			if (slab->inuse)
				break;
			remove_partial(n, slab);
			count_slab(n, slab, -1);
			list_add(&slab->lru, &empties);
		}
		spin_unlock(&n->list_lock);
	}
	list_for_each_entry_safe(slab, next, &empties, lru) {
		pages += 1ul << slab->order;
		free_slab(s, slab);
	}
	return pages;
}

/* Objects in use; exact once the sheaves are flushed. */
unsigned long slab_live_objects(struct kmem_cache *s)
{
	unsigned long live = 0;

	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct kmem_cache_node *n = s->node[i];

		spin_lock(&n->list_lock);
		live += n->total_objects - n->free_objects;
		spin_unlock(&n->list_lock);
	}
	return live;
}

struct kmem_cache *cache_of_object(const void *object)
{
	struct page *page = virt_addr_valid(object) ? virt_to_page(object) : NULL;

	return page && PageSlab(page) ? page->slab_cache : NULL;
}

spinlock_t *slab_lock_of(struct kmem_cache *s, const void *object)
{
	return &node_of(s, virt_to_page(object))->list_lock;
}

void slab_give_watched(struct kmem_cache *s, void *object, const void *caller)
{
	struct page *slab = virt_to_head_page(object), *next;
	const struct track by = slub_track_now(s, caller);
	struct kmem_cache_node *n = node_of(s, slab);
	LIST_HEAD(empties);

	spin_lock(&n->list_lock);
	if (slab_may_give(s, slab, object, &by))
		give_run(s, n, slab, &object, 1, &empties);
	spin_unlock(&n->list_lock);
	list_for_each_entry_safe(slab, next, &empties, lru)
		free_slab(s, slab);
}
