// SPDX-License-Identifier: MIT
/*
 * zoneinfo.c - proc/buddyinfo and proc/zoneinfo: the zones one by one, in the format of Linux 6.18.
 *
 * Zones without memory are in zoneinfo too, as far as their protection, since readers count them.
 * What a node's or a zone's counters are is told in vmstat.c.
 *
 * Locks: zone->lock while a zone's blocks are counted; the other numbers are single words.
 */
#include <kmem/percpu.h>
#include <kmem/seq_file.h>
#include <kmem/vmstat.h>

#include "vmscan.h"
#include "vmstat.h"
#include "zone.h"

int buddyinfo_show(struct seq_file *m, void *v)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long blocks[NR_PAGE_ORDERS];

		spin_lock(&zone->lock);
		for (int o = 0; o < NR_PAGE_ORDERS; o++)
			blocks[o] = buddy_blocks(zone, o);
		spin_unlock(&zone->lock);
		seq_printf(m, "Node %d, zone %8s ", zone->zone_pgdat->node_id, zone->name);
		for (int o = 0; o < NR_PAGE_ORDERS; o++)
			seq_printf(m, "%6lu ", blocks[o]);
		seq_putc(m, '\n');
	}
	return 0;
}

static void show_zone_pages(struct seq_file *m, const struct zone *zone)
{
	seq_printf(m,
		   "\n  pages free     %lu"
		   "\n        boost    %lu"
		   "\n        min      %lu"
		   "\n        low      %lu"
		   "\n        high     %lu"
		   "\n        promo    %lu"
		   "\n        spanned  %lu"
		   "\n        present  %lu"
		   "\n        managed  %lu"
		   "\n        cma      0",
		   zone_page_state(zone, NR_FREE_PAGES), READ_ONCE(zone->watermark_boost),
		   wmark_pages(zone, WMARK_MIN), wmark_pages(zone, WMARK_LOW),
		   wmark_pages(zone, WMARK_HIGH), wmark_pages(zone, WMARK_PROMO),
		   zone->spanned_pages, zone->present_pages, zone_managed_pages(zone));
	seq_puts(m, "\n        protection: (");
	for (int i = 0; i < MAX_NR_ZONES; i++)
		seq_printf(m, "%s%lu", i ? ", " : "", READ_ONCE(zone->lowmem_reserve[i]));
	seq_putc(m, ')');
}

static void show_pagesets(struct seq_file *m, const struct zone *zone)
{
	unsigned int cpu;

	seq_puts(m, "\n  pagesets");
	for_each_online_cpu(cpu) {
		const struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
		int high = READ_ONCE(pcp->high);

		seq_printf(m,
			   "\n    cpu: %u"
			   "\n              count:    %d"
			   "\n              high:     %d"
			   "\n              batch:    %d"
			   "\n              high_min: %d"
			   "\n              high_max: %d",
			   cpu, pcp_count(&cpu_table[cpu], pcp), high, READ_ONCE(pcp->batch), high,
			   high);
		/* Counters are not kept back on CPUs, so nothing is ever owed. */
		seq_puts(m, "\n  vm stats threshold: 0");
	}
	seq_printf(m, "\n  node_unreclaimable:  %u\n  start_pfn:           %lu",
		   node_unreclaimable(zone->zone_pgdat->node_id), zone->zone_start_pfn);
}

int zoneinfo_show(struct seq_file *m, void *v)
{
	const struct pglist_data *pgdat_shown = NULL;
	struct zone *zone;

	for_each_zone(zone) {
		const struct pglist_data *pgdat = zone->zone_pgdat;

		seq_printf(m, "Node %d, zone %8s", pgdat->node_id, zone->name);
		if (pgdat != pgdat_shown && populated_zone(zone)) {
			seq_puts(m, "\n  per-node stats");
			zoneinfo_node_items(m, pgdat->node_id);
			pgdat_shown = pgdat;
		}
		show_zone_pages(m, zone);
		if (populated_zone(zone)) {
			zoneinfo_zone_items(m, zone);
			show_pagesets(m, zone);
		}
		seq_putc(m, '\n');
	}
	return 0;
}
