// SPDX-License-Identifier: MIT
/*
 * pcp.c - per-CPU page lists: a few free pages of each zone kept by each CPU.
 *
 * 1. Idea: a page that was just freed is warm in the CPU's cache and will be wanted again at
 *    once. So each CPU keeps free blocks of order 0 to 3 for each type, and takes from and gives
 *    to them without a lock: whoever is busy on the CPU is alone there (kernel/cpu.c). Only every
 *    batch-th request meets the zone's lock.
 * 2. Structures: list number order * MIGRATE_PCPTYPES + type has a *stack*, an array of pointers
 *    with the hottest last, and behind it a linked list. In front of all stacks each CPU
 *    remembers one block more, the *hot page*, and which list it is of, the *hot list*: the one
 *    freed to last. A pair of free and alloc of that list passes through one word whose address
 *    depends on nothing, and is counted beside it (hot_allocs). Nearly all requests end
 *    there or at the stack, which touches nothing of a page but what its user touches as well
 *    (pcp_pop() and pcp_push() in gfp.h); this file is what happens when a stack is empty or
 *    full, or another list becomes the hot one (pcp_spill()).
 * 3. Invariants (pcp_check()):
 *	listed = sum over the linked lists of (length << order),
 *	count = listed + sum over the stacks of (blocks << order) <= high + a stack's worth,
 *	blocks here have refcount 0, PG_buddy clear, ->order right and the list's ->migratetype;
 *	the hot page is of the hot list.
 *    Pages here are not in NR_FREE_PAGES. stack->moved is blocks moved in by a refill minus
 *    those moved out by a drain, so that frees = allocs + blocks - moved needs no counter.
 * 4. Locks: none for the lists; zone->lock around moves from and to the buddy. Another thread
 *    gets at a CPU's lists only by work_on_cpu().
 */
#include <kmem/printk.h>
#include <kmem/percpu.h>

#include "page_reporting.h"
#include "zone.h"

#define PCP_HOARD 2048 /* pages */

static inline unsigned int list_index(unsigned int order, enum migratetype type)
{
	return order * MIGRATE_PCPTYPES + type;
}

/* Is list @i the hot one of @cpu? */
static inline bool is_hot_list(const struct cpu *cpu, const struct per_cpu_pages *pcp,
			       unsigned int i)
{
	return READ_ONCE(cpu->hot_list) ==
	       LIST_ID(pcp->slot, i / MIGRATE_PCPTYPES, i % MIGRATE_PCPTYPES);
}

u32 pcp_blocks(const struct cpu *cpu, const struct per_cpu_pages *pcp, unsigned int i)
{
	return READ_ONCE(pcp->stacks[i].nr) +
	       (is_hot_list(cpu, pcp, i) && READ_ONCE(cpu->hot_page));
}

u64 pcp_allocs(const struct cpu *cpu, const struct per_cpu_pages *pcp, unsigned int i)
{
	u64 hot = is_hot_list(cpu, pcp, i) ? READ_ONCE(cpu->hot_allocs) : 0;

	return READ_ONCE(pcp->stacks[i].allocs) + hot;
}

/* Pages on a CPU's lists; for another CPU, of about now. */
int pcp_count(const struct cpu *cpu, const struct per_cpu_pages *pcp)
{
	u32 hot = READ_ONCE(cpu->hot_list);
	int count = READ_ONCE(pcp->listed);

	for (unsigned int i = 0; i < NR_PCP_LISTS; i++)
		count += READ_ONCE(pcp->stacks[i].nr) << (i / MIGRATE_PCPTYPES);
	if (LIST_ID_SLOT(hot) == pcp->slot && READ_ONCE(cpu->hot_page))
		count += 1 << LIST_ID_ORDER(hot);
	return count;
}

static void stack_set(struct pcp_stack *stack, u32 nr, long moved)
{
	WRITE_ONCE(stack->nr, nr);
	WRITE_ONCE(stack->moved, stack->moved + moved);
}

static void list_push(struct per_cpu_pages *pcp, struct list_head *list, struct page *page,
		      bool hot)
{
	if (hot)
		list_add(&page->lru, list);
	else
		list_add_tail(&page->lru, list);
	WRITE_ONCE(pcp->listed, pcp->listed + (1 << page->order));
}

static struct page *list_pop(struct per_cpu_pages *pcp, struct list_head *list, bool hot)
{
	struct page *page;

	if (list_empty(list))
		return NULL;
	page = hot ? list_first_entry(list, struct page, lru)
		   : list_last_entry(list, struct page, lru);
	list_del(&page->lru);
	WRITE_ONCE(pcp->listed, pcp->listed - (1 << page->order));
	return page;
}

