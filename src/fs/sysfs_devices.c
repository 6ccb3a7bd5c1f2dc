// SPDX-License-Identifier: MIT
/*
 * sysfs_devices.c - sys/devices/system/: the machine's CPUs and its nodes, as numactl and lscpu
 * look for them. Its memory is in sysfs_memory.c.
 *
 * Which CPU and which memory belongs to which node is settled at boot, so the directories are
 * listed once.
 *
 * Locks: none; what is read here does not change after boot, or is a counter.
 */
#include <kmem/machine.h>
#include <kmem/mmzone.h>

#include "../mm/vmstat.h"
#include "sysfs.h"

#define LOCAL_DISTANCE	10
#define REMOTE_DISTANCE 20
#define CPUS_PER_WORD	32

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

static int show_empty_list(struct seq_file *m, const struct node *node)
{
	seq_putc(m, '\n');
	return 0;
}

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
	seq_printf(m, "%u\n", sysfs_number_of(node->parent->parent));
	return 0;
}

static int show_core_list(struct seq_file *m, const struct node *node)
{
	return show_list(m, nr_cpu_ids, just_this, sysfs_number_of(node->parent->parent));
}

static int show_core_mask(struct seq_file *m, const struct node *node)
{
	return show_mask(m, nr_cpu_ids, just_this, sysfs_number_of(node->parent->parent));
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
					     { "physical_package_id", 0444, sysfs_show_zero, NULL },
					     { "thread_siblings", 0444, show_core_mask, NULL },
					     { "thread_siblings_list", 0444, show_core_list, NULL },
					     { NULL, 0, NULL, NULL } },
};

static void list_cpu_node(struct sysfs_listing *l, const struct node *dir)
{
	sysfs_link_numbered(l, "node", cpu_to_node(sysfs_number_of(dir)));
}

static const struct sysfs_dir one_cpu_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "topology", &topology_dir }, { NULL, NULL } },
	.list = list_cpu_node,
};

static void list_cpus(struct sysfs_listing *l, const struct node *dir)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		sysfs_list_numbered(l, "cpu", cpu, &one_cpu_dir);
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
	return show_list(m, nr_cpu_ids, cpu_is_of_node, sysfs_number_of(node->parent));
}

static int show_cpumap(struct seq_file *m, const struct node *node)
{
	return show_mask(m, nr_cpu_ids, cpu_is_of_node, sysfs_number_of(node->parent));
}

static int show_distance(struct seq_file *m, const struct node *node)
{
	unsigned int nid = sysfs_number_of(node->parent);

	for (unsigned int i = 0; i < nr_online_nodes; i++)
		seq_printf(m, "%s%d", i ? " " : "", i == nid ? LOCAL_DISTANCE : REMOTE_DISTANCE);
	seq_putc(m, '\n');
	return 0;
}

static int show_meminfo(struct seq_file *m, const struct node *node)
{
	machine_idle();
	return node_meminfo_show(m, sysfs_number_of(node->parent));
}

static int show_vmstat(struct seq_file *m, const struct node *node)
{
	machine_idle();
	return node_vmstat_show(m, sysfs_number_of(node->parent));
}

static int show_numastat(struct seq_file *m, const struct node *node)
{
	return node_numastat_show(m, sysfs_number_of(node->parent));
}

static void list_of_node(struct sysfs_listing *l, const struct node *dir)
{
	unsigned int nid = sysfs_number_of(dir), cpu;

	for_each_online_cpu(cpu)
		if (cpu_is_of_node(cpu, nid))
			sysfs_link_numbered(l, "cpu", cpu);
	for (unsigned int i = 0; i < memory_blocks(); i++)
		if (memory_block_node(i) == (int)nid)
			sysfs_link_numbered(l, "memory", i);
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
		sysfs_list_numbered(l, "node", i, &one_node_dir);
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
					       { "memory", &sysfs_memory_dir },
					       { "node", &node_dir },
					       { NULL, NULL } },
};
