/* percpu.c: the same piece of every CPU's unit. */
#include <kmem/percpu.h>
#include <kmem/workqueue.h>
#include "machine.h"
#include "mm/percpu_internal.h"

static void test_8_1_one_copy_for_each_CPU(void **state)
{
	unsigned int cpu;
	u64 *p, *q;

	boot("mem=64M,cpus=4");
	p = alloc_percpu(u64);
	q = alloc_percpu(u64);
	for_each_possible_cpu(cpu) {
		*per_cpu_ptr(p, cpu) = cpu;
		*per_cpu_ptr(q, cpu) = 100 + cpu;
	}
	for_each_possible_cpu(cpu) {
		assert_int_equal(*per_cpu_ptr(p, cpu), cpu);
		assert_int_equal(*per_cpu_ptr(q, cpu), 100 + cpu);
		/* The same offset in each unit. */
		assert_int_equal((char *)per_cpu_ptr(p, cpu) - (char *)per_cpu_ptr(q, cpu),
				 (char *)p - (char *)q);
	}
	free_percpu(p);
	free_percpu(q);
	halt();
}

static void test_8_1_alignment_and_size(void **state)
{
	unsigned int cpu;

	boot("mem=64M,cpus=2");
	for (size_t align = 1; align <= PAGE_SIZE; align *= 2) {
		static const size_t sizes[] = { 1, 3, 4, 7, 100, 4096, PCPU_MIN_UNIT_SIZE };

		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			char *odd = __alloc_percpu(4, 4);
			char *p = __alloc_percpu(sizes[i], align);

			assert_non_null(p);
			for_each_possible_cpu(cpu) {
				unsigned long at = (unsigned long)per_cpu_ptr(p, cpu);

				assert_int_equal(at % (align < 4 ? 4 : align), 0);
				memset(per_cpu_ptr(p, cpu), 0xff, sizes[i]);
			}
			free_percpu(odd);
			free_percpu(p);
			assert_int_equal(percpu_check(), 0);
		}
	}
	halt();
}

static void test_8_1_illegal_sizes(void **state)
{
	static const struct {
		size_t size, align;
	} bad[] = { { 0, 8 }, { PCPU_MIN_UNIT_SIZE + 1, 8 }, { 8, 12 }, { 8, PAGE_SIZE * 2 } };

	boot("mem=64M,cpus=1");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		u64 mark = log_next_seq();

		assert_null(__alloc_percpu(bad[i].size, bad[i].align));
		assert_int_equal(logged(mark, "illegal size ("), 1);
		assert_null(
			__alloc_percpu_gfp(bad[i].size, bad[i].align, GFP_KERNEL | __GFP_NOWARN));
		assert_int_equal(logged(mark, "illegal size ("), 1);
	}
	halt();
}

static void test_8_2_always_zeroed(void **state)
{
	unsigned int cpu;

	boot("mem=64M,cpus=3");
	for (int round = 0; round < 3; round++) {
		char *p = __alloc_percpu(1000, 8);

		for_each_possible_cpu(cpu) {
			for (int i = 0; i < 1000; i++)
				assert_int_equal(per_cpu_ptr(p, cpu)[i], 0);
			memset(per_cpu_ptr(p, cpu), 0x5a, 1000);
		}
		free_percpu(p);
	}
	free_percpu(NULL);
	halt();
}

static void test_8_2_atomic_requests_make_no_chunk(void **state)
{
	void *taken[64];
	unsigned int n = 0;
	u64 mark;
	DEFINE_SPINLOCK(lock);

	boot("mem=64M,cpus=1");
	spin_lock(&lock);
	mark = log_next_seq();
	while (n < 64 && (taken[n] = __alloc_percpu_gfp(8192, 8, GFP_ATOMIC)))
		n++;
	assert_in_range(n, 1, 16);
	assert_int_equal(logged(mark, "sleeping function"), 0);
	spin_unlock(&lock);
	taken[n] = __alloc_percpu_gfp(8192, 8, GFP_KERNEL);
	assert_non_null(taken[n]);
	do
		free_percpu(taken[n]);
	while (n--);
	halt();
}

