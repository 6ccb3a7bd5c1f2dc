// SPDX-License-Identifier: MIT
/*
 * sysfs.c - sys/: directories that show objects.
 *
 * The kernel tells sysfs of every object that comes and goes. Here it is the other way round: a
 * directory knows how to list what there is (a struct sysfs_dir), and compares that with its
 * nodes when somebody looks. So mm/ and kernel/ need not know that there are files, an object
 * costs nothing before it is looked at, and no lock is held from there to here.
 *
 * A file names its object by the names of the directories above it and looks it up with each
 * access: there is no pointer that could outlive the object. One that is gone reads as empty.
 *
 * Contents: text of one seq_file pass, made anew at offset 0; one write() is one value.
 *
 * Locks: sysfs_mutex serializes the refreshing of directories, outside node.c's and whatever
 * ->list takes. Everything is host memory.
 */
#define uthash_malloc(size)    host_alloc(size)
#define uthash_free(ptr, size) host_free(ptr)
#define HASH_NONFATAL_OOM      1
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/uaccess.h>

#include "../kernel/host.h"
#include "sysfs.h"

/* What a directory's node points to. */
struct sysfs_dir_state {
	const struct sysfs_dir *dir;
	/* Protected by sysfs_mutex: */
	unsigned long version;
	bool listed;
};

/* An entry that should be there. */
struct wanted {
	const struct sysfs_dir *dir;
	const struct sysfs_file *file;
	const struct file_operations *fops; /* instead */
	umode_t mode;
	const char *target; /* behind the name */
	UT_hash_handle hh;
	char name[];
};

struct sysfs_listing {
	struct wanted *entries; /* hashed by name, in the order they were told */
};

static DEFINE_MUTEX(sysfs_mutex);
static struct node *sys_dir;

/* A new entry of that name; NULL if there is one already, or no memory (it is missing then). */
static struct wanted *want(struct sysfs_listing *l, const char *name, const char *target)
{
	size_t len = strlen(name) + 1;
	struct wanted *w, *there;

	w = host_alloc(sizeof(*w) + len + (target ? strlen(target) + 1 : 0));
	if (!w)
		return NULL;
	strcpy(w->name, name);
	for (char *p = w->name; (p = strchr(p, '/'));)
		*p = '!';
	HASH_FIND_STR(l->entries, w->name, there);
	if (there) {
		host_free(w);
		return NULL;
	}
	if (target)
		w->target = strcpy(w->name + len, target);
	HASH_ADD_STR(l->entries, name, w);
	if (!w->hh.tbl) {
		host_free(w);
		return NULL;
	}
	return w;
}

static void free_listing(struct sysfs_listing *l)
{
	struct wanted *w = l->entries, *next;

	HASH_CLEAR(hh, l->entries);
	for (; w; w = next) {
		next = w->hh.next;
		host_free(w);
	}
}

void sysfs_list_dir(struct sysfs_listing *l, const char *name, const struct sysfs_dir *dir)
{
	struct wanted *w = want(l, name, NULL);

	if (w)
		w->dir = dir;
}

void sysfs_list_file(struct sysfs_listing *l, const char *name, umode_t mode,
		     const struct sysfs_file *file)
{
	struct wanted *w = want(l, name, NULL);

	if (!w)
		return;
	w->file = file;
	w->mode = mode;
}

void sysfs_list_special(struct sysfs_listing *l, const char *name, umode_t mode,
			const struct file_operations *fops)
{
	struct wanted *w = want(l, name, NULL);

	if (!w)
		return;
	w->fops = fops;
	w->mode = mode;
}

void sysfs_list_link(struct sysfs_listing *l, const char *name, const char *target)
{
	want(l, name, target);
}

unsigned int sysfs_number_of(const struct node *dir)
{
	const char *p = dir->name + strlen(dir->name);

	while (p > dir->name && isdigit((unsigned char)p[-1]))
		p--;
	return strtoul(p, NULL, 10);
}

void sysfs_list_numbered(struct sysfs_listing *l, const char *name, unsigned int nr,
			 const struct sysfs_dir *dir)
{
	char full[40];

	snprintf(full, sizeof(full), "%s%u", name, nr);
	sysfs_list_dir(l, full, dir);
}

void sysfs_link_numbered(struct sysfs_listing *l, const char *of, unsigned int nr)
{
	char name[40], target[96];

	snprintf(name, sizeof(name), "%s%u", of, nr);
	snprintf(target, sizeof(target), "../../%s/%s", of, name);
	sysfs_list_link(l, name, target);
}

int sysfs_show_zero(struct seq_file *m, const struct node *node)
{
	seq_puts(m, "0\n");
	return 0;
}

static void list_all(struct sysfs_listing *l, const struct sysfs_dir *dir, const struct node *node)
{
	for (const struct sysfs_file *f = dir->files; f && f->name; f++)
		sysfs_list_file(l, f->name, f->mode, f);
	for (const struct sysfs_subdir *s = dir->dirs; s && s->name; s++)
		sysfs_list_dir(l, s->name, s->dir);
	if (dir->list)
		dir->list(l, node);
}

/* Files. */

static int show_file(struct seq_file *m, void *v)
{
	const struct node *node = m->private;
	const struct sysfs_file *file = node->priv;
	int err = file->show ? file->show(m, node) : 0;

	return err == -ENODEV ? 0 : err;
}

