// SPDX-License-Identifier: MIT
/*
 * pgtable.c - the emulated machine's page tables for the vmalloc window.
 *
 * 1. Idea: what an address of the window means is said by page tables as x86-64 has them, and by
 *    nothing else: four levels, each a page of 512 entries, indexed by nine bits of the address,
 *
 *	47..39 root   38..30 upper   29..21 middle   20..12 lowest   11..0 offset in the page
 *
 *    Tables are pages of emulated RAM, taken when first needed, and counted as PageTables. The
 *    host's mappings of the window follow the tables as a TLB does (tlb.c): they may lack what
 *    is here, and forget late what is no longer here.
 * 2. Structures: an entry is a frame's number in bits 12 to 51 and flags below and above it; of a
 *    table above the lowest level it is the frame of the next table. Flags are the processor's,
 *    and one that it leaves to software: PTE_IO.
 * 3. Tables are not freed when their last entry goes, as in the kernel: the next area will want
 *    them. But an idle machine gives back what it does not need (machine_idle()), and tables
 *    without an entry are among that. So that they are found without a search, a table's page
 *    counts its entries in ->private and knows in ->mapping the entry that points at it;
 *    one whose count falls to 0, or never rises for want of memory, goes on the list of empty
 *    tables.
 * 4. An area that is kept for the next request (vmalloc_cache.c) has its entries *hidden*: not
 *    present, but with their frames, and counted. Two CPUs that free and take such areas in one
 *    table then have no word in common.
 * 5. Invariants (pgtable_check()): NR_PAGETABLE = tables; ->private = entries that are not 0; a
 *    present entry's frame is in RAM, or the entry has PTE_IO; only lowest entries are hidden.
 * 6. Locks: trim_sem, for reading by who writes entries, for writing by who frees tables, who
 *    waits for the TLB before they go, since faults look at tables. Otherwise none: a
 *    table comes into the one above it by compare-and-exchange; whoever comes second frees his.
 *    Two areas never share an entry, so entries have one writer, and who looks at an area's
 *    entries needs no lock while the area stays. empty_lock for the list.
 */
#include <kmem/printk.h>
#include <kmem/mutex.h>
#include <kmem/seq_file.h>

#include "pgtable.h"
#include "tlb.h"
#include "zone.h"

#define LEVELS	   4
#define INDEX_BITS 9

/* Flags of an entry that is a table: present, writable, accessed. */
#define TABLE_FLAGS 0x63ull

static u64 *root;

static DECLARE_RWSEM(trim_sem);
static DEFINE_SPINLOCK(empty_lock);
static LIST_HEAD(empty_tables); /* protected by empty_lock; ->inuse is set while on it */

static unsigned int level_shift(int level)
{
	return PAGE_SHIFT + INDEX_BITS * level;
}

static unsigned int index_at(unsigned long addr, int level)
{
	return addr >> level_shift(level) & (PTRS_PER_TABLE - 1);
}

static u64 *table_of(u64 entry)
{
	return entry & PTE_PRESENT ? pfn_to_virt(pte_pfn(entry)) : NULL;
}

static u64 *table_alloc(void)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return NULL;
	set_page_flags(page, BIT(PG_pgtable));
	page->inuse = 0;
	mod_zone_page_state(page_zone(page), NR_PAGETABLE, 1);
	return page_address(page);
}

static void table_free(u64 *table)
{
	struct page *page = virt_to_page(table);

	clear_page_flags(page, BIT(PG_pgtable));
	page->mapping = NULL;
	page->private = 0;
	mod_zone_page_state(page_zone(page), NR_PAGETABLE, -1);
	__free_page(page);
}

u64 *pgtable_entry(unsigned long addr)
{
	u64 *table = root;

	for (int level = LEVELS - 1; level > 0; level--) {
		table = table_of(__atomic_load_n(&table[index_at(addr, level)], __ATOMIC_ACQUIRE));
		if (!table)
			return NULL;
	}
	return &table[index_at(addr, 0)];
}

static void put_on_empty_list(struct page *page)
{
	spin_lock(&empty_lock);
	if (!page->inuse) {
		page->inuse = 1;
		list_add(&page->lru, &empty_tables);
	}
	spin_unlock(&empty_lock);
}

/* There are @n entries more, or fewer, in the table of @entry. */
static void count_entries(u64 *entry, long n)
{
	struct page *page = virt_to_page(entry);

	if (n && !__atomic_add_fetch(&page->private, n, __ATOMIC_RELAXED) && n < 0)
		put_on_empty_list(page);
}

