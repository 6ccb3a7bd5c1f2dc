// SPDX-License-Identifier: MIT
/*
 * pipe.c - scullpipe0, scullpipe1, ...: what is written to one is read from it once, in order.
 *
 * A ring buffer, two positions in it, and two queues:
 *
 *	buffer  [ . . . d d d d d . . . . ]	rp: the next byte to read, wp: the next free one
 *	                rp        wp		rp == wp: empty; so one byte is never used
 *
 * A reader of an empty pipe waits on inq, a writer of a full one on outq; with O_NONBLOCK they get
 * -EAGAIN. Who waits holds neither the lock nor a CPU, and can be interrupted. One waiter is woken
 * at a time; if he leaves something for the next one he wakes him. A pipe without writers is not
 * at its end, as in the book: a reader waits for the next one.
 *
 * The buffer is made by the first open, of scull_p_buffer bytes then, and freed by the last
 * release with what is in it.
 *
 * Locks: ->lock protects all fields; rp and wp are also read without it as a hint.
 */
#include <kmem/poll.h>
#include <kmem/sched.h>
#include <kmem/uaccess.h>
#include "scull.h"
#include "scull_ioctl.h"

#define SCULL_P_NR_DEVS 4
#define SCULL_P_BUFFER	4000

SCULL_PARAM(scull_p_nr_devs, SCULL_P_NR_DEVS, 1, SCULL_MAX_DEVS, 0444);
SCULL_PARAM(scull_p_buffer, SCULL_P_BUFFER, 2, (int)KMALLOC_MAX_SIZE, 0644);

struct scull_pipe {
	wait_queue_head_t inq, outq;
	struct mutex lock;
	char *buffer; /* NULL: nobody has it open */
	size_t size;
	size_t rp, wp;
	unsigned int nreaders, nwriters;
	struct cdev cdev;
	bool live;
};

static struct scull_pipe *pipes;
static unsigned int nr_pipes;
static dev_t first_pipe;
static bool region_taken, linked;
static struct proc_dir_entry *proc_entry;

/* Bytes that are in the buffer. Whoever asks has it open, so there is one. */
static size_t filled(const struct scull_pipe *pipe)
{
	return (READ_ONCE(pipe->wp) + pipe->size - READ_ONCE(pipe->rp)) % pipe->size;
}

static bool has_data(const struct scull_pipe *pipe)
{
	return filled(pipe) != 0;
}

static bool has_space(const struct scull_pipe *pipe)
{
	return filled(pipe) != pipe->size - 1;
}

/* What is at one end of a pipe: who waits there, for what, and where the next byte is. */
struct pipe_end {
	wait_queue_head_t *queue;
	bool (*ready)(const struct scull_pipe *pipe);
	size_t *pos;
};

static struct pipe_end read_end(struct scull_pipe *pipe)
{
	return (struct pipe_end){ &pipe->inq, has_data, &pipe->rp };
}

static struct pipe_end write_end(struct scull_pipe *pipe)
{
	return (struct pipe_end){ &pipe->outq, has_space, &pipe->wp };
}

static int scull_p_open(struct inode *inode, struct file *filp)
{
	struct scull_pipe *pipe = container_of(inode->i_cdev, struct scull_pipe, cdev);

	filp->private_data = pipe;
	if (mutex_lock_interruptible(&pipe->lock))
		return -ERESTARTSYS;
	if (!pipe->buffer) {
		pipe->size = (size_t)scull_param_get(&scull_p_buffer);
		pipe->buffer = kmalloc(pipe->size, GFP_KERNEL);
		pipe->rp = pipe->wp = 0;
	}
	if (!pipe->buffer) {
		mutex_unlock(&pipe->lock);
		return -ENOMEM;
	}
	pipe->nreaders += (filp->f_mode & FMODE_READ) != 0;
	pipe->nwriters += (filp->f_mode & FMODE_WRITE) != 0;
	mutex_unlock(&pipe->lock);
	return stream_open(inode, filp);
}

static int scull_p_release(struct inode *inode, struct file *filp)
{
	struct scull_pipe *pipe = filp->private_data;

	mutex_lock(&pipe->lock);
	pipe->nreaders -= (filp->f_mode & FMODE_READ) != 0;
	pipe->nwriters -= (filp->f_mode & FMODE_WRITE) != 0;
	if (!pipe->nreaders && !pipe->nwriters) {
		kfree(pipe->buffer);
		pipe->buffer = NULL;
	}
	mutex_unlock(&pipe->lock);
	return 0;
}

/* Takes the lock when @end is ready. 0, -EAGAIN or -ERESTARTSYS, without the lock then. */
static int lock_when_ready(struct scull_pipe *pipe, struct file *filp, const struct pipe_end *end)
{
	for (;;) {
		if (mutex_lock_interruptible(&pipe->lock))
			return -ERESTARTSYS;
		if (end->ready(pipe))
			return 0;
		mutex_unlock(&pipe->lock);
		if (READ_ONCE(filp->f_flags) & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible_exclusive(*end->queue, end->ready(pipe)))
			return -ERESTARTSYS;
	}
}

/*
 * Moves what there is, or what there is room for, to or from the client; the rest is for the next
 * call.
 */
