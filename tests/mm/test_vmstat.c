/* vmstat.c: what the files say is what there is, in the kernel's format. */
#include <kmem/vmstat.h>
#include "machine.h"
#include "mm/zone.h"

static struct seq_file m;

static const char *text_of(int (*show)(struct seq_file *, void *))
{
	seq_buffer_release(&m);
	seq_buffer_open(&m);
	assert_int_equal(show(&m, NULL), 0);
	return seq_buffer_text(&m);
}

/* The number after @label at the beginning of a line (blanks before it do not count). */
static unsigned long number_in(const char *text, const char *label)
{
	const char *at = text;

	while ((at = strstr(at, label))) {
		const char *start = at;

		while (start > text && start[-1] == ' ')
			start--;
		if (start == text || start[-1] == '\n')
			return strtoul(at + strlen(label), NULL, 10);
		at++;
	}
	fail_msg("no line '%s'", label);
	return 0;
}

static void test_2_6_buddyinfo(void **state)
{
	unsigned long sum = 0, listed = 0;
	const char *line;
	struct zone *zone;

	boot("mem=5G,cpus=2");
	__free_page(alloc_page(GFP_KERNEL));
	line = text_of(buddyinfo_show);
	for_each_populated_zone(zone) {
		char head[40];

		snprintf(head, sizeof(head), "Node 0, zone %8s ", zone->name);
		assert_memory_equal(line, head, strlen(head));
		line += strlen(head);
		for (int o = 0; o < NR_PAGE_ORDERS; o++) {
			char *end;

			sum += strtoul(line, &end, 10) << o;
			assert_true(end - line >= 6);
			assert_int_equal(*end, ' ');
			line = end + 1;
		}
		assert_int_equal(*line++, '\n');
		listed += pcp_pages(zone);
	}
	assert_int_equal(*line, '\0');
	/* Pages on CPUs' lists are not free for the zones. */
	assert_int_equal(sum, nr_free_pages());
	assert_true(listed > 0);
	halt();
}

static void test_2_6_zoneinfo(void **state)
{
	static const char *const labels[] = { "pages free", "boost",   "min",	  "low",    "high",
					      "promo",	    "spanned", "present", "managed" };
	unsigned long managed = 0;
	const char *text;
	struct zone *zone;

	boot("mem=5G,cpus=3");
	text = text_of(zoneinfo_show);
	for_each_zone(zone) {
		const unsigned long values[] = { zone_page_state(zone, NR_FREE_PAGES),
						 zone->watermark_boost,
						 zone->_watermark[WMARK_MIN],
						 zone->_watermark[WMARK_LOW],
						 zone->_watermark[WMARK_HIGH],
						 zone->_watermark[WMARK_PROMO],
						 zone->spanned_pages,
						 zone->present_pages,
						 zone->managed_pages };
		char head[40];

		snprintf(head, sizeof(head), "Node 0, zone %8s\n", zone->name);
		text = strstr(text, head);
		assert_non_null(text);
		for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
			assert_int_equal(number_in(text, labels[i]), values[i]);
		snprintf(head, sizeof(head), "        protection: (%lu, ", zone->lowmem_reserve[0]);
		assert_non_null(strstr(text, head));
		managed += values[8];
		if (populated_zone(zone)) {
			assert_int_equal(number_in(text, "start_pfn:"), zone->zone_start_pfn);
			assert_non_null(strstr(text, "\n    cpu: 2\n              count:    "));
			assert_int_equal(number_in(text, "batch:"), zone->pageset_batch);
		}
	}
	assert_int_equal(managed, totalram_pages());
	halt();
}

