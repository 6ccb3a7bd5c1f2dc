/* SPDX-License-Identifier: MIT */
/* param.c: what each type takes, refuses and prints; a refused value changes nothing. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <kmem/module.h>

#include "kernel/param.h"

static char text[PAGE_SIZE];

static int set(const struct kernel_param_ops *ops, void *arg, const char *val)
{
	const struct kernel_param kp = { .mod = "test", .name = "p", .ops = ops, .arg = arg };

	return ops->set(val, &kp);
}

static const char *get(const struct kernel_param_ops *ops, void *arg)
{
	const struct kernel_param kp = { .mod = "test", .name = "p", .ops = ops, .arg = arg };

	int len = ops->get(text, &kp);

	assert_int_equal(len, strlen(text));
	return text;
}

static void numbers(void **state)
{
	int i = 5;
	unsigned char b = 5;
	short s = 5;
	unsigned short us = 5;
	unsigned int u = 5;
	long l = 5;
	unsigned long ul = 5;

	assert_int_equal(set(&param_ops_int, &i, "-17"), 0);
	assert_string_equal(get(&param_ops_int, &i), "-17\n");
	assert_int_equal(set(&param_ops_int, &i, "0x10\n"), 0);
	assert_int_equal(i, 16);
	assert_int_equal(set(&param_ops_int, &i, "010"), 0);
	assert_int_equal(i, 8);
	assert_int_equal(set(&param_ops_int, &i, "+3"), 0);
	assert_int_equal(i, 3);
	assert_int_equal(set(&param_ops_int, &i, "2147483648"), -ERANGE);
	assert_int_equal(set(&param_ops_int, &i, "-2147483649"), -ERANGE);
	assert_int_equal(i, 3);
	assert_int_equal(set(&param_ops_byte, &b, "255"), 0);
	assert_int_equal(set(&param_ops_byte, &b, "256"), -ERANGE);
	assert_int_equal(b, 255);
	assert_int_equal(set(&param_ops_short, &s, "-32768"), 0);
	assert_int_equal(set(&param_ops_short, &s, "-32769"), -ERANGE);
	assert_int_equal(set(&param_ops_ushort, &us, "65535"), 0);
	assert_int_equal(set(&param_ops_ushort, &us, "65536"), -ERANGE);
	assert_int_equal(set(&param_ops_uint, &u, "4294967295"), 0);
	assert_int_equal(set(&param_ops_uint, &u, "4294967296"), -ERANGE);
	assert_int_equal(set(&param_ops_uint, &u, "-1"), -EINVAL);
	assert_int_equal(set(&param_ops_long, &l, "-9223372036854775808"), 0);
	assert_int_equal(set(&param_ops_long, &l, "9223372036854775808"), -ERANGE);
	assert_true(l == LONG_MIN);
	assert_int_equal(set(&param_ops_ulong, &ul, "18446744073709551615"), 0);
	assert_int_equal(set(&param_ops_ulong, &ul, "18446744073709551616"), -ERANGE);
	assert_string_equal(get(&param_ops_ulong, &ul), "18446744073709551615\n");
}

static void junk(void **state)
{
	static const char *const words[] = { "",   " ",	  "x",	 "1x",	" 1",  "1 ",   "1\n\n",
					     "0x", "--1", "+-1", "1.5", "1e3", "0x1g", "-" };
	int i = 5;
	unsigned long ul = 5;

	for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
		assert_int_equal(set(&param_ops_int, &i, words[k]), -EINVAL);
		assert_int_equal(set(&param_ops_ulong, &ul, words[k]), -EINVAL);
	}
	assert_int_equal(set(&param_ops_int, &i, NULL), -EINVAL);
	assert_int_equal(i, 5);
	assert_int_equal(ul, 5);
}

static void bools(void **state)
{
	static const char *const yes[] = { "1", "y", "Y", "yes", "on", "true", "ON\n" };
	static const char *const no[] = { "0", "n", "N", "no", "off", "false", "Off\n" };
	static const char *const bad[] = { "", "2", "yess", "o", "y\n\n", "maybe", " 1" };
	bool b = false;

	assert_int_equal(set(&param_ops_bool, &b, NULL), 0); /* named alone: set */
	assert_true(b);
	for (size_t k = 0; k < ARRAY_SIZE(yes); k++) {
		b = false;
		assert_int_equal(set(&param_ops_bool, &b, yes[k]), 0);
		assert_true(b);
		assert_int_equal(set(&param_ops_bool, &b, no[k]), 0);
		assert_false(b);
		assert_int_equal(set(&param_ops_bool, &b, bad[k]), -EINVAL);
	}
	assert_string_equal(get(&param_ops_bool, &b), "N\n");
}

static void strings(void **state)
{
	char *s = NULL;
	const struct kernel_param kp = {
		.mod = "test", .name = "s", .ops = &param_ops_charp, .arg = &s
	};
	char word[2000];

	assert_string_equal(get(&param_ops_charp, &s), "(null)\n");
	strcpy(word, "given");
	assert_int_equal(kp.ops->set(word, &kp), 0);
	strcpy(word, "other");
	assert_string_equal(s, "given"); /* a copy */
	assert_int_equal(kp.ops->set("", &kp), 0);
	assert_string_equal(s, "");
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(kp.ops->set(word, &kp), -ENOSPC);
	assert_int_equal(kp.ops->set(NULL, &kp), -EINVAL);
	assert_string_equal(s, "");
	param_forget_copies(&kp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(junk),
		cmocka_unit_test(bools),
		cmocka_unit_test(strings),
	};

	return cmocka_run_group_tests_name("kernel/param", tests, NULL, NULL);
}