/* Half a stack from the list's hot end, the hottest on top. */
static void fill_stack(struct per_cpu_pages *pcp, unsigned int i)
{
	struct pcp_stack *stack = &pcp->stacks[i];
	struct page *taken[PCP_STACK / 2 + 1];
	u32 n = 0;

	while (n < ARRAY_SIZE(taken) && (taken[n] = list_pop(pcp, &pcp->lists[i], true)))
		n++;
	for (u32 k = 0; k < n; k++)
		stack->pages[k] = taken[n - 1 - k];
	stack_set(stack, n, n);
}

/* All of a stack goes to the list's hot end. */
static void empty_stack(struct per_cpu_pages *pcp, unsigned int i)
{
	struct pcp_stack *stack = &pcp->stacks[i];
	struct cpu *cpu = current->busy;
	long n = pcp_blocks(cpu, pcp, i);

	for (u32 k = 0; k < stack->nr; k++)
		list_push(pcp, &pcp->lists[i], stack->pages[k], true);
	if (n > stack->nr) {
		list_push(pcp, &pcp->lists[i], cpu->hot_page, true);
		WRITE_ONCE(cpu->hot_page, NULL);
	}
	stack_set(stack, 0, -n);
}

/* The colder half of a stack, too. */
static void halve_stack(struct per_cpu_pages *pcp, unsigned int i)
{
	const u32 n = (pcp->stacks[i].nr + 1) / 2;
	struct pcp_stack *stack = &pcp->stacks[i];
	u32 left = stack->nr - n;

	for (u32 k = 0; k < n; k++)
		list_push(pcp, &pcp->lists[i], stack->pages[k], true);
	for (u32 k = 0; k < left; k++)
		stack->pages[k] = stack->pages[k + n];
	stack_set(stack, left, -(long)n);
}

struct page *pcp_take(struct zone *zone, unsigned int order, enum migratetype type, bool cold)
{
	struct per_cpu_pages *pcp = __dyn_this_cpu_ptr(zone->per_cpu_pageset);
	unsigned int i = list_index(order, type);
	struct pcp_stack *stack = &pcp->stacks[i];
	struct cpu *cpu = current->busy;
	struct page *page = NULL;

	if (cold)
		page = list_pop(pcp, &pcp->lists[i], false);
	if (page) {
		stack_set(stack, stack->nr, 1);
	} else if (cpu->hot_page && is_hot_list(cpu, pcp, i)) {
		page = cpu->hot_page;
		WRITE_ONCE(cpu->hot_page, NULL);
	} else {
		if (!stack->nr)
			fill_stack(pcp, i);
		if (!stack->nr)
			return NULL;
		page = stack->pages[stack->nr - 1];
		WRITE_ONCE(stack->nr, stack->nr - 1);
	}
	WRITE_ONCE(stack->allocs, stack->allocs + 1);
	return page;
}

/*
 * Moves @pages pages (or a few more, blocks being blocks) to the buddy, the coldest of each list
 * first, some of each in turn.
 */
static void give_back(struct zone *zone, struct per_cpu_pages *pcp, int pages)
{
	spin_lock(&zone->lock);
	for (unsigned int i = 0; pages > 0 && pcp->listed; i = (i + 1) % NR_PCP_LISTS) {
		for (int turn = 0; turn < 8 && pages > 0; turn++) {
			struct page *page = list_pop(pcp, &pcp->lists[i], false);

			if (!page)
				break;
			pages -= 1 << page->order;
			buddy_free_block(zone, page, page->order, get_pageblock_migratetype(page),
					 FPI_NONE);
		}
	}
	spin_unlock(&zone->lock);
}

static void limit_pages(struct zone *zone, struct per_cpu_pages *pcp)
{
	int over = pcp_count(current->busy, pcp) - READ_ONCE(pcp->high);

	if (over > 0)
		give_back(zone, pcp, max(READ_ONCE(pcp->batch), over));
}

void pcp_give_cold(struct zone *zone, struct page *page)
{
	struct per_cpu_pages *pcp = __dyn_this_cpu_ptr(zone->per_cpu_pageset);
	unsigned int i = list_index(page->order, page->migratetype);

	stack_set(&pcp->stacks[i], pcp->stacks[i].nr, -1);
	list_push(pcp, &pcp->lists[i], page, false);
	limit_pages(zone, pcp);
}

