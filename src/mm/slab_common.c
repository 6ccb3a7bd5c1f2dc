// SPDX-License-Identifier: MIT
/*
 * slab_common.c - the caches as a family: creation, sharing, destruction, proc/slabinfo.
 *
 * 1. How large a slab is. Larger slabs mean fewer trips to the page allocator, smaller ones less
 *    memory held for nothing. The order is the smallest, up to SLAB_MAX_ORDER, that holds at
 *    least min_objects = 4 * (fls(CPUs) + 1) objects and wastes at most 1/16 of it; then 1/8 and
 *    1/4; then fewer objects. An object larger than that takes a slab of its own. This is the
 *    kernel's rule, so slabinfo's objperslab and pagesperslab are the kernel's too.
 *
 * 2. Sharing. Two caches whose objects differ by less than a word, with the same flags that
 *    matter and no constructor, are one cache with two names: fewer half-filled slabs. Only the
 *    first name is in slabinfo. The plain kmalloc caches share with nobody.
 *
 * 3. Bootstrapping. A cache is described by objects of the caches "kmem_cache" and
 *    "kmem_cache_node", sheaves by objects of "kmem_sheaf". These three are static.
 *
 * 4. Locks: slab_mutex around the list and the reference counts. It is held over allocations, so
 *    reclaim only tries it.
 */
#include <stdio.h>
#include <kmem/bug.h>
#include <kmem/mutex.h>
#include <kmem/percpu.h>
#include <kmem/seq_file.h>
#include <kmem/shrinker.h>
#include <kmem/workqueue.h>

#include "slab.h"
#include "slab_hooks.h"
#include "slab_sysfs.h"
#include "zone.h"

#define BOOT_CACHES 3

DEFINE_MUTEX(slab_mutex);
LIST_HEAD(slab_caches);
static LIST_HEAD(abandoned_caches); /* destroyed with live objects; protected by slab_mutex */

static struct kmem_cache boot_caches[BOOT_CACHES];
static struct kmem_cache_node boot_nodes[BOOT_CACHES][MAX_NUMNODES];
#define kmem_cache_node_cache (&boot_caches[0])
struct kmem_cache *kmem_cache_cache = &boot_caches[1];
struct kmem_cache *sheaf_cache = &boot_caches[2];

static unsigned int objects_in(unsigned int order, unsigned int size)
{
	return (PAGE_SIZE << order) / size;
}

/* The smallest order for @objects that wastes at most 1/@fraction of the slab. */
static unsigned int order_for(unsigned int size, unsigned int objects, unsigned int max,
			      unsigned int fraction)
{
	unsigned int order;

	if (objects_in(0, size) > SLAB_MAX_OBJECTS)
		return get_order((unsigned long)size * SLAB_MAX_OBJECTS) - 1;
	for (order = get_order((unsigned long)objects * size); order <= max; order++) {
		unsigned long bytes = PAGE_SIZE << order;

		if (bytes % size <= bytes / fraction)
			break;
	}
	return order;
}

int slab_calculate_order(unsigned int size)
{
	unsigned int objects = 4 * (fls_long(max(nr_cpu_ids, 1u)) + 1);
	unsigned int order;

	objects = min(objects, objects_in(SLAB_MAX_ORDER, size));
	for (; objects > 1; objects--) {
		for (unsigned int fraction = 16; fraction >= 4; fraction /= 2) {
			order = order_for(size, objects, SLAB_MAX_ORDER, fraction);
			if (order <= SLAB_MAX_ORDER)
				return order;
		}
	}
	order = order_for(size, 1, SLAB_MAX_ORDER, 1);
	if (order > SLAB_MAX_ORDER)
		order = order_for(size, 1, MAX_PAGE_ORDER, 1);
	return order <= MAX_PAGE_ORDER ? (int)order : -ENOSYS;
}

