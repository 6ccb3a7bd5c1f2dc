// SPDX-License-Identifier: MIT
/*
 * vmap_area.c - sharing out the vmalloc address range.
 *
 * 1. Idea: free addresses are gaps, and a request takes the lowest gap that is large enough, so
 *    that areas stay close together.
 * 2. Structures: three search trees of struct vmap_area (vmap_tree.c): free gaps, busy areas,
 *    lazily freed ranges.
 * 3. Freeing is lazy: reusing an address needs every CPU to forget what it knew of it (tlb.c), and
 *    that is dear. So freed areas wait, neighbours together as one range, until there are enough
 *    of them (lazy_max_pages()), or no gap fits, or somebody asks; then all are purged, a range at once.
 * 4. Of nodes that become one the highest stays, and of a gap that is cut in two its node is the
 *    upper part's. So the gap at the end of the range is the same object for good, and no young
 *    slab is kept by what was there first: when all areas are gone, so are their slabs.
 * 5. Invariants (vmap_area_check()): those of each tree; free gaps do not touch each other, nor do
 *    lazily freed ranges; free + busy + lazy = the whole range.
 * 6. Locks: vmap_lock; purge_mutex around a whole purge, so that who needs room waits for it.
 */
#include <kmem/printk.h>
#include <kmem/mutex.h>
#include <kmem/slab.h>
#include <kmem/spinlock.h>

#include "kmemleak.h"
#include "tlb.h"
#include "vmap_area.h"

static DEFINE_SPINLOCK(vmap_lock);
/* Protected by vmap_lock: */
static struct vmap_area *free_root, *busy_root, *lazy_root;
static unsigned long lazy_pages; /* of lazy_root, and of what a purge has taken from there */
static unsigned long outside;	 /* bytes of busy areas that lie elsewhere */

static DEFINE_MUTEX(purge_mutex);
static struct kmem_cache *vmap_area_cache;
unsigned long __ro_after_init vmalloc_base, vmalloc_end;

/* Cuts [start, end) out of @gap; @spare serves if the middle is taken. Returns it if not used. */
static struct vmap_area *cut(struct vmap_area *gap, unsigned long start, unsigned long end,
			     struct vmap_area *spare)
{
	unsigned long gap_start = gap->va_start;

	vmap_tree_erase(&free_root, gap);
	if (end < gap->va_end) {
		gap->va_start = end;
		vmap_tree_insert(&free_root, gap);
		gap = NULL;
	}
	if (gap_start < start) {
		struct vmap_area *below = gap ? gap : spare;

		if (below == spare)
			spare = NULL;
		else
			gap = NULL;
		below->va_start = gap_start;
		below->va_end = start;
		vmap_tree_insert(&free_root, below);
	}
	if (gap)
		kmem_cache_free(vmap_area_cache, gap);
	return spare;
}

/* Puts @va into the tree, as one node with those it touches. */
static void insert_merged(struct vmap_area **root, struct vmap_area *va)
{
	struct vmap_area *before = vmap_tree_at_or_below(*root, va->va_start);
	struct vmap_area *after = vmap_tree_at_or_above(*root, va->va_end);

	if (after && after->va_start == va->va_end) {
		vmap_tree_erase(root, after);
		after->va_start = va->va_start;
		kmem_cache_free(vmap_area_cache, va);
		va = after;
	}
	if (before && before->va_end == va->va_start) {
		vmap_tree_erase(root, before);
		va->va_start = before->va_start;
		kmem_cache_free(vmap_area_cache, before);
	}
	vmap_tree_insert(root, va);
}

/* Caller holds purge_mutex. The tree is nobody else's any more. */
static unsigned long purge_tree(struct vmap_area *tree)
{
	unsigned long pages = 0;

	while (tree) {
		struct vmap_area *va = vmap_tree_at_or_above(tree, 0);

		vmap_tree_erase(&tree, va);
		tlb_flush(va->va_start, vmap_area_size(va));
		pages += vmap_area_size(va) >> PAGE_SHIFT;
		spin_lock(&vmap_lock);
		lazy_pages -= vmap_area_size(va) >> PAGE_SHIFT;
		insert_merged(&free_root, va);
		spin_unlock(&vmap_lock);
	}
	return pages;
}