/* The hot page goes to its stack, of which half makes room if need be. */
static void push_hot_page(struct cpu *cpu, struct per_cpu_pages *pcp, unsigned int i)
{
	struct pcp_stack *stack = &pcp->stacks[i];
	struct page *page = cpu->hot_page;
	bool full = stack->nr >= READ_ONCE(stack->limit);

	if (full)
		halve_stack(pcp, i);
	if (stack->nr < READ_ONCE(stack->limit)) {
		stack->pages[stack->nr] = page;
		WRITE_ONCE(stack->nr, stack->nr + 1);
	} else {
		stack_set(stack, stack->nr, -1);
		list_push(pcp, &pcp->lists[i], page, true);
	}
	WRITE_ONCE(cpu->hot_page, NULL);
	if (!full)
		return;
	limit_pages(page_zone(page), pcp);
	/* So much on a CPU that falls idle is worth fetching. */
	if (pcp->listed >= PCP_HOARD)
		report_hint();
}

/* What was hot makes room for @page, of another list or of one whose stack is full. */
void pcp_spill(struct page *page)
{
	struct cpu *cpu = current->busy;
	u32 list = cpu->hot_list;
	struct per_cpu_pages *pcp = cpu->pageset[LIST_ID_SLOT(list)];
	unsigned int i = list_index(LIST_ID_ORDER(list), LIST_ID_TYPE(list));

	if (cpu->hot_page)
		push_hot_page(cpu, pcp, i);
	if (cpu->hot_allocs) {
		WRITE_ONCE(pcp->stacks[i].allocs, pcp->stacks[i].allocs + cpu->hot_allocs);
		WRITE_ONCE(cpu->hot_allocs, 0);
	}
	WRITE_ONCE(cpu->hot_list, page_list_id(page));
	WRITE_ONCE(cpu->hot_page, page);
}

struct page *pcp_refill(struct zone *zone, unsigned int order, enum migratetype type,
			unsigned long keep)
{
	struct per_cpu_pages *pcp = __dyn_this_cpu_ptr(zone->per_cpu_pageset);
	struct list_head *list = &pcp->lists[list_index(order, type)];
	int n = max(READ_ONCE(pcp->batch) >> order, order ? 2 : 1);

	spin_lock(&zone->lock);
	for (int got = 0; got < n; got++) {
		struct page *page;

		/* One is what was asked for; more only if the mark allows. */
		if (got && zone_page_state(zone, NR_FREE_PAGES) <= keep + (1ul << order))
			break;
		page = buddy_take(zone, order, type);
		if (!page)
			break;
		list_push(pcp, list, page, false);
	}
	spin_unlock(&zone->lock);
	return pcp_take(zone, order, type, false);
}

static long drain_this_cpu(void *unused)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		struct per_cpu_pages *pcp = __dyn_this_cpu_ptr(zone->per_cpu_pageset);

		for (unsigned int i = 0; i < NR_PCP_LISTS; i++)
			empty_stack(pcp, i);
		if (pcp->listed)
			give_back(zone, pcp, pcp->listed);
	}
	return 0;
}

static bool cpu_has_pages(unsigned int cpu)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (pcp_count(&cpu_table[cpu], per_cpu_ptr(zone->per_cpu_pageset, cpu)))
			return true;
	}
	return false;
}

void drain_all_pages(void)
{
	unsigned int cpu;

	might_sleep();
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
		sum += pcp_count(&cpu_table[cpu], per_cpu_ptr(zone->per_cpu_pageset, cpu));
	return sum;
}

struct check {
	struct zone *zone;
	unsigned long bad;
};

static bool is_sound(const struct check *check, const struct page *page, unsigned int i)
{
	return page->order == i / MIGRATE_PCPTYPES && page->migratetype == i % MIGRATE_PCPTYPES &&
	       !PageBuddy(page) && !page_ref_count(page) && page_zone(page) == check->zone;
}

static long check_this_cpu(void *arg)
{
	struct check *check = arg;
	struct per_cpu_pages *pcp = __dyn_this_cpu_ptr(check->zone->per_cpu_pageset);
	long listed = 0;

	for (unsigned int i = 0; i < NR_PCP_LISTS; i++) {
		struct page *page;

		list_for_each_entry(page, &pcp->lists[i], lru) {
			check->bad += !is_sound(check, page, i);
			listed += 1l << page->order;
		}
		for (u32 k = 0; k < pcp->stacks[i].nr; k++)
			check->bad += !is_sound(check, pcp->stacks[i].pages[k], i);
		if (current->busy->hot_page && is_hot_list(current->busy, pcp, i))
			check->bad += !is_sound(check, current->busy->hot_page, i);
	}
	check->bad += listed != pcp->listed;
	if (check->bad)
		pr_err("pcp: zone %s, CPU %u: %ld pages on lists, %d counted, %lu violations\n",
		       check->zone->name, smp_processor_id(), listed, pcp->listed, check->bad);
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
