/* vmscan.c: shrinkers are asked, kswapd wakes below low, nobody's data is dropped. */
#include "machine.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"
#include "mm/zone.h"

/* A cache of whole pages that gives back what it is asked for. */
static struct {
	pthread_mutex_t lock;
	struct list_head pages;
	unsigned long nr;
	unsigned long counts, scans, largest_scan; /* calls, and the most asked for in one */
	gfp_t gfp;
	bool stop;
} held = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned long count_held(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long nr;

	pthread_mutex_lock(&held.lock);
	held.counts++;
	held.gfp = sc->gfp_mask;
	nr = held.nr;
	pthread_mutex_unlock(&held.lock);
	return nr ? nr : SHRINK_EMPTY;
}

static unsigned long scan_held(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long n = 0;

	pthread_mutex_lock(&held.lock);
	held.scans++;
	if (sc->nr_to_scan > held.largest_scan)
		held.largest_scan = sc->nr_to_scan;
	while (!held.stop && n < sc->nr_to_scan && held.nr) {
		struct page *page = list_first_entry(&held.pages, struct page, lru);

		list_del(&page->lru);
		held.nr--;
		n++;
		__free_page(page);
	}
	pthread_mutex_unlock(&held.lock);
	return held.stop ? SHRINK_STOP : n;
}

static unsigned long nr_held(void)
{
	unsigned long nr;

	pthread_mutex_lock(&held.lock);
	nr = held.nr;
	pthread_mutex_unlock(&held.lock);
	return nr;
}

static struct shrinker shrinker;

static void hold(unsigned long nr, long batch, int seeks)
{
	INIT_LIST_HEAD(&held.pages);
	held.nr = held.counts = held.scans = held.largest_scan = 0;
	held.stop = false;
	while (held.nr < nr) {
		struct page *page = alloc_page(GFP_KERNEL);

		assert_non_null(page);
		list_add(&page->lru, &held.pages);
		held.nr++;
	}
	shrinker = (struct shrinker){ .count_objects = count_held,
				      .scan_objects = scan_held,
				      .batch = batch,
				      .seeks = seeks };
	assert_int_equal(register_shrinker(&shrinker, "held"), 0);
}

static void let_go(void)
{
	unregister_shrinker(&shrinker);
	while (held.nr) {
		struct page *page = list_first_entry(&held.pages, struct page, lru);

		list_del(&page->lru);
		held.nr--;
		__free_page(page);
	}
}

static void test_10_2_drop_slab_asks_for_everything(void **state)
{
	boot("mem=64M,cpus=1");
	hold(1000, 0, DEFAULT_SEEKS);
	assert_true(drop_slab() >= 1000);
	assert_int_equal(held.nr, 0);
	assert_int_equal(held.largest_scan, SHRINK_BATCH);
	assert_int_equal(held.gfp, GFP_KERNEL);
	/* Empty now: counted, not scanned. */
	held.scans = held.counts = 0;
	drop_slab();
	assert_true(held.counts > 0);
	assert_int_equal(held.scans, 0);
	let_go();
	halt();
}

static void test_10_2_batches_are_the_shrinker_s(void **state)
{
	boot("mem=64M,cpus=1");
	hold(1000, 10, DEFAULT_SEEKS);
	drop_slab();
	assert_int_equal(held.largest_scan, 10);
	assert_true(held.scans >= 100);
	let_go();
	halt();
}

static void test_10_2_seeks_lower_the_pressure(void **state)
{
	unsigned long cheap, dear;

	boot("mem=64M,cpus=1");
	/* Light pressure: (freeable >> 12) * 4 / seeks of 8192 is 4 or 1. */
	hold(8192, 1, 2);
	try_to_free_pages(NODE_DATA(0)->node_zonelists[ZONE_NORMAL].zones, 0, GFP_KERNEL);
	cheap = 8192 - held.nr;
	let_go();
	hold(8192, 1, 8);
	try_to_free_pages(NODE_DATA(0)->node_zonelists[ZONE_NORMAL].zones, 0, GFP_KERNEL);
	dear = 8192 - held.nr;
	let_go();
	/* As much as was wanted, and no flood. */
	assert_in_range(cheap, 32, 600);
	assert_in_range(dear, 32, 600);
	halt();
}

