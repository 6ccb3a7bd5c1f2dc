// SPDX-License-Identifier: MIT
/*
 * vmap_block.c - addresses for vm_map_ram(): each CPU hands out pieces of blocks of its own.
 *
 * 1. Idea (Nick Piggin's, Linux 2.6.28): who shows a few pages for a short time should not search
 *    the tree of areas for it. So a CPU takes *blocks* of VMAP_BLOCK_PAGES addresses from there, and
 *    hands out pieces of them in order, none twice. A block whose pieces were all handed out and
 *    came back goes as one area, and what the host knows of it is forgotten at once, in a purge.
 * 2. Structures: for each CPU a list of blocks with something left to hand out and one of those
 *    without. A piece is rounded up to a power of two; where it begins, the block has the number of
 *    its pages. A table over the whole window tells whose block an address is in: one byte for
 *    each block's worth of addresses, and the block.
 * 3. What comes back leaves the page tables at once. What the host knows of it may stay until the
 *    block goes (PIECE_STALE), as with other areas; vmap_blocks_purge() makes an end of that, and
 *    of blocks in which nothing is in use: when somebody asks for it, when the machine idles, when
 *    the window is full.
 * 4. Invariants (vmap_blocks_check()): of a block
 *	free + dirty + (rounded pieces that are in use) = VMAP_BLOCK_PAGES,
 *	on open  <=>  free > 0,
 *    and the table says whose it is.
 * 5. Locks: a CPU's queue has one for its blocks and their entries of the table. Areas are made and
 *    removed, and pages unmapped, without it.
 */
#include <kmem/bug.h>
#include <kmem/slab.h>
#include <kmem/spinlock.h>

#include "../kernel/host.h"
#include "tlb.h"
#include "vmalloc.h"
#include "vmap_area.h"

#define VMAP_BLOCK_PAGES 1024
#define VMAP_BLOCK_SIZE	 (VMAP_BLOCK_PAGES * PAGE_SIZE)

#define PIECE_STALE 0x80 /* came back; the host has its mappings still */

struct vmap_block {
	unsigned long start;
	unsigned int cpu;
	/* Protected by the lock of the CPU's queue: */
	struct list_head list;
	unsigned int free;  /* pages not handed out: the last ones */
	unsigned int dirty; /* pages that came back */
	unsigned int stale; /* pieces with PIECE_STALE */
	u8 piece[VMAP_BLOCK_PAGES];
};

static struct block_queue {
	spinlock_t lock;
	/* Protected by lock: */
	struct list_head open, full;
} queues[NR_CPUS];

/* By (address - vmalloc_base) / VMAP_BLOCK_SIZE. An entry is protected by its queue's lock. */
static struct block_entry {
	struct vmap_block *block;
	u8 cpu_plus_1; /* 0: no block. Atomic: it says which lock it is */
} * table;

static size_t table_size(void)
{
	return (vmalloc_end - vmalloc_base) / VMAP_BLOCK_SIZE * sizeof(*table);
}

static struct block_entry *entry_of(unsigned long addr)
{
	if (!table || addr - vmalloc_base >= vmalloc_end - vmalloc_base)
		return NULL;
	return &table[(addr - vmalloc_base) / VMAP_BLOCK_SIZE];
}

static void set_entry(unsigned long addr, struct vmap_block *block)
{
	struct block_entry *entry = entry_of(addr);

	entry->block = block;
	__atomic_store_n(&entry->cpu_plus_1, block ? block->cpu + 1 : 0, __ATOMIC_RELAXED);
}

/* The block around @addr, with its queue's lock held; NULL, and no lock, if there is none. */
static struct vmap_block *lock_block(unsigned long addr)
{
	struct block_entry *entry = entry_of(addr);
	unsigned int owner;

	while (entry && (owner = __atomic_load_n(&entry->cpu_plus_1, __ATOMIC_RELAXED))) {
		spin_lock(&queues[owner - 1].lock);
		if (entry->block && entry->block->cpu == owner - 1)
			return entry->block;
		spin_unlock(&queues[owner - 1].lock);
	}
	return NULL;
}

