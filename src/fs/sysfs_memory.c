// SPDX-License-Identifier: MIT
/*
 * sysfs_memory.c - sys/devices/system/memory/: which physical addresses have RAM, in blocks, as
 * lsmem looks for them.
 *
 * The blocks' size is the kernel's (128 MiB, 2 GiB from 64 GiB on), made smaller where the
 * machine's memory would not come out even.
 *
 * Locks: none; what is read here does not change after boot.
 */
#include <kmem/memblock.h>
#include <kmem/mmzone.h>

#include "sysfs.h"

#define BLOCK_SIZE     (128ul << 20)
#define BIG_BLOCK_SIZE (2ul << 30)
#define BIG_MACHINE    (64ul << 30)
#define SMALLEST_BLOCK (4ul << 20)
#define MAX_BLOCKS     4096

static unsigned long block_size(void)
{
	unsigned long mem = max_pfn << PAGE_SHIFT;
	unsigned long size = mem >= BIG_MACHINE ? BIG_BLOCK_SIZE : BLOCK_SIZE;

	while (mem % size && size > SMALLEST_BLOCK && mem / (size / 2) <= MAX_BLOCKS)
		size /= 2;
	return size;
}

unsigned int memory_blocks(void)
{
	return DIV_ROUND_UP(max_pfn << PAGE_SHIFT, block_size());
}

/* The RAM of block @nr: its first region, NULL if it has none. */
static const struct memblock_region *block_ram(unsigned int nr)
{
	phys_addr_t start = nr * block_size(), end = start + block_size();

	for (unsigned int i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

		if (r->base < end && r->base + r->size > start)
			return r;
	}
	return NULL;
}

int memory_block_node(unsigned int nr)
{
	const struct memblock_region *r = block_ram(nr);

	return r ? max(r->nid, 0) : NUMA_NO_NODE;
}

static int show_block_size(struct seq_file *m, const struct node *node)
{
	seq_printf(m, "%lx\n", block_size());
	return 0;
}

static int show_one(struct seq_file *m, const struct node *node)
{
	seq_puts(m, "1\n");
	return 0;
}

static int show_block_state(struct seq_file *m, const struct node *node)
{
	seq_puts(m, "online\n");
	return 0;
}

static int show_phys_index(struct seq_file *m, const struct node *node)
{
	seq_printf(m, "%08x\n", sysfs_number_of(node->parent));
	return 0;
}

/* The zone that all of the block is in. */
static int show_valid_zones(struct seq_file *m, const struct node *node)
{
	unsigned long pages = block_size() >> PAGE_SHIFT;
	unsigned long start = sysfs_number_of(node->parent) * pages, end = start + pages;
	const struct zone *only = NULL;
	unsigned int zones = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone->zone_start_pfn < end && zone_end_pfn(zone) > start) {
			only = zone;
			zones++;
		}
	}
	seq_printf(m, "%s\n", zones == 1 ? only->name : "none");
	return 0;
}

static void list_block_node(struct sysfs_listing *l, const struct node *dir)
{
	sysfs_link_numbered(l, "node", memory_block_node(sysfs_number_of(dir)));
}

static const struct sysfs_dir block_dir = {
	.files = (const struct sysfs_file[]){ { "online", 0444, show_one, NULL },
					      { "phys_device", 0444, sysfs_show_zero, NULL },
					      { "phys_index", 0444, show_phys_index, NULL },
					      { "removable", 0444, sysfs_show_zero, NULL },
					      { "state", 0444, show_block_state, NULL },
					      { "valid_zones", 0444, show_valid_zones, NULL },
					      { NULL, 0, NULL, NULL } },
	.list = list_block_node,
};

static void list_blocks(struct sysfs_listing *l, const struct node *dir)
{
	for (unsigned int i = 0; i < memory_blocks(); i++)
		if (block_ram(i))
			sysfs_list_numbered(l, "memory", i, &block_dir);
}

const struct sysfs_dir sysfs_memory_dir = {
	.files = (const struct sysfs_file[]){ { "block_size_bytes", 0444, show_block_size, NULL },
					      { NULL, 0, NULL, NULL } },
	.list = list_blocks,
};
