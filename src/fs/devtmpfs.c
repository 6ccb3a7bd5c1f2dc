// SPDX-License-Identifier: MIT
/*
 * devtmpfs.c - the names of devices in dev/.
 *
 * A driver makes a device of a class, and its name is there. It is a regular file here: a device
 * node of a FUSE mount would open the host's driver of that number. Its inode has the number, and
 * whoever opens it comes to the driver by that (char_dev.c).
 *
 * Locks: devices_mutex protects the list. It is held over nothing else.
 */
#include <stdio.h>
#include <kmem/err.h>

#include "../mm/kmemleak.h"
#include "char_dev.h"
#include "devtmpfs.h"
#include "guard.h"
#include "node.h"

struct class
{
	const char *name;
};

struct device {
	struct device *next;
	struct class *class;
	dev_t devt;
	struct node *node; /* with a reference */
};

static DEFINE_MUTEX(devices_mutex);
static struct device *devices; /* protected by devices_mutex */
static struct node *dev_dir;

struct truncate_call {
	const struct file_operations *ops;
	struct inode *inode;
	loff_t length;
};

static long call_truncate(void *arg)
{
	struct truncate_call *c = arg;

	return c->ops->truncate(c->inode, c->length);
}

static int chrdev_truncate(struct node *node, loff_t length)
{
	struct cdev *cdev = cdev_get(&node->inode);
	struct truncate_call c = { .inode = &node->inode, .length = length };
	int err = -EINVAL;

	if (!cdev)
		return -ENXIO;
	c.ops = cdev->ops;
	if (c.ops->truncate)
		err = (int)guarded(call_truncate, &c);
	cdev_put(cdev);
	return err;
}

static const struct node_operations chrdev_node_ops = {
	.truncate = chrdev_truncate,
};

struct class *class_create_kmem(struct module *owner, const char *name)
{
	struct class *cls = kmemleak_host_alloc(sizeof(*cls));

	if (!cls)
		return ERR_PTR(-ENOMEM);
	cls->name = name;
	return cls;
}

void class_destroy(struct class *cls)
{
	if (!IS_ERR_OR_NULL(cls))
		kmemleak_host_free(cls);
}

static struct node *device_node(dev_t devt, const char *name)
{
	struct node *node = node_alloc(name, S_IFREG | 0664, &chrdev_node_ops, NULL);

	if (node) {
		node->inode.i_rdev = devt;
		node->inode.i_fop = &chrdev_fops;
	}
	return node;
}

struct device *device_create(struct class *cls, struct device *parent, dev_t devt, void *drvdata,
			     const char *fmt, ...)
{
	struct device *device = kmemleak_host_alloc(sizeof(*device));
	char name[64];
	va_list args;
	int err = -ENOMEM;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	if (!device)
		return ERR_PTR(-ENOMEM);
	device->class = cls;
	device->devt = devt;
	device->node = device_node(devt, name);
	if (device->node)
		err = dev_dir ? node_link(dev_dir, device->node) : -ENODEV;
	if (err) {
		node_put(device->node);
		kmemleak_host_free(device);
		return ERR_PTR(err);
	}
	mutex_lock(&devices_mutex);
	device->next = devices;
	devices = device;
	mutex_unlock(&devices_mutex);
	return device;
}

void device_destroy(struct class *cls, dev_t devt)
{
	struct device **link, *device;

	mutex_lock(&devices_mutex);
	for (link = &devices; (device = *link); link = &device->next) {
		if (device->devt == devt && device->class == cls) {
			*link = device->next;
			break;
		}
	}
	mutex_unlock(&devices_mutex);
	if (!device)
		return;
	node_unlink(device->node);
	node_put(device->node);
	kmemleak_host_free(device);
}

struct inode *device_inode(dev_t devt)
{
	struct inode *inode = NULL;

	mutex_lock(&devices_mutex);
	for (struct device *d = devices; d && !inode; d = d->next)
		if (d->devt == devt)
			inode = &d->node->inode;
	mutex_unlock(&devices_mutex);
	return inode;
}

int devtmpfs_symlink(const char *name, const char *target)
{
	struct node *node = dev_dir ? node_symlink(dev_dir, name, target) : NULL;

	if (!node)
		return -EEXIST;
	node_put(node);
	return 0;
}

void devtmpfs_remove(const char *name)
{
	struct node *node = dev_dir ? node_lookup(dev_dir, name) : NULL;

	if (node) {
		node_unlink(node);
		node_put(node);
	}
}

void devtmpfs_init(struct node *dir)
{
	dev_dir = dir;
}

void devtmpfs_exit(void)
{
	while (devices) {
		pr_warn("dev/%s: its driver left without device_destroy()\n", devices->node->name);
		device_destroy(devices->class, devices->devt);
	}
	dev_dir = NULL;
}
