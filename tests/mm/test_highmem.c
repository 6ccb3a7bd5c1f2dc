/* highmem.c: memory without addresses, and the addresses lent to it. */
#include "machine.h"
#include "mm/zone.h"

#define WORDS "mem=128M,highmem=64M,cpus=2"

static struct page *high_page(gfp_t more)
{
	struct page *page = alloc_page(GFP_HIGHUSER | more);

	assert_non_null(page);
	assert_true(PageHighMem(page));
	return page;
}

static void test_2_1_highmem_goes_downward_when_full(void **state)
{
	unsigned long low = 0, high = 0;
	struct page *page, *next;
	LIST_HEAD(taken);

	boot(WORDS);
	assert_int_equal(NODE_DATA(0)->node_zones[ZONE_HIGHMEM].present_pages, 64 << 8);
	while ((page = alloc_page(GFP_HIGHUSER | __GFP_NORETRY | __GFP_NOWARN))) {
		if (PageHighMem(page)) {
			assert_int_equal(page_zonenum(page), ZONE_HIGHMEM);
			high++;
		} else {
			assert_true(high > 16000); /* not before high memory is at its low mark */
			low++;
		}
		list_add(&page->lru, &taken);
	}
	assert_true(low > 10000);
	assert_int_equal(machine_check(), 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	INIT_LIST_HEAD(&taken);
	/* And never upward. */
	while ((page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN))) {
		assert_false(PageHighMem(page));
		list_add(&page->lru, &taken);
	}
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

static unsigned long kb_of(const char *text, const char *key)
{
	unsigned long kb = ~0ul;
	const char *line = strstr(text, key);

	assert_non_null(line);
	assert_int_equal(sscanf(line + strlen(key), " %lu", &kb), 1);
	return kb;
}

static void test_2_6_meminfo_tells_high_and_low(void **state)
{
	struct seq_file m;
	const char *text;

	boot(WORDS);
	all_free_pages();
	seq_buffer_open(&m);
	meminfo_show(&m, NULL);
	text = seq_buffer_text(&m);
	assert_int_equal(kb_of(text, "HighTotal:"), 64 << 10);
	assert_int_equal(kb_of(text, "HighFree:"), 64 << 10);
	assert_int_equal(kb_of(text, "LowTotal:") + (64 << 10), kb_of(text, "MemTotal:"));
	assert_int_equal(kb_of(text, "LowFree:") + (64 << 10), kb_of(text, "MemFree:"));
	assert_true(strstr(text, "Mlocked:") < strstr(text, "HighTotal:"));
	assert_true(strstr(text, "LowFree:") < strstr(text, "SwapTotal:"));
	seq_buffer_release(&m);
	halt();
	boot("mem=64M,cpus=1");
	seq_buffer_open(&m);
	meminfo_show(&m, NULL);
	assert_null(strstr(seq_buffer_text(&m), "HighTotal:"));
	seq_buffer_release(&m);
	halt();
}

static void test_3_7_an_address_while_it_is_mapped(void **state)
{
	struct page *page, *low;
	char *p, *again;

	boot(WORDS);
	page = high_page(__GFP_ZERO);
	assert_null(page_address(page));
	p = kmap(page);
	assert_non_null(p);
	assert_ptr_equal(page_address(page), p);
	for (size_t i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(p[i], 0);
	strcpy(p, "what was written");
	again = kmap(page); /* both nest */
	assert_ptr_equal(again, p);
	kunmap(page);
	assert_ptr_equal(page_address(page), p);
	kunmap(page);
	assert_null(page_address(page));
	p = kmap_local_page(page);
	assert_string_equal(p, "what was written");
	kunmap_local(p);
	/* Of low memory it is the address it has. */
	low = alloc_page(GFP_KERNEL);
	assert_ptr_equal(kmap(low), page_address(low));
	kunmap(low);
	p = kmap_atomic(low);
	assert_ptr_equal(p, page_address(low));
	copy_highpage(low, page);
	assert_string_equal(p, "what was written");
	kunmap_atomic(p);
	clear_highpage(page);
	p = kmap(page);
	assert_int_equal(p[0], 0);
	kunmap(page);
	__free_page(low);
	__free_page(page);
	halt();
}

/* As many as there are slots, wherever the pages lie; and others can still map for a moment. */
static void test_3_7_all_slots_at_once(void **state)
{
	static struct page *pages[LAST_PKMAP];
	static char *addr[LAST_PKMAP];
	struct page *more;
	char *p;

	boot(WORDS);
	for (int i = 0; i < LAST_PKMAP; i++)
		pages[i] = high_page(0);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < LAST_PKMAP; i++) {
			addr[i] = kmap(pages[i]);
			snprintf(addr[i], PAGE_SIZE, "page %d", i);
		}
		more = high_page(__GFP_ZERO); /* zeroed by way of an address */
		p = kmap_local_page(more);
		assert_int_equal(p[100], 0);
		kunmap_local(p);
		__free_page(more);
		for (int i = 0; i < LAST_PKMAP; i++) {
			char expected[20];

			snprintf(expected, sizeof(expected), "page %d", i);
			assert_string_equal(addr[i], expected);
			kunmap(pages[i]);
		}
	}
	for (int i = 0; i < LAST_PKMAP; i++)
		__free_page(pages[i]);
	halt();
}

