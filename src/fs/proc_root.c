/* SPDX-License-Identifier: MIT */
/*
 * proc_root.c - the files that proc/ has from the start, and which printer makes each.
 *
 * A printer lives beside the counters it prints (in mm/, in kernel/, in this directory); here is
 * only the table of names and modes. slabinfo and vmallocinfo tell addresses and are for their
 * owner alone, as in the kernel.
 */
#include <kmem/module.h>
#include <kmem/slab.h>
#include <kmem/vmalloc.h>
#include <kmem/vmstat.h>

#include "char_dev.h"
#include "procfs.h"

static const struct proc_root_file {
	const char *name;
	umode_t mode;
	int (*show)(struct seq_file *m, void *v);
} proc_root_files[] = {
	{ "buddyinfo", 0444, buddyinfo_show }, { "cmdline", 0444, cmdline_show },
	{ "devices", 0444, devices_show },     { "kmsg", 0444, kmsg_show },
	{ "meminfo", 0444, meminfo_show },     { "modules", 0444, modules_show },
	{ "slabinfo", 0400, slabinfo_show },   { "vmallocinfo", 0400, vmallocinfo_show },
	{ "vmstat", 0444, vmstat_show },       { "zoneinfo", 0444, zoneinfo_show },
};

int proc_root_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(proc_root_files); i++) {
		const struct proc_root_file *f = &proc_root_files[i];

		if (!proc_create_single(f->name, f->mode, NULL, f->show))
			return -ENOMEM;
	}
	return 0;
}
