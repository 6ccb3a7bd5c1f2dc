// SPDX-License-Identifier: MIT
/*
 * zone.c - nodes, zones, and how memory gets from memblock to the buddy.
 *
 * 1. Idea
 *
 * Frames differ in who can use them: a device with 24 address bits needs the first 16 MiB, one
 * with 32 the first 4 GiB. So frames are grouped in zones, and a request names the highest zone
 * it can use; lower ones serve it when that is full (zonelists). Nodes are machines' memory
 * banks, each with zones of its own; a request goes to its CPU's node first.
 *
 * 2. The frontier
 *
 * Putting 2^28 frames on free lists takes the time and the memory to write 2^28 struct pages. A
 * machine that never uses them should not pay. So a zone keeps ranges of *untouched* blocks of
 * MAX_PAGE_ORDER aside: free, counted as free, but on no list and with a memory map of zeros.
 * When the lists run dry, frontier_advance() turns the next one into an ordinary free block.
 * Blocks merge up to MAX_PAGE_ORDER only and are aligned to it, so the buddy never looks beyond
 * the block it is in, and never at an untouched one.
 *
 * 3. Invariants
 *
 *	NR_FREE_PAGES = sum(blocks of order o << o) + (nr_untouched << MAX_PAGE_ORDER)
 *	managed       = NR_FREE_PAGES + pages on CPU lists + allocated pages
 *	spanned >= present >= managed
 *
 * 4. Locks: zone->lock for a zone's lists and frontier; the rest is written at boot.
 */
#include <limits.h>
#include <kmem/printk.h>
#include <kmem/memblock.h>
#include <kmem/percpu.h>

#include "zone.h"

#define DMA_END	  (16ul << 20 >> PAGE_SHIFT)
#define DMA32_END (4ul << 30 >> PAGE_SHIFT)

static const char *const zone_names[MAX_NR_ZONES] = { "DMA", "DMA32", "Normal", "HighMem",
						      "Movable" };

struct pglist_data node_data[MAX_NUMNODES];
unsigned int nr_online_nodes;
struct page *mem_map;

struct zone *next_zone(struct zone *zone)
{
	struct pglist_data *pgdat = zone->zone_pgdat;

	if (zone->idx < MAX_NR_ZONES - 1)
		return zone + 1;
	if (++pgdat < node_data + nr_online_nodes)
		return pgdat->node_zones;
	return NULL;
}

struct zone *page_zone(const struct page *page)
{
	return &NODE_DATA(page_to_nid(page))->node_zones[page_zonenum(page)];
}

int cpu_to_node(unsigned int cpu)
{
	return cpu_table[cpu].node;
}

struct zone *pfn_zone(unsigned long pfn)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (pfn >= zone->zone_start_pfn && pfn < zone_end_pfn(zone))
			return zone;
	}
	return NULL;
}

unsigned long global_zone_page_state(enum zone_stat_item item)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone)
		sum += zone_page_state(zone, item);
	return sum;
}

unsigned long totalram_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone)
		sum += zone_managed_pages(zone);
	return sum;
}

unsigned long nr_free_pages(void)
{
	return global_zone_page_state(NR_FREE_PAGES);
}

/*
 * The frames of zone @idx, on a node whose movable ones begin at @movable_pfn: where it starts and
 * where the next begins.
 */
static void zone_limits(enum zone_type idx, unsigned long movable_pfn, unsigned long *start,
			unsigned long *end)
{
	const unsigned long limit[] = { 0, DMA_END, DMA32_END, max_low_pfn };

	if (idx <= ZONE_NORMAL) {
		*start = min(limit[idx], max_low_pfn);
		*end = min(limit[idx + 1], max_low_pfn);
	} else {
		*start = max_low_pfn;
		*end = max_pfn;
	}
	*start = idx == ZONE_MOVABLE ? movable_pfn : min(*start, movable_pfn);
	*end = idx == ZONE_MOVABLE ? max_pfn : min(*end, movable_pfn);
}

/* Where the node's memory from @from on begins and ends; nothing: both are 0. */
static struct pfn_range node_range(int nid, unsigned long from)
{
	struct pfn_range range = { 0, 0 };

	for (unsigned int i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];
		unsigned long start = max(r->base >> PAGE_SHIFT, from);
		unsigned long end = (r->base + r->size) >> PAGE_SHIFT;

		if (r->nid != nid || start >= end)
			continue;
		if (!range.end)
			range.start = start;
		range.end = end;
	}
	return range;
}

