// SPDX-License-Identifier: MIT
/*
 * ioctl.c - two numbers of a driver (the unit: bytes of a quantum or order of its pages; and the
 * quanta of a set), each under six commands; see scull_ioctl.h.
 *
 * The commands are numbered from 1 in one of two ways: by value, all six of the unit first, or
 * interleaved, both values of a command together. A command is known only if letter, number,
 * direction and size all agree.
 *
 * Locks: none. A parameter is one word; two clients that exchange it at once each get the value
 * the other put there.
 */
#include <kmem/sched.h>
#include <kmem/uaccess.h>
#include "core.h"

enum action { ACT_SET, ACT_TELL, ACT_GET, ACT_QUERY, ACT_EXCHANGE, ACT_SHIFT, NR_ACTIONS };

static const unsigned int action_dir[NR_ACTIONS] = {
	[ACT_SET] = _IOC_WRITE,
	[ACT_TELL] = _IOC_NONE,
	[ACT_GET] = _IOC_READ,
	[ACT_QUERY] = _IOC_NONE,
	[ACT_EXCHANGE] = _IOC_READ | _IOC_WRITE,
	[ACT_SHIFT] = _IOC_NONE,
};

/* Splits @cmd into the action and the parameter. -ENOTTY if it is none of ours. */
static int decode(struct scull_driver *drv, unsigned int cmd, enum action *action,
		  struct scull_param **param)
{
	unsigned int n = _IOC_NR(cmd) - 1, dir;
	bool unit;

	if (n >= 2 * NR_ACTIONS)
		return -ENOTTY;
	if (drv->ioctl_interleaved) {
		*action = n / 2;
		unit = n % 2 == 0;
	} else {
		*action = n % NR_ACTIONS;
		unit = n < NR_ACTIONS;
	}
	*param = unit ? drv->unit : drv->qset;
	dir = action_dir[*action];
	if (cmd != _IOC(dir, drv->ioctl_magic, n + 1, dir == _IOC_NONE ? 0 : sizeof(int)))
		return -ENOTTY;
	return 0;
}

static long act(struct scull_param *param, enum action action, unsigned long arg)
{
	int __user *ptr = (int __user *)arg;
	int value = 0;
	long ret;

	if (action == ACT_GET)
		return put_user(scull_param_get(param), ptr);
	if (action == ACT_QUERY)
		return scull_param_get(param);

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (action == ACT_TELL || action == ACT_SHIFT) {
		ret = scull_param_check(param, (long)arg);
		value = (int)arg;
	} else {
		ret = get_user(value, ptr);
		if (!ret)
			ret = scull_param_check(param, value);
	}
	/* The old value must be known to arrive before it is replaced. */
	if (!ret && action == ACT_EXCHANGE)
		ret = put_user(scull_param_get(param), ptr);
	if (ret)
		return ret;

	ret = scull_param_exchange(param, value);
	if (action == ACT_SHIFT)
		return ret;
	return action == ACT_EXCHANGE ? put_user((int)ret, ptr) : 0;
}

long scull_driver_ioctl(struct scull_driver *drv, unsigned int cmd, unsigned long arg)
{
	struct scull_param *param;
	enum action action;

	if (cmd == _IO((unsigned int)drv->ioctl_magic, 0)) {
		scull_param_reset(drv->unit);
		scull_param_reset(drv->qset);
		return 0;
	}
	if (decode(drv, cmd, &action, &param) == 0)
		return act(param, action, arg);
	return drv->ioctl ? drv->ioctl(cmd, arg) : -ENOTTY;
}

long scull_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct scull_dev *dev = filp->private_data;

	return scull_driver_ioctl(dev->drv, cmd, arg);
}
