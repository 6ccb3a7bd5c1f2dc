// SPDX-License-Identifier: MIT
/*
 * pages_kmem.c - the page allocator's rows for pages.
 *
 *	pages-kmem serve WORDS		boots a machine of these words, then the pairs
 *	pages-kmem boot WORDS		boots one for each answer
 *	pages-kmem row NUMBER [TIMES [WORDS]]	by hand, for a profiler
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <kmem/kmem.h>

#include "../src/mm/zone.h"
#include "contest.h"
#include "pages.h"

#define PAIRS	   200000
#define SLOW_PAIRS 20000
#define QUEUE	   1000
#define MIB	   1048576.0
#define TOUCHED	   (256ul << 20) /* bytes of HALF_FREED */

static const char *words = "mem=1G";

#define PAIR(order)                                                         \
	static __attribute__((__noinline__)) void pair_loop_##order(long n) \
	{                                                                   \
		for (long i = 0; i < n; i++) {                              \
			struct page *page = alloc_pages(GFP_KERNEL, order); \
                                                                            \
			keep(page);                                         \
			__free_pages(page, order);                          \
		}                                                           \
	}                                                                   \
	static double pair_##order(void)                                    \
	{                                                                   \
		double start = now_ns();                                    \
                                                                            \
		pair_loop_##order(PAIRS);                                   \
		return (now_ns() - start) / PAIRS;                          \
	}

PAIR(0)
PAIR(1)
PAIR(2)
PAIR(3)

static __attribute__((__noinline__)) double variable(unsigned int order)
{
	double start = now_ns();

	for (long i = 0; i < PAIRS; i++) {
		struct page *page;

		keep(order);
		page = alloc_pages(GFP_KERNEL, order);
		keep(page);
		__free_pages(page, order);
	}
	return (now_ns() - start) / PAIRS;
}

static double variable_0(void)
{
	return variable(0);
}

static double variable_1(void)
{
	return variable(1);
}

static double variable_2(void)
{
	return variable(2);
}

static double variable_3(void)
{
	return variable(3);
}

static double queue_0(void)
{
	static struct page *held[QUEUE];
	double start = now_ns();

	for (int turn = 0; turn < PAIRS / QUEUE; turn++) {
		for (int i = 0; i < QUEUE; i++)
			held[i] = alloc_pages(GFP_KERNEL, 0);
		for (int i = 0; i < QUEUE; i++)
			__free_pages(held[i], 0);
	}
	return (now_ns() - start) / PAIRS;
}

/*
 * A zone in which unmovable blocks are of the largest order or none: what is smaller is taken
 * once and for all, and one large block claimed. What the caches of the CPUs hold stays there.
 */
static struct zone *only_large_blocks(void)
{
	static struct zone *zone;
	struct page *page;

	if (zone)
		return zone;
	page = alloc_pages(GFP_KERNEL, 0);
	zone = page_zone(page);
	__free_pages(page, 0);
	drain_all_pages();
	spin_lock(&zone->lock);
	while (zone->free_mask[MIGRATE_UNMOVABLE] & ((1u << MAX_PAGE_ORDER) - 1))
		buddy_take(zone, __builtin_ctz(zone->free_mask[MIGRATE_UNMOVABLE]),
			   MIGRATE_UNMOVABLE);
	page = buddy_take(zone, MAX_PAGE_ORDER, MIGRATE_UNMOVABLE);
	buddy_free_block(zone, page, MAX_PAGE_ORDER, MIGRATE_UNMOVABLE, FPI_NONE);
	spin_unlock(&zone->lock);
	return zone;
}

/* Ten splits, ten merges; the lock is taken for either. */
static double split_merge(void)
{
	struct zone *zone = only_large_blocks();
	double start = now_ns();

	for (long i = 0; i < SLOW_PAIRS; i++) {
		struct page *page;

		spin_lock(&zone->lock);
		page = buddy_take(zone, 0, MIGRATE_UNMOVABLE);
		spin_unlock(&zone->lock);
		spin_lock(&zone->lock);
		buddy_free_block(zone, page, 0, MIGRATE_UNMOVABLE, FPI_NONE);
		spin_unlock(&zone->lock);
	}
	start = now_ns() - start;
	if (zone->free_mask[MIGRATE_UNMOVABLE] != 1u << MAX_PAGE_ORDER)
		return -1; /* somebody else took or gave */
	return start / SLOW_PAIRS;
}

static double two_threads_pair(void)
{
	return two_threads(pair_loop_0, PAIRS);
}

static int boot(void)
{
	struct machine_config cfg;

	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, words)) {
		fprintf(stderr, "pages-kmem: %s\n", cfg.message);
		return -1;
	}
	return machine_boot(&cfg);
}

static double boot_time(void)
{
	double start = now_ns();

	if (boot())
		return -1;
	start = now_ns() - start;
	machine_halt();
	return start;
}

static double boot_resident(void)
{
	double bytes;

	if (boot())
		return -1;
	bytes = resident_bytes(getpid());
	machine_halt();
	return bytes / MIB;
}

static double boot_own(void)
{
	double before = resident_bytes(getpid()), bytes;

	if (boot())
		return -1;
	bytes = resident_bytes(getpid()) - before;
	machine_halt();
	return bytes / MIB;
}

/* Pages are touched, then the later half of them is freed; the host is given a second. */
static double half_freed(void)
{
	static struct page *held[TOUCHED / PAGE_SIZE];
	double full, half;

	if (boot())
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		held[i] = alloc_pages(GFP_KERNEL, 0);
		memset(page_address(held[i]), 1, PAGE_SIZE);
	}
	full = half = resident_bytes(getpid());
	for (size_t i = ARRAY_SIZE(held) / 2; i < ARRAY_SIZE(held); i++)
		__free_pages(held[i], 0);
	for (int waited = 0; waited < 50 && half > 0.55 * full; waited++) {
		msleep(100);
		half = resident_bytes(getpid());
	}
	for (size_t i = 0; i < ARRAY_SIZE(held) / 2; i++)
		__free_pages(held[i], 0);
	machine_halt();
	return half / full;
}

static row_fn *const rows[NR_PAGES_ROWS] = {
	[PAIR_0] = pair_0,
	[PAIR_1] = pair_1,
	[PAIR_2] = pair_2,
	[PAIR_3] = pair_3,
	[VARIABLE_0] = variable_0,
	[VARIABLE_1] = variable_1,
	[VARIABLE_2] = variable_2,
	[VARIABLE_3] = variable_3,
	[QUEUE_0] = queue_0,
	[SPLIT_MERGE] = split_merge,
	[TWO_THREADS] = two_threads_pair,
};

static row_fn *const boot_rows[NR_PAGES_ROWS] = {
	[BOOT] = boot_time,
	[BOOT_RESIDENT] = boot_resident,
	[BOOT_OWN] = boot_own,
	[HALF_FREED] = half_freed,
};

static int by_hand(unsigned int row, int times)
{
	if (row >= NR_PAGES_ROWS || !(rows[row] || boot_rows[row]))
		return 2;
	if (rows[row] && boot())
		return 1;
	while (times-- > 0)
		printf("%.2f\n", rows[row] ? rows[row]() : boot_rows[row]());
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "row")) {
		if (argc > 4)
			words = argv[4];
		return by_hand(atoi(argv[2]), argc > 3 ? atoi(argv[3]) : 1);
	}
	words = argv[2];
	if (!strcmp(argv[1], "boot"))
		return contestant_serve(boot_rows, NR_PAGES_ROWS);
	if (boot())
		return 1;
	return contestant_serve(rows, NR_PAGES_ROWS);
}
