// SPDX-License-Identifier: MIT
/*
 * vmalloc.c - contiguous addresses over scattered frames.
 *
 * 1. Idea: the host's MMU is the emulated MMU. An area is a range of a reserved window of
 *    addresses (vmap_area.c) into which the frames' pieces of the RAM file are mapped, one host
 *    mapping for each run of neighbouring frames. So its pointers work everywhere, and a page
 *    that is not mapped faults.
 * 2. Frames are taken in blocks as large as they come, largest first: fewer runs, fewer mappings.
 *    Nobody may rely on it. Each page stands for itself afterwards (split_page).
 * 3. Behind every area is one page that is never mapped, the guard: vm->size counts it.
 * 4. vfree() unmaps at once and frees the frames; the addresses rest until a purge.
 * 5. Locks: none here but those called; an area being made or freed belongs to its caller.
 */
#include <kmem/bug.h>
#include <kmem/seq_file.h>
#include <kmem/slab.h>

#include "../kernel/host.h"
#include "../kernel/kallsyms.h"
#include "gfp_names.h"
#include "ram.h"
#include "vmalloc.h"
#include "vmap_area.h"
#include "zone.h"

/* Between the places of RAM and those of the host's libraries, also under the sanitizers. */
#define WINDOW_BASE 0x7e8000000000
#define WINDOW_SIZE (256ul << 30)

/* The area holds the array of another's pages and goes with it. */
#define VM_PAGE_ARRAY 0x80000000u

static atomic_long_t nr_vmalloc_pages;

unsigned long vmalloc_nr_pages(void)
{
	return atomic_long_read(&nr_vmalloc_pages);
}

static struct vm_struct *get_area(unsigned long size, unsigned long align, unsigned int flags,
				  const void *caller)
{
	struct vm_struct *vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	struct vmap_area *va;

	if (!vm)
		return NULL;
	vm->size = flags & VM_NO_GUARD ? size : size + PAGE_SIZE;
	vm->flags = flags;
	vm->caller = caller;
	va = vmap_area_alloc(vm->size, align, vm);
	if (!va) {
		kfree(vm);
		return NULL;
	}
	vm->addr = (void *)va->va_start;
	return vm;
}

/* Maps pages[0..nr-1] from @addr on, one host mapping a run. */
static int map_pages(unsigned long addr, struct page **pages, unsigned int nr)
{
	unsigned int i = 0;

	while (i < nr) {
		unsigned long pfn = page_to_pfn(pages[i]);
		unsigned int run = 1;
		int err;

		while (i + run < nr && page_to_pfn(pages[i + run]) == pfn + run)
			run++;
		err = ram_map_window(addr + i * PAGE_SIZE, pfn, run, true);
		if (err)
			return err;
		i += run;
	}
	return 0;
}

static unsigned long mapped_size(const struct vm_struct *vm)
{
	return vm->flags & VM_NO_GUARD ? vm->size : vm->size - PAGE_SIZE;
}

