// SPDX-License-Identifier: MIT
/*
 * file.c - open, read, write and seek.
 *
 * A call is carried on over quanta until the request is done. What cuts it short is the end of
 * the device (a read), no memory (a write) or a bad address; then the count says how far it
 * came, and only a call that moved nothing returns the error. A writer allocates as it goes, so
 * what a short count tells is in the device and stays there.
 *
 * Reading a hole gives zeros and takes no memory. A new quantum is zeroed unless the write is
 * going to cover all of it; if such a write faults, what it left is zeroed then: nobody ever
 * reads what the memory held before.
 *
 * Readers run in parallel; a write is atomic with respect to them and to other writes. A read by
 * reference (scull_read_hold) keeps ->sem until its bytes have left, so that holds for it too, and
 * no quantum is freed under it.
 *
 * Clients may remember what they read and wrote (FMODE_CACHED), except from devices with private
 * copies, and in the book's way, where a short read does not mean the end. That is settled for a
 * file when it is opened.
 */
#include <kmem/uaccess.h>
#include "core.h"

/* What a hole is read from by reference. */
static const char zeros[64 * 1024];

static bool by_the_book(const struct file *filp)
{
	return READ_ONCE(scull_compat_book) && !(filp->f_mode & FMODE_CACHED);
}

/* Opens @dev, which is what the inode stands for, or a copy of it. */
int scull_open_dev(struct scull_dev *dev, struct inode *inode, struct file *filp)
{
	int ret;

	filp->private_data = dev;
	if (!dev->is_copy && !READ_ONCE(scull_compat_book))
		filp->f_mode |= FMODE_CACHED;
	if ((filp->f_flags & O_ACCMODE) != O_WRONLY || (filp->f_flags & O_APPEND))
		return 0;
	ret = scull_resize(dev, inode, 0);
	if (!ret && !(filp->f_flags & O_TRUNC))
		filp->f_mode |= FMODE_CHANGED;
	return ret;
}

int scull_open(struct inode *inode, struct file *filp)
{
	return scull_open_dev(container_of(inode->i_cdev, struct scull_dev, cdev), inode, filp);
}

/* The quantum at @at, or NULL for a hole. @item caches the item between calls. */
static void *quantum_at(const struct scull_dev *dev, const struct scull_place *at,
			struct scull_qset **item)
{
	if (!*item || (*item)->index != at->item)
		*item = scull_item_find(dev, at->item);
	return *item ? (*item)->data[at->q] : NULL;
}

ssize_t scull_read(struct file *filp, char __user *buf, size_t count, loff_t *f_pos)
{
	struct scull_dev *dev = filp->private_data;
	struct scull_qset *item = NULL;
	struct scull_place at;
	loff_t pos = *f_pos;
	size_t done = 0;
	ssize_t ret = 0;

	if (pos < 0)
		return -EINVAL;
	if (down_read_interruptible(&dev->sem))
		return -ERESTARTSYS;

	if (pos >= dev->size)
		count = 0;
	else
		count = min_t(u64, count, dev->size - pos);
	at = scull_locate(dev, pos);
	while (done < count) {
		size_t len = min(count - done, dev->quantum - at.off);
		char *quantum = quantum_at(dev, &at, &item);
		size_t left;

		if (quantum)
			left = copy_to_user(buf + done, quantum + at.off, len);
		else if (by_the_book(filp))
			break;
		else
			left = clear_user(buf + done, len);
		done += len - left;
		if (left) {
			ret = -EFAULT;
			break;
		}
		if (by_the_book(filp))
			break;
		scull_place_advance(dev, &at, len);
	}
	up_read(&dev->sem);

	if (!done)
		return ret;
	*f_pos = pos + (loff_t)done;
	return (ssize_t)done;
}

/* Adds @len bytes at @at to the pieces, to the last one if they follow it. False: no room. */
static bool add_piece(struct kvec *vec, unsigned int max, unsigned int *nr, void *at, size_t len)
{
	struct kvec *last = *nr ? &vec[*nr - 1] : NULL;

	if (last && (char *)last->iov_base + last->iov_len == at) {
		last->iov_len += len;
		return true;
	}
	if (*nr == max)
		return false;
	vec[(*nr)++] = (struct kvec){ at, len };
	return true;
}

/* The pieces of @len bytes at @at of a quantum, or of a hole if that is NULL. */
static bool add_quantum(const struct scull_dev *dev, char *at, size_t len, struct kvec *vec,
			unsigned int max, unsigned int *nr)
{
	while (len) {
		size_t part = at ? len : min(len, sizeof(zeros));
		void *host = at ? at : (void *)(uintptr_t)zeros;

		if (at && dev->drv->host_bytes)
			host = dev->drv->host_bytes(at, &part);
		if (!add_piece(vec, max, nr, host, part))
			return false;
		if (at)
			at += part;
		len -= part;
	}
	return true;
}

