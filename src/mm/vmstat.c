// SPDX-License-Identifier: MIT
/*
 * vmstat.c - the numbers of the page allocator, and the file that shows them all.
 *
 * Counters live where the events happen: in a zone under its lock, in a CPU's page lists without
 * one, in a few shared words for what is rare. Here they are only added up and printed, in the
 * order and the format of Linux 6.18. Lines of what this machine does not have (processes,
 * files, swap, huge pages) are printed as well, since readers expect them: those counters never
 * move.
 */
#include <kmem/percpu.h>
#include <kmem/seq_file.h>
#include <kmem/vmstat.h>

#include "vmstat.h"
#include "zone.h"

atomic_long_t vm_events[NR_VM_EVENTS];

void vmstat_boot(void)
{
	for (int i = 0; i < NR_VM_EVENTS; i++)
		atomic_long_set(&vm_events[i], 0);
}

/* What the CPUs' lists of one zone have served. */
struct pcp_totals {
	unsigned long allocs_local, allocs_other, pages_allocated, pages_freed;
};

/* What was freed to a stack is what is there, and was taken, and did not come otherwise. */
static void add_pcp_totals(struct pcp_totals *t, const struct cpu *cpu,
			   const struct per_cpu_pages *pcp, bool local)
{
	for (int i = 0; i < NR_PCP_LISTS; i++) {
		unsigned long allocs = pcp_allocs(cpu, pcp, i);
		long frees = allocs + pcp_blocks(cpu, pcp, i) - READ_ONCE(pcp->stacks[i].moved);
		unsigned int order = i / MIGRATE_PCPTYPES;

		*(local ? &t->allocs_local : &t->allocs_other) += allocs;
		t->pages_allocated += allocs << order;
		t->pages_freed += max(frees, 0l) << order;
	}
}

static struct pcp_totals pcp_totals(const struct zone *zone)
{
	struct pcp_totals t = { 0 };
	unsigned int cpu;

	if (!zone->per_cpu_pageset)
		return t;
	for_each_online_cpu(cpu) {
		bool local = cpu_to_node(cpu) == zone->zone_pgdat->node_id;

		add_pcp_totals(&t, &cpu_table[cpu], per_cpu_ptr(zone->per_cpu_pageset, cpu), local);
	}
	return t;
}

static unsigned long pages_allocated(const struct zone *zone)
{
	return pcp_totals(zone).pages_allocated + READ_ONCE(zone->pages_allocated);
}

static unsigned long pages_freed(const struct zone *zone)
{
	return pcp_totals(zone).pages_freed + READ_ONCE(zone->pages_freed);
}

static unsigned long allocstalls(const struct zone *zone)
{
	return atomic_long_read(&zone->allocstall);
}

static unsigned long none(const struct zone *zone)
{
	return 0;
}

static unsigned long free_pages_of(const struct zone *zone)
{
	return zone_page_state(zone, NR_FREE_PAGES);
}

/* Free pages in blocks of a pageblock or more. */
static unsigned long free_pages_blocks(const struct zone *zone)
{
	unsigned long sum = 0;

	for (int o = pageblock_order; o < NR_PAGE_ORDERS; o++)
		sum += buddy_blocks(zone, o) << o;
	return sum;
}

static unsigned long numa_local(const struct zone *zone)
{
	return pcp_totals(zone).allocs_local + READ_ONCE(zone->allocs);
}

static unsigned long numa_other(const struct zone *zone)
{
	return pcp_totals(zone).allocs_other + READ_ONCE(zone->allocs_other);
}

static unsigned long numa_miss(const struct zone *zone)
{
	return atomic_long_read(&zone->numa_miss);
}

static unsigned long numa_hit(const struct zone *zone)
{
	return numa_local(zone) + numa_other(zone) - numa_miss(zone);
}

static unsigned long numa_foreign(const struct zone *zone)
{
	return atomic_long_read(&zone->numa_foreign);
}

static unsigned long slab_reclaimable(const struct zone *zone)
{
	return zone_page_state(zone, NR_SLAB_RECLAIMABLE);
}

static unsigned long slab_unreclaimable(const struct zone *zone)
{
	return zone_page_state(zone, NR_SLAB_UNRECLAIMABLE);
}

static unsigned long page_tables(const struct zone *zone)
{
	return zone_page_state(zone, NR_PAGETABLE);
}

struct item {
	const char *name;
	unsigned long (*of_zone)(const struct zone *zone);
};

static const struct item zone_items[] = {
	{ "nr_free_pages", free_pages_of },
	{ "nr_free_pages_blocks", free_pages_blocks },
	{ "nr_zone_inactive_anon", none },
	{ "nr_zone_active_anon", none },
	{ "nr_zone_inactive_file", none },
	{ "nr_zone_active_file", none },
	{ "nr_zone_unevictable", none },
	{ "nr_zone_write_pending", none },
	{ "nr_mlock", none },
	{ "nr_zspages", none },
	{ "nr_free_cma", none },
	{ "numa_hit", numa_hit },
	{ "numa_miss", numa_miss },
	{ "numa_foreign", numa_foreign },
	{ "numa_interleave", none },
	{ "numa_local", numa_local },
	{ "numa_other", numa_other },
};

