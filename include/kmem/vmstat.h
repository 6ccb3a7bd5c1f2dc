/* SPDX-License-Identifier: MIT */
/*
 * vmstat.h - the printers of the page allocator's and the machine's statistics.
 *
 * Each prints one whole file of proc/ in the kernel's own format (6.18's lines) from one moment's
 * counters, takes no emulated page, and returns 0. They plug into proc_create_single().
 * Context: may sleep.
 */
#ifndef KMEM_VMSTAT_H
#define KMEM_VMSTAT_H

struct seq_file;

int buddyinfo_show(struct seq_file *m, void *v);
int zoneinfo_show(struct seq_file *m, void *v);
int meminfo_show(struct seq_file *m, void *v);
int vmstat_show(struct seq_file *m, void *v);
int pagetypeinfo_show(struct seq_file *m, void *v);
int cmdline_show(struct seq_file *m, void *v); /* the boot line */

#endif
