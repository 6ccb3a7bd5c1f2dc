// SPDX-License-Identifier: MIT
/*
 * buddy.c - a zone's free blocks.
 *
 * 1. Idea (Knowlton 1965): blocks have 2^order pages and start at a multiple of their size. The
 *    other half of the block that a block was split from, its *buddy*, is at pfn ^ 2^order. A
 *    request takes the smallest block that is large enough and splits it down; a freed block
 *    merges with its buddy as long as that is free, up to MAX_PAGE_ORDER.
 *
 * 2. Types: there are lists for each, and a request is served from those of its own. What happens
 *    when they are dry is told in migratetype.c.
 *
 * 3. Structures: free_area[order].free_list[type], linked through page->lru of the first page;
 *    free_mask[type] has bit o set while that list has a block, so that the smallest fitting
 *    order is one bit scan away. That a page is the first of a free block, of which order and on
 *    which type's list, is in its flags: one load tells whether a buddy can be merged with, one
 *    store makes a block. What bounds a way through many orders is its stores: so what is
 *    counted for a list (nr_more) is the blocks beyond the first, of which the mask tells.
 *
 * 4. Invariants, for every block on a list (buddy_check() recomputes them):
 *	pfn & (2^order - 1) = 0,  PG_buddy on the first page only,  refcount 0 on all,
 *	order < MAX_PAGE_ORDER  =>  the buddy is not a free block of the same order
 *	                            (unless one of the two is HIGHATOMIC or ISOLATE),
 *	nr_more[t] = max(length of that list - 1, 0),
 *	bit o of free_mask[t]  <=>  free_list[t] of order o is not empty.
 *
 * 5. Locks: all of it under zone->lock.
 */
#include <kmem/printk.h>

#include "page_reporting.h"
#include "zone.h"

#define TYPES_THAT_MERGE 3 /* UNMOVABLE, MOVABLE, RECLAIMABLE */

void buddy_init(struct zone *zone)
{
	for (int o = 0; o < NR_PAGE_ORDERS; o++)
		for (int t = 0; t < MIGRATE_TYPES; t++)
			INIT_LIST_HEAD(&zone->free_area[o].free_list[t]);
}

#define FREE_BLOCK_MASK (BIT(PG_buddy) | PAGE_ORDER_MASK | PAGE_TYPE_MASK)
#define BUDDY_MASK	(FREE_BLOCK_MASK | PAGE_SLOT_MASK) /* and it is of the zone */

/* What FREE_BLOCK_MASK selects of the flags of a free block's first page. */
static inline unsigned long free_block(unsigned int order, enum migratetype type)
{
	return BIT(PG_buddy) | (unsigned long)order << PAGE_ORDER_SHIFT |
	       (unsigned long)type << PAGE_TYPE_SHIFT;
}

void buddy_put_on_list(struct zone *zone, struct page *page, unsigned int order,
		       enum migratetype type, bool tail)
{
	struct free_area *area = &zone->free_area[order];

	WRITE_ONCE(page->flags, (page->flags & ~FREE_BLOCK_MASK) | free_block(order, type));
	if (tail)
		list_add_tail(&page->lru, &area->free_list[type]);
	else
		list_add(&page->lru, &area->free_list[type]);
	if (zone->free_mask[type] & 1u << order)
		area->nr_more[type]++;
	else
		WRITE_ONCE(zone->free_mask[type], zone->free_mask[type] | 1u << order);
	if (type == MIGRATE_HIGHATOMIC)
		WRITE_ONCE(zone->nr_free_highatomic, zone->nr_free_highatomic + (1ul << order));
}

/* Off its list, which is told to be empty now; account_taken() is still to come. */
static __always_inline bool unlink_block(struct free_area *area, struct page *page,
					 enum migratetype type)
{
	struct list_head *prev = READ_ONCE(page->lru.prev), *next = READ_ONCE(page->lru.next);

	clear_page_flags(page, BIT(PG_buddy) | BIT(PG_reported));
	if (prev == next) { /* only the head is both to an entry */
		list_set_ends(prev, prev);
		return true;
	}
	next->prev = prev;
	prev->next = next;
	area->nr_more[type]--;
	return false;
}

/* @pages pages of @type left their lists, which emptied those of the orders in @emptied. */
static __always_inline void account_taken(struct zone *zone, enum migratetype type, u32 emptied,
					  unsigned long pages)
{
	WRITE_ONCE(zone->free_mask[type], zone->free_mask[type] & ~emptied);
	if (unlikely(type == MIGRATE_HIGHATOMIC))
		WRITE_ONCE(zone->nr_free_highatomic, zone->nr_free_highatomic - pages);
}

