// SPDX-License-Identifier: MIT
/*
 * memblock_alloc.c - memory from memblock: where a request finds its place.
 *
 * A place is looked for from the top of memory downward, or from the bottom up if bottom_up says
 * so, below current_limit (what lies above has no address). A wish for a node is dropped before
 * the request fails, unless it says "exact"; then the lower limit is, and the node is wished for
 * again. Source: Linux 6.1, memblock_alloc_range_nid() and memblock_alloc_internal().
 *
 * Locks: none; the boot runs alone.
 */
#include <string.h>
#include <kmem/bug.h>
#include <kmem/page.h>
#include <kmem/slab.h>

#include "memblock_internal.h"

phys_addr_t memblock_find_in_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				   phys_addr_t end, int nid)
{
	phys_addr_t pos = max_t(phys_addr_t, start, PAGE_SIZE), from, to, best = 0;
	int range_nid;

	if (end == MEMBLOCK_ALLOC_ACCESSIBLE)
		end = memblock.current_limit;
	end = min(end, memblock.current_limit);
	for (; memblock_next_free_range(pos, &from, &to, &range_nid); pos = to) {
		phys_addr_t at;

		from = max(from, pos);
		to = min(to, end);
		if (from >= end)
			break;
		if (nid != NUMA_NO_NODE && nid != range_nid)
			continue;
		if (to - from < size)
			continue;
		at = memblock.bottom_up ? ALIGN(from, align) : ALIGN_DOWN(to - size, align);
		if (at < from || at + size > to)
			continue;
		best = at;
		if (memblock.bottom_up)
			break;
	}
	return best;
}

static phys_addr_t alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			       phys_addr_t max_addr, int nid, bool exact)
{
	phys_addr_t at;

	if (!align)
		align = SMP_CACHE_BYTES;
	at = memblock_find_in_range(size, align, min_addr, max_addr, nid);
	if (!at && nid != NUMA_NO_NODE && !exact)
		at = memblock_find_in_range(size, align, min_addr, max_addr, NUMA_NO_NODE);
	return at && memblock_reserve(at, size) == 0 ? at : 0;
}

phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				      phys_addr_t end)
{
	return alloc_range(size, align, start, end, NUMA_NO_NODE, false);
}

phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	return alloc_range(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE, false);
}

phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid)
{
	return alloc_range(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE, nid, false);
}

static void *alloc_memory(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			  phys_addr_t max_addr, int nid, bool exact)
{
	phys_addr_t at;

	if (WARN_ONCE(memblock_closed(), "memblock_alloc() when the page allocator is up"))
		return kzalloc_node(size, GFP_NOWAIT, nid);
	at = alloc_range(size, align, min_addr, max_addr, nid, exact);
	if (!at && min_addr)
		at = alloc_range(size, align, 0, max_addr, nid, exact);
	return at ? __va(at) : NULL;
}

void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				   phys_addr_t max_addr, int nid)
{
	return alloc_memory(size, align, min_addr, max_addr, nid, true);
}

void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				 phys_addr_t max_addr, int nid)
{
	return alloc_memory(size, align, min_addr, max_addr, nid, false);
}

void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			     phys_addr_t max_addr, int nid)
{
	void *p = alloc_memory(size, align, min_addr, max_addr, nid, false);

	/* RAM that nobody had is zero already: writing would only make it resident. */
	if (p && memblock_was_used(__pa(p)))
		memset(p, 0, size);
	return p;
}
