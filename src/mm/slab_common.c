// SPDX-License-Identifier: MIT
/*
 * slab_common.c - the caches as a family: creation, sharing, destruction.
 *
 * 1. Sharing. Two caches whose objects differ by less than a word, with the same flags that
 *    matter and no constructor, are one cache with two names: fewer half-filled slabs. Only the
 *    first name is in slabinfo. The plain kmalloc caches share with nobody; with the boot word
 *    slab_nomerge nobody does.
 *
 * 2. Bootstrapping. A cache is described by objects of the caches "kmem_cache" and
 *    "kmem_cache_node", sheaves by objects of "kmem_sheaf". These three are static.
 *
 * 3. Locks: slab_mutex around the list and the reference counts. It is held over allocations, so
 *    reclaim only tries it.
 */
#include <stdio.h>
#include <kmem/bug.h>
#include <kmem/err.h>
#include <kmem/machine.h>
#include <kmem/mutex.h>
#include <kmem/percpu.h>
#include <kmem/rcupdate.h>
#include <kmem/shrinker.h>

#include "../kernel/kallsyms.h"
#include "slab.h"
#include "slab_hooks.h"
#include "slab_sysfs.h"
#include "slub_debug.h"

#define BOOT_CACHES 3

DEFINE_MUTEX(slab_mutex);
LIST_HEAD(slab_caches);
static LIST_HEAD(abandoned_caches); /* destroyed with live objects; protected by slab_mutex */

static bool slab_nomerge;  /* from the boot line */
static bool kmalloc_is_up; /* what is created before are its own caches */

static struct kmem_cache boot_caches[BOOT_CACHES];
static struct kmem_cache_node boot_nodes[BOOT_CACHES][MAX_NUMNODES];
#define kmem_cache_node_cache (&boot_caches[0])
struct kmem_cache *kmem_cache_cache = &boot_caches[1];
struct kmem_cache *sheaf_cache = &boot_caches[2];

/* These have names of the program's own: there is no kmalloc yet to copy them. */
static bool is_kmalloc_cache(const struct kmem_cache *s)
{
	return s->of_kmalloc;
}

static int init_cache(struct kmem_cache *s)
{
	int err = slab_calculate_sizes(s);

	if (err)
		return err;
	s->cpu = alloc_percpu(struct cache_cpu);
	if (!s->cpu)
		return -ENOMEM;
	slab_nodes_init(s);
	sheaves_init(s);
	s->watched = slab_hooks != 0 || slab_debugged(s);
	s->failslab = s->flags & SLAB_FAILSLAB;
	list_add(&s->list, &slab_caches);
	slab_sysfs_changed();
	return 0;
}

