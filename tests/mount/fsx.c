/* SPDX-License-Identifier: MIT */
/*
 * fsx.c - random calls on one file, each checked against a shadow of it in memory.
 *
 *	fsx [-s SEED] [-n STEPS] [-m MAXLEN] [-M] FILE
 *
 * The idea is that of the old "fsx": reads, writes, changes of length both ways, punched holes,
 * preallocation, appends, loads and stores through mappings, and reopening, in random order, at
 * random places. The shadow says what every byte must be. -M leaves mappings out (a mount with
 * -o direct has none). The seed is printed first; the same seed does the same again. The first
 * difference ends the run with status 1 and the last steps before it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define HISTORY 40

static const char *path;
static int fd;
static size_t maxlen = 1 << 20;
static bool no_maps;
static unsigned char *shadow, *buf;
static size_t size; /* of the file, as the shadow has it */
static unsigned long step;
static unsigned long long state;
static char history[HISTORY][80];

static unsigned long rnd(unsigned long limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned long)(state >> 16) % limit;
}

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(history[step % HISTORY], sizeof(history[0]), fmt, args);
	va_end(args);
}

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *fmt, ...)
{
	va_list args;

	for (unsigned long i = step < HISTORY ? 0 : step - HISTORY + 1; i <= step; i++)
		printf("%lu: %s\n", i, history[i % HISTORY]);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf(" (size %zu)\n", size);
	exit(1);
}

/* A place in the file and a length there that stays below maxlen. Small ones are as likely. */
static void pick(size_t *pos, size_t *len)
{
	size_t limit = rnd(2) ? maxlen : (size_t)1 << rnd(17);

	*pos = rnd(3) || !size ? rnd(maxlen) : rnd(size);
	if (!rnd(4))
		*pos &= ~(size_t)4095;
	*len = 1 + rnd(limit);
	if (!rnd(4))
		*len = (*len + 4095) & ~(size_t)4095;
	if (*len > maxlen - *pos)
		*len = maxlen - *pos;
}

static void compare(const unsigned char *got, size_t pos, size_t len, const char *how)
{
	if (!memcmp(got, shadow + pos, len))
		return;
	for (size_t i = 0; i < len; i++)
		if (got[i] != shadow[pos + i])
			fail("%s: byte %zu is %02x, should be %02x", how, pos + i, got[i],
			     shadow[pos + i]);
}

static void grow(size_t end)
{
	if (end > size)
		size = end;
}

static void do_read(void)
{
	size_t pos, len, should;
	ssize_t got;

	pick(&pos, &len);
	should = pos < size ? (len < size - pos ? len : size - pos) : 0;
	if (rnd(4)) {
		note("read %zu at %zu", len, pos);
		got = pread(fd, buf, len, (off_t)pos);
	} else {
		struct iovec iov[3] = { { buf, len / 3 },
					{ buf + len / 3, len / 3 },
					{ buf + len / 3 * 2, len - len / 3 * 2 } };

		note("readv %zu at %zu", len, pos);
		got = preadv(fd, iov, 3, (off_t)pos);
	}
	if (got != (ssize_t)should)
		fail("read gave %zd, should be %zu, errno %d", got, should, errno);
	compare(buf, pos, should, "read");
}

static void do_write(void)
{
	size_t pos, len, end;
	ssize_t got;

	pick(&pos, &len);
	memset(buf, (int)(step % 255 + 1), len);
	if (rnd(2))
		for (size_t i = 0; i < len; i += 61)
			buf[i] = (unsigned char)rnd(256);
	if (!rnd(8) && size + len <= maxlen) {
		int other = open(path, O_WRONLY | O_APPEND);

		pos = size;
		note("append %zu at %zu", len, pos);
		got = write(other, buf, len);
		close(other);
	} else {
		note("write %zu at %zu", len, pos);
		got = pwrite(fd, buf, len, (off_t)pos);
	}
	if (got != (ssize_t)len)
		fail("write gave %zd, errno %d", got, errno);
	end = pos + len;
	memcpy(shadow + pos, buf, len);
	grow(end);
}

static void do_truncate(void)
{
	size_t to = rnd(3) ? rnd(maxlen) : rnd(size + 1);
	int err;

	note("truncate %zu", to);
	err = rnd(2) ? ftruncate(fd, (off_t)to) : truncate(path, (off_t)to);
	if (err)
		fail("truncate: errno %d", errno);
	if (to < size)
		memset(shadow + to, 0, size - to);
	size = to;
}

static void do_fallocate(void)
{
	int mode = rnd(3) ? FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
			  : (int)rnd(2) * FALLOC_FL_KEEP_SIZE;
	size_t pos, len;

	pick(&pos, &len);
	note("fallocate %d, %zu at %zu", mode, len, pos);
	if (fallocate(fd, mode, (off_t)pos, (off_t)len))
		fail("fallocate: errno %d", errno);
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		if (pos < size)
			memset(shadow + pos, 0, len < size - pos ? len : size - pos);
	} else if (!mode) {
		grow(pos + len);
	}
}

