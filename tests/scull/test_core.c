/* SPDX-License-Identifier: MIT */
/* Drivers and their parameters: what the boot line may say, and what becomes of it. */
#include "scull_test.h"

static bool exists(const char *path)
{
	struct file *file;

	if (vfs_open_path(path, O_RDONLY, &file))
		return false;
	vfs_release(file);
	return true;
}

static void names(void **state)
{
	const struct family *f;
	char path[64];

	world_up("mem=64M,cpus=2");
	for_each_family(f) {
		struct file *file;
		int i;

		for (i = 0; i < 4; i++) {
			file = dev_open(f->name, i, O_RDONLY);
			assert_int_equal(file_inode(file)->i_mode, S_IFREG | 0664);
			vfs_release(file);
		}
		snprintf(path, sizeof(path), "dev/%s4", f->name);
		assert_false(exists(path));
		snprintf(path, sizeof(path), "dev/%s", f->name);
		assert_int_equal(vfs_open_path(path, O_WRONLY, &file), 0);
		assert_int_equal(dev_write(file, "x", 1, 0), 1);
		vfs_release(file);
		file = dev_open(f->name, 0, O_RDONLY);
		assert_int_equal(dev_size(file), 1);
		vfs_release(file);
		snprintf(path, sizeof(path), "proc/%s", f->proc);
		assert_true(exists(path));
	}
	assert_true(exists("proc/scullseq"));
	world_down();
}

static void given_values(void **state)
{
	struct file *file;

	world_up("mem=64M,cpus=2,scull.scull_nr_devs=256,scull.scull_quantum=50,scull.scull_qset=9,"
		 "scullc.scullc_quantum=300,scullp.scullp_order=2,scullp.scullp_devs=1,"
		 "scullv.scullv_order=0,scullv.scullv_qset=2");
	file = dev_open("scull", 255, O_RDWR);
	assert_int_equal(vfs_ioctl(file, SCULL_IOCQQUANTUM, 0), 50);
	assert_int_equal(vfs_ioctl(file, SCULL_IOCQQSET, 0), 9);
	vfs_release(file);
	assert_false(exists("dev/scullp1"));
	file = dev_open("scullc", 0, O_RDWR);
	assert_int_equal(vfs_ioctl(file, SCULLC_IOCQQUANTUM, 0), 300);
	assert_int_equal(vfs_ioctl(file, SCULLC_IOCRESET, 0), 0);
	assert_int_equal(vfs_ioctl(file, SCULLC_IOCQQUANTUM, 0), 300);
	assert_int_equal(dev_write(file, "x", 1, 1000), 1);
	vfs_release(file);
	file = dev_open("scullp", 0, O_RDWR);
	assert_int_equal(vfs_ioctl(file, SCULLP_IOCQORDER, 0), 2);
	vfs_release(file);
	world_down();

	/* The next machine does not remember. */
	world_up("mem=64M,cpus=2");
	assert_false(exists("dev/scull4"));
	file = dev_open("scull", 0, O_RDWR);
	assert_int_equal(vfs_ioctl(file, SCULL_IOCQQUANTUM, 0), 4000);
	vfs_release(file);
	world_down();
}

static void refused_values(void **state)
{
	static const char *const bad[] = {
		"scull.scull_quantum=0",       "scull.scull_quantum=-4000",
		"scull.scull_quantum=8000000", "scull.scull_qset=0",
		"scull.scull_qset=600000",     "scull.scull_nr_devs=0",
		"scull.scull_nr_devs=257",     "scullc.scullc_quantum=0",
		"scullc.scullc_devs=1000",     "scullp.scullp_order=11",
		"scullp.scullp_order=-1",      "scullp.scullp_qset=x",
		"scullv.scullv_order=11",      "scullv.scullv_devs=",
		"scull.scull_compat=",	       "scull.scull_compat=maybe",
		"scull.scull_major=70000",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		char words[100];

		snprintf(words, sizeof(words), "mem=64M,cpus=2,%s", bad[i]);
		machine_up(words);
		if (!builtin_modules_load())
			fail_msg("%s was taken", bad[i]);
		world_down();
	}
}

/* The book's way: a hole ends a read, and a call moves at most a quantum. */
static void as_in_the_book(void **state)
{
	const struct family *f;

	world_up("mem=64M,cpus=2,scull.scull_compat=book");
	for_each_family(f) {
		size_t q = unit_bytes(f, f->unit);
		struct file *file = dev_open(f->name, 0, O_WRONLY);
		char *data = calloc(1, 4 * q);

		assert_int_equal(dev_write(file, data, 3 * q, 10), q - 10);
		assert_int_equal(dev_write(file, data, 1, (loff_t)(3 * q)), 1);
		vfs_release(file);
		file = dev_open(f->name, 0, O_RDONLY);
		assert_int_equal(dev_read(file, data, 4 * q, 0), q);
		assert_int_equal(dev_read(file, data, 4 * q, (loff_t)q), 0);
		assert_int_equal(dev_read(file, data, 4 * q, (loff_t)(3 * q)), 1);
		free(data);
		vfs_release(file);
	}
	world_down();
}

/* A driver does not go while somebody has one of its devices open. */
static void in_use(void **state)
{
	struct file *file;

	world_up("mem=64M,cpus=2");
	file = dev_open("scullv", 3, O_RDWR);
	assert_int_equal(dev_write(file, "x", 1, 0), 1);
	assert_int_equal(modules_unload_all(), 1);
	expect_bytes(file, 0, 1, 'x');
	vfs_release(file);
	assert_int_equal(modules_unload_all(), 0);
	assert_false(exists("dev/scullv3"));
	assert_false(exists("proc/scullvmem"));
	world_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),	  cmocka_unit_test(given_values),
		cmocka_unit_test(refused_values), cmocka_unit_test(as_in_the_book),
		cmocka_unit_test(in_use),
	};

	return cmocka_run_group_tests_name("scull/core", tests, NULL, NULL);
}
