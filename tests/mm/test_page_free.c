/*
 * page_free.c: the last reference frees; who frees wrongly is told so and breaks nothing. Reports
 * are limited to ten in five seconds, so only some tests look into the log.
 */
#include <kmem/memblock.h>
#include "machine.h"

static void test_3_5_a_fresh_block_has_one_reference(void **state)
{
	struct page *page;

	boot("mem=64M,cpus=1");
	page = alloc_pages(GFP_KERNEL, 3);
	assert_int_equal(page_ref_count(page), 1);
	for (int i = 1; i < 8; i++) {
		assert_int_equal(page_ref_count(page + i), 0);
		assert_false(PageCompound(page + i));
	}
	__free_pages(page, 3);
	halt();
}

static void test_3_5_compound_pages(void **state)
{
	struct page *page;
	unsigned long before;

	boot("mem=64M,cpus=1");
	before = all_free_pages();
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 4);
	assert_true(PageHead(page));
	assert_int_equal(compound_order(page), 4);
	assert_int_equal(page_size(page), PAGE_SIZE * 16);
	for (int i = 1; i < 16; i++) {
		assert_true(PageTail(page + i));
		assert_ptr_equal(compound_head(page + i), page);
		assert_int_equal(page_count(page + i), 1);
	}
	/* A reference of a tail page is one of the head. */
	get_page(page + 5);
	assert_int_equal(page_ref_count(page), 2);
	__free_pages(page, 4);
	assert_int_equal(page_ref_count(page), 1);
	assert_true(PageHead(page));
	put_page(page + 15);
	assert_int_equal(page_ref_count(page), 0);
	for (int i = 0; i < 16; i++)
		assert_false(PageCompound(page + i));
	assert_all_free(before);
	halt();
}

/*
 * Somebody else holds the first page of a block of 8 that is freed:
 *
 *	| 0 | 1 |   2   |       4       |
 *	 kept  freed as blocks of 1, 2, 4
 */
static void test_3_5_a_held_first_page_alone_stays(void **state)
{
	struct page *page;
	unsigned long before;

	boot("mem=64M,cpus=1");
	for (unsigned int order = 1; order <= MAX_PAGE_ORDER; order++) {
		before = all_free_pages();
		page = alloc_pages(GFP_KERNEL, order);
		get_page(page);
		__free_pages(page, order);
		assert_int_equal(page_ref_count(page), 1);
		assert_int_equal(machine_check(), 0);
		assert_all_free(before - 1);
		put_page(page);
		assert_all_free(before);
	}
	halt();
}

static void test_3_5_split_page(void **state)
{
	struct page *page;
	unsigned long before;
	u64 mark;

	boot("mem=64M,cpus=1");
	before = all_free_pages();
	page = alloc_pages(GFP_KERNEL, 3);
	split_page(page, 3);
	for (int i = 0; i < 8; i++)
		assert_int_equal(page_ref_count(page + i), 1);
	for (int i = 0; i < 8; i++)
		__free_page(page + (i * 5) % 8);
	assert_all_free(before);
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	mark = log_next_seq();
	split_page(page, 2);
	assert_int_equal(logged(mark, "WARNING"), 1);
	assert_int_equal(page_ref_count(page + 1), 0);
	__free_pages(page, 2);
	halt();
}

static void test_3_5_exact(void **state)
{
	static const size_t sizes[] = { 1,
					PAGE_SIZE,
					PAGE_SIZE + 1,
					3 * PAGE_SIZE,
					5 * PAGE_SIZE,
					127 * PAGE_SIZE + 9,
					(4ul << 20) - PAGE_SIZE,
					4ul << 20 };
	unsigned long before;

	boot("mem=64M,cpus=1");
	before = all_free_pages();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = alloc_pages_exact(sizes[i], GFP_KERNEL | __GFP_ZERO);

		assert_non_null(p);
		assert_int_equal(p[sizes[i] - 1], 0);
		assert_all_free(before - (PAGE_ALIGN(sizes[i]) >> PAGE_SHIFT));
		free_pages_exact(p, sizes[i]);
		assert_all_free(before);
	}
	assert_null(alloc_pages_exact(0, GFP_KERNEL));
	assert_null(alloc_pages_exact((4ul << 20) + 1, GFP_KERNEL | __GFP_NOWARN));
	halt();
}

