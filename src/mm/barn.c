// SPDX-License-Identifier: MIT
/*
 * barn.c - sheaves that no CPU has: a stock of full and of empty ones for each node.
 *
 * 1. Idea: one CPU allocates what another frees, so the first runs out of full arrays and the other
 *    out of empty ones. Between them stands the barn (Bonwick and Adams' depot, 2001; Linux 6.18's
 *    barn): whole sheaves are traded there, one lock for a hundred objects, and the slabs hear
 *    nothing of it.
 *
 * 2. How much it keeps: of full sheaves ->barn_full, since what is in them is memory (slab_layout.c);
 *    of empty ones BARN_EMPTY. What is beyond goes back where it came from.
 *
 * 3. Invariants (barn_check()): full_sheaves hold full ones, empty_sheaves empty ones; nr_full and
 *    nr_empty are the lengths of the lists, nr_full <= barn_full, nr_empty <= BARN_EMPTY; objects
 *    are of the node.
 *
 * 4. Locks: barn_lock of the node, around the lists alone: never with list_lock, and sheaves are
 *    made, emptied and freed outside it. nr_full is read without it, as a hint.
 */
#include "slab.h"

#define BARN_EMPTY 10

/* Caller holds barn_lock. */
static struct sheaf *pop_full(struct kmem_cache_node *n)
{
	struct sheaf *sheaf = list_first_entry_or_null(&n->full_sheaves, struct sheaf, barn_list);

	if (sheaf) {
		list_del(&sheaf->barn_list);
		WRITE_ONCE(n->nr_full, n->nr_full - 1);
	}
	return sheaf;
}

static struct sheaf *pop_empty(struct kmem_cache_node *n)
{
	struct sheaf *sheaf = list_first_entry_or_null(&n->empty_sheaves, struct sheaf, barn_list);

	if (sheaf) {
		list_del(&sheaf->barn_list);
		n->nr_empty--;
	}
	return sheaf;
}

/* False, as of push_empty(), if there are enough. */
static bool push_full(struct kmem_cache *s, struct kmem_cache_node *n, struct sheaf *sheaf)
{
	if (n->nr_full >= s->barn_full)
		return false;
	list_add(&sheaf->barn_list, &n->full_sheaves);
	WRITE_ONCE(n->nr_full, n->nr_full + 1);
	return true;
}

static bool push_empty(struct kmem_cache_node *n, struct sheaf *sheaf)
{
	if (n->nr_empty >= BARN_EMPTY)
		return false;
	list_add(&sheaf->barn_list, &n->empty_sheaves);
	n->nr_empty++;
	return true;
}

static struct sheaf *barn_get_full(struct kmem_cache_node *n)
{
	struct sheaf *sheaf;

	spin_lock(&n->barn_lock);
	sheaf = pop_full(n);
	spin_unlock(&n->barn_lock);
	return sheaf;
}

struct sheaf *barn_get_empty(struct kmem_cache_node *n)
{
	struct sheaf *sheaf;

	spin_lock(&n->barn_lock);
	sheaf = pop_empty(n);
	spin_unlock(&n->barn_lock);
	return sheaf;
}

struct sheaf *barn_trade_empty(struct kmem_cache_node *n, struct sheaf *empty)
{
	struct sheaf *full;

	if (!READ_ONCE(n->nr_full))
		return NULL;
	spin_lock(&n->barn_lock);
	full = pop_full(n);
	if (full && empty->capacity && push_empty(n, empty))
		empty = &no_sheaf;
	spin_unlock(&n->barn_lock);
	if (full)
		sheaf_free(empty);
	return full;
}

struct sheaf *barn_trade_full(struct kmem_cache *s, struct kmem_cache_node *n, struct sheaf *full)
{
	struct sheaf *empty = NULL;

	if (READ_ONCE(n->nr_full) >= s->barn_full)
		return NULL;
	spin_lock(&n->barn_lock);
	if (n->nr_full < s->barn_full)
		empty = pop_empty(n);
	if (empty)
		push_full(s, n, full);
	spin_unlock(&n->barn_lock);
	return empty;
}

bool barn_put_full(struct kmem_cache *s, struct kmem_cache_node *n, struct sheaf *full)
{
	bool kept;

	spin_lock(&n->barn_lock);
	kept = push_full(s, n, full);
	spin_unlock(&n->barn_lock);
	return kept;
}

void barn_flush(struct kmem_cache *s)
{
	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct sheaf *sheaf;

		while ((sheaf = barn_get_full(s->node[i]))) {
			sheaf_flush(s, sheaf);
			sheaf_free(sheaf);
		}
		while ((sheaf = barn_get_empty(s->node[i])))
			sheaf_free(sheaf);
	}
}

unsigned long barn_objects(struct kmem_cache *s)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < nr_online_nodes; i++)
		n += READ_ONCE(s->node[i]->nr_full) * s->sheaf_capacity;
	return n;
}

unsigned long barn_check(struct kmem_cache *s)
{
	unsigned long bad = 0;

	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct kmem_cache_node *n = s->node[i];
		unsigned int full = 0, empty = 0;
		struct sheaf *sheaf;

		spin_lock(&n->barn_lock);
		list_for_each_entry(sheaf, &n->full_sheaves, barn_list) {
			bad += sheaf_check(s, i, sheaf) + (sheaf->size != sheaf->capacity);
			full++;
		}
		list_for_each_entry(sheaf, &n->empty_sheaves, barn_list) {
			bad += sheaf->size != 0;
			empty++;
		}
		bad += full != n->nr_full || full > s->barn_full;
		bad += empty != n->nr_empty || empty > BARN_EMPTY;
		spin_unlock(&n->barn_lock);
	}
	return bad;
}
