/* SPDX-License-Identifier: MIT */
/* procfs.c, proc_file.c, proc_root.c: entries, and removing them under their clients. */
#include "fs_test.h"
#include <pthread.h>
#include <kmem/bug.h>
#include <kmem/sched.h>
#include <kmem/wait.h>

static int show_data(struct seq_file *m, void *v)
{
	seq_printf(m, "data %s\n", (const char *)m->private);
	return 0;
}

static void builtin_files(void **state)
{
	static const char *const names[] = {
		"buddyinfo", "cmdline",	     "devices",	    "diskstats", "filesystems",
		"iomem",     "kallsyms",     "loadavg",	    "meminfo",	 "modules",
		"mounts",    "pagetypeinfo", "slabinfo",    "stat",	 "swaps",
		"uptime",    "version",	     "vmallocinfo", "vmstat",	 "zoneinfo",
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct node *node;
		char path[40];

		sprintf(path, "proc/%s", names[i]);
		node = node_walk(node_root(), path);
		assert_non_null(node);
		node_stat(node, &st);
		assert_int_equal(st.st_size, 0);
		assert_true(node->ops->generated);
		node_put(node);
		free(text_of(path));
	}
}

static void making_and_removing(void **state)
{
	struct proc_dir_entry *dir, *pde;
	char *text;

	pde = proc_create_single_data("one", 0, NULL, show_data, (char *)"1");
	assert_non_null(pde);
	assert_null(proc_create_single("one", 0, NULL, show_data));
	assert_null(proc_create_single("no/such", 0, NULL, show_data));
	assert_null(proc_create_single("", 0, NULL, show_data));
	text = text_of("proc/one");
	assert_string_equal(text, "data 1\n");
	free(text);
	proc_remove(pde);
	proc_remove(NULL);

	dir = proc_mkdir("driver", NULL);
	assert_non_null(dir);
	assert_non_null(proc_create_single_data("two", 0600, dir, show_data, (char *)"2"));
	assert_non_null(proc_create_single_data("driver/three", 0, NULL, show_data, (char *)"3"));
	assert_non_null(proc_symlink("four", dir, "three"));
	text = text_of("proc/driver/two");
	assert_string_equal(text, "data 2\n");
	free(text);
	text = text_of("proc/driver/four");
	assert_string_equal(text, "data 3\n");
	free(text);
	remove_proc_entry("driver/two", NULL);
	remove_proc_entry("three", dir);
	remove_proc_entry("driver", NULL); /* with the symlink in it */
	assert_null(node_walk(node_root(), "proc/driver"));
}

static int releases; /* atomic: clients of a race count too */

static int count_release(struct inode *inode, struct file *file)
{
	__atomic_fetch_add(&releases, 1, __ATOMIC_RELAXED);
	return single_release(inode, file);
}

static int open_single(struct inode *inode, struct file *file)
{
	return single_open(file, show_data, pde_data(inode));
}

static const struct proc_ops counted_ops = {
	.proc_open = open_single,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = count_release,
};

static void removed_while_open(void **state)
{
	struct proc_dir_entry *pde = proc_create_data("gone", 0, NULL, &counted_ops, (char *)"x");
	struct file *a = must_open("proc/gone", O_RDONLY), *b = must_open("proc/gone", O_RDONLY);
	loff_t pos = 0;
	char buf[4];

	releases = 0;
	assert_int_equal(vfs_read(a, buf, 2, &pos), 2);
	vfs_release(b);
	assert_int_equal(releases, 1);
	proc_remove(pde);
	assert_int_equal(releases, 2); /* on behalf of a */
	assert_int_equal(vfs_read(a, buf, 2, &pos), 0);
	pos = 0;
	assert_int_equal(vfs_read(a, buf, 2, &pos), 0);
	assert_int_equal(vfs_llseek(a, 0, SEEK_SET), -EINVAL);
	vfs_release(a);
	assert_int_equal(releases, 2);
}

static DECLARE_WAIT_QUEUE_HEAD(gate);
static bool inside, may_go, removed;

static ssize_t slow_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	__atomic_store_n(&inside, true, __ATOMIC_RELEASE);
	wait_event(gate, __atomic_load_n(&may_go, __ATOMIC_ACQUIRE));
	assert_false(__atomic_load_n(&removed, __ATOMIC_ACQUIRE));
	return 0;
}

static const struct proc_ops slow_ops = { .proc_read = slow_read };

static void *reader(void *arg)
{
	char buf[1];

	vfs_read(arg, buf, 1, NULL);
	return NULL;
}

static void *remover(void *arg)
{
	proc_remove(arg);
	__atomic_store_n(&removed, true, __ATOMIC_RELEASE);
	return NULL;
}

static void removal_waits(void **state)
{
	struct proc_dir_entry *pde = proc_create("slow", 0, NULL, &slow_ops);
	struct file *file = must_open("proc/slow", O_RDONLY);
	pthread_t r, d;

	inside = may_go = removed = false;
	pthread_create(&r, NULL, reader, file);
	while (!__atomic_load_n(&inside, __ATOMIC_ACQUIRE))
		msleep(1);
	pthread_create(&d, NULL, remover, pde);
	msleep(30);
	assert_false(__atomic_load_n(&removed, __ATOMIC_ACQUIRE));
	__atomic_store_n(&may_go, true, __ATOMIC_RELEASE);
	wake_up_all(&gate);
	pthread_join(r, NULL);
	pthread_join(d, NULL);
	assert_true(removed);
	vfs_release(file);
}

static ssize_t faulty_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	BUG();
}

static const struct proc_ops faulty_ops = { .proc_read = faulty_read };

/* A fault inside leaves the door as it was: removal does not wait for ever. */
static void faults(void **state)
{
	struct proc_dir_entry *pde = proc_create("bad", 0, NULL, &faulty_ops);
	struct file *file = must_open("proc/bad", O_RDONLY);
	char buf[1];

	console_loglevel = 0;
	assert_int_equal(vfs_read(file, buf, 1, NULL), -EIO);
	proc_remove(pde);
	vfs_release(file);
}

/* Opens, reads and closes race with making and removing. */
static bool race_over;

static void *racing_client(void *arg)
{
	while (!__atomic_load_n(&race_over, __ATOMIC_ACQUIRE)) {
		struct file *file;
		char buf[8];

		if (vfs_open_path("proc/racy", O_RDONLY, &file))
			continue;
		vfs_read(file, buf, sizeof(buf), NULL);
		vfs_release(file);
	}
	return NULL;
}

static void races(void **state)
{
	pthread_t t[3];
	int opened = 0;

	race_over = false;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		pthread_create(&t[i], NULL, racing_client, NULL);
	for (int i = 0; i < 300; i++) {
		struct proc_dir_entry *pde = proc_create_data("racy", 0, NULL, &counted_ops,
							      (char *)"r");
		struct file *file;

		assert_non_null(pde);
		opened += !vfs_open_path("proc/racy", O_RDONLY, &file);
		proc_remove(pde);
		vfs_release(file);
	}
	assert_int_equal(opened, 300);
	__atomic_store_n(&race_over, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		pthread_join(t[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fs_test(builtin_files),
		fs_test(making_and_removing),
		fs_test(removed_while_open),
		fs_test(removal_waits),
		fs_test(faults),
		fs_test(races),
	};

	return cmocka_run_group_tests_name("fs/procfs", tests, NULL, NULL);
}