static inline void take_off_list(struct zone *zone, struct page *page, unsigned int order)
{
	enum migratetype type = page->migratetype;
	u32 emptied = (u32)unlink_block(&zone->free_area[order], page, type) << order;

	account_taken(zone, type, emptied, 1ul << order);
}

/* The buddy of the block of @order that would start at @pfn, if it is a free block of the zone. */
static struct page *free_buddy_of(const struct zone *zone, unsigned long pfn, unsigned int order)
{
	struct page *buddy = pfn_to_page(pfn ^ (1ul << order));
	unsigned long differs = READ_ONCE(buddy->flags) ^ (zone->page_flags | free_block(order, 0));

	return differs & (BUDDY_MASK & ~PAGE_TYPE_MASK) ? NULL : buddy;
}

void buddy_move_to_list(struct zone *zone, struct page *page, enum migratetype type)
{
	unsigned int order = page->order;

	take_off_list(zone, page, order);
	buddy_put_on_list(zone, page, order, type, false);
}

/* Would the block at @pfn find its buddy's buddy free one order up? Then it soon merges. */
static bool likely_to_merge(struct zone *zone, unsigned long pfn, unsigned int order)
{
	unsigned long parent = pfn & ~(1ul << order);

	return order < MAX_PAGE_ORDER - 1 && free_buddy_of(zone, parent, order + 1);
}

void buddy_free_block(struct zone *zone, struct page *page, unsigned int order,
		      enum migratetype type, unsigned int fpi)
{
	/* Places in the memory map: what is 1 << order in frames is bit << order here. */
	const unsigned long bit = sizeof(struct page);
	char *const map = (char *)mem_map;
	unsigned long at = (char *)page - map;
	unsigned long wanted = zone->page_flags | free_block(order, type);
	struct free_area *area = &zone->free_area[order];
	const unsigned int freed = order;
	unsigned long half, emptied = 0; /* lists of @type that have lost their last block */

	zone_add_free(zone, 1l << order);
	for (half = bit << order; order < MAX_PAGE_ORDER; order++, half <<= 1, area++) {
		struct page *buddy = (struct page *)(map + (at ^ half));
		unsigned long differs = (READ_ONCE(buddy->flags) ^ wanted) & BUDDY_MASK;

		if (likely(!differs)) {
			if (likely(unlink_block(area, buddy, type)))
				emptied |= half;
		} else {
			if (differs & ~PAGE_TYPE_MASK)
				break;
			/* Within a pageblock all is of one type; beyond, reserves stay apart. */
			if (order >= pageblock_order &&
			    (buddy->migratetype >= TYPES_THAT_MERGE || type >= TYPES_THAT_MERGE))
				break;
			take_off_list(zone, buddy, order);
		}
		at &= ~half;
		wanted += 1ul << PAGE_ORDER_SHIFT;
	}
	page = (struct page *)(map + at);
	/* Of a reserve all that was merged is of its own type. */
	account_taken(zone, type, emptied / bit, (1ul << order) - (1ul << freed));
	if (order >= pageblock_order)
		report_hint();
	buddy_put_on_list(zone, page, order, type,
			  (fpi & FPI_TO_TAIL) || likely_to_merge(zone, page_to_pfn(page), order));
}

/*
 * Takes the block off its list and gives the upper halves of it back, down to @order. It was the
 * smallest that fits, so the lists of its type below its order are empty, and each half becomes
 * the only block of one.
 */
static struct page *split_down(struct zone *zone, struct page *page, unsigned int order,
			       unsigned int high, enum migratetype type)
{
	unsigned long flags;

	take_off_list(zone, page, high);
	/* No page of a free block has other flags than these and those of free_block(). */
	flags = page->flags & ~FREE_BLOCK_MASK;
	for (unsigned int o = high; o-- > order;) {
		struct free_area *area = &zone->free_area[o];
		struct list_head *list = &area->free_list[type];
		struct page *upper = page + (1ul << o);

		WRITE_ONCE(upper->flags, flags | free_block(o, type));
		list_set_ends(&upper->lru, list);
		list_set_ends(list, &upper->lru);
	}
	WRITE_ONCE(zone->free_mask[type], zone->free_mask[type] | ((1u << high) - (1u << order)));
	if (unlikely(type == MIGRATE_HIGHATOMIC))
		WRITE_ONCE(zone->nr_free_highatomic,
			   zone->nr_free_highatomic + (1ul << high) - (1ul << order));
	/* Not the byte alone: whoever loads the word next would wait for both stores. */
	WRITE_ONCE(page->flags, flags | (free_block(order, type) & ~BIT(PG_buddy)));
	zone_add_free(zone, -(1l << order));
	return page;
}

static struct page *take_smallest(struct zone *zone, unsigned int order, enum migratetype type)
{
	u32 fitting = zone->free_mask[type] & ~((1u << order) - 1);
	unsigned int high;

