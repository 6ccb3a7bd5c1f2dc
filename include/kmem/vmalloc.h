/* SPDX-License-Identifier: MIT */
/*
 * vmalloc.h - memory that is contiguous in virtual addresses only, behind a guard page each.
 *
 * Context: all may sleep. NULL on failure.
 * Source of the rules: Linux 6.1, mm/vmalloc.c; see mm/vmalloc.c of this tree.
 */
#ifndef KMEM_VMALLOC_H
#define KMEM_VMALLOC_H

#include <kmem/gfp.h>

#define VM_IOREMAP  0x00000001u
#define VM_ALLOC    0x00000002u
#define VM_MAP	    0x00000004u
#define VM_USERMAP  0x00000008u
#define VM_NO_GUARD 0x00000040u

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
};

void *vmalloc(unsigned long size);
void *vzalloc(unsigned long size);
void *vmalloc_node(unsigned long size, int node);
void *__vmalloc(unsigned long size, gfp_t gfp);
void vfree(const void *addr); /* NULL is ignored; a wrong address is reported */

void *vmap(struct page **pages, unsigned int count, unsigned long flags, unsigned long prot);
void vunmap(const void *addr);

/* The page behind an address in an area; NULL if there is none. */
struct page *vmalloc_to_page(const void *addr);
unsigned long vmalloc_to_pfn(const void *addr);

static inline bool is_vmalloc_addr(const void *addr)
{
	return (unsigned long)addr >= VMALLOC_START && (unsigned long)addr < VMALLOC_END;
}

struct seq_file;
int vmallocinfo_show(struct seq_file *m, void *v); /* proc/vmallocinfo */
unsigned long vmalloc_nr_pages(void);		   /* pages behind live vmalloc areas */
unsigned long vmalloc_check(void);		   /* violated invariants */

#endif
