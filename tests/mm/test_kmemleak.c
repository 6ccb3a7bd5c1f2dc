/* SPDX-License-Identifier: MIT */
/*
 * kmemleak.c, kmemleak_scan.c, kmemleak_roots.c, kmemleak_report.c: rule 10.5. What is looked for
 * is looked for in this program too: so a pointer that is meant to be lost is made, used and
 * forgotten in a function of its own, and the stack it has used is written over.
 */
#include <kmem/kmemleak.h>
#include <kmem/mempool.h>
#include <kmem/vmalloc.h>
#include "machine.h"
#include "mm/kmemleak.h"

/* An address that no scan takes for one. */
#define HIDE(p)	     (~(unsigned long)(p))
#define SHOW(hidden) ((void *)~(hidden))

static void boot_kmemleak(const char *words)
{
	boot(words);
	assert_true(kmemleak_enabled);
	kmemleak_min_age_ms = 0;
}

__attribute__((no_sanitize("address"))) static noinline void wipe_stack(void)
{
	volatile char garbage[64 << 10];

	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = 0;
}

/* The second scan tells of what the first has seen change. */
static void scan_twice(void)
{
	kmemleak_scan();
	kmemleak_scan();
}

static noinline char *report(void)
{
	struct seq_file m;
	char *text;

	scan_twice();
	seq_buffer_open(&m);
	assert_int_equal(kmemleak_show(&m), 0);
	text = strdup(seq_buffer_text(&m));
	seq_buffer_release(&m);
	return text;
}

static noinline unsigned int count_leaks(void)
{
	char *text = report(), *p = text;
	unsigned int n = 0;

	while ((p = strstr(p, "unreferenced object"))) {
		n++;
		p++;
	}
	free(text);
	return n;
}

static noinline bool find_leak(unsigned long hidden)
{
	char *text = report(), line[60];
	bool is;

	snprintf(line, sizeof(line), "unreferenced object 0x%08lx (", (unsigned long)SHOW(hidden));
	is = strstr(text, line);
	free(text);
	return is;
}

/* What was done before has left nothing in the places where these will work. */
#define leaks()		(wipe_stack(), count_leaks())
#define is_leak(hidden) (wipe_stack(), find_leak(hidden))

/* Not inline, and no copy of it made for one size, which would have another name in reports. */
#if __has_attribute(noipa)
#define under_its_own_name __attribute__((noipa))
#else
#define under_its_own_name noinline
#endif

static under_its_own_name unsigned long lose(size_t size)
{
	char *p = kmalloc(size, GFP_KERNEL);

	memset(p, 'x', size);
	return HIDE(p);
}

static noinline void find_and_free(unsigned long hidden)
{
	kfree(SHOW(hidden));
}

static void test_10_5_nothing_is_lost_on_a_fresh_machine(void **state)
{
	static const char *const words[] = {
		"mem=64M,cpus=2,kmemleak=on",
		"mem=64M,cpus=2,highmem=16M,kmemleak=1",
		"mem=64M,cpus=2,numa=fake=2,kmemleak=on",
		"mem=64M,cpus=1,nommu,kmemleak=on",
		"mem=64M,cpus=2,vmalloc=strict,bootmem=buffer:1M,kmemleak=on",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		boot_kmemleak(words[i]);
		assert_int_equal(leaks(), 0);
		halt();
	}
}

/* Neither the notes nor a search are as large as the machine. */
static void test_10_5_the_largest_machine(void **state)
{
	unsigned long hidden;

	boot_kmemleak("mem=" LARGEST_MEM ",cpus=2,kmemleak=on,page_owner=on");
	assert_int_equal(leaks(), 0);
	hidden = lose(64);
	assert_true(is_leak(hidden));
	find_and_free(hidden);
	halt();
}

static void test_10_5_a_lost_object(void **state)
{
	unsigned long hidden;
	char *text, line[100];
	u64 since;

	boot_kmemleak("mem=64M,cpus=2,kmemleak=on");
	hidden = lose(100);
	since = log_next_seq();
	wipe_stack();
	text = report();
	assert_int_equal(logged(since, "kmemleak: 1 new suspected memory leaks (see "
				       "/sys/kernel/debug/kmemleak)"),
			 1);
	snprintf(line, sizeof(line),
		 "unreferenced object 0x%08lx (size 128):\n  comm \"%s\", pid %d, ",
		 (unsigned long)SHOW(hidden), current->comm, current->pid);
	assert_int_equal(strncmp(text, line, strlen(line)), 0);
	assert_non_null(strstr(text, "\n  hex dump (first 32 bytes):\n"
				     "    78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78  "
				     "xxxxxxxxxxxxxxxx\n"));
	assert_non_null(strstr(text, "\n  backtrace (crc "));
	assert_non_null(strstr(text, "] lose+0x"));
	assert_non_null(strstr(text, "] test_10_5_a_lost_object+0x"));
	free(text);
	/* It is told of once in the log, and as long as it is there in the file. */
	since = log_next_seq();
	assert_int_equal(leaks(), 1);
	assert_int_equal(logged(since, "new suspected"), 0);
	find_and_free(hidden);
	assert_int_equal(leaks(), 0);
	halt();
}

