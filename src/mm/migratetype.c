// SPDX-License-Identifier: MIT
/*
 * migratetype.c - pageblocks and their types: which blocks a request of each type is served from.
 *
 * 1. Idea (Gorman 2007): blocks that cannot move, that can, and that can be reclaimed are kept
 *    apart, so that one long-lived page does not spoil a region of short-lived ones. The unit is the
 *    *pageblock* (2 MiB), whose type says on which list its free pages go.
 *
 * 2. A type that runs dry takes the *largest* block of another and, if most of the pageblock is
 *    free, the whole pageblock: the next requests find room there, and the other types are not
 *    broken into again. Each time the zone's marks are raised (watermark.c), since memory that comes
 *    free in large blocks would have made it needless.
 *
 * 3. HIGHATOMIC pageblocks are a reserve for requests of more than a page that cannot wait: at most
 *    a hundredth of the zone, in zones where that is a pageblock or more.
 *
 * 4. With less memory than a few pageblocks of each type all is UNMOVABLE.
 *
 * 5. Invariants: nr_pageblocks[t] of a zone = its pageblocks of type t. A free block may be on the
 *    list of another type than its pageblock's: it was taken over without the rest.
 *
 * 6. Locks: zone->lock around all of it; types are read without.
 */
#include <string.h>
#include <kmem/printk.h>
#include <kmem/memblock.h>

#include "zone.h"

static const u8 fallbacks[MIGRATE_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

bool page_group_by_mobility_disabled;

u8 *pageblock_types;

void pageblocks_boot(unsigned long nr_pages)
{
	pageblock_types = memblock_alloc(DIV_ROUND_UP(nr_pages, pageblock_nr_pages), 0);
	if (!pageblock_types)
		pr_err("buddy: no memory for the types of pageblocks\n");
	page_group_by_mobility_disabled = nr_pages < pageblock_nr_pages * MIGRATE_TYPES;
	if (page_group_by_mobility_disabled && pageblock_types)
		memset(pageblock_types, MIGRATE_UNMOVABLE ^ MIGRATE_MOVABLE,
		       DIV_ROUND_UP(nr_pages, pageblock_nr_pages));
}

static void set_pageblock_migratetype(struct zone *zone, struct page *page, enum migratetype type)
{
	u8 *slot = &pageblock_types[page_to_pfn(page) >> pageblock_order];

	zone->nr_pageblocks[*slot ^ MIGRATE_MOVABLE]--;
	zone->nr_pageblocks[type]++;
	WRITE_ONCE(*slot, type ^ MIGRATE_MOVABLE);
}

/* Moves the free blocks of a pageblock to @type's lists; returns their pages. */
static unsigned long move_pageblock(struct zone *zone, struct page *page, enum migratetype type)
{
	unsigned long pfn = ALIGN_DOWN(page_to_pfn(page), pageblock_nr_pages);
	unsigned long end = min(pfn + pageblock_nr_pages, zone_end_pfn(zone)), moved = 0;

	pfn = max(pfn, zone->zone_start_pfn);
	while (pfn < end) {
		struct page *p = pfn_to_page(pfn);

		if (!PageBuddy(p)) {
			pfn++;
			continue;
		}
		buddy_move_to_list(zone, p, type);
		moved += 1ul << p->order;
		pfn += 1ul << p->order;
	}
	return moved;
}

static void boost_watermark(struct zone *zone)
{
	unsigned long factor = READ_ONCE(watermark_boost_factor);
	unsigned long max_boost = zone->_watermark[WMARK_HIGH] * factor / 10000;

	/* A zone too small to hold a few pageblocks would only thrash. */
	if (!factor || !max_boost || pageblock_nr_pages * 4 > zone->managed_pages)
		return;
	WRITE_ONCE(zone->watermark_boost, min(READ_ONCE(zone->watermark_boost) + pageblock_nr_pages,
					      max(max_boost, pageblock_nr_pages)));
}

/* Makes @page, a free block of another type, one that @type can be served from. */
static void claim(struct zone *zone, struct page *page, enum migratetype type, bool whole)
{
	enum migratetype old = get_pageblock_migratetype(page);

	if (page->order >= pageblock_order) {
		for (unsigned long n = 0; n < 1ul << page->order; n += pageblock_nr_pages)
			set_pageblock_migratetype(zone, page + n, type);
	} else if (whole && old < MIGRATE_PCPTYPES) {
		boost_watermark(zone);
		if (move_pageblock(zone, page, type) >= pageblock_nr_pages / 2)
			set_pageblock_migratetype(zone, page, type);
		return;
	}
	buddy_move_to_list(zone, page, type);
}

struct page *fallback_block(struct zone *zone, unsigned int order, enum migratetype type)
{
	for (size_t i = 0; i < ARRAY_SIZE(fallbacks[0]); i++) {
		struct list_head *list = &zone->free_area[order].free_list[fallbacks[type][i]];

		if (!list_empty(list))
			return list_first_entry(list, struct page, lru);
	}
	return NULL;
}

bool steal_fallback(struct zone *zone, unsigned int order, enum migratetype type)
{
	struct page *page;
	int o;

	for (o = MAX_PAGE_ORDER; o >= (int)order; o--) {
		bool whole = o >= pageblock_order / 2 || type != MIGRATE_MOVABLE;

		page = fallback_block(zone, o, type);
		if (!page)
			continue;
		/* A movable page can sit anywhere: it should break the smallest block. */
		if (whole || o == (int)order) {
			claim(zone, page, type, whole);
			return true;
		}
		for (o = order; !(page = fallback_block(zone, o, type)); o++)
			;
		claim(zone, page, type, false);
		return true;
	}
	return false;
}

void reserve_highatomic_pageblock(struct page *page, struct zone *zone)
{
	unsigned long limit = zone->managed_pages / 100;

	if (limit < pageblock_nr_pages || page_group_by_mobility_disabled)
		return;
	limit = ALIGN(limit, pageblock_nr_pages);
	spin_lock(&zone->lock);
	if (zone->nr_reserved_highatomic < limit &&
	    get_pageblock_migratetype(page) < MIGRATE_PCPTYPES) {
		WRITE_ONCE(zone->nr_reserved_highatomic,
			   zone->nr_reserved_highatomic + pageblock_nr_pages);
		set_pageblock_migratetype(zone, page, MIGRATE_HIGHATOMIC);
		move_pageblock(zone, page, MIGRATE_HIGHATOMIC);
	}
	spin_unlock(&zone->lock);
}

bool unreserve_highatomic_pageblock(struct zone *zone)
{
	struct page *page;
	u32 mask;

	spin_lock(&zone->lock);
	mask = zone->free_mask[MIGRATE_HIGHATOMIC];
	if (mask) {
		page = list_first_entry(
			&zone->free_area[__builtin_ctz(mask)].free_list[MIGRATE_HIGHATOMIC],
			struct page, lru);
		zone->nr_reserved_highatomic -= min(zone->nr_reserved_highatomic,
						    pageblock_nr_pages);
		set_pageblock_migratetype(zone, page, MIGRATE_UNMOVABLE);
		move_pageblock(zone, page, MIGRATE_UNMOVABLE);
	}
	spin_unlock(&zone->lock);
	return mask != 0;
}
