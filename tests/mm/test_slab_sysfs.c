/* SPDX-License-Identifier: MIT */
/* slab_sysfs.c: what sys/kernel/slab says of a cache (rule 5.12). */
#include <kmem/slab.h>
#include "machine.h"
#include "mm/slab_sysfs.h"

/* A static buffer. */
static const char *says(const char *cache, const char *attribute)
{
	static char text[200];
	struct seq_file m;

	seq_buffer_open(&m);
	assert_int_equal(slab_attribute_show(&m, cache, attribute), 0);
	snprintf(text, sizeof(text), "%s", seq_buffer_text(&m));
	seq_buffer_release(&m);
	return text;
}

static void assert_says(const char *cache, const char *attribute, const char *should)
{
	assert_string_equal(says(cache, attribute), should);
}

static void nothing(void *object)
{
}

static void test_5_12_what_a_cache_is(void **state)
{
	static const struct {
		const char *attribute, *should;
	} known[] = {
		{ "object_size", "1000\n" }, { "slab_size", "1024\n" },
		{ "align", "64\n" },	     { "order", "2\n" },
		{ "objs_per_slab", "16\n" }, { "min_partial", "5\n" },
		{ "hwcache_align", "1\n" },  { "reclaim_account", "1\n" },
		{ "cache_dma", "0\n" },	     { "destroy_by_rcu", "0\n" },
		{ "poison", "0\n" },	     { "red_zone", "0\n" },
		{ "store_user", "0\n" },     { "sanity_checks", "0\n" },
		{ "trace", "0\n" },	     { "usersize", "0\n" },
		{ "aliases", "0\n" },	     { "cpu_partial", "0\n" },
		{ "cpu_slabs", "0\n" },	     { "slabs_cpu_partial", "0(0)\n" },
		{ "slabs", "0\n" },	     { "total_objects", "0\n" },
		{ "validate", "" },	     { "shrink", "" },
	};
	struct kmem_cache *s, *rcu;

	boot("mem=64M,cpus=2");
	s = kmem_cache_create("shaped", 1000, 0,
			      SLAB_HWCACHE_ALIGN | SLAB_RECLAIM_ACCOUNT | SLAB_NO_MERGE, nothing);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_says("shaped", known[i].attribute, known[i].should);
	assert_memory_equal(says("shaped", "ctor"), "nothing+0x0/0x", 14);
	rcu = kmem_cache_create("kept", 100, 0, SLAB_TYPESAFE_BY_RCU | SLAB_CACHE_DMA, NULL);
	assert_says("kept", "destroy_by_rcu", "1\n");
	assert_says("kept", "cache_dma", "1\n");
	assert_says("kept", "ctor", "");
	kmem_cache_destroy(rcu);
	kmem_cache_destroy(s);
	halt();
}

