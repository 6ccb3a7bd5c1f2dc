/* SPDX-License-Identifier: MIT */
/* char_dev.c and devtmpfs.c: numbers, drivers behind them, names in dev/. */
#include "fs_test.h"
#include <kmem/module.h>

static int opens;

static int t_open(struct inode *inode, struct file *file)
{
	opens++;
	file->private_data = inode->i_cdev;
	return 0;
}

static ssize_t t_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	return 0;
}

static struct module owner = { .name = "owner" };
static const struct file_operations fops = { .owner = &owner, .open = t_open, .read = t_read };

static void numbers(void **state)
{
	dev_t a, b;
	char *text;

	assert_int_equal(alloc_chrdev_region(&a, 0, 4, "first"), 0);
	assert_int_equal(alloc_chrdev_region(&b, 8, 4, "second"), 0);
	assert_int_equal(MAJOR(a), 254); /* the kernel's order */
	assert_int_equal(MAJOR(b), 253);
	assert_int_equal(MINOR(b), 8);
	assert_int_equal(register_chrdev_region(MKDEV(253, 11), 4, "third"), -EBUSY);
	assert_int_equal(register_chrdev_region(MKDEV(253, 7), 2, "third"), -EBUSY);
	assert_int_equal(register_chrdev_region(MKDEV(253, 12), 4, "third"), 0);
	assert_int_equal(register_chrdev_region(MKDEV(42, 0), 1, "fourth"), 0);
	assert_int_equal(register_chrdev_region(MKDEV(512, 0), 1, "far"), -EINVAL);
	assert_int_equal(register_chrdev_region(MKDEV(43, 0), 0, "none"), -EINVAL);
	assert_int_equal(register_chrdev_region(MKDEV(43, MINORMASK), 2, "over"), -EINVAL);

	text = text_of("proc/devices");
	assert_string_equal(text, "Character devices:\n 42 fourth\n253 second\n253 third\n"
				  "254 first\n\nBlock devices:\n");
	free(text);
	unregister_chrdev_region(a, 4);
	unregister_chrdev_region(b, 4);
	unregister_chrdev_region(MKDEV(253, 12), 4);
	unregister_chrdev_region(MKDEV(42, 0), 1);
	unregister_chrdev_region(MKDEV(42, 0), 1); /* harmless */
}

static void names(void **state)
{
	dev_t dev = MKDEV(240, 0);
	struct class *cls = class_create(NULL, "test");
	struct node *node;
	struct stat st;

	assert_false(IS_ERR(device_create(cls, NULL, dev, NULL, "thing%d", 0)));
	assert_int_equal(PTR_ERR(device_create(cls, NULL, dev + 1, NULL, "thing0")), -EEXIST);
	node = node_walk(node_root(), "dev/thing0");
	assert_non_null(node);
	node_stat(node, &st);
	assert_int_equal(st.st_mode, S_IFREG | 0664);
	assert_ptr_equal(device_inode(dev), &node->inode);
	assert_null(device_inode(dev + 1));
	i_size_write(device_inode(dev), 77);
	node_stat(node, &st);
	assert_int_equal(st.st_size, 77);
	node_put(node);

	assert_int_equal(devtmpfs_symlink("thing", "thing0"), 0);
	assert_true(devtmpfs_symlink("thing", "thing0") < 0);
	node = node_walk(node_root(), "dev/thing");
	assert_string_equal(node->target, "thing0");
	node_put(node);
	devtmpfs_remove("thing");
	devtmpfs_remove("thing");
	device_destroy(cls, dev);
	device_destroy(cls, dev);
	assert_null(node_walk(node_root(), "dev/thing0"));
	class_destroy(cls);
}

/* A name without a driver; a driver that leaves while its file is open; two on one number. */
static void the_map(void **state)
{
	dev_t dev = MKDEV(240, 0);
	struct class *cls = class_create(NULL, "test");
	struct cdev cdev, other, *dynamic;
	struct file *file;
	char buf[1];

	device_create(cls, NULL, dev, NULL, "thing");
	assert_int_equal(vfs_open_path("dev/thing", O_RDWR, &file), -ENXIO);

	cdev_init(&cdev, &fops);
	cdev_init(&other, &fops);
	assert_int_equal(cdev_add(&cdev, dev, 0), -EINVAL);
	assert_int_equal(cdev_add(&cdev, dev, 4), 0);
	assert_int_equal(cdev_add(&other, dev + 3, 1), -EBUSY);
	assert_int_equal(cdev_add(&other, dev + 4, 1), 0);
	cdev_del(&other);
	file = must_open("dev/thing", O_RDWR);
	assert_ptr_equal(file->private_data, &cdev);
	assert_int_equal(module_refcount(&owner), 1);
	cdev_del(&cdev);
	assert_int_equal(vfs_read(file, buf, 1, NULL), 0);
	vfs_release(file);
	assert_int_equal(module_refcount(&owner), 0);
	assert_int_equal(vfs_open_path("dev/thing", O_RDWR, &file), -ENXIO);

	/* cdev_alloc()'s is freed with the last of its users; the halt would tell if not. */
	dynamic = cdev_alloc();
	dynamic->ops = &fops;
	assert_int_equal(cdev_add(dynamic, dev, 1), 0);
	file = must_open("dev/thing", O_RDWR);
	cdev_del(dynamic);
	vfs_release(file);
	device_destroy(cls, dev);
	class_destroy(cls);
}

/* What a driver forgot is taken away at the end. */
static void left_behind(void **state)
{
	struct class *cls = class_create(NULL, "test");
	dev_t dev;

	alloc_chrdev_region(&dev, 0, 1, "left");
	device_create(cls, NULL, dev, NULL, "left");
	vfs_exit();
	assert_int_equal(node_count(), 0);
	class_destroy(cls);
	assert_int_equal(vfs_init(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fs_test(numbers),
		fs_test(names),
		fs_test(the_map),
		fs_test(left_behind),
	};

	return cmocka_run_group_tests_name("fs/char_dev", tests, NULL, NULL);
}