static unsigned int calculate_alignment(slab_flags_t flags, unsigned int align, unsigned int size)
{
	if (flags & SLAB_HWCACHE_ALIGN) {
		unsigned int line = SMP_CACHE_BYTES;

		while (size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return ALIGN(max(align, (unsigned int)ARCH_KMALLOC_MINALIGN), sizeof(void *));
}

/* Objects in a sheaf: with its head it is 1 KiB, and holds nearly two slabs of small objects. */
#define SHEAF_MAX 124

static unsigned int sheaf_capacity_for(unsigned int size, slab_flags_t flags)
{
	if (flags & SLAB_NO_SHEAVES)
		return 0;
	/* The most that fits, where a CPU's sheaf of it holds no more than a 1024th of RAM. */
	if ((unsigned long)size * SHEAF_MAX <= totalram_pages() << (PAGE_SHIFT - 10))
		return SHEAF_MAX;
	if (size >= 4096)
		return 16;
	return size >= 1024 ? 32 : size >= 256 ? 48 : 60;
}

#define BARN_FULL_MIN 10
#define BARN_FULL_MAX 64

/* Full sheaves may hold a 64th of RAM, and are given back under pressure like empty slabs. */
static unsigned int barn_full_for(const struct kmem_cache *s)
{
	unsigned long bytes = (unsigned long)s->size * max(s->sheaf_capacity, 1u);
	unsigned long fit = (totalram_pages() << PAGE_SHIFT) / 64 / bytes;

	return clamp(fit, (unsigned long)BARN_FULL_MIN, (unsigned long)BARN_FULL_MAX);
}

/* The inverse of an odd number modulo 2^32: each step doubles the bits that are right. */
static u32 inverse(u32 odd)
{
	u32 x = odd;

	for (int i = 0; i < 4; i++)
		x *= 2 - odd * x;
	return x;
}

static int calculate_sizes(struct kmem_cache *s)
{
	unsigned int size = ALIGN(s->object_size, sizeof(void *));
	int order;

	s->inuse = size;
	if ((s->flags & SLAB_TYPESAFE_BY_RCU) || s->ctor) {
		s->offset = size;
		size += sizeof(void *);
	} else {
		s->offset = ALIGN_DOWN(s->object_size / 2, sizeof(void *));
	}
	s->size = ALIGN(size, s->align);
	order = slab_calculate_order(s->size);
	if (order < 0)
		return order;
	s->order = order;
	s->objects = objects_in(order, s->size);
	s->min_order = get_order(s->size);
	s->min_objects = objects_in(s->min_order, s->size);
	s->free_maps = s->objects <= 64 && !(s->flags & SLAB_NEVER_MAP);
	s->slab_mask = (PAGE_SIZE << order) - 1;
	s->size_shift = __builtin_ctz(s->size);
	s->size_inverse = inverse(s->size >> s->size_shift);
	s->min_partial = clamp(ilog2(s->size) / 2, MIN_PARTIAL, MAX_PARTIAL);
	s->sheaf_capacity = sheaf_capacity_for(s->size, s->flags);
	s->barn_full = barn_full_for(s);
	s->allocflags = 0;
	if (s->flags & SLAB_CACHE_DMA)
		s->allocflags |= GFP_DMA;
	if (s->flags & SLAB_CACHE_DMA32)
		s->allocflags |= GFP_DMA32;
	if (s->flags & SLAB_RECLAIM_ACCOUNT)
		s->allocflags |= __GFP_RECLAIMABLE;
	return 0;
}

static int init_cache(struct kmem_cache *s)
{
	int err = calculate_sizes(s);

	if (err)
		return err;
	s->cpu = alloc_percpu(struct cache_cpu);
	if (!s->cpu)
		return -ENOMEM;
	slab_nodes_init(s);
	sheaves_init(s);
	s->watched = slab_hooks != 0;
	s->failslab = s->flags & SLAB_FAILSLAB;
	list_add(&s->list, &slab_caches);
	slab_sysfs_changed();
	return 0;
}

/* kmalloc's caches have names of the program's own: there is no kmalloc yet to copy them. */
static void free_name(struct kmem_cache *s)
{
	if (!(s->flags & SLAB_KMALLOC))
		kfree(s->name);
}

static void free_cache(struct kmem_cache *s)
{
	free_percpu(s->cpu);
	for (unsigned int i = 0; i < nr_online_nodes; i++)
		kmem_cache_free(kmem_cache_node_cache, s->node[i]);
	free_name(s);
	kmem_cache_free(kmem_cache_cache, s);
}

static struct kmem_cache *alloc_cache(const char *name, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_zalloc(kmem_cache_cache, GFP_KERNEL);

	if (!s)
		return NULL;
	s->flags = flags;
	s->name = flags & SLAB_KMALLOC ? name : kstrdup(name, GFP_KERNEL);
	if (!s->name)
		goto fail;
	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		s->node[i] = kmem_cache_alloc_node(kmem_cache_node_cache, GFP_KERNEL, i);
		if (!s->node[i])
			goto fail;
	}
	return s;
fail:
	free_cache(s);
	return NULL;
}

/* Caller holds slab_mutex, or boots. */
struct kmem_cache *create_cache(const char *name, unsigned int size, unsigned int align,
				slab_flags_t flags, void (*ctor)(void *), int refcount)
{
	struct kmem_cache *s = alloc_cache(name, flags);

	if (!s)
		return NULL;
	s->object_size = size;
	s->align = calculate_alignment(flags, align, size);
	s->ctor = ctor;
	s->refcount = refcount;
	if (init_cache(s)) {
		free_cache(s);
		return NULL;
	}
	return s;
}

/* Caller holds slab_mutex. */
static struct kmem_cache *find_mergeable(unsigned int size, unsigned int align, slab_flags_t flags,
					 void (*ctor)(void *))
{
	struct kmem_cache *s;

	if ((flags & SLAB_NEVER_MERGE) || ctor)
		return NULL;
	size = ALIGN(size, sizeof(void *));
	align = calculate_alignment(flags, align, size);
	size = ALIGN(size, align);
	list_for_each_entry(s, &slab_caches, list) {
		if ((s->flags & SLAB_NEVER_MERGE) || s->ctor || s->refcount < 0)
			continue;
		if (size > s->size || s->size - size >= sizeof(void *))
			continue;
		if ((flags & SLAB_MERGE_SAME) != (s->flags & SLAB_MERGE_SAME))
			continue;
		if (s->size & (align - 1))
			continue;
		return s;
	}
	return NULL;
}

/* What is wrong with the arguments, or NULL. */
static const char *why_not(const char *name, unsigned int size, unsigned int align,
			   slab_flags_t flags)
{
	struct kmem_cache *s;

	if (!name || !*name)
		return "it has no name";
	if (!size || size > KMALLOC_MAX_SIZE)
		return "the size must be 1 to 4194304 bytes";
	if (align && !is_power_of_2(align))
		return "the alignment must be a power of two";
	if (align > PAGE_SIZE)
		return "the alignment must be at most a page";
	if (flags & ~SLAB_FLAGS_PERMITTED)
		return "unknown flags";
	list_for_each_entry(s, &slab_caches, list)
		WARN(!strcmp(s->name, name), "kmem_cache of name '%s' already exists", name);
	WARN(strchr(name, ' '), "kmem_cache name '%s' has a space: readers of slabinfo stumble",
	     name);
	return NULL;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *))
{
	struct kmem_cache *s = NULL;
	const char *why;

	mutex_lock(&slab_mutex);
	why = why_not(name, size, align, flags);
	if (!why) {
		s = find_mergeable(size, align, flags, ctor);
		if (s) {
			s->refcount++;
			s->object_size = max(s->object_size, size);
			s->inuse = max(s->inuse, (unsigned int)ALIGN(size, sizeof(void *)));
			slab_sysfs_alias(s, name);
		} else {
			s = create_cache(name, size, align, flags, ctor, 1);
		}
	}
	mutex_unlock(&slab_mutex);
	if (!s) {
		pr_warn("__kmem_cache_create(%s) failed: %s\n", name ? name : "(null)",
			why ? why : "no memory");
		dump_stack();
		if (flags & SLAB_PANIC)
			BUG();
	}
	return s;
}

