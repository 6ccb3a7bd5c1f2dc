/* page_alloc.c: who gets a page, from where, and how far down the reserve. */
#include <unistd.h>
#include "machine.h"
#include "mm/zone.h"

/* Takes pages until there are none for @gfp. Returns how many. */
static unsigned long fill(gfp_t gfp, unsigned int order, struct list_head *taken)
{
	unsigned long n = 0;
	struct page *page;

	while ((page = alloc_pages(gfp | __GFP_NOWARN, order))) {
		page->private = order;
		list_add(&page->lru, taken);
		n++;
	}
	return n;
}

static bool boosted(void)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		if (READ_ONCE(zone->watermark_boost))
			return true;
	return false;
}

/*
 * The same, until it stays so: kswapd gives back what is idle and takes back the boost of a mark
 * whenever it gets to it.
 */
static unsigned long fill_for_good(gfp_t gfp, struct list_head *taken)
{
	unsigned long sum = 0;
	int patience = 400; /* kswapd may have given up: then it stays */

	for (int quiet = 0; quiet < 5; quiet++) {
		unsigned long n = fill(gfp, 0, taken);

		if (n)
			quiet = 0;
		sum += n;
		do
			usleep(1000);
		while (boosted() && patience-- > 0);
	}
	return sum;
}

/* Until not even reclaim finds a page: GFP_KERNEL and GFP_ATOMIC both fail. */
static void fill_up(struct list_head *taken)
{
	do
		fill_for_good(GFP_ATOMIC, taken);
	while (fill_for_good(GFP_KERNEL, taken));
}

/* It comes to nothing, though not at once perhaps. */
static void assert_gives_up(gfp_t gfp, unsigned int order, struct list_head *taken)
{
	struct page *page = NULL;

	for (int i = 0; i < 100; i++) {
		page = alloc_pages(gfp, order);
		if (!page)
			break;
		page->private = order;
		list_add(&page->lru, taken);
	}
	assert_null(page);
}

static void empty(struct list_head *taken)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, taken, lru)
		__free_pages(page, page->private);
	INIT_LIST_HEAD(taken);
}

static void test_1_1_flags_are_made_of(void **state)
{
	assert_int_equal(GFP_KERNEL,
			 __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM | __GFP_IO | __GFP_FS);
	assert_int_equal(GFP_ATOMIC, __GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM);
	assert_int_equal(GFP_NOWAIT, __GFP_KSWAPD_RECLAIM);
	assert_int_equal(GFP_NOIO, __GFP_RECLAIM);
	assert_int_equal(GFP_NOFS, __GFP_RECLAIM | __GFP_IO);
	assert_int_equal(GFP_USER, GFP_KERNEL | __GFP_HARDWALL);
	assert_int_equal(GFP_HIGHUSER, GFP_USER | __GFP_HIGHMEM);
	assert_int_equal(GFP_DMA, __GFP_DMA);
	assert_int_equal(GFP_DMA32, __GFP_DMA32);
}

static void test_1_2_who_may_sleep(void **state)
{
	static const gfp_t never[] = { GFP_ATOMIC, GFP_NOWAIT, GFP_DMA, 0 };
	static const gfp_t may[] = { GFP_KERNEL, GFP_NOFS, GFP_NOIO };
	DEFINE_SPINLOCK(lock);
	struct page *page;
	u64 mark;

	boot("mem=64M,cpus=1");
	spin_lock(&lock);
	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		mark = log_next_seq();
		assert_false(gfpflags_allow_blocking(never[i]));
		page = alloc_page(never[i]);
		assert_non_null(page);
		__free_page(page);
		assert_int_equal(logged(mark, "sleeping function called"), 0);
	}
	/* Reported, and served. */
	for (size_t i = 0; i < ARRAY_SIZE(may); i++) {
		mark = log_next_seq();
		assert_true(gfpflags_allow_blocking(may[i]));
		page = alloc_page(may[i]);
		assert_non_null(page);
		__free_page(page);
		assert_int_equal(logged(mark, "BUG: sleeping function called from invalid context"),
				 1);
	}
	spin_unlock(&lock);
	halt();
}

