/* kmalloc.c: sizes, types, and every request that a real kernel was seen to serve. */
#include "machine.h"
#include "mm/page_owner.h"
#include "mm/slab.h"

static const unsigned int classes[] = { 8,   16,  32,	64,   96,   128, 192,
					256, 512, 1024, 2048, 4096, 8192 };

static unsigned int class_of(size_t size)
{
	size_t i = 0;

	while (classes[i] < size)
		i++;
	return classes[i];
}

static void test_4_1_every_size_gets_its_class(void **state)
{
	boot("mem=64M,cpus=1");
	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		char *p = kmalloc(size, GFP_KERNEL);

		assert_non_null(p);
		assert_int_equal(ksize(p), class_of(size));
		assert_int_equal(kmalloc_size_roundup(size), class_of(size));
		p[ksize(p) - 1] = 1;
		kfree(p);
	}
	halt();
}

static void test_4_1_large_sizes_are_pages(void **state)
{
	unsigned long free;

	boot("mem=64M,cpus=1");
	free = all_free_pages();
	for (size_t size = KMALLOC_MAX_CACHE_SIZE + 1; size <= KMALLOC_MAX_SIZE; size += 37777) {
		unsigned long slab = global_zone_page_state(NR_SLAB_UNRECLAIMABLE);
		char *p = kmalloc(size, GFP_KERNEL);

		assert_non_null(p);
		assert_int_equal(ksize(p), PAGE_SIZE << get_order(size));
		assert_int_equal(global_zone_page_state(NR_SLAB_UNRECLAIMABLE) - slab,
				 1ul << get_order(size));
		assert_int_equal(kmalloc_size_roundup(size), ksize(p));
		assert_true(PageHead(virt_to_page(p)));
		assert_int_equal((unsigned long)p % ksize(p), 0);
		p[ksize(p) - 1] = 1;
		kfree(p);
	}
	assert_all_free(free);
	halt();
}

static void test_4_1_above_the_largest(void **state)
{
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	assert_null(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN));
	assert_null(kmalloc(SIZE_MAX, GFP_KERNEL | __GFP_NOWARN));
	assert_int_equal(logged(mark, "WARNING"), 0);
	assert_null(kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	assert_int_equal(logged(mark, "WARNING"), 1);
	assert_non_null(kmalloc(0, GFP_KERNEL));
	halt();
}

static struct kmem_cache *cache_behind(void *p)
{
	return virt_to_page(p)->slab_cache;
}

static void test_4_2_types(void **state)
{
	static const struct {
		gfp_t gfp;
		const char *name;
	} cases[] = {
		{ GFP_KERNEL, "kmalloc-256" },
		{ GFP_KERNEL | __GFP_RECLAIMABLE, "kmalloc-rcl-256" },
		{ GFP_KERNEL | GFP_DMA, "dma-kmalloc-256" },
		{ GFP_ATOMIC | GFP_DMA, "dma-kmalloc-256" },
		{ GFP_KERNEL | GFP_DMA | __GFP_RECLAIMABLE, "dma-kmalloc-256" },
	};

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *p = kmalloc(200, cases[i].gfp);

		assert_string_equal(kmem_cache_name(cache_behind(p)), cases[i].name);
		assert_int_equal(page_zonenum(virt_to_page(p)) == ZONE_DMA, i >= 2);
		kfree(p);
	}
	halt();
}

static void test_4_2_reclaimable_is_counted_as_such(void **state)
{
	unsigned long before;
	void *p[64];

	boot("mem=64M,cpus=1");
	before = global_zone_page_state(NR_SLAB_RECLAIMABLE);
	for (int i = 0; i < 64; i++)
		p[i] = kmalloc(4096, GFP_KERNEL | __GFP_RECLAIMABLE);
	assert_true(global_zone_page_state(NR_SLAB_RECLAIMABLE) >= before + 64);
	for (int i = 0; i < 64; i++)
		kfree(p[i]);
	all_free_pages();
	assert_int_equal(global_zone_page_state(NR_SLAB_RECLAIMABLE), before);
	halt();
}

