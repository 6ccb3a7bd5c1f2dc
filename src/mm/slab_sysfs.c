// SPDX-License-Identifier: MIT
/*
 * slab_sysfs.c - what sys/kernel/slab/ says of a cache: its geometry, its objects, its names.
 *
 * 1. Names. A cache that shares with nobody has a directory of its name. One that others may
 *    share is named by what they must agree on, ":at-0000192" (flags and size), and every name
 *    that was created is a symlink to that. A name stays as long as the cache does, as in the
 *    kernel: who destroys a shared cache only drops a reference and says no name. A name that is
 *    created again means the new cache.
 * 2. Structures: one table of attributes, in the order of the alphabet; a list of the further
 *    names of shared caches, in host memory.
 * 3. Counts of objects. A node knows slabs, objects in them, and free ones on its partial list.
 *    What lies in a sheaf is in use for its slab. No CPU has a slab of its own here, so that
 *    cpu_slabs and slabs_cpu_partial are 0.
 * 4. Locks: slab_mutex over all; a node's list_lock around its counters.
 *
 * Source of the formats: Linux 6.18, mm/slub.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <kmem/mutex.h>
#include <kmem/seq_file.h>

#include "../kernel/host.h"
#include "../kernel/kallsyms.h"
#include "slab.h"
#include "slab_sysfs.h"
#include "slub_debug.h"

#define UNIQUE_ID_MAX	    32
#define MAX_PARTIAL_TO_SCAN 10000

/* A further name of a shared cache. */
struct slab_alias {
	struct slab_alias *next;
	const struct kmem_cache *cache;
	char name[];
};

static struct slab_alias *aliases; /* protected by slab_mutex */
static unsigned long version = 1;  /* written under slab_mutex, read by anyone */

void slab_sysfs_changed(void)
{
	WRITE_ONCE(version, version + 1);
}

unsigned long slab_directories_version(void)
{
	return READ_ONCE(version);
}

/* Whatever the name meant is forgotten: as in the kernel, where the link is made anew. */
static void forget_alias(const char *name)
{
	struct slab_alias **link = &aliases, *a;

	while ((a = *link) && strcmp(a->name, name))
		link = &a->next;
	if (a) {
		*link = a->next;
		host_free(a);
	}
}

void slab_sysfs_alias(struct kmem_cache *s, const char *name)
{
	struct slab_alias *a;

	forget_alias(name);
	a = host_alloc(sizeof(*a) + strlen(name) + 1);
	if (!a)
		return;
	a->cache = s;
	strcpy(a->name, name);
	a->next = aliases;
	aliases = a;
	slab_sysfs_changed();
}

void slab_sysfs_forget(struct kmem_cache *s)
{
	struct slab_alias **link = &aliases, *a;

	while ((a = *link)) {
		if (!s || a->cache == s) {
			*link = a->next;
			host_free(a);
		} else {
			link = &a->next;
		}
	}
	slab_sysfs_changed();
}

/* The directory's name: at @buf, or the cache's own if it keeps to itself. */
static const char *directory_of(const struct kmem_cache *s, char buf[static UNIQUE_ID_MAX])
{
	static const struct {
		slab_flags_t flag;
		char letter;
	} letters[] = {
		{ SLAB_CACHE_DMA, 'd' },       { SLAB_CACHE_DMA32, 'D' },
		{ SLAB_RECLAIM_ACCOUNT, 'a' }, { SLAB_CONSISTENCY_CHECKS, 'F' },
		{ SLAB_ACCOUNT, 'A' },
	};
	char *p = buf;

	if (slab_unmergeable(s))
		return s->name;
	*p++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (s->flags & letters[i].flag)
			*p++ = letters[i].letter;
	if (p != buf + 1)
		*p++ = '-';
	snprintf(p, UNIQUE_ID_MAX - (p - buf), "%07u", s->size);
	return buf;
}

void slab_list_directories(void (*fn)(void *arg, const char *name, const char *target), void *arg)
{
	char buf[UNIQUE_ID_MAX];
	struct kmem_cache *s;

	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		const char *directory = directory_of(s, buf);

		fn(arg, directory, NULL);
		if (directory == buf)
			fn(arg, s->name, directory);
	}
	for (struct slab_alias *a = aliases; a; a = a->next)
		fn(arg, a->name, directory_of(a->cache, buf));
	mutex_unlock(&slab_mutex);
}

/* A file's name has no slash: where a cache's has one, its directory's has a !. */
static bool is_directory_of(const char *directory, const char *name)
{
	for (; *name && (*directory == *name || (*name == '/' && *directory == '!')); name++)
		directory++;
	return !*name && !*directory;
}

struct kmem_cache *slab_cache_of_directory(const char *directory)
{
	char buf[UNIQUE_ID_MAX];
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		if (is_directory_of(directory, directory_of(s, buf)))
			return s;
	return NULL;
}

