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
	phys_addr_t total_size;
	struct memblock_region *regions; /* sorted, not overlapping, equal neighbours merged */
	const char *name;
};

struct memblock {
	bool bottom_up;
	phys_addr_t current_limit; /* allocations stay below */
	struct memblock_type memory, reserved;
};

extern struct memblock memblock;

#define for_each_mem_region(r)                                                                   \
	for ((r) = memblock.memory.regions; (r) < memblock.memory.regions + memblock.memory.cnt; \
	     (r)++)
#define for_each_reserved_mem_region(r)       \
	for ((r) = memblock.reserved.regions; \
	     (r) < memblock.reserved.regions + memblock.reserved.cnt; (r)++)

/* Upper limits: none but memblock.current_limit, which both forms mean. */
#define MEMBLOCK_ALLOC_ANYWHERE	  (~(phys_addr_t)0)
#define MEMBLOCK_ALLOC_ACCESSIBLE 0
#define MEMBLOCK_LOW_LIMIT	  0 /* no lower limit */

static inline void memblock_set_bottom_up(bool enable)
{
	memblock.bottom_up = enable;
}

static inline bool memblock_bottom_up(void)
{
	return memblock.bottom_up;
}

static inline void memblock_set_current_limit(phys_addr_t limit)
{
	memblock.current_limit = limit;
}

static inline phys_addr_t memblock_get_current_limit(void)
{
	return memblock.current_limit;
}

/* 0 or -ENOMEM (no room for another region). */
int memblock_add(phys_addr_t base, phys_addr_t size);
int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid);
int memblock_remove(phys_addr_t base, phys_addr_t size);
int memblock_reserve(phys_addr_t base, phys_addr_t size);
int memblock_phys_free(phys_addr_t base, phys_addr_t size);
void memblock_free(void *ptr, size_t size);

/*
 * Zeroed memory of the direct map, aligned to @align (0: a cache line); NULL if there is none. If
 * it cannot be on @nid (NUMA_NO_NODE: no wish) it is elsewhere, if not above @min_addr then below.
 * After the boot these report, and return a slab object.
 */
void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			     phys_addr_t max_addr, int nid);

static inline void *memblock_alloc_node(phys_addr_t size, phys_addr_t align, int nid)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, MEMBLOCK_ALLOC_ACCESSIBLE,
				      nid);
}

static inline void *memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_node(size, align, NUMA_NO_NODE);
}

static inline void *memblock_alloc_from(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr)
{
	return memblock_alloc_try_nid(size, align, min_addr, MEMBLOCK_ALLOC_ACCESSIBLE,
				      NUMA_NO_NODE);
}

static inline void *memblock_alloc_low(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, 0xffffffff, NUMA_NO_NODE);
}

/* The same, not zeroed; and on @nid or not at all. */
void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				 phys_addr_t max_addr, int nid);
void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				   phys_addr_t max_addr, int nid);

static inline void *memblock_alloc_raw(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid_raw(size, align, MEMBLOCK_LOW_LIMIT,
					  MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE);
}

/* The physical address; 0: failed. The limits of the first are kept. */
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				      phys_addr_t end);
phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid);
phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align);

bool memblock_is_memory(phys_addr_t addr);
bool memblock_is_reserved(phys_addr_t addr);
/* Is all of [base, base + size) memory? Is any of it reserved? */
bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size);
bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size);
phys_addr_t memblock_phys_mem_size(void);
phys_addr_t memblock_reserved_size(void);
phys_addr_t memblock_start_of_DRAM(void);
phys_addr_t memblock_end_of_DRAM(void);

/*
 * The next range, at or after @pos, that is memory and not reserved. False at the end.
 */
bool memblock_next_free_range(phys_addr_t pos, phys_addr_t *start, phys_addr_t *end, int *nid);

#endif
