// SPDX-License-Identifier: MIT
/*
 * debugfs.c - sys/kernel/debug/: what who looks for mistakes may see and set.
 *
 * Each directory of fault injection is an attribute of kernel/fault_inject.c, and says what it
 * has; memblock/ has what the boot knew of memory; slab/ who has the objects of debugged caches
 * (mm/slub_track.c); page_owner is text without end, made block by block as it is read
 * (mm/page_owner.c). Here are only the files. They are for who owns the machine.
 *
 * Locks: a reader of page_owner has one, around what it has made and not yet read.
 */
#include <string.h>
#include <kmem/fault-inject.h>
#include <kmem/fs.h>
#include <kmem/machine.h>
#include <kmem/mutex.h>
#include <kmem/uaccess.h>

#include "../kernel/host.h"
#include "../mm/memblock_internal.h"
#include "../mm/kmemleak.h"
#include "../mm/page_owner.h"
#include "../mm/slab_sysfs.h"
#include "../mm/slub_debug.h"
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

static int show_memblock(struct seq_file *m, const struct node *node)
{
	return (strcmp(node->name, "memory") ? memblock_reserved_show : memblock_memory_show)(m,
											      NULL);
}

static void list_memblock_files(struct sysfs_listing *l, const struct node *dir)
{
	static const struct sysfs_file file = { .show = show_memblock };

	sysfs_list_file(l, "memory", 0444, &file);
	sysfs_list_file(l, "reserved", 0444, &file);
}

static const struct sysfs_dir memblock_dir = { .list = list_memblock_files };

/* slab/CACHE/: who has its objects. */

static int show_traces(struct seq_file *m, const struct node *node)
{
	return slub_show_traces(m, node->parent->name,
				strcmp(node->name, "alloc_traces") ? TRACK_FREE : TRACK_ALLOC);
}

static const struct sysfs_dir traces_dir = {
	.files = (const struct sysfs_file[]){ { "alloc_traces", 0400, show_traces, NULL },
					      { "free_traces", 0400, show_traces, NULL },
					      { NULL, 0, NULL, NULL } },
};

static void list_tracked(void *listing, const char *name)
{
	sysfs_list_dir(listing, name, &traces_dir);
}

static void list_slabs(struct sysfs_listing *l, const struct node *dir)
{
	slub_list_tracked(list_tracked, l);
}

static const struct sysfs_dir slab_dir = {
	.list = list_slabs,
	.version = slab_directories_version,
};

static int show_kmemleak(struct seq_file *m, const struct node *node)
{
	return kmemleak_show(m);
}

static int store_kmemleak(const struct node *node, const char *text)
{
	return kmemleak_command(text);
}

/* page_owner: one block after the other, each as it is when the reader comes to it. */

struct page_owner_reader {
	struct mutex lock;
	/* Protected by lock: */
	loff_t pos;	   /* where text[at] is in the file */
	unsigned long pfn; /* where to go on */
	size_t at, len;
	char text[PAGE_OWNER_TEXT];
};

static int page_owner_open(struct inode *inode, struct file *file)
{
	struct page_owner_reader *r = host_alloc(sizeof(*r));

	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	file->private_data = r;
	return 0;
}

static int page_owner_release(struct inode *inode, struct file *file)
{
	host_free(file->private_data);
	return 0;
}

/* The next bytes of the text there is, made if there is none. 0 at the end. */
static size_t more_text(struct page_owner_reader *r)
{
	if (r->at == r->len) {
		r->pfn = page_owner_text(r->pfn, r->text);
		r->at = 0;
		r->len = strlen(r->text);
	}
	return r->len - r->at;
}

/* A reader that goes back, or jumps, has the text made anew from the start. */
static bool go_to(struct page_owner_reader *r, loff_t pos)
{
	size_t n;

	if (pos < r->pos || !pos) {
		if (!pos)
			machine_idle();
		r->pos = 0;
		r->pfn = 0;
		r->at = r->len = 0;
	}
	while (r->pos < pos && (n = more_text(r))) {
		n = min(n, (size_t)(pos - r->pos));
		r->at += n;
		r->pos += n;
	}
	return r->pos == pos;
}

static ssize_t page_owner_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct page_owner_reader *r = file->private_data;
	size_t done = 0, n;

	mutex_lock(&r->lock);
	if (go_to(r, *pos)) {
		while (done < count && (n = more_text(r))) {
			n = min(n, count - done);
			if (copy_to_user(buf + done, r->text + r->at, n))
				break;
			r->at += n;
			r->pos += n;
			done += n;
		}
	}
	mutex_unlock(&r->lock);
	*pos += done;
	return done;
}

static const struct file_operations page_owner_fops = {
	.open = page_owner_open,
	.read = page_owner_read,
	.release = page_owner_release,
};

static void list_all(struct sysfs_listing *l, const struct node *dir)
{
	fault_attrs_for_each(list_fault, l);
	sysfs_list_dir(l, "memblock", &memblock_dir);
	sysfs_list_special(l, "page_owner", 0400, &page_owner_fops);
}

const struct sysfs_dir debugfs_dir = {
	.files = (const struct sysfs_file[]){ { "kmemleak", 0644, show_kmemleak, store_kmemleak },
					      { NULL, 0, NULL, NULL } },
	.dirs = (const struct sysfs_subdir[]){ { "slab", &slab_dir }, { NULL, NULL } },
	.list = list_all,
	.version = fault_attrs_version,
};
