// SPDX-License-Identifier: MIT
/*
 * bridge_file.c - open files and their data, between libfuse and vfs.h.
 *
 * What the client's kernel may keep of a file's bytes is settled when it is opened (open_flags()):
 * nothing (direct_io), unless the driver promises with FMODE_CACHED that they change only through
 * calls. Then reads of what is kept never come here, files can be mapped, and every write still
 * comes at once, with the pages of its range locked: a read of them waits for the write. What
 * the kernel keeps stays true in these ways:
 *
 *	a write, a truncation, a punched hole	the kernel does it to its own copy as well
 *	an open that empties the device		its reply lets go of all pages, and before it the
 *						length is told to have changed
 *	an append to where the kernel did not	the reply goes out first (its pages are locked
 *	expect the end				till then), then the notifier makes it forget
 *	a driver's own change			inode_changed(), by the notifier
 *
 * Stores into a mapping come back as writes of whole pages (writepage), perhaps after the device
 * was emptied by somebody: they never make it longer (vfs_write_back()).
 *
 * Reads are answered by reference where the driver can (->read_hold), from the device's memory,
 * and through a buffer otherwise, or where the memory is in many small pieces. No CPU of the machine is held while the host copies a reply.
 *
 * Locks: none of its own.
 */
#include <linux/fuse.h>
#include <string.h>

#include "bridge_internal.h"

#define IOCTL_ARG_MAX (1u << _IOC_SIZEBITS)
#define PIECES_MAX    280  /* a read of REQUEST_BUFFER bytes in the book's quanta */
#define PIECE_MIN     8192 /* the kernel takes hold of each page of a piece by itself */

static bool all_direct, never_wait; /* set before the first request */

void bridge_files_config(const struct bridge_config *config)
{
	all_direct = config->direct;
	never_wait = config->single_threaded;
}

static struct file *file_of(const struct fuse_file_info *fi)
{
	return (struct file *)(uintptr_t)fi->fh;
}

/* A driver whose bytes change only through calls on its files waits for nothing but these. */
static void expect_wait(const struct file *file)
{
	if (file->f_mode & FMODE_CACHED)
		bridge_worker_briefly();
}

/* How the kernel is to treat the file: decided by what its driver promises. */
static void open_flags(const struct file *file, struct fuse_file_info *fi)
{
	bool cached = (file->f_mode & FMODE_CACHED) && !all_direct;

	fi->direct_io = !cached;
	fi->keep_cache = cached && !(file->f_mode & FMODE_CHANGED);
	fi->noflush = !file->f_op->flush;
	fi->nonseekable = (file->f_mode & FMODE_NOSEEK) != 0;
}

/*
 * A read and a write of one stream may wait at the same time, so its files must not share a
 * position, which the kernel would lock around each. libfuse has no word for that: it is said in
 * the protocol's own.
 */
static int reply_stream(fuse_req_t req, const struct fuse_file_info *fi)
{
	const struct fuse_open_out out = {
		.fh = fi->fh,
		.open_flags = FOPEN_DIRECT_IO | FOPEN_STREAM | (fi->noflush ? FOPEN_NOFLUSH : 0),
	};

	return fuse_reply_buf(req, (const char *)&out, sizeof(out));
}

/*
 * Replies: open, what the driver's open says. O_TRUNC comes with the flags. Where one request is
 * served at a time none may wait for another: then every file is opened with O_NONBLOCK.
 */
void bridge_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct node *node = node_of(ino);
	struct request rq;
	struct file *file;
	bool stream;
	int err;

	request_names_old();
	bridge_begin(&rq, req);
	err = vfs_open(node, (unsigned int)fi->flags | (never_wait ? O_NONBLOCK : 0), &file);
	request_end(&rq);
	if (err) {
		bridge_reply_err(req, err);
		return;
	}
	WRITE_ONCE(node->attr_is_told, (file->f_mode & FMODE_CACHED) != 0);
	if (file->f_mode & FMODE_CHANGED)
		bridge_notify_attr(node);
	fi->fh = (uintptr_t)file;
	open_flags(file, fi);
	stream = (file->f_mode & FMODE_STREAM) != 0;
	if (stream)
		WRITE_ONCE((node->same ? node->same : node)->is_stream, true);
	if (stream ? reply_stream(req, fi)
		   : fuse_reply_open(req, fi)) /* interrupted: there will be no release */
		vfs_release(file);
}