static void test_3_7_arithmetic(void **state)
{
	unsigned long addr;
	struct page *page;

	boot("mem=64M,cpus=1");
	addr = __get_free_pages(GFP_KERNEL, 2);
	page = virt_to_page(addr);
	assert_ptr_equal(page_address(page), (void *)addr);
	assert_ptr_equal(pfn_to_page(page_to_pfn(page)), page);
	assert_int_equal(__pa(addr), page_to_phys(page));
	assert_ptr_equal(__va(page_to_phys(page)), (void *)addr);
	assert_ptr_equal(virt_to_page(addr + 3 * PAGE_SIZE + 17), page + 3);
	assert_true(virt_addr_valid((void *)addr));
	assert_false(virt_addr_valid(&page));
	assert_false(virt_addr_valid(NULL));
	assert_false(virt_addr_valid((void *)(PAGE_OFFSET + (64ul << 20))));
	assert_false(pfn_valid(64ul << 20 >> PAGE_SHIFT));
	free_pages(addr, 2);
	halt();
}

/* Runs @wrong and checks that it is reported and that nothing is free that was not. */
#define assert_caught(wrong)                                                   \
	do {                                                                   \
		unsigned long free_ = all_free_pages();                        \
		u64 mark_ = log_next_seq();                                    \
		wrong;                                                         \
		assert_true(logged(mark_, "BUG") || logged(mark_, "WARNING")); \
		assert_true(logged(mark_, "Call Trace:") >= 1);                \
		assert_int_equal(machine_check(), 0);                          \
		assert_all_free(free_);                                        \
	} while (0)

static void test_3_5_double_free(void **state)
{
	struct page *page, *other;
	u64 mark;

	boot("mem=64M,cpus=1");
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	mark = log_next_seq();
	__free_page(page); /* on the CPU's list */
	assert_int_equal(logged(mark, "BUG: Bad page state in process"), 1);
	assert_int_equal(logged(mark, "page dumped because: "), 1);
	/* Nobody gets it twice. */
	page = alloc_page(GFP_KERNEL);
	other = alloc_page(GFP_KERNEL);
	assert_ptr_not_equal(page, other);
	__free_page(page);
	__free_page(other);
	page = alloc_pages(GFP_KERNEL, 5);
	__free_pages(page, 5);
	assert_caught(__free_pages(page, 5)); /* in the buddy, merged */
	halt();
}

static void test_3_5_put_page_below_zero(void **state)
{
	struct page *page;

	boot("mem=64M,cpus=1");
	page = alloc_page(GFP_KERNEL);
	put_page(page);
	assert_caught(put_page(page));
	assert_int_equal(page_ref_count(page), 0);
	halt();
}

/* A reference to what is free would be freed a second time when it is dropped. */
static void test_3_5_get_page_of_a_free_page(void **state)
{
	struct page *page, *other;

	boot("mem=64M,cpus=1");
	for (unsigned int order = 0; order < 6; order += 5) { /* on a CPU's list, in the buddy */
		page = alloc_pages(GFP_KERNEL, order);
		__free_pages(page, order);
		assert_caught(get_page(page));
		assert_int_equal(page_ref_count(page), 0);
		assert_caught(put_page(page));
	}
	page = alloc_page(GFP_KERNEL);
	other = alloc_page(GFP_KERNEL);
	assert_ptr_not_equal(page, other);
	__free_page(page);
	__free_page(other);
	halt();
}

static void test_3_5_split_page_of_what_is_no_such_block(void **state)
{
	struct page *page, *compound;

	boot("mem=64M,cpus=1");
	page = alloc_pages(GFP_KERNEL, 3);
	compound = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
	assert_caught(split_page(page, 2));
	assert_caught(split_page(page, 4));
	assert_caught(split_page(compound, 3));
	assert_int_equal(compound_order(compound), 3);
	__free_pages(compound, 3);
	__free_pages(page, 3);
	assert_caught(split_page(page, 3));
	halt();
}

/* The kernel says sixty times what it found, and then for a minute nothing. */
static void test_3_5_reports_are_limited(void **state)
{
	struct page *page;
	u64 mark;

	boot("mem=64M,cpus=1");
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	mark = log_next_seq();
	for (int i = 0; i < 20; i++)
		__free_page(page);
	assert_int_equal(logged(mark, "BUG: Bad page state in process"), 20);
	for (int i = 0; i < 100; i++)
		__free_page(page);
	mark = log_next_seq();
	__free_page(page);
	assert_int_equal(logged(mark, "BUG"), 0);
	halt();
	/* The next machine has found nothing yet. */
	boot("mem=64M,cpus=1");
	page = alloc_page(GFP_KERNEL);
	__free_page(page);
	mark = log_next_seq();
	__free_page(page);
	assert_int_equal(logged(mark, "BUG: Bad page state in process"), 1);
	halt();
}

static void test_3_5_wrong_order(void **state)
{
	struct page *page;

	boot("mem=64M,cpus=1");
	page = alloc_pages(GFP_KERNEL, 2);
	assert_caught(__free_pages(page, 1));
	assert_caught(__free_pages(page, 3));
	assert_caught(__free_page(page + 1));
	assert_int_equal(page_ref_count(page), 1);
	__free_pages(page, 2);
	halt();
}

