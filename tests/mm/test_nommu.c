/* nommu.c: the same calls on a machine without page tables. */
#include "machine.h"

static void test_areas_are_contiguous_frames(void **state)
{
	struct page *page;
	u8 *p;

	boot("mem=64M,cpus=1,nommu");
	assert_int_equal(VMALLOC_TOTAL, 0);
	p = vmalloc(100000);
	assert_false(is_vmalloc_addr(p));
	assert_true(virt_addr_valid(p));
	page = virt_to_page(p);
	assert_true(PageCompound(page)); /* __GFP_COMP */
	for (int i = 0; i < 25; i++)
		assert_ptr_equal(vmalloc_to_page(p + i * PAGE_SIZE), page + i);
	assert_int_equal(vmalloc_to_pfn(p), virt_to_pfn(p));
	memset(p, 1, 100000);
	vfree(p);
	p = vzalloc(5000);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(p[i], 0);
	kvfree(p);
	p = kvmalloc(3 << 20, GFP_KERNEL);
	kvfree(p);
	p = vmalloc_user(8192);
	vfree_atomic(p);
	assert_int_equal(global_zone_page_state(NR_PAGETABLE), 0);
	halt();
}

static void test_no_more_than_the_largest_block(void **state)
{
	u64 mark;
	void *p;

	boot("mem=64M,cpus=1,nommu");
	p = vmalloc(4 << 20);
	assert_non_null(p);
	vfree(p);
	mark = log_next_seq();
	assert_null(vmalloc((4 << 20) + 1));
	assert_int_equal(logged(mark, "vmalloc error: size 4194305, failed to allocate"), 1);
	assert_null(vmalloc(0));
	halt();
}

static void test_no_high_memory(void **state)
{
	void *areas[40];

	boot("mem=64M,highmem=32M,cpus=1,nommu");
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		areas[i] = vmalloc(1 << 19);
		assert_non_null(areas[i]);
		assert_false(PageHighMem(vmalloc_to_page(areas[i])));
	}
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		vfree(areas[i]);
	halt();
}

static void test_vmap_wants_neighbours(void **state)
{
	struct page *pages[4], *scattered[4];
	void *p;

	boot("mem=64M,cpus=1,nommu");
	pages[0] = alloc_pages(GFP_KERNEL, 2);
	for (int i = 0; i < 4; i++) {
		pages[i] = pages[0] + i;
		scattered[i] = pages[0] + 3 - i;
	}
	p = vmap(pages, 4, VM_MAP, PAGE_KERNEL);
	assert_ptr_equal(p, page_address(pages[0]));
	vunmap(p);
	assert_null(vmap(scattered, 4, VM_MAP, PAGE_KERNEL));
	assert_null(vm_map_ram(scattered, 4, NUMA_NO_NODE));
	p = vm_map_ram(pages, 4, NUMA_NO_NODE);
	vm_unmap_ram(p, 4);
	__free_pages(pages[0], 2);
	halt();
}

static void test_vmallocinfo_tells_the_difference(void **state)
{
	char expected[160];
	struct seq_file m;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=1,nommu");
	p = vmalloc(20000);
	seq_buffer_open(&m);
	vmallocinfo_show(&m, NULL);
	/* What the block has, and no guard. */
	snprintf(expected, sizeof(expected), "0x%016lx-0x%016lx   32768 test_vmallocinfo_tells",
		 (unsigned long)p, (unsigned long)p + 32768);
	assert_memory_equal(seq_buffer_text(&m), expected, strlen(expected));
	assert_non_null(strstr(seq_buffer_text(&m), " pages=5 vmalloc N0=5\n"));
	seq_buffer_release(&m);
	vfree(p);
	mark = log_next_seq();
	vfree(p);
	assert_int_equal(logged(mark, "Trying to vfree() nonexistent vm area ("), 1);
	halt();
}

static void test_leaks_are_told(void **state)
{
	boot("mem=64M,cpus=1,nommu");
	assert_non_null(vmalloc(50000));
	assert_int_equal(machine_halt(), 1);
}

static void test_words(void **state)
{
	struct machine_config cfg;

	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "nommu,vmalloc=strict"), 0);
	assert_true(cfg.nommu && cfg.vmalloc_strict);
	assert_int_equal(machine_config_parse(&cfg, "nommu=1"), -EINVAL);
	assert_int_equal(machine_config_parse(&cfg, "vmalloc=often"), -EINVAL);
	assert_non_null(strstr(cfg.message, "vmalloc must be strict or lazy"));
	assert_non_null(strstr(machine_config_help(), "\n  nommu "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_areas_are_contiguous_frames),
		machine_test(test_no_more_than_the_largest_block),
		machine_test(test_no_high_memory),
		machine_test(test_vmap_wants_neighbours),
		machine_test(test_vmallocinfo_tells_the_difference),
		machine_test(test_leaks_are_told),
		machine_test(test_words),
	};

	return cmocka_run_group_tests_name("mm/nommu", tests, NULL, NULL);
}
