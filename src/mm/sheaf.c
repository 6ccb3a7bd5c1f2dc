// SPDX-License-Identifier: MIT
/*
 * sheaf.c - arrays of free objects in front of the slabs.
 *
 * 1. Idea: Bonwick and Adams' magazines (2001), Linux 6.18's sheaves. A CPU has two arrays of
 *    free objects for each cache, *main* and *spare*. Allocating takes the last entry of main,
 *    freeing adds one; nobody else touches them, so it takes no lock and no atomic instruction,
 *    whichever CPU the object came from. With two arrays, a run of either kind must be longer
 *    than an array before anything else is met: then whole arrays are traded with the *barn*,
 *    where each node keeps some full and some empty ones, and only when that cannot help are
 *    objects moved between an array and the slabs.
 *
 *    In front of them all each CPU remembers one object more, the one freed last, of whichever
 *    cache. A pair of free and alloc passes through it and waits for one word of memory instead
 *    of for a counter's two changes; in a mix of caches it nearly never fits the next request
 *    and is nearly always taken at the next free, so that both tests are easy to predict. (One
 *    such slot for each cache was a coin toss twice: 10 ns of mispredicted branches.)
 *
 * 2. Structures: struct sheaf, of ->capacity objects; struct cache_cpu, a CPU's two; the barn in
 *    struct kmem_cache_node. Sheaves are objects of the cache "kmem_sheaf", which has none
 *    itself. Of a main sheaf the CPU knows the address behind the last entry, *top*: what is found
 *    below it is the next object, or the NULL that every sheaf begins with; so that to be empty,
 *    or full (top == end), costs no look into the sheaf's head. A CPU starts with no_sheaf, of
 *    capacity 0, so that the fast path needs no test for that either.
 *
 * 3. Nodes: an object freed far from its node goes home at once, so that what sheaves hold is near
 *    those who take it. Only machines with several nodes ask: their objects are never freed
 *    inline (fast_cache_of()).
 *
 * 4. Invariants: main != NULL; hot_object is of hot_cache, if that is not NULL;
 *	bottom = NULL,  0 <= size <= capacity,
 *	main:	objects <= top <= end = objects + capacity,
 *	barn:	full_sheaves hold full ones, empty_sheaves empty ones, nr_full <= barn_full,
 *		nr_empty <= BARN_EMPTY;
 *    every object in a sheaf is one of the cache, of this node and in use for its slab.
 *
 * 5. Locks: none for a CPU's own; barn_lock for the barn; never both barn_lock and list_lock.
 */
#include <kmem/bug.h>
#include <kmem/mutex.h>
#include <kmem/percpu.h>

#include "slab.h"

#define BARN_EMPTY 10

struct sheaf no_sheaf;

/* Objects in main. */
static inline u32 main_size(const struct cache_cpu *c)
{
	return c->top - c->main->objects;
}

static inline void set_main_size(struct cache_cpu *c, u32 size)
{
	c->top = c->main->objects + size;
}

/* @sheaf, whose ->size holds, becomes main. */
static void set_main(struct cache_cpu *c, struct sheaf *sheaf)
{
	WRITE_ONCE(c->main, sheaf);
	c->top = sheaf->objects + sheaf->size;
	c->end = sheaf->objects + sheaf->capacity;
}

/* Main, with ->size as it is, for who gives it away. */
static struct sheaf *get_main(struct cache_cpu *c)
{
	/* no_sheaf is everybody's. */
	if (c->main != &no_sheaf)
		c->main->size = main_size(c);
	return c->main;
}

static struct kmem_cache_node *local_node(struct kmem_cache *s)
{
	return s->node[current->busy->node];
}

static struct sheaf *new_sheaf(struct kmem_cache *s, gfp_t gfp)
{
	struct sheaf *sheaf;

	if (!s->sheaf_capacity || READ_ONCE(s->watched))
		return NULL;
	sheaf = slab_take_one(sheaf_cache, (gfp & ~__GFP_ZERO) | __GFP_NOWARN, NUMA_NO_NODE);
	if (sheaf) {
		sheaf->size = 0;
		sheaf->capacity = s->sheaf_capacity;
		sheaf->bottom = NULL;
	}
	return sheaf;
}