/* Replies: 0. The last one for this file. */
void bridge_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct request rq;

	bridge_begin(&rq, req);
	vfs_release(file_of(fi));
	request_end(&rq);
	bridge_reply_err(req, 0);
}

/* Replies: 0, what the driver says. At each close of a descriptor. */
void bridge_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct request rq;
	int err;

	bridge_begin(&rq, req);
	err = vfs_flush(file_of(fi), (fl_owner_t)(uintptr_t)fi->lock_owner);
	request_end(&rq);
	bridge_reply_err(req, err);
}

/* Replies: 0, what the driver says. */
void bridge_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct request rq;
	int err;

	bridge_begin(&rq, req);
	err = vfs_fsync(file_of(fi), datasync);
	request_end(&rq);
	bridge_reply_err(req, err);
}

/* The flags that fcntl() may have changed since the last request on the file. */
static struct file *file_now(const struct fuse_file_info *fi)
{
	struct file *file = file_of(fi);

	vfs_set_flags(file, (unsigned int)fi->flags | (never_wait ? O_NONBLOCK : 0));
	return file;
}

static void read_by_copy(fuse_req_t req, struct request *rq, struct file *file, size_t size,
			 loff_t pos)
{
	void *buf = request_buffer_get();
	ssize_t ret = -ENOMEM;

	if (buf) {
		request_window(rq, (unsigned long)buf, size, buf, true);
		ret = vfs_read(file, buf, size, &pos);
	}
	request_end(rq);
	if (ret < 0)
		bridge_reply_err(req, ret);
	else
		fuse_reply_buf(req, buf, (size_t)ret);
	request_buffer_put(buf);
}

/* Are @len bytes in @nr pieces cheaper to copy once more than to hand to the kernel one by one? */
static bool is_scattered(size_t len, unsigned int nr)
{
	return nr > 1 && len / nr < PIECE_MIN;
}

/* What is held, in one piece; it is let go of in any case. */
static void reply_copy(fuse_req_t req, struct file *file, const struct kvec *pieces,
		       unsigned int nr, size_t len)
{
	void *buf = request_buffer_get();
	int err = buf ? vfs_read_copy(pieces, nr, buf) : -ENOMEM;

	vfs_read_drop(file);
	cpu_park();
	if (err)
		bridge_reply_err(req, err);
	else
		fuse_reply_buf(req, buf, len);
	request_buffer_put(buf);
}

/* Replies: up to @size bytes (fewer: as the driver gave them; none: the end), or an error. */
void bridge_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct kvec pieces[PIECES_MAX];
	struct file *file = file_now(fi);
	unsigned int nr = 0;
	struct request rq;
	ssize_t ret;

	size = min(size, REQUEST_BUFFER);
	expect_wait(file);
	bridge_begin(&rq, req);
	ret = vfs_read_hold(file, size, off, pieces, PIECES_MAX, &nr);
	if (ret == -EOPNOTSUPP) {
		read_by_copy(req, &rq, file, size, off);
		return;
	}
	request_end(&rq);
	if (ret < 0) {
		bridge_reply_err(req, ret);
	} else if (ret == 0) {
		fuse_reply_buf(req, NULL, 0);
	} else if (is_scattered((size_t)ret, nr)) {
		reply_copy(req, file, pieces, nr, (size_t)ret);
	} else {
		_Static_assert(sizeof(struct kvec) == sizeof(struct iovec), "one is the other");
		fuse_reply_iov(req, (struct iovec *)pieces, (int)nr);
		vfs_read_drop(file);
		cpu_park();
	}
}