static ssize_t move(struct file *filp, bool reads, char __user *buf, size_t count)
{
	struct scull_pipe *pipe = filp->private_data;
	struct pipe_end mine = reads ? read_end(pipe) : write_end(pipe);
	struct pipe_end other = reads ? write_end(pipe) : read_end(pipe);
	size_t done = 0, left = 0;
	bool more;
	int ret;

	if (!count)
		return 0;
	ret = lock_when_ready(pipe, filp, &mine);
	if (ret)
		return ret;
	while (done < count && mine.ready(pipe) && !left) {
		size_t there = reads ? filled(pipe) : pipe->size - 1 - filled(pipe);
		size_t len = min(count - done, min(there, pipe->size - *mine.pos));
		char *at = pipe->buffer + *mine.pos;

		left = reads ? copy_to_user(buf + done, at, len)
			     : copy_from_user(at, buf + done, len);
		len -= left;
		WRITE_ONCE(*mine.pos, (*mine.pos + len) % pipe->size);
		done += len;
	}
	more = mine.ready(pipe);
	mutex_unlock(&pipe->lock);
	if (more)
		wake_up_interruptible(mine.queue);
	if (done)
		wake_up_interruptible(other.queue);
	return done ? (ssize_t)done : -EFAULT;
}

static ssize_t scull_p_read(struct file *filp, char __user *buf, size_t count, loff_t *f_pos)
{
	return move(filp, true, buf, count);
}

static ssize_t scull_p_write(struct file *filp, const char __user *buf, size_t count, loff_t *f_pos)
{
	return move(filp, false, (char __user *)(uintptr_t)buf, count);
}

static __poll_t scull_p_poll(struct file *filp, poll_table *table)
{
	struct scull_pipe *pipe = filp->private_data;
	__poll_t mask = 0;

	poll_wait(filp, &pipe->inq, table);
	poll_wait(filp, &pipe->outq, table);
	mutex_lock(&pipe->lock);
	if (has_data(pipe))
		mask |= POLLIN | POLLRDNORM;
	if (has_space(pipe))
		mask |= POLLOUT | POLLWRNORM;
	mutex_unlock(&pipe->lock);
	return mask;
}

static long scull_p_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	return scull_driver_ioctl(&scull_driver, cmd, arg);
}

long scull_p_size_ioctl(unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case SCULL_P_IOCTSIZE:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (scull_param_check(&scull_p_buffer, (long)arg))
			return -EINVAL;
		scull_param_exchange(&scull_p_buffer, (int)arg);
		return 0;
	case SCULL_P_IOCQSIZE:
		return scull_param_get(&scull_p_buffer);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations scull_pipe_fops = {
	.owner = THIS_MODULE,
	.llseek = no_llseek,
	.read = scull_p_read,
	.write = scull_p_write,
	.poll = scull_p_poll,
	.unlocked_ioctl = scull_p_ioctl,
	.open = scull_p_open,
	.release = scull_p_release,
};

/* proc/scullpipe, with the emulated addresses. */
static int scull_p_show(struct seq_file *m, void *v)
{
	seq_printf(m, "Default buffersize is %i\n", scull_param_get(&scull_p_buffer));
	for (unsigned int i = 0; i < nr_pipes; i++) {
		struct scull_pipe *pipe = &pipes[i];
		unsigned long at;

		if (mutex_lock_interruptible(&pipe->lock))
			return -ERESTARTSYS;
		at = (unsigned long)pipe->buffer;
		seq_printf(m, "\nDevice %u: %016lx\n", i, (unsigned long)pipe);
		seq_printf(m, "   Buffer: %016lx to %016lx (%zu bytes)\n", at,
			   at ? at + pipe->size : 0, at ? pipe->size : 0);
		seq_printf(m, "   rp %016lx   wp %016lx\n", at ? at + pipe->rp : 0,
			   at ? at + pipe->wp : 0);
		seq_printf(m, "   readers %u   writers %u\n", pipe->nreaders, pipe->nwriters);
		mutex_unlock(&pipe->lock);
	}
	return 0;
}

static int add_pipe(struct scull_pipe *pipe, unsigned int number)
{
	struct device *device;
	int ret;

	init_waitqueue_head(&pipe->inq);
	init_waitqueue_head(&pipe->outq);
	mutex_init(&pipe->lock);
	cdev_init(&pipe->cdev, &scull_pipe_fops);
	ret = cdev_add(&pipe->cdev, first_pipe + number, 1);
	if (ret)
		return ret;
	pipe->live = true;
	device = device_create(scull_driver.class, NULL, pipe->cdev.dev, pipe, "scullpipe%u",
			       number);
	return IS_ERR(device) ? (int)PTR_ERR(device) : 0;
}

int scull_p_init(dev_t *next)
{
	int ret;

	nr_pipes = (unsigned int)scull_param_get(&scull_p_nr_devs);
	first_pipe = *next;
	pipes = kcalloc(nr_pipes, sizeof(*pipes), GFP_KERNEL);
	if (!pipes)
		return -ENOMEM;
	ret = register_chrdev_region(first_pipe, nr_pipes, "scullpipe");
	if (ret)
		return ret;
	region_taken = true;
	for (unsigned int i = 0; i < nr_pipes && !ret; i++)
		ret = add_pipe(&pipes[i], i);
	if (!ret)
		ret = devtmpfs_symlink("scullpipe", "scullpipe0");
	if (ret)
		return ret;
	linked = true;
	proc_entry = proc_create_single_data("scullpipe", 0, NULL, scull_p_show, NULL);
	*next = first_pipe + nr_pipes;
	return proc_entry ? 0 : -ENOMEM;
}

void scull_p_exit(void)
{
	if (proc_entry)
		proc_remove(proc_entry);
	if (linked)
		devtmpfs_remove("scullpipe");
	for (unsigned int i = 0; pipes && i < nr_pipes; i++) {
		if (!pipes[i].live)
			continue;
		device_destroy(scull_driver.class, pipes[i].cdev.dev);
		cdev_del(&pipes[i].cdev);
	}
	if (region_taken)
		unregister_chrdev_region(first_pipe, nr_pipes);
	kfree(pipes);
	pipes = NULL;
	proc_entry = NULL;
	linked = region_taken = false;
}