static void free_sheaf(struct sheaf *sheaf)
{
	void *p = sheaf;

	if (sheaf && sheaf != &no_sheaf)
		slab_give(sheaf_cache, &p, 1);
}

static void flush_sheaf(struct kmem_cache *s, struct sheaf *sheaf)
{
	if (!sheaf->size)
		return;
	slab_give(s, sheaf->objects, sheaf->size);
	sheaf->size = 0;
}

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

static struct sheaf *barn_get_empty(struct kmem_cache_node *n)
{
	struct sheaf *sheaf;

	spin_lock(&n->barn_lock);
	sheaf = pop_empty(n);
	spin_unlock(&n->barn_lock);
	return sheaf;
}

/* A full sheaf for an empty one, which may be no_sheaf. NULL: there is none, nothing happened. */
static struct sheaf *barn_trade_empty(struct kmem_cache_node *n, struct sheaf *empty)
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
		free_sheaf(empty);
	return full;
}

/*
 * An empty sheaf for a full one; NULL if the barn has no room or no empty one. What then becomes
 * of the full one is the caller's.
 */
static struct sheaf *barn_trade_full(struct kmem_cache *s, struct kmem_cache_node *n,
				     struct sheaf *full)
{
	struct sheaf *empty = NULL;

	if (READ_ONCE(n->nr_full) >= s->barn_full)
		return NULL;
	spin_lock(&n->barn_lock);
	if (n->nr_full < s->barn_full)
		empty = pop_empty(n);
	if (empty) {
		list_add(&full->barn_list, &n->full_sheaves);
		WRITE_ONCE(n->nr_full, n->nr_full + 1);
	}
	spin_unlock(&n->barn_lock);
	return empty;
}

/* Puts a full sheaf away; false if there are enough. */
static bool barn_put_full(struct kmem_cache *s, struct kmem_cache_node *n, struct sheaf *full)
{
	bool kept;

	spin_lock(&n->barn_lock);
	kept = n->nr_full < s->barn_full;
	if (kept) {
		list_add(&full->barn_list, &n->full_sheaves);
		WRITE_ONCE(n->nr_full, n->nr_full + 1);
	}
	spin_unlock(&n->barn_lock);
	return kept;
}

static void swap_sheaves(struct cache_cpu *c)
{
	struct sheaf *main = get_main(c);

	set_main(c, c->spare);
	c->spare = main;
}

/* Refills main from the spare, the barn, the slabs there are. Caller is busy on a CPU. */
static void fill_main(struct kmem_cache *s, struct cache_cpu *c)
{
	struct kmem_cache_node *n = local_node(s);
	struct sheaf *sheaf;

	if (c->spare && c->spare->size) {
		swap_sheaves(c);
		return;
	}
	sheaf = barn_trade_empty(n, get_main(c));
	if (sheaf) {
		set_main(c, sheaf);
		return;
	}
	if (!c->main->capacity) {
		sheaf = barn_get_empty(n);
		if (!sheaf)
			sheaf = new_sheaf(s, GFP_NOWAIT);
		if (!sheaf)
			return;
		set_main(c, sheaf);
	}
	set_main_size(c, slab_take(s, current->busy->node, c->main->objects, c->main->capacity));
}

/* A new slab: one object for the caller, and what this CPU has room for. */
static void *alloc_from_new_slab(struct kmem_cache *s, gfp_t gfp)
{
	void *object;
	struct page *slab = new_slab_or_object(s, gfp, NUMA_NO_NODE, &object);
	struct cache_cpu *c;
	struct cpu *cpu;
	bool outer;

	if (!slab)
		return object;
	cpu = cpu_hold(&outer);
	c = per_cpu_of(s->cpu, cpu);
	if (c->main->capacity > 1 && !main_size(c) && page_to_nid(slab) == cpu->node) {
		set_main_size(c, freelist_take(s, slab, c->main->objects, c->main->capacity));
		object = *--c->top;
	} else {
		freelist_take(s, slab, &object, 1);
	}
	slab_list_new(s, slab);
	cpu_release(cpu, outer);
	return object;
}

/*
 * Neither the hot object nor main could be had at once, or the caller had no CPU. Everything
 * before the last step, a new slab, stays on this CPU and does not sleep.
 */
