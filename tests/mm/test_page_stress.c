/*
 * Pages of all orders and kinds, taken and given back at random by four threads. After every
 * thousand steps of each they meet, and one of them runs the checker; in the end buddyinfo reads
 * line for line as before. KMEM_STRESS=1000 makes it 10^8 steps a machine.
 */
#include "machine.h"

#define THREADS 4
#define STEPS	100000ul /* of all threads together */
#define MEETING 1000	 /* steps of a thread */
#define SLOTS	400

enum how {
	WHOLE,	  /* __free_pages() */
	COMPOUND, /* put_page() */
	SPLIT,	  /* page by page */
	HELD,	  /* the first page has another user when the block is freed */
	NR_HOWS,
};

struct held {
	struct page *page;
	unsigned int order;
	enum how how;
	u64 tag; /* in the first and the last word */
};

static pthread_barrier_t meeting;

static const gfp_t kinds[] = {
	GFP_KERNEL,
	GFP_KERNEL | __GFP_NORETRY,
	GFP_KERNEL | __GFP_COLD,
	GFP_KERNEL | __GFP_ZERO,
	GFP_KERNEL | __GFP_RECLAIMABLE,
	GFP_KERNEL | __GFP_MOVABLE,
	GFP_HIGHUSER_MOVABLE,
	GFP_HIGHUSER,
	GFP_NOFS,
	GFP_NOWAIT,
	GFP_ATOMIC,
	GFP_ATOMIC | __GFP_DMA,
};

static u64 *first_word(const struct held *h)
{
	return PageHighMem(h->page) ? NULL : page_address(h->page);
}

static size_t last_word(const struct held *h)
{
	return (PAGE_SIZE << h->order) / sizeof(u64) - 1;
}

static void take(struct worker *w, struct held *h)
{
	gfp_t gfp = kinds[random_of(w, ARRAY_SIZE(kinds))] | __GFP_NOWARN;
	u64 *words;

	/* Mostly small, as it is in life; one in ten of any order. */
	h->order = random_of(w, 10) ? random_of(w, 3) : random_of(w, MAX_PAGE_ORDER + 1);
	h->how = random_of(w, NR_HOWS);
	h->page = alloc_pages(gfp | (h->how == COMPOUND ? __GFP_COMP : 0), h->order);
	if (!h->page)
		return;
	w->errors += (page_to_pfn(h->page) & ((1ul << h->order) - 1)) != 0;
	words = first_word(h);
	h->tag = w->seed;
	if (words)
		words[0] = words[last_word(h)] = h->tag;
	if (h->how == SPLIT)
		split_page(h->page, h->order);
}

static void give(struct worker *w, struct held *h)
{
	const u64 *words = first_word(h);

	w->errors += words && (words[0] != h->tag || words[last_word(h)] != h->tag);
	switch (h->how) {
	case COMPOUND:
		put_page(h->page + random_of(w, 1ul << h->order));
		break;
	case SPLIT:
		for (unsigned long i = 0; i < 1ul << h->order; i++)
			__free_page(h->page + i);
		break;
	case HELD:
		get_page(h->page);
		__free_pages(h->page, h->order);
		put_page(h->page);
		break;
	default:
		__free_pages(h->page, h->order);
	}
	h->page = NULL;
}

static void meet(struct worker *w)
{
	if (pthread_barrier_wait(&meeting) == PTHREAD_BARRIER_SERIAL_THREAD)
		w->errors += machine_check();
	pthread_barrier_wait(&meeting);
}

static void random_steps(struct worker *w)
{
	struct held *held = calloc(SLOTS, sizeof(*held));

	for (unsigned long i = 0; i < stress(STEPS) / THREADS; i++) {
		struct held *h = &held[random_of(w, SLOTS)];

		if (i % MEETING == 0)
			meet(w);
		if (h->page)
			give(w, h);
		else
			take(w, h);
	}
	for (int i = 0; i < SLOTS; i++)
		if (held[i].page)
			give(w, &held[i]);
	free(held);
}

static void stress_machine(const char *words)
{
	char *before;

	boot(words);
	before = buddyinfo_text();
	pthread_barrier_init(&meeting, NULL, THREADS);
	assert_int_equal(run_workers(THREADS, random_steps, NULL), 0);
	pthread_barrier_destroy(&meeting);
	assert_buddyinfo(before);
	free(before);
	halt();
}

static void test_a_small_machine(void **state)
{
	stress_machine("mem=64M,cpus=4");
}

static void test_fewer_CPUs_than_threads(void **state)
{
	stress_machine("mem=600M,cpus=2");
}

static void test_nodes_and_all_zones(void **state)
{
	stress_machine("mem=256M,cpus=3,numa=fake=2,highmem=64M,movablecore=32M");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_a_small_machine),
		machine_test(test_fewer_CPUs_than_threads),
		machine_test(test_nodes_and_all_zones),
	};

	return cmocka_run_group_tests_name("mm/page_stress", tests, NULL, NULL);
}
