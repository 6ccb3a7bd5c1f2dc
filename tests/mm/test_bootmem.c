/* bootmem.c: the book's boot-time allocation, and the buffers of the boot line. */
#include "machine.h"
#include "mm/iomem.h"
#include "mm/zone.h"

#define MAX_DMA_ADDRESS (16ul << 20)
#define BUFFER		(3 * PAGE_SIZE + 100)

static struct {
	void *plain[2], *low, *pages, *low_pages;
	void *buffer; /* BUFFER bytes, freed before the boot is over, but for its first page */
} got;

static void take(void)
{
	got.plain[0] = alloc_bootmem(100);
	got.plain[1] = alloc_bootmem(1);
	got.low = alloc_bootmem_low(5000);
	got.pages = alloc_bootmem_pages(5000);
	got.low_pages = alloc_bootmem_low_pages(1);
	got.buffer = alloc_bootmem_pages(BUFFER);
	/* Not the page that the end is in, nor the one that the beginning is. */
	free_bootmem(__pa(got.buffer) + 1, BUFFER - 1);
}

static void boot_early(const char *words, void (*early_init)(void), int expected)
{
	struct machine_config cfg;

	console_loglevel = 0;
	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, words), 0);
	cfg.early_init = early_init;
	assert_int_equal(machine_boot(&cfg), expected);
}

static bool is_zero(const void *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((const char *)p)[i])
			return false;
	return true;
}

static bool is_page_aligned(const void *p)
{
	return !offset_in_page((unsigned long)p);
}

static void test_9_3_where_it_comes_from(void **state)
{
	boot_early("mem=64M,cpus=1", take, 0);
	assert_true(__pa(got.plain[0]) >= MAX_DMA_ADDRESS);
	assert_true(__pa(got.plain[1]) >= MAX_DMA_ADDRESS);
	assert_true(__pa(got.pages) >= MAX_DMA_ADDRESS);
	assert_true(__pa(got.low) < MAX_DMA_ADDRESS);
	assert_true(__pa(got.low_pages) < MAX_DMA_ADDRESS);
	assert_int_equal((unsigned long)got.plain[0] % SMP_CACHE_BYTES, 0);
	assert_int_equal((unsigned long)got.plain[1] % SMP_CACHE_BYTES, 0);
	assert_int_equal((unsigned long)got.low % SMP_CACHE_BYTES, 0);
	assert_true(is_page_aligned(got.pages) && is_page_aligned(got.low_pages));
	assert_true(is_zero(got.plain[0], 100) && is_zero(got.low, 5000) &&
		    is_zero(got.pages, 8192) && is_zero(got.low_pages, 4096));
	/* It is never the page allocator's. */
	assert_true(PageReserved(virt_to_page(got.plain[0])));
	assert_true(PageReserved(virt_to_page(got.pages) + 1));
	halt();
}

/* A machine with nothing above 16 MiB gives what it has. */
static void test_9_3_above_16M_is_a_wish(void **state)
{
	boot_early("mem=16M,cpus=1", take, 0);
	assert_true(__pa(got.plain[0]) < MAX_DMA_ADDRESS);
	halt();
}

static void test_9_3_only_whole_pages_are_freed(void **state)
{
	struct page *page;

	boot_early("mem=64M,cpus=1", take, 0);
	page = virt_to_page(got.buffer);
	assert_true(PageReserved(page));
	assert_false(memblock_is_reserved(page_to_phys(page + 1)));
	assert_false(memblock_is_reserved(page_to_phys(page + 2)));
	assert_true(memblock_is_reserved(page_to_phys(page + 3)));
	halt();
}

static void test_9_3_freed_after_the_boot(void **state)
{
	unsigned long managed, free;
	struct page *page;
	u64 mark;

	boot_early("mem=64M,cpus=1", take, 0);
	page = virt_to_page(got.pages);
	managed = totalram_pages();
	free = all_free_pages();
	free_bootmem(__pa(got.pages), 8192);
	assert_int_equal(totalram_pages(), managed + 2);
	assert_all_free(free + 2);
	assert_false(PageReserved(page) || PageReserved(page + 1));
	assert_int_equal(machine_check(), 0);
	mark = log_next_seq();
	free_bootmem(__pa(got.pages), 8192); /* not any more */
	assert_int_equal(logged(mark, "which is not reserved"), 2);
	free_bootmem(__pa(got.plain[0]), 100); /* no whole page */
	assert_int_equal(totalram_pages(), managed + 2);
	halt();
}

