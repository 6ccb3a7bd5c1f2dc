/*
 * slub_debug.c, slub_object.c, slub_track.c, slub_report.c: rule 5.3, the boot word, who had what.
 */
#include <kmem/poison.h>
#include <kmem/seq_file.h>
#include "machine.h"
#include "mm/slab.h"
#include "mm/slab_hooks.h"
#include "mm/slub_debug.h"

static void expect_run(const u8 *p, size_t len, u8 value)
{
	for (size_t i = 0; i < len; i++)
		assert_int_equal(p[i], value);
}

static void test_5_3_bytes(void **state)
{
	struct kmem_cache *s;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = kmem_cache_create("bytes", 60, 0, SLAB_RED_ZONE | SLAB_POISON, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(s->red_left_pad, 8);
	for (int turn = 0; turn < 2; turn++) {
		const u8 red = turn ? SLUB_RED_INACTIVE : SLUB_RED_ACTIVE;

		expect_run(p - 8, 8, red);
		expect_run(p, 59, POISON_FREE);
		assert_int_equal(p[59], POISON_END);
		expect_run(p + 60, s->inuse - 60, red);
		expect_run(p + s->inuse + 8, s->size - 8 - s->inuse - 8, POISON_INUSE);
		if (!turn)
			memset(p, 0, 60);
		if (!turn)
			kmem_cache_free(s, p);
	}
	p = kmem_cache_zalloc(s, GFP_KERNEL);
	expect_run(p, 60, 0);
	expect_run(p + 60, s->inuse - 60, SLUB_RED_ACTIVE);
	kmem_cache_free(s, p);
	assert_int_equal(slab_errors, 0);
	assert_int_equal(kmem_cache_destroy_status(s), 0);
	halt();
}

static unsigned int constructed;

static void construct(void *object)
{
	memset(object, 0x77, 40);
	constructed++;
}

/* What must keep its contents is not poisoned; what is around it is. */
static void test_5_3_contents_that_stay(void **state)
{
	struct kmem_cache *s, *rcu;
	u8 *p;

	boot("mem=64M,cpus=2");
	constructed = 0;
	s = kmem_cache_create("built", 40, 0, SLAB_POISON | SLAB_RED_ZONE, construct);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(constructed, s->objects);
	expect_run(p, 40, 0x77);
	kmem_cache_free(s, p);
	expect_run(p, 40, 0x77);
	expect_run(p + 40, 8, SLUB_RED_INACTIVE);
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), p);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);

	rcu = kmem_cache_create("typesafe", 40, 0, SLAB_POISON | SLAB_TYPESAFE_BY_RCU, NULL);
	p = kmem_cache_alloc(rcu, GFP_KERNEL);
	memset(p, 0x12, 40);
	kmem_cache_free(rcu, p);
	expect_run(p, 40, 0x12);
	kmem_cache_destroy(rcu);
	assert_int_equal(slab_errors, 0);
	halt();
}

/* What a driver does wrong with an object of 100 bytes, and what the log says of it. */

static void overrun(struct kmem_cache *s, u8 *p)
{
	p[100] = 0x52;
	kmem_cache_free(s, p);
}

static void underrun(struct kmem_cache *s, u8 *p)
{
	p[-1] = 0x4c;
	kmem_cache_free(s, p);
}

static void write_after_free(struct kmem_cache *s, u8 *p)
{
	kmem_cache_free(s, p);
	p[3] = 0x41;
	assert_ptr_not_equal(kmem_cache_alloc(s, GFP_KERNEL), p);
}

static void free_twice(struct kmem_cache *s, u8 *p)
{
	void *other = kmem_cache_alloc(s, GFP_KERNEL);

	kmem_cache_free(s, p);
	kmem_cache_free(s, p);
	kmem_cache_free(s, other);
}

static void free_twice_the_last(struct kmem_cache *s, u8 *p)
{
	kmem_cache_free(s, p);
	kmem_cache_free(s, p);
}

static void free_the_middle(struct kmem_cache *s, u8 *p)
{
	kmem_cache_free(s, p + 8);
	kmem_cache_free(s, p);
}

