/* vmap_block.c: pieces of a CPU's blocks for vm_map_ram(), rule 7.6. */
#include "machine.h"
#include "mm/vmap_area.h"
#include "mm/vmalloc.h"
#include "mm/tlb.h"

#define BLOCK (1024 * PAGE_SIZE)

static struct page *pages[VMAP_MAX_ALLOC + 1];

static void boot_with_pages(const char *words)
{
	boot(words);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_page(GFP_KERNEL);
}

static void halt_with_pages(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		__free_page(pages[i]);
	halt();
}

static u8 *map(unsigned int count)
{
	u8 *p = vm_map_ram(pages, count, NUMA_NO_NODE);

	assert_non_null(p);
	assert_ptr_equal(vmalloc_to_page(p + (count - 1) * PAGE_SIZE), pages[count - 1]);
	assert_int_equal(machine_check(), 0);
	return p;
}

static void unmap(u8 *p, unsigned int count)
{
	vm_unmap_ram(p, count);
	assert_null(vmalloc_to_page(p));
	assert_int_equal(machine_check(), 0);
}

static unsigned int lines(const char *part)
{
	struct seq_file m;
	unsigned int n = 0;

	seq_buffer_open(&m);
	vmallocinfo_show(&m, NULL);
	for (const char *at = seq_buffer_text(&m); (at = strstr(at, part)); at++)
		n++;
	seq_buffer_release(&m);
	return n;
}

/* One after the other, each with room for a power of two. */
static void test_7_6_pieces_of_a_block(void **state)
{
	u8 *a, *b, *c, *d, *large;

	boot_with_pages("mem=64M,cpus=1");
	a = map(1);
	b = map(3);
	c = map(1);
	d = map(64);
	assert_int_equal((unsigned long)a % BLOCK, 0);
	assert_ptr_equal(b, a + PAGE_SIZE);
	assert_ptr_equal(c, b + 4 * PAGE_SIZE);
	assert_ptr_equal(d, c + PAGE_SIZE);
	large = map(65);
	assert_true(large < a || large >= a + BLOCK);
	assert_int_equal(lines(" 4194304 vm_map_ram\n"), 1);
	assert_int_equal(lines("  266240 vm_map_ram\n"), 1);
	/* Behind the three there is nothing. */
	assert_null(vmalloc_to_page(b + 3 * PAGE_SIZE));
	unmap(large, 65);
	unmap(b, 3);
	/* What came back is not handed out again. */
	b = map(3);
	assert_ptr_equal(b, d + 64 * PAGE_SIZE);
	unmap(a, 1);
	unmap(c, 1);
	unmap(d, 64);
	assert_int_equal(lines(" vm_map_ram\n"), 1);
	unmap(b, 3);
	machine_idle();
	assert_int_equal(lines("\n"), 0);
	halt_with_pages();
}

/* When the window is full, a block in which nothing is in use makes room, and only such a one. */
static void test_7_6_a_full_window_takes_unused_blocks(void **state)
{
	static struct vm_struct rest;
	struct vmap_area *va;
	u8 *p;

	boot_with_pages("mem=64M,cpus=1");
	p = map(1);
	va = vmap_area_alloc(VMALLOC_TOTAL - BLOCK, PAGE_SIZE, &rest);
	assert_non_null(va);
	assert_null(vm_map_ram(pages, 65, NUMA_NO_NODE));
	unmap(p, 1);
	assert_int_equal(lines(" vm_map_ram\n"), 1);
	p = map(65);
	assert_int_equal(lines(" 4194304 vm_map_ram\n"), 0);
	unmap(p, 65);
	p = map(3); /* a block needs all there is */
	unmap(p, 3);
	assert_ptr_equal(vmap_area_remove(va->va_start), &rest);
	halt_with_pages();
}

