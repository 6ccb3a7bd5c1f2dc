/* SPDX-License-Identifier: MIT */
/* failslab.c, slab_hooks.c: rules 1.9, 6.5 C and 10.4 for objects. */
#include <kmem/fault-inject.h>
#include <kmem/mempool.h>
#include <kmem/vmalloc.h>
#include "machine.h"
#include "mm/slab_sysfs.h"

static void set(const char *file, const char *text)
{
	assert_int_equal(fault_file_store("failslab", file, text), 0);
}

static void fail_all(const char *times)
{
	set("verbose", "0");
	set("times", times);
	set("probability", "100");
}

static bool serves(size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, gfp);

	kfree(p);
	return p;
}

static void test_10_4_gfp_kernel_is_spared_by_default(void **state)
{
	boot("mem=64M,cpus=1");
	/* Free objects lie ready in front of the slabs, and must not be found. */
	assert_true(serves(100, GFP_ATOMIC));
	fail_all("-1");
	assert_true(serves(100, GFP_KERNEL));
	assert_false(serves(100, GFP_ATOMIC));
	assert_false(serves(8, GFP_NOWAIT));
	assert_false(serves(8192, GFP_NOWAIT));
	assert_true(serves(8193, GFP_ATOMIC)); /* pages */
	set("ignore-gfp-wait", "N");
	assert_false(serves(100, GFP_KERNEL));
	assert_null(kzalloc(100, GFP_KERNEL));
	assert_null(kmalloc_node(100, GFP_KERNEL, 0));
	assert_null(kstrdup("x", GFP_KERNEL));
	assert_null(vmalloc(10000));
	set("probability", "0");
	assert_true(serves(100, GFP_KERNEL));
	assert_true(serves(100, GFP_ATOMIC));
	halt();
}

static void test_1_9_nofail_never_fails(void **state)
{
	boot("mem=64M,cpus=1");
	fail_all("-1");
	set("ignore-gfp-wait", "N");
	for (int i = 0; i < 100; i++) {
		assert_true(serves(64, GFP_KERNEL | __GFP_NOFAIL));
		assert_false(serves(64, GFP_KERNEL));
	}
	halt();
}

/* A page or less is kmalloc's alone: when that fails, so does the request. */
static void test_4_6_small_kvmalloc_does_not_fall_back(void **state)
{
	boot("mem=64M,cpus=1");
	set("ignore-gfp-wait", "N");
	set("cache-filter", "Y"); /* vmalloc() has all that it needs */
	assert_int_equal(slab_attribute_store("kmalloc-1k", "failslab", "1"), 0);
	assert_int_equal(slab_attribute_store("kmalloc-4k", "failslab", "1"), 0);
	fail_all("-1");
	vfree(vmalloc(1000));
	assert_null(kvmalloc(1000, GFP_KERNEL));
	assert_null(kvmalloc(PAGE_SIZE, GFP_KERNEL));
	set("probability", "0");
	halt();
}

static void test_10_4_cache_filter(void **state)
{
	struct kmem_cache *marked, *other, *twin;
	void *p;

	boot("mem=64M,cpus=1");
	marked = kmem_cache_create("marked", 300, 0, SLAB_FAILSLAB, NULL);
	other = kmem_cache_create("other", 300, 0, 0, NULL);
	assert_ptr_not_equal(marked, other);
	set("cache-filter", "Y");
	fail_all("-1");
	assert_null(kmem_cache_alloc(marked, GFP_ATOMIC));
	p = kmem_cache_alloc(other, GFP_ATOMIC);
	assert_non_null(p);
	kmem_cache_free(other, p);
	assert_int_equal(slab_attribute_store(":0000304", "failslab", "1"), 0);
	assert_null(kmem_cache_alloc(other, GFP_ATOMIC));
	assert_int_equal(slab_attribute_store(":0000304", "failslab", "0\n"), 0);
	assert_int_equal(slab_attribute_store(":0000304", "failslab", "x"), -EINVAL);
	p = kmem_cache_alloc(other, GFP_ATOMIC);
	assert_non_null(p);
	kmem_cache_free(other, p);
	/* A cache with two names is nobody's to mark. */
	set("probability", "0");
	twin = kmem_cache_create("twin", 300, 0, 0, NULL);
	assert_ptr_equal(twin, other);
	assert_int_equal(slab_attribute_store(":0000304", "failslab", "1"), -EINVAL);
	kmem_cache_destroy(twin);
	kmem_cache_destroy(other);
	kmem_cache_destroy(marked);
	halt();
}