static const struct mistake {
	const char *name;
	void (*make)(struct kmem_cache *s, u8 *p);
	bool lost; /* the object, or its slab, is out of use after it */
	const char *says[6];
} mistakes[] = {
	{ "overrun",
	  overrun,
	  true,
	  { "[Right Redzone overwritten]", "First byte 0x52 instead of 0xcc",
	    "BUG overrun (Not tainted): Object corrupt", "FIX overrun: Restoring Right Redzone",
	    "FIX overrun: Object at 0x" } },
	{ "underrun",
	  underrun,
	  true,
	  { "[Left Redzone overwritten]", "First byte 0x4c instead of 0xcc",
	    "FIX underrun: Restoring Left Redzone" } },
	{ "stale",
	  write_after_free,
	  true,
	  { "[Poison overwritten]", "First byte 0x41 instead of 0x6b",
	    "@offset=", "FIX stale: Restoring Poison", "FIX stale: Marking all objects used" } },
	{ "twice",
	  free_twice,
	  false,
	  { "BUG twice (Not tainted): Object already free", "FIX twice: Object at 0x" } },
	{ "last",
	  free_twice_the_last,
	  false,
	  { "BUG last (Not tainted): Slab has 0 allocated objects but 1 are to be freed",
	    "FIX last: Object at 0x" } },
	{ "middle",
	  free_the_middle,
	  false,
	  { "BUG middle (Not tainted): Invalid object pointer 0x", "FIX middle: Object at 0x" } },
};

static void test_5_3_reports(void **state)
{
	boot("mem=64M,cpus=2,slub_debug");
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		const struct mistake *m = &mistakes[i];
		struct kmem_cache *s = kmem_cache_create(m->name, 100, 0, 0, NULL);
		u64 mark = log_next_seq();

		m->make(s, kmem_cache_alloc(s, GFP_KERNEL));
		for (int k = 0; m->says[k]; k++)
			if (!logged(mark, m->says[k]))
				fail_msg("%s: no '%s'", m->name, m->says[k]);
		assert_true(logged(mark, "Slab 0x") >= 1);
		if (m->make != free_the_middle && m->make != free_twice_the_last) {
			assert_int_equal(logged(mark, "Allocated in "), 1);
			assert_true(logged(mark, "Object   ") >= 7);
			assert_true(logged(mark, "Redzone  ") >= 2);
			assert_true(logged(mark, "Padding  ") >= 1);
		}
		assert_int_equal(machine_check(), 0);
		mark = log_next_seq();
		validate_slab_cache(s);
		assert_int_equal(logged(mark, "BUG"), 0);
		/* Whatever happened, the cache works on. */
		kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
		assert_int_equal(logged(mark, "BUG"), 0);
		assert_int_equal(!!kmem_cache_destroy_status(s), m->lost);
	}
	machine_halt();
}

/* A reader of the log learns who it was. */
static noinline u8 *first_owner(struct kmem_cache *s)
{
	u8 *p = kmem_cache_alloc(s, GFP_KERNEL);

	barrier();
	return p;
}

static noinline void last_owner(struct kmem_cache *s, u8 *p)
{
	kmem_cache_free(s, p);
	barrier();
}

static void test_tracks_name_who_asked(void **state)
{
	struct kmem_cache *s;
	struct seq_file m;
	u64 mark;
	u8 *p, *q;

	boot("mem=64M,cpus=2,slub_debug=FU,mine");
	s = kmem_cache_create("mine", 100, 0, 0, NULL);
	q = kmem_cache_alloc(s, GFP_KERNEL);
	p = first_owner(s);
	last_owner(s, p);
	mark = log_next_seq();
	last_owner(s, p);
	assert_int_equal(logged(mark, "Allocated in first_owner+"), 1);
	assert_int_equal(logged(mark, "Freed in last_owner+"), 1);
	for (volatile int i = 0; i < 4; i++)
		first_owner(s);

	seq_buffer_open(&m);
	assert_int_equal(slub_show_traces(&m, "mine", TRACK_ALLOC), 0);
	/* The most frequent place first. */
	assert_non_null(strstr(seq_buffer_text(&m), "      4 first_owner+"));
	assert_true(strstr(seq_buffer_text(&m), "first_owner+") <
		    strstr(seq_buffer_text(&m), "      1 test_tracks_name_who_asked+"));
	assert_non_null(strstr(seq_buffer_text(&m), " age="));
	assert_non_null(strstr(seq_buffer_text(&m), " cpus="));
	seq_buffer_release(&m);

	seq_buffer_open(&m);
	assert_int_equal(slub_show_traces(&m, "mine", TRACK_FREE), 0);
	assert_non_null(strstr(seq_buffer_text(&m), "      1 last_owner+"));
	assert_non_null(strstr(seq_buffer_text(&m), "      4 <not-available>\n"));
	seq_buffer_release(&m);
	kmem_cache_free(s, q);
	machine_halt();
}

