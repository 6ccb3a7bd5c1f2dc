/* SPDX-License-Identifier: MIT */
/* misc.c: devices with one call, their minors, and register_chrdev() of old. */
#include "fs_test.h"
#include <kmem/miscdevice.h>

static char store[16];

static ssize_t t_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	const struct miscdevice *misc = file->private_data;

	return simple_read_from_buffer(buf, count, pos, misc->name, strlen(misc->name));
}

static ssize_t t_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	return simple_write_to_buffer(store, sizeof(store), pos, buf, count);
}

static const struct file_operations fops = { .read = t_read, .write = t_write };

static unsigned int lines_with(const char *path, const char *words)
{
	char *text = text_of(path);
	unsigned int n = 0;

	for (const char *at = text; (at = strstr(at, words)); at++)
		n++;
	free(text);
	return n;
}

static void devices(void **state)
{
	struct miscdevice one = { .minor = MISC_DYNAMIC_MINOR, .name = "one", .fops = &fops };
	struct miscdevice two = { .minor = 7, .name = "two", .fops = &fops, .mode = 0600 };
	struct miscdevice three = { .minor = 7, .name = "three", .fops = &fops };
	struct miscdevice twin = { .minor = MISC_DYNAMIC_MINOR, .name = "one", .fops = &fops };
	struct miscdevice nameless = { .minor = MISC_DYNAMIC_MINOR, .fops = &fops };

	assert_int_equal(misc_register(&one), 0);
	assert_int_equal(misc_register(&two), 0);
	assert_true(one.minor != MISC_DYNAMIC_MINOR && one.minor != two.minor);
	assert_int_equal(misc_register(&three), -EBUSY);
	assert_int_equal(misc_register(&twin), -EBUSY);
	assert_int_equal(misc_register(&nameless), -EINVAL);
	assert_int_equal(lines_with("proc/devices", " 10 misc\n"), 1);
	assert_text("dev/one", "one");
	assert_text("dev/two", "two");
	assert_int_equal(device_inode(MKDEV(MISC_MAJOR, 7))->i_mode & 0777, 0600);
	assert_int_equal(put("dev/two", "hello"), 5);
	assert_memory_equal(store, "hello", 5);
	misc_deregister(&two);
	assert_int_equal(misc_register(&three), 0); /* the minor is free again */
	misc_deregister(&one);
	misc_deregister(&three);
	assert_int_equal(lines_with("proc/devices", "misc"), 0);
}

static void of_old(void **state)
{
	int major = register_chrdev(0, "old", &fops);

	assert_true(major > 0);
	assert_int_equal(register_chrdev(240, "older", &fops), 0);
	assert_int_equal(register_chrdev(240, "again", &fops), -EBUSY);
	assert_int_equal(register_chrdev(600, "far", &fops), -EINVAL);
	assert_int_equal(lines_with("proc/devices", "old"), 2);
	unregister_chrdev(240, "older");
	unregister_chrdev((unsigned int)major, "old");
	assert_int_equal(lines_with("proc/devices", "old"), 0);
}

static void buffers(void **state)
{
	const char text[] = "0123456789";
	char out[8];
	loff_t pos = 8;

	assert_int_equal(simple_read_from_buffer(out, 8, &pos, text, 10), 2);
	assert_memory_equal(out, "89", 2);
	assert_int_equal(pos, 10);
	assert_int_equal(simple_read_from_buffer(out, 8, &pos, text, 10), 0);
	pos = -1;
	assert_int_equal(simple_read_from_buffer(out, 8, &pos, text, 10), -EINVAL);
	assert_int_equal(simple_write_to_buffer(out, 8, &pos, text, 10), -EINVAL);
	pos = 0;
	assert_int_equal(simple_read_from_buffer(NULL, 8, &pos, text, 10), -EFAULT);
	assert_int_equal(pos, 0);
	pos = 6;
	assert_int_equal(simple_write_to_buffer(out, 8, &pos, text, 10), 2);
	assert_memory_equal(out + 6, "01", 2);
	assert_int_equal(simple_write_to_buffer(out, 8, &pos, text, 10), 0);
	pos = 0;
	assert_int_equal(simple_write_to_buffer(out, 8, &pos, NULL, 10), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = { fs_test(devices), fs_test(of_old), fs_test(buffers) };

	return cmocka_run_group_tests_name("fs/misc", tests, NULL, NULL);
}