/* Pages that would all like the same slot. */
static void test_3_7_slots_that_collide(void **state)
{
	struct page *blocks[24];
	char *addr[24];

	boot(WORDS);
	for (int i = 0; i < 24; i++) {
		blocks[i] = alloc_pages(GFP_HIGHUSER, pageblock_order);
		assert_true(blocks[i] && PageHighMem(blocks[i]));
		addr[i] = kmap(blocks[i]);
		addr[i][7] = i;
	}
	for (int i = 0; i < 24; i++) {
		assert_int_equal(addr[i][7], i);
		kunmap(blocks[i]);
		__free_pages(blocks[i], pageblock_order);
	}
	halt();
}

static struct page *waits_for;

static void map_and_unmap(struct worker *w)
{
	char *p = kmap(waits_for);

	w->errors += p[0] != 0x11;
	kunmap(waits_for);
}

static void test_3_7_kmap_waits_for_a_slot(void **state)
{
	static struct page *pages[LAST_PKMAP];
	struct worker w = { .fn = map_and_unmap };
	char *p;

	boot(WORDS);
	waits_for = high_page(0);
	p = kmap_local_page(waits_for);
	p[0] = 0x11;
	kunmap_local(p);
	for (int i = 0; i < LAST_PKMAP; i++) {
		pages[i] = high_page(0);
		kmap(pages[i]);
	}
	pthread_create(&w.thread, NULL, worker_main, &w);
	usleep(20000);
	kunmap(pages[77]);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.errors, 0);
	for (int i = 0; i < LAST_PKMAP; i++) {
		if (i != 77)
			kunmap(pages[i]);
		__free_page(pages[i]);
	}
	__free_page(waits_for);
	halt();
}

static void test_3_7_unmapping_what_is_not_mapped(void **state)
{
	struct page *page;
	u64 mark;

	boot(WORDS);
	page = high_page(0);
	mark = log_next_seq();
	kunmap(page);
	kmap(page);
	kunmap(page);
	kunmap(page);
	kunmap_local((void *)0x1000);
	assert_int_equal(logged(mark, "kunmap() of a page that is not mapped"), 3);
	__free_page(page);
	halt();
}

static void maps(struct worker *w)
{
	struct page **pages = w->arg;

	for (unsigned long i = 0; i < stress(20000); i++) {
		u64 n = random_of(w, 1000);
		u64 *p = i % 2 ? kmap(pages[n]) : kmap_local_page(pages[n]);

		w->errors += p[0] != n || p[511] != n * n;
		if (i % 2)
			kunmap(pages[n]);
		else
			kunmap_local(p);
	}
}

static void test_3_7_many_threads(void **state)
{
	static struct page *pages[1000];

	boot(WORDS);
	for (u64 i = 0; i < 1000; i++) {
		u64 *p;

		pages[i] = high_page(0);
		p = kmap(pages[i]);
		p[0] = i;
		p[511] = i * i;
		kunmap(pages[i]);
	}
	assert_int_equal(run_workers(4, maps, pages), 0);
	for (int i = 0; i < 1000; i++)
		__free_page(pages[i]);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_2_1_highmem_goes_downward_when_full),
		machine_test(test_2_6_meminfo_tells_high_and_low),
		machine_test(test_3_7_an_address_while_it_is_mapped),
		machine_test(test_3_7_all_slots_at_once),
		machine_test(test_3_7_slots_that_collide),
		machine_test(test_3_7_kmap_waits_for_a_slot),
		machine_test(test_3_7_unmapping_what_is_not_mapped),
		machine_test(test_3_7_many_threads),
	};

	return cmocka_run_group_tests_name("mm/highmem", tests, NULL, NULL);
}
