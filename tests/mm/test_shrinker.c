/* vmscan.c: how much each shrinker is asked for, and for which node. */
#include "machine.h"
#include "mm/vmscan.h"
#include "mm/zone.h"

/* A shrinker that says what it is told to, and keeps book of what it was asked. */
#define ROUNDS 64

static struct {
	unsigned long freeable[MAX_NUMNODES];
	unsigned long returns; /* from each scan */
	bool looks_at_half;    /* of what it is asked for */
	unsigned int rounds;   /* calls of count */
	int nid[ROUNDS];
	unsigned long asked[ROUNDS]; /* the sum of nr_to_scan of each round */
	gfp_t gfp;
	unsigned int flags; /* of the thread that asks */
} book;

static unsigned long count_book(struct shrinker *s, struct shrink_control *sc)
{
	book.nid[book.rounds % ROUNDS] = sc->nid;
	book.asked[book.rounds % ROUNDS] = 0;
	book.rounds++;
	book.gfp = sc->gfp_mask;
	return book.freeable[sc->nid];
}

static unsigned long scan_book(struct shrinker *s, struct shrink_control *sc)
{
	book.asked[(book.rounds - 1) % ROUNDS] += sc->nr_to_scan;
	book.flags = current->flags;
	if (book.looks_at_half)
		sc->nr_scanned = (sc->nr_to_scan + 1) / 2;
	return book.returns;
}

static struct shrinker *book_open(unsigned int flags, int seeks, long batch)
{
	struct shrinker *s = shrinker_alloc(flags, "book");

	assert_non_null(s);
	all_free_pages(); /* nobody else has anything to give */
	s->count_objects = count_book;
	s->scan_objects = scan_book;
	s->seeks = seeks;
	s->batch = batch;
	memset(&book, 0, sizeof(book));
	shrinker_register(s);
	return s;
}

static unsigned long *zones_asked(gfp_t gfp)
{
	book.rounds = 0;
	try_to_free_pages(NODE_DATA(0)->node_zonelists[ZONE_NORMAL].zones, 0, gfp);
	return book.asked;
}

/* The kernel's arithmetic, from the lightest pressure to the heaviest, with nothing ever freed. */
static void test_10_2_what_is_not_done_is_deferred(void **state)
{
	static const struct {
		long freeable, batch;
		int seeks;
	} cases[] = { { 10000, 0, 2 }, { 10000, 0, 8 }, { 100, 0, 2 },	  { 5000, 1024, 1 },
		      { 1, 0, 2 },     { 300, 7, 0 },	{ 1 << 20, 0, 2 } };

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		long freeable = cases[i].freeable, deferred = 0;
		long batch = cases[i].batch ? cases[i].batch : SHRINK_BATCH;
		struct shrinker *s = book_open(0, cases[i].seeks, cases[i].batch);
		unsigned long *asked;

		book.freeable[0] = freeable;
		asked = zones_asked(GFP_NOFS);
		assert_int_equal(book.gfp, GFP_NOFS);
		assert_int_equal(book.rounds, 13);
		for (int priority = 12; priority >= 0; priority--) {
			long delta = cases[i].seeks ? (freeable >> priority) * 4 / cases[i].seeks
						    : freeable / 2;
			long total = min((deferred >> priority) + delta, 2 * freeable), done = 0;

			while (total - done >= batch || total - done >= freeable)
				done += min(batch, total - done);
			deferred = min(deferred + delta - done, 2 * freeable);
			assert_int_equal(asked[12 - priority], done);
		}
		assert_int_equal(atomic_long_read(&s->nr_deferred[0]), deferred);
		shrinker_free(s);
	}
	halt();
}