static void test_8_2_many_chunks_come_and_go(void **state)
{
	static void *taken[400];
	unsigned long free;

	boot("mem=128M,cpus=2");
	free_percpu(__alloc_percpu(8192, 8));
	free = all_free_pages();
	for (int i = 0; i < 400; i++) {
		taken[i] = __alloc_percpu(8192, 8);
		assert_non_null(taken[i]);
		memset(per_cpu_ptr(taken[i], 1), i, 8192);
	}
	assert_int_equal(percpu_check(), 0);
	assert_true(all_free_pages() < free - 1000);
	for (int i = 0; i < 400; i++) {
		assert_int_equal(*(u8 *)per_cpu_ptr(taken[i], 1), (u8)i);
		assert_int_equal(((u8 *)per_cpu_ptr(taken[i], 1))[8191], (u8)i);
		free_percpu(taken[i]);
	}
	assert_int_equal(percpu_check(), 0);
	halt();
}

/* Kilobytes in meminfo's line. */
static unsigned long meminfo_percpu(void)
{
	struct seq_file m;
	unsigned long kb;
	const char *line;

	seq_buffer_open(&m);
	meminfo_show(&m, NULL);
	line = strstr(seq_buffer_text(&m), "Percpu:");
	assert_non_null(line);
	assert_int_equal(sscanf(line, "Percpu: %lu kB", &kb), 1);
	seq_buffer_release(&m);
	return kb;
}

#define UNIT_KB 64

/* Fills what chunks there are with objects of 8 KiB, and one chunk more. Returns how many. */
static int fill_chunks(void **p, int max, int chunks)
{
	unsigned long upto = meminfo_percpu() + chunks * nr_cpu_ids * UNIT_KB;
	int n = 0;

	while (n < max && meminfo_percpu() < upto) {
		p[n] = __alloc_percpu(8192, 8);
		assert_non_null(p[n++]);
	}
	return n;
}

static void test_8_2_meminfo_counts_chunks(void **state)
{
	unsigned long before;
	void *p[64];
	int n;

	boot("mem=64M,cpus=2");
	before = meminfo_percpu();
	assert_int_equal(before, 2 * UNIT_KB);
	n = fill_chunks(p, 64, 3);
	assert_int_equal(meminfo_percpu(), before + 3 * 2 * UNIT_KB);
	while (n--)
		free_percpu(p[n]);
	halt();
}

static void test_8_2_the_fullest_chunk_first(void **state)
{
	void *p[64], *more[16], *q;
	int n, k = 0;

	boot("mem=64M,cpus=1");
	n = fill_chunks(p, 64, 3);
	preempt_disable(); /* on the only CPU: nobody makes a chunk meanwhile */
	/* To the last: an object of 8 KiB has room nowhere. */
	while ((more[k] = __alloc_percpu_gfp(8192, 8, GFP_ATOMIC | __GFP_NOWARN)))
		k++;
	/* One hole in a late chunk, two in the one before. */
	assert_true((unsigned long)p[n - 2] >> 16 != (unsigned long)p[n - 12] >> 16);
	free_percpu(p[n - 12]);
	free_percpu(p[n - 11]);
	free_percpu(p[n - 2]);
	q = __alloc_percpu_gfp(8192, 8, GFP_ATOMIC);
	assert_ptr_equal(q, p[n - 2]);
	/* Now the other is what is left. */
	p[n - 11] = __alloc_percpu_gfp(8192, 8, GFP_ATOMIC);
	p[n - 12] = __alloc_percpu_gfp(8192, 8, GFP_ATOMIC);
	assert_non_null(p[n - 11]);
	assert_non_null(p[n - 12]);
	preempt_enable();
	while (n--)
		free_percpu(p[n]);
	while (k--)
		free_percpu(more[k]);
	halt();
}

