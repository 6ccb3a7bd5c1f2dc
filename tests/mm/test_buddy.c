/*
 * buddy.c: splitting and merging. Most tests hold the zone's lock and call the buddy itself.
 *
 * Taking order 1 from a block of order 4:
 *
 *	|.......block of order 4........|
 *	|two|two|  4    |       8       |	the lower two pages are handed out,
 *	 got free  free       free		the upper halves are on their lists
 */
#include "mm/buddy_test.h"

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

/* But what will soon merge goes to the end: it is not to be broken up before. */
static void test_3_2_what_is_likely_to_merge_waits(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	struct page *block, *other;

	boot("mem=64M,cpus=1");
	while (zone->free_mask[MIGRATE_MOVABLE] & 3)
		take(zone, 0, MIGRATE_MOVABLE);
	block = take(zone, 2, MIGRATE_MOVABLE);
	other = take(zone, 2, MIGRATE_MOVABLE);
	while (zone->free_mask[MIGRATE_MOVABLE] & 3)
		take(zone, 0, MIGRATE_MOVABLE);
	other->order = block->order = 0;
	/* Its buddy is in use, and so is the pair that it would make a block of four with. */
	give(zone, other, 0);
	give(zone, block, 0);
	assert_ptr_equal(take(zone, 0, MIGRATE_MOVABLE), block);
	/* Now that pair is free: one page more, and the four are one. */
	block[2].order = 1;
	give(zone, block + 2, 1);
	give(zone, block, 0);
	assert_ptr_equal(take(zone, 0, MIGRATE_MOVABLE), other);
	assert_ptr_equal(take(zone, 0, MIGRATE_MOVABLE), block);
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
		machine_test(test_3_2_what_is_likely_to_merge_waits),
		machine_test(test_3_2_all_pages_and_back_restores_buddyinfo),
		machine_test(test_3_2_orders_mixed_and_back),
		machine_test(test_checker_sees_damage),
	};

	return cmocka_run_group_tests_name("mm/buddy", tests, NULL, NULL);
}