void *sheaf_alloc_slow(struct kmem_cache *s, gfp_t gfp)
{
	bool outer, has_main;
	struct cpu *cpu = cpu_hold(&outer);
	struct cache_cpu *c = per_cpu_of(s->cpu, cpu);
	void *object = NULL;

	if (cpu->hot_cache == s) {
		object = cpu->hot_object;
		WRITE_ONCE(cpu->hot_cache, NULL);
	} else {
		if (!main_size(c) && !READ_ONCE(s->watched))
			fill_main(s, c);
		if (main_size(c))
			object = *--c->top;
	}
	has_main = c->main->capacity;
	cpu_release(cpu, outer);
	if (object)
		return object;
	/* Without a sheaf nobody has looked into the slabs there are. */
	return has_main ? alloc_from_new_slab(s, gfp) : slab_take_one(s, gfp, NUMA_NO_NODE);
}

/* An empty sheaf for a full one, whose objects go to the barn or, if that has enough, home. */
static struct sheaf *put_away(struct kmem_cache *s, struct kmem_cache_node *n, struct sheaf *full)
{
	struct sheaf *empty = barn_trade_full(s, n, full);

	if (empty)
		return empty;
	/* Perhaps it has room and only no empty one. */
	if (READ_ONCE(n->nr_full) < s->barn_full)
		empty = new_sheaf(s, GFP_NOWAIT);
	if (empty && barn_put_full(s, n, full))
		return empty;
	free_sheaf(empty);
	flush_sheaf(s, full);
	return full;
}

/* Main is full, or there is none yet. Caller is busy on a CPU. */
static void make_room(struct kmem_cache *s, struct cache_cpu *c)
{
	struct kmem_cache_node *n = local_node(s);

	if (!c->spare) {
		c->spare = barn_get_empty(n);
		if (!c->spare)
			c->spare = new_sheaf(s, GFP_NOWAIT);
	} else if (c->spare->size == c->spare->capacity) {
		/* The older of the two goes: what was freed last is warm. */
		c->spare = put_away(s, n, c->spare);
	}
	if (c->spare) {
		swap_sheaves(c);
	} else {
		flush_sheaf(s, get_main(c));
		set_main(c, c->main);
	}
	if (c->spare == &no_sheaf)
		c->spare = NULL;
}

static void put_in_sheaf(struct kmem_cache *s, void *object)
{
	struct cache_cpu *c = __dyn_this_cpu_ptr(s->cpu);

	if (c->top == c->end)
		make_room(s, c);
	if (c->top < c->end)
		*c->top++ = object;
	else
		slab_give(s, &object, 1);
}

/*
 * What was freed before goes to its sheaf. An object of another node goes home: what is in the
 * sheaves of a CPU serves requests for memory near it.
 */
bool sheaf_free_slow(struct kmem_cache *s, void *object)
{
	bool outer, remote;
	struct cpu *cpu = cpu_hold(&outer);

	if ((cpu->hot_cache == s && cpu->hot_object == object) ||
	    per_cpu_of(s->cpu, cpu)->top[-1] == object) {
		cpu_release(cpu, outer);
		return false;
	}
	/* Here is where it shows that the cache is watched since its sheaves were taken. */
	remote = page_to_nid(virt_to_page(object)) != cpu->node || READ_ONCE(s->watched);
	if (!remote) {
		if (cpu->hot_cache)
			put_in_sheaf(cpu->hot_cache, cpu->hot_object);
		cpu->hot_object = object;
		WRITE_ONCE(cpu->hot_cache, s);
	}
	cpu_release(cpu, outer);
	if (remote)
		slab_give(s, &object, 1);
	return true;
}

void sheaves_init(struct kmem_cache *s)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct cache_cpu *c = per_cpu_ptr(s->cpu, cpu);

		c->spare = NULL;
		set_main(c, &no_sheaf);
	}
}

static long flush_this_cpu(void *arg)
{
	struct kmem_cache *s = arg;
	struct cache_cpu *c = __dyn_this_cpu_ptr(s->cpu);
	struct sheaf *main = get_main(c), *spare = c->spare;

	set_main(c, &no_sheaf);
	c->spare = NULL;
	if (current->busy->hot_cache == s) {
		slab_give(s, &current->busy->hot_object, 1);
		WRITE_ONCE(current->busy->hot_cache, NULL);
	}
	flush_sheaf(s, main);
	free_sheaf(main);
	if (spare) {
		flush_sheaf(s, spare);
		free_sheaf(spare);
	}
	return 0;
}

