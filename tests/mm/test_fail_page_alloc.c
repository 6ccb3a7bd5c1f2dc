/* SPDX-License-Identifier: MIT */
/* fail_page_alloc.c: rules 1.9 and 10.4 for pages. */
#include <kmem/fault-inject.h>
#include <kmem/vmalloc.h>
#include "machine.h"

static void set(const char *file, const char *text)
{
	assert_int_equal(fault_file_store("fail_page_alloc", file, text), 0);
}

/* From here on all requests fail that may. */
static void fail_all(const char *times)
{
	set("verbose", "0");
	set("times", times);
	set("probability", "100");
}

static bool serves(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	if (page)
		__free_pages(page, order);
	return page;
}

static void test_10_4_defaults_spare_most(void **state)
{
	boot("mem=64M,highmem=16M,cpus=1");
	/* Hot pages are there, and must not be found. */
	assert_true(serves(GFP_ATOMIC, 1));
	fail_all("-1");
	assert_true(serves(GFP_KERNEL, 0));
	assert_true(serves(GFP_KERNEL, 1)); /* ignore-gfp-wait */
	assert_true(serves(GFP_ATOMIC, 0)); /* min-order is 1 */
	assert_true(serves(GFP_ATOMIC | __GFP_HIGHMEM, 1));
	assert_false(serves(GFP_ATOMIC, 1));
	assert_false(serves(GFP_NOWAIT, 3));
	assert_false(serves(GFP_NOWAIT, 5));
	set("ignore-gfp-wait", "N");
	assert_true(serves(GFP_KERNEL, 0));
	assert_false(serves(GFP_KERNEL, 1));
	set("min-order", "0");
	assert_false(serves(GFP_KERNEL, 0));
	assert_false(serves(GFP_ATOMIC, 0));
	assert_false(serves(GFP_DMA, 0));
	assert_true(serves(GFP_HIGHUSER, 0));
	set("ignore-gfp-highmem", "N");
	assert_false(serves(GFP_HIGHUSER, 0));
	assert_int_equal(__get_free_page(GFP_KERNEL), 0);
	assert_int_equal(get_zeroed_page(GFP_KERNEL), 0);
	assert_null(alloc_pages_exact(3 * PAGE_SIZE, GFP_KERNEL));
	assert_null(alloc_pages_node(0, GFP_KERNEL, 0));
	assert_null(kmalloc(100000, GFP_KERNEL));
	assert_null(vmalloc(100000));
	set("probability", "0");
	assert_true(serves(GFP_KERNEL, 0));
	assert_true(serves(GFP_ATOMIC, 3));
	halt();
}

static void test_1_9_nofail_never_fails(void **state)
{
	boot("mem=64M,cpus=1");
	fail_all("-1");
	set("ignore-gfp-wait", "N");
	set("min-order", "0");
	for (int i = 0; i < 100; i++) {
		assert_true(serves(GFP_KERNEL | __GFP_NOFAIL, 0));
		assert_false(serves(GFP_KERNEL, 0));
	}
	halt();
}

static void test_10_4_bulk_stops_at_the_failure(void **state)
{
	struct page *pages[8] = { NULL };

	boot("mem=64M,cpus=1");
	set("min-order", "0");
	set("ignore-gfp-wait", "N");
	set("space", "4");
	fail_all("1");
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL, 8, pages), 3);
	assert_int_equal(alloc_pages_bulk(GFP_KERNEL, 8, pages), 8);
	for (int i = 0; i < 8; i++)
		__free_page(pages[i]);
	halt();
}

/* A failure that is meant says so, and nothing of memory that is not short. */
static void test_10_4_the_report(void **state)
{
	u64 since;

	boot("mem=64M,cpus=1");
	fail_all("-1");
	set("verbose", "2");
	since = log_next_seq();
	assert_false(serves(GFP_ATOMIC, 2));
	assert_int_equal(logged(since, "name fail_page_alloc, interval 1, probability 100"), 1);
	assert_int_equal(logged(since, "page allocation failure"), 0);
	assert_false(serves(GFP_ATOMIC | __GFP_NOWARN, 2));
	assert_int_equal(logged(since, "name fail_page_alloc"), 1);
	halt();
}

static void test_10_4_boot_word(void **state)
{
	struct machine_config cfg;
	struct seq_file m;

	boot("mem=64M,fail_page_alloc=2,100,0,-1,cpus=1");
	assert_string_equal(machine_cmdline(), "mem=64M fail_page_alloc=2,100,0,-1 cpus=1");
	seq_buffer_open(&m);
	assert_int_equal(fault_file_show(&m, "fail_page_alloc", "interval"), 0);
	assert_string_equal(seq_buffer_text(&m), "2\n");
	seq_buffer_release(&m);
	assert_int_not_equal(serves(GFP_ATOMIC, 1), serves(GFP_ATOMIC, 1));
	halt();
	/* The next machine knows nothing of it. */
	boot("mem=64M,cpus=1");
	for (int i = 0; i < 10; i++)
		assert_true(serves(GFP_ATOMIC, 1));
	halt();
	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "fail_page_alloc=1,2,3"), -EINVAL);
	assert_string_equal(cfg.message,
			    "option 'fail_page_alloc=1,2,3' is wrong: fail_page_alloc must be "
			    "INTERVAL,PROBABILITY,SPACE,TIMES: four numbers, as 1,100,0,-1");
	assert_int_equal(machine_config_word_length("cpus=1,-2"), 6);
	assert_int_equal(machine_config_word_length("failslab=1,-2,mem=1"), 13);
}

