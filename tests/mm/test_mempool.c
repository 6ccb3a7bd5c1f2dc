/*
 * mempool.c: the allocator first, then the reserve, then waiting. Most tests bring an allocator of
 * their own that can be told to fail.
 */
#include <kmem/mempool.h>
#include <kmem/oops.h>
#include <unistd.h>
#include <kmem/poison.h>
#include "machine.h"

static struct {
	int failing; /* read and written by several threads */
	unsigned int allocs, frees, calls;
	gfp_t masks[4]; /* of the last calls, newest first */
} own;

static void *own_alloc(gfp_t gfp, void *data)
{
	__atomic_fetch_add(&own.calls, 1, __ATOMIC_RELAXED);
	own.masks[3] = own.masks[2];
	own.masks[2] = own.masks[1];
	own.masks[1] = own.masks[0];
	own.masks[0] = gfp;
	if (READ_ONCE(own.failing))
		return NULL;
	own.allocs++;
	return kmalloc((size_t)data, gfp);
}

static void own_free(void *element, void *data)
{
	own.frees++;
	kfree(element);
}

static mempool_t *own_pool(int min_nr)
{
	memset(&own, 0, sizeof(own));
	return mempool_create(min_nr, own_alloc, own_free, (void *)64);
}

static void test_6_1_create_fills_the_reserve_or_fails_wholly(void **state)
{
	mempool_t *pool;

	boot("mem=64M,cpus=1");
	pool = own_pool(7);
	assert_int_equal(pool->curr_nr, 7);
	assert_int_equal(pool->min_nr, 7);
	assert_int_equal(own.allocs, 7);
	mempool_destroy(pool);
	assert_int_equal(own.frees, 7);
	own.failing = 1;
	assert_null(mempool_create(3, own_alloc, own_free, (void *)64));
	mempool_destroy(NULL);
	halt();
}

static void test_6_1_the_allocator_is_asked_first_and_gently(void **state)
{
	mempool_t *pool;
	void *p;

	boot("mem=64M,cpus=1");
	pool = own_pool(2);
	p = mempool_alloc(pool, GFP_KERNEL);
	assert_int_equal(pool->curr_nr, 2);
	assert_int_equal(own.masks[0] & (__GFP_DIRECT_RECLAIM | __GFP_IO), 0);
	assert_int_equal(own.masks[0] & (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN),
			 __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN);
	mempool_free(p, pool);
	mempool_free(NULL, pool);
	mempool_destroy(pool);
	halt();
}

static void test_6_1_then_the_reserve_exactly_min_nr(void **state)
{
	mempool_t *pool;
	void *p[5];

	boot("mem=64M,cpus=1");
	pool = own_pool(5);
	own.failing = 1;
	for (int i = 0; i < 5; i++) {
		p[i] = mempool_alloc(pool, GFP_NOWAIT);
		assert_non_null(p[i]);
		assert_int_equal(pool->curr_nr, 4 - i);
	}
	assert_null(mempool_alloc(pool, GFP_NOWAIT));
	assert_null(mempool_alloc(pool, GFP_ATOMIC));
	/* After k frees exactly k can be had. */
	for (int k = 1; k <= 5; k++) {
		for (int i = 0; i < k; i++)
			mempool_free(p[i], pool);
		for (int i = 0; i < k; i++) {
			p[i] = mempool_alloc(pool, GFP_NOWAIT);
			assert_non_null(p[i]);
		}
		assert_null(mempool_alloc(pool, GFP_NOWAIT));
	}
	for (int i = 0; i < 5; i++)
		mempool_free(p[i], pool);
	assert_int_equal(own.frees, 0);
	mempool_destroy(pool);
	halt();
}

static void test_6_1_the_full_mask_comes_last(void **state)
{
	mempool_t *pool;
	void *p;

	boot("mem=64M,cpus=1");
	pool = own_pool(1);
	own.failing = 1;
	own.calls = 0;
	p = mempool_alloc(pool, GFP_KERNEL); /* the reserve */
	assert_int_equal(own.calls, 1);
	assert_null(mempool_alloc_preallocated(pool));
	mempool_free(p, pool);
	mempool_destroy(pool);
	halt();
}

