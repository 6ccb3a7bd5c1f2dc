// SPDX-License-Identifier: MIT
/*
 * space.c - the length of a device and where it holds memory: truncate, fallocate, holes.
 *
 * A range is taken away in three parts: the quanta inside it are freed, item by item at its ends
 * and by whole items (and parts of the index) between them; the bytes it has of a quantum at
 * either end are zeroed. Since bytes past the length are zero anyway, a range that reaches the
 * end takes the last quantum whole.
 *
 * Preallocation is all or nothing. While it runs, quanta that it has made are told from those
 * that were there by bit 0 of their pointer (no allocator returns odd addresses). At the end the
 * bits are cleared, or, when the memory was not enough, the quanta that carry it are freed. The
 * semaphore is held for writing all the while, so nobody else meets such a pointer.
 */
#include <kmem/mmzone.h>
#include <kmem/sched.h>
#include "core.h"

#define FRESH 1ul

/* The first byte of the quantum that @pos is in, or of the one after it. */
static loff_t quantum_start(const struct scull_dev *dev, loff_t pos)
{
	return pos - (loff_t)scull_locate(dev, pos).off;
}

static loff_t quantum_end(const struct scull_dev *dev, loff_t pos)
{
	size_t off = scull_locate(dev, pos).off;

	return off ? pos - (loff_t)off + (loff_t)dev->quantum : pos;
}

/* Zeroes @start to @end, which lie in one quantum, if there is one. */
static void zero_bytes(struct scull_dev *dev, loff_t start, loff_t end)
{
	struct scull_place at = scull_locate(dev, start);
	struct scull_qset *item = scull_item_find(dev, at.item);

	if (start < end && item && item->data[at.q])
		memset((char *)item->data[at.q] + at.off, 0, (size_t)(end - start));
}

/* Frees the quanta from @start to @end, both multiples of a quantum. */
static void free_quanta(struct scull_dev *dev, loff_t start, loff_t end)
{
	struct scull_place a = scull_locate(dev, start), b = scull_locate(dev, end);

	if (a.item == b.item) {
		scull_quanta_cut(dev, a.item, a.q, b.q);
		return;
	}
	scull_quanta_cut(dev, a.item, a.q, dev->qset);
	if (a.item + 1 < b.item)
		scull_items_cut(dev, a.item + 1, b.item - 1);
	scull_quanta_cut(dev, b.item, 0, b.q);
}

/* Makes @start to @end read as zeros and gives back what memory that frees. */
static void clear_range(struct scull_dev *dev, loff_t start, loff_t end)
{
	loff_t first = quantum_end(dev, start), last;

	if (end >= dev->size)
		end = quantum_end(dev, end);
	last = quantum_start(dev, end);
	if (first > last) {
		zero_bytes(dev, start, end);
		return;
	}
	zero_bytes(dev, start, first);
	zero_bytes(dev, last, end);
	if (first < last)
		free_quanta(dev, first, last);
}

/* Sets the length; to none at all is a trim, and new parameters are taken over. */
int scull_resize(struct scull_dev *dev, struct inode *inode, loff_t length)
{
	if (length < 0)
		return -EINVAL;
	if (length > SCULL_MAX_SIZE)
		return -EFBIG;
	if (down_write_killable(&dev->sem))
		return -ERESTARTSYS;
	if (length == 0)
		scull_trim(dev);
	else if (length <= dev->size)
		clear_range(dev, length, SCULL_MAX_SIZE);
	scull_set_size(dev, inode, length);
	up_write(&dev->sem);
	return 0;
}

int scull_truncate(struct inode *inode, loff_t length)
{
	return scull_resize(container_of(inode->i_cdev, struct scull_dev, cdev), inode, length);
}

/* One quantum at @pos, marked FRESH, if there is none. */
static int preallocate_quantum(struct scull_dev *dev, loff_t pos)
{
	struct scull_place at = scull_locate(dev, pos);
	struct scull_qset *item = scull_item_get(dev, at.item);
	void *quantum;

	if (!item)
		return -ENOMEM;
	if (item->data[at.q])
		return 0;
	quantum = scull_quantum_alloc(dev, GFP_KERNEL | __GFP_ZERO);
	if (!quantum)
		return -ENOMEM;
	item->data[at.q] = (void *)((unsigned long)quantum | FRESH);
	item->used++;
	return 0;
}

