// SPDX-License-Identifier: MIT
/*
 * proc_file.c - the calls of clients on files in proc/, and how they end when the file goes.
 *
 * An entry (struct proc_dir_entry) is the maker's side of a node. Its file operations are ours;
 * each calls the maker's proc_ops, but only between use_pde() and unuse_pde(). Removing an entry
 * first shuts that door, then waits until nobody is inside, then releases the files that are
 * still open on the maker's behalf: after proc_remove() has returned, none of his code runs and
 * none of his data is looked at. Reads through a file that is still open find the door shut and
 * see the end of the file.
 *
 * A call inside is guarded here too, under the guard of file.c: a fault must not leave the door
 * counted as in use for ever.
 *
 * Invariants: in_use counts the calls inside; gone => no new ones but releases; an opener is on
 * the list <=> its file names it (f_opener) <=> nobody has begun its release.
 *
 * Locks: pde->lock protects the fields of an entry; it is held over no call.
 */
#include <kmem/proc_fs.h>

#include "../kernel/host.h"
#include "guard.h"
#include "node.h"
#include "procfs.h"

struct pde_opener {
	struct list_head link;
	struct file *file;
};

static struct proc_dir_entry *file_pde(const struct file *file)
{
	return inode_node(file->f_inode)->priv;
}

static bool use_pde(struct proc_dir_entry *pde)
{
	bool open;

	spin_lock(&pde->lock);
	open = !pde->gone;
	pde->in_use += open;
	spin_unlock(&pde->lock);
	return open;
}

static void unuse_pde(struct proc_dir_entry *pde)
{
	bool wake;

	spin_lock(&pde->lock);
	wake = --pde->in_use == 0 && pde->gone;
	spin_unlock(&pde->lock);
	if (wake)
		wake_up_all(&pde->empty);
}

static bool pde_is_empty(struct proc_dir_entry *pde)
{
	bool empty;

	spin_lock(&pde->lock);
	empty = pde->in_use == 0;
	spin_unlock(&pde->lock);
	return empty;
}

/* The file operations of every entry. */

struct proc_call {
	const struct proc_ops *ops;
	struct inode *inode;
	struct file *file;
	char __user *buf;
	const char __user *from;
	size_t count;
	loff_t *pos;
	loff_t offset;
	int whence;
	unsigned int cmd;
	unsigned long arg;
	struct poll_table_struct *table;
};

static long call_open(void *arg)
{
	struct proc_call *c = arg;

	return c->ops->proc_open(c->inode, c->file);
}

static long call_release(void *arg)
{
	struct proc_call *c = arg;

	return c->ops->proc_release(c->inode, c->file);
}

static long call_read(void *arg)
{
	struct proc_call *c = arg;

	return c->ops->proc_read(c->file, c->buf, c->count, c->pos);
}

static long call_write(void *arg)
{
	struct proc_call *c = arg;

	return c->ops->proc_write(c->file, c->from, c->count, c->pos);
}

static long call_lseek(void *arg)
{
	struct proc_call *c = arg;

	return c->ops->proc_lseek(c->file, c->offset, c->whence);
}

static long call_ioctl(void *arg)
{
	struct proc_call *c = arg;

	return c->ops->proc_ioctl(c->file, c->cmd, c->arg);
}

static long call_poll(void *arg)
{
	struct proc_call *c = arg;

	return c->ops->proc_poll(c->file, c->table);
}

/* fn(c) inside the entry; @shut if that is no more there. */
static long pde_call(struct file *file, long (*fn)(void *), struct proc_call *c, long shut)
{
	struct proc_dir_entry *pde = file_pde(file);
	long ret;

	c->ops = pde->ops;
	c->file = file;
	c->inode = file->f_inode;
	if (!use_pde(pde))
		return shut;
	ret = guarded(fn, c);
	unuse_pde(pde);
	return ret;
}

static int proc_reg_open(struct inode *inode, struct file *file)
{
	struct proc_dir_entry *pde = file_pde(file);
	struct pde_opener *opener = host_alloc(sizeof(*opener));
	struct proc_call c = { .ops = pde->ops, .inode = inode, .file = file };
	int err = 0;

	if (!opener)
		return -ENOMEM;
	opener->file = file;
	if (!use_pde(pde)) {
		host_free(opener);
		return -ENOENT;
	}
	if (pde->ops->proc_open)
		err = (int)guarded(call_open, &c);
	if (err) {
		host_free(opener);
	} else {
		spin_lock(&pde->lock);
		list_add(&opener->link, &pde->openers);
		file->f_opener = opener;
		spin_unlock(&pde->lock);
	}
	unuse_pde(pde);
	return err;
}