static void test_6_2_frees_fill_the_reserve_first(void **state)
{
	mempool_t *pool;
	void *p[4];

	boot("mem=64M,cpus=1");
	pool = own_pool(2);
	for (int i = 0; i < 2; i++)
		p[i] = mempool_alloc(pool, GFP_KERNEL);
	own.failing = 1;
	for (int i = 2; i < 4; i++)
		p[i] = mempool_alloc(pool, GFP_KERNEL);
	assert_int_equal(pool->curr_nr, 0);
	for (int i = 0; i < 4; i++) {
		mempool_free(p[i], pool);
		assert_int_equal(pool->curr_nr, i < 2 ? i + 1 : 2);
		assert_int_equal(own.frees, i < 2 ? 0 : i - 1);
	}
	mempool_destroy(pool);
	halt();
}

static void test_6_3_resize(void **state)
{
	mempool_t *pool;
	void *p;

	boot("mem=64M,cpus=1");
	pool = own_pool(6);
	assert_int_equal(mempool_resize(pool, 2), 0);
	assert_int_equal(pool->curr_nr, 2);
	assert_int_equal(own.frees, 4);
	assert_int_equal(mempool_resize(pool, 20), 0);
	assert_int_equal(pool->curr_nr, 20);
	assert_int_equal(pool->min_nr, 20);
	own.failing = 1;
	/* The fill fails: 0 all the same, and the reserve grows when elements come back. */
	assert_int_equal(mempool_resize(pool, 21), 0);
	assert_int_equal(pool->curr_nr, 20);
	own.failing = 0;
	p = mempool_alloc(pool, GFP_KERNEL);
	mempool_free(p, pool);
	assert_int_equal(pool->curr_nr, 21);
	mempool_destroy(pool);
	assert_int_equal(own.allocs, own.frees);
	halt();
}

static void test_6_1_a_pool_without_a_reserve(void **state)
{
	mempool_t *pool;
	void *p;
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	pool = own_pool(0);
	assert_non_null(pool);
	assert_true(mempool_initialized(pool));
	p = mempool_alloc(pool, GFP_KERNEL);
	assert_non_null(p);
	mempool_free(p, pool);
	assert_int_equal(own.frees, 1);
	own.failing = 1;
	assert_null(mempool_alloc(pool, GFP_NOWAIT));
	assert_null(mempool_alloc_preallocated(pool));
	own.failing = 0;
	assert_int_equal(mempool_resize(pool, 3), 0);
	assert_int_equal(pool->curr_nr, 3);
	mempool_destroy(pool);
	assert_int_equal(own.allocs, own.frees);
	assert_int_equal(logged(mark, "WARNING"), 0);
	assert_null(mempool_create(-1, own_alloc, own_free, NULL));
	assert_int_equal(logged(mark, "WARNING"), 1);
	halt();
}

static long resize_to_nothing(void *pool)
{
	return mempool_resize(pool, 0);
}

static void test_6_3_resize_to_nothing_is_a_BUG(void **state)
{
	mempool_t *pool;
	long ret;

	boot("mem=64M,cpus=1");
	pool = own_pool(3);
	assert_int_equal(oops_guard(resize_to_nothing, pool, &ret), -EFAULT);
	assert_int_equal(pool->curr_nr, 3);
	mempool_destroy(pool);
	halt();
}

