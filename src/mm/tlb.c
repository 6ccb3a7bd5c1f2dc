// SPDX-License-Identifier: MIT
/*
 * tlb.c - the host's mappings of the vmalloc window: the emulated machine's TLB.
 *
 * 1. Idea: the processor walks page tables for an address it does not know, and remembers. Here
 *    the host's MMU is the processor: what it knows are our mappings of the RAM file, and an
 *    address it does not know faults into tlb_fault(), which looks into the page tables, maps and
 *    lets the access be tried again. Where there is no entry, or a read-only one is written, the
 *    fault stays a fault and becomes an oops.
 * 2. Filling ahead: a fault costs as much as several mappings, so an area is mapped when it is
 *    made, a run of neighbouring frames with one call, and a fault maps some runs more behind.
 * 3. Budget: the host gives a process so many mappings (vm.max_map_count). The window is not
 *    reserved, so a gap costs none; three quarters of them are for runs. When they are used up,
 *    areas are mapped by faults alone, and room is made by forgetting the chunk that was filled
 *    first (FIFO: whatever is in use comes back by a fault). What the host maps for others it
 *    puts far above, and we never map over anything.
 * 4. Structures: the window in chunks of 2 MiB, what a lowest page table has. A chunk knows which
 *    of its pages are mapped and which of them begin a run; chunks with mapped pages are in a
 *    queue. A chunk that lost its last page otherwise stays queued until it is its turn.
 * 5. Invariants (tlb_check()): starts is part of mapped; nr_runs = the number of bits in all
 *    starts <= budget; mapped pages => queued.
 * 6. Order: who frees an area first clears its entries, then flushes. A fault in between finds no
 *    entry, or has mapped before the flush takes the lock. So after a flush nothing is mapped.
 * 7. Locks: tlb_lock, a host lock, since faults come on any thread and in any context: whoever
 *    holds it touches page tables (in the direct map) and host memory, never the window. It is
 *    held over calls of the host and over no other lock.
 */
#include <kmem/printk.h>

#include "../kernel/host.h"
#include "../kernel/oops.h"
#include "iodev.h"
#include "pgtable.h"
#include "ram.h"
#include "tlb.h"

#define FILL_AHEAD 8 /* runs that a fault maps, if faults come in sequence */
#define SEQUENCE   4 /* pages: how near the one before is then */
#define TOUCH_MAX  (64 * PAGE_SIZE)
#define BLOCK	   (16 * PAGE_SIZE) /* what the host maps around a page that is read */
#define WORDS	   (PTRS_PER_TABLE / BITS_PER_LONG)

struct chunk {
	u64 mapped[WORDS], starts[WORDS];
	struct chunk *next; /* in the queue */
	bool queued;
};

static struct host_lock tlb_lock;
/* Protected by tlb_lock: */
static struct chunk *chunks;
static struct chunk *oldest, *newest;
static unsigned long nr_runs, budget;

static unsigned long __ro_after_init window_start, window_end;

static unsigned int page_in_chunk(unsigned long addr)
{
	return addr / PAGE_SIZE % PTRS_PER_TABLE;
}

static struct chunk *chunk_at(unsigned long addr)
{
	return &chunks[(addr - window_start) / TABLE_SPAN];
}

static unsigned long chunk_start(const struct chunk *c)
{
	return window_start + (c - chunks) * TABLE_SPAN;
}

static bool is_mapped(unsigned long addr)
{
	unsigned int i = page_in_chunk(addr);

	return chunk_at(addr)->mapped[i / BITS_PER_LONG] & BIT(i % BITS_PER_LONG);
}

static bool has_mapped(const struct chunk *c)
{
	u64 any = 0;

	for (unsigned int w = 0; w < WORDS; w++)
		any |= c->mapped[w];
	return any;
}

static unsigned int count_bits(const u64 *words)
{
	unsigned int n = 0;

	for (unsigned int w = 0; w < WORDS; w++)
		n += __builtin_popcountl(words[w]);
	return n;
}

static void enqueue(struct chunk *c)
{
	if (c->queued)
		return;
	c->queued = true;
	c->next = NULL;
	if (newest)
		newest->next = c;
	else
		oldest = c;
	newest = c;
}

static struct chunk *dequeue(void)
{
	struct chunk *c = oldest;

	if (!c)
		return NULL;
	oldest = c->next;
	if (!oldest)
		newest = NULL;
	c->queued = false;
	return c;
}

