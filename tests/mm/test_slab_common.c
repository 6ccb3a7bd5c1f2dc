/* slab_common.c, slab_shrink.c, slabinfo.c: caches are made, share, shrink, go, and are listed. */
#include <kmem/oops.h>
#include <kmem/workqueue.h>
#include "machine.h"
#include "mm/slab.h"

static void ctor(void *p)
{
	*(u32 *)p = 0xc0ffee;
}

static void test_5_1_what_cannot_be_created(void **state)
{
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	assert_null(kmem_cache_create(NULL, 64, 0, 0, NULL));
	assert_null(kmem_cache_create("zero", 0, 0, 0, NULL));
	assert_null(kmem_cache_create("large", KMALLOC_MAX_SIZE + 1, 0, 0, NULL));
	assert_null(kmem_cache_create("align", 64, 24, 0, NULL));
	assert_null(kmem_cache_create("flags", 64, 0, 1u, NULL));
	assert_int_equal(logged(mark, "(zero) failed with error -22"), 1);
	/* With what stands behind each object it is more than a slab holds. */
	assert_null(kmem_cache_create("grows", KMALLOC_MAX_SIZE, 0, SLAB_TYPESAFE_BY_RCU, NULL));
	assert_int_equal(logged(mark, "(grows) failed with error -22"), 1);
	assert_int_equal(logged(mark, "failed with error"), 6);
	assert_true(logged(mark, "Call Trace:") >= 5);
	halt();
}

static long create_named(void *name)
{
	kmem_cache_create(name, 64, 0, 0, NULL);
	return 0;
}

static long destroy_it(void *s)
{
	return kmem_cache_destroy_status(s);
}

/* Wild pointers end their call, and the list of caches is not left locked. */
static void test_5_1_wild_names_and_caches(void **state)
{
	long ret = 0;
	bool locked;
	u64 mark;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	assert_int_equal(oops_guard(create_named, (void *)0x10, &ret), -EFAULT);
	mark = log_next_seq();
	assert_int_equal(oops_guard(destroy_it, (void *)0x10, &ret), 0);
	assert_int_equal(ret, -EINVAL);
	assert_int_equal(logged(mark, "WARNING"), 1);
	locked = mutex_is_locked(&slab_mutex);
	if (locked)
		mutex_unlock(&slab_mutex);
	assert_false(locked);
	halt();
}

static void test_5_1_a_name_twice_or_with_a_space_is_warned_about(void **state)
{
	struct kmem_cache *a, *b, *c;
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	a = kmem_cache_create("twice", 100, 0, SLAB_NO_MERGE, NULL);
	assert_int_equal(logged(mark, "WARNING"), 0);
	b = kmem_cache_create("twice", 200, 0, SLAB_NO_MERGE, NULL);
	assert_int_equal(logged(mark, "WARNING"), 1);
	c = kmem_cache_create("a space", 300, 0, SLAB_NO_MERGE, NULL);
	assert_int_equal(logged(mark, "WARNING"), 2);
	assert_non_null(b);
	assert_non_null(c);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
	kmem_cache_destroy(c);
	halt();
}

static void test_5_1_alignment(void **state)
{
	static const struct {
		unsigned int size, align;
		slab_flags_t flags;
		unsigned int expected;
	} cases[] = {
		{ 1, 0, 0, 8 },
		{ 100, 0, 0, 8 },
		{ 100, 4, 0, 8 },
		{ 100, 32, 0, 32 },
		{ 100, 128, SLAB_HWCACHE_ALIGN, 128 },
		{ 4000, 0, SLAB_HWCACHE_ALIGN, 64 },
		{ 33, 0, SLAB_HWCACHE_ALIGN, 64 },
		{ 32, 0, SLAB_HWCACHE_ALIGN, 32 },
		{ 17, 0, SLAB_HWCACHE_ALIGN, 32 },
		{ 16, 0, SLAB_HWCACHE_ALIGN, 16 },
		{ 8, 0, SLAB_HWCACHE_ALIGN, 8 },
		{ 3, 0, SLAB_HWCACHE_ALIGN, 8 },
		{ 200, 4096, 0, 4096 },
		{ 200, 32768, 0, 32768 },
	};

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmem_cache *s = kmem_cache_create("aligned", cases[i].size, cases[i].align,
							 cases[i].flags | SLAB_NO_MERGE, NULL);
		void *p[20];

		assert_int_equal(s->align, cases[i].expected);
		assert_int_equal(s->size % s->align, 0);
		for (int k = 0; k < 20; k++) {
			p[k] = kmem_cache_alloc(s, GFP_KERNEL);
			assert_int_equal((unsigned long)p[k] % cases[i].expected, 0);
		}
		kmem_cache_free_bulk(s, 20, p);
		kmem_cache_destroy(s);
	}
	halt();
}

