/* SPDX-License-Identifier: MIT */
/*
 * fs.h - files as drivers see them: inodes, open files and their operations.
 *
 * Names and signatures are those of Linux 6.1. Three members at the end of file_operations are
 * kmemfs's own; a driver that does not know them behaves as it would in the kernel.
 *
 * Context: every operation is called busy on a CPU, may sleep, and returns 0 or a count, or
 * -errno. ->read and ->write may be called by several threads at once on one file.
 */
#ifndef KMEM_FS_H
#define KMEM_FS_H

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <kmem/err.h>
#include <kmem/kdev_t.h>
#include <kmem/list.h>
#include <kmem/mutex.h>
#include <kmem/types.h>

struct cdev;
struct file;
struct inode;
struct module;
struct vm_area_struct;
struct poll_table_struct;
typedef struct poll_table_struct poll_table;
typedef void *fl_owner_t;

#define FMODE_READ  0x1u
#define FMODE_WRITE 0x2u

#ifndef SEEK_DATA
#define SEEK_DATA 3
#define SEEK_HOLE 4
#endif

struct file_operations {
	struct module *owner;
	loff_t (*llseek)(struct file *, loff_t, int);
	ssize_t (*read)(struct file *, char __user *, size_t, loff_t *);
	ssize_t (*write)(struct file *, const char __user *, size_t, loff_t *);
	__poll_t (*poll)(struct file *, struct poll_table_struct *);
	long (*unlocked_ioctl)(struct file *, unsigned int, unsigned long);
	long (*compat_ioctl)(struct file *, unsigned int, unsigned long);
	int (*mmap)(struct file *, struct vm_area_struct *);
	int (*open)(struct inode *, struct file *);
	int (*flush)(struct file *, fl_owner_t id);
	int (*release)(struct inode *, struct file *);
	int (*fsync)(struct file *, loff_t, loff_t, int datasync);
	int (*fasync)(int, struct file *, int);
	long (*fallocate)(struct file *, int mode, loff_t offset, loff_t len);

	/*
	 * kmemfs's own. truncate: set the length, of a device that has one; without it a change
	 * of size is -EINVAL, as on the kernel's character devices. A driver with a length keeps
	 * i_size_write() true whenever it changes.
	 */
	int (*truncate)(struct inode *, loff_t length);
};

struct inode {
	umode_t i_mode;
	unsigned int i_uid, i_gid;
	unsigned long i_ino;
	dev_t i_rdev;
	loff_t i_size; /* i_size_read(), i_size_write() */
	const struct file_operations *i_fop;
	struct cdev *i_cdev;
	void *i_private;
};

struct file {
	struct inode *f_inode;
	const struct file_operations *f_op;
	unsigned int f_flags; /* O_* */
	fmode_t f_mode;
	loff_t f_pos;
	void *private_data;
	struct cdev *f_cdev; /* kmemfs's own: the device behind it, held while it is open */
};

static inline struct inode *file_inode(const struct file *f)
{
	return f->f_inode;
}

static inline loff_t i_size_read(const struct inode *inode)
{
	return __atomic_load_n(&inode->i_size, __ATOMIC_RELAXED);
}

static inline void i_size_write(struct inode *inode, loff_t size)
{
	__atomic_store_n(&inode->i_size, size, __ATOMIC_RELAXED);
}

static inline unsigned int iminor(const struct inode *inode)
{
	return MINOR(inode->i_rdev);
}

static inline unsigned int imajor(const struct inode *inode)
{
	return MAJOR(inode->i_rdev);
}

/* Ready-made methods. */
loff_t no_llseek(struct file *file, loff_t offset, int whence);	     /* -ESPIPE */
loff_t default_llseek(struct file *file, loff_t offset, int whence); /* by i_size */
loff_t noop_llseek(struct file *file, loff_t offset, int whence);
int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync); /* 0 */
int nonseekable_open(struct inode *inode, struct file *file);

/*
 * Device numbers. alloc_chrdev_region() picks a free major; 0 or -errno. Names appear in
 * proc/devices. May sleep.
 */
int alloc_chrdev_region(dev_t *dev, unsigned int baseminor, unsigned int count, const char *name);
int register_chrdev_region(dev_t from, unsigned int count, const char *name);
void unregister_chrdev_region(dev_t from, unsigned int count);

#endif
