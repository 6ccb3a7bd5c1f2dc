/* SPDX-License-Identifier: MIT */
/* slab_alloc.c and slab_layout.c: from where a cache's memory is, whatever a request says. */
#include <sched.h>
#include <kmem/rcupdate.h>
#include <kmem/workqueue.h>
#include "machine.h"
#include "mm/slab.h"

static struct kmem_cache *cache(unsigned int size, slab_flags_t flags)
{
	return kmem_cache_create("tested", size, 0, flags | SLAB_NO_MERGE, NULL);
}

static void test_4_2_DMA32_caches_are_below_4G(void **state)
{
	struct kmem_cache *low, *any;
	void *p[20], *q;

	boot("mem=6G,cpus=1");
	low = cache(3000, SLAB_CACHE_DMA32);
	any = cache(3000, 0);
	q = kmem_cache_alloc(any, GFP_KERNEL);
	assert_true(virt_to_phys(q) >= 4ull << 30); /* where there is most */
	for (int i = 0; i < 20; i++) {
		p[i] = kmem_cache_alloc(low, GFP_KERNEL);
		assert_true(virt_to_phys(p[i]) < 4ull << 30);
	}
	kmem_cache_free_bulk(low, 20, p);
	kmem_cache_free(any, q);
	kmem_cache_destroy(low);
	kmem_cache_destroy(any);
	halt();
}

static enum migratetype type_of(struct kmem_cache *c, gfp_t gfp)
{
	void *p = kmem_cache_alloc(c, gfp);
	enum migratetype type = get_pageblock_migratetype(virt_to_page(p));

	kmem_cache_free(c, p);
	kmem_cache_shrink(c);
	return type;
}

/* What can be given back lives together, and only that. The cache decides, not the request. */
static void test_3_3_reclaimable_caches_have_pageblocks_of_their_own(void **state)
{
	struct kmem_cache *plain, *reclaimable;

	boot("mem=256M,cpus=1");
	plain = cache(3000, 0);
	reclaimable = cache(3000, SLAB_RECLAIM_ACCOUNT);
	assert_int_equal(type_of(plain, GFP_KERNEL), MIGRATE_UNMOVABLE);
	assert_int_equal(type_of(plain, GFP_KERNEL | __GFP_MOVABLE), MIGRATE_UNMOVABLE);
	assert_int_equal(type_of(reclaimable, GFP_KERNEL), MIGRATE_RECLAIMABLE);
	assert_int_equal(type_of(reclaimable, GFP_KERNEL | __GFP_MOVABLE), MIGRATE_RECLAIMABLE);
	kmem_cache_destroy(plain);
	kmem_cache_destroy(reclaimable);
	halt();
}

static void test_1_6_a_zone_is_the_cache_s_to_choose(void **state)
{
	struct kmem_cache *c;
	void *p;

	boot("mem=64M,cpus=1");
	c = cache(3000, 0);
	p = kmem_cache_alloc(c, GFP_KERNEL | __GFP_DMA);
	assert_true(virt_to_phys(p) >= 16ul << 20);
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
	halt();
}

static void test_5_10_a_node_that_is_full(void **state)
{
	struct page *page, *next;
	struct kmem_cache *c;
	LIST_HEAD(taken);
	void *p, *q;

	boot("mem=64M,cpus=1,numa=fake=2");
	c = cache(3000, 0);
	p = kmem_cache_alloc_node(c, GFP_KERNEL, 0);
	while ((page = alloc_pages_node(
			1, GFP_NOWAIT | __GFP_MEMALLOC | __GFP_THISNODE | __GFP_NOWARN, 0)))
		list_add(&page->lru, &taken);
	assert_null(kmem_cache_alloc_node(c, GFP_NOWAIT | __GFP_THISNODE | __GFP_NOWARN, 1));
	q = kmem_cache_alloc_node(c, GFP_NOWAIT | __GFP_NOWARN, 1);
	assert_non_null(q);
	assert_int_equal(page_to_nid(virt_to_page(q)), 0);
	kmem_cache_free(c, q);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	drain_all_pages();
	q = kmem_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, 1);
	assert_int_equal(page_to_nid(virt_to_page(q)), 1);
	kmem_cache_free(c, q);
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
	halt();
}