int kmem_cache_destroy_status(struct kmem_cache *s)
{
	const void *caller = __builtin_return_address(0);
	unsigned long live;
	bool last;

	if (!s)
		return 0;
	might_sleep();
	mutex_lock(&slab_mutex);
	last = s->refcount > 0 && --s->refcount == 0;
	if (!last) {
		mutex_unlock(&slab_mutex);
		return 0;
	}
	sheaves_flush(s);
	slab_discard_empty(s);
	live = slab_live_objects(s);
	if (live) {
		pr_err("BUG %s: Objects remaining in %s on __kmem_cache_shutdown()\n", s->name,
		       s->name);
		slab_list_live(s);
		pr_err("kmem_cache_destroy %s: Slab cache still has objects when called from %p\n",
		       s->name, caller);
		list_move(&s->list, &abandoned_caches);
	} else {
		list_del(&s->list);
	}
	slab_sysfs_forget(s);
	mutex_unlock(&slab_mutex);
	if (live)
		return -EBUSY;
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		flush_scheduled_work();
	free_cache(s);
	return 0;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	kmem_cache_destroy_status(s);
}

/* A cache's numbers over all nodes. */
struct cache_totals {
	unsigned long slabs, objects, free;
};

static struct cache_totals totals_of(struct kmem_cache *s)
{
	struct cache_totals t = { 0 };

	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		struct kmem_cache_node *n = s->node[i];

