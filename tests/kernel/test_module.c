/* SPDX-License-Identifier: MIT */
/* module.c: the boot line reaches the parameters; modules load, are used, and leave as they came. */
#define KBUILD_MODNAME sample
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <kmem/machine.h>
#include <kmem/module.h>
#include <kmem/seq_file.h>

static int count = 3;
module_param(count, int, 0444);
static bool loud;
module_param(loud, bool, 0644);
static char *title = (char *)"untitled";
module_param_named(name, title, charp, 0444);
static int sizes[4] = { 7, 8 };
static int nr_sizes = 2;
module_param_array(sizes, int, &nr_sizes, 0444);
static bool flags[2];
module_param_array(flags, bool, NULL, 0444);
static char *names[2] = { (char *)"a", (char *)"b" };
module_param_array_named(who, names, charp, NULL, 0444);
static char label[6] = "none";
module_param_string(tag, label, sizeof(label), 0444);

static int inits, exits, init_result, count_at_exit;

static int sample_init(void)
{
	inits++;
	return init_result;
}

static void sample_exit(void)
{
	count_at_exit = count;
	exits++;
}

module_init(sample_init);
module_exit(sample_exit);
MODULE_LICENSE("MIT");

static void boot(const char *words)
{
	struct machine_config cfg;

	console_loglevel = 0;
	inits = exits = init_result = 0;
	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "mem=64M,cpus=2"), 0);
	assert_int_equal(machine_config_parse(&cfg, words), 0);
	assert_int_equal(machine_boot(&cfg), 0);
}

static void defaults(void **state)
{
	boot("cpus=2");
	assert_int_equal(builtin_modules_load(), 0);
	assert_int_equal(inits, 1);
	assert_int_equal(count, 3);
	assert_true(THIS_MODULE->live);
	assert_int_equal(module_load(THIS_MODULE), -EEXIST);
	assert_int_equal(builtin_modules_load(), 0); /* what is loaded stays */
	assert_int_equal(inits, 1);
	assert_int_equal(modules_unload_all(), 0);
	assert_int_equal(exits, 1);
	assert_int_equal(module_unload(THIS_MODULE), -ENOENT);
	assert_int_equal(machine_halt(), 0);
}

static void boot_line(void **state)
{
	boot("sample.count=0x20,sample.loud=y,sample.name=fine");
	assert_int_equal(builtin_modules_load(), 0);
	assert_int_equal(count, 32);
	assert_true(loud);
	assert_string_equal(title, "fine");
	assert_int_equal(modules_unload_all(), 0);
	assert_int_equal(count_at_exit, 32);
	/* As freshly inserted. */
	assert_int_equal(count, 3);
	assert_false(loud);
	assert_string_equal(title, "untitled");
	assert_int_equal(machine_halt(), 0);
}

static const char *shown(const char *param)
{
	static char text[PAGE_SIZE];
	const struct kernel_param *kp = module_param_find(THIS_MODULE, param);

	int len = kp->ops->get(text, kp);

	assert_int_equal(len, strlen(text));
	return text;
}

static void several_values(void **state)
{
	boot("sample.sizes=1:0x10:-3,sample.flags=y,sample.who=me:you,sample.tag=abcde");
	assert_int_equal(builtin_modules_load(), 0);
	assert_int_equal(nr_sizes, 3);
	assert_int_equal(sizes[1], 16);
	assert_string_equal(shown("sizes"), "1,16,-3\n");
	assert_true(flags[0]);
	assert_string_equal(shown("flags"), "Y,N\n");
	assert_string_equal(shown("who"), "me,you\n");
	assert_string_equal(label, "abcde");
	assert_string_equal(shown("tag"), "abcde\n");
	assert_int_equal(modules_unload_all(), 0);
	/* As they were, and how many. */
	assert_int_equal(nr_sizes, 2);
	assert_string_equal(shown("sizes"), "7,8\n");
	assert_string_equal(shown("who"), "a,b\n");
	assert_false(flags[0]);
	assert_string_equal(label, "none");
	assert_int_equal(machine_halt(), 0);
}

static void refused(void **state)
{
	static const char *const words[] = {
		"sample.count=many", "sample.count=1,sample.count=9999999999",
		"sample.loud=maybe", "sample.nosuch=1",
		"nosuch.count=1",    "sample.sizes=1:2:3:4:5",
		"sample.sizes=1::2", "sample.sizes=1:x",
		"sample.tag=abcdef",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		boot(words[i]);
		assert_true(builtin_modules_load() < 0);
		assert_int_equal(inits, 0);
		assert_false(THIS_MODULE->live);
		assert_int_equal(count, 3);
		assert_string_equal(shown("sizes"), "7,8\n");
		assert_int_equal(machine_halt(), 0);
	}
}

static void init_fails(void **state)
{
	boot("sample.count=4");
	init_result = -ENODEV;
	assert_int_equal(builtin_modules_load(), -ENODEV);
	assert_int_equal(count, 3);
	assert_int_equal(modules_unload_all(), 0);
	assert_int_equal(exits, 0);
	assert_int_equal(machine_halt(), 0);
}

static void references(void **state)
{
	struct seq_file m;
	char line[100];

	boot("cpus=2");
	assert_int_equal(builtin_modules_load(), 0);
	assert_true(try_module_get(NULL));
	module_put(NULL);
	assert_true(try_module_get(THIS_MODULE));
	assert_true(try_module_get(THIS_MODULE));
	assert_int_equal(module_unload(THIS_MODULE), -EBUSY);
	assert_int_equal(modules_unload_all(), 1);

	seq_buffer_open(&m);
	modules_show(&m, NULL);
	snprintf(line, sizeof(line), "sample %lu 2 - Live 0x0000000000000000\n", THIS_MODULE->size);
	assert_string_equal(seq_buffer_text(&m), line);
	assert_int_equal(THIS_MODULE->size,
			 sizeof(struct module) + 7 * sizeof(struct kernel_param) + sizeof(int) +
				 sizeof(bool) + sizeof(char *) + sizeof(sizes) + sizeof(nr_sizes) +
				 sizeof(flags) + sizeof(names) + sizeof(label));
	seq_buffer_release(&m);

	module_put(THIS_MODULE);
	module_put(THIS_MODULE);
	assert_int_equal(module_refcount(THIS_MODULE), 0);
	assert_int_equal(module_unload(THIS_MODULE), 0);
	assert_false(try_module_get(THIS_MODULE));
	assert_int_equal(machine_halt(), 0);
}

static void parameters(void **state)
{
	const struct kernel_param *kp = NULL;
	int n = 0;

	boot("cpus=2");
	assert_int_equal(builtin_modules_load(), 0);
	while ((kp = module_param_next(THIS_MODULE, kp))) {
		assert_string_equal(kp->mod, "sample");
		n++;
	}
	assert_int_equal(n, 7);
	assert_int_equal(machine_halt(), 0); /* unloads as well */
	assert_int_equal(exits, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),	  cmocka_unit_test(boot_line),
		cmocka_unit_test(several_values), cmocka_unit_test(refused),
		cmocka_unit_test(init_fails),	  cmocka_unit_test(references),
		cmocka_unit_test(parameters),
	};

	return cmocka_run_group_tests_name("kernel/module", tests, NULL, NULL);
}
