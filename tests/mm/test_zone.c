/* zone.c: which frames are in which zone, where requests go, and the frontier. */
#include <stdio.h>
#include <unistd.h>
#include "machine.h"
#include "mm/vmstat.h"
#include "mm/zone.h"

#define MIB (1ul << 20 >> PAGE_SHIFT) /* pages */

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

/* Its own node first, then the next ones round the ring; in each from the highest zone down. */
static void test_2_1_nodes_fall_back_to_the_next(void **state)
{
	boot("mem=64M,cpus=4,numa=fake=4");
	for (int nid = 0; nid < 4; nid++) {
		struct zone **z = NODE_DATA(nid)->node_zonelists[ZONE_NORMAL].zones;

		for (int i = 0; i < 4; i++) {
			int other = (nid + i) % 4;

			for (int idx = ZONE_NORMAL; idx >= 0; idx--) {
				struct zone *zone = &NODE_DATA(other)->node_zones[idx];

				if (zone_managed_pages(zone))
					assert_ptr_equal(*z++, zone);
			}
		}
		assert_null(*z);
		z = NODE_DATA(nid)->node_thisnode[ZONE_NORMAL].zones;
		for (; *z; z++)
			assert_int_equal((*z)->zone_pgdat->node_id, nid);
	}
	halt();
}

static unsigned long numa_counter(int nid, const char *name)
{
	unsigned long n = 0;
	struct seq_file m;

	seq_buffer_open(&m);
	node_numastat_show(&m, nid);
	assert_int_equal(sscanf(strstr(seq_buffer_text(&m), name) + strlen(name), "%lu", &n), 1);
	seq_buffer_release(&m);
	return n;
}

static void test_2_1_a_node_is_asked_for(void **state)
{
	unsigned long foreign, miss;
	struct page *page, *next;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=4,numa=fake=4");
	for (int nid = 0; nid < 4; nid++) {
		page = alloc_pages_node(nid, GFP_KERNEL, 3);
		assert_int_equal(page_to_nid(page), nid);
		__free_pages(page, 3);
	}
	/* It has no memory below 16 MiB; the others' may serve, unless it must be this one's. */
	page = alloc_pages_node(3, GFP_KERNEL | GFP_DMA, 0);
	assert_int_equal(page_to_nid(page), 0);
	__free_page(page);
	assert_null(alloc_pages_node(3, GFP_KERNEL | GFP_DMA | __GFP_THISNODE | __GFP_NOWARN, 0));
	while ((page = alloc_pages_node(1, __GFP_THISNODE | __GFP_NOWARN, 0))) {
		assert_int_equal(page_to_nid(page), 1);
		list_add(&page->lru, &taken);
	}
	miss = numa_counter(2, "numa_miss");
	foreign = numa_counter(1, "numa_foreign");
	page = alloc_pages_node(1, __GFP_NOWARN, 0); /* the node after it */
	assert_int_equal(page_to_nid(page), 2);
	assert_int_equal(numa_counter(2, "numa_miss"), miss + 1);
	assert_int_equal(numa_counter(1, "numa_foreign"), foreign + 1);
	list_add(&page->lru, &taken);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

/* However many nodes, however odd the size: none is empty, and all are about alike. */
static void test_2_1_nodes_of_odd_sizes(void **state)
{
	static const char *const sizes[] = { "66M", "67M", "100M", "255M", "1000M" };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (unsigned int nodes = 1; nodes <= 16; nodes += i % 2 ? 5 : 3) {
			unsigned long least = ~0ul, most = 0, sum = 0;
			struct pglist_data *pgdat;
			char words[64];

			snprintf(words, sizeof(words), "cpus=2,mem=%s,numa=fake=%u", sizes[i],
				 nodes);
			boot(words);
			for_each_online_pgdat(pgdat) {
				unsigned long n = pgdat->node_present_pages;

				sum += n;
				least = min(least, n);
				most = max(most, n);
			}
			assert_true(most - least <= 2 * MAX_ORDER_NR_PAGES);
			assert_true(least >= MAX_ORDER_NR_PAGES - 1);
			assert_int_equal(sum, max_pfn - 1);
			halt();
		}
	}
}

static void test_2_1_each_node_has_movable_memory(void **state)
{
	struct page *page, *next;
	unsigned long seen = 0;
	LIST_HEAD(taken);

	boot("mem=256M,cpus=4,numa=fake=4,movablecore=64M");
	for (int nid = 0; nid < 4; nid++) {
		struct zone *zone = &NODE_DATA(nid)->node_zones[ZONE_MOVABLE];

		assert_int_equal(zone->present_pages, 16 << 8);
		assert_int_equal(zone_end_pfn(zone), (nid + 1) * (64 << 8));
		page = alloc_pages_node(nid, GFP_HIGHUSER_MOVABLE, 0);
		assert_ptr_equal(page_zone(page), zone);
		__free_page(page);
	}
	/* Only what can move gets there, and only if it says both. */
	while ((page = alloc_page(GFP_KERNEL | __GFP_MOVABLE | __GFP_NORETRY | __GFP_NOWARN))) {
		assert_int_not_equal(page_zonenum(page), ZONE_MOVABLE);
		list_add(&page->lru, &taken);
		seen++;
	}
	assert_true(seen > 40000);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
	/* As many zones as there can be. */
	boot("mem=512M,cpus=4,numa=fake=16,movablecore=128M,highmem=100M");
	assert_int_equal(machine_check(), 0);
	halt();
	/* It comes out of high memory if there is as much. */
	boot("mem=256M,cpus=1,highmem=128M,movablecore=64M");
	assert_int_equal(zone_of(ZONE_MOVABLE)->zone_start_pfn, 192 << 8);
	assert_int_equal(zone_of(ZONE_HIGHMEM)->present_pages, 64 << 8);
	assert_int_equal(zone_end_pfn(zone_of(ZONE_DMA32)), 128 << 8);
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

static void test_untouched_memory_costs_nothing(void **state)
{
	unsigned long before = resident_pages();
	struct zone *normal = zone_of(ZONE_NORMAL);
	struct page *page, *next;
	unsigned long untouched;
	LIST_HEAD(taken);

	boot("mem=256G,cpus=2");
	assert_true(resident_pages() < before + (64ul << 20 >> PAGE_SHIFT));
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
		machine_test(test_2_1_nodes_fall_back_to_the_next),
		machine_test(test_2_1_a_node_is_asked_for),
		machine_test(test_2_1_nodes_of_odd_sizes),
		machine_test(test_2_1_each_node_has_movable_memory),
		machine_test(test_2_6_spanned_present_managed),
		machine_test(test_untouched_memory_costs_nothing),
		machine_test(test_frontier_is_used_up_and_everything_comes_back),
		machine_test(test_checker_sees_a_zone_that_does_not_add_up),
	};

	return cmocka_run_group_tests_name("mm/zone", tests, NULL, NULL);
}
