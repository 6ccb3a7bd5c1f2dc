// SPDX-License-Identifier: MIT
/*
 * slab_alloc.c - requests for objects that are not served inline, and the checks of what is freed.
 *
 * Here the flags are looked at that a cache cannot obey, and each pointer that did not look like
 * an object of its cache: one of another cache goes there, and what is none is told of and left
 * alone. Locks: none here.
 */
#include <kmem/bug.h>
#include <kmem/sched.h>

#include "gfp_names.h"
#include "slab.h"
#include "slab_hooks.h"
#include "slub_debug.h"

gfp_t slab_fix_flags(gfp_t gfp)
{
	char was[GFP_NAMES_MAX], now[GFP_NAMES_MAX];
	gfp_t bad = gfp & GFP_SLAB_BUG_MASK;

	gfp &= ~GFP_SLAB_BUG_MASK;
	pr_warn("Unexpected gfp: 0x%x (%s). Fixing up to gfp: 0x%x (%s). Fix your code!\n", bad,
		gfp_names(bad, was, sizeof(was)), gfp, gfp_names(gfp, now, sizeof(now)));
	dump_stack();
	return gfp;
}

void slab_zero_constructed(struct kmem_cache *s)
{
	WARN_ONCE(true, "%s: __GFP_ZERO and a constructor", s->name);
}

/* Ten in five seconds. */
noinline void slab_out_of_memory(struct kmem_cache *s, gfp_t gfp, int node)
{
	unsigned int cpu = raw_smp_processor_id();
	char names[GFP_NAMES_MAX];

	if ((gfp & __GFP_NOWARN) || !printk_ratelimit())
		return;
	pr_warn("SLUB: Unable to allocate memory on CPU %u (of node %d) on node %d, gfp=0x%x(%s)\n",
		cpu, cpu_to_node(cpu), node, gfp, gfp_names(gfp, names, sizeof(names)));
	pr_warn("  cache: %s, object size: %u, buffer size: %u, default order: %u, min order: %u\n",
		s->name, s->object_size, s->size, s->order, s->min_order);
	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		const struct kmem_cache_node *n = s->node[i];

		pr_warn("  node %u: slabs: %lu, objs: %lu, free: %lu\n", i, READ_ONCE(n->nr_slabs),
			READ_ONCE(n->total_objects), READ_ONCE(n->free_objects));
	}
}

static inline void *finish_alloc(struct kmem_cache *s, void *object, gfp_t gfp, int node)
{
	if (unlikely(!object))
		slab_out_of_memory(s, gfp, node);
	else if (unlikely(gfp & __GFP_ZERO))
		slab_zero(s, object);
	return object;
}

/* A node that is not there is none. */
static bool is_constraint(int node)
{
	return (unsigned int)node < nr_online_nodes && nr_online_nodes > 1;
}

void *slab_alloc(struct kmem_cache *s, gfp_t gfp, int node, size_t size, const void *caller)
{
	struct cpu *cpu;
	void *object;

	if (!is_constraint(node))
		node = NUMA_NO_NODE;
	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	cpu = current->busy;
	if (node == NUMA_NO_NODE && cpu && cpu_take_object(cpu, s, &object)) {
		if (unlikely(gfp & __GFP_ZERO))
			slab_zero(s, object);
		return object;
	}
	if (unlikely(gfp & GFP_SLAB_BUG_MASK))
		gfp = slab_fix_flags(gfp);
	if (unlikely(READ_ONCE(s->watched)))
		return slab_alloc_watched(s, gfp, node, size, caller);
	if (node == NUMA_NO_NODE)
		return finish_alloc(s, sheaf_alloc_slow(s, gfp), gfp, node);
	return finish_alloc(s, slab_take_one(s, gfp, node), gfp, node);
}

/* Whoever is in atomic context did not get through inline, and finds the same here. */
void *__kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp, size_t size)
{
	return slab_alloc(s, gfp, NUMA_NO_NODE, size, __builtin_return_address(0));
}

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	void *object;

	if (!is_constraint(node) && cache_alloc_inline(s, gfp, &object))
		return object;
	return slab_alloc(s, gfp, node, 0, __builtin_return_address(0));
}

bool slab_report_free(struct kmem_cache *s, const void *object, const char *what)
{
	if (slab_debugged(s)) {
		slub_wild_pointer(s, object, what);
		return false;
	}
	pr_err("BUG %s: %s 0x%016lx\n", s->name, what, (unsigned long)object);
	dump_stack();
	return false;
}

/* May the object be freed to @*s? A stranger goes to the cache it is from. */
static bool check_free(struct kmem_cache **s, void *object)
{
	struct kmem_cache *real = cache_of_object(object);

	if (!real || !is_object_of(real, object))
		return slab_report_free(*s, object, "Invalid object pointer");
	if (real != *s) {
		WARN(true, "cache_from_obj: Wrong slab cache. %s but object is from %s", (*s)->name,
		     real->name);
		slub_print_tracks(real, object);
		*s = real;
	}
	return true;
}

void slab_free(struct kmem_cache *s, void *object, const void *caller)
{
	struct cpu *cpu = current->busy;

	if (cpu && fast_cache_of(object) == s && is_start_of_object(s, object) &&
	    cpu_give_object(cpu, s, object))
		return;
	if (!object || !check_free(&s, object))
		return;
	if (unlikely(READ_ONCE(s->watched)))
		slab_give_watched(s, object, caller);
	else if (!sheaf_free_slow(s, object))
		slab_report_free(s, object, "Object already free");
}

void __kmem_cache_free(struct kmem_cache *s, void *object)
{
	slab_free(s, object, __builtin_return_address(0));
}

int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr, void **p)
{
	const void *caller = __builtin_return_address(0);

	for (size_t i = 0; i < nr; i++) {
		if (!cache_alloc_inline(s, gfp, &p[i]))
			p[i] = slab_alloc(s, gfp, NUMA_NO_NODE, 0, caller);
		if (!p[i]) {
			kmem_cache_free_bulk(s, i, p);
			return 0;
		}
	}
	return nr;
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p)
{
	for (size_t i = 0; i < nr; i++) {
		if (s)
			kmem_cache_free(s, p[i]);
		else
			kfree(p[i]);
	}
}
