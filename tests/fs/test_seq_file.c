/* SPDX-License-Identifier: MIT */
/* seq_file.c: one snapshot a pass, whatever the pieces; iterators that misbehave. */
#include "fs_test.h"
#include <kmem/bug.h>
#include <kmem/list.h>
#include <kmem/seq_file.h>

static int lines = 100, skip = -1, fail_at = -1, oops_at = -1, passes;
static int stops;
static int start_error;

static void *t_start(struct seq_file *m, loff_t *pos)
{
	passes++;
	if (start_error)
		return ERR_PTR(start_error);
	return *pos < lines ? (void *)(*pos + 1) : NULL;
}

static void *t_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return *pos < lines ? (void *)(*pos + 1) : NULL;
}

static void t_stop(struct seq_file *m, void *v)
{
	stops++;
}

static int t_show(struct seq_file *m, void *v)
{
	int n = (int)(long)v - 1;

	seq_printf(m, "pass %d line %d\n", passes, n);
	if (n == skip)
		return SEQ_SKIP;
	if (n == oops_at)
		BUG();
	return n == fail_at ? -EINVAL : 0;
}

static const struct seq_operations ops = { t_start, t_stop, t_next, t_show };

static void setup(void)
{
	lines = 100;
	skip = fail_at = oops_at = -1;
	start_error = passes = stops = 0;
	assert_non_null(proc_create_seq("seq", 0, NULL, &ops));
}

static void pieces(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 7, 13, 100, 1023, 4096, 100000 };
	struct file *file;
	char *whole, expected[64];

	setup();
	file = must_open("proc/seq", O_RDONLY);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		whole = all_of(file, sizes[i]);
		assert_int_equal(passes, i + 1); /* made once a pass */
		assert_int_equal(stops, passes);
		sprintf(expected, "pass %d line 0\npass %d line 1\n", passes, passes);
		assert_memory_equal(whole, expected, strlen(expected));
		sprintf(expected, "pass %d line 99\n", passes);
		assert_string_equal(whole + strlen(whole) - strlen(expected), expected);
		free(whole);
	}
	vfs_release(file);
}

static void offsets(void **state)
{
	struct file *file;
	loff_t pos = 5;
	char buf[16];

	setup();
	file = must_open("proc/seq", O_RDONLY);
	assert_int_equal(vfs_read(file, buf, 1, &pos), 1); /* the first read is not at 0 */
	assert_int_equal(buf[0], '1');
	assert_int_equal(passes, 1);
	pos = 1 << 30;
	assert_int_equal(vfs_read(file, buf, 1, &pos), 0);
	pos = 4;
	assert_int_equal(vfs_read(file, buf, 0, &pos), 0);
	assert_int_equal(passes, 1);
	assert_int_equal(vfs_llseek(file, 10, SEEK_SET), 10);
	assert_int_equal(vfs_llseek(file, 5, SEEK_CUR), 15);
	assert_int_equal(vfs_llseek(file, -20, SEEK_CUR), -EINVAL);
	assert_int_equal(vfs_llseek(file, 0, SEEK_END), -EINVAL);
	vfs_release(file);
}

static void skipping_and_failing(void **state)
{
	struct file *file;
	char *text, buf[16];
	loff_t pos = 0;

	setup();
	lines = 3;
	skip = 1;
	text = text_of("proc/seq");
	assert_string_equal(text, "pass 1 line 0\npass 1 line 2\n");
	free(text);

	file = must_open("proc/seq", O_RDONLY);
	fail_at = 2;
	assert_int_equal(vfs_read(file, buf, 1, &pos), -EINVAL);
	assert_int_equal(stops, passes);
	fail_at = -1;
	start_error = -EAGAIN;
	assert_int_equal(vfs_read(file, buf, 1, &pos), -EAGAIN);
	start_error = 0;
	lines = 0;
	assert_int_equal(vfs_read(file, buf, 1, &pos), 0);
	lines = 1;
	assert_int_equal(vfs_read(file, buf, 1, &pos), 1);
	vfs_release(file);
}

