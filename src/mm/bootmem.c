// SPDX-License-Identifier: MIT
/*
 * bootmem.c - the book's names over memblock, and the buffers of the boot line.
 *
 * Linux 2.6 had a bitmap of its own here; what its users could see is kept: where memory comes
 * from, how it is aligned, that failure is fatal, and that only whole pages come back.
 */
#include <stdio.h>
#include <string.h>
#include <kmem/bootmem.h>
#include <kmem/bug.h>
#include <kmem/machine.h>

#include "bootmem.h"
#include "memblock_internal.h"
#include "zone.h"

#define MAX_DMA_ADDRESS (16ul << 20)

static struct {
	char name[32];
	phys_addr_t base;
	u64 size;
} buffers[MACHINE_BOOTMEM_MAX];
static unsigned int nr_buffers;

static void *bootmem(unsigned long size, unsigned long align, phys_addr_t min, phys_addr_t max)
{
	void *p = memblock_alloc_try_nid(size, align, min, max, NUMA_NO_NODE);

	if (!p) {
		pr_emerg("bootmem alloc of %lu bytes failed!\n", size);
		BUG();
	}
	return p;
}

void *alloc_bootmem(unsigned long size)
{
	return bootmem(size, SMP_CACHE_BYTES, MAX_DMA_ADDRESS, MEMBLOCK_ALLOC_ANYWHERE);
}

void *alloc_bootmem_low(unsigned long size)
{
	return bootmem(size, SMP_CACHE_BYTES, 0, MAX_DMA_ADDRESS);
}

void *alloc_bootmem_pages(unsigned long size)
{
	return bootmem(PAGE_ALIGN(size), PAGE_SIZE, MAX_DMA_ADDRESS, MEMBLOCK_ALLOC_ANYWHERE);
}

void *alloc_bootmem_low_pages(unsigned long size)
{
	return bootmem(PAGE_ALIGN(size), PAGE_SIZE, 0, MAX_DMA_ADDRESS);
}

void free_bootmem(unsigned long phys, unsigned long size)
{
	unsigned long start = PAGE_ALIGN(phys), end = ALIGN_DOWN(phys + size, PAGE_SIZE);

	for (unsigned long at = start; at < end; at += PAGE_SIZE) {
		if (!memblock_is_reserved(at)) {
			WARN(true, "free_bootmem() of %#lx, which is not reserved", at);
			continue;
		}
		memblock_phys_free(at, PAGE_SIZE);
		if (machine_is_up())
			free_frames_at_boot(pfn_zone(at >> PAGE_SHIFT), at >> PAGE_SHIFT,
					    (at >> PAGE_SHIFT) + 1);
	}
}

int bootmem_reserve(const struct machine_config *cfg)
{
	nr_buffers = 0;
	for (unsigned int i = 0; i < cfg->nr_bootmem; i++) {
		u64 size = PAGE_ALIGN(cfg->bootmem[i].size);
		phys_addr_t at = memblock_find_in_range(size, PAGE_SIZE, MAX_DMA_ADDRESS,
							MEMBLOCK_ALLOC_ANYWHERE, NUMA_NO_NODE);

		if (!at)
			at = memblock_find_in_range(size, PAGE_SIZE, 0, MEMBLOCK_ALLOC_ANYWHERE,
						    NUMA_NO_NODE);
		snprintf(buffers[i].name, sizeof(buffers[i].name), "%s", cfg->bootmem[i].name);
		buffers[i].base = at;
		buffers[i].size = cfg->bootmem[i].size;
		if (!at || memblock_reserve_named(at, size, buffers[i].name)) {
			pr_err("bootmem: no room for %s of %llu bytes in one piece\n",
			       buffers[i].name, (unsigned long long)size);
			return -ENOMEM;
		}
		nr_buffers++;
	}
	return 0;
}

void *machine_bootmem(const char *name, u64 *size)
{
	for (unsigned int i = 0; i < nr_buffers; i++) {
		if (strcmp(buffers[i].name, name))
			continue;
		*size = buffers[i].size;
		return __va(buffers[i].base);
	}
	return NULL;
}
