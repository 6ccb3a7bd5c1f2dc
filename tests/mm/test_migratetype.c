/*
 * migratetype.c: blocks of a kind lie together; what happens when a kind runs dry; the HIGHATOMIC
 * reserve. Most tests hold the zone's lock and call the buddy itself.
 */
#include "mm/buddy_test.h"

static void test_3_3_types_live_in_pageblocks_of_their_own(void **state)
{
	static const struct {
		gfp_t gfp;
		enum migratetype type;
	} kinds[] = { { GFP_KERNEL, MIGRATE_UNMOVABLE },
		      { GFP_KERNEL | __GFP_RECLAIMABLE, MIGRATE_RECLAIMABLE },
		      { GFP_USER | __GFP_MOVABLE, MIGRATE_MOVABLE } };
	static struct page *pages[3][200];

	boot("mem=256M,cpus=1");
	assert_false(page_group_by_mobility_disabled);
	for (int i = 0; i < 200; i++) {
		for (int k = 0; k < 3; k++) {
			pages[k][i] = alloc_page(kinds[k].gfp);
			assert_int_equal(get_pageblock_migratetype(pages[k][i]), kinds[k].type);
		}
	}
	for (int k = 0; k < 3; k++)
		for (int i = 0; i < 200; i++)
			__free_page(pages[k][i]);
	halt();
}

static void test_3_3_pageblocks_are_counted(void **state)
{
	struct zone *zone;
	struct page *page;

	boot("mem=256M,cpus=1");
	page = alloc_pages(GFP_KERNEL | __GFP_RECLAIMABLE, 3);
	for_each_populated_zone(zone) {
		unsigned long counted[MIGRATE_TYPES] = { 0 };

		for (unsigned long pfn = zone->zone_start_pfn & -pageblock_nr_pages;
		     pfn < zone_end_pfn(zone); pfn += pageblock_nr_pages)
			counted[get_pageblock_migratetype(pfn_to_page(pfn))]++;
		assert_memory_equal(counted, zone->nr_pageblocks, sizeof(counted));
	}
	__free_pages(page, 3);
	halt();
}

