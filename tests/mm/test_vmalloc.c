/* vmalloc.c: contiguous addresses over scattered frames, a guard behind, wrong frees told. */
#include <kmem/oops.h>
#include "machine.h"

/* Page tables do not go with the areas, as in the kernel. */
static unsigned long free_pages_and_tables(void)
{
	unsigned long free = all_free_pages();

	return free + global_zone_page_state(NR_PAGETABLE);
}

static void assert_free_pages_and_tables(unsigned long expected)
{
	all_free_pages();
	assert_all_free(expected - global_zone_page_state(NR_PAGETABLE));
}

static void test_7_1_page_aligned_and_contiguous(void **state)
{
	static const unsigned long sizes[] = { 1, 4096, 4097, 100000, 16 << 20 };

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long pages = PAGE_ALIGN(sizes[i]) / PAGE_SIZE;
		u8 *p = vmalloc(sizes[i]);

		assert_non_null(p);
		assert_int_equal(offset_in_page(p), 0);
		assert_true(is_vmalloc_addr(p));
		assert_int_equal(vmalloc_nr_pages() >= pages, 1);
		/* A store through the area is one into the frame. */
		for (unsigned long n = 0; n < pages; n++) {
			struct page *page = vmalloc_to_page(p + n * PAGE_SIZE + 77);

			p[n * PAGE_SIZE] = n;
			assert_non_null(page);
			assert_int_equal(*(u8 *)page_address(page), (u8)n);
			assert_int_equal(vmalloc_to_pfn(p + n * PAGE_SIZE), page_to_pfn(page));
		}
		vfree(p);
		assert_int_equal(vmalloc_nr_pages(), 0);
	}
	halt();
}

