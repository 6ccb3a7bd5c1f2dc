// SPDX-License-Identifier: MIT
/*
 * machine.c - the machine as a whole: its words, its boot and its halt.
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/bug.h>
#include <kmem/machine.h>
#include <kmem/memblock.h>
#include <kmem/module.h>
#include <kmem/percpu.h>
#include <kmem/seq_file.h>
#include <kmem/vmalloc.h>
#include <kmem/vmstat.h>

#include "../kernel/cpu.h"
#include "../kernel/host.h"
#include "../kernel/oops.h"
#include "../kernel/sched.h"
#include "memblock_internal.h"
#include "percpu_internal.h"
#include "ram.h"
#include "slab.h"
#include "vmalloc.h"
#include "vmap_area.h"
#include "vmscan.h"
#include "vmstat.h"
#include "zone.h"

#define MEM_MIN (4ull << 20)
#define MEM_MAX (4ull << 40)

static struct machine_config running;
static bool up;

/*
 * A number with the kernel's suffixes: 64M. False if there is anything else.
 */
static bool parse_size(const char *text, u64 *size)
{
	static const char suffixes[] = "kmgt";
	const char *s;
	char *end;

	errno = 0;
	*size = strtoull(text, &end, 0);
	if (errno || end == text || *text == '-')
		return false;
	s = *end ? strchr(suffixes, *end | 0x20) : NULL;
	if (s) {
		unsigned int shift = 10 * (s - suffixes + 1);

		if (*size >> (64 - shift))
			return false;
		*size <<= shift;
		end++;
	}
	return !*end;
}

static const char *set_mem(struct machine_config *cfg, const char *value)
{
	u64 size;

	if (!parse_size(value, &size) || size < MEM_MIN || size > MEM_MAX)
		return "a size from 4M to 4T, as 256M or 1G";
	cfg->mem = ALIGN_DOWN(size, PAGE_SIZE);
	return NULL;
}

static const char *set_cpus(struct machine_config *cfg, const char *value)
{
	u64 n;

	if (!parse_size(value, &n) || n < 1 || n > NR_CPUS)
		return "a number from 1 to 64";
	cfg->cpus = n;
	return NULL;
}

static const char *set_min_free(struct machine_config *cfg, const char *value)
{
	u64 n;

	if (!parse_size(value, &n) || n > INT32_MAX)
		return "a number of KiB";
	cfg->min_free_kbytes = n;
	return NULL;
}

static const struct {
	const char *name;
	/* NULL, or what is allowed. */
	const char *(*set)(struct machine_config *cfg, const char *value);
	const char *help;
} words[] = {
	{ "mem", set_mem, "  mem=SIZE               emulated RAM, 4M to 4T (default 256M)\n" },
	{ "cpus", set_cpus,
	  "  cpus=N                 emulated CPUs, 1 to 64 (default: the host's)\n" },
	{ "min_free_kbytes", set_min_free,
	  "  min_free_kbytes=N      the watermarks' base in KiB (default: by the kernel's "
	  "formula)\n" },
};

#define MODULE_WORD_HELP "  MODULE.PARAMETER=VALUE a module's parameter, as scullp.scullp_order=2\n"

const char *machine_config_help(void)
{
	static char text[1024];

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strcat(text, words[i].help);
	strcat(text, MODULE_WORD_HELP);
	return text;
}

void machine_config_init(struct machine_config *cfg)
{
	*cfg = (struct machine_config){
		.mem = 256ull << 20,
		.cpus = min(host_nr_cpus(), (unsigned int)NR_CPUS),
		.min_free_kbytes = -1,
	};
}

static size_t name_length(const char *word)
{
	return strcspn(word, "=");
}

static bool is_module_word(const char *word)
{
	const char *dot = memchr(word, '.', name_length(word));

	return dot && dot != word && word[name_length(word)] == '=';
}

static int find_word(const char *word)
{
	size_t len = name_length(word);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].name) == len && !strncmp(words[i].name, word, len))
			return i;
	return -1;
}

bool machine_config_knows(const char *word)
{
	return is_module_word(word) || find_word(word) >= 0;
}

static int complain(struct machine_config *cfg, const char *fmt, ...) __printf(2, 3);

static int complain(struct machine_config *cfg, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(cfg->message, sizeof(cfg->message), fmt, args);
	va_end(args);
	return -EINVAL;
}

static int unknown_word(struct machine_config *cfg, const char *word)
{
	char known[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		strcat(known, words[i].name);
		strcat(known, "=, ");
	}
	return complain(cfg, "unknown option '%s': allowed are %sMODULE.PARAMETER=", word, known);
}

