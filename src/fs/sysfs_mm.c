// SPDX-License-Identifier: MIT
/*
 * sysfs_mm.c - sys/kernel/mm/: what tools ask about huge pages. Clients have none here, and the
 * files say so.
 */
#include <kmem/mmzone.h>

#include "sysfs.h"

static int show_never(struct seq_file *m, const struct node *node)
{
	seq_puts(m, "always madvise [never]\n");
	return 0;
}

static int show_pmd_size(struct seq_file *m, const struct node *node)
{
	seq_printf(m, "%lu\n", pageblock_nr_pages << PAGE_SHIFT);
	return 0;
}

static const struct sysfs_dir hugepages_2m_dir = {
	.files = (const struct sysfs_file[]){ { "free_hugepages", 0444, sysfs_show_zero, NULL },
					      { "nr_hugepages", 0444, sysfs_show_zero, NULL },
					      { "nr_overcommit_hugepages", 0444, sysfs_show_zero,
						NULL },
					      { "resv_hugepages", 0444, sysfs_show_zero, NULL },
					      { "surplus_hugepages", 0444, sysfs_show_zero, NULL },
					      { NULL, 0, NULL, NULL } },
};

static const struct sysfs_dir hugepages_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "hugepages-2048kB", &hugepages_2m_dir },
					       { NULL, NULL } },
};

static const struct sysfs_dir thp_dir = {
	.files = (const struct sysfs_file[]){ { "defrag", 0444, show_never, NULL },
					      { "enabled", 0444, show_never, NULL },
					      { "hpage_pmd_size", 0444, show_pmd_size, NULL },
					      { NULL, 0, NULL, NULL } },
};

const struct sysfs_dir sysfs_mm_dir = {
	.dirs = (const struct sysfs_subdir[]){ { "hugepages", &hugepages_dir },
					       { "transparent_hugepage", &thp_dir },
					       { NULL, NULL } },
};