/* By hand: of 100 with two seeks 200 are due; what is left of them comes on top the next time. */
static void test_10_2_deferred_by_hand(void **state)
{
	struct shrinker *s;

	boot("mem=64M,cpus=1");
	s = book_open(0, 2, 30);
	book.freeable[0] = 100;
	book.returns = SHRINK_STOP;
	drop_slab(); /* stopped at once: all 200 are put off */
	assert_int_equal(book.asked[0], 30);
	assert_int_equal(atomic_long_read(&s->nr_deferred[0]), 200);
	book.returns = 0;
	book.rounds = 0;
	drop_slab(); /* 200 and 200, but no more than 200 now, in thirties: 20 are too few */
	assert_int_equal(book.asked[0], 180);
	assert_int_equal(atomic_long_read(&s->nr_deferred[0]), 200); /* 400 - 180, bounded */
	book.freeable[0] = SHRINK_EMPTY;
	book.rounds = 0;
	drop_slab();
	assert_int_equal(book.asked[0], 0);
	book.freeable[0] = 10;
	book.looks_at_half = true; /* what it has looked at is what counts */
	book.rounds = 0;
	drop_slab(); /* 20: 20 (10 looked at), 10 (5), 5 is less than there is and than a batch */
	assert_int_equal(book.asked[0], 30);
	shrinker_free(s);
	halt();
}

