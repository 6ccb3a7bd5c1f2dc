/*
 * tlb.c and pgtable.c: the tables are the truth, the host's mappings follow, and beyond the host's
 * limit everything still works. The machine is booted in the test's body, so that the handler of
 * faults is the machine's.
 */
#include <kmem/oops.h>
#include "machine.h"
#include "mm/pgtable.h"
#include "mm/tlb.h"
#include "mm/vmap_area.h"

static char *text_of(struct seq_file *m, int (*show)(struct seq_file *, void *))
{
	seq_buffer_open(m);
	show(m, NULL);
	return (char *)seq_buffer_text(m);
}

static void test_7_6_tables_do_not_go_with_the_area(void **state)
{
	unsigned long tables;
	void *p;

	boot("mem=64M,cpus=1");
	assert_int_equal(global_zone_page_state(NR_PAGETABLE), 1); /* the root */
	p = vmalloc(4096);
	tables = global_zone_page_state(NR_PAGETABLE);
	assert_int_equal(tables, 4);
	assert_true(test_page_flag(virt_to_page(pgtable_entry((unsigned long)p)), PG_pgtable));
	vfree(p);
	vm_unmap_aliases();
	assert_int_equal(global_zone_page_state(NR_PAGETABLE), tables);
	p = vmalloc(8 << 20); /* and four more of the lowest level, of which one is there */
	assert_in_range(global_zone_page_state(NR_PAGETABLE), tables + 4, tables + 5);
	vfree(p);
	halt();
}

static void test_kpagetables(void **state)
{
	struct page *pages[3];
	char expected[160];
	struct seq_file m;
	unsigned long a;
	char *text;

	boot("mem=64M,cpus=1");
	pages[0] = alloc_pages(GFP_KERNEL, 1);
	pages[1] = pages[0] + 1;
	pages[2] = pages[0];
	a = (unsigned long)vmap(pages, 3, VM_MAP, PAGE_KERNEL_RO);
	text = text_of(&m, kpagetables_show);
	snprintf(expected, sizeof(expected),
		 "0x%016lx-0x%016lx        8K 0x%08lx-0x%08lx ro NX\n"
		 "0x%016lx-0x%016lx        4K 0x%08lx-0x%08lx ro NX\n",
		 a, a + 8192, page_to_pfn(pages[0]), page_to_pfn(pages[1]), a + 8192, a + 12288,
		 page_to_pfn(pages[0]), page_to_pfn(pages[0]));
	assert_string_equal(text, expected);
	seq_buffer_release(&m);
	vunmap((void *)a);
	assert_string_equal(text_of(&m, kpagetables_show), "");
	seq_buffer_release(&m);
	__free_pages(pages[0], 1);
	halt();
}

static long write_at(void *addr)
{
	*(volatile u8 *)addr = 1;
	return 7;
}

static void test_read_only_pages_fault_when_written(void **state)
{
	struct page *page;
	long ret = 0;
	u8 *p;

	boot("mem=64M,cpus=1");
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	p = vmap(&page, 1, VM_MAP, PAGE_KERNEL_RO);
	assert_int_equal(*(volatile u8 *)p, 0);
	assert_int_equal(oops_guard(write_at, p, &ret), -EFAULT);
	assert_int_equal(*(volatile u8 *)p, 0);
	vunmap(p);
	__free_page(page);
	halt();
}

#define TINY 100000

static void test_more_areas_than_the_host_has_mappings(void **state)
{
	u32 **areas = calloc(TINY, sizeof(*areas));
	struct worker w = { .seed = 7 };

	boot("mem=1G,cpus=2");
	for (u32 i = 0; i < TINY; i++) {
		areas[i] = vmalloc(PAGE_SIZE);
		assert_non_null(areas[i]);
		areas[i][7] = i;
	}
	assert_true(tlb_runs() <= tlb_budget());
	for (u32 i = 0; i < TINY; i++)
		assert_int_equal(areas[i][7], i);
	for (u32 n = 0; n < TINY / 10; n++) {
		u32 i = random_of(&w, TINY);

		assert_int_equal(areas[i][7], i);
	}
	assert_int_equal(machine_check(), 0);
	/* Before the host is given a pointer. */
	assert_int_equal(vmalloc_fault_in(areas[5], PAGE_SIZE), 0);
	assert_int_equal(vmalloc_fault_in(areas[5], PAGE_SIZE + 1), -EFAULT);
	for (u32 i = 0; i < TINY; i++)
		vfree(areas[i]);
	machine_idle();
	assert_int_equal(tlb_runs(), 0);
	free(areas);
	halt();
}

