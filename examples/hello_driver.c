/* SPDX-License-Identifier: MIT */
/*
 * hello_driver.c - a character driver in one page, written as for the kernel.
 *
 * dev/hello keeps the last lines written to it, each in an object of a cache of its own, so that
 * proc/slabinfo shows a row "hello_line" that grows with every write:
 *
 *	cc -o hello.so -DKBUILD_MODNAME=hello hello_driver.c \
 *		$(pkg-config --cflags --libs kmem-module)
 *	kmemfs -o insmod=./hello.so,hello.keep=3 /mnt/k
 *	echo one > /mnt/k/dev/hello
 *	cat /mnt/k/dev/hello /mnt/k/proc/hello
 *	grep hello /mnt/k/proc/slabinfo
 *
 * What to look at: module parameters, a device number and its cdev, a slab cache, a mutex, user
 * memory, a file in proc/, and the way back out when a step of the init fails.
 */
#include <kmem/cdev.h>
#include <kmem/module.h>
#include <kmem/mutex.h>
#include <kmem/proc_fs.h>
#include <kmem/slab.h>
#include <kmem/uaccess.h>

#define LINE_MAX_BYTES 120

static int keep = 10;
module_param(keep, int, 0444);
MODULE_PARM_DESC(keep, "lines to remember");

struct hello_line {
	struct list_head node;
	size_t len;
	char text[LINE_MAX_BYTES];
};

static DEFINE_MUTEX(hello_lock); /* protects the list and the count */
static LIST_HEAD(lines);
static int nr_lines;

static struct kmem_cache *line_cache;
static dev_t hello_number;
static struct cdev hello_cdev;
static struct class *hello_class;

static void drop_oldest(void)
{
	struct hello_line *line = list_first_entry(&lines, struct hello_line, node);

	list_del(&line->node);
	kmem_cache_free(line_cache, line);
	nr_lines--;
}

static ssize_t hello_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	struct hello_line *line = kmem_cache_alloc(line_cache, GFP_KERNEL);

	if (!line)
		return -ENOMEM;
	line->len = min_t(size_t, count, LINE_MAX_BYTES);
	if (copy_from_user(line->text, buf, line->len)) {
		kmem_cache_free(line_cache, line);
		return -EFAULT;
	}
	mutex_lock(&hello_lock);
	list_add_tail(&line->node, &lines);
	if (++nr_lines > keep)
		drop_oldest();
	mutex_unlock(&hello_lock);
	return (ssize_t)count;
}

/* All lines, one after the other, as one file. */
static ssize_t hello_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct hello_line *line;
	loff_t start = 0; /* of the line, in that file */
	ssize_t ret = 0;

	if (mutex_lock_interruptible(&hello_lock))
		return -ERESTARTSYS;
	list_for_each_entry(line, &lines, node) {
		loff_t off = *pos - start;

		start += (loff_t)line->len;
		if (*pos >= start)
			continue;
		ret = (ssize_t)min_t(size_t, count, line->len - (size_t)off);
		if (copy_to_user(buf, line->text + off, (size_t)ret))
			ret = -EFAULT;
		else
			*pos += ret;
		break;
	}
	mutex_unlock(&hello_lock);
	return ret;
}

static const struct file_operations hello_fops = {
	.owner = THIS_MODULE,
	.read = hello_read,
	.write = hello_write,
	.llseek = noop_llseek,
};

static int hello_show(struct seq_file *m, void *v)
{
	mutex_lock(&hello_lock);
	seq_printf(m, "%d of %d lines, %zu bytes each\n", nr_lines, keep,
		   sizeof(struct hello_line));
	mutex_unlock(&hello_lock);
	return 0;
}

static int __init hello_init(void)
{
	struct device *dev;
	int err;

	if (keep < 1) {
		pr_err("hello: keep=%d is not possible: at least 1\n", keep);
		return -EINVAL;
	}
	line_cache = KMEM_CACHE(hello_line, 0);
	if (!line_cache)
		return -ENOMEM;
	err = alloc_chrdev_region(&hello_number, 0, 1, "hello");
	if (err)
		goto no_number;
	cdev_init(&hello_cdev, &hello_fops);
	hello_cdev.owner = THIS_MODULE;
	err = cdev_add(&hello_cdev, hello_number, 1);
	if (err)
		goto no_cdev;
	hello_class = class_create(THIS_MODULE, "hello");
	if (IS_ERR(hello_class)) {
		err = (int)PTR_ERR(hello_class);
		goto no_class;
	}
	dev = device_create(hello_class, NULL, hello_number, NULL, "hello");
	if (IS_ERR(dev)) {
		err = (int)PTR_ERR(dev);
		goto no_device;
	}
	err = -ENOMEM;
	if (!proc_create_single("hello", 0, NULL, hello_show))
		goto no_proc;
	return 0;

no_proc:
	device_destroy(hello_class, hello_number);
no_device:
	class_destroy(hello_class);
no_class:
	cdev_del(&hello_cdev);
no_cdev:
	unregister_chrdev_region(hello_number, 1);
no_number:
	kmem_cache_destroy(line_cache);
	return err;
}

static void __exit hello_exit(void)
{
	remove_proc_entry("hello", NULL);
	device_destroy(hello_class, hello_number);
	class_destroy(hello_class);
	cdev_del(&hello_cdev);
	unregister_chrdev_region(hello_number, 1);
	while (nr_lines)
		drop_oldest();
	kmem_cache_destroy(line_cache);
}

module_init(hello_init);
module_exit(hello_exit);

MODULE_LICENSE("MIT");
MODULE_DESCRIPTION("Remembers the last lines written to it");