static void test_4_3_zero_bytes(void **state)
{
	boot("mem=64M,cpus=1");
	assert_ptr_equal(kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_ptr_equal(kmalloc(0, GFP_ATOMIC | __GFP_ZERO), (void *)16);
	assert_true(ZERO_OR_NULL_PTR(kzalloc(0, GFP_KERNEL)));
	kfree(ZERO_SIZE_PTR);
	kfree(NULL);
	kfree_sensitive(NULL);
	kvfree(ZERO_SIZE_PTR);
	assert_int_equal(ksize(NULL), 0);
	assert_int_equal(ksize(ZERO_SIZE_PTR), 0);
	halt();
}

static void test_4_3_powers_of_two_are_aligned(void **state)
{
	static void *p[1000];

	boot("mem=64M,cpus=1");
	for (size_t size = 8; size <= KMALLOC_MAX_SIZE; size *= 2) {
		int n = size <= 8192 ? 1000 : 2;

		for (int i = 0; i < n; i++) {
			p[i] = kmalloc(size, GFP_KERNEL);
			assert_non_null(p[i]);
			assert_int_equal((unsigned long)p[i] & (size - 1), 0);
		}
		for (int i = 0; i < n; i++)
			kfree(p[i]);
	}
	halt();
}

static void test_4_4_krealloc(void **state)
{
	char *p, *q;
	LIST_HEAD(taken);
	struct page *page, *next;

	boot("mem=64M,cpus=1");
	p = krealloc(NULL, 50, GFP_KERNEL);
	assert_int_equal(ksize(p), 64);
	strcpy(p, "contents stay");
	assert_ptr_equal(krealloc(p, 64, GFP_KERNEL), p);
	assert_ptr_equal(krealloc(p, 1, GFP_KERNEL), p);
	q = krealloc(p, 3000, GFP_KERNEL);
	assert_int_equal(ksize(q), 4096);
	assert_string_equal(q, "contents stay");
	q = krealloc(q, 100000, GFP_KERNEL);
	assert_int_equal(ksize(q), 131072);
	assert_string_equal(q, "contents stay");
	/* A failure leaves it as it is. */
	assert_null(krealloc(q, KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN));
	while ((page = alloc_page(GFP_ATOMIC | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	assert_null(krealloc(q, 1 << 20, GFP_NOWAIT | __GFP_NOWARN));
	assert_string_equal(q, "contents stay");
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	assert_ptr_equal(krealloc(q, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	p = krealloc(ZERO_SIZE_PTR, 10, GFP_KERNEL);
	assert_int_equal(ksize(p), 16);
	kfree(p);
	halt();
}

static void test_4_5_arrays(void **state)
{
	char *p;

	boot("mem=64M,cpus=1");
	assert_null(kmalloc_array(SIZE_MAX / 2, 3, GFP_KERNEL));
	assert_null(kcalloc(1ul << 33, 1ul << 33, GFP_KERNEL));
	assert_null(krealloc_array(NULL, SIZE_MAX, 2, GFP_KERNEL));
	assert_null(kvmalloc_array(SIZE_MAX, 2, GFP_KERNEL));
	p = kmalloc(3000, GFP_KERNEL);
	memset(p, 0xff, 3000);
	kfree(p);
	p = kcalloc(30, 100, GFP_KERNEL);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(p[i], 0);
	kfree(p);
	halt();
}

static void test_4_5_sensitive_memory_is_cleared(void **state)
{
	static const size_t sizes[] = { 5, 100, 4096, 20000 };

	boot("mem=64M,cpus=1");
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		char *p = kmalloc(sizes[s], GFP_KERNEL), *again;
		size_t all = ksize(p);
		bool outer;

		memset(p, 0x77, all);
		outer = cpu_begin(); /* so that nobody comes between */
		kfree_sensitive(p);
		again = kmalloc(sizes[s], GFP_KERNEL);
		cpu_end(outer);
		assert_ptr_equal(again, p);
		for (size_t i = 0; i < all; i++)
			if (i < all / 2 || i >= all / 2 + 8) /* there a free object has its link */
				assert_int_equal(p[i], 0);
		kfree(again);
	}
	halt();
}

/* The padding behind an object is its user's, unless the cache keeps something there. */
static void test_4_5_ksize_of_any_object(void **state)
{
	static const struct {
		slab_flags_t flags;
		size_t expected;
	} cases[] = { { 0, 104 },
		      { SLAB_HWCACHE_ALIGN, 128 },
		      { SLAB_TYPESAFE_BY_RCU, 104 },
		      { SLAB_RED_ZONE, 99 },
		      { SLAB_POISON, 99 },
		      { SLAB_STORE_USER, 104 } };

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kmem_cache *s = kmem_cache_create("sized", 99, 0,
							 cases[i].flags | SLAB_NO_MERGE, NULL);
		void *p = kmem_cache_alloc(s, GFP_KERNEL);

		assert_int_equal(ksize(p), cases[i].expected);
		kfree(p);
		kmem_cache_destroy(s);
	}
	halt();
}

static void test_1_6_large_objects_have_addresses_too(void **state)
{
	static const gfp_t wrong[] = { __GFP_HIGHMEM, __GFP_DMA32 };

	boot("mem=64M,highmem=16M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		u64 mark = log_next_seq();
		char *p = kmalloc(100000, GFP_KERNEL | wrong[i]);

		assert_non_null(p);
		memset(p, 1, 100000);
		assert_int_equal(logged(mark, "Unexpected gfp: "), 1);
		kfree(p);
	}
	halt();
}

static void test_4_5_kfree_takes_any_object(void **state)
{
	struct kmem_cache *s;
	void *p[4];

	boot("mem=64M,cpus=1");
	s = kmem_cache_create("any", 300, 0, SLAB_NO_MERGE, NULL);
	p[0] = kmem_cache_alloc(s, GFP_KERNEL);
	p[1] = kmalloc(10, GFP_KERNEL);
	p[2] = kmalloc(10000, GFP_KERNEL);
	p[3] = kmem_cache_alloc(s, GFP_KERNEL);
	kfree(p[0]);
	kfree_bulk(3, p + 1);
	assert_int_equal(kmem_cache_destroy_status(s), 0);
	halt();
}

static void test_4_6_kvmalloc(void **state)
{
	char *p;

	boot("mem=64M,cpus=1");
	p = kvmalloc(1000, GFP_KERNEL);
	assert_false(is_vmalloc_addr(p));
	kvfree(p);
	p = kvzalloc(8 << 20, GFP_KERNEL);
	assert_true(is_vmalloc_addr(p));
	for (int i = 0; i < 8 << 20; i += 512)
		assert_int_equal(p[i], 0);
	kvfree(p);
	assert_null(kvmalloc(8 << 20, GFP_NOWAIT | __GFP_NOWARN)); /* may not sleep */
	assert_null(kvmalloc(1ul << 31, GFP_KERNEL | __GFP_NOWARN));
	assert_ptr_equal(kvmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kvfree(NULL);
	halt();
}

/* Where vmalloc helps out it is the same request: of that node, by that caller. */
static noinline void *ask_node_1(void)
{
	void *p = kvmalloc_node(5 << 20, GFP_KERNEL, 1);

	__asm__ volatile("" : : : "memory"); /* not as its last act */
	return p;
}

static void test_4_6_kvmalloc_of_a_node(void **state)
{
	struct vm_struct *area;
	char *p;

	boot("mem=64M,cpus=1,numa=fake=2");
	p = ask_node_1();
	assert_true(is_vmalloc_addr(p));
	for (long i = 0; i < 5 << 20; i += PAGE_SIZE)
		assert_int_equal(page_to_nid(vmalloc_to_page(p + i)), 1);
	area = find_vm_area(p);
	assert_in_range((unsigned long)area->caller, (unsigned long)ask_node_1,
			(unsigned long)ask_node_1 + 64);
	kvfree(p);
	p = kvmalloc_node(5 << 20, GFP_KERNEL, 9); /* there is none */
	assert_non_null(p);
	kvfree(p);
	halt();
}

/* The flags with which the page at @p was asked for. */
static bool asked_with(const void *p, const char *flag)
{
	static char text[PAGE_OWNER_TEXT];

	page_owner_text(virt_to_pfn(p), text);
	*strchr(text, ')') = '\0';
	return strstr(text, flag);
}

/* It is no use going to lengths, nor waiting for ever, where vmalloc can do it. */
static void test_4_6_kvmalloc_asks_gently(void **state)
{
	void *p;

	boot("mem=64M,cpus=1,page_owner=on");
	p = kvmalloc(20000, GFP_KERNEL);
	assert_true(asked_with(p, "__GFP_NORETRY") && asked_with(p, "__GFP_NOWARN"));
	kvfree(p);
	p = kvmalloc(20000, GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOFAIL);
	assert_true(asked_with(p, "__GFP_RETRY_MAYFAIL") && asked_with(p, "__GFP_NOWARN"));
	assert_false(asked_with(p, "__GFP_NORETRY"));
	assert_false(asked_with(p, "__GFP_NOFAIL"));
	kvfree(p);
	halt();
}

static void test_4_5_kvfree_sensitive_clears(void **state)
{
	static const size_t sizes[] = { 100, 4096, 5 << 20 };

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *p = kvmalloc(sizes[i], GFP_KERNEL), *there = p;
		bool outer = cpu_begin(); /* nobody else gets it meanwhile */

		memset(p, 0x77, sizes[i]);
		if (is_vmalloc_addr(p))
			there = page_address(vmalloc_to_page(p));
		kvfree_sensitive(p, sizes[i]);
		assert_int_equal(there[8] | there[99], 0);
		cpu_end(outer);
	}
	halt();
}

static void test_4_5_ksize_of_what_is_no_object(void **state)
{
	unsigned long page;
	char on_stack, *large;
	u64 mark;
	void *v;

	boot("mem=64M,cpus=1");
	page = __get_free_page(GFP_KERNEL);
	large = kmalloc(20000, GFP_KERNEL);
	v = vmalloc(100);
	mark = log_next_seq();
	assert_int_equal(ksize(NULL) | ksize(ZERO_SIZE_PTR), 0);
	assert_int_equal(logged(mark, "WARNING"), 0);
	assert_int_equal(ksize((void *)page), 0);
	assert_int_equal(ksize(large + PAGE_SIZE), 0);
	assert_int_equal(ksize(v), 0);
	assert_int_equal(ksize(&on_stack), 0);
	assert_int_equal(logged(mark, "WARNING"), 4);
	assert_null(krealloc(v, 200, GFP_KERNEL));
	assert_int_equal(logged(mark, "WARNING"), 5);
	vfree(v);
	kfree(large);
	free_page(page);
	halt();
}

static void test_strings(void **state)
{
	char *p;

	boot("mem=64M,cpus=1");
	p = kstrdup("a name", GFP_KERNEL);
	assert_string_equal(p, "a name");
	kfree(p);
	p = kstrndup("a name", 3, GFP_KERNEL);
	assert_string_equal(p, "a n");
	kfree(p);
	p = kmemdup("1234567", 7, GFP_KERNEL);
	assert_memory_equal(p, "1234567", 7);
	kfree(p);
	p = kasprintf(GFP_KERNEL, "%s-%d", "kmalloc", 64);
	assert_string_equal(p, "kmalloc-64");
	kfree(p);
	p = kmemdup_nul("1234567", 3, GFP_KERNEL);
	assert_string_equal(p, "123");
	kfree(p);
	p = kmemdup_array("1234567", 4, 2, GFP_KERNEL);
	assert_string_equal(p, "1234567");
	kfree(p);
	assert_null(kmemdup_array("", SIZE_MAX, 2, GFP_KERNEL));
	p = kvmemdup("1234567", 8, GFP_KERNEL);
	assert_string_equal(p, "1234567");
	kvfree_sensitive(p, 8);
	kvfree_sensitive(NULL, 8);
	p = kcalloc_node(10, 10, GFP_KERNEL, 0);
	assert_int_equal(p[99], 0);
	kfree(p);
	assert_null(kmalloc_array_node(SIZE_MAX, 2, GFP_KERNEL, 0));
	assert_null(kstrdup(NULL, GFP_KERNEL));
	assert_null(kstrndup(NULL, 9, GFP_KERNEL));
	halt();
}

/* What a kernel of 6.18 gave for each request while it compiled a program. */
static void test_4_1_a_real_kernel_s_requests(void **state)
{
	FILE *f = fopen(TESTS_DATA "/kmalloc_sizes.tsv", "r");
	unsigned int rows = 0, req, alloc;
	char line[256], type[32];

	assert_non_null(f);
	boot("mem=64M,cpus=2");
	while (fgets(line, sizeof(line), f)) {
		gfp_t gfp = GFP_KERNEL;
		void *p;

		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%u %31s %u", &req, type, &alloc), 3);
		if (!strcmp(type, "reclaimable"))
			gfp |= __GFP_RECLAIMABLE;
		if (!strcmp(type, "dma"))
			gfp |= GFP_DMA;
		p = kmalloc(req, gfp);
		assert_int_equal(ksize(p), alloc);
		kfree(p);
		rows++;
	}
	fclose(f);
	assert_true(rows > 40);
	halt();
}

/* Runs @wrong and checks that it is reported and that nothing is broken. */
#define assert_caught(text, wrong)                        \
	do {                                              \
		u64 mark_ = log_next_seq();               \
		wrong;                                    \
		assert_int_equal(logged(mark_, text), 1); \
		assert_int_equal(machine_check(), 0);     \
	} while (0)

static void test_wrong_kfree(void **state)
{
	char *p, *q, *large, *v, on_stack;
	struct page *page;

	boot("mem=64M,cpus=1");
	p = kmalloc(256, GFP_KERNEL);
	large = kmalloc(30000, GFP_KERNEL);
	v = vmalloc(5000);
	page = alloc_page(GFP_KERNEL);
	assert_caught("BUG ", kfree(p + 8));
	assert_caught("BUG ", kfree(p + 255));
	assert_caught("BUG ", kfree(large + PAGE_SIZE));
	assert_caught("BUG ", kfree(large + 1));
	assert_caught("BUG ", kfree(v));
	assert_caught("BUG ", kfree(&on_stack));
	assert_caught("BUG ", kfree((void *)0xdead));
	assert_caught("BUG ", kfree((void *)~0ul));
	assert_caught("BUG ", kfree(page_address(page)));
	assert_caught("BUG ", kfree(pfn_to_virt(0ul)));
	/* Nobody gets a piece of what is still in use. */
	for (int i = 0; i < 100; i++) {
		q = kmalloc(256, GFP_KERNEL);
		assert_true(q + 256 <= p || q >= p + 256);
		if (i % 2)
			kfree(q);
		else
			*(char **)q = v, kfree(q);
	}
	vfree(v);
	__free_page(page);
	kfree(p);
	kfree(large);
	assert_caught("BUG ", kfree(large));
	halt();
}

static void test_double_kfree(void **state)
{
	void *p, *q;
	u64 mark;

	boot("mem=64M,cpus=1");
	p = kmalloc(128, GFP_KERNEL);
	kfree(p);
	mark = log_next_seq();
	kfree(p);
	assert_true(logged(mark, "BUG") >= 1);
	p = kmalloc(128, GFP_KERNEL);
	q = kmalloc(128, GFP_KERNEL);
	assert_ptr_not_equal(p, q);
	kfree(p);
	kfree(q);
	halt();
}

#define THREADS 10
#define BOXES	512

struct box {
	void *p;
	size_t size;
};

static struct box boxes[BOXES];
static pthread_mutex_t box_lock[BOXES];

/*
 * Every thread puts objects into boxes and frees what others put there, so most frees happen on
 * another CPU. Each object is filled with a byte made from its address.
 */
static void mixed_sizes(struct worker *w)
{
	struct kmem_cache *cache = w->arg;

	for (unsigned long i = 0; i < stress(10000); i++) {
		unsigned int b = random_of(w, BOXES);
		struct box mine = { NULL, 1ul << random_of(w, 14) }, old;

		mine.size += random_of(w, mine.size);
		if (random_of(w, 4) == 0) {
			mine.size = 200;
			mine.p = kmem_cache_alloc(cache, w->seed & 1 ? GFP_KERNEL : GFP_NOWAIT);
		} else {
			mine.p = kmalloc(mine.size,
					 w->seed & 16 ? GFP_KERNEL : GFP_ATOMIC | __GFP_NOWARN);
		}
		if (mine.p)
			memset(mine.p, (unsigned long)mine.p >> 3, mine.size);
		pthread_mutex_lock(&box_lock[b]);
		old = boxes[b];
		boxes[b] = mine;
		pthread_mutex_unlock(&box_lock[b]);
		if (!old.p)
			continue;
		for (size_t at = 0; at < old.size; at += 1 + old.size / 8)
			w->errors += ((u8 *)old.p)[at] != (u8)((unsigned long)old.p >> 3);
		w->errors += ((u8 *)old.p)[old.size - 1] != (u8)((unsigned long)old.p >> 3);
		w->errors += ksize(old.p) < old.size;
		kfree(old.p);
	}
}

static void remote_frees_on(const char *words)
{
	struct kmem_cache *cache;
	unsigned long free;

	for (int i = 0; i < BOXES; i++)
		pthread_mutex_init(&box_lock[i], NULL);
	boot(words);
	cache = kmem_cache_create("mixed", 200, 0, SLAB_NO_MERGE, NULL);
	free = all_free_pages();
	for (int round = 0; round < 2; round++) {
		assert_int_equal(run_workers(THREADS, mixed_sizes, cache), 0);
		assert_int_equal(machine_check(), 0);
	}
	for (int i = 0; i < BOXES; i++) {
		kfree(boxes[i].p);
		boxes[i].p = NULL;
	}
	assert_all_free(free);
	assert_int_equal(kmem_cache_destroy_status(cache), 0);
	halt();
}

static void test_stress_remote_frees_on_two_CPUs(void **state)
{
	remote_frees_on("mem=128M,cpus=2");
}

static void test_stress_remote_frees_on_one_CPU(void **state)
{
	remote_frees_on("mem=128M,cpus=1");
}

/* Sheaves have objects of their node only: the checker looks. */
static void test_stress_remote_frees_between_nodes(void **state)
{
	remote_frees_on("mem=128M,cpus=4,numa=fake=2");
}

/* To the last byte and back, ten times. */
static void test_exhaustion_ends_where_it_began(void **state)
{
	static const size_t sizes[] = { 48, 64, 96, 1024, 4096, 8192, 20000, 1 << 20 };
	char *before;

	boot("mem=24M,cpus=2");
	before = buddyinfo_text();
	for (int round = 0; round < 10; round++) {
		size_t size = sizes[round % ARRAY_SIZE(sizes)];
		void **p, **last = NULL;
		unsigned long n = 0;

		while ((p = kmalloc(size, GFP_KERNEL | __GFP_NOWARN))) {
			*p = last;
			last = p;
			n++;
		}
		assert_true(n * size > 12 << 20);
		assert_int_equal(machine_check(), 0);
		for (; last; last = p) {
			p = *last;
			kfree(last);
		}
		assert_buddyinfo(before);
	}
	free(before);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_4_1_every_size_gets_its_class),
		machine_test(test_4_1_large_sizes_are_pages),
		machine_test(test_4_1_above_the_largest),
		machine_test(test_4_2_types),
		machine_test(test_4_2_reclaimable_is_counted_as_such),
		machine_test(test_4_3_zero_bytes),
		machine_test(test_4_3_powers_of_two_are_aligned),
		machine_test(test_4_4_krealloc),
		machine_test(test_4_5_arrays),
		machine_test(test_4_5_sensitive_memory_is_cleared),
		machine_test(test_4_5_ksize_of_any_object),
		machine_test(test_1_6_large_objects_have_addresses_too),
		machine_test(test_4_5_kfree_takes_any_object),
		machine_test(test_4_6_kvmalloc),
		machine_test(test_4_6_kvmalloc_of_a_node),
		machine_test(test_4_6_kvmalloc_asks_gently),
		machine_test(test_4_5_kvfree_sensitive_clears),
		machine_test(test_4_5_ksize_of_what_is_no_object),
		machine_test(test_strings),
		machine_test(test_4_1_a_real_kernel_s_requests),
		machine_test(test_wrong_kfree),
		machine_test(test_double_kfree),
		machine_test(test_stress_remote_frees_on_two_CPUs),
		machine_test(test_stress_remote_frees_on_one_CPU),
		machine_test(test_stress_remote_frees_between_nodes),
		machine_test(test_exhaustion_ends_where_it_began),
	};

	return cmocka_run_group_tests_name("mm/kmalloc", tests, NULL, NULL);
}
