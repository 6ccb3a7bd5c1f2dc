// SPDX-License-Identifier: MIT
/*
 * char_dev.c - character devices: numbers, and the map from numbers to drivers.
 *
 * Two lists, as in the kernel. *Regions* say who reserved which numbers (proc/devices shows them);
 * they keep drivers apart, nothing more. The *map* says which struct cdev serves a number: opening
 * an inode that has one (devtmpfs.c) asks it, pins the driver's module, puts the driver's
 * operations into the file and calls their open.
 *
 * A cdev has one reference of its owner and one for each open file, and cdev_del() takes the
 * owner's: files that are open go on, new opens fail with -ENXIO.
 *
 * Locks: chrdevs_mutex protects both lists. It is not held over a driver's method.
 */
#include <stdio.h>
#include <string.h>
#include <kmem/module.h>
#include <kmem/seq_file.h>
#include <kmem/slab.h>

#include "../mm/kmemleak.h"
#include "char_dev.h"

#define MAJOR_LIMIT 512 /* majors end here */

struct region {
	struct region *next; /* by number */
	dev_t from;
	unsigned int count;
	char name[64];
};

struct cdev_range {
	struct cdev_range *next;
	struct cdev *cdev; /* with a reference */
};

static DEFINE_MUTEX(chrdevs_mutex);
static struct region *regions;	    /* protected by chrdevs_mutex */
static struct cdev_range *cdev_map; /* protected by chrdevs_mutex */

/* Numbers. */

/* Caller holds chrdevs_mutex. */
static int region_add(struct region *region)
{
	dev_t end = region->from + region->count;
	struct region **link;

	for (link = &regions; *link && (*link)->from < end; link = &(*link)->next)
		if ((*link)->from + (*link)->count > region->from)
			return -EBUSY;
	region->next = *link;
	*link = region;
	return 0;
}

/* Caller holds chrdevs_mutex. The kernel's order: 254 down to 234, then 511 down to 384. */
static int free_major(void)
{
	static const int ranges[][2] = { { 254, 234 }, { 511, 384 } };

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		for (int major = ranges[i][0]; major >= ranges[i][1]; major--) {
			struct region *r = regions;

			while (r && (int)MAJOR(r->from) != major)
				r = r->next;
			if (!r)
				return major;
		}
	}
	return -EBUSY;
}

/* @major < 0: any. A region lies within one major. */
static int region_register(int major, unsigned int minor, unsigned int count, const char *name,
			   dev_t *from)
{
	struct region *region;
	int err = 0;

	if (major >= MAJOR_LIMIT || !count || minor > MINORMASK || count > MINORMASK + 1 - minor)
		return -EINVAL;
	region = kmemleak_host_alloc(sizeof(*region));
	if (!region)
		return -ENOMEM;
	region->count = count;
	snprintf(region->name, sizeof(region->name), "%s", name);
	mutex_lock(&chrdevs_mutex);
	if (major < 0)
		err = major = free_major();
	if (err >= 0) {
		region->from = MKDEV(major, minor);
		*from = region->from;
		err = region_add(region);
	}
	mutex_unlock(&chrdevs_mutex);
	if (err)
		kmemleak_host_free(region);
	return err;
}

int alloc_chrdev_region(dev_t *dev, unsigned int baseminor, unsigned int count, const char *name)
{
	return region_register(-1, baseminor, count, name, dev);
}

int register_chrdev_region(dev_t from, unsigned int count, const char *name)
{
	return region_register((int)MAJOR(from), MINOR(from), count, name, &from);
}

void unregister_chrdev_region(dev_t from, unsigned int count)
{
	struct region **link, *region;

	mutex_lock(&chrdevs_mutex);
	for (link = &regions; (region = *link); link = &region->next) {
		if (region->from == from && region->count == count) {
			*link = region->next;
			break;
		}
	}
	mutex_unlock(&chrdevs_mutex);
	kmemleak_host_free(region);
}

int devices_show(struct seq_file *m, void *v)
{
	seq_puts(m, "Character devices:\n");
	mutex_lock(&chrdevs_mutex);
	for (struct region *r = regions; r; r = r->next)
		seq_printf(m, "%3u %s\n", MAJOR(r->from), r->name);
	mutex_unlock(&chrdevs_mutex);
	seq_puts(m, "\nBlock devices:\n");
	return 0;
}

