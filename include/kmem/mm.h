/* SPDX-License-Identifier: MIT */
/*
 * mm.h - a client's mapping, as a driver's ->mmap() sees it.
 *
 * Who makes the mapping gives it an array of as many pages as it is long; a driver fills it with
 * vm_insert_page() or remap_vmalloc_range(). Source: Linux 6.1, mm/memory.c.
 */
#ifndef KMEM_MM_H
#define KMEM_MM_H

#include <kmem/vmalloc.h>

#define VM_DONTEXPAND 0x00040000ul
#define VM_DONTDUMP   0x04000000ul

struct vm_area_struct {
	unsigned long vm_start, vm_end; /* of the client; multiples of PAGE_SIZE */
	unsigned long vm_pgoff;
	unsigned long vm_flags;
	void *vm_private_data;
	struct page **vm_pages; /* with a reference each */
};

/*
 * Puts a page at a client's address, and takes a reference for it. -EFAULT: outside the mapping;
 * -EINVAL: nobody's page, or not of the page allocator; -EBUSY: something is there.
 */
int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page);

#endif
