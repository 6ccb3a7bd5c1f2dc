// SPDX-License-Identifier: MIT
/*
 * vmallocinfo.c - the vmalloc window as a whole: its boot and halt, proc/vmallocinfo, the checker.
 *
 * A line is an area, in the order of addresses: busy ones with what they are for, freed ones whose
 * addresses rest as "unpurged vm_area". One is copied at a time under vmap_lock, so a line is true
 * at its moment and the file takes no more memory than its text.
 *
 * Invariants (vmalloc_check()): those of vmap_area.c, pgtable.c and tlb.c; the pages of the areas
 * are what is counted; the entries of an area are its frames, and behind them is its guard.
 */
#include <kmem/printk.h>
#include <kmem/mmzone.h>
#include <kmem/seq_file.h>

#include "../kernel/host.h"
#include "../kernel/kallsyms.h"
#include "iodev.h"
#include "machine_config.h"
#include "pgtable.h"
#include "tlb.h"
#include "vmalloc.h"
#include "vmap_area.h"

/* Between the places of RAM and those of the host's libraries, also under the sanitizers. */
#define WINDOW_BASE 0x7e8000000000
#define WINDOW_SIZE (256ul << 30)

bool vmalloc_strict;

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
		if (info.busy && !info.ready)
			continue; /* it comes or goes */
		seq_printf(m, "0x%016lx-0x%016lx %7ld", info.start, info.end,
			   info.end - info.start);
		if (info.ram)
			seq_puts(m, " vm_map_ram\n");
		else if (info.busy)
			show_area(m, &info.vm);
		else
			seq_puts(m, " unpurged vm_area\n");
	}
	return 0;
}

static unsigned long check_area(const struct vm_struct *vm)
{
	unsigned long addr = (unsigned long)vm->addr, bad = 0;

	for (unsigned int i = 0; i < vm->nr_pages; i++) {
		u64 pte = pgtable_read(addr + i * PAGE_SIZE);

		bad += !(pte & PTE_PRESENT) || pte_pfn(pte) != page_to_pfn(vm->pages[i]);
	}
	if (!(vm->flags & VM_NO_GUARD))
		bad += pgtable_read(addr + vm->size - PAGE_SIZE) != 0;
	return bad;
}

unsigned long vmalloc_check(void)
{
	unsigned long at, bad = vmap_area_check(), wrong = 0;
	struct vmap_info info;
	long pages = 0;

	if (vmalloc_nommu)
		return bad;
	for (at = vmalloc_base; vmap_area_next(at, &info); at = info.end) {
		if (info.vm.flags & VM_ALLOC)
			pages += info.vm.nr_pages;
		if (info.busy)
			wrong += check_area(&info.vm);
	}
	if (pages != vmalloc_total_pages() || wrong) {
		pr_err("vmalloc: %ld pages in areas, %ld counted, %lu entries wrong\n", pages,
		       vmalloc_total_pages(), wrong);
		bad++;
	}
	return bad + vmap_blocks_check() + pgtable_check() + tlb_check();
}

static int window_boot(void)
{
	int err = host_window_reserve(WINDOW_BASE, WINDOW_SIZE);

	if (err) {
		pr_err("vmalloc: the host gives no addresses from %#lx on (error %d)\n",
		       WINDOW_BASE, -err);
		return err;
	}
	/* That was to see that they are free: tlb.c maps what is wanted of them. */
	host_unmap(WINDOW_BASE, WINDOW_SIZE);
	vmalloc_base = WINDOW_BASE;
	vmalloc_end = WINDOW_BASE + WINDOW_SIZE;
	err = pgtable_boot();
	return err ? err : tlb_boot(vmalloc_base, vmalloc_end);
}

static void window_exit(void)
{
	if (vmalloc_base == vmalloc_end)
		return;
	tlb_exit();
	pgtable_exit();
	host_unmap(vmalloc_base, vmalloc_end - vmalloc_base);
	vmalloc_base = vmalloc_end = 0;
}

int vmalloc_boot(const struct machine_config *cfg)
{
	int err = 0;

	vmalloc_nommu = cfg->nommu;
	vmalloc_strict = cfg->vmalloc_strict;
	vmalloc_areas_boot();
	vmalloc_cache_boot();
	if (!vmalloc_nommu)
		err = window_boot();
	if (!err)
		err = vmap_area_boot();
	if (!err && !vmalloc_nommu)
		err = vmap_blocks_boot();
	if (!err)
		err = iodev_boot();
	if (err)
		window_exit();
	return err;
}

static void report_leak(const struct vmap_info *info)
{
	char name[160];

	symbol_name(info->vm.caller, name, sizeof(name));
	pr_err("leak: vmalloc area 0x%lx of %lu bytes by %s\n", info->start,
	       info->end - info->start, name);
}

static void free_leaked(const struct vmap_info *info)
{
	void *addr = (void *)info->start;

	if (info->ram) {
		vm_unmap_ram(addr, (info->end - info->start) >> PAGE_SHIFT);
	} else if ((info->vm.flags & VM_ALLOC) && info->vm.nr_pages) {
		vfree(addr);
	} else {
		struct vmap_area *va = vmap_area_claim(info->start, ~0u);

		vunmap_claimed(va->vm);
	}
}

unsigned long vmalloc_exit(void)
{
	unsigned long leaks, at = vmalloc_base;
	struct vmap_info info;

	vmalloc_run_deferred();
	vmalloc_cache_exit();
	leaks = vmap_blocks_exit();
	while (vmap_area_next(at, &info)) {
		at = info.end;
		if (!info.busy || (info.vm.flags & VM_PAGE_ARRAY))
			continue;
		report_leak(&info);
		leaks++;
		free_leaked(&info);
	}
	iodev_exit();
	vmap_area_exit();
	window_exit();
	vmalloc_nommu = false;
	return leaks;
}
