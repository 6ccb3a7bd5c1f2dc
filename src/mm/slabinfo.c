// SPDX-License-Identifier: MIT
/*
 * slabinfo.c - proc/slabinfo: what each cache has, over all nodes.
 *
 * An object that a CPU keeps is in use for its slab. It is free for who reads this, so it is
 * counted and taken off: on a machine where nobody is at work the numbers are exact.
 *
 * Locks: slab_mutex, and list_lock of a node for its numbers. Format: Linux 6.1, mm/slab_common.c.
 */
#include <kmem/mutex.h>
#include <kmem/seq_file.h>

#include "slab.h"

struct slab_totals slab_totals(struct kmem_cache *s)
{
	struct slab_totals t = { 0 };

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

static void show_cache(struct seq_file *m, struct kmem_cache *s)
{
	struct slab_totals t = slab_totals(s);
	unsigned long in_use = t.objects - t.free;

	/* What CPUs hold ready is free too; when nobody is at work this is exact. */
	in_use -= min(s->cached, in_use);
	seq_printf(m, "%-17s %6lu %6lu %6u %4u %4d", s->name, in_use, t.objects, s->size,
		   s->objects, 1 << s->order);
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
	slab_count_cached();
	list_for_each_entry(s, &slab_caches, list)
		show_cache(m, s);
	mutex_unlock(&slab_mutex);
	return 0;
}
