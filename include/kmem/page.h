/* SPDX-License-Identifier: MIT */
/*
 * page.h - struct page, one for every page frame, and the arithmetic between a frame's number
 * (pfn), its physical address, its struct page and its address in the direct map.
 *
 * The memory map is an array in emulated RAM, indexed by pfn; an entry of a frame that was never
 * handed out may be all zeros (see the frontier in mm/zone.c). All of it is arithmetic: no call
 * here sleeps or fails, and none checks its argument unless it says so.
 */
#ifndef KMEM_PAGE_H
#define KMEM_PAGE_H

#include <kmem/atomic.h>
#include <kmem/list.h>
#include <kmem/types.h>

struct kmem_cache;
struct zone;

enum pageflags {
	PG_head,     /* first page of a compound page */
	PG_tail,     /* another page of one; ->tail says how far from the first */
	PG_slab,     /* belongs to a slab: set on all of its pages */
	PG_buddy,    /* first page of a free block on a buddy list; its order in ->order */
	PG_managed,  /* the page allocator's: unset on reserved frames, whose entry is zeros */
	PG_hwpoison, /* set aside after wrong use: nobody gets it again */
	PG_reported, /* free, and its host memory has been given back */
	PG_pgtable,  /* an emulated page table */
	PG_mapped,   /* the first of a vmalloc area; ->private is its vm_struct */
	PG_tracked,  /* somebody must see the free; see mm/page_hooks.c */
	NR_PAGEFLAGS,
};

/* Flags that must not be set when a page is freed or handed out. */
#define PAGE_FLAGS_CHECK_AT_FREE (BIT(PG_tail) | BIT(PG_slab) | BIT(PG_buddy) | BIT(PG_hwpoison))

/* Flags of pages whose free is more than a move to a list. */
#define PAGE_FLAGS_SLOW_AT_FREE (BIT(PG_head) | BIT(PG_tracked))

/*
 * The upper half of a page's flags tells which list its block belongs on when it is free: zone,
 * node, order and migratetype, as a number that can be compared whole (page_list_id()).
 */
#define PAGE_ZONE_SHIFT	 32
#define PAGE_NODE_SHIFT	 36
#define PAGE_ORDER_SHIFT 40
#define PAGE_TYPE_SHIFT	 48
#define PAGE_FLAGS_MASK	 (BIT(PAGE_ZONE_SHIFT) - 1)
#define PAGE_SLOT_MASK	 (0xfful << PAGE_ZONE_SHIFT)
#define PAGE_ORDER_MASK	 (0xfful << PAGE_ORDER_SHIFT)
#define PAGE_TYPE_MASK	 (0xfful << PAGE_TYPE_SHIFT)

struct page {
	union {
		unsigned long flags; /* PG_* and the bytes below */
		struct {
			u32 pg;
			u8 slot;	/* zone and node */
			u8 order;	/* of the block this page is the first of */
			u8 migratetype; /* of the list a free block is on, or an allocated one was */
		};
	};
	struct list_head lru; /* a free list, a CPU's list, a cache's partial list, the owner's */
	union {
		struct kmem_cache *slab_cache; /* PG_slab, on every page of the slab */
		void *mapping;		       /* otherwise the owner's; NULL when freed */
	};
	union {
		void *freelist;	       /* PG_slab: first free object */
		u64 free_map;	       /* PG_slab of at most 64: bit i: object i is free */
		unsigned long private; /* otherwise the owner's */
	};
	/* PG_slab, on every page: ->slab_cache, if inline frees may be done here; otherwise NULL. */
	struct kmem_cache *fast_cache;
	union {
		struct {
			atomic_t _refcount;
			atomic_t _mapcount; /* client mappings of the page */
		};
		u64 users; /* both at once: 1 is one reference and no mapping */
	};
	u16 inuse;   /* PG_slab: objects handed out; PG_pgtable: 1 on the list of empty ones */
	u16 objects; /* PG_slab: objects in all */
	u16 fresh;   /* PG_slab: the first object that was never handed out */
	u16 tail;    /* PG_tail: pages after the first of the block */
};

_Static_assert(sizeof(struct page) == 64, "a struct page is one cache line");

/* Set at boot. */
extern unsigned long page_offset_base; /* direct map: physical address 0 */
extern struct page *mem_map;	       /* entry 0 is pfn 0 */
extern unsigned long max_pfn;	       /* one more than the last frame */
extern unsigned long max_low_pfn;      /* one more than the last in the direct map */
extern unsigned long direct_map_size;  /* bytes */

/* Types of a free block: what is allocated from it should be alike in how long it stays. */
enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES, /* those with lists on each CPU */
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_ISOLATE,
	MIGRATE_TYPES,
};

#define pageblock_order	   9
#define pageblock_nr_pages (1UL << pageblock_order)

/* A pageblock's type, a byte each, stored so that 0, which fresh memory is, means MOVABLE. */
extern u8 *pageblock_types;
extern bool page_group_by_mobility_disabled; /* too little memory: all is UNMOVABLE */

#define PAGE_OFFSET page_offset_base