static noinline char *copies(const char *text)
{
	char *p = kstrdup(text, GFP_KERNEL);

	barrier();
	return p;
}

/* Of kmalloc()'s objects the tracks name who called kstrdup(), and what he did not ask for. */
static void test_kmalloc_keeps_what_was_asked(void **state)
{
	struct seq_file m;
	u8 *p, *q;
	u64 mark;

	boot("mem=64M,cpus=2,slub_debug=FZPU,kmalloc-*");
	p = kmalloc(40, GFP_KERNEL);
	expect_run(p, 39, POISON_FREE);
	assert_int_equal(p[39], POISON_END);
	expect_run(p + 40, 24, SLUB_RED_ACTIVE);
	assert_int_equal((unsigned long)p % 64, 0);
	p[40] = 1;
	mark = log_next_seq();
	kfree(p);
	assert_int_equal(logged(mark, "[kmalloc Redzone overwritten]"), 1);
	assert_int_equal(logged(mark, "FIX kmalloc-64: Object at"), 1);
	kfree(p); /* now it is sound */

	q = kzalloc(50, GFP_KERNEL);
	expect_run(q, 50, 0);
	expect_run(q + 50, 14, SLUB_RED_ACTIVE);
	/* Who asks how much there is may use it. */
	assert_int_equal(ksize(q), 64);
	memset(q, 1, 64);
	kfree(q);
	kfree(copies("a text of more than thirty-two bytes"));
	for (volatile int i = 0; i < 3; i++)
		assert_non_null(copies("a text of more than thirty-two bytes"));
	seq_buffer_open(&m);
	slub_show_traces(&m, "kmalloc-64", TRACK_ALLOC);
	assert_non_null(strstr(seq_buffer_text(&m), "      3 copies"));
	assert_non_null(strstr(seq_buffer_text(&m), " waste=81/27 "));
	seq_buffer_release(&m);
	assert_int_equal(slab_errors, 3); /* the red zone, its mending, the object not freed */
	assert_int_equal(machine_halt(), 3);
}

/* Without red zones all of the object is poison, whatever was asked for. */
static void test_kmalloc_without_red_zones(void **state)
{
	u8 *p;

	boot("mem=64M,cpus=2,slub_debug=PU,kmalloc-64");
	p = kmalloc(40, GFP_KERNEL);
	expect_run(p, 63, POISON_FREE);
	assert_int_equal(p[63], POISON_END);
	kfree(p);
	halt();
}

/* A free object is linked, which nobody is to see. */
static void test_init_on_free_with_red_zones(void **state)
{
	struct kmem_cache *s;
	u8 *p[3];

	boot("mem=64M,cpus=2,init_on_free=1");
	s = kmem_cache_create("zeros", 64, 0, SLAB_RED_ZONE, NULL);
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < 3; i++) {
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
			expect_run(p[i], 64, 0);
			memset(p[i], 0x55, 64);
		}
		for (int i = 0; i < 3; i++)
			kmem_cache_free(s, p[i]);
	}
	kmem_cache_destroy(s);
	halt();

	/* Nor what was a red zone before. */
	boot("mem=64M,cpus=2,init_on_free=1,slub_debug=ZU,kmalloc-64");
	p[0] = kmalloc(40, GFP_KERNEL);
	kfree(p[0]);
	assert_ptr_equal(p[1] = kmalloc(60, GFP_KERNEL), p[0]);
	expect_run(p[1], 60, 0);
	kfree(p[1]);
	halt();
}

/* Who allocates for others is not who has it. */
static void test_tracks_of_indirect_requests(void **state)
{
	struct kmem_cache *s;
	struct seq_file m;
	void *p[5], *q;

	boot("mem=64M,cpus=2,slub_debug=U,many,kmalloc-64");
	s = kmem_cache_create("many", 100, 0, 0, NULL);
	assert_int_equal(kmem_cache_alloc_bulk(s, GFP_KERNEL, 5, p), 5);
	q = kvmalloc(50, GFP_KERNEL);
	seq_buffer_open(&m);
	slub_show_traces(&m, "many", TRACK_ALLOC);
	assert_non_null(strstr(seq_buffer_text(&m), "      5 test_tracks_of_indirect_requests+"));
	seq_buffer_release(&m);
	seq_buffer_open(&m);
	slub_show_traces(&m, "kmalloc-64", TRACK_ALLOC);
	assert_non_null(strstr(seq_buffer_text(&m), " test_tracks_of_indirect_requests+"));
	assert_non_null(strstr(seq_buffer_text(&m), " waste=14/14 "));
	seq_buffer_release(&m);
	/* Who freed it before did not waste anything. */
	kfree(q);
	q = kvmalloc(50, GFP_KERNEL);
	seq_buffer_open(&m);
	slub_show_traces(&m, "kmalloc-64", TRACK_FREE);
	assert_non_null(strstr(seq_buffer_text(&m), " test_tracks_of_indirect_requests+"));
	assert_null(strstr(seq_buffer_text(&m), "waste"));
	seq_buffer_release(&m);
	kfree(q);
	kmem_cache_free_bulk(s, 5, p);
	kmem_cache_destroy(s);
	halt();
}

