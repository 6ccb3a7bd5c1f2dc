// SPDX-License-Identifier: MIT
/*
 * sheaf.c - arrays of free objects in front of the slabs, for each CPU.
 *
 * 1. Idea: Bonwick and Adams' magazines (2001), Linux 6.18's sheaves. A CPU has two arrays of
 *    free objects for each cache, *main* and *spare*. Allocating takes the last entry of main,
 *    freeing adds one; nobody else touches them, so it takes no lock and no atomic instruction,
 *    whichever CPU the object came from. With two arrays, a run of either kind must be longer
 *    than an array before anything else is met: then whole arrays are traded with the *barn*,
 *    where each node keeps some full and some empty ones (barn.c), and only when that cannot help
 *    are objects moved between an array and the slabs.
 *
 *    In front of them all each CPU remembers one object more, the one freed last, of whichever
 *    cache. A pair of free and alloc passes through it and waits for one word of memory instead
 *    of for a counter's two changes; in a mix of caches it nearly never fits the next request
 *    and is nearly always taken at the next free, so that both tests are easy to predict. (One
 *    such slot for each cache was a coin toss twice: 10 ns of mispredicted branches.)
 *
 * 2. Structures: struct sheaf, of ->capacity objects; struct cache_cpu, a CPU's two. Sheaves are
 *    objects of the cache "kmem_sheaf", which has none itself. Of a main sheaf the CPU knows the
 *    address behind the last entry, *top*: what is found below it is the next object, or the NULL
 *    that every sheaf begins with; so that to be empty, or full (top == end), costs no look into
 *    the sheaf's head. A CPU starts with no_sheaf, of capacity 0, so that the fast path needs no
 *    test for that either.
 *
 * 3. Nodes: an object freed far from its node goes home at once, so that what sheaves hold is near
 *    those who take it. Only machines with several nodes ask: their objects are never freed
 *    inline (fast_cache_of()).
 *
 * 4. Invariants: main != NULL; hot_object is of hot_cache, if that is not NULL;
 *	bottom = NULL,  0 <= size <= capacity,
 *	main:	objects <= top <= end = objects + capacity;
 *    every object in a sheaf is one of the cache, of this node and in use for its slab.
 *
 * 5. Locks: none.
 */
#include <kmem/bug.h>
#include <kmem/mutex.h>
#include <kmem/percpu.h>

#include "slab.h"

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

void sheaf_free(struct sheaf *sheaf)
{
	void *p = sheaf;

	if (sheaf && sheaf != &no_sheaf)
		slab_give(sheaf_cache, &p, 1);
}

void sheaf_flush(struct kmem_cache *s, struct sheaf *sheaf)
{
	if (!sheaf->size)
		return;
	slab_give(s, sheaf->objects, sheaf->size);
	sheaf->size = 0;
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
	sheaf_free(empty);
	sheaf_flush(s, full);
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
		sheaf_flush(s, get_main(c));
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
	sheaf_flush(s, main);
	sheaf_free(main);
	if (spare) {
		sheaf_flush(s, spare);
		sheaf_free(spare);
	}
	return 0;
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
	barn_flush(s);
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
		barn_flush(s);
	mutex_unlock(&slab_mutex);
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

unsigned long sheaf_check(struct kmem_cache *s, int node, const struct sheaf *sheaf)
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

	return sheaf_check(s, cpu->node, get_main(c)) +
	       (c->end != c->main->objects + c->main->capacity) +
	       (c->spare ? sheaf_check(s, cpu->node, c->spare) : 0) +
	       (cpu->hot_cache == s && !belongs(s, cpu->node, cpu->hot_object));
}

unsigned long sheaves_check(struct kmem_cache *s)
{
	unsigned long bad = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		bad += work_on_cpu(cpu, check_this_cpu, s);
	bad += barn_check(s);
	if (bad)
		pr_err("BUG %s: %lu invariants of its sheaves broken\n", s->name, bad);
	return bad;
}
