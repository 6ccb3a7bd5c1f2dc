// SPDX-License-Identifier: MIT
/*
 * vmap.c - areas that show somebody's pages side by side, or nothing.
 *
 * 1. Idea: an area without frames of its own. vmap() writes the entries of the caller's pages;
 *    the same frame may be shown many times, all pointers mean the same bytes. vm_map_ram() does
 *    it without a struct vm_struct and a guard, for short uses; at addresses of blocks if it is
 *    few pages (vmap_block.c).
 * 2. Such an area is claimed under vmap_lock (vmap_area_claim()): its first frame may be anybody's
 *    and leads nowhere.
 * 3. What is unmapped stays known to the host until a purge if its size is common, as in vmalloc.c.
 * 4. A client's mapping of an area (remap_vmalloc_range()) is the area's pages, a reference each:
 *    they live as long as the longer of the two.
 * 5. Locks: none but those called.
 */
#include <kmem/bug.h>
#include <kmem/mm.h>
#include <kmem/mmzone.h>
#include <kmem/slab.h>

#include "pgtable.h"
#include "tlb.h"
#include "vmalloc.h"
#include "vmap_area.h"

static bool unmap_now(unsigned long pages)
{
	return vmalloc_strict || !vmalloc_cache_is_common(pages);
}

static int show_pages(unsigned long addr, struct page **pages, unsigned int count, pgprot_t prot)
{
	if (pgtable_map(addr, pages, count, prot ? prot : PAGE_KERNEL))
		return -ENOMEM;
	tlb_map(addr, count * PAGE_SIZE, true);
	return 0;
}

/* The opposite. True: the host has forgotten the pages, too. */
static bool hide_pages(unsigned long addr, unsigned int count)
{
	const bool now = unmap_now(count);

	pgtable_clear(addr, count);
	if (now)
		tlb_flush(addr, count * PAGE_SIZE);
	return now;
}

void *vmap(struct page **pages, unsigned int count, unsigned long flags, pgprot_t prot)
{
	struct vm_struct *vm;

	might_sleep();
	if (!count || count > totalram_pages())
		return NULL;
	if (vmalloc_nommu)
		return nommu_vmap(pages, count);
	vm = vm_area_make(count * PAGE_SIZE, PAGE_SIZE, VM_MAP | (flags & VM_MAP_PUT_PAGES),
			  __builtin_return_address(0));
	if (!vm)
		return NULL;
	if (show_pages((unsigned long)vm->addr, pages, count, prot)) {
		vm_area_unmap(vm, true);
		kfree(vm);
		return NULL;
	}
	if (flags & VM_MAP_PUT_PAGES) {
		vm->pages = pages;
		vm->nr_pages = count;
	}
	vmap_area_publish((unsigned long)vm->addr);
	return vm->addr;
}

void vunmap_claimed(struct vm_struct *vm)
{
	vm_area_unmap(vm, unmap_now(vm_area_bytes(vm) >> PAGE_SHIFT));
	if (vm->flags & VM_MAP_PUT_PAGES) {
		for (unsigned int i = 0; i < vm->nr_pages; i++)
			put_page(vm->pages[i]);
		kvfree(vm->pages);
	}
	kfree(vm);
}

void vunmap(const void *addr)
{
	struct vmap_area *va;

	if (!addr)
		return;
	might_sleep();
	if (WARN(offset_in_page(addr), "Trying to vunmap() bad address (%p)", addr))
		return;
	if (vmalloc_nommu && virt_addr_valid(addr))
		return;
	va = vmap_area_claim((unsigned long)addr, VM_MAP);
	if (WARN(!va, "Trying to vunmap() nonexistent vm area (%p)", addr))
		return;
	/* The pages stay the caller's whatever was meant once. */
	va->vm->flags &= ~VM_MAP_PUT_PAGES;
	vunmap_claimed(va->vm);
}

static void *map_piece(struct page **pages, unsigned int count)
{
	unsigned long addr = vmap_block_take(count);

	if (!addr)
		return NULL;
	if (show_pages(addr, pages, count, PAGE_KERNEL)) {
		tlb_flush(addr, count * PAGE_SIZE);
		vmap_block_give(addr, vmap_block_claim(addr), true);
		return NULL;
	}
	return (void *)addr;
}

