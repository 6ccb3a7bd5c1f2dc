/*
 * memblock.c: two sorted arrays of ranges. Most tests have RAM but no machine on it; ranges are
 * given in pages to keep the numbers short:
 *
 *	page	0    1    2    3    4    5
 *		     |----|         |----|	memory or reserved
 */
#include "machine.h"
#include <kmem/ioport.h>
#include "mm/memblock_internal.h"
#include "mm/ram.h"

#define RAM   (16ul << 20)
#define PAGES (RAM / PAGE_SIZE)
#define P(n)  ((phys_addr_t)(n)*PAGE_SIZE)

static int ram_up(void **state)
{
	console_loglevel = 0;
	if (ram_boot(RAM, 0))
		return -1;
	memblock_boot();
	memblock_allow_resize();
	return 0;
}

static int ram_down(void **state)
{
	ram_exit();
	return 0;
}

static unsigned int invariants_broken(const struct memblock_type *type)
{
	phys_addr_t sum = 0;
	unsigned int bad = 0;

	for (unsigned int i = 0; i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i];

		bad += r->size == 0;
		sum += r->size;
		if (i + 1 == type->cnt)
			continue;
		bad += r->base + r->size > r[1].base;
		bad += r->base + r->size == r[1].base && r->nid == r[1].nid && r->name == r[1].name;
	}
	bad += sum != type->total_size;
	return bad;
}

static void assert_region(const struct memblock_type *type, unsigned int i, u64 from, u64 to)
{
	assert_true(i < type->cnt);
	assert_int_equal(type->regions[i].base, P(from));
	assert_int_equal(type->regions[i].size, P(to - from));
	assert_int_equal(invariants_broken(type), 0);
}

static void test_9_1_add_merges_neighbours_of_one_node(void **state)
{
	memblock_add(P(4), P(1));
	memblock_add(P(2), P(1));
	assert_int_equal(memblock.memory.cnt, 2);
	memblock_add(P(3), P(1));
	assert_int_equal(memblock.memory.cnt, 1);
	assert_region(&memblock.memory, 0, 2, 5);
	/* Another node's range stays apart, also where they touch. */
	memblock_add_node(P(5), P(2), 1);
	assert_int_equal(memblock.memory.cnt, 2);
	assert_region(&memblock.memory, 1, 5, 7);
	/* Overlap: what is there keeps its node, only the rest is added. */
	memblock_add_node(P(1), P(9), 2);
	assert_int_equal(memblock.memory.cnt, 4);
	assert_region(&memblock.memory, 0, 1, 2);
	assert_region(&memblock.memory, 3, 7, 10);
	assert_int_equal(memblock_phys_mem_size(), P(9));
	assert_int_equal(memblock_start_of_DRAM(), P(1));
	assert_int_equal(memblock_end_of_DRAM(), P(10));
}

static void test_9_1_reserve_twice_counts_once(void **state)
{
	memblock_reserve(P(2), P(4));
	memblock_reserve(P(3), P(1));
	memblock_reserve(P(2), P(4));
	assert_int_equal(memblock.reserved.cnt, 1);
	assert_int_equal(memblock_reserved_size(), P(4));
	memblock_reserve(P(1), 0);
	assert_int_equal(memblock.reserved.cnt, 1);
	memblock_reserve_named(P(6), P(1), "buffer");
	assert_int_equal(memblock.reserved.cnt, 2); /* it keeps its name, so it is not merged */
}

static void test_9_1_free_splits(void **state)
{
	memblock_reserve(P(2), P(8));
	memblock_phys_free(P(4), P(2));
	assert_int_equal(memblock.reserved.cnt, 2);
	assert_region(&memblock.reserved, 0, 2, 4);
	assert_region(&memblock.reserved, 1, 6, 10);
	memblock_phys_free(P(0), P(3));
	assert_region(&memblock.reserved, 0, 3, 4);
	memblock_phys_free(P(9), P(9));
	assert_region(&memblock.reserved, 1, 6, 9);
	memblock_phys_free(P(0), P(100));
	assert_int_equal(memblock.reserved.cnt, 0);
	memblock_add(P(1), P(10));
	memblock_remove(P(5), P(1));
	assert_int_equal(memblock.memory.cnt, 2);
}

/* "All from here on" is a size that no sum holds. */
static void test_9_1_ranges_without_an_end(void **state)
{
	const phys_addr_t all = ~(phys_addr_t)0;

	memblock_add(P(1), P(10));
	memblock_remove(P(6), all);
	assert_region(&memblock.memory, 0, 1, 6);
	memblock_reserve(P(2), all);
	assert_int_equal(memblock.reserved.cnt, 1);
	assert_true(memblock_is_reserved(P(100)));
	assert_true(memblock_is_region_reserved(P(1), all));
	assert_true(memblock_is_region_memory(P(2), P(4)));
	assert_false(memblock_is_region_memory(P(2), all));
	memblock_phys_free(P(3), all);
	assert_region(&memblock.reserved, 0, 2, 3);
}