static void free_frames(struct vm_struct *vm)
{
	for (unsigned int i = 0; i < vm->nr_pages; i++)
		__free_page(vm->pages[i]);
	atomic_long_sub(vm->nr_pages, &nr_vmalloc_pages);
	kvfree(vm->pages);
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

static void *vmalloc_area(unsigned long size, gfp_t gfp, int node, unsigned int flags,
			  const void *caller);

static int take_frames(struct vm_struct *vm, unsigned int nr, gfp_t gfp, int node)
{
	size_t bytes = nr * sizeof(*vm->pages);

	vm->pages = bytes > PAGE_SIZE ? vmalloc_area(bytes, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE,
						     VM_PAGE_ARRAY, vm->caller)
				      : kzalloc(bytes, GFP_KERNEL);
	if (!vm->pages)
		return -ENOMEM;
	while (vm->nr_pages < nr) {
		unsigned int got = take_run(vm->pages + vm->nr_pages, nr - vm->nr_pages, gfp, node);

		if (!got)
			return -ENOMEM;
		for (unsigned int i = 0; i < got; i++)
			vm->node_pages[page_to_nid(vm->pages[vm->nr_pages + i])]++;
		vm->nr_pages += got;
		atomic_long_add(got, &nr_vmalloc_pages);
	}
	return 0;
}

static void give_up_area(struct vm_struct *vm)
{
	host_window_unmap((unsigned long)vm->addr, mapped_size(vm));
	vmap_area_remove((unsigned long)vm->addr);
	if (vm->pages)
		free_frames(vm);
	kfree(vm);
}

static void warn_vmalloc(unsigned long size, gfp_t gfp, const char *why)
{
	char names[GFP_NAMES_MAX];

	if ((gfp & __GFP_NOWARN) || !printk_ratelimit())
		return;
	pr_warn("%s: vmalloc error: size %lu, %s, mode:0x%x(%s), nodemask=(null)\n", current->comm,
		size, why, gfp, gfp_names(gfp, names, sizeof(names)));
}

static void *vmalloc_area(unsigned long size, gfp_t gfp, int node, unsigned int flags,
			  const void *caller)
{
	unsigned long pages = PAGE_ALIGN(size) >> PAGE_SHIFT;
	struct vm_struct *vm;

	might_sleep();
	if (WARN_ONCE(!size, "vmalloc of 0 bytes"))
		return NULL;
	if (!size || pages > totalram_pages() || size > PAGE_ALIGN(size)) {
		warn_vmalloc(size, gfp, "exceeds total pages");
		return NULL;
	}
	vm = get_area(PAGE_ALIGN(size), PAGE_SIZE, VM_ALLOC | flags, caller);
	if (!vm) {
		warn_vmalloc(size, gfp, "vm_struct allocation failed");
		return NULL;
	}
	if (take_frames(vm, pages, (gfp | __GFP_HIGHMEM) & ~__GFP_COMP, node)) {
		warn_vmalloc(size, gfp, "failed to allocate pages");
		give_up_area(vm);
		return NULL;
	}
	if (map_pages((unsigned long)vm->addr, vm->pages, vm->nr_pages)) {
		warn_vmalloc(size, gfp, "failed to map pages: the host's limit of mappings");
		give_up_area(vm);
		return NULL;
	}
	vmap_area_publish((unsigned long)vm->addr);
	return vm->addr;
}

void *__vmalloc(unsigned long size, gfp_t gfp)
{
	return vmalloc_area(size, gfp, NUMA_NO_NODE, 0, __builtin_return_address(0));
}

void *vmalloc(unsigned long size)
{
	return vmalloc_area(size, GFP_KERNEL, NUMA_NO_NODE, 0, __builtin_return_address(0));
}

void *vzalloc(unsigned long size)
{
	return vmalloc_area(size, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE, 0,
			    __builtin_return_address(0));
}

void *vmalloc_node(unsigned long size, int node)
{
	return vmalloc_area(size, GFP_KERNEL, node, 0, __builtin_return_address(0));
}

/* The area that starts at @addr, which must be of one of the kinds @flags. */
static struct vm_struct *area_to_free(const void *addr, const char *func, unsigned int flags)
{
	struct vm_struct *vm;

	if (WARN(offset_in_page(addr), "Trying to %s() bad address (%p)", func, addr))
		return NULL;
	vm = is_vmalloc_addr(addr) ? vmap_area_find((unsigned long)addr) : NULL;
	if (WARN(!vm || vm->addr != addr || !(vm->flags & flags),
		 "Trying to %s() nonexistent vm area (%p)", func, addr))
		return NULL;
	return vm;
}

void vfree(const void *addr)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	might_sleep();
	vm = area_to_free(addr, "vfree", VM_ALLOC);
	if (!vm)
		return;
	host_window_unmap((unsigned long)addr, mapped_size(vm));
	/* Of two that free at once, one finds the area. */
	if (WARN(vmap_area_remove((unsigned long)addr) != vm,
		 "Trying to vfree() nonexistent vm area (%p)", addr))
		return;
	free_frames(vm);
	kfree(vm);
}

void *vmap(struct page **pages, unsigned int count, unsigned long flags, unsigned long prot)
{
	struct vm_struct *vm;

	might_sleep();
	if (!count || count > totalram_pages())
		return NULL;
	vm = get_area((unsigned long)count << PAGE_SHIFT, PAGE_SIZE, VM_MAP,
		      __builtin_return_address(0));
	if (!vm)
		return NULL;
	if (map_pages((unsigned long)vm->addr, pages, count)) {
		give_up_area(vm);
		return NULL;
	}
	vmap_area_publish((unsigned long)vm->addr);
	return vm->addr;
}

void vunmap(const void *addr)
{
	struct vm_struct *vm;

	if (!addr)
		return;
	might_sleep();
	vm = area_to_free(addr, "vunmap", VM_MAP);
	if (!vm)
		return;
	host_window_unmap((unsigned long)addr, mapped_size(vm));
	vmap_area_remove((unsigned long)addr);
	kfree(vm);
}

