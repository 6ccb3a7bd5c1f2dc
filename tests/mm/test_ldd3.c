/* slab_ldd3.c: the calls of chapter 8 as the book prints them. */
#include "machine.h"
#include "mm/slab.h"
#include <kmem/ldd3.h>

struct item {
	int magic;
	char body[96];
};

static struct {
	unsigned int made, atomic, unmade, wrong;
} calls;

static void ctor(void *p, kmem_cache_t *cache, unsigned long flags)
{
	struct item *item = p;

	calls.made++;
	calls.atomic += !!(flags & SLAB_CTOR_ATOMIC);
	calls.wrong += !(flags & SLAB_CTOR_CONSTRUCTOR) || strcmp(kmem_cache_name(cache), "items");
	item->magic = 0x1dd3;
}

static void dtor(void *p, kmem_cache_t *cache, unsigned long flags)
{
	struct item *item = p;

	calls.unmade++;
	calls.wrong += item->magic != 0x1dd3;
}

static kmem_cache_t *items(void)
{
	memset(&calls, 0, sizeof(calls));
	return kmem_cache_create("items", sizeof(struct item), 0, SLAB_HWCACHE_ALIGN, ctor, dtor);
}

static void test_5_6_constructor_and_destructor_of_the_book(void **state)
{
	kmem_cache_t *cache;
	struct item *p[100];

	boot("mem=64M,cpus=1");
	cache = items();
	assert_int_equal(calls.made, 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			p[i] = kmem_cache_alloc(cache, SLAB_KERNEL);
			assert_int_equal(p[i]->magic, 0x1dd3);
			assert_int_equal((unsigned long)p[i] % SMP_CACHE_BYTES, 0);
			memset(p[i]->body, 0xff, sizeof(p[i]->body));
		}
		for (int i = 0; i < 100; i++)
			kmem_cache_free(cache, p[i]);
	}
	/* Once for each object of each slab, not for each allocation. */
	assert_true(calls.made >= 100 && calls.made < 200);
	assert_int_equal(calls.made % cache->objects, 0);
	assert_int_equal(calls.atomic, 0);
	assert_int_equal(kmem_cache_destroy(cache), 0);
	assert_int_equal(calls.unmade, calls.made);
	assert_int_equal(calls.wrong, 0);
	halt();
}

static void test_5_6_the_constructor_is_told_what_it_may_do(void **state)
{
	kmem_cache_t *cache;
	void *p;

	boot("mem=64M,cpus=1");
	cache = items();
	p = kmem_cache_alloc(cache, SLAB_ATOMIC);
	assert_int_equal(calls.atomic, calls.made);
	kmem_cache_free(cache, p);
	assert_int_equal(kmem_cache_destroy(cache), 0);
	halt();
}

/* A constructor's buffer goes when its object does, in whatever free that shows. */
static void make_buffer(void *p, kmem_cache_t *cache, unsigned long flags)
{
	*(void **)p = kmalloc(64, GFP_ATOMIC);
	calls.made++;
}

static void free_buffer(void *p, kmem_cache_t *cache, unsigned long flags)
{
	kfree(*(void **)p);
	calls.unmade++;
}

static void test_5_6_a_destructor_may_free_what_it_has(void **state)
{
	static void *p[5000];
	kmem_cache_t *cache;
	u64 mark;

	boot("mem=64M,cpus=1");
	memset(&calls, 0, sizeof(calls));
	mark = log_next_seq();
	cache = kmem_cache_create("buffers", 512, 0, 0, make_buffer, free_buffer);
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 5000; i++)
			p[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		for (int i = 0; i < 5000; i++)
			kmem_cache_free(cache, p[i]);
		assert_int_equal(machine_check(), 0);
		if (round % 2)
			assert_int_equal(kmem_cache_shrink(cache), 0);
	}
	assert_true(calls.made >= 10000);
	assert_int_equal(kmem_cache_destroy(cache), 0);
	assert_int_equal(calls.unmade, calls.made);
	assert_int_equal(logged(mark, "BUG"), 0);
	halt();
}

static void fault_on_third(void *p, kmem_cache_t *cache, unsigned long flags)
{
	if (++calls.unmade == 3)
		*nowhere = 1;
}

/* A destructor that faults costs what it had, and nobody a lock. */
static void test_5_6_a_destructor_s_fault_is_its_own(void **state)
{
	kmem_cache_t *cache;
	u64 mark;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	memset(&calls, 0, sizeof(calls));
	mark = log_next_seq();
	cache = kmem_cache_create("faults", 512, 0, 0, NULL, fault_on_third);
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	assert_int_equal(kmem_cache_destroy(cache), 0);
	assert_int_equal(logged(mark, "Oops:"), 1);
	assert_false(mutex_is_locked(&slab_mutex));
	halt();
}

