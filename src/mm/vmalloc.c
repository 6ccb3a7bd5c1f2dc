// SPDX-License-Identifier: MIT
/*
 * vmalloc.c - contiguous addresses over scattered frames.
 *
 * 1. Idea: an area is a range of the window of addresses (vmap_area.c), frames from anywhere, and
 *    page table entries that say which is where (pgtable.c). The host's MMU follows the page
 *    tables (tlb.c), so its pointers work everywhere, and a page without an entry faults.
 * 2. Frames are taken in blocks as large as they come, largest first: fewer runs of neighbours,
 *    fewer mappings of the host. Nobody may rely on it. Each page stands for itself afterwards
 *    (split_page).
 * 3. Behind every area is one page that has no entry, the guard: vm->size counts it.
 * 4. Locks: none but those called: an area that is being made belongs to its caller.
 */
#include <kmem/bug.h>
#include <kmem/slab.h>

#include "gfp_names.h"
#include "kmemleak.h"
#include "page_hooks.h"
#include "pgtable.h"
#include "tlb.h"
#include "vmalloc.h"
#include "vmap_area.h"
#include "zone.h"

static atomic_long_t total_pages;
static long peak_pages; /* the most that total_pages was; about */

long vmalloc_total_pages(void)
{
	return atomic_long_read(&total_pages);
}

unsigned long vmalloc_nr_pages(void)
{
	long pages = vmalloc_total_pages() - (long)vmalloc_cache_pages();

	return max(pages, 0l);
}

void vmalloc_areas_boot(void)
{
	atomic_long_set(&total_pages, 0);
	peak_pages = 0;
}

struct vmap_area *vm_addresses(unsigned long size, unsigned long align, struct vm_struct *vm)
{
	struct vmap_area *va = vmap_area_alloc(size, align, vm);

	if (!va) {
		vm_unmap_aliases();
		va = vmap_area_alloc(size, align, vm);
	}
	return va;
}

struct vm_struct *vm_area_make(unsigned long size, unsigned long align, unsigned int flags,
			       const void *caller)
{
	struct vm_struct *vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	struct vmap_area *va;

	if (!vm)
		return NULL;
	/* As large pages would need it. */
	if (flags & VM_IOREMAP)
		align = 1ul << clamp_t(int, fls_long(size - 1), PAGE_SHIFT, IOREMAP_MAX_ORDER);
	vm->size = flags & VM_NO_GUARD ? size : size + PAGE_SIZE;
	vm->flags = flags;
	vm->caller = caller;
	va = vm_addresses(vm->size, max(align, PAGE_SIZE), vm);
	if (!va) {
		pr_warn("vmap allocation for size %lu failed: no room in the vmalloc area\n",
			vm->size);
		kfree(vm);
		return NULL;
	}
	vm->addr = (void *)va->va_start;
	return vm;
}

void vm_area_unmap(struct vm_struct *vm, bool now)
{
	unsigned long addr = (unsigned long)vm->addr, size = vm_area_bytes(vm);

	pgtable_clear(addr, size >> PAGE_SHIFT);
	if (now)
		tlb_flush(addr, size);
	vmap_area_remove(addr);
}

/* Up to @nr frames in one block. Returns how many. */
static unsigned int take_run(struct page **pages, unsigned int nr, gfp_t gfp, int node)
{
	unsigned int order = min_t(unsigned int, ilog2(nr), MAX_PAGE_ORDER);
	struct page *page;

	for (;;) {
		gfp_t g = order ? (gfp | __GFP_NOWARN | __GFP_NORETRY) &
					  ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL)
				: gfp;

		page = alloc_pages_node(node, g, order);
		if (page)
			break;
		if (!order)
			return 0;
		order = order > 3 ? 3 : 0;
	}
	if (order)
		split_page(page, order);
	for (unsigned int i = 0; i < 1u << order; i++)
		pages[i] = page + i;
	return 1u << order;
}

/* So that the area is found from its first frame. */
static void mark_first_page(struct vm_struct *vm)
{
	set_page_flags(vm->pages[0], BIT(PG_mapped));
	WRITE_ONCE(vm->pages[0]->private, (unsigned long)vm);
}

static void *vmalloc_request(const struct area_request *rq);