/* What the thread says of itself is in every request's flags, as its shrinkers see them. */
static void test_10_2_contexts(void **state)
{
	const gfp_t gfp = (GFP_KERNEL & ~__GFP_KSWAPD_RECLAIM) | __GFP_NORETRY | __GFP_NOWARN;
	struct page *page, *next;
	unsigned int fs, io;
	struct shrinker *s;
	LIST_HEAD(taken);

	boot("mem=64M,cpus=1");
	s = book_open(0, 2, 0);
	while ((page = alloc_page(__GFP_NOWARN)))
		list_add(&page->lru, &taken);
	assert_null(alloc_page(gfp));
	assert_int_equal(book.gfp, gfp);
	fs = memalloc_nofs_save();
	assert_null(alloc_page(gfp));
	assert_int_equal(book.gfp, gfp & ~__GFP_FS);
	io = memalloc_noio_save();
	assert_null(alloc_page(gfp));
	assert_int_equal(book.gfp, gfp & ~(__GFP_FS | __GFP_IO));
	memalloc_noio_restore(memalloc_noio_save()); /* one within the other */
	assert_null(alloc_page(gfp));
	assert_int_equal(book.gfp, gfp & ~(__GFP_FS | __GFP_IO));
	memalloc_noio_restore(io);
	memalloc_nofs_restore(fs);
	book.freeable[0] = 1000;
	assert_null(alloc_page(gfp));
	assert_int_equal(book.gfp, gfp);
	/* Who is asked to free memory may use the reserves for it; who asked may not. */
	assert_true(book.flags & PF_MEMALLOC);
	assert_false(current->flags & PF_MEMALLOC);
	book.rounds = 0;
	fs = memalloc_noreclaim_save(); /* who frees memory asks nobody, and gets below min */
	page = alloc_page(gfp);
	assert_non_null(page);
	list_add(&page->lru, &taken);
	memalloc_noreclaim_restore(fs);
	assert_int_equal(book.rounds, 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	shrinker_free(s);
	halt();
}

/* Somebody who says for ever that he freed something does not hold up drop_caches. */
static void test_10_2_drop_slab_ends(void **state)
{
	struct shrinker *s;

	boot("mem=64M,cpus=1");
	s = book_open(0, 2, 0);
	book.freeable[0] = 1000;
	book.returns = 1000;
	assert_true(drop_slab() > 0);
	assert_true(book.rounds < 64);
	shrinker_free(s);
	halt();
}

/*
 * Nodes that need nothing are not asked, and what is deferred is deferred for a node; who does not
 * tell them apart is asked once.
 */
static void test_10_2_nodes_are_asked_one_by_one(void **state)
{
	struct shrinker *s;
	struct page *page, *next;
	LIST_HEAD(taken);

	boot("mem=128M,cpus=2,numa=fake=4");
	s = book_open(SHRINKER_NUMA_AWARE, 2, 0);
	for (int nid = 0; nid < 4; nid++)
		book.freeable[nid] = 10 * (nid + 1);
	book.returns = SHRINK_STOP;
	drop_slab();
	assert_int_equal(book.rounds % 4, 0);
	for (int nid = 0; nid < 4; nid++) {
		assert_int_equal(book.nid[nid], nid);
		assert_int_equal(atomic_long_read(&s->nr_deferred[nid]), 20 * (nid + 1));
	}
	/* A request for a node's own pages asks for that node's only. */
	book.returns = 0;
	while ((page = alloc_pages_node(2, __GFP_THISNODE | __GFP_NOWARN, 0)))
		list_add(&page->lru, &taken);
	book.rounds = 0;
	page = alloc_pages_node(2,
				(GFP_KERNEL & ~__GFP_KSWAPD_RECLAIM) | __GFP_THISNODE |
					__GFP_NORETRY | __GFP_NOWARN,
				0);
	if (page)
		list_add(&page->lru, &taken);
	assert_true(book.rounds > 0);
	for (unsigned int i = 0; i < book.rounds; i++)
		assert_int_equal(book.nid[i], 2);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	shrinker_free(s);
	s = book_open(0, 2, 0); /* one that does not tell nodes apart has one account */
	for (int nid = 0; nid < 4; nid++)
		book.freeable[nid] = 50;
	book.returns = SHRINK_STOP;
	drop_slab();
	assert_int_equal(atomic_long_read(&s->nr_deferred[0]), 100);
	assert_int_equal(atomic_long_read(&s->nr_deferred[1]), 0);
	for (unsigned int i = 0; i < book.rounds; i++)
		assert_int_equal(book.nid[i], 0);
	shrinker_free(s);
	halt();
}

static unsigned long fault_at_count(struct shrinker *s, struct shrink_control *sc)
{
	return *nowhere;
}

static unsigned long fault_at_scan(struct shrinker *s, struct shrink_control *sc)
{
	nowhere[4] = 1;
	return 1;
}

/* A shrinker that faults gave nothing; the others are asked, and nothing stays locked. */
static void test_10_2_a_fault_is_the_shrinker_s_own(void **state)
{
	struct shrinker *bad[2], *good;
	u64 mark;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	for (int i = 0; i < 2; i++) {
		bad[i] = shrinker_alloc(0, "bad");
		bad[i]->count_objects = i ? count_book : fault_at_count;
		bad[i]->scan_objects = fault_at_scan;
		shrinker_register(bad[i]);
	}
	good = book_open(0, 2, 0);
	book.freeable[0] = 1000;
	mark = log_next_seq();
	drop_slab();
	assert_int_equal(logged(mark, "Oops:"), 2);
	assert_int_equal(logged(mark, "address: 0000000000000040"), 1);
	assert_int_equal(logged(mark, "address: 0000000000000050"), 1);
	assert_true(book.rounds >= 2);
	shrinker_free(bad[0]);
	shrinker_free(bad[1]);
	shrinker_free(good);
	halt();
}

static unsigned long scan_takes_all(struct shrinker *s, struct shrink_control *sc)
{
	struct page *page, *next;
	LIST_HEAD(taken);

	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	return SHRINK_STOP;
}

/* It comes to reclaim in the middle of being asked, and does not wait for itself. */
static void test_10_2_a_shrinker_may_need_memory(void **state)
{
	struct shrinker *s;

	boot("mem=16M,cpus=1");
	s = book_open(0, 2, 0);
	s->scan_objects = scan_takes_all;
	book.freeable[0] = 1000;
	drop_slab();
	assert_true(book.rounds >= 1);
	shrinker_free(s);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_10_2_what_is_not_done_is_deferred),
		machine_test(test_10_2_deferred_by_hand),
		machine_test(test_10_2_contexts),
		machine_test(test_10_2_drop_slab_ends),
		machine_test(test_10_2_nodes_are_asked_one_by_one),
		machine_test(test_10_2_a_fault_is_the_shrinker_s_own),
		machine_test(test_10_2_a_shrinker_may_need_memory),
	};

	return cmocka_run_group_tests_name("mm/shrinker", tests, NULL, NULL);
}
