/* SPDX-License-Identifier: MIT */
/*
 * vmap_area.h - the address space that vmalloc and its relatives share out.
 *
 * Units: bytes, multiples of PAGE_SIZE. Context: any, but vmap_area_alloc() and _purge() sleep, and
 * _remove() may purge.
 */
#ifndef MM_VMAP_AREA_H
#define MM_VMAP_AREA_H

#include <kmem/list.h>
#include <kmem/vmalloc.h>

struct vmap_area {
	unsigned long va_start, va_end;
	/* Protected by vmap_lock, as all below: */
	struct vmap_area *left, *right; /* in the tree of free, busy or lazily freed areas */
	unsigned long priority;
	unsigned long subtree_max; /* the largest size in the subtree */
	struct vm_struct *vm;	   /* busy: what it is; NULL: of vm_map_ram() */
	bool ready;		   /* complete and nobody frees it: others may look at it */
};

int vmap_area_boot(void);
/* Frees what describes areas; returns the number of busy areas that nobody had freed. */
void vmap_area_exit(void);

/* The lowest @size bytes at a multiple of @align; NULL if there is no room or no memory. */
struct vmap_area *vmap_area_alloc(unsigned long size, unsigned long align, struct vm_struct *vm);
/* A busy area that lies elsewhere: nothing is shared out. NULL: no memory. */
struct vmap_area *vmap_area_add(unsigned long addr, unsigned long size, struct vm_struct *vm);
/* Takes such an area out again; false if none starts there. */
bool vmap_area_forget(unsigned long addr, struct vm_struct **vm);
/* The area at @addr is complete: from now on it is shown and found. */
void vmap_area_publish(unsigned long addr);
/*
 * Who frees an area claims it first, so that of two one gets it: the busy area that starts at @addr
 * and is of one of the kinds @flags (0: of vm_map_ram()) is not found nor shown any more. NULL if
 * there is none, or if it is one whose frames are its own: those are claimed by their page tables.
 */
struct vmap_area *vmap_area_claim(unsigned long addr, unsigned int flags);
/*
 * Takes the busy area that starts at @addr out of use; its addresses are not given out again
 * before a purge. Returns what it was, or NULL if no area starts there.
 */
struct vm_struct *vmap_area_remove(unsigned long addr);
/* The busy area around @addr, while the caller knows it stays. */
struct vm_struct *vmap_area_find(unsigned long addr);
/* Makes all lazily freed addresses free and forgets what the TLB knows of them. Their pages. */
unsigned long vmap_area_purge(void);

/* What one line of proc/vmallocinfo says. */
struct vmap_info {
	unsigned long start, end;
	struct vm_struct vm; /* a copy; zeros of vm_map_ram() and of an area that is not ready */
	bool busy, ready, ram;
};

/* The first area, busy or lazily freed, at or after @addr. False if there is none. */
bool vmap_area_next(unsigned long addr, struct vmap_info *info);
unsigned long vmap_area_check(void);

/* vmap_tree.c: by address. The caller locks whichever tree it is. */
static inline unsigned long vmap_area_size(const struct vmap_area *va)
{
	return va->va_end - va->va_start;
}

void vmap_tree_insert(struct vmap_area **root, struct vmap_area *va);
void vmap_tree_erase(struct vmap_area **root, struct vmap_area *va);
/* The last that starts at or below @addr, the first that starts there or above; or NULL. */
struct vmap_area *vmap_tree_at_or_below(struct vmap_area *root, unsigned long addr);
struct vmap_area *vmap_tree_at_or_above(struct vmap_area *root, unsigned long addr);
/* The lowest range in which there is room for @size bytes at a multiple of @align, or NULL. */
struct vmap_area *vmap_tree_lowest_fit(struct vmap_area *root, unsigned long size,
				       unsigned long align);
/* How often the tree is not what it should be, within [low, high); adds its bytes to *@total. */
unsigned long vmap_tree_check(const struct vmap_area *root, unsigned long low, unsigned long high,
			      unsigned long *total);

#endif