/* Turned on and off while others are at it: nothing is lost. */
static void toggle(struct worker *w)
{
	struct page *pages[8] = { NULL };

	for (unsigned long n = stress(w->nr ? 30000 : 60); n; n--) {
		u64 i = random_of(w, ARRAY_SIZE(pages));

		if (!w->nr) {
			w->errors += fault_file_store("fail_page_alloc", "probability",
						      n % 2 ? "50" : "0") != 0;
			continue;
		}
		if (pages[i])
			__free_pages(pages[i], i % 4);
		pages[i] = pages[i] ? NULL : alloc_pages(GFP_KERNEL, i % 4);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i])
			__free_pages(pages[i], i % 4);
}

static void test_10_4_toggled_under_load(void **state)
{
	char *before;

	boot("mem=64M,cpus=2");
	before = buddyinfo_text();
	fail_all("-1");
	set("min-order", "0");
	set("ignore-gfp-wait", "N");
	assert_int_equal(run_workers(4, toggle, NULL), 0);
	set("probability", "0");
	assert_buddyinfo(before);
	free(before);
	halt();
}

/* The n-th page request of @fn fails, for all n until none does; nothing may be left then. */
static void sweep(bool (*fn)(void))
{
	unsigned long before;
	char text[16];
	int n = 0;

	/* What the first time makes for good is there then. */
	assert_true(fn());
	before = all_free_pages();
	set("verbose", "0");
	set("min-order", "0");
	set("ignore-gfp-wait", "N");
	set("ignore-gfp-highmem", "N");
	for (;;) {
		struct seq_file m;
		bool hit, ok;

		snprintf(text, sizeof(text), "%d", ++n);
		set("space", text);
		set("times", "1");
		set("probability", "100");
		ok = fn();
		set("probability", "0");
		seq_buffer_open(&m);
		assert_int_equal(fault_file_show(&m, "fail_page_alloc", "times"), 0);
		hit = seq_buffer_text(&m)[0] == '0';
		seq_buffer_release(&m);
		assert_int_equal(machine_check(), 0);
		assert_all_free(before);
		if (!hit) {
			assert_true(ok);
			break;
		}
	}
	assert_true(n > 1);
}

static bool make_area(void)
{
	char *p = vmalloc(600 * PAGE_SIZE); /* its array of pages is an area too */

	if (!p)
		return false;
	p[0] = p[600 * PAGE_SIZE - 1] = 1;
	vfree(p);
	return true;
}

static bool make_cache(void)
{
	struct kmem_cache *s = kmem_cache_create("sweep", 1000, 0, SLAB_NO_MERGE, NULL);
	void *p[100];
	int n = 0;

	if (!s)
		return false;
	while (n < 100 && (p[n] = kmem_cache_alloc(s, GFP_KERNEL)))
		n++;
	for (int i = 0; i < n; i++)
		kmem_cache_free(s, p[i]);
	kmem_cache_destroy(s);
	return n == 100;
}

static bool make_percpu(void)
{
	void *p[8];
	int n = 0;

	while (n < 8 && (p[n] = __alloc_percpu(20000, 8)))
		n++;
	for (int i = 0; i < n; i++)
		free_percpu(p[i]);
	return n == 8;
}

static bool make_large(void)
{
	void *p = kvmalloc(300000, GFP_KERNEL), *q = krealloc(NULL, 20000, GFP_KERNEL), *r;

	r = q ? krealloc(q, 90000, GFP_KERNEL) : NULL;
	kvfree(p);
	kfree(r ? r : q);
	return p && q && r;
}

static void test_10_4_sweep(void **state)
{
	boot("mem=64M,cpus=2");
	sweep(make_area);
	sweep(make_cache);
	sweep(make_large);
	halt();
	/* A chunk stays once it is made. */
	boot("mem=64M,cpus=2");
	set("min-order", "0");
	set("ignore-gfp-wait", "N");
	fail_all("1");
	assert_false(make_percpu());
	assert_true(make_percpu());
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_10_4_defaults_spare_most),
		machine_test(test_1_9_nofail_never_fails),
		machine_test(test_10_4_bulk_stops_at_the_failure),
		machine_test(test_10_4_the_report),
		machine_test(test_10_4_boot_word),
		machine_test(test_10_4_toggled_under_load),
		machine_test(test_10_4_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