/* The elements stay where they are while the reserve changes its size around them. */
static void test_6_3_resize_keeps_the_elements(void **state)
{
	mempool_t *pool;
	void *p[9];

	boot("mem=64M,cpus=1");
	pool = own_pool(3);
	own.failing = 1;
	for (int i = 0; i < 3; i++)
		p[i] = mempool_alloc(pool, GFP_NOWAIT);
	mempool_free(p[0], pool);
	assert_int_equal(mempool_resize(pool, 9), 0); /* cannot be filled now */
	assert_int_equal(pool->curr_nr, 1);
	assert_ptr_equal(mempool_alloc(pool, GFP_NOWAIT), p[0]);
	for (int i = 0; i < 3; i++)
		mempool_free(p[i], pool);
	assert_int_equal(pool->curr_nr, 3);
	assert_int_equal(own.frees, 0);
	/* The last given is the first taken. */
	assert_ptr_equal(mempool_alloc(pool, GFP_NOWAIT), p[2]);
	mempool_free(p[2], pool);
	own.failing = 0;
	assert_int_equal(mempool_resize(pool, 9), 0); /* the same size */
	for (int i = 0; i < 9; i++)
		p[i] = mempool_alloc(pool, GFP_KERNEL);
	assert_int_equal(pool->curr_nr, 3);
	for (int i = 0; i < 9; i++)
		mempool_free(p[i], pool);
	assert_int_equal(pool->curr_nr, 9);
	mempool_destroy(pool);
	assert_int_equal(own.allocs, own.frees);
	halt();
}

static void test_6_4_a_pool_within_something_else(void **state)
{
	struct kmem_cache *cache;
	mempool_t pool = { 0 };
	void *p;

	boot("mem=64M,cpus=1");
	mempool_exit(&pool);
	assert_false(mempool_initialized(&pool));
	cache = kmem_cache_create("pooled", 200, 0, SLAB_NO_MERGE, NULL);
	assert_int_equal(mempool_init_slab_pool(&pool, 4, cache), 0);
	assert_true(mempool_initialized(&pool));
	p = mempool_alloc(&pool, GFP_KERNEL);
	mempool_free(p, &pool);
	mempool_exit(&pool);
	mempool_exit(&pool);
	assert_int_equal(kmem_cache_destroy_status(cache), 0);
	own.failing = 1;
	assert_int_equal(mempool_init(&pool, 3, own_alloc, own_free, (void *)64), -ENOMEM);
	own.failing = 0;
	halt();
}

static void ctor(void *p)
{
}

static void test_6_5_no_pool_of_constructed_objects(void **state)
{
	struct kmem_cache *cache;
	mempool_t *pool;
	u64 mark;

	boot("mem=64M,cpus=1");
	cache = kmem_cache_create("constructed", 200, 0, 0, ctor);
	mark = log_next_seq();
	pool = mempool_create_slab_pool(2, cache);
	assert_int_equal(logged(mark, "WARNING"), 1);
	mempool_destroy(pool);
	kmem_cache_destroy(cache);
	halt();
}

static void test_1_8_ZERO_cannot_be_had(void **state)
{
	mempool_t *pool;
	u64 mark;

	boot("mem=64M,cpus=1");
	pool = mempool_create_kmalloc_pool(2, 100);
	mark = log_next_seq();
	mempool_free(mempool_alloc(pool, GFP_KERNEL | __GFP_ZERO), pool);
	assert_int_equal(logged(mark, "WARNING"), 1);
	mempool_destroy(pool);
	halt();
}

static void test_6_4_destroy_with_elements_in_use(void **state)
{
	mempool_t *pool;
	void *p;

	boot("mem=64M,cpus=1");
	pool = own_pool(3);
	own.failing = 1;
	p = mempool_alloc(pool, GFP_KERNEL);
	mempool_destroy(pool);
	assert_int_equal(own.frees, 2);
	memset(p, 1, 64);
	kfree(p);
	halt();
}

