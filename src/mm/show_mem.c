// SPDX-License-Identifier: MIT
/*
 * show_mem.c - the state of memory in the log, for who asks why there was none.
 *
 * The lines are the kernel's (Linux 6.1, show_free_areas()), without those about clients' pages,
 * files and swap, of which there are none. After a zone's marks stands what it keeps from requests
 * that could go higher, and its free blocks: how many of each size, and of which types.
 *
 * Locks: zone->lock while a zone's blocks are counted.
 */
#include <stdio.h>
#include <string.h>
#include <kmem/printk.h>
#include <kmem/vmalloc.h>

#include "vmstat.h"
#include "zone.h"

#define KB(pages) ((pages) << (PAGE_SHIFT - 10))
#define LINE	  240

static void show_marks(const struct zone *zone)
{
	pr_warn("Node %d %s free:%lukB boost:%lukB min:%lukB low:%lukB high:%lukB "
		"reserved_highatomic:%luKB present:%lukB managed:%lukB free_pcp:%lukB\n",
		zone->zone_pgdat->node_id, zone->name, KB(zone_page_state(zone, NR_FREE_PAGES)),
		KB(READ_ONCE(zone->watermark_boost)), KB(wmark_pages(zone, WMARK_MIN)),
		KB(wmark_pages(zone, WMARK_LOW)), KB(wmark_pages(zone, WMARK_HIGH)),
		KB(READ_ONCE(zone->nr_reserved_highatomic)), KB(zone->present_pages),
		KB(zone_managed_pages(zone)), KB(pcp_pages(zone)));
}

static void show_reserves(const struct zone *zone)
{
	char line[LINE];
	size_t len = 0;

	for (int i = 0; i < MAX_NR_ZONES; i++)
		len += snprintf(line + len, sizeof(line) - len, " %lu",
				READ_ONCE(zone->lowmem_reserve[i]));
	pr_warn("lowmem_reserve[]:%s\n", line);
}

static void show_blocks(struct zone *zone)
{
	static const char letters[MIGRATE_TYPES] = {
		[MIGRATE_UNMOVABLE] = 'U',  [MIGRATE_MOVABLE] = 'M', [MIGRATE_RECLAIMABLE] = 'E',
		[MIGRATE_HIGHATOMIC] = 'H', [MIGRATE_ISOLATE] = 'I',
	};
	unsigned long blocks[NR_PAGE_ORDERS], total = 0;
	char types[NR_PAGE_ORDERS][MIGRATE_TYPES + 1];
	char line[LINE];
	size_t len = 0;

	spin_lock(&zone->lock);
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		bool untouched = o == MAX_PAGE_ORDER && zone->nr_untouched;
		size_t n = 0;

		blocks[o] = buddy_blocks(zone, o);
		total += blocks[o] << o;
		for (int t = 0; t < MIGRATE_TYPES; t++)
			if ((zone->free_mask[t] & 1u << o) ||
			    (untouched && t == (int)untouched_type()))
				types[o][n++] = letters[t];
		types[o][n] = '\0';
	}
	spin_unlock(&zone->lock);
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		len += snprintf(line + len, sizeof(line) - len, "%lu*%lukB ", blocks[o],
				KB(1ul << o));
		if (blocks[o])
			len += snprintf(line + len, sizeof(line) - len, "(%s) ", types[o]);
	}
	pr_warn("Node %d %s: %s= %lukB\n", zone->zone_pgdat->node_id, zone->name, line, KB(total));
}

void show_mem(void)
{
	unsigned long free_pcp = 0, present = 0, high_or_movable = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		free_pcp += pcp_pages(zone);
		present += zone->present_pages;
		if (zone->idx >= ZONE_HIGHMEM)
			high_or_movable += zone->present_pages;
	}
	pr_warn("Mem-Info:\n");
	pr_warn(" slab_reclaimable:%lu slab_unreclaimable:%lu\n",
		global_zone_page_state(NR_SLAB_RECLAIMABLE),
		global_zone_page_state(NR_SLAB_UNRECLAIMABLE));
	pr_warn(" pagetables:%lu vmalloc:%lu\n", global_zone_page_state(NR_PAGETABLE),
		vmalloc_nr_pages());
	pr_warn(" free:%lu free_pcp:%lu free_cma:0\n", nr_free_pages(), free_pcp);
	for_each_populated_zone(zone) {
		show_marks(zone);
		show_reserves(zone);
	}
	for_each_populated_zone(zone)
		show_blocks(zone);
	pr_warn("%lu pages RAM\n", present);
	pr_warn("%lu pages HighMem/MovableOnly\n", high_or_movable);
	pr_warn("%lu pages reserved\n", present - totalram_pages());
}
