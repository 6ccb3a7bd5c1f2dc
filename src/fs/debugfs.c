/* SPDX-License-Identifier: MIT */
/*
 * debugfs.c - sys/kernel/debug/: what who looks for mistakes may see and set.
 *
 * Each directory of fault injection is an attribute of kernel/fault_inject.c, and says what it
 * has; here are only the files. They are for who owns the machine.
 *
 * Locks: none here.
 */
#include <kmem/fault-inject.h>

#include "sysfs.h"

static int show_fault(struct seq_file *m, const struct node *node)
{
	int err = fault_file_show(m, node->parent->name, node->name);

	return err == -ENOENT ? -ENODEV : err;
}

static int store_fault(const struct node *node, const char *text)
{
	return fault_file_store(node->parent->name, node->name, text);
}

static const struct sysfs_file fault_file = { .show = show_fault, .store = store_fault };

static void list_fault_file(void *listing, const char *name)
{
	sysfs_list_file(listing, name, 0600, &fault_file);
}

static void list_fault_files(struct sysfs_listing *l, const struct node *dir)
{
	fault_files_for_each(dir->name, list_fault_file, l);
}

static const struct sysfs_dir fault_dir = {
	.list = list_fault_files,
	.version = fault_attrs_version,
};

static void list_fault(void *listing, const char *name)
{
	sysfs_list_dir(listing, name, &fault_dir);
}

static void list_all(struct sysfs_listing *l, const struct node *dir)
{
	fault_attrs_for_each(list_fault, l);
}

const struct sysfs_dir debugfs_dir = {
	.list = list_all,
	.version = fault_attrs_version,
};
