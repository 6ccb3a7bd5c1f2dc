/* zone.c: which frames are in which zone, where requests go, and the frontier. */
#include <stdio.h>
#include <unistd.h>
#include "machine.h"
#include "mm/zone.h"

#define MIB (1ul << 20 >> PAGE_SHIFT) /* pages */

static struct zone *zone_of(enum zone_type idx)
{
	return &NODE_DATA(0)->node_zones[idx];
}

static void test_2_1_zones_end_at_16M_and_4G(void **state)
{
	boot("mem=8G,cpus=1");
	assert_string_equal(zone_of(ZONE_DMA)->name, "DMA");
	assert_int_equal(zone_end_pfn(zone_of(ZONE_DMA)), 16 * MIB);
	assert_int_equal(zone_of(ZONE_DMA32)->zone_start_pfn, 16 * MIB);
	assert_int_equal(zone_end_pfn(zone_of(ZONE_DMA32)), 4096 * MIB);
	assert_int_equal(zone_of(ZONE_NORMAL)->zone_start_pfn, 4096 * MIB);
	assert_int_equal(zone_end_pfn(zone_of(ZONE_NORMAL)), 8192 * MIB);
	assert_false(populated_zone(zone_of(ZONE_HIGHMEM)));
	assert_false(populated_zone(zone_of(ZONE_MOVABLE)));
	halt();
}

static void test_2_1_small_machines(void **state)
{
	static const char *const sizes[] = { "mem=4M,cpus=1", "mem=15M,cpus=1", "mem=16M,cpus=1",
					     "mem=17M,cpus=1", "mem=64M,cpus=4" };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		boot(sizes[i]);
		assert_int_equal(populated_zone(zone_of(ZONE_DMA32)), i > 2);
		assert_false(populated_zone(zone_of(ZONE_NORMAL)));
		halt();
	}
}

static void test_2_1_zonelists_go_downward_and_skip_empty_zones(void **state)
{
	struct zonelist *lists = NODE_DATA(0)->node_zonelists;

	boot("mem=8G,cpus=1");
	assert_ptr_equal(lists[ZONE_NORMAL].zones[0], zone_of(ZONE_NORMAL));
	assert_ptr_equal(lists[ZONE_NORMAL].zones[1], zone_of(ZONE_DMA32));
	assert_ptr_equal(lists[ZONE_NORMAL].zones[2], zone_of(ZONE_DMA));
	assert_null(lists[ZONE_NORMAL].zones[3]);
	assert_ptr_equal(lists[ZONE_DMA32].zones[0], zone_of(ZONE_DMA32));
	assert_ptr_equal(lists[ZONE_DMA].zones[0], zone_of(ZONE_DMA));
	assert_null(lists[ZONE_DMA].zones[1]);
	assert_ptr_equal(lists[ZONE_MOVABLE].zones[0], zone_of(ZONE_NORMAL));
	halt();
	boot("mem=64M,cpus=1");
	assert_ptr_equal(lists[ZONE_NORMAL].zones[0], zone_of(ZONE_DMA32));
	assert_ptr_equal(lists[ZONE_NORMAL].zones[1], zone_of(ZONE_DMA));
	assert_null(lists[ZONE_NORMAL].zones[2]);
	halt();
}

static void test_2_1_flags_choose_the_highest_zone(void **state)
{
	static const struct {
		gfp_t gfp;
		enum zone_type zone;
	} cases[] = {
		{ GFP_KERNEL, ZONE_NORMAL },
		{ GFP_KERNEL | GFP_DMA, ZONE_DMA },
		{ GFP_DMA, ZONE_DMA },
		{ GFP_KERNEL | GFP_DMA32, ZONE_DMA32 },
		{ GFP_HIGHUSER, ZONE_NORMAL },
		{ GFP_HIGHUSER_MOVABLE, ZONE_NORMAL },
		{ GFP_ATOMIC | GFP_DMA, ZONE_DMA },
		{ GFP_USER | __GFP_MOVABLE, ZONE_NORMAL },
	};

	boot("mem=8G,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int order = 0; order <= MAX_PAGE_ORDER - 2; order++) {
			struct page *page = alloc_pages(cases[i].gfp, order);

			assert_non_null(page);
			assert_int_equal(page_zonenum(page), cases[i].zone);
			assert_ptr_equal(page_zone(page), zone_of(cases[i].zone));
			assert_ptr_equal(pfn_zone(page_to_pfn(page)), page_zone(page));
			__free_pages(page, order);
		}
	}
	halt();
}

