// SPDX-License-Identifier: MIT
/*
 * vfs.c - putting the tree up and taking it down.
 *
 * The order of taking down is the reverse of who may use what: open files first (they may be
 * inside a driver), then the drivers' leftovers, then proc/, then the nodes.
 */
#include <kmem/bug.h>

#include "char_dev.h"
#include "devtmpfs.h"
#include "kmsg.h"
#include "poll.h"
#include "procfs.h"
#include "sysfs.h"
#include "vfs.h"

static struct node *dev_dir, *proc_dir;

/* Set before the first client comes and reset after the last one left. */
struct vfs_client vfs_client;

void inode_changed(struct inode *inode, loff_t pos, loff_t len)
{
	if (vfs_client.changed)
		vfs_client.changed(inode, pos, len);
}

void vfs_set_client(const struct vfs_client *client)
{
	vfs_client = client ? *client : (struct vfs_client){ 0 };
}

int vfs_init(void)
{
	int err = node_tree_init();

	if (err)
		return err;
	dev_dir = node_mkdir(node_root(), "dev", true);
	proc_dir = node_mkdir(node_root(), "proc", true);
	if (!dev_dir || !proc_dir) {
		vfs_exit();
		return -ENOMEM;
	}
	devtmpfs_init(dev_dir);
	procfs_init(proc_dir);
	err = proc_root_init();
	if (!err)
		err = kmsg_init(dev_dir);
	if (!err)
		err = sysfs_init();
	if (err)
		vfs_exit();
	return err;
}

void vfs_exit(void)
{
	struct node *node;

	vfs_release_all();
	kmsg_exit();
	node_forget_all();
	sysfs_exit();
	devtmpfs_exit();
	char_dev_exit();
	procfs_remove_all();
	procfs_init(NULL);
	while (dev_dir && (node = node_first_child(dev_dir))) {
		node_unlink(node);
		node_put(node);
	}
	if (dev_dir)
		node_unlink(dev_dir);
	if (proc_dir)
		node_unlink(proc_dir);
	node_put(dev_dir);
	node_put(proc_dir);
	dev_dir = proc_dir = NULL;
	node_tree_exit();
	WARN(node_count(), "%lu nodes are still in use", node_count());
}