/* It goes when all of it was handed out and came back, and not before. */
static void test_7_6_a_block_comes_and_goes(void **state)
{
	u8 *p[17];

	boot_with_pages("mem=64M,cpus=1");
	for (int i = 0; i < 16; i++)
		p[i] = map(64);
	assert_int_equal(lines(" 4194304 vm_map_ram\n"), 1);
	p[16] = map(64);
	assert_int_equal(lines(" 4194304 vm_map_ram\n"), 2);
	for (int i = 0; i < 15; i++)
		unmap(p[i], 64);
	assert_int_equal(lines(" 4194304 vm_map_ram\n"), 2);
	unmap(p[15], 64);
	assert_int_equal(lines(" 4194304 vm_map_ram\n"), 1);
	/* Its addresses rest until a purge. */
	assert_int_equal(lines(" 4194304 unpurged vm_area\n"), 1);
	unmap(p[16], 64);
	vm_unmap_aliases();
	assert_int_equal(lines("\n"), 0);
	halt_with_pages();
}

static void test_7_6_what_is_too_large_for_the_rest(void **state)
{
	u8 *first, *p, *q;

	boot_with_pages("mem=64M,cpus=1");
	first = map(1);
	for (int i = 0; i < 15; i++)
		map(64);
	/* 63 pages are left: not for 64 of them, but for fewer. */
	p = map(64);
	assert_true(p < first || p >= first + BLOCK);
	q = map(32);
	assert_true(q == p + 64 * PAGE_SIZE || q == first + (1 + 15 * 64) * PAGE_SIZE);
	unmap(p, 64);
	unmap(q, 32);
	for (int i = 0; i < 15; i++)
		unmap(first + (1 + i * 64) * PAGE_SIZE, 64);
	unmap(first, 1);
	halt_with_pages();
}

static long map_here(void *arg)
{
	return (long)map(1);
}

static void test_7_6_each_CPU_has_its_own(void **state)
{
	u8 *p[4];

	boot_with_pages("mem=64M,cpus=4");
	for (unsigned int cpu = 0; cpu < 4; cpu++) {
		p[cpu] = (u8 *)work_on_cpu(cpu, map_here, NULL);
		for (unsigned int other = 0; other < cpu; other++)
			assert_true((unsigned long)p[cpu] / BLOCK !=
				    (unsigned long)p[other] / BLOCK);
	}
	for (unsigned int cpu = 0; cpu < 4; cpu++)
		unmap(p[cpu], 1);
	halt_with_pages();
}

static void test_7_6_wrong_unmaps(void **state)
{
	u8 *p, *q;
	u64 mark;

	boot_with_pages("mem=64M,cpus=1");
	p = map(4);
	q = map(2);
	mark = log_next_seq();
	vm_unmap_ram(p + PAGE_SIZE, 1);
	vm_unmap_ram(q + 2 * PAGE_SIZE, 1);
	vm_unmap_ram(p + BLOCK, 1);
	assert_int_equal(logged(mark, "Trying to vm_unmap_ram() nonexistent vm area"), 3);
	vfree(p);
	vunmap(p);
	assert_int_equal(logged(mark, "nonexistent vm area"), 5);
	assert_non_null(vmalloc_to_page(p));
	vm_unmap_ram(p, 3);
	assert_int_equal(logged(mark, "vm_unmap_ram() of 3 pages of 4"), 1);
	assert_null(vmalloc_to_page(p + 3 * PAGE_SIZE));
	vm_unmap_ram(p, 4);
	assert_int_equal(logged(mark, "nonexistent vm area"), 6);
	unmap(q, 2);
	halt_with_pages();
}

/* vm_unmap_aliases(): the host knows nothing of what came back, in blocks that stay, too. */
static void test_7_4_no_mapping_outlives_a_purge(void **state)
{
	unsigned long before;
	u8 *kept, *p;

	boot_with_pages("mem=64M,cpus=1");
	before = tlb_runs();
	kept = map(1);
	for (int i = 0; i < 100; i++) {
		p = map(1);
		*p = i;
		unmap(p, 1);
	}
	vm_unmap_aliases();
	assert_int_equal(tlb_runs(), before + 1);
	assert_int_equal(machine_check(), 0);
	*kept = 7;
	assert_int_equal(*(u8 *)page_address(pages[0]), 7);
	unmap(kept, 1);
	halt_with_pages();
}