static void test_5_2_layout(void **state)
{
	struct kmem_cache *s;

	boot("mem=64M,cpus=1");
	for (unsigned int size = 1; size < 600; size += 7) {
		s = kmem_cache_create("plain", size, 0, SLAB_NO_MERGE, NULL);
		assert_int_equal(s->object_size, size);
		assert_int_equal(s->inuse, ALIGN(size, 8));
		assert_int_equal(s->size, ALIGN(size, 8));
		assert_int_equal(s->offset, ALIGN_DOWN(size / 2, 8)); /* inside */
		assert_int_equal(s->red_left_pad, 0);
		assert_int_equal(kmem_cache_size(s), size);
		kmem_cache_destroy(s);
		/* Where contents must stay the link is behind the object. */
		s = kmem_cache_create("ctor", size < 4 ? 4 : size, 0, 0, ctor);
		assert_int_equal(s->offset, s->inuse);
		assert_int_equal(s->size, s->inuse + 8);
		kmem_cache_destroy(s);
		s = kmem_cache_create("rcu", size, 0, SLAB_TYPESAFE_BY_RCU, NULL);
		assert_int_equal(s->offset, s->inuse);
		kmem_cache_destroy(s);
	}
	halt();
}

/* What debugging needs has its room, by the kernel's rules for size, flags and alignment. */
static void test_5_2_room_for_debugging(void **state)
{
	static const struct {
		unsigned int object, align;
		slab_flags_t flags;
		unsigned int inuse, offset, left, size;
	} cases[] = {
		{ 64, 0, SLAB_POISON, 64, 64, 0, 72 },
		{ 60, 0, SLAB_POISON, 64, 64, 0, 72 },
		{ 64, 0, SLAB_RED_ZONE, 72, 32, 8, 88 },
		{ 60, 0, SLAB_RED_ZONE, 64, 24, 8, 80 },
		{ 4, 0, SLAB_RED_ZONE, 8, 8, 8, 32 },
		{ 64, 64, SLAB_RED_ZONE, 72, 32, 64, 192 },
		{ 64, 0, SLAB_STORE_USER, 64, 32, 0, 128 },
		{ 64, 0, SLAB_STORE_USER | SLAB_KMALLOC, 64, 32, 0, 136 },
		{ 64, 0, SLAB_RED_ZONE | SLAB_STORE_USER | SLAB_KMALLOC, 72, 72, 8, 168 },
		{ 64, 0, SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER, 72, 72, 8, 160 },
		{ 64, 0, SLAB_CONSISTENCY_CHECKS, 64, 32, 0, 64 },
	};
	u8 *p[100];

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmem_cache *s = kmem_cache_create("debug", cases[i].object, cases[i].align,
							 cases[i].flags | SLAB_NO_MERGE, NULL);

		assert_int_equal(s->inuse, cases[i].inuse);
		assert_int_equal(s->offset, cases[i].offset);
		assert_int_equal(s->red_left_pad, cases[i].left);
		assert_int_equal(s->size, cases[i].size);
		for (int k = 0; k < 100; k++) {
			p[k] = kmem_cache_alloc(s, GFP_KERNEL);
			memset(p[k], k, cases[i].object);
			assert_int_equal((unsigned long)p[k] % s->align, 0);
		}
		assert_int_equal(machine_check(), 0);
		for (int k = 0; k < 100; k++) {
			assert_int_equal(p[k][0], k);
			assert_int_equal(p[k][cases[i].object - 1], k);
			if (k % 2)
				kfree(p[k]);
			else
				kmem_cache_free(s, p[k]);
		}
		assert_int_equal(kmem_cache_destroy_status(s), 0);
	}
	halt();
}