/*
 * Replies: the count that went in (short: as the driver gave it), or an error. What a mapping
 * gives back is all taken; of what is past the end by now nothing is kept.
 */
void bridge_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
		  struct fuse_file_info *fi)
{
	struct file *file = fi->writepage ? file_of(fi) : file_now(fi);
	struct request rq;
	struct node *elsewhere = NULL; /* than the kernel thinks the bytes went */
	loff_t pos = off;
	ssize_t ret;

	if (file->f_mode & FMODE_STREAM) {
		size = min(size, STREAM_WRITE_MAX);
		bridge_worker_keep(size);
	}
	expect_wait(file);
	bridge_begin(&rq, req);
	request_window(&rq, (unsigned long)buf, size, (void *)(uintptr_t)buf, false);
	if (fi->writepage) {
		ret = vfs_write_back(file, buf, size, off);
		ret = ret < 0 ? ret : (ssize_t)size;
	} else {
		ret = vfs_write(file, buf, size, &pos);
		if (ret > 0 && (file->f_mode & FMODE_CACHED) && pos != off + ret)
			elsewhere = node_get(node_of(ino));
	}
	request_end(&rq);
	if (ret < 0)
		bridge_reply_err(req, ret);
	else
		fuse_reply_write(req, (size_t)ret);
	if (elsewhere) {
		bridge_notify_data(elsewhere, 0, 0);
		node_put(elsewhere);
	}
}

/* Replies: the position, ENXIO, EINVAL. Comes for SEEK_DATA and SEEK_HOLE only. */
void bridge_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
	struct request rq;
	loff_t ret;

	expect_wait(file_of(fi));
	bridge_begin(&rq, req);
	ret = vfs_llseek(file_of(fi), off, whence);
	request_end(&rq);
	if (ret < 0)
		bridge_reply_err(req, ret);
	else
		fuse_reply_lseek(req, ret);
}

/* Replies: 0, EOPNOTSUPP, what the driver says. */
void bridge_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
		      struct fuse_file_info *fi)
{
	struct request rq;
	long err;

	expect_wait(file_of(fi));
	bridge_begin(&rq, req);
	err = vfs_fallocate(file_of(fi), mode, off, len);
	request_end(&rq);
	bridge_reply_err(req, err);
}

/*
 * Replies: the driver's positive result with what it wrote at its argument; ENOTTY for what it
 * does not know. The kernel has carried as many bytes as the command's number says, in the
 * directions it says; they appear at the client's own address.
 */
void bridge_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
		  struct fuse_file_info *fi, unsigned int flags, const void *in, size_t in_size,
		  size_t out_size)
{
	size_t size = max(in_size, out_size);
	char *buf = size ? request_buffer_get() : NULL;
	struct request rq;
	long ret = -ENOTTY;

	if (size > IOCTL_ARG_MAX)
		ret = -EINVAL;
	else if (size && !buf)
		ret = -ENOMEM;
	else if (!(flags & FUSE_IOCTL_DIR)) {
		bridge_begin(&rq, req);
		if (size) {
			memset(buf, 0, size);
			if (in_size)
				memcpy(buf, in, in_size);
			request_window(&rq, (unsigned long)arg, size, buf, out_size > 0);
		}
		ret = vfs_ioctl(file_of(fi), cmd, (unsigned long)arg);
		request_end(&rq);
	}
	if (ret < 0)
		bridge_reply_err(req, ret);
	else
		fuse_reply_ioctl(req, (int)ret, buf, out_size);
	request_buffer_put(buf);
}

/* Replies: the events that are ready now. With @ph somebody waits for them to become others. */
void bridge_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
		 struct fuse_pollhandle *ph)
{
	void *waiter = ph ? bridge_poll_waiter(ph) : NULL;
	struct request rq;
	__poll_t events;

	bridge_begin(&rq, req);
	events = vfs_poll(file_of(fi), waiter);
	request_end(&rq);
	fuse_reply_poll(req, events);
}