static void test_5_10_a_node_that_is_not_there(void **state)
{
	static const int nodes[] = { NUMA_NO_NODE, -7, 2, 15, 16, INT32_MAX };
	struct kmem_cache *c;

	boot("mem=64M,cpus=1,numa=fake=2");
	c = cache(300, 0);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		void *p = kmem_cache_alloc_node(c, GFP_KERNEL, nodes[i]);

		assert_non_null(p);
		kmem_cache_free(c, p);
		p = kmalloc_node(20000, GFP_KERNEL, nodes[i]);
		assert_non_null(p);
		kfree(p);
	}
	kmem_cache_destroy(c);
	halt();
}

/* Of the slabs that come empty as many are kept as min_partial says; a shrink takes them too. */
static void test_5_5_min_partial_slabs_are_kept(void **state)
{
	static void *p[400];
	struct kmem_cache *c;

	boot("mem=64M,cpus=1");
	c = cache(1024, 0);
	assert_int_equal(kmem_cache_alloc_bulk(c, GFP_KERNEL, 400, p), 400);
	kmem_cache_free_bulk(c, 400, p);
	sheaves_flush(c);
	assert_int_equal(c->node[0]->nr_slabs, c->min_partial);
	assert_int_equal(c->node[0]->nr_partial, c->min_partial);
	assert_int_equal(kmem_cache_shrink(c), 0);
	assert_int_equal(c->node[0]->nr_slabs, 0);
	kmem_cache_destroy(c);
	halt();
}

static struct {
	unsigned int inside, leave;
} reader;

static void read_for_a_while(struct worker *w)
{
	rcu_read_lock();
	WRITE_ONCE(reader.inside, 1);
	while (!READ_ONCE(reader.leave))
		sched_yield();
	rcu_read_unlock();
}

/* A slab of such a cache is objects until whoever may look at them has left. */
static void test_5_9_typesafe_slabs_wait_for_readers(void **state)
{
	struct worker w = { .fn = read_for_a_while };
	struct kmem_cache *c;
	struct page *slab;
	u8 *p;

	boot("mem=64M,cpus=2");
	reader.inside = reader.leave = 0;
	assert_int_equal(pthread_create(&w.thread, NULL, worker_main, &w), 0);
	while (!READ_ONCE(reader.inside))
		usleep(1000);
	c = cache(3000, SLAB_TYPESAFE_BY_RCU);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	slab = virt_to_page(p);
	memset(p, 0x33, 3000);
	kmem_cache_free(c, p);
	assert_int_equal(kmem_cache_shrink(c), 0);
	usleep(20000); /* time enough to do it wrongly */
	assert_true(PageSlab(slab));
	assert_int_equal(p[0] & p[2999], 0x33);
	WRITE_ONCE(reader.leave, 1);
	pthread_join(w.thread, NULL);
	flush_scheduled_work();
	assert_false(PageSlab(slab));
	kmem_cache_destroy(c);
	halt();
}

static void wait_for_leave(struct work_struct *work)
{
	while (!READ_ONCE(reader.leave))
		msleep(1);
}

/* When it is destroyed they are gone, also if the thread that frees them has other work. */
static void test_5_8_typesafe_slabs_go_with_their_cache(void **state)
{
	DECLARE_WORK(busy, wait_for_leave);
	struct kmem_cache *c;
	struct page *slab;
	void *p;

	boot("mem=64M,cpus=2");
	reader.leave = 0;
	schedule_work(&busy);
	c = cache(3000, SLAB_TYPESAFE_BY_RCU);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	slab = virt_to_page(p);
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
	assert_false(PageSlab(slab));
	WRITE_ONCE(reader.leave, 1);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_4_2_DMA32_caches_are_below_4G),
		machine_test(test_3_3_reclaimable_caches_have_pageblocks_of_their_own),
		machine_test(test_1_6_a_zone_is_the_cache_s_to_choose),
		machine_test(test_5_10_a_node_that_is_full),
		machine_test(test_5_10_a_node_that_is_not_there),
		machine_test(test_5_5_min_partial_slabs_are_kept),
		machine_test(test_5_9_typesafe_slabs_wait_for_readers),
		machine_test(test_5_8_typesafe_slabs_go_with_their_cache),
	};

	return cmocka_run_group_tests_name("mm/slab_alloc", tests, NULL, NULL);
}