static void test_5_2_a_real_kernel_s_strides(void **state)
{
	FILE *f = fopen(TESTS_DATA "/cache_strides.tsv", "r");
	unsigned int rows = 0, req, align, stride;
	char line[256], name[64], letters[16];

	assert_non_null(f);
	boot("mem=64M,cpus=2");
	while (fgets(line, sizeof(line), f)) {
		slab_flags_t flags = SLAB_NO_MERGE;
		struct kmem_cache *s;

		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%63s %u %u %15s %u", name, &req, &align, letters,
					&stride),
				 5);
		flags |= strchr(letters, 'H') ? SLAB_HWCACHE_ALIGN : 0;
		flags |= strchr(letters, 'R') ? SLAB_RECLAIM_ACCOUNT : 0;
		flags |= strchr(letters, 'T') ? SLAB_TYPESAFE_BY_RCU : 0;
		s = kmem_cache_create(name, req, align, flags, strchr(letters, 'C') ? ctor : NULL);
		assert_int_equal(s->size, stride);
		kmem_cache_destroy(s);
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, 36);
	halt();
}

static void test_5_5_orders_of_two_real_kernels(void **state)
{
	FILE *f = fopen(TESTS_DATA "/slab_orders.tsv", "r");
	unsigned int rows = 0, size, objects, pages;
	char line[256];

	assert_non_null(f);
	boot("mem=64M,cpus=2");
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%u %u %u", &size, &objects, &pages), 3);
		if (1 << slab_calculate_order(size) != (int)pages)
			fail_msg("objects of %u bytes: order %d, not %u pages", size,
				 slab_calculate_order(size), pages);
		assert_int_equal(pages * PAGE_SIZE / size, objects);
		rows++;
	}
	fclose(f);
	assert_true(rows > 100);
	halt();
}

static void test_5_5_orders_by_number_of_CPUs(void **state)
{
	static const struct {
		unsigned int size;
		int four, eight;
	} cases[] = { { 8, 0, 0 },	  { 64, 0, 0 },	   { 256, 0, 1 },   { 512, 1, 2 },
		      { 1024, 2, 3 },	  { 2048, 3, 3 },  { 4000, 3, 3 },  { 4096, 3, 3 },
		      { 8192, 3, 3 },	  { 32768, 3, 3 }, { 32776, 4, 4 }, { 1 << 20, 8, 8 },
		      { 4 << 20, 10, 10 } };

	boot("mem=64M,cpus=4");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(slab_calculate_order(cases[i].size), cases[i].four);
	halt();
	boot("mem=64M,cpus=8");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(slab_calculate_order(cases[i].size), cases[i].eight);
	assert_true(slab_calculate_order((4 << 20) + 8) < 0);
	halt();
}

static void test_5_5_min_partial(void **state)
{
	static const unsigned int sizes[] = { 8, 64, 1024, 4096, 1 << 14, 1 << 20 };

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned long half = ilog2(sizes[i]) / 2;
		struct kmem_cache *s = kmem_cache_create("p", sizes[i], 0, SLAB_NO_MERGE, NULL);

		assert_int_equal(s->min_partial, half < 5 ? 5 : half > 10 ? 10 : half);
		kmem_cache_destroy(s);
	}
	halt();
}

