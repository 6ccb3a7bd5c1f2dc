/* SPDX-License-Identifier: MIT */
/* vmstat.h - events that are counted away from the page allocator, and show_mem(). */
#ifndef MM_VMSTAT_H
#define MM_VMSTAT_H

#include <kmem/atomic.h>

/* Rare events, so one shared word each will do. Names as in proc/vmstat. */
enum vm_event {
	PGSCAN_KSWAPD,
	PGSCAN_DIRECT,
	PGSTEAL_KSWAPD,
	PGSTEAL_DIRECT,
	SLABS_SCANNED,
	KSWAPD_LOW_WMARK_HIT_QUICKLY,
	KSWAPD_HIGH_WMARK_HIT_QUICKLY,
	PAGEOUTRUN,
	DROP_PAGECACHE,
	DROP_SLAB,
	NR_VM_EVENTS,
};

extern atomic_long_t vm_events[NR_VM_EVENTS];

static inline void count_vm_events(enum vm_event event, long n)
{
	atomic_long_add(n, &vm_events[event]);
}

struct seq_file;
struct zone;

void vmstat_boot(void);
/* The files of sys/devices/system/node/nodeN/. 0. May sleep. */
int node_vmstat_show(struct seq_file *m, int nid);
int node_numastat_show(struct seq_file *m, int nid);
int node_meminfo_show(struct seq_file *m, int nid);

/* The counters of a node and of a zone, as lines of zoneinfo. */
void zoneinfo_node_items(struct seq_file *m, int nid);
void zoneinfo_zone_items(struct seq_file *m, const struct zone *zone);

/* Of CommitLimit: percents of RAM, unless the other is set. */
extern int overcommit_ratio;
extern unsigned long overcommit_kbytes;
/* The state of every zone, into the log. */
void show_mem(void);

#endif