static int take_frames(struct vm_struct *vm, const struct area_request *rq, unsigned int nr)
{
	gfp_t gfp = (rq->gfp | __GFP_HIGHMEM) & ~__GFP_COMP;
	size_t bytes = nr * sizeof(*vm->pages);

	if (gfp & (__GFP_DMA | __GFP_DMA32))
		gfp &= ~__GFP_HIGHMEM;
	if (bytes > PAGE_SIZE)
		vm->pages = vmalloc_request(&(struct area_request){
			.size = bytes,
			.gfp = (rq->gfp & __GFP_NOWARN) | GFP_KERNEL | __GFP_ZERO,
			.flags = VM_PAGE_ARRAY,
			.node = NUMA_NO_NODE,
			.caller = rq->caller,
		});
	else
		vm->pages = kzalloc(bytes, GFP_KERNEL | (rq->gfp & __GFP_NOWARN));
	if (!vm->pages)
		return -ENOMEM;
	while (vm->nr_pages < nr) {
		unsigned int got = take_run(vm->pages + vm->nr_pages, nr - vm->nr_pages, gfp,
					    rq->node);

		if (!got)
			return -ENOMEM;
		/* A block lies in one node. */
		vm->node_pages[page_to_nid(vm->pages[vm->nr_pages])] += got;
		vm->nr_pages += got;
		atomic_long_add(got, &total_pages);
	}
	mark_first_page(vm);
	return 0;
}

/*
 * While areas have had more pages than they have now, frames are likely to be used again, and the
 * host has memory for them.
 */
static bool frames_were_used(void)
{
	long total = vmalloc_total_pages();

	if (total <= READ_ONCE(peak_pages))
		return true;
	WRITE_ONCE(peak_pages, total);
	return false;
}

static void free_frames(struct vm_struct *vm)
{
	if (!vm->pages)
		return;
	if (vm->nr_pages)
		clear_page_flags(vm->pages[0], BIT(PG_mapped));
	for (unsigned int i = 0; i < vm->nr_pages; i++)
		__free_page(vm->pages[i]);
	atomic_long_sub(vm->nr_pages, &total_pages);
	kvfree(vm->pages);
}

void vmalloc_give_back(struct vm_struct *vm, bool now)
{
	vm_area_unmap(vm, now);
	free_frames(vm);
	kfree(vm);
}

void vmalloc_warn(unsigned long size, gfp_t gfp, const char *why)
{
	char names[GFP_NAMES_MAX];

	if ((gfp & __GFP_NOWARN) || !printk_ratelimit())
		return;
	pr_warn("%s: vmalloc error: size %lu, %s, mode:0x%x(%s), nodemask=(null)\n", current->comm,
		size, why, gfp, gfp_names(gfp, names, sizeof(names)));
}

static bool is_plain(const struct area_request *rq)
{
	return rq->node == NUMA_NO_NODE && rq->align <= PAGE_SIZE && !rq->flags &&
	       !(rq->gfp & (__GFP_DMA | __GFP_DMA32 | __GFP_THISNODE | __GFP_COLD));
}

static void *take_cached(const struct area_request *rq, unsigned int nr)
{
	struct vm_struct *vm = vmalloc_cache_take(nr);

	if (!vm)
		return NULL;
	pgtable_show((unsigned long)vm->addr, nr);
	WRITE_ONCE(vm->caller, rq->caller);
	WRITE_ONCE(vm->cached, false);
	if (rq->gfp & __GFP_ZERO)
		memset(vm->addr, 0, nr * PAGE_SIZE);
	return vm->addr;
}

static bool is_possible(const struct area_request *rq)
{
	if (WARN_ONCE(!rq->size, "vmalloc of 0 bytes"))
		return false;
	if (!rq->size || rq->size > PAGE_ALIGN(rq->size) ||
	    PAGE_ALIGN(rq->size) >> PAGE_SHIFT > totalram_pages()) {
		vmalloc_warn(rq->size, rq->gfp, "exceeds total pages");
		return false;
	}
	return true;
}

