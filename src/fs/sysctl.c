// SPDX-License-Identifier: MIT
/*
 * sysctl.c - proc/sys/: the settings of the running machine.
 *
 * A setting is one line of numbers. A write is taken whole or not at all: every number is looked
 * at before the first is set, and what is out of range or no number is -EINVAL. It takes effect
 * before the write returns. As in the kernel, only a write at offset 0 counts.
 *
 * Each line of the table says where the numbers are and who sets them. Those without a function
 * are plain words: of some (swappiness and the like) this machine makes no use, since nothing of
 * clients is ever dropped or swapped; they are kept for the tools that set them.
 *
 * Locks: settings_mutex around a write.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/mmzone.h>
#include <kmem/mutex.h>
#include <kmem/printk.h>
#include <kmem/proc_fs.h>
#include <kmem/sched.h>
#include <kmem/shrinker.h>
#include <kmem/uaccess.h>

#include "../kernel/stat.h"
#include "../mm/vmstat.h"
#include "procfs.h"
#include "sysctl.h"

#define MAX_NUMBERS MAX_NR_ZONES
#define LINE_LENGTH 256

struct setting {
	const char *path; /* below proc/sys/ */
	umode_t mode;
	long min, max; /* of each number */
	unsigned int nr;
	int *numbers; /* NULL: it cannot be read */
	/* Makes the first @nr numbers the setting; 0 or -errno. NULL: they are stored. */
	int (*set)(const long *numbers, unsigned int nr);
};

static DEFINE_MUTEX(settings_mutex);

/* Settings that are only kept. */
static int swappiness = 60, vfs_cache_pressure = 100, overcommit_memory, panic_on_oom, page_cluster;
static int zone_reclaim_mode, stat_interval = 1, dirty_ratio = 20, dirty_background_ratio = 10;
static int overcommit_kbytes_shown;

static int store_min_free_kbytes(const long *n, unsigned int nr)
{
	return set_min_free_kbytes(n[0]);
}

static int store_watermark_scale_factor(const long *n, unsigned int nr)
{
	return set_watermark_scale_factor(n[0]);
}

static int store_watermark_boost_factor(const long *n, unsigned int nr)
{
	return set_watermark_boost_factor(n[0]);
}

static int store_high_fraction(const long *n, unsigned int nr)
{
	return set_percpu_pagelist_high_fraction(n[0]);
}

static int store_lowmem_reserve_ratio(const long *n, unsigned int nr)
{
	int err = 0;

	for (unsigned int i = 0; i < nr && !err; i++)
		err = set_lowmem_reserve_ratio(i, n[i]);
	return err;
}

/* The ratio and the number of kilobytes replace each other. */
static int store_overcommit_ratio(const long *n, unsigned int nr)
{
	WRITE_ONCE(overcommit_ratio, (int)n[0]);
	WRITE_ONCE(overcommit_kbytes, 0);
	WRITE_ONCE(overcommit_kbytes_shown, 0);
	return 0;
}

static int store_overcommit_kbytes(const long *n, unsigned int nr)
{
	WRITE_ONCE(overcommit_kbytes, (unsigned long)n[0]);
	WRITE_ONCE(overcommit_kbytes_shown, (int)n[0]);
	if (n[0])
		WRITE_ONCE(overcommit_ratio, 0);
	return 0;
}

#define DROP_PAGECACHE_BIT 1
#define DROP_SLAB_BIT	   2
#define DROP_QUIET_BIT	   4

/* Once asked to be quiet about it, the machine stays so. */
static bool drop_quietly;

/* There is no page cache to drop (1); 2 asks everybody who registered a shrinker. */
static int store_drop_caches(const long *n, unsigned int nr)
{
	if (n[0] & DROP_PAGECACHE_BIT)
		count_vm_events(DROP_PAGECACHE, 1);
	if (n[0] & DROP_SLAB_BIT)
		drop_slab();
	drop_quietly |= n[0] & DROP_QUIET_BIT;
	if (!drop_quietly)
		pr_info("%s (%d): drop_caches: %ld\n", current->comm, current->client_pid, n[0]);
	return 0;
}

/* Nothing in use can be moved; but what CPUs keep can go home and merge with its neighbours. */
static int store_compact_memory(const long *n, unsigned int nr)
{
	drain_all_pages();
	return 0;
}

/* Counters are never kept back on a CPU. */
static int store_stat_refresh(const long *n, unsigned int nr)
{
	return 0;
}

