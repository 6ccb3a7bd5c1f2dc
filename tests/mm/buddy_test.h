/* SPDX-License-Identifier: MIT */
/* buddy_test.h - what the tests of buddy.c share: the buddy itself, called under the zone's lock. */
#ifndef BUDDY_TEST_H
#define BUDDY_TEST_H

#include "machine.h"
#include "mm/zone.h"

static struct page *take(struct zone *zone, unsigned int order, enum migratetype type)
{
	struct page *page;

	spin_lock(&zone->lock);
	page = buddy_take(zone, order, type);
	spin_unlock(&zone->lock);
	return page;
}

static void give(struct zone *zone, struct page *page, unsigned int order)
{
	spin_lock(&zone->lock);
	buddy_free_block(zone, page, order, get_pageblock_migratetype(page), FPI_NONE);
	spin_unlock(&zone->lock);
}

#endif
