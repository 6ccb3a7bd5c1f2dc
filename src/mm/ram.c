// SPDX-License-Identifier: MIT
/*
 * ram.c - the machine's RAM: one sparse file of the host, mapped once at PAGE_OFFSET.
 *
 * Physical address p is byte p of the file and address PAGE_OFFSET + p of the process, so that
 * pfn, physical address and pointer are arithmetic on each other. The places are fixed ones that
 * nothing of the host uses, also under the sanitizers and valgrind, whose shadow memory lies
 * elsewhere; they are variables, as the kernel's are. High memory is the end of the file and is
 * not mapped there: highmem.c maps pages of it where they are wanted.
 */
#include <kmem/printk.h>
#include <kmem/page.h>

#include "../kernel/host.h"
#include "ram.h"

/* The first place ends where programs are loaded; the others have room for 4 TiB and more. */
static const struct {
	unsigned long base;
	u64 room;
} places[] = {
	{ 0x550000000000, 256ull << 30 },
	{ 0x540000000000, 1ull << 40 },
	{ 0x200000000000, 32ull << 40 },
	{ 0x100000000000, 16ull << 40 },
};

unsigned long page_offset_base;
unsigned long max_pfn, max_low_pfn, direct_map_size;

static int ram_file = -1;

int ram_boot(u64 size, u64 highmem)
{
	int err = -ENOMEM;

	ram_file = host_ram_create(size);
	if (ram_file < 0) {
		pr_err("ram: the host gives no file of %llu bytes (error %d)\n",
		       (unsigned long long)size, -ram_file);
		return ram_file;
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (size > places[i].room)
			continue;
		err = host_ram_map(ram_file, places[i].base, size - highmem);
		if (!err) {
			page_offset_base = places[i].base;
			max_pfn = size >> PAGE_SHIFT;
			max_low_pfn = (size - highmem) >> PAGE_SHIFT;
			direct_map_size = size - highmem;
			return 0;
		}
	}
	pr_err("ram: no place for %llu bytes in this process's address space (error %d)\n",
	       (unsigned long long)size, -err);
	ram_exit();
	return err;
}

void ram_exit(void)
{
	if (page_offset_base)
		host_unmap(page_offset_base, max_low_pfn << PAGE_SHIFT);
	if (ram_file >= 0)
		host_ram_destroy(ram_file);
	page_offset_base = 0;
	max_pfn = max_low_pfn = direct_map_size = 0;
	ram_file = -1;
}

int ram_discard(unsigned long pfn, unsigned long nr)
{
	return host_ram_discard(ram_file, (u64)pfn << PAGE_SHIFT, (u64)nr << PAGE_SHIFT);
}

int ram_map_window(unsigned long addr, unsigned long pfn, unsigned long nr, bool writable)
{
	return host_window_map(ram_file, addr, (u64)nr << PAGE_SHIFT, (u64)pfn << PAGE_SHIFT,
			       writable);
}

int ram_map_at(unsigned long addr, unsigned long pfn, unsigned long nr, bool writable)
{
	return host_map_at(ram_file, addr, (u64)nr << PAGE_SHIFT, (u64)pfn << PAGE_SHIFT, writable);
}
