/* SPDX-License-Identifier: MIT */
/*
 * sysfs.h - directories that show objects, and files that show one value each. Told in sysfs.c.
 */
#ifndef FS_SYSFS_H
#define FS_SYSFS_H

#include <kmem/seq_file.h>
#include "node.h"

#define SYSFS_FILE_SIZE PAGE_SIZE /* st_size of every file, and the most that one write can hold */

/* One file. @node is its node: the names above it say which object is meant. */
struct sysfs_file {
	const char *name;
	umode_t mode;
	/* 0, or -errno; -ENODEV: the object is gone, the file reads as empty. NULL: empty. */
	int (*show)(struct seq_file *m, const struct node *node);
	/* @text is what one write() brought, as a string. 0 or -errno. NULL: -EIO. */
	int (*store)(const struct node *node, const char *text);
};

struct sysfs_listing;

/* One kind of directory. */
struct sysfs_dir {
	const struct sysfs_file *files; /* that each has; ends with a NULL name */
	const struct sysfs_subdir *dirs;
	/* Tells the entries that are not the same in each. May be NULL. */
	void (*list)(struct sysfs_listing *l, const struct node *dir);
	/* Changes whenever ->list would tell something else. NULL: it never does. */
	unsigned long (*version)(void);
};

struct sysfs_subdir {
	const char *name; /* NULL: the last */
	const struct sysfs_dir *dir;
};

/* For ->list. Of entries with one name the first counts. */
void sysfs_list_dir(struct sysfs_listing *l, const char *name, const struct sysfs_dir *dir);
void sysfs_list_file(struct sysfs_listing *l, const char *name, umode_t mode,
		     const struct sysfs_file *file);
/* A file with methods of its own, whose contents are not one value. */
void sysfs_list_special(struct sysfs_listing *l, const char *name, umode_t mode,
			const struct file_operations *fops);
void sysfs_list_link(struct sysfs_listing *l, const char *name, const char *target);

/* Objects that have numbers, which stand at the end of their directories' names. */
unsigned int sysfs_number_of(const struct node *dir);
void sysfs_list_numbered(struct sysfs_listing *l, const char *name, unsigned int nr,
			 const struct sysfs_dir *dir);
/* A link to ../../@of/@of@nr. */
void sysfs_link_numbered(struct sysfs_listing *l, const char *of, unsigned int nr);

/* For ->show: there is none, or no such thing. */
int sysfs_show_zero(struct seq_file *m, const struct node *node);

/* sysfs_memory.c: how many blocks, and the node of one, or NUMA_NO_NODE if it has no RAM. */
unsigned int memory_blocks(void);
int memory_block_node(unsigned int nr);

/* Makes sys/ with everything in it, and takes it down. 0 or -ENOMEM. */
int sysfs_init(void);
void sysfs_exit(void);

/* The directories of sys/, each in the file of its name; sysfs_system_dir in sysfs_devices.c. */
extern const struct sysfs_dir sysfs_slab_dir, sysfs_module_dir, sysfs_system_dir, sysfs_memory_dir,
	sysfs_mm_dir, debugfs_dir;

#endif