/* GFP_KERNEL down to min, GFP_ATOMIC three eighths of it, __GFP_HIGH half, MEMALLOC nothing. */
static void test_1_3_how_far_below_min(void **state)
{
	const struct {
		gfp_t gfp;
		unsigned int eighths;
	} steps[] = {
		{ GFP_KERNEL | __GFP_NORETRY, 8 },
		{ GFP_NOWAIT, 8 },
		{ GFP_KERNEL | __GFP_NORETRY | __GFP_HIGH, 4 },
		{ GFP_ATOMIC, 3 },
		{ GFP_NOWAIT | __GFP_MEMALLOC | __GFP_NOMEMALLOC, 8 },
		{ GFP_NOWAIT | __GFP_MEMALLOC, 0 },
	};
	struct zone *zone = zone_of(ZONE_DMA32);
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1,min_free_kbytes=4096");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		long min = zone->_watermark[WMARK_MIN], mark = min;
		unsigned long n;

		if (steps[i].eighths <= 4)
			mark -= min / 2;
		if (steps[i].eighths == 3)
			mark -= mark / 4;
		if (steps[i].eighths == 0)
			mark = 0;
		n = fill_for_good(steps[i].gfp, &taken);
		/* Each step takes what it may and the one before may not; reclaim adds some. */
		if (i == 1 || i == 4)
			assert_true(n <= 160); /* far less than the next step gets */
		else
			assert_in_range(zone_page_state(zone, NR_FREE_PAGES), mark, mark + 64);
		if (steps[i].eighths == 3 || steps[i].eighths == 4)
			assert_true(n > 50);
		assert_int_equal(machine_check(), 0);
	}
	empty(&taken);
	halt();
}

static void test_1_3_PF_MEMALLOC_needs_no_mark(void **state)
{
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	fill_for_good(GFP_KERNEL, &taken);
	current->flags |= PF_MEMALLOC;
	assert_true(fill(GFP_KERNEL | __GFP_NOMEMALLOC, 0, &taken) < 64);
	assert_true(fill(GFP_KERNEL, 0, &taken) > 100);
	current->flags &= ~PF_MEMALLOC;
	assert_true(nr_free_pages() < 64); /* and those kswapd has found since */
	empty(&taken);
	halt();
}

/* free - (2^o - 1) > min, and a block that large. */
static void test_1_3_orders_count_their_own_pages(void **state)
{
	struct zone *zone = zone_of(ZONE_DMA32);
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	for (unsigned int order = 4; order <= MAX_PAGE_ORDER; order++) {
		long free, min;

		assert_true(fill(GFP_NOWAIT, order, &taken) >= 10);
		free = zone_page_state(zone, NR_FREE_PAGES);
		min = wmark_pages(zone, WMARK_MIN);   /* with its boost */
		if (free - ((1l << order) - 1) > min) /* then it was for want of a block */
			assert_false(buddy_has_block(zone, order, false));
		assert_true(free - (1l << order) <= min + (1l << order) || order > 8);
		empty(&taken);
		all_free_pages();
	}
	halt();
}

static void test_1_5_NORETRY_and_costly_orders_give_up(void **state)
{
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	fill_up(&taken);
	assert_gives_up(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0, &taken);
	assert_gives_up(GFP_KERNEL | __GFP_NOWARN, 4, &taken);
	assert_gives_up(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN, 4, &taken);
	assert_gives_up(GFP_KERNEL | __GFP_REPEAT | __GFP_NOWARN, 0, &taken);
	empty(&taken);
	halt();
}

/* Nobody gives up before he has asked for memory back, and some ask more than once. */
static void test_1_5_rounds_before_giving_up(void **state)
{
	static const struct {
		gfp_t gfp;
		unsigned int order, rounds;
	} cases[] = {
		{ GFP_NOWAIT, 0, 0 },
		{ GFP_ATOMIC, 1, 0 },
		{ GFP_KERNEL | __GFP_NORETRY, 0, 1 },
		{ GFP_KERNEL, 0, 2 },
		{ GFP_KERNEL, 4, 1 },
		{ GFP_KERNEL | __GFP_RETRY_MAYFAIL, 0, 17 },
		{ GFP_KERNEL | __GFP_RETRY_MAYFAIL, 5, 17 },
		{ GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NORETRY, 0, 1 },
	};
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	fill_up(&taken);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long before;

		assert_gives_up(cases[i].gfp | __GFP_NOWARN, cases[i].order, &taken);
		before = stalls();
		assert_null(alloc_pages((cases[i].gfp & ~__GFP_KSWAPD_RECLAIM) | __GFP_NOWARN,
					cases[i].order));
		assert_int_equal(stalls() - before, cases[i].rounds);
	}
	empty(&taken);
	halt();
}

