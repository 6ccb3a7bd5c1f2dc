/* slab.c: objects in and out of slabs, constructors, flags, wrong pointers. */
#include "machine.h"
#include "mm/slab.h"

static unsigned int constructed;

static void ctor(void *p)
{
	constructed++;
	memset(p, 0x42, 100);
}

static struct kmem_cache *cache(unsigned int size, slab_flags_t flags)
{
	return kmem_cache_create("tested", size, 0, flags | SLAB_NO_MERGE, NULL);
}

static void test_5_2_objects_do_not_overlap(void **state)
{
	static const unsigned int sizes[] = { 1, 8, 24, 100, 513, 1000, 4000, 8192, 20000 };
	static u8 *p[500];

	boot("mem=64M,cpus=1");
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct kmem_cache *c = cache(sizes[s], 0);

		for (int i = 0; i < 500; i++) {
			p[i] = kmem_cache_alloc(c, GFP_KERNEL);
			assert_non_null(p[i]);
			memset(p[i], i, sizes[s]);
		}
		for (int i = 0; i < 500; i++)
			for (unsigned int b = 0; b < sizes[s]; b++)
				assert_int_equal(p[i][b], (u8)i);
		assert_int_equal(machine_check(), 0);
		for (int i = 0; i < 500; i++)
			kmem_cache_free(c, p[(i * 7) % 500]);
		assert_int_equal(kmem_cache_destroy_status(c), 0);
	}
	halt();
}

/* The test without a division, against one with it, at every offset of a slab. */
static void test_5_9_only_starts_of_objects_are_freed_inline(void **state)
{
	static const unsigned int large[] = { 2056, 3000, 4096, 5000, 8192, 20000, 32768, 73000 };

	boot("mem=64M,cpus=1");
	for (unsigned int size = 8; size < 2048 + 8 * ARRAY_SIZE(large); size += 8) {
		unsigned int of = size < 2048 ? size : large[(size - 2048) / 8];
		struct kmem_cache *c = cache(of, 0);
		unsigned int bytes = PAGE_SIZE << c->order;

		assert_true(c->start_limit || of > 8192);
		for (unsigned int offset = 0; offset < bytes && c->start_limit; offset++)
			if (is_start_of_object(c, (void *)(0x7f0000000000 + (u64)bytes + offset)) !=
			    (offset % c->size == 0 && offset / c->size < c->objects))
				fail_msg("size %u, offset %u", of, offset);
		kmem_cache_destroy(c);
	}
	halt();
}

static void test_5_6_ctor_runs_once_for_each_object(void **state)
{
	struct kmem_cache *c;
	u8 *p[64];

	boot("mem=64M,cpus=1");
	constructed = 0;
	c = kmem_cache_create("constructed", 100, 0, 0, ctor);
	assert_int_equal(constructed, 0);
	p[0] = kmem_cache_alloc(c, GFP_KERNEL);
	assert_int_equal(constructed % c->objects, 0);
	assert_true(constructed > 0);
	kmem_cache_free(c, p[0]);
	for (int round = 0; round < 5; round++) {
		unsigned int before = constructed;

		for (int i = 0; i < 64; i++) {
			p[i] = kmem_cache_alloc(c, GFP_KERNEL);
			/* The state it was constructed in, all of it. */
			for (int b = 0; b < 100; b++)
				assert_int_equal(p[i][b], 0x42);
		}
		for (int i = 0; i < 64; i++)
			kmem_cache_free(c, p[i]);
		if (round)
			assert_int_equal(constructed, before);
	}
	kmem_cache_destroy(c);
	halt();
}

static void test_5_6_ctor_and_ZERO_contradict(void **state)
{
	struct kmem_cache *c;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=1");
	c = kmem_cache_create("constructed", 100, 0, 0, ctor);
	mark = log_next_seq();
	p = kmem_cache_zalloc(c, GFP_KERNEL);
	assert_int_equal(logged(mark, "WARNING"), 1);
	assert_int_equal(p[50], 0x42);
	kmem_cache_free(c, p);
	/* From a CPU's cache as well. */
	p = kmem_cache_zalloc(c, GFP_KERNEL);
	assert_int_equal(p[50], 0x42);
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
	halt();
}

