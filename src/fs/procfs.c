// SPDX-License-Identifier: MIT
/*
 * procfs.c - making and removing entries of proc/.
 *
 * An entry is made in one piece (operations, data) before its node gets a name, so that a client
 * never meets half of one. The tree's nodes find names; a name with slashes goes into directories
 * that must exist. What happens to clients of an entry that is removed is told in proc_file.c.
 *
 * Ownership: the maker's reference to the node is the entry's until it is removed; the entry's
 * memory is freed with the node, since a file that is still open leads to it.
 *
 * Locks: none of its own; see node.c and proc_file.c.
 */
#include <string.h>
#include <kmem/bug.h>
#include <kmem/proc_fs.h>

#include "../kernel/host.h"
#include "../mm/kmemleak.h"
#include "node.h"
#include "procfs.h"

static struct node *proc_dir;

static void pde_free(struct node *node)
{
	kmemleak_host_free(node->priv);
}

static const struct node_operations proc_file_node_ops = {
	.free = pde_free,
	.generated = true,
};

static const struct node_operations proc_dir_node_ops = {
	.free = pde_free,
};

/*
 * The directory that @path's last name goes into, with a reference, and that name in *@last.
 * NULL if a directory on the way does not exist.
 */
static struct node *parent_of(struct proc_dir_entry *parent, const char *path, const char **last)
{
	struct node *start = parent ? parent->node : proc_dir;
	const char *slash = strrchr(path, '/');
	char way[256];

	*last = slash ? slash + 1 : path;
	if (!start || (slash && (size_t)(slash - path) >= sizeof(way)))
		return NULL;
	way[0] = '\0';
	if (slash) {
		memcpy(way, path, slash - path);
		way[slash - path] = '\0';
	}
	return node_walk(start, way);
}

/* Gives @pde a node of that name and links it; frees @pde if that fails. */
static struct proc_dir_entry *pde_link(struct proc_dir_entry *pde, const char *path, umode_t mode,
				       struct proc_dir_entry *parent)
{
	const char *name;
	struct node *dir = parent_of(parent, path, &name);
	const struct node_operations *ops = S_ISDIR(mode) ? &proc_dir_node_ops
							  : &proc_file_node_ops;
	struct node *node = dir ? node_alloc(name, mode, ops, pde) : NULL;
	int err = -ENOENT;

	if (node) {
		pde->node = node;
		node->inode.i_fop = &proc_reg_fops;
		node->inode.i_private = pde->data;
		err = node_link(dir, node);
	}
	node_put(dir);
	if (!err)
		return pde;
	pr_err("proc/%s: cannot be made, error %d\n", path, -err);
	if (node)
		node_put(node);
	else
		kmemleak_host_free(pde);
	return NULL;
}

static struct proc_dir_entry *pde_alloc(const struct proc_ops *ops, void *data)
{
	struct proc_dir_entry *pde = kmemleak_host_alloc(sizeof(*pde));

	if (!pde)
		return NULL;
	pde->ops = ops;
	pde->data = data;
	spin_lock_init(&pde->lock);
	INIT_LIST_HEAD(&pde->openers);
	init_waitqueue_head(&pde->empty);
	return pde;
}

static umode_t file_mode(umode_t mode)
{
	return S_IFREG | (mode & 0777 ? mode & 0777 : 0444);
}

struct proc_dir_entry *proc_create_data(const char *name, umode_t mode,
					struct proc_dir_entry *parent, const struct proc_ops *ops,
					void *data)
{
	struct proc_dir_entry *pde = pde_alloc(ops, data);

	return pde ? pde_link(pde, name, file_mode(mode), parent) : NULL;
}

struct proc_dir_entry *proc_create(const char *name, umode_t mode, struct proc_dir_entry *parent,
				   const struct proc_ops *ops)
{
	return proc_create_data(name, mode, parent, ops, NULL);
}

struct proc_dir_entry *proc_create_seq_data(const char *name, umode_t mode,
					    struct proc_dir_entry *parent,
					    const struct seq_operations *ops, void *data)
{
	struct proc_dir_entry *pde = pde_alloc(&proc_seq_ops, data);

	if (!pde)
		return NULL;
	pde->seq_ops = ops;
	return pde_link(pde, name, file_mode(mode), parent);
}

struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *, void *), void *data)
{
	struct proc_dir_entry *pde = pde_alloc(&proc_single_ops, data);

	if (!pde)
		return NULL;
	pde->single_show = show;
	return pde_link(pde, name, file_mode(mode), parent);
}

struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent)
{
	struct proc_dir_entry *pde = pde_alloc(NULL, NULL);

	return pde ? pde_link(pde, name, S_IFDIR | 0555, parent) : NULL;
}

struct proc_dir_entry *proc_symlink(const char *name, struct proc_dir_entry *parent,
				    const char *target)
{
	struct proc_dir_entry *pde = pde_alloc(NULL, NULL);
	const char *last;
	struct node *dir = parent_of(parent, name, &last);

	if (pde && dir)
		pde->node = node_symlink(dir, last, target);
	node_put(dir);
	if (pde && pde->node) {
		pde->node->priv = pde;
		return pde;
	}
	kmemleak_host_free(pde);
	return NULL;
}

static void remove_node(struct node *node)
{
	struct proc_dir_entry *pde = node->priv;
	struct node *child;

	node_unlink(node);
	while ((child = node_first_child(node))) {
		remove_node(child);
		node_put(child);
	}
	pde_shut(pde);
	if (node->target) /* a symlink's node has nobody else to free it */
		kmemleak_host_free(pde);
	node_put(node);
}

void proc_remove(struct proc_dir_entry *entry)
{
	if (entry)
		remove_node(entry->node);
}

void remove_proc_entry(const char *name, struct proc_dir_entry *parent)
{
	const char *last;
	struct node *dir = parent_of(parent, name, &last);
	struct node *node = dir ? node_lookup(dir, last) : NULL;

	node_put(dir);
	if (WARN(!node, "proc/%s: there is no such entry", name))
		return;
	remove_node(node);
	node_put(node);
}

void *pde_data(const struct inode *inode)
{
	return inode->i_private;
}

void procfs_init(struct node *dir)
{
	proc_dir = dir;
}

void procfs_remove_all(void)
{
	struct node *node;

	while (proc_dir && (node = node_first_child(proc_dir))) {
		remove_node(node);
		node_put(node);
	}
}
