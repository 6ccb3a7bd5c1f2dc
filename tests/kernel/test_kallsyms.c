/* kallsyms.c: addresses as %pS prints them. */
#include "kernel/kallsyms.h"
#include "machine.h"

int an_exported_function(int x);

noinline int an_exported_function(int x)
{
	return x * 3 + 1;
}

static noinline int a_static_function(int x)
{
	return x * 5 + 1;
}

static const void *at(const void *fn, unsigned long offset)
{
	return (const char *)fn + offset;
}

static void assert_named(const void *addr, const char *function, unsigned long offset)
{
	unsigned long shown, size;
	char name[160], text[160];

	symbol_name(addr, name, sizeof(name));
	assert_int_equal(sscanf(name, "%159[^+]+0x%lx/0x%lx", text, &shown, &size), 3);
	assert_string_equal(text, function);
	assert_int_equal(shown, offset);
	assert_true(size >= offset);
}

static void test_functions_of_the_program(void **state)
{
	assert_named(an_exported_function, "an_exported_function", 0);
	assert_named(at(an_exported_function, 3), "an_exported_function", 3);
	assert_named(a_static_function, "a_static_function", 0);
	assert_named(kmalloc_size_roundup, "kmalloc_size_roundup", 0);
	assert_int_equal(an_exported_function(1) + a_static_function(1), 10);
}

static void test_functions_of_a_library(void **state)
{
	char name[160];

	symbol_name((const void *)pthread_create, name, sizeof(name));
	assert_non_null(strstr(name, "pthread_create"));
	assert_non_null(strstr(name, "+0x0/0x"));
}

static void test_addresses_without_a_name(void **state)
{
	char name[160];
	int on_stack;

	symbol_name((void *)0x1234, name, sizeof(name));
	assert_string_equal(name, "0x0000000000001234");
	symbol_name(NULL, name, sizeof(name));
	assert_string_equal(name, "0x0000000000000000");
	symbol_name(&on_stack, name, sizeof(name));
	assert_memory_equal(name, "0x", 2);
}

static void test_a_small_buffer(void **state)
{
	char name[8];

	symbol_name(an_exported_function, name, sizeof(name));
	assert_string_equal(name, "an_expo");
}

static void ask(struct worker *w)
{
	char name[160];

	for (int i = 0; i < 200; i++) {
		symbol_name(a_static_function, name, sizeof(name));
		w->errors += strncmp(name, "a_static_function+0x0/0x", 24) != 0;
	}
}

static void test_many_threads(void **state)
{
	assert_int_equal(run_workers(4, ask, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions_of_the_program),
		cmocka_unit_test(test_functions_of_a_library),
		cmocka_unit_test(test_addresses_without_a_name),
		cmocka_unit_test(test_a_small_buffer),
		cmocka_unit_test(test_many_threads),
	};

	return cmocka_run_group_tests_name("kernel/kallsyms", tests, NULL, NULL);
}