/* With slub_debug elements in the reserve are poisoned, and who wrote to one is told of. */
static void test_6_4_elements_in_the_reserve_are_poisoned(void **state)
{
	struct kmem_cache *cache;
	mempool_t *pool[3];
	u8 *bytes;
	u64 mark;

	boot("mem=64M,highmem=32M,cpus=1,slub_debug=P");
	cache = kmem_cache_create("pooled", 200, 0, 0, NULL);
	pool[0] = mempool_create_slab_pool(2, cache);
	pool[1] = mempool_create_kmalloc_pool(2, 100);
	pool[2] = mempool_create_page_pool(2, 1);
	for (int i = 0; i < 3; i++) {
		struct page *page = pool[i]->elements[1];
		size_t size = i == 0 ? 200 : i == 1 ? 100 : PAGE_SIZE;
		void *element;

		bytes = i < 2 ? pool[i]->elements[1] : kmap(page + 1);
		assert_int_equal(bytes[0], POISON_FREE);
		assert_int_equal(bytes[size - 2], POISON_FREE);
		assert_int_equal(bytes[size - 1], POISON_END);
		mark = log_next_seq();
		element = mempool_alloc_preallocated(pool[i]);
		assert_int_equal(logged(mark, "BUG"), 0);
		assert_int_equal(bytes[0], POISON_INUSE);
		assert_int_equal(bytes[size - 1], POISON_INUSE);
		mempool_free(element, pool[i]);
		for (int k = 0; k < 3; k++) {
			bytes[k == 0 ? 0 : k == 1 ? size - 1 : size / 2] = 0x77;
			mark = log_next_seq();
			element = mempool_alloc_preallocated(pool[i]);
			assert_int_equal(logged(mark, "BUG: mempool element poison mismatch"), 1);
			assert_int_equal(logged(mark, "77 "), 1);
			mempool_free(element, pool[i]);
		}
		if (i == 2)
			kunmap(page + 1);
		mark = log_next_seq();
		mempool_destroy(pool[i]);
		assert_int_equal(logged(mark, "BUG"), 0);
	}
	kmem_cache_destroy(cache);
	halt();
	/* What a pool of somebody's own has is his business, and so is all of it without the word. */
	boot("mem=64M,cpus=1");
	pool[0] = mempool_create_kmalloc_pool(1, 100);
	memset(pool[0]->elements[0], 1, 100);
	mark = log_next_seq();
	mempool_destroy(pool[0]);
	assert_int_equal(logged(mark, "BUG"), 0);
	halt();
	boot("mem=64M,cpus=1,slub_debug=P");
	pool[0] = own_pool(1);
	memset(pool[0]->elements[0], 1, 64);
	mark = log_next_seq();
	mempool_destroy(pool[0]);
	assert_int_equal(logged(mark, "BUG"), 0);
	halt();
}

/* The pool and its table are of the node that was asked for; elements are the allocator's choice. */
static void test_6_1_pools_of_a_node(void **state)
{
	mempool_t *pool, own_place;

	boot("mem=64M,cpus=2,numa=fake=2");
	for (int nid = 0; nid < 2; nid++) {
		pool = mempool_create_node(3, own_alloc, own_free, (void *)64, GFP_KERNEL, nid);
		assert_non_null(pool);
		assert_int_equal(page_to_nid(virt_to_page(pool)), nid);
		assert_int_equal(page_to_nid(virt_to_page(pool->elements)), nid);
		assert_int_equal(pool->curr_nr, 3);
		mempool_destroy(pool);
		assert_int_equal(mempool_init_node(&own_place, 2, own_alloc, own_free, (void *)64,
						   GFP_KERNEL, nid),
				 0);
		assert_int_equal(page_to_nid(virt_to_page(own_place.elements)), nid);
		mempool_exit(&own_place);
	}
	halt();
}

static void test_6_5_ready_made_pools(void **state)
{
	struct kmem_cache *cache;
	mempool_t *pool;
	struct page *page;
	void *p;

	boot("mem=64M,cpus=1");
	cache = kmem_cache_create("pooled", 200, 0, SLAB_NO_MERGE, NULL);
	pool = mempool_create_slab_pool(4, cache);
	p = mempool_alloc(pool, GFP_KERNEL);
	memset(p, 1, 200);
	mempool_free(p, pool);
	p = mempool_alloc_preallocated(pool);
	assert_int_equal(pool->curr_nr, 3);
	mempool_free(p, pool);
	mempool_destroy(pool);
	assert_int_equal(kmem_cache_destroy_status(cache), 0);

	pool = mempool_create_kmalloc_pool(4, 3000);
	p = mempool_alloc(pool, GFP_KERNEL);
	assert_int_equal(ksize(p), 4096);
	mempool_free(p, pool);
	mempool_destroy(pool);

	pool = mempool_create_page_pool(2, 3);
	page = mempool_alloc(pool, GFP_KERNEL);
	assert_int_equal(page_to_pfn(page) & 7, 0);
	mempool_free(page, pool);
	mempool_destroy(pool);
	halt();
}