static void test_5_12_counts(void **state)
{
	struct kmem_cache *s;
	void *p[40];

	boot("mem=64M,cpus=1");
	s = kmem_cache_create("counted", 1024, 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 40; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_shrink(s);
	assert_says("counted", "slabs", "5 N0=5\n"); /* of eight objects with one CPU */
	assert_says("counted", "total_objects", "40 N0=40\n");
	assert_says("counted", "objects", "40 N0=40\n");
	assert_says("counted", "partial", "0\n");
	for (int i = 0; i < 12; i++)
		kmem_cache_free(s, p[i]);
	assert_int_equal(slab_attribute_store("counted", "shrink", "1"), 0);
	assert_says("counted", "objects", "28 N0=28\n");
	assert_says("counted", "objects_partial", "4 N0=4\n");
	assert_says("counted", "partial", "1 N0=1\n");
	assert_says("counted", "slabs", "4 N0=4\n");
	assert_int_equal(slab_attribute_store("counted", "validate", "1"), 0);
	for (int i = 12; i < 40; i++)
		kmem_cache_free(s, p[i]);
	kmem_cache_destroy(s);
	halt();
}

static void test_5_12_what_can_be_written(void **state)
{
	struct kmem_cache *s;

	boot("mem=64M,cpus=1");
	s = kmem_cache_create("set", 200, 0, SLAB_NO_MERGE, NULL);
	assert_int_equal(slab_attribute_store("set", "min_partial", "7\n"), 0);
	assert_says("set", "min_partial", "7\n");
	assert_int_equal(slab_attribute_store("set", "min_partial", "-1"), -EINVAL);
	assert_int_equal(slab_attribute_store("set", "min_partial", "x"), -EINVAL);
	assert_says("set", "min_partial", "7\n");
	assert_int_equal(slab_attribute_store("set", "cpu_partial", "0"), 0);
	assert_int_equal(slab_attribute_store("set", "cpu_partial", "30"), -EINVAL);
	assert_int_equal(slab_attribute_store("set", "shrink", "0"), -EINVAL);
	assert_int_equal(slab_attribute_store("set", "validate", "2"), -EINVAL);
	assert_int_equal(slab_attribute_store("set", "order", "1"), -EIO);
	kmem_cache_destroy(s);
	assert_int_equal(slab_attribute_store("set", "min_partial", "5"), -ENODEV);
	halt();
}

struct listing {
	const char *name;
	char target[40];
	unsigned int seen;
};

static void look(void *arg, const char *name, const char *target)
{
	struct listing *l = arg;

	if (strcmp(name, l->name))
		return;
	snprintf(l->target, sizeof(l->target), "%s", target ? target : "");
	l->seen++;
}

static const char *target_of(const char *name)
{
	static struct listing l;

	l = (struct listing){ .name = name };
	slab_list_directories(look, &l);
	assert_true(l.seen <= 1);
	return l.seen ? l.target : NULL;
}

/* What clients may copy sets a cache apart: its directory is its own too. */
static void test_5_12_directories_are_told_apart(void **state)
{
	struct kmem_cache *plain, *users;

	boot("mem=64M,cpus=1");
	plain = kmem_cache_create("plain", 1784, 0, 0, NULL);
	users = kmem_cache_create_usercopy("users", 1784, 0, 0, 8, 100, NULL);
	assert_string_equal(target_of("plain"), ":0001784");
	assert_string_equal(target_of("users"), "");
	assert_string_equal(target_of(":0001784"), "");
	assert_says(":0001784", "usersize", "0\n");
	assert_says("users", "usersize", "100\n");
	kmem_cache_destroy(plain);
	kmem_cache_destroy(users);
	halt();
}

static void test_5_12_names(void **state)
{
	static const struct {
		slab_flags_t flags;
		const char *directory;
	} letters[] = {
		{ 0, ":0001784" },
		{ SLAB_CACHE_DMA, ":d-0001784" },
		{ SLAB_CACHE_DMA32, ":D-0001784" },
		{ SLAB_RECLAIM_ACCOUNT, ":a-0001784" },
		{ SLAB_CONSISTENCY_CHECKS, ":F-0001784" },
		{ SLAB_ACCOUNT, ":A-0001784" },
		{ SLAB_ACCOUNT | SLAB_CACHE_DMA | SLAB_RECLAIM_ACCOUNT, ":daA-0001784" },
		{ SLAB_PANIC | SLAB_MEM_SPREAD, ":0001784" },
	};
	struct kmem_cache *one, *two, *own;

	boot("mem=64M,cpus=1");
	one = kmem_cache_create("one", 4000, 0, SLAB_HWCACHE_ALIGN, NULL);
	two = kmem_cache_create("two", 4000, 0, SLAB_HWCACHE_ALIGN, NULL);
	own = kmem_cache_create("own", 4000, 0, SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE, NULL);
	assert_ptr_equal(one, two);
	assert_string_equal(target_of(":0004032"), ""); /* a directory */
	assert_string_equal(target_of("one"), ":0004032");
	assert_string_equal(target_of("two"), ":0004032");
	assert_string_equal(target_of("own"), "");
	assert_says(":0004032", "aliases", "1\n");
	kmem_cache_destroy(two);
	assert_says(":0004032", "aliases", "0\n");
	kmem_cache_destroy(one);
	kmem_cache_destroy(own);
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++) {
		own = kmem_cache_create("lettered", 1784, 0, letters[i].flags, NULL);
		assert_string_equal(target_of("lettered"), letters[i].directory);
		kmem_cache_destroy(own);
	}
	assert_null(target_of("one"));
	assert_null(target_of(":0004032"));
	assert_null(target_of("own"));
	halt();
}

/* A name that comes again is one name, and what it was last is what it means. */
static void test_5_12_a_name_that_comes_again(void **state)
{
	struct kmem_cache *one, *two, *again;

	boot("mem=64M,cpus=1");
	one = kmem_cache_create("one", 4032, 0, 0, NULL);
	two = kmem_cache_create("two", 2008, 0, 0, NULL);
	for (int i = 0; i < 3; i++) {
		again = kmem_cache_create("again", 4032, 0, 0, NULL);
		assert_ptr_equal(again, one);
		kmem_cache_destroy(again);
		assert_string_equal(target_of("again"), ":0004032");
	}
	again = kmem_cache_create("again", 2008, 0, 0, NULL);
	assert_ptr_equal(again, two);
	assert_string_equal(target_of("again"), ":0002008");
	kmem_cache_destroy(again);
	kmem_cache_destroy(one);
	kmem_cache_destroy(two);
	assert_null(target_of("again"));
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_5_12_what_a_cache_is),
		machine_test(test_5_12_counts),
		machine_test(test_5_12_what_can_be_written),
		machine_test(test_5_12_directories_are_told_apart),
		machine_test(test_5_12_names),
		machine_test(test_5_12_a_name_that_comes_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