static void test_1_5_NOFAIL_in_ways_that_cannot_be(void **state)
{
	LIST_HEAD(taken);
	struct page *page;
	u64 mark;

	boot("mem=64M,cpus=1");
	fill_up(&taken);
	mark = log_next_seq();
	assert_null(alloc_page(GFP_ATOMIC | __GFP_NOFAIL | __GFP_NOWARN)); /* it may not wait */
	assert_null(alloc_page(GFP_ATOMIC | __GFP_NOFAIL | __GFP_NOWARN));
	assert_int_equal(logged(mark, "WARNING: "), 1);
	empty(&taken);
	mark = log_next_seq();
	for (int i = 0; i < 2; i++) {
		all_free_pages();
		fill(GFP_NOWAIT, 3, &taken);
		page = alloc_pages(GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOFAIL, 2);
		assert_non_null(page);
		__free_pages(page, 2);
		empty(&taken);
	}
	assert_int_equal(logged(mark, "WARNING: "), 1);
	halt();
}

static void free_later(struct worker *w)
{
	struct list_head *taken = w->arg;

	usleep(30000);
	empty(taken);
}

struct late {
	struct worker w;
	struct list_head taken;
};

static void test_1_5_NOFAIL_waits_until_somebody_frees(void **state)
{
	struct late late = { .w = { .fn = free_later } };
	struct page *page;

	boot("mem=64M,cpus=2");
	INIT_LIST_HEAD(&late.taken);
	late.w.arg = &late.taken;
	fill_up(&late.taken);
	pthread_create(&late.w.thread, NULL, worker_main, &late.w);
	page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	assert_non_null(page);
	pthread_join(late.w.thread, NULL);
	__free_page(page);
	halt();
}

/* It may have what lies below min, as __GFP_HIGH may: nobody has to free for it then. */
static void test_1_5_NOFAIL_gets_help(void **state)
{
	struct page *page;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	all_free_pages();
	fill_for_good(GFP_KERNEL | __GFP_NORETRY, &taken);
	assert_null(alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN));
	page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	assert_non_null(page);
	__free_page(page);
	empty(&taken);
	halt();
}

static void test_1_6_the_zone_that_is_meant(void **state)
{
	static const struct {
		gfp_t gfp;
		enum zone_type zone;
	} cases[] = { { GFP_KERNEL, ZONE_NORMAL },
		      { GFP_KERNEL | GFP_DMA, ZONE_DMA },
		      { GFP_KERNEL | GFP_DMA32, ZONE_DMA32 },
		      { GFP_HIGHUSER, ZONE_HIGHMEM },
		      { GFP_KERNEL | __GFP_MOVABLE, ZONE_NORMAL },
		      { GFP_HIGHUSER_MOVABLE, ZONE_MOVABLE },
		      { GFP_TRANSHUGE, ZONE_MOVABLE } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(gfp_zone(cases[i].gfp), cases[i].zone);
}

static void test_1_6_zones_that_contradict(void **state)
{
	static const gfp_t bad[] = { __GFP_DMA | __GFP_HIGHMEM, __GFP_DMA | __GFP_DMA32,
				     __GFP_DMA32 | __GFP_HIGHMEM,
				     __GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM };
	struct page *page;

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		for (int movable = 0; movable < 2; movable++) {
			u64 mark = log_next_seq();

			page = alloc_page(GFP_KERNEL | bad[i] | (movable ? __GFP_MOVABLE : 0));
			assert_null(page);
			assert_int_equal(logged(mark, "WARNING"), 1);
		}
	}
	halt();
}

static void test_1_6_an_address_is_never_from_high_memory(void **state)
{
	unsigned long addr;

	boot("mem=64M,cpus=1");
	addr = __get_free_pages(GFP_HIGHUSER, 0);
	assert_true(virt_addr_valid((void *)addr));
	free_page(addr);
	addr = get_zeroed_page(GFP_HIGHUSER);
	assert_true(addr && *(unsigned long *)addr == 0);
	free_page(addr);
	addr = __get_dma_pages(GFP_KERNEL, 2);
	assert_true(addr && __pa(addr) < 16ul << 20);
	free_pages(addr, 2);
	free_pages(0, 0);
	halt();
}

