// SPDX-License-Identifier: MIT
/*
 * show.c - the structure of the devices as text, with the book's lines:
 *
 *	(empty)
 *	Device 0: qset 500, order 0, sz 1572864
 *	  item at 00005500012a4f40, qset at 0000550001a82000
 *	       0:550001a84000
 *
 * one pair of addresses for each item, in order, and the quanta of the last item only. Addresses
 * are the emulated ones, as kernels before 4.15 printed them: pages of the direct map for
 * scullp, addresses of the vmalloc window for scullv.
 *
 * Printing takes ->sem for reading, one device at a time, and no emulated memory.
 */
#include "core.h"

static void show_quanta(struct seq_file *m, struct scull_dev *dev, const struct scull_qset *item)
{
	int q;

	for (q = 0; q < dev->qset; q++)
		if (item->data[q])
			seq_printf(m, "    % 4i:%s%8lx\n", q, dev->drv->gap,
				   (unsigned long)item->data[q]);
}

int scull_show_dev(struct seq_file *m, struct scull_dev *dev)
{
	struct scull_qset *item, *next;

	if (down_read_interruptible(&dev->sem))
		return -ERESTARTSYS;
	seq_printf(m, "\nDevice %i: qset %i, %s %i, sz %li\n", (int)dev->number, dev->qset,
		   dev->drv->unit_word, dev->unit, (long)dev->size);
	for (item = scull_item_next(dev, 0); item && !seq_has_overflowed(m); item = next) {
		seq_printf(m, "  item at %016lx, qset at %016lx\n", (unsigned long)item,
			   (unsigned long)item->data);
		next = scull_item_next(dev, item->index + 1);
		if (!next)
			show_quanta(m, dev, item);
	}
	up_read(&dev->sem);
	return 0;
}

/* All devices of the driver in m->private. */
int scull_show(struct seq_file *m, void *v)
{
	struct scull_driver *drv = m->private;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < drv->nr_devs && !ret; i++)
		ret = scull_show_dev(m, &drv->dev[i]);
	return ret;
}
