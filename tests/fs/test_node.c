/* SPDX-License-Identifier: MIT */
/* node.c: names come and go, nodes live as long as somebody may name them. */
#include "fs_test.h"
#include <pthread.h>

static int freed;

static void count_free(struct node *node)
{
	freed++;
}

static const struct node_operations test_ops = { .free = count_free };

static struct node *add(struct node *dir, const char *name)
{
	struct node *node = node_alloc(name, S_IFREG | 0644, &test_ops, NULL);

	assert_non_null(node);
	assert_int_equal(node_link(dir, node), 0);
	return node;
}

static void names(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "/" };
	char long_name[300];
	struct node *a, *b;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_null(node_alloc(bad[i], S_IFREG, &test_ops, NULL));
	memset(long_name, 'x', sizeof(long_name));
	long_name[256] = '\0';
	assert_null(node_alloc(long_name, S_IFREG, &test_ops, NULL));

	a = add(node_root(), "a");
	b = node_alloc("a", S_IFREG, &test_ops, NULL);
	assert_int_equal(node_link(node_root(), b), -EEXIST);
	assert_int_equal(node_link(a, b), -ENOTDIR);
	node_put(b);

	b = node_lookup(node_root(), "a");
	assert_ptr_equal(a, b);
	node_put(b);
	assert_null(node_lookup(node_root(), "b"));
	node_unlink(a);
	node_unlink(a);
	assert_null(node_lookup(node_root(), "a"));
	node_put(a);
}

static void walks(void **state)
{
	struct node *dir = node_mkdir(node_root(), "x", false);
	struct node *sub = node_mkdir(dir, "y", false);
	struct node *file = add(sub, "z");
	static const char *const paths[] = { "x/y/z", "/x/y/z", "x//y/z/", "x/y/z//" };
	struct node *n;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		n = node_walk(node_root(), paths[i]);
		assert_ptr_equal(n, file);
		node_put(n);
	}
	assert_null(node_walk(node_root(), "x/q/z"));
	assert_null(node_walk(node_root(), "x/y/z/w"));
	n = node_walk(node_root(), "");
	assert_ptr_equal(n, node_root());
	node_put(n);

	node_unlink(file);
	node_unlink(sub);
	node_unlink(dir);
	assert_int_equal(node_link(sub, file), -ENOENT); /* sub was removed */
	node_put(file);
	node_put(sub);
	node_put(dir);
}

/* A node outlives its name for whoever holds it, and its parents with it. */
static void lifetime(void **state)
{
	struct node *dir = node_mkdir(node_root(), "dir", false);
	struct node *file = add(dir, "file");
	unsigned long before = node_count();
	struct stat st;

	freed = 0;
	node_remember(file);
	node_remember(file);
	node_remember(file);
	node_unlink(file);
	node_unlink(dir);
	node_put(dir);
	node_put(file);
	assert_int_equal(freed, 0);
	assert_int_equal(node_count(), before);
	node_stat(file, &st);
	assert_int_equal(st.st_nlink, 0);

	node_forget(file, 2);
	assert_int_equal(freed, 0);
	node_forget(file, 1);
	assert_int_equal(freed, 1);
	assert_int_equal(node_count(), before - 2);
}

/* The mount ends without forgets; too many of them are harmless. */
static void forget_all(void **state)
{
	struct node *a = add(node_root(), "a"), *b = add(node_root(), "b");

	freed = 0;
	node_remember(a);
	node_remember(b);
	node_unlink(a);
	node_unlink(b);
	node_forget(a, 100);
	node_put(a);
	assert_int_equal(freed, 1);
	node_put(b);
	assert_int_equal(freed, 1);
	node_forget_all();
	assert_int_equal(freed, 2);
}

struct seen {
	char names[1000];
	int left;
	u64 cookie;
};

static bool see(void *arg, const char *name, unsigned long ino, umode_t mode, u64 next)
{
	struct seen *s = arg;

	if (!s->left)
		return false;
	s->left--;
	assert_true(ino > 0 && mode & S_IFMT && next > s->cookie);
	sprintf(s->names + strlen(s->names), "%s ", name);
	s->cookie = next;
	return true;
}