static void test_1_7_orders_above_the_largest(void **state)
{
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_PAGE_ORDER + 1));
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 63));
	assert_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, ~0u));
	assert_int_equal(logged(mark, "WARNING"), 0);
	assert_null(alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER + 1));
	assert_null(alloc_pages(GFP_KERNEL, 12));
	assert_int_equal(logged(mark, "WARNING"), 1); /* once */
	assert_int_equal(__get_free_pages(GFP_KERNEL, 11), 0);
	halt();
}

static void test_1_7_a_failure_is_reported(void **state)
{
	LIST_HEAD(taken);
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	fill_up(&taken);
	assert_int_equal(logged(mark, "page allocation failure"), 0);
	assert_gives_up(GFP_ATOMIC, 0, &taken);
	assert_int_equal(logged(mark, ": page allocation failure: order:0, mode:0xa20(GFP_ATOMIC), "
				      "nodemask=(null)"),
			 1);
	assert_true(logged(mark, "Call Trace:") >= 1);
	assert_int_equal(logged(mark, "Mem-Info:"), 1);
	assert_int_equal(logged(mark, "Node 0 DMA32 free:"), 1);
	assert_int_equal(logged(mark, "lowmem_reserve[]: 0 "), 2);
	assert_int_equal(logged(mark, "Node 0 DMA32: "), 1);
	assert_int_equal(logged(mark, "] 16383 pages RAM\n"), 1);
	assert_gives_up(GFP_KERNEL, 1, &taken); /* one report in ten seconds is enough */
	assert_int_equal(logged(mark, "page allocation failure"), 1);
	empty(&taken);
	halt();
}

static void test_1_8_ZERO_clears_all_of_it(void **state)
{
	boot("mem=64M,cpus=1");
	for (unsigned int order = 0; order <= MAX_PAGE_ORDER; order++) {
		unsigned long addr = __get_free_pages(GFP_KERNEL, order);
		const unsigned long *word;

		memset((void *)addr, 0xa5, PAGE_SIZE << order);
		free_pages(addr, order);
		addr = __get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
		for (word = (void *)addr; word < (unsigned long *)(addr + (PAGE_SIZE << order));)
			assert_int_equal(*word++, 0);
		free_pages(addr, order);
	}
	halt();
}

static void test_3_1_get_order(void **state)
{
	assert_int_equal(get_order(1), 0);
	assert_int_equal(get_order(PAGE_SIZE), 0);
	assert_int_equal(get_order(PAGE_SIZE + 1), 1);
	assert_int_equal(get_order(3 * PAGE_SIZE), 2);
	assert_int_equal(get_order(4 * PAGE_SIZE), 2);
	assert_int_equal(get_order(4ul << 20), 10);
	assert_int_equal(get_order((4ul << 20) + 1), 11);
	assert_int_equal(get_order(0), 52);
}

static void test_the_node_that_was_asked_for(void **state)
{
	struct page *pages[8] = { 0 };
	void *p, *v;

	boot("mem=128M,cpus=2,numa=fake=2");
	for (int nid = 0; nid < 2; nid++) {
		p = alloc_pages_exact_nid(nid, 3 * PAGE_SIZE, GFP_KERNEL);
		assert_int_equal(page_to_nid(virt_to_page(p)), nid);
		free_pages_exact(p, 3 * PAGE_SIZE);
		assert_int_equal(alloc_pages_bulk_array_node(GFP_KERNEL, nid, 8, pages), 8);
		for (int i = 0; i < 8; i++) {
			assert_int_equal(page_to_nid(pages[i]), nid);
			__free_page(pages[i]);
			pages[i] = NULL;
		}
		v = vmalloc_node(3 * PAGE_SIZE, nid);
		for (int i = 0; i < 3; i++)
			assert_int_equal(page_to_nid(vmalloc_to_page((char *)v + i * PAGE_SIZE)),
					 nid);
		vfree(v);
	}
	halt();
}

