/*
 * slub_track.c: sys/kernel/debug/slab/CACHE/alloc_traces and free_traces.
 */
#include <kmem/seq_file.h>
#include "machine.h"
#include "mm/slub_debug.h"

static char *traces(struct seq_file *m, const char *name, enum track_item item)
{
	seq_buffer_open(m);
	assert_int_equal(slub_show_traces(m, name, item), 0);
	return (char *)seq_buffer_text(m);
}

static unsigned int count_of(const char *text, const char *what)
{
	unsigned int n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

static void test_caches_without_tracks(void **state)
{
	struct kmem_cache *s;
	struct seq_file m;

	boot("mem=64M,cpus=2,slub_debug=U,kmalloc-*");
	s = kmem_cache_create("plain", 100, 0, SLAB_NO_MERGE, NULL);
	seq_buffer_open(&m);
	assert_int_equal(slub_show_traces(&m, "plain", TRACK_ALLOC), -ENODEV);
	assert_int_equal(slub_show_traces(&m, "nowhere", TRACK_ALLOC), -ENODEV);
	seq_buffer_release(&m);
	assert_string_equal(traces(&m, "kmalloc-rcl-64", TRACK_ALLOC), "No data\n");
	seq_buffer_release(&m);
	kmem_cache_destroy(s);
	halt();
}

static noinline void *asks(size_t size)
{
	void *p = kmalloc(size, GFP_KERNEL);

	barrier();
	return p;
}

/* Each waste is a line, more than there is room for at first; where they stand is who asked. */
static void test_many_lines(void **state)
{
	struct seq_file m;
	void *p[200];
	char *text;

	boot("mem=64M,cpus=1,slub_debug=U,kmalloc-4k");
	for (int i = 0; i < 200; i++)
		p[i] = asks(4096 - i / 2);
	text = traces(&m, "kmalloc-4k", TRACK_ALLOC);
	assert_int_equal(count_of(text, "      2 asks+"), 100);
	assert_int_equal(count_of(text, " waste="), 99);
	assert_int_equal(count_of(text, " waste=198/99 "), 1);
	/* The stack begins with him too. */
	for (char *line = text; (line = strstr(line, " asks+")); line = strchr(line + 9, '\n')) {
		line = strchr(line, '\n');
		assert_memory_equal(line, "\n        asks+", 14);
	}
	assert_int_equal(count_of(text, "cpus="), 0);
	seq_buffer_release(&m);
	for (int i = 0; i < 200; i++)
		kfree(p[i]);
	halt();
}

struct request {
	struct kmem_cache *s;
	int node;
	void *p;
};

static void *in_a_thread(void *arg)
{
	struct request *r = arg;

	r->p = kmem_cache_alloc_node(r->s, GFP_KERNEL, r->node);
	return NULL;
}

/* One line for the objects of several threads, times and nodes. */
static void test_a_line_of_several(void **state)
{
	unsigned long min, mean, max;
	struct request r[3];
	struct kmem_cache *s;
	struct seq_file m;
	pthread_t thread;
	int first, last;
	char *text;

	boot("mem=64M,cpus=2,numa=fake=2,slub_debug=U");
	s = kmem_cache_create("several", 100, 0, 0, NULL);
	for (int i = 0; i < 3; i++) {
		r[i] = (struct request){ .s = s, .node = i / 2 };
		pthread_create(&thread, NULL, in_a_thread, &r[i]);
		pthread_join(thread, NULL);
		msleep(30);
	}
	text = traces(&m, "several", TRACK_ALLOC);
	assert_int_equal(count_of(text, " in_a_thread+"), 2);
	assert_non_null(strstr(text, "      3 in_a_thread+"));
	assert_non_null(strstr(text, " nodes=0-1\n"));
	assert_int_equal(sscanf(strstr(text, " age="), " age=%lu/%lu/%lu pid=%d-%d", &min, &mean,
				&max, &first, &last),
			 5);
	assert_true(min < mean && mean < max && first < last);
	seq_buffer_release(&m);
	kmem_cache_free(s, r[0].p);
	kmem_cache_free(s, r[1].p);
	text = traces(&m, "several", TRACK_ALLOC);
	assert_non_null(strstr(text, "      1 in_a_thread+"));
	assert_non_null(strstr(text, " nodes=1\n"));
	assert_int_equal(sscanf(strstr(text, " age="), " age=%lu pid=%d", &min, &first), 2);
	seq_buffer_release(&m);
	kmem_cache_free(s, r[2].p);
	kmem_cache_destroy(s);
	halt();
}

/* A caller who is not on the stack any more: it is kept as it is. */
static void test_a_caller_who_has_gone(void **state)
{
	struct seq_file m;
	char *text;
	void *p;

	boot("mem=64M,cpus=1,slub_debug=U,kmalloc-64");
	p = __kmalloc_track_caller(64, GFP_KERNEL, NUMA_NO_NODE, (char *)asks + 1);
	text = traces(&m, "kmalloc-64", TRACK_ALLOC);
	assert_int_equal(count_of(text, "      1 asks+0x1/"), 1);
	assert_int_equal(count_of(text, "\n        test_a_caller_who_has_gone+"), 1);
	seq_buffer_release(&m);
	kfree(p);
	halt();
}

/* How long ago, by the machine's own clock. */
static void test_age_in_a_report(void **state)
{
	char line[LOG_LINE_MAX + 40], *age = NULL;
	unsigned long before, found;
	struct kmem_cache *s;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=1,slub_debug=FZU,aged");
	s = kmem_cache_create("aged", 64, 0, 0, NULL);
	msleep(100);
	before = jiffies;
	p = kmem_cache_alloc(s, GFP_KERNEL);
	p[64] = 0;
	mark = log_next_seq();
	kmem_cache_free(s, p);
	for (; mark < log_next_seq() && !age; mark++)
		if (log_line(mark, line, sizeof(line)) && strstr(line, "Allocated in "))
			age = strstr(line, " age=");
	assert_non_null(age);
	assert_int_equal(sscanf(age, " age=%lu", &found), 1);
	assert_true(found <= jiffies - before);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	machine_halt();
}

/* Who is told of a leak, or of a free to the wrong cache, learns who had the object. */
static void test_others_who_show_tracks(void **state)
{
	struct kmem_cache *s, *other;
	void *p;
	u64 mark;

	boot("mem=64M,cpus=1,slub_debug=FU");
	s = kmem_cache_create("mine", 100, 0, 0, NULL);
	other = kmem_cache_create("other", 100, 0, 0, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	mark = log_next_seq();
	kmem_cache_free(other, p);
	assert_int_equal(logged(mark, "Wrong slab cache. other but object is from mine"), 1);
	assert_int_equal(logged(mark, "Allocated in "), 1);
	kmem_cache_destroy(other);
	assert_non_null(kmem_cache_alloc(s, GFP_KERNEL));
	mark = log_next_seq();
	kmem_cache_destroy(s);
	assert_int_equal(logged(mark, "Allocated in "), 1);
	machine_halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_caches_without_tracks), machine_test(test_many_lines),
		machine_test(test_a_line_of_several),	  machine_test(test_a_caller_who_has_gone),
		machine_test(test_age_in_a_report),	  machine_test(test_others_who_show_tracks),
	};

	return cmocka_run_group_tests_name("mm/slub_track", tests, NULL, NULL);
}