		spin_lock(&n->list_lock);
		t.slabs += n->nr_slabs;
		t.objects += n->total_objects;
		t.free += n->free_objects;
		spin_unlock(&n->list_lock);
	}
	return t;
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	might_sleep();
	sheaves_flush(s);
	slab_discard_empty(s);
	return totals_of(s).slabs != 0;
}

unsigned int kmem_cache_size(struct kmem_cache *s)
{
	return s->object_size;
}

const char *kmem_cache_name(struct kmem_cache *s)
{
	return s->name;
}

void slab_free_unused(void)
{
	struct kmem_cache *s;

	/* Sheaves are objects too: the caches' own come last. */
	slab_flush_idle();
	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		slab_discard_empty(s);
	mutex_unlock(&slab_mutex);
}

static unsigned long count_idle(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long n = 0;
	struct kmem_cache *s;

	if (!mutex_trylock(&slab_mutex))
		return 0;
	list_for_each_entry(s, &slab_caches, list)
		n += barn_objects(s) + totals_of(s).free;
	mutex_unlock(&slab_mutex);
	/* What CPUs hold is not counted but is given back as well. */
	return n + 1;
}

static unsigned long scan_idle(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long pages = 0;
	struct kmem_cache *s;

	if (!gfpflags_allow_blocking(sc->gfp_mask) || !mutex_trylock(&slab_mutex))
		return SHRINK_STOP;
	list_for_each_entry(s, &slab_caches, list) {
		if (s->no_reap)
			continue;
		sheaves_flush(s);
		pages += slab_discard_empty(s);
	}
	mutex_unlock(&slab_mutex);
	return pages ? pages : SHRINK_STOP;
}

static struct shrinker slab_shrinker = {
	.count_objects = count_idle,
	.scan_objects = scan_idle,
	.seeks = DEFAULT_SEEKS,
};