/* The first choice is the largest block of the first fallback type. */
static void test_3_3_fallback_takes_the_largest_block(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *small[8], *page;

	boot("mem=128M,cpus=1");
	for (int i = 0; i < 8; i++)
		small[i] = take(zone, 3, MIGRATE_MOVABLE);
	for (int i = 0; i < 8; i += 2)
		give(zone, small[i], 3); /* free MOVABLE blocks of order 3 */
	spin_lock(&zone->lock);
	if (!(zone->free_mask[MIGRATE_MOVABLE] & 1u << MAX_PAGE_ORDER))
		frontier_advance(zone);
	while (zone->free_mask[MIGRATE_UNMOVABLE]) /* what the boot left of this type */
		buddy_take(zone, __builtin_ctz(zone->free_mask[MIGRATE_UNMOVABLE]),
			   MIGRATE_UNMOVABLE);
	page = buddy_take(zone, 3, MIGRATE_UNMOVABLE);
	spin_unlock(&zone->lock);
	assert_int_equal(get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	assert_int_equal(get_pageblock_migratetype(small[0]), MIGRATE_MOVABLE);
	assert_int_equal(page_to_pfn(page) % MAX_ORDER_NR_PAGES, 0);
	give(zone, page, 3);
	for (int i = 1; i < 8; i += 2)
		give(zone, small[i], 3);
	halt();
}

/* A movable request that must go elsewhere breaks the smallest block that fits. */
static void test_3_3_movable_steals_the_smallest(void **state)
{
	static struct page *pages[32768];
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *page;
	unsigned long n = 0;

	boot("mem=64M,cpus=1");
	while ((pages[n] = take(zone, 0, MIGRATE_UNMOVABLE)))
		n++;
	/* Free: one block of order 3 and one of order 1, all of them UNMOVABLE. */
	for (unsigned long i = 0; i < n; i++) {
		unsigned long in_block = page_to_pfn(pages[i]) % 512;
		unsigned long block = page_to_pfn(pages[i]) / 512;

		if ((block == 20 && in_block < 8) || (block == 22 && in_block < 2)) {
			give(zone, pages[i], 0);
			pages[i] = NULL;
		}
	}
	assert_int_equal(buddy_blocks(zone, 3), 1);
	assert_int_equal(buddy_blocks(zone, 1), 1);
	page = take(zone, 0, MIGRATE_MOVABLE);
	assert_int_equal(page_to_pfn(page) / 512, 22);
	assert_int_equal(buddy_blocks(zone, 3), 1);
	give(zone, page, 0);
	/* Unless there is one of half a pageblock's order: then it takes that over. */
	for (unsigned long i = 0; i < n; i++) {
		if (pages[i] && page_to_pfn(pages[i]) / 512 == 20 &&
		    page_to_pfn(pages[i]) % 512 < 16) {
			give(zone, pages[i], 0);
			pages[i] = NULL;
		}
	}
	page = take(zone, 0, MIGRATE_MOVABLE);
	assert_int_equal(page_to_pfn(page) / 512, 20);
	give(zone, page, 0);
	for (unsigned long i = 0; i < n; i++)
		if (pages[i])
			give(zone, pages[i], 0);
	assert_int_equal(buddy_check(zone), 0);
	halt();
}

/* Whose blocks are broken into first when a type has none. */
static void test_3_3_the_order_of_fallbacks(void **state)
{
	static const enum migratetype types[] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE,
						  MIGRATE_MOVABLE };
	static const struct {
		enum migratetype wanted, first, second;
	} rules[] = { { MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
		      { MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
		      { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, MIGRATE_MOVABLE } };

	for (size_t r = 0; r < ARRAY_SIZE(rules); r++) {
		struct zone *zone = zone_of(ZONE_DMA32);
		struct page *of[MIGRATE_PCPTYPES], *got;

		boot("mem=128M,cpus=1");
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			of[types[i]] = take(zone, 3, types[i]);
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			while (zone->free_mask[types[i]] ||
			       (types[i] == MIGRATE_MOVABLE && zone->nr_untouched))
				take(zone, 0, types[i]);
		give(zone, of[rules[r].second], 3);
		give(zone, of[rules[r].first], 3);
		got = take(zone, 3, rules[r].wanted);
		assert_ptr_equal(got, of[rules[r].first]);
		got = take(zone, 3, rules[r].wanted);
		assert_ptr_equal(got, of[rules[r].second]);
		halt();
	}
}

/* Every type can use every page in the end. */
static void test_3_3_no_type_starves(void **state)
{
	static const gfp_t kinds[] = { GFP_NOWAIT, GFP_NOWAIT | __GFP_RECLAIMABLE,
				       GFP_NOWAIT | __GFP_MOVABLE };

	boot("mem=64M,cpus=1");
	for (int first = 0; first < 3; first++) {
		for (int second = 0; second < 3; second++) {
			struct page *page, *next;
			unsigned long n = 0;
			LIST_HEAD(taken);

			while (n < 8000 && (page = alloc_page(kinds[first] | __GFP_NOWARN))) {
				list_add(&page->lru, &taken);
				n++;
			}
			while ((page = alloc_page(kinds[second] | __GFP_NOWARN | __GFP_MEMALLOC))) {
				list_add(&page->lru, &taken);
				n++;
			}
			assert_true(n > 15000);
			assert_int_equal(machine_check(), 0);
			list_for_each_entry_safe(page, next, &taken, lru)
				__free_page(page);
		}
	}
	halt();
}

/* What proc/pagetypeinfo says of a type: pages in free blocks, and pageblocks. */
static void assert_types(const char *zone, const char *type, unsigned long pages, int pageblocks)
{
	static const char *const types[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic",
					     "Isolate" };
	char key[80], *line;
	struct seq_file m;
	unsigned long sum = 0, n;
	int at = 0;

	all_free_pages();
	seq_buffer_open(&m);
	pagetypeinfo_show(&m, NULL);
	snprintf(key, sizeof(key), "zone %8s, type %12s ", zone, type);
	line = strstr(seq_buffer_text(&m), key);
	assert_non_null(line);
	line += strlen(key);
	for (int o = 0; o < NR_PAGE_ORDERS; o++, line += at) {
		assert_int_equal(sscanf(line, "%lu%n", &n, &at), 1);
		sum += n << o;
	}
	assert_int_equal(sum, pages);
	snprintf(key, sizeof(key), "\nNode 0, zone %8s ", zone);
	line = strstr(strstr(seq_buffer_text(&m), "Number of blocks type"), key);
	assert_non_null(line);
	line += strlen(key);
	for (size_t t = 0; t < ARRAY_SIZE(types); t++, line += at) {
		assert_int_equal(sscanf(line, "%lu%n", &n, &at), 1);
		if (!strcmp(types[t], type))
			assert_int_equal(n, pageblocks);
	}
	seq_buffer_release(&m);
}

/* A type takes the largest block there is of another, and has its pageblocks from then on. */
static void test_3_3_pagetypeinfo_follows(void **state)
{
	struct page *pages[3];

	boot("mem=64M,cpus=1");
	assert_types("DMA", "Movable", 4095, 8);
	assert_types("DMA", "Reclaimable", 0, 0);
	pages[0] = alloc_pages(GFP_DMA | __GFP_RECLAIMABLE, 8);
	assert_types("DMA", "Reclaimable", 1024 - 256, 2);
	pages[1] = alloc_pages(GFP_DMA | __GFP_RECLAIMABLE, 8);
	assert_types("DMA", "Reclaimable", 1024 - 512, 2);
	pages[2] = alloc_pages(GFP_DMA, 10);
	for (int i = 0; i < 2; i++)
		assert_int_equal(get_pageblock_migratetype(pages[i]), MIGRATE_RECLAIMABLE);
	assert_types("DMA", "Unmovable", 0, 2); /* all of a block of 1024 pages */
	__free_pages(pages[0], 8);
	__free_pages(pages[1], 8);
	__free_pages(pages[2], 10);
	assert_types("DMA", "Unmovable", 1024, 2); /* a pageblock keeps its type */
	halt();
}

static void test_3_3_grouping_is_off_on_tiny_machines(void **state)
{
	struct page *page;

	boot("mem=8M,cpus=1");
	assert_true(page_group_by_mobility_disabled);
	page = alloc_page(GFP_USER | __GFP_MOVABLE);
	assert_int_equal(get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	__free_page(page);
	assert_types("DMA", "Movable", 0, 0);
	halt();
}

static void test_1_4_atomic_orders_reserve_a_pageblock(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *pages[64], *page, *next;
	unsigned int n = 0;
	LIST_HEAD(taken);

	boot("mem=512M,cpus=1");
	page = alloc_page(GFP_ATOMIC); /* a single page reserves nothing */
	assert_int_equal(zone->nr_reserved_highatomic, 0);
	__free_page(page);
	/* It is those who find little left that it is for. */
	while ((page = alloc_page(GFP_NOWAIT | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	for (int i = 0; i < 256; i++) { /* some pages in blocks of order 2 */
		page = list_first_entry(&taken, struct page, lru);
		list_del(&page->lru);
		__free_page(page);
	}
	drain_all_pages();
	while (n < 64 && (pages[n] = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 1)))
		n++;
	assert_true(n > 0);
	assert_true(zone->nr_reserved_highatomic > 0);
	assert_true(zone->nr_reserved_highatomic <= zone->managed_pages / 100 + pageblock_nr_pages);
	assert_int_equal(zone->nr_pageblocks[MIGRATE_HIGHATOMIC],
			 zone->nr_reserved_highatomic / pageblock_nr_pages);
	while (n)
		__free_pages(pages[--n], 1);
	assert_int_equal(machine_check(), 0);
	assert_true(zone->nr_free_highatomic > 0);
	/* Under pressure ordinary requests get it back. */
	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	assert_int_equal(zone->nr_free_highatomic, 0);
	assert_int_equal(machine_check(), 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

/* A hundredth of the zone, and then no more, however many pageblocks such requests touch. */
static void test_1_4_the_reserve_is_bounded(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *pages[60], *page, *next;
	unsigned int n = 0, freed = 0;
	LIST_HEAD(taken);

	boot("mem=512M,cpus=1");
	while ((page = alloc_page(GFP_NOWAIT | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	/* Of many pageblocks a little, and so little that the zone stays below its low mark. */
	list_for_each_entry_safe(page, next, &taken, lru) {
		if (page_zone(page) != zone || page_to_pfn(page) % pageblock_nr_pages >= 4)
			continue;
		list_del(&page->lru);
		__free_page(page);
		if (++freed == 128)
			break;
	}
	drain_all_pages();
	while (n < 60 && (pages[n] = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 1)))
		n++;
	assert_true(n > 20);
	assert_int_equal(zone->nr_reserved_highatomic,
			 ALIGN(zone->managed_pages / 100, pageblock_nr_pages));
	assert_int_equal(zone->nr_pageblocks[MIGRATE_HIGHATOMIC],
			 zone->nr_reserved_highatomic / pageblock_nr_pages);
	while (n)
		__free_pages(pages[--n], 1);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

static void test_1_4_small_zones_reserve_nothing(void **state)
{
	struct page *page;

	boot("mem=64M,cpus=1");
	page = alloc_pages(GFP_ATOMIC, 2);
	assert_int_equal(zone_of(ZONE_DMA32)->nr_reserved_highatomic, 0);
	__free_pages(page, 2);
	halt();
}

/* Takes order-0 pages until @gfp gets none. Returns how many. */
static unsigned long take_all(gfp_t gfp, struct list_head *taken)
{
	unsigned long n = 0;
	struct page *page;

	for (; (page = alloc_page(gfp | __GFP_NOWARN)); n++)
		list_add(&page->lru, taken);
	return n;
}

/* Ordinary requests leave the reserve alone; those that cannot wait get it when all else is gone. */
static void test_1_4_the_reserve_is_for_the_urgent(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *page, *next, *block;
	unsigned long reserve, min;
	LIST_HEAD(taken);

	boot("mem=512M,cpus=1,min_free_kbytes=512");
	assert_int_equal(set_watermark_scale_factor(3000), 0); /* low is far above min */
	assert_int_equal(set_watermark_boost_factor(0), 0);
	min = zone->_watermark[WMARK_MIN];
	block = alloc_pages(GFP_KERNEL, pageblock_order);
	while (zone_page_state(zone, NR_FREE_PAGES) > zone->_watermark[WMARK_LOW] / 2) {
		page = alloc_page(__GFP_NOMEMALLOC);
		assert_non_null(page);
		list_add(&page->lru, &taken);
	}
	__free_pages(block, pageblock_order);
	/* Somebody urgent finds little and makes the pageblock a reserve. */
	block = alloc_pages(__GFP_HIGH, 4);
	assert_int_equal(get_pageblock_migratetype(block), MIGRATE_HIGHATOMIC);
	__free_pages(block, 4);
	reserve = zone->nr_free_highatomic;
	assert_in_range(reserve, min + 200, pageblock_nr_pages);
	take_all(__GFP_NOMEMALLOC, &taken); /* ordinary, and it may not reclaim */
	assert_int_equal(zone->nr_free_highatomic, reserve);
	assert_in_range(zone_page_state(zone, NR_FREE_PAGES), min + reserve, min + reserve + 8);
	block = alloc_pages(__GFP_NOWARN, 4); /* of more than a page only those it is for */
	if (block) {
		assert_int_not_equal(get_pageblock_migratetype(block), MIGRATE_HIGHATOMIC);
		__free_pages(block, 4);
	}
	take_all(0, &taken); /* it cannot wait: GFP_NOWAIT without kswapd */
	assert_in_range(zone->nr_free_highatomic, min - 8, min + 8);
	assert_in_range(zone_page_state(zone, NR_FREE_PAGES), min, min + 8);
	block = alloc_pages(__GFP_HIGH | __GFP_NOWARN, 4); /* and those it is for get below min */
	assert_non_null(block);
	assert_int_equal(get_pageblock_migratetype(block), MIGRATE_HIGHATOMIC);
	__free_pages(block, 4);
	take_all(__GFP_MEMALLOC, &taken);
	assert_int_equal(zone_page_state(zone, NR_FREE_PAGES), 0);
	assert_int_equal(machine_check(), 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

/* A free part of a movable pageblock, and an unmovable request that finds nothing else. */
static struct page *steal_a_part(void)
{
	struct page *page, *next, *part = NULL;
	LIST_HEAD(taken);

	drain_all_pages();
	while ((page = alloc_pages(__GFP_MOVABLE | __GFP_MEMALLOC | __GFP_NOWARN, 5))) {
		list_add(&page->lru, &taken);
		if (get_pageblock_migratetype(page) == MIGRATE_MOVABLE && !part)
			part = page;
	}
	for (unsigned int order = 0; order < 5; order++)
		while ((page = alloc_pages(__GFP_MOVABLE | __GFP_MEMALLOC | __GFP_NOWARN, order)))
			list_add(&page->lru, &taken);
	assert_non_null(part);
	list_del(&part->lru);
	__free_pages(part, 5);
	page = alloc_page(__GFP_MEMALLOC);
	assert_non_null(page);
	part = page;
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, page->order);
	return part;
}

static void test_2_5_stealing_boosts_the_marks(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *page;

	boot("mem=128M,cpus=1");
	assert_int_equal(watermark_boost_factor, 15000);
	page = steal_a_part();
	/* Filling the machine ended with requests that failed, and nobody fails for a boost. */
	assert_int_equal(READ_ONCE(zone->watermark_boost), pageblock_nr_pages);
	assert_int_equal(wmark_pages(zone, WMARK_LOW),
			 zone->_watermark[WMARK_LOW] + READ_ONCE(zone->watermark_boost));
	__free_page(page);
	/* Who wakes kswapd has it take the boost back. */
	page = alloc_pages(GFP_KERNEL, 4);
	__free_pages(page, 4);
	for (int i = 0; i < SETTLES && READ_ONCE(zone->watermark_boost); i++)
		usleep(SETTLE_TIME_US);
	assert_int_equal(READ_ONCE(zone->watermark_boost), 0);
	assert_int_equal(set_watermark_boost_factor(-1), -EINVAL);
	assert_int_equal(set_watermark_boost_factor(0), 0);
	__free_page(steal_a_part());
	assert_int_equal(READ_ONCE(zone->watermark_boost), 0);
	assert_int_equal(set_watermark_boost_factor(20000), 0);
	__free_page(steal_a_part());
	assert_true(READ_ONCE(zone->watermark_boost) > 0);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_3_3_types_live_in_pageblocks_of_their_own),
		machine_test(test_3_3_pageblocks_are_counted),
		machine_test(test_3_3_fallback_takes_the_largest_block),
		machine_test(test_3_3_movable_steals_the_smallest),
		machine_test(test_3_3_the_order_of_fallbacks),
		machine_test(test_3_3_no_type_starves),
		machine_test(test_3_3_pagetypeinfo_follows),
		machine_test(test_3_3_grouping_is_off_on_tiny_machines),
		machine_test(test_1_4_atomic_orders_reserve_a_pageblock),
		machine_test(test_1_4_the_reserve_is_bounded),
		machine_test(test_1_4_small_zones_reserve_nothing),
		machine_test(test_1_4_the_reserve_is_for_the_urgent),
		machine_test(test_2_5_stealing_boosts_the_marks),
	};

	return cmocka_run_group_tests_name("mm/migratetype", tests, NULL, NULL);
}
