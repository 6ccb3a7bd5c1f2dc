// SPDX-License-Identifier: MIT
/*
 * kmsg.c - the log as files, for those who follow it.
 *
 *	proc/kmsg  the lines as syslogd knows them, as many whole ones as fit into a read
 *	dev/kmsg   one record a read: "prefix,number,microseconds,-;text"; a write is a new line
 *
 * An open file has a place in the log of its own and starts at the oldest line that is kept; so
 * does a read at offset 0, which is what a client's lseek() to 0 looks like. At the end a read
 * waits for the next line, or says EAGAIN if the file is O_NONBLOCK.
 *
 * printk() must work where nothing else does, so it wakes nobody but a thread, klogd, that sleeps
 * on a word of the host's (log_wait()) and wakes the wait queue of the readers. It is started by
 * the first one that opens a file.
 *
 * Locks: ->lock of an open file protects its place, and is not held over a wait; klogd_mutex
 * the start of the thread.
 */
#include <stdio.h>
#include <string.h>
#include <kmem/poll.h>
#include <kmem/proc_fs.h>
#include <kmem/sched.h>
#include <kmem/uaccess.h>

#include "../kernel/host.h"
#include "../kernel/log.h"
#include "kmsg.h"
#include "node.h"

#define USER_FACILITY 1
#define DEFAULT_LEVEL 4
#define RECORD_MAX    (4 * LOG_LINE_MAX + 64) /* every byte of a text may become \xNN */

struct kmsg_reader {
	struct mutex lock;
	u64 seq;      /* the next line; protected by lock */
	size_t taken; /* bytes of it that were read already; protected by lock */
};

static DECLARE_WAIT_QUEUE_HEAD(kmsg_wait);
static DEFINE_MUTEX(klogd_mutex);
static unsigned long klogd; /* the thread; 0: not started. Protected by klogd_mutex */
static bool klogd_stop;	    /* atomic */

static void *klogd_main(void *arg)
{
	u64 seen = log_next_seq();

	while (!READ_ONCE(klogd_stop)) {
		log_wait(seen);
		seen = log_next_seq();
		wake_up_all(&kmsg_wait);
		cpu_park();
	}
	return NULL;
}

static int klogd_start(void)
{
	int err = 0;

	mutex_lock(&klogd_mutex);
	if (!klogd) {
		WRITE_ONCE(klogd_stop, false);
		err = host_thread_start(&klogd, "klogd", klogd_main, NULL);
	}
	mutex_unlock(&klogd_mutex);
	return err;
}

static int kmsg_open(struct inode *inode, struct file *file)
{
	struct kmsg_reader *r;
	int err = klogd_start();

	if (err)
		return err;
	r = host_alloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	r->seq = log_first_seq();
	file->private_data = r;
	return 0;
}

static int kmsg_release(struct inode *inode, struct file *file)
{
	host_free(file->private_data);
	return 0;
}

static bool has_line(struct kmsg_reader *r)
{
	return READ_ONCE(r->seq) < log_next_seq();
}