/* The bits of pages @from to @to - 1 that are in word @w. */
static u64 bits_of(unsigned int w, unsigned int from, unsigned int to)
{
	u64 bits = ~0ul;

	if (from > w * BITS_PER_LONG)
		bits <<= min(from - w * BITS_PER_LONG, 63u);
	if (to < (w + 1) * BITS_PER_LONG)
		bits &= BIT(to - w * BITS_PER_LONG) - 1;
	return bits;
}

/* A run has been mapped. In each chunk that it touches it counts as one. */
static void note_mapped(unsigned long addr, unsigned long end)
{
	while (addr < end) {
		struct chunk *c = chunk_at(addr);
		unsigned int from = page_in_chunk(addr);
		unsigned int to = min(from + (end - addr) / PAGE_SIZE, (u64)PTRS_PER_TABLE);

		for (unsigned int w = from / BITS_PER_LONG; w * BITS_PER_LONG < to; w++)
			c->mapped[w] |= bits_of(w, from, to);
		c->starts[from / BITS_PER_LONG] |= BIT(from % BITS_PER_LONG);
		nr_runs++;
		enqueue(c);
		addr += (to - from) * PAGE_SIZE;
	}
}

/* Returns whether any page of the range was mapped. */
static bool note_flushed(unsigned long addr, unsigned long end)
{
	bool any = false;

	while (addr < end) {
		struct chunk *c = chunk_at(addr);
		unsigned int from = page_in_chunk(addr);
		unsigned int to = min(from + (end - addr) / PAGE_SIZE, (u64)PTRS_PER_TABLE);

		for (unsigned int w = from / BITS_PER_LONG; w * BITS_PER_LONG < to; w++) {
			u64 bits = bits_of(w, from, to);

			any |= (c->mapped[w] & bits) != 0;
			nr_runs -= __builtin_popcountl(c->starts[w] & bits);
			c->mapped[w] &= ~bits;
			c->starts[w] &= ~bits;
		}
		addr += (to - from) * PAGE_SIZE;
	}
	return any;
}

static bool evict_one(void)
{
	struct chunk *c;

	while ((c = dequeue()) != NULL) {
		unsigned long start = chunk_start(c);

		if (!has_mapped(c))
			continue;
		host_unmap(start, TABLE_SPAN);
		note_flushed(start, start + TABLE_SPAN);
		return true;
	}
	return false;
}

static int host_map(unsigned long addr, u64 pte, unsigned long nr)
{
	bool writable = pte & PTE_RW;

	if (pte & PTE_IO)
		return iodev_map_at(addr, pte_pfn(pte), nr, writable);
	return ram_map_at(addr, pte_pfn(pte), nr, writable);
}

/* The end of the run that begins at @addr with the entry @pte: neighbours, not mapped yet. */
static unsigned long run_end(unsigned long addr, unsigned long end, u64 pte)
{
	const u64 *entry = pgtable_entry(addr);

	for (addr += PAGE_SIZE; addr < end; addr += PAGE_SIZE) {
		entry = addr % TABLE_SPAN ? entry + 1 : pgtable_entry(addr);
		pte += PAGE_SIZE;
		if (!entry || READ_ONCE(*entry) != pte || is_mapped(addr))
			break;
	}
	return addr;
}

/*
 * Maps what has entries in the range and is not mapped, up to @most runs, as long as there is room.
 * Caller holds tlb_lock.
 */
static int fill_locked(unsigned long addr, unsigned long end, unsigned long most)
{
	while (addr < end && most) {
		u64 pte = pgtable_read(addr);
		unsigned long next;

		if (!(pte & PTE_PRESENT) || is_mapped(addr)) {
			addr += PAGE_SIZE;
			continue;
		}
		if (nr_runs >= budget)
			return -ENOMEM;
		next = ALIGN_DOWN(addr, TABLE_SPAN) + (budget - nr_runs) * TABLE_SPAN;
		next = run_end(addr, min(end, next), pte);
		if (host_map(addr, pte, (next - addr) / PAGE_SIZE))
			return -ENOMEM;
		note_mapped(addr, next);
		addr = next;
		most--;
	}
	return 0;
}

/* Was something mapped just before @addr? Then what is behind will be wanted as well. */
static bool in_sequence(unsigned long addr)
{
	unsigned int before = min(page_in_chunk(addr), (unsigned int)SEQUENCE);

	for (unsigned int i = 1; i <= before; i++)
		if (is_mapped(addr - i * PAGE_SIZE))
			return true;
	return false;
}

/*
 * The run from @addr on, in its chunk, whatever must be forgotten for it; and some behind it. Room
 * is made first, since it may be made in this chunk. Caller holds tlb_lock.
 */
