/* SPDX-License-Identifier: MIT */
/*
 * tlb.h - the host's mappings of the vmalloc window, which follow the page tables.
 *
 * Units: bytes, multiples of PAGE_SIZE. Context: any but a holder of tlb_lock's; never sleeps for
 * long, never allocates.
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include <kmem/types.h>

int tlb_boot(unsigned long start, unsigned long end);
void tlb_exit(void);

/*
 * Entries have been written: maps what can be mapped now. The rest comes when it is touched.
 * @used_before: the frames have very likely been written to before.
 */
void tlb_map(unsigned long addr, unsigned long size, bool used_before);
/* Entries are gone: every access faults from now on. */
void tlb_flush(unsigned long addr, unsigned long size);
/* Maps all of a range that has entries. -EFAULT: some page has none, or the host refuses. */
int tlb_fill(unsigned long addr, unsigned long size);

unsigned long tlb_runs(void); /* host mappings there are now; at most tlb_budget() */
unsigned long tlb_budget(void);
unsigned long tlb_check(void);

/* Returns when no fault is looking at page tables as they were before the call. */
void tlb_sync(void);

#endif
