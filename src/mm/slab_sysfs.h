/* SPDX-License-Identifier: MIT */
/*
 * slab_sysfs.h - the attributes of caches, for sys/kernel/slab/. Told in slab_sysfs.c.
 * Context: may sleep (slab_mutex).
 */
#ifndef MM_SLAB_SYSFS_H
#define MM_SLAB_SYSFS_H

#include <kmem/types.h>

struct kmem_cache;
struct seq_file;

struct slab_attribute {
	const char *name;
	umode_t mode;
	void (*show)(struct seq_file *m, struct kmem_cache *s); /* NULL: empty */
	int (*store)(struct kmem_cache *s, const char *text);	/* 0 or -errno; NULL: none */
};

/* Ends with a NULL name. */
extern const struct slab_attribute slab_attributes[];

/* @directory: as slab_list_directories() tells it. -ENODEV if there is no such cache (now). */
int slab_attribute_show(struct seq_file *m, const char *directory, const char *attribute);
int slab_attribute_store(const char *directory, const char *attribute, const char *text);

/* Tells all directories (@target NULL), and the names that are symlinks to one. */
void slab_list_directories(void (*fn)(void *arg, const char *name, const char *target), void *arg);
/* Changes whenever the above would tell something else. */
unsigned long slab_directories_version(void);

/* Under slab_mutex. NULL: there is no such cache (now). */
struct kmem_cache *slab_cache_of_directory(const char *directory);
/* For slab_common.c, under slab_mutex. A cache came or went. */
void slab_sysfs_changed(void);
/* @name means @s too, until it is forgotten. NULL: forgets all. */
void slab_sysfs_alias(struct kmem_cache *s, const char *name);
void slab_sysfs_forget(struct kmem_cache *s);

#endif
