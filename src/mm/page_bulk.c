// SPDX-License-Identifier: MIT
/*
 * page_bulk.c - several pages at once: single ones into an array or a list, and as many as a size
 * needs, in a row.
 *
 * What is in a row is taken as one block of the next power of two and split into pages that each
 * have a reference of their own; those too many go back at once.
 */
#include <kmem/bug.h>
#include <kmem/gfp.h>

#include "page_hooks.h"

/* Only the first of many may go to lengths; more is a bonus. */
static gfp_t gfp_of_nth(gfp_t gfp, unsigned long n)
{
	return n ? (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN : gfp;
}

unsigned long alloc_pages_bulk_array_node(gfp_t gfp, int nid, unsigned long nr, struct page **pages)
{
	unsigned long filled = 0, got = 0;

	for (; filled < nr; filled++) {
		if (pages[filled])
			continue;
		pages[filled] = alloc_pages_node(nid, gfp_of_nth(gfp, got++), 0);
		if (!pages[filled])
			break;
	}
	return filled;
}

unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr, struct page **pages)
{
	return alloc_pages_bulk_array_node(gfp, NUMA_NO_NODE, nr, pages);
}

unsigned long alloc_pages_bulk_list(gfp_t gfp, unsigned long nr, struct list_head *list)
{
	unsigned long got = 0;

	for (; got < nr; got++) {
		struct page *page = alloc_page(gfp_of_nth(gfp, got));

		if (!page)
			break;
		list_add(&page->lru, list);
	}
	return got;
}

void split_page(struct page *page, unsigned int order)
{
	if (WARN(PageCompound(page), "split_page() of a compound page") ||
	    WARN(page_ref_count(page) < 1 || page->order != order,
		 "split_page() of no allocated block of order %u", order))
		return;
	for (unsigned long i = 0; i < 1ul << order; i++) {
		set_page_order(&page[i], 0);
		WRITE_ONCE(page[i].migratetype, page->migratetype);
		page[i].private = 0;
		page[i].mapping = NULL;
		if (i) {
			page_hooks_split(page, page + i);
			atomic_set(&page[i]._refcount, 1);
		}
	}
}

void *alloc_pages_exact_nid(int nid, size_t size, gfp_t gfp)
{
	unsigned int order = get_order(size);
	unsigned long addr, used;
	struct page *page;

	if (WARN_ONCE(gfp & __GFP_COMP, "alloc_pages_exact() with __GFP_COMP"))
		gfp &= ~__GFP_COMP;
	page = alloc_pages_node(nid, gfp & ~__GFP_HIGHMEM, order);
	if (!page)
		return NULL;
	addr = (unsigned long)page_address(page);
	split_page(page, order);
	for (used = PAGE_ALIGN(size); used < PAGE_SIZE << order; used += PAGE_SIZE)
		free_page(addr + used);
	return (void *)addr;
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	return alloc_pages_exact_nid(NUMA_NO_NODE, size, gfp);
}

void free_pages_exact(void *virt, size_t size)
{
	unsigned long addr = (unsigned long)virt, end = addr + PAGE_ALIGN(size);

	for (; addr < end; addr += PAGE_SIZE)
		free_page(addr);
}