static slab_flags_t debug_flags_of(const char *name, unsigned int size)
{
	struct kmem_cache *s = kmem_cache_create(name, size, 0, SLAB_NO_MERGE, NULL);
	slab_flags_t flags = s->flags & (SLAB_DEBUG_FLAGS | SLAB_FAILSLAB);

	assert_int_equal(s->watched, slab_debugged(s));
	assert_int_equal(s->failslab, !!(flags & SLAB_FAILSLAB));
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_destroy(s);
	return flags;
}

#define F SLAB_CONSISTENCY_CHECKS
#define Z SLAB_RED_ZONE
#define P SLAB_POISON
#define U SLAB_STORE_USER
#define T SLAB_TRACE

static void test_the_boot_word(void **state)
{
	static const struct {
		const char *word;
		slab_flags_t scullc, buffer, kmalloc;
	} cases[] = {
		{ "slub_debug", F | Z | P | U, F | Z | P | U, F | Z | P | U },
		{ "slub_debug=", F | Z | P | U, F | Z | P | U, F | Z | P | U },
		{ "slab_debug=ZP", Z | P, Z | P, Z | P },
		{ "slub_debug=fzput", F | Z | P | U | T, F | Z | P | U | T, F | Z | P | U | T },
		{ "slub_debug=-", 0, 0, 0 },
		{ "slub_debug=Z,scullc", Z, 0, 0 },
		{ "slub_debug=,scullc", F | Z | P | U, 0, 0 },
		{ "slub_debug=FP,kmalloc-*,buffer", 0, F | P, F | P },
		{ "slub_debug=P;FZ,scul*", F | Z, P, P },
		{ "slub_debug=FZ,scullc;P", F | Z, P, P },
		{ "slub_debug=FZ;-,scullc", 0, F | Z, F | Z },
		{ "slub_debug=A,scullc", SLAB_FAILSLAB, 0, 0 },
		{ "slub_debug=P,scullc,scullc_not", P, 0, 0 },
		{ "slub_debug=P,scull", 0, 0, 0 },
		/* What the kernel takes, too: a part without anything, a - that undoes, any *. */
		{ "slub_debug=Z,scullc;;P,buffer;", Z, P, 0 },
		{ "slub_debug=;U", U, U, U },
		{ "slub_debug=FZ-P", P, P, P },
		{ "slub_debug=Z,scu*not", Z, 0, 0 },
		{ "slub_debug=Z,;P,buffer", 0, P, 0 },
		{ "slub_debug=Z,scullc;P,scullc", Z, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char words[100];

		snprintf(words, sizeof(words), "mem=16M,%s,cpus=1", cases[i].word);
		boot(words);
		assert_int_equal(debug_flags_of("scullc", 4000), cases[i].scullc);
		assert_int_equal(debug_flags_of("buffer", 48), cases[i].buffer);
		assert_int_equal(kmalloc_caches[0][5]->flags & SLAB_DEBUG_FLAGS, cases[i].kmalloc);
		kfree(kmalloc(20, GFP_KERNEL));
		assert_int_equal(slab_errors, 0);
		halt();
	}
}

static void test_words_that_are_none(void **state)
{
	struct machine_config cfg;

	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "slub_debug=X"), -EINVAL);
	assert_non_null(strstr(cfg.message, "letters of FZPUTAO"));
	assert_int_equal(machine_config_parse(&cfg, "slub_debug=FZ;QZ,a"), -EINVAL);
	assert_int_equal(machine_config_parse(&cfg, "slub_debug=FZ,a,nosuchword=1"), -EINVAL);
	/* Names go as far as there is no word. */
	assert_int_equal(machine_config_parse(&cfg, "slub_debug=FZ,a,b;P,c,mem=32M,nommu"), 0);
	assert_string_equal(cfg.slub_debug, "FZ,a,b;P,c");
	assert_int_equal(cfg.mem, 32 << 20);
	assert_true(cfg.nommu);
	assert_non_null(strstr(cfg.cmdline, "slub_debug=FZ,a,b;P,c mem=32M nommu"));
}