static void unlock_block(const struct vmap_block *b)
{
	spin_unlock(&queues[b->cpu].lock);
}

static unsigned int rounded(unsigned int count)
{
	return 1u << get_order(count * PAGE_SIZE);
}

static struct vmap_block *make_block(unsigned int cpu)
{
	struct vmap_block *b = kzalloc(sizeof(*b), GFP_KERNEL);
	struct vmap_area *va;

	if (!b)
		return NULL;
	va = vm_addresses(VMAP_BLOCK_SIZE, VMAP_BLOCK_SIZE, NULL);
	if (!va) {
		kfree(b);
		return NULL;
	}
	b->start = va->va_start;
	b->cpu = cpu;
	b->free = VMAP_BLOCK_PAGES;
	vmap_area_publish(b->start);
	return b;
}

/* It is on no list and in no entry. */
static void drop_block(struct vmap_block *b)
{
	vmap_area_remove(b->start);
	kfree(b);
}

/* The next piece of the first block that has as much; 0: none. Caller holds the queue's lock. */
static unsigned long take_locked(struct block_queue *q, unsigned int count)
{
	struct vmap_block *b;

	list_for_each_entry(b, &q->open, list) {
		unsigned int at = VMAP_BLOCK_PAGES - b->free;

		if (b->free < rounded(count))
			continue;
		b->piece[at] = count;
		b->free -= rounded(count);
		if (!b->free)
			list_move(&b->list, &q->full);
		return b->start + at * PAGE_SIZE;
	}
	return 0;
}

unsigned long vmap_block_take(unsigned int count)
{
	unsigned int cpu = raw_smp_processor_id();
	struct block_queue *q = &queues[cpu];
	struct vmap_block *b;
	unsigned long addr;

	spin_lock(&q->lock);
	addr = take_locked(q, count);
	spin_unlock(&q->lock);
	if (addr)
		return addr;
	b = make_block(cpu);
	if (!b)
		return 0;
	spin_lock(&q->lock);
	set_entry(b->start, b);
	list_add(&b->list, &q->open);
	addr = take_locked(q, count);
	spin_unlock(&q->lock);
	return addr;
}

bool vmap_block_has(unsigned long addr)
{
	const struct block_entry *entry = entry_of(addr);

	return entry && __atomic_load_n(&entry->cpu_plus_1, __ATOMIC_RELAXED);
}

unsigned int vmap_block_claim(unsigned long addr)
{
	struct vmap_block *b = lock_block(addr);
	unsigned int at, count;

	if (!b)
		return 0;
	at = (addr - b->start) >> PAGE_SHIFT;
	count = b->piece[at];
	if (count & PIECE_STALE)
		count = 0;
	else
		b->piece[at] = 0;
	unlock_block(b);
	return count;
}

void vmap_block_give(unsigned long addr, unsigned int count, bool flushed)
{
	struct vmap_block *b = lock_block(addr);
	bool gone;

	if (!flushed) {
		b->piece[(addr - b->start) >> PAGE_SHIFT] = count | PIECE_STALE;
		b->stale++;
	}
	b->dirty += rounded(count);
	gone = b->dirty == VMAP_BLOCK_PAGES;
	if (gone) {
		list_del(&b->list);
		set_entry(b->start, NULL);
	}
	unlock_block(b);
	if (gone)
		drop_block(b);
}

/* Takes those in which nothing is in use off @from. Caller holds the queue's lock. */
static void take_unused(struct list_head *from, struct list_head *unused)
{
	struct vmap_block *b, *next;

	list_for_each_entry_safe(b, next, from, list) {
		if (b->free + b->dirty < VMAP_BLOCK_PAGES)
			continue;
		set_entry(b->start, NULL);
		list_move(&b->list, unused);
	}
}