unsigned long vmap_area_purge(void)
{
	struct vmap_area *tree;
	unsigned long pages;

	mutex_lock(&purge_mutex);
	spin_lock(&vmap_lock);
	tree = lazy_root;
	lazy_root = NULL;
	spin_unlock(&vmap_lock);
	pages = purge_tree(tree);
	mutex_unlock(&purge_mutex);
	return pages;
}

static bool place(struct vmap_area *va, struct vmap_area **spare, unsigned long size,
		  unsigned long align)
{
	struct vmap_area *gap;

	spin_lock(&vmap_lock);
	gap = vmap_tree_lowest_fit(free_root, size, align);
	if (gap) {
		va->va_start = ALIGN(gap->va_start, align);
		va->va_end = va->va_start + size;
		*spare = cut(gap, va->va_start, va->va_end, *spare);
		vmap_tree_insert(&busy_root, va);
	}
	spin_unlock(&vmap_lock);
	return gap != NULL;
}

/* It says where an area is, but keeps nobody from losing it. */
static struct vmap_area *new_area(void)
{
	struct vmap_area *va = kmem_cache_zalloc(vmap_area_cache, GFP_KERNEL);

	if (va)
		kmemleak_scan_part(va, &va->left, sizeof(*va) - offsetof(struct vmap_area, left));
	return va;
}

struct vmap_area *vmap_area_alloc(unsigned long size, unsigned long align, struct vm_struct *vm)
{
	struct vmap_area *va = new_area();
	struct vmap_area *spare = new_area();

	if (va && spare) {
		va->vm = vm;
		if (!place(va, &spare, size, align)) {
			vmap_area_purge();
			if (!place(va, &spare, size, align)) {
				kmem_cache_free(vmap_area_cache, va);
				va = NULL;
			}
		}
	} else {
		kmem_cache_free(vmap_area_cache, va);
		va = NULL;
	}
	kmem_cache_free(vmap_area_cache, spare);
	return va;
}

struct vmap_area *vmap_area_add(unsigned long addr, unsigned long size, struct vm_struct *vm)
{
	struct vmap_area *va = new_area();

	if (!va)
		return NULL;
	va->va_start = addr;
	va->va_end = addr + size;
	va->vm = vm;
	va->ready = true;
	spin_lock(&vmap_lock);
	vmap_tree_insert(&busy_root, va);
	outside += size;
	spin_unlock(&vmap_lock);
	return va;
}

bool vmap_area_forget(unsigned long addr, struct vm_struct **vm)
{
	struct vmap_area *va;

	spin_lock(&vmap_lock);
	va = vmap_tree_at_or_below(busy_root, addr);
	if (va && va->va_start != addr)
		va = NULL;
	if (va) {
		vmap_tree_erase(&busy_root, va);
		outside -= vmap_area_size(va);
		*vm = va->vm;
	}
	spin_unlock(&vmap_lock);
	if (va)
		kmem_cache_free(vmap_area_cache, va);
	return va != NULL;
}

/* As many pages as the kernel lets wait: 32 MiB for each doubling of the CPUs. */
static unsigned long lazy_max_pages(void)
{
	return fls_long(nr_cpu_ids) * (32ul << 20 >> PAGE_SHIFT);
}

static bool is_kind(const struct vm_struct *vm, unsigned int flags)
{
	if (!vm || !flags)
		return !vm && !flags;
	return (vm->flags & flags) && !((vm->flags & VM_ALLOC) && vm->nr_pages);
}

struct vmap_area *vmap_area_claim(unsigned long addr, unsigned int flags)
{
	struct vmap_area *va;

	spin_lock(&vmap_lock);
	va = vmap_tree_at_or_below(busy_root, addr);
	if (va && (va->va_start != addr || !va->ready || !is_kind(va->vm, flags)))
		va = NULL;
	if (va)
		va->ready = false;
	spin_unlock(&vmap_lock);
	return va;
}

struct vm_struct *vmap_area_remove(unsigned long addr)
{
	struct vm_struct *vm = NULL;
	struct vmap_area *va;
	bool purge = false;