static void unmap_piece(unsigned long addr, unsigned int count)
{
	const unsigned int has = vmap_block_claim(addr);

	if (WARN(!has, "Trying to vm_unmap_ram() nonexistent vm area (%p)", (void *)addr))
		return;
	WARN(has != count, "vm_unmap_ram() of %u pages of %u", count, has);
	vmap_block_give(addr, has, hide_pages(addr, has));
}

void *vm_map_ram(struct page **pages, unsigned int count, int node)
{
	struct vmap_area *va;

	might_sleep();
	if (!count || count > totalram_pages())
		return NULL;
	if (vmalloc_nommu)
		return nommu_vmap(pages, count);
	if (count <= VMAP_MAX_ALLOC)
		return map_piece(pages, count);
	va = vm_addresses(count * PAGE_SIZE, PAGE_SIZE, NULL);
	if (!va)
		return NULL;
	if (show_pages(va->va_start, pages, count, PAGE_KERNEL)) {
		tlb_flush(va->va_start, count * PAGE_SIZE);
		vmap_area_remove(va->va_start);
		return NULL;
	}
	vmap_area_publish(va->va_start);
	return (void *)va->va_start;
}

void vm_unmap_ram(const void *mem, unsigned int count)
{
	unsigned long addr = (unsigned long)mem;
	struct vmap_area *va;

	might_sleep();
	BUG_ON(!mem);
	if (vmalloc_nommu && virt_addr_valid(mem))
		return;
	BUG_ON(!is_vmalloc_addr(mem));
	BUG_ON(offset_in_page(mem));
	if (vmap_block_has(addr)) {
		unmap_piece(addr, count);
		return;
	}
	va = vmap_area_claim(addr, 0);
	if (WARN(!va, "Trying to vm_unmap_ram() nonexistent vm area (%p)", mem))
		return;
	WARN(va->va_end - addr != count * PAGE_SIZE, "vm_unmap_ram() of %u pages of %lu", count,
	     (va->va_end - addr) >> PAGE_SHIFT);
	hide_pages(addr, (va->va_end - addr) >> PAGE_SHIFT);
	vmap_area_remove(addr);
}

struct vm_struct *get_vm_area(unsigned long size, unsigned long flags)
{
	struct vm_struct *vm;

	might_sleep();
	size = PAGE_ALIGN(size);
	if (!size || vmalloc_nommu)
		return NULL;
	vm = vm_area_make(size, PAGE_SIZE, flags, __builtin_return_address(0));
	if (vm)
		vmap_area_publish((unsigned long)vm->addr);
	return vm;
}

void free_vm_area(struct vm_struct *area)
{
	unsigned long addr = (unsigned long)area->addr;
	struct vmap_area *va = vmap_area_claim(addr, ~0u);

	BUG_ON(!va || va->vm != area);
	vm_area_unmap(area, true);
	kfree(area);
}

struct vm_struct *find_vm_area(const void *addr)
{
	return vmap_area_find((unsigned long)addr);
}

int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page)
{
	struct page **at;

	if (addr < vma->vm_start || addr >= vma->vm_end)
		return -EFAULT;
	if (!page || !page_count(page) || PageSlab(compound_head(page)))
		return -EINVAL;
	at = &vma->vm_pages[(addr - vma->vm_start) >> PAGE_SHIFT];
	if (*at)
		return -EBUSY;
	get_page(page);
	*at = page;
	return 0;
}

int remap_vmalloc_range(struct vm_area_struct *vma, void *addr, unsigned long pgoff)
{
	unsigned long size = vma->vm_end - vma->vm_start, uaddr = vma->vm_start, offset, end;
	const struct vm_struct *area = find_vm_area(addr);
	char *from = addr;
	int err;

	if (__builtin_mul_overflow(pgoff, PAGE_SIZE, &offset))
		return -EINVAL;
	if (offset_in_page(uaddr) || offset_in_page(addr) || !area || !(area->flags & VM_USERMAP))
		return -EINVAL;
	if (__builtin_add_overflow(size, offset, &end) || end > vm_area_bytes(area))
		return -EINVAL;
	for (from += offset; uaddr < vma->vm_end; uaddr += PAGE_SIZE, from += PAGE_SIZE) {
		err = vm_insert_page(vma, uaddr, vmalloc_to_page(from));
		if (err)
			return err;
	}
	vma->vm_flags |= VM_DONTEXPAND | VM_DONTDUMP;
	return 0;
}
