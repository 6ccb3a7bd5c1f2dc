/* machine.c: words, boot, halt, and the counting of what was leaked. */
#include <kmem/mempool.h>
#include <kmem/percpu.h>
#include <sys/mman.h>
#include "machine.h"

static void test_defaults(void **state)
{
	struct machine_config cfg;

	machine_config_init(&cfg);
	assert_int_equal(cfg.mem, 256ul << 20);
	assert_in_range(cfg.cpus, 1, NR_CPUS);
	assert_string_equal(cfg.cmdline, "");
}

static void test_words(void **state)
{
	static const struct {
		const char *words;
		u64 mem;
	} good[] = {
		{ "mem=64M", 64ull << 20 },	  { "mem=64m", 64ull << 20 },
		{ "mem=1G", 1ull << 30 },	  { "mem=8192K", 8ull << 20 },
		{ "mem=4T", 4ull << 40 },	  { "mem=67108864", 64ull << 20 },
		{ "mem=0x4000000", 64ull << 20 }, { "mem=4M", 4ull << 20 },
		{ "mem=4M,mem=8M", 8ull << 20 },  { ",mem=16M,,cpus=1,", 16ull << 20 },
		{ "mem=5000K", 5000ull << 10 },
	};
	static const char *const bad[] = { "mem",
					   "mem=",
					   "mem=3M",
					   "mem=5T",
					   "mem=64X",
					   "mem=64MB",
					   "mem=-1",
					   "mem=abc",
					   "mem=0",
					   "mem=99999999999999999999",
					   "cpus=0",
					   "cpus=65",
					   "cpus=-1",
					   "cpus=two",
					   "cpus",
					   "memory=1",
					   "min_free_kbytes=x",
					   "min_free_kbytes=-1",
					   "=5",
					   ".x=1",
					   "mem=16777216T",
					   "mem= 64M",
					   "mem=64M ",
					   "cpus= -18446744073709551614" };
	struct machine_config cfg;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		machine_config_init(&cfg);
		assert_int_equal(machine_config_parse(&cfg, good[i].words), 0);
		assert_int_equal(cfg.mem, good[i].mem);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		machine_config_init(&cfg);
		if (machine_config_parse(&cfg, bad[i]) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_true(strlen(cfg.message) > 10);
	}
}

static void test_the_cmdline_is_what_was_said(void **state)
{
	struct machine_config cfg;
	struct seq_file m;

	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "mem=64M,cpus=2,scullp.scullp_order=3"), 0);
	assert_int_equal(machine_config_parse(&cfg, "min_free_kbytes=999"), 0);
	assert_int_equal(machine_config_parse(&cfg, "cpus=1,nonsense=1,mem=8M"), -EINVAL);
	assert_int_equal(cfg.cpus, 1); /* words before the wrong one stay taken */
	assert_int_equal(cfg.mem, 64ul << 20);
	assert_int_equal(machine_boot(&cfg), 0);
	assert_string_equal(machine_cmdline(),
			    "mem=64M cpus=2 scullp.scullp_order=3 min_free_kbytes=999 cpus=1");
	seq_buffer_open(&m);
	cmdline_show(&m, NULL);
	assert_string_equal(seq_buffer_text(&m), "mem=64M cpus=2 scullp.scullp_order=3 "
						 "min_free_kbytes=999 cpus=1\n");
	seq_buffer_release(&m);
	halt();
}

static void test_endless_words_are_refused(void **state)
{
	static char words[5000];
	struct machine_config cfg;

	machine_config_init(&cfg);
	memset(words, 'x', 300);
	assert_int_equal(machine_config_parse(&cfg, words), -EINVAL);
	machine_config_init(&cfg);
	words[0] = '\0';
	for (int i = 0; i < 600; i++)
		strcat(words, "cpus=1,");
	assert_int_equal(machine_config_parse(&cfg, words), -EINVAL);
	assert_true(strlen(cfg.cmdline) < MACHINE_CMDLINE_MAX);
}

static void test_words_are_known_and_told_of(void **state)
{
	assert_true(machine_config_knows("mem"));
	assert_true(machine_config_knows("cpus=2"));
	assert_true(machine_config_knows("scull.x=1"));
	assert_false(machine_config_knows("uid=5"));
	assert_false(machine_config_knows("memo=5"));
	assert_non_null(strstr(machine_config_help(), "mem="));
	assert_non_null(strstr(machine_config_help(), "cpus="));
}