static void test_10_4_space_is_bytes(void **state)
{
	boot("mem=64M,cpus=1");
	set("space", "300");
	fail_all("1");
	assert_true(serves(128, GFP_ATOMIC));
	assert_true(serves(128, GFP_ATOMIC));
	assert_false(serves(128, GFP_ATOMIC)); /* 44 are not more than 128 */
	assert_true(serves(128, GFP_ATOMIC));
	halt();
}

static void test_10_4_boot_word(void **state)
{
	boot("failslab=3,100,0,-1,mem=64M,cpus=1");
	assert_string_equal(machine_cmdline(), "failslab=3,100,0,-1 mem=64M cpus=1");
	for (int i = 0, failed = 0; i < 9; i++) {
		failed += !serves(64, GFP_ATOMIC);
		if (i % 3 == 2)
			assert_int_equal(failed, (i + 1) / 3);
	}
	halt();
	boot("mem=64M,cpus=1");
	for (int i = 0; i < 9; i++)
		assert_true(serves(64, GFP_ATOMIC));
	/* What one machine has switched on is off on the next, from its first allocation on. */
	set("ignore-gfp-wait", "N");
	fail_all("-1");
	halt();
	boot("mem=64M,cpus=1,kmemleak=on,page_owner=on");
	for (int i = 0; i < 9; i++)
		assert_true(serves(64, GFP_ATOMIC));
	halt();
}

/* What a test of rule 6.5 sees from outside: the reserve, and nothing but the reserve. */
static void test_6_5_C_exactly_the_reserve(void **state)
{
	struct kmem_cache *s;
	mempool_t *pools[2];
	void *p[16];

	boot("mem=64M,cpus=1");
	s = kmem_cache_create("pool", 200, 0, SLAB_NO_MERGE, NULL);
	pools[0] = mempool_create_slab_pool(7, s);
	pools[1] = mempool_create_kmalloc_pool(7, 500);
	set("ignore-gfp-wait", "N");
	fail_all("-1");
	for (int i = 0; i < 2; i++) {
		for (int n = 0; n < 7; n++)
			assert_non_null(p[n] = mempool_alloc(pools[i], GFP_NOWAIT));
		assert_null(mempool_alloc(pools[i], GFP_NOWAIT));
		assert_null(mempool_alloc(pools[i], GFP_NOWAIT));
		for (int n = 0; n < 3; n++)
			mempool_free(p[n], pools[i]);
		for (int n = 0; n < 3; n++)
			assert_non_null(p[n] = mempool_alloc(pools[i], GFP_NOWAIT));
		assert_null(mempool_alloc(pools[i], GFP_NOWAIT));
		for (int n = 0; n < 7; n++)
			mempool_free(p[n], pools[i]);
		assert_int_equal(pools[i]->curr_nr, 7);
	}
	set("probability", "0");
	mempool_destroy(pools[0]);
	mempool_destroy(pools[1]);
	kmem_cache_destroy(s);
	halt();
}

static bool attribute_is(const char *cache, const char *attribute, const char *should)
{
	struct seq_file m;
	bool is;

	seq_buffer_open(&m);
	assert_int_equal(slab_attribute_show(&m, cache, attribute), 0);
	is = !strcmp(seq_buffer_text(&m), should);
	seq_buffer_release(&m);
	return is;
}

