// SPDX-License-Identifier: MIT
/*
 * seq_file.c - the file half of seq_file: a pass is served from one snapshot.
 *
 * A read at offset 0 runs the whole iteration (start, show, next ... stop) into host memory; the
 * reads that follow take their piece of that text, however small or odd the pieces are, so that
 * a reader sees one moment and never half a line of another. Reading at offset 0 again makes the
 * text anew: that is how top-like tools refresh. The kernel instead iterates a page at a time;
 * what a reader sees within one call is the same.
 *
 * Who opens many files and reads none to its end must not keep others from reading: a snapshot
 * that finds the budget of all used up takes what the others have (snapshots_forget()).
 *
 * The iterator is a driver's and may fault: it runs guarded, so that the lock of the file comes
 * back whatever happens inside.
 *
 * Locks: ->lock serializes the readers of one open file and protects its snapshot; under it
 * snapshots_mutex, the list of files that have one. With that, another file's ->lock is only tried.
 */
#include <kmem/err.h>
#include <kmem/fs.h>
#include <kmem/printk.h>
#include <kmem/seq_file.h>
#include <kmem/uaccess.h>

#include "../kernel/host.h"
#include "../mm/kmemleak.h"
#include "guard.h"

struct seq_reader {
	struct seq_file m; /* the text is protected by lock */
	struct mutex lock;
	bool made;		      /* there is a snapshot; protected by lock */
	struct list_head link;	      /* in snapshots if made; protected by snapshots_mutex */
	struct seq_operations single; /* single_open()'s */
	int (*single_show)(struct seq_file *m, void *v);
};

static DEFINE_MUTEX(snapshots_mutex);
static LIST_HEAD(snapshots); /* protected by snapshots_mutex */

static struct seq_reader *reader_of(struct seq_file *m)
{
	return container_of(m, struct seq_reader, m);
}

/* Caller holds snapshots_mutex, and the reader's lock unless it is being released. */
static void snapshot_forget_locked(struct seq_reader *r)
{
	if (r->made)
		list_del(&r->link);
	r->made = false;
	seq_buffer_release(&r->m);
}

static void snapshot_forget(struct seq_reader *r)
{
	mutex_lock(&snapshots_mutex);
	snapshot_forget_locked(r);
	mutex_unlock(&snapshots_mutex);
}

/* Makes room: of all files but those that are read just now. */
static void snapshots_forget(void)
{
	struct seq_reader *r, *next;

	mutex_lock(&snapshots_mutex);
	list_for_each_entry_safe(r, next, &snapshots, link) {
		if (!mutex_trylock(&r->lock))
			continue;
		snapshot_forget_locked(r);
		mutex_unlock(&r->lock);
	}
	mutex_unlock(&snapshots_mutex);
}

static struct seq_reader *reader_open(struct file *file, const struct seq_operations *op)
{
	struct seq_reader *r = kmemleak_host_alloc(sizeof(*r));

	if (!r)
		return NULL;
	mutex_init(&r->lock);
	r->m.op = op;
	r->m.file = file;
	file->private_data = &r->m;
	return r;
}

int seq_open(struct file *file, const struct seq_operations *op)
{
	return reader_open(file, op) ? 0 : -ENOMEM;
}

void *__seq_open_private(struct file *file, const struct seq_operations *op, int psize)
{
	void *private = kmemleak_host_alloc(psize);
	struct seq_reader *r = private ? reader_open(file, op) : NULL;

	if (!r) {
		kmemleak_host_free(private);
		return NULL;
	}
	r->m.private = private;
	return private;
}

int seq_open_private(struct file *file, const struct seq_operations *op, int psize)
{
	return __seq_open_private(file, op, psize) ? 0 : -ENOMEM;
}

int seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	snapshot_forget(reader_of(m));
	kmemleak_host_free(reader_of(m));
	return 0;
}