/* Read in pieces of one while names go and come: no repetition, nothing that stays is missed. */
static void listing(void **state)
{
	struct node *dir = node_mkdir(node_root(), "list", false), *n[6];
	struct seen s = { .left = 100 };
	static const char *const name[] = { "a", "b", "c", "d", "e", "f" };

	for (int i = 0; i < 5; i++)
		n[i] = add(dir, name[i]);
	assert_int_equal(node_list(dir, 0, see, &s), 0);
	assert_string_equal(s.names, ". .. a b c d e ");

	memset(&s, 0, sizeof(s));
	for (int i = 0; i < 4; i++) {
		s.left = 1;
		node_list(dir, s.cookie, see, &s);
	}
	assert_string_equal(s.names, ". .. a b ");
	node_unlink(n[1]);
	node_unlink(n[2]);
	n[5] = add(dir, name[5]);
	for (int i = 0; i < 10; i++) {
		s.left = 1;
		node_list(dir, s.cookie, see, &s);
	}
	assert_string_equal(s.names, ". .. a b d e f ");
	assert_int_equal(node_list(n[0], 0, see, &s), -ENOTDIR);
	for (int i = 0; i < 6; i++) {
		node_unlink(n[i]);
		node_put(n[i]);
	}
	node_unlink(dir);
	node_put(dir);
}

static void attributes(void **state)
{
	struct node *dir = node_mkdir(node_root(), "d", false);
	struct node *sub = node_mkdir(dir, "sub", false);
	struct node *link = node_symlink(dir, "link", "sub/target");
	struct node *file = add(dir, "file");
	struct timespec then = { .tv_sec = 1000000 };
	struct stat st;

	node_stat(dir, &st);
	assert_int_equal(st.st_nlink, 3);
	assert_true(S_ISDIR(st.st_mode));
	node_stat(link, &st);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(st.st_size, 10);
	assert_string_equal(link->target, "sub/target");
	assert_null(node_symlink(dir, "link", "again"));

	i_size_write(&file->inode, 1025);
	node_set_mode(file, S_IFDIR | 0600);
	node_set_mtime(file, &then);
	node_stat(file, &st);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_size, 1025);
	assert_int_equal(st.st_blocks, 3);
	assert_int_equal(st.st_mtim.tv_sec, 1000000);
	/* A nanosecond before the epoch; and times that 64 bits of nanoseconds do not hold. */
	then = (struct timespec){ .tv_sec = -1, .tv_nsec = 999999999 };
	node_set_mtime(file, &then);
	node_stat(file, &st);
	assert_memory_equal(&st.st_mtim, &then, sizeof(then));
	then.tv_sec = INT64_MIN;
	node_set_mtime(file, &then);
	node_stat(file, &st);
	assert_int_equal(st.st_mtim.tv_sec, INT64_MIN / 1000000000 - 1);
	assert_in_range(st.st_mtim.tv_nsec, 0, 999999999);
	assert_int_equal(st.st_uid, getuid());

	node_unlink(sub);
	node_stat(dir, &st);
	assert_int_equal(st.st_nlink, 2);
	node_unlink(link);
	node_unlink(file);
	node_unlink(dir);
	node_put(sub);
	node_put(link);
	node_put(file);
	node_put(dir);
}

static void *changer(void *arg)
{
	for (int i = 0; i < 2000; i++)
		node_set_mode(arg, i & 07777);
	return NULL;
}

/* Permissions change while others open, list and look (for the thread sanitizer). */
static void modes_change(void **state)
{
	struct node *node = node_walk(node_root(), "proc/meminfo"), *dir;
	struct file *file;
	struct stat st;
	pthread_t t;

	assert_non_null(node);
	dir = node->parent;
	assert_int_equal(pthread_create(&t, NULL, changer, node), 0);
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(vfs_open(node, O_RDONLY, &file), 0);
		vfs_release(file);
		assert_int_equal(node_link(node, dir), -ENOTDIR);
		node_stat(node, &st);
		assert_true(S_ISREG(st.st_mode));
	}
	pthread_join(t, NULL);
	assert_int_equal(node_mode(node), S_IFREG | (1999 & 07777));
	node_put(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fs_test(names),	  fs_test(walks),      fs_test(lifetime),     fs_test(forget_all),
		fs_test(listing), fs_test(attributes), fs_test(modes_change),
	};

	return cmocka_run_group_tests_name("fs/node", tests, NULL, NULL);
}
