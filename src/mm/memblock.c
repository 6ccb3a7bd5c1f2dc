// SPDX-License-Identifier: MIT
/*
 * memblock.c - memory before the page allocator.
 *
 * 1. Idea: two sorted arrays of address ranges say everything there is to say at boot. One holds
 *    the RAM there is, the other what of it is taken. Allocating (memblock_alloc.c) is finding a
 *    hole in (memory - reserved) and adding it to reserved.
 * 2. Structures: struct memblock_type, an array of regions; it starts with INIT_REGIONS in static
 *    memory and, once RAM can be used, doubles into a reservation of its own.
 * 3. Invariants: within an array, for all i
 *	base[i] + size[i] <= base[i+1],   size[i] > 0,
 *    and neighbours that touch differ in node or name (otherwise they would be one).
 * 4. The arrays stay after boot: they say where RAM is and who reserved what (proc/iomem, the
 *    halt's check that nothing of RAM is missing).
 * 5. Locks: none; the boot runs alone.
 */
#include <string.h>
#include <kmem/memblock.h>
#include <kmem/page.h>
#include <kmem/seq_file.h>

#include "init_on.h"
#include "memblock_internal.h"

#define INIT_REGIONS 128

static struct memblock_region init_memory[INIT_REGIONS];
static struct memblock_region init_reserved[INIT_REGIONS];
static bool can_resize;
static bool boot_is_over;	   /* what is free is the page allocator's now */
static phys_addr_t recycled_below; /* what was freed again lies below: it may not be zero */

struct memblock memblock;

void memblock_boot(void)
{
	memblock = (struct memblock){
		.current_limit = MEMBLOCK_ALLOC_ANYWHERE,
		.memory = { .max = INIT_REGIONS, .regions = init_memory, .name = "memory" },
		.reserved = { .max = INIT_REGIONS, .regions = init_reserved, .name = "reserved" },
	};
	can_resize = false;
	boot_is_over = false;
	recycled_below = 0;
}

void memblock_allow_resize(void)
{
	can_resize = true;
}

void memblock_close(void)
{
	boot_is_over = true;
}

static phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

static void insert_region(struct memblock_type *type, unsigned int at, struct memblock_region r)
{
	memmove(&type->regions[at + 1], &type->regions[at],
		(type->cnt - at) * sizeof(*type->regions));
	type->regions[at] = r;
	type->cnt++;
}

static void remove_region(struct memblock_type *type, unsigned int at)
{
	type->cnt--;
	memmove(&type->regions[at], &type->regions[at + 1],
		(type->cnt - at) * sizeof(*type->regions));
}

static bool mergeable(const struct memblock_region *a, const struct memblock_region *b)
{
	return region_end(a) == b->base && a->nid == b->nid && a->name == b->name;
}

static void merge_neighbours(struct memblock_type *type)
{
	unsigned int i = 0;

	while (i + 1 < type->cnt) {
		struct memblock_region *r = &type->regions[i];

		if (mergeable(r, r + 1)) {
			r->size += r[1].size;
			remove_region(type, i + 1);
		} else {
			i++;
		}
	}
}

/* Room for two more regions: what one call can need at most (a hole on both sides). */
static int make_room(struct memblock_type *type)
{
	struct memblock_region *bigger;
	size_t size = type->max * sizeof(*type->regions);
	phys_addr_t at;

	if (type->cnt + 2 <= type->max)
		return 0;
	if (!can_resize)
		return -ENOMEM;
	at = memblock_find_in_range(2 * size, SMP_CACHE_BYTES, 0, memblock.current_limit,
				    NUMA_NO_NODE);
	if (!at)
		return -ENOMEM;
	bigger = __va(at);
	memcpy(bigger, type->regions, type->cnt * sizeof(*bigger));
	type->regions = bigger;
	type->max *= 2;
	/* The last free entry of the reserved array may be the one for its own new home. */
	return memblock_reserve(at, 2 * size);
}

static phys_addr_t total(const struct memblock_type *type)
{
	phys_addr_t sum = 0;

	for (unsigned int i = 0; i < type->cnt; i++)
		sum += type->regions[i].size;
	return sum;
}

/* The end of a range, which may be said to reach further than addresses do. */
static phys_addr_t end_of(phys_addr_t base, phys_addr_t size)
{
	return base + min(size, ~(phys_addr_t)0 - base);
}

/* Adds what of [base, end) the array does not hold yet. */
static int add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size, int nid,
		     const char *name)
{
	phys_addr_t end = end_of(base, size);
	unsigned int i = 0;

	if (!size)
		return 0;
	while (base < end) {
		phys_addr_t stop = end;
		int err = make_room(type);

		if (err)
			return err;
		/* Making room may have merged regions. */
		i = 0;
		while (i < type->cnt && region_end(&type->regions[i]) <= base)
			i++;
		if (i < type->cnt && type->regions[i].base <= base) {
			base = region_end(&type->regions[i]);
			continue;
		}
		if (i < type->cnt && type->regions[i].base < stop)
			stop = type->regions[i].base;
		insert_region(type, i, (struct memblock_region){ base, stop - base, nid, name });
		base = stop;
	}
	merge_neighbours(type);
	type->total_size = total(type);
	return 0;
}