int seq_release_private(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	kmemleak_host_free(m->private);
	return seq_release(inode, file);
}

/* A file of one show: an iteration over a single element. */

static void *single_start(struct seq_file *m, loff_t *pos)
{
	return *pos == 0 ? SEQ_START_TOKEN : NULL;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

static int single_show(struct seq_file *m, void *v)
{
	return reader_of(m)->single_show(m, v);
}

int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data)
{
	struct seq_reader *r = reader_open(file, NULL);

	if (!r)
		return -ENOMEM;
	r->single_show = show;
	r->single = (struct seq_operations){
		.start = single_start, .next = single_next, .stop = single_stop, .show = single_show
	};
	r->m.op = &r->single;
	r->m.private = data;
	return 0;
}

int single_release(struct inode *inode, struct file *file)
{
	return seq_release(inode, file);
}

/* One element; what a skipped one printed is taken back. 0 or -errno. */
static int show_one(struct seq_file *m, void *v)
{
	size_t before = m->count;
	int err = m->op->show(m, v);

	if (err)
		m->count = before;
	return min(err, 0);
}

static long iterate(void *arg)
{
	struct seq_file *m = arg;
	loff_t pos = 0;
	int err = 0;
	void *v;

	m->index = 0;
	v = m->op->start(m, &pos);
	while (v && !IS_ERR(v)) {
		loff_t at = pos;

		err = show_one(m, v);
		if (err || m->overflow)
			break;
		v = m->op->next(m, v, &pos);
		if (v && pos == at) {
			pr_warn("seq_file: next() did not move its position on\n");
			pos++;
		}
		m->index = pos;
	}
	if (IS_ERR(v)) {
		err = (int)PTR_ERR(v);
		v = NULL;
	}
	m->op->stop(m, v);
	return m->overflow ? -ENOMEM : err;
}

/* Caller holds the reader's lock. 0 or -errno, without a snapshot then. */
static int make_snapshot(struct seq_reader *r)
{
	int err;

	seq_buffer_reset(&r->m);
	err = (int)guarded(iterate, &r->m);
	if (r->m.overflow) {
		snapshots_forget();
		seq_buffer_reset(&r->m);
		err = (int)guarded(iterate, &r->m);
	}
	if (err) {
		snapshot_forget(r);
	} else if (!r->made) {
		mutex_lock(&snapshots_mutex);
		r->made = true;
		list_add(&r->link, &snapshots);
		mutex_unlock(&snapshots_mutex);
	}
	return err;
}

ssize_t seq_read(struct file *file, char __user *buf, size_t size, loff_t *ppos)
{
	struct seq_reader *r = reader_of(file->private_data);
	ssize_t ret = 0;
	size_t left;

	if (mutex_lock_interruptible(&r->lock))
		return -ERESTARTSYS;
	if (*ppos == 0 || !r->made)
		ret = make_snapshot(r);
	if (!ret && *ppos >= 0 && (u64)*ppos < r->m.count) {
		size = min(size, r->m.count - (size_t)*ppos);
		left = copy_to_user(buf, r->m.buf + *ppos, size);
		ret = left == size && size ? -EFAULT : (ssize_t)(size - left);
	}
	mutex_unlock(&r->lock);
	if (ret > 0)
		*ppos += ret;
	return ret;
}

/* The end is not known before the text is made, so there is no SEEK_END. */
loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

struct list_head *seq_list_start(struct list_head *head, loff_t pos)
{
	struct list_head *at;

	list_for_each(at, head)
		if (pos-- == 0)
			return at;
	return NULL;
}

struct list_head *seq_list_start_head(struct list_head *head, loff_t pos)
{
	return pos ? seq_list_start(head, pos - 1) : head;
}

struct list_head *seq_list_next(void *v, struct list_head *head, loff_t *ppos)
{
	struct list_head *next = ((struct list_head *)v)->next;

	++*ppos;
	return next == head ? NULL : next;
}
