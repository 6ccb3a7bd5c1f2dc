/* sheaf.c: what CPUs keep of each cache, and the barn behind them. */
#include <sched.h>
#include "machine.h"
#include "mm/slab.h"

static struct kmem_cache *cache(unsigned int size)
{
	return kmem_cache_create("tested", size, 0, SLAB_NO_MERGE, NULL);
}

static void test_last_freed_is_first_taken(void **state)
{
	struct kmem_cache *c;
	void *p[20];
	bool outer;

	boot("mem=64M,cpus=1");
	c = cache(64);
	outer = cpu_begin(); /* nobody else gets the CPU, or empties its caches */
	for (int i = 0; i < 20; i++)
		p[i] = kmem_cache_alloc(c, GFP_KERNEL);
	for (int i = 0; i < 20; i++)
		kmem_cache_free(c, p[i]);
	for (int i = 19; i >= 0; i--)
		assert_ptr_equal(kmem_cache_alloc(c, GFP_KERNEL), p[i]);
	cpu_end(outer);
	kmem_cache_free_bulk(c, 20, p);
	kmem_cache_destroy(c);
	halt();
}

/* A sheaf of every cache fits in an object of the cache that sheaves are made of. */
static void test_sheaves_fit_in_their_cache(void **state)
{
	boot("mem=64M,cpus=1");
	for (unsigned int size = 8; size <= 8192; size *= 2) {
		struct kmem_cache *c = cache(size);

		assert_true(c->sheaf_capacity > 0);
		assert_true(sizeof(struct sheaf) + c->sheaf_capacity * sizeof(void *) <=
			    kmem_cache_size(sheaf_cache));
		kmem_cache_destroy(c);
	}
	halt();
}

/* Ever longer runs of one kind: through main, spare, barn and slabs, and back. */
static void test_runs_of_every_length(void **state)
{
	static void *p[5000];
	struct kmem_cache *c;

	boot("mem=64M,cpus=1");
	c = cache(200);
	for (int n = 1; n <= 5000; n += n / 3 + 1) {
		for (int i = 0; i < n; i++) {
			p[i] = kmem_cache_alloc(c, GFP_KERNEL);
			assert_non_null(p[i]);
			*(void **)p[i] = p[i];
		}
		for (int i = 0; i < n; i++) {
			assert_ptr_equal(*(void **)p[i], p[i]);
			kmem_cache_free(c, p[i]);
		}
		assert_int_equal(machine_check(), 0);
	}
	assert_true(barn_objects(c) > 0);
	assert_true(slab_live_objects(c) > 0);
	sheaves_flush(c);
	assert_int_equal(barn_objects(c), 0);
	assert_int_equal(slab_live_objects(c), 0);
	kmem_cache_destroy(c);
	halt();
}

static void half_of_it(struct worker *w)
{
	void *p[300];

	for (int i = 0; i < 300; i++)
		p[i] = kmem_cache_alloc(w->arg, GFP_KERNEL);
	for (int i = 0; i < 300; i++)
		kmem_cache_free(w->arg, p[i]);
}

static void test_flush_reaches_all_CPUs(void **state)
{
	struct kmem_cache *c;

	boot("mem=64M,cpus=4");
	c = cache(200);
	run_workers(8, half_of_it, c);
	assert_true(slab_live_objects(c) > 0);
	sheaves_flush(c);
	assert_int_equal(slab_live_objects(c), 0);
	kmem_cache_destroy(c);
	halt();
}

/* One thread allocates, another frees: objects must not pile up anywhere. */
#define RING 256

static struct {
	void *slot[RING];
	struct kmem_cache *cache;
} ring;

static void produce_or_consume(struct worker *w)
{
	for (unsigned long i = 0; i < stress(100000); i++) {
		void **slot = &ring.slot[i % RING];

		if (w->nr == 0) {
			unsigned long *p = kmem_cache_alloc(ring.cache, GFP_KERNEL);

			while (!p) {
				cond_resched();
				p = kmem_cache_alloc(ring.cache, GFP_KERNEL);
			}
			*p = i;
			while (__atomic_load_n(slot, __ATOMIC_ACQUIRE))
				sched_yield();
			__atomic_store_n(slot, p, __ATOMIC_RELEASE);
		} else {
			unsigned long *p;

			while (!(p = __atomic_load_n(slot, __ATOMIC_ACQUIRE)))
				sched_yield();
			w->errors += *p != i;
			__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
			kmem_cache_free(ring.cache, p);
		}
	}
}

static void test_remote_frees_come_back(void **state)
{
	static const char *const machines[] = { "mem=16M,cpus=1", "mem=16M,cpus=2" };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		boot(machines[i]);
		ring.cache = cache(1000); /* 100 MB pass through 16 MB */
		assert_int_equal(run_workers(2, produce_or_consume, NULL), 0);
		assert_int_equal(machine_check(), 0);
		assert_int_equal(kmem_cache_destroy_status(ring.cache), 0);
		halt();
	}
}