static void test_10_2_stop_ends_it(void **state)
{
	boot("mem=64M,cpus=1");
	hold(1000, 0, DEFAULT_SEEKS);
	held.stop = true;
	drop_slab();
	assert_int_equal(held.nr, 1000);
	assert_true(held.scans > 0);
	let_go();
	held.counts = 0;
	drop_slab(); /* no longer registered */
	assert_int_equal(held.counts, 0);
	halt();
}

/* Who holds what he could give makes room for who asks. */
static void test_10_1_direct_reclaim_makes_room(void **state)
{
	struct page *page, *next;
	unsigned long n = 0;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	hold(8000, 0, DEFAULT_SEEKS);
	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN))) {
		list_add(&page->lru, &taken);
		n++;
	}
	assert_int_equal(held.nr, 0); /* all of it was needed */
	assert_true(n > 14000);
	assert_true(atomic_long_read(&vm_events[PGSTEAL_DIRECT]) +
			    atomic_long_read(&vm_events[PGSTEAL_KSWAPD]) >
		    0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	let_go();
	halt();
}

static void test_10_1_who_cannot_sleep_reclaims_nothing(void **state)
{
	struct page *page, *next;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	while ((page = alloc_page(__GFP_NOWARN))) /* does not even wake kswapd */
		list_add(&page->lru, &taken);
	assert_int_equal(stalls(), 0);
	assert_int_equal(atomic_long_read(&vm_events[PAGEOUTRUN]), 0);
	while (!stalls() && (page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	/* Told of the zone that was asked for, though there is none on so small a machine. */
	assert_int_equal(stalls(), atomic_long_read(&node_data[0].node_zones[2].allocstall));
	assert_true(stalls() > 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

static bool all_above_high(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		if (zone_page_state(zone, NR_FREE_PAGES) < wmark_pages(zone, WMARK_HIGH))
			return false;
	return true;
}

static void test_10_1_kswapd_works_from_low_to_high(void **state)
{
	struct page *page, *next;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=2");
	hold(6000, 0, DEFAULT_SEEKS);
	/* As many as are there without asking anybody; then one that wakes kswapd. */
	while ((page = alloc_page(__GFP_NOWARN)))
		list_add(&page->lru, &taken);
	page = alloc_page(GFP_NOWAIT | __GFP_NOWARN);
	if (page)
		list_add(&page->lru, &taken);
	/* However long it takes: a timeout of the test would say that it never came. */
	while (!all_above_high()) {
		drain_all_pages();
		usleep(1000);
	}
	assert_true(atomic_long_read(&vm_events[PAGEOUTRUN]) > 0);
	assert_true(atomic_long_read(&vm_events[PGSTEAL_KSWAPD]) > 0);
	assert_true(nr_held() < 6000);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	let_go();
	halt();
}

static bool zoneinfo_says(const char *text)
{
	struct seq_file m;
	bool says;

	seq_buffer_open(&m);
	zoneinfo_show(&m, NULL);
	says = strstr(seq_buffer_text(&m), text);
	seq_buffer_release(&m);
	return says;
}

/* Sixteen rounds that bring nothing are enough; but what was hopeless once is not so for ever. */
static void test_10_1_kswapd_gives_up_and_comes_back(void **state)
{
	struct page *page, *next;
	LIST_HEAD(taken);
	long runs;

	boot("mem=64M,cpus=2");
	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	for (int i = 0; i < 40; i++) {
		page = alloc_page(GFP_NOWAIT | __GFP_NOWARN);
		if (page)
			list_add(&page->lru, &taken);
		usleep(5000);
	}
	runs = atomic_long_read(&vm_events[PAGEOUTRUN]);
	assert_in_range(runs, 1, 30);
	for (int i = 0; i < SETTLES && !zoneinfo_says("\n  node_unreclaimable:  1\n"); i++)
		usleep(SETTLE_TIME_US);
	assert_true(zoneinfo_says("\n  node_unreclaimable:  1\n"));
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	INIT_LIST_HEAD(&taken);
	hold(6000, 0, DEFAULT_SEEKS);
	while ((page = alloc_page(__GFP_NOWARN)))
		list_add(&page->lru, &taken);
	while (nr_held() == 6000) { /* a timeout would say that it never came */
		page = alloc_page(GFP_NOWAIT | __GFP_NOWARN);
		if (page)
			list_add(&page->lru, &taken);
		else
			usleep(1000);
	}
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	let_go();
	halt();
}

static void test_5_10_empty_slabs_come_back_under_pressure(void **state)
{
	static void *p[8000];
	struct page *page, *next;
	struct kmem_cache *c;
	unsigned long n = 0, all;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	all = all_free_pages();
	c = kmem_cache_create("idle", 4000, 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 8000; i++)
		p[i] = kmem_cache_alloc(c, GFP_KERNEL);
	for (int i = 0; i < 8000; i++)
		kmem_cache_free(c, p[i]);
	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN))) {
		list_add(&page->lru, &taken);
		n++;
	}
	/* All but what is below the marks: none of it stayed in the cache. */
	assert_true(n + nr_free_pages() + 100 >= all);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	kmem_cache_destroy(c);
	halt();
}

/* There are no processes whose end would give memory: the request fails, whatever it is. */
static void test_10_3_exhaustion_kills_nobody(void **state)
{
	static const unsigned int orders[] = { 0, 1, 3, 4 };
	struct page *page, *next;
	struct seq_file m;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=2");
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		while ((page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, orders[i]))) {
			page->private = orders[i]; /* what kswapd found meanwhile */
			list_add(&page->lru, &taken);
		}
	seq_buffer_open(&m);
	vmstat_show(&m, NULL);
	assert_non_null(strstr(seq_buffer_text(&m), "\noom_kill 0\n"));
	seq_buffer_release(&m);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, page->private);
	page = alloc_pages(GFP_KERNEL, 4);
	assert_non_null(page);
	__free_pages(page, 4);
	halt();
}