/* All objects of a full slab: also the very first, and the last. */
static void test_10_5_whole_slabs(void **state)
{
	unsigned long hidden[64];

	boot_kmemleak("mem=64M,cpus=2,kmemleak=on");
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		hidden[i] = lose(8);
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		hidden[i] = lose(4096);
	assert_int_equal(leaks(), 128);
	machine_halt();
}

struct node_of_list {
	struct list_head list;
	void *to;
};

static void *volatile in_data;
static void *volatile in_bss[3];
static LIST_HEAD(in_a_list);
static DEFINE_PER_CPU(void *, in_percpu);

static noinline unsigned long keep_in(void *volatile *where, size_t size, long offset)
{
	char *p = kmalloc(size, GFP_KERNEL);

	memset(p, 'x', size);
	*where = p + offset;
	return HIDE(p);
}

static noinline void point_at(void *volatile *where, unsigned long hidden, long offset)
{
	*where = (char *)SHOW(hidden) + offset;
}

static noinline unsigned long keep_in_object(unsigned long hidden, unsigned long offset,
					     size_t size)
{
	return keep_in((void *volatile *)((char *)SHOW(hidden) + offset), size, 0);
}

/* Where a pointer may be, and what counts as one. */
static void test_10_5_roots(void **state)
{
	unsigned long hidden, inner;
	void *volatile on_stack = NULL;
	void *percpu[4];

	boot_kmemleak("mem=64M,cpus=2,kmemleak=on");
	hidden = keep_in(&in_data, 192, 0);
	assert_false(is_leak(hidden));
	point_at(&in_data, hidden, 191); /* anywhere inside */
	assert_false(is_leak(hidden));
	point_at(&in_data, hidden, 192); /* not behind */
	assert_true(is_leak(hidden));
	in_data = NULL;
	find_and_free(hidden);

	hidden = keep_in(&in_bss[1], 64, 0);
	assert_false(is_leak(hidden));
	in_bss[1] = NULL;
	assert_true(is_leak(hidden));
	find_and_free(hidden);

	hidden = keep_in(per_cpu_ptr(&in_percpu, 1), 64, 0);
	assert_false(is_leak(hidden));
	per_cpu(in_percpu, 1) = NULL;
	assert_true(is_leak(hidden));
	find_and_free(hidden);

	/* Also beyond the chunk of the boot. */
	for (size_t i = 0; i < ARRAY_SIZE(percpu); i++)
		percpu[i] = __alloc_percpu(30000, 8);
	hidden = keep_in(per_cpu_ptr((void **)percpu[3], 1), 64, 0);
	assert_false(is_leak(hidden));
	*per_cpu_ptr((void **)percpu[3], 1) = NULL;
	assert_true(is_leak(hidden));
	find_and_free(hidden);
	for (size_t i = 0; i < ARRAY_SIZE(percpu); i++)
		free_percpu(percpu[i]);

	hidden = keep_in(&on_stack, 64, 0);
	assert_false(is_leak(hidden));
	on_stack = NULL;
	assert_true(is_leak(hidden));
	find_and_free(hidden);

	/* By way of another object; and if that is lost, both are. */
	hidden = keep_in(&in_data, 64, 0);
	inner = keep_in_object(hidden, 0, 32);
	assert_int_equal(leaks(), 0);
	in_data = NULL;
	assert_int_equal(leaks(), 2);
	find_and_free(inner);
	find_and_free(hidden);

	/* A page's own words. */
	in_data = alloc_page(GFP_KERNEL);
	hidden = keep_in((void *volatile *)&((struct page *)in_data)->private, 64, 0);
	assert_false(is_leak(hidden));
	((struct page *)in_data)->private = 0;
	assert_true(is_leak(hidden));
	find_and_free(hidden);
	/* But not the bytes of pages: as in Linux. */
	hidden = keep_in((void *volatile *)page_address(in_data), 64, 0);
	assert_true(is_leak(hidden));
	find_and_free(hidden);
	__free_page(in_data);
	in_data = NULL;
	halt();
}