static void test_meminfo_adds_up(void **state)
{
	unsigned long total, free, slab;
	const char *text;
	void *p, *area;
	struct page *page;

	boot("mem=64M,cpus=2");
	all_free_pages();
	text = text_of(meminfo_show);
	total = number_in(text, "MemTotal:");
	free = number_in(text, "MemFree:");
	slab = number_in(text, "Slab:");
	assert_int_equal(total, totalram_pages() * 4);
	assert_int_equal(free, nr_free_pages() * 4);
	assert_true(number_in(text, "MemAvailable:") <= free);
	assert_int_equal(number_in(text, "VmallocUsed:"), 0);
	assert_int_equal(number_in(text, "Percpu:"), 2 * 64);
	assert_memory_equal(text, "MemTotal:       ", 16);
	/* Nothing is lost: what is not free is in slabs, areas, page tables or page blocks. */
	assert_int_equal(total - free, slab + number_in(text, "PageTables:"));
	p = kmalloc(1 << 20, GFP_KERNEL);
	area = vmalloc(40000);
	page = alloc_pages(GFP_KERNEL, 4);
	all_free_pages();
	text = text_of(meminfo_show);
	assert_in_range(number_in(text, "Slab:"), slab + 1024, slab + 1024 + 64);
	assert_int_equal(number_in(text, "SUnreclaim:") + number_in(text, "SReclaimable:"),
			 number_in(text, "Slab:"));
	assert_int_equal(number_in(text, "VmallocUsed:"), 40);
	assert_int_equal(total - number_in(text, "MemFree:"),
			 number_in(text, "Slab:") + number_in(text, "PageTables:") + 40 + 64);
	kfree(p);
	vfree(area);
	__free_pages(page, 4);
	halt();
}

static void test_vmstat_counts_every_page(void **state)
{
	unsigned long alloc, free, hit, alloc_dma;
	const char *text;

	boot("mem=64M,cpus=1");
	text = text_of(vmstat_show);
	alloc = number_in(text, "pgalloc_dma32 ");
	alloc_dma = number_in(text, "pgalloc_dma ");
	free = number_in(text, "pgfree ");
	hit = number_in(text, "numa_hit ");
	for (int i = 0; i < 1000; i++)
		__free_pages(alloc_pages(GFP_KERNEL, i % 6), i % 6);
	for (int i = 0; i < 10; i++)
		__free_page(alloc_page(GFP_DMA));
	text = text_of(vmstat_show);
	/* 1000 blocks of 1, 2, 4, 8, 16, 32 pages in turn: 166 rounds of 63, and 1+2+4+8. */
	assert_int_equal(number_in(text, "pgalloc_dma32 "), alloc + 166 * 63 + 15);
	assert_int_equal(number_in(text, "pgalloc_dma "), alloc_dma + 10);
	assert_int_equal(number_in(text, "pgfree "), free + 166 * 63 + 15 + 10);
	assert_int_equal(number_in(text, "numa_hit "), hit + 1010);
	assert_int_equal(number_in(text, "numa_miss "), 0);
	assert_int_equal(number_in(text, "nr_free_pages "), nr_free_pages());
	halt();
}

static void test_looking_takes_no_page(void **state)
{
	static int (*const shows[])(struct seq_file *,
				    void *) = { buddyinfo_show, zoneinfo_show,	   meminfo_show,
						vmstat_show,	pagetypeinfo_show, cmdline_show };
	struct page *page, *next;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	while ((page = alloc_page(GFP_NOWAIT | __GFP_MEMALLOC | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	for (size_t i = 0; i < ARRAY_SIZE(shows); i++)
		assert_true(strlen(text_of(shows[i])) > 10);
	assert_int_equal(number_in(text_of(meminfo_show), "MemFree:"), 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

static void look(struct worker *w)
{
	static int (*const shows[])(struct seq_file *,
				    void *) = { buddyinfo_show, zoneinfo_show, meminfo_show,
						vmstat_show,	slabinfo_show, vmallocinfo_show };

	for (unsigned long i = 0; i < stress(100); i++) {
		struct seq_file own;

		if (w->nr) {
			void *p = kmalloc(random_of(w, 9000), GFP_KERNEL);

			kfree(p);
			continue;
		}
		seq_buffer_open(&own);
		w->errors += shows[i % ARRAY_SIZE(shows)](&own, NULL) != 0;
		seq_buffer_release(&own);
	}
}

static void test_looking_while_others_work(void **state)
{
	boot("mem=64M,cpus=2");
	assert_int_equal(run_workers(4, look, NULL), 0);
	halt();
}

static void test_no_machine_no_memory_kept(void **state)
{
	seq_buffer_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_2_6_buddyinfo),
		machine_test(test_2_6_zoneinfo),
		machine_test(test_meminfo_adds_up),
		machine_test(test_vmstat_counts_every_page),
		machine_test(test_looking_takes_no_page),
		machine_test(test_looking_while_others_work),
		cmocka_unit_test(test_no_machine_no_memory_kept),
	};

	return cmocka_run_group_tests_name("mm/vmstat", tests, NULL, NULL);
}
