// SPDX-License-Identifier: MIT
/*
 * nommu.c - vmalloc and its relatives on a machine without page tables (boot word nommu).
 *
 * 1. Idea: without an MMU an address is a physical one, so memory with contiguous addresses is
 *    contiguous memory: vmalloc() is kmalloc() with __GFP_COMP, from the direct map, and never
 *    more than its largest block. There are no guards, and pages that are no neighbours cannot be
 *    shown side by side.
 * 2. Structures: each area is in the tree of busy areas (vmap_area.c) under its address in the
 *    direct map, so that vmallocinfo tells of it and vfree() knows what was never given out.
 *    Its pages are counted once, as those of kmalloc() are: in Slab, not in VmallocUsed.
 * 3. Freed addresses are free at once: there is nothing lazy here.
 * 4. Locks: none but those called.
 */
#include <kmem/slab.h>

#include "vmalloc.h"
#include "vmap_area.h"

bool vmalloc_nommu;

static void describe(struct vm_struct *vm, const struct area_request *rq, void *addr)
{
	const struct page *page = virt_to_page(addr);

	*vm = (struct vm_struct){
		.addr = addr,
		.size = ksize(addr),
		.flags = VM_ALLOC | VM_NO_GUARD | rq->flags,
		.nr_pages = PAGE_ALIGN(rq->size) >> PAGE_SHIFT,
		.caller = rq->caller,
	};
	vm->node_pages[page_to_nid(page)] = vm->nr_pages;
}

void *nommu_alloc(const struct area_request *rq)
{
	gfp_t gfp = (rq->gfp | __GFP_COMP) & ~(__GFP_HIGHMEM | __GFP_DMA32);
	struct vm_struct *vm = kmalloc(sizeof(*vm), GFP_KERNEL);
	/* Whole pages, or a client's mapping of it would show what lies beside it. */
	void *addr = PAGE_ALIGN(rq->size) <= KMALLOC_MAX_SIZE
			     ? kmalloc_node(PAGE_ALIGN(rq->size), gfp | __GFP_NOWARN, rq->node)
			     : NULL;

	if (vm && addr) {
		describe(vm, rq, addr);
		if (vmap_area_add((unsigned long)addr, vm->size, vm))
			return addr;
	}
	vmalloc_warn(rq->size, rq->gfp, "failed to allocate contiguous pages");
	kfree(addr);
	kfree(vm);
	return NULL;
}

bool nommu_free(const void *addr)
{
	struct vm_struct *vm;

	if (!vmap_area_forget((unsigned long)addr, &vm))
		return false;
	kfree(vm);
	kfree(addr);
	return true;
}

void *nommu_vmap(struct page **pages, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (PageHighMem(pages[i]) || page_to_pfn(pages[i]) != page_to_pfn(pages[0]) + i)
			return NULL;
	return page_address(pages[0]);
}