static void test_5_7_caches_of_like_objects_are_one(void **state)
{
	struct kmem_cache *a, *b, *c, *d;

	boot("mem=64M,cpus=1");
	a = kmem_cache_create("first", 1784, 0, 0, NULL);
	b = kmem_cache_create("second", 1781, 0, 0, NULL);
	assert_ptr_equal(a, b);
	assert_string_equal(kmem_cache_name(b), "first");
	assert_int_equal(a->refcount, 2);
	c = kmem_cache_create("larger", 1785, 0, 0, NULL);  /* no room for it */
	d = kmem_cache_create("smaller", 1776, 0, 0, NULL); /* a word less */
	assert_ptr_not_equal(a, c);
	assert_ptr_not_equal(a, d);
	assert_ptr_not_equal(c, d);
	kmem_cache_destroy(c);
	kmem_cache_destroy(d);
	/* The largest of the sizes is what an object has. */
	c = kmem_cache_create("small", 2001, 0, 0, NULL);
	d = kmem_cache_create("large", 2007, 0, 0, NULL);
	assert_ptr_equal(c, d);
	assert_int_equal(kmem_cache_size(c), 2007);
	kmem_cache_destroy(c);
	kmem_cache_destroy(d);
	/* And what it has of them is all of the larger. */
	c = kmem_cache_create("padded", 1100, 128, 0, NULL);
	assert_int_equal(c->inuse, 1104);
	d = kmem_cache_create("filled", 1152, 0, 0, NULL);
	assert_ptr_equal(c, d);
	assert_int_equal(c->inuse, 1152);
	kmem_cache_destroy(c);
	kmem_cache_destroy(d);
	/* The first goes, the second stays. */
	kmem_cache_destroy(a);
	kmem_cache_free(b, kmem_cache_alloc(b, GFP_KERNEL));
	assert_int_equal(b->refcount, 1);
	kmem_cache_destroy(b);
	halt();
}

static void test_5_7_what_keeps_caches_apart(void **state)
{
	static const slab_flags_t alone[] = { SLAB_RED_ZONE, SLAB_POISON,	   SLAB_STORE_USER,
					      SLAB_TRACE,    SLAB_TYPESAFE_BY_RCU, SLAB_NOLEAKTRACE,
					      SLAB_NO_MERGE };
	static const slab_flags_t same[] = { SLAB_RECLAIM_ACCOUNT, SLAB_CACHE_DMA, SLAB_CACHE_DMA32,
					     SLAB_ACCOUNT };
	struct kmem_cache *plain, *s, *t;

	boot("mem=64M,cpus=1");
	plain = kmem_cache_create("plain", 1784, 0, 0, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(alone); i++) {
		s = kmem_cache_create("s", 1784, 0, alone[i], NULL);
		t = kmem_cache_create("t", 1784, 0, alone[i], NULL);
		assert_true(s != plain && t != plain && s != t);
		kmem_cache_destroy(s);
		kmem_cache_destroy(t);
	}
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		s = kmem_cache_create("s", 1784, 0, same[i], NULL);
		t = kmem_cache_create("t", 1784, 0, same[i], NULL);
		assert_ptr_not_equal(s, plain);
		assert_ptr_equal(s, t);
		kmem_cache_destroy(s);
		kmem_cache_destroy(t);
	}
	s = kmem_cache_create("ctor", 1776, 0, 0, ctor);
	assert_ptr_not_equal(s, plain);
	t = kmem_cache_create("aligned", 1784, 64, 0, NULL); /* 1784 is not a multiple */
	assert_ptr_not_equal(t, plain);
	kmem_cache_destroy(s);
	kmem_cache_destroy(t);
	kmem_cache_destroy(plain);
	/* kmalloc's own share with nobody. */
	s = kmem_cache_create("like kmalloc", 256, 0, 0, NULL);
	t = NULL;
	list_for_each_entry(plain, &slab_caches, list)
		if (!strcmp(plain->name, "kmalloc-256"))
			t = plain;
	assert_non_null(t);
	assert_ptr_not_equal(s, t);
	kmem_cache_destroy(s);
	halt();
}

static void test_5_7_slab_nomerge(void **state)
{
	struct machine_config cfg;
	struct kmem_cache *a, *b;

	boot("mem=64M,cpus=1,slab_nomerge");
	a = kmem_cache_create("first", 1784, 0, 0, NULL);
	b = kmem_cache_create("second", 1784, 0, 0, NULL);
	assert_ptr_not_equal(a, b);
	assert_string_equal(kmem_cache_name(b), "second");
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
	halt();
	/* It is the machine's, not the program's. */
	boot("mem=64M,cpus=1");
	a = kmem_cache_create("first", 1784, 0, 0, NULL);
	b = kmem_cache_create("second", 1784, 0, 0, NULL);
	assert_ptr_equal(a, b);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
	halt();
	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "slab_nomerge=1"), -EINVAL);
}

