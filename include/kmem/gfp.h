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

#include <string.h>
#include <kmem/page.h>
#include <kmem/sched.h>

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
#define GFP_TRANSHUGE_LIGHT \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) & ~__GFP_RECLAIM)
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)

#define MAX_PAGE_ORDER		10
#define NR_PAGE_ORDERS		(MAX_PAGE_ORDER + 1)
#define MAX_ORDER		NR_PAGE_ORDERS /* exclusive, as in the book and until 6.3 */
#define PAGE_ALLOC_COSTLY_ORDER 3

enum zone_type {
	ZONE_DMA,   /* below 16 MiB */
	ZONE_DMA32, /* below 4 GiB */
	ZONE_NORMAL,
	ZONE_HIGHMEM, /* no direct map */
	ZONE_MOVABLE, /* only for what could be moved */
	MAX_NR_ZONES,
};

#define PCP_ORDERS   (PAGE_ALLOC_COSTLY_ORDER + 1)
#define NR_PCP_LISTS (MIGRATE_PCPTYPES * PCP_ORDERS)
#define PCP_STACK    29

/* The hot end of a list of free blocks; what does not fit is in the list. See mm/pcp.c. */
struct pcp_stack {
	u64 allocs; /* requests served */
	long moved; /* blocks put in other than by a free, minus those taken out otherwise */
	u32 nr;
	u32 limit; /* nr stays at or below it; at most PCP_STACK */
	struct page *pages[PCP_STACK];
};

/* One CPU's free pages of one zone: touched only by who is busy on the CPU. */
struct per_cpu_pages {
	struct pcp_stack stacks[NR_PCP_LISTS];
	struct list_head lists[NR_PCP_LISTS]; /* less hot, the hottest first */
	u8 slot;			      /* whose they are: zone and node */
	int listed;			      /* pages on the lists */
	int high;			      /* above it, some go back */
	int batch;			      /* pages moved at once */
} ____cacheline_aligned;

/* The highest zone that a request of these flags can use. Contradictions are reported. */
enum zone_type gfp_zone(gfp_t gfp);

/*
 * Until the matching restore, requests of this thread do not have file systems (or any device)
 * asked for memory back, or are those of a thread that frees memory. They nest.
 */
static inline unsigned int memalloc_flags_save(unsigned int flags)
{
	unsigned int old = ~current->flags & flags;

	current->flags |= flags;
	return old;
}

static inline void memalloc_flags_restore(unsigned int saved)
{
	current->flags &= ~saved;
}

#define memalloc_nofs_save()		  memalloc_flags_save(PF_MEMALLOC_NOFS)
#define memalloc_nofs_restore(saved)	  memalloc_flags_restore(saved)
#define memalloc_noio_save()		  memalloc_flags_save(PF_MEMALLOC_NOIO)
#define memalloc_noio_restore(saved)	  memalloc_flags_restore(saved)
#define memalloc_noreclaim_save()	  memalloc_flags_save(PF_MEMALLOC)
#define memalloc_noreclaim_restore(saved) memalloc_flags_restore(saved)

static inline gfp_t current_gfp_context(gfp_t gfp)
{
	if (current->flags & PF_MEMALLOC_NOIO)
		return gfp & ~(__GFP_IO | __GFP_FS);
	return current->flags & PF_MEMALLOC_NOFS ? gfp & ~__GFP_FS : gfp;
}

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

static inline enum migratetype gfp_migratetype(gfp_t gfp)
{
	if (gfp & __GFP_MOVABLE)
		return MIGRATE_MOVABLE;
	return gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order);

/*
 * The hot block of this CPU's list for a request that can use zone @zone and lower, or NULL.
 * The caller is busy on a CPU.
 */
static __always_inline struct page *pcp_pop(struct cpu *cpu, enum zone_type zone,
					    unsigned int order, enum migratetype type)
{
	u32 slot = cpu->first_slot[zone];
	struct page *page = cpu->hot_page;
	struct pcp_stack *stack;
	u32 nr;

	if (likely(READ_OWN(cpu->hot_list) == LIST_ID(slot, order, type) && page)) {
		WRITE_ONCE(cpu->hot_page, NULL);
		INC_OWN(cpu->hot_allocs);
		return page;
	}
	stack = &cpu->pageset[slot]->stacks[order * MIGRATE_PCPTYPES + type];
	nr = stack->nr;
	if (unlikely(!nr))
		return NULL;
	WRITE_ONCE(stack->nr, nr - 1);
	WRITE_ONCE(stack->allocs, stack->allocs + 1);
	return stack->pages[nr - 1];
}

/* Flags with which alloc_pages() can be served in the caller, up to order 3. */
#define GFP_FAST_MASK                                                                     \
	(__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HIGH | __GFP_ATOMIC | __GFP_NOWARN | \
	 __GFP_NORETRY | __GFP_RETRY_MAYFAIL | __GFP_HARDWALL | __GFP_ZERO | __GFP_RECLAIMABLE)

static __always_inline struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;
	struct cpu *cpu;

	if (!__builtin_constant_p(gfp) || (gfp & ~GFP_FAST_MASK) || order > PAGE_ALLOC_COSTLY_ORDER)
		return __alloc_pages(gfp, order);
	if ((gfp & __GFP_DIRECT_RECLAIM) && unlikely(in_atomic()))
		return __alloc_pages(gfp, order); /* there it is reported */
	cpu = cpu_enter();
	if (unlikely(!cpu))
		return __alloc_pages(gfp, order);
	page = pcp_pop(cpu, ZONE_NORMAL, order, gfp_migratetype(gfp));
	cpu_leave();
	if (unlikely(!page))
		return __alloc_pages(gfp, order);
	page->private = 0;
	WRITE_ONCE(page->users, 1);
	if (gfp & __GFP_ZERO)
		memset(page_address(page), 0, PAGE_SIZE << order);
	return page;
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)