static noinline void fill_list(unsigned int n)
{
	while (n--) {
		struct node_of_list *node = kmalloc(sizeof(*node), GFP_KERNEL);

		node->to = kmalloc(8 << n % 12, GFP_KERNEL);
		memset(node->to, 0x5a, 8);
		list_add(&node->list, &in_a_list);
	}
}

/* The head forgets its list: the nodes know each other, and nobody knows them. */
static noinline void forget_list(void)
{
	list_del(&in_a_list);
	INIT_LIST_HEAD(&in_a_list);
}

static void test_10_5_long_chains(void **state)
{
	boot_kmemleak("mem=128M,cpus=2,kmemleak=on");
	fill_list(2000);
	assert_int_equal(leaks(), 0);
	forget_list();
	assert_in_range(leaks(), 3990, 4000);
	machine_halt();
}

static noinline unsigned long make_area(void *volatile *where, unsigned long size)
{
	char *p = vmalloc(size);

	memset(p, 'v', size);
	*where = p;
	return HIDE(p);
}

static noinline void free_area(unsigned long hidden)
{
	vfree(SHOW(hidden));
}

static noinline unsigned long lose_of(struct kmem_cache *s)
{
	return HIDE(kmem_cache_alloc(s, GFP_KERNEL));
}

static void areas(const char *words)
{
	unsigned long hidden, inner;
	struct kmem_cache *s;

	boot_kmemleak(words);
	/* Small, and so large that its array of pages is an area too. */
	for (unsigned long size = 10000; size <= 3000000; size *= 300) {
		hidden = make_area(&in_data, size);
		assert_int_equal(leaks(), 0);
		/* What it points at is known: also in its last page. */
		inner = keep_in_object(hidden, size - 8, 64);
		assert_int_equal(leaks(), 0);
		in_data = NULL;
		assert_true(is_leak(hidden));
		assert_true(is_leak(inner));
		find_and_free(inner);
		free_area(hidden);
		assert_int_equal(leaks(), 0);
	}
	/* Large objects are pages; caches with a flag are not looked at. */
	hidden = keep_in(&in_data, 100000, 0);
	assert_int_equal(leaks(), 0);
	in_data = NULL;
	assert_true(is_leak(hidden));
	find_and_free(hidden);
	s = kmem_cache_create("silent", 100, 0, SLAB_NOLEAKTRACE, NULL);
	hidden = lose_of(s);
	assert_int_equal(leaks(), 0);
	find_and_free(hidden);
	kmem_cache_destroy(s);
	/* Often the same size: it would be kept, and is not a leak then. */
	for (int i = 0; i < 40; i++)
		free_area(make_area(&in_data, 5 * PAGE_SIZE));
	in_data = NULL;
	assert_int_equal(leaks(), 0);
	halt();
}

static void test_10_5_areas_and_large_objects(void **state)
{
	areas("mem=64M,cpus=2,kmemleak=on");
	areas("mem=64M,cpus=2,highmem=32M,kmemleak=on");
	areas("mem=64M,cpus=2,nommu,kmemleak=on");
}

static noinline void tell(void (*what)(const void *ptr), unsigned long hidden)
{
	what(SHOW(hidden));
}

static noinline void tell_area(unsigned long hidden, unsigned long offset, size_t size)
{
	kmemleak_scan_area((char *)SHOW(hidden) + offset, size, GFP_KERNEL);
}

static noinline void change(unsigned long hidden)
{
	((volatile char *)SHOW(hidden))[20]++;
}

