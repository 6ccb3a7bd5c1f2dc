// SPDX-License-Identifier: MIT
/*
 * vfree.c - freeing areas: who may, what is kept of them, and when.
 *
 * 1. From an address to its area: the entry of the first page leads to the frame, and the frame's
 *    struct page to the area (PG_mapped, ->private). No tree is searched and no lock taken.
 *    Clearing that entry with one compare-and-exchange is the claim: of two that free the same
 *    area at once, one gets it, and the other is told that there is none. Areas that show
 *    somebody's pages are claimed in the tree of areas.
 * 2. An area of a common size is kept whole for the next (vmalloc_cache.c). Others lose their
 *    frames; their addresses, and what the host knows of them, rest until a purge. Sizes that
 *    are not (yet) common, and all with vmalloc=strict, are unmapped at once.
 * 3. vfree_atomic() claims, and leaves the rest to a work item.
 * 4. Locks: deferred_mutex, so that who wants them all freed waits for who is at it. Otherwise none
 *    but those called: an area that is claimed belongs to who claimed it.
 */
#include <kmem/bug.h>
#include <kmem/mutex.h>
#include <kmem/workqueue.h>

#include "kmemleak.h"
#include "page_hooks.h"
#include "pgtable.h"
#include "vmalloc.h"
#include "vmap_area.h"

static struct vm_struct *deferred; /* atomic */
static DEFINE_MUTEX(deferred_mutex);

/* The area of its own frames that starts at @addr becomes the caller's; NULL if there is none. */
static struct vm_struct *claim(const void *addr)
{
	u64 *entry, pte;
	struct vm_struct *vm;
	struct page *page;

	if (!is_vmalloc_addr(addr))
		return NULL;
	entry = pgtable_entry((unsigned long)addr);
	pte = entry ? READ_ONCE(*entry) : 0;
	if (!(pte & PTE_PRESENT) || (pte & PTE_IO))
		return NULL;
	page = pfn_to_page(pte_pfn(pte));
	vm = (struct vm_struct *)READ_ONCE(page->private);
	if (!test_page_flag(page, PG_mapped) || vm->addr != addr)
		return NULL;
	/* Hidden, as all of them will be, or cleared with them. */
	if (!__atomic_compare_exchange_n(entry, &pte, pte & ~PTE_PRESENT, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return NULL;
	return vm;
}

static struct vm_struct *claim_or_report(const void *addr)
{
	struct vm_struct *vm;
	struct vmap_area *va;

	if (WARN(offset_in_page(addr), "Trying to vfree() bad address (%p)", addr))
		return NULL;
	vm = claim(addr);
	if (vm)
		return vm;
	va = vmap_area_claim((unsigned long)addr, VM_ALLOC | VM_MAP_PUT_PAGES);
	WARN(!va, "Trying to vfree() nonexistent vm area (%p)", addr);
	return va ? va->vm : NULL;
}

static void free_claimed(struct vm_struct *vm)
{
	if (vm->flags & VM_MAP) {
		vunmap_claimed(vm);
		return;
	}
	if (vm->flags & VM_CACHEABLE) {
		pgtable_hide((unsigned long)vm->addr, vm->nr_pages);
		if (!READ_ONCE(page_hooks) && vmalloc_cache_put(vm))
			return;
	}
	vmalloc_give_back(vm, vmalloc_strict || !vmalloc_cache_is_common(vm->nr_pages));
}

/* The area that is the caller's to free now; NULL if nothing is left to do, or after a report. */
static struct vm_struct *claim_to_free(const void *addr)
{
	struct vm_struct *vm;

	if (vmalloc_nommu) {
		WARN(!nommu_free(addr), "Trying to vfree() nonexistent vm area (%p)", addr);
		return NULL;
	}
	vm = claim_or_report(addr);
	if (vm)
		kmemleak_free(addr);
	return vm;
}

void vfree(const void *addr)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	might_sleep();
	vm = claim_to_free(addr);
	if (vm)
		free_claimed(vm);
}

void vmalloc_run_deferred(void)
{
	struct vm_struct *vm, *next;

	mutex_lock(&deferred_mutex);
	vm = __atomic_exchange_n(&deferred, NULL, __ATOMIC_ACQUIRE);
	for (; vm; vm = next) {
		next = vm->next_deferred;
		free_claimed(vm);
	}
	mutex_unlock(&deferred_mutex);
}

static void deferred_work(struct work_struct *work)
{
	vmalloc_run_deferred();
}

static DECLARE_WORK(free_work, deferred_work);

void vfree_atomic(const void *addr)
{
	struct vm_struct *vm, *first;

	vm = addr ? claim_to_free(addr) : NULL;
	if (!vm)
		return;
	first = __atomic_load_n(&deferred, __ATOMIC_RELAXED);
	do
		vm->next_deferred = first;
	while (!__atomic_compare_exchange_n(&deferred, &first, vm, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
	schedule_work(&free_work);
}

void vm_unmap_aliases(void)
{
	vmalloc_run_deferred();
	vmalloc_cache_drain();
	vmap_blocks_purge();
	vmap_area_purge();
}
