/* SPDX-License-Identifier: MIT */
/* kstrtox.c: what is a number of each type, what is not, and what does not fit; text that is cut. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <kmem/string.h>

static void numbers(void **state)
{
	static const char *const wrong[] = { "",    "\n", " 1", "1 ", "1\n\n", "--1", "+-1",
					     "-+1", "x",  "0x", "1x", "1,2",   "+" };
	unsigned long long ull = 5;
	long long ll = 5;
	int i = 5;

	for (size_t n = 0; n < ARRAY_SIZE(wrong); n++) {
		assert_int_equal(kstrtoll(wrong[n], 0, &ll), -EINVAL);
		assert_int_equal(kstrtoull(wrong[n], 0, &ull), -EINVAL);
		assert_int_equal(kstrtoint(wrong[n], 10, &i), -EINVAL);
	}
	assert_int_equal(kstrtoull("-1", 0, &ull), -EINVAL);
	assert_int_equal(ull + (unsigned long long)ll + (unsigned int)i, 15);

	assert_int_equal(kstrtoull("18446744073709551615", 10, &ull), 0);
	assert_true(ull == ULLONG_MAX);
	assert_int_equal(kstrtoull("18446744073709551616", 10, &ull), -ERANGE);
	assert_int_equal(kstrtoll("-9223372036854775808", 10, &ll), 0);
	assert_true(ll == LLONG_MIN);
	assert_int_equal(kstrtoll("-9223372036854775809", 10, &ll), -ERANGE);
	assert_int_equal(kstrtoll("9223372036854775808", 10, &ll), -ERANGE);
	assert_int_equal(kstrtoll("+12\n", 0, &ll), 0);
	assert_int_equal(ll, 12);
	assert_int_equal(kstrtoint("ff", 16, &i), 0);
	assert_int_equal(i, 255);
	assert_int_equal(kstrtoint("-0x10", 0, &i), 0);
	assert_int_equal(i, -16);
	assert_int_equal(kstrtoint("017", 0, &i), 0);
	assert_int_equal(i, 15);
}

static void types_have_ends(void **state)
{
	unsigned long ul = 1;
	unsigned int u = 1;
	long l = 1;
	int i = 1;
	u16 u16v = 1;
	s16 s16v = 1;
	u8 u8v = 1;
	s8 s8v = 1;

	assert_int_equal(kstrtoint("2147483648", 0, &i), -ERANGE);
	assert_int_equal(kstrtouint("4294967296", 0, &u), -ERANGE);
	assert_int_equal(kstrtou16("65536", 0, &u16v), -ERANGE);
	assert_int_equal(kstrtos16("-32769", 0, &s16v), -ERANGE);
	assert_int_equal(kstrtou8("256", 0, &u8v), -ERANGE);
	assert_int_equal(kstrtos8("128", 0, &s8v), -ERANGE);
	assert_int_equal(i + u + u16v + s16v + u8v + s8v, 6);
	assert_int_equal(kstrtoint("-2147483648", 0, &i), 0);
	assert_int_equal(i, INT_MIN);
	assert_int_equal(kstrtouint("4294967295", 0, &u), 0);
	assert_int_equal(kstrtou8("255", 0, &u8v), 0);
	assert_int_equal(kstrtos8("-128", 0, &s8v), 0);
	assert_int_equal(s8v, -128);
	assert_int_equal(kstrtoul("18446744073709551615", 0, &ul), 0);
	assert_int_equal(kstrtol("-9223372036854775808", 0, &l), 0);
	assert_true(ul == ULONG_MAX && l == LONG_MIN);
}

static void flags(void **state)
{
	bool on = false;

	assert_int_equal(kstrtobool("on\n", &on), 0);
	assert_true(on);
	assert_int_equal(kstrtobool("maybe", &on), -EINVAL);
	assert_int_equal(kstrtobool("", &on), -EINVAL);
	assert_true(on);
	assert_int_equal(kstrtobool("N", &on), 0);
	assert_false(on);
}

static void strings(void **state)
{
	char buf[5];

	assert_int_equal(strscpy(buf, "four", sizeof(buf)), 4);
	assert_string_equal(buf, "four");
	assert_int_equal(strscpy(buf, "fifth", sizeof(buf)), -E2BIG);
	assert_string_equal(buf, "fift");
	assert_int_equal(strscpy(buf, "", sizeof(buf)), 0);
	assert_int_equal(strscpy(buf, "x", 0), -E2BIG);
	assert_int_equal(scnprintf(buf, sizeof(buf), "%d", 123), 3);
	assert_int_equal(scnprintf(buf, sizeof(buf), "%d", 123456), 4);
	assert_string_equal(buf, "1234");
	assert_int_equal(scnprintf(buf, 0, "%d", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(types_have_ends),
		cmocka_unit_test(flags),
		cmocka_unit_test(strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