static void test_boot_and_halt_again_and_again(void **state)
{
	static const char *const machines[] = { "mem=64M,cpus=2", "mem=4M,cpus=1", "mem=1G,cpus=4",
						"mem=" LARGEST_MEM ",cpus=1", "mem=32M,cpus=64" };

	for (int i = 0; i < 20; i++) {
		void *p;

		assert_false(machine_is_up());
		boot(machines[i % ARRAY_SIZE(machines)]);
		assert_true(machine_is_up());
		p = kmalloc(100, GFP_KERNEL);
		assert_non_null(p);
		kfree(p);
		halt();
	}
	assert_int_equal(machine_halt(), 0); /* nothing runs */
}

static void test_one_machine_at_a_time(void **state)
{
	struct machine_config cfg;

	boot("mem=64M,cpus=1");
	machine_config_init(&cfg);
	assert_int_equal(machine_boot(&cfg), -EBUSY);
	assert_non_null(memset(kmalloc(10, GFP_KERNEL), 1, 10));
	assert_int_equal(machine_halt(), 1);
}

/* Sizes need not be round; what is too much is said before anything is done. */
static void test_odd_sizes_of_parts(void **state)
{
	static const char *const fit[] = {
		"mem=65M,highmem=3M",
		"mem=65M,highmem=4M",
		"mem=66M,highmem=33333K,movablecore=5555K",
		"mem=100M,numa=fake=3,highmem=50M,movablecore=20M",
		"mem=100M,numa=fake=3,movablecore=50M",
		"mem=64M,min_free_kbytes=30000",
	};
	static const char *const too_much[] = {
		"mem=64M,highmem=62M",
		"mem=64M,highmem=64M",
		"mem=64M,highmem=1T",
		"mem=64M,highmem=30M,movablecore=31M",
		"mem=64M,min_free_kbytes=33000",
		"mem=64M,numa=fake=9,movablecore=30M",
	};
	struct machine_config cfg;
	struct page *page, *next;
	LIST_HEAD(taken);

	for (size_t i = 0; i < ARRAY_SIZE(fit); i++) {
		boot(fit[i]);
		assert_int_equal(max_pfn == max_low_pfn ? 0 : max_low_pfn % MAX_ORDER_NR_PAGES, 0);
		while ((page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NORETRY | __GFP_NOWARN)))
			list_add(&page->lru, &taken);
		list_for_each_entry_safe(page, next, &taken, lru)
			__free_page(page);
		INIT_LIST_HEAD(&taken);
		halt();
	}
	for (size_t i = 0; i < ARRAY_SIZE(too_much); i++) {
		machine_config_init(&cfg);
		assert_int_equal(machine_config_parse(&cfg, too_much[i]), 0);
		assert_int_equal(machine_boot(&cfg), -EINVAL);
	}
}