	spin_lock(&vmap_lock);
	va = vmap_tree_at_or_below(busy_root, addr);
	if (va && va->va_start == addr) {
		vmap_tree_erase(&busy_root, va);
		vm = va->vm;
		lazy_pages += vmap_area_size(va) >> PAGE_SHIFT;
		insert_merged(&lazy_root, va);
		purge = lazy_pages > lazy_max_pages();
	}
	spin_unlock(&vmap_lock);
	if (purge)
		vmap_area_purge();
	return vm;
}

void vmap_area_publish(unsigned long addr)
{
	spin_lock(&vmap_lock);
	vmap_tree_at_or_below(busy_root, addr)->ready = true;
	spin_unlock(&vmap_lock);
}

struct vm_struct *vmap_area_find(unsigned long addr)
{
	struct vmap_area *va;
	struct vm_struct *vm = NULL;

	spin_lock(&vmap_lock);
	va = vmap_tree_at_or_below(busy_root, addr);
	if (va && addr < va->va_end && va->ready && va->vm && !READ_ONCE(va->vm->cached))
		vm = va->vm;
	spin_unlock(&vmap_lock);
	return vm;
}

/* What may change while the area is in the tree: see vmalloc_cache.c. Caller holds vmap_lock. */
static void copy_vm(struct vm_struct *to, const struct vm_struct *vm)
{
	*to = (struct vm_struct){
		.addr = vm->addr,
		.size = vm->size,
		.flags = vm->flags,
		.nr_pages = vm->nr_pages,
		.pages = vm->pages,
		.phys_addr = vm->phys_addr,
		.caller = READ_ONCE(vm->caller),
		.cached = READ_ONCE(vm->cached),
	};
	memcpy(to->node_pages, vm->node_pages, sizeof(to->node_pages));
}

bool vmap_area_next(unsigned long addr, struct vmap_info *info)
{
	const struct vmap_area *busy, *lazy, *va;

	spin_lock(&vmap_lock);
	busy = vmap_tree_at_or_above(busy_root, addr);
	lazy = vmap_tree_at_or_above(lazy_root, addr);
	va = !busy || (lazy && lazy->va_start < busy->va_start) ? lazy : busy;
	if (va) {
		*info = (struct vmap_info){ .start = va->va_start, .end = va->va_end };
		info->busy = va == busy;
		info->ready = info->busy && va->ready;
		info->ram = info->ready && !va->vm;
		if (info->ready && va->vm)
			copy_vm(&info->vm, va->vm);
		if (info->vm.cached)
			info->busy = false;
	}
	spin_unlock(&vmap_lock);
	return va != NULL;
}

unsigned long vmap_area_check(void)
{
	unsigned long bad, total;

	spin_lock(&vmap_lock);
	total = 0;
	bad = vmap_tree_check(lazy_root, vmalloc_base, vmalloc_end, &total);
	bad += total > lazy_pages << PAGE_SHIFT;
	total = lazy_pages << PAGE_SHIFT;
	bad += vmap_tree_check(free_root, vmalloc_base, vmalloc_end, &total);
	bad += vmap_tree_check(busy_root, outside ? 0 : vmalloc_base, outside ? ~0ul : vmalloc_end,
			       &total);
	bad += total != vmalloc_end - vmalloc_base + outside;
	spin_unlock(&vmap_lock);
	if (bad)
		pr_err("vmap_area: %lu invariants broken\n", bad);
	return bad;
}

int vmap_area_boot(void)
{
	struct vmap_area *all;

	free_root = busy_root = lazy_root = NULL;
	lazy_pages = outside = 0;
	vmap_area_cache = KMEM_CACHE(vmap_area, 0);
	if (!vmap_area_cache)
		return -ENOMEM;
	if (vmalloc_base == vmalloc_end)
		return 0;
	all = new_area();
	if (!all)
		return -ENOMEM;
	all->va_start = vmalloc_base;
	all->va_end = vmalloc_end;
	vmap_tree_insert(&free_root, all);
	return 0;
}

static void free_tree(struct vmap_area *t)
{
	if (!t)
		return;
	free_tree(t->left);
	free_tree(t->right);
	kmem_cache_free(vmap_area_cache, t);
}

void vmap_area_exit(void)
{
	vmap_area_purge();
	free_tree(free_root);
	free_tree(busy_root);
	free_root = busy_root = NULL;
	kmem_cache_destroy(vmap_area_cache);
}