static void test_5_7_the_book_s_cache_can_share(void **state)
{
	struct kmem_cache *scullc, *other;

	boot("mem=64M,cpus=2");
	scullc = kmem_cache_create("scullc", 4000, 0, SLAB_HWCACHE_ALIGN, NULL);
	assert_int_equal(scullc->size, 4032);
	assert_int_equal(scullc->align, 64);
	assert_int_equal(scullc->order, 3);
	assert_int_equal(scullc->objects, 8);
	other = kmem_cache_create("other", 4032, 0, 0, NULL);
	assert_ptr_equal(scullc, other);
	kmem_cache_destroy(other);
	kmem_cache_destroy(scullc);
	halt();
}

static long create_or_panic(void *name)
{
	kmem_cache_create(name, 0, 0, SLAB_PANIC, NULL);
	return 0;
}

static void test_5_1_PANIC_ends_the_call(void **state)
{
	char name[] = "important";
	u64 mark;
	long ret;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	assert_int_equal(oops_guard(create_or_panic, name, &ret), -EFAULT);
	assert_int_equal(logged(mark, "Failed to create slab 'important'. Error -22"), 1);
	/* The list of caches is not left locked. */
	kmem_cache_destroy(kmem_cache_create("next", 100, 0, SLAB_PANIC, NULL));
	halt();
}

/* What is said of a name that is given is said of a copy. */
static void test_5_1_the_name_is_copied(void **state)
{
	static const slab_flags_t flags[] = { 0, SLAB_KMALLOC };
	char name[] = "my own";

	boot("mem=64M,cpus=1");
	name[2] = '-';
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct kmem_cache *s = kmem_cache_create(name, 136, 0, flags[i] | SLAB_NO_MERGE,
							 NULL);

		name[0] = 'x';
		assert_string_equal(kmem_cache_name(s), "my-own");
		name[0] = 'm';
		kmem_cache_destroy(s);
	}
	halt();
}

static void test_5_7_what_clients_may_see_is_not_shared(void **state)
{
	struct kmem_cache *a, *b, *c;
	u64 mark;

	boot("mem=64M,cpus=1");
	a = kmem_cache_create("plain", 1784, 0, 0, NULL);
	b = kmem_cache_create_usercopy("users", 1784, 0, 0, 8, 100, NULL);
	c = kmem_cache_create("plain-too", 1784, 0, 0, NULL);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(a, c);
	assert_int_equal(b->usersize, 100);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
	kmem_cache_destroy(c);
	/* A region that is not within the object is none. */
	mark = log_next_seq();
	a = kmem_cache_create_usercopy("over", 1784, 0, 0, 1700, 100, NULL);
	b = kmem_cache_create_usercopy("empty", 1784, 0, 0, 8, 0, NULL);
	assert_int_equal(logged(mark, "WARNING"), 2);
	assert_int_equal(a->usersize | b->usersize | a->useroffset | b->useroffset, 0);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
	halt();
}

static void test_5_8_destroy_with_live_objects(void **state)
{
	struct kmem_cache *s;
	void *p[3];
	u64 mark;

	boot("mem=64M,cpus=1");
	kmem_cache_destroy(NULL);
	s = kmem_cache_create("live", 500, 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 3; i++) {
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		memset(p[i], i, 500);
	}
	mark = log_next_seq();
	assert_int_equal(kmem_cache_destroy_status(s), -EBUSY);
	assert_int_equal(logged(mark, "BUG live: Objects remaining in live on "
				      "__kmem_cache_shutdown()"),
			 1);
	assert_int_equal(logged(mark, "  Object 0x"), 3);
	assert_int_equal(logged(mark, "kmem_cache_destroy live: Slab cache still has objects when "
				      "called from"),
			 1);
	/* Nothing was freed under its user. */
	assert_int_equal(((u8 *)p[2])[499], 2);
	assert_int_equal(machine_check(), 0);
	/* The name is free again. */
	mark = log_next_seq();
	kmem_cache_destroy(kmem_cache_create("live", 500, 0, SLAB_NO_MERGE, NULL));
	assert_int_equal(logged(mark, "WARNING"), 0);
	for (int i = 0; i < 3; i++)
		kmem_cache_free(s, p[i]);
	halt();
}

