/* SPDX-License-Identifier: MIT */
/*
 * memblock.h - memory before there is a page allocator: which addresses are RAM, and which of
 * them are taken.
 *
 * Units: bytes of physical address. Context: boot, one thread. Source: Linux 6.1, mm/memblock.c.
 */
#ifndef KMEM_MEMBLOCK_H
#define KMEM_MEMBLOCK_H

#include <kmem/types.h>

struct memblock_region {
	phys_addr_t base, size;
	int nid;
	const char *name; /* who reserved it, for proc/iomem; NULL: the boot */
};

struct memblock_type {
	unsigned int cnt, max;
	struct memblock_region *regions; /* sorted, not overlapping, equal neighbours merged */
	const char *name;
};

struct memblock {
	bool bottom_up;
	phys_addr_t current_limit; /* allocations stay below */
	struct memblock_type memory, reserved;
};

extern struct memblock memblock;

#define MEMBLOCK_ALLOC_ANYWHERE (~(phys_addr_t)0)
#define MEMBLOCK_LOW_LIMIT	0

/* 0 or -ENOMEM (no room for another region). */
int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid);
int memblock_remove(phys_addr_t base, phys_addr_t size);
int memblock_reserve(phys_addr_t base, phys_addr_t size);
int memblock_phys_free(phys_addr_t base, phys_addr_t size);
void memblock_free(void *ptr, size_t size);

/* Zeroed memory of the direct map, aligned to @align (0: a cache line); NULL if there is none. */
void *memblock_alloc(phys_addr_t size, phys_addr_t align);
void *memblock_alloc_node(phys_addr_t size, phys_addr_t align, int nid);
void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			     phys_addr_t max_addr, int nid);
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				      phys_addr_t end); /* 0: failed */

bool memblock_is_memory(phys_addr_t addr);
bool memblock_is_reserved(phys_addr_t addr);
phys_addr_t memblock_phys_mem_size(void);
phys_addr_t memblock_reserved_size(void);
phys_addr_t memblock_start_of_DRAM(void);
phys_addr_t memblock_end_of_DRAM(void);

/*
 * The next range, at or after @pos, that is memory and not reserved. False at the end.
 */
bool memblock_next_free_range(phys_addr_t pos, phys_addr_t *start, phys_addr_t *end, int *nid);

#endif