static void test_10_5_what_drivers_say(void **state)
{
	unsigned long hidden, other;
	void *host;

	boot_kmemleak("mem=64M,cpus=2,kmemleak=on");
	hidden = keep_in(&in_data, 64, 0);
	other = keep_in_object(hidden, 0, 32);
	in_data = NULL;
	assert_int_equal(leaks(), 2);
	tell(kmemleak_not_leak, hidden);
	assert_int_equal(leaks(), 0); /* nor what it points at */
	tell(kmemleak_ignore, hidden);
	assert_false(is_leak(hidden));
	assert_true(is_leak(other)); /* it points at nothing */
	find_and_free(other);
	find_and_free(hidden);

	hidden = keep_in(&in_data, 64, 0);
	other = keep_in_object(hidden, 0, 32);
	tell(kmemleak_no_scan, hidden);
	assert_false(is_leak(hidden));
	assert_true(is_leak(other));
	find_and_free(other);
	find_and_free(hidden);

	hidden = keep_in(&in_data, 64, 0);
	other = keep_in_object(hidden, 0, 32);
	tell_area(hidden, 8, 56);
	assert_true(is_leak(other));
	tell_area(hidden, 0, 8);
	assert_false(is_leak(other));
	find_and_free(other);
	find_and_free(hidden);
	in_data = NULL;

	/* Memory that no allocator knows: told of, searched, and its free is told too. */
	hidden = keep_in(&in_data, 64, 0);
	host = malloc(64);
	point_at(host, hidden, 0);
	in_data = NULL;
	assert_true(is_leak(hidden));
	kmemleak_alloc(host, 64, 0, GFP_KERNEL);
	assert_false(is_leak(hidden));
	kmemleak_free(host);
	assert_true(is_leak(hidden));
	free(host);
	find_and_free(hidden);
	halt();
}

static noinline unsigned long lose_element(mempool_t *pool)
{
	return HIDE(mempool_alloc_preallocated(pool));
}

/* Who lost an element is who took it from the pool, not who filled the pool. */
static void test_10_5_elements_of_pools(void **state)
{
	unsigned long hidden;
	mempool_t *pool;
	char *text;

	boot_kmemleak("mem=64M,cpus=2,kmemleak=on");
	pool = mempool_create_kmalloc_pool(3, 100);
	assert_int_equal(leaks(), 0);
	hidden = lose_element(pool);
	/* Before, what the pool's array has had is still in it. */
	mempool_destroy(pool);
	wipe_stack();
	text = report();
	assert_non_null(strstr(text, "] lose_element+0x"));
	assert_null(strstr(text, "mempool_create"));
	free(text);
	find_and_free(hidden);
	halt();
}

/* An object is given time; and one whose bytes change is somebody's. */
static void test_10_5_age_and_change(void **state)
{
	unsigned long hidden;

	boot_kmemleak("mem=64M,cpus=2,kmemleak=on");
	kmemleak_min_age_ms = 5000;
	hidden = lose(64);
	assert_int_equal(leaks(), 0);
	kmemleak_min_age_ms = 0;
	assert_int_equal(leaks(), 1);
	change(hidden);
	wipe_stack();
	kmemleak_scan();
	assert_int_equal(leaks(), 1); /* which scans twice: it stays so */
	find_and_free(hidden);
	hidden = lose(64);
	wipe_stack();
	kmemleak_scan(); /* the first look at it */
	change(hidden);
	wipe_stack();
	kmemleak_scan();
	host_lock(&kmemleak_lock);
	assert_false(kmemleak_find((unsigned long)SHOW(hidden), true)->flags & OBJECT_REPORTED);
	host_unlock(&kmemleak_lock);
	kmemleak_scan();
	assert_true(is_leak(hidden));
	find_and_free(hidden);
	halt();
}

static void test_10_5_commands(void **state)
{
	static const char *const wrong[] = { "",	"scans",   "scan=",    "scan=x",
					     "scan=-1", "stack=1", "dump=",    "dump=0",
					     "dump=x",	"off now", "scan scan" };
	unsigned long hidden, second;
	char text[40];
	u64 since;

	boot_kmemleak("mem=64M,cpus=2,kmemleak=on");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(kmemleak_command(wrong[i]), -EINVAL);
	hidden = lose(64);
	wipe_stack();
	assert_int_equal(kmemleak_command("scan\n"), 0);
	assert_int_equal(kmemleak_command("scan"), 0);
	assert_int_equal(leaks(), 1);
	snprintf(text, sizeof(text), "dump=0x%lx", (unsigned long)SHOW(hidden) + 7);
	since = log_next_seq();
	assert_int_equal(kmemleak_command(text), 0);
	assert_int_equal(logged(since, "(size 64):"), 1);
	assert_int_equal(logged(since, "min_count = 1"), 1);
	assert_int_equal(logged(since, "lose+0x"), 1);
	assert_int_equal(kmemleak_command("clear"), 0);
	assert_int_equal(leaks(), 0); /* it is grey */
	find_and_free(hidden);

	hidden = keep_in(&in_data, 64, 0);
	assert_int_equal(kmemleak_command("stack=off"), 0);
	assert_false(is_leak(hidden));
	assert_int_equal(kmemleak_command("stack=on"), 0);
	find_and_free(hidden);
	in_data = NULL;

	second = lose(64);
	assert_int_equal(leaks(), 1);
	assert_int_equal(kmemleak_command("off"), 0);
	assert_int_equal(kmemleak_command("scan"), -EPERM);
	assert_int_equal(kmemleak_command("scan=on"), -EPERM);
	assert_true(is_leak(second)); /* what was found can be read */
	find_and_free(second);
	kfree(kmalloc(8, GFP_KERNEL));
	assert_int_equal(kmemleak_command("clear"), 0);
	assert_int_equal(leaks(), 0);
	halt();

	boot("mem=64M,cpus=1");
	assert_int_equal(kmemleak_command("scan"), -EPERM);
	assert_int_equal(kmemleak_command("clear"), 0);
	assert_int_equal(leaks(), 0);
	halt();
}

