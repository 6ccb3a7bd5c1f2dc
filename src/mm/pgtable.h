/* SPDX-License-Identifier: MIT */
/*
 * pgtable.h - the page tables of the vmalloc window: what its addresses mean.
 *
 * Reading takes no lock. An area's entries are written by who makes or frees the area.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include <kmem/vmalloc.h>

#define PTE_PRESENT BIT(0)
#define PTE_RW	    BIT(1)
#define PTE_IO	    BIT(9) /* the frame is a device's: it has no struct page */
#define PTE_FLAGS   (0xfffull | BIT(63))

#define PTRS_PER_TABLE 512
#define TABLE_SPAN     (PTRS_PER_TABLE * PAGE_SIZE) /* the addresses that a lowest table has */

int pgtable_boot(void);
void pgtable_exit(void); /* frees all tables */

/* The entry of the page at @addr; NULL if there is no table for it. */
u64 *pgtable_entry(unsigned long addr);

/*
 * Entries for @nr pages from @addr on; -ENOMEM if there is no page for a table, and then none of
 * them is present. Context: may sleep, unless the tables have been there before.
 */
int pgtable_map(unsigned long addr, struct page *const *pages, unsigned long nr, pgprot_t prot);
int pgtable_map_frames(unsigned long addr, unsigned long pfn, unsigned long nr, pgprot_t prot);
void pgtable_clear(unsigned long addr, unsigned long nr);
/* Entries that are there are not present any more, and present again. pgtable_clear() ends both. */
void pgtable_hide(unsigned long addr, unsigned long nr);
void pgtable_show(unsigned long addr, unsigned long nr);

/* Frees the tables that have no entry. Does nothing while somebody writes entries. May sleep. */
void pgtable_trim(void);

static inline u64 pgtable_read(unsigned long addr)
{
	const u64 *entry = pgtable_entry(addr);

	return entry ? READ_ONCE(*entry) : 0;
}

static inline unsigned long pte_pfn(u64 pte)
{
	return (pte & ~PTE_FLAGS) >> PAGE_SHIFT;
}

/* Tables whose count differs from NR_PAGETABLE's, entries that nobody could have written. */
unsigned long pgtable_check(void);

#endif