/* Ends a preallocation from @start to @end: keeps the fresh quanta of an item, or frees them. */
static void settle(struct scull_dev *dev, struct scull_qset *item, bool keep)
{
	int q;

	for (q = 0; q < dev->qset; q++) {
		unsigned long quantum = (unsigned long)item->data[q];

		if (!(quantum & FRESH))
			continue;
		item->data[q] = (void *)(quantum & ~FRESH);
		if (keep)
			continue;
		scull_quantum_free(dev, item->data[q]);
		item->data[q] = NULL;
		item->used--;
	}
	if (item->used == 0)
		scull_items_cut(dev, item->index, item->index);
}

static int preallocate(struct scull_dev *dev, loff_t start, loff_t end)
{
	struct scull_qset *item, *next;
	loff_t pos;
	int ret = 0;

	for (pos = quantum_start(dev, start); !ret && pos < end; pos += (loff_t)dev->quantum) {
		ret = preallocate_quantum(dev, pos);
		if (!ret && signal_pending(current))
			ret = -ERESTARTSYS;
		cond_resched();
	}

	item = scull_item_next(dev, scull_locate(dev, start).item);
	for (; item && item->index * dev->item_bytes < (u64)pos; item = next) {
		next = scull_item_next(dev, item->index + 1);
		settle(dev, item, !ret);
	}
	return ret;
}

long scull_fallocate(struct file *filp, int mode, loff_t offset, loff_t len)
{
	struct scull_dev *dev = filp->private_data;
	loff_t end, size;
	int ret = 0;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE) || mode == FALLOC_FL_PUNCH_HOLE)
		return -EOPNOTSUPP;
	if (__builtin_add_overflow(offset, len, &end) || end > SCULL_MAX_SIZE)
		return -EFBIG;
	if (!(mode & FALLOC_FL_PUNCH_HOLE) && (u64)len > (u64)totalram_pages() << PAGE_SHIFT)
		return -ENOMEM; /* nor would it help to take all there is first */
	if (down_write_killable(&dev->sem))
		return -ERESTARTSYS;
	size = dev->size;
	if (mode & FALLOC_FL_PUNCH_HOLE)
		clear_range(dev, offset, end);
	else
		ret = preallocate(dev, offset, end);
	if (!ret && !(mode & FALLOC_FL_KEEP_SIZE))
		size = max(size, end);
	scull_set_size(dev, file_inode(filp), size);
	up_write(&dev->sem);
	return ret;
}

/* The first byte at or after @off that a quantum is behind; -ENXIO if there is none. */
static loff_t seek_data(const struct scull_dev *dev, loff_t off)
{
	struct scull_place at = scull_locate(dev, off);
	struct scull_qset *item = scull_item_next(dev, at.item);

	for (; item; item = scull_item_next(dev, item->index + 1)) {
		int q = item->index == at.item ? at.q : 0;

		for (; q < dev->qset; q++) {
			loff_t start =
				(loff_t)(item->index * dev->item_bytes + (u64)q * dev->quantum);

			if (start >= dev->size)
				return -ENXIO;
			if (item->data[q])
				return max(start, off);
		}
	}
	return -ENXIO;
}

/* The first byte at or after @off that no quantum is behind; the end of the device is one. */
static loff_t seek_hole(const struct scull_dev *dev, loff_t off)
{
	struct scull_place at = scull_locate(dev, off);

	for (;; at.item++, at.q = 0) {
		struct scull_qset *item = scull_item_find(dev, at.item);

		while (item && at.q < dev->qset && item->data[at.q])
			at.q++;
		if (!item || at.q < dev->qset)
			break;
	}
	off = max(off, (loff_t)(at.item * dev->item_bytes + (u64)at.q * dev->quantum));
	return min(off, dev->size);
}

loff_t scull_seek_space(const struct scull_dev *dev, loff_t off, int whence)
{
	if (off < 0 || off >= dev->size)
		return -ENXIO;
	return whence == SEEK_DATA ? seek_data(dev, off) : seek_hole(dev, off);
}
