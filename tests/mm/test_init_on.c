/* SPDX-License-Identifier: MIT */
/* init_on.c, page_hooks.c, slab_hooks.c: rule 1.8, in the manner of the kernel's test_meminit. */
#include <kmem/highmem.h>
#include "machine.h"

#define WORD 0xdeadbeefcafef00dull

/* How many bytes of @p are not 0. */
static unsigned long dirty_bytes(const void *p, size_t size)
{
	const unsigned char *c = p;
	unsigned long n = 0;

	for (size_t i = 0; i < size; i++)
		n += c[i] != 0;
	return n;
}

static void fill_with_garbage(void *p, size_t size)
{
	for (size_t i = 0; i + sizeof(u64) <= size; i += sizeof(u64))
		*(u64 *)((char *)p + i) = WORD;
}

/* A block that was written to and freed is clean when it comes back, in every order. */
static void dirty_then_clean_pages(void)
{
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long addr = __get_free_pages(GFP_KERNEL, order);

		assert_true(addr);
		fill_with_garbage((void *)addr, PAGE_SIZE << order);
		free_pages(addr, order);
		addr = __get_free_pages(GFP_KERNEL, order);
		assert_true(addr);
		assert_int_equal(dirty_bytes((void *)addr, PAGE_SIZE << order), 0);
		fill_with_garbage((void *)addr, PAGE_SIZE << order);
		free_pages(addr, order);
		addr = (unsigned long)page_address(alloc_pages_node(0, GFP_KERNEL, order));
		assert_int_equal(dirty_bytes((void *)addr, PAGE_SIZE << order), 0);
		free_pages(addr, order);
	}
}

static void test_1_8_without_the_words_garbage_stays(void **state)
{
	unsigned long addr;

	boot("mem=64M,cpus=1");
	addr = __get_free_page(GFP_KERNEL);
	fill_with_garbage((void *)addr, PAGE_SIZE);
	free_page(addr);
	assert_int_equal(__get_free_page(GFP_KERNEL), addr);
	assert_int_equal(dirty_bytes((void *)addr, PAGE_SIZE), PAGE_SIZE);
	free_page(addr);
	halt();
}

static void test_1_8_init_on_alloc_pages(void **state)
{
	boot("mem=64M,cpus=1,init_on_alloc=1");
	assert_string_equal(machine_cmdline(), "mem=64M cpus=1 init_on_alloc=1");
	dirty_then_clean_pages();
	halt();
}

static void test_1_8_init_on_free_pages(void **state)
{
	unsigned long addr;

	boot("mem=64M,cpus=1,init_on_free=1");
	dirty_then_clean_pages();
	for (unsigned int order = 0; order < NR_PAGE_ORDERS; order++) {
		addr = __get_free_pages(GFP_KERNEL, order);
		fill_with_garbage((void *)addr, PAGE_SIZE << order);
		free_pages(addr, order);
		/* At the free already, not only when somebody gets it. */
		assert_int_equal(dirty_bytes((void *)addr, PAGE_SIZE << order), 0);
	}
	halt();
}

/* Parts of a block are freed by themselves: split, exact, and a block whose head is held. */
static void test_1_8_init_on_free_parts_of_blocks(void **state)
{
	struct page *page;
	char *p;

	boot("mem=64M,cpus=2,init_on_free=on");
	page = alloc_pages(GFP_KERNEL, 3);
	p = page_address(page);
	fill_with_garbage(p, 8 * PAGE_SIZE);
	split_page(page, 3);
	for (int i = 7; i >= 0; i--) {
		assert_int_equal(dirty_bytes(p + i * PAGE_SIZE, PAGE_SIZE), PAGE_SIZE);
		__free_page(page + i);
		assert_int_equal(dirty_bytes(p + i * PAGE_SIZE, PAGE_SIZE), 0);
	}
	p = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);
	fill_with_garbage(p, 5 * PAGE_SIZE);
	free_pages_exact(p, 5 * PAGE_SIZE);
	assert_int_equal(dirty_bytes(p, 5 * PAGE_SIZE), 0);
	page = alloc_pages(GFP_KERNEL, 2);
	p = page_address(page);
	fill_with_garbage(p, 4 * PAGE_SIZE);
	get_page(page);
	__free_pages(page, 2);
	assert_int_equal(dirty_bytes(p, PAGE_SIZE), PAGE_SIZE);
	assert_int_equal(dirty_bytes(p + PAGE_SIZE, 3 * PAGE_SIZE), 0);
	put_page(page);
	assert_int_equal(dirty_bytes(p, PAGE_SIZE), 0);
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 4);
	p = page_address(page);
	fill_with_garbage(p, 16 * PAGE_SIZE);
	put_page(page + 3);
	assert_int_equal(dirty_bytes(p, 16 * PAGE_SIZE), 0);
	halt();
}