/* Large objects are not hoarded: what is free is at most what CPUs and nodes may keep. */
static void test_large_objects_go_home(void **state)
{
	struct kmem_cache *c;
	void *p[40];

	boot("mem=256M,cpus=1");
	c = cache(1 << 20);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 40; i++) {
			p[i] = kmem_cache_alloc(c, GFP_KERNEL);
			assert_non_null(p[i]);
		}
		for (int i = 0; i < 40; i++)
			kmem_cache_free(c, p[i]);
		assert_true(c->node[0]->nr_slabs <= c->min_partial + 1);
		assert_int_equal(machine_check(), 0);
	}
	kmem_cache_destroy(c);
	halt();
}

static unsigned int not_of_node(struct kmem_cache *c, int node, void **p, int nr)
{
	unsigned int wrong = 0;

	for (int i = 0; i < nr; i++) {
		p[i] = kmem_cache_alloc(c, GFP_KERNEL);
		wrong += page_to_nid(virt_to_page(p[i])) != node;
	}
	return wrong;
}

/* What was freed here but is of another node must not serve a request for local memory. */
static void test_remote_objects_go_home(void **state)
{
	static void *p[500], *q[500];
	struct kmem_cache *c;
	int here, there;
	bool outer;

	boot("mem=128M,cpus=2,numa=fake=2");
	c = cache(200);
	outer = cpu_begin();
	here = numa_node_id();
	there = 1 - here;
	for (int i = 0; i < 500; i++) {
		p[i] = kmem_cache_alloc_node(c, GFP_KERNEL, there);
		assert_int_equal(page_to_nid(virt_to_page(p[i])), there);
	}
	for (int i = 0; i < 500; i++)
		kmem_cache_free(c, p[i]);
	assert_int_equal(not_of_node(c, here, q, 500), 0);
	/* The same through kfree(). */
	for (int i = 0; i < 500; i++)
		p[i] = kmalloc_node(100, GFP_KERNEL, there);
	for (int i = 0; i < 500; i++)
		kfree(p[i]);
	for (int i = 0; i < 500; i++) {
		p[i] = kmalloc(100, GFP_KERNEL);
		assert_int_equal(page_to_nid(virt_to_page(p[i])), here);
	}
	kfree_bulk(500, p);
	/* Local ones do stay. */
	kmem_cache_free(c, q[0]);
	assert_ptr_equal(kmem_cache_alloc(c, GFP_KERNEL), q[0]);
	cpu_end(outer);
	kmem_cache_free_bulk(c, 500, q);
	assert_int_equal(kmem_cache_destroy_status(c), 0);
	halt();
}

/* A node without memory of its own left is helped by the others. */
static void test_other_nodes_help_out(void **state)
{
	struct kmem_cache *c;
	unsigned int remote = 0, n = 0;
	void **list = NULL, **p;

	boot("mem=64M,cpus=1,numa=fake=2");
	c = cache(4000);
	while ((p = kmem_cache_alloc(c, GFP_NOWAIT | __GFP_NOWARN))) {
		remote += page_to_nid(virt_to_page(p)) != 0;
		*p = list;
		list = p;
		n++;
	}
	assert_true(remote > n / 3);
	assert_int_equal(machine_check(), 0);
	while (list) {
		p = list;
		list = *p;
		kmem_cache_free(c, p);
	}
	assert_int_equal(kmem_cache_destroy_status(c), 0);
	halt();
}

/* Without memory for sheaves objects still come and go. */
static void test_without_memory_for_sheaves(void **state)
{
	struct page *page, *next;
	struct kmem_cache *c;
	LIST_HEAD(taken);
	void *p[200];
	int n = 0;

	boot("mem=64M,cpus=1");
	c = cache(64);
	p[n++] = kmem_cache_alloc(c, GFP_KERNEL);
	while ((page = alloc_page(GFP_NOWAIT | __GFP_MEMALLOC | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	while (n < 200 && (p[n] = kmem_cache_alloc(c, GFP_NOWAIT | __GFP_NOWARN)))
		n++;
	assert_true(n >= 64);
	kmem_cache_free_bulk(c, n, p);
	assert_int_equal(machine_check(), 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	assert_int_equal(kmem_cache_destroy_status(c), 0);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_last_freed_is_first_taken),
		machine_test(test_sheaves_fit_in_their_cache),
		machine_test(test_runs_of_every_length),
		machine_test(test_flush_reaches_all_CPUs),
		machine_test(test_remote_frees_come_back),
		machine_test(test_large_objects_go_home),
		machine_test(test_remote_objects_go_home),
		machine_test(test_other_nodes_help_out),
		machine_test(test_without_memory_for_sheaves),
	};

	return cmocka_run_group_tests_name("mm/sheaf", tests, NULL, NULL);
}