static void test_5_8_destroy_tells(void **state)
{
	kmem_cache_t *cache;
	struct item *p;

	boot("mem=64M,cpus=1");
	cache = items();
	p = kmem_cache_alloc(cache, GFP_KERNEL);
	assert_int_equal(kmem_cache_destroy(cache), 1);
	/* The user keeps what he has. */
	assert_int_equal(p->magic, 0x1dd3);
	assert_true(calls.unmade < calls.made);
	kmem_cache_free(cache, p);
	halt();
}

static void test_offsets_and_flags(void **state)
{
	kmem_cache_t *a, *b, *c;
	u64 mark;

	boot("mem=64M,cpus=1");
	a = kmem_cache_create("a", 100, 0, 0, NULL, NULL);
	b = kmem_cache_create("b", 100, 256, SLAB_NO_REAP | SLAB_CACHE_DMA, NULL, NULL);
	assert_ptr_not_equal(a, b);
	assert_int_equal(b->size, 256);
	assert_true(b->no_reap);
	assert_int_equal(b->flags & SLAB_KMALLOC, 0);
	/* The book's caches share with nobody. */
	c = kmem_cache_create("c", 100, 0, 0, NULL, NULL);
	assert_ptr_not_equal(a, c);
	mark = log_next_seq();
	assert_null(kmem_cache_create("too-large", KMALLOC_MAX_SIZE + 1, 0, 0, NULL, NULL));
	assert_null(kmem_cache_create("too-large", (1ul << 32) + 8, 0, 0, NULL, NULL));
	assert_null(kmem_cache_create("too-far", 8, 1ul << 32, 0, NULL, NULL));
	assert_int_equal(logged(mark, "failed with error -22"), 3);
	assert_int_equal(kmem_cache_destroy(a), 0);
	assert_int_equal(kmem_cache_destroy(b), 0);
	assert_int_equal(kmem_cache_destroy(c), 0);
	halt();
}

/* Reclaim passes by the empty slabs of a cache with SLAB_NO_REAP, and takes those of others. */
static void test_5_1_NO_REAP(void **state)
{
	kmem_cache_t *kept, *reaped;
	struct page *page, *next;
	LIST_HEAD(taken);
	void *p;

	boot("mem=64M,cpus=1");
	kept = kmem_cache_create("kept", 3000, 0, SLAB_NO_REAP, NULL, NULL);
	reaped = kmem_cache_create("reaped", 3000, 0, 0, NULL, NULL);
	p = kmem_cache_alloc(kept, GFP_KERNEL);
	kmem_cache_free(kept, p);
	p = kmem_cache_alloc(reaped, GFP_KERNEL);
	kmem_cache_free(reaped, p);
	assert_int_equal(kept->node[0]->nr_slabs, 1);
	while ((page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	assert_int_equal(kept->node[0]->nr_slabs, 1);
	assert_int_equal(reaped->node[0]->nr_slabs, 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	assert_int_equal(kmem_cache_destroy(kept), 0);
	assert_int_equal(kmem_cache_destroy(reaped), 0);
	halt();
}

static void test_6_3_mempool_resize_with_flags(void **state)
{
	kmem_cache_t *cache;
	mempool_t *pool;

	boot("mem=64M,cpus=1");
	cache = kmem_cache_create("pooled", 100, 0, 0, NULL, NULL);
	pool = mempool_create(4, mempool_alloc_slab, mempool_free_slab, cache);
	assert_int_equal(mempool_resize(pool, 9, GFP_KERNEL), 0);
	assert_int_equal(pool->curr_nr, 9);
	mempool_destroy(pool);
	assert_int_equal(kmem_cache_destroy(cache), 0);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_5_6_constructor_and_destructor_of_the_book),
		machine_test(test_5_6_the_constructor_is_told_what_it_may_do),
		machine_test(test_5_6_a_destructor_may_free_what_it_has),
		machine_test(test_5_6_a_destructor_s_fault_is_its_own),
		machine_test(test_5_8_destroy_tells),
		machine_test(test_offsets_and_flags),
		machine_test(test_5_1_NO_REAP),
		machine_test(test_6_3_mempool_resize_with_flags),
	};

	return cmocka_run_group_tests_name("mm/ldd3", tests, NULL, NULL);
}
