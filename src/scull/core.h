/* SPDX-License-Identifier: MIT */
/*
 * core.h - what scull, scullc, scullp and scullv have in common.
 *
 * A driver of the family says how a quantum is allocated and freed (struct scull_driver) and
 * registers that; devices, files, ioctls and the text in proc/ come from here. The files:
 *
 *	core.c         drivers, devices, parameters
 *	quantum_set.c  the memory of a device: quanta, quantum sets, the index over them
 *	file.c         open, read, write, seek
 *	space.c        changes of length, preallocation, holes
 *	ioctl.c        the numbers of scull_ioctl.h
 *	show.c         the structure of a device as text
 *
 * The module scull has two more files for devices that are like scull's in part (scull.h):
 *
 *	pipe.c         scullpipe0, ...: readers wait for writers
 *	access.c       scullsingle, sculluid, scullwuid, scullpriv: who may open
 *
 * Locks: each device has one reader/writer semaphore, ->sem. It is held for reading to look at
 * anything of the device and for writing to change it; no other lock is taken under it except
 * those inside the allocators. Parameters are single words, read and exchanged atomically.
 */
#ifndef SCULL_CORE_H
#define SCULL_CORE_H

#include <kmem/cdev.h>
#include <kmem/gfp.h>
#include <kmem/module.h>
#include <kmem/mutex.h>
#include <kmem/proc_fs.h>
#include <kmem/slab.h>

/* No device grows beyond this many bytes; sums of two positions still fit in a loff_t. */
#define SCULL_MAX_SIZE ((loff_t)1 << 62)

#define SCULL_MAX_DEVS 256
/* A quantum set is one kmalloc object of pointers, which is what bounds it. */
#define SCULL_MAX_QSET ((int)(KMALLOC_MAX_SIZE / sizeof(void *)))

/* A number that the boot line, sys/module/ and ioctls may set, with what is allowed. */
struct scull_param {
	int value;	   /* read with scull_param_get() */
	const int initial; /* what RESET restores */
	const int min, max;
	bool fixed; /* something depends on it: it cannot change until the module ends */
};

extern const struct kernel_param_ops scull_param_ops;

/* Declares the parameter @var of the module at hand. */
#define SCULL_PARAM(var, first, lo, hi, mode) \
	static struct scull_param var = {     \
		.value = first,               \
		.initial = first,             \
		.min = lo,                    \
		.max = hi,                    \
	};                                    \
	module_param_cb(var, &scull_param_ops, &var, mode)

static inline int scull_param_get(const struct scull_param *param)
{
	return READ_ONCE(param->value);
}

/* -EINVAL if the parameter cannot take @value now. */
int scull_param_check(const struct scull_param *param, long value);
/* Returns the old value. The new one has been checked. */
int scull_param_exchange(struct scull_param *param, int value);
void scull_param_reset(struct scull_param *param);

struct scull_dev;

struct scull_driver {
	const char *name;      /* devices are name0, name1, ...; a symlink name -> name0 */
	const char *proc_name; /* its file in proc/ */
	struct module *owner;

	/* The words of its proc file: "q", "quantum" or "order", and what is after the colon. */
	const char *unit_word;
	const char *gap;

	struct scull_param *major, *minor, *devs; /* minor may be NULL: 0 */
	struct scull_param *unit; /* bytes of a quantum, or the order of its pages */
	struct scull_param *qset; /* quanta in a set */

	/* A quantum of dev->quantum bytes; NULL if there is no memory. May sleep. */
	void *(*alloc_quantum)(struct scull_dev *dev, gfp_t gfp);
	void (*free_quantum)(struct scull_dev *dev, void *quantum);
	size_t (*quantum_bytes)(int unit);
	/*
	 * Where the bytes at @at of a quantum are for the host, which cannot be made to wait for
	 * a mapping, and in *@len how many of those follow there. NULL: at @at, all of them.
	 */
	void *(*host_bytes)(void *at, size_t *len);

	char ioctl_magic;
	bool ioctl_interleaved; /* the numbers go quantum, qset, quantum, qset, ... */
	/* Commands of its own; NULL: none. -ENOTTY for what it does not know. */
	long (*ioctl)(unsigned int cmd, unsigned long arg);

	/* Of the core: */
	struct file_operations fops;
	struct class *class;
	struct scull_dev *dev; /* array of nr_devs */
	unsigned int nr_devs;
	dev_t first;
	bool region_taken, linked;
	struct proc_dir_entry *proc;
};

/* One item of a device: a set of quanta. A NULL quantum is a hole. */
struct scull_qset {
	void **data; /* dev->qset pointers */
	u64 index;   /* bytes of the device from index * dev->item_bytes on */
	int used;    /* pointers that are not NULL, at least 1 outside the calls here */
};

/* The items by index; see quantum_set.c. */
struct scull_index {
	void *root;
	unsigned int height;
};