static const struct item node_items[] = {
	{ "nr_inactive_anon", none },
	{ "nr_active_anon", none },
	{ "nr_inactive_file", none },
	{ "nr_active_file", none },
	{ "nr_unevictable", none },
	{ "nr_slab_reclaimable", slab_reclaimable },
	{ "nr_slab_unreclaimable", slab_unreclaimable },
	{ "nr_isolated_anon", none },
	{ "nr_isolated_file", none },
	{ "workingset_nodes", none },
	{ "workingset_refault_anon", none },
	{ "workingset_refault_file", none },
	{ "workingset_activate_anon", none },
	{ "workingset_activate_file", none },
	{ "workingset_restore_anon", none },
	{ "workingset_restore_file", none },
	{ "workingset_nodereclaim", none },
	{ "nr_anon_pages", none },
	{ "nr_mapped", none },
	{ "nr_file_pages", none },
	{ "nr_dirty", none },
	{ "nr_writeback", none },
	{ "nr_shmem", none },
	{ "nr_shmem_hugepages", none },
	{ "nr_shmem_pmdmapped", none },
	{ "nr_file_hugepages", none },
	{ "nr_file_pmdmapped", none },
	{ "nr_anon_transparent_hugepages", none },
	{ "nr_vmscan_write", none },
	{ "nr_vmscan_immediate_reclaim", none },
	{ "nr_dirtied", none },
	{ "nr_written", none },
	{ "nr_throttled_written", none },
	{ "nr_kernel_misc_reclaimable", none },
	{ "nr_foll_pin_acquired", none },
	{ "nr_foll_pin_released", none },
	{ "nr_kernel_stack", none },
	{ "nr_page_table_pages", page_tables },
	{ "nr_sec_page_table_pages", none },
	{ "nr_iommu_pages", none },
	{ "nr_swapcached", none },
	{ "pgpromote_success", none },
	{ "pgpromote_candidate", none },
	{ "pgpromote_candidate_nrl", none },
	{ "pgdemote_kswapd", none },
	{ "pgdemote_direct", none },
	{ "pgdemote_khugepaged", none },
	{ "pgdemote_proactive", none },
	{ "nr_hugetlb", none },
	{ "nr_balloon_pages", none },
	{ "nr_kernel_file_pages", none },
};

/* Events that every kind of zone has a line for: name_dma, name_dma32, ... */
static const struct item per_zone_events[] = {
	{ "pgalloc", pages_allocated },
	{ "allocstall", allocstalls },
	{ "pgskip", none },
};

static const char *const event_zone_names[MAX_NR_ZONES] = { "dma", "dma32", "normal", "high",
							    "movable" };

/* Events after those, up to the end of the file; -1: this machine has none of them. */
static const struct {
	const char *name;
	int event;
} events[] = {
	{ "pgactivate", -1 },
	{ "pgdeactivate", -1 },
	{ "pglazyfree", -1 },
	{ "pgfault", -1 },
	{ "pgmajfault", -1 },
	{ "pglazyfreed", -1 },
	{ "pgrefill", -1 },
	{ "pgreuse", -1 },
	{ "pgsteal_kswapd", PGSTEAL_KSWAPD },
	{ "pgsteal_direct", PGSTEAL_DIRECT },
	{ "pgsteal_khugepaged", -1 },
	{ "pgsteal_proactive", -1 },
	{ "pgscan_kswapd", PGSCAN_KSWAPD },
	{ "pgscan_direct", PGSCAN_DIRECT },
	{ "pgscan_khugepaged", -1 },
	{ "pgscan_proactive", -1 },
	{ "pgscan_direct_throttle", -1 },
	{ "pgscan_anon", -1 },
	{ "pgscan_file", -1 },
	{ "pgsteal_anon", -1 },
	{ "pgsteal_file", -1 },
	{ "zone_reclaim_success", -1 },
	{ "zone_reclaim_failed", -1 },
	{ "pginodesteal", -1 },
	{ "slabs_scanned", SLABS_SCANNED },
	{ "kswapd_inodesteal", -1 },
	{ "kswapd_low_wmark_hit_quickly", KSWAPD_LOW_WMARK_HIT_QUICKLY },
	{ "kswapd_high_wmark_hit_quickly", KSWAPD_HIGH_WMARK_HIT_QUICKLY },
	{ "pageoutrun", PAGEOUTRUN },
	{ "pgrotated", -1 },
	{ "drop_pagecache", DROP_PAGECACHE },
	{ "drop_slab", DROP_SLAB },
	{ "oom_kill", -1 },
	{ "numa_pte_updates", -1 },
	{ "numa_huge_pte_updates", -1 },
	{ "numa_hint_faults", -1 },
	{ "numa_hint_faults_local", -1 },
	{ "numa_pages_migrated", -1 },
	{ "pgmigrate_success", -1 },
	{ "pgmigrate_fail", -1 },
	{ "thp_migration_success", -1 },
	{ "thp_migration_fail", -1 },
	{ "thp_migration_split", -1 },
	{ "compact_migrate_scanned", -1 },
	{ "compact_free_scanned", -1 },
	{ "compact_isolated", -1 },
	{ "compact_stall", -1 },
	{ "compact_fail", -1 },
	{ "compact_success", -1 },
	{ "compact_daemon_wake", -1 },
	{ "compact_daemon_migrate_scanned", -1 },
	{ "compact_daemon_free_scanned", -1 },
	{ "htlb_buddy_alloc_success", -1 },
	{ "htlb_buddy_alloc_fail", -1 },
	{ "unevictable_pgs_culled", -1 },
	{ "unevictable_pgs_scanned", -1 },
	{ "unevictable_pgs_rescued", -1 },
	{ "unevictable_pgs_mlocked", -1 },
	{ "unevictable_pgs_munlocked", -1 },
	{ "unevictable_pgs_cleared", -1 },
	{ "unevictable_pgs_stranded", -1 },
	{ "swap_ra", -1 },
	{ "swap_ra_hit", -1 },
	{ "swpin_zero", -1 },
	{ "swpout_zero", -1 },
	{ "nr_unstable", -1 },
};