/* Whom the word does not mean: caches that say so, and for U those that watch others. */
static void test_who_is_left_out(void **state)
{
	struct kmem_cache *s, *two;
	char letters[MACHINE_SLUB_DEBUG_MAX + 1] = "";
	struct machine_config cfg;

	boot("mem=64M,cpus=2,slub_debug=FZU");
	s = kmem_cache_create("own", 100, 0, SLAB_NO_USER_FLAGS, NULL);
	assert_int_equal(s->flags & SLAB_DEBUG_FLAGS, 0);
	kmem_cache_destroy(s);
	s = kmem_cache_create("watcher", 100, 0, SLAB_NOLEAKTRACE, NULL);
	assert_int_equal(s->flags & SLAB_DEBUG_FLAGS, F | Z);
	kmem_cache_destroy(s);
	assert_int_equal(sheaf_cache->flags & SLAB_DEBUG_FLAGS, 0);
	assert_int_equal(kmem_cache_cache->flags & SLAB_DEBUG_FLAGS, F | Z | U);
	halt();

	/* Who is asked to check shares with nobody who does not. */
	for (int i = 0; i < 2; i++) {
		boot(i ? "mem=64M,cpus=2,slub_debug=F,two" : "mem=64M,cpus=2,slub_debug=Z,two");
		s = kmem_cache_create("one", 104, 0, 0, NULL);
		two = kmem_cache_create("two", 104, 0, 0, NULL);
		assert_ptr_not_equal(s, two);
		assert_int_equal(two->flags & SLAB_DEBUG_FLAGS, i ? F : Z);
		assert_int_equal(s->flags & SLAB_DEBUG_FLAGS, 0);
		kmem_cache_destroy(s);
		kmem_cache_destroy(two);
		halt();
	}

	memset(letters, 'F', MACHINE_SLUB_DEBUG_MAX - 1);
	assert_true(slub_debug_allows(letters));
	letters[MACHINE_SLUB_DEBUG_MAX - 1] = 'F';
	assert_false(slub_debug_allows(letters));
	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "slab_debug=Z,a,b,nommu"), 0);
	assert_string_equal(cfg.slub_debug, "Z,a,b");
	assert_true(cfg.nommu);
}

