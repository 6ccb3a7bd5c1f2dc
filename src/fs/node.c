// SPDX-License-Identifier: MIT
/*
 * node.c - the tree that the mount shows: directories, symlinks and files.
 *
 * A node is found by name in its directory's hash, and by its address, which is the number that
 * the bridge tells the kernel. It therefore lives as long as anybody may name it: its name in the
 * tree, the kernel's lookups that were not forgotten, every open file, every child and its maker
 * hold a reference each. Taking the name away (a driver leaves) touches none of the others.
 *
 * A listing is read in pieces while nodes come and go; each child has a cookie that only grows
 * within the directory, and the pieces go on after the last cookie seen: nothing is listed twice,
 * and nothing that stays is missed.
 *
 * Some directories show what others have (caches, modules): their ->refresh links and unlinks
 * entries before somebody looks, so that nobody need tell the tree when things come and go.
 *
 * Invariants: linked => parent != NULL (but for the root), and a reference is held for it;
 * lookups > 0 => a reference is held for them; a child holds its parent.
 *
 * Locks: tree_mutex protects the shape of the tree and the fields that node.h names. The last
 * node_put() frees outside it, since ->free may belong to somebody with locks of his own.
 *
 * Everything here is host memory: looking must not change what is seen.
 */
#define uthash_malloc(size)    host_alloc(size)
#define uthash_free(ptr, size) host_free(ptr)
#define HASH_NONFATAL_OOM      1
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/host.h"
#include "../mm/kmemleak.h"
#include "node.h"

#define FIRST_COOKIE 3 /* 1 and 2 are "." and ".." */

static DEFINE_MUTEX(tree_mutex);
static LIST_HEAD(all_nodes);	   /* protected by tree_mutex */
static unsigned long nr_nodes;	   /* protected by tree_mutex */
static unsigned long next_ino = 1; /* protected by tree_mutex */
static struct node *root;

/* A directory made for good, one that may go, and a symlink: nothing but what the table says. */
static const struct node_operations permanent_dir_ops = { .permanent = true };
static const struct node_operations dir_node_ops = { 0 };
static const struct node_operations symlink_node_ops = { 0 };

#define NSEC_PER_SEC 1000000000ll

/* As fine as the kernel's own times of files, and cheaper than the exact time. */
static s64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME_COARSE, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static bool name_is_good(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..") &&
	       strlen(name) <= 255;
}

static struct node *node_make(const char *name, umode_t mode, const struct node_operations *ops,
			      void *priv)
{
	struct node *node = kmemleak_host_alloc(sizeof(*node) + strlen(name) + 1);

	if (!node)
		return NULL;
	strcpy(node->name, name);
	node->ops = ops;
	node->priv = priv;
	node->next_cookie = FIRST_COOKIE;
	node->inode.i_mode = mode;
	node->inode.i_uid = getuid();
	node->inode.i_gid = getgid();
	node->mtime_ns = now_ns();
	inode_set_bytes(&node->inode, -1);
	atomic_set(&node->refs, 1);

	mutex_lock(&tree_mutex);
	node->inode.i_ino = next_ino++;
	list_add_tail(&node->all, &all_nodes);
	nr_nodes++;
	mutex_unlock(&tree_mutex);
	return node;
}

struct node *node_alloc(const char *name, umode_t mode, const struct node_operations *ops,
			void *priv)
{
	return name_is_good(name) ? node_make(name, mode, ops, priv) : NULL;
}

static void node_free(struct node *node)
{
	mutex_lock(&tree_mutex);
	list_del(&node->all);
	nr_nodes--;
	mutex_unlock(&tree_mutex);
	if (node->ops->free && !node->same)
		node->ops->free(node);
	node_put(node->same);
	host_free(node->target);
	kmemleak_host_free(node);
}

struct node *node_alias(struct node *node)
{
	struct node *alias = node_make(node->name, node_mode(node), node->ops, node->priv);

	if (!alias)
		return NULL;
	alias->inode.i_ino = node->inode.i_ino;
	alias->inode.i_rdev = node->inode.i_rdev;
	alias->inode.i_fop = node->inode.i_fop;
	alias->same = node_get(node);
	return alias;
}

/* The node that has the attributes. */
static struct node *original(struct node *node)
{
	return node->same ? node->same : node;
}

struct node *node_get(struct node *node)
{
	atomic_inc(&node->refs);
	return node;
}

void node_put(struct node *node)
{
	while (node && atomic_dec_and_test(&node->refs)) {
		struct node *parent = node->parent;

		node_free(node);
		node = parent;
	}
}

