// SPDX-License-Identifier: MIT
/*
 * machine.c - the machine as a whole: its boot and its halt.
 *
 * Boot goes in the kernel's order, each step resting on the ones before it:
 *
 *	CPUs, RAM		kernel/cpu.c, ram.c
 *	memblock		what is RAM, what is taken: page 0, reserved buffers, the memory map
 *	per-CPU memory		its first chunk, from memblock
 *	zones			spans, then all that memblock has left goes to the buddy
 *	slab, kmalloc		from here on there are objects
 *	vmalloc, kswapd
 *	modules			by whoever called machine_boot(): builtin_modules_load()
 *
 * The halt goes the other way, and what is left over at each step was leaked by somebody.
 */
#include <kmem/printk.h>
#include <kmem/machine.h>
#include <kmem/memblock.h>
#include <kmem/module.h>
#include <kmem/oops.h>
#include <kmem/percpu.h>
#include <kmem/rcupdate.h>
#include <kmem/seq_file.h>
#include <kmem/vmalloc.h>
#include <kmem/vmstat.h>

#include "../kernel/cpu.h"
#include "../kernel/oops.h"
#include "../kernel/param.h"
#include "../kernel/sched.h"
#include "../kernel/workqueue.h"
#include "bootmem.h"
#include "fail_alloc.h"
#include "highmem.h"
#include "init_on.h"
#include "iomem.h"
#include "kmemleak.h"
#include "machine_config.h"
#include "memblock_internal.h"
#include "page_hooks.h"
#include "page_owner.h"
#include "page_reporting.h"
#include "percpu_internal.h"
#include "pgtable.h"
#include "ram.h"
#include "slab.h"
#include "vmalloc.h"
#include "vmscan.h"
#include "vmstat.h"
#include "zone.h"

_Static_assert(MACHINE_CMDLINE_MAX <= COMMAND_LINE_SIZE, "modules keep a copy of each word");

static struct machine_config running;
static bool up;

const char *machine_cmdline(void)
{
	return boot_command_line;
}

int cmdline_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", running.cmdline);
	return 0;
}

bool machine_is_up(void)
{
	return READ_ONCE(up);
}

static int mem_map_boot(void)
{
	/* Of whole blocks: whoever looks for a block's buddy need not ask if there is RAM. */
	mem_map = memblock_alloc(ALIGN(max_pfn, MAX_ORDER_NR_PAGES) * sizeof(struct page),
				 PAGE_SIZE);
	if (!mem_map) {
		pr_err("mm: no room for the memory map\n");
		return -ENOMEM;
	}
	return 0;
}

/*
 * What is RAM, in nodes that differ by a block of MAX_PAGE_ORDER at most. The frame at 0 stays out:
 * an address or a pfn of 0 means "none".
 */
static void memory_map(const struct machine_config *cfg)
{
	const u64 block = MAX_ORDER_NR_PAGES << PAGE_SHIFT, blocks = cfg->mem / block;
	u64 base = PAGE_SIZE;

	nr_online_nodes = cfg->nodes;
	for (unsigned int nid = 0; nid < cfg->nodes; nid++) {
		u64 end = nid + 1 == cfg->nodes ? cfg->mem
						: blocks * (nid + 1) / cfg->nodes * block;

		memblock_add_node(base, end - base, nid);
		base = end;
	}
	/* What the boot takes for itself must be in the direct map. */
	memblock.current_limit = cfg->mem - cfg->highmem;
	memblock_allow_resize();
}

static long run_early_init(void *arg)
{
	((void (*)(void))arg)();
	return 0;
}

static int memory_boot(const struct machine_config *cfg)
{
	long ret;
	int err;

	page_hooks_boot();
	init_on_boot(cfg);
	pageset_unpublish();
	memblock_boot();
	err = ram_boot(cfg->mem, cfg->highmem);
	if (err)
		return err;
	memory_map(cfg);
	err = mem_map_boot();
	if (err)
		return err;
	page_owner_boot(cfg);
	pageblocks_boot(max_pfn);
	err = percpu_boot();
	if (err)
		return err;
	err = bootmem_reserve(cfg);
	if (err)
		return err;
	if (cfg->early_init && oops_guard(run_early_init, (void *)cfg->early_init, &ret))
		return -ENOMEM;
	zones_boot(cfg->movablecore >> PAGE_SHIFT);
	err = zones_boot_pagesets();
	if (err)
		return err;
	memblock_free_all();
	memblock_close();
	page_hooks_start();
	watermarks_boot(cfg->min_free_kbytes);
	return highmem_boot();
}

