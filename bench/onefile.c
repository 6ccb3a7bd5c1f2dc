/* SPDX-License-Identifier: MIT */
/*
 * onefile.c - the least that a FUSE daemon can be: one file, kept in memory that is all there from
 * the start. What a device of kmemfs is measured against: same session, threads and caching; a
 * read is answered from the memory and a write is one memcpy().
 *
 *	onefile [-D] MEGABYTES MOUNTPOINT	the file is MOUNTPOINT/file; -D: past the page cache
 *
 * In the foreground; ends when it is unmounted or by SIGTERM.
 */
#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse3/fuse_lowlevel.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_INO 2
#define KEEP	 3600.0

static char *data;
static size_t room, length;
static bool direct;

static void fill(fuse_ino_t ino, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_mode = ino == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0664;
	st->st_nlink = 1;
	st->st_size = ino == FILE_INO ? (off_t)length : 0;
	st->st_uid = getuid();
	st->st_gid = getgid();
}

static void one_init(void *userdata, struct fuse_conn_info *conn)
{
	conn->want |= conn->capable & (FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_EXPLICIT_INVAL_DATA);
	conn->want &= ~(unsigned int)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
				      FUSE_CAP_SPLICE_MOVE | FUSE_CAP_WRITEBACK_CACHE |
				      FUSE_CAP_READDIRPLUS | FUSE_CAP_AUTO_INVAL_DATA);
	conn->max_write = 1 << 20;
}

static void one_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = { .ino = FILE_INO, .attr_timeout = KEEP };

	if (strcmp(name, "file")) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	fill(FILE_INO, &e.attr);
	fuse_reply_entry(req, &e);
}

static void one_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	fill(ino, &st);
	fuse_reply_attr(req, &st, KEEP);
}

static void one_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
			struct fuse_file_info *fi)
{
	if (to_set & FUSE_SET_ATTR_SIZE) {
		if ((size_t)attr->st_size > room) {
			fuse_reply_err(req, EFBIG);
			return;
		}
		length = (size_t)attr->st_size;
	}
	one_getattr(req, ino, fi);
}

static void one_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	fi->direct_io = direct;
	fi->keep_cache = !direct;
	fi->noflush = 1;
	fuse_reply_open(req, fi);
}

static void one_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	size_t len = (size_t)off < length ? length - (size_t)off : 0;

	fuse_reply_buf(req, data + off, len < size ? len : size);
}

static void one_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
		      struct fuse_file_info *fi)
{
	if ((size_t)off + size > room) {
		fuse_reply_err(req, EFBIG);
		return;
	}
	memcpy(data + off, buf, size);
	if ((size_t)off + size > length)
		length = (size_t)off + size;
	fuse_reply_write(req, size);
}

static const struct fuse_lowlevel_ops ops = {
	.init = one_init,
	.lookup = one_lookup,
	.getattr = one_getattr,
	.setattr = one_setattr,
	.open = one_open,
	.read = one_read,
	.write = one_write,
};

int main(int argc, char **argv)
{
	char options[] = "default_permissions,fsname=onefile", o[] = "-o";
	char *args[] = { argv[0], o, options, NULL };
	struct fuse_args fuse = FUSE_ARGS_INIT(3, args);
	struct fuse_loop_config *loop = fuse_loop_cfg_create();
	struct fuse_session *session;
	int err = 1;

	direct = argc == 4 && !strcmp(argv[1], "-D");
	if (argc != 3 + direct || !loop) {
		fprintf(stderr, "usage: onefile [-D] MEGABYTES MOUNTPOINT\n");
		return 2;
	}
	room = strtoul(argv[argc - 2], NULL, 0) << 20;
	data = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	session = fuse_session_new(&fuse, &ops, sizeof(ops), NULL);
	if (data == MAP_FAILED || !session || fuse_set_signal_handlers(session) ||
	    fuse_session_mount(session, argv[argc - 1]))
		return 1;
	fuse_loop_cfg_set_clone_fd(loop, 0);
	fuse_loop_cfg_set_max_threads(loop, 4);
	fuse_loop_cfg_set_idle_threads(loop, 4);
	err = fuse_session_loop_mt(session, loop);
	fuse_session_unmount(session);
	fuse_session_destroy(session);
	fuse_loop_cfg_destroy(loop);
	return err ? 1 : 0;
}