/* A pool keeps its promise when the machine has no page left. */
static void test_6_1_on_a_full_machine(void **state)
{
	struct page *page, *next;
	mempool_t *pool;
	void *p[8];
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	pool = mempool_create_page_pool(8, 4);
	while ((page = alloc_page(GFP_ATOMIC | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	for (int i = 0; i < 8; i++)
		assert_non_null(p[i] = mempool_alloc(pool, GFP_KERNEL));
	assert_null(mempool_alloc(pool, GFP_ATOMIC));
	for (int i = 0; i < 8; i++)
		mempool_free(p[i], pool);
	assert_int_equal(pool->curr_nr, 8);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	mempool_destroy(pool);
	halt();
}

static void want_one(struct worker *w)
{
	mempool_t *pool = w->arg;

	for (unsigned long i = 0; i < stress(500); i++) {
		unsigned long *p = mempool_alloc(pool, GFP_KERNEL);

		w->errors += !p;
		if (!p)
			return;
		*p = w->nr;
		if (i % 16 == 0)
			cond_resched();
		w->errors += READ_ONCE(*p) != w->nr;
		mempool_free(p, pool);
	}
}

static void *no_more(gfp_t gfp, void *data)
{
	return READ_ONCE(own.failing) ? NULL : kmalloc(64, gfp);
}

static void plain_free(void *element, void *data)
{
	kfree(element);
}

/* Ten threads, two elements, and an allocator that gives none: nobody fails, nobody waits long. */
static void test_6_1_waiters_are_served(void **state)
{
	static const char *const machines[] = { "mem=64M,cpus=1", "mem=64M,cpus=2" };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		mempool_t *pool;

		boot(machines[i]);
		own.failing = 0;
		pool = mempool_create(2, no_more, plain_free, NULL);
		WRITE_ONCE(own.failing, 1);
		assert_int_equal(run_workers(10, want_one, pool), 0);
		assert_int_equal(pool->curr_nr, 2);
		mempool_destroy(pool);
		halt();
	}
}

static struct {
	mempool_t *pool;
	unsigned int served; /* how many have been so far */
	unsigned int order[4];
} queue;

static void wait_in_line(struct worker *w)
{
	void *p;

	/* One after the other stands in line. */
	while (READ_ONCE(queue.pool->wait.waiters) != w->nr)
		usleep(1000);
	p = mempool_alloc(queue.pool, GFP_KERNEL);
	queue.order[w->nr] = __atomic_fetch_add(&queue.served, 1, __ATOMIC_SEQ_CST);
	mempool_free(p, queue.pool);
}

static void free_when_all_wait(struct worker *w)
{
	void *p = mempool_alloc(queue.pool, GFP_KERNEL);

	while (READ_ONCE(queue.pool->wait.waiters) != 4)
		usleep(1000);
	mempool_free(p, queue.pool);
}

static void test_6_1_waiters_are_woken_in_order(void **state)
{
	struct worker giver = { .fn = free_when_all_wait };
	void *p;

	boot("mem=64M,cpus=2");
	own.failing = 0;
	queue.served = 0;
	queue.pool = mempool_create(1, no_more, plain_free, NULL);
	WRITE_ONCE(own.failing, 1);
	p = mempool_alloc(queue.pool, GFP_KERNEL);
	mempool_free(p, queue.pool);
	pthread_create(&giver.thread, NULL, worker_main, &giver);
	while (READ_ONCE(queue.pool->curr_nr))
		usleep(1000);
	run_workers(4, wait_in_line, NULL);
	pthread_join(giver.thread, NULL);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(queue.order[i], i);
	mempool_destroy(queue.pool);
	halt();
}

static struct {
	mempool_t *pool;
	unsigned int lucky; /* the waiter that the allocator serves */
	u64 served_ns[3];
	unsigned int asked; /* calls of the allocator by waiters */
} luck;

static __thread unsigned int waiter_nr;

static void *for_the_lucky(gfp_t gfp, void *data)
{
	if (waiter_nr)
		__atomic_fetch_add(&luck.asked, 1, __ATOMIC_RELAXED);
	return READ_ONCE(luck.lucky) == waiter_nr ? kmalloc(64, gfp) : NULL;
}

static void wait_for_luck(struct worker *w)
{
	waiter_nr = w->nr + 1;
	while (READ_ONCE(luck.pool->wait.waiters) != w->nr)
		usleep(1000);
	w->arg = mempool_alloc(luck.pool, GFP_KERNEL);
	luck.served_ns[w->nr] = ktime_get_ns();
}

#define RECHECK_NS 5000000000ull /* when a waiter looks again by himself */

/* The first in line finds memory elsewhere: the element that came back is for the second. */
static void test_6_1_who_does_not_need_the_element_passes_it_on(void **state)
{
	struct worker w[2] = { { wait_for_luck, .nr = 0 }, { wait_for_luck, .nr = 1 } };
	u64 freed_ns;
	void *p;

	boot("mem=64M,cpus=2");
	waiter_nr = luck.lucky = 0;
	luck.pool = mempool_create(1, for_the_lucky, plain_free, NULL);
	p = mempool_alloc(luck.pool, GFP_KERNEL);
	WRITE_ONCE(luck.lucky, 9);
	kfree(mempool_alloc_preallocated(luck.pool));
	for (int i = 0; i < 2; i++)
		pthread_create(&w[i].thread, NULL, worker_main, &w[i]);
	while (READ_ONCE(luck.pool->wait.waiters) != 2)
		usleep(1000);
	WRITE_ONCE(luck.lucky, 1);
	freed_ns = ktime_get_ns();
	mempool_free(p, luck.pool);
	for (int i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	assert_ptr_not_equal(w[0].arg, p);
	assert_ptr_equal(w[1].arg, p);
	assert_true(luck.served_ns[1] - freed_ns < RECHECK_NS / 2);
	plain_free(w[0].arg, NULL);
	plain_free(w[1].arg, NULL);
	mempool_destroy(luck.pool);
	halt();
}

static void *when_it_may_wait(gfp_t gfp, void *data)
{
	__atomic_fetch_add(&own.calls, 1, __ATOMIC_RELAXED);
	return gfp & __GFP_DIRECT_RECLAIM ? kmalloc(64, GFP_KERNEL) : NULL;
}

/* Gently, the reserve, then with all it may; waiting comes after that. */
static void test_6_1_nobody_waits_before_the_full_mask(void **state)
{
	mempool_t *pool;
	u64 begun_ns;
	void *p[2];

	boot("mem=64M,cpus=1");
	pool = mempool_create(1, when_it_may_wait, plain_free, NULL);
	own.calls = 0;
	p[0] = mempool_alloc(pool, GFP_KERNEL);
	assert_int_equal(own.calls, 1);
	assert_int_equal(pool->curr_nr, 0);
	begun_ns = ktime_get_ns();
	p[1] = mempool_alloc(pool, GFP_KERNEL);
	assert_int_equal(own.calls, 3);
	assert_true(ktime_get_ns() - begun_ns < RECHECK_NS / 2);
	mempool_free(p[0], pool);
	mempool_free(p[1], pool);
	mempool_destroy(pool);
	halt();
}

/* One element wakes one; a reserve that grows wakes as many as it has elements for. */
static void test_6_2_one_element_wakes_one(void **state)
{
	struct worker w[3] = { { wait_for_luck, .nr = 0 },
			       { wait_for_luck, .nr = 1 },
			       { wait_for_luck, .nr = 2 } };
	u64 freed_ns;
	void *p;

	boot("mem=64M,cpus=2");
	waiter_nr = luck.lucky = 0;
	luck.pool = mempool_create(1, for_the_lucky, plain_free, NULL);
	p = mempool_alloc_preallocated(luck.pool);
	luck.asked = 0;
	for (int i = 0; i < 3; i++)
		pthread_create(&w[i].thread, NULL, worker_main, &w[i]);
	while (READ_ONCE(luck.pool->wait.waiters) != 3)
		usleep(1000);
	usleep(20000); /* they sleep */
	assert_int_equal(READ_ONCE(luck.asked), 6);
	mempool_free(p, luck.pool);
	pthread_join(w[0].thread, NULL);
	usleep(20000); /* time enough for the others to ask, if they are awake */
	assert_int_equal(READ_ONCE(luck.asked), 7);
	assert_int_equal(READ_ONCE(luck.pool->wait.waiters), 2);
	freed_ns = ktime_get_ns();
	assert_int_equal(mempool_resize(luck.pool, 2), 0);
	for (int i = 1; i < 3; i++) {
		pthread_join(w[i].thread, NULL);
		assert_true(luck.served_ns[i] - freed_ns < RECHECK_NS / 2);
	}
	for (int i = 0; i < 3; i++)
		mempool_free(w[i].arg, luck.pool);
	mempool_destroy(luck.pool);
	halt();
}

/* Without a reserve a free wakes as well. */
static void test_6_2_a_free_wakes_where_there_is_no_reserve(void **state)
{
	struct worker w = { wait_for_luck, .nr = 0 };
	u64 freed_ns;
	void *p;

	boot("mem=64M,cpus=2");
	waiter_nr = luck.lucky = 0;
	luck.pool = mempool_create(0, for_the_lucky, plain_free, NULL);
	p = mempool_alloc(luck.pool, GFP_KERNEL);
	pthread_create(&w.thread, NULL, worker_main, &w);
	while (READ_ONCE(luck.pool->wait.waiters) != 1)
		usleep(1000);
	WRITE_ONCE(luck.lucky, 1);
	freed_ns = ktime_get_ns();
	mempool_free(p, luck.pool);
	pthread_join(w.thread, NULL);
	assert_true(luck.served_ns[0] - freed_ns < RECHECK_NS / 2);
	mempool_free(w.arg, luck.pool);
	mempool_destroy(luck.pool);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_6_1_create_fills_the_reserve_or_fails_wholly),
		machine_test(test_6_1_the_allocator_is_asked_first_and_gently),
		machine_test(test_6_1_then_the_reserve_exactly_min_nr),
		machine_test(test_6_1_the_full_mask_comes_last),
		machine_test(test_6_2_frees_fill_the_reserve_first),
		machine_test(test_6_3_resize),
		machine_test(test_6_1_a_pool_without_a_reserve),
		machine_test(test_6_3_resize_to_nothing_is_a_BUG),
		machine_test(test_6_3_resize_keeps_the_elements),
		machine_test(test_6_4_a_pool_within_something_else),
		machine_test(test_6_5_no_pool_of_constructed_objects),
		machine_test(test_1_8_ZERO_cannot_be_had),
		machine_test(test_6_4_destroy_with_elements_in_use),
		machine_test(test_6_4_elements_in_the_reserve_are_poisoned),
		machine_test(test_6_1_pools_of_a_node),
		machine_test(test_6_5_ready_made_pools),
		machine_test(test_6_1_on_a_full_machine),
		machine_test(test_6_1_waiters_are_served),
		machine_test(test_6_1_waiters_are_woken_in_order),
		machine_test(test_6_1_who_does_not_need_the_element_passes_it_on),
		machine_test(test_6_1_nobody_waits_before_the_full_mask),
		machine_test(test_6_2_one_element_wakes_one),
		machine_test(test_6_2_a_free_wakes_where_there_is_no_reserve),
	};

	return cmocka_run_group_tests_name("mm/mempool", tests, NULL, NULL);
}
