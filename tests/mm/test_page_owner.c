/* SPDX-License-Identifier: MIT */
/* page_owner.c: rule 10.6, who has each page. */
#include <kmem/mmdebug.h>
#include <kmem/vmalloc.h>
#include "machine.h"
#include "mm/page_owner.h"

/* The record of the block that begins at @page; NULL: nobody has it. Valid until the next call. */
static const char *record_of(const struct page *page)
{
	static char text[PAGE_OWNER_TEXT];
	unsigned long pfn = page_to_pfn(page);
	char line[40];

	page_owner_text(pfn, text);
	snprintf(line, sizeof(line), "\nPFN 0x%lx type ", pfn);
	return strstr(text, line) ? text : NULL;
}

static noinline struct page *somebody_allocates(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	__asm__ volatile("");
	return page;
}

static void test_10_6_a_record(void **state)
{
	char line[200], comm[16];
	unsigned long long ns;
	const char *text;
	struct page *page;
	u64 before, after;
	int pid, tgid;

	boot("mem=64M,cpus=2,page_owner=on");
	assert_string_equal(machine_cmdline(), "mem=64M cpus=2 page_owner=on");
	before = ktime_get_ns();
	page = somebody_allocates(GFP_KERNEL | __GFP_ZERO, 2);
	after = ktime_get_ns();
	text = record_of(page);
	assert_non_null(text);
	assert_int_equal(sscanf(text,
				"Page allocated via order 2, mask 0xdc0(GFP_KERNEL|__GFP_ZERO), "
				"pid %d, tgid %d (%15[^)]), ts %llu ns",
				&pid, &tgid, comm, &ns),
			 4);
	assert_int_equal(pid, getpid());
	assert_int_equal(tgid, getpid());
	assert_string_equal(comm, current->comm);
	assert_in_range(ns, before, after);
	snprintf(line, sizeof(line),
		 " ns\nPFN 0x%lx type Unmovable Block %lu type Unmovable Flags "
		 "0x%lx(node=0|zone=1)\n ",
		 page_to_pfn(page), page_to_pfn(page) >> 9, page->flags);
	assert_non_null(strstr(text, line));
	assert_non_null(strstr(text, "\n somebody_allocates+0x"));
	assert_non_null(strstr(text, "\n test_10_6_a_record+0x"));
	assert_string_equal(text + strlen(text) - 2, "\n\n");
	__free_pages(page, 2);
	assert_null(record_of(page));
	halt();
}

/* The pages of all records together are those that are not free. */
static unsigned long owned_pages(void)
{
	static char text[PAGE_OWNER_TEXT];
	unsigned long pfn = 0, pages = 0;
	unsigned int order;

	while (pfn = page_owner_text(pfn, text), text[0]) {
		assert_int_equal(sscanf(text, "Page allocated via order %u,", &order), 1);
		pages += 1ul << order;
	}
	return pages;
}

static void test_10_6_all_that_is_not_free_has_an_owner(void **state)
{
	struct page *page;
	void *p[6];

	boot("mem=64M,cpus=2,page_owner=on");
	assert_int_equal(all_free_pages() + owned_pages(), totalram_pages());
	p[0] = kmalloc(100, GFP_KERNEL);
	p[1] = kmalloc(100000, GFP_KERNEL);
	p[2] = vmalloc(100000);
	p[3] = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);
	p[4] = __alloc_percpu(100, 8);
	page = alloc_pages(GFP_HIGHUSER_MOVABLE, 3);
	assert_int_equal(all_free_pages() + owned_pages(), totalram_pages());
	/* A block that is freed while its first page is held. */
	get_page(page);
	__free_pages(page, 3);
	assert_int_equal(all_free_pages() + owned_pages(), totalram_pages());
	assert_non_null(record_of(page));
	assert_null(record_of(page + 4));
	put_page(page);
	kfree(p[0]);
	kfree(p[1]);
	vfree(p[2]);
	free_pages_exact(p[3], 5 * PAGE_SIZE);
	free_percpu(p[4]);
	assert_int_equal(all_free_pages() + owned_pages(), totalram_pages());
	halt();
}

