// SPDX-License-Identifier: MIT
/*
 * pcp.c - per-CPU page lists: a few free pages of each zone kept by each CPU.
 *
 * 1. Idea: a page that was just freed is warm in the CPU's cache and will be wanted again at
 *    once. So each CPU keeps lists of free blocks of order 0 to 3 for each type, and takes from
 *    and gives to them without a lock: whoever is busy on the CPU is alone there (kernel/cpu.c).
 *    Only every batch-th request meets the zone's lock.
 * 2. Structures: lists[order * MIGRATE_PCPTYPES + type], the hot end first; count is in pages
 *    over all of them.
 * 3. Invariants (pcp_check()):
 *	count = sum over lists of (length << order) <= high after each pcp_give(),
 *	blocks on the lists have refcount 0, PG_buddy clear, ->order right.
 *    Pages on the lists are not in NR_FREE_PAGES.
 * 4. Locks: none for the lists; zone->lock around moves from and to the buddy. Another thread
 *    gets at a CPU's lists only by work_on_cpu().
 */
#include <kmem/bug.h>
#include <kmem/percpu.h>

#include "zone.h"

static inline unsigned int list_index(unsigned int order, enum migratetype type)
{
	return order * MIGRATE_PCPTYPES + type;
}

void pcp_init(struct zone *zone)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);

		for (int i = 0; i < NR_PCP_LISTS; i++)
			INIT_LIST_HEAD(&pcp->lists[i]);
		pcp->batch = 1;
	}
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
	return max_t(unsigned long, total / max(cpus, 1u), 4 * batch);
}

void pcp_set_limits(struct zone *zone)
{
	int batch = batch_for(zone), high = high_for(zone, batch);
	unsigned int cpu;

	zone->pageset_batch = batch;
	zone->pageset_high = high;
	for_each_possible_cpu(cpu) {
		struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);

		WRITE_ONCE(pcp->batch, batch);
		WRITE_ONCE(pcp->high, high);
	}
}

struct page *pcp_take(struct zone *zone, unsigned int order, enum migratetype type, bool cold)
{
	struct per_cpu_pages *pcp = this_cpu_ptr(zone->per_cpu_pageset);
	unsigned int i = list_index(order, type);
	struct list_head *list = &pcp->lists[i];
	struct page *page;

	if (list_empty(list))
		return NULL;
	page = unlikely(cold) ? list_last_entry(list, struct page, lru)
			      : list_first_entry(list, struct page, lru);
	page->lru.next->prev = page->lru.prev;
	page->lru.prev->next = page->lru.next;
	WRITE_ONCE(pcp->count, pcp->count - (1 << order));
	WRITE_ONCE(pcp->allocs, pcp->allocs + 1);
	WRITE_ONCE(pcp->pages_allocated, pcp->pages_allocated + (1ul << order));
	return page;
}

/* Moves @pages pages (or a few more, blocks being blocks) to the buddy, the coldest first. */
static void give_back(struct zone *zone, struct per_cpu_pages *pcp, int pages)
{
	unsigned int i = 0;

	spin_lock(&zone->lock);
	while (pages > 0 && pcp->count) {
		struct list_head *list = &pcp->lists[i++ % NR_PCP_LISTS];
		struct page *page;

		if (list_empty(list))
			continue;
		page = list_last_entry(list, struct page, lru);
		list_del(&page->lru);
		WRITE_ONCE(pcp->count, pcp->count - (1 << page->order));
		pages -= 1 << page->order;
		buddy_free_block(zone, page, page->order, get_pageblock_migratetype(page),
				 FPI_NONE);
	}
	spin_unlock(&zone->lock);
}

void pcp_give(struct zone *zone, struct page *page, unsigned int order, bool cold)
{
	struct per_cpu_pages *pcp = this_cpu_ptr(zone->per_cpu_pageset);
	struct list_head *list = &pcp->lists[list_index(order, get_pageblock_migratetype(page))];

	if (unlikely(cold))
		list_add_tail(&page->lru, list);
	else
		list_add(&page->lru, list);
	WRITE_ONCE(pcp->count, pcp->count + (1 << order));
	WRITE_ONCE(pcp->pages_freed, pcp->pages_freed + (1ul << order));
	if (unlikely(pcp->count > READ_ONCE(pcp->high)))
		give_back(zone, pcp, max(READ_ONCE(pcp->batch), pcp->count - pcp->high));
}

bool pcp_refill(struct zone *zone, unsigned int order, enum migratetype type, unsigned long keep)
{
	struct per_cpu_pages *pcp = this_cpu_ptr(zone->per_cpu_pageset);
	struct list_head *list = &pcp->lists[list_index(order, type)];
	int n = max(READ_ONCE(pcp->batch) >> order, order ? 2 : 1), got = 0;

	spin_lock(&zone->lock);
	while (got < n) {
		struct page *page;

		/* One is what was asked for; more only if the mark allows. */
		if (got && zone_page_state(zone, NR_FREE_PAGES) <= keep + (1ul << order))
			break;
		page = buddy_take(zone, order, type);
		if (!page)
			break;
		list_add_tail(&page->lru, list);
		got++;
	}
	spin_unlock(&zone->lock);
	WRITE_ONCE(pcp->count, pcp->count + (got << order));
	return got;
}

static long drain_this_cpu(void *unused)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		struct per_cpu_pages *pcp = this_cpu_ptr(zone->per_cpu_pageset);

		if (pcp->count)
			give_back(zone, pcp, pcp->count);
	}
	return 0;
}

static bool cpu_has_pages(unsigned int cpu)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count))
			return true;
	}
	return false;
}

void drain_all_pages(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu_has_pages(cpu))
			work_on_cpu(cpu, drain_this_cpu, NULL);
}

void drain_idle_pages(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu_has_pages(cpu))
			try_work_on_cpu(cpu, drain_this_cpu, NULL);
}

unsigned long pcp_pages(const struct zone *zone)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return sum;
}

struct check {
	struct zone *zone;
	unsigned long bad;
};

static long check_this_cpu(void *arg)
{
	struct check *check = arg;
	struct per_cpu_pages *pcp = this_cpu_ptr(check->zone->per_cpu_pageset);
	long count = 0;

	for (unsigned int i = 0; i < NR_PCP_LISTS; i++) {
		struct page *page;

		list_for_each_entry(page, &pcp->lists[i], lru) {
			check->bad += page->order != i / MIGRATE_PCPTYPES || PageBuddy(page) ||
				      page_ref_count(page) || page_zone(page) != check->zone;
			count += 1l << page->order;
		}
	}
	check->bad += count != pcp->count;
	if (check->bad)
		pr_err("pcp: zone %s, CPU %u: %ld pages on lists, %d counted, %lu violations\n",
		       check->zone->name, smp_processor_id(), count, pcp->count, check->bad);
	return 0;
}

unsigned long pcp_check(struct zone *zone)
{
	struct check check = { zone, 0 };
	unsigned int cpu;

	for_each_online_cpu(cpu)
		work_on_cpu(cpu, check_this_cpu, &check);
	return check.bad;
}
