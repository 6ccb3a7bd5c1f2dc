// SPDX-License-Identifier: MIT
/*
 * meminfo.c - the memory of the machine, and of each node, in kB: proc/meminfo and
 * sys/devices/system/node/nodeN/meminfo.
 *
 * Readers add these numbers up and subtract them, so they are read in an order and bounded so
 * that no sum exceeds MemTotal: free pages are what is free, and what slab and page tables have
 * is not. Lines of what this machine does not have (clients' pages, files, swap, huge pages) are
 * 0, since readers expect them. A client reads the file in one piece of less than 8 KiB.
 *
 * Locks: none; each number is one counter's (or the sum of the zones') at its moment.
 */
#include <kmem/seq_file.h>
#include <kmem/vmalloc.h>
#include <kmem/vmstat.h>

#include "percpu_internal.h"
#include "vmstat.h"
#include "zone.h"

#define KB(pages) ((pages) << (PAGE_SHIFT - 10))

int overcommit_ratio = 50;
unsigned long overcommit_kbytes;

/* What clients could be promised: there is no swap. */
static unsigned long vm_commit_limit(void)
{
	unsigned long kbytes = READ_ONCE(overcommit_kbytes);

	if (kbytes)
		return kbytes >> (PAGE_SHIFT - 10);
	return totalram_pages() * READ_ONCE(overcommit_ratio) / 100;
}

/* What could be had without anybody failing: free memory above the marks, half the caches. */
static unsigned long available_pages(void)
{
	long available = nr_free_pages(), low = 0;
	long reclaimable = global_zone_page_state(NR_SLAB_RECLAIMABLE);
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long reserve = 0;

		for (int i = 0; i < MAX_NR_ZONES; i++)
			reserve = max(reserve, READ_ONCE(zone->lowmem_reserve[i]));
		reserve += wmark_pages(zone, WMARK_HIGH);
		available -= min(reserve, zone->managed_pages);
		low += wmark_pages(zone, WMARK_LOW);
	}
	available += reclaimable - min(reclaimable / 2, low);
	return max(available, 0l);
}

static void show_kb(struct seq_file *m, const char *label, unsigned long pages)
{
	seq_printf(m, "%-15s %8lu kB\n", label, KB(pages));
}

static void show_zeros(struct seq_file *m, const char *const *labels, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		show_kb(m, labels[i], 0);
}

/* Of machines with high memory only. */
static void show_high_and_low(struct seq_file *m)
{
	unsigned long high = 0, high_free = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone->zone_start_pfn < max_low_pfn)
			continue;
		high += zone_managed_pages(zone);
		high_free += zone_page_state(zone, NR_FREE_PAGES);
	}
	show_kb(m, "HighTotal:", high);
	show_kb(m, "HighFree:", high_free);
	show_kb(m, "LowTotal:", totalram_pages() - high);
	show_kb(m, "LowFree:", nr_free_pages() - min(high_free, nr_free_pages()));
}

int meminfo_show(struct seq_file *m, void *v)
{
	static const char *const users[] = {
		"Buffers:",	   "Cached:",	    "SwapCached:",     "Active:",
		"Inactive:",	   "Active(anon):", "Inactive(anon):", "Active(file):",
		"Inactive(file):", "Unevictable:",  "Mlocked:",
	};
	static const char *const swap[] = {
		"SwapTotal:", "SwapFree:",  "Zswap:",  "Zswapped:", "Dirty:",
		"Writeback:", "AnonPages:", "Mapped:", "Shmem:",
	};
	static const char *const misc[] = { "SecPageTables:", "NFS_Unstable:", "Bounce:",
					    "WritebackTmp:" };
	static const char *const huge[] = { "AnonHugePages:", "ShmemHugePages:", "ShmemPmdMapped:",
					    "FileHugePages:", "FilePmdMapped:",	 "Balloon:" };
	unsigned long reclaimable = global_zone_page_state(NR_SLAB_RECLAIMABLE);
	unsigned long unreclaimable = global_zone_page_state(NR_SLAB_UNRECLAIMABLE);

	show_kb(m, "MemTotal:", totalram_pages());
	show_kb(m, "MemFree:", nr_free_pages());
	show_kb(m, "MemAvailable:", available_pages());
	show_zeros(m, users, ARRAY_SIZE(users));
	if (max_pfn != max_low_pfn)
		show_high_and_low(m);
	show_zeros(m, swap, ARRAY_SIZE(swap));
	show_kb(m, "KReclaimable:", reclaimable);
	show_kb(m, "Slab:", reclaimable + unreclaimable);
	show_kb(m, "SReclaimable:", reclaimable);
	show_kb(m, "SUnreclaim:", unreclaimable);
	show_kb(m, "KernelStack:", 0);
	show_kb(m, "PageTables:", global_zone_page_state(NR_PAGETABLE));
	show_zeros(m, misc, ARRAY_SIZE(misc));
	show_kb(m, "CommitLimit:", vm_commit_limit());
	show_kb(m, "Committed_AS:", 0);
	show_kb(m, "VmallocTotal:", VMALLOC_TOTAL >> PAGE_SHIFT);
	show_kb(m, "VmallocUsed:", vmalloc_nr_pages());
	show_kb(m, "VmallocChunk:", 0);
	show_kb(m, "Percpu:", global_zone_page_state(NR_PERCPU) + percpu_boot_chunk_pages());
	show_zeros(m, huge, ARRAY_SIZE(huge));
	seq_puts(m, "HugePages_Total:       0\nHugePages_Free:        0\n"
		    "HugePages_Rsvd:        0\nHugePages_Surp:        0\n");
	seq_printf(m, "Hugepagesize:   %8lu kB\n", KB(pageblock_nr_pages));
	show_kb(m, "Hugetlb:", 0);
	/* The host maps the direct map page by page. */
	show_kb(m, "DirectMap4k:", max_pfn);
	show_kb(m, "DirectMap2M:", 0);
	show_kb(m, "DirectMap1G:", 0);
	return 0;
}