static void *make_area(const struct area_request *rq)
{
	unsigned int nr = min(PAGE_ALIGN(rq->size) >> PAGE_SHIFT, (unsigned long)UINT32_MAX);
	bool plain = is_plain(rq);
	struct vm_struct *vm;
	void *addr;

	might_sleep();
	if (vmalloc_nommu)
		return is_possible(rq) ? nommu_alloc(rq) : NULL;
	if (plain && nr - 1 < VMALLOC_CACHE_MAX_PAGES && !READ_ONCE(page_hooks)) {
		addr = take_cached(rq, nr);
		if (addr)
			return addr;
	}
	if (!is_possible(rq))
		return NULL;
	vm = vm_area_make(PAGE_ALIGN(rq->size), rq->align,
			  VM_ALLOC | rq->flags | (plain ? VM_CACHEABLE : 0), rq->caller);
	if (!vm) {
		vmalloc_warn(rq->size, rq->gfp, "vm_struct allocation failed");
		return NULL;
	}
	addr = vm->addr;
	if (take_frames(vm, rq, nr)) {
		vmalloc_warn(rq->size, rq->gfp, "failed to allocate pages");
	} else if (pgtable_map((unsigned long)addr, vm->pages, nr, PAGE_KERNEL)) {
		vmalloc_warn(rq->size, rq->gfp, "failed to map pages");
	} else {
		tlb_map((unsigned long)addr, nr * PAGE_SIZE, frames_were_used());
		vmap_area_publish((unsigned long)addr);
		return addr;
	}
	vmalloc_give_back(vm, true);
	return NULL;
}

static void *vmalloc_request(const struct area_request *rq)
{
	void *addr = make_area(rq);

	if (addr)
		kmemleak_vmalloc(addr, rq->size);
	return addr;
}

#define REQUEST(sz, flags_of_gfp, nid, vm_flags)                       \
	vmalloc_request(&(struct area_request){ .size = (sz),          \
						.align = PAGE_SIZE,    \
						.gfp = (flags_of_gfp), \
						.node = (nid),         \
						.flags = (vm_flags),   \
						.caller = __builtin_return_address(0) })

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return REQUEST(size, gfp, NUMA_NO_NODE, 0);
}

void *vmalloc(unsigned long size)
{
	return REQUEST(size, GFP_KERNEL, NUMA_NO_NODE, 0);
}

void *vzalloc(unsigned long size)
{
	return REQUEST(size, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE, 0);
}

void *vmalloc_user(unsigned long size)
{
	return REQUEST(size, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE, VM_USERMAP);
}

void *vmalloc_node(unsigned long size, int node)
{
	return REQUEST(size, GFP_KERNEL, node, 0);
}

void *vzalloc_node(unsigned long size, int node)
{
	return REQUEST(size, GFP_KERNEL | __GFP_ZERO, node, 0);
}

void *vmalloc_32(unsigned long size)
{
	return REQUEST(size, GFP_KERNEL | __GFP_DMA32, NUMA_NO_NODE, 0);
}

void *__vmalloc_node(unsigned long size, unsigned long align, gfp_t gfp, int node,
		     const void *caller)
{
	return vmalloc_request(&(struct area_request){ size, align, gfp, 0, node, caller });
}

struct page *vmalloc_to_page(const void *addr)
{
	u64 pte;

	if (vmalloc_nommu)
		return virt_addr_valid(addr) ? virt_to_page(addr) : NULL;
	pte = is_vmalloc_addr(addr) ? pgtable_read((unsigned long)addr) : 0;
	return (pte & PTE_PRESENT) && !(pte & PTE_IO) ? pfn_to_page(pte_pfn(pte)) : NULL;
}

unsigned long vmalloc_to_pfn(const void *addr)
{
	u64 pte;

	if (vmalloc_nommu)
		return virt_addr_valid(addr) ? virt_to_pfn(addr) : 0;
	pte = is_vmalloc_addr(addr) ? pgtable_read((unsigned long)addr) : 0;
	return pte & PTE_PRESENT ? pte_pfn(pte) : 0;
}

int vmalloc_fault_in(const void *addr, size_t len)
{
	unsigned long start = (unsigned long)addr & PAGE_MASK;

	if (!is_vmalloc_addr(addr) || !len)
		return 0;
	return tlb_fill(start, PAGE_ALIGN((unsigned long)addr + len) - start);
}