static const struct setting settings[] = {
	{ "vm/compact_memory", 0200, 1, 1, 1, NULL, store_compact_memory },
	{ "vm/dirty_background_ratio", 0644, 0, 100, 1, &dirty_background_ratio, NULL },
	{ "vm/dirty_ratio", 0644, 0, 100, 1, &dirty_ratio, NULL },
	{ "vm/drop_caches", 0200, 1, 4, 1, NULL, store_drop_caches },
	{ "vm/lowmem_reserve_ratio", 0644, INT_MIN, INT_MAX, MAX_NR_ZONES, lowmem_reserve_ratio,
	  store_lowmem_reserve_ratio },
	{ "vm/min_free_kbytes", 0644, 0, INT_MAX, 1, &min_free_kbytes, store_min_free_kbytes },
	{ "vm/overcommit_kbytes", 0644, 0, INT_MAX, 1, &overcommit_kbytes_shown,
	  store_overcommit_kbytes },
	{ "vm/overcommit_memory", 0644, 0, 2, 1, &overcommit_memory, NULL },
	{ "vm/overcommit_ratio", 0644, 0, INT_MAX, 1, &overcommit_ratio, store_overcommit_ratio },
	{ "vm/page-cluster", 0644, 0, 31, 1, &page_cluster, NULL },
	{ "vm/panic_on_oom", 0644, 0, 2, 1, &panic_on_oom, NULL },
	{ "vm/percpu_pagelist_high_fraction", 0644, 0, INT_MAX, 1, &percpu_pagelist_high_fraction,
	  store_high_fraction },
	{ "vm/stat_interval", 0644, 0, INT_MAX, 1, &stat_interval, NULL },
	{ "vm/stat_refresh", 0600, 0, INT_MAX, 0, NULL, store_stat_refresh },
	{ "vm/swappiness", 0644, 0, 200, 1, &swappiness, NULL },
	{ "vm/vfs_cache_pressure", 0644, 0, INT_MAX, 1, &vfs_cache_pressure, NULL },
	{ "vm/watermark_boost_factor", 0644, 0, INT_MAX, 1, &watermark_boost_factor,
	  store_watermark_boost_factor },
	{ "vm/watermark_scale_factor", 0644, 1, 3000, 1, &watermark_scale_factor,
	  store_watermark_scale_factor },
	{ "vm/zone_reclaim_mode", 0644, 0, 7, 1, &zone_reclaim_mode, NULL },
};

/* Facts, not settings. */
static const struct {
	const char *path, *text;
} facts[] = {
	{ "kernel/hostname", "kmemfs" },
	{ "kernel/osrelease", MACHINE_RELEASE },
	{ "kernel/ostype", MACHINE_OSTYPE },
	{ "kernel/version", MACHINE_VERSION },
};

/* The next number of *@text, which moves on. 1, 0 at the end, -EINVAL. */
static int next_number(const char **text, long *number)
{
	const char *start = *text;
	char *end;

	while (isspace((unsigned char)*start))
		start++;
	if (!*start)
		return 0;
	errno = 0;
	*number = strtol(start, &end, 0);
	if (end == start || errno || (*end && !isspace((unsigned char)*end)))
		return -EINVAL;
	*text = end;
	return 1;
}

/* As many numbers as there are, at least one and at most as many as the setting has. */
static int parse(const struct setting *s, const char *text, long *numbers)
{
	unsigned int nr = 0;
	long number;
	int got;

	while ((got = next_number(&text, &number)) > 0) {
		if (nr == s->nr || number < s->min || number > s->max)
			return -EINVAL;
		numbers[nr++] = number;
	}
	return got ? got : nr ? (int)nr : -EINVAL;
}

static int apply(const struct setting *s, const char *text)
{
	long numbers[MAX_NUMBERS] = { 0 };
	int nr = s->nr ? parse(s, text, numbers) : 0, err = 0;

	if (nr < 0)
		return nr;
	mutex_lock(&settings_mutex);
	if (s->set)
		err = s->set(numbers, nr);
	else
		WRITE_ONCE(*s->numbers, (int)numbers[0]);
	mutex_unlock(&settings_mutex);
	return err;
}

static ssize_t setting_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	const struct setting *s = pde_data(file_inode(file));
	char text[LINE_LENGTH];
	int err = 0;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = '\0';
	if (*pos == 0)
		err = apply(s, text);
	if (err)
		return err;
	*pos += count;
	return count;
}

static int setting_show(struct seq_file *m, void *v)
{
	const struct setting *s = m->private;

	for (unsigned int i = 0; s->numbers && i < s->nr; i++)
		seq_printf(m, "%s%d", i ? "\t" : "", READ_ONCE(s->numbers[i]));
	if (s->numbers)
		seq_putc(m, '\n');
	return 0;
}

static int setting_open(struct inode *inode, struct file *file)
{
	return single_open(file, setting_show, pde_data(inode));
}

static const struct proc_ops setting_ops = {
	.proc_open = setting_open,
	.proc_read = seq_read,
	.proc_write = setting_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static int fact_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", (const char *)m->private);
	return 0;
}

int sysctl_init(void)
{
	struct proc_dir_entry *sys = proc_mkdir("sys", NULL);

	if (!sys || !proc_mkdir("vm", sys) || !proc_mkdir("kernel", sys))
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *s = &settings[i];

		if (!proc_create_data(s->path, s->mode, sys, &setting_ops, (void *)(uintptr_t)s))
			return -ENOMEM;
	}
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (!proc_create_single_data(facts[i].path, 0444, sys, fact_show,
					     (void *)(uintptr_t)facts[i].text))
			return -ENOMEM;
	return 0;
}
