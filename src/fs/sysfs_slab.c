// SPDX-License-Identifier: MIT
/*
 * sysfs_slab.c - sys/kernel/slab/: a directory for each cache, a symlink for each shared name.
 *
 * What the attributes say is mm/slab_sysfs.c's business; here are only their files. As for
 * slabinfo, an idle machine's caches are settled before its objects are counted.
 */
#include <kmem/machine.h>

#include "../mm/slab_sysfs.h"
#include "sysfs.h"

static int show(struct seq_file *m, const struct node *node)
{
	machine_idle();
	return slab_attribute_show(m, node->parent->name, node->name);
}

static int store(const struct node *node, const char *text)
{
	return slab_attribute_store(node->parent->name, node->name, text);
}

static const struct sysfs_file attribute_file = { .show = show, .store = store };

static void list_attributes(struct sysfs_listing *l, const struct node *dir)
{
	for (const struct slab_attribute *a = slab_attributes; a->name; a++)
		sysfs_list_file(l, a->name, a->mode, &attribute_file);
}

static const struct sysfs_dir cache_dir = { .list = list_attributes };

static void list_cache(void *listing, const char *name, const char *target)
{
	if (target)
		sysfs_list_link(listing, name, target);
	else
		sysfs_list_dir(listing, name, &cache_dir);
}

static void list_caches(struct sysfs_listing *l, const struct node *dir)
{
	slab_list_directories(list_cache, l);
}

const struct sysfs_dir sysfs_slab_dir = {
	.list = list_caches,
	.version = slab_directories_version,
};