/* What __free_pages() leaves to do: large blocks, other references, wrong use ... */
void free_pages_slow(struct page *page, unsigned int order);
/* ... and blocks that the CPU has no room for. The caller entered a CPU, which ends here. */
void free_pages_spill(struct cpu *cpu, struct page *page);

/*
 * Remembers the block, of list @list, as the CPU's hot one; the one before goes to their stack.
 * False if that is full, or another list is hot. The caller is busy on the CPU.
 */
static __always_inline bool pcp_push(struct cpu *cpu, struct page *page, unsigned int order,
				     u32 list)
{
	struct page *older = cpu->hot_page;

	if (unlikely(READ_OWN(cpu->hot_list) != list))
		return false;
	if (unlikely(older)) {
		struct per_cpu_pages *pcp = cpu->pageset[LIST_ID_SLOT(list)];
		struct pcp_stack *stack =
			&pcp->stacks[order * MIGRATE_PCPTYPES + LIST_ID_TYPE(list)];
		u32 nr = stack->nr;

		if (unlikely(nr >= READ_ONCE(stack->limit)))
			return false;
		stack->pages[nr] = older;
		WRITE_ONCE(stack->nr, nr + 1);
	}
	WRITE_ONCE(cpu->hot_page, page);
	return true;
}

/* The address of the first page; 0 on failure. Never from high memory. */
static __always_inline unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp & ~__GFP_HIGHMEM, order);

	return page ? (unsigned long)page_address(page) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp);
#define __get_free_page(gfp)	    __get_free_pages(gfp, 0)
#define __get_dma_pages(gfp, order) __get_free_pages((gfp) | GFP_DMA, order)

/*
 * Drops a reference of the block's first page and frees the block with the last one. Wrong use
 * (not allocated, another order, still in use by a cache) is reported as a bad page; nothing
 * is freed then. NULL and 0 are ignored by free_pages().
 */
static __always_inline void __free_pages(struct page *page, unsigned int order);
static __always_inline void free_pages(unsigned long addr, unsigned int order);
#define __free_page(page) __free_pages(page, 0)
#define free_page(addr)	  free_pages(addr, 0)
/* The book's: to the cache-hot or the cache-cold end of the CPU's list. */
void free_hot_page(struct page *page);
void free_cold_page(struct page *page);

/* Exactly @size bytes of whole pages; the rest of the power of two is given back at once. */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void *alloc_pages_exact_nid(int nid, size_t size, gfp_t gfp);
void free_pages_exact(void *virt, size_t size);

/* Makes 2^order pages of one block, each with a reference of its own. Not for compound pages. */
void split_page(struct page *page, unsigned int order);

/*
 * Fills the NULL slots of pages[0..nr-1] with order-0 pages. Returns the number of slots that
 * are filled from the start, which may be fewer than @nr. The list form adds to the list by ->lru,
 * and returns how many.
 */
unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr, struct page **pages);
#define alloc_pages_bulk(gfp, nr, pages) alloc_pages_bulk_array(gfp, nr, pages)
unsigned long alloc_pages_bulk_list(gfp_t gfp, unsigned long nr, struct list_head *list);
unsigned long alloc_pages_bulk_array_node(gfp_t gfp, int nid, unsigned long nr,
					  struct page **pages);

/* The smallest order whose block holds @size bytes; for 0 that is 52 (BITS_PER_LONG - 12). */
static inline int get_order(unsigned long size)
{
	if (!size)
		return BITS_PER_LONG - PAGE_SHIFT;
	return fls_long((size - 1) >> PAGE_SHIFT);
}

static __always_inline void __free_pages(struct page *page, unsigned int order)
{
	unsigned long flags;
	struct cpu *cpu;

	/* A plain block of one user, as it was allocated; nobody else can change its counts. */
	if (unlikely(order > PAGE_ALLOC_COSTLY_ORDER || !in_mem_map(page) ||
		     READ_OWN(page->users) != 1))
		goto slow;
	flags = READ_ONCE(page->flags);
	if (unlikely((flags & (PAGE_FLAGS_CHECK_AT_FREE | PAGE_FLAGS_SLOW_AT_FREE |
			       BIT(PG_managed) | PAGE_ORDER_MASK)) !=
			     (BIT(PG_managed) | (unsigned long)order << PAGE_ORDER_SHIFT) ||
		     page->mapping))
		goto slow;
	cpu = cpu_enter();
	if (unlikely(!cpu))
		goto slow;
	WRITE_ONCE(page->users, 0);
	if (unlikely(!pcp_push(cpu, page, order, flags >> PAGE_ZONE_SHIFT))) {
		free_pages_spill(cpu, page);
		return;
	}
	cpu_leave();
	return;
slow:
	free_pages_slow(page, order);
}

/* Tells of a free_pages() of what is no page of the direct map. */
void free_pages_report(unsigned long addr);

static __always_inline void free_pages(unsigned long addr, unsigned int order)
{
	if (likely(virt_addr_valid((void *)addr) && !offset_in_page(addr)))
		__free_pages(virt_to_page(addr), order);
	else if (addr)
		free_pages_report(addr);
}

/* Gives all pages on per-CPU lists back to the buddy. May sleep. */
void drain_all_pages(void);

#endif