/* A piece of @list that the host is to forget: its address and pages, or false. */
static bool take_stale(struct list_head *list, unsigned long *addr, unsigned int *count)
{
	struct vmap_block *b;

	list_for_each_entry(b, list, list) {
		for (unsigned int at = 0; b->stale && at < VMAP_BLOCK_PAGES; at++) {
			if (!(b->piece[at] & PIECE_STALE))
				continue;
			*addr = b->start + at * PAGE_SIZE;
			*count = b->piece[at] & ~PIECE_STALE;
			b->piece[at] = 0;
			b->stale--;
			return true;
		}
	}
	return false;
}

static void purge_queue(struct block_queue *q)
{
	struct vmap_block *b, *next;
	unsigned int count;
	unsigned long addr;
	LIST_HEAD(unused);
	bool more;

	spin_lock(&q->lock);
	take_unused(&q->open, &unused);
	take_unused(&q->full, &unused);
	spin_unlock(&q->lock);
	list_for_each_entry_safe(b, next, &unused, list)
		drop_block(b);
	do {
		spin_lock(&q->lock);
		more = take_stale(&q->open, &addr, &count) || take_stale(&q->full, &addr, &count);
		spin_unlock(&q->lock);
		if (more)
			tlb_flush(addr, count * PAGE_SIZE);
	} while (more);
}

void vmap_blocks_purge(void)
{
	unsigned int cpu;

	if (!table)
		return;
	for_each_possible_cpu(cpu)
		purge_queue(&queues[cpu]);
}

static unsigned long check_block(const struct vmap_block *b, bool open)
{
	unsigned int used = 0, stale = 0;

	for (unsigned int at = 0; at < VMAP_BLOCK_PAGES - b->free; at++) {
		if (b->piece[at] & PIECE_STALE)
			stale++;
		else if (b->piece[at])
			used += rounded(b->piece[at]);
	}
	return (b->free + b->dirty + used != VMAP_BLOCK_PAGES) + (stale != b->stale) +
	       (open != (b->free > 0)) + (entry_of(b->start)->block != b);
}

unsigned long vmap_blocks_check(void)
{
	const struct vmap_block *b;
	unsigned long bad = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct block_queue *q = &queues[cpu];

		spin_lock(&q->lock);
		list_for_each_entry(b, &q->open, list)
			bad += check_block(b, true);
		list_for_each_entry(b, &q->full, list)
			bad += check_block(b, false);
		spin_unlock(&q->lock);
	}
	if (bad)
		pr_err("vmap_block: %lu invariants broken\n", bad);
	return bad;
}

int vmap_blocks_boot(void)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_lock_init(&queues[cpu].lock);
		INIT_LIST_HEAD(&queues[cpu].open);
		INIT_LIST_HEAD(&queues[cpu].full);
	}
	table = host_table_alloc(table_size());
	return table ? 0 : -ENOMEM;
}

/* Nobody makes any more. */
static unsigned long unmap_leaked(struct list_head *list)
{
	struct vmap_block *b, *next;
	unsigned long leaks = 0;

	list_for_each_entry_safe(b, next, list, list) {
		for (unsigned int at = 0; at < VMAP_BLOCK_PAGES; at++) {
			unsigned long addr = b->start + at * PAGE_SIZE;
			bool last;

			if (!b->piece[at] || (b->piece[at] & PIECE_STALE))
				continue;
			pr_err("leak: vm_map_ram() of %u pages at 0x%lx\n", b->piece[at], addr);
			leaks++;
			/* With the last of them the block may go. */
			last = b->free + b->dirty + rounded(b->piece[at]) == VMAP_BLOCK_PAGES;
			vm_unmap_ram((void *)addr, b->piece[at]);
			if (last)
				break;
		}
	}
	return leaks;
}

unsigned long vmap_blocks_exit(void)
{
	unsigned long leaks = 0;

	if (!table)
		return 0;
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		leaks += unmap_leaked(&queues[cpu].open) + unmap_leaked(&queues[cpu].full);
	vmap_blocks_purge();
	host_table_free(table, table_size());
	table = NULL;
	return leaks;
}