ssize_t scull_read_hold(struct file *filp, size_t count, loff_t pos, struct kvec *vec,
			unsigned int max, unsigned int *nr)
{
	struct scull_dev *dev = filp->private_data;
	struct scull_qset *item = NULL;
	struct scull_place at;
	size_t done = 0;
	bool fits = true;

	if (by_the_book(filp))
		return -EOPNOTSUPP;
	if (down_read_interruptible(&dev->sem))
		return -ERESTARTSYS;
	*nr = 0;
	count = pos < dev->size ? min_t(u64, count, dev->size - pos) : 0;
	at = scull_locate(dev, pos);
	while (done < count && fits) {
		size_t len = min(count - done, dev->quantum - at.off);
		char *quantum = quantum_at(dev, &at, &item);

		fits = add_quantum(dev, quantum ? quantum + at.off : NULL, len, vec, max, nr);
		done += len;
		scull_place_advance(dev, &at, len);
	}
	if (count && fits)
		return (ssize_t)count;
	up_read(&dev->sem);
	return fits ? 0 : -EOPNOTSUPP;
}

void scull_read_drop(struct file *filp)
{
	struct scull_dev *dev = filp->private_data;

	up_read(&dev->sem);
}

/*
 * Puts @len bytes at @at. Returns how many came in, or -ENOMEM or -EFAULT if none did; then
 * nothing has changed but that *@cached, the item of the call before, may be gone.
 */
static ssize_t write_quantum(struct scull_dev *dev, const struct scull_place *at,
			     struct scull_qset **cached, const char __user *buf, size_t len)
{
	struct scull_qset *item = *cached;
	bool whole = len == dev->quantum;
	char *quantum;
	size_t left;

	if (!item || item->index != at->item)
		item = *cached = scull_item_get(dev, at->item);
	if (!item)
		return -ENOMEM;
	quantum = item->data[at->q];
	if (quantum) {
		left = copy_from_user(quantum + at->off, buf, len);
		return left < len ? (ssize_t)(len - left) : -EFAULT;
	}

	quantum = scull_quantum_alloc(dev, GFP_KERNEL | (whole ? 0 : __GFP_ZERO));
	if (!quantum) {
		scull_quanta_cut(dev, at->item, 0, 0);
		return -ENOMEM;
	}
	item->data[at->q] = quantum;
	item->used++;
	left = copy_from_user(quantum + at->off, buf, len);
	if (left == len) {
		scull_quanta_cut(dev, at->item, at->q, at->q + 1);
		return -EFAULT;
	}
	memset(quantum + at->off + len - left, 0, left);
	return (ssize_t)(len - left);
}

ssize_t scull_write(struct file *filp, const char __user *buf, size_t count, loff_t *f_pos)
{
	struct scull_dev *dev = filp->private_data;
	struct scull_qset *item = NULL;
	struct scull_place at;
	loff_t pos = *f_pos;
	size_t done = 0;
	ssize_t ret = 0;

	if (pos < 0)
		return -EINVAL;
	if (!count)
		return 0;
	if (down_write_killable(&dev->sem))
		return -ERESTARTSYS;

	if (filp->f_mode & FMODE_WRITEBACK)
		count = pos < dev->size ? min_t(u64, count, dev->size - pos) : 0;
	else if (READ_ONCE(filp->f_flags) & O_APPEND)
		pos = dev->size;
	if (pos >= SCULL_MAX_SIZE)
		ret = -EFBIG;
	else
		count = min_t(u64, count, SCULL_MAX_SIZE - pos);
	at = scull_locate(dev, pos);
	while (ret >= 0 && done < count) {
		size_t len = min(count - done, dev->quantum - at.off);

		ret = write_quantum(dev, &at, &item, buf + done, len);
		if (ret > 0)
			done += (size_t)ret;
		if (ret < (ssize_t)len || by_the_book(filp))
			break;
		scull_place_advance(dev, &at, len);
	}
	if (done) {
		*f_pos = pos + (loff_t)done;
		scull_set_size(dev, file_inode(filp), max(dev->size, *f_pos));
		ret = (ssize_t)done;
	}
	up_write(&dev->sem);
	return ret;
}

loff_t scull_llseek(struct file *filp, loff_t off, int whence)
{
	struct scull_dev *dev = filp->private_data;
	loff_t base = 0, pos;

	if (down_read_interruptible(&dev->sem))
		return -ERESTARTSYS;
	switch (whence) {
	case SEEK_DATA:
	case SEEK_HOLE:
		pos = scull_seek_space(dev, off, whence);
		goto out;
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = filp->f_pos;
		break;
	case SEEK_END:
		base = dev->size;
		break;
	default:
		pos = -EINVAL;
		goto out;
	}
	if (__builtin_add_overflow(base, off, &pos) || pos < 0 || pos > SCULL_MAX_SIZE)
		pos = -EINVAL;
out:
	up_read(&dev->sem);
	if (pos >= 0)
		filp->f_pos = pos;
	return pos;
}