static void test_8_2_one_empty_chunk_is_kept(void **state)
{
	unsigned long before;
	void *p[64];
	int n;

	boot("mem=64M,cpus=2");
	before = meminfo_percpu();
	n = fill_chunks(p, 64, 4);
	assert_int_equal(meminfo_percpu(), before + 4 * 2 * UNIT_KB);
	while (n--)
		free_percpu(p[n]);
	assert_int_equal(meminfo_percpu(), before + 2 * UNIT_KB);
	assert_int_equal(percpu_check(), 0);
	/* It serves the next. */
	for (n = 0; n < 8; n++)
		p[n] = __alloc_percpu(8192, 8);
	assert_int_equal(meminfo_percpu(), before + 2 * UNIT_KB);
	while (n--)
		free_percpu(p[n]);
	halt();
}

/* Whoever may not sleep finds two empty pages, however much others take. */
static void test_8_2_empty_pages_for_atomic_requests(void **state)
{
	DEFINE_SPINLOCK(lock);
	static void *p[300];
	void *q, *r;

	boot("mem=64M,cpus=2");
	for (int i = 0; i < 300; i++) {
		p[i] = __alloc_percpu(1000 + i * 7, 8);
		assert_non_null(p[i]);
		spin_lock(&lock);
		q = __alloc_percpu_gfp(PAGE_SIZE, PAGE_SIZE, GFP_ATOMIC);
		r = __alloc_percpu_gfp(PAGE_SIZE, PAGE_SIZE, GFP_ATOMIC);
		spin_unlock(&lock);
		assert_non_null(q);
		assert_non_null(r);
		free_percpu(q);
		free_percpu(r);
	}
	for (int i = 0; i < 300; i++)
		free_percpu(p[i]);
	halt();
}

/* After atomic requests took them all a work item sees to it that there are some again. */
static void test_8_2_atomic_requests_get_help(void **state)
{
	void *p[64];
	u64 mark;
	int n = 0;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	preempt_disable();
	while (n < 64 && (p[n] = __alloc_percpu_gfp(PAGE_SIZE, PAGE_SIZE, GFP_ATOMIC)))
		n++;
	preempt_enable();
	assert_true(n < 64);
	assert_int_equal(logged(mark, "percpu: allocation failed, size=4096 align=4096 atomic=1, "),
			 1);
	flush_scheduled_work();
	p[n] = __alloc_percpu_gfp(PAGE_SIZE, PAGE_SIZE, GFP_ATOMIC);
	assert_non_null(p[n]);
	do
		free_percpu(p[n]);
	while (n--);
	halt();
}

static void test_8_3_modules_share_the_reserve(void **state)
{
	static char patterns[3][6000] = { "first", "second", "third" };
	static long delta[3];
	struct percpu_section s[3];
	u64 mark;

	boot("mem=64M,cpus=2");
	for (int i = 0; i < 3; i++)
		s[i] = (struct percpu_section){ patterns[i], patterns[i] + (i ? 2000 : 6000),
						&delta[i] };
	assert_int_equal(percpu_section_setup(&s[0]), 0);
	assert_int_equal(percpu_section_setup(&s[1]), 0);
	mark = log_next_seq();
	assert_int_equal(percpu_section_setup(&s[2]), -ENOMEM);
	assert_int_equal(logged(mark, "Could not allocate 2000 bytes percpu data"), 1);
	for (int cpu = 0; cpu < 2; cpu++) {
		assert_string_equal(per_cpu_ptr(patterns[0] + delta[0], cpu), "first");
		assert_string_equal(per_cpu_ptr(patterns[1] + delta[1], cpu), "second");
	}
	percpu_section_release(&s[0]);
	assert_int_equal(delta[0], 0);
	assert_int_equal(percpu_section_setup(&s[2]), 0);
	assert_string_equal(per_cpu_ptr(patterns[2] + delta[2], 1), "third");
	assert_int_equal(percpu_check(), 0);
	halt();
	assert_int_equal(delta[1] | delta[2], 0);
}

