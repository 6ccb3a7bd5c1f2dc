/*
 * slub_object.c, slub_report.c and slab_layout.c: rule 5.2, where in a debugged object what lies, and
 * which part of it a report shows.
 */
#include <kmem/poison.h>
#include "machine.h"
#include "mm/slub_debug.h"

#define F SLAB_CONSISTENCY_CHECKS
#define Z SLAB_RED_ZONE
#define P SLAB_POISON
#define U SLAB_STORE_USER

static struct kmem_cache *cache(const char *name, unsigned int size, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create(name, size, 0, flags | SLAB_NO_MERGE, NULL);

	assert_non_null(s);
	return s;
}

static void construct(void *object)
{
}

static void test_5_2_layout(void **state)
{
	static const struct {
		unsigned int size, align;
		slab_flags_t flags;
		void (*ctor)(void *);
		unsigned int inuse, offset, left, total;
	} cases[] = {
		{ 60, 0, 0, NULL, 64, 24, 0, 64 },
		{ 60, 0, Z, NULL, 64, 24, 8, 80 },
		{ 64, 0, Z, NULL, 72, 32, 8, 88 },
		{ 4, 0, Z, NULL, 8, 8, 8, 32 },
		{ 4, 0, 0, NULL, 8, 0, 0, 8 },
		{ 64, 0, P, NULL, 64, 64, 0, 72 },
		{ 64, 0, U, NULL, 64, 32, 0, 128 },
		{ 64, 0, U | SLAB_KMALLOC, NULL, 64, 32, 0, 136 },
		{ 64, 0, U | Z | SLAB_KMALLOC, NULL, 72, 72, 8, 168 },
		{ 64, 0, Z | SLAB_KMALLOC, NULL, 72, 32, 8, 88 },
		{ 100, 0, F | Z | P | U, NULL, 104, 104, 8, 192 },
		{ 64, 64, Z, NULL, 72, 32, 64, 192 },
		{ 64, 0, F, construct, 64, 64, 0, 72 },
		{ 64, 0, SLAB_TYPESAFE_BY_RCU, NULL, 64, 64, 0, 72 },
	};

	boot("mem=64M,cpus=2");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmem_cache *s = kmem_cache_create("layout", cases[i].size, cases[i].align,
							 cases[i].flags | SLAB_NO_MERGE,
							 cases[i].ctor);

		assert_int_equal(s->inuse, cases[i].inuse);
		assert_int_equal(s->offset, cases[i].offset);
		assert_int_equal(s->red_left_pad, cases[i].left);
		assert_int_equal(s->size, cases[i].total);
		kmem_cache_destroy(s);
	}
	halt();
}

/* From the first wrong byte to the last, and no further. */
static void test_range_of_the_damage(void **state)
{
	struct kmem_cache *s;
	char text[100];
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = cache("range", 64, P);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	p[10] = p[20] = 0;
	mark = log_next_seq();
	validate_slab_cache(s);
	snprintf(text, sizeof(text), "[Poison overwritten] 0x%016lx-0x%016lx @offset=%lu.",
		 (unsigned long)p + 10, (unsigned long)p + 20, ((unsigned long)p + 10) % PAGE_SIZE);
	assert_int_equal(logged(mark, text), 1);
	kmem_cache_destroy(s);
	halt();
}

/* A report shows what there is: tracks of who was there, what is before an object, its text. */
static void test_what_a_report_shows(void **state)
{
	struct kmem_cache *s;
	char text[100];
	u64 mark;
	u8 *p, *q;

	boot("mem=64M,cpus=1");
	s = cache("full", 9000, F | Z | P | U | SLAB_KMALLOC);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	memcpy(p, "Hello", 6);
	p[9000] = 0;
	mark = log_next_seq();
	kmem_cache_free(s, p);
	assert_int_equal(logged(mark, "Allocated in "), 1);
	assert_int_equal(logged(mark, "Freed in "), 0);
	assert_int_equal(logged(mark, " Hello.kkkkkkkkkk"), 1);
	assert_int_equal(logged(mark, "Object   "), PAGE_SIZE / 16);
	/* Behind the pointer, the tracks and what was asked for. */
	snprintf(text, sizeof(text), "Padding  %016lx: 5a",
		 (unsigned long)p + s->inuse + 8 + 2 * sizeof(struct track) + 4);
	assert_int_equal(logged(mark, text), 1);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);

	s = cache("bare", 61, F | P);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	q = kmem_cache_alloc(s, GFP_KERNEL);
	assert_ptr_equal(q, p + s->size);
	mark = log_next_seq();
	p[61] = 0;
	kmem_cache_free(s, p);
	assert_int_equal(logged(mark, "Bytes b4 "), 0);
	q[61] = 0;
	kmem_cache_free(s, q);
	assert_int_equal(logged(mark, "Bytes b4 "), 1);
	assert_int_equal(logged(mark, "Allocated in "), 0);
	assert_int_equal(logged(mark, "Freed in "), 0);
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
	machine_halt();
}