/* Files that nobody reads to the end do not use up what all snapshots may take together. */
static void many_snapshots(void **state)
{
	static struct file *files[40];
	char first[16], next[16];
	loff_t pos;

	setup();
	lines = 80000; /* in 2 MiB */
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		files[i] = must_open("proc/seq", O_RDONLY);
		pos = 0;
		assert_int_equal(vfs_read(files[i], first, 12, &pos), 12);
		assert_memory_equal(first, "pass ", 5);
	}
	/* The first one has lost its text: it goes on in a new one. */
	passes = 9;
	pos = 7;
	assert_int_equal(vfs_read(files[0], next, 5, &pos), 5);
	assert_int_equal(passes, 10);
	assert_memory_equal(next, " line", 5);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		vfs_release(files[i]);
}

/* The lock of the file comes back from an iterator that faults. */
static void faults(void **state)
{
	struct file *file;
	char buf[16];
	loff_t pos = 0;

	setup();
	console_loglevel = 0;
	file = must_open("proc/seq", O_RDONLY);
	oops_at = 50;
	assert_int_equal(vfs_read(file, buf, 1, &pos), -EIO);
	oops_at = -1;
	assert_int_equal(vfs_read(file, buf, 4, &pos), 4);
	assert_memory_equal(buf, "pass", 4);
	vfs_release(file);
}

/* An iterator without end is stopped by the budget, and the memory is given back. */
static void budget(void **state)
{
	struct file *file;
	char buf[16];
	loff_t pos = 0;

	setup();
	lines = INT32_MAX;
	file = must_open("proc/seq", O_RDONLY);
	assert_int_equal(vfs_read(file, buf, 1, &pos), -ENOMEM);
	lines = 1;
	assert_int_equal(vfs_read(file, buf, 4, &pos), 4);
	vfs_release(file);
}

static int private_open(struct inode *inode, struct file *file)
{
	int *private = __seq_open_private(file, &ops, sizeof(*private));

	if (!private)
		return -ENOMEM;
	assert_int_equal(*private, 0);
	*private = 7;
	return 0;
}

static const struct proc_ops private_ops = {
	.proc_open = private_open,
	.proc_read = seq_read,
	.proc_release = seq_release_private,
};

static void private_data(void **state)
{
	struct file *file;

	setup();
	assert_non_null(proc_create("private", 0, NULL, &private_ops));
	file = must_open("proc/private", O_RDONLY);
	assert_int_equal(*(int *)((struct seq_file *)file->private_data)->private, 7);
	vfs_release(file);
}

/* The methods that drivers write over a list: one element a line, the head before them. */
struct element {
	struct list_head node;
	int value;
};

static LIST_HEAD(elements);

static void *list_start(struct seq_file *m, loff_t *pos)
{
	return seq_list_start_head(&elements, *pos);
}

static void *list_next(struct seq_file *m, void *v, loff_t *pos)
{
	return seq_list_next(v, &elements, pos);
}

static int list_show(struct seq_file *m, void *v)
{
	if (v == &elements)
		seq_printf(m, "of %d\n", *(int *)m->private);
	else
		seq_printf(m, "%d\n", list_entry(v, struct element, node)->value);
	return 0;
}

static const struct seq_operations list_ops = { list_start, t_stop, list_next, list_show };

static int list_open(struct inode *inode, struct file *file)
{
	int err = seq_open_private(file, &list_ops, sizeof(int));

	if (!err)
		*(int *)((struct seq_file *)file->private_data)->private = 3;
	return err;
}

static const struct proc_ops list_proc_ops = {
	.proc_open = list_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release_private,
};

static void lists(void **state)
{
	struct element e[3] = { { .value = 10 }, { .value = 20 }, { .value = 30 } };

	setup();
	INIT_LIST_HEAD(&elements);
	assert_ptr_equal(seq_list_start_head(&elements, 0), &elements);
	assert_null(seq_list_start(&elements, 0));
	assert_non_null(proc_create("list", 0, NULL, &list_proc_ops));
	assert_text("proc/list", "of 3\n");
	for (int i = 0; i < 3; i++)
		list_add_tail(&e[i].node, &elements);
	assert_text("proc/list", "of 3\n10\n20\n30\n");
	assert_ptr_equal(seq_list_start(&elements, 2), &e[2].node);
	assert_null(seq_list_start(&elements, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fs_test(pieces),       fs_test(offsets), fs_test(skipping_and_failing),
		fs_test(faults),       fs_test(budget),	 fs_test(many_snapshots),
		fs_test(private_data), fs_test(lists),
	};

	return cmocka_run_group_tests_name("fs/seq_file", tests, NULL, NULL);
}
