/* SPDX-License-Identifier: MIT */
/*
 * sysfs_devices.c - sys/devices/system/: the machine's CPUs, its memory and its nodes, as numactl,
 * lsmem and lscpu look for them; and sys/kernel/mm/, which says what this machine does not have.
 *
 * An object's number is at the end of its directory's name. Which CPU and which memory belongs to
 * which node is settled at boot, so the directories are listed once.
 *
 * Memory is shown in blocks. Their size is the kernel's (128 MiB, 2 GiB from 64 GiB on), made
 * smaller where the machine's memory would not come out even.
 *
 * Locks: none; what is read here does not change after boot, or is a counter.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/machine.h>
#include <kmem/memblock.h>
#include <kmem/mmzone.h>

#include "../mm/vmstat.h"
#include "sysfs.h"

#define BLOCK_SIZE	(128ul << 20)
#define BIG_BLOCK_SIZE	(2ul << 30)
#define BIG_MACHINE	(64ul << 30)
#define SMALLEST_BLOCK	(4ul << 20)
#define MAX_BLOCKS	4096
#define LOCAL_DISTANCE	10
#define REMOTE_DISTANCE 20
#define CPUS_PER_WORD	32

/* The number at the end of a directory's name. */
static unsigned int number_of(const struct node *dir)
{
	const char *p = dir->name + strlen(dir->name);

	while (p > dir->name && isdigit((unsigned char)p[-1]))
		p--;
	return strtoul(p, NULL, 10);
}

static void list_numbered(struct sysfs_listing *l, const char *name, unsigned int nr,
			  const struct sysfs_dir *dir)
{
	char full[40];

	snprintf(full, sizeof(full), "%s%u", name, nr);
	sysfs_list_dir(l, full, dir);
}

/* A link to ../../@of/@of@nr. */
static void link_numbered(struct sysfs_listing *l, const char *of, unsigned int nr)
{
	char name[40], target[96];

	snprintf(name, sizeof(name), "%s%u", of, nr);
	snprintf(target, sizeof(target), "../../%s/%s", of, name);
	sysfs_list_link(l, name, target);
}

/* Sets of numbers: "0-2,5\n", and as a mask: "27\n". */

typedef bool member_t(unsigned int nr, unsigned int of);

static int show_list(struct seq_file *m, unsigned int limit, member_t *member, unsigned int of)
{
	const char *sep = "";

	for (unsigned int i = 0; i < limit; i++) {
		unsigned int first = i;

		if (!member(i, of))
			continue;
		while (i + 1 < limit && member(i + 1, of))
			i++;
		seq_printf(m, "%s%u", sep, first);
		if (i > first)
			seq_printf(m, "-%u", i);
		sep = ",";
	}
	seq_putc(m, '\n');
	return 0;
}

static int show_mask(struct seq_file *m, unsigned int limit, member_t *member, unsigned int of)
{
	unsigned int words = DIV_ROUND_UP(limit, CPUS_PER_WORD);
	unsigned int bits = limit - (words - 1) * CPUS_PER_WORD;

	for (unsigned int w = words; w-- > 0;) {
		u32 mask = 0;

		for (unsigned int i = 0; i < CPUS_PER_WORD; i++)
			if (w * CPUS_PER_WORD + i < limit && member(w * CPUS_PER_WORD + i, of))
				mask |= 1u << i;
		seq_printf(m, "%0*x%c", (int)DIV_ROUND_UP(bits, 4), mask, w ? ',' : '\n');
		bits = CPUS_PER_WORD;
	}
	return 0;
}

static bool everything(unsigned int nr, unsigned int of)
{
	return true;
}

static bool just_this(unsigned int nr, unsigned int of)
{
	return nr == of;
}

static bool cpu_is_of_node(unsigned int cpu, unsigned int nid)
{
	return (unsigned int)cpu_to_node(cpu) == nid;
}

static bool node_has_cpu(unsigned int nid, unsigned int of)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu_is_of_node(cpu, nid))
			return true;
	return false;
}

static bool node_has_memory(unsigned int nid, unsigned int of)
{
	return NODE_DATA(nid)->node_present_pages != 0;
}

static bool node_has_normal_memory(unsigned int nid, unsigned int of)
{
	const struct zone *zones = NODE_DATA(nid)->node_zones;

	for (int z = 0; z <= ZONE_NORMAL; z++)
		if (populated_zone(&zones[z]))
			return true;
	return false;
}

/* Memory blocks. */

static unsigned long block_size(void)
{
	unsigned long mem = max_pfn << PAGE_SHIFT;
	unsigned long size = mem >= BIG_MACHINE ? BIG_BLOCK_SIZE : BLOCK_SIZE;

	while (mem % size && size > SMALLEST_BLOCK && mem / (size / 2) <= MAX_BLOCKS)
		size /= 2;
	return size;
}

static unsigned int nr_blocks(void)
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