static void test_16_GiB_held_at_once(void **state)
{
	static const unsigned long size = 64ul << 20;
	u64 *areas[256];

	boot("mem=20G,cpus=2");
	for (u64 i = 0; i < 256; i++) {
		areas[i] = vmalloc(size);
		assert_non_null(areas[i]);
		areas[i][0] = i;
		areas[i][size / 8 - 1] = ~i;
	}
	/* and the arrays that name their pages */
	assert_true(vmalloc_nr_pages() >= 16ul << 30 >> PAGE_SHIFT);
	for (u64 i = 0; i < 256; i++) {
		assert_int_equal(areas[i][0], i);
		assert_int_equal(areas[i][size / 8 - 1], ~i);
		vfree(areas[i]);
	}
	halt();
}

struct shared {
	u32 **areas;
	unsigned long nr;
};

/* Each owns every fourth word and finds it as he left it, while others' faults evict it. */
static void write_and_read(struct worker *w)
{
	struct shared *s = w->arg;

	for (u32 i = 0; i < s->nr; i++)
		s->areas[i][w->nr] = i ^ w->nr;
	for (unsigned long n = 0; n < stress(5000); n++) {
		u32 i = random_of(w, s->nr);

		w->errors += s->areas[i][w->nr] != (i ^ w->nr);
	}
}

static void test_threads_fault_at_once(void **state)
{
	struct shared s = { .nr = 60000 };

	s.areas = calloc(s.nr, sizeof(*s.areas));
	boot("mem=1G,cpus=4");
	for (u32 i = 0; i < s.nr; i++)
		s.areas[i] = vmalloc(PAGE_SIZE);
	assert_int_equal(run_workers(4, write_and_read, &s), 0);
	for (u32 i = 0; i < s.nr; i++)
		vfree(s.areas[i]);
	free(s.areas);
	halt();
}

static void test_a_common_size_is_kept(void **state)
{
	struct seq_file m;
	unsigned long free;
	u8 *p = NULL, *q;

	boot("mem=64M,cpus=1");
	for (int i = 0; i < 40; i++) {
		p = vmalloc(65536);
		vfree(p);
	}
	assert_int_equal(vmalloc_nr_pages(), 0);
	assert_null(vmalloc_to_page(p));
	assert_null(find_vm_area(p));
	assert_non_null(strstr(text_of(&m, vmallocinfo_show), " unpurged vm_area\n"));
	seq_buffer_release(&m);
	free = nr_free_pages();
	q = vzalloc(65536);
	assert_ptr_equal(q, p); /* the very same */
	assert_in_range(nr_free_pages(), free - 2, free);
	assert_int_equal(q[65535], 0);
	vfree(q);
	vm_unmap_aliases();
	assert_string_equal(text_of(&m, vmallocinfo_show), "");
	seq_buffer_release(&m);
	assert_true(nr_free_pages() >= free);
	halt();
}

static void test_strict_forgets_at_once(void **state)
{
	long ret = 0;
	u8 *p;

	boot("mem=64M,cpus=1,vmalloc=strict");
	for (int i = 0; i < 100; i++) {
		p = vmalloc(65536);
		assert_int_equal(oops_guard(write_at, p, &ret), 0);
		vfree(p);
		assert_int_equal(oops_guard(write_at, p, &ret), -EFAULT);
		assert_int_equal(oops_guard(write_at, p + 65535, &ret), -EFAULT);
	}
	assert_int_equal(oops_count(), 200);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_7_6_tables_do_not_go_with_the_area),
		machine_test(test_kpagetables),
		machine_test(test_read_only_pages_fault_when_written),
		machine_test(test_more_areas_than_the_host_has_mappings),
		machine_test(test_16_GiB_held_at_once),
		machine_test(test_threads_fault_at_once),
		machine_test(test_a_common_size_is_kept),
		machine_test(test_strict_forgets_at_once),
	};

	return cmocka_run_group_tests_name("mm/tlb", tests, NULL, NULL);
}
