/* SPDX-License-Identifier: MIT */
/*
 * vmap_area.h - the address space that vmalloc and its relatives share out.
 *
 * Units: bytes, multiples of PAGE_SIZE. Context: any, but vmap_area_alloc() and _purge() sleep.
 */
#ifndef MM_VMAP_AREA_H
#define MM_VMAP_AREA_H

#include <kmem/list.h>
#include <kmem/vmalloc.h>

struct vmap_area {
	unsigned long va_start, va_end;
	/* Protected by vmap_lock, as all below: */
	struct vmap_area *left, *right; /* in the tree of free or of busy areas */
	unsigned long priority;
	unsigned long subtree_max; /* the largest size in the subtree */
	struct list_head list;	   /* lazily freed */
	struct vm_struct *vm;	   /* busy: what it is; NULL: lazily freed */
	bool ready;		   /* vm is complete, and others may look at it */
};

int vmap_area_boot(void);
/* Frees what describes areas; returns the number of busy areas that nobody had freed. */
void vmap_area_exit(void);

/* The lowest @size bytes at a multiple of @align; NULL if there is no room or no memory. */
struct vmap_area *vmap_area_alloc(unsigned long size, unsigned long align, struct vm_struct *vm);
/* The area at @addr is complete: from now on it is shown and found. */
void vmap_area_publish(unsigned long addr);
/*
 * Takes the busy area that starts at @addr out of use; its addresses are not given out again
 * before a purge. Returns what it was, or NULL if no area starts there.
 */
struct vm_struct *vmap_area_remove(unsigned long addr);
/* The busy area around @addr, while the caller knows it stays. */
struct vm_struct *vmap_area_find(unsigned long addr);
/* Makes all lazily freed addresses free. Returns their pages. */
unsigned long vmap_area_purge(void);

/* What one line of proc/vmallocinfo says. */
struct vmap_info {
	unsigned long start, end;
	struct vm_struct vm; /* a copy; zeros while the area is being made */
	bool busy;
};

/* The first area, busy or lazily freed, at or after @addr. False if there is none. */
bool vmap_area_next(unsigned long addr, struct vmap_info *info);
unsigned long vmap_area_check(void);

#endif
