/* SPDX-License-Identifier: MIT */
/* file.c: the VFS's own rules about calls, and what a driver's fault costs. */
#include "fs_test.h"
#include <kmem/bug.h>
#include <kmem/oops.h>

#define NR 4

static dev_t first;
static struct cdev cdev;
static struct class *cls;
static int opened, released, truncated;
static loff_t length;
static unsigned int open_flags;
static int open_result;

static int t_open(struct inode *inode, struct file *file)
{
	assert_ptr_equal(inode->i_cdev, &cdev);
	open_flags = file->f_flags;
	opened += !open_result;
	return open_result;
}

static int t_release(struct inode *inode, struct file *file)
{
	released++;
	return 0;
}

static ssize_t t_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	size_t len = min_t(size_t, count, 3);

	if (copy_to_user(buf, "abc", len))
		return -EFAULT;
	*pos += (loff_t)len;
	return (ssize_t)len;
}

static ssize_t t_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	static int *volatile nowhere = (int *)0x100; /* within the page at NULL */

	if (count == 13)
		*nowhere = 1;
	if (count == 14)
		BUG();
	if (count == 15)
		return 16; /* more than it was given */
	*pos += (loff_t)count;
	return (ssize_t)count;
}

static long t_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return cmd == 7 ? (long)arg : -515; /* ENOIOCTLCMD */
}

static int t_truncate(struct inode *inode, loff_t len)
{
	truncated++;
	length = len;
	i_size_write(inode, len);
	return 0;
}

static const struct file_operations full = {
	.open = t_open,
	.release = t_release,
	.read = t_read,
	.write = t_write,
	.unlocked_ioctl = t_ioctl,
	.llseek = default_llseek,
	.truncate = t_truncate,
};
static const struct file_operations bare = { .open = t_open, .release = t_release };

static void driver_up(const struct file_operations *fops)
{
	opened = released = truncated = open_result = 0;
	assert_int_equal(alloc_chrdev_region(&first, 0, NR, "test"), 0);
	cdev_init(&cdev, fops);
	assert_int_equal(cdev_add(&cdev, first, NR), 0);
	cls = class_create(NULL, "test");
	assert_false(IS_ERR(device_create(cls, NULL, first, NULL, "test%d", 0)));
}

static void driver_down(void)
{
	assert_int_equal(opened, released);
	device_destroy(cls, first);
	class_destroy(cls);
	cdev_del(&cdev);
	unregister_chrdev_region(first, NR);
}

static void opening(void **state)
{
	struct file *file;

	driver_up(&full);
	assert_int_equal(vfs_open_path("dev", O_RDONLY, &file), -EISDIR);
	assert_int_equal(vfs_open_path("dev/none", O_RDONLY, &file), -ENOENT);
	open_result = -EBUSY;
	assert_int_equal(vfs_open_path("dev/test0", O_RDONLY, &file), -EBUSY);
	open_result = 0;

	file = must_open("dev/test0", O_RDWR | O_TRUNC | O_CREAT | O_APPEND);
	assert_int_equal(open_flags & O_TRUNC, O_TRUNC);
	assert_int_equal(file->f_flags, O_RDWR | O_APPEND);
	assert_int_equal(file->f_mode, FMODE_READ | FMODE_WRITE);
	assert_int_equal(truncated, 1);
	vfs_release(file);
	driver_down();
}

static void reading_and_writing(void **state)
{
	struct file *file;
	char buf[16];
	loff_t pos = 100;

	driver_up(&full);
	file = must_open("dev/test0", O_RDONLY);
	assert_int_equal(vfs_read(file, buf, 16, &pos), 3);
	assert_int_equal(pos, 103);
	assert_int_equal(file->f_pos, 0);
	assert_int_equal(vfs_read(file, buf, 2, NULL), 2);
	assert_int_equal(file->f_pos, 2);
	pos = -1;
	assert_int_equal(vfs_read(file, buf, 2, &pos), -EINVAL);
	assert_int_equal(vfs_write(file, buf, 2, NULL), -EBADF);
	vfs_release(file);

	file = must_open("dev/test0", O_WRONLY);
	assert_int_equal(vfs_read(file, buf, 2, NULL), -EBADF);
	assert_int_equal(vfs_write(file, buf, 5, NULL), 5);
	assert_int_equal(vfs_write(file, buf, 15, NULL), -EIO);
	vfs_release(file);
	driver_down();
}