static void test_9_1_is_memory_and_is_reserved_at_the_edges(void **state)
{
	memblock_add(P(2), P(2));
	memblock_reserve(P(3), P(1));
	assert_false(memblock_is_memory(P(2) - 1));
	assert_true(memblock_is_memory(P(2)));
	assert_true(memblock_is_memory(P(4) - 1));
	assert_false(memblock_is_memory(P(4)));
	assert_false(memblock_is_reserved(P(3) - 1));
	assert_true(memblock_is_reserved(P(3)));
	assert_false(memblock_is_reserved(P(4)));
}

static void test_9_1_alloc_is_top_down_or_bottom_up(void **state)
{
	memblock_add(P(1), P(99));
	memblock_reserve(P(95), P(1));
	assert_int_equal(__pa(memblock_alloc(P(4), PAGE_SIZE)), P(96));
	assert_int_equal(__pa(memblock_alloc(P(4), PAGE_SIZE)), P(91));
	assert_int_equal(__pa(memblock_alloc(PAGE_SIZE, P(16))), P(80));
	memblock.bottom_up = true;
	assert_int_equal(__pa(memblock_alloc(P(2), PAGE_SIZE)), P(1));
	assert_int_equal(__pa(memblock_alloc(P(2), P(8))), P(8));
	/* Without an alignment: a cache line. */
	assert_int_equal(__pa(memblock_alloc(1, 0)), P(3));
	assert_int_equal(__pa(memblock_alloc(1, 0)), P(3) + SMP_CACHE_BYTES);
	assert_null(memblock_alloc(P(90), PAGE_SIZE));
	assert_int_equal(invariants_broken(&memblock.reserved), 0);
}

static void test_9_1_alloc_is_zeroed_also_when_used_before(void **state)
{
	char *p, *again;

	memblock_add(P(1), P(50));
	p = memblock_alloc(P(2), PAGE_SIZE);
	memset(p, 0xa5, P(2));
	memblock_free(p, P(2));
	again = memblock_alloc(P(2), PAGE_SIZE);
	assert_ptr_equal(again, p);
	for (size_t i = 0; i < P(2); i++)
		assert_int_equal(again[i], 0);
	memblock_free(NULL, P(1));
}

static void test_9_1_limits(void **state)
{
	memblock_add(P(1), P(99));
	memblock.current_limit = P(40);
	assert_int_equal(__pa(memblock_alloc(P(1), PAGE_SIZE)), P(39));
	memblock.current_limit = MEMBLOCK_ALLOC_ANYWHERE;
	assert_int_equal(memblock_phys_alloc_range(P(1), PAGE_SIZE, P(10), P(20)), P(19));
	assert_int_equal(memblock_phys_alloc_range(P(11), PAGE_SIZE, P(10), P(20)), 0);
	/* A lower limit that cannot be met is dropped. */
	assert_int_equal(__pa(memblock_alloc_try_nid(P(2), PAGE_SIZE, P(50), P(60), 0)), P(58));
	assert_int_equal(__pa(memblock_alloc_try_nid(P(9), PAGE_SIZE, P(50), P(58), 0)), P(49));
	assert_true(memblock_alloc_try_nid(P(5), PAGE_SIZE, P(50), P(54), 0) != NULL);
}

static void test_9_1_a_full_node_falls_back(void **state)
{
	memblock_add_node(P(1), P(4), 0);
	memblock_add_node(P(5), P(4), 1);
	assert_int_equal(__pa(memblock_alloc_node(P(3), PAGE_SIZE, 0)), P(2));
	assert_int_equal(__pa(memblock_alloc_node(P(3), PAGE_SIZE, 0)), P(6));
	assert_null(memblock_alloc_node(P(3), PAGE_SIZE, 1));
}

static void test_9_1_an_exact_node_does_not_fall_back(void **state)
{
	memblock_add_node(P(1), P(9), 0);
	memblock_add_node(P(10), P(10), 1);
	assert_int_equal(__pa(memblock_alloc_exact_nid_raw(P(6), PAGE_SIZE, 0, P(20), 0)), P(4));
	assert_null(memblock_alloc_exact_nid_raw(P(6), PAGE_SIZE, 0, P(20), 0));
	/* The lower limit goes, the node stays. */
	assert_int_equal(__pa(memblock_alloc_exact_nid_raw(P(3), PAGE_SIZE, P(12), P(20), 0)),
			 P(1));
	assert_int_equal(__pa(memblock_alloc_try_nid_raw(P(6), PAGE_SIZE, 0, P(20), 0)), P(14));
	assert_int_equal(memblock_phys_alloc_try_nid(P(4), PAGE_SIZE, 0), P(10));
	assert_int_equal(memblock_phys_alloc(P(1), PAGE_SIZE), 0);
}

