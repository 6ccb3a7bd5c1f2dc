/* pcp.c: each CPU's lists of free pages. With one CPU a test knows whose lists it sees. */
#include <kmem/percpu.h>
#include "machine.h"
#include "mm/zone.h"

static struct per_cpu_pages *lists_of(unsigned int cpu)
{
	return per_cpu_ptr(zone_of(ZONE_DMA32)->per_cpu_pageset, cpu);
}

static void test_3_4_last_freed_is_first_taken(void **state)
{
	struct page *pages[10];
	bool outer;

	boot("mem=64M,cpus=1");
	outer = cpu_begin(); /* nobody else gets the CPU, or empties its lists */
	for (unsigned int order = 0; order < PCP_ORDERS; order++) {
		for (int i = 0; i < 4; i++)
			pages[i] = alloc_pages(GFP_KERNEL, order);
		for (int i = 0; i < 4; i++)
			__free_pages(pages[i], order);
		for (int i = 3; i >= 0; i--)
			assert_ptr_equal(alloc_pages(GFP_KERNEL, order), pages[i]);
		for (int i = 0; i < 4; i++)
			__free_pages(pages[i], order);
		drain_all_pages();
	}
	cpu_end(outer);
	halt();
}

static void test_3_4_the_book_s_hot_and_cold_pages(void **state)
{
	struct page *a, *b, *c;
	bool outer;

	boot("mem=64M,cpus=1");
	outer = cpu_begin(); /* nobody else gets the CPU, or empties its lists */
	a = alloc_page(GFP_KERNEL);
	b = alloc_page(GFP_KERNEL);
	c = alloc_page(GFP_KERNEL);
	drain_all_pages();
	free_hot_page(a);
	free_hot_page(b);
	free_cold_page(c);
	/* The list, hot end first: b, a, c. */
	assert_ptr_equal(alloc_page(GFP_KERNEL | __GFP_COLD), c);
	assert_ptr_equal(alloc_page(GFP_KERNEL), b);
	assert_ptr_equal(alloc_page(GFP_KERNEL | __GFP_COLD), a);
	free_page((unsigned long)page_address(a));
	__free_page(b);
	__free_page(c);
	cpu_end(outer);
	halt();
}

static unsigned long listed(void)
{
	return pcp_pages(zone_of(ZONE_DMA32));
}