static void test_3_5_foreign_pages_and_addresses(void **state)
{
	struct page own = { 0 };
	char *p;

	boot("mem=64M,cpus=1");
	atomic_set(&own._refcount, 1);
	assert_caught(__free_page(&own));
	assert_caught(__free_page(mem_map + max_pfn));
	assert_caught(__free_page((struct page *)((char *)(mem_map + 3000) + 8)));
	assert_caught(free_page((unsigned long)&own & PAGE_MASK));
	assert_caught(put_page(&own));
	assert_caught(free_cold_page(&own));
	assert_caught(free_hot_page(&own));
	assert_caught(free_page(PAGE_OFFSET + (64ul << 20)));
	p = (char *)__get_free_page(GFP_KERNEL);
	assert_caught(free_page((unsigned long)p + 16));
	free_page((unsigned long)p);
	halt();
}

static void test_3_5_reserved_pages(void **state)
{
	struct page *page;
	unsigned long free;
	phys_addr_t end = 0;
	u64 mark;

	boot("mem=64M,cpus=1");
	/* The memory map itself. */
	page = virt_to_page(mem_map);
	assert_true(memblock_is_reserved(page_to_phys(page)));
	__free_page(page);
	assert_int_equal(machine_check(), 0);
	free = all_free_pages();
	mark = log_next_seq();
	get_page(page);
	assert_int_equal(page_count(page), 1);
	put_page(page);
	assert_int_equal(page_count(page), 0);
	assert_int_equal(logged(mark, "Bad page state"), 0);
	assert_int_equal(machine_check(), 0);
	assert_all_free(free);
	for (phys_addr_t at = 0; at < 64ul << 20; at += PAGE_SIZE)
		if (memblock_is_reserved(at))
			end = at;
	page = phys_to_page(end);
	get_page(page);
	put_page(page);
	get_page(page);
	put_page(page);
	assert_all_free(free);
	halt();
}

static void test_3_5_slab_pages_are_not_the_user_s(void **state)
{
	char *p;

	boot("mem=64M,cpus=1");
	p = kmalloc(100, GFP_KERNEL);
	memset(p, 7, 100);
	assert_caught(__free_page(virt_to_page(p)));
	put_page(virt_to_page(p));
	assert_int_equal(machine_check(), 0);
	assert_int_equal(ksize(p), 128);
	kfree(p);
	p = kmalloc(20000, GFP_KERNEL);
	assert_caught(free_pages((unsigned long)p, 2));
	kfree(p);
	halt();
}

static void test_3_5_a_damaged_page_is_set_aside(void **state)
{
	struct page *page, *p, *next;
	unsigned long free;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	page = alloc_page(GFP_KERNEL);
	free = all_free_pages();
	page->mapping = &taken;
	__free_page(page);
	assert_true(PageHWPoison(page));
	assert_all_free(free);
	while ((p = alloc_page(GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC))) {
		assert_ptr_not_equal(p, page);
		list_add(&p->lru, &taken);
	}
	list_for_each_entry_safe(p, next, &taken, lru)
		__free_page(p);
	halt();
}

static void references(struct worker *w)
{
	struct page *page = w->arg;

	for (unsigned long i = 0; i < stress(100000); i++) {
		get_page(page + i % 4);
		w->errors += page_count(page) < 2;
		put_page(page + (i + 1) % 4);
	}
}

static void test_3_5_references_from_many_threads(void **state)
{
	struct page *page;

	boot("mem=64M,cpus=2");
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	assert_int_equal(run_workers(4, references, page), 0);
	assert_int_equal(page_count(page), 1);
	put_page(page);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_3_5_a_fresh_block_has_one_reference),
		machine_test(test_3_5_compound_pages),
		machine_test(test_3_5_a_held_first_page_alone_stays),
		machine_test(test_3_5_split_page),
		machine_test(test_3_5_exact),
		machine_test(test_3_7_arithmetic),
		machine_test(test_3_5_double_free),
		machine_test(test_3_5_put_page_below_zero),
		machine_test(test_3_5_get_page_of_a_free_page),
		machine_test(test_3_5_split_page_of_what_is_no_such_block),
		machine_test(test_3_5_reports_are_limited),
		machine_test(test_3_5_wrong_order),
		machine_test(test_3_5_foreign_pages_and_addresses),
		machine_test(test_3_5_reserved_pages),
		machine_test(test_3_5_slab_pages_are_not_the_user_s),
		machine_test(test_3_5_a_damaged_page_is_set_aside),
		machine_test(test_3_5_references_from_many_threads),
	};

	return cmocka_run_group_tests_name("mm/page_free", tests, NULL, NULL);
}