struct scull_dev {
	struct scull_driver *drv;
	struct rw_semaphore sem; /* protects the rest */
	struct scull_index items;
	loff_t size;
	u64 nr_quanta; /* that there are */
	/* The shape; constant while there are items. */
	int unit, qset;
	size_t quantum; /* bytes of a quantum */
	u64 item_bytes; /* quantum * qset */
	unsigned int number;
	bool live;    /* the cdev has been added */
	bool is_copy; /* one of several behind an inode, whose length is nobody's then */
	struct cdev cdev;
};

/* Where a byte of a device is. */
struct scull_place {
	u64 item;   /* index of its item */
	int q;	    /* quantum in the item */
	size_t off; /* byte in the quantum */
};

/* Moves @at on by @len bytes, which all lie in its quantum. Cheaper than to locate it anew. */
static inline void scull_place_advance(const struct scull_dev *dev, struct scull_place *at,
				       size_t len)
{
	at->off += len;
	if (at->off < dev->quantum)
		return;
	at->off = 0;
	if (++at->q == dev->qset) {
		at->q = 0;
		at->item++;
	}
}

/* True if holes end a read and a call moves at most a quantum, as in the book. */
extern bool scull_compat_book;

/* core.c */
/* A device in memory: empty, of its driver's shape, with a cdev that has @fops. */
void scull_dev_init(struct scull_dev *dev, struct scull_driver *drv, unsigned int number,
		    const struct file_operations *fops);
/* Makes it live as @devt with a name in dev/. 0 or -errno; removing it is due in any case. */
int scull_dev_add(struct scull_dev *dev, dev_t devt, const char *name);
/* Takes back what there is of it, and empties it. */
void scull_dev_remove(struct scull_dev *dev);
/* What all devices of the family can do, for one that opens in a way of its own. */
extern const struct file_operations scull_fops;
int scull_register(struct scull_driver *drv); /* 0 or -errno, with nothing left behind */
void scull_unregister(struct scull_driver *drv);

/* quantum_set.c; the caller holds ->sem, for writing where something changes. */
struct scull_place scull_locate(const struct scull_dev *dev, loff_t pos);
struct scull_qset *scull_item_find(const struct scull_dev *dev, u64 index);
struct scull_qset *scull_item_next(const struct scull_dev *dev, u64 index);
struct scull_qset *scull_item_get(struct scull_dev *dev, u64 index);
void scull_items_cut(struct scull_dev *dev, u64 first, u64 last);
void scull_quanta_cut(struct scull_dev *dev, u64 index, int first, int end);
void scull_trim(struct scull_dev *dev);
/* A quantum that the device counts as its own, NULL without memory; and the end of one. */
void *scull_quantum_alloc(struct scull_dev *dev, gfp_t gfp);
void scull_quantum_free(struct scull_dev *dev, void *quantum);
/* Recomputes the invariants; the number of violations, each told in the log. */
unsigned long scull_check(const struct scull_dev *dev);

/* file.c, space.c, ioctl.c: methods */
int scull_open(struct inode *inode, struct file *filp);
int scull_open_dev(struct scull_dev *dev, struct inode *inode, struct file *filp);
ssize_t scull_read_hold(struct file *filp, size_t count, loff_t pos, struct kvec *vec,
			unsigned int max, unsigned int *nr);
void scull_read_drop(struct file *filp);
ssize_t scull_read(struct file *filp, char __user *buf, size_t count, loff_t *f_pos);
ssize_t scull_write(struct file *filp, const char __user *buf, size_t count, loff_t *f_pos);
loff_t scull_llseek(struct file *filp, loff_t off, int whence);
int scull_truncate(struct inode *inode, loff_t length);
int scull_resize(struct scull_dev *dev, struct inode *inode, loff_t length);
long scull_fallocate(struct file *filp, int mode, loff_t offset, loff_t len);
long scull_ioctl(struct file *filp, unsigned int cmd, unsigned long arg);
long scull_driver_ioctl(struct scull_driver *drv, unsigned int cmd, unsigned long arg);

/* space.c; the caller holds ->sem. */
loff_t scull_seek_space(const struct scull_dev *dev, loff_t off, int whence);

/* show.c; take ->sem. 0 or -ERESTARTSYS. */
int scull_show_dev(struct seq_file *m, struct scull_dev *dev);
int scull_show(struct seq_file *m, void *v);

/*
 * Sets the length and tells how much memory is behind it; due after every change of either. The
 * caller holds ->sem for writing.
 */
static inline void scull_set_size(struct scull_dev *dev, struct inode *inode, loff_t size)
{
	dev->size = size;
	if (dev->is_copy)
		return;
	i_size_write(inode, size);
	inode_set_bytes(inode, (loff_t)(dev->nr_quanta * dev->quantum));
}

#endif