/* What is missing answers as in the kernel. */
static void missing_methods(void **state)
{
	struct file *file;
	char buf[4];

	driver_up(&bare);
	file = must_open("dev/test0", O_RDWR | O_TRUNC);
	assert_int_equal(vfs_read(file, buf, 1, NULL), -EINVAL);
	assert_int_equal(vfs_write(file, buf, 1, NULL), -EINVAL);
	assert_int_equal(vfs_ioctl(file, 7, 1), -ENOTTY);
	assert_int_equal(vfs_llseek(file, 0, SEEK_SET), -ESPIPE);
	assert_int_equal(vfs_fsync(file, 0), -EINVAL);
	assert_int_equal(vfs_flush(file, NULL), 0);
	assert_int_equal(vfs_fallocate(file, 0, 0, 1), -EOPNOTSUPP);
	assert_int_equal(vfs_truncate(inode_node(file->f_inode), 0), -EINVAL);
	assert_int_equal(vfs_poll(file, NULL) & (POLLIN | POLLOUT), POLLIN | POLLOUT);
	vfs_release(file);
	driver_down();
}

static void other_calls(void **state)
{
	struct file *file;
	struct node *node;

	driver_up(&full);
	file = must_open("dev/test0", O_RDWR);
	node = inode_node(file->f_inode);
	assert_int_equal(vfs_ioctl(file, 7, 42), 42);
	assert_int_equal(vfs_ioctl(file, 8, 42), -ENOTTY);
	assert_int_equal(vfs_truncate(node, 1000), 0);
	assert_int_equal(length, 1000);
	assert_int_equal(vfs_truncate(node, -1), -EINVAL);
	assert_int_equal(vfs_llseek(file, -1, SEEK_END), 999);
	assert_int_equal(vfs_llseek(file, 1, SEEK_CUR), 1000);
	assert_int_equal(vfs_llseek(file, 10, SEEK_DATA), 10);
	assert_int_equal(vfs_llseek(file, 10, SEEK_HOLE), 1000);
	assert_int_equal(vfs_llseek(file, 1000, SEEK_DATA), -ENXIO);
	assert_int_equal(vfs_llseek(file, -1, SEEK_SET), -EINVAL);
	assert_int_equal(vfs_llseek(file, 0, 99), -EINVAL);
	assert_int_equal(vfs_fsync(file, 1), 0);
	assert_int_equal(vfs_fallocate(file, 0, 0, 0), -EINVAL);
	vfs_release(file);
	driver_down();
}

/* A fault costs the call; the file and the machine go on. */
static void faults(void **state)
{
	struct file *file;
	char buf[16] = "";

	/* cmocka has its own handlers of faults: the machine that is to catch them boots now. */
	fs_down(state);
	fs_up(state);
	driver_up(&full);
	console_loglevel = 0;
	file = must_open("dev/test0", O_RDWR);
	assert_int_equal(oops_count(), 0);
	assert_int_equal(vfs_write(file, buf, 13, NULL), -EIO);
	assert_int_equal(vfs_write(file, buf, 14, NULL), -EIO);
	assert_int_equal(oops_count(), 2);
	assert_int_equal(vfs_read(file, buf, 3, NULL), 3);
	vfs_release(file);
	driver_down();
}

static void release_all(void **state)
{
	driver_up(&full);
	must_open("dev/test0", O_RDWR);
	must_open("dev/test0", O_RDWR);
	assert_int_equal(vfs_release_all(), 2);
	driver_down();
}

static const struct file_operations no_positions = {
	.open = nonseekable_open,
	.read = t_read,
	.llseek = default_llseek,
};

static void without_positions(void **state)
{
	struct file *file;
	char buf[4];

	driver_up(&no_positions);
	file = must_open("dev/test0", O_RDONLY);
	assert_int_equal(vfs_read(file, buf, 4, NULL), 3);
	assert_int_equal(vfs_llseek(file, 0, SEEK_SET), -ESPIPE);
	vfs_release(file);
	driver_down();
}

static struct inode *changed_inode;
static loff_t changed_from, changed_bytes;

static void note_change(struct inode *inode, loff_t pos, loff_t len)
{
	changed_inode = inode;
	changed_from = pos;
	changed_bytes = len;
}

/* A driver that changes a file by itself tells who shows it. */
static void changes_are_told(void **state)
{
	static const struct vfs_client client = { .changed = note_change };
	struct file *file;

	driver_up(&full);
	file = must_open("dev/test0", O_RDONLY);
	inode_changed(file->f_inode, 1, 2); /* nobody is there to be told */
	assert_null(changed_inode);
	vfs_set_client(&client);
	inode_changed(file->f_inode, 100, 7);
	vfs_set_client(NULL);
	assert_ptr_equal(changed_inode, file->f_inode);
	assert_int_equal(changed_from, 100);
	assert_int_equal(changed_bytes, 7);
	vfs_release(file);
	driver_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fs_test(opening),
		fs_test(reading_and_writing),
		fs_test(missing_methods),
		fs_test(other_calls),
		fs_test(faults),
		fs_test(release_all),
		fs_test(without_positions),
		fs_test(changes_are_told),
	};

	return cmocka_run_group_tests_name("fs/file", tests, NULL, NULL);
}
