// SPDX-License-Identifier: MIT
/*
 * proc_root.c - the files that proc/ has from the start, and which printer makes each.
 *
 * A printer lives beside the counters it prints (in mm/, in kernel/, in this directory); here is
 * only the table of names and modes. What tells addresses, or how an allocator may be attacked,
 * is for its owner alone, as in the kernel.
 *
 * An idle machine's caches are settled before memory is counted: what CPUs and sheaves keep for
 * the next request is free memory when there is none (machine_idle()).
 */
#include <kmem/ioport.h>
#include <kmem/machine.h>
#include <kmem/module.h>
#include <kmem/slab.h>
#include <kmem/vmalloc.h>
#include <kmem/vmstat.h>

#include "../kernel/kallsyms.h"
#include "../kernel/stat.h"
#include "char_dev.h"
#include "kpage_file.h"
#include "proc_self.h"
#include "procfs.h"
#include "sysctl.h"

/* Files about what there is beside memory; empty lists keep their readers quiet. */

static int filesystems_show(struct seq_file *m, void *v)
{
	seq_puts(m, "nodev\tsysfs\nnodev\tproc\nnodev\tdevtmpfs\n");
	return 0;
}

static int mounts_show(struct seq_file *m, void *v)
{
	seq_puts(m, "proc /proc proc rw 0 0\n"
		    "sysfs /sys sysfs rw 0 0\n"
		    "devtmpfs /dev devtmpfs rw 0 0\n");
	return 0;
}

static int swaps_show(struct seq_file *m, void *v)
{
	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

static int empty_show(struct seq_file *m, void *v)
{
	return 0;
}

static const struct proc_root_file {
	const char *name;
	umode_t mode;
	bool settles;
	int (*show)(struct seq_file *m, void *v);
} proc_root_files[] = {
	{ "buddyinfo", 0444, true, buddyinfo_show },
	{ "cmdline", 0444, false, cmdline_show },
	{ "devices", 0444, false, devices_show },
	{ "diskstats", 0444, false, empty_show },
	{ "filesystems", 0444, false, filesystems_show },
	{ "iomem", 0444, false, iomem_show },
	{ "kallsyms", 0444, false, kallsyms_show },
	{ "kpagetables", 0400, false, kpagetables_show },
	{ "loadavg", 0444, false, loadavg_show },
	{ "meminfo", 0444, true, meminfo_show },
	{ "modules", 0444, false, modules_show },
	{ "mounts", 0444, false, mounts_show },
	{ "pagetypeinfo", 0400, true, pagetypeinfo_show },
	{ "slabinfo", 0400, true, slabinfo_show },
	{ "stat", 0444, false, stat_show },
	{ "swaps", 0444, false, swaps_show },
	{ "uptime", 0444, false, uptime_show },
	{ "version", 0444, false, version_show },
	{ "vmallocinfo", 0400, true, vmallocinfo_show },
	{ "vmstat", 0444, true, vmstat_show },
	{ "zoneinfo", 0444, true, zoneinfo_show },
};

static int show(struct seq_file *m, void *v)
{
	const struct proc_root_file *f = m->private;

	if (f->settles)
		machine_idle();
	return f->show(m, v);
}

int proc_root_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(proc_root_files); i++) {
		const struct proc_root_file *f = &proc_root_files[i];

		if (!proc_create_single_data(f->name, f->mode, NULL, show, (void *)(uintptr_t)f))
			return -ENOMEM;
	}
	return kpage_files_init() || proc_self_init() ? -ENOMEM : sysctl_init();
}