static void test_1_8_pages_of_high_memory(void **state)
{
	static const char *const words[] = { "mem=64M,highmem=32M,cpus=1,init_on_alloc=1",
					     "mem=64M,highmem=32M,cpus=1,init_on_free=1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct page *page, *again;
		void *p;

		boot(words[i]);
		page = alloc_pages(GFP_HIGHUSER, 0);
		assert_true(PageHighMem(page));
		p = kmap(page);
		fill_with_garbage(p, PAGE_SIZE);
		kunmap(page);
		__free_page(page);
		again = alloc_pages(GFP_HIGHUSER, 0);
		assert_ptr_equal(again, page);
		p = kmap(again);
		assert_int_equal(dirty_bytes(p, PAGE_SIZE), 0);
		kunmap(again);
		__free_page(again);
		halt();
	}
}

static void test_1_8_areas_of_vmalloc(void **state)
{
	static const char *const words[] = { "mem=64M,cpus=1,init_on_alloc=1",
					     "mem=64M,cpus=1,init_on_free=1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		boot(words[i]);
		/* Often enough for the size to be kept, if it were. */
		for (int n = 0; n < 64; n++) {
			char *p = vmalloc(5 * PAGE_SIZE);

			assert_non_null(p);
			assert_int_equal(dirty_bytes(p, 5 * PAGE_SIZE), 0);
			fill_with_garbage(p, 5 * PAGE_SIZE);
			vfree(p);
		}
		halt();
	}
}

static const size_t sizes[] = { 8, 24, 64, 96, 100, 512, 1000, 4096, 8192, 20000, 300000 };

static void dirty_then_clean_objects(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p[40];

		for (int round = 0; round < 2; round++) {
			for (size_t k = 0; k < ARRAY_SIZE(p); k++) {
				p[k] = k % 2 ? kmalloc(sizes[i], GFP_KERNEL)
					     : kmalloc_node(sizes[i], GFP_KERNEL, 0);
				assert_non_null(p[k]);
				assert_int_equal(dirty_bytes(p[k], ksize(p[k])), 0);
				fill_with_garbage(p[k], ksize(p[k]));
			}
			for (size_t k = 0; k < ARRAY_SIZE(p); k++)
				kfree(p[k]);
		}
	}
}

static void test_1_8_objects_of_kmalloc(void **state)
{
	char *p;

	boot("mem=64M,cpus=2,init_on_alloc=1");
	dirty_then_clean_objects();
	halt();
	boot("mem=64M,cpus=2,numa=fake=2,init_on_alloc=1");
	dirty_then_clean_objects();
	halt();
	boot("mem=64M,cpus=2,init_on_free=1");
	dirty_then_clean_objects();
	/* At the free already; small free objects are linked by one word in their middle. */
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size;
		void *keep;

		p = kmalloc(sizes[i], GFP_KERNEL);
		keep = kmalloc(sizes[i], GFP_KERNEL);
		size = ksize(p);
		fill_with_garbage(p, size);
		kfree(p);
		assert_true(dirty_bytes(p, size) <= (size < 64 ? sizeof(void *) : 0));
		kfree(keep);
	}
	halt();
}

static void construct(void *object)
{
	memset(object, 0x77, 100);
}

static unsigned long other_than(const void *p, int byte, size_t size)
{
	unsigned long n = 0;

	for (size_t i = 0; i < size; i++)
		n += ((const unsigned char *)p)[i] != byte;
	return n;
}

