/* SPDX-License-Identifier: MIT */
/* user_copies.c: what a client passed, as objects and numbers; what cannot be read leaks nothing. */
#include "fs_test.h"
#include <kmem/err.h>
#include <kmem/slab.h>
#include <kmem/vmalloc.h>

static char mem[64];
static const struct user_window window = { .start = 0x7000, .len = 64, .host = mem };

static char *at(unsigned long offset)
{
	return (char *)(0x7000 + offset);
}

static void copies(void **state)
{
	char *p;

	user_windows_set(&window, 1);
	memset(mem, 'x', sizeof(mem));
	memcpy(mem, "text", 5);
	p = memdup_user(at(0), 8);
	assert_memory_equal(p, "text\0xxx", 8);
	kfree(p);
	p = memdup_user_nul(at(5), 3);
	assert_string_equal(p, "xxx");
	kfree(p);
	p = vmemdup_user(at(0), 5);
	assert_string_equal(p, "text");
	kvfree(p);
	p = strndup_user(at(0), 5);
	assert_string_equal(p, "text");
	kfree(p);
	assert_int_equal(PTR_ERR(strndup_user(at(0), 4)), -EINVAL);
	assert_int_equal(PTR_ERR(strndup_user(at(5), 200)), -EFAULT); /* no end in sight */
	assert_int_equal(PTR_ERR(memdup_user(at(60), 5)), -EFAULT);
	assert_int_equal(PTR_ERR(vmemdup_user(at(60), 5)), -EFAULT);
	assert_int_equal(PTR_ERR(memdup_user_nul(at(60), 5)), -EFAULT);
	assert_int_equal(PTR_ERR(memdup_user_nul(at(0), SIZE_MAX)), -ENOMEM);
	assert_int_equal(PTR_ERR(memdup_user(at(0), 1ul << 40)), -ENOMEM);
	user_windows_set(NULL, 0);
}

static void numbers(void **state)
{
	unsigned long long ull = 1;
	unsigned int u = 1;
	int i = 1;
	bool on = false;

	user_windows_set(&window, 1);
	memset(mem, 0, sizeof(mem));
	strcpy(mem, "-42\nrest");
	assert_int_equal(kstrtoint_from_user(at(0), 4, 10, &i), 0);
	assert_int_equal(i, -42);
	assert_int_equal(kstrtoint_from_user(at(0), 5, 10, &i), -EINVAL);
	assert_int_equal(kstrtouint_from_user(at(0), 4, 10, &u), -EINVAL);
	assert_int_equal(kstrtouint_from_user(at(60), 5, 10, &u), -EFAULT);
	strcpy(mem, "5000000000");
	assert_int_equal(kstrtouint_from_user(at(0), 10, 0, &u), -ERANGE);
	assert_int_equal(kstrtoull_from_user(at(0), 10, 0, &ull), 0);
	assert_true(ull == 5000000000);
	assert_int_equal(u, 1);
	strcpy(mem, "on\n");
	assert_int_equal(kstrtobool_from_user(at(0), 3, &on), 0);
	assert_true(on);
	user_windows_set(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { fs_test(copies), fs_test(numbers) };

	return cmocka_run_group_tests_name("fs/user_copies", tests, NULL, NULL);
}