static void free_name(struct kmem_cache *s)
{
	if (!is_kmalloc_cache(s))
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

static struct kmem_cache *alloc_cache(const char *name, slab_flags_t flags, bool of_kmalloc)
{
	struct kmem_cache *s = kmem_cache_zalloc(kmem_cache_cache, GFP_KERNEL);

	if (!s)
		return NULL;
	s->flags = flags;
	s->of_kmalloc = of_kmalloc;
	s->name = of_kmalloc ? name : kstrdup(name, GFP_KERNEL);
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

/* An error pointer on failure. Caller holds slab_mutex, or boots. */
struct kmem_cache *create_cache(const char *name, unsigned int size, unsigned int align,
				slab_flags_t flags, void (*ctor)(void *), int refcount)
{
	struct kmem_cache *s = alloc_cache(name, flags, !kmalloc_is_up);
	int err;

	if (!s)
		return ERR_PTR(-ENOMEM);
	s->object_size = size;
	s->align = slab_alignment(flags, align, size);
	s->ctor = ctor;
	s->refcount = refcount;
	err = init_cache(s);
	if (err) {
		free_cache(s);
		return ERR_PTR(err);
	}
	return s;
}

bool slab_unmergeable(const struct kmem_cache *s)
{
	return slab_nomerge || (s->flags & SLAB_NEVER_MERGE) || s->ctor || s->usersize ||
	       s->refcount < 0;
}

/* Caller holds slab_mutex. */
static struct kmem_cache *find_mergeable(unsigned int size, unsigned int align, slab_flags_t flags,
					 void (*ctor)(void *))
{
	struct kmem_cache *s;

	if (slab_nomerge || (flags & SLAB_NEVER_MERGE) || ctor)
		return NULL;
	size = ALIGN(size, sizeof(void *));
	align = slab_alignment(flags, align, size);
	size = ALIGN(size, align);
	list_for_each_entry(s, &slab_caches, list) {
		if (slab_unmergeable(s))
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

/*
 * What is wrong with the arguments, or NULL. A name that faults does so here, where nobody holds
 * slab_mutex yet.
 */
static const char *why_not(const char *name, unsigned int size, unsigned int align,
			   slab_flags_t flags)
{
	if (!name || !*name)
		return "it has no name";
	if (!size || size > KMALLOC_MAX_SIZE)
		return "the size must be 1 to 4194304 bytes";
	if (align && !is_power_of_2(align))
		return "the alignment must be a power of two";
	if (align > KMALLOC_MAX_SIZE)
		return "the alignment must be at most 4194304";
	if (flags & ~SLAB_FLAGS_PERMITTED)
		return "unknown flags";
	WARN(strchr(name, ' '), "kmem_cache of name '%s' has a space, which confuses parsers",
	     name);
	return NULL;
}

/* Caller holds slab_mutex. */
static void warn_of_namesakes(const char *name)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		WARN(!strcmp(s->name, name), "kmem_cache of name '%s' already exists", name);
}

static void report_failure(const char *name, slab_flags_t flags, int err, const char *why)
{
	if (!name)
		name = "(null)";
	if (flags & SLAB_PANIC) {
		pr_err("Kernel panic - not syncing: __kmem_cache_create_args: Failed to create "
		       "slab "
		       "'%s'. Error %d\n",
		       name, err);
		BUG();
	}
	pr_warn("__kmem_cache_create_args(%s) failed with error %d: %s\n", name, err, why);
	dump_stack();
}

/* Another name for @s. Caller holds slab_mutex. */
static void share(struct kmem_cache *s, const char *name, unsigned int size)
{
	s->refcount++;
	s->object_size = max(s->object_size, size);
	s->inuse = max(s->inuse, (unsigned int)ALIGN(size, sizeof(void *)));
	slab_sysfs_alias(s, name);
}

struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size,
					      unsigned int align, slab_flags_t flags,
					      unsigned int useroffset, unsigned int usersize,
					      void (*ctor)(void *))
{
	struct kmem_cache *s;
	const char *why;

	if (WARN_ON(!usersize && useroffset) ||
	    WARN_ON(size < usersize || size - usersize < useroffset))
		usersize = useroffset = 0;
	why = why_not(name, size, align, flags);
	if (why) {
		report_failure(name, flags, -EINVAL, why);
		return NULL;
	}
	mutex_lock(&slab_mutex);
	warn_of_namesakes(name);
	flags = slub_debug_flags(flags, name);
	s = usersize ? NULL : find_mergeable(size, align, flags, ctor);
	if (s)
		share(s, name, size);
	else
		s = create_cache(name, size, align, flags, ctor, 1);
	if (!IS_ERR(s) && usersize) {
		s->useroffset = useroffset;
		s->usersize = usersize;
	}
	mutex_unlock(&slab_mutex);
	if (!IS_ERR(s))
		return s;
	report_failure(name, flags, PTR_ERR(s),
		       PTR_ERR(s) == -ENOMEM ? "no memory" : "no slab holds such an object");
	return NULL;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *))
{
	return kmem_cache_create_usercopy(name, size, align, flags, 0, 0, ctor);
}

static int destroy(struct kmem_cache *s, const void *caller)
{
	unsigned long live;
	char from[160];
	bool last;

	if (!s)
		return 0;
	might_sleep();
	if (WARN(cache_of_object(s) != kmem_cache_cache, "kmem_cache_destroy() of %p, no cache", s))
		return -EINVAL;
	rcu_barrier(); /* its objects may be under way to it */
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
		slub_count_error();
		pr_err("BUG %s: Objects remaining in %s on __kmem_cache_shutdown()\n", s->name,
		       s->name);
		slab_list_live(s);
		slub_count_error();
		symbol_name(caller, from, sizeof(from));
		WARN(true,
		     "kmem_cache_destroy %s: Slab cache still has objects when called from %s",
		     s->name, from);
		list_move(&s->list, &abandoned_caches);
	} else {
		list_del(&s->list);
	}
	slab_sysfs_forget(s);
	mutex_unlock(&slab_mutex);
	if (live)
		return -EBUSY;
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		slab_free_rcu_slabs();
	free_cache(s);
	return 0;
}

int kmem_cache_destroy_status(struct kmem_cache *s)
{
	return destroy(s, __builtin_return_address(0));
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	destroy(s, __builtin_return_address(0));
}

unsigned int kmem_cache_size(struct kmem_cache *s)
{
	return s->object_size;
}

const char *kmem_cache_name(struct kmem_cache *s)
{
	return s->name;
}

static int boot_cache(int i, const char *name, unsigned int size, slab_flags_t flags)
{
	struct kmem_cache *s = &boot_caches[i];

	*s = (struct kmem_cache){
		.name = name,
		.object_size = size,
		.flags = slub_debug_flags(SLAB_HWCACHE_ALIGN | SLAB_NO_SHEAVES | flags, name),
		.align = slab_alignment(SLAB_HWCACHE_ALIGN, 0, size),
		.refcount = -1,
	};
	for (unsigned int nid = 0; nid < nr_online_nodes; nid++)
		s->node[nid] = &boot_nodes[i][nid];
	return init_cache(s);
}

int slab_boot(const struct machine_config *cfg)
{
	int err;

	slab_nomerge = cfg->slab_nomerge;
	INIT_LIST_HEAD(&slab_caches);
	INIT_LIST_HEAD(&abandoned_caches);
	slub_debug_boot(cfg);
	slab_hooks_boot();
	err = boot_cache(1, "kmem_cache", sizeof(struct kmem_cache), 0);
	if (!err)
		err = boot_cache(0, "kmem_cache_node", sizeof(struct kmem_cache_node), 0);
	/* Sheaves come and go without a look at each. */
	if (!err)
		err = boot_cache(2, "kmem_sheaf", 1024, SLAB_NO_USER_FLAGS);
	kmalloc_is_up = false;
	if (!err)
		err = kmalloc_boot();
	kmalloc_is_up = true;
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
		if (is_boot_cache(s) || is_kmalloc_cache(s))
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
		if (!is_kmalloc_cache(s))
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
