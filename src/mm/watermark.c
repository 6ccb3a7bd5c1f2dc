// SPDX-License-Identifier: MIT
/*
 * watermark.c - how much of a zone must stay free, and for whom.
 *
 * Three marks in each zone. Ordinary requests stop at low and wake kswapd; it works until high is
 * reached; only who cannot sleep, or frees memory by getting some, goes below min. The distance
 * comes from min_free_kbytes = sqrt(16 * lowmem) (in KiB), shared among the zones by size, and
 * from watermark_scale_factor (in 1/10000 of the zone).
 *
 * When a request has to take a block of another migratetype (migratetype.c), the zone's marks are
 * raised for a while, by at most watermark_boost_factor / 10000 of high, so that kswapd makes
 * larger blocks come free.
 *
 * lowmem_reserve[j] of a zone is what requests that could also have used zones up to j must
 * leave to those that could not: sum of the zones above, up to j, over the zone's ratio.
 *
 * Writing a setting computes everything anew under settings_lock; marks are single words, so the
 * allocator reads them without a lock. Source: Linux 6.1, mm/page_alloc.c.
 */
#include <kmem/mutex.h>

#include "zone.h"

#define MIN_FREE_KBYTES_MIN 128
#define MIN_FREE_KBYTES_MAX 262144

int min_free_kbytes;
int watermark_scale_factor;
int watermark_boost_factor;
int percpu_pagelist_high_fraction;
int lowmem_reserve_ratio[MAX_NR_ZONES];

static const int default_ratio[MAX_NR_ZONES] = { 256, 256, 32, 0, 0 };

static DEFINE_MUTEX(settings_lock);

static unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (unsigned long bit = 1ul << 31; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= x)
			root += bit;
	return root;
}

static bool is_lowmem(const struct zone *zone)
{
	return zone->idx <= ZONE_NORMAL;
}

/* What GFP_USER could use in all, in pages: the zones' memory above their high marks. */
static unsigned long nr_free_buffer_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long high = zone->_watermark[WMARK_HIGH];

		if (is_lowmem(zone) && zone->managed_pages > high)
			sum += zone->managed_pages - high;
	}
	return sum;
}

static long formula_min_free_kbytes(void)
{
	unsigned long kbytes = nr_free_buffer_pages() << (PAGE_SHIFT - 10);

	return clamp_t(long, (long)int_sqrt(kbytes * 16), MIN_FREE_KBYTES_MIN, MIN_FREE_KBYTES_MAX);
}

static void setup_per_zone_wmarks(void)
{
	unsigned long pages_min = (unsigned long)min_free_kbytes >> (PAGE_SHIFT - 10);
	unsigned long lowmem = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		lowmem += is_lowmem(zone) ? zone->managed_pages : 0;
	for_each_zone(zone) {
		unsigned long managed = zone->managed_pages;
		unsigned long share = lowmem ? pages_min * managed / lowmem : 0;
		unsigned long min_mark = is_lowmem(zone) ? share
							 : clamp(managed / 1024, 32ul, 128ul);
		unsigned long gap = max(share / 4, managed * watermark_scale_factor / 10000);

		spin_lock(&zone->lock);
		WRITE_ONCE(zone->watermark_boost, 0);
		WRITE_ONCE(zone->_watermark[WMARK_MIN], min_mark);
		WRITE_ONCE(zone->_watermark[WMARK_LOW], min_mark + gap);
		WRITE_ONCE(zone->_watermark[WMARK_HIGH], min_mark + 2 * gap);
		WRITE_ONCE(zone->_watermark[WMARK_PROMO], min_mark + 3 * gap);
		spin_unlock(&zone->lock);
	}
}

static void setup_lowmem_reserve(void)
{
	struct pglist_data *pgdat;

	for_each_online_pgdat(pgdat) {
		for (int i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &pgdat->node_zones[i];
			unsigned long above = 0;
			int ratio = lowmem_reserve_ratio[i];

			for (int j = i + 1; j < MAX_NR_ZONES; j++) {
				above += pgdat->node_zones[j].managed_pages;
				WRITE_ONCE(zone->lowmem_reserve[j],
					   ratio < 1 || !zone->managed_pages ? 0 : above / ratio);
			}
		}
	}
}

static void setup_pagesets(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		pageset_set_limits(zone);
}

void watermarks_boot(long kbytes)
{
	watermark_scale_factor = 10;
	watermark_boost_factor = 15000;
	percpu_pagelist_high_fraction = 0;
	for (int i = 0; i < MAX_NR_ZONES; i++)
		lowmem_reserve_ratio[i] = default_ratio[i];
	min_free_kbytes = kbytes >= 0 ? kbytes : formula_min_free_kbytes();
	setup_per_zone_wmarks();
	setup_lowmem_reserve();
	setup_pagesets();
}

static void recompute(int *setting, int value)
{
	mutex_lock(&settings_lock);
	WRITE_ONCE(*setting, value);
	setup_per_zone_wmarks();
	setup_lowmem_reserve();
	setup_pagesets();
	mutex_unlock(&settings_lock);
}

int set_min_free_kbytes(long kbytes)
{
	if (kbytes < 0 || kbytes > INT32_MAX)
		return -EINVAL;
	recompute(&min_free_kbytes, kbytes);
	return 0;
}

int set_watermark_scale_factor(long factor)
{
	if (factor < 1 || factor > 3000)
		return -EINVAL;
	recompute(&watermark_scale_factor, factor);
	return 0;
}

int set_watermark_boost_factor(long factor)
{
	if (factor < 0 || factor > INT32_MAX)
		return -EINVAL;
	WRITE_ONCE(watermark_boost_factor, (int)factor);
	return 0;
}

int set_percpu_pagelist_high_fraction(long fraction)
{
	if (fraction < 0 || fraction > INT32_MAX || (fraction && fraction < 8))
		return -EINVAL;
	recompute(&percpu_pagelist_high_fraction, fraction);
	return 0;
}

int set_lowmem_reserve_ratio(enum zone_type zone, long ratio)
{
	if (zone >= MAX_NR_ZONES || ratio > INT32_MAX || ratio < INT32_MIN)
		return -EINVAL;
	recompute(&lowmem_reserve_ratio[zone], ratio < 1 ? 0 : ratio);
	return 0;
}