static unsigned long node_state(int nid, enum zone_stat_item item)
{
	unsigned long sum = 0;

	for (int z = 0; z < MAX_NR_ZONES; z++)
		sum += zone_page_state(&NODE_DATA(nid)->node_zones[z], item);
	return sum;
}

static void show_node_kb(struct seq_file *m, int nid, const char *label, unsigned long pages)
{
	seq_printf(m, "Node %d %-15s %8lu kB\n", nid, label, KB(pages));
}

static void show_node_zeros(struct seq_file *m, int nid, const char *const *labels)
{
	for (; *labels; labels++)
		show_node_kb(m, nid, *labels, 0);
}

int node_meminfo_show(struct seq_file *m, int nid)
{
	static const char *const users[] = {
		"SwapCached:",
		"Active:",
		"Inactive:",
		"Active(anon):",
		"Inactive(anon):",
		"Active(file):",
		"Inactive(file):",
		"Unevictable:",
		"Mlocked:",
		"Dirty:",
		"Writeback:",
		"FilePages:",
		"Mapped:",
		"AnonPages:",
		"Shmem:",
		"KernelStack:",
		NULL,
	};
	static const char *const misc[] = { "SecPageTables:", "NFS_Unstable:", "Bounce:",
					    "WritebackTmp:", NULL };
	static const char *const huge[] = { "AnonHugePages:", "ShmemHugePages:", "ShmemPmdMapped:",
					    "FileHugePages:", "FilePmdMapped:",	 NULL };
	unsigned long reclaimable = node_state(nid, NR_SLAB_RECLAIMABLE);
	unsigned long unreclaimable = node_state(nid, NR_SLAB_UNRECLAIMABLE);
	unsigned long free = node_state(nid, NR_FREE_PAGES), total = 0;

	for (int z = 0; z < MAX_NR_ZONES; z++)
		total += zone_managed_pages(&NODE_DATA(nid)->node_zones[z]);
	show_node_kb(m, nid, "MemTotal:", total);
	show_node_kb(m, nid, "MemFree:", free);
	show_node_kb(m, nid, "MemUsed:", total - free);
	show_node_zeros(m, nid, users);
	show_node_kb(m, nid, "PageTables:", node_state(nid, NR_PAGETABLE));
	show_node_zeros(m, nid, misc);
	show_node_kb(m, nid, "KReclaimable:", reclaimable);
	show_node_kb(m, nid, "Slab:", reclaimable + unreclaimable);
	show_node_kb(m, nid, "SReclaimable:", reclaimable);
	show_node_kb(m, nid, "SUnreclaim:", unreclaimable);
	show_node_zeros(m, nid, huge);
	seq_printf(m, "Node %d HugePages_Total: %5u\n", nid, 0u);
	seq_printf(m, "Node %d HugePages_Free:  %5u\n", nid, 0u);
	seq_printf(m, "Node %d HugePages_Surp:  %5u\n", nid, 0u);
	return 0;
}