static void test_8_1_as_many_CPUs_as_there_can_be(void **state)
{
	void *taken[12];
	char words[64];

	snprintf(words, sizeof(words), "mem=256M,cpus=%d", NR_CPUS);
	boot(words);
	for (int i = 0; i < 12; i++) {
		taken[i] = __alloc_percpu(PCPU_MIN_UNIT_SIZE, PAGE_SIZE);
		assert_non_null(taken[i]);
		memset(per_cpu_ptr(taken[i], NR_CPUS - 1), 1, PCPU_MIN_UNIT_SIZE);
	}
	for (int i = 0; i < 12; i++)
		free_percpu(taken[i]);
	halt();
}

static void test_wrong_frees_are_reported(void **state)
{
	char *p;
	u64 mark;

	boot("mem=64M,cpus=2");
	p = __alloc_percpu(64, 8);
	mark = log_next_seq();
	free_percpu(p + 8);
	free_percpu(&p);
	free_percpu(per_cpu_ptr(p, 1));
	assert_int_equal(logged(mark, "free_percpu() of"), 3);
	free_percpu(p);
	free_percpu(p);
	assert_int_equal(logged(mark, "free_percpu() of"), 4);
	assert_int_equal(percpu_check(), 0);
	halt();
}

static void test_random_objects_do_not_overlap(void **state)
{
	static struct {
		u8 *p;
		unsigned int size;
	} objects[300];
	struct worker w = { .seed = 12 };

	boot("mem=64M,cpus=2");
	for (unsigned long step = 0; step < stress(4000); step++) {
		unsigned int i = random_of(&w, 300);

		if (objects[i].p) {
			for (unsigned int b = 0; b < objects[i].size; b++)
				assert_int_equal(per_cpu_ptr(objects[i].p, 1)[b], (u8)i);
			free_percpu(objects[i].p);
			objects[i].p = NULL;
		} else {
			objects[i].size = 1 + random_of(&w, 600);
			objects[i].p = __alloc_percpu(objects[i].size, 1 << random_of(&w, 8));
			assert_non_null(objects[i].p);
			memset(per_cpu_ptr(objects[i].p, 1), i, objects[i].size);
		}
		if (step % 200 == 0)
			assert_int_equal(percpu_check(), 0);
	}
	for (int i = 0; i < 300; i++)
		free_percpu(objects[i].p);
	memset(objects, 0, sizeof(objects));
	halt();
}

static void count(struct worker *w)
{
	unsigned long *counter = w->arg;

	for (unsigned long i = 0; i < stress(20000); i++) {
		unsigned long *mine = get_cpu_ptr(counter);

		++*mine;
		put_cpu_ptr(counter);
	}
}

static void test_8_3_increments_are_never_lost(void **state)
{
	static const char *const machines[] = { "mem=64M,cpus=1", "mem=64M,cpus=2",
						"mem=64M,cpus=5" };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		unsigned long sum = 0, *counter;
		unsigned int cpu;

		boot(machines[i]);
		counter = alloc_percpu(unsigned long);
		run_workers(6, count, counter);
		for_each_possible_cpu(cpu)
			sum += *per_cpu_ptr(counter, cpu);
		assert_int_equal(sum, 6 * stress(20000));
		free_percpu(counter);
		halt();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_8_1_one_copy_for_each_CPU),
		machine_test(test_8_1_alignment_and_size),
		machine_test(test_8_1_illegal_sizes),
		machine_test(test_8_2_always_zeroed),
		machine_test(test_8_2_atomic_requests_make_no_chunk),
		machine_test(test_8_2_many_chunks_come_and_go),
		machine_test(test_8_2_meminfo_counts_chunks),
		machine_test(test_8_2_the_fullest_chunk_first),
		machine_test(test_8_2_one_empty_chunk_is_kept),
		machine_test(test_8_2_empty_pages_for_atomic_requests),
		machine_test(test_8_2_atomic_requests_get_help),
		machine_test(test_8_3_modules_share_the_reserve),
		machine_test(test_8_1_as_many_CPUs_as_there_can_be),
		machine_test(test_wrong_frees_are_reported),
		machine_test(test_random_objects_do_not_overlap),
		machine_test(test_8_3_increments_are_never_lost),
	};

	return cmocka_run_group_tests_name("mm/percpu", tests, NULL, NULL);
}
