/*
 * buddy.c: splitting, merging, types. Most tests hold the zone's lock and call the buddy itself.
 *
 * Taking order 1 from a block of order 4:
 *
 *	|.......block of order 4........|
 *	|two|two|  4    |       8       |	the lower two pages are handed out,
 *	 got free  free       free		the upper halves are on their lists
 */
#include "machine.h"
#include "mm/zone.h"

static struct zone *zone_of(enum zone_type idx)
{
	return &NODE_DATA(0)->node_zones[idx];
}

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

static void test_3_1_blocks_are_naturally_aligned(void **state)
{
	struct page *pages[NR_PAGE_ORDERS][4];

	boot("mem=64M,cpus=1");
	for (int o = 0; o < NR_PAGE_ORDERS; o++) {
		for (int i = 0; i < 4; i++) {
			pages[o][i] = alloc_pages(GFP_KERNEL, o);
			assert_non_null(pages[o][i]);
			assert_int_equal(page_to_phys(pages[o][i]) & ((PAGE_SIZE << o) - 1), 0);
			assert_int_equal((unsigned long)page_address(pages[o][i]) &
						 ((PAGE_SIZE << o) - 1),
					 0);
		}
		assert_int_equal(machine_check(), 0);
	}
	for (int o = 0; o < NR_PAGE_ORDERS; o++)
		for (int i = 0; i < 4; i++)
			__free_pages(pages[o][i], o);
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_PAGE_ORDER + 1));
	halt();
}

static void test_3_2_upper_halves_go_on_lists(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);

	boot("mem=64M,cpus=1");
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long before[NR_PAGE_ORDERS];
		struct page *page;
		unsigned int from;

		all_free_pages();
		spin_lock(&zone->lock);
		if (!(zone->free_mask[MIGRATE_MOVABLE] >> order))
			assert_true(frontier_advance(zone));
		for (int o = 0; o < NR_PAGE_ORDERS; o++)
			before[o] = buddy_blocks(zone, o);
		from = order + __builtin_ctz(zone->free_mask[MIGRATE_MOVABLE] >> order);
		page = buddy_take(zone, order, MIGRATE_MOVABLE);
		assert_non_null(page);
		/* The smallest block that is large enough was split, the lower part given. */
		assert_int_equal(page_to_pfn(page) & ((1ul << from) - 1), 0);
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
			bool upper = o >= order && o < from;

			assert_int_equal(buddy_blocks(zone, o), before[o] + upper - (o == from));
			if (upper) {
				assert_true(PageBuddy(page + (1ul << o)));
				assert_int_equal(page[1ul << o].order, o);
			}
		}
		buddy_free_block(zone, page, order, MIGRATE_MOVABLE, FPI_NONE);
		for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++)
			assert_int_equal(buddy_blocks(zone, o), before[o]);
		spin_unlock(&zone->lock);
		assert_int_equal(buddy_check(zone), 0);
	}
	halt();
}

/*
 * The head of the list is taken: of blocks that cannot merge, the one freed last. The pieces are
 * the first of every four, so no two of them are buddies.
 */
static void test_3_2_the_list_head_is_taken(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *block, *rest;

	boot("mem=64M,cpus=1");
	block = take(zone, 10, MIGRATE_MOVABLE);
	/* Nothing of order 6 or 7 but what the test frees. */
	while ((rest = take(zone, 6, MIGRATE_MOVABLE)) && zone->free_mask[MIGRATE_MOVABLE] >> 6 & 3)
		;
	block->order = 10;
	for (int i = 0; i < 16; i += 4) {
		block[i * 64].order = 6;
		give(zone, block + i * 64, 6);
	}
	for (int i = 12; i >= 0; i -= 4)
		assert_ptr_equal(take(zone, 6, MIGRATE_MOVABLE), block + i * 64);
	assert_int_equal(buddy_check(zone), 0);
	halt();
}

static void shuffle(struct page **pages, unsigned long n)
{
	struct worker w = { .seed = 99 };

	for (unsigned long i = n; i > 1; i--) {
		unsigned long j = random_of(&w, i);
		struct page *t = pages[i - 1];

		pages[i - 1] = pages[j];
		pages[j] = t;
	}
}

static void test_3_2_all_pages_and_back_restores_buddyinfo(void **state)
{
	static struct page *pages[16384];
	char *before;
	unsigned long n;

	boot("mem=64M,cpus=2");
	before = buddyinfo_text();
	for (int round = 0; round < 10; round++) {
		for (n = 0; (pages[n] = alloc_page(GFP_KERNEL | __GFP_NOWARN | __GFP_MEMALLOC));)
			n++;
		assert_true(n > 15000);
		assert_int_equal(nr_free_pages(), 0);
		shuffle(pages, n);
		while (n)
			__free_page(pages[--n]);
		assert_buddyinfo(before);
		assert_int_equal(machine_check(), 0);
	}
	free(before);
	halt();
}