int node_link(struct node *dir, struct node *node)
{
	struct node *taken;
	int err = 0;

	if (!S_ISDIR(node_mode(dir)))
		return -ENOTDIR;
	mutex_lock(&tree_mutex);
	HASH_FIND_STR(dir->children, node->name, taken);
	if (taken) {
		err = -EEXIST;
	} else if (!dir->linked) {
		err = -ENOENT;
	} else {
		HASH_ADD_KEYPTR(hh, dir->children, node->name, strlen(node->name), node);
		if (!node->hh.tbl)
			err = -ENOMEM;
	}
	if (!err) {
		node->parent = node_get(dir);
		node->cookie = dir->next_cookie++;
		node->linked = true;
		node_get(node);
		dir->subdirs += S_ISDIR(node->inode.i_mode);
		WRITE_ONCE(dir->mtime_ns, now_ns());
	}
	mutex_unlock(&tree_mutex);
	return err;
}

void node_unlink(struct node *node)
{
	struct node *dir = node->parent;
	bool was_linked;

	mutex_lock(&tree_mutex);
	was_linked = node->linked;
	if (was_linked && dir) {
		HASH_DELETE(hh, dir->children, node);
		dir->subdirs -= S_ISDIR(node->inode.i_mode);
		WRITE_ONCE(dir->mtime_ns, now_ns());
	}
	node->linked = false;
	mutex_unlock(&tree_mutex);
	if (was_linked)
		node_put(node);
}

void node_unlink_tree(struct node *node)
{
	struct node *child;

	node_unlink(node);
	while ((child = node_first_child(node))) {
		node_unlink_tree(child);
		node_put(child);
	}
}

/* Links what was just made; gives it up if that fails. */
static struct node *link_or_drop(struct node *dir, struct node *node)
{
	if (node && node_link(dir, node)) {
		node_put(node);
		return NULL;
	}
	return node;
}

struct node *node_mkdir(struct node *dir, const char *name, bool permanent)
{
	return link_or_drop(dir, node_alloc(name, S_IFDIR | 0555,
					    permanent ? &permanent_dir_ops : &dir_node_ops, NULL));
}

struct node *node_symlink(struct node *dir, const char *name, const char *target)
{
	struct node *node = node_alloc(name, S_IFLNK | 0777, &symlink_node_ops, NULL);

	if (!node)
		return NULL;
	node->target = host_alloc(strlen(target) + 1);
	if (!node->target) {
		node_put(node);
		return NULL;
	}
	strcpy(node->target, target);
	i_size_write(&node->inode, strlen(target));
	return link_or_drop(dir, node);
}

/* Caller holds tree_mutex. */
static struct node *find_locked(struct node *dir, const char *name, size_t len)
{
	struct node *node;

	HASH_FIND(hh, dir->children, name, len, node);
	return node ? node_get(node) : NULL;
}

static void refresh(struct node *dir)
{
	if (dir->ops->refresh)
		dir->ops->refresh(dir);
}

static struct node *child_of(struct node *dir, const char *name, size_t len)
{
	struct node *node;

	mutex_lock(&tree_mutex);
	node = find_locked(dir, name, len);
	mutex_unlock(&tree_mutex);
	return node;
}

struct node *node_child(struct node *dir, const char *name)
{
	return child_of(dir, name, strlen(name));
}

struct node *node_lookup(struct node *dir, const char *name)
{
	refresh(dir);
	return node_child(dir, name);
}

struct node *node_walk(struct node *start, const char *path)
{
	struct node *node = node_get(start);

	while (node && *path) {
		size_t len = strcspn(path, "/");
		struct node *dir = node;

		if (len) {
			refresh(dir);
			node = child_of(dir, path, len);
			node_put(dir);
		}
		path += len + (path[len] == '/');
	}
	return node;
}

struct node *node_first_child(struct node *dir)
{
	struct node *node;

	mutex_lock(&tree_mutex);
	node = dir->children ? node_get(dir->children) : NULL;
	mutex_unlock(&tree_mutex);
	return node;
}

void node_remember(struct node *node)
{
	mutex_lock(&tree_mutex);
	if (node->lookups++ == 0)
		node_get(node);
	mutex_unlock(&tree_mutex);
}

void node_forget(struct node *node, unsigned long times)
{
	bool last;

	mutex_lock(&tree_mutex);
	times = min(times, node->lookups);
	last = times && times == node->lookups;
	node->lookups -= times;
	mutex_unlock(&tree_mutex);
	if (last)
		node_put(node);
}