static void test_9_1_without_its_lower_limit_the_node_is_wished_for_again(void **state)
{
	memblock_add_node(P(1), P(9), 0);
	memblock_add_node(P(10), P(10), 1);
	/* Above page 18 is room for two pages only; below it node 0 has room, as was wished. */
	assert_int_equal(__pa(memblock_alloc_try_nid(P(3), PAGE_SIZE, P(18), P(20), 0)), P(7));
	assert_int_equal(__pa(memblock_alloc_from(P(3), PAGE_SIZE, P(12))), P(17));
}

static void test_9_1_upper_limits_in_words(void **state)
{
	memblock_add(P(1), P(99));
	memblock_set_current_limit(P(50));
	assert_int_equal(memblock_get_current_limit(), P(50));
	assert_int_equal(memblock_phys_alloc_range(P(1), PAGE_SIZE, 0, MEMBLOCK_ALLOC_ACCESSIBLE),
			 P(49));
	assert_int_equal(memblock_phys_alloc_range(P(1), PAGE_SIZE, 0, MEMBLOCK_ALLOC_ANYWHERE),
			 P(48));
	assert_int_equal(__pa(memblock_alloc_low(P(1), PAGE_SIZE)), P(47));
	memblock_set_bottom_up(true);
	assert_true(memblock_bottom_up());
	assert_int_equal(__pa(memblock_alloc_raw(P(1), PAGE_SIZE)), P(1));
}

static void test_9_1_is_region_memory_or_reserved(void **state)
{
	memblock_add_node(P(2), P(3), 0);
	memblock_add_node(P(5), P(3), 1);
	memblock_reserve(P(4), P(1));
	assert_true(memblock_is_region_memory(P(2), P(6))); /* over both nodes */
	assert_false(memblock_is_region_memory(P(1), P(2)));
	assert_false(memblock_is_region_memory(P(7), P(2)));
	assert_false(memblock_is_region_memory(P(9), P(1)));
	assert_true(memblock_is_region_reserved(P(2), P(3)));
	assert_true(memblock_is_region_reserved(P(4), 1));
	assert_false(memblock_is_region_reserved(P(2), P(2)));
	assert_false(memblock_is_region_reserved(P(5), P(9)));
}

static void test_9_2_debugfs_lines(void **state)
{
	const struct memblock_region *r;
	phys_addr_t sum = 0;
	struct seq_file m;

	memblock_add_node(P(1), P(7), 0);
	memblock_add_node(P(8), P(8), 1);
	memblock_reserve(P(9), P(2));
	for_each_mem_region(r)
		sum += r->size;
	assert_int_equal(sum, P(15));
	for_each_reserved_mem_region(r) sum -= r->size;
	assert_int_equal(sum, P(13));
	seq_buffer_open(&m);
	memblock_memory_show(&m, NULL);
	memblock_reserved_show(&m, NULL);
	assert_string_equal(seq_buffer_text(&m),
			    "   0: 0x0000000000001000..0x0000000000007fff    0 NONE\n"
			    "   1: 0x0000000000008000..0x000000000000ffff    1 NONE\n"
			    "   0: 0x0000000000009000..0x000000000000afff    1 NONE\n");
	seq_buffer_release(&m);
}

static void test_9_2_iomem_over_two_nodes(void **state)
{
	struct seq_file m;

	memblock_add_node(P(1), P(7), 0);
	memblock_add_node(P(8), P(8), 1);
	memblock_reserve(P(7), P(3));
	seq_buffer_open(&m);
	iomem_show(&m, NULL);
	assert_non_null(strstr(seq_buffer_text(&m), "00001000-00007fff : System RAM\n"
						    "  00007000-00007fff : Kernel data\n"
						    "00008000-0000ffff : System RAM\n"
						    "  00008000-00009fff : Kernel data\n"));
	seq_buffer_release(&m);
}

static void test_free_ranges_are_memory_minus_reserved(void **state)
{
	static const u64 expected[][2] = { { 1, 3 }, { 4, 5 }, { 8, 10 } };
	phys_addr_t pos = 0, start, end;
	int nid;

	memblock_add_node(P(1), P(4), 0);
	memblock_add_node(P(7), P(3), 1);
	memblock_reserve(P(3), P(1));
	memblock_reserve(P(6), P(2));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++, pos = end) {
		assert_true(memblock_next_free_range(pos, &start, &end, &nid));
		assert_int_equal(start, P(expected[i][0]));
		assert_int_equal(end, P(expected[i][1]));
		assert_int_equal(nid, i == 2);
	}
	assert_false(memblock_next_free_range(pos, &start, &end, &nid));
}