/* A thread scans by itself when it is time. */
static void test_10_5_the_thread(void **state)
{
	unsigned long hidden;
	u64 since;

	boot_kmemleak("mem=64M,cpus=2,kmemleak=on");
	hidden = lose(64);
	wipe_stack();
	since = log_next_seq();
	assert_int_equal(kmemleak_command("scan=1"), 0);
	for (int i = 0; i < 3000 && !logged(since, "1 new suspected memory leaks"); i++)
		usleep(10000);
	assert_int_equal(logged(since, "1 new suspected memory leaks"), 1);
	assert_int_equal(kmemleak_command("scan=off"), 0);
	find_and_free(hidden);
	halt();
}

/* More objects than there is room for notes: it says so and gets out of the way. */
static void test_10_5_the_notes_are_bounded(void **state)
{
	u64 since;

	boot_kmemleak("mem=8M,cpus=1,kmemleak=on");
	since = log_next_seq();
	for (int i = 0; i < 60000; i++) {
		void **p = kmalloc(8, GFP_KERNEL);

		assert_non_null(p);
		*p = in_data;
		in_data = p;
	}
	assert_false(kmemleak_enabled);
	assert_int_equal(logged(since, "kmemleak: Cannot allocate a kmemleak_object structure"), 1);
	assert_int_equal(kmemleak_command("scan"), -EPERM);
	while (in_data) {
		void *p = in_data;

		in_data = *(void **)p;
		kfree(p);
	}
	halt();
}

/* What is left at the halt is named with who left it. */
static void test_10_5_leaks_at_the_halt(void **state)
{
	u64 since;

	boot_kmemleak("mem=64M,cpus=1,kmemleak=on");
	lose(100);
	since = log_next_seq();
	assert_int_equal(machine_halt(), 1);
	assert_int_equal(logged(since, "leak: 1 object(s) of kmalloc-128"), 1);
	assert_int_equal(logged(since, "lose+0x"), 1);
}

static unsigned int done;

static void come_and_go(struct worker *w)
{
	void *p[32] = { NULL };

	if (!w->nr) {
		for (int i = 0; i < 20; i++) {
			kmemleak_scan();
			usleep(1000);
		}
		WRITE_ONCE(done, 1);
		return;
	}
	for (unsigned long n = 0; !READ_ONCE(done) || n < 20000; n++) {
		u64 i = random_of(w, ARRAY_SIZE(p));

		if (p[i])
			kvfree(p[i]);
		p[i] = p[i]	 ? NULL
		       : i == 31 ? vmalloc(8 * PAGE_SIZE)
				 : kmalloc(8 << i % 12, GFP_KERNEL);
		if (p[i])
			*(void **)p[i] = p[(i + 1) % 32];
	}
	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		kvfree(p[i]);
}

static void test_10_5_scans_under_load(void **state)
{
	boot_kmemleak("mem=64M,cpus=2,kmemleak=on");
	done = 0;
	assert_int_equal(run_workers(3, come_and_go, NULL), 0);
	assert_int_equal(leaks(), 0);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_10_5_nothing_is_lost_on_a_fresh_machine),
		machine_test(test_10_5_the_largest_machine),
		machine_test(test_10_5_a_lost_object),
		machine_test(test_10_5_whole_slabs),
		machine_test(test_10_5_roots),
		machine_test(test_10_5_long_chains),
		machine_test(test_10_5_areas_and_large_objects),
		machine_test(test_10_5_what_drivers_say),
		machine_test(test_10_5_elements_of_pools),
		machine_test(test_10_5_age_and_change),
		machine_test(test_10_5_commands),
		machine_test(test_10_5_the_thread),
		machine_test(test_10_5_the_notes_are_bounded),
		machine_test(test_10_5_leaks_at_the_halt),
		machine_test(test_10_5_scans_under_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