static int block_node(unsigned int nr)
{
	return max(block_ram(nr)->nid, 0);
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

static int show_zero(struct seq_file *m, const struct node *node)
{
	seq_puts(m, "0\n");
	return 0;
}

static int show_empty_list(struct seq_file *m, const struct node *node)
{
	seq_putc(m, '\n');
	return 0;
}

static int show_block_state(struct seq_file *m, const struct node *node)
{
	seq_puts(m, "online\n");
	return 0;
}

static int show_phys_index(struct seq_file *m, const struct node *node)
{
	seq_printf(m, "%08x\n", number_of(node->parent));
	return 0;
}

/* The zone that all of the block is in. */
static int show_valid_zones(struct seq_file *m, const struct node *node)
{
	unsigned long pages = block_size() >> PAGE_SHIFT;
	unsigned long start = number_of(node->parent) * pages, end = start + pages;
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
	link_numbered(l, "node", block_node(number_of(dir)));
}

static const struct sysfs_dir block_dir = {
	.files = (const struct sysfs_file[]){ { "online", 0444, show_one, NULL },
					      { "phys_device", 0444, show_zero, NULL },
					      { "phys_index", 0444, show_phys_index, NULL },
					      { "removable", 0444, show_zero, NULL },
					      { "state", 0444, show_block_state, NULL },
					      { "valid_zones", 0444, show_valid_zones, NULL },
					      { NULL, 0, NULL, NULL } },
	.list = list_block_node,
};

static void list_blocks(struct sysfs_listing *l, const struct node *dir)
{
	for (unsigned int i = 0; i < nr_blocks(); i++)
		if (block_ram(i))
			list_numbered(l, "memory", i, &block_dir);
}

static const struct sysfs_dir memory_dir = {
	.files = (const struct sysfs_file[]){ { "block_size_bytes", 0444, show_block_size, NULL },
					      { NULL, 0, NULL, NULL } },
	.list = list_blocks,
};

/* CPUs. Each is a core of its own, and all are in one package. */

static int show_all_cpus(struct seq_file *m, const struct node *node)
{
	return show_list(m, nr_cpu_ids, everything, 0);
}

static int show_kernel_max(struct seq_file *m, const struct node *node)
{
	seq_printf(m, "%d\n", NR_CPUS - 1);
	return 0;
}

static int show_core_id(struct seq_file *m, const struct node *node)
{
	seq_printf(m, "%u\n", number_of(node->parent->parent));
	return 0;
}

static int show_core_list(struct seq_file *m, const struct node *node)
{
	return show_list(m, nr_cpu_ids, just_this, number_of(node->parent->parent));
}

static int show_core_mask(struct seq_file *m, const struct node *node)
{
	return show_mask(m, nr_cpu_ids, just_this, number_of(node->parent->parent));
}

static int show_package_mask(struct seq_file *m, const struct node *node)
{
	return show_mask(m, nr_cpu_ids, everything, 0);
}

static const struct sysfs_dir topology_dir = {
	.files =
		(const struct sysfs_file[]){ { "core_cpus", 0444, show_core_mask, NULL },
					     { "core_cpus_list", 0444, show_core_list, NULL },
					     { "core_id", 0444, show_core_id, NULL },
					     { "core_siblings", 0444, show_package_mask, NULL },
					     { "core_siblings_list", 0444, show_all_cpus, NULL },
					     { "package_cpus", 0444, show_package_mask, NULL },
					     { "package_cpus_list", 0444, show_all_cpus, NULL },
					     { "physical_package_id", 0444, show_zero, NULL },
					     { "thread_siblings", 0444, show_core_mask, NULL },
					     { "thread_siblings_list", 0444, show_core_list, NULL },
					     { NULL, 0, NULL, NULL } },
};

static void list_cpu_node(struct sysfs_listing *l, const struct node *dir)
{
	link_numbered(l, "node", cpu_to_node(number_of(dir)));
}

static const struct sysfs_dir one_cpu_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "topology", &topology_dir }, { NULL, NULL } },
	.list = list_cpu_node,
};

static void list_cpus(struct sysfs_listing *l, const struct node *dir)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		list_numbered(l, "cpu", cpu, &one_cpu_dir);
}

static const struct sysfs_dir cpu_dir = {
	.files = (const struct sysfs_file[]){ { "isolated", 0444, show_empty_list, NULL },
					      { "kernel_max", 0444, show_kernel_max, NULL },
					      { "offline", 0444, show_empty_list, NULL },
					      { "online", 0444, show_all_cpus, NULL },
					      { "possible", 0444, show_all_cpus, NULL },
					      { "present", 0444, show_all_cpus, NULL },
					      { NULL, 0, NULL, NULL } },
	.list = list_cpus,
};

/* Nodes. */

static int show_cpulist(struct seq_file *m, const struct node *node)
{
	return show_list(m, nr_cpu_ids, cpu_is_of_node, number_of(node->parent));
}

static int show_cpumap(struct seq_file *m, const struct node *node)
{
	return show_mask(m, nr_cpu_ids, cpu_is_of_node, number_of(node->parent));
}

