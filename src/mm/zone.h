/* SPDX-License-Identifier: MIT */
/*
 * zone.h - what the files of the page allocator know of each other.
 *
 *	page_alloc.c	requests: flags, zonelists, watermarks, what to do when there is none
 *	pcp.c		each CPU's lists of free pages
 *	pageset.c	where each finds them, and how much they hold
 *	buddy.c		a zone's free blocks by order and migratetype
 *	migratetype.c	pageblocks: which blocks serve requests of each type
 *	zone.c		nodes and zones, and the frontier of never-used blocks
 *	watermark.c	how much of a zone must stay free, and for whom
 */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include <kmem/mmzone.h>

#define FPI_NONE    0u
#define FPI_TO_TAIL 1u /* the block will not be wanted soon */

/* zone.c: boot and the frontier */
void zones_boot(unsigned long movable_pages);
int zones_boot_pagesets(void);
void memblock_free_all(void);
/*
 * Makes one never-used block of MAX_PAGE_ORDER an ordinary free one, on the list of movable
 * blocks. False if there is none. Caller holds zone->lock.
 */
bool frontier_advance(struct zone *zone);
/* The type they are told to be of. */
static inline enum migratetype untouched_type(void)
{
	return page_group_by_mobility_disabled ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;
}

/* The end of the never-used range the frame lies in, @pfn itself if in none. Needs no lock. */
unsigned long untouched_end(const struct zone *zone, unsigned long pfn);
struct zone *pfn_zone(unsigned long pfn);

/* Gives every page of a frame range to the buddy for the first time. */
void free_frames_at_boot(struct zone *zone, unsigned long start, unsigned long end);

/* buddy.c: the caller holds zone->lock */
void buddy_init(struct zone *zone);
void buddy_free_block(struct zone *zone, struct page *page, unsigned int order,
		      enum migratetype type, unsigned int fpi);
struct page *buddy_take(struct zone *zone, unsigned int order, enum migratetype type);
struct page *buddy_take_highatomic(struct zone *zone, unsigned int order);
void buddy_put_on_list(struct zone *zone, struct page *page, unsigned int order,
		       enum migratetype type, bool tail);
/* To @type's list: it is on that of another. */
void buddy_move_to_list(struct zone *zone, struct page *page, enum migratetype type);
/* Is there a block of at least @order for a request that may not touch HIGHATOMIC? */
bool buddy_has_block(const struct zone *zone, unsigned int order, bool highatomic_too);
/* On the list of one type; of all types, with the untouched ones. Need no lock. */
unsigned long buddy_blocks_of(const struct zone *zone, unsigned int order, enum migratetype type);
unsigned long buddy_blocks(const struct zone *zone, unsigned int order);
unsigned long buddy_check(struct zone *zone);

/* migratetype.c: one byte for 2 MiB */
void pageblocks_boot(unsigned long nr_pages);
/* The block of exactly @order that @type may take from another, or NULL. Under zone->lock. */
struct page *fallback_block(struct zone *zone, unsigned int order, enum migratetype type);
/* Brings blocks of another type over. False if there is none of @order or more. Under zone->lock. */
bool steal_fallback(struct zone *zone, unsigned int order, enum migratetype type);
/* @page's pageblock becomes part of the reserve, if that is not full. */
void reserve_highatomic_pageblock(struct page *page, struct zone *zone);
/* Gives one reserved pageblock back to ordinary use. False if none has a free page. */
bool unreserve_highatomic_pageblock(struct zone *zone);

/* pageset.c */
void pageset_init(struct zone *zone);
void pageset_set_limits(struct zone *zone);
/* Tells every CPU where its lists are. After the zonelists are built. */
void pageset_publish(void);
void pageset_unpublish(void);
/* From here on (or no longer) no request finds a list without alloc_pages_from(). May sleep. */
void pageset_set_bypass(bool on);

/*
 * pcp.c: the two below are for who is busy on a CPU. pcp_take(): a block from the CPU's list, or NULL.
 * pcp_refill(): the same, after moving up to a batch of blocks there from the buddy, as long as
 * more than @keep pages stay free.
 */
struct page *pcp_take(struct zone *zone, unsigned int order, enum migratetype type, bool cold);
struct page *pcp_refill(struct zone *zone, unsigned int order, enum migratetype type,
			unsigned long keep);
/* A block to its list's cold end; to the CPU's hot place, which pcp_push() found no room for. */
void pcp_give_cold(struct zone *zone, struct page *page);
void pcp_spill(struct page *page);
unsigned long pcp_pages(const struct zone *zone);
/* Of list @i: the blocks at its hot end, and the requests it served. For another CPU's, of about now. */
u32 pcp_blocks(const struct cpu *cpu, const struct per_cpu_pages *pcp, unsigned int i);
u64 pcp_allocs(const struct cpu *cpu, const struct per_cpu_pages *pcp, unsigned int i);
int pcp_count(const struct cpu *cpu, const struct per_cpu_pages *pcp);
unsigned long pcp_check(struct zone *zone);
/* Drains the lists of CPUs nobody is busy on. */
void drain_idle_pages(void);

/* watermark.c */
void watermarks_boot(long min_free_kbytes);

/* pagetypeinfo.c */
extern const char *const migratetype_names[MIGRATE_TYPES];

/* gfp.c: by the four zone bits of the flags __GFP_MOVABLE, DMA32, HIGHMEM, DMA */
#define BAD_ZONE 0xff
extern const u8 zone_of_bits[GFP_ZONEMASK + 1];

/* page_alloc.c */
void zero_pages(struct page *page, unsigned int order);

static inline void zone_add_free(struct zone *zone, long pages)
{
	atomic_long_set(&zone->vm_stat[NR_FREE_PAGES],
			atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]) + pages);
}

static inline void mod_zone_page_state(struct zone *zone, enum zone_stat_item item, long pages)
{
	atomic_long_add(pages, &zone->vm_stat[item]);
}

#endif