static void come_and_go(struct work_struct *work)
{
	struct kmem_cache *s = kmem_cache_create("passing", 500, 0, SLAB_TYPESAFE_BY_RCU, NULL);

	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_shrink(s);
	kmem_cache_destroy(s);
}

/* Slabs that wait for readers are waited for, by work as well, which others wait for. */
static void test_5_8_work_may_destroy_a_cache(void **state)
{
	DECLARE_WORK(work, come_and_go);
	unsigned long free;

	boot("mem=64M,cpus=2");
	free = all_free_pages();
	for (int i = 0; i < 3; i++) {
		schedule_work(&work);
		come_and_go(NULL);
		flush_scheduled_work();
	}
	assert_all_free(free);
	halt();
}

static void test_5_10_shrink(void **state)
{
	static void *p[1000];
	struct kmem_cache *s;
	unsigned long free;

	boot("mem=64M,cpus=2");
	s = kmem_cache_create("shrinks", 1000, 0, SLAB_NO_MERGE, NULL);
	free = all_free_pages();
	for (int i = 0; i < 1000; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(kmem_cache_shrink(s), 1);
	for (int i = 1; i < 1000; i++)
		kmem_cache_free(s, p[i]);
	assert_int_equal(kmem_cache_shrink(s), 1);
	drain_all_pages();
	kmem_cache_free(s, p[0]);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_all_free(free);
	kmem_cache_destroy(s);
	halt();
}

struct row {
	char name[64];
	unsigned long active, objects, size, per_slab, pages, active_slabs, slabs, shared;
};

/* The row of a cache in proc/slabinfo. False if it has none. */
static bool slabinfo_row(const char *name, struct row *row)
{
	struct seq_file m;
	bool found = false;
	char *line, *end;

	seq_buffer_open(&m);
	slabinfo_show(&m, NULL);
	seq_buffer_text(&m);
	assert_memory_equal(m.buf, "slabinfo - version: 2.1\n# name", 30);
	for (line = m.buf; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (line[0] == '#' || !strncmp(line, "slabinfo", 8))
			continue;
		assert_int_equal(sscanf(line,
					"%63s %lu %lu %lu %lu %lu : tunables    0    0    0 : "
					"slabdata %lu %lu %lu",
					row->name, &row->active, &row->objects, &row->size,
					&row->per_slab, &row->pages, &row->active_slabs,
					&row->slabs, &row->shared),
				 9);
		if (!strcmp(row->name, name)) {
			found = true;
			break;
		}
	}
	seq_buffer_release(&m);
	return found;
}

static void test_5_11_slabinfo_counts_exactly(void **state)
{
	struct kmem_cache *s;
	struct row row;
	void *p[100];

	boot("mem=64M,cpus=1"); /* on another CPU the rest would come from another slab */
	s = kmem_cache_create("counted", 500, 0, SLAB_NO_MERGE, NULL);
	assert_true(slabinfo_row("counted", &row));
	assert_int_equal(row.objects + row.active + row.slabs, 0);
	assert_int_equal(row.size, 504);
	assert_int_equal(row.pages, 1 << slab_calculate_order(504));
	assert_int_equal(row.per_slab, row.pages * PAGE_SIZE / 504);
	for (int i = 0; i < 100; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	all_free_pages();
	assert_true(slabinfo_row("counted", &row));
	assert_int_equal(row.active, 100);
	assert_int_equal(row.objects, row.slabs * row.per_slab);
	assert_int_equal(row.slabs, (100 + row.per_slab - 1) / row.per_slab);
	assert_int_equal(row.active_slabs, row.slabs);
	assert_int_equal(row.shared, 0);
	for (int i = 0; i < 100; i++)
		kmem_cache_free(s, p[i]);
	all_free_pages();
	assert_true(slabinfo_row("counted", &row));
	assert_int_equal(row.active + row.objects + row.slabs, 0);
	kmem_cache_destroy(s);
	assert_false(slabinfo_row("counted", &row));
	halt();
}

/* Without giving anything back first: what sheaves hold is nobody's. */
static void test_5_11_slabinfo_is_exact_at_any_moment(void **state)
{
	static void *p[1000];
	struct kmem_cache *s;
	struct row row;

	boot("mem=64M,cpus=2");
	s = kmem_cache_create("counted", 200, 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 1000; i++) {
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		if (i % 37 == 0) {
			assert_true(slabinfo_row("counted", &row));
			assert_int_equal(row.active, i + 1);
		}
	}
	for (int i = 0; i < 1000; i++) {
		kmem_cache_free(s, p[i]);
		if (i % 37 == 0) {
			assert_true(slabinfo_row("counted", &row));
			assert_int_equal(row.active, 999 - i);
		}
	}
	assert_true(slabinfo_row("counted", &row));
	assert_int_equal(row.active, 0);
	assert_int_equal(row.slabs * row.per_slab, row.objects);
	kmem_cache_destroy(s);
	halt();
}

static void test_5_11_looking_takes_nothing(void **state)
{
	struct page *page, *next;
	unsigned long free;
	LIST_HEAD(taken);
	struct row row;

	boot("mem=64M,cpus=1");
	while ((page = alloc_page(GFP_NOWAIT | __GFP_NOWARN | __GFP_MEMALLOC)))
		list_add(&page->lru, &taken);
	free = nr_free_pages();
	assert_true(slabinfo_row("kmalloc-8k", &row));
	assert_true(slabinfo_row("kmalloc-rcl-96", &row));
	assert_true(slabinfo_row("dma-kmalloc-1k", &row));
	assert_int_equal(nr_free_pages(), free);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	halt();
}

static void create_and_destroy(struct worker *w)
{
	char name[32];

	for (unsigned long i = 0; i < stress(300); i++) {
		struct kmem_cache *s;
		void *p;

		snprintf(name, sizeof(name), "t%u_%lu", w->nr, i);
		s = kmem_cache_create(name, 1 + random_of(w, 3000), 0,
				      w->seed & 1 ? SLAB_NO_MERGE : 0, NULL);
		w->errors += !s;
		if (!s)
			continue;
		p = kmem_cache_alloc(s, GFP_KERNEL);
		w->errors += !p;
		kmem_cache_free(s, p);
		kmem_cache_destroy(s);
	}
}

static void test_5_7_many_threads_create_and_destroy(void **state)
{
	boot("mem=64M,cpus=2");
	assert_int_equal(run_workers(4, create_and_destroy, NULL), 0);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_5_1_what_cannot_be_created),
		machine_test(test_5_1_wild_names_and_caches),
		machine_test(test_5_1_a_name_twice_or_with_a_space_is_warned_about),
		machine_test(test_5_1_alignment),
		machine_test(test_5_2_layout),
		machine_test(test_5_1_PANIC_ends_the_call),
		machine_test(test_5_1_the_name_is_copied),
		machine_test(test_5_2_room_for_debugging),
		machine_test(test_5_2_a_real_kernel_s_strides),
		machine_test(test_5_5_orders_of_two_real_kernels),
		machine_test(test_5_5_orders_by_number_of_CPUs),
		machine_test(test_5_5_min_partial),
		machine_test(test_5_7_caches_of_like_objects_are_one),
		machine_test(test_5_7_what_keeps_caches_apart),
		machine_test(test_5_7_slab_nomerge),
		machine_test(test_5_7_the_book_s_cache_can_share),
		machine_test(test_5_7_what_clients_may_see_is_not_shared),
		machine_test(test_5_8_destroy_with_live_objects),
		machine_test(test_5_8_work_may_destroy_a_cache),
		machine_test(test_5_10_shrink),
		machine_test(test_5_11_slabinfo_counts_exactly),
		machine_test(test_5_11_slabinfo_is_exact_at_any_moment),
		machine_test(test_5_11_looking_takes_nothing),
		machine_test(test_5_7_many_threads_create_and_destroy),
	};

	return cmocka_run_group_tests_name("mm/slab_common", tests, NULL, NULL);
}