/* Others who watch all caches come and go; these stay watched. */
static void test_hooks_come_and_go(void **state)
{
	struct kmem_cache *s;
	u8 *p;

	boot("mem=64M,cpus=2");
	s = kmem_cache_create("watched", 64, 0, SLAB_RED_ZONE, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	slab_hooks_set(SLAB_HOOK_FAIL, true);
	assert_false(kmalloc_caches[0][6]->watched == false);
	slab_hooks_set(SLAB_HOOK_FAIL, false);
	assert_false(kmalloc_caches[0][6]->watched);
	kmem_cache_free(s, p);
	expect_run(p + 64, 8, SLUB_RED_INACTIVE);
	kmem_cache_destroy(s);
	halt();
}

/* O: a cache whose slabs would have to be larger keeps its size. */
static void test_letter_o(void **state)
{
	struct kmem_cache *large, *small;

	boot("mem=64M,cpus=2,slub_debug=FZPUO;Z,other");
	large = kmem_cache_create("large", 4096, 0, 0, NULL);
	small = kmem_cache_create("small", 100, 0, 0, NULL);
	assert_int_equal(large->size, 4096);
	assert_int_equal(large->flags & SLAB_DEBUG_FLAGS, F);
	assert_int_equal(small->flags & SLAB_DEBUG_FLAGS, F | Z | P | U);
	kmem_cache_free(large, kmem_cache_alloc(large, GFP_KERNEL));
	kmem_cache_destroy(large);
	kmem_cache_destroy(small);
	assert_int_equal(slab_errors, 0);
	halt();
}

static void test_trace(void **state)
{
	struct kmem_cache *s;
	u64 mark;

	boot("mem=64M,cpus=2,slub_debug=T,followed");
	s = kmem_cache_create("followed", 100, 0, 0, NULL);
	mark = log_next_seq();
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	assert_int_equal(logged(mark, "TRACE followed alloc 0x"), 1);
	assert_int_equal(logged(mark, "TRACE followed free 0x"), 1);
	kmem_cache_destroy(s);
	halt();
}

/* Rule 5.2's numbers of a real kernel: 4000 bytes under FZPU are 4160, seven of them a slab. */
static void test_5_2_sizes_as_measured(void **state)
{
	struct kmem_cache *s;

	boot("mem=64M,cpus=4,slub_debug=FZPU");
	s = kmem_cache_create("scullc", 4000, 0, SLAB_HWCACHE_ALIGN, NULL);
	assert_int_equal(s->size, 4160);
	assert_int_equal(s->objects, 7);
	kmem_cache_destroy(s);
	halt();
}

/* Objects that come and go by all ways there are, in all caches there are, and nothing is wrong. */
static int mixed(void *arg)
{
	unsigned long random = RANDOM_SEED + (unsigned long)arg;
	struct kmem_cache *s = arg;
	void *held[64] = { 0 };

	for (int i = 0; i < 20000; i++) {
		void **slot = &held[(random = next_random(random)) >> 20 & 63];
		unsigned int size = 1 + (random >> 30) % 9000;

		if (!*slot) {
			*slot = size % 3 == 0	? kzalloc(size, GFP_KERNEL)
				: size % 3 == 1 ? kmalloc_node(size, GFP_KERNEL, size & 1)
						: kmalloc(size, GFP_NOWAIT);
			if (*slot)
				memset(*slot, 0x11, size);
		} else if (size % 5 == 0) {
			void *p = krealloc(*slot, size, GFP_KERNEL);

			if (p) {
				*slot = p;
				memset(p, 0x22, size);
			}
		} else {
			kfree(*slot);
			*slot = NULL;
		}
		if (i % 8 == 0) {
			u8 *p = kmem_cache_alloc(s, GFP_KERNEL);

			if (p)
				memset(p, 0x33, 100);
			kmem_cache_free(s, p);
		}
	}
	for (int i = 0; i < 64; i++)
		kfree(held[i]);
	return 0;
}

struct mixer {
	pthread_t thread;
	struct kmem_cache *s;
};

static void *mix(void *arg)
{
	struct mixer *m = arg;

	mixed(m->s);
	return NULL;
}

static void test_four_threads_and_no_error(void **state)
{
	static const char *const machines[] = {
		"mem=64M,cpus=2,slub_debug",
		"mem=64M,cpus=4,numa=fake=2,slub_debug=ZU",
		"mem=64M,cpus=2,slub_debug=FP,init_on_alloc=1,init_on_free=1",
		"mem=64M,cpus=2,slub_debug=Z,init_on_free=1,kmemleak=on",
	};

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		struct kmem_cache *s;
		struct mixer m[4];

		boot(machines[i]);
		s = kmem_cache_create("mixed", 100, 0, 0, NULL);
		for (int k = 0; k < 4; k++) {
			m[k].s = s;
			pthread_create(&m[k].thread, NULL, mix, &m[k]);
		}
		for (int k = 0; k < 200; k++) {
			struct seq_file m;

			validate_slab_cache(s);
			kmem_cache_shrink(s);
			seq_buffer_open(&m);
			slub_show_traces(&m, "kmalloc-64", k & 1 ? TRACK_FREE : TRACK_ALLOC);
			seq_buffer_release(&m);
			if (k % 20 == 0)
				slab_hooks_set(SLAB_HOOK_FAIL, k % 40 == 0);
			validate_slab_cache(kmalloc_caches[KMALLOC_NORMAL][k % 11 + 3]);
		}
		for (int k = 0; k < 4; k++)
			pthread_join(m[k].thread, NULL);
		assert_int_equal(slab_errors, 0);
		kmem_cache_destroy(s);
		assert_int_equal(slab_errors, 0);
		halt();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_5_3_bytes),
		machine_test(test_5_3_contents_that_stay),
		machine_test(test_5_3_reports),
		machine_test(test_tracks_name_who_asked),
		machine_test(test_kmalloc_keeps_what_was_asked),
		machine_test(test_kmalloc_without_red_zones),
		machine_test(test_init_on_free_with_red_zones),
		machine_test(test_tracks_of_indirect_requests),
		machine_test(test_the_boot_word),
		machine_test(test_words_that_are_none),
		machine_test(test_who_is_left_out),
		machine_test(test_hooks_come_and_go),
		machine_test(test_letter_o),
		machine_test(test_trace),
		machine_test(test_5_2_sizes_as_measured),
		machine_test(test_four_threads_and_no_error),
	};

	return cmocka_run_group_tests_name("mm/slub_debug", tests, NULL, NULL);
}