static void flush_barn(struct kmem_cache *s)
{
	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct sheaf *sheaf;

		while ((sheaf = barn_get_full(s->node[i]))) {
			flush_sheaf(s, sheaf);
			free_sheaf(sheaf);
		}
		while ((sheaf = barn_get_empty(s->node[i])))
			free_sheaf(sheaf);
	}
}

/* A hint, for those who are not on that CPU. */
static bool cpu_has_sheaves(struct kmem_cache *s, unsigned int cpu)
{
	const struct cache_cpu *c = per_cpu_ptr(s->cpu, cpu);

	return READ_ONCE(c->main) != &no_sheaf || READ_ONCE(cpu_table[cpu].hot_cache) == s;
}

void sheaves_flush(struct kmem_cache *s)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu_has_sheaves(s, cpu))
			work_on_cpu(cpu, flush_this_cpu, s);
	flush_barn(s);
}

static long flush_all_of_this_cpu(void *unused)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		if (cpu_has_sheaves(s, smp_processor_id()))
			flush_this_cpu(s);
	return 0;
}

void slab_flush_idle(void)
{
	struct kmem_cache *s;
	unsigned int cpu;

	mutex_lock(&slab_mutex);
	for_each_online_cpu(cpu)
		try_work_on_cpu(cpu, flush_all_of_this_cpu, NULL);
	list_for_each_entry(s, &slab_caches, list)
		flush_barn(s);
	mutex_unlock(&slab_mutex);
}

unsigned long barn_objects(struct kmem_cache *s)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < nr_online_nodes; i++)
		n += READ_ONCE(s->node[i]->nr_full) * s->sheaf_capacity;
	return n;
}

static long count_this_cpu(void *unused)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list) {
		const struct cache_cpu *c = __dyn_this_cpu_ptr(s->cpu);

		s->cached += main_size(c) + (c->spare ? c->spare->size : 0) +
			     (current->busy->hot_cache == s);
	}
	return 0;
}

void slab_count_cached(void)
{
	struct kmem_cache *s;
	unsigned int cpu;

	list_for_each_entry(s, &slab_caches, list)
		s->cached = barn_objects(s);
	for_each_online_cpu(cpu)
		try_work_on_cpu(cpu, count_this_cpu, NULL);
}

static bool belongs(struct kmem_cache *s, int node, const void *object)
{
	return is_object_of(s, object) && page_to_nid(virt_to_page(object)) == node;
}

static unsigned long check_sheaf(struct kmem_cache *s, int node, const struct sheaf *sheaf)
{
	unsigned long bad = sheaf->size > sheaf->capacity || sheaf->bottom;

	for (u32 i = 0; i < sheaf->size && !bad; i++)
		bad += !belongs(s, node, sheaf->objects[i]);
	return bad;
}

static long check_this_cpu(void *arg)
{
	struct kmem_cache *s = arg;
	struct cache_cpu *c = __dyn_this_cpu_ptr(s->cpu);
	const struct cpu *cpu = current->busy;

	return check_sheaf(s, cpu->node, get_main(c)) +
	       (c->end != c->main->objects + c->main->capacity) +
	       (c->spare ? check_sheaf(s, cpu->node, c->spare) : 0) +
	       (cpu->hot_cache == s && !belongs(s, cpu->node, cpu->hot_object));
}

unsigned long sheaves_check(struct kmem_cache *s)
{
	unsigned long bad = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		bad += work_on_cpu(cpu, check_this_cpu, s);
	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct kmem_cache_node *n = s->node[i];
		unsigned int full = 0, empty = 0;
		struct sheaf *sheaf;

		spin_lock(&n->barn_lock);
		list_for_each_entry(sheaf, &n->full_sheaves, barn_list) {
			bad += check_sheaf(s, i, sheaf) + (sheaf->size != sheaf->capacity);
			full++;
		}
		list_for_each_entry(sheaf, &n->empty_sheaves, barn_list) {
			bad += sheaf->size != 0;
			empty++;
		}
		bad += full != n->nr_full || empty != n->nr_empty;
		spin_unlock(&n->barn_lock);
	}
	if (bad)
		pr_err("BUG %s: %lu invariants of its sheaves broken\n", s->name, bad);
	return bad;
}
