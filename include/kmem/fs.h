/* SPDX-License-Identifier: MIT */
/*
 * fs.h - files as drivers see them: inodes, open files and their operations.
 *
 * Names and signatures are those of Linux 6.1. The members at the end of file_operations are
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
struct kvec;
struct module;
struct vm_area_struct;
struct poll_table_struct;
typedef struct poll_table_struct poll_table;
typedef void *fl_owner_t;

#define FMODE_READ  0x1u
#define FMODE_WRITE 0x2u

/*
 * kmemfs's own. ->open sets FMODE_CACHED if the device's bytes change only through calls on its
 * files, or are told of by inode_changed(): then a client's kernel may keep them, answer reads
 * without asking, and map them. Such a file must look like a regular one: a read is short only at
 * the end, which is i_size, and a write goes to its position, or to the end with O_APPEND.
 * ->open adds FMODE_CHANGED if it has itself changed bytes or length; O_TRUNC does not count.
 * FMODE_NOSEEK and FMODE_STREAM are set by nonseekable_open() and stream_open().
 * FMODE_WRITEBACK is set for a call of ->write by which stores into a mapping come back: its
 * bytes go to *pos, whatever O_APPEND says, and what is past the end is dropped, not written.
 */
#define FMODE_NOSEEK	0x40u
#define FMODE_STREAM	0x80u
#define FMODE_CACHED	0x100u
#define FMODE_CHANGED	0x200u
#define FMODE_WRITEBACK 0x400u

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
	/*
	 * A read by reference: says in up to @max pieces where the bytes are that ->read would
	 * copy, and in *@nr how many pieces there are. If it returns a count above 0, those
	 * bytes stay where they are and as they are until ->read_drop; it is called by the same
	 * thread, which does not sleep for anything of the machine meanwhile. -EOPNOTSUPP: take
	 * ->read for this one.
	 */
	ssize_t (*read_hold)(struct file *, size_t count, loff_t pos, struct kvec *vec,
			     unsigned int max, unsigned int *nr);
	void (*read_drop)(struct file *);
};

struct kvec {
	void *iov_base;
	size_t iov_len;
};

struct inode {
	umode_t i_mode;
	unsigned int i_uid, i_gid;
	unsigned long i_ino;
	dev_t i_rdev;
	loff_t i_size;	/* i_size_read(), i_size_write() */
	loff_t i_bytes; /* inode_set_bytes() */
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
	/* kmemfs's own: the device behind it, held while it is open; what proc/ knows of it. */
	struct cdev *f_cdev;
	void *f_opener;
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

/*
 * Tells how much memory is behind a file with holes: its st_blocks. While nobody does, it is as
 * much as the length. Negative: nobody does any more.
 */
static inline void inode_set_bytes(struct inode *inode, loff_t bytes)
{
	__atomic_store_n(&inode->i_bytes, bytes, __ATOMIC_RELAXED);
}

static inline unsigned int iminor(const struct inode *inode)
{
	return MINOR(inode->i_rdev);
}

static inline unsigned int imajor(const struct inode *inode)
{
	return MAJOR(inode->i_rdev);
}

/*
 * The @len bytes at @pos (0: all that follow) of a FMODE_CACHED device have changed otherwise than
 * through its files. Clients that remember them forget them soon. Context: any.
 */
void inode_changed(struct inode *inode, loff_t pos, loff_t len);

/*
 * The whole of a ->read or a ->write of a buffer of @available bytes: copies what there is from *@ppos
 * on, and moves that. The bytes copied; 0 at the end; -EFAULT; -EINVAL for a negative position.
 */
ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *ppos, const void *from,
				size_t available);
ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *ppos, const void __user *from,
			       size_t count);

/* Ready-made methods. */
int simple_open(struct inode *inode, struct file *file);	/* private_data is the inode's */
loff_t no_llseek(struct file *file, loff_t offset, int whence); /* -ESPIPE */
loff_t default_llseek(struct file *file, loff_t offset, int whence); /* by i_size */
loff_t noop_llseek(struct file *file, loff_t offset, int whence);
int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync); /* 0 */
/* For ->open of what has no positions: lseek(), pread() and pwrite() are -ESPIPE. 0. */
int nonseekable_open(struct inode *inode, struct file *file);
/* The same, and a read and a write of one file may wait at the same time. 0. */
int stream_open(struct inode *inode, struct file *file);

/*
 * Device numbers. alloc_chrdev_region() picks a free major; 0 or -errno. Names appear in
 * proc/devices. May sleep.
 */
int alloc_chrdev_region(dev_t *dev, unsigned int baseminor, unsigned int count, const char *name);
int register_chrdev_region(dev_t from, unsigned int count, const char *name);
void unregister_chrdev_region(dev_t from, unsigned int count);

#endif