struct page *vmalloc_to_page(const void *addr)
{
	struct vm_struct *vm = vmap_area_find((unsigned long)addr);
	unsigned long i;

	if (!vm || !vm->pages)
		return NULL;
	i = ((unsigned long)addr - (unsigned long)vm->addr) >> PAGE_SHIFT;
	return i < vm->nr_pages ? vm->pages[i] : NULL;
}

unsigned long vmalloc_to_pfn(const void *addr)
{
	struct page *page = vmalloc_to_page(addr);

	return page ? page_to_pfn(page) : 0;
}

static void show_area(struct seq_file *m, const struct vm_struct *vm)
{
	char name[160];

	if (vm->caller) {
		symbol_name(vm->caller, name, sizeof(name));
		seq_printf(m, " %s", name);
	}
	if (vm->nr_pages)
		seq_printf(m, " pages=%u", vm->nr_pages);
	if (vm->phys_addr)
		seq_printf(m, " phys=0x%016llx", (unsigned long long)vm->phys_addr);
	if (vm->flags & VM_IOREMAP)
		seq_puts(m, " ioremap");
	if (vm->flags & VM_ALLOC)
		seq_puts(m, " vmalloc");
	if (vm->flags & VM_MAP)
		seq_puts(m, " vmap");
	if (vm->flags & VM_USERMAP)
		seq_puts(m, " user");
	if (vm->nr_pages && is_vmalloc_addr(vm->pages))
		seq_puts(m, " vpages");
	for (unsigned int nid = 0; nid < nr_online_nodes; nid++)
		if (vm->node_pages[nid])
			seq_printf(m, " N%u=%u", nid, vm->node_pages[nid]);
	seq_putc(m, '\n');
}

int vmallocinfo_show(struct seq_file *m, void *v)
{
	struct vmap_info info;
	unsigned long at;

	for (at = vmalloc_base; vmap_area_next(at, &info); at = info.end) {
		seq_printf(m, "0x%016lx-0x%016lx %7ld", info.start, info.end,
			   info.end - info.start);
		if (info.busy)
			show_area(m, &info.vm);
		else
			seq_puts(m, " unpurged vm_area\n");
	}
	return 0;
}

unsigned long vmalloc_check(void)
{
	struct vmap_info info;
	unsigned long at, bad = vmap_area_check(), pages = 0;

	for (at = vmalloc_base; vmap_area_next(at, &info); at = info.end)
		pages += info.busy ? info.vm.nr_pages : 0;
	if (pages != vmalloc_nr_pages()) {
		pr_err("vmalloc: %lu pages in areas, %lu counted\n", pages, vmalloc_nr_pages());
		bad++;
	}
	return bad;
}

int vmalloc_boot(void)
{
	int err = host_window_reserve(WINDOW_BASE, WINDOW_SIZE);

	if (err) {
		pr_err("vmalloc: the addresses from %#lx on are taken (error %d)\n", WINDOW_BASE,
		       -err);
		return err;
	}
	vmalloc_base = WINDOW_BASE;
	vmalloc_end = WINDOW_BASE + WINDOW_SIZE;
	atomic_long_set(&nr_vmalloc_pages, 0);
	err = vmap_area_boot();
	if (err)
		host_unmap(WINDOW_BASE, WINDOW_SIZE);
	return err;
}

static void report_leak(const struct vmap_info *info)
{
	char name[160];

	symbol_name(info->vm.caller, name, sizeof(name));
	pr_err("leak: vmalloc area 0x%lx of %lu bytes by %s\n", info->start,
	       info->end - info->start, name);
}

unsigned long vmalloc_exit(void)
{
	unsigned long leaks = 0, at = vmalloc_base;
	struct vmap_info info;

	vmap_area_purge();
	while (vmap_area_next(at, &info)) {
		at = info.end;
		if (!info.busy || (info.vm.flags & VM_PAGE_ARRAY))
			continue;
		report_leak(&info);
		leaks++;
		if (info.vm.flags & VM_ALLOC)
			vfree((void *)info.start);
		else
			vunmap((void *)info.start);
	}
	vmap_area_exit();
	host_unmap(vmalloc_base, vmalloc_end - vmalloc_base);
	vmalloc_base = vmalloc_end = 0;
	return leaks;
}
