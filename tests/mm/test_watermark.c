/* watermark.c: the marks of every zone, computed a second time by the kernel's formulas. */
#include "machine.h"
#include "mm/zone.h"

static unsigned long root_of(unsigned long x)
{
	unsigned long r = 0;

	while ((r + 1) * (r + 1) <= x)
		r++;
	return r;
}

static void assert_marks(void)
{
	unsigned long pages_min = min_free_kbytes >> 2, lowmem = totalram_pages();
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long managed = zone_managed_pages(zone);
		unsigned long low_min = pages_min * managed / lowmem;
		unsigned long d = low_min / 4, scaled = managed * watermark_scale_factor / 10000;

		d = scaled > d ? scaled : d;
		assert_int_equal(zone->_watermark[WMARK_MIN], low_min);
		assert_int_equal(zone->_watermark[WMARK_LOW], low_min + d);
		assert_int_equal(zone->_watermark[WMARK_HIGH], low_min + 2 * d);
		assert_int_equal(zone->_watermark[WMARK_PROMO], low_min + 3 * d);
	}
}

static void test_2_2_min_free_kbytes(void **state)
{
	/* The value that a machine whose whole RAM is managed would have. */
	static const struct {
		const char *words;
		unsigned int kbytes;
	} cases[] = {
		{ "mem=64M,cpus=1", 1024 },  { "mem=256M,cpus=1", 2048 },
		{ "mem=512M,cpus=1", 2896 }, { "mem=1G,cpus=1", 4096 },
		{ "mem=4G,cpus=1", 8192 },   { "mem=4M,cpus=1", 256 },
		{ "mem=64G,cpus=1", 32768 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		boot(cases[i].words);
		assert_int_equal(min_free_kbytes, root_of(totalram_pages() * 4 * 16));
		assert_in_range(min_free_kbytes, cases[i].kbytes * 95 / 100, cases[i].kbytes);
		assert_marks();
		halt();
	}
	skip_under_tsan();
	/* Capped: the formula alone would say 262143.9 at 4 TiB, and 128 at 1 MiB. */
	boot("mem=4T,cpus=1");
	assert_in_range(min_free_kbytes, 255000, 262144);
	halt();
	boot("mem=1T,cpus=1");
	assert_int_equal(min_free_kbytes, root_of(totalram_pages() * 4 * 16));
	assert_in_range(min_free_kbytes, 129000, 131072);
	assert_marks();
	halt();
}

static void test_2_3_marks_of_each_zone(void **state)
{
	boot("mem=8G,cpus=2");
	assert_marks();
	assert_int_equal(watermark_scale_factor, 10);
	halt();
}

static void assert_protection(void)
{
	struct zone *zones = NODE_DATA(0)->node_zones;

	for (int i = 0; i < MAX_NR_ZONES; i++) {
		unsigned long above = 0;
		int ratio = lowmem_reserve_ratio[i];

		for (int j = 0; j < MAX_NR_ZONES; j++) {
			if (j > i)
				above += zones[j].managed_pages;
			assert_int_equal(zones[i].lowmem_reserve[j],
					 j > i && ratio > 0 && zones[i].managed_pages
						 ? above / ratio
						 : 0);
		}
	}
}

/* They take no part in min_free_kbytes: a thousandth of each, from 32 to 128 pages. */
static void test_2_3_high_and_movable_memory(void **state)
{
	static const struct {
		const char *words;
		enum zone_type idx;
		unsigned long min;
	} cases[] = {
		{ "mem=64M,cpus=1,highmem=16M", ZONE_HIGHMEM, 32 },
		{ "mem=512M,cpus=1,highmem=256M", ZONE_HIGHMEM, 64 },
		{ "mem=2G,cpus=1,highmem=1G", ZONE_HIGHMEM, 128 },
		{ "mem=512M,cpus=1,movablecore=256M,bootmem=top:8M", ZONE_MOVABLE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long lowmem = 0, managed, d;
		struct zone *zone;

		boot(cases[i].words);
		for_each_populated_zone(zone)
			lowmem += zone->idx <= ZONE_NORMAL ? zone_managed_pages(zone) : 0;
		assert_int_equal(min_free_kbytes, root_of(lowmem * 4 * 16));
		zone = &NODE_DATA(0)->node_zones[cases[i].idx];
		managed = zone_managed_pages(zone);
		if (cases[i].min)
			assert_int_equal(zone->_watermark[WMARK_MIN], cases[i].min);
		else
			assert_int_equal(zone->_watermark[WMARK_MIN], managed / 1024);
		d = (unsigned long)(min_free_kbytes >> 2) * managed / lowmem / 4;
		d = max(d, managed / 1000);
		assert_int_equal(zone->_watermark[WMARK_LOW], zone->_watermark[WMARK_MIN] + d);
		assert_int_equal(zone->_watermark[WMARK_HIGH], zone->_watermark[WMARK_MIN] + 2 * d);
		halt();
	}
}

static void test_2_4_lowmem_reserve(void **state)
{
	static const int ratios[MAX_NR_ZONES] = { 256, 256, 32, 0, 0 };

	boot("mem=8G,cpus=2");
	assert_memory_equal(lowmem_reserve_ratio, ratios, sizeof(ratios));
	assert_protection();
	assert_true(NODE_DATA(0)->node_zones[ZONE_DMA].lowmem_reserve[ZONE_NORMAL] > 8000);
	assert_int_equal(set_lowmem_reserve_ratio(ZONE_DMA, 64), 0);
	assert_protection();
	assert_int_equal(set_lowmem_reserve_ratio(ZONE_DMA, 0), 0);
	assert_protection();
	assert_int_equal(set_lowmem_reserve_ratio(ZONE_DMA, -5), 0);
	assert_int_equal(lowmem_reserve_ratio[ZONE_DMA], 0);
	assert_protection();
	assert_int_equal(NODE_DATA(0)->node_zones[ZONE_DMA].lowmem_reserve[ZONE_NORMAL], 0);
	assert_int_equal(set_lowmem_reserve_ratio(MAX_NR_ZONES, 1), -EINVAL);
	halt();
}

/* A request that could go higher leaves the reserve to those who could not. */
static void test_2_4_reserve_is_kept_from_higher_requests(void **state)
{
	struct zone *dma = &NODE_DATA(0)->node_zones[ZONE_DMA];
	struct page *page, *next;
	unsigned long keep;
	LIST_HEAD(taken);

	boot("mem=1G,cpus=1");
	keep = dma->_watermark[WMARK_MIN] + dma->lowmem_reserve[ZONE_NORMAL];
	assert_true(dma->lowmem_reserve[ZONE_NORMAL] > 900);
	while ((page = alloc_page(GFP_NOWAIT | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	assert_in_range(zone_page_state(dma, NR_FREE_PAGES), keep, keep + 8);
	page = alloc_page(GFP_NOWAIT | GFP_DMA);
	assert_non_null(page);
	list_add(&page->lru, &taken);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

static void test_2_5_settings_recompute_everything(void **state)
{
	struct zone *zone = &NODE_DATA(0)->node_zones[ZONE_DMA32];
	unsigned long low;

	boot("mem=512M,cpus=2");
	low = zone->_watermark[WMARK_LOW];
	assert_int_equal(set_min_free_kbytes(20000), 0);
	assert_int_equal(min_free_kbytes, 20000);
	assert_marks();
	assert_true(zone->_watermark[WMARK_LOW] > 4 * low);
	assert_true(zone->pageset_high >= (int)zone->_watermark[WMARK_LOW] / 2);
	assert_int_equal(set_watermark_scale_factor(1000), 0);
	assert_marks();
	assert_int_equal(min_free_kbytes, 20000);
	assert_int_equal(set_watermark_scale_factor(0), -EINVAL);
	assert_int_equal(set_watermark_scale_factor(3001), -EINVAL);
	assert_int_equal(watermark_scale_factor, 1000);
	assert_int_equal(set_min_free_kbytes(-1), -EINVAL);
	assert_int_equal(min_free_kbytes, 20000);
	assert_int_equal(set_min_free_kbytes(0), 0);
	assert_marks();
	assert_protection();
	halt();
}

static void test_2_5_boot_word(void **state)
{
	boot("mem=64M,cpus=1,min_free_kbytes=4000");
	assert_int_equal(min_free_kbytes, 4000);
	assert_marks();
	halt();
}

static int batch_of(unsigned long managed)
{
	unsigned long batch = (managed / 1024 < 256 ? managed / 1024 : 256) / 4;
	int n = 1;

	batch = batch < 1 ? 1 : batch;
	batch += batch / 2;
	while ((1ul << n) <= batch)
		n++;
	n = (1 << (n - 1)) - 1;
	return n < 1 ? 1 : n;
}

static void test_3_4_batch_and_high(void **state)
{
	static const struct {
		const char *words;
		int batch;
	} cases[] = {
		{ "mem=118M,cpus=1", 7 }, { "mem=256M,cpus=1", 15 }, { "mem=84M,cpus=1", 3 },
		{ "mem=150M,cpus=2", 7 }, { "mem=280M,cpus=4", 15 }, { "mem=550M,cpus=2", 31 },
		{ "mem=2G,cpus=2", 63 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct zone *zone;

		boot(cases[i].words);
		assert_int_equal(NODE_DATA(0)->node_zones[ZONE_DMA32].pageset_batch,
				 cases[i].batch);
		for_each_populated_zone(zone) {
			int batch = batch_of(zone->managed_pages);
			int share = zone->_watermark[WMARK_LOW] / nr_cpu_ids;

			assert_int_equal(zone->pageset_batch, batch);
			assert_int_equal(zone->pageset_high, share > 4 * batch ? share : 4 * batch);
		}
		halt();
	}
}

static void test_3_4_percpu_pagelist_high_fraction(void **state)
{
	struct zone *zone = &NODE_DATA(0)->node_zones[ZONE_DMA32];
	int high;

	boot("mem=512M,cpus=2");
	high = zone->pageset_high;
	assert_int_equal(set_percpu_pagelist_high_fraction(8), 0);
	assert_int_equal(zone->pageset_high, zone->managed_pages / 8 / 2);
	assert_int_equal(per_cpu_ptr(zone->per_cpu_pageset, 1)->high, zone->managed_pages / 8 / 2);
	assert_int_equal(set_percpu_pagelist_high_fraction(7), -EINVAL);
	assert_int_equal(set_percpu_pagelist_high_fraction(-1), -EINVAL);
	assert_int_equal(percpu_pagelist_high_fraction, 8);
	assert_int_equal(set_percpu_pagelist_high_fraction(0), 0);
	assert_int_equal(zone->pageset_high, high);
	halt();
	/* A node's own CPUs share; where there are none, all do. */
	boot("mem=1G,cpus=3,numa=fake=4");
	assert_int_equal(set_percpu_pagelist_high_fraction(8), 0);
	for (int nid = 1; nid < 4; nid++) {
		zone = &NODE_DATA(nid)->node_zones[ZONE_DMA32];
		assert_int_equal(zone->pageset_high, zone->managed_pages / 8 / (nid < 3 ? 1 : 3));
	}
	halt();
}

static void set_marks(struct worker *w)
{
	for (unsigned long i = 0; i < stress(200); i++) {
		struct page *page;

		if (w->nr == 0)
			w->errors += set_min_free_kbytes(1000 + random_of(w, 1000)) != 0;
		page = alloc_pages(GFP_KERNEL, random_of(w, 4));
		w->errors += !page;
		if (page)
			put_page(page);
	}
}

static void test_2_5_settings_change_while_pages_are_taken(void **state)
{
	boot("mem=64M,cpus=2");
	assert_int_equal(run_workers(3, set_marks, NULL), 0);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_2_2_min_free_kbytes),
		machine_test(test_2_3_marks_of_each_zone),
		machine_test(test_2_3_high_and_movable_memory),
		machine_test(test_2_4_lowmem_reserve),
		machine_test(test_2_4_reserve_is_kept_from_higher_requests),
		machine_test(test_2_5_settings_recompute_everything),
		machine_test(test_2_5_boot_word),
		machine_test(test_3_4_batch_and_high),
		machine_test(test_3_4_percpu_pagelist_high_fraction),
		machine_test(test_2_5_settings_change_while_pages_are_taken),
	};

	return cmocka_run_group_tests_name("mm/watermark", tests, NULL, NULL);
}
