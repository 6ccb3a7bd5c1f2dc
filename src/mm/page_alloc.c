// SPDX-License-Identifier: MIT
/*
 * page_alloc.c - requests for page frames.
 *
 * 1. The way of a request, from cheap to dear:
 *
 *	fast	the preferred zone's list on this CPU (pcp.c): no lock, no mark, about a nanosecond
 *	plain	every zone of the zonelist, first its list, then its buddy, above the low mark
 *	slow	wake kswapd; down to min, and below it for those who may (see 2); free memory by
 *		asking the shrinkers; give the CPUs' lists back; try again; fail
 *
 * 2. How far below min (Linux 6.1, gfp_to_alloc_flags() and __zone_watermark_ok()). A request for
 *    2^o pages succeeds in a zone if and only if
 *
 *	free - (2^o - 1) - reserved highatomic pages  >  min' + lowmem_reserve[highest zone]
 *
 *    and, for o > 0, a block of that order exists. min' is
 *
 *	min			ordinary requests, GFP_NOWAIT
 *	min / 2			__GFP_HIGH, may sleep
 *	min / 2 * 3 / 4		__GFP_HIGH, may not sleep: GFP_ATOMIC
 *	nothing is tested	__GFP_MEMALLOC, or the thread frees memory (PF_MEMALLOC)
 *
 *    A page on a CPU's list has left the zone already, so taking it needs no test. Who may go
 *    below min need not leave the HIGHATOMIC reserve free either; requests of more than a page
 *    that cannot wait take from it first, others that cannot wait when there is nothing else.
 *    A boost of a zone's marks (watermark.c) ends when a request would fail for it.
 *
 * 3. Giving up. There are no processes to kill here, and nobody's data is ever dropped: when the
 *    shrinkers free nothing more, the request fails. Only __GFP_NOFAIL waits until somebody
 *    frees. __GFP_NORETRY gives up after one round, __GFP_RETRY_MAYFAIL after MAX_RETRIES, others
 *    as soon as a round brings nothing; orders above PAGE_ALLOC_COSTLY_ORDER after one round
 *    unless they say otherwise.
 *
 * 4. What debugging does to requests is behind one flag, page_hooks (page_hooks.c).
 *
 * 5. Locks: none is held here; see pcp.c and buddy.c.
 */
#include <stdio.h>
#include <string.h>
#include <kmem/bug.h>
#include <kmem/highmem.h>
#include <kmem/percpu.h>

#include "gfp_names.h"
#include "page_hooks.h"
#include "vmscan.h"
#include "vmstat.h"
#include "zone.h"

#define MAX_RETRIES 16
#define MAX_ROUNDS  256 /* with something freed each time, which others took */

#define ALLOC_MARK_LOW	    0x001u /* otherwise min */
#define ALLOC_NO_WATERMARKS 0x004u
#define ALLOC_HIGH	    0x020u /* half of min */
#define ALLOC_NON_BLOCK	    0x010u /* and a quarter of that */
#define ALLOC_HIGHATOMIC    0x200u /* first of all from the reserve of that name */
/* Those who may go below min are not told that the HIGHATOMIC reserve is not for them. */
#define ALLOC_RESERVES	    (ALLOC_HIGH | ALLOC_NON_BLOCK | ALLOC_HIGHATOMIC)
/* Those who take a block of it when there is no other. */
#define ALLOC_LAST_RESORT   (ALLOC_NON_BLOCK | ALLOC_NO_WATERMARKS)

struct request {
	gfp_t gfp;
	unsigned int order;
	enum zone_type highest;
	enum migratetype type;
	struct zone *const *zones; /* NULL-terminated, in the order of trying */
	const struct zone *preferred;
};

static bool has_block(const struct zone *zone, const struct request *rq, unsigned int flags)
{
	bool reserve = flags & (ALLOC_HIGHATOMIC | ALLOC_NO_WATERMARKS) ||
		       (!rq->order && (flags & ALLOC_NON_BLOCK));

	return buddy_has_block(zone, rq->order, reserve);
}

