/* SPDX-License-Identifier: MIT */
/*
 * gfp.h - asking for page frames.
 *
 * Units: an order-n request is for 2^n pages, naturally aligned; orders 0 to MAX_PAGE_ORDER.
 * Errors: NULL, 0 or fewer pages than asked; a failure is told in the log unless __GFP_NOWARN.
 * Context: may sleep if and only if the flags hold __GFP_DIRECT_RECLAIM.
 * Values and rules of the flags: Linux 6.1, include/linux/gfp_types.h; semantics in
 * mm/page_alloc.c of this tree.
 */
#ifndef KMEM_GFP_H
#define KMEM_GFP_H

#include <kmem/page.h>

/* Where: bits that choose a zone. */
#define __GFP_DMA     0x01u
#define __GFP_HIGHMEM 0x02u
#define __GFP_DMA32   0x04u
#define __GFP_MOVABLE 0x08u
#define GFP_ZONEMASK  0x0fu

#define __GFP_RECLAIMABLE    0x10u
/* How hard: */
#define __GFP_HIGH	     0x20u /* may use half of the reserve below min */
#define __GFP_IO	     0x40u
#define __GFP_FS	     0x80u
#define __GFP_ZERO	     0x100u
#define __GFP_ATOMIC	     0x200u /* cannot sleep and matters: three eighths of min stay */
#define __GFP_DIRECT_RECLAIM 0x400u /* may sleep and reclaim */
#define __GFP_KSWAPD_RECLAIM 0x800u /* may wake kswapd */
#define __GFP_WRITE	     0x1000u
#define __GFP_NOWARN	     0x2000u
#define __GFP_RETRY_MAYFAIL  0x4000u
#define __GFP_NOFAIL	     0x8000u
#define __GFP_NORETRY	     0x10000u
#define __GFP_MEMALLOC	     0x20000u /* no watermark at all */
#define __GFP_COMP	     0x40000u
#define __GFP_NOMEMALLOC     0x80000u
#define __GFP_HARDWALL	     0x100000u
#define __GFP_THISNODE	     0x200000u
#define __GFP_ACCOUNT	     0x400000u
#define __GFP_COLD	     0x1000000u /* the book's: from the cache-cold end */
#define __GFP_BITS_MASK	     0x1ffffffu
#define __GFP_RECLAIM	     (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
/* The book's older names. */
#define __GFP_WAIT	     __GFP_RECLAIM
#define __GFP_REPEAT	     __GFP_RETRY_MAYFAIL

#define GFP_ATOMIC	     (__GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL	     (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT   (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOWAIT	     __GFP_KSWAPD_RECLAIM
#define GFP_NOIO	     __GFP_RECLAIM
#define GFP_NOFS	     (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER	     (__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HARDWALL)
#define GFP_DMA		     __GFP_DMA
#define GFP_DMA32	     __GFP_DMA32
#define GFP_HIGHUSER	     (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)

#define MAX_PAGE_ORDER		10
#define NR_PAGE_ORDERS		(MAX_PAGE_ORDER + 1)
#define MAX_ORDER		NR_PAGE_ORDERS /* exclusive, as in the book and until 6.3 */
#define PAGE_ALLOC_COSTLY_ORDER 3

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order);
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)

/* The address of the first page; 0 on failure. Never from high memory. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);
#define __get_free_page(gfp)	    __get_free_pages(gfp, 0)
#define __get_dma_pages(gfp, order) __get_free_pages((gfp) | GFP_DMA, order)

/*
 * Drops a reference of the block's first page and frees the block with the last one. Wrong use
 * (not allocated, another order, still in use by a cache) is reported as a bad page; nothing
 * is freed then. NULL and 0 are ignored by free_pages().
 */
void __free_pages(struct page *page, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);
#define __free_page(page) __free_pages(page, 0)
#define free_page(addr)	  free_pages(addr, 0)
/* The book's: to the cache-hot or the cache-cold end of the CPU's list. */
void free_hot_page(struct page *page);
void free_cold_page(struct page *page);

/* Exactly @size bytes of whole pages; the rest of the power of two is given back at once. */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *virt, size_t size);

/* Makes 2^order pages of one block, each with a reference of its own. Not for compound pages. */
void split_page(struct page *page, unsigned int order);

/*
 * Fills the NULL slots of pages[0..nr-1] with order-0 pages. Returns the number of slots that
 * are filled from the start, which may be fewer than @nr.
 */
unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr, struct page **pages);
unsigned long alloc_pages_bulk_array_node(gfp_t gfp, int nid, unsigned long nr,
					  struct page **pages);

/* The smallest order whose block holds @size bytes; for 0 that is 52 (BITS_PER_LONG - 12). */
static inline int get_order(unsigned long size)
{
	if (!size)
		return BITS_PER_LONG - PAGE_SHIFT;
	return fls_long((size - 1) >> PAGE_SHIFT);
}

/* Gives all pages on per-CPU lists back to the buddy. May sleep. */
void drain_all_pages(void);

#endif