#define __pa(addr)	 ((unsigned long)(addr)-page_offset_base)
#define __va(phys)	 ((void *)((unsigned long)(phys) + page_offset_base))
#define pfn_to_page(pfn) (mem_map + (pfn))
#define page_to_pfn(pg)	 ((unsigned long)((pg)-mem_map))
#define page_to_phys(pg) ((phys_addr_t)page_to_pfn(pg) << PAGE_SHIFT)
#define pfn_to_virt(pfn) __va((pfn) << PAGE_SHIFT)
#define virt_to_pfn(p)	 (__pa(p) >> PAGE_SHIFT)
#define virt_to_page(p)	 pfn_to_page(virt_to_pfn(p))
#define virt_to_phys(p)	 ((phys_addr_t)__pa(p))
#define phys_to_virt(p)	 __va(p)
#define phys_to_page(p)	 pfn_to_page((p) >> PAGE_SHIFT)

/* Is there RAM with a struct page at this frame, or behind this direct-map address? */
static inline bool pfn_valid(unsigned long pfn)
{
	return pfn < max_pfn;
}

/* Does @page point at an entry of the memory map? */
static inline bool in_mem_map(const struct page *page)
{
	unsigned long offset = (const char *)page - (const char *)mem_map;

	/* Turned right by 6, what is no multiple of the entry's size becomes huge. */
	return (offset >> 6 | offset << 58) < max_pfn;
}

static inline bool virt_addr_valid(const void *addr)
{
	return __pa(addr) < direct_map_size; /* wraps below PAGE_OFFSET */
}

/* Of a page of high memory: where kmap() has it now, or NULL. */
void *highmem_address(const struct page *page);

static inline bool PageHighMem(const struct page *page)
{
	return page_to_pfn(page) >= max_low_pfn;
}

/* The page's address; NULL for a page of high memory that is not mapped. */
static inline void *page_address(const struct page *page)
{
	if (unlikely(PageHighMem(page)))
		return highmem_address(page);
	return pfn_to_virt(page_to_pfn(page));
}

/*
 * Flags are changed by who owns the page, or under zone->lock while it is free; whoever looks for
 * a free neighbour reads them meanwhile.
 */
static inline bool test_page_flag(const struct page *page, enum pageflags flag)
{
	return READ_ONCE(page->flags) & BIT(flag);
}

static inline void set_page_flags(struct page *page, unsigned long flags)
{
	WRITE_ONCE(page->flags, page->flags | flags);
}

static inline void clear_page_flags(struct page *page, unsigned long flags)
{
	WRITE_ONCE(page->flags, page->flags & ~flags);
}

static inline void set_page_order(struct page *page, unsigned int order)
{
	WRITE_ONCE(page->order, order);
}

#define PageSlab(page)	   test_page_flag(page, PG_slab)
#define PageBuddy(page)	   test_page_flag(page, PG_buddy)
#define PageHead(page)	   test_page_flag(page, PG_head)
#define PageTail(page)	   test_page_flag(page, PG_tail)
#define PageReserved(page) (!test_page_flag(page, PG_managed))
#define PageHWPoison(page) test_page_flag(page, PG_hwpoison)

static inline bool PageCompound(const struct page *page)
{
	return page->flags & (BIT(PG_head) | BIT(PG_tail));
}

static inline struct page *compound_head(const struct page *page)
{
	return unlikely(PageTail(page)) ? (struct page *)page - page->tail : (struct page *)page;
}

static inline unsigned int compound_order(const struct page *page)
{
	return PageHead(page) ? page->order : 0;
}

static inline unsigned long page_size(const struct page *page)
{
	return PAGE_SIZE << compound_order(page);
}

static inline struct page *virt_to_head_page(const void *addr)
{
	return compound_head(virt_to_page(addr));
}

static inline int page_ref_count(const struct page *page)
{
	return atomic_read(&page->_refcount);
}

static inline int page_count(const struct page *page)
{
	return page_ref_count(compound_head(page));
}

/* Tells of a get_page() of what nobody has. */
void get_page_report(struct page *page);

/* A further reference, for who has one or has the page from who has. Context: any. */
static inline void get_page(struct page *page)
{
	struct page *head = compound_head(page);

	if (unlikely(page_ref_count(head) <= 0 && !PageReserved(head)))
		get_page_report(head);
	else
		atomic_inc(&head->_refcount);
}

/* Frees the page (the whole compound page) with the last reference. Context: any. */
void put_page(struct page *page);

static inline unsigned int page_zonenum(const struct page *page)
{
	return (page->flags >> PAGE_ZONE_SHIFT) & 0xf;
}

static inline int page_to_nid(const struct page *page)
{
	return (page->flags >> PAGE_NODE_SHIFT) & 0xf;
}

/* Zone and node in one number below NR_PAGESET_SLOTS. */
static inline unsigned int page_zone_slot(const struct page *page)
{
	return (page->flags >> PAGE_ZONE_SHIFT) & 0xff;
}

/* Which of all lists of free blocks the block goes to: slot, order and type. */
static inline u32 page_list_id(const struct page *page)
{
	return READ_ONCE(page->flags) >> PAGE_ZONE_SHIFT;
}

#define LIST_ID(slot, order, type) ((u32)(slot) | (u32)(order) << 8 | (u32)(type) << 16)
#define LIST_ID_SLOT(id)	   ((id)&0xff)
#define LIST_ID_ORDER(id)	   ((id) >> 8 & 0xff)
#define LIST_ID_TYPE(id)	   ((id) >> 16)

struct zone *page_zone(const struct page *page);

static inline enum migratetype get_pageblock_migratetype(const struct page *page)
{
	return (enum migratetype)(
		__atomic_load_n(&pageblock_types[page_to_pfn(page) >> pageblock_order],
				__ATOMIC_RELAXED) ^
		MIGRATE_MOVABLE);
}

#endif