/* The map. */

void cdev_init(struct cdev *cdev, const struct file_operations *fops)
{
	memset(cdev, 0, sizeof(*cdev));
	atomic_set(&cdev->refs, 1);
	cdev->ops = fops;
}

struct cdev *cdev_alloc(void)
{
	struct cdev *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);

	if (cdev) {
		atomic_set(&cdev->refs, 1);
		cdev->dynamic = true;
	}
	return cdev;
}

/* The module whose code serves the device. */
static struct module *cdev_module(const struct cdev *cdev)
{
	return cdev->owner ? cdev->owner : cdev->ops->owner;
}

void cdev_put(struct cdev *cdev)
{
	struct module *owner = cdev_module(cdev);

	if (atomic_dec_and_test(&cdev->refs) && cdev->dynamic)
		kfree(cdev);
	module_put(owner);
}

static bool ranges_meet(const struct cdev *cdev, dev_t dev, unsigned int count)
{
	return cdev->dev < dev + count && dev < cdev->dev + cdev->count;
}

int cdev_add(struct cdev *cdev, dev_t dev, unsigned int count)
{
	struct cdev_range *range = kmemleak_host_alloc(sizeof(*range)), *r;

	if (!range)
		return -ENOMEM;
	if (!count) {
		kmemleak_host_free(range);
		return -EINVAL;
	}
	mutex_lock(&chrdevs_mutex);
	for (r = cdev_map; r; r = r->next)
		if (ranges_meet(r->cdev, dev, count))
			break;
	if (!r) {
		cdev->dev = dev;
		cdev->count = count;
		range->cdev = cdev;
		range->next = cdev_map;
		cdev_map = range;
	}
	mutex_unlock(&chrdevs_mutex);
	if (r)
		kmemleak_host_free(range);
	return r ? -EBUSY : 0;
}

void cdev_del(struct cdev *cdev)
{
	struct cdev_range **link, *range;

	mutex_lock(&chrdevs_mutex);
	for (link = &cdev_map; (range = *link); link = &range->next) {
		if (range->cdev == cdev) {
			*link = range->next;
			break;
		}
	}
	mutex_unlock(&chrdevs_mutex);
	kmemleak_host_free(range);
	if (atomic_dec_and_test(&cdev->refs) && cdev->dynamic)
		kfree(cdev);
}

/*
 * The inode remembers its driver, as drivers look there; it is only written if another has come,
 * since others read it at the same time.
 */
struct cdev *cdev_get(struct inode *inode)
{
	struct cdev *cdev = NULL;

	mutex_lock(&chrdevs_mutex);
	for (struct cdev_range *r = cdev_map; r; r = r->next)
		if (ranges_meet(r->cdev, inode->i_rdev, 1) &&
		    try_module_get(cdev_module(r->cdev))) {
			cdev = r->cdev;
			atomic_inc(&cdev->refs);
			break;
		}
	if (cdev && inode->i_cdev != cdev)
		inode->i_cdev = cdev;
	mutex_unlock(&chrdevs_mutex);
	return cdev;
}

static int chrdev_open(struct inode *inode, struct file *file)
{
	struct cdev *cdev = cdev_get(inode);

	if (!cdev)
		return -ENXIO;
	file->f_cdev = cdev; /* file.c puts it, also when what follows fails */
	file->f_op = cdev->ops;
	file->private_data = cdev->private_data;
	return cdev->ops->open ? cdev->ops->open(inode, file) : 0;
}

const struct file_operations chrdev_fops = {
	.open = chrdev_open,
};

void char_dev_exit(void)
{
	while (cdev_map) {
		pr_warn("device %u:%u: its driver left without cdev_del()\n",
			MAJOR(cdev_map->cdev->dev), MINOR(cdev_map->cdev->dev));
		cdev_del(cdev_map->cdev);
	}
	while (regions) {
		pr_warn("region %s: still registered\n", regions->name);
		unregister_chrdev_region(regions->from, regions->count);
	}
}