	if (!fitting)
		return NULL;
	high = __builtin_ctz(fitting);
	return split_down(
		zone, list_first_entry(&zone->free_area[high].free_list[type], struct page, lru),
		order, high, type);
}

/* Out of line, or its loops' constants would be made ready in every call. */
static noinline struct page *take_from_others(struct zone *zone, unsigned int order,
					      enum migratetype type)
{
	struct page *page;

	do {
		if (type == MIGRATE_MOVABLE || !fallback_block(zone, MAX_PAGE_ORDER, type)) {
			if (frontier_advance(zone) && type == MIGRATE_MOVABLE)
				continue;
		}
		if (!steal_fallback(zone, order, type))
			return NULL;
	} while (!(page = take_smallest(zone, order, type)));
	return page;
}

/*
 * A block of @order, first of its own type, then from beyond the frontier, then of other types.
 * An untouched block counts as MOVABLE, so others claim it as they would claim that.
 */
struct page *buddy_take(struct zone *zone, unsigned int order, enum migratetype type)
{
	struct page *page;

	if (unlikely(page_group_by_mobility_disabled))
		type = MIGRATE_UNMOVABLE;
	page = take_smallest(zone, order, type);
	return likely(page) ? page : take_from_others(zone, order, type);
}

struct page *buddy_take_highatomic(struct zone *zone, unsigned int order)
{
	return take_smallest(zone, order, MIGRATE_HIGHATOMIC);
}

bool buddy_has_block(const struct zone *zone, unsigned int order, bool highatomic_too)
{
	u32 mask = READ_ONCE(zone->free_mask[MIGRATE_UNMOVABLE]) |
		   READ_ONCE(zone->free_mask[MIGRATE_MOVABLE]) |
		   READ_ONCE(zone->free_mask[MIGRATE_RECLAIMABLE]);

	if (highatomic_too)
		mask |= READ_ONCE(zone->free_mask[MIGRATE_HIGHATOMIC]);
	return READ_ONCE(zone->nr_untouched) || mask >> order;
}

unsigned long buddy_blocks_of(const struct zone *zone, unsigned int order, enum migratetype type)
{
	return (READ_ONCE(zone->free_mask[type]) >> order & 1) +
	       READ_ONCE(zone->free_area[order].nr_more[type]);
}

unsigned long buddy_blocks(const struct zone *zone, unsigned int order)
{
	unsigned long n = order == MAX_PAGE_ORDER ? READ_ONCE(zone->nr_untouched) : 0;

	for (int t = 0; t < MIGRATE_TYPES; t++)
		n += buddy_blocks_of(zone, order, t);
	return n;
}

static unsigned long check_block(struct zone *zone, struct page *page, unsigned int order, int type)
{
	unsigned long pfn = page_to_pfn(page), bad = 0;
	struct page *buddy;

	bad += (pfn & ((1ul << order) - 1)) != 0;
	bad += !PageBuddy(page) || page->order != order || page->migratetype != type;
	bad += page_zone(page) != zone;
	for (unsigned long i = 0; i < 1ul << order; i++)
		bad += page_ref_count(page + i) != 0 || (i && PageBuddy(page + i));
	buddy = order < MAX_PAGE_ORDER ? free_buddy_of(zone, pfn, order) : NULL;
	bad += buddy && buddy->migratetype < TYPES_THAT_MERGE && type < TYPES_THAT_MERGE;
	if (bad)
		pr_err("buddy: zone %s, pfn %lx, order %u: %lu invariants broken\n", zone->name,
		       pfn, order, bad);
	return bad;
}

unsigned long buddy_check(struct zone *zone)
{
	unsigned long bad = 0, pages = 0, high = 0;

	spin_lock(&zone->lock);
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		unsigned long blocks = 0;

		for (int t = 0; t < MIGRATE_TYPES; t++) {
			struct list_head *list = &zone->free_area[o].free_list[t];
			unsigned long on_list = 0;
			struct page *page;

			bad += list_empty(list) != !(zone->free_mask[t] & 1u << o);
			list_for_each_entry(page, list, lru) {
				bad += check_block(zone, page, o, t);
				high += t == MIGRATE_HIGHATOMIC ? 1ul << o : 0;
				on_list++;
			}
			bad += on_list != buddy_blocks_of(zone, o, t);
			blocks += on_list;
		}
		pages += blocks << o;
	}
	pages += zone->nr_untouched << MAX_PAGE_ORDER;
	bad += high != zone->nr_free_highatomic;
	bad += pages != zone_page_state(zone, NR_FREE_PAGES);
	if (bad)
		pr_err("buddy: zone %s: %lu pages on lists, %lu counted, %lu violations\n",
		       zone->name, pages, zone_page_state(zone, NR_FREE_PAGES), bad);
	spin_unlock(&zone->lock);
	return bad;
}