static bool fill_surely(unsigned long addr, unsigned long wanted)
{
	unsigned long end = ALIGN_DOWN(addr, TABLE_SPAN) + TABLE_SPAN;
	unsigned long most = in_sequence(addr) ? FILL_AHEAD : 1;

	while (nr_runs + FILL_AHEAD > budget && evict_one())
		;
	do
		fill_locked(addr, end, most);
	while (!is_mapped(wanted) && evict_one());
	return is_mapped(wanted);
}

/*
 * The host maps the pages around one that is read, if they are in memory: a few reads spare the
 * user of a small area most of his faults.
 */
static void touch(unsigned long addr, unsigned long size)
{
	for (unsigned long at = addr; at < addr + size; at = ALIGN_DOWN(at, BLOCK) + BLOCK)
		*(volatile const char *)at;
}

void tlb_map(unsigned long addr, unsigned long size, bool used_before)
{
	int err;

	host_lock(&tlb_lock);
	err = fill_locked(addr, addr + size, ~0ul);
	host_unlock(&tlb_lock);
	if (!err && used_before && size <= TOUCH_MAX)
		touch(addr, size);
}

void tlb_flush(unsigned long addr, unsigned long size)
{
	host_lock(&tlb_lock);
	if (note_flushed(addr, addr + size))
		host_unmap(addr, size);
	host_unlock(&tlb_lock);
}

int tlb_fill(unsigned long addr, unsigned long size)
{
	unsigned long end = addr + size;
	int err = 0;

	host_lock(&tlb_lock);
	for (; addr < end && !err; addr += PAGE_SIZE)
		if (!(pgtable_read(addr) & PTE_PRESENT) ||
		    (!is_mapped(addr) && !fill_surely(addr, addr)))
			err = -EFAULT;
	host_unlock(&tlb_lock);
	return err;
}

/* Where the run of neighbours around @addr begins, in its chunk. */
static unsigned long run_begin(unsigned long addr, u64 pte)
{
	while (addr % TABLE_SPAN && !is_mapped(addr - PAGE_SIZE) &&
	       pgtable_read(addr - PAGE_SIZE) == pte - PAGE_SIZE) {
		addr -= PAGE_SIZE;
		pte -= PAGE_SIZE;
	}
	return addr;
}

/* In the context of a signal: see 7. above. */
static bool tlb_fault(unsigned long addr, bool write)
{
	bool good = false;
	u64 pte;

	if (addr < window_start || addr >= window_end)
		return false;
	addr &= PAGE_MASK;
	host_lock(&tlb_lock);
	pte = pgtable_read(addr);
	if ((pte & PTE_PRESENT) && (!write || (pte & PTE_RW)))
		good = is_mapped(addr) || fill_surely(run_begin(addr, pte), addr);
	host_unlock(&tlb_lock);
	return good;
}

unsigned long tlb_runs(void)
{
	unsigned long runs;

	host_lock(&tlb_lock);
	runs = nr_runs;
	host_unlock(&tlb_lock);
	return runs;
}

unsigned long tlb_budget(void)
{
	return budget;
}

unsigned long tlb_check(void)
{
	unsigned long bad = 0, runs = 0, nr = (window_end - window_start) / TABLE_SPAN;

	host_lock(&tlb_lock);
	for (const struct chunk *c = oldest; c; c = c->next) {
		for (unsigned int w = 0; w < WORDS; w++)
			bad += (c->starts[w] & ~c->mapped[w]) != 0;
		runs += count_bits(c->starts);
		bad += !c->queued || (unsigned long)(c - chunks) >= nr;
	}
	bad += runs != nr_runs || nr_runs > budget;
	host_unlock(&tlb_lock);
	if (bad)
		pr_err("tlb: %lu invariants broken\n", bad);
	return bad;
}

static size_t table_bytes(unsigned long start, unsigned long end)
{
	return (end - start) / TABLE_SPAN * sizeof(*chunks);
}

int tlb_boot(unsigned long start, unsigned long end)
{
	chunks = host_table_alloc(table_bytes(start, end));
	if (!chunks)
		return -ENOMEM;
	oldest = newest = NULL;
	nr_runs = 0;
	budget = max(host_max_mappings() / 4 * 3, 64ul);
	window_start = start;
	window_end = end;
	oops_set_fixup(tlb_fault);
	return 0;
}

void tlb_exit(void)
{
	oops_set_fixup(NULL);
	host_table_free(chunks, table_bytes(window_start, window_end));
	chunks = NULL;
	window_start = window_end = 0;
}

void tlb_sync(void)
{
	host_lock(&tlb_lock);
	host_unlock(&tlb_lock);
}
