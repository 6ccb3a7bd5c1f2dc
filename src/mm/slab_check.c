// SPDX-License-Identifier: MIT
/*
 * slab_check.c - a look at every slab of a cache: the checker, and who has not freed what.
 *
 * The invariants are those of slab.c and freelist.c. Both looks mark a slab's free objects in an
 * array that slab_mutex protects, under list_lock, and take no memory.
 */
#include <kmem/bug.h>

#include "kmemleak.h"
#include "slab.h"
#include "slub_debug.h"

static u8 marks[SLAB_MAX_OBJECTS + 1]; /* protected by slab_mutex */

long slab_for_each(struct kmem_cache *s,
		   void (*look)(struct kmem_cache *s, struct page *slab, u8 *marks, void *arg),
		   void *arg)
{
	struct page *slab, *next;
	long nr = 0;

	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct kmem_cache_node *n = s->node[i];
		struct list_head *lists[] = { &n->full, &n->partial };

		spin_lock(&n->list_lock);
		nr += n->nr_slabs;
		for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
			list_for_each_entry_safe(slab, next, lists[k], lru) {
				const unsigned int inuse = slab->inuse;

				look(s, slab, marks, arg);
				if (slab->inuse != inuse)
					slab_recount(n, slab, inuse);
			}
		}
		spin_unlock(&n->list_lock);
	}
	return nr;
}

static unsigned long check_slab(const struct kmem_cache *s, const struct page *slab, bool full)
{
	int free = freelist_marks(s, slab, marks);
	unsigned long bad = 0;

	bad += free < 0 || free + slab->inuse != slab->objects;
	bad += full != (slab->inuse == slab->objects);
	bad += !PageSlab(slab) || slab->slab_cache != s || page_ref_count(slab) != 1;
	if (bad)
		pr_err("BUG %s: slab %p: %u in use, %d free of %u\n", s->name, page_address(slab),
		       slab->inuse, free, slab->objects);
	return bad;
}

/* Caller holds slab_mutex. */
unsigned long slab_check_nodes(struct kmem_cache *s)
{
	unsigned long bad = 0;

	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct kmem_cache_node *n = s->node[i];
		unsigned long slabs = 0, partial = 0, total = 0, free = 0;
		struct page *slab;

		spin_lock(&n->list_lock);
		list_for_each_entry(slab, &n->partial, lru) {
			bad += check_slab(s, slab, false);
			partial++;
			total += slab->objects;
			free += slab->objects - slab->inuse;
		}
		slabs = partial;
		list_for_each_entry(slab, &n->full, lru) {
			bad += check_slab(s, slab, true);
			slabs++;
			total += slab->objects;
		}
		bad += slabs != n->nr_slabs || partial != n->nr_partial ||
		       total != n->total_objects || free != n->free_objects;
		spin_unlock(&n->list_lock);
	}
	if (bad)
		pr_err("BUG %s: %lu invariants broken\n", s->name, bad);
	return bad;
}

static void list_live_of(struct kmem_cache *s, struct page *slab, u8 *free, void *arg)
{
	unsigned int *budget = arg;

	if (freelist_marks(s, slab, free) < 0)
		return;
	for (unsigned int i = 0; i < slab->objects && *budget; i++) {
		void *object = slab_object(s, slab, i);

		if (free[i])
			continue;
		--*budget;
		pr_err("  Object 0x%016lx @offset=%lu\n", (unsigned long)object,
		       (unsigned long)((char *)object - (char *)page_address(slab)));
		slub_print_tracks(s, object);
		kmemleak_tell(object);
	}
}

/* The first of them; thousands would push everything else out of the log. Under slab_mutex. */
void slab_list_live(struct kmem_cache *s)
{
	unsigned int budget = 32;

	slab_for_each(s, list_live_of, &budget);
}