static int sysfs_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_file, inode_node(inode));
}

static ssize_t sysfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	const struct node *node = inode_node(file->f_inode);
	const struct sysfs_file *f = node->priv;
	char text[SYSFS_FILE_SIZE + 1];
	int err;

	if (!f->store)
		return -EIO;
	count = min(count, (size_t)SYSFS_FILE_SIZE);
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = '\0';
	err = f->store(node, text);
	if (err)
		return err;
	*pos += count;
	return count;
}

static const struct file_operations sysfs_fops = {
	.open = sysfs_open,
	.read = seq_read,
	.write = sysfs_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct node_operations sysfs_file_ops = {
	.generated = true,
};

/* Directories. */

static void free_dir(struct node *node)
{
	host_free(node->priv);
}

static void sysfs_refresh(struct node *node);

static const struct node_operations sysfs_dir_ops = {
	.free = free_dir,
	.refresh = sysfs_refresh,
};

static struct node *make_dir(const char *name, const struct sysfs_dir *dir)
{
	struct sysfs_dir_state *state = host_alloc(sizeof(*state));
	struct node *node;

	if (!state)
		return NULL;
	state->dir = dir;
	node = node_alloc(name, S_IFDIR | 0755, &sysfs_dir_ops, state);
	if (!node)
		host_free(state);
	return node;
}

static struct node *make_file(const struct wanted *w)
{
	struct node *node = node_alloc(w->name, S_IFREG | w->mode, &sysfs_file_ops, NULL);

	if (!node)
		return NULL;
	node->priv = (void *)(uintptr_t)w->file;
	node->inode.i_fop = w->fops ? w->fops : &sysfs_fops;
	i_size_write(&node->inode, SYSFS_FILE_SIZE);
	return node;
}

static void link_new(struct node *dir, struct node *node)
{
	if (!node)
		return;
	node_link(dir, node); /* -ENOENT: the directory itself has just been removed */
	node_put(node);
}

static bool is_wanted(const struct node *node, const struct wanted *w)
{
	const struct sysfs_dir_state *state = node->priv;

	if (w->target)
		return node->target && !strcmp(node->target, w->target);
	if (w->file)
		return node->priv == w->file;
	if (w->fops)
		return node->inode.i_fop == w->fops;
	return node->ops == &sysfs_dir_ops && state->dir == w->dir;
}

/* Makes the entry unless it is there; what else has its name goes. */
static void bring_in(struct node *dir, const struct wanted *w)
{
	struct node *node = node_child(dir, w->name);

	if (node && !is_wanted(node, w)) {
		node_unlink_tree(node);
		node_put(node);
		node = NULL;
	}
	if (node)
		node_put(node);
	else if (w->target)
		node_put(node_symlink(dir, w->name, w->target));
	else
		link_new(dir, w->dir ? make_dir(w->name, w->dir) : make_file(w));
}

struct search {
	const struct sysfs_listing *listing;
	char name[256]; /* the entry that should not be there */
	u64 cookie;
	bool found;
};

static bool find_unwanted(void *arg, const char *name, unsigned long ino, umode_t mode, u64 next)
{
	struct search *s = arg;
	struct wanted *w;

	HASH_FIND_STR(s->listing->entries, name, w);
	s->found = !w;
	if (!w)
		strcpy(s->name, name);
	s->cookie = next;
	return !s->found;
}

static void drop_unwanted(struct node *dir, const struct sysfs_listing *l)
{
	struct search s = { .listing = l };

	do {
		struct node *node;

		s.found = false;
		node_list_children(dir, s.cookie, find_unwanted, &s);
		node = s.found ? node_child(dir, s.name) : NULL;
		if (node) {
			node_unlink_tree(node);
			node_put(node);
		}
	} while (s.found);
}

static void sysfs_refresh(struct node *node)
{
	struct sysfs_dir_state *state = node->priv;
	struct sysfs_listing l = { 0 };
	unsigned long version;

	mutex_lock(&sysfs_mutex);
	version = state->dir->version ? state->dir->version() : 0;
	if (!state->listed || version != state->version) {
		list_all(&l, state->dir, node);
		drop_unwanted(node, &l);
		for (struct wanted *w = l.entries; w; w = w->hh.next)
			bring_in(node, w);
		state->version = version;
		state->listed = true;
	}
	mutex_unlock(&sysfs_mutex);
	free_listing(&l);
}

/* The top. */

static const struct sysfs_dir kernel_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "debug", &debugfs_dir },
					       { "mm", &sysfs_mm_dir },
					       { "slab", &sysfs_slab_dir },
					       { NULL, NULL } },
};

static const struct sysfs_dir devices_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "system", &sysfs_system_dir }, { NULL, NULL } },
};

static const struct sysfs_dir top_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "devices", &devices_dir },
					       { "kernel", &kernel_dir },
					       { "module", &sysfs_module_dir },
					       { NULL, NULL } },
};

int sysfs_init(void)
{
	sys_dir = make_dir("sys", &top_dir);
	return sys_dir ? node_link(node_root(), sys_dir) : -ENOMEM;
}

void sysfs_exit(void)
{
	if (!sys_dir)
		return;
	node_unlink_tree(sys_dir);
	node_put(sys_dir);
	sys_dir = NULL;
}