static void test_3_6_bulk_fills_the_empty_slots(void **state)
{
	struct page *pages[64] = { 0 }, *own;
	unsigned long n;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	own = alloc_page(GFP_KERNEL);
	pages[3] = own;
	assert_int_equal(alloc_pages_bulk_array(GFP_KERNEL, 64, pages), 64);
	assert_ptr_equal(pages[3], own);
	for (int i = 0; i < 64; i++) {
		assert_int_equal(page_count(pages[i]), 1);
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(pages[i], pages[j]);
	}
	assert_int_equal(alloc_pages_bulk_list(GFP_KERNEL, 5, &taken), 5);
	empty(&taken);
	/* Filled slots are counted, too, when there is nothing to do. */
	assert_int_equal(alloc_pages_bulk_array(GFP_KERNEL, 64, pages), 64);
	assert_int_equal(alloc_pages_bulk_array(GFP_KERNEL, 0, pages), 0);
	for (int i = 0; i < 64; i++) {
		__free_page(pages[i]);
		pages[i] = NULL;
	}
	/* Fewer than asked for. Nobody wakes kswapd, which would fetch them from the CPU. */
	fill(0, 0, &taken);
	for (int i = 0; i < 4; i++) {
		own = list_first_entry(&taken, struct page, lru);
		list_del(&own->lru);
		__free_page(own);
	}
	n = alloc_pages_bulk_array(__GFP_NOWARN, 64, pages);
	assert_in_range(n, 4, 63);
	while (n)
		__free_page(pages[--n]);
	empty(&taken);
	halt();
}

/* Whoever must have one page gets one, and does not wait for the rest. */
static void test_3_6_bulk_insists_on_the_first(void **state)
{
	static struct page *pages[4096];
	unsigned long n;
	LIST_HEAD(taken);
	u64 mark;

	boot("mem=64M,cpus=1");
	memset(pages, 0, sizeof(pages));
	all_free_pages();
	fill_for_good(GFP_KERNEL | __GFP_NORETRY, &taken);
	mark = log_next_seq();
	n = alloc_pages_bulk_array(GFP_KERNEL | __GFP_NOFAIL, ARRAY_SIZE(pages), pages);
	assert_in_range(n, 1, ARRAY_SIZE(pages) - 1);
	assert_int_equal(logged(mark, "page allocation failure"), 0);
	while (n)
		__free_page(pages[--n]);
	empty(&taken);
	halt();
}

static void test_nodes_that_do_not_exist(void **state)
{
	struct page *page;

	boot("mem=64M,cpus=1");
	assert_null(alloc_pages_node(1, GFP_KERNEL, 0));
	assert_null(alloc_pages_node(-2, GFP_KERNEL, 0));
	page = alloc_pages_node(NUMA_NO_NODE, GFP_KERNEL | __GFP_THISNODE, 0);
	assert_non_null(page);
	assert_int_equal(page_to_nid(page), 0);
	__free_page(page);
	halt();
}

/* Ten times to the last page and back, orders mixed. */
static void test_exhaustion_ends_where_it_began(void **state)
{
	struct page *page;
	LIST_HEAD(taken);
	char *before;

	boot("mem=64M,cpus=2");
	before = buddyinfo_text();
	for (int round = 0; round < 10; round++) {
		unsigned int order = MAX_PAGE_ORDER;

		for (;;) {
			page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
			if (!page && !order)
				break;
			if (!page) {
				order--;
				continue;
			}
			page->private = order;
			list_add(&page->lru, &taken);
		}
		assert_int_equal(machine_check(), 0);
		empty(&taken);
		assert_buddyinfo(before);
	}
	free(before);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_1_1_flags_are_made_of),
		machine_test(test_1_2_who_may_sleep),
		machine_test(test_1_3_how_far_below_min),
		machine_test(test_1_3_PF_MEMALLOC_needs_no_mark),
		machine_test(test_1_3_orders_count_their_own_pages),
		machine_test(test_1_5_NORETRY_and_costly_orders_give_up),
		machine_test(test_1_5_rounds_before_giving_up),
		machine_test(test_1_5_NOFAIL_in_ways_that_cannot_be),
		machine_test(test_1_5_NOFAIL_waits_until_somebody_frees),
		machine_test(test_1_5_NOFAIL_gets_help),
		machine_test(test_1_6_the_zone_that_is_meant),
		machine_test(test_1_6_zones_that_contradict),
		machine_test(test_1_6_an_address_is_never_from_high_memory),
		machine_test(test_1_7_orders_above_the_largest),
		machine_test(test_1_7_a_failure_is_reported),
		machine_test(test_1_8_ZERO_clears_all_of_it),
		cmocka_unit_test(test_3_1_get_order),
		machine_test(test_the_node_that_was_asked_for),
		machine_test(test_3_6_bulk_fills_the_empty_slots),
		machine_test(test_3_6_bulk_insists_on_the_first),
		machine_test(test_nodes_that_do_not_exist),
		machine_test(test_exhaustion_ends_where_it_began),
	};

	return cmocka_run_group_tests_name("mm/page_alloc", tests, NULL, NULL);
}