/* The mark that the request must stay above, before reserves. A boost is not for the urgent. */
static long mark_for(const struct zone *zone, const struct request *rq, unsigned int flags)
{
	long min;

	if (flags & ALLOC_MARK_LOW)
		return wmark_pages(zone, WMARK_LOW);
	if (!(flags & ALLOC_HIGH))
		return wmark_pages(zone, WMARK_MIN);
	min = rq->order ? wmark_pages(zone, WMARK_MIN) : READ_ONCE(zone->_watermark[WMARK_MIN]);
	min -= min / 2;
	if (flags & ALLOC_NON_BLOCK)
		min -= min / 4;
	return min;
}

/* May the request be served from the zone, and how many pages must stay free then? */
static bool mark_allows(const struct zone *zone, const struct request *rq, unsigned int flags,
			unsigned long *keep)
{
	long free = zone_page_state(zone, NR_FREE_PAGES);

	*keep = 0;
	if (flags & ALLOC_NO_WATERMARKS)
		return has_block(zone, rq, flags);
	*keep = mark_for(zone, rq, flags) + READ_ONCE(zone->lowmem_reserve[rq->highest]);
	if (!(flags & ALLOC_RESERVES))
		*keep += READ_ONCE(zone->nr_free_highatomic);
	if (free - (long)((1ul << rq->order) - 1) <= (long)*keep)
		return false;
	return has_block(zone, rq, flags);
}

static struct page *take_from_buddy(struct zone *zone, const struct request *rq, unsigned int flags)
{
	bool local = zone->zone_pgdat->node_id == numa_node_id();
	unsigned long *served = local ? &zone->allocs : &zone->allocs_other;
	struct page *page = NULL;

	spin_lock(&zone->lock);
	if (flags & ALLOC_HIGHATOMIC)
		page = buddy_take_highatomic(zone, rq->order);
	if (!page)
		page = buddy_take(zone, rq->order, rq->type);
	/* Better the reserve is used for what it is not for than that this request fails. */
	if (!page && (flags & ALLOC_LAST_RESORT))
		page = buddy_take_highatomic(zone, rq->order);
	if (page) {
		WRITE_ONCE(*served, *served + 1);
		WRITE_ONCE(zone->pages_allocated, zone->pages_allocated + (1ul << rq->order));
	}
	spin_unlock(&zone->lock);
	return page;
}

static struct page *take_from_zone(struct zone *zone, const struct request *rq, unsigned int flags)
{
	struct page *page = NULL;
	unsigned long keep;
	bool outer;

	if (rq->order <= PAGE_ALLOC_COSTLY_ORDER) {
		outer = cpu_begin();
		page = pcp_take(zone, rq->order, rq->type, rq->gfp & __GFP_COLD);
		if (!page && mark_allows(zone, rq, flags, &keep))
			page = pcp_refill(zone, rq->order, rq->type, keep);
		cpu_end(outer);
	}
	if (!page && mark_allows(zone, rq, flags, &keep))
		page = take_from_buddy(zone, rq, flags);
	return page;
}

/* numa_hit where the wish was met; miss and foreign where another zone's node had to serve. */
static void count_numa(const struct request *rq, struct zone *zone)
{
	if (zone->zone_pgdat == rq->preferred->zone_pgdat)
		return;
	atomic_long_inc(&zone->numa_miss);
	atomic_long_inc(&((struct zone *)rq->preferred)->numa_foreign);
}

static struct page *get_page_from_freelist(const struct request *rq, unsigned int flags)
{
	struct zone *const *z;

	for (z = rq->zones; *z; z++) {
		struct page *page = take_from_zone(*z, rq, flags);

		if (!page)
			continue;
		if (unlikely(nr_online_nodes > 1))
			count_numa(rq, *z);
		if (flags & ALLOC_HIGHATOMIC)
			reserve_highatomic_pageblock(page, *z);
		/* A block was taken from another type: kswapd is to make larger ones again. */
		if (unlikely(READ_ONCE((*z)->watermark_boost)) && (rq->gfp & __GFP_KSWAPD_RECLAIM))
			wakeup_kswapds(rq->zones);
		return page;
	}
	return NULL;
}

