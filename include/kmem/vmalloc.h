/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.h - memory that is contiguous in virtual addresses only, behind a guard page each.
 *
 * Units: bytes, rounded up to pages. Errors: NULL, told in the log unless __GFP_NOWARN.
 * Context: all may sleep, except vfree_atomic() and where it is said otherwise.
 *
 * A freed area's addresses are not given out again at once. Touching them faults at once on a
 * machine with vmalloc=strict; on others what is freed very often may stay mapped for a while.
 *
 * On a machine with the boot word nommu an area is one block of neighbouring frames in the direct
 * map: at most 4 MiB, no guard page, and is_vmalloc_addr() is false for it.
 * Source of the rules: Linux 6.1, mm/vmalloc.c and mm/nommu.c; see mm/vmalloc.c of this tree.
 */
#ifndef KMEM_VMALLOC_H
#define KMEM_VMALLOC_H

#include <kmem/gfp.h>

#define VM_IOREMAP	 0x00000001u
#define VM_ALLOC	 0x00000002u
#define VM_MAP		 0x00000004u
#define VM_USERMAP	 0x00000008u /* may be mapped by clients: zeroed */
#define VM_NO_GUARD	 0x00000040u
#define VM_MAP_PUT_PAGES 0x00000200u /* vfree() puts the pages and frees their array */

/* Page protections: the processor's bits of a present page. */
typedef unsigned long pgprot_t;
#define PAGE_KERNEL	    0x8000000000000163ul
#define PAGE_KERNEL_RO	    0x8000000000000161ul
#define PAGE_KERNEL_NOCACHE 0x8000000000000173ul

#define IOREMAP_MAX_ORDER 30 /* the largest alignment, of a gigabyte */

extern unsigned long vmalloc_base, vmalloc_end; /* set at boot */
#define VMALLOC_START vmalloc_base
#define VMALLOC_END   vmalloc_end
#define VMALLOC_TOTAL (VMALLOC_END - VMALLOC_START)

struct vm_struct {
	void *addr;
	unsigned long size; /* with the guard page */
	unsigned int flags; /* VM_* */
	unsigned int nr_pages;
	struct page **pages;
	phys_addr_t phys_addr;
	const void *caller;
	unsigned int node_pages[MAX_NUMNODES]; /* how many of nr_pages each node gave */
	bool cached;			 /* freed, and kept for the next: see vmalloc_cache.c */
	struct vm_struct *next_deferred; /* freed by vfree_atomic(), not yet given back */
};

void *vmalloc(unsigned long size);
void *vzalloc(unsigned long size);
void *vmalloc_user(unsigned long size); /* zeroed, for remap_vmalloc_range() */
void *vmalloc_node(unsigned long size, int node);
void *vzalloc_node(unsigned long size, int node);
void *vmalloc_32(unsigned long size); /* of frames below 4 GiB */
void *__vmalloc(unsigned long size, gfp_t gfp);
/* At a multiple of @align, a power of two; shown as @caller's. */
void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp, int node,
		     const void *caller);
void vfree(const void *addr); /* NULL is ignored; a wrong address is reported */
/* From any context: the memory comes free soon after. */
void vfree_atomic(const void *addr);

/*
 * Shows @count pages side by side. The pages stay the caller's, unless @flags has VM_MAP_PUT_PAGES:
 * then vfree() puts them and frees the array with kvfree(). @prot is one of PAGE_KERNEL*; 0 is
 * PAGE_KERNEL.
 */
void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot);
void vunmap(const void *addr);
/* The same for short uses: no guard page, no name. To be undone with the same count. */
void *vm_map_ram(struct page **pages, unsigned int count, int node);
void vm_unmap_ram(const void *mem, unsigned int count);

/* Everything freed is unmapped, and its addresses can be given out again. */
void vm_unmap_aliases(void);

/* Addresses alone, with nothing behind. */
struct vm_struct *get_vm_area(unsigned long size, unsigned long flags);
void free_vm_area(struct vm_struct *area);
/* The area around an address, while the caller knows that it stays. Does not sleep. */
struct vm_struct *find_vm_area(const void *addr);

/*
 * What is mapped at an address of the window: NULL and 0 if nothing is. Device memory has a pfn
 * but no page. Do not sleep.
 */
struct page *vmalloc_to_page(const void *addr);
unsigned long vmalloc_to_pfn(const void *addr);

struct vm_area_struct;
/*
 * The pages of a vmalloc_user() area from page @pgoff on, into all of a client's mapping. -EINVAL:
 * no such area, not made for it, or the mapping is longer than what is left of the area.
 */
int remap_vmalloc_range(struct vm_area_struct *vma, void *addr, unsigned long pgoff);

/*
 * Before a pointer into the window is handed to the host: makes the host know the pages. It may
 * forget them again when more is mapped than it can know (see mm/tlb.c). 0, or -EFAULT if some page
 * of the range has nothing behind. Addresses outside the window are fine as they are.
 */
int vmalloc_fault_in(const void *addr, size_t len);

static inline bool is_vmalloc_addr(const void *addr)
{
	return (unsigned long)addr >= VMALLOC_START && (unsigned long)addr < VMALLOC_END;
}

struct seq_file;
int vmallocinfo_show(struct seq_file *m, void *v); /* proc/vmallocinfo */
int kpagetables_show(struct seq_file *m, void *v); /* proc/kpagetables */
unsigned long vmalloc_nr_pages(void);		   /* pages behind live vmalloc areas */
unsigned long vmalloc_check(void);		   /* violated invariants */

#endif