static void test_3_4_never_more_than_high(void **state)
{
	static struct page *pages[4000];
	struct per_cpu_pages *pcp;
	unsigned long freed;

	boot("mem=64M,cpus=1");
	pcp = lists_of(0);
	for (int i = 0; i < 4000; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	drain_all_pages();
	freed = nr_free_pages();
	for (int i = 0; i < 4000; i++) {
		int before = listed();

		__free_page(pages[i]);
		/* A stack's worth may stand in front of the lists that are counted. */
		assert_true((int)listed() <= pcp->high + 64);
		/* One more, or a batch at least went back. */
		assert_true((int)listed() == before + 1 ||
			    (int)listed() <= before + 1 - pcp->batch);
	}
	assert_true(listed() > 0);
	assert_int_equal(nr_free_pages() + listed(), freed + 4000);
	assert_int_equal(machine_check(), 0);
	halt();
}

static void test_3_4_orders_above_3_go_to_the_buddy(void **state)
{
	struct page *page;
	unsigned long before;

	boot("mem=64M,cpus=1");
	before = all_free_pages();
	page = alloc_pages(GFP_KERNEL, 4);
	assert_int_equal(listed(), 0);
	assert_int_equal(nr_free_pages(), before - 16);
	__free_pages(page, 4);
	assert_int_equal(nr_free_pages(), before);
	page = alloc_pages(GFP_KERNEL, 3);
	__free_pages(page, 3);
	assert_true(listed() >= 8);
	assert_true(nr_free_pages() <= before - 8);
	halt();
}

static void test_3_4_types_have_lists_of_their_own(void **state)
{
	struct page *a, *b;
	bool outer;

	boot("mem=256M,cpus=1");
	outer = cpu_begin(); /* nobody else gets the CPU, or empties its lists */
	a = alloc_page(GFP_KERNEL);
	b = alloc_page(GFP_USER | __GFP_MOVABLE);
	__free_page(a);
	__free_page(b);
	assert_ptr_equal(alloc_page(GFP_KERNEL), a);
	assert_ptr_equal(alloc_page(GFP_USER | __GFP_MOVABLE), b);
	__free_page(a);
	__free_page(b);
	cpu_end(outer);
	halt();
}

/* Requests that the CPU's lists and the zone itself have served. */
static unsigned long served(void)
{
	unsigned long sum = zone_of(ZONE_DMA32)->allocs;

	for (unsigned int i = 0; i < NR_PCP_LISTS; i++)
		sum += pcp_allocs(&cpu_table[0], lists_of(0), i);
	return sum;
}

/* Whichever list is the hot one, and however often that changes, each request is counted once. */
static void test_counts_follow_the_hot_list(void **state)
{
	static const gfp_t flags[] = { GFP_KERNEL, GFP_KERNEL | __GFP_RECLAIMABLE,
				       GFP_KERNEL | __GFP_MOVABLE };
	struct block {
		struct page *page;
		unsigned int order;
	} blocks[16] = { { 0 } };
	unsigned long before, asked = 0;
	unsigned int seed = 7;

	boot("mem=256M,cpus=1");
	before = served();
	for (int n = 0; n < 20000; n++) {
		struct block *b = &blocks[(seed = seed * 1103515245 + 12345) >> 28];

		if (b->page) {
			__free_pages(b->page, b->order);
			b->page = NULL;
			continue;
		}
		b->order = seed >> 26 & 3;
		/* Of constant flags, and so inline, and of others. */
		b->page = b->order ? alloc_pages(flags[(seed >> 20) % 3], b->order)
				   : alloc_pages(GFP_KERNEL, 0);
		assert_non_null(b->page);
		asked++;
		assert_int_equal(served() - before, asked);
		if (n % 1000 == 0)
			assert_int_equal(pcp_check(zone_of(ZONE_DMA32)), 0);
	}
	for (int i = 0; i < 16; i++)
		if (blocks[i].page)
			__free_pages(blocks[i].page, blocks[i].order);
	assert_int_equal(served() - before, asked);
	assert_int_equal(machine_check(), 0);
	drain_all_pages();
	assert_int_equal(listed(), 0);
	assert_int_equal(served() - before, asked);
	halt();
}

static void take_and_give(struct worker *w)
{
	struct page *pages[100];

	for (int i = 0; i < 100; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	for (int i = 0; i < 100; i++)
		if (pages[i])
			__free_page(pages[i]);
		else
			w->errors++;
}

static void test_3_4_drain_reaches_all_CPUs(void **state)
{
	unsigned long before;
	unsigned int cpu;

	boot("mem=64M,cpus=4");
	before = all_free_pages();
	assert_int_equal(run_workers(8, take_and_give, NULL), 0);
	assert_true(nr_free_pages() < before);
	drain_all_pages();
	for_each_online_cpu(cpu)
		assert_int_equal(pcp_count(&cpu_table[cpu], lists_of(cpu)), 0);
	assert_all_free(before);
	halt();
}

static void test_managed_is_free_and_listed_and_used(void **state)
{
	struct page *pages[300];
	unsigned long used, pages_listed;
	struct zone *zone;

	boot("mem=64M,cpus=2");
	used = totalram_pages() - all_free_pages();
	for (int i = 0; i < 300; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	for (int i = 0; i < 150; i++)
		__free_page(pages[i]);
	pages_listed = 0;
	for_each_populated_zone(zone)
		pages_listed += pcp_pages(zone);
	assert_int_equal(nr_free_pages() + pages_listed + used + 150, totalram_pages());
	for (int i = 150; i < 300; i++)
		__free_page(pages[i]);
	halt();
}

static void test_checker_sees_damage(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *page;

	boot("mem=64M,cpus=1");
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	assert_int_equal(pcp_check(zone), 0);
	lists_of(0)->listed++;
	assert_int_not_equal(pcp_check(zone), 0);
	lists_of(0)->listed--;
	page->order = 1;
	assert_int_not_equal(pcp_check(zone), 0);
	page->order = 0;
	atomic_set(&page->_refcount, 1);
	assert_int_not_equal(pcp_check(zone), 0);
	atomic_set(&page->_refcount, 0);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_3_4_last_freed_is_first_taken),
		machine_test(test_3_4_the_book_s_hot_and_cold_pages),
		machine_test(test_3_4_never_more_than_high),
		machine_test(test_3_4_orders_above_3_go_to_the_buddy),
		machine_test(test_3_4_types_have_lists_of_their_own),
		machine_test(test_counts_follow_the_hot_list),
		machine_test(test_3_4_drain_reaches_all_CPUs),
		machine_test(test_managed_is_free_and_listed_and_used),
		machine_test(test_checker_sees_damage),
	};

	return cmocka_run_group_tests_name("mm/pcp", tests, NULL, NULL);
}