/*
 * Where each node's movable memory begins: at its end, in shares of what the node has. It comes
 * out of high memory if there is so much of that.
 */
static void find_movable_pfns(unsigned long movable_pages, unsigned long *movable_pfn)
{
	bool from_high = movable_pages <= max_pfn - max_low_pfn;
	unsigned long from = from_high ? max_low_pfn : 0, all = 0;

	for (unsigned int nid = 0; nid < nr_online_nodes; nid++) {
		struct pfn_range range = node_range(nid, from);

		all += range.end - range.start;
	}
	for (unsigned int nid = 0; nid < nr_online_nodes; nid++) {
		struct pfn_range range = node_range(nid, from);
		unsigned long pages = range.end - range.start;
		unsigned long share = all ? movable_pages * pages / all : 0;

		/* To the nearest pageblock. */
		movable_pfn[nid] = max_pfn;
		if (share)
			movable_pfn[nid] =
				ALIGN_DOWN(range.end - min(share, pages) + pageblock_nr_pages / 2,
					   pageblock_nr_pages);
	}
}

static void zone_set_span(struct zone *zone, unsigned long start, unsigned long end)
{
	unsigned long first = 0, last = 0, present = 0;

	for (unsigned int i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];
		unsigned long from = max(r->base >> PAGE_SHIFT, start);
		unsigned long to = min((r->base + r->size) >> PAGE_SHIFT, end);

		if (r->nid != zone->zone_pgdat->node_id || from >= to)
			continue;
		if (!present)
			first = from;
		last = to;
		present += to - from;
	}
	zone->zone_start_pfn = first;
	zone->spanned_pages = last - first;
	zone->present_pages = present;
}

/*
 * Own node first, then the others in turn, so that the neighbours' load is spread; within a node
 * from the highest zone that is allowed downward.
 */
static void build_zonelist(struct pglist_data *pgdat, enum zone_type highest)
{
	struct zonelist *all = &pgdat->node_zonelists[highest];
	struct zonelist *own = &pgdat->node_thisnode[highest];
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr_online_nodes; i++) {
		unsigned int nid = (pgdat->node_id + i) % nr_online_nodes;

		for (int z = highest; z >= 0; z--) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[z];

			if (!zone->managed_pages)
				continue;
			all->zones[n++] = zone;
			if (i == 0)
				own->zones[n - 1] = zone;
		}
		if (i == 0)
			own->zones[n] = NULL;
	}
	all->zones[n] = NULL;
}

static void build_all_zonelists(void)
{
	struct pglist_data *pgdat;

	for_each_online_pgdat(pgdat)
		for (int z = 0; z < MAX_NR_ZONES; z++)
			build_zonelist(pgdat, z);
}

void zones_boot(unsigned long movable_pages)
{
	unsigned long movable_pfn[MAX_NUMNODES];
	struct pglist_data *pgdat;
	unsigned int cpu;

	find_movable_pfns(movable_pages, movable_pfn);
	for_each_possible_cpu(cpu)
		cpu_table[cpu].node = cpu % nr_online_nodes;
	for_each_online_pgdat(pgdat) {
		unsigned long lowest = ULONG_MAX, highest = 0;
		int nid = pgdat - node_data;

		*pgdat = (struct pglist_data){ .node_id = nid };
		for (int z = 0; z < MAX_NR_ZONES; z++) {
			struct zone *zone = &pgdat->node_zones[z];
			unsigned long start, end;

			zone->zone_pgdat = pgdat;
			zone->idx = z;
			zone->page_flags = (unsigned long)z << PAGE_ZONE_SHIFT |
					   (unsigned long)pgdat->node_id << PAGE_NODE_SHIFT;
			zone->name = zone_names[z];
			zone_limits(z, movable_pfn[nid], &start, &end);
			zone_set_span(zone, start, end);
			buddy_init(zone);
			if (!zone->present_pages)
				continue;
			lowest = min(lowest, zone->zone_start_pfn);
			highest = max(highest, zone_end_pfn(zone));
			pgdat->node_present_pages += zone->present_pages;
		}
		pgdat->node_start_pfn = highest ? lowest : 0;
		pgdat->node_spanned_pages = highest ? highest - lowest : 0;
	}
}

int zones_boot_pagesets(void)
{
	struct zone *zone;

	for_each_zone(zone) {
		if (!zone->present_pages)
			continue;
		zone->per_cpu_pageset = alloc_percpu(struct per_cpu_pages);
		if (!zone->per_cpu_pageset)
			return -ENOMEM;
		pageset_init(zone);
	}
	return 0;
}

