// SPDX-License-Identifier: MIT
/*
 * page_free.c - giving page frames back, and catching those who do it wrongly.
 *
 * A block is freed when the last reference to its first page is dropped. While a thread holds the
 * only reference nobody else can touch the count, so a count of 1 needs no atomic instruction.
 *
 * Every free is checked against what the page itself says: its order, its flags, its users. What
 * does not fit is reported as the kernel's "Bad page state", and the frames are not handed to
 * anybody else: a page that is free stays free, one in use stays in use, and one whose
 * description is damaged is set aside for good (PG_hwpoison).
 */
#include <kmem/bug.h>
#include <kmem/mmdebug.h>

#include "page_hooks.h"
#include "zone.h"

/* A burst of reports, then silence for the rest of the minute, with the number of those left out. */
#define BAD_PAGE_BURST	     60
#define BAD_PAGE_INTERVAL_NS (60ull * 1000 * 1000 * 1000)

static void bad_page(struct page *page, const char *why)
{
	static struct ratelimit_state rs;
	static atomic_long_t suppressed;
	long unshown;

	if (!ratelimit_allows(&rs, BAD_PAGE_INTERVAL_NS, BAD_PAGE_BURST)) {
		atomic_long_inc(&suppressed);
		return;
	}
	unshown = atomic_long_xchg(&suppressed, 0);
	if (unshown)
		pr_err("BUG: Bad page state: %ld messages suppressed\n", unshown);
	pr_err("BUG: Bad page state in process %s  pfn:%05lx\n", current->comm,
	       in_mem_map(page) ? page_to_pfn(page) : 0);
	dump_page(page, why);
	dump_stack();
}

static const char *why_not_free(const struct page *page, unsigned int order)
{
	if (unlikely(!(page->flags & BIT(PG_managed))))
		return "it is reserved";
	if (unlikely(page->flags & PAGE_FLAGS_CHECK_AT_FREE))
		return page->flags & BIT(PG_tail) ? "it is a tail page"
						  : "PAGE_FLAGS_CHECK_AT_FREE flag(s) set";
	if (page->order != order)
		return "nonzero _refcount (freed at another order than it was allocated)";
	return NULL;
}

static void clear_compound(struct page *page, unsigned int order)
{
	clear_page_flags(page, BIT(PG_head));
	for (unsigned long i = 1; i < 1ul << order; i++) {
		clear_page_flags(&page[i], BIT(PG_tail));
		page[i].tail = 0;
	}
}

/* The reference count is 0 and the block is nobody's. */
static __always_inline void free_block(struct page *page, unsigned int order, bool cold)
{
	enum migratetype type = get_pageblock_migratetype(page);
	struct zone *zone;

	if (unlikely(page->mapping || atomic_read(&page->_mapcount))) {
		bad_page(page, page->mapping ? "non-NULL mapping" : "nonzero mapcount");
		set_page_flags(page, BIT(PG_hwpoison));
		return;
	}
	if (unlikely(test_page_flag(page, PG_tracked)))
		page_hooks_free(page, order);
	if (PageHead(page))
		clear_compound(page, order);
	if (order <= PAGE_ALLOC_COSTLY_ORDER && likely(type < MIGRATE_PCPTYPES)) {
		bool outer;
		struct cpu *cpu = cpu_hold(&outer);

		WRITE_ONCE(page->migratetype, type);
		if (unlikely(cold))
			pcp_give_cold(page_zone(page), page);
		else if (!pcp_push(cpu, page, order, page_list_id(page)))
			pcp_spill(page);
		cpu_release(cpu, outer);
		return;
	}
	zone = page_zone(page);
	spin_lock(&zone->lock);
	/* A pageblock's type may have changed before the lock was had. */
	buddy_free_block(zone, page, order, get_pageblock_migratetype(page), FPI_NONE);
	WRITE_ONCE(zone->pages_freed, zone->pages_freed + (1ul << order));
	spin_unlock(&zone->lock);
}

/*
 * Somebody else still holds the first page of a block that is not compound: the others have no
 * count of their own, so they are freed now, and the first one alone stays.
 */
static void free_tails(struct page *page, unsigned int order)
{
	set_page_order(page, 0);
	while (order-- > 0) {
		struct page *tails = page + (1ul << order);

		set_page_order(tails, order);
		page_hooks_split(page, tails);
		free_block(tails, order, false);
	}
}

#define NO_REFERENCE "VM_BUG_ON_PAGE(page_ref_count(page) == 0)"

static inline void free_pages_checked(struct page *page, unsigned int order, bool cold)
{
	int refs = page_ref_count(page);
	const char *why = refs > 0 ? why_not_free(page, order) : NO_REFERENCE;

	if (unlikely(why)) {
		bad_page(page, why);
		return;
	}
	if (likely(refs == 1)) {
		atomic_set(&page->_refcount, 0);
	} else if (!atomic_dec_and_test(&page->_refcount)) {
		if (order && !PageHead(page))
			free_tails(page, order);
		return;
	}
	free_block(page, order, cold);
}

void free_pages_slow(struct page *page, unsigned int order)
{
	if (unlikely(!in_mem_map(page)))
		bad_page(page, "it is not in the memory map");
	else
		free_pages_checked(page, order, false);
}

/* Of a block that passed all checks; its count is 0. */
void free_pages_spill(struct cpu *cpu, struct page *page)
{
	bool outer;

	cpu_stay(cpu, &outer);
	if (likely(page->migratetype == get_pageblock_migratetype(page) &&
		   page->migratetype < MIGRATE_PCPTYPES))
		pcp_spill(page);
	else
		free_block(page, page->order, false);
	cpu_release(cpu, outer);
}

void free_pages_report(unsigned long addr)
{
	WARN(true, "free_pages() of %#lx, which is no page of the direct map", addr);
}

void free_hot_page(struct page *page)
{
	__free_pages(page, 0);
}

void free_cold_page(struct page *page)
{
	if (unlikely(!in_mem_map(page)))
		bad_page(page, "it is not in the memory map");
	else
		free_pages_checked(page, 0, true);
}

void get_page_report(struct page *page)
{
	bad_page(page, "VM_BUG_ON_PAGE(page_ref_zero_or_close_to_overflow(page))");
}

void put_page(struct page *page)
{
	struct page *head;
	const char *why;

	if (unlikely(!in_mem_map(page))) {
		bad_page(page, "it is not in the memory map");
		return;
	}
	head = compound_head(page);
	/* Nobody's to free; but who took a reference may drop it. */
	if (unlikely(PageReserved(head) && page_ref_count(head) > 0)) {
		atomic_dec(&head->_refcount);
		return;
	}
	why = page_ref_count(head) > 0 ? why_not_free(head, head->order) : NO_REFERENCE;
	/* A slab's page has the cache's reference, which nobody else may drop. */
	if (unlikely(why)) {
		bad_page(head, why);
		return;
	}
	if (atomic_dec_and_test(&head->_refcount))
		free_block(head, head->order, false);
}
