/* SPDX-License-Identifier: MIT */
/* The text of proc/scull*mem and proc/scullseq, line by line. */
#include "scull_test.h"

static void expect_line(char **text, const char *line)
{
	char *end = strchr(*text, '\n');

	assert_non_null(end);
	*end = '\0';
	assert_string_equal(*text, line);
	*text = end + 1;
}

/* "  item at A, qset at B" */
static void expect_item(char **text)
{
	unsigned long item = 0, qset = 0;
	char line[80];

	sscanf(*text, "  item at %lx, qset at %lx", &item, &qset);
	assert_true(item && qset);
	snprintf(line, sizeof(line), "  item at %016lx, qset at %016lx", item, qset);
	expect_line(text, line);
}

static unsigned long expect_quantum(char **text, int q, const char *gap)
{
	unsigned long addr = 0;
	char line[80];
	int n = -1;

	sscanf(*text, "%d:%lx", &n, &addr);
	assert_int_equal(n, q);
	assert_int_not_equal(addr, 0);
	snprintf(line, sizeof(line), "    % 4i:%s%8lx", q, gap, addr);
	expect_line(text, line);
	return addr;
}

static void check_text(const struct family *f, const char *name)
{
	char *all = proc_text(name), *text = all, line[80];
	int i;

	snprintf(line, sizeof(line), "Device 0: qset 3, %s %d, sz %ld", f->unit_word, f->unit,
		 (long)(7 * unit_bytes(f, f->unit)));
	expect_line(&text, "");
	expect_line(&text, line);
	expect_item(&text);
	expect_item(&text);
	expect_item(&text);
	expect_quantum(&text, 0, f->gap);
	for (i = 1; i < 4; i++) {
		expect_line(&text, "");
		snprintf(line, sizeof(line), "Device %d: qset %d, %s %d, sz 0", i, f->qset,
			 f->unit_word, f->unit);
		expect_line(&text, line);
	}
	assert_string_equal(text, "");
	free(all);
}

static void lines(void **state)
{
	const struct family *f;

	for_each_family(f) {
		struct file *file = dev_open_shaped(f, 0, f->unit, 3);
		size_t len = 7 * unit_bytes(f, f->unit);
		char *data = calloc(1, len);

		assert_int_equal(dev_write(file, data, len, 0), len);
		check_text(f, f->proc);
		if (!strcmp(f->name, "scull"))
			check_text(f, "scullseq");
		free(data);
		vfs_release(file);
	}
}

/* Many more lines than fit in a page, and holes left out. */
static void long_and_sparse(void **state)
{
	struct file *file = dev_open_shaped(&families[0], 0, 16, 2);
	char *text;
	int i;

	for (i = 0; i < 3000; i++)
		assert_int_equal(dev_write(file, "x", 1, 64l * i + 16), 1);
	text = proc_text("scullmem");
	assert_int_equal(count_lines(text, "  item at "), 3000);
	assert_int_equal(count_lines(text, "\n       1: "), 1);
	assert_int_equal(count_lines(text, "\n       0: "), 0);
	assert_int_equal(count_lines(text, "\nDevice "), 4);
	free(text);
	vfs_release(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scull_test(lines),
		scull_test(long_and_sparse),
	};

	return cmocka_run_group_tests_name("scull/show", tests, NULL, NULL);
}
