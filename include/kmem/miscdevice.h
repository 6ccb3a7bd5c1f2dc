/* SPDX-License-Identifier: MIT */
/*
 * miscdevice.h - a device with one number, made with one call.
 *
 * misc_register() takes a minor of major 10, gives the device its name in dev/, and makes it live;
 * ->private_data of an opened file is the struct miscdevice until the driver's open changes it.
 *
 * Context: both may sleep. Source of the rules: Linux 6.1, drivers/char/misc.c.
 */
#ifndef KMEM_MISCDEVICE_H
#define KMEM_MISCDEVICE_H

#include <kmem/cdev.h>

#define MISC_MAJOR	   10
#define MISC_DYNAMIC_MINOR 255

struct miscdevice {
	int minor; /* below 255, or MISC_DYNAMIC_MINOR: becomes one that is free */
	const char *name;
	const struct file_operations *fops;
	umode_t mode; /* of the name in dev/; 0: 0664 */
	struct list_head list;
	struct cdev cdev;
};

/* 0, -EBUSY: the minor or the name is taken, -ENOMEM. */
int misc_register(struct miscdevice *misc);
void misc_deregister(struct miscdevice *misc);

#define module_misc_device(misc)             \
	static int misc##_init(void)         \
	{                                    \
		return misc_register(&misc); \
	}                                    \
	static void misc##_exit(void)        \
	{                                    \
		misc_deregister(&misc);      \
	}                                    \
	module_init(misc##_init);            \
	module_exit(misc##_exit)

#endif
