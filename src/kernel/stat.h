/* SPDX-License-Identifier: MIT */
/*
 * stat.h - the printers of what the machine's processors do. Told in stat.c.
 * Each prints one whole file of proc/. Context: may sleep.
 */
#ifndef KERNEL_STAT_H
#define KERNEL_STAT_H

struct seq_file;

#define MACHINE_OSTYPE	"Linux"
#define MACHINE_RELEASE "6.18.0-kmemfs-" KMEMFS_VERSION
#define MACHINE_VERSION "#1 SMP kmemfs " KMEMFS_VERSION

int stat_show(struct seq_file *m, void *v);
int uptime_show(struct seq_file *m, void *v);
int loadavg_show(struct seq_file *m, void *v);
int version_show(struct seq_file *m, void *v);

#endif