/* The kernel sends no forgets when the mount ends. */
void node_forget_all(void)
{
	LIST_HEAD(seen);
	struct node *node, *found;

	do {
		found = NULL;
		mutex_lock(&tree_mutex);
		node = list_first_entry_or_null(&all_nodes, struct node, all);
		if (node) {
			list_move(&node->all, &seen);
			if (node->lookups)
				found = node;
			node->lookups = 0;
		} else {
			list_splice_init(&seen, &all_nodes);
		}
		mutex_unlock(&tree_mutex);
		node_put(found);
	} while (node);
}

/* Caller holds tree_mutex. */
static void list_locked(struct node *dir, u64 cookie, node_fill_t *fn, void *arg)
{
	bool more = true;

	for (struct node *node = dir->children; node && more; node = node->hh.next)
		if (node->cookie > cookie)
			more = fn(arg, node->name, node->inode.i_ino, node->inode.i_mode,
				  node->cookie);
}

void node_list_children(struct node *dir, u64 cookie, node_fill_t *fn, void *arg)
{
	mutex_lock(&tree_mutex);
	list_locked(dir, cookie, fn, arg);
	mutex_unlock(&tree_mutex);
}

int node_list(struct node *dir, u64 cookie, node_fill_t *fn, void *arg)
{
	const struct node *up = dir->parent ? dir->parent : dir;
	bool more = true;

	if (!S_ISDIR(node_mode(dir)))
		return -ENOTDIR;
	if (cookie < 1)
		refresh(dir);
	mutex_lock(&tree_mutex);
	if (cookie < 1)
		more = fn(arg, ".", dir->inode.i_ino, S_IFDIR, 1);
	if (more && cookie < 2)
		more = fn(arg, "..", up->inode.i_ino, S_IFDIR, 2);
	if (more)
		list_locked(dir, cookie, fn, arg);
	mutex_unlock(&tree_mutex);
	return 0;
}

void node_stat(struct node *node, struct stat *st)
{
	s64 mtime;
	loff_t bytes;

	node = original(node);
	memset(st, 0, sizeof(*st));
	mutex_lock(&tree_mutex);
	st->st_ino = node->inode.i_ino;
	st->st_mode = node->inode.i_mode;
	st->st_uid = node->inode.i_uid;
	st->st_gid = node->inode.i_gid;
	/* 1 for a directory says that the number of those in it is not known before it is read. */
	if (S_ISDIR(node->inode.i_mode) && !node->ops->refresh)
		st->st_nlink = node->linked ? 2 + node->subdirs : 0;
	else
		st->st_nlink = node->linked;
	mutex_unlock(&tree_mutex);
	mtime = node->ops->generated ? now_ns() : READ_ONCE(node->mtime_ns);
	st->st_mtim.tv_sec = mtime / NSEC_PER_SEC - (mtime % NSEC_PER_SEC < 0);
	st->st_mtim.tv_nsec = mtime % NSEC_PER_SEC + (mtime % NSEC_PER_SEC < 0) * NSEC_PER_SEC;
	st->st_atim = st->st_ctim = st->st_mtim;
	st->st_size = i_size_read(&node->inode);
	st->st_blksize = PAGE_SIZE;
	bytes = READ_ONCE(node->inode.i_bytes);
	st->st_blocks = DIV_ROUND_UP(bytes < 0 ? st->st_size : bytes, 512);
}

void node_set_mode(struct node *node, umode_t mode)
{
	node = original(node);
	mutex_lock(&tree_mutex);
	WRITE_ONCE(node->inode.i_mode, (node->inode.i_mode & S_IFMT) | (mode & 07777));
	mutex_unlock(&tree_mutex);
}

/* Without a lock: every write() comes here. Times past the year 2262 become that. */
void node_set_mtime(struct node *node, const struct timespec *mtime)
{
	s64 ns;

	if (!mtime)
		ns = now_ns();
	else if (__builtin_mul_overflow(mtime->tv_sec, NSEC_PER_SEC, &ns) ||
		 __builtin_add_overflow(ns, mtime->tv_nsec, &ns))
		ns = mtime->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	WRITE_ONCE(original(node)->mtime_ns, ns);
}

unsigned long node_count(void)
{
	unsigned long n;

	mutex_lock(&tree_mutex);
	n = nr_nodes;
	mutex_unlock(&tree_mutex);
	return n;
}

struct node *node_root(void)
{
	return root;
}

int node_tree_init(void)
{
	next_ino = 1;
	root = node_make("", S_IFDIR | 0555, &permanent_dir_ops, NULL);
	if (!root)
		return -ENOMEM;
	root->linked = true;
	return 0;
}

void node_tree_exit(void)
{
	node_forget_all();
	node_put(root);
	root = NULL;
}