/*
 * Takes @file's opener (NULL: any) off the list; it is the caller's to release then, and until
 * unuse_pde() that counts as a call inside, even if the door is shut.
 */
static struct pde_opener *opener_take(struct proc_dir_entry *pde, const struct file *file)
{
	struct pde_opener *opener;

	spin_lock(&pde->lock);
	opener = file ? file->f_opener
		      : list_first_entry_or_null(&pde->openers, struct pde_opener, link);
	if (opener) {
		list_del(&opener->link);
		opener->file->f_opener = NULL;
		pde->in_use++;
	}
	spin_unlock(&pde->lock);
	return opener;
}

static void opener_release(struct proc_dir_entry *pde, struct pde_opener *opener)
{
	struct proc_call c = { .ops = pde->ops,
			       .inode = opener->file->f_inode,
			       .file = opener->file };

	if (pde->ops->proc_release)
		guarded(call_release, &c);
	host_free(opener);
	unuse_pde(pde);
}

/* If the entry is being removed, its remover may have taken the opener and be at work on it. */
static int proc_reg_release(struct inode *inode, struct file *file)
{
	struct proc_dir_entry *pde = file_pde(file);
	struct pde_opener *opener = opener_take(pde, file);

	if (opener)
		opener_release(pde, opener);
	else
		wait_event(pde->empty, pde_is_empty(pde));
	return 0;
}

static ssize_t proc_reg_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct proc_call c = { .buf = buf, .count = count, .pos = pos };

	if (!file_pde(file)->ops->proc_read)
		return -EIO;
	return pde_call(file, call_read, &c, 0);
}

static ssize_t proc_reg_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	struct proc_call c = { .from = buf, .count = count, .pos = pos };

	if (!file_pde(file)->ops->proc_write)
		return -EIO;
	return pde_call(file, call_write, &c, -EIO);
}

static loff_t proc_reg_llseek(struct file *file, loff_t offset, int whence)
{
	struct proc_call c = { .offset = offset, .whence = whence };

	if (!file_pde(file)->ops->proc_lseek)
		return -ESPIPE;
	return pde_call(file, call_lseek, &c, -EINVAL);
}

static long proc_reg_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct proc_call c = { .cmd = cmd, .arg = arg };

	if (!file_pde(file)->ops->proc_ioctl)
		return -ENOTTY;
	return pde_call(file, call_ioctl, &c, -ENOTTY);
}

static __poll_t proc_reg_poll(struct file *file, struct poll_table_struct *table)
{
	struct proc_call c = { .table = table };
	long ret = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	if (file_pde(file)->ops->proc_poll)
		ret = pde_call(file, call_poll, &c, ret);
	return ret < 0 ? POLLERR : (__poll_t)ret;
}

const struct file_operations proc_reg_fops = {
	.open = proc_reg_open,
	.release = proc_reg_release,
	.read = proc_reg_read,
	.write = proc_reg_write,
	.llseek = proc_reg_llseek,
	.unlocked_ioctl = proc_reg_ioctl,
	.poll = proc_reg_poll,
};

/* The proc_ops of entries that are made from a seq_file alone. */

static int proc_seq_open(struct inode *inode, struct file *file)
{
	struct proc_dir_entry *pde = file_pde(file);
	int err = seq_open(file, pde->seq_ops);

	if (!err)
		((struct seq_file *)file->private_data)->private = pde->data;
	return err;
}

const struct proc_ops proc_seq_ops = {
	.proc_open = proc_seq_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release,
};

static int proc_single_open(struct inode *inode, struct file *file)
{
	struct proc_dir_entry *pde = file_pde(file);

	return single_open(file, pde->single_show, pde->data);
}

const struct proc_ops proc_single_ops = {
	.proc_open = proc_single_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

void pde_shut(struct proc_dir_entry *pde)
{
	struct pde_opener *opener;

	spin_lock(&pde->lock);
	pde->gone = true;
	spin_unlock(&pde->lock);
	wait_event(pde->empty, pde_is_empty(pde));
	while ((opener = opener_take(pde, NULL)))
		opener_release(pde, opener);
	wait_event(pde->empty, pde_is_empty(pde)); /* a client's release may be inside */
}