static void take_too_much(void)
{
	alloc_bootmem(1ul << 30);
}

static void test_9_3_failure_ends_the_boot(void **state)
{
	u64 mark = log_next_seq();

	boot_early("mem=64M,cpus=1", take_too_much, -ENOMEM);
	assert_false(machine_is_up());
	assert_int_equal(logged(mark, "bootmem alloc of 1073741824 bytes failed!"), 1);
	boot("mem=64M,cpus=1");
	halt();
}

static char *iomem_text(void)
{
	struct seq_file m;
	char *text;

	seq_buffer_open(&m);
	iomem_show(&m, NULL);
	text = strdup(seq_buffer_text(&m));
	seq_buffer_release(&m);
	return text;
}

/* In one piece, of whole pages, nobody else's, and named in proc/iomem. */
static void test_9_3_buffers_of_the_boot_line(void **state)
{
	static const struct {
		const char *words, *name;
		u64 size;
	} cases[] = {
		{ "mem=64M,cpus=1,bootmem=one:1", "one", 1 },
		{ "mem=64M,cpus=1,bootmem=odd:5000", "odd", 5000 },
		{ "mem=64M,cpus=1,bootmem=a:12K,bootmem=most:50M", "most", 50 << 20 },
		{ "mem=256M,cpus=1,bootmem=frames:250M", "frames", 250 << 20 },
		{ "mem=8G,cpus=1,numa=fake=2,bootmem=big:3G", "big", 3ull << 30 },
		{ "mem=16M,cpus=1,bootmem=small:10M", "small", 10 << 20 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[100], *text;
		unsigned long phys;
		u64 size = 0;
		char *p;

		boot(cases[i].words);
		p = machine_bootmem(cases[i].name, &size);
		assert_non_null(p);
		assert_int_equal(size, cases[i].size);
		assert_true(is_page_aligned(p) && is_zero(p, min(size, 100000ull)));
		p[0] = p[size - 1] = 1;
		phys = __pa(p);
		assert_true(memblock_is_region_memory(phys, PAGE_ALIGN(size)));
		assert_true(PageReserved(virt_to_page(p)));
		assert_true(PageReserved(virt_to_page(p + size - 1)));
		snprintf(line, sizeof(line), "  %08lx-%08lx : %s\n", phys,
			 phys + (unsigned long)PAGE_ALIGN(size) - 1, cases[i].name);
		text = iomem_text();
		assert_non_null(strstr(text, line));
		free(text);
		assert_true(totalram_pages() <= max_pfn - (size >> PAGE_SHIFT));
		assert_null(machine_bootmem("nobody's", &size));
		halt();
	}
}

static void test_9_3_buffers_that_do_not_fit(void **state)
{
	static const char *const refused[] = { "mem=64M,bootmem=b:64M", "mem=64M,bootmem=b:4T",
					       "mem=64M,bootmem=b:40M,bootmem=c:40M",
					       "mem=64M,highmem=32M,bootmem=b:40M",
					       /* A piece is on one node. */
					       "mem=256M,numa=fake=4,bootmem=b:70M" };
	static const char *const wrong[] = { "bootmem=b",    "bootmem=:1M",
					     "bootmem=b:",   "bootmem=b:-1",
					     "bootmem=b:0",  "bootmem=b:1M1",
					     "bootmem=b:5T", "bootmem=b:1M,bootmem=b:1M" };
	struct machine_config cfg;

	console_loglevel = 0;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		machine_config_init(&cfg);
		assert_int_equal(machine_config_parse(&cfg, wrong[i]), -EINVAL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		machine_config_init(&cfg);
		assert_int_equal(machine_config_parse(&cfg, refused[i]), 0);
		assert_true(machine_boot(&cfg) < 0);
		assert_false(machine_is_up());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_9_3_where_it_comes_from),
		machine_test(test_9_3_above_16M_is_a_wish),
		machine_test(test_9_3_only_whole_pages_are_freed),
		machine_test(test_9_3_freed_after_the_boot),
		machine_test(test_9_3_failure_ends_the_boot),
		machine_test(test_9_3_buffers_of_the_boot_line),
		machine_test(test_9_3_buffers_that_do_not_fit),
	};

	return cmocka_run_group_tests_name("mm/bootmem", tests, NULL, NULL);
}
