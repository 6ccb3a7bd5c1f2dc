// SPDX-License-Identifier: MIT
/*
 * host_memory.c - memory of the host: the file that is RAM, its mappings, and plain memory.
 *
 * RAM is one memfd. It is mapped whole and shared at a fixed address (the direct map), and
 * piecewise again in windows of reserved addresses (vmalloc areas). Pages of the file that were
 * never touched cost nothing; host_ram_discard() makes pages untouched again.
 *
 * What must not take emulated pages (nodes, open files, the log, texts) comes from the C library.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

void *host_alloc(size_t size)
{
	return calloc(1, size);
}

void *host_realloc(void *p, size_t size)
{
	return realloc(p, size);
}

void host_free(void *p)
{
	free(p);
}

void *host_table_alloc(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void host_table_free(void *table, size_t size)
{
	if (table)
		munmap(table, size);
}

void host_table_forget(void *p, size_t size)
{
	unsigned long start = ALIGN((unsigned long)p, PAGE_SIZE);
	unsigned long end = ALIGN_DOWN((unsigned long)p + size, PAGE_SIZE);

	if (start < end)
		madvise((void *)start, end - start, MADV_DONTNEED);
}

int host_ram_create(u64 size)
{
	int fd = memfd_create("kmemfs-ram", MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, size) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

void host_ram_destroy(int fd)
{
	close(fd);
}

/* An old kernel takes the address as a hint and may answer with another one. */
static int map_exactly(unsigned long addr, u64 size, int prot, int flags, int fd)
{
	void *p = mmap((void *)addr, size, prot, flags | MAP_FIXED_NOREPLACE | MAP_NORESERVE, fd,
		       0);

	if (p == MAP_FAILED)
		return -errno;
	if (p != (void *)addr) {
		munmap(p, size);
		return -EEXIST;
	}
	return 0;
}

int host_ram_map(int fd, unsigned long addr, u64 size)
{
	return map_exactly(addr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
}

int host_ram_discard(int fd, u64 offset, u64 size)
{
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size))
		return -errno;
	return 0;
}

int host_window_reserve(unsigned long addr, u64 size)
{
	return map_exactly(addr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

int host_window_map(int fd, unsigned long addr, u64 size, u64 offset, bool writable)
{
	void *p = mmap((void *)addr, size, PROT_READ | (writable ? PROT_WRITE : 0),
		       MAP_SHARED | MAP_FIXED, fd, offset);

	return p == MAP_FAILED ? -errno : 0;
}

/*
 * Pages of the window are mapped and forgotten under the eyes of threads that use them: their next
 * access brings them back. The C library's functions would make a sanitizer take that for a write
 * to the whole range, and report a race.
 */
int host_map_at(int fd, unsigned long addr, u64 size, u64 offset, bool writable)
{
	long p = syscall(SYS_mmap, addr, size, PROT_READ | (writable ? PROT_WRITE : 0),
			 MAP_SHARED | MAP_FIXED_NOREPLACE, fd, offset);

	if (p == -1)
		return -errno;
	if (p != (long)addr) {
		syscall(SYS_munmap, p, size);
		return -EEXIST;
	}
	return 0;
}

void host_unmap(unsigned long addr, u64 size)
{
	syscall(SYS_munmap, addr, size);
}

int host_resident(unsigned long addr, size_t nr, unsigned char *there)
{
	return mincore((void *)addr, nr * PAGE_SIZE, there) ? -errno : 0;
}

unsigned long host_max_mappings(void)
{
	char text[32];

	if (host_file_read("/proc/sys/vm/max_map_count", text, sizeof(text)))
		return 65530; /* the host's default */
	return strtoul(text, NULL, 10);
}