static unsigned int alloc_flags_for(gfp_t gfp, unsigned int order)
{
	unsigned int flags = 0;

	if (gfp & __GFP_HIGH)
		flags |= ALLOC_HIGH;
	if (!(gfp & __GFP_DIRECT_RECLAIM) && !(gfp & __GFP_NOMEMALLOC)) {
		flags |= ALLOC_NON_BLOCK;
		if ((gfp & __GFP_HIGH) && order)
			flags |= ALLOC_HIGHATOMIC;
	}
	if (!(gfp & __GFP_NOMEMALLOC) && ((gfp & __GFP_MEMALLOC) || (current->flags & PF_MEMALLOC)))
		return ALLOC_NO_WATERMARKS;
	return flags;
}

static void warn_alloc(const struct request *rq)
{
	static struct ratelimit_state rs;
	char names[GFP_NAMES_MAX];

	if ((rq->gfp & __GFP_NOWARN) || !ratelimit_allows(&rs, 10ull * 1000 * 1000 * 1000, 1))
		return;
	pr_warn("%s: page allocation failure: order:%u, mode:0x%x(%s), nodemask=(null)\n",
		current->comm, rq->order, rq->gfp, gfp_names(rq->gfp, names, sizeof(names)));
	dump_stack();
	show_mem();
}

static bool unreserve_in(struct zone *const *z)
{
	bool any = false;

	for (; *z; z++)
		any |= READ_ONCE((*z)->nr_reserved_highatomic) &&
		       unreserve_highatomic_pageblock(*z);
	return any;
}

/* One round of making room; returns the pages that came free by it. */
static unsigned long make_room(const struct request *rq)
{
	unsigned long freed;

	/* Of the zone that was asked for, as in the kernel, also where there is none of it. */
	atomic_long_inc(&rq->preferred->zone_pgdat->node_zones[rq->highest].allocstall);
	freed = try_to_free_pages(rq->zones, rq->order, rq->gfp);
	if (!freed)
		drain_all_pages();
	return freed;
}

/* Frees memory and tries again; *@fruitless counts the rounds that brought nothing. */
static struct page *reclaim_and_take(const struct request *rq, unsigned int flags,
				     unsigned int *fruitless)
{
	struct page *page;

	*fruitless = make_room(rq) ? 0 : *fruitless + 1;
	page = get_page_from_freelist(rq, flags);
	while (!page && *fruitless && unreserve_in(rq->zones))
		page = get_page_from_freelist(rq, flags);
	return page;
}

static bool worth_another_round(const struct request *rq, unsigned int fruitless,
				unsigned int rounds)
{
	bool persistent = rq->gfp & __GFP_RETRY_MAYFAIL;

	if (rq->gfp & __GFP_NORETRY)
		return false;
	if (rq->order > PAGE_ALLOC_COSTLY_ORDER && !persistent)
		return false;
	return fruitless <= (persistent ? MAX_RETRIES : 1) && rounds <= MAX_ROUNDS;
}

static struct page *alloc_slow(const struct request *rq)
{
	unsigned int flags = alloc_flags_for(rq->gfp, rq->order), fruitless = 0, rounds = 0;
	gfp_t gfp = rq->gfp;
	struct page *page;

	WARN_ONCE((gfp & __GFP_NOFAIL) && rq->order > 1, "__GFP_NOFAIL of order %u", rq->order);
	for (;;) {
		bool frees = current->flags & PF_MEMALLOC; /* it would reclaim in reclaim */

		if (gfp & __GFP_KSWAPD_RECLAIM)
			wakeup_kswapds(rq->zones);
		page = get_page_from_freelist(rq, flags);
		/* Nobody fails for a boost: it is a wish, and these pages are there. */
		if (!page && take_back_boosts(rq->zones))
			page = get_page_from_freelist(rq, flags);
		if (page)
			return page;
		if (!(gfp & __GFP_DIRECT_RECLAIM)) {
			WARN_ONCE(gfp & __GFP_NOFAIL, "__GFP_NOFAIL from who may not sleep");
			break;
		}
		if (!frees)
			page = reclaim_and_take(rq, flags, &fruitless);
		if (page)
			return page;
		if (gfp & __GFP_NOFAIL) {
			flags |= ALLOC_HIGH;
			usleep_range(20000, 20000);
			continue;
		}
		if (frees || !worth_another_round(rq, fruitless, ++rounds))
			break;
		cond_resched();
	}
	warn_alloc(rq);
	return NULL;
}