static void test_10_6_types_and_parts(void **state)
{
	struct page *page;

	boot("mem=64M,cpus=1,page_owner=1");
	page = alloc_pages(GFP_HIGHUSER_MOVABLE, 0);
	assert_non_null(strstr(record_of(page), "type Movable Block"));
	__free_page(page);
	page = alloc_pages(GFP_KERNEL | __GFP_RECLAIMABLE, 0);
	assert_non_null(strstr(record_of(page), "type Reclaimable Block"));
	__free_page(page);
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);
	assert_non_null(strstr(record_of(page), "(head|node=0"));
	assert_null(record_of(page + 1));
	__free_pages(page, 1);
	page = somebody_allocates(GFP_KERNEL, 2);
	split_page(page, 2);
	for (int i = 0; i < 4; i++) {
		assert_non_null(strstr(record_of(page + i), "via order 0,"));
		assert_non_null(strstr(record_of(page + i), "somebody_allocates+0x"));
	}
	__free_page(page + 1);
	assert_null(record_of(page + 1));
	assert_non_null(record_of(page + 2));
	__free_page(page);
	__free_page(page + 2);
	__free_page(page + 3);
	halt();
}

static noinline void somebody_frees(struct page *page)
{
	__free_page(page);
	__asm__ volatile("");
}

/* A report about a page says who had it and who freed it. */
static void test_10_6_reports(void **state)
{
	struct page *page;
	u64 since;

	boot("mem=64M,cpus=1,page_owner=on");
	page = somebody_allocates(GFP_KERNEL, 0);
	since = log_next_seq();
	dump_page(page, "a test");
	assert_int_equal(logged(since, "page_owner tracks the page as allocated"), 1);
	assert_int_equal(logged(since, "page last allocated via order 0, migratetype Unmovable, "
				       "gfp_mask 0xcc0(GFP_KERNEL), pid "),
			 1);
	assert_int_equal(logged(since, "somebody_allocates+0x"), 1);
	somebody_frees(page);
	since = log_next_seq();
	somebody_frees(page);
	assert_true(logged(since, "BUG: Bad page state") >= 1);
	assert_int_equal(logged(since, "page_owner tracks the page as freed"), 1);
	assert_int_equal(logged(since, "page last free pid"), 1);
	assert_true(logged(since, "somebody_frees+0x") >= 1);
	halt();

	/* What is left at the halt is named with who left it. */
	boot("mem=64M,cpus=1,page_owner=on");
	assert_non_null(somebody_allocates(GFP_KERNEL, 1));
	since = log_next_seq();
	assert_int_equal(machine_halt(), 1);
	assert_int_equal(logged(since, "leak: 2 page(s) at pfn"), 1);
	assert_int_equal(logged(since, "page_owner tracks the page as allocated"), 1);
	assert_int_equal(logged(since, "somebody_allocates+0x"), 1);
}

static void test_10_6_off(void **state)
{
	static char text[PAGE_OWNER_TEXT] = "x";
	struct page *page;
	u64 since;

	boot("mem=64M,cpus=1");
	page_owner_text(0, text);
	assert_string_equal(text, "");
	page = alloc_page(GFP_KERNEL);
	since = log_next_seq();
	dump_page(page, NULL);
	assert_int_equal(logged(since, "page_owner"), 0);
	__free_page(page);
	halt();
}

static void come_and_go(struct worker *w)
{
	struct page *pages[16] = { NULL };

	for (unsigned long n = stress(3000); n; n--) {
		u64 i = random_of(w, ARRAY_SIZE(pages));

		if (!w->nr) {
			static char text[PAGE_OWNER_TEXT];
			unsigned long pfn = 0;

			for (int k = 0; k < 20; k++) {
				pfn = page_owner_text(pfn, text);
				w->errors += text[0] &&
					     strncmp(text, "Page allocated via order ", 25) != 0;
			}
			n -= min(n - 1, 50ul);
			continue;
		}
		if (pages[i])
			__free_pages(pages[i], i % 5);
		pages[i] = pages[i] ? NULL : alloc_pages(GFP_KERNEL, i % 5);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i])
			__free_pages(pages[i], i % 5);
}

static void test_10_6_several_threads(void **state)
{
	boot("mem=64M,cpus=2,page_owner=on");
	assert_int_equal(run_workers(3, come_and_go, NULL), 0);
	assert_int_equal(all_free_pages() + owned_pages(), totalram_pages());
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_10_6_a_record),
		machine_test(test_10_6_all_that_is_not_free_has_an_owner),
		machine_test(test_10_6_types_and_parts),
		machine_test(test_10_6_reports),
		machine_test(test_10_6_off),
		machine_test(test_10_6_several_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
