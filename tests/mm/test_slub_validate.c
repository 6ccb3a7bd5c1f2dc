/*
 * slub_validate.c, and rule 5.4: how many errors validate_slab_cache() counts for each kind of damage.
 * The kinds and the counts are those of the kernel's lib/slub_kunit.c.
 */
#include <kmem/poison.h>
#include <kmem/rcupdate.h>
#include "machine.h"
#include "mm/slab_sysfs.h"

static struct kmem_cache *cache(const char *name, unsigned int size, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create(name, size, 0, flags | SLAB_NO_USER_FLAGS, NULL);

	assert_non_null(s);
	slab_errors = 0;
	return s;
}

static unsigned long errors_of(struct kmem_cache *s)
{
	slab_errors = 0;
	assert_in_range(validate_slab_cache(s), 1, 1000);
	return slab_errors;
}

/* A byte is damaged: told of and mended, so that the next look finds nothing. */
static void expect_one_region(struct kmem_cache *s, u8 *byte, u8 value, const char *name)
{
	const u8 was = *byte;
	u64 mark = log_next_seq();
	char text[64];

	*byte = value;
	assert_int_equal(errors_of(s), 2);
	snprintf(text, sizeof(text), "[%s overwritten]", name);
	assert_int_equal(logged(mark, text), 1);
	snprintf(text, sizeof(text), "First byte 0x%x instead of 0x%x", value, was);
	assert_int_equal(logged(mark, text), 1);
	snprintf(text, sizeof(text), "FIX %s: Restoring %s", s->name, name);
	assert_int_equal(logged(mark, text), 1);
	assert_int_equal(*byte, was);
	assert_int_equal(errors_of(s), 0);
}

static void test_5_4_red_zone_of_an_object_in_use(void **state)
{
	struct kmem_cache *s;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_RZ_alloc", 64, SLAB_RED_ZONE);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	expect_one_region(s, p + 64, 0x12, "Right Redzone");
	expect_one_region(s, p - 1, 0x12, "Left Redzone");
	kmem_cache_free(s, p);
	assert_int_equal(kmem_cache_destroy_status(s), 0);
	halt();
}

static void test_5_4_red_zone_of_a_free_object(void **state)
{
	struct kmem_cache *s;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_RZ_free", 64, SLAB_RED_ZONE);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	assert_int_equal(p[64], SLUB_RED_INACTIVE);
	expect_one_region(s, p + 64, 0xab, "Right Redzone");
	assert_int_equal(kmem_cache_destroy_status(s), 0);
	halt();
}

static void test_5_4_next_pointer(void **state)
{
	struct kmem_cache *s;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_next_ptr_free", 64, SLAB_POISON);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	assert_int_equal(s->offset, s->inuse);
	p[s->offset] ^= 0xff;
	mark = log_next_seq();
	assert_int_equal(errors_of(s), 3);
	assert_int_equal(
		logged(mark, "BUG TestSlub_next_ptr_free (Not tainted): Freechain corrupt"), 1);
	assert_int_equal(logged(mark, "Wrong object count. Counter is 0 but counted were"), 1);
	assert_int_equal(logged(mark, "FIX TestSlub_next_ptr_free: Object count adjusted"), 1);
	assert_int_equal(machine_check(), 0);
	/* The link comes back: the count that was made to fit the short list is wrong now. */
	*(void **)(p + s->offset) = p + s->size;
	assert_int_equal(errors_of(s), 2);
	assert_int_equal(errors_of(s), 0);
	assert_int_equal(kmem_cache_destroy_status(s), 0);
	halt();
}

/* Of an object in use too, where the pointer is not its user's. */
static void test_5_4_pointer_behind_an_object_in_use(void **state)
{
	struct kmem_cache *s;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_ptr_alloc", 64, SLAB_POISON);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	memset(p, 0xff, 64);
	assert_int_equal(errors_of(s), 0);
	p[s->offset] ^= 0xff;
	mark = log_next_seq();
	assert_int_equal(errors_of(s), 1);
	assert_int_equal(logged(mark, "(Not tainted): Freepointer corrupt"), 1);
	assert_int_equal(errors_of(s), 0);
	kmem_cache_free(s, p);
	assert_int_equal(kmem_cache_destroy_status(s), 0);
	halt();
}