static void init_struct_page(struct page *page, const struct zone *zone)
{
	*page = (struct page){
		.flags = BIT(PG_managed) | zone->page_flags,
	};
}

void free_frames_at_boot(struct zone *zone, unsigned long start, unsigned long end)
{
	for (unsigned long pfn = start; pfn < end; pfn++)
		init_struct_page(pfn_to_page(pfn), zone);
	while (start < end) {
		unsigned int order = min_t(unsigned int, MAX_PAGE_ORDER,
					   start ? (unsigned int)__builtin_ctzl(start) : 63);

		while (start + (1ul << order) > end)
			order--;
		spin_lock(&zone->lock);
		buddy_free_block(zone, pfn_to_page(start), order,
				 get_pageblock_migratetype(pfn_to_page(start)), FPI_TO_TAIL);
		zone->managed_pages += 1ul << order;
		spin_unlock(&zone->lock);
		start += 1ul << order;
	}
}

/* A free range of memblock within one zone: whole blocks stay untouched, the ends do not. */
static void free_range(struct zone *zone, unsigned long start, unsigned long end)
{
	unsigned long first = ALIGN(start, MAX_ORDER_NR_PAGES);
	unsigned long last = ALIGN_DOWN(end, MAX_ORDER_NR_PAGES);

	if (first >= last || zone->nr_untouched_ranges == ZONE_UNTOUCHED_RANGES) {
		free_frames_at_boot(zone, start, end);
		return;
	}
	free_frames_at_boot(zone, start, first);
	free_frames_at_boot(zone, last, end);
	zone->untouched[zone->nr_untouched_ranges++] = (struct pfn_range){ first, last };
	zone->nr_untouched += (last - first) >> MAX_PAGE_ORDER;
	zone->managed_pages += last - first;
	zone_add_free(zone, last - first);
}

void memblock_free_all(void)
{
	enum migratetype type = untouched_type();
	phys_addr_t start, end, pos = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long z_start = zone->zone_start_pfn, z_end = zone_end_pfn(zone);
		int nid;

		zone->nr_pageblocks[type] = DIV_ROUND_UP(z_end, pageblock_nr_pages) -
					    z_start / pageblock_nr_pages;
		for (pos = (phys_addr_t)z_start << PAGE_SHIFT;
		     memblock_next_free_range(pos, &start, &end, &nid); pos = end) {
			unsigned long from = PAGE_ALIGN(start) >> PAGE_SHIFT;
			unsigned long to = min_t(unsigned long, end >> PAGE_SHIFT, z_end);

			if (from >= z_end)
				break;
			if (nid == zone->zone_pgdat->node_id && from < to)
				free_range(zone, from, to);
		}
	}
	build_all_zonelists();
	pageset_publish();
}

bool frontier_advance(struct zone *zone)
{
	for (unsigned int i = 0; i < zone->nr_untouched_ranges; i++) {
		struct pfn_range *r = &zone->untouched[i];
		struct page *page;

		if (r->start == r->end)
			continue;
		page = pfn_to_page(r->start);
		for (unsigned long n = 0; n < MAX_ORDER_NR_PAGES; n++)
			init_struct_page(page + n, zone);
		WRITE_ONCE(r->start, r->start + MAX_ORDER_NR_PAGES);
		WRITE_ONCE(zone->nr_untouched, zone->nr_untouched - 1);
		buddy_put_on_list(zone, page, MAX_PAGE_ORDER, MIGRATE_MOVABLE, true);
		return true;
	}
	return false;
}

unsigned long untouched_end(const struct zone *zone, unsigned long pfn)
{
	for (unsigned int i = 0; i < zone->nr_untouched_ranges; i++)
		if (pfn >= READ_ONCE(zone->untouched[i].start) && pfn < zone->untouched[i].end)
			return zone->untouched[i].end;
	return pfn;
}

unsigned long zone_check(void)
{
	unsigned long bad = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		bad += buddy_check(zone);
		bad += pcp_check(zone);
		if (zone->spanned_pages < zone->present_pages ||
		    zone->present_pages < zone->managed_pages) {
			pr_err("zone %s: spanned %lu, present %lu, managed %lu\n", zone->name,
			       zone->spanned_pages, zone->present_pages, zone->managed_pages);
			bad++;
		}
	}
	return bad;
}