static void test_3_2_orders_mixed_and_back(void **state)
{
	static struct {
		struct page *page;
		unsigned int order;
	} blocks[4096];
	struct worker w = { .seed = 3 };
	char *before;

	boot("mem=128M,cpus=1");
	before = buddyinfo_text();
	for (unsigned long step = 0; step < stress(20000); step++) {
		unsigned int i = random_of(&w, 4096);

		if (blocks[i].page) {
			__free_pages(blocks[i].page, blocks[i].order);
			blocks[i].page = NULL;
		} else {
			blocks[i].order = __builtin_ctzll(w.seed >> 12 | 1 << 10);
			blocks[i].page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN |
							     (w.seed & 64 ? __GFP_MOVABLE : 0),
						     blocks[i].order);
		}
		if (step % 1000 == 0)
			assert_int_equal(machine_check(), 0);
	}
	for (int i = 0; i < 4096; i++)
		if (blocks[i].page)
			__free_pages(blocks[i].page, blocks[i].order);
	memset(blocks, 0, sizeof(blocks));
	assert_buddyinfo(before);
	free(before);
	halt();
}

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
	for (unsigned long i = 0; i < n; i++)
		if (pages[i])
			give(zone, pages[i], 0);
	assert_int_equal(buddy_check(zone), 0);
	halt();
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
	assert_int_equal(zone->watermark_boost, pageblock_nr_pages);
	assert_int_equal(wmark_pages(zone, WMARK_LOW),
			 zone->_watermark[WMARK_LOW] + zone->watermark_boost);
	__free_page(page);
	/* Who wakes kswapd has it take the boost back. */
	page = alloc_pages(GFP_KERNEL, 4);
	__free_pages(page, 4);
	for (int i = 0; i < SETTLES && READ_ONCE(zone->watermark_boost); i++)
		usleep(SETTLE_TIME_US);
	assert_int_equal(zone->watermark_boost, 0);
	assert_int_equal(set_watermark_boost_factor(-1), -EINVAL);
	assert_int_equal(set_watermark_boost_factor(0), 0);
	__free_page(steal_a_part());
	assert_int_equal(zone->watermark_boost, 0);
	assert_int_equal(set_watermark_boost_factor(20000), 0);
	__free_page(steal_a_part());
	assert_true(zone->watermark_boost > 0);
	halt();
}

static void test_checker_sees_damage(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *page, *buddy;

	boot("mem=64M,cpus=1");
	page = take(zone, 1, MIGRATE_MOVABLE);
	buddy = page + 2;
	assert_true(PageBuddy(buddy));
	assert_int_equal(buddy_check(zone), 0);

	atomic_set(&buddy->_refcount, 1);
	assert_int_not_equal(buddy_check(zone), 0);
	atomic_set(&buddy->_refcount, 0);

	buddy->order++;
	assert_int_not_equal(buddy_check(zone), 0);
	buddy->order--;

	zone->free_area[buddy->order].nr_more[MIGRATE_MOVABLE]++;
	assert_int_not_equal(buddy_check(zone), 0);
	zone->free_area[buddy->order].nr_more[MIGRATE_MOVABLE]--;

	zone->free_mask[MIGRATE_MOVABLE] ^= 1u << buddy->order;
	assert_int_not_equal(buddy_check(zone), 0);
	zone->free_mask[MIGRATE_MOVABLE] ^= 1u << buddy->order;

	/* A block beside its free buddy that was not merged with it. */
	spin_lock(&zone->lock);
	buddy_put_on_list(zone, page, 1, MIGRATE_MOVABLE, false);
	zone_add_free(zone, 2);
	spin_unlock(&zone->lock);
	assert_int_not_equal(buddy_check(zone), 0);
	page = take(zone, 1, MIGRATE_MOVABLE);
	assert_int_equal(buddy_check(zone), 0);
	give(zone, page, 1);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_3_1_blocks_are_naturally_aligned),
		machine_test(test_3_2_upper_halves_go_on_lists),
		machine_test(test_3_2_the_list_head_is_taken),
		machine_test(test_3_2_all_pages_and_back_restores_buddyinfo),
		machine_test(test_3_2_orders_mixed_and_back),
		machine_test(test_3_3_types_live_in_pageblocks_of_their_own),
		machine_test(test_3_3_pageblocks_are_counted),
		machine_test(test_3_3_fallback_takes_the_largest_block),
		machine_test(test_3_3_movable_steals_the_smallest),
		machine_test(test_3_3_no_type_starves),
		machine_test(test_3_3_pagetypeinfo_follows),
		machine_test(test_3_3_grouping_is_off_on_tiny_machines),
		machine_test(test_1_4_atomic_orders_reserve_a_pageblock),
		machine_test(test_1_4_small_zones_reserve_nothing),
		machine_test(test_1_4_the_reserve_is_for_the_urgent),
		machine_test(test_2_5_stealing_boosts_the_marks),
		machine_test(test_checker_sees_damage),
	};

	return cmocka_run_group_tests_name("mm/buddy", tests, NULL, NULL);
}