/* While caches are watched no sheaf is made, and each object's free is looked at. */
static void test_watched_caches(void **state)
{
	struct kmem_cache *s;
	void *p[200], *small;
	u64 since;

	boot("mem=64M,cpus=2");
	s = kmem_cache_create("mine", 256, 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 200; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < 100; i++)
		kmem_cache_free(s, p[i]);
	assert_int_not_equal(s->sheaf_capacity, 0);
	fail_all("0"); /* it is asked, and nothing fails */
	assert_true(attribute_is("mine", "sheaf_capacity", "0\n"));
	assert_true(attribute_is("mine", "objects", "100 N0=100\n")); /* none is in a sheaf */
	for (int i = 0; i < 100; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_true(attribute_is("mine", "objects", "200 N0=200\n"));
	kmem_cache_free(s, p[0]);
	assert_true(attribute_is("mine", "objects", "199 N0=199\n"));
	since = log_next_seq();
	kmem_cache_free(s, p[0]);
	assert_int_equal(logged(since, "BUG mine: Object already free"), 1);
	/* Also where free objects are linked, and another was freed since. */
	small = kmalloc(8, GFP_KERNEL);
	p[0] = kmalloc(8, GFP_KERNEL);
	kfree(small);
	kfree(p[0]);
	kfree(small);
	assert_int_equal(logged(since, "BUG kmalloc-8: Object already free"), 1);
	assert_int_equal(machine_check(), 0);
	for (int i = 1; i < 200; i++)
		kfree(p[i]);
	set("probability", "0");
	for (int i = 0; i < 200; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < 200; i++)
		kmem_cache_free(s, p[i]);
	assert_false(attribute_is("mine", "objects", "0\n")); /* some are in a sheaf again */
	kmem_cache_destroy(s);
	halt();
}

static struct kmem_cache *shared;

static void come_and_go(struct worker *w)
{
	void *p[64] = { NULL };

	for (unsigned long n = stress(w->nr ? 50000 : 60); n; n--) {
		u64 i = random_of(w, ARRAY_SIZE(p));

		if (!w->nr) {
			w->errors += fault_file_store("failslab", "probability",
						      n % 2 ? "50" : "0") != 0;
			continue;
		}
		if (p[i])
			kfree(p[i]);
		p[i] = p[i]    ? NULL
		       : i % 2 ? kmem_cache_alloc(shared, GFP_KERNEL)
			       : kmalloc(8 << i % 9, GFP_KERNEL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		kfree(p[i]);
}

static void test_10_4_toggled_under_load(void **state)
{
	static const char *const words[] = { "mem=64M,cpus=2", "mem=64M,cpus=2,numa=fake=2" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		boot(words[i]);
		shared = kmem_cache_create("shared", 72, 0, SLAB_NO_MERGE, NULL);
		fail_all("-1");
		set("ignore-gfp-wait", "N");
		assert_int_equal(run_workers(4, come_and_go, NULL), 0);
		assert_int_equal(machine_check(), 0);
		set("probability", "0");
		kmem_cache_destroy(shared);
		halt();
	}
}

static bool make_cache(void)
{
	struct kmem_cache *s = kmem_cache_create("sweep", 1000, 0, SLAB_NO_MERGE, NULL);
	void *p = s ? kmem_cache_alloc(s, GFP_KERNEL) : NULL;

	if (p)
		kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	return p;
}

static bool make_area(void)
{
	void *p = vmalloc(600 * PAGE_SIZE);

	vfree(p);
	return p;
}

static bool make_pool(void)
{
	mempool_t *pool = mempool_create_kmalloc_pool(5, 100);

	mempool_destroy(pool);
	return pool;
}

/* The n-th allocation of each fails, for all n until none does. */
static void test_10_4_sweep(void **state)
{
	static bool (*const fns[])(void) = { make_cache, make_area, make_pool };

	boot("mem=64M,cpus=2");
	set("verbose", "0");
	set("times", "-1");
	set("ignore-gfp-wait", "N");
	for (size_t i = 0; i < ARRAY_SIZE(fns); i++) {
		unsigned int n = 0, left;
		unsigned long before;
		bool ok;

		assert_true(fns[i]());
		before = all_free_pages();
		do {
			assert_int_equal(set_fail_nth(++n), 0);
			ok = fns[i]();
			left = get_fail_nth();
			assert_int_equal(set_fail_nth(0), 0);
			assert_int_equal(machine_check(), 0);
			assert_all_free(before);
		} while (!left);
		assert_true(ok);
		assert_true(n > 2);
	}
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_10_4_gfp_kernel_is_spared_by_default),
		machine_test(test_1_9_nofail_never_fails),
		machine_test(test_4_6_small_kvmalloc_does_not_fall_back),
		machine_test(test_10_4_cache_filter),
		machine_test(test_10_4_space_is_bytes),
		machine_test(test_10_4_boot_word),
		machine_test(test_6_5_C_exactly_the_reserve),
		machine_test(test_watched_caches),
		machine_test(test_10_4_toggled_under_load),
		machine_test(test_10_4_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