static void test_boots_that_fail_leave_nothing(void **state)
{
	const unsigned long window = 0x7e8000000000;
	struct machine_config cfg;
	void *in_the_way;

	console_loglevel = 0;
	machine_config_init(&cfg);
	cfg.cpus = 0;
	assert_int_equal(machine_boot(&cfg), -EINVAL);
	cfg.cpus = 1;
	cfg.mem = 1 << 20;
	assert_int_equal(machine_boot(&cfg), -EINVAL);
	for (int i = 0; i < 3; i++) {
		/* More for per-CPU data than there is RAM. */
		machine_config_init(&cfg);
		assert_int_equal(machine_config_parse(&cfg, "mem=4M,cpus=64"), 0);
		assert_true(machine_boot(&cfg) < 0);
		assert_false(machine_is_up());
		/* Somebody has the addresses. */
		in_the_way = mmap((void *)window, 4096, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		assert_ptr_equal(in_the_way, (void *)window);
		machine_config_init(&cfg);
		assert_true(machine_boot(&cfg) < 0);
		munmap(in_the_way, 4096);
		boot("mem=64M,cpus=1");
		drop_slab();
		halt();
	}
}

static void test_leaks_are_counted(void **state)
{
	static const struct {
		const char *text;
		int kind;
	} kinds[] = { { "object(s) of kmalloc-128", 0 }, { "page(s) at pfn", 1 },
		      { "page(s) at pfn", 2 },		 { "leak: vmalloc area 0x", 3 },
		      { "per-CPU object(s)", 4 },	 { "was not destroyed", 5 },
		      { "page(s) at pfn", 6 },		 { "leak: vmalloc area 0x", 7 } };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct page *pages[2];
		char name[16];
		u64 mark;

		boot("mem=64M,cpus=2");
		pages[0] = pages[1] = NULL;
		for (int n = 0; n < 3; n++) {
			switch (kinds[i].kind) {
			case 0:
				assert_non_null(kmalloc(100, GFP_KERNEL));
				break;
			case 1:
				assert_non_null(alloc_page(GFP_KERNEL));
				break;
			case 2:
				assert_non_null(
					alloc_pages(GFP_KERNEL | (n ? __GFP_COMP : 0), n + 3));
				break;
			case 3:
				assert_non_null(vmalloc(10000 << n * 4));
				break;
			case 4:
				assert_non_null(__alloc_percpu(100, 8));
				break;
			case 5:
				snprintf(name, sizeof(name), "left%d", n);
				assert_non_null(
					kmem_cache_create(name, 100, 0, SLAB_NO_MERGE, NULL));
				break;
			case 6:
				assert_non_null(kmalloc(20000, GFP_KERNEL));
				break;
			case 7:
				/* A leaked mapping of pages that somebody else frees. */
				if (!pages[0]) {
					pages[0] = alloc_page(GFP_KERNEL);
					pages[1] = alloc_page(GFP_KERNEL);
				}
				assert_non_null(vmap(pages, 2, VM_MAP, 0));
				break;
			}
		}
		if (pages[0]) {
			__free_page(pages[0]);
			__free_page(pages[1]);
		}
		assert_int_equal(machine_check(), 0);
		mark = log_next_seq();
		assert_int_equal(machine_halt(), 3);
		assert_true(logged(mark, kinds[i].text) >= 1);
		assert_int_equal(logged(mark, "machine halted: 3 allocation(s) leaked"), 1);
		boot("mem=64M,cpus=2"); /* and the next machine is whole */
		halt();
	}
}

static void test_leaks_of_all_kinds_at_once(void **state)
{
	struct kmem_cache *cache, *abandoned;

	boot("mem=64M,cpus=2");
	cache = kmem_cache_create("left", 500, 0, SLAB_NO_MERGE, NULL);
	abandoned = kmem_cache_create("abandoned", 500, 0, SLAB_NO_MERGE, NULL);
	kmem_cache_alloc(cache, GFP_KERNEL); /* 2 with its cache */
	kmem_cache_alloc(abandoned, GFP_KERNEL);
	assert_int_equal(kmem_cache_destroy_status(abandoned), -EBUSY);
	kmalloc(10, GFP_KERNEL);
	alloc_page(GFP_KERNEL);
	vmalloc(10);
	__alloc_percpu(8, 8);
	assert_int_equal(machine_halt(), 7);
}

static void test_what_was_freed_is_no_leak(void **state)
{
	void *p[100];

	boot("mem=64M,cpus=4");
	for (int i = 0; i < 100; i++)
		p[i] = kmalloc(1 << i % 15, GFP_KERNEL);
	for (int i = 0; i < 100; i++)
		kfree(p[i]);
	mempool_destroy(mempool_create_kmalloc_pool(10, 100));
	vfree(vmalloc(1 << 20));
	free_pages_exact(alloc_pages_exact(50000, GFP_KERNEL), 50000);
	free_percpu(__alloc_percpu(30000, 8));
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_words),
		machine_test(test_the_cmdline_is_what_was_said),
		cmocka_unit_test(test_endless_words_are_refused),
		cmocka_unit_test(test_words_are_known_and_told_of),
		machine_test(test_boot_and_halt_again_and_again),
		machine_test(test_one_machine_at_a_time),
		machine_test(test_odd_sizes_of_parts),
		machine_test(test_boots_that_fail_leave_nothing),
		machine_test(test_leaks_are_counted),
		machine_test(test_leaks_of_all_kinds_at_once),
		machine_test(test_what_was_freed_is_no_leak),
	};

	return cmocka_run_group_tests_name("mm/machine", tests, NULL, NULL);
}