static void banner(const struct machine_config *cfg)
{
	pr_info("kmemfs %s: %u CPUs, command line: %s\n", KMEMFS_VERSION, nr_cpu_ids, cfg->cmdline);
	pr_info("Built %u zonelists, mobility grouping %s.  Total pages: %lu\n", nr_online_nodes,
		page_group_by_mobility_disabled ? "off" : "on", totalram_pages());
	pr_info("Memory: %luK/%lluK available\n", totalram_pages() << (PAGE_SHIFT - 10),
		(unsigned long long)cfg->mem >> 10);
}

int machine_boot_with(const struct machine_config *cfg, const struct percpu_section *section)
{
	int err;

	if (up)
		return -EBUSY;
	running = *cfg;
	boot_command_line = running.cmdline;
	if (machine_config_check(&running)) {
		pr_err("boot: %s\n", running.message);
		return -EINVAL;
	}
	cfg = &running; /* some sizes were rounded */
	sched_boot();
	oops_boot();
	cpu_table_init(cfg->cpus);
	err = memory_boot(cfg);
	if (err)
		goto no_memory;
	vmstat_boot();
	shrinkers_boot();
	kmemleak_boot(cfg);
	err = workqueue_boot();
	if (err)
		goto no_memory;
	err = slab_boot(cfg);
	if (err)
		goto no_memory;
	err = vmalloc_boot(&running);
	if (err)
		goto no_memory;
	err = percpu_section_setup(section);
	if (err)
		goto no_kswapd;
	/* Before there are threads that could be in the way: what the boot has left goes home. */
	machine_idle();
	err = kswapds_boot();
	if (err)
		goto no_kswapd;
	err = page_reporting_boot();
	if (err)
		goto no_kswapd;
	err = kmemleak_scan_start();
	if (err)
		goto no_kswapd;
	WRITE_ONCE(up, true);
	failslab_boot(cfg);
	fail_page_alloc_boot(cfg);
	banner(cfg);
	return 0;

no_kswapd:
	page_reporting_exit();
	kswapds_exit();
	vmalloc_exit();
no_memory:
	workqueue_exit();
	kmemleak_exit();
	init_on_exit();
	page_owner_exit();
	highmem_exit();
	ram_exit();
	cpu_table_exit();
	return err;
}

/* Frames that were handed to the buddy, of which somebody still holds a first page. */
static unsigned long leaked_in(unsigned long pfn, unsigned long end)
{
	unsigned long leaks = 0;

	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);
		unsigned long skip = untouched_end(pfn_zone(pfn), pfn);

		if (skip != pfn) {
			pfn = skip;
			continue;
		}
		/* Slabs were told of by their caches. */
		if (page_ref_count(page) > 0 && !PageSlab(page) && !PageTail(page)) {
			pr_err("leak: %lu page(s) at pfn 0x%lx\n", 1ul << page->order, pfn);
			dump_page_owner(page);
			leaks++;
		}
		pfn++;
	}
	return leaks;
}

static unsigned long leaked_pages(void)
{
	phys_addr_t pos = 0, start, end;
	unsigned long leaks = 0;

	for (; memblock_next_free_range(pos, &start, &end, NULL); pos = end)
		leaks += leaked_in(PAGE_ALIGN(start) >> PAGE_SHIFT, end >> PAGE_SHIFT);
	return leaks;
}

unsigned long machine_halt(void)
{
	unsigned long leaks = 0, pagesets = 0;
	struct zone *zone;

	if (!up)
		return 0;
	modules_unload_all();
	rcu_barrier();
	kmemleak_scan_stop();
	fail_page_alloc_exit();
	failslab_exit();
	page_reporting_exit();
	kswapds_exit();
	leaks += vmalloc_exit();
	iomem_exit();
	leaks += slab_exit();
	workqueue_exit();
	for_each_populated_zone(zone)
		pagesets++;
	leaks += percpu_exit(pagesets);
	drain_all_pages();
	leaks += leaked_pages();
	if (leaks && !kmemleak_enabled && !page_owner_enabled)
		pr_err("leak: kmemleak=on and page_owner=on tell who allocated what\n");
	WRITE_ONCE(up, false);
	kmemleak_exit();
	init_on_exit();
	page_owner_exit();
	highmem_exit();
	ram_exit();
	cpu_table_exit();
	pr_info("machine halted: %lu allocation(s) leaked\n", leaks);
	return leaks;
}

unsigned long machine_check(void)
{
	if (!up)
		return 0;
	return percpu_check() + zone_check() + slab_check() + vmalloc_check();
}

void machine_idle(void)
{
	vm_unmap_aliases();
	pgtable_trim();
	slab_free_unused();
	drain_idle_pages();
}