/* Objects of a cache that must keep what they hold: made, changed, freed, had again. */
static void test_1_8_not_with_a_constructor_nor_under_rcu(void **state)
{
	static const char *const words[] = { "mem=64M,cpus=1,init_on_alloc=1",
					     "mem=64M,cpus=1,init_on_free=1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct kmem_cache *with_ctor, *under_rcu, *plain;
		unsigned char *p;

		boot(words[i]);
		with_ctor = kmem_cache_create("with_ctor", 100, 0, 0, construct);
		p = kmem_cache_alloc(with_ctor, GFP_KERNEL);
		assert_int_equal(other_than(p, 0x77, 100), 0);
		kmem_cache_free(with_ctor, p);
		assert_int_equal(other_than(p, 0x77, 100), 0);
		assert_ptr_equal(kmem_cache_alloc(with_ctor, GFP_KERNEL), p);
		assert_int_equal(other_than(p, 0x77, 100), 0);
		kmem_cache_free(with_ctor, p);
		kmem_cache_destroy(with_ctor);

		under_rcu = kmem_cache_create("under_rcu", 100, 0, SLAB_TYPESAFE_BY_RCU, NULL);
		p = kmem_cache_alloc(under_rcu, GFP_KERNEL);
		memset(p, 0x55, 100);
		kmem_cache_free(under_rcu, p);
		assert_int_equal(other_than(p, 0x55, 100), 0);
		assert_ptr_equal(kmem_cache_alloc(under_rcu, GFP_KERNEL), p);
		assert_int_equal(other_than(p, 0x55, 100), 0);
		kmem_cache_free(under_rcu, p);
		assert_ptr_equal(kmem_cache_zalloc(under_rcu, GFP_KERNEL), p);
		assert_int_equal(dirty_bytes(p, 100), 0);
		kmem_cache_free(under_rcu, p);
		kmem_cache_destroy(under_rcu);

		plain = kmem_cache_create("plain", 100, 0, SLAB_NO_MERGE, NULL);
		p = kmem_cache_alloc(plain, GFP_KERNEL);
		assert_int_equal(dirty_bytes(p, 100), 0);
		memset(p, 0x55, 100);
		kmem_cache_free(plain, p);
		assert_ptr_equal(kmem_cache_alloc(plain, GFP_KERNEL), p);
		assert_int_equal(dirty_bytes(p, 100), 0);
		kmem_cache_free(plain, p);
		kmem_cache_destroy(plain);
		halt();
	}
}

static void test_4_4_krealloc_zeroes_what_it_cuts_off(void **state)
{
	unsigned char *p, *q;

	boot("mem=64M,cpus=1,init_on_alloc=1");
	p = kmalloc(60, GFP_KERNEL);
	memset(p, 0x11, 64);
	assert_ptr_equal(krealloc(p, 20, GFP_KERNEL), p);
	assert_int_equal(other_than(p, 0x11, 20), 0);
	assert_int_equal(dirty_bytes(p + 20, 44), 0);
	q = krealloc(p, 200, GFP_KERNEL);
	assert_int_equal(other_than(q, 0x11, 20), 0);
	assert_int_equal(dirty_bytes(q + 20, ksize(q) - 20), 0);
	kfree(q);
	halt();
	boot("mem=64M,cpus=1");
	p = kmalloc(60, GFP_KERNEL);
	memset(p, 0x11, 64);
	assert_ptr_equal(krealloc(p, 20, GFP_KERNEL), p);
	assert_int_equal(other_than(p, 0x11, 64), 0);
	assert_ptr_equal(krealloc(p, 30, GFP_KERNEL | __GFP_ZERO), p);
	assert_int_equal(dirty_bytes(p + 30, 34), 0);
	kfree(p);
	halt();
}

static void worker(struct worker *w)
{
	char *blocks[16] = { NULL };
	unsigned int orders[16];

	for (unsigned long n = stress(20000); n; n--) {
		u64 i = random_of(w, ARRAY_SIZE(blocks));

		if (blocks[i]) {
			free_pages((unsigned long)blocks[i], orders[i]);
			blocks[i] = NULL;
			continue;
		}
		orders[i] = random_of(w, 5);
		blocks[i] = (char *)__get_free_pages(GFP_KERNEL, orders[i]);
		if (!blocks[i])
			continue;
		w->errors += dirty_bytes(blocks[i], 64) != 0;
		memset(blocks[i], 0xff, 64);
	}
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		free_pages((unsigned long)blocks[i], orders[i]);
}

static void test_1_8_several_threads(void **state)
{
	char *before;

	boot("mem=64M,cpus=2,init_on_free=1");
	before = buddyinfo_text();
	assert_int_equal(run_workers(3, worker, NULL), 0);
	assert_buddyinfo(before);
	free(before);
	halt();
}

static void test_1_8_words(void **state)
{
	struct machine_config cfg;

	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "init_on_alloc=2"), -EINVAL);
	assert_string_equal(cfg.message,
			    "option 'init_on_alloc=2' is wrong: init_on_alloc must be 0 or 1");
	assert_int_equal(machine_config_parse(&cfg, "init_on_free"), -EINVAL);
	assert_int_equal(machine_config_parse(&cfg, "init_on_free=1,init_on_free=0"), 0);
	assert_false(cfg.init_on_free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_1_8_without_the_words_garbage_stays),
		machine_test(test_1_8_init_on_alloc_pages),
		machine_test(test_1_8_init_on_free_pages),
		machine_test(test_1_8_init_on_free_parts_of_blocks),
		machine_test(test_1_8_pages_of_high_memory),
		machine_test(test_1_8_areas_of_vmalloc),
		machine_test(test_1_8_objects_of_kmalloc),
		machine_test(test_1_8_not_with_a_constructor_nor_under_rcu),
		machine_test(test_4_4_krealloc_zeroes_what_it_cuts_off),
		machine_test(test_1_8_several_threads),
		machine_test(test_1_8_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