static int boot_cache(int i, const char *name, unsigned int size)
{
	struct kmem_cache *s = &boot_caches[i];

	*s = (struct kmem_cache){
		.name = name,
		.object_size = size,
		.flags = SLAB_HWCACHE_ALIGN | SLAB_NO_SHEAVES,
		.align = calculate_alignment(SLAB_HWCACHE_ALIGN, 0, size),
		.refcount = -1,
	};
	for (unsigned int nid = 0; nid < nr_online_nodes; nid++)
		s->node[nid] = &boot_nodes[i][nid];
	return init_cache(s);
}

int slab_boot(void)
{
	int err;

	INIT_LIST_HEAD(&slab_caches);
	INIT_LIST_HEAD(&abandoned_caches);
	slab_hooks_boot();
	err = boot_cache(1, "kmem_cache", sizeof(struct kmem_cache));
	if (!err)
		err = boot_cache(0, "kmem_cache_node", sizeof(struct kmem_cache_node));
	if (!err)
		err = boot_cache(2, "kmem_sheaf", 1024);
	if (!err)
		err = kmalloc_boot();
	if (!err)
		err = register_shrinker(&slab_shrinker, "slab");
	return err;
}

static bool is_boot_cache(const struct kmem_cache *s)
{
	return s >= boot_caches && s < boot_caches + BOOT_CACHES;
}

static unsigned long report_leaks(struct kmem_cache *s)
{
	unsigned long live = slab_live_objects(s);

	if (live) {
		pr_err("leak: %lu object(s) of %s\n", live, s->name);
		slab_list_live(s);
	}
	return live;
}

/* The caches of drivers, then those of kmalloc, from which the names of the former came. */
unsigned long slab_exit(void)
{
	unsigned long leaks = 0;
	struct kmem_cache *s;

	unregister_shrinker(&slab_shrinker);
	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		sheaves_flush(s);
		if (is_boot_cache(s) || (s->flags & SLAB_KMALLOC))
			continue;
		pr_err("leak: the cache %s was not destroyed\n", s->name);
		leaks += 1 + report_leaks(s);
		free_name(s);
	}
	list_for_each_entry(s, &abandoned_caches, list) {
		sheaves_flush(s);
		leaks += report_leaks(s);
		free_name(s);
		free_percpu(s->cpu);
	}
	list_for_each_entry(s, &slab_caches, list) {
		if (!(s->flags & SLAB_KMALLOC))
			continue;
		sheaves_flush(s);
		leaks += report_leaks(s);
	}
	list_for_each_entry(s, &slab_caches, list)
		free_percpu(s->cpu);
	INIT_LIST_HEAD(&slab_caches);
	INIT_LIST_HEAD(&abandoned_caches);
	slab_sysfs_forget(NULL);
	mutex_unlock(&slab_mutex);
	return leaks;
}

unsigned long slab_check(void)
{
	struct kmem_cache *s;
	unsigned long bad = 0;

	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		bad += slab_check_nodes(s);
		bad += sheaves_check(s);
	}
	mutex_unlock(&slab_mutex);
	return bad;
}

static void show_cache(struct seq_file *m, struct kmem_cache *s)
{
	struct cache_totals t = totals_of(s);

	seq_printf(m, "%-17s %6lu %6lu %6u %4u %4d", s->name, t.objects - t.free, t.objects,
		   s->size, s->objects, 1 << s->order);
	seq_printf(m, " : tunables %4u %4u %4u", 0, 0, 0);
	seq_printf(m, " : slabdata %6lu %6lu %6lu\n", t.slabs, t.slabs, 0ul);
}

int slabinfo_show(struct seq_file *m, void *v)
{
	struct kmem_cache *s;

	seq_puts(m, "slabinfo - version: 2.1\n");
	seq_puts(m, "# name            <active_objs> <num_objs> <objsize> <objperslab> "
		    "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
		    "<active_slabs> <num_slabs> <sharedavail>\n");
	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		show_cache(m, s);
	mutex_unlock(&slab_mutex);
	return 0;
}
