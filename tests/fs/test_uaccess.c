/* SPDX-License-Identifier: MIT */
/* uaccess.c: windows of client memory, and nothing beside them. */
#include "fs_test.h"

static char *at(unsigned long addr)
{
	return (char *)addr;
}

static void windows(void **state)
{
	char a[100], b[50], out[200];
	const struct user_window w[] = {
		{ .start = 0x1000, .len = 100, .host = a, .writable = true },
		{ .start = 0x1064, .len = 50, .host = b, .writable = false },
	};

	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	user_windows_set(w, 2);
	assert_int_equal(copy_from_user(out, at(0x1000), 100), 0);
	assert_int_equal(copy_from_user(out, at(0x1000), 150), 0); /* over the seam */
	assert_int_equal(out[99], 'a');
	assert_int_equal(out[100], 'b');
	out[150] = 'x';
	assert_int_equal(copy_from_user(out, at(0x1000), 160), 10);
	assert_int_equal(out[150], 0); /* what could not be copied is zeroed */
	assert_int_equal(copy_from_user(out, at(0xfff), 10), 10);
	assert_int_equal(copy_from_user(out, at(0x1096), 1), 1);
	assert_int_equal(copy_from_user(out, at(0x5000), 0), 0);

	assert_int_equal(copy_to_user(at(0x1000), "hello", 5), 0);
	assert_memory_equal(a, "hello", 5);
	assert_int_equal(copy_to_user(at(0x1000 + 98), "hello", 5), 3); /* b is read-only */
	assert_memory_equal(a + 98, "he", 2);
	assert_int_equal(b[0], 'b');
	assert_int_equal(clear_user(at(0x1000 + 90), 20), 10);
	assert_int_equal(a[90] + a[99], 0);

	assert_true(access_ok(at(0x1000), 150));
	assert_false(access_ok(at(0x1000), 151));
	assert_false(access_ok(a, 1));
	user_windows_set(NULL, 0);
}

/* A request without data reaches nothing, not even the daemon's own memory. */
static void no_window(void **state)
{
	const struct user_window none = { 0 };
	char byte = 'x', out;

	user_windows_set(&none, 0);
	assert_int_equal(copy_from_user(&out, &byte, 1), 1);
	assert_int_equal(copy_to_user(&byte, &out, 1), 1);
	assert_int_equal(clear_user(&byte, 1), 1);
	assert_int_equal(byte, 'x');
	user_windows_set(NULL, 0);
	assert_int_equal(copy_from_user(&out, &byte, 1), 0);
	assert_int_equal(out, 'x');
	assert_int_equal(copy_from_user(&out, NULL, 1), 1);
}

static void values(void **state)
{
	char mem[16] = { 0 };
	const struct user_window w = { .start = 0x7000, .len = 8, .host = mem, .writable = true };
	int value = -1;

	user_windows_set(&w, 1);
	assert_int_equal(put_user(42, (int *)at(0x7004)), 0);
	assert_int_equal(get_user(value, (int *)at(0x7004)), 0);
	assert_int_equal(value, 42);
	assert_int_equal(put_user(42, (int *)at(0x7006)), -EFAULT);
	assert_int_equal(get_user(value, (int *)at(0x7008)), -EFAULT);
	assert_int_equal(value, 0);
	user_windows_set(NULL, 0);
}

static void strings(void **state)
{
	char mem[8] = "text", out[16];
	const struct user_window w = { .start = 0x7000, .len = 8, .host = mem };

	user_windows_set(&w, 1);
	assert_int_equal(strncpy_from_user(out, at(0x7000), 16), 4);
	assert_string_equal(out, "text");
	assert_int_equal(strncpy_from_user(out, at(0x7000), 2), 2);
	memset(mem, 'x', sizeof(mem));
	assert_int_equal(strncpy_from_user(out, at(0x7000), 16), -EFAULT);
	user_windows_set(NULL, 0);
}

/* What a write brought, as a number: a newline may follow, nothing else. */
static void numbers(void **state)
{
	char mem[64];
	const struct user_window w = { .start = 0x7000, .len = sizeof(mem), .host = mem };
	unsigned long long ull;
	unsigned long ul;
	unsigned int u;
	bool b;
	int i;

	user_windows_set(&w, 1);
	strcpy(mem, "0x1f\n-7\n4294967296\nyes");
	assert_int_equal(kstrtoul_from_user(at(0x7000), 5, 0, &ul), 0);
	assert_int_equal(ul, 0x1f);
	assert_int_equal(kstrtoull_from_user(at(0x7000), 4, 16, &ull), 0);
	assert_int_equal(ull, 0x1f);
	assert_int_equal(kstrtoint_from_user(at(0x7005), 2, 10, &i), 0);
	assert_int_equal(i, -7);
	assert_int_equal(kstrtouint_from_user(at(0x7005), 2, 10, &u), -EINVAL);
	assert_int_equal(kstrtouint_from_user(at(0x7008), 11, 10, &u), -ERANGE);
	assert_int_equal(kstrtoull_from_user(at(0x7008), 11, 10, &ull), 0);
	assert_int_equal(ull, 1ull << 32);
	assert_int_equal(kstrtoul_from_user(at(0x7000), 8, 0, &ul), -EINVAL); /* two lines */
	assert_int_equal(kstrtoul_from_user(at(0x7000), 0, 0, &ul), -EINVAL);
	assert_int_equal(kstrtobool_from_user(at(0x7013), 1, &b), 0);
	assert_true(b);
	assert_int_equal(kstrtoul_from_user(at(0x9000), 4, 0, &ul), -EFAULT);
	user_windows_set(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows), cmocka_unit_test(no_window), cmocka_unit_test(values),
		cmocka_unit_test(strings), cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests_name("fs/uaccess", tests, NULL, NULL);
}