static void test_1_8_zalloc_clears_what_was_used(void **state)
{
	struct kmem_cache *c;
	u8 *p[100];

	boot("mem=64M,cpus=1");
	c = cache(300, 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			p[i] = kmem_cache_zalloc(c, GFP_KERNEL);
			for (int b = 0; b < 300; b++)
				assert_int_equal(p[i][b], 0);
			memset(p[i], 0xff, 300);
		}
		kmem_cache_free_bulk(c, 100, (void **)p);
	}
	kmem_cache_destroy(c);
	halt();
}

static void test_5_9_typesafe_objects_keep_their_contents(void **state)
{
	struct kmem_cache *c;
	u8 *p, *q;

	boot("mem=64M,cpus=1");
	c = kmem_cache_create("rcu", 64, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	q = kmem_cache_alloc(c, GFP_KERNEL);
	memset(p, 0x33, 64);
	kmem_cache_free(c, p);
	for (int b = 0; b < 64; b++)
		assert_int_equal(p[b], 0x33);
	kmem_cache_free(c, q);
	kmem_cache_destroy(c);
	halt();
}

static void test_5_10_bulk_is_all_or_nothing(void **state)
{
	static void *p[20000];
	struct kmem_cache *c;

	boot("mem=64M,cpus=1");
	c = cache(8000, 0);
	assert_int_equal(kmem_cache_alloc_bulk(c, GFP_KERNEL, 100, p), 100);
	for (int i = 0; i < 100; i++)
		memset(p[i], i, 8000);
	kmem_cache_free_bulk(c, 100, p);
	/* 20000 of them are more than there is. */
	assert_int_equal(kmem_cache_alloc_bulk(c, GFP_KERNEL | __GFP_NOWARN, 20000, p), 0);
	assert_int_equal(kmem_cache_alloc_bulk(c, GFP_KERNEL, 0, p), 0);
	assert_int_equal(machine_check(), 0);
	assert_int_equal(kmem_cache_destroy_status(c), 0);
	halt();
}

static void test_5_10_reclaimable_caches_are_counted(void **state)
{
	struct kmem_cache *c;
	unsigned long rcl, other;
	void *p;

	boot("mem=64M,cpus=1");
	c = cache(5000, SLAB_RECLAIM_ACCOUNT);
	rcl = global_zone_page_state(NR_SLAB_RECLAIMABLE);
	other = global_zone_page_state(NR_SLAB_UNRECLAIMABLE);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	assert_int_equal(global_zone_page_state(NR_SLAB_RECLAIMABLE), rcl + (1ul << c->order));
	kmem_cache_free(c, p);
	kmem_cache_shrink(c);
	assert_int_equal(global_zone_page_state(NR_SLAB_RECLAIMABLE), rcl);
	kmem_cache_destroy(c);
	c = cache(5000, 0);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	assert_true(global_zone_page_state(NR_SLAB_UNRECLAIMABLE) >= other + (1ul << c->order));
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
	halt();
}

static void test_4_2_dma_caches_are_in_the_DMA_zone(void **state)
{
	struct kmem_cache *c;
	void *p[50];

	boot("mem=64M,cpus=1");
	c = cache(700, SLAB_CACHE_DMA);
	for (int i = 0; i < 50; i++) {
		p[i] = kmem_cache_alloc(c, GFP_KERNEL);
		assert_true(virt_to_phys(p[i]) < 16ul << 20);
	}
	kmem_cache_free_bulk(c, 50, p);
	kmem_cache_destroy(c);
	halt();
}

static void test_1_6_flags_that_a_cache_cannot_obey(void **state)
{
	struct kmem_cache *c;
	u64 mark;
	void *p;

	boot("mem=64M,cpus=1");
	c = cache(700, 0);
	mark = log_next_seq();
	p = kmem_cache_alloc(c, GFP_KERNEL | __GFP_HIGHMEM);
	assert_non_null(p);
	assert_int_equal(logged(mark, "Unexpected gfp: 0x2 (__GFP_HIGHMEM). Fixing up to gfp: "),
			 1);
	assert_int_equal(logged(mark, "Fix your code!"), 1);
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
	halt();
}

/* The large slab is a luxury: when only single pages are left they will do. */
static void test_5_5_smaller_slabs_when_memory_is_broken_up(void **state)
{
	struct page *page, *next;
	struct kmem_cache *c;
	unsigned long n = 0;
	LIST_HEAD(taken);
	void *p;

	boot("mem=64M,cpus=1");
	c = cache(1000, 0);
	assert_true(c->order > 0);
	assert_int_equal(c->min_order, 0);
	all_free_pages(); /* no empty slab that could come free meanwhile */
	while ((page = alloc_page(GFP_NOWAIT | __GFP_MEMALLOC | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	list_for_each_entry_safe(page, next, &taken, lru) {
		if (page_to_pfn(page) & 1)
			continue;
		list_del(&page->lru);
		__free_page(page);
		if (++n == 3000)
			break;
	}
	drain_all_pages();
	p = kmem_cache_alloc(c, GFP_KERNEL);
	assert_non_null(p);
	assert_int_equal(compound_order(virt_to_head_page(p)), 0);
	/* It is no slab of those whose objects are known by where they lie. */
	assert_null(fast_cache_of(p));
	kmem_cache_free(c, p);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	kmem_cache_destroy(c);
	halt();
}

/* The reserves are for what must be, and a larger slab need not be. */
static void test_5_5_larger_slabs_are_no_use_of_reserves(void **state)
{
	struct page *page, *next;
	struct kmem_cache *c;
	unsigned int saved;
	LIST_HEAD(taken);
	void *p;

	boot("mem=64M,cpus=1");
	c = cache(2000, 0); /* of another order than sheaves, which may be on a CPU's list */
	all_free_pages();
	while ((page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	drain_all_pages();
	saved = memalloc_noreclaim_save();
	page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, c->order);
	assert_non_null(page); /* this thread could have it */
	__free_pages(page, c->order);
	drain_all_pages();
	p = kmem_cache_alloc(c, GFP_KERNEL);
	memalloc_noreclaim_restore(saved);
	assert_non_null(p);
	assert_true(c->order > c->min_order);
	assert_int_equal(compound_order(virt_to_head_page(p)), c->min_order);
	kmem_cache_free(c, p);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	kmem_cache_destroy(c);
	halt();
}

static void test_5_9_wrong_cache(void **state)
{
	struct kmem_cache *a, *b;
	void *p, *q;
	u64 mark;

	boot("mem=64M,cpus=1");
	a = cache(100, 0);
	b = kmem_cache_create("other", 200, 0, SLAB_NO_MERGE, NULL);
	p = kmem_cache_alloc(a, GFP_KERNEL);
	mark = log_next_seq();
	kmem_cache_free(b, p);
	assert_int_equal(logged(mark, "Wrong slab cache. other but object is from tested"), 1);
	assert_int_equal(machine_check(), 0);
	/* It went to the cache that it is from. */
	q = kmem_cache_alloc(b, GFP_KERNEL);
	assert_ptr_equal(virt_to_head_page(q)->slab_cache, b);
	kmem_cache_free(b, q);
	assert_int_equal(kmem_cache_destroy_status(a), 0);
	assert_int_equal(kmem_cache_destroy_status(b), 0);
	halt();
}

/* A failure is told of once, with the state of the cache; ten times in five seconds. */
static void test_1_7_out_of_memory_is_told(void **state)
{
	struct kmem_cache *c;
	void *list = NULL, **p;
	u64 mark;

	boot("mem=16M,cpus=1");
	c = cache(5000, 0);
	mark = log_next_seq();
	while ((p = kmem_cache_alloc(c, GFP_NOWAIT | __GFP_NOWARN))) {
		*p = list;
		list = p;
	}
	assert_int_equal(logged(mark, "SLUB: Unable"), 0);
	/* kswapd, which was woken, may find a page yet. */
	while ((p = kmem_cache_alloc(c, GFP_KERNEL & ~__GFP_DIRECT_RECLAIM))) {
		*p = list;
		list = p;
	}
	assert_int_equal(logged(mark, "SLUB: Unable to allocate memory on CPU 0 (of node 0) on "
				      "node -1, gfp="),
			 1);
	assert_int_equal(logged(mark, "  cache: tested, object size: 5000, buffer size: 5000, "),
			 1);
	assert_int_equal(logged(mark, "  node 0: slabs: "), 1);
	for (; list; list = p) {
		p = *(void **)list;
		kmem_cache_free(c, list);
	}
	assert_int_equal(kmem_cache_destroy_status(c), 0);
	halt();
}

static void test_5_9_wild_and_inner_pointers(void **state)
{
	struct kmem_cache *c;
	char *p, *q[20];
	u64 mark;

	boot("mem=64M,cpus=1");
	c = cache(256, 0);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	mark = log_next_seq();
	kmem_cache_free(c, NULL);
	assert_int_equal(logged(mark, "BUG"), 0);
	kmem_cache_free(c, p + 1);
	kmem_cache_free(c, p + 128);
	kmem_cache_free(c, &mark);
	kmem_cache_free(c, pfn_to_virt(0ul));
	assert_int_equal(logged(mark, "BUG "), 4);
	assert_int_equal(machine_check(), 0);
	for (int i = 0; i < 20; i++) {
		q[i] = kmem_cache_alloc(c, GFP_KERNEL);
		assert_true(q[i] + 256 <= p || q[i] >= p + 256);
	}
	for (int i = 0; i < 20; i++)
		kmem_cache_free(c, q[i]);
	kmem_cache_free(c, p);
	assert_int_equal(kmem_cache_destroy_status(c), 0);
	/* After its slab is gone. */
	mark = log_next_seq();
	c = cache(256, 0);
	kmem_cache_free(c, p);
	assert_int_equal(logged(mark, "BUG "), 1);
	kmem_cache_destroy(c);
	halt();
}

static void test_5_9_double_free(void **state)
{
	struct kmem_cache *c;
	void *p, *q, *r;
	u64 mark;

	boot("mem=64M,cpus=1");
	c = cache(256, 0);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	q = kmem_cache_alloc(c, GFP_KERNEL);
	mark = log_next_seq();
	kmem_cache_free(c, p);
	kmem_cache_free(c, p);
	assert_true(logged(mark, "BUG") >= 1);
	kmem_cache_free(c, q);
	mark = log_next_seq();
	kmem_cache_free(c, q);
	assert_true(logged(mark, "BUG") >= 1);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	q = kmem_cache_alloc(c, GFP_KERNEL);
	r = kmem_cache_alloc(c, GFP_KERNEL);
	assert_true(p != q && q != r && p != r);
	kmem_cache_free(c, p);
	kmem_cache_free(c, q);
	kmem_cache_free(c, r);
	assert_int_equal(kmem_cache_destroy_status(c), 0);
	halt();
}

/* With others in between the second free shows when the object comes home. */
/* Where free objects are linked, the one at the head of the list is known. */
static void test_5_9_double_free_of_a_linked_object(void **state)
{
	static void *p[500];
	struct kmem_cache *c;
	u64 mark;

	boot("mem=64M,cpus=1");
	c = cache(24, 0);
	assert_false(c->free_maps);
	assert_int_equal(kmem_cache_alloc_bulk(c, GFP_KERNEL, 500, p), 500);
	kmem_cache_free(c, p[50]);
	kmem_cache_shrink(c); /* to its slab, where it is the only free one */
	kmem_cache_free(c, p[50]);
	mark = log_next_seq();
	kmem_cache_shrink(c);
	assert_int_equal(logged(mark, "Object already free"), 1);
	assert_int_equal(machine_check(), 0);
	p[50] = p[499];
	kmem_cache_free_bulk(c, 499, p);
	assert_int_equal(kmem_cache_destroy_status(c), 0);
	halt();
}

static void test_5_9_double_free_far_apart(void **state)
{
	static const unsigned int sizes[] = { 256, 4000 };
	struct kmem_cache *c;
	void *p[50];
	u64 mark;

	boot("mem=64M,cpus=1");
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		c = cache(sizes[s], 0);
		for (int i = 0; i < 50; i++)
			p[i] = kmem_cache_alloc(c, GFP_KERNEL);
		for (int i = 0; i < 10; i++)
			kmem_cache_free(c, p[i]);
		mark = log_next_seq();
		kmem_cache_free(c, p[0]);
		kmem_cache_shrink(c);
		assert_int_equal(logged(mark, "Object already free"), 1);
		assert_int_equal(slab_live_objects(c), 40);
		assert_int_equal(machine_check(), 0);
		/* Long home. */
		mark = log_next_seq();
		kmem_cache_free(c, p[9]);
		kmem_cache_shrink(c);
		assert_int_equal(logged(mark, "Object already free"), 1);
		kmem_cache_free_bulk(c, 40, p + 10);
		assert_int_equal(kmem_cache_destroy_status(c), 0);
	}
	halt();
}

static void test_checker_sees_damage(void **state)
{
	struct kmem_cache *c;
	struct page *slab;
	void *p, *q;

	boot("mem=64M,cpus=1");
	c = cache(256, 0);
	assert_true(c->free_maps);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	q = kmem_cache_alloc(c, GFP_KERNEL);
	kmem_cache_free(c, q);
	kmem_cache_shrink(c);
	slab = virt_to_head_page(p);
	assert_int_equal(slab_check(), 0);
	slab->inuse++;
	assert_int_not_equal(slab_check(), 0);
	slab->inuse--;
	c->node[0]->nr_slabs++;
	assert_int_not_equal(slab_check(), 0);
	c->node[0]->nr_slabs--;
	/* An object that is free and in use. */
	slab->free_map ^= 2;
	assert_int_not_equal(slab_check(), 0);
	slab->free_map ^= 2;
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
	halt();
}

/* Small objects are linked, through the word at ->offset of each free one. */
static void test_checker_sees_damage_of_a_list(void **state)
{
	struct kmem_cache *c;
	struct page *slab;
	void *p, *q, *was, **link;

	boot("mem=64M,cpus=1");
	c = cache(32, 0);
	assert_false(c->free_maps);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	q = kmem_cache_alloc(c, GFP_KERNEL);
	kmem_cache_free(c, q);
	kmem_cache_shrink(c);
	slab = virt_to_head_page(p);
	assert_int_equal(slab_check(), 0);
	link = (void **)((char *)slab->freelist + c->offset);
	was = *link;
	*link = (char *)p + 4;
	assert_int_not_equal(slab_check(), 0);
	*link = was;
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
	halt();
}

/* Who writes into freed objects costs their slabs' free objects, not the cache nor its lock. */
static void test_5_9_a_link_written_over_is_told_of(void **state)
{
	static void *p[1000];
	struct kmem_cache *c;
	u64 mark;

	boot("mem=64M,cpus=1");
	c = cache(24, 0);
	assert_false(c->free_maps);
	for (int i = 0; i < 1000; i++)
		p[i] = kmem_cache_alloc(c, GFP_KERNEL);
	for (int i = 1; i < 1000; i++)
		kmem_cache_free(c, p[i]);
	kmem_cache_shrink(c); /* what is left is the slab of p[0] */
	for (int i = 20; i < 60; i += 20)
		if (virt_to_head_page(p[i]) == virt_to_head_page(p[0]))
			memset(p[i], 0x41, 24);
	mark = log_next_seq();
	for (int i = 1; i < 1000; i++) {
		p[i] = kmem_cache_alloc(c, GFP_KERNEL);
		assert_non_null(p[i]);
		memset(p[i], i, 24);
	}
	assert_int_equal(logged(mark, "Freechain corrupt"), 1);
	assert_int_equal(logged(mark, "leads to 0x4141414141414141"), 1);
	assert_int_equal(machine_check(), 0);
	for (int i = 1; i < 1000; i++) {
		assert_int_equal(((u8 *)p[i])[23], (u8)i); /* each is one's own */
		kmem_cache_free(c, p[i]);
	}
	kmem_cache_free(c, p[0]);
	assert_int_equal(machine_check(), 0);
	/* The objects behind the link are lost, and told of. */
	assert_int_equal(kmem_cache_destroy_status(c), -EBUSY);
	machine_halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_5_2_objects_do_not_overlap),
		machine_test(test_5_9_only_starts_of_objects_are_freed_inline),
		machine_test(test_5_6_ctor_runs_once_for_each_object),
		machine_test(test_5_6_ctor_and_ZERO_contradict),
		machine_test(test_1_8_zalloc_clears_what_was_used),
		machine_test(test_5_9_typesafe_objects_keep_their_contents),
		machine_test(test_5_10_bulk_is_all_or_nothing),
		machine_test(test_5_10_reclaimable_caches_are_counted),
		machine_test(test_4_2_dma_caches_are_in_the_DMA_zone),
		machine_test(test_1_6_flags_that_a_cache_cannot_obey),
		machine_test(test_5_5_smaller_slabs_when_memory_is_broken_up),
		machine_test(test_5_5_larger_slabs_are_no_use_of_reserves),
		machine_test(test_5_9_wrong_cache),
		machine_test(test_1_7_out_of_memory_is_told),
		machine_test(test_5_9_wild_and_inner_pointers),
		machine_test(test_5_9_double_free),
		machine_test(test_5_9_double_free_of_a_linked_object),
		machine_test(test_5_9_double_free_far_apart),
		machine_test(test_5_9_a_link_written_over_is_told_of),
		machine_test(test_checker_sees_damage),
		machine_test(test_checker_sees_damage_of_a_list),
	};

	return cmocka_run_group_tests_name("mm/slab", tests, NULL, NULL);
}
