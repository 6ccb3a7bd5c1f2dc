// SPDX-License-Identifier: MIT
/*
 * access.c - devices that differ from scull only in who may open them, and when:
 *
 *	scullsingle	one open file at a time; -EBUSY for the next
 *	sculluid	one user at a time, any number of files; -EBUSY for other users
 *	scullwuid	the same, but others wait until he is done; -EAGAIN with O_NONBLOCK
 *	scullpriv	everybody, but each terminal has a device of its own behind the name
 *
 * The user is the client's; who may do everything (root, the mount's owner) may open sculluid and
 * scullwuid at any time. Between an open that was refused and the next one nothing is remembered.
 *
 * The end of a file reaches us after close() has returned, so a client that closes and opens again
 * can be ahead of itself. An open that would be refused therefore waits GRACE_MS for that first.
 *
 * A private copy belongs to the client's controlling terminal, as in the book; a client without
 * one has a copy with its session, so that scripts work (client_terminal()). Copies stay until
 * the module leaves. The length of scullpriv is shown as 0, since the name has many.
 *
 * Locks: access_lock protects the counts and owners; copies_mutex the list of copies.
 */
#include <kmem/sched.h>
#include "scull.h"

#define GRACE_MS 30

struct access {
	const char *name;
	struct file_operations fops; /* scull's, but for open and release */
	int (*open)(struct inode *inode, struct file *filp);
	int (*release)(struct inode *inode, struct file *filp);
	int (*truncate)(struct inode *inode, loff_t length);
	struct scull_dev dev;
	unsigned int count; /* open files; protected by access_lock */
	unsigned int owner; /* whose they are, while there are any; protected by access_lock */
	wait_queue_head_t wait;
	bool region_taken;
};

struct copy {
	struct list_head link;
	u64 terminal;
	struct scull_dev dev;
};

static DEFINE_SPINLOCK(access_lock);
static DEFINE_MUTEX(copies_mutex);
static LIST_HEAD(copies); /* protected by copies_mutex */

static struct access *inode_access(const struct inode *inode)
{
	return container_of(container_of(inode->i_cdev, struct scull_dev, cdev), struct access,
			    dev);
}

/* Counts one more file if that may be: of anybody if @alone is false and he is the owner. */
static bool try_enter(struct access *access, bool alone)
{
	unsigned int uid = current->uid;
	bool ok;

	spin_lock(&access_lock);
	ok = !access->count || (!alone && (access->owner == uid || capable(CAP_DAC_OVERRIDE)));
	if (ok && access->count++ == 0)
		access->owner = uid;
	spin_unlock(&access_lock);
	return ok;
}

static void leave(struct access *access)
{
	bool last;

	spin_lock(&access_lock);
	last = --access->count == 0;
	spin_unlock(&access_lock);
	if (last)
		wake_up_interruptible_all(&access->wait);
}

/* try_enter(), with patience for a file that is closed already. */
static bool enter(struct access *access, bool alone)
{
	for (int ms = 0; !try_enter(access, alone); ms++) {
		if (ms == GRACE_MS || signal_pending(current))
			return false;
		msleep(1);
	}
	return true;
}

/* The rest of an open that was let in. */
static int opened(struct access *access, struct inode *inode, struct file *filp)
{
	int ret = scull_open_dev(&access->dev, inode, filp);

	if (ret)
		leave(access);
	return ret;
}

static int scull_s_open(struct inode *inode, struct file *filp)
{
	struct access *access = inode_access(inode);

	return enter(access, true) ? opened(access, inode, filp) : -EBUSY;
}

static int scull_u_open(struct inode *inode, struct file *filp)
{
	struct access *access = inode_access(inode);

	return enter(access, false) ? opened(access, inode, filp) : -EBUSY;
}

static int scull_w_open(struct inode *inode, struct file *filp)
{
	struct access *access = inode_access(inode);

	if (filp->f_flags & O_NONBLOCK) {
		if (!enter(access, false))
			return -EAGAIN;
	} else if (wait_event_interruptible(access->wait, try_enter(access, false))) {
		return -ERESTARTSYS;
	}
	return opened(access, inode, filp);
}

static int scull_access_release(struct inode *inode, struct file *filp)
{
	leave(inode_access(inode));
	return 0;
}

/* The client's copy, made if there is none; NULL without memory. */
static struct scull_dev *copy_get(struct access *access)
{
	u64 terminal = client_terminal();
	struct scull_dev *dev = NULL;
	struct copy *copy;

	mutex_lock(&copies_mutex);
	list_for_each_entry(copy, &copies, link) {
		if (copy->terminal == terminal) {
			dev = &copy->dev;
			break;
		}
	}
	if (!dev) {
		copy = kzalloc(sizeof(*copy), GFP_KERNEL);
		if (copy) {
			dev = &copy->dev;
			copy->terminal = terminal;
			scull_dev_init(dev, &scull_driver, 0, &access->fops);
			dev->is_copy = true;
			list_add(&copy->link, &copies);
		}
	}
	mutex_unlock(&copies_mutex);
	return dev;
}

static int scull_c_open(struct inode *inode, struct file *filp)
{
	struct scull_dev *dev = copy_get(inode_access(inode));

	return dev ? scull_open_dev(dev, inode, filp) : -ENOMEM;
}

static int scull_c_truncate(struct inode *inode, loff_t length)
{
	struct scull_dev *dev = copy_get(inode_access(inode));

	return dev ? scull_resize(dev, inode, length) : -ENOMEM;
}

static struct access devices[] = {
	{ .name = "scullsingle", .open = scull_s_open, .release = scull_access_release },
	{ .name = "sculluid", .open = scull_u_open, .release = scull_access_release },
	{ .name = "scullwuid", .open = scull_w_open, .release = scull_access_release },
	{ .name = "scullpriv", .open = scull_c_open, .truncate = scull_c_truncate },
};

static int add(struct access *access, dev_t devt)
{
	int ret;

	access->fops = scull_fops;
	access->fops.owner = THIS_MODULE;
	access->fops.open = access->open;
	access->fops.release = access->release;
	if (access->truncate)
		access->fops.truncate = access->truncate;
	access->count = 0;
	init_waitqueue_head(&access->wait);
	scull_dev_init(&access->dev, &scull_driver, 0, &access->fops);
	ret = register_chrdev_region(devt, 1, access->name);
	if (ret)
		return ret;
	access->region_taken = true;
	return scull_dev_add(&access->dev, devt, access->name);
}

int scull_access_init(dev_t *next)
{
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(devices) && !ret; i++)
		ret = add(&devices[i], (*next)++);
	return ret;
}

void scull_access_exit(void)
{
	struct copy *copy, *tmp;

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		struct access *access = &devices[i];
		dev_t devt = access->dev.cdev.dev;

		scull_dev_remove(&access->dev);
		if (access->region_taken)
			unregister_chrdev_region(devt, 1);
		access->region_taken = false;
	}
	list_for_each_entry_safe(copy, tmp, &copies, link) {
		list_del(&copy->link);
		scull_trim(&copy->dev);
		kfree(copy);
	}
}
