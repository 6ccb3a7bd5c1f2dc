// SPDX-License-Identifier: MIT
/*
 * misc.c - devices that are made with one call: misc_register(), and register_chrdev() of old.
 *
 * All misc devices share major 10, which is reserved while there is one of them; each has a cdev and
 * a name in dev/ for its minor. register_chrdev() is a region of 256 minors with one cdev, found
 * again by its major.
 *
 * Locks: misc_mutex protects both lists and is held over char_dev.c's calls.
 */
#include <kmem/bug.h>
#include <kmem/miscdevice.h>
#include <kmem/mutex.h>
#include <kmem/slab.h>

#include "node.h"

#define OLD_MINORS 256

struct old_chrdev {
	struct list_head list;
	unsigned int major;
	struct cdev cdev;
};

static DEFINE_MUTEX(misc_mutex);
static LIST_HEAD(misc_list);   /* protected by misc_mutex */
static LIST_HEAD(old_chrdevs); /* protected by misc_mutex */

/* Caller holds misc_mutex, as all below up to the public ones. */
static bool minor_taken(int minor)
{
	struct miscdevice *misc;

	list_for_each_entry(misc, &misc_list, list)
		if (misc->minor == minor)
			return true;
	return false;
}

/* The minor that the device gets, or -EBUSY. */
static int choose_minor(int wish)
{
	if (wish != MISC_DYNAMIC_MINOR)
		return minor_taken(wish) ? -EBUSY : wish;
	for (int minor = MISC_DYNAMIC_MINOR - 1; minor >= 0; minor--)
		if (!minor_taken(minor))
			return minor;
	return -EBUSY;
}

static int reserve_major(void)
{
	return list_empty(&misc_list)
		       ? register_chrdev_region(MKDEV(MISC_MAJOR, 0), MISC_DYNAMIC_MINOR, "misc")
		       : 0;
}

static void release_major(void)
{
	if (list_empty(&misc_list))
		unregister_chrdev_region(MKDEV(MISC_MAJOR, 0), MISC_DYNAMIC_MINOR);
}

static int make_live(struct miscdevice *misc, dev_t number)
{
	struct device *device;
	int err;

	cdev_init(&misc->cdev, misc->fops);
	misc->cdev.private_data = misc;
	err = cdev_add(&misc->cdev, number, 1);
	if (err)
		return err;
	device = device_create(NULL, NULL, number, NULL, "%s", misc->name);
	if (IS_ERR(device)) {
		cdev_del(&misc->cdev);
		return PTR_ERR(device) == -EEXIST ? -EBUSY : (int)PTR_ERR(device);
	}
	if (misc->mode)
		node_set_mode(inode_node(device_inode(number)), misc->mode);
	return 0;
}

int misc_register(struct miscdevice *misc)
{
	int err, minor;

	if (!misc->name || !misc->fops || misc->minor < 0 || misc->minor > MISC_DYNAMIC_MINOR)
		return -EINVAL;
	mutex_lock(&misc_mutex);
	err = minor = choose_minor(misc->minor);
	if (minor >= 0)
		err = reserve_major();
	if (!err) {
		err = make_live(misc, MKDEV(MISC_MAJOR, minor));
		if (err)
			release_major();
	}
	if (!err) {
		misc->minor = minor;
		list_add(&misc->list, &misc_list);
	}
	mutex_unlock(&misc_mutex);
	return err;
}

void misc_deregister(struct miscdevice *misc)
{
	mutex_lock(&misc_mutex);
	device_destroy(NULL, MKDEV(MISC_MAJOR, misc->minor));
	cdev_del(&misc->cdev);
	list_del(&misc->list);
	release_major();
	mutex_unlock(&misc_mutex);
}

int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops)
{
	struct old_chrdev *old = kzalloc(sizeof(*old), GFP_KERNEL);
	dev_t from = MKDEV(major, 0);
	int err;

	if (!old)
		return -ENOMEM;
	err = major ? register_chrdev_region(from, OLD_MINORS, name)
		    : alloc_chrdev_region(&from, 0, OLD_MINORS, name);
	if (err) {
		kfree(old);
		return err;
	}
	cdev_init(&old->cdev, fops);
	old->major = MAJOR(from);
	err = cdev_add(&old->cdev, from, OLD_MINORS);
	if (err) {
		unregister_chrdev_region(from, OLD_MINORS);
		kfree(old);
		return err;
	}
	mutex_lock(&misc_mutex);
	list_add(&old->list, &old_chrdevs);
	mutex_unlock(&misc_mutex);
	return major ? 0 : (int)old->major;
}

void unregister_chrdev(unsigned int major, const char *name)
{
	struct old_chrdev *old;

	mutex_lock(&misc_mutex);
	list_for_each_entry(old, &old_chrdevs, list)
		if (old->major == major)
			break;
	if (!WARN_ON(&old->list == &old_chrdevs)) {
		list_del(&old->list);
		cdev_del(&old->cdev);
		unregister_chrdev_region(MKDEV(major, 0), OLD_MINORS);
		kfree(old);
	}
	mutex_unlock(&misc_mutex);
}
