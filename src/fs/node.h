/* SPDX-License-Identifier: MIT */
/*
 * node.h - the tree that the mount shows. Told in node.c.
 *
 * Context: all may sleep (they take tree_mutex), except node_get().
 */
#ifndef FS_NODE_H
#define FS_NODE_H

#include <time.h>
#include <uthash.h>
#include <kmem/atomic.h>
#include <kmem/fs.h>

struct node;
struct seq_file;

/* What a kind of node can do and is like: the one table that tells kinds apart. */
struct node_operations {
	/* Sets the length. NULL: the kind has none, -EINVAL. */
	int (*truncate)(struct node *node, loff_t length);
	/* The last reference is gone: frees ->priv. May be NULL. */
	void (*free)(struct node *node);
	/* A directory's: brings its entries up to date before somebody looks. May be NULL. */
	void (*refresh)(struct node *dir);
	bool generated; /* the text is made when it is read */
	bool permanent; /* never removed while mounted: its name may be remembered */
};

struct node {
	struct inode inode; /* mode, owner: protected by tree_mutex; ->i_size: atomic */
	const struct node_operations *ops;
	void *priv;	     /* the maker's */
	struct node *parent; /* holds a reference; NULL: the root, or not linked yet */
	atomic_t refs;

	/* protected by tree_mutex */
	unsigned long lookups; /* times the kernel was told of it; one reference while > 0 */
	bool linked;	       /* one reference while set */
	u64 cookie;	       /* its place in the parent's listing */
	u64 next_cookie;       /* a directory's: the next child's place */
	unsigned int subdirs;
	struct node *children; /* a directory's, hashed by name, listed in the order they came */
	struct list_head all;  /* in all_nodes */
	UT_hash_handle hh;

	bool is_stream;	   /* each lookup answers with an alias; atomic */
	struct node *same; /* an alias: of this node, with a reference */
	s64 mtime_ns;	   /* since the epoch; atomic */
	bool attr_is_told; /* the kernel hears of every change of length and times; atomic */

	char *target; /* a symlink's; belongs to the node */
	char name[];
};

static inline struct node *inode_node(const struct inode *inode)
{
	return (struct node *)container_of(inode, struct node, inode);
}

/* Makes the root, or frees all nodes. Nobody may use a node any more then. 0 or -ENOMEM. */
int node_tree_init(void);
void node_tree_exit(void);
struct node *node_root(void);

/*
 * A node that is not in the tree yet; the caller has a reference. NULL: no memory. @name is one
 * name: neither empty, "." or "..", nor with a slash (NULL then too).
 */
struct node *node_alloc(const char *name, umode_t mode, const struct node_operations *ops,
			void *priv);
/* Gives it a name in @dir. 0, -EEXIST, -ENOTDIR, or -ENOENT if @dir itself was removed. */
int node_link(struct node *dir, struct node *node);
/* Takes the name away; the node lives on for those who hold it. Harmless if there is none. */
void node_unlink(struct node *node);
/* The same for the node and all below it. */
void node_unlink_tree(struct node *node);

/* Directories and symlinks, linked; the caller has a reference. NULL: failed. */
struct node *node_mkdir(struct node *dir, const char *name, bool permanent);
struct node *node_symlink(struct node *dir, const char *name, const char *target);

/*
 * Another node for the same file, with the mode, owner and times of @node; not in the tree. The
 * kernel locks a file by its number while a write is under way, and a write to a stream may be
 * under way for long: with a number of its own, an opener does not wait for the others.
 */
struct node *node_alias(struct node *node);

/* Its permissions may change at any time, its type never. */
static inline umode_t node_mode(const struct node *node)
{
	return READ_ONCE(node->inode.i_mode);
}

struct node *node_get(struct node *node);
void node_put(struct node *node);

/* The child, with a reference; NULL if there is none. */
struct node *node_lookup(struct node *dir, const char *name);
/* The same among the entries there are: for the directory's own ->refresh. */
struct node *node_child(struct node *dir, const char *name);
/* By a path below @start: "dev/scull0". The node, with a reference, or NULL. */
struct node *node_walk(struct node *start, const char *path);
/* Some child of @dir, with a reference; NULL: it is empty. */
struct node *node_first_child(struct node *dir);

/* The kernel's references by number: taken with each answered lookup, given back by forget. */
void node_remember(struct node *node);
void node_forget(struct node *node, unsigned long times);
void node_forget_all(void);

/*
 * Calls @fn for the entries of @dir after @cookie in order (0: from the start; "." and ".." come
 * first) until it returns false. @fn must not take tree_mutex.
 */
typedef bool node_fill_t(void *arg, const char *name, unsigned long ino, umode_t mode, u64 next);
int node_list(struct node *dir, u64 cookie, node_fill_t *fn, void *arg);
/* The same without a refresh and without "." and "..". */
void node_list_children(struct node *dir, u64 cookie, node_fill_t *fn, void *arg);

void node_stat(struct node *node, struct stat *st);
/* Changes what is not the length: the permission bits, the times. */
void node_set_mode(struct node *node, umode_t mode);
void node_set_mtime(struct node *node, const struct timespec *mtime); /* NULL: now */
unsigned long node_count(void);

#endif