/* What lies behind the last object is looked at whenever an object comes or goes. */
static void test_slab_padding_is_checked(void **state)
{
	struct kmem_cache *s;
	u8 *p, *end;
	u64 mark;

	boot("mem=64M,cpus=1");
	s = cache("padded", 64, F | P);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	end = (u8 *)((unsigned long)p & PAGE_MASK) + s->size * s->objects;
	for (int i = 0; i < 2; i++) {
		mark = log_next_seq();
		*end = 1;
		if (i == 0)
			kmem_cache_free(s, p);
		else
			p = kmem_cache_alloc(s, GFP_KERNEL);
		assert_int_equal(logged(mark, "Padding overwritten. 0x"), 1);
		assert_int_equal(*end, POISON_INUSE);
	}
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	halt();
}

static void construct_too_much(void *object)
{
	memset(object, 0, 65);
}

/* A slab that is damaged before it is used: a request fails, and what is there is none's. */
static void test_a_constructor_that_overruns(void **state)
{
	struct kmem_cache *s;
	u64 mark;

	boot("mem=64M,cpus=1");
	s = kmem_cache_create("ctor", 64, 0, F | Z, construct_too_much);
	mark = log_next_seq();
	assert_null(kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(logged(mark, "[Right Redzone overwritten]"), 1);
	assert_int_equal(logged(mark, "FIX ctor: Marking all objects used"), 1);
	assert_int_equal(machine_check(), 0);
	mark = log_next_seq();
	kmem_cache_destroy(s);
	assert_int_equal(logged(mark, "Objects remaining in ctor"), 1);
	machine_halt();
}

/* Without F nothing is checked but by who asks, and what was damaged goes into use again. */
static void test_without_checks(void **state)
{
	struct kmem_cache *s;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=1");
	s = cache("trusting", 64, Z | P);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	mark = log_next_seq();
	p[64] = 1;
	kmem_cache_free(s, p);
	p[5] = 1;
	kmem_cache_shrink(s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	p[5] = 1;
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), p);
	assert_int_equal(p[5], POISON_FREE);
	assert_int_equal(logged(mark, "BUG"), 0);
	assert_int_equal(slab_errors, 0);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	halt();
}

/* A write after the free shows as long as the page is the cache's: it is kept, and looked at last. */
static void test_slabs_are_looked_at_before_they_go(void **state)
{
	struct kmem_cache *s;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=1");
	s = cache("kept", 64, F | P);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	machine_idle();
	assert_int_equal(s->node[0]->nr_slabs, 1);
	p[5] = 1;
	mark = log_next_seq();
	kmem_cache_shrink(s);
	assert_int_equal(s->node[0]->nr_slabs, 0);
	assert_int_equal(logged(mark, "[Poison overwritten]"), 1);
	kmem_cache_destroy(s);
	halt();
}

/* An overrun may reach what is kept behind the object: it is believed only as far as it can be. */
static void test_numbers_that_were_written_over(void **state)
{
	struct kmem_cache *s;
	u8 *p, *q;

	boot("mem=64M,cpus=1");
	s = cache("numbers", 64, F | Z | U | SLAB_KMALLOC);
	p = __kmem_cache_alloc(s, GFP_KERNEL, 40);
	q = __kmem_cache_alloc(s, GFP_KERNEL, 64);
	memset(p + slub_tracks_offset(s), 0xff, 2 * sizeof(struct track) + 4);
	assert_int_equal(slub_request_size(s, p), 64);
	q[64] = 1;
	memset(q + slub_tracks_offset(s), 0x5a, 2 * sizeof(struct track) + 4);
	kmem_cache_free(s, q);
	kmem_cache_free(s, q);
	slab_errors = 0;
	validate_slab_cache(s);
	kmem_cache_free(s, p);
	assert_int_equal(slab_errors, 0);
	assert_int_equal(kmem_cache_destroy_status(s), 0);

	/* Nor is a page that says what cannot be. */
	s = cache("count", 64, F | P);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	virt_to_head_page(p)->inuse = s->objects + 1;
	kmem_cache_free(s, p);
	assert_int_equal(slab_errors, 2);
	virt_to_head_page(p)->inuse = 1;
	kmem_cache_free(s, p);
	assert_int_equal(kmem_cache_destroy_status(s), 0);
	halt();
}

/* ksize() is what may be used, and tracks may not. */
static void test_ksize_with_tracks(void **state)
{
	size_t room;
	u8 *p;

	boot("mem=64M,cpus=1,slub_debug=FU,kmalloc-64");
	p = kmalloc(50, GFP_KERNEL);
	room = ksize(p);
	assert_int_equal(room, 64);
	memset(p, 0xff, room);
	assert_ptr_equal(krealloc(p, 40, GFP_KERNEL | __GFP_ZERO), p);
	for (int i = 0; i < 64; i++)
		assert_int_equal(p[i], i < 40 ? 0xff : 0);
	kfree(p);
	assert_int_equal(slab_errors, 0);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_5_2_layout),
		machine_test(test_range_of_the_damage),
		machine_test(test_what_a_report_shows),
		machine_test(test_slab_padding_is_checked),
		machine_test(test_a_constructor_that_overruns),
		machine_test(test_without_checks),
		machine_test(test_slabs_are_looked_at_before_they_go),
		machine_test(test_numbers_that_were_written_over),
		machine_test(test_ksize_with_tracks),
	};

	return cmocka_run_group_tests_name("mm/slub_object", tests, NULL, NULL);
}