static int take_word(struct machine_config *cfg, const char *word)
{
	int i = find_word(word);
	const char *allowed;

	if (is_module_word(word))
		return 0;
	if (i < 0)
		return unknown_word(cfg, word);
	if (word[name_length(word)] != '=')
		return complain(cfg, "option '%s' needs a value: %s=...", word, word);
	allowed = words[i].set(cfg, word + name_length(word) + 1);
	if (allowed)
		return complain(cfg, "option '%s' is wrong: %s must be %s", word, words[i].name,
				allowed);
	return 0;
}

int machine_config_parse(struct machine_config *cfg, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ","), used = strlen(cfg->cmdline);
		char word[256];
		int err;

		if (len >= sizeof(word) || used + len + 2 > sizeof(cfg->cmdline))
			return complain(cfg, "option '%.32s...' is too long", text);
		memcpy(word, text, len);
		word[len] = '\0';
		text += len + (text[len] == ',');
		if (!len)
			continue;
		err = take_word(cfg, word);
		if (err)
			return err;
		sprintf(cfg->cmdline + used, "%s%s", used ? " " : "", word);
	}
	return 0;
}

const char *machine_cmdline(void)
{
	return running.cmdline;
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
	mem_map = memblock_alloc(max_pfn * sizeof(struct page), PAGE_SIZE);
	if (!mem_map) {
		pr_err("mm: no room for the memory map\n");
		return -ENOMEM;
	}
	return 0;
}

/* The frame at 0 stays out: an address or a pfn of 0 means "none". */
static int memory_boot(const struct machine_config *cfg)
{
	int err;

	nr_online_nodes = 1;
	pcp_unpublish();
	memblock_boot();
	err = ram_boot(cfg->mem);
	if (err)
		return err;
	memblock_add(PAGE_SIZE, cfg->mem - PAGE_SIZE);
	memblock_allow_resize();
	err = mem_map_boot();
	if (err)
		return err;
	pageblocks_boot(max_pfn);
	err = percpu_boot();
	if (err)
		return err;
	zones_boot(0);
	err = zones_boot_pagesets();
	if (err)
		return err;
	memblock_free_all();
	memblock_close();
	watermarks_boot(cfg->min_free_kbytes);
	return 0;
}

static void banner(const struct machine_config *cfg)
{
	pr_info("kmemfs %s: %u CPUs, command line: %s\n", KMEMFS_VERSION, nr_cpu_ids, cfg->cmdline);
	pr_info("Memory: %luK/%lluK available\n", totalram_pages() << (PAGE_SHIFT - 10),
		(unsigned long long)cfg->mem >> 10);
}

int machine_boot(const struct machine_config *cfg)
{
	int err;

	if (up)
		return -EBUSY;
	if (cfg->mem < MEM_MIN || cfg->mem > MEM_MAX || cfg->cpus < 1 || cfg->cpus > NR_CPUS)
		return -EINVAL;
	running = *cfg;
	sched_boot();
	oops_boot();
	cpu_table_init(cfg->cpus);
	err = memory_boot(cfg);
	if (err)
		goto no_memory;
	vmstat_boot();
	shrinkers_boot();
	err = slab_boot();
	if (err)
		goto no_memory;
	err = vmalloc_boot();
	if (err)
		goto no_memory;
	err = kswapds_boot();
	if (err)
		goto no_kswapd;
	WRITE_ONCE(up, true);
	banner(cfg);
	return 0;

no_kswapd:
	kswapds_exit();
	vmalloc_exit();
no_memory:
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
	kswapds_exit();
	leaks += vmalloc_exit();
	leaks += slab_exit();
	for_each_populated_zone(zone)
		pagesets++;
	if (percpu_objects() > pagesets) {
		pr_err("leak: %lu per-CPU object(s)\n", percpu_objects() - pagesets);
		leaks += percpu_objects() - pagesets;
	}
	percpu_exit();
	drain_all_pages();
	leaks += leaked_pages();
	WRITE_ONCE(up, false);
	ram_exit();
	cpu_table_exit();
	pr_info("machine halted: %lu allocation(s) leaked\n", leaks);
	return leaks;
}

unsigned long machine_check(void)
{
	return percpu_check() + zone_check() + slab_check() + vmalloc_check();
}

void machine_idle(void)
{
	vmap_area_purge();
	slab_free_unused();
	drain_idle_pages();
}