/* Counters of one node at one moment. */
struct node_counts {
	unsigned long slabs, partial, objects, free;
};

static struct node_counts counts_of(struct kmem_cache_node *n)
{
	struct node_counts c;

	spin_lock(&n->list_lock);
	c = (struct node_counts){ n->nr_slabs, n->nr_partial, n->total_objects, n->free_objects };
	spin_unlock(&n->list_lock);
	return c;
}

/*
 * Objects in use in slabs that have some free. Of a long list only a part is looked at, as in
 * the kernel, and the rest taken to be like it.
 */
static unsigned long objects_on_partial(struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned long in_use = 0, seen = 0, all;
	struct page *slab;

	spin_lock(&n->list_lock);
	all = n->total_objects - n->free_objects;
	list_for_each_entry(slab, &n->partial, lru) {
		in_use += slab->inuse;
		if (++seen == MAX_PARTIAL_TO_SCAN)
			break;
	}
	if (seen < n->nr_partial)
		in_use = in_use * n->nr_partial / seen;
	spin_unlock(&n->list_lock);
	return min(in_use, all);
}

/* "total N0=n N1=n": nodes that have none are left out. */
static void show_per_node(struct seq_file *m, struct kmem_cache *s,
			  unsigned long (*of)(struct kmem_cache *s, struct kmem_cache_node *n))
{
	unsigned long n[MAX_NUMNODES], total = 0;

	for (unsigned int nid = 0; nid < nr_online_nodes; nid++) {
		n[nid] = of(s, s->node[nid]);
		total += n[nid];
	}
	seq_printf(m, "%lu", total);
	for (unsigned int nid = 0; nid < nr_online_nodes; nid++)
		if (n[nid])
			seq_printf(m, " N%u=%lu", nid, n[nid]);
	seq_putc(m, '\n');
}

static unsigned long node_slabs(struct kmem_cache *s, struct kmem_cache_node *n)
{
	return counts_of(n).slabs;
}

static unsigned long node_partial(struct kmem_cache *s, struct kmem_cache_node *n)
{
	return counts_of(n).partial;
}

static unsigned long node_total_objects(struct kmem_cache *s, struct kmem_cache_node *n)
{
	return counts_of(n).objects;
}

static unsigned long node_objects(struct kmem_cache *s, struct kmem_cache_node *n)
{
	struct node_counts c = counts_of(n);

	return c.objects - c.free;
}

#define PER_NODE(attr, of)                                                \
	static void attr##_show(struct seq_file *m, struct kmem_cache *s) \
	{                                                                 \
		show_per_node(m, s, of);                                  \
	}

PER_NODE(objects, node_objects)
PER_NODE(objects_partial, objects_on_partial)
PER_NODE(partial, node_partial)
PER_NODE(slabs, node_slabs)
PER_NODE(total_objects, node_total_objects)

#define NUMBER(attr, value)                                               \
	static void attr##_show(struct seq_file *m, struct kmem_cache *s) \
	{                                                                 \
		seq_printf(m, "%lu\n", (unsigned long)(value));           \
	}

NUMBER(aliases, s->refcount < 0 ? 0 : s->refcount - 1)
NUMBER(align, s->align)
NUMBER(min_partial, s->min_partial)
NUMBER(object_size, s->object_size)
NUMBER(objs_per_slab, s->objects)
NUMBER(order, s->order)
NUMBER(failslab, READ_ONCE(s->failslab))
NUMBER(sheaf_capacity, READ_ONCE(s->watched) ? 0 : s->sheaf_capacity)
NUMBER(slab_size, s->size)
/* What may be copied to clients directly: all of a kmalloc object. */
NUMBER(usersize, s->of_kmalloc ? s->object_size : s->usersize)
NUMBER(cache_dma, !!(s->flags & SLAB_CACHE_DMA))
NUMBER(destroy_by_rcu, !!(s->flags & SLAB_TYPESAFE_BY_RCU))
NUMBER(hwcache_align, !!(s->flags & SLAB_HWCACHE_ALIGN))
NUMBER(poison, !!(s->flags & SLAB_POISON))
NUMBER(reclaim_account, !!(s->flags & SLAB_RECLAIM_ACCOUNT))
NUMBER(red_zone, !!(s->flags & SLAB_RED_ZONE))
NUMBER(sanity_checks, !!(s->flags & SLAB_CONSISTENCY_CHECKS))
NUMBER(store_user, !!(s->flags & SLAB_STORE_USER))
NUMBER(trace, !!(s->flags & SLAB_TRACE))
/* No CPU keeps slabs, and partial ones of other nodes are not taken before new ones are made. */
NUMBER(none, 0)

static void slabs_cpu_partial_show(struct seq_file *m, struct kmem_cache *s)
{
	seq_puts(m, "0(0)\n");
}

