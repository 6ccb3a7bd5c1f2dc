/* SPDX-License-Identifier: MIT */
/*
 * cdev.h - character devices.
 *
 * cdev_add() makes the device live at once: opens find it by number. device_create() makes its
 * name in dev/, as devtmpfs does in the kernel; a name per number. cdev_del() and
 * device_destroy() take both away; files that are open stay usable until they are released.
 *
 * Context: all may sleep.
 */
#ifndef KMEM_CDEV_H
#define KMEM_CDEV_H

#include <kmem/atomic.h>
#include <kmem/fs.h>

struct cdev {
	struct module *owner;
	const struct file_operations *ops;
	dev_t dev;
	unsigned int count;
	atomic_t refs; /* the owner's and one per open file; 0: a cdev_alloc()ed one is freed */
	bool dynamic;  /* from cdev_alloc() */
	void *private_data; /* kmemfs's own: what an opened file has before the driver's open */
};

void cdev_init(struct cdev *cdev, const struct file_operations *fops);
struct cdev *cdev_alloc(void);
int cdev_add(struct cdev *cdev, dev_t dev, unsigned int count); /* 0 or -errno */
void cdev_del(struct cdev *cdev);

/*
 * The form of old: @major (0: a free one) with minors 0 to 255. 0, or the major if any would do, or
 * -errno.
 */
int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops);
void unregister_chrdev(unsigned int major, const char *name);

struct class;
struct device;

struct class *class_create_kmem(struct module *owner, const char *name);
#define class_create(owner, name) class_create_kmem(owner, name)
void class_destroy(struct class *cls);
/* A file of mode 0664 named by @fmt in dev/. Returns an ERR_PTR() on failure. */
struct device *device_create(struct class *cls, struct device *parent, dev_t devt, void *drvdata,
			     const char *fmt, ...) __printf(5, 6);
void device_destroy(struct class *cls, dev_t devt);

/* dev/@name -> @target, as the book's load scripts make. 0 or -errno. */
int devtmpfs_symlink(const char *name, const char *target);
void devtmpfs_remove(const char *name);

/* The inode behind a device's name in dev/; NULL if it has none. For i_size_write(). */
struct inode *device_inode(dev_t devt);

#endif