static void test_7_1_scattered_frames(void **state)
{
	struct page *page, *next;
	LIST_HEAD(taken);
	unsigned long n = 0;
	u32 *p;

	boot("mem=64M,cpus=1");
	while ((page = alloc_page(GFP_ATOMIC | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	list_for_each_entry_safe(page, next, &taken, lru) {
		if (page_to_pfn(page) & 1 || n++ > 5000)
			continue;
		list_del(&page->lru);
		__free_page(page);
	}
	/* No two frames are neighbours any more. */
	p = vmalloc(8 << 20);
	assert_non_null(p);
	for (unsigned int i = 0; i < 2 << 20; i++)
		p[i] = i;
	for (unsigned int i = 0; i < 2 << 20; i += 1024)
		assert_int_equal(((u32 *)page_address(vmalloc_to_page(p + i)))[5], i + 5);
	vfree(p);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

static void test_7_1_sizes_that_cannot_be(void **state)
{
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	assert_null(vmalloc(0));
	assert_int_equal(logged(mark, "WARNING"), 1);
	assert_null(vmalloc(1ul << 40));
	assert_int_equal(logged(mark, "vmalloc error: size 1099511627776, exceeds total pages"), 1);
	assert_null(vmalloc(~0ul));
	assert_null(vmalloc(~0ul - 4096));
	halt();
}

static void test_7_1_when_memory_runs_out(void **state)
{
	unsigned long free;

	boot("mem=64M,cpus=1");
	free = free_pages_and_tables();
	for (int i = 0; i < 10; i++) {
		assert_null(__vmalloc(totalram_pages() << PAGE_SHIFT, GFP_KERNEL | __GFP_NOWARN));
		assert_int_equal(machine_check(), 0);
		assert_free_pages_and_tables(free);
	}
	halt();
}

static void test_7_1_zeroed(void **state)
{
	boot("mem=64M,cpus=1");
	for (int round = 0; round < 2; round++) {
		unsigned long *p = vzalloc(20 << 20);

		for (unsigned long i = 0; i < 20 << 20 >> 3; i += 13)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, 20 << 20);
		vfree(p);
	}
	halt();
}

static long write_at(void *addr)
{
	*(volatile u8 *)addr = 1;
	return 7;
}

static void test_7_2_the_guard_page_faults(void **state)
{
	long ret = 0;
	u64 mark;
	u8 *p;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	for (unsigned long size = 1; size < 20000; size += 4999) {
		unsigned long end = PAGE_ALIGN(size);

		p = vmalloc(size);
		assert_int_equal(oops_guard(write_at, p + end - 1, &ret), 0);
		assert_int_equal(ret, 7);
		mark = log_next_seq();
		assert_int_equal(oops_guard(write_at, p + end, &ret), -EFAULT);
		assert_int_equal(oops_guard(write_at, p + end + PAGE_SIZE - 1, &ret), -EFAULT);
		assert_int_equal(logged(mark, "BUG: unable to handle page fault for address"), 2);
		assert_null(vmalloc_to_page(p + end));
		vfree(p);
		assert_int_equal(oops_guard(write_at, p, &ret), -EFAULT); /* used after free */
	}
	halt();
}

static void test_7_2_areas_are_a_guard_apart(void **state)
{
	u8 *a, *b;

	boot("mem=64M,cpus=1");
	a = vmalloc(64 << 10);
	b = vmalloc(64 << 10);
	assert_int_equal(b - a, (64 << 10) + 4096); /* 17 pages, as the book's listing shows */
	vfree(a);
	vfree(b);
	halt();
}

static void test_7_4_wrong_frees(void **state)
{
	u8 *p, *q;
	u64 mark;

	boot("mem=64M,cpus=1");
	p = vmalloc(20000);
	q = kmalloc(100, GFP_KERNEL);
	mark = log_next_seq();
	vfree(NULL);
	vunmap(NULL);
	assert_int_equal(logged(mark, "WARNING"), 0);
	vfree(p + 1);
	assert_int_equal(logged(mark, "Trying to vfree() bad address ("), 1);
	vfree(p + PAGE_SIZE);
	vfree((void *)((unsigned long)q & PAGE_MASK));
	vfree((void *)(VMALLOC_START + (1ul << 30)));
	assert_int_equal(logged(mark, "Trying to vfree() nonexistent vm area ("), 3);
	vunmap(p); /* it is not a vmap */
	assert_int_equal(logged(mark, "WARNING"), 5);
	memset(p, 1, 20000);
	vfree(p);
	vfree(p);
	assert_int_equal(logged(mark, "Trying to vfree() nonexistent vm area ("), 4);
	kfree(q);
	halt();
}

static char *vmallocinfo_text(struct seq_file *m)
{
	seq_buffer_open(m);
	vmallocinfo_show(m, NULL);
	return (char *)seq_buffer_text(m);
}

static void test_7_5_vmallocinfo(void **state)
{
	char expected[128];
	struct seq_file m;
	u8 *small, *large, *gone;
	char *text;

	boot("mem=64M,cpus=1");
	machine_idle();
	small = vmalloc(5000);
	large = vmalloc(4 << 20); /* its array of pages is vmalloc'ed as well */
	gone = vmalloc(4096);
	vfree(gone);
	text = vmallocinfo_text(&m);
	snprintf(expected, sizeof(expected), "0x%016lx-0x%016lx %7ld test_7_5_vmallocinfo+0x",
		 (unsigned long)small, (unsigned long)small + 12288, 12288l);
	assert_memory_equal(text, expected, strlen(expected));
	assert_non_null(strstr(text, " pages=2 vmalloc N0=2\n"));
	snprintf(expected, sizeof(expected), "0x%016lx-0x%016lx %7ld test_7_5_vmallocinfo+0x",
		 (unsigned long)large, (unsigned long)large + (4 << 20) + 4096, (4l << 20) + 4096);
	assert_non_null(strstr(text, expected));
	assert_non_null(strstr(text, " pages=1024 vmalloc vpages N0=1024\n"));
	snprintf(expected, sizeof(expected), "0x%016lx-0x%016lx %7ld unpurged vm_area\n",
		 (unsigned long)gone, (unsigned long)gone + 8192, 8192l);
	assert_non_null(strstr(text, expected));
	seq_buffer_release(&m);
	vfree(small);
	vfree(large);
	machine_idle();
	assert_string_equal(vmallocinfo_text(&m), "");
	seq_buffer_release(&m);
	halt();
}

static void test_7_6_vmap(void **state)
{
	struct page *pages[6];
	u8 *p;
	u64 mark;

	boot("mem=64M,cpus=1");
	for (int i = 0; i < 5; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	pages[5] = pages[0]; /* the same frame may appear twice */
	p = vmap(pages, 6, VM_MAP, 0);
	assert_non_null(p);
	for (int i = 0; i < 6; i++) {
		p[i * PAGE_SIZE + 3] = i;
		assert_int_equal(((u8 *)page_address(pages[i]))[3], i);
		assert_ptr_equal(vmalloc_to_page(p + i * PAGE_SIZE), pages[i]);
	}
	assert_int_equal(p[3], 5);
	assert_null(vmalloc_to_page(p + 6 * PAGE_SIZE));
	mark = log_next_seq();
	vfree(p);
	assert_int_equal(logged(mark, "WARNING"), 1);
	vunmap(p);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(page_count(pages[i]), 1);
		__free_page(pages[i]);
	}
	assert_null(vmap(pages, 0, VM_MAP, 0));
	assert_null(vmap(pages, 1u << 30, VM_MAP, 0));
	halt();
}

static void test_7_6_addresses_that_are_none(void **state)
{
	int on_stack;
	void *p;

	boot("mem=64M,cpus=1");
	p = kmalloc(100, GFP_KERNEL);
	assert_false(is_vmalloc_addr(p));
	assert_false(is_vmalloc_addr(NULL));
	assert_false(is_vmalloc_addr(&on_stack));
	assert_true(is_vmalloc_addr((void *)VMALLOC_START));
	assert_false(is_vmalloc_addr((void *)VMALLOC_END));
	assert_null(vmalloc_to_page(p));
	assert_null(vmalloc_to_page((void *)(VMALLOC_START + 4096)));
	assert_int_equal(vmalloc_to_pfn(p), 0);
	kfree(p);
	halt();
}

static void test_1_2_vmalloc_under_a_lock_is_reported(void **state)
{
	DEFINE_SPINLOCK(lock);
	u64 mark;
	void *p;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	spin_lock(&lock);
	p = vmalloc(4096);
	spin_unlock(&lock);
	assert_true(logged(mark, "sleeping function called from invalid context") >= 1);
	vfree(p);
	halt();
}

#define AREAS 24

static void random_areas(struct worker *w)
{
	struct {
		u8 *p;
		unsigned long size;
	} a[AREAS] = { 0 };
	struct seq_file m;

	for (unsigned long i = 0; i < stress(500); i++) {
		unsigned int k = random_of(w, AREAS);

		if (a[k].p) {
			w->errors += a[k].p[0] != (u8)k || a[k].p[a[k].size - 1] != (u8)w->nr;
			w->errors += !vmalloc_to_page(a[k].p);
			vfree(a[k].p);
			a[k].p = NULL;
			continue;
		}
		a[k].size = 2 + random_of(w, random_of(w, 10) ? 50000 : 3000000);
		a[k].p = __vmalloc(a[k].size, GFP_KERNEL | __GFP_NOWARN);
		if (a[k].p) {
			a[k].p[0] = k;
			a[k].p[a[k].size - 1] = w->nr;
		}
		if (i % 50 == 0) { /* somebody looks meanwhile */
			seq_buffer_open(&m);
			vmallocinfo_show(&m, NULL);
			seq_buffer_release(&m);
		}
	}
	for (int k = 0; k < AREAS; k++)
		vfree(a[k].p);
}

static void test_stress_many_threads(void **state)
{
	static const char *const machines[] = { "mem=64M,cpus=1", "mem=64M,cpus=2" };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		unsigned long free;

		boot(machines[i]);
		free = free_pages_and_tables();
		assert_int_equal(run_workers(4, random_areas, NULL), 0);
		assert_int_equal(machine_check(), 0);
		assert_int_equal(vmalloc_nr_pages(), 0);
		assert_free_pages_and_tables(free);
		halt();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_7_1_page_aligned_and_contiguous),
		machine_test(test_7_1_scattered_frames),
		machine_test(test_7_1_sizes_that_cannot_be),
		machine_test(test_7_1_when_memory_runs_out),
		machine_test(test_7_1_zeroed),
		machine_test(test_7_2_the_guard_page_faults),
		machine_test(test_7_2_areas_are_a_guard_apart),
		machine_test(test_7_4_wrong_frees),
		machine_test(test_7_5_vmallocinfo),
		machine_test(test_7_6_vmap),
		machine_test(test_7_6_addresses_that_are_none),
		machine_test(test_1_2_vmalloc_under_a_lock_is_reported),
		machine_test(test_stress_many_threads),
	};

	return cmocka_run_group_tests_name("mm/vmalloc", tests, NULL, NULL);
}