static void ctor_show(struct seq_file *m, struct kmem_cache *s)
{
	char name[160];

	if (!s->ctor)
		return;
	symbol_name((const void *)s->ctor, name, sizeof(name));
	seq_printf(m, "%s\n", name);
}

/* One number, decimal, 0x or 0; a newline may follow. */
static int parse_number(const char *text, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 0);
	if (end == text || *text == '-' || (*end && (*end != '\n' || end[1])))
		return -EINVAL;
	return errno ? -ERANGE : 0;
}

static int min_partial_store(struct kmem_cache *s, const char *text)
{
	unsigned long value;
	int err = parse_number(text, &value);

	if (!err)
		WRITE_ONCE(s->min_partial, value);
	return err;
}

/* Only what is so anyway. */
static int none_store(struct kmem_cache *s, const char *text)
{
	unsigned long value;
	int err = parse_number(text, &value);

	return err ? err : value ? -EINVAL : 0;
}

/* Of a shared cache one name must not fail for the others. */
static int failslab_store(struct kmem_cache *s, const char *text)
{
	if (s->refcount > 1 || (text[0] != '0' && text[0] != '1'))
		return -EINVAL;
	WRITE_ONCE(s->failslab, text[0] == '1');
	return 0;
}

static int shrink_store(struct kmem_cache *s, const char *text)
{
	if (text[0] != '1')
		return -EINVAL;
	kmem_cache_shrink(s);
	return 0;
}

static int validate_store(struct kmem_cache *s, const char *text)
{
	if (text[0] != '1')
		return -EINVAL;
	slub_validate(s);
	return slab_check_nodes(s) + sheaves_check(s) ? -EIO : 0;
}

const struct slab_attribute slab_attributes[] = {
	{ "aliases", 0400, aliases_show, NULL },
	{ "align", 0400, align_show, NULL },
	{ "cache_dma", 0400, cache_dma_show, NULL },
	{ "cpu_partial", 0600, none_show, none_store },
	{ "cpu_slabs", 0400, none_show, NULL },
	{ "ctor", 0400, ctor_show, NULL },
	{ "destroy_by_rcu", 0400, destroy_by_rcu_show, NULL },
	{ "failslab", 0600, failslab_show, failslab_store },
	{ "hwcache_align", 0400, hwcache_align_show, NULL },
	{ "min_partial", 0600, min_partial_show, min_partial_store },
	{ "object_size", 0400, object_size_show, NULL },
	{ "objects", 0400, objects_show, NULL },
	{ "objects_partial", 0400, objects_partial_show, NULL },
	{ "objs_per_slab", 0400, objs_per_slab_show, NULL },
	{ "order", 0400, order_show, NULL },
	{ "partial", 0400, partial_show, NULL },
	{ "poison", 0400, poison_show, NULL },
	{ "reclaim_account", 0400, reclaim_account_show, NULL },
	{ "red_zone", 0400, red_zone_show, NULL },
	{ "remote_node_defrag_ratio", 0600, none_show, none_store },
	{ "sanity_checks", 0400, sanity_checks_show, NULL },
	{ "sheaf_capacity", 0400, sheaf_capacity_show, NULL },
	{ "shrink", 0600, NULL, shrink_store },
	{ "slab_size", 0400, slab_size_show, NULL },
	{ "slabs", 0400, slabs_show, NULL },
	{ "slabs_cpu_partial", 0400, slabs_cpu_partial_show, NULL },
	{ "store_user", 0400, store_user_show, NULL },
	{ "total_objects", 0400, total_objects_show, NULL },
	{ "trace", 0400, trace_show, NULL },
	{ "usersize", 0400, usersize_show, NULL },
	{ "validate", 0600, NULL, validate_store },
	{ NULL, 0, NULL, NULL },
};

static const struct slab_attribute *find_attribute(const char *name)
{
	const struct slab_attribute *a = slab_attributes;

	while (a->name && strcmp(a->name, name))
		a++;
	return a;
}

int slab_attribute_show(struct seq_file *m, const char *directory, const char *attribute)
{
	const struct slab_attribute *a = find_attribute(attribute);
	struct kmem_cache *s;

	mutex_lock(&slab_mutex);
	s = slab_cache_of_directory(directory);
	if (s && a->show)
		a->show(m, s);
	mutex_unlock(&slab_mutex);
	return s ? 0 : -ENODEV;
}

int slab_attribute_store(const char *directory, const char *attribute, const char *text)
{
	const struct slab_attribute *a = find_attribute(attribute);
	int err = -ENODEV;
	struct kmem_cache *s;

	if (!a->store)
		return -EIO;
	mutex_lock(&slab_mutex);
	s = slab_cache_of_directory(directory);
	if (s)
		err = a->store(s, text);
	mutex_unlock(&slab_mutex);
	return err;
}