/* A full DMA zone is nobody else's concern, and a request for it never goes up. */
static void test_2_1_GFP_DMA_never_leaves_its_zone(void **state)
{
	LIST_HEAD(taken);
	struct page *page, *next;
	unsigned int n = 0;

	boot("mem=64M,cpus=1");
	while ((page = alloc_page(GFP_KERNEL | GFP_DMA | __GFP_NOWARN))) {
		assert_true(page_to_phys(page) < 16ul << 20);
		list_add(&page->lru, &taken);
		n++;
	}
	assert_true(n > 3000);
	page = alloc_page(GFP_KERNEL);
	assert_int_equal(page_zonenum(page), ZONE_DMA32);
	__free_page(page);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

static void test_2_6_spanned_present_managed(void **state)
{
	unsigned long sum = 0;
	struct zone *zone;

	boot("mem=5G,cpus=2");
	for_each_zone(zone) {
		assert_true(zone->spanned_pages >= zone->present_pages);
		assert_true(zone->present_pages >= zone_managed_pages(zone));
		sum += zone_managed_pages(zone);
	}
	assert_int_equal(sum, totalram_pages());
	all_free_pages();
	assert_true(nr_free_pages() < totalram_pages());
	halt();
}

static unsigned long resident_kib(void)
{
	unsigned long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &resident), 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) >> 10);
}

static void test_untouched_memory_costs_nothing(void **state)
{
	unsigned long before = resident_kib();
	struct zone *normal = zone_of(ZONE_NORMAL);
	struct page *page, *next;
	unsigned long untouched;
	LIST_HEAD(taken);

	boot("mem=256G,cpus=2");
	assert_true(resident_kib() < before + (64 << 10));
	untouched = normal->nr_untouched;
	assert_true(untouched > 50000);
	for (unsigned int n = 0; n < 20; n++) {
		page = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
		list_add(&page->lru, &taken);
	}
	/* As many blocks as were needed were taken from beyond the frontier. */
	assert_in_range(normal->nr_untouched, untouched - 21, untouched - 10);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, MAX_PAGE_ORDER);
	halt();
}

static void test_frontier_is_used_up_and_everything_comes_back(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *page, *next;
	unsigned long pages;
	LIST_HEAD(taken);
	char *before;

	boot("mem=128M,cpus=1");
	before = buddyinfo_text();
	pages = nr_free_pages();
	while ((page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC, MAX_PAGE_ORDER))) {
		list_add(&page->lru, &taken);
		assert_int_equal(machine_check(), 0);
	}
	assert_int_equal(zone->nr_untouched, 0);
	assert_true(nr_free_pages() < pages / 4);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, MAX_PAGE_ORDER);
	assert_buddyinfo(before);
	free(before);
	halt();
}

static void test_checker_sees_a_zone_that_does_not_add_up(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA);

	boot("mem=64M,cpus=1");
	zone->present_pages -= zone->present_pages - zone->managed_pages + 1;
	assert_int_equal(zone_check(), 1);
	zone->present_pages = zone->spanned_pages;
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_2_1_zones_end_at_16M_and_4G),
		machine_test(test_2_1_small_machines),
		machine_test(test_2_1_zonelists_go_downward_and_skip_empty_zones),
		machine_test(test_2_1_flags_choose_the_highest_zone),
		machine_test(test_2_1_GFP_DMA_never_leaves_its_zone),
		machine_test(test_2_6_spanned_present_managed),
		machine_test(test_untouched_memory_costs_nothing),
		machine_test(test_frontier_is_used_up_and_everything_comes_back),
		machine_test(test_checker_sees_a_zone_that_does_not_add_up),
	};

	return cmocka_run_group_tests_name("mm/zone", tests, NULL, NULL);
}