static unsigned long sum_zones(unsigned long (*of_zone)(const struct zone *zone))
{
	unsigned long sum = 0;
	struct zone *zone;

	if (of_zone == none)
		return 0;
	for_each_populated_zone(zone)
		sum += of_zone(zone);
	return sum;
}

static unsigned long sum_zones_of_kind(const struct item *item, int kind)
{
	struct pglist_data *pgdat;
	unsigned long sum = 0;

	for_each_online_pgdat(pgdat)
		sum += item->of_zone(&pgdat->node_zones[kind]);
	return sum;
}

static unsigned long sum_node(const struct item *item, int nid)
{
	unsigned long sum = 0;

	if (item->of_zone == none)
		return 0;
	for (int z = 0; z < MAX_NR_ZONES; z++)
		sum += item->of_zone(&NODE_DATA(nid)->node_zones[z]);
	return sum;
}

/* The memory map's own pages: taken from memblock before the buddy got the rest. */
static unsigned long memmap_pages(void)
{
	return ALIGN(max_pfn, MAX_ORDER_NR_PAGES) * sizeof(struct page) >> PAGE_SHIFT;
}

int vmstat_show(struct seq_file *m, void *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(zone_items); i++)
		seq_printf(m, "%s %lu\n", zone_items[i].name, sum_zones(zone_items[i].of_zone));
	for (size_t i = 0; i < ARRAY_SIZE(node_items); i++)
		seq_printf(m, "%s %lu\n", node_items[i].name, sum_zones(node_items[i].of_zone));
	seq_printf(m, "nr_dirty_threshold 0\nnr_dirty_background_threshold 0\n");
	seq_printf(m, "nr_memmap_pages 0\nnr_memmap_boot_pages %lu\n", memmap_pages());
	seq_printf(m, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");
	for (size_t i = 0; i < ARRAY_SIZE(per_zone_events); i++)
		for (int z = 0; z < MAX_NR_ZONES; z++)
			seq_printf(m, "%s_%s %lu\n", per_zone_events[i].name, event_zone_names[z],
				   sum_zones_of_kind(&per_zone_events[i], z));
	seq_printf(m, "pgfree %lu\n", sum_zones(pages_freed));
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		seq_printf(m, "%s %lu\n", events[i].name,
			   events[i].event < 0
				   ? 0ul
				   : (unsigned long)atomic_long_read(&vm_events[events[i].event]));
	return 0;
}

void zoneinfo_node_items(struct seq_file *m, int nid)
{
	for (size_t i = 0; i < ARRAY_SIZE(node_items); i++)
		seq_printf(m, "\n      %-12s %lu", node_items[i].name,
			   sum_node(&node_items[i], nid));
}

void zoneinfo_zone_items(struct seq_file *m, const struct zone *zone)
{
	for (size_t i = 0; i < ARRAY_SIZE(zone_items); i++)
		seq_printf(m, "\n      %-12s %lu", zone_items[i].name, zone_items[i].of_zone(zone));
}

int node_vmstat_show(struct seq_file *m, int nid)
{
	for (size_t i = 0; i < ARRAY_SIZE(zone_items); i++)
		seq_printf(m, "%s %lu\n", zone_items[i].name, sum_node(&zone_items[i], nid));
	for (size_t i = 0; i < ARRAY_SIZE(node_items); i++)
		seq_printf(m, "%s %lu\n", node_items[i].name, sum_node(&node_items[i], nid));
	return 0;
}

int node_numastat_show(struct seq_file *m, int nid)
{
	static const struct item items[] = {
		{ "numa_hit", numa_hit },	  { "numa_miss", numa_miss },
		{ "numa_foreign", numa_foreign }, { "interleave_hit", none },
		{ "local_node", numa_local },	  { "other_node", numa_other },
	};

	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		seq_printf(m, "%s %lu\n", items[i].name, sum_node(&items[i], nid));
	return 0;
}
