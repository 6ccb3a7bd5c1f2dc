// SPDX-License-Identifier: MIT
/*
 * pageset.c - where each CPU finds its page lists, and how much they may hold.
 *
 * A request looks at this CPU's lists of the zone that it prefers. So that it need not go by the
 * zonelist, each CPU has a table of its lists by slot (a node and a zone), and the slot that a
 * request for each kind of zone tries first. While somebody must see every request
 * (page_hooks.c), all of them try a slot whose lists are empty for ever.
 *
 * How many pages stay on a CPU, and how many move at once, follows from the zone's size and its
 * low mark: Linux 6.1, zone_batchsize() and zone_highsize().
 *
 * Locks: the tables are written at boot, or by work_on_cpu(); limits are words that CPUs read.
 */
#include <kmem/percpu.h>

#include "zone.h"

/* Where requests look that no zone can serve, and all of them while debugging is on: always empty. */
static struct per_cpu_pages no_pages;

#define NO_SLOT (NR_PAGESET_SLOTS - 1) /* no zone's */

void pageset_init(struct zone *zone)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);

		for (int i = 0; i < NR_PCP_LISTS; i++)
			INIT_LIST_HEAD(&pcp->lists[i]);
		pcp->batch = 1;
		pcp->slot = zone->page_flags >> PAGE_ZONE_SHIFT;
	}
}

void pageset_unpublish(void)
{
	for (int i = 0; i < NR_CPUS; i++) {
		struct cpu *c = &cpu_table[i];

		for (size_t z = 0; z < ARRAY_SIZE(c->first_slot); z++)
			c->first_slot[z] = NO_SLOT;
		for (int slot = 0; slot < NR_PAGESET_SLOTS; slot++)
			c->pageset[slot] = &no_pages;
	}
}

/* Where requests on this CPU look at once: the preferred zones' lists, or nowhere. */
static void set_first_slots(struct cpu *c, bool bypass)
{
	for (int z = 0; z < MAX_NR_ZONES; z++) {
		struct zone *zone = NODE_DATA(c->node)->node_zonelists[z].zones[0];

		c->first_slot[z] = zone && !bypass ? per_cpu_ptr(zone->per_cpu_pageset, c->id)->slot
						   : NO_SLOT;
	}
}

void pageset_publish(void)
{
	struct zone *zone;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct cpu *c = &cpu_table[cpu];

		for_each_populated_zone(zone) {
			struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);

			c->pageset[pcp->slot] = pcp;
		}
		set_first_slots(c, false);
	}
}

static long set_bypass_of_this_cpu(void *on)
{
	set_first_slots(current->busy, on != NULL);
	return 0;
}

void pageset_set_bypass(bool on)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		work_on_cpu(cpu, set_bypass_of_this_cpu, on ? &no_pages : NULL);
}

static int batch_for(const struct zone *zone)
{
	unsigned long batch = min(zone->managed_pages / 1024, (1ul << 20) / PAGE_SIZE) / 4;

	batch = max(batch, 1ul);
	batch += batch / 2;
	return max((1 << ilog2(batch)) - 1, 1);
}

static int high_for(const struct zone *zone, int batch)
{
	unsigned long total = zone->_watermark[WMARK_LOW];
	unsigned int cpu, cpus = 0;

	if (percpu_pagelist_high_fraction)
		total = zone->managed_pages / percpu_pagelist_high_fraction;
	for_each_possible_cpu(cpu)
		cpus += cpu_to_node(cpu) == zone->zone_pgdat->node_id;
	/* Of a node without CPUs each may keep a share. */
	return max_t(unsigned long, total / (cpus ? cpus : nr_cpu_ids), 4 * batch);
}

/* A stack alone, with its hot entry, does not go above the CPU's limit. */
static u32 stack_limit(int high, unsigned int order)
{
	return clamp((high >> order) - 1, 0, PCP_STACK);
}

void pageset_set_limits(struct zone *zone)
{
	int batch = batch_for(zone), high = high_for(zone, batch);
	unsigned int cpu;

	zone->pageset_batch = batch;
	zone->pageset_high = high;
	for_each_possible_cpu(cpu) {
		struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);

		WRITE_ONCE(pcp->batch, batch);
		WRITE_ONCE(pcp->high, high);
		for (unsigned int i = 0; i < NR_PCP_LISTS; i++)
			WRITE_ONCE(pcp->stacks[i].limit, stack_limit(high, i / MIGRATE_PCPTYPES));
	}
}
