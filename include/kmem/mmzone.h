/* SPDX-License-Identifier: MIT */
/*
 * mmzone.h - nodes, zones and their free memory, for those who look into them: the allocator
 * itself, the printers, the checkers and the tests. Drivers have no business here.
 *
 * All sizes are in pages.
 */
#ifndef KMEM_MMZONE_H
#define KMEM_MMZONE_H

#include <kmem/gfp.h>
#include <kmem/spinlock.h>
#include <kmem/wait.h>

#define MAX_ORDER_NR_PAGES (1UL << MAX_PAGE_ORDER)

enum zone_watermarks { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARK_PROMO, NR_WMARK };

/* Counted in pages where the event happens; names and order are in vmstat.c. */
enum zone_stat_item {
	NR_FREE_PAGES,
	NR_PAGETABLE,
	NR_SLAB_RECLAIMABLE,
	NR_SLAB_UNRECLAIMABLE,
	NR_PERCPU,
	NR_VM_ZONE_STAT_ITEMS
};

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];
	unsigned long nr_more[MIGRATE_TYPES]; /* blocks on each of them beyond the first */
} ____cacheline_aligned;

/* Blocks of MAX_PAGE_ORDER that nobody ever had, from start to end. */
struct pfn_range {
	unsigned long start, end;
};

#define ZONE_UNTOUCHED_RANGES 16

struct pglist_data;

struct zone {
	/* Read-mostly. */
	unsigned long _watermark[NR_WMARK];
	unsigned long lowmem_reserve[MAX_NR_ZONES];
	struct per_cpu_pages __percpu *per_cpu_pageset;
	struct pglist_data *zone_pgdat;
	const char *name;
	enum zone_type idx;
	unsigned long page_flags; /* what the flags of its pages say of it */
	unsigned long zone_start_pfn;
	unsigned long spanned_pages; /* from the first to the last frame */
	unsigned long present_pages; /* that are RAM */
	unsigned long managed_pages; /* that were handed to the buddy */
	int pageset_high, pageset_batch;

	spinlock_t lock ____cacheline_aligned;
	/* Protected by lock; vm_stat and watermark_boost may be read without it. */
	struct free_area free_area[NR_PAGE_ORDERS];
	u32 free_mask[MIGRATE_TYPES]; /* bit o: free_area[o].free_list[type] is not empty */
	unsigned long nr_free_highatomic;
	unsigned long nr_reserved_highatomic;
	unsigned long watermark_boost;
	unsigned long nr_pageblocks[MIGRATE_TYPES];
	struct pfn_range untouched[ZONE_UNTOUCHED_RANGES];
	unsigned int nr_untouched_ranges;
	unsigned long nr_untouched; /* blocks in them; counted as free */
	atomic_long_t vm_stat[NR_VM_ZONE_STAT_ITEMS];
	/* What did not go through a CPU's list; read without the lock. */
	unsigned long pages_allocated, pages_freed, allocs, allocs_other;
	atomic_long_t numa_miss, numa_foreign, allocstall; /* not under it */
} ____cacheline_aligned;

/* A zone to try, in the order of trying. */
struct zonelist {
	struct zone *zones[MAX_NUMNODES * MAX_NR_ZONES + 1]; /* ends with NULL */
};

struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	/* [i]: where a request goes whose highest allowed zone is i, this node first. */
	struct zonelist node_zonelists[MAX_NR_ZONES];
	struct zonelist node_thisnode[MAX_NR_ZONES]; /* __GFP_THISNODE: this node only */
	int node_id;
	unsigned long node_start_pfn, node_spanned_pages, node_present_pages;
};

extern struct pglist_data node_data[MAX_NUMNODES];
extern unsigned int nr_online_nodes;

#define NODE_DATA(nid) (&node_data[nid])

#define for_each_online_pgdat(p) for ((p) = node_data; (p) < node_data + nr_online_nodes; (p)++)

struct zone *next_zone(struct zone *zone); /* over all zones of all nodes, empty ones too */

#define for_each_zone(z) for ((z) = node_data[0].node_zones; (z); (z) = next_zone(z))
#define for_each_populated_zone(z)        \
	for_each_zone(z)                  \
		if (!populated_zone(z)) { \
		} else

static inline bool populated_zone(const struct zone *zone)
{
	return zone->present_pages != 0;
}

static inline unsigned long zone_managed_pages(const struct zone *zone)
{
	return READ_ONCE(zone->managed_pages);
}

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

static inline unsigned long zone_page_state(const struct zone *zone, enum zone_stat_item item)
{
	long n = atomic_long_read(&zone->vm_stat[item]);

	return n > 0 ? n : 0;
}

static inline unsigned long wmark_pages(const struct zone *zone, enum zone_watermarks w)
{
	return READ_ONCE(zone->_watermark[w]) + READ_ONCE(zone->watermark_boost);
}

unsigned long global_zone_page_state(enum zone_stat_item item);
unsigned long totalram_pages(void); /* handed to the buddy, of all zones */
unsigned long nr_free_pages(void);

int cpu_to_node(unsigned int cpu);

/* The node of the CPU the caller is busy on, or was last. */
static inline int numa_node_id(void)
{
	const struct cpu *cpu = current->busy ? current->busy : current->cpu;

	return cpu ? READ_ONCE(cpu->node) : 0;
}

/* Settings with the kernel's names; write through the functions, which recompute all marks. */
extern int min_free_kbytes;
extern int watermark_scale_factor;
extern int watermark_boost_factor; /* 1/10000 of high, by which stealing raises the marks at most */
extern int percpu_pagelist_high_fraction;
extern int lowmem_reserve_ratio[MAX_NR_ZONES];
/* 0, or -EINVAL for nonsense (and no change). May sleep. */
int set_min_free_kbytes(long kbytes);
int set_watermark_scale_factor(long factor);
int set_watermark_boost_factor(long factor); /* for boosts to come: nothing to recompute */
int set_percpu_pagelist_high_fraction(long fraction);
int set_lowmem_reserve_ratio(enum zone_type zone, long ratio);

/* Violated invariants; exact only while nobody allocates. */
unsigned long zone_check(void);

#endif