/* Without memory for the block, its area or a page table: nothing has happened. */
static void test_7_6_without_memory(void **state)
{
	struct page *page, *next;
	unsigned int mapped = 0, failed = 0;
	LIST_HEAD(taken);

	boot_with_pages("mem=16M,cpus=1");
	for (unsigned int left = 0; left < 12; left++) {
		u8 *p;

		machine_idle();
		while ((page = alloc_page(GFP_NOWAIT | __GFP_NOWARN)))
			list_add(&page->lru, &taken);
		for (unsigned int i = 0; i < left; i++) {
			page = list_first_entry(&taken, struct page, lru);
			list_del(&page->lru);
			__free_page(page);
		}
		p = vm_map_ram(pages, 4, NUMA_NO_NODE);
		if (p) {
			assert_ptr_equal(vmalloc_to_page(p + 3 * PAGE_SIZE), pages[3]);
			vm_unmap_ram(p, 4);
		}
		mapped += p != NULL;
		failed += p == NULL;
		assert_int_equal(machine_check(), 0);
		list_for_each_entry_safe(page, next, &taken, lru)
			__free_page(page);
		INIT_LIST_HEAD(&taken);
	}
	assert_true(mapped && failed);
	machine_idle();
	assert_int_equal(lines("\n"), 0);
	halt_with_pages();
}

static void test_pieces_left_at_the_halt(void **state)
{
	u64 mark;

	boot("mem=64M,cpus=2");
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_page(GFP_KERNEL);
	for (int i = 0; i < 40; i++)
		map(64);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		__free_page(pages[i]);
	mark = log_next_seq();
	assert_int_equal(machine_halt(), 40);
	assert_int_equal(logged(mark, "leak: vm_map_ram() of 64 pages"), 40);
}

static void come_and_go(struct worker *w)
{
	u8 *held[8] = { NULL };
	unsigned int count[8];

	for (unsigned long n = 0; n < stress(5000); n++) {
		unsigned int i = random_of(w, 8);

		if (held[i]) {
			w->errors += vmalloc_to_page(held[i]) != pages[0];
			vm_unmap_ram(held[i], count[i]);
			held[i] = NULL;
		} else {
			count[i] = 1 + random_of(w, random_of(w, 4) ? 4 : VMAP_MAX_ALLOC);
			held[i] = vm_map_ram(pages, count[i], NUMA_NO_NODE);
			w->errors += !held[i];
		}
		if (random_of(w, 1000) == 0)
			vm_unmap_aliases();
	}
	for (int i = 0; i < 8; i++)
		if (held[i])
			vm_unmap_ram(held[i], count[i]);
}

static void test_stress_from_all_sides(void **state)
{
	boot_with_pages("mem=64M,cpus=3");
	assert_int_equal(run_workers(5, come_and_go, NULL), 0);
	assert_int_equal(machine_check(), 0);
	machine_idle();
	assert_int_equal(lines("\n"), 0);
	halt_with_pages();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_7_6_pieces_of_a_block),
		machine_test(test_7_6_a_full_window_takes_unused_blocks),
		machine_test(test_7_6_a_block_comes_and_goes),
		machine_test(test_7_6_what_is_too_large_for_the_rest),
		machine_test(test_7_6_each_CPU_has_its_own),
		machine_test(test_7_6_wrong_unmaps),
		machine_test(test_7_4_no_mapping_outlives_a_purge),
		machine_test(test_7_6_without_memory),
		machine_test(test_pieces_left_at_the_halt),
		machine_test(test_stress_from_all_sides),
	};

	return cmocka_run_group_tests_name("mm/vmap_block", tests, NULL, NULL);
}