static int show_distance(struct seq_file *m, const struct node *node)
{
	unsigned int nid = number_of(node->parent);

	for (unsigned int i = 0; i < nr_online_nodes; i++)
		seq_printf(m, "%s%d", i ? " " : "", i == nid ? LOCAL_DISTANCE : REMOTE_DISTANCE);
	seq_putc(m, '\n');
	return 0;
}

static int show_meminfo(struct seq_file *m, const struct node *node)
{
	machine_idle();
	return node_meminfo_show(m, number_of(node->parent));
}

static int show_vmstat(struct seq_file *m, const struct node *node)
{
	machine_idle();
	return node_vmstat_show(m, number_of(node->parent));
}

static int show_numastat(struct seq_file *m, const struct node *node)
{
	return node_numastat_show(m, number_of(node->parent));
}

static void list_of_node(struct sysfs_listing *l, const struct node *dir)
{
	unsigned int nid = number_of(dir), cpu;

	for_each_online_cpu(cpu)
		if (cpu_is_of_node(cpu, nid))
			link_numbered(l, "cpu", cpu);
	for (unsigned int i = 0; i < nr_blocks(); i++)
		if (block_ram(i) && (unsigned int)block_node(i) == nid)
			link_numbered(l, "memory", i);
}

static const struct sysfs_dir one_node_dir = {
	.files = (const struct sysfs_file[]){ { "cpulist", 0444, show_cpulist, NULL },
					      { "cpumap", 0444, show_cpumap, NULL },
					      { "distance", 0444, show_distance, NULL },
					      { "meminfo", 0444, show_meminfo, NULL },
					      { "numastat", 0444, show_numastat, NULL },
					      { "vmstat", 0444, show_vmstat, NULL },
					      { NULL, 0, NULL, NULL } },
	.list = list_of_node,
};

static int show_all_nodes(struct seq_file *m, const struct node *node)
{
	return show_list(m, nr_online_nodes, everything, 0);
}

static int show_has_cpu(struct seq_file *m, const struct node *node)
{
	return show_list(m, nr_online_nodes, node_has_cpu, 0);
}

static int show_has_memory(struct seq_file *m, const struct node *node)
{
	return show_list(m, nr_online_nodes, node_has_memory, 0);
}

static int show_has_normal_memory(struct seq_file *m, const struct node *node)
{
	return show_list(m, nr_online_nodes, node_has_normal_memory, 0);
}

static void list_nodes(struct sysfs_listing *l, const struct node *dir)
{
	for (unsigned int i = 0; i < nr_online_nodes; i++)
		list_numbered(l, "node", i, &one_node_dir);
}

static const struct sysfs_dir node_dir = {
	.files = (const struct sysfs_file[]){ { "has_cpu", 0444, show_has_cpu, NULL },
					      { "has_memory", 0444, show_has_memory, NULL },
					      { "has_normal_memory", 0444, show_has_normal_memory,
						NULL },
					      { "online", 0444, show_all_nodes, NULL },
					      { "possible", 0444, show_all_nodes, NULL },
					      { NULL, 0, NULL, NULL } },
	.list = list_nodes,
};

const struct sysfs_dir sysfs_system_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "cpu", &cpu_dir },
					       { "memory", &memory_dir },
					       { "node", &node_dir },
					       { NULL, NULL } },
};

/* sys/kernel/mm/: there are no huge pages of clients, and no same ones to merge. */

static int show_never(struct seq_file *m, const struct node *node)
{
	seq_puts(m, "always madvise [never]\n");
	return 0;
}

static int show_pmd_size(struct seq_file *m, const struct node *node)
{
	seq_printf(m, "%lu\n", pageblock_nr_pages << PAGE_SHIFT);
	return 0;
}

static const struct sysfs_dir hugepages_2m_dir = {
	.files = (const struct sysfs_file[]){ { "free_hugepages", 0444, show_zero, NULL },
					      { "nr_hugepages", 0444, show_zero, NULL },
					      { "nr_overcommit_hugepages", 0444, show_zero, NULL },
					      { "resv_hugepages", 0444, show_zero, NULL },
					      { "surplus_hugepages", 0444, show_zero, NULL },
					      { NULL, 0, NULL, NULL } },
};

static const struct sysfs_dir hugepages_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "hugepages-2048kB", &hugepages_2m_dir },
					       { NULL, NULL } },
};

static const struct sysfs_dir thp_dir = {
	.files = (const struct sysfs_file[]){ { "defrag", 0444, show_never, NULL },
					      { "enabled", 0444, show_never, NULL },
					      { "hpage_pmd_size", 0444, show_pmd_size, NULL },
					      { NULL, 0, NULL, NULL } },
};

const struct sysfs_dir sysfs_mm_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "hugepages", &hugepages_dir },
					       { "transparent_hugepage", &thp_dir },
					       { NULL, NULL } },
};