static void prep_compound(struct page *page, unsigned int order)
{
	set_page_flags(page, BIT(PG_head));
	for (unsigned long i = 1; i < 1ul << order; i++) {
		set_page_flags(&page[i], BIT(PG_tail));
		page[i].tail = i;
	}
}

void zero_pages(struct page *page, unsigned int order)
{
	if (likely(!PageHighMem(page))) {
		memset(page_address(page), 0, PAGE_SIZE << order);
		return;
	}
	for (unsigned long i = 0; i < 1ul << order; i++)
		clear_highpage(page + i);
}

static inline void prep_new_page(struct page *page, unsigned int order, gfp_t gfp)
{
	page->private = 0;
	WRITE_ONCE(page->users, 1);
	if (unlikely(order && (gfp & __GFP_COMP)))
		prep_compound(page, order);
	if (gfp & __GFP_ZERO)
		zero_pages(page, order);
}

static enum migratetype request_type(gfp_t gfp)
{
	return unlikely(page_group_by_mobility_disabled) ? MIGRATE_UNMOVABLE : gfp_migratetype(gfp);
}

static noinline struct page *alloc_pages_from(int nid, gfp_t gfp, unsigned int order)
{
	struct request rq = { .gfp = current_gfp_context(gfp),
			      .order = order,
			      .type = request_type(gfp) };
	unsigned int zone = zone_of_bits[gfp & GFP_ZONEMASK];
	struct page *page;

	if (order > MAX_PAGE_ORDER) {
		WARN_ONCE(!(gfp & __GFP_NOWARN), "order %u is above %u", order, MAX_PAGE_ORDER);
		return NULL;
	}
	if (WARN(zone == BAD_ZONE, "no zone is meant by gfp 0x%x", gfp) ||
	    (unsigned int)nid >= nr_online_nodes)
		return NULL;
	rq.highest = zone;
	rq.zones = gfp & __GFP_THISNODE ? NODE_DATA(nid)->node_thisnode[zone].zones
					: NODE_DATA(nid)->node_zonelists[zone].zones;
	if (!rq.zones[0]) {
		warn_alloc(&rq);
		return NULL;
	}
	rq.preferred = rq.zones[0];
	if (unlikely(READ_ONCE(page_hooks)) && page_hooks_refuse(gfp, order))
		return NULL;
	page = get_page_from_freelist(&rq, ALLOC_MARK_LOW);
	if (!page)
		page = alloc_slow(&rq);
	if (page)
		prep_new_page(page, order, gfp);
	if (unlikely(READ_ONCE(page_hooks)) && page)
		page_hooks_alloc(page, order, gfp);
	return page;
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	return alloc_pages_from(nid == NUMA_NO_NODE ? numa_node_id() : nid, gfp, order);
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order)
{
	unsigned int zone = zone_of_bits[gfp & GFP_ZONEMASK];
	struct page *page;
	struct cpu *cpu;
	bool outer;

	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	if (likely(order <= PAGE_ALLOC_COSTLY_ORDER && zone != BAD_ZONE &&
		   !(gfp & (__GFP_COLD | __GFP_THISNODE)))) {
		cpu = cpu_hold(&outer);
		page = pcp_pop(cpu, zone, order, gfp_migratetype(gfp));
		cpu_release(cpu, outer);
		if (likely(page)) {
			prep_new_page(page, order, gfp);
			return page;
		}
	}
	return alloc_pages_from(numa_node_id(), gfp, order);
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}
