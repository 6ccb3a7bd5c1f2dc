// SPDX-License-Identifier: MIT
/*
 * pagetypeinfo.c - proc/pagetypeinfo: free blocks by migratetype, and whose the pageblocks are.
 *
 * The columns are those of buddyinfo, split by the list a block is on: their sum over the types
 * is buddyinfo's line. The kernel walks the lists, and gives up at 100,000 blocks; here the
 * lengths are counted as blocks come and go (buddy.c), so that the file costs what it prints.
 * Blocks behind the frontier (zone.c) are MOVABLE ones of the largest order; on a machine so small
 * that types are not kept apart, UNMOVABLE ones.
 *
 * Locks: zone->lock, so that the lines of a zone are of one moment.
 */
#include <kmem/seq_file.h>
#include <kmem/vmstat.h>

#include "zone.h"

const char *const migratetype_names[MIGRATE_TYPES] = {
	"Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate",
};

static void count_free(struct zone *zone, unsigned long blocks[MIGRATE_TYPES][NR_PAGE_ORDERS])
{
	spin_lock(&zone->lock);
	for (int t = 0; t < MIGRATE_TYPES; t++)
		for (int o = 0; o < NR_PAGE_ORDERS; o++)
			blocks[t][o] = buddy_blocks_of(zone, o, t);
	blocks[untouched_type()][MAX_PAGE_ORDER] += zone->nr_untouched;
	spin_unlock(&zone->lock);
}

static void show_free(struct seq_file *m, struct zone *zone)
{
	unsigned long blocks[MIGRATE_TYPES][NR_PAGE_ORDERS];

	count_free(zone, blocks);
	for (int t = 0; t < MIGRATE_TYPES; t++) {
		seq_printf(m, "Node %4d, zone %8s, type %12s ", zone->zone_pgdat->node_id,
			   zone->name, migratetype_names[t]);
		for (int o = 0; o < NR_PAGE_ORDERS; o++)
			seq_printf(m, "%6lu ", blocks[t][o]);
		seq_putc(m, '\n');
	}
}

static void show_pageblocks(struct seq_file *m, struct zone *zone)
{
	unsigned long blocks[MIGRATE_TYPES];

	spin_lock(&zone->lock);
	for (int t = 0; t < MIGRATE_TYPES; t++)
		blocks[t] = zone->nr_pageblocks[t];
	spin_unlock(&zone->lock);
	seq_printf(m, "Node %d, zone %8s ", zone->zone_pgdat->node_id, zone->name);
	for (int t = 0; t < MIGRATE_TYPES; t++)
		seq_printf(m, "%12lu ", blocks[t]);
	seq_putc(m, '\n');
}

static void for_zones_of(struct seq_file *m, struct pglist_data *pgdat,
			 void (*show)(struct seq_file *m, struct zone *zone))
{
	for (int z = 0; z < MAX_NR_ZONES; z++)
		if (populated_zone(&pgdat->node_zones[z]))
			show(m, &pgdat->node_zones[z]);
}

static void show_node(struct seq_file *m, struct pglist_data *pgdat)
{
	seq_printf(m, "Page block order: %d\n", pageblock_order);
	seq_printf(m, "Pages per block:  %lu\n\n", pageblock_nr_pages);
	seq_printf(m, "%-43s ", "Free pages count per migrate type at order");
	for (int o = 0; o < NR_PAGE_ORDERS; o++)
		seq_printf(m, "%6d ", o);
	seq_putc(m, '\n');
	for_zones_of(m, pgdat, show_free);
	seq_printf(m, "\n%-23s", "Number of blocks type ");
	for (int t = 0; t < MIGRATE_TYPES; t++)
		seq_printf(m, "%12s ", migratetype_names[t]);
	seq_putc(m, '\n');
	for_zones_of(m, pgdat, show_pageblocks);
}

int pagetypeinfo_show(struct seq_file *m, void *v)
{
	struct pglist_data *pgdat;

	for_each_online_pgdat(pgdat)
		if (pgdat->node_present_pages)
			show_node(m, pgdat);
	return 0;
}
