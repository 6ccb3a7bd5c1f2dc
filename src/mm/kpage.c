// SPDX-License-Identifier: MIT
/*
 * kpage.c - what every page frame is used for, as proc/kpageflags and proc/kpagecount tell it.
 *
 * 1. Three kinds of frames: none (a hole: NOPAGE), kept by the boot (RESERVED; memblock knows),
 *    and the page allocator's. Of the last, those behind the frontier (zone.c) are free without
 *    a struct page to look at: reading the map of an unused machine makes no page of it real.
 * 2. A free block says so in its first page only. So a range is walked block by block: whoever
 *    is not the first of a free block is looked for under the smaller and larger blocks that
 *    could contain him, once, and the rest of the block follows.
 * 3. Locks: zone->lock, for at most MAX_ORDER_NR_PAGES frames at once, so that what is told of a
 *    block is of one moment, and nobody waits for long.
 */
#include <kmem/memblock.h>

#include "kpage.h"
#include "zone.h"

/* The frames of a range that are alike as far as memblock and the frontier go. */
enum frame_kind { FRAME_HOLE, FRAME_RESERVED, FRAME_UNTOUCHED, FRAME_MANAGED };

/* Where the region of RAM or the hole that @addr lies in ends. */
static unsigned long edge_after(phys_addr_t addr)
{
	for (unsigned int i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

		if (addr < r->base)
			return r->base >> PAGE_SHIFT;
		if (addr < r->base + r->size)
			return (r->base + r->size) >> PAGE_SHIFT;
	}
	return max_pfn;
}

/* The kind of @pfn; *@end, in: where to stop, out: frames up to there are of the same kind. */
static enum frame_kind frame_kind(unsigned long pfn, unsigned long *end)
{
	phys_addr_t addr = (phys_addr_t)pfn << PAGE_SHIFT, start, stop;
	const struct zone *zone = pfn_zone(pfn);
	unsigned long first = *end, last = *end;

	/* Frames that are reserved in part were not handed out. */
	if (memblock_next_free_range(addr, &start, &stop, NULL)) {
		first = PAGE_ALIGN(start) >> PAGE_SHIFT;
		last = stop >> PAGE_SHIFT;
	}
	if (pfn >= first && pfn < last && zone) {
		*end = min(*end, last);
		last = untouched_end(zone, pfn);
		if (last == pfn)
			return FRAME_MANAGED;
		*end = min(*end, last);
		return FRAME_UNTOUCHED;
	}
	*end = max(min(min(*end, first), edge_after(addr)), pfn + 1);
	return memblock_is_memory(addr) ? FRAME_RESERVED : FRAME_HOLE;
}

static u64 used_flags(const struct page *page)
{
	static const struct {
		enum pageflags flag;
		enum kpf bit;
	} bits[] = {
		{ PG_slab, KPF_SLAB },		{ PG_head, KPF_COMPOUND_HEAD },
		{ PG_tail, KPF_COMPOUND_TAIL }, { PG_hwpoison, KPF_HWPOISON },
		{ PG_pgtable, KPF_PGTABLE },
	};
	u64 word = atomic_read(&page->_mapcount) > 0 ? BIT(KPF_MMAP) : 0;
	unsigned long flags = READ_ONCE(page->flags);

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (flags & BIT(bits[i].flag))
			word |= BIT(bits[i].bit);
	return word;
}

/* The end of the free block that @pfn lies in, @pfn itself if in none. Caller holds the lock. */
static unsigned long free_block_end(const struct zone *zone, unsigned long pfn)
{
	for (unsigned int o = 0; o < NR_PAGE_ORDERS; o++) {
		unsigned long first = ALIGN_DOWN(pfn, 1ul << o);
		const struct page *page = pfn_to_page(first);

		if (first < zone->zone_start_pfn)
			break;
		if (PageBuddy(page) && page->order >= o)
			return first + (1ul << page->order);
	}
	return pfn;
}

static void flags_of_managed(unsigned long pfn, unsigned long end, u64 *words)
{
	struct zone *zone = pfn_zone(pfn);

	spin_lock(&zone->lock);
	while (pfn < end) {
		unsigned long stop = min(free_block_end(zone, pfn), end);

		if (stop == pfn)
			*words++ = used_flags(pfn_to_page(pfn++));
		while (pfn < stop) {
			*words++ = BIT(KPF_BUDDY);
			pfn++;
		}
	}
	spin_unlock(&zone->lock);
}

static void counts_of_managed(unsigned long pfn, unsigned long end, u64 *words)
{
	struct zone *zone = pfn_zone(pfn);

	spin_lock(&zone->lock);
	for (; pfn < end; pfn++)
		*words++ = max(atomic_read(&pfn_to_page(pfn)->_mapcount), 0);
	spin_unlock(&zone->lock);
}

struct kpage_file {
	u64 fixed[FRAME_MANAGED];
	void (*managed)(unsigned long pfn, unsigned long end, u64 *words);
};

static size_t tell(const struct kpage_file *f, unsigned long pfn, u64 *words, size_t nr)
{
	unsigned long begin = pfn, stop, end;

	if (pfn >= max_pfn)
		return 0;
	stop = nr < max_pfn - pfn ? pfn + nr : max_pfn;
	for (; pfn < stop; pfn = end) {
		enum frame_kind kind;

		end = min(stop, ALIGN(pfn + 1, MAX_ORDER_NR_PAGES));
		kind = frame_kind(pfn, &end);
		if (kind == FRAME_MANAGED)
			f->managed(pfn, end, words + (pfn - begin));
		else
			for (unsigned long i = pfn; i < end; i++)
				words[i - begin] = f->fixed[kind];
	}
	return stop - begin;
}

size_t kpageflags(unsigned long pfn, u64 *words, size_t nr)
{
	static const struct kpage_file file = {
		.fixed = { [FRAME_HOLE] = BIT(KPF_NOPAGE),
			   [FRAME_RESERVED] = BIT(KPF_RESERVED),
			   [FRAME_UNTOUCHED] = BIT(KPF_BUDDY) },
		.managed = flags_of_managed,
	};

	return tell(&file, pfn, words, nr);
}

size_t kpagecount(unsigned long pfn, u64 *words, size_t nr)
{
	static const struct kpage_file file = { .managed = counts_of_managed };

	return tell(&file, pfn, words, nr);
}
