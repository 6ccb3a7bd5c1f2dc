// SPDX-License-Identifier: MIT
/*
 * core.c - drivers of the family come and go; their devices and parameters.
 *
 * scull_register() makes, in this order, the array of devices, their numbers, the class, a cdev
 * and a name in dev/ for each, the symlink to number 0, and the file in proc/.
 * scull_unregister() takes back in the opposite order whatever of it there is, so it also cleans
 * up after a registration that failed halfway.
 */
#include <string.h>
#include "core.h"

bool scull_compat_book;

int scull_param_check(const struct scull_param *param, long value)
{
	if (param->fixed && value != scull_param_get(param))
		return -EINVAL;
	return value < param->min || value > param->max ? -EINVAL : 0;
}

int scull_param_exchange(struct scull_param *param, int value)
{
	return __atomic_exchange_n(&param->value, value, __ATOMIC_RELAXED);
}

void scull_param_reset(struct scull_param *param)
{
	if (!param->fixed)
		WRITE_ONCE(param->value, param->initial);
}

static int param_set(const char *val, const struct kernel_param *kp)
{
	struct scull_param *param = kp->arg;
	long value = 0;
	const struct kernel_param number = {
		.mod = kp->mod,
		.name = kp->name,
		.arg = &value,
	};

	if (param_ops_long.set(val, &number) || scull_param_check(param, value)) {
		pr_err("%s: %s=%.*s is not possible: it takes a number from %d to %d%s\n", kp->mod,
		       kp->name, (int)strcspn(val ? val : "", "\n"), val ? val : "", param->min,
		       param->max,
		       param->fixed ? ", and cannot change while the module is loaded" : "");
		return -EINVAL;
	}
	scull_param_exchange(param, (int)value);
	return 0;
}

static int param_get(char *buffer, const struct kernel_param *kp)
{
	int value = scull_param_get(kp->arg);
	const struct kernel_param number = { .mod = kp->mod, .name = kp->name, .arg = &value };

	return param_ops_int.get(buffer, &number);
}

const struct kernel_param_ops scull_param_ops = { .set = param_set, .get = param_get };

const struct file_operations scull_fops = {
	.llseek = scull_llseek,
	.read = scull_read,
	.write = scull_write,
	.unlocked_ioctl = scull_ioctl,
	.open = scull_open,
	.fsync = noop_fsync,
	.fallocate = scull_fallocate,
	.truncate = scull_truncate,
	.read_hold = scull_read_hold,
	.read_drop = scull_read_drop,
};

static int take_numbers(struct scull_driver *drv)
{
	unsigned int major = (unsigned int)scull_param_get(drv->major);
	unsigned int minor = drv->minor ? (unsigned int)scull_param_get(drv->minor) : 0;
	int ret;

	drv->first = MKDEV(major, minor);
	if (major)
		ret = register_chrdev_region(drv->first, drv->nr_devs, drv->name);
	else
		ret = alloc_chrdev_region(&drv->first, minor, drv->nr_devs, drv->name);
	if (ret) {
		pr_err("%s: no device numbers with major %u: error %d\n", drv->name, major, ret);
		return ret;
	}
	drv->region_taken = true;
	return 0;
}

void scull_dev_init(struct scull_dev *dev, struct scull_driver *drv, unsigned int number,
		    const struct file_operations *fops)
{
	dev->drv = drv;
	dev->number = number;
	init_rwsem(&dev->sem);
	scull_trim(dev);
	cdev_init(&dev->cdev, fops);
	dev->cdev.owner = drv->owner;
}

int scull_dev_add(struct scull_dev *dev, dev_t devt, const char *name)
{
	struct device *device;
	int ret = cdev_add(&dev->cdev, devt, 1);

	if (ret)
		return ret;
	dev->live = true;
	device = device_create(dev->drv->class, NULL, devt, dev, "%s", name);
	return IS_ERR(device) ? (int)PTR_ERR(device) : 0;
}

void scull_dev_remove(struct scull_dev *dev)
{
	if (!dev->live)
		return;
	device_destroy(dev->drv->class, dev->cdev.dev);
	cdev_del(&dev->cdev);
	scull_trim(dev);
	dev->live = false;
}

static int make_names(struct scull_driver *drv)
{
	char name[32];
	unsigned int i;
	int ret;

	drv->class = class_create(drv->owner, drv->name);
	if (IS_ERR(drv->class)) {
		ret = (int)PTR_ERR(drv->class);
		drv->class = NULL;
		return ret;
	}
	for (i = 0; i < drv->nr_devs; i++) {
		scull_dev_init(&drv->dev[i], drv, i, &drv->fops);
		snprintf(name, sizeof(name), "%s%u", drv->name, i);
		ret = scull_dev_add(&drv->dev[i], drv->first + i, name);
		if (ret)
			return ret;
	}
	snprintf(name, sizeof(name), "%s0", drv->name);
	ret = devtmpfs_symlink(drv->name, name);
	if (ret)
		return ret;
	drv->linked = true;
	drv->proc = proc_create_single_data(drv->proc_name, 0, NULL, scull_show, drv);
	return drv->proc ? 0 : -ENOMEM;
}

int scull_register(struct scull_driver *drv)
{
	int ret;

	drv->fops = scull_fops;
	drv->fops.owner = drv->owner;
	drv->nr_devs = (unsigned int)scull_param_get(drv->devs);
	drv->dev = kcalloc(drv->nr_devs, sizeof(*drv->dev), GFP_KERNEL);
	ret = drv->dev ? take_numbers(drv) : -ENOMEM;
	if (!ret)
		ret = make_names(drv);
	if (ret) {
		pr_err("%s: cannot make %u devices: error %d\n", drv->name, drv->nr_devs, ret);
		scull_unregister(drv);
	}
	return ret;
}

void scull_unregister(struct scull_driver *drv)
{
	unsigned int i;

	if (drv->proc)
		proc_remove(drv->proc);
	if (drv->class) {
		if (drv->linked)
			devtmpfs_remove(drv->name);
		for (i = 0; i < drv->nr_devs; i++)
			scull_dev_remove(&drv->dev[i]);
		class_destroy(drv->class);
	}
	if (drv->region_taken)
		unregister_chrdev_region(drv->first, drv->nr_devs);
	kfree(drv->dev);
	drv->proc = NULL;
	drv->class = NULL;
	drv->dev = NULL;
	drv->region_taken = false;
	drv->linked = false;
}