static int remove_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = end_of(base, size);
	unsigned int i = 0;
	int err = make_room(type);

	if (err)
		return err;
	while (i < type->cnt) {
		struct memblock_region *r = &type->regions[i];
		phys_addr_t r_end = region_end(r);

		if (r_end <= base || r->base >= end) {
			i++;
		} else if (r->base < base) {
			r->size = base - r->base;
			if (r_end > end) {
				struct memblock_region rest = *r;

				rest.base = end;
				rest.size = r_end - end;
				insert_region(type, i + 1, rest);
			}
			i++;
		} else if (r_end > end) {
			r->base = end;
			r->size = r_end - end;
			i++;
		} else {
			remove_region(type, i);
		}
	}
	type->total_size = total(type);
	return 0;
}

int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid)
{
	return add_range(&memblock.memory, base, size, nid, NULL);
}

int memblock_add(phys_addr_t base, phys_addr_t size)
{
	return memblock_add_node(base, size, 0);
}

int memblock_remove(phys_addr_t base, phys_addr_t size)
{
	return remove_range(&memblock.memory, base, size);
}

int memblock_reserve_named(phys_addr_t base, phys_addr_t size, const char *name)
{
	return add_range(&memblock.reserved, base, size, 0, name);
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	return memblock_reserve_named(base, size, NULL);
}

int memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	const phys_addr_t end = end_of(base, size);

	if (init_on_free && end <= direct_map_size)
		memset(__va(base), 0, size);
	recycled_below = max(recycled_below, end);
	return remove_range(&memblock.reserved, base, size);
}

void memblock_free(void *ptr, size_t size)
{
	if (ptr)
		memblock_phys_free(__pa(ptr), size);
}

/* The index of the region that ends above @addr; cnt if there is none. */
static unsigned int search(const struct memblock_type *type, phys_addr_t addr)
{
	unsigned int lo = 0, hi = type->cnt;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (region_end(&type->regions[mid]) <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool contains(const struct memblock_type *type, phys_addr_t addr)
{
	unsigned int i = search(type, addr);

	return i < type->cnt && type->regions[i].base <= addr;
}

bool memblock_is_memory(phys_addr_t addr)
{
	return contains(&memblock.memory, addr);
}

bool memblock_is_reserved(phys_addr_t addr)
{
	return contains(&memblock.reserved, addr);
}

bool memblock_next_free_range(phys_addr_t pos, phys_addr_t *start, phys_addr_t *end, int *nid)
{
	unsigned int m = search(&memblock.memory, pos);

	for (; m < memblock.memory.cnt; m++) {
		const struct memblock_region *mem = &memblock.memory.regions[m];
		phys_addr_t from = max(pos, mem->base);

		while (from < region_end(mem)) {
			unsigned int r = search(&memblock.reserved, from);
			phys_addr_t to = region_end(mem);

			if (r < memblock.reserved.cnt) {
				const struct memblock_region *res = &memblock.reserved.regions[r];

				if (res->base <= from) {
					from = region_end(res);
					continue;
				}
				to = min(to, res->base);
			}
			*start = from;
			*end = to;
			if (nid)
				*nid = mem->nid;
			return true;
		}
	}
	return false;
}

bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	unsigned int i = search(&memblock.memory, base);
	phys_addr_t at = base;

	/* Regions of two nodes may touch. */
	for (; i < memblock.memory.cnt && memblock.memory.regions[i].base <= at; i++)
		at = region_end(&memblock.memory.regions[i]);
	return at >= end_of(base, size) && at > base;
}

bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	unsigned int i = search(&memblock.reserved, base);

	return i < memblock.reserved.cnt && memblock.reserved.regions[i].base < end_of(base, size);
}

bool memblock_was_used(phys_addr_t addr)
{
	return addr < recycled_below;
}

bool memblock_closed(void)
{
	return boot_is_over;
}

phys_addr_t memblock_phys_mem_size(void)
{
	return memblock.memory.total_size;
}

phys_addr_t memblock_reserved_size(void)
{
	return memblock.reserved.total_size;
}

phys_addr_t memblock_start_of_DRAM(void)
{
	return memblock.memory.regions[0].base;
}

phys_addr_t memblock_end_of_DRAM(void)
{
	return region_end(&memblock.memory.regions[memblock.memory.cnt - 1]);
}

/* Reserved memory is on the node whose memory it is. */
static int node_of(const struct memblock_type *type, const struct memblock_region *r)
{
	unsigned int i = search(&memblock.memory, r->base);

	return type == &memblock.memory || i == memblock.memory.cnt
		       ? r->nid
		       : memblock.memory.regions[i].nid;
}

static int show(struct seq_file *m, const struct memblock_type *type)
{
	for (unsigned int i = 0; i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i];

		seq_printf(m, "%4u: 0x%016llx..0x%016llx %4d NONE\n", i,
			   (unsigned long long)r->base, (unsigned long long)region_end(r) - 1,
			   node_of(type, r));
	}
	return 0;
}

int memblock_memory_show(struct seq_file *m, void *v)
{
	return show(m, &memblock.memory);
}

int memblock_reserved_show(struct seq_file *m, void *v)
{
	return show(m, &memblock.reserved);
}