/* Until there is a line. 0, -EAGAIN, -ERESTARTSYS. */
static int wait_for_line(struct file *file, struct kmsg_reader *r)
{
	if (has_line(r))
		return 0;
	if (READ_ONCE(file->f_flags) & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(kmsg_wait, has_line(r));
}

/* Lines that were overwritten before they were read are skipped. Caller holds the lock. */
static void skip_lost(struct kmsg_reader *r)
{
	u64 first = log_first_seq();

	if (r->seq < first) {
		WRITE_ONCE(r->seq, first);
		r->taken = 0;
	}
}

/*
 * Copies from @text, the line that is next, what the reader has not had and @size has room for.
 * The bytes copied. Caller holds the lock.
 */
static ssize_t copy_line(struct kmsg_reader *r, const char *text, char __user *buf, size_t size)
{
	size_t len = strlen(text) - r->taken, n = min(len, size);

	if (copy_to_user(buf, text + r->taken, n))
		return -EFAULT;
	r->taken += n;
	if (n == len) {
		WRITE_ONCE(r->seq, r->seq + 1);
		r->taken = 0;
	}
	return n;
}

/* Whole lines; a piece of one only where not even that fits. Caller holds the lock. */
static ssize_t copy_lines(struct kmsg_reader *r, char __user *buf, size_t size)
{
	char text[LOG_LINE_MAX + 64];
	ssize_t done = 0;

	skip_lost(r);
	while ((size_t)done < size && log_line(r->seq, text, sizeof(text))) {
		ssize_t n;

		if (done && strlen(text) > size - done)
			break;
		n = copy_line(r, text, buf + done, size - done);
		if (n < 0)
			return done ? done : n;
		done += n;
	}
	return done;
}

/* "6,123,4567890,-;text\n", with bytes that are no characters as \xNN. */
static size_t format_record(const struct log_line *line, char *buf)
{
	char *p = buf + sprintf(buf, "%d,%llu,%llu,-;", line->prefix, (unsigned long long)line->seq,
				(unsigned long long)line->ns / 1000);

	for (const char *s = line->text; *s; s++) {
		unsigned char c = *s;

		if (c < ' ' || c >= 127 || c == '\\')
			p += sprintf(p, "\\x%02x", c);
		else
			*p++ = c;
	}
	*p++ = '\n';
	return p - buf;
}

/* -EINVAL if the record does not fit, as the kernel has it. Caller holds the lock. */
static ssize_t copy_record(struct kmsg_reader *r, char __user *buf, size_t size)
{
	char text[RECORD_MAX];
	struct log_line line;
	size_t len;

	skip_lost(r);
	if (!log_read(r->seq, &line))
		return 0;
	len = format_record(&line, text);
	if (len > size)
		return -EINVAL;
	if (copy_to_user(buf, text, len))
		return -EFAULT;
	WRITE_ONCE(r->seq, r->seq + 1);
	return len;
}

static ssize_t follow(struct file *file, char __user *buf, size_t size, loff_t *pos,
		      ssize_t (*copy)(struct kmsg_reader *r, char __user *buf, size_t size))
{
	struct kmsg_reader *r = file->private_data;
	ssize_t ret = 0;
	int err;

	if (!size)
		return 0;
	if (*pos == 0) {
		mutex_lock(&r->lock);
		WRITE_ONCE(r->seq, log_first_seq());
		r->taken = 0;
		mutex_unlock(&r->lock);
	}
	/* Another reader of the file may be faster: then there is more to wait for. */
	while (!ret) {
		err = wait_for_line(file, r);
		if (err)
			return err;
		mutex_lock(&r->lock);
		ret = copy(r, buf, size);
		mutex_unlock(&r->lock);
	}
	if (ret > 0)
		*pos += ret;
	return ret;
}

static ssize_t proc_kmsg_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return follow(file, buf, size, pos, copy_lines);
}

static ssize_t dev_kmsg_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return follow(file, buf, size, pos, copy_record);
}

/* A line, with "<prefix>" before it if its writer cares. */
static ssize_t dev_kmsg_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char line[LOG_LINE_MAX], *text = line;
	int prefix = USER_FACILITY << 3 | DEFAULT_LEVEL, said, len = 0;
	size_t n;

	if (size >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, size))
		return -EFAULT;
	line[size] = '\0';
	if (sscanf(line, "<%d>%n", &said, &len) == 1 && len && said >= 0 && said < 256) {
		prefix = said >> 3 ? said : USER_FACILITY << 3 | said;
		text += len;
	}
	n = strlen(text);
	if (n && text[n - 1] == '\n')
		n--;
	log_write(prefix, text, n);
	*pos += size;
	return size;
}

static __poll_t kmsg_poll(struct file *file, struct poll_table_struct *table)
{
	poll_wait(file, &kmsg_wait, table);
	return has_line(file->private_data) ? POLLIN | POLLRDNORM : 0;
}

static __poll_t dev_kmsg_poll(struct file *file, struct poll_table_struct *table)
{
	return kmsg_poll(file, table) | POLLOUT | POLLWRNORM;
}

static const struct proc_ops proc_kmsg_ops = {
	.proc_open = kmsg_open,
	.proc_read = proc_kmsg_read,
	.proc_poll = kmsg_poll,
	.proc_lseek = seq_lseek,
	.proc_release = kmsg_release,
};

static const struct file_operations dev_kmsg_fops = {
	.open = kmsg_open,
	.read = dev_kmsg_read,
	.write = dev_kmsg_write,
	.poll = dev_kmsg_poll,
	.llseek = seq_lseek,
	.release = kmsg_release,
};

static const struct node_operations dev_kmsg_node_ops = { .generated = true };

int kmsg_init(struct node *dev_dir)
{
	struct node *node = node_alloc("kmsg", S_IFREG | 0644, &dev_kmsg_node_ops, NULL);
	int err;

	if (!node)
		return -ENOMEM;
	node->inode.i_fop = &dev_kmsg_fops;
	node->inode.i_rdev = MKDEV(1, 11);
	err = node_link(dev_dir, node);
	node_put(node);
	if (!err && !proc_create("kmsg", 0400, NULL, &proc_kmsg_ops))
		err = -ENOMEM;
	return err;
}

void kmsg_exit(void)
{
	mutex_lock(&klogd_mutex);
	if (klogd) {
		WRITE_ONCE(klogd_stop, true);
		log_wake();
		host_thread_join(klogd);
		klogd = 0;
	}
	mutex_unlock(&klogd_mutex);
}
