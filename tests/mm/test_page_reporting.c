/* page_reporting.c: what stays free goes back to the host, and nothing else does. */
#include "machine.h"
#include "mm/zone.h"

#define ORDER  pageblock_order
#define BLOCKS 40

/* All free blocks of a pageblock or more are reported, some time. */
static bool all_reported(void)
{
	bool all = true;
	struct zone *zone;

	for_each_populated_zone(zone) {
		spin_lock(&zone->lock);
		for (int o = pageblock_order; o < NR_PAGE_ORDERS; o++)
			for (int t = 0; t < MIGRATE_TYPES; t++) {
				struct page *page;

				list_for_each_entry(page, &zone->free_area[o].free_list[t], lru)
					all &= test_page_flag(page, PG_reported);
			}
		spin_unlock(&zone->lock);
	}
	return all;
}

static void wait_until_reported(void)
{
	for (int i = 0; i < SETTLES && !all_reported(); i++)
		usleep(SETTLE_TIME_US);
	assert_true(all_reported());
}

static void test_free_memory_goes_back(void **state)
{
	struct page *blocks[BLOCKS];
	unsigned long full, less;

	boot("mem=256M,cpus=2");
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = alloc_pages(GFP_KERNEL, ORDER);
		assert_non_null(blocks[i]);
		memset(page_address(blocks[i]), 0x55, PAGE_SIZE << ORDER);
	}
	full = resident_pages();
	for (int i = 0; i < BLOCKS; i += 2)
		__free_pages(blocks[i], ORDER);
	wait_until_reported();
	less = resident_pages();
	/* Half of it, give or take what the sanitizers keep. */
	assert_true(full - less > (BLOCKS / 2 - 4) * (1ul << ORDER));
	for (int i = 1; i < BLOCKS; i += 2) {
		const unsigned char *p = page_address(blocks[i]);

		for (size_t at = 0; at < PAGE_SIZE << ORDER; at += 64)
			assert_int_equal(p[at], 0x55);
		__free_pages(blocks[i], ORDER);
	}
	assert_int_equal(machine_check(), 0);
	halt();
}

/* A block that was reported is as good as any other. */
static void test_reported_blocks_are_used_again(void **state)
{
	char *before;

	boot("mem=64M,cpus=1");
	before = buddyinfo_text();
	for (int round = 0; round < 2; round++) {
		struct page *page, *next;
		LIST_HEAD(taken);

		while ((page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, ORDER))) {
			assert_false(test_page_flag(page, PG_reported));
			memset(page_address(page), round, PAGE_SIZE << ORDER);
			list_add(&page->lru, &taken);
		}
		list_for_each_entry_safe(page, next, &taken, lru)
			__free_pages(page, ORDER);
		if (!round)
			wait_until_reported();
	}
	assert_buddyinfo(before);
	free(before);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_free_memory_goes_back),
		machine_test(test_reported_blocks_are_used_again),
	};

	return cmocka_run_group_tests_name("mm/page_reporting", tests, NULL, NULL);
}