/* Slabs of which all objects are in use are looked at as well. */
static void test_5_4_full_slabs(void **state)
{
	struct kmem_cache *s;
	u8 *p[100];
	unsigned int n;

	boot("mem=64M,cpus=1");
	s = cache("TestSlub_full", 64, SLAB_RED_ZONE);
	n = s->objects;
	assert_in_range(n, 1, 100);
	for (unsigned int i = 0; i < n; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(s->node[0]->nr_partial, 0);
	expect_one_region(s, p[n - 1] + 64, 0x12, "Right Redzone");
	for (unsigned int i = 0; i < n; i++)
		kmem_cache_free(s, p[i]);
	assert_int_equal(kmem_cache_destroy_status(s), 0);
	halt();
}

static void test_5_4_poison(void **state)
{
	struct kmem_cache *s;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_poison", 64, SLAB_POISON);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	expect_one_region(s, p, 0x78, "Poison");
	expect_one_region(s, p + 50, 0x9a, "Poison");
	expect_one_region(s, p + 63, 0x6b, "End Poison");
	/* Behind the last object. */
	p = (u8 *)((unsigned long)p & PAGE_MASK) + s->size * s->objects;
	*p = 0x11;
	mark = log_next_seq();
	assert_int_equal(errors_of(s), 2);
	assert_int_equal(logged(mark, "BUG TestSlub_poison (Not tainted): Padding overwritten. 0x"),
			 1);
	assert_int_equal(logged(mark, "FIX TestSlub_poison: Restoring slab padding 0x"), 1);
	assert_int_equal(*p, POISON_INUSE);
	assert_int_equal(kmem_cache_destroy_status(s), 0);
	halt();
}

static void test_5_4_padding(void **state)
{
	struct kmem_cache *s;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = kmem_cache_create("TestSlub_padding", 61, 64, SLAB_POISON, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	expect_one_region(s, p + 61, 1, "Alignment padding");
	expect_one_region(s, p + s->size - 1, 2, "Object padding");
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	halt();
}

/* Several regions of one object: each counts, and the object is shown once. */
static void test_5_4_several_regions(void **state)
{
	struct kmem_cache *s;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_several", 64, SLAB_POISON | SLAB_RED_ZONE);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	mark = log_next_seq();
	memset(p - 8, 0, 80);
	assert_int_equal(errors_of(s), 8);
	assert_int_equal(logged(mark, "): Object corrupt"), 1);
	assert_int_equal(errors_of(s), 0);
	kmem_cache_destroy(s);
	halt();
}

static void test_5_4_kmalloc_red_zone(void **state)
{
	const slab_flags_t flags = SLAB_KMALLOC | SLAB_STORE_USER | SLAB_RED_ZONE;
	struct kmem_cache *s;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_RZ_kmalloc", 32, flags);
	p = __kmem_cache_alloc(s, GFP_KERNEL, 18);
	mark = log_next_seq();
	p[18] = 0xab;
	p[19] = 0xab;
	assert_int_equal(errors_of(s), 2);
	assert_int_equal(logged(mark, "[kmalloc Redzone overwritten]"), 1);
	kfree(p);
	kmem_cache_destroy(s);
	halt();
}

static void test_5_4_krealloc_red_zone(void **state)
{
	const slab_flags_t flags = SLAB_KMALLOC | SLAB_STORE_USER | SLAB_RED_ZONE;
	struct kmem_cache *s;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_krealloc", 64, flags);
	p = __kmem_cache_alloc(s, GFP_KERNEL, 48);
	memset(p, 0xff, 48);
	assert_ptr_equal(krealloc(p, 40, GFP_KERNEL | __GFP_ZERO), p);
	for (int i = 40; i < 64; i++)
		assert_int_equal(p[i], SLUB_RED_ACTIVE);
	assert_ptr_equal(krealloc(p, 56, GFP_KERNEL | __GFP_ZERO), p);
	for (int i = 0; i < 64; i++)
		assert_int_equal(p[i], i < 40 ? 0xff : i < 56 ? 0 : SLUB_RED_ACTIVE);
	assert_int_equal(errors_of(s), 0);
	memset(p, 0xff, 56);
	p = krealloc(p, 112, GFP_KERNEL | __GFP_ZERO);
	assert_non_null(p);
	for (int i = 0; i < 112; i++)
		assert_int_equal(p[i], i < 56 ? 0xff : 0);
	kfree(p);
	kmem_cache_destroy(s);
	assert_int_equal(slab_errors, 0);
	halt();
}

static void test_5_4_kfree_rcu_before_destroy(void **state)
{
	struct with_rcu {
		struct rcu_head rcu;
		u8 rest[48];
	} * p;
	struct kmem_cache *s;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_kfree_rcu", sizeof(*p), SLAB_NO_MERGE);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kfree_rcu(p, rcu);
	kmem_cache_destroy(s);
	assert_int_equal(slab_errors, 0);
	halt();
}

static void test_5_4_destroy_with_a_live_object(void **state)
{
	struct kmem_cache *s;
	void *p;

	boot("mem=64M,cpus=2");
	s = cache("TestSlub_leak_destroy", 64, SLAB_NO_MERGE);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(p);
	kmem_cache_destroy(s);
	assert_int_equal(slab_errors, 2);
	assert_int_equal(machine_halt(), 1);
}

/* Lists that were written over: none makes the look hang, or reach outside the slab. */
static void test_lists_of_any_shape(void **state)
{
	struct kmem_cache *s;
	u8 *p[4];
	u64 mark;

	boot("mem=64M,cpus=1");
	s = cache("shape", 64, SLAB_POISON);
	for (int i = 0; i < 4; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < 4; i++)
		kmem_cache_free(s, p[i]);
	/* The list is p[3], p[2], p[1], p[0]: make it a ring. */
	*(void **)(p[1] + s->offset) = p[3];
	mark = log_next_seq();
	assert_int_equal(errors_of(s) & 1, 0);
	assert_int_equal(logged(mark, "BUG shape (Not tainted): Freelist cycle detected"), 1);
	assert_int_equal(logged(mark, "Wrong object count"), 0);
	assert_int_equal(machine_check(), 0);
	assert_int_equal(errors_of(s), 0);
	/* It begins nowhere. */
	p[0] = kmem_cache_alloc(s, GFP_KERNEL);
	p[1] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p[0]);
	virt_to_head_page(p[0])->freelist = p[0] + 1;
	mark = log_next_seq();
	errors_of(s);
	assert_int_equal(logged(mark, "BUG shape (Not tainted): Freepointer corrupt"), 1);
	assert_int_equal(logged(mark, "FIX shape: Freelist cleared"), 1);
	assert_int_equal(machine_check(), 0);
	/* It leads into the middle of an object, to another page, nowhere at all. */
	for (int i = 0; i < 3; i++) {
		u8 *a = kmem_cache_alloc(s, GFP_KERNEL), *b = kmem_cache_alloc(s, GFP_KERNEL);

		kmem_cache_free(s, a);
		kmem_cache_free(s, b);
		*(void **)(b + s->offset) = i == 0 ? a + 8 : i == 1 ? a + (1 << 20) : (void *)1;
		assert_true(errors_of(s) > 0);
		assert_int_equal(machine_check(), 0);
		assert_int_equal(errors_of(s), 0);
	}
	kmem_cache_destroy(s);
	machine_halt();
}

/* The same lists, met by who frees or allocates, with checks and without. */
static void test_lists_of_any_shape_in_use(void **state)
{
	static const slab_flags_t flags[] = { SLAB_POISON, SLAB_RED_ZONE | SLAB_CONSISTENCY_CHECKS,
					      SLAB_STORE_USER };

	boot("mem=64M,cpus=1");
	for (int i = 0; i < 12; i++) {
		struct kmem_cache *s = cache("shape", 64, flags[i % 3]);
		u8 *p[6], *next[] = { NULL, NULL, NULL, (void *)1 };

		for (int k = 0; k < 6; k++)
			p[k] = kmem_cache_alloc(s, GFP_KERNEL);
		for (int k = 0; k < 4; k++)
			kmem_cache_free(s, p[k]);
		next[0] = p[3]; /* a ring */
		next[1] = p[2]; /* of one */
		next[2] = p[0] + 4096 * 8;
		*(void **)(p[2] + s->offset) = next[i / 3];
		kmem_cache_free(s, p[5]);
		for (int k = 0; k < 100; k++)
			kmem_cache_alloc(s, GFP_KERNEL);
		/* A list that was cut, without anybody who checks: its rest is in use. */
		if (i / 3 > 1)
			assert_int_equal(machine_check(), 0);
		kmem_cache_free(s, p[4]);
		validate_slab_cache(s);
		assert_int_equal(machine_check(), 0);
		assert_int_equal(errors_of(s), 0);
		kmem_cache_destroy(s);
	}
	machine_halt();
}

/* A slab that has nothing, though its page says so, stops nobody. */
static void test_a_list_that_is_too_short(void **state)
{
	struct kmem_cache *s;
	u8 *p, *q;

	boot("mem=64M,cpus=1");
	s = cache("short", 64, SLAB_POISON);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	virt_to_head_page(p)->freelist = NULL;
	q = kmem_cache_alloc(s, GFP_KERNEL);
	assert_non_null(q);
	assert_ptr_not_equal(virt_to_head_page(q), virt_to_head_page(p));
	assert_int_equal(errors_of(s), 2);
	assert_int_equal(machine_check(), 0);
	machine_halt();
}

/* Whoever checks tells of a link that leads nowhere once: at the request that finds it. */
static void test_a_broken_link_at_a_request(void **state)
{
	struct kmem_cache *s;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=1");
	s = cache("link", 64, SLAB_POISON | SLAB_CONSISTENCY_CHECKS);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	*(void **)(p + s->offset) = p + 1;
	mark = log_next_seq();
	assert_ptr_not_equal(kmem_cache_alloc(s, GFP_KERNEL), p);
	assert_int_equal(slab_errors, 2);
	assert_int_equal(logged(mark, "BUG link"), 1);
	assert_int_equal(logged(mark, "FIX link"), 1);
	machine_halt();
}

/* sys/kernel/slab/CACHE/validate. */
static void test_the_file(void **state)
{
	struct kmem_cache *s;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("filed", 64, SLAB_POISON);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	p[3] = 1;
	assert_int_equal(slab_attribute_store("filed", "validate", "1\n"), 0);
	assert_int_equal(slab_errors, 2);
	assert_int_equal(slab_attribute_store("filed", "validate", "1\n"), 0);
	assert_int_equal(slab_errors, 2);
	kmem_cache_destroy(s);
	halt();
}

/* Who writes to what he has freed does not stop while others look, or mend. */

static struct {
	u8 *start;
	size_t len;
	bool stop;
} meanwhile;

static void *write_meanwhile(void *arg)
{
	unsigned long random = RANDOM_SEED;

	while (!__atomic_load_n(&meanwhile.stop, __ATOMIC_RELAXED)) {
		volatile u8 *p;

		random = next_random(random);
		p = meanwhile.start + (random >> 20) % meanwhile.len;
		/* Sometimes it stays so. */
		for (int i = random >> 40 & 255 ? 0 : 1; i < 2; i++)
			*p ^= 1u << (random >> 60 & 7);
	}
	return NULL;
}

static void test_who_writes_meanwhile(void **state)
{
	const slab_flags_t flags = SLAB_POISON | SLAB_RED_ZONE | SLAB_STORE_USER | SLAB_KMALLOC;
	struct kmem_cache *s;
	pthread_t thread;
	void *p[64];

	skip_under_tsan();
	boot("mem=64M,cpus=2");
	for (int k = 0; k < 4; k++) {
		/* All of a slab; or a byte between two red zones, which comes and goes. */
		const bool one_byte = k & 2;
		const int turns = one_byte ? 2000 : 200, nr = one_byte ? 2 : 20;

		s = cache("meanwhile", 64, flags | (k & 1 ? SLAB_CONSISTENCY_CHECKS : 0));
		p[0] = __kmem_cache_alloc(s, GFP_KERNEL, 40);
		meanwhile.start = one_byte ? p[0] + 64 : page_address(virt_to_head_page(p[0]));
		meanwhile.len = one_byte ? 1 : PAGE_SIZE << virt_to_head_page(p[0])->order;
		meanwhile.stop = false;
		pthread_create(&thread, NULL, write_meanwhile, NULL);
		for (int i = 0; i < turns; i++) {
			for (int n = 1; n < nr; n++)
				p[n] = __kmem_cache_alloc(s, GFP_KERNEL, n);
			validate_slab_cache(s);
			for (int n = 1; n < nr; n++)
				kmem_cache_free(s, p[n]);
		}
		__atomic_store_n(&meanwhile.stop, true, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
		validate_slab_cache(s);
		assert_int_equal(errors_of(s), 0);
		assert_int_equal(machine_check(), 0);
		kmem_cache_destroy(s);
	}
	machine_halt();
}

static void test_a_cache_without_debugging(void **state)
{
	struct kmem_cache *s;

	boot("mem=64M,cpus=2");
	s = cache("plain", 64, SLAB_NO_MERGE);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(validate_slab_cache(s), 0);
	kmem_cache_destroy(s);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_5_4_red_zone_of_an_object_in_use),
		machine_test(test_5_4_red_zone_of_a_free_object),
		machine_test(test_5_4_next_pointer),
		machine_test(test_5_4_pointer_behind_an_object_in_use),
		machine_test(test_5_4_full_slabs),
		machine_test(test_5_4_poison),
		machine_test(test_5_4_padding),
		machine_test(test_5_4_several_regions),
		machine_test(test_5_4_kmalloc_red_zone),
		machine_test(test_5_4_krealloc_red_zone),
		machine_test(test_5_4_kfree_rcu_before_destroy),
		machine_test(test_5_4_destroy_with_a_live_object),
		machine_test(test_lists_of_any_shape),
		machine_test(test_lists_of_any_shape_in_use),
		machine_test(test_a_list_that_is_too_short),
		machine_test(test_a_broken_link_at_a_request),
		machine_test(test_the_file),
		machine_test(test_who_writes_meanwhile),
		machine_test(test_a_cache_without_debugging),
	};

	return cmocka_run_group_tests_name("mm/slub_validate", tests, NULL, NULL);
}