/* Loads or stores through a mapping, up to the end of the file. */
static void do_map(void)
{
	size_t pos, len, start;
	bool store = rnd(2), private = !rnd(4);
	unsigned char *map;

	pick(&pos, &len);
	if (pos >= size)
		return;
	if (len > size - pos)
		len = size - pos;
	start = pos & ~(size_t)4095;
	note("%s %s mapping, %zu at %zu", store ? "store into" : "load from",
	     private ? "private" : "shared", len, pos);
	map = mmap(NULL, len + pos - start, PROT_READ | PROT_WRITE,
		   private ? MAP_PRIVATE : MAP_SHARED, fd, (off_t)start);
	if (map == MAP_FAILED)
		fail("mmap: errno %d", errno);
	compare(map + pos - start, pos, len, "mapping");
	if (store) {
		memset(map + pos - start, (int)rnd(256), len);
		if (!private)
			memcpy(shadow + pos, map + pos - start, len);
		if (rnd(2) && msync(map, len + pos - start, MS_SYNC))
			fail("msync: errno %d", errno);
	}
	munmap(map, len + pos - start);
}

static void do_reopen(void)
{
	static const int flags[] = { O_RDWR, O_RDWR, O_RDWR | O_DIRECT, O_RDWR | O_TRUNC };
	unsigned long how = rnd(16);
	struct stat st;

	if (how == 4) { /* by the book's rule this empties the device */
		note("open write-only");
		close(open(path, O_WRONLY));
	} else {
		how = how < 4 ? how : 0;
		note("reopen %lu", how);
		close(fd);
		fd = open(path, flags[how]);
		if (fd < 0)
			fail("open: errno %d", errno);
	}
	if (how >= 3) {
		memset(shadow, 0, size);
		size = 0;
	}
	if (how == 2) { /* its buffers must be aligned */
		ssize_t got = pread(fd, buf, maxlen, 0);

		if (got != (ssize_t)size)
			fail("direct read gave %zd, errno %d", got, errno);
		compare(buf, 0, size, "direct read");
		close(fd);
		fd = open(path, O_RDWR);
	}
	if (fstat(fd, &st) || st.st_size != (off_t)size)
		fail("fstat says %lld", (long long)st.st_size);
}

static void do_seek(void)
{
	off_t at = 0, end;

	note("seek over data and holes");
	if (lseek(fd, 0, SEEK_END) != (off_t)size)
		fail("SEEK_END: errno %d", errno);
	/* What is a hole reads as zeros; everything that is not zero is data. */
	while ((size_t)at < size) {
		off_t data = lseek(fd, at, SEEK_DATA);

		end = data < 0 ? (off_t)size : data;
		for (off_t i = at; i < end; i++)
			if (shadow[i])
				fail("byte %lld is in a hole", (long long)i);
		if (data < 0)
			break;
		at = lseek(fd, data, SEEK_HOLE);
		if (at <= data)
			fail("SEEK_HOLE from %lld: %lld", (long long)data, (long long)at);
	}
}

static void one_step(void)
{
	unsigned long what = rnd(100);

	if (what < 35)
		do_read();
	else if (what < 65)
		do_write();
	else if (what < 73)
		do_truncate();
	else if (what < 83)
		do_fallocate();
	else if (what < 93)
		no_maps ? do_read() : do_map();
	else if (what < 98)
		do_reopen();
	else
		do_seek();
}

int main(int argc, char **argv)
{
	unsigned long steps = 20000;
	long seed = (long)time(NULL) ^ (getpid() << 8);
	int c;

	while ((c = getopt(argc, argv, "s:n:m:M")) != -1) {
		switch (c) {
		case 's':
			seed = atol(optarg);
			break;
		case 'n':
			steps = strtoul(optarg, NULL, 0);
			break;
		case 'm':
			maxlen = strtoul(optarg, NULL, 0) & ~4095ul;
			break;
		case 'M':
			no_maps = true;
			break;
		default:
			return 2;
		}
	}
	if (optind != argc - 1 || maxlen < 4096) {
		fprintf(stderr, "usage: fsx [-s SEED] [-n STEPS] [-m MAXLEN] [-M] FILE\n");
		return 2;
	}
	path = argv[optind];
	printf("%s: seed %ld, %lu steps\n", path, seed, steps);
	fflush(stdout);
	state = (unsigned long long)seed * 2654435761u + 88172645463325252ull;
	shadow = calloc(1, maxlen);
	buf = aligned_alloc(4096, maxlen);
	fd = open(path, O_RDWR | O_TRUNC);
	if (!shadow || !buf || fd < 0) {
		perror(path);
		return 1;
	}
	for (step = 0; step < steps; step++)
		one_step();
	note("at the end");
	if (pread(fd, buf, maxlen, 0) != (ssize_t)size)
		fail("the last read was short");
	compare(buf, 0, size, "at the end");
	if (ftruncate(fd, 0))
		fail("the last truncate: errno %d", errno);
	close(fd);
	free(shadow);
	free(buf);
	return 0;
}
