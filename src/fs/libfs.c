// SPDX-License-Identifier: MIT
/*
 * libfs.c - methods that many drivers have alike, to be put into their file_operations, and what a
 * read and a write of a buffer have in common.
 *
 * Where a file has a length, seeking is by the inode's size; where it has none, ->open says so and
 * the position means nothing.
 */
#include <kmem/fs.h>
#include <kmem/uaccess.h>

int simple_open(struct inode *inode, struct file *file)
{
	if (inode->i_private)
		file->private_data = inode->i_private;
	return 0;
}

/* How many of @count bytes at @pos are there; or -EINVAL. */
static ssize_t bytes_there(loff_t pos, size_t count, size_t available)
{
	if (pos < 0)
		return -EINVAL;
	return (u64)pos < available ? (ssize_t)min(count, available - (size_t)pos) : 0;
}

/* Of @count bytes @left were not copied. */
static ssize_t move_on(loff_t *ppos, size_t count, size_t left)
{
	if (left == count)
		return -EFAULT;
	*ppos += (loff_t)(count - left);
	return (ssize_t)(count - left);
}

ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *ppos, const void *from,
				size_t available)
{
	ssize_t n = bytes_there(*ppos, count, available);

	return n <= 0 ? n : move_on(ppos, n, copy_to_user(to, (const char *)from + *ppos, n));
}

ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *ppos, const void __user *from,
			       size_t count)
{
	ssize_t n = bytes_there(*ppos, count, available);

	return n <= 0 ? n : move_on(ppos, n, copy_from_user((char *)to + *ppos, from, n));
}

loff_t no_llseek(struct file *file, loff_t offset, int whence)
{
	return -ESPIPE;
}

loff_t noop_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos;
}

/* Data everywhere up to the end: SEEK_DATA stays, SEEK_HOLE finds the end. */
loff_t default_llseek(struct file *file, loff_t offset, int whence)
{
	loff_t size = i_size_read(file->f_inode);

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		offset += file->f_pos;
		break;
	case SEEK_END:
		offset += size;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (offset < 0 || offset >= size)
			return -ENXIO;
		if (whence == SEEK_HOLE)
			offset = size;
		break;
	default:
		return -EINVAL;
	}
	if (offset < 0)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	return 0;
}

int nonseekable_open(struct inode *inode, struct file *file)
{
	file->f_mode |= FMODE_NOSEEK;
	return 0;
}

int stream_open(struct inode *inode, struct file *file)
{
	file->f_mode |= FMODE_NOSEEK | FMODE_STREAM;
	return 0;
}