static void test_nobody_s_data_is_dropped(void **state)
{
	struct page *page, *next;
	LIST_HEAD(taken);
	u8 *object, *area;

	boot("mem=64M,cpus=2");
	object = kmalloc(5000, GFP_KERNEL);
	area = vmalloc(500000);
	memset(object, 0x11, 5000);
	memset(area, 0x22, 500000);
	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL))) {
		memset(page_address(page), 0xff, PAGE_SIZE);
		list_add(&page->lru, &taken);
	}
	for (int i = 0; i < 5000; i++)
		assert_int_equal(object[i], 0x11);
	for (int i = 0; i < 500000; i++)
		assert_int_equal(area[i], 0x22);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	kfree(object);
	vfree(area);
	halt();
}

/* A machine forgets the shrinkers of the one before. */
static void test_a_forgotten_shrinker_ends_with_its_machine(void **state)
{
	boot("mem=64M,cpus=1");
	hold(0, 0, DEFAULT_SEEKS);
	halt();
	boot("mem=64M,cpus=1");
	held.counts = 0;
	drop_slab();
	assert_int_equal(held.counts, 0);
	hold(100, 0, DEFAULT_SEEKS);
	drop_slab();
	assert_int_equal(held.nr, 0);
	let_go();
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_10_2_drop_slab_asks_for_everything),
		machine_test(test_10_2_batches_are_the_shrinker_s),
		machine_test(test_10_2_seeks_lower_the_pressure),
		machine_test(test_10_2_stop_ends_it),
		machine_test(test_10_1_direct_reclaim_makes_room),
		machine_test(test_10_1_who_cannot_sleep_reclaims_nothing),
		machine_test(test_10_1_kswapd_works_from_low_to_high),
		machine_test(test_10_1_kswapd_gives_up_and_comes_back),
		machine_test(test_5_10_empty_slabs_come_back_under_pressure),
		machine_test(test_10_3_exhaustion_kills_nobody),
		machine_test(test_nobody_s_data_is_dropped),
		machine_test(test_a_forgotten_shrinker_ends_with_its_machine),
	};

	return cmocka_run_group_tests_name("mm/vmscan", tests, NULL, NULL);
}
