/*
 * vmap_area.c: the lowest gap that fits, against a plain search over the same map.
 *
 * Addresses are in pages from VMALLOC_START:
 *
 *	0       4       8      12
 *	|busy   |lazy   |free  |busy ...
 */
#include "machine.h"
#include "mm/vmap_area.h"

#define AT(n) (VMALLOC_START + (n)*PAGE_SIZE)

static struct vm_struct some_area;

static unsigned long take(unsigned long pages, unsigned long align)
{
	struct vmap_area *va = vmap_area_alloc(pages * PAGE_SIZE, align, &some_area);

	assert_non_null(va);
	assert_int_equal(va->va_end - va->va_start, pages * PAGE_SIZE);
	assert_int_equal(vmap_area_check(), 0);
	return va->va_start;
}

static void give(unsigned long addr)
{
	assert_ptr_equal(vmap_area_remove(addr), &some_area);
	assert_int_equal(vmap_area_check(), 0);
}

static void test_7_3_lowest_address_that_fits(void **state)
{
	boot("mem=64M,cpus=1");
	assert_int_equal(take(4, PAGE_SIZE), AT(0));
	assert_int_equal(take(2, PAGE_SIZE), AT(4));
	assert_int_equal(take(4, PAGE_SIZE), AT(6));
	assert_int_equal(take(1, PAGE_SIZE), AT(10));
	give(AT(4));
	give(AT(0));
	vmap_area_purge();
	assert_int_equal(take(5, PAGE_SIZE), AT(0)); /* 0 to 6 is one gap again */
	assert_int_equal(take(2, PAGE_SIZE), AT(11));
	assert_int_equal(take(1, PAGE_SIZE), AT(5));
	give(AT(0));
	give(AT(5));
	give(AT(6));
	give(AT(10));
	give(AT(11));
	halt();
}

static void test_7_3_alignment(void **state)
{
	unsigned long addr;

	boot("mem=64M,cpus=1");
	take(1, PAGE_SIZE);
	for (unsigned long align = PAGE_SIZE; align <= 1ul << 22; align <<= 1) {
		addr = take(3, align);
		assert_int_equal(addr % align, 0);
		give(addr);
	}
	assert_null(vmap_area_alloc(PAGE_SIZE, 1ul << 62, &some_area));
	assert_null(vmap_area_alloc(VMALLOC_TOTAL + PAGE_SIZE, PAGE_SIZE, &some_area));
	give(AT(0));
	halt();
}

static void test_7_4_addresses_rest_until_a_purge(void **state)
{
	struct vmap_info info;

	boot("mem=64M,cpus=1");
	assert_int_equal(take(2, PAGE_SIZE), AT(0));
	give(AT(0));
	assert_int_equal(take(2, PAGE_SIZE), AT(2));
	assert_true(vmap_area_next(VMALLOC_START, &info));
	assert_int_equal(info.start, AT(0));
	assert_false(info.busy);
	assert_null(vmap_area_find(AT(0)));
	assert_null(vmap_area_remove(AT(0)));
	assert_int_equal(vmap_area_purge(), 2);
	assert_int_equal(vmap_area_purge(), 0);
	assert_int_equal(take(2, PAGE_SIZE), AT(0));
	give(AT(0));
	give(AT(2));
	halt();
}

static void test_7_4_purged_above_lazy_max(void **state)
{
	/* fls(CPUs) * 32 MiB */
	static const struct {
		const char *words;
		unsigned long mib;
	} cases[] = { { "mem=64M,cpus=1", 32 },
		      { "mem=64M,cpus=2", 64 },
		      { "mem=64M,cpus=4", 96 } };
	const unsigned long mib = 256; /* pages */

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long n = 0;

		boot(cases[i].words);
		while (n <= cases[i].mib) {
			assert_int_equal(take(mib, PAGE_SIZE), AT(n * mib));
			give(AT(n * mib));
			n++;
		}
		/* The last one was one too many. */
		assert_int_equal(vmap_area_purge(), 0);
		assert_int_equal(take(1, PAGE_SIZE), AT(0));
		give(AT(0));
		halt();
	}
}

