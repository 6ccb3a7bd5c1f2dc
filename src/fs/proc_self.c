// SPDX-License-Identifier: MIT
/*
 * proc_self.c - proc/self/: what a client may say of itself.
 *
 *	make-it-fail	1: task-filter lets this client's requests fail
 *	fail-nth	n: its n-th allocation from now fails; reads how many are left, 0: it has
 *
 * The machine has no processes; it knows a client by its number on the host. So "self" is whoever
 * reads or writes, what it says holds for it alone, not for its children, and stays over an exec:
 *
 *	sh -c 'echo 1 > proc/self/make-it-fail; exec cp file dev/scull0'
 *
 * Locks: none here; see kernel/fault_inject.c.
 */
#include <string.h>
#include <kmem/fault-inject.h>
#include <kmem/module.h>
#include <kmem/proc_fs.h>
#include <kmem/seq_file.h>
#include <kmem/uaccess.h>

#include "proc_self.h"

static int make_it_fail_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", get_make_it_fail());
	return 0;
}

static int fail_nth_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%u\n", get_fail_nth());
	return 0;
}

static int number_from_user(const char __user *buf, size_t count, unsigned int *number)
{
	const struct kernel_param as = { .ops = &param_ops_uint, .arg = number };
	char text[32] = "";

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	return param_ops_uint.set(text, &as);
}

static ssize_t make_it_fail_write(struct file *file, const char __user *buf, size_t count,
				  loff_t *pos)
{
	unsigned int on;
	int err = number_from_user(buf, count, &on);

	if (!err && on > 1)
		err = -EINVAL;
	if (!err)
		err = set_make_it_fail(on);
	return err ? err : (ssize_t)count;
}

static ssize_t fail_nth_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	unsigned int n;
	int err = number_from_user(buf, count, &n);

	if (!err)
		err = set_fail_nth(n);
	return err ? err : (ssize_t)count;
}

static int make_it_fail_open(struct inode *inode, struct file *file)
{
	return single_open(file, make_it_fail_show, NULL);
}

static int fail_nth_open(struct inode *inode, struct file *file)
{
	return single_open(file, fail_nth_show, NULL);
}

static const struct proc_ops make_it_fail_ops = {
	.proc_open = make_it_fail_open,
	.proc_read = seq_read,
	.proc_write = make_it_fail_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static const struct proc_ops fail_nth_ops = {
	.proc_open = fail_nth_open,
	.proc_read = seq_read,
	.proc_write = fail_nth_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

int proc_self_init(void)
{
	struct proc_dir_entry *self = proc_mkdir("self", NULL);

	if (!self || !proc_create("make-it-fail", 0644, self, &make_it_fail_ops) ||
	    !proc_create("fail-nth", 0644, self, &fail_nth_ops))
		return -ENOMEM;
	return 0;
}
