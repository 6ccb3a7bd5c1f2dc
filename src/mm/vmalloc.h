/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.h - what the files of the vmalloc window know of each other.
 *
 *	vmalloc.c	areas with frames of their own
 *	vfree.c		areas go: claimed, kept, unmapped, at once or later
 *	vmalloc_cache.c	freed areas that the next request of their size finds as they are
 *	vmap.c		areas that show somebody's pages, or nothing
 *	vmap_block.c	addresses for those that come and go often
 *	ioremap.c	areas that show a device's memory
 *	nommu.c		the same calls on a machine without page tables
 *	vmallocinfo.c	what there is, as text; boot, halt, and the checker
 *	vmap_area.c	sharing out the addresses
 *	vmap_tree.c	search trees of them
 *	pgtable.c	what each address means
 *	tlb.c		the host's mappings, which follow
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include <kmem/vmalloc.h>

/* The area holds the array of another's pages and goes with it. */
#define VM_PAGE_ARRAY 0x80000000u
/* Plain memory of the nearest node: may serve any plain request of its size. */
#define VM_CACHEABLE  0x40000000u

struct machine_config;
int vmalloc_boot(const struct machine_config *cfg); /* after slab */
unsigned long vmalloc_exit(void); /* frees all areas; returns how many nobody had freed */

extern bool vmalloc_nommu, vmalloc_strict; /* the boot words */

/* vmalloc.c */
struct area_request {
	unsigned long size, align;
	gfp_t gfp;
	unsigned int flags; /* VM_* */
	int node;
	const void *caller;
};

void vmalloc_areas_boot(void);
void vmalloc_warn(unsigned long size, gfp_t gfp, const char *why);
/*
 * Addresses from the window, as vmap_area_alloc() gives them; when there are none, what others keep of
 * it without need goes first. May sleep.
 */
struct vmap_area *vm_addresses(unsigned long size, unsigned long align, struct vm_struct *vm);
/* Addresses for @size bytes and a guard page, not yet found by others: vmap_area_publish(). */
struct vm_struct *vm_area_make(unsigned long size, unsigned long align, unsigned int flags,
			       const void *caller);
static inline unsigned long vm_area_bytes(const struct vm_struct *vm)
{
	return vm->flags & VM_NO_GUARD ? vm->size : vm->size - PAGE_SIZE;
}
/*
 * Takes an area that its caller has claimed (or made and not published) out of the tables and out
 * of use. Its frames and *vm are left. @now: no access succeeds from here on.
 */
void vm_area_unmap(struct vm_struct *vm, bool now);
/* For an area that nobody finds any more: claimed, hidden, or not yet published. */
void vmalloc_give_back(struct vm_struct *vm, bool now);
long vmalloc_total_pages(void); /* cached ones are in it */

/* vfree.c: what vfree_atomic() has left to do */
void vmalloc_run_deferred(void);

/* vmalloc_cache.c */
#define VMALLOC_CACHE_MAX_PAGES 64 /* of one area */
void vmalloc_cache_boot(void);
void vmalloc_cache_exit(void);
struct vm_struct *vmalloc_cache_take(unsigned int nr_pages);
/* False: keep what you have. The area's entries are hidden. */
bool vmalloc_cache_put(struct vm_struct *vm);
/* Areas of this size come and go so often that forgetting each at once would be a waste. */
bool vmalloc_cache_is_common(unsigned int nr_pages);
unsigned long vmalloc_cache_drain(void); /* the pages freed */
unsigned long vmalloc_cache_pages(void);

/* vmap.c */
void vunmap_claimed(struct vm_struct *vm);

/*
 * vmap_block.c: pieces of at most VMAP_MAX_ALLOC pages. Their entries and mappings are the caller's.
 * _take() and _purge() may sleep.
 */
#define VMAP_MAX_ALLOC 64
int vmap_blocks_boot(void);	      /* the window is known */
unsigned long vmap_blocks_exit(void); /* unmaps what is left; returns how many pieces that was */
unsigned long vmap_block_take(unsigned int count); /* its address; 0: no room, or no memory */
bool vmap_block_has(unsigned long addr);	   /* is it in a block? */
/* Of two that want to unmap a piece one gets it: its pages. 0: no piece starts there. */
unsigned int vmap_block_claim(unsigned long addr);
/* A piece that was claimed is unmapped; @flushed: the host has forgotten it as well. */
void vmap_block_give(unsigned long addr, unsigned int count, bool flushed);
/* The host forgets all that came back, and unused blocks go. */
void vmap_blocks_purge(void);
unsigned long vmap_blocks_check(void);

/* nommu.c */
void *nommu_alloc(const struct area_request *rq);
bool nommu_free(const void *addr); /* false: nothing known of it */
void *nommu_vmap(struct page **pages, unsigned int count);

#endif