static void test_7_4_a_full_range_is_purged_first(void **state)
{
	unsigned long half;

	boot("mem=64M,cpus=1");
	half = VMALLOC_TOTAL / PAGE_SIZE / 2;
	assert_int_equal(take(10, PAGE_SIZE), AT(0));
	give(AT(0)); /* lazy */
	assert_int_equal(take(half, PAGE_SIZE), AT(10));
	assert_int_equal(take(half - 10, PAGE_SIZE), AT(10 + half));
	assert_int_equal(take(10, PAGE_SIZE), AT(0)); /* all that is left */
	assert_null(vmap_area_alloc(PAGE_SIZE, PAGE_SIZE, &some_area));
	give(AT(10));
	give(AT(10 + half));
	give(AT(0));
	vmap_area_purge();
	assert_int_equal(take(2 * half, PAGE_SIZE), AT(0));
	give(AT(0));
	halt();
}

#define SPACE 4096 /* pages that the test lets be used */

/* First fit by looking at every page. */
static long plain_search(const u8 *map, unsigned long pages, unsigned long align)
{
	for (unsigned long at = 0; at + pages <= SPACE; at += align) {
		unsigned long run = 0;

		while (run < pages && !map[at + run])
			run++;
		if (run == pages)
			return at;
	}
	return -1;
}

static void test_7_3_random_areas_against_a_map(void **state)
{
	static u8 map[SPACE]; /* 1 busy, 2 lazily freed */
	static struct {
		unsigned long addr, pages;
	} areas[100];
	struct worker w = { .seed = 5 };

	memset(map, 0, sizeof(map));
	memset(areas, 0, sizeof(areas));
	boot("mem=64M,cpus=1");
	for (unsigned long step = 0; step < stress(5000); step++) {
		unsigned int i = random_of(&w, 100);
		unsigned long n = 1 + random_of(&w, 30), align = 1ul << random_of(&w, 5);

		if (areas[i].pages) {
			give(areas[i].addr);
			memset(map + (areas[i].addr - AT(0)) / PAGE_SIZE, 2, areas[i].pages);
			areas[i].pages = 0;
		} else if (plain_search(map, n, align) >= 0) {
			areas[i].pages = n;
			areas[i].addr = take(n, align * PAGE_SIZE);
			assert_int_equal(areas[i].addr, AT(plain_search(map, n, align)));
			memset(map + (areas[i].addr - AT(0)) / PAGE_SIZE, 1, n);
		}
		if (random_of(&w, 20) == 0) {
			vmap_area_purge();
			for (int k = 0; k < SPACE; k++)
				map[k] = map[k] == 1;
		}
	}
	for (int i = 0; i < 100; i++)
		if (areas[i].pages)
			give(areas[i].addr);
	halt();
}

static void test_find_is_by_any_address_inside(void **state)
{
	struct vmap_area *va;

	boot("mem=64M,cpus=1");
	va = vmap_area_alloc(4 * PAGE_SIZE, PAGE_SIZE, &some_area);
	assert_null(vmap_area_find(va->va_start)); /* still being made */
	vmap_area_publish(va->va_start);
	assert_ptr_equal(vmap_area_find(va->va_start), &some_area);
	assert_ptr_equal(vmap_area_find(va->va_end - 1), &some_area);
	assert_null(vmap_area_find(va->va_end));
	assert_null(vmap_area_remove(va->va_start + PAGE_SIZE)); /* not where it starts */
	give(va->va_start);
	halt();
}

/* The gap that is left in the end is described where it always was: no young slab stays for it. */
static void test_no_slab_stays_when_all_areas_are_gone(void **state)
{
	unsigned long addr[200], stays, before;
	int i, first;

	boot("mem=64M,cpus=1");
	stays = take(1, PAGE_SIZE);
	before = all_free_pages();
	for (first = 0; first < 200; first += 50) {
		for (i = 0; i < 200; i++)
			addr[i] = take(2, i % 5 ? PAGE_SIZE : 8 * PAGE_SIZE);
		for (i = 0; i < 200; i++)
			give(addr[(first + i * 7) % 200]);
		vmap_area_purge();
		assert_int_equal(all_free_pages(), before);
	}
	give(stays);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_7_3_lowest_address_that_fits),
		machine_test(test_7_3_alignment),
		machine_test(test_7_4_addresses_rest_until_a_purge),
		machine_test(test_7_4_purged_above_lazy_max),
		machine_test(test_7_4_a_full_range_is_purged_first),
		machine_test(test_7_3_random_areas_against_a_map),
		machine_test(test_find_is_by_any_address_inside),
		machine_test(test_no_slab_stays_when_all_areas_are_gone),
	};

	return cmocka_run_group_tests_name("mm/vmap_area", tests, NULL, NULL);
}
