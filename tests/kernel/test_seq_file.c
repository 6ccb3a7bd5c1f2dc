/* SPDX-License-Identifier: MIT */
/* seq_file.c (kernel): printing grows, never prints a part, and stops at the budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <kmem/seq_file.h>

static void printing(void **state)
{
	struct seq_file m;

	seq_buffer_open(&m);
	assert_string_equal(seq_buffer_text(&m), "");
	seq_printf(&m, "%s %d", "number", 7);
	seq_putc(&m, '\n');
	seq_puts(&m, "");
	seq_puts(&m, "end");
	assert_int_equal(seq_write(&m, "\0x", 2), 0);
	assert_int_equal(m.count, 14);
	assert_string_equal(seq_buffer_text(&m), "number 7\nend");
	seq_buffer_reset(&m);
	assert_string_equal(seq_buffer_text(&m), "");
	seq_buffer_release(&m);
	assert_null(m.buf);
}

/* Lengths around every size that the buffer passes through. */
static void growing(void **state)
{
	static char word[70000];
	struct seq_file m;

	memset(word, 'w', sizeof(word) - 1);
	for (size_t len = 4090; len < 4100; len++) {
		seq_buffer_open(&m);
		seq_printf(&m, "%.*s", (int)len, word);
		seq_printf(&m, "%s", word);
		assert_false(seq_has_overflowed(&m));
		assert_int_equal(m.count, len + sizeof(word) - 1);
		assert_int_equal(strlen(seq_buffer_text(&m)), m.count);
		assert_true(m.count < m.size);
		seq_buffer_release(&m);
	}
	seq_buffer_open(&m);
	for (int i = 0; i < 100000; i++)
		seq_printf(&m, "%06d\n", i);
	assert_int_equal(m.count, 700000);
	assert_memory_equal(m.buf + 7 * 54321, "054321\n", 7);
	seq_buffer_release(&m);
}

static void budget(void **state)
{
	static char word[100000];
	struct seq_file a, b;
	size_t count;

	memset(word, 'w', sizeof(word) - 1);
	seq_buffer_open(&a);
	while (!seq_has_overflowed(&a))
		seq_puts(&a, word);
	count = a.count;
	assert_int_equal(count % (sizeof(word) - 1), 0); /* no half word */
	assert_in_range(a.size, SEQ_BUDGET / 4, SEQ_BUDGET);
	seq_puts(&a, "x");
	assert_int_equal(seq_write(&a, "x", 1), -1);
	assert_int_equal(a.count, count);

	/* All snapshots share the budget, and give it back. */
	seq_buffer_open(&b);
	while (!seq_has_overflowed(&b) && b.count < SEQ_BUDGET)
		seq_puts(&b, word);
	assert_true(a.size + b.size <= SEQ_BUDGET);
	seq_buffer_release(&a);
	seq_buffer_reset(&b);
	seq_puts(&b, "works again");
	assert_false(seq_has_overflowed(&b));
	assert_string_equal(seq_buffer_text(&b), "works again");
	seq_buffer_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printing),
		cmocka_unit_test(growing),
		cmocka_unit_test(budget),
	};

	return cmocka_run_group_tests_name("kernel/seq_file", tests, NULL, NULL);
}