static void test_9_1_arrays_double(void **state)
{
	memblock_add(P(1), P(PAGES - 1));
	for (unsigned int i = 0; i < 1500; i++)
		assert_int_equal(memblock_reserve(P(2 + 2 * i), PAGE_SIZE), 0);
	assert_true(memblock.reserved.max >= 2048);
	assert_int_equal(invariants_broken(&memblock.reserved), 0);
	for (unsigned int i = 0; i < 1500; i++) {
		assert_true(memblock_is_reserved(P(2 + 2 * i)));
		assert_false(memblock_is_reserved(P(3 + 2 * i)));
	}
	/* The array's own home is reserved as well. */
	assert_true(memblock_is_reserved(__pa(memblock.reserved.regions)));
}

/* One call that fills many holes needs a larger array on its way. */
static void test_9_1_array_doubles_in_the_middle_of_a_call(void **state)
{
	memblock_add(P(1), P(PAGES - 1));
	for (unsigned int i = 0; i < 126; i++)
		memblock_reserve(P(2 + 2 * i), PAGE_SIZE);
	assert_int_equal(memblock_reserve(P(2), P(251)), 0);
	assert_int_equal(invariants_broken(&memblock.reserved), 0);
	for (unsigned int i = 2; i < 253; i++)
		assert_true(memblock_is_reserved(P(i)));
}

/* Random reserves and frees beside a map with a byte for each page. */
static void test_9_1_random_ranges_against_a_map(void **state)
{
	static u8 map[PAGES];
	struct worker w = { .seed = 4711 };

	memset(map, 0, sizeof(map));
	memblock_add(P(1), P(PAGES - 1));
	for (unsigned long step = 0; step < stress(3000); step++) {
		u64 from = 1 + random_of(&w, 900), n = 1 + random_of(&w, 20);
		bool take = random_of(&w, 2);

		if (take)
			assert_int_equal(memblock_reserve(P(from), P(n)), 0);
		else
			assert_int_equal(memblock_phys_free(P(from), P(n)), 0);
		memset(map + from, take, n);
		assert_int_equal(invariants_broken(&memblock.reserved), 0);
		for (unsigned int i = 1; i < 930; i++)
			assert_int_equal(memblock_is_reserved(P(i)), map[i]);
	}
}

static void test_9_2_free_all_hands_over_what_is_not_reserved(void **state)
{
	phys_addr_t pos = 0, start, end;
	unsigned long pages = 0;

	boot("mem=64M,cpus=2");
	for (; memblock_next_free_range(pos, &start, &end, NULL); pos = end)
		if (PAGE_ALIGN(start) < ALIGN_DOWN(end, PAGE_SIZE))
			pages += (ALIGN_DOWN(end, PAGE_SIZE) - PAGE_ALIGN(start)) >> PAGE_SHIFT;
	assert_true(pages > 15000);
	assert_int_equal(totalram_pages(), pages);
	halt();
}

static void test_9_2_late_alloc_warns_and_takes_objects(void **state)
{
	u64 mark;
	char *p;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	p = memblock_alloc(100, 0);
	assert_non_null(p);
	assert_true(logged(mark, "WARNING") >= 1);
	assert_int_equal(ksize(p), 128);
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	kfree(p);
	halt();
}

#define with_ram(name) cmocka_unit_test_setup_teardown(name, ram_up, ram_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_ram(test_9_1_add_merges_neighbours_of_one_node),
		with_ram(test_9_1_reserve_twice_counts_once),
		with_ram(test_9_1_free_splits),
		with_ram(test_9_1_ranges_without_an_end),
		with_ram(test_9_1_is_memory_and_is_reserved_at_the_edges),
		with_ram(test_9_1_alloc_is_top_down_or_bottom_up),
		with_ram(test_9_1_alloc_is_zeroed_also_when_used_before),
		with_ram(test_9_1_limits),
		with_ram(test_9_1_a_full_node_falls_back),
		with_ram(test_9_1_an_exact_node_does_not_fall_back),
		with_ram(test_9_1_without_its_lower_limit_the_node_is_wished_for_again),
		with_ram(test_9_1_upper_limits_in_words),
		with_ram(test_9_1_is_region_memory_or_reserved),
		with_ram(test_9_2_debugfs_lines),
		with_ram(test_9_2_iomem_over_two_nodes),
		with_ram(test_free_ranges_are_memory_minus_reserved),
		with_ram(test_9_1_arrays_double),
		with_ram(test_9_1_array_doubles_in_the_middle_of_a_call),
		with_ram(test_9_1_random_ranges_against_a_map),
		machine_test(test_9_2_free_all_hands_over_what_is_not_reserved),
		machine_test(test_9_2_late_alloc_warns_and_takes_objects),
	};

	return cmocka_run_group_tests_name("mm/memblock", tests, NULL, NULL);
}