/* The table that @entry is to point at, made if there is none. */
static u64 *table_get(u64 *entry)
{
	u64 old = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
	u64 *table = table_of(old);

	if (table)
		return table;
	table = table_alloc();
	if (!table)
		return NULL;
	virt_to_page(table)->mapping = entry;
	if (__atomic_compare_exchange_n(entry, &old, __pa(table) | TABLE_FLAGS, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		count_entries(entry, 1);
		return table;
	}
	table_free(table);
	return table_of(old);
}

static u64 *entry_get(unsigned long addr)
{
	u64 *table = root;

	for (int level = LEVELS - 1; level > 0; level--) {
		u64 *next = table_get(&table[index_at(addr, level)]);

		if (!next) {
			/* It may have been made just for the one that could not be. */
			if (!READ_ONCE(virt_to_page(table)->private))
				put_on_empty_list(virt_to_page(table));
			return NULL;
		}
		table = next;
	}
	return &table[index_at(addr, 0)];
}

/* The pages from @addr on that have their entries in one table, at most @nr. */
static unsigned long in_one_table(unsigned long addr, unsigned long nr)
{
	return min(nr, (unsigned long)PTRS_PER_TABLE - index_at(addr, 0));
}

/* Caller holds trim_sem. */
static void clear_entries(unsigned long addr, unsigned long nr)
{
	while (nr) {
		unsigned long n = in_one_table(addr, nr);
		u64 *entry = pgtable_entry(addr);
		long gone = 0;

		for (unsigned long i = 0; entry && i < n; i++) {
			gone += READ_ONCE(entry[i]) != 0;
			WRITE_ONCE(entry[i], 0);
		}
		if (entry)
			count_entries(entry, -gone);
		addr += n * PAGE_SIZE;
		nr -= n;
	}
}

/* Either the pages of an array, or neighbouring frames. Caller holds trim_sem. */
static int set_entries(unsigned long addr, struct page *const *pages, unsigned long pfn,
		       unsigned long nr, pgprot_t prot)
{
	unsigned long done = 0;

	while (done < nr) {
		unsigned long n = in_one_table(addr + done * PAGE_SIZE, nr - done);
		u64 *entry = entry_get(addr + done * PAGE_SIZE);

		if (!entry) {
			clear_entries(addr, done);
			return -ENOMEM;
		}
		count_entries(entry, n);
		for (unsigned long i = 0; i < n; i++, done++) {
			u64 frame = pages ? page_to_pfn(pages[done]) : pfn + done;

			WRITE_ONCE(entry[i], frame << PAGE_SHIFT | prot);
		}
	}
	return 0;
}

static int map(unsigned long addr, struct page *const *pages, unsigned long pfn, unsigned long nr,
	       pgprot_t prot)
{
	int err;

	down_read(&trim_sem);
	err = set_entries(addr, pages, pfn, nr, prot);
	up_read(&trim_sem);
	return err;
}

int pgtable_map(unsigned long addr, struct page *const *pages, unsigned long nr, pgprot_t prot)
{
	return map(addr, pages, 0, nr, prot);
}

int pgtable_map_frames(unsigned long addr, unsigned long pfn, unsigned long nr, pgprot_t prot)
{
	return map(addr, NULL, pfn, nr, prot);
}

void pgtable_clear(unsigned long addr, unsigned long nr)
{
	down_read(&trim_sem);
	clear_entries(addr, nr);
	up_read(&trim_sem);
}

/* No lock: what is counted keeps its table. */
static void set_present(unsigned long addr, unsigned long nr, bool present)
{
	u64 *entry = NULL;

	for (; nr; nr--, addr += PAGE_SIZE) {
		entry = entry && addr % TABLE_SPAN ? entry + 1 : pgtable_entry(addr);
		WRITE_ONCE(*entry, present ? *entry | PTE_PRESENT : *entry & ~PTE_PRESENT);
	}
}

void pgtable_hide(unsigned long addr, unsigned long nr)
{
	set_present(addr, nr, false);
}

void pgtable_show(unsigned long addr, unsigned long nr)
{
	set_present(addr, nr, true);
}

/* Takes a table without entries off the one above, which may have none now. */
static void unlink_table(struct page *page)
{
	u64 *entry = page->mapping;

	WRITE_ONCE(*entry, 0);
	count_entries(entry, -1);
}

void pgtable_trim(void)
{
	struct page *page;
	LIST_HEAD(unlinked);

	if (!root || !down_write_trylock(&trim_sem))
		return;
	for (;;) {
		spin_lock(&empty_lock);
		page = list_first_entry_or_null(&empty_tables, struct page, lru);
		if (page) {
			list_del(&page->lru);
			page->inuse = 0;
		}
		spin_unlock(&empty_lock);
		if (!page)
			break;
		if (page->private || page_address(page) == root)
			continue;
		unlink_table(page);
		list_add(&page->lru, &unlinked);
	}
	/* A fault that was looking at them has looked away when it lets go of the TLB. */
	tlb_sync();
	while (!list_empty(&unlinked)) {
		page = list_first_entry(&unlinked, struct page, lru);
		list_del(&page->lru);
		table_free(page_address(page));
	}
	up_write(&trim_sem);
}

/* What one line of proc/kpagetables says: pages with neighbouring frames and equal flags. */
struct range {
	unsigned long start, end;
	u64 first;
};

static void print_range(struct seq_file *m, const struct range *r)
{
	unsigned long pages = (r->end - r->start) >> PAGE_SHIFT, pfn = pte_pfn(r->first);

	seq_printf(m, "0x%016lx-0x%016lx %8luK 0x%08lx-0x%08lx %s%s%s\n", r->start, r->end,
		   pages << (PAGE_SHIFT - 10), pfn, pfn + pages - 1,
		   r->first & PTE_RW ? "RW" : "ro", r->first & BIT(63) ? " NX" : " x ",
		   r->first & PTE_IO ? " io" : "");
}

static void add_entry(struct seq_file *m, struct range *r, unsigned long addr, u64 pte)
{
	unsigned long pages = (r->end - r->start) >> PAGE_SHIFT;

	if (r->end == addr && pages && pte == r->first + (pages << PAGE_SHIFT)) {
		r->end += PAGE_SIZE;
		return;
	}
	if (pages)
		print_range(m, r);
	*r = (struct range){ addr, addr + PAGE_SIZE, pte };
}

static void walk(struct seq_file *m, struct range *r, const u64 *table, int level,
		 unsigned long addr)
{
	for (unsigned int i = 0; i < PTRS_PER_TABLE; i++, addr += 1ul << level_shift(level)) {
		u64 entry = __atomic_load_n(&table[i], __ATOMIC_ACQUIRE);

		if (!(entry & PTE_PRESENT))
			continue;
		if (level)
			walk(m, r, table_of(entry), level - 1, addr);
		else
			add_entry(m, r, addr, entry);
	}
}

int kpagetables_show(struct seq_file *m, void *v)
{
	struct range r = { 0 };

	if (!root)
		return 0;
	walk(m, &r, root, LEVELS - 1, 0);
	if (r.end)
		print_range(m, &r);
	return 0;
}

static unsigned long check_table(const u64 *table, int level, unsigned long *tables)
{
	unsigned long bad = 0, entries = 0;

	++*tables;
	for (unsigned int i = 0; i < PTRS_PER_TABLE; i++) {
		u64 entry = READ_ONCE(table[i]);

		entries += entry != 0;
		if (!(entry & PTE_PRESENT))
			bad += level && entry;
		else if (level)
			bad += check_table(table_of(entry), level - 1, tables);
		else
			bad += !(entry & PTE_IO) && !pfn_valid(pte_pfn(entry));
	}
	return bad + (entries != virt_to_page(table)->private);
}

unsigned long pgtable_check(void)
{
	unsigned long tables = 0, bad;

	if (!root)
		return 0;
	bad = check_table(root, LEVELS - 1, &tables);
	bad += tables != global_zone_page_state(NR_PAGETABLE);
	if (bad)
		pr_err("pgtable: %lu entries or counts are wrong\n", bad);
	return bad;
}

int pgtable_boot(void)
{
	INIT_LIST_HEAD(&empty_tables);
	root = table_alloc();
	return root ? 0 : -ENOMEM;
}

static void free_tables(u64 *table, int level)
{
	for (unsigned int i = 0; level && i < PTRS_PER_TABLE; i++)
		if (table[i] & PTE_PRESENT)
			free_tables(table_of(table[i]), level - 1);
	table_free(table);
}

void pgtable_exit(void)
{
	if (root)
		free_tables(root, LEVELS - 1);
	root = NULL;
}
