// SPDX-License-Identifier: MIT
/*
 * machine_config.c - the words of the boot line.
 *
 * One table has every word: its parser, which says what is allowed when it refuses, and its line
 * of help. Words that belong to a module ("scullp.scullp_order=2") are kept as they are and
 * checked when the module is loaded.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/fault-inject.h>
#include <kmem/machine.h>
#include <kmem/page.h>

#include "../kernel/host.h"
#include "machine_config.h"
#include "slub_debug.h"

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
	if (errno || *text < '0' || *text > '9')
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

	if (!parse_size(value, &size) || size < MACHINE_MEM_MIN || size > MACHINE_MEM_MAX)
		return "a size from 4M to 4T, as 256M or 1G";
	cfg->mem = ALIGN_DOWN(size, PAGE_SIZE);
	return NULL;
}

static const char *set_highmem(struct machine_config *cfg, const char *value)
{
	if (!parse_size(value, &cfg->highmem) || cfg->highmem > MACHINE_MEM_MAX)
		return "a size below mem's, as 64M";
	return NULL;
}

static const char *set_movablecore(struct machine_config *cfg, const char *value)
{
	if (!parse_size(value, &cfg->movablecore) || cfg->movablecore > MACHINE_MEM_MAX)
		return "a size below mem's, as 64M";
	return NULL;
}

/* The kernel's own spelling: numa=fake=4. */
static const char *set_numa(struct machine_config *cfg, const char *value)
{
	u64 n;

	if (strncmp(value, "fake=", 5) || !parse_size(value + 5, &n) || n < 1 || n > MAX_NUMNODES)
		return "fake=N with N from 1 to 16";
	cfg->nodes = n;
	return NULL;
}

static const char *set_bootmem(struct machine_config *cfg, const char *value)
{
	static const char allowed[] = "NAME:SIZE, at most 8 of them, names of up to 31 characters";
	const char *colon = strchr(value, ':');
	struct machine_bootmem *b = &cfg->bootmem[cfg->nr_bootmem];

	if (!colon || colon == value || colon - value >= (long)sizeof(b->name) ||
	    cfg->nr_bootmem == MACHINE_BOOTMEM_MAX)
		return allowed;
	memset(b, 0, sizeof(*b));
	memcpy(b->name, value, colon - value);
	if (!parse_size(colon + 1, &b->size) || !b->size || b->size > MACHINE_MEM_MAX)
		return allowed;
	for (unsigned int i = 0; i < cfg->nr_bootmem; i++)
		if (!strcmp(cfg->bootmem[i].name, b->name))
			return "of another name than the one before";
	cfg->nr_bootmem++;
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

static const char *set_vmalloc(struct machine_config *cfg, const char *value)
{
	if (strcmp(value, "strict") && strcmp(value, "lazy"))
		return "strict or lazy";
	cfg->vmalloc_strict = !strcmp(value, "strict");
	return NULL;
}

/* As the kernel's kstrtobool(). */
static bool parse_bool(const char *text, bool *value)
{
	static const char *const names[] = { "0", "1", "n", "y", "N", "Y", "off", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i])) {
			*value = i & 1;
			return true;
		}
	}
	return false;
}

static const char *set_init_on_alloc(struct machine_config *cfg, const char *value)
{
	return parse_bool(value, &cfg->init_on_alloc) ? NULL : "0 or 1";
}

static const char *set_init_on_free(struct machine_config *cfg, const char *value)
{
	return parse_bool(value, &cfg->init_on_free) ? NULL : "0 or 1";
}

static const char *set_fault(char *setting, size_t size, const char *value)
{
	struct fault_attr attr;

	if (strlen(value) >= size || !setup_fault_attr(&attr, value))
		return "INTERVAL,PROBABILITY,SPACE,TIMES: four numbers, as 1,100,0,-1";
	strcpy(setting, value);
	return NULL;
}

static const char *set_failslab(struct machine_config *cfg, const char *value)
{
	return set_fault(cfg->failslab, sizeof(cfg->failslab), value);
}

static const char *set_fail_page_alloc(struct machine_config *cfg, const char *value)
{
	return set_fault(cfg->fail_page_alloc, sizeof(cfg->fail_page_alloc), value);
}

static const char *set_page_owner(struct machine_config *cfg, const char *value)
{
	return parse_bool(value, &cfg->page_owner) ? NULL : "on or off";
}

static const char *set_kmemleak(struct machine_config *cfg, const char *value)
{
	return parse_bool(value, &cfg->kmemleak) ? NULL : "on or off";
}

static const char *set_nommu(struct machine_config *cfg, const char *value)
{
	cfg->nommu = true;
	return NULL;
}

static const char *set_slab_nomerge(struct machine_config *cfg, const char *value)
{
	cfg->slab_nomerge = true;
	return NULL;
}

static const char *set_slub_debug(struct machine_config *cfg, const char *value)
{
	if (!slub_debug_allows(value))
		return "letters of FZPUTAO or -, and names of caches: FZ,kmalloc-*;P,scullc";
	strcpy(cfg->slub_debug, *value ? value : "FZPU");
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
	{ "highmem", set_highmem,
	  "  highmem=SIZE           of mem, without a direct map (default 0)\n" },
	{ "movablecore", set_movablecore,
	  "  movablecore=SIZE       of mem, only for movable pages (default 0)\n" },
	{ "numa", set_numa, "  numa=fake=N            memory nodes, 1 to 16 (default 1)\n" },
	{ "bootmem", set_bootmem,
	  "  bootmem=NAME:SIZE      set a buffer aside at boot; shown in proc/iomem\n" },
	{ "min_free_kbytes", set_min_free,
	  "  min_free_kbytes=N      the watermarks' base in KiB (default: by the kernel's "
	  "formula)\n" },
	{ "vmalloc", set_vmalloc,
	  "  vmalloc=strict         vfree() unmaps at once (default lazy: what is freed often may "
	  "wait)\n" },
	{ "failslab", set_failslab,
	  "  failslab=I,P,S,T       every I-th allocation of an object fails, P percent, after S "
	  "bytes,\n"
	  "                         T times\n" },
	{ "fail_page_alloc", set_fail_page_alloc,
	  "  fail_page_alloc=I,P,S,T the same for pages\n" },
	{ "init_on_alloc", set_init_on_alloc,
	  "  init_on_alloc=1        pages and objects are zeros when they are handed out\n" },
	{ "init_on_free", set_init_on_free,
	  "  init_on_free=1         and from the moment they are freed\n" },
	{ "kmemleak", set_kmemleak,
	  "  kmemleak=on            tell of objects that nobody points at: "
	  "sys/kernel/debug/kmemleak\n" },
	{ "page_owner", set_page_owner,
	  "  page_owner=on          note who has each page: sys/kernel/debug/page_owner\n" },
	{ "slab_nomerge", set_slab_nomerge,
	  "  slab_nomerge           every slab cache is one of its own, whatever its size\n" },
	{ "slub_debug", set_slub_debug,
	  "  slub_debug[=FZPU,NAME] caches look after their objects: F checks, Z red zones, P "
	  "poison,\n"
	  "                         U who has it; all, or those named; several with \";\"\n" },
	{ "slab_debug", set_slub_debug, "  slab_debug[=...]       the same\n" },
	{ "nommu", set_nommu,
	  "  nommu                  no page tables: vmalloc() gives contiguous memory\n" },
};

#define MODULE_WORD_HELP "  MODULE.PARAMETER=VALUE a module's parameter, as scullp.scullp_order=2\n"

const char *machine_config_help(void)
{
	static char text[4096];

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
		.nodes = 1,
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

/* Its line of help says it: "name=", "name[=" or "name ". */
static char behind_name(int i)
{
	return words[i].help[2 + strlen(words[i].name)];
}

static bool has_value(int i)
{
	return behind_name(i) != ' ';
}

static bool needs_value(int i)
{
	return behind_name(i) == '=';
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
	char known[512] = "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		strcat(known, words[i].name);
		strcat(known, has_value(i) ? "=, " : ", ");
	}
	return complain(cfg, "unknown option '%s': allowed are %sMODULE.PARAMETER=", word, known);
}

static int take_word(struct machine_config *cfg, const char *word)
{
	int i = find_word(word);
	const char *allowed, *value;

	if (is_module_word(word))
		return 0;
	if (i < 0)
		return unknown_word(cfg, word);
	if (!has_value(i) && word[name_length(word)])
		return complain(cfg, "option '%s' is wrong: %s has no value", word, words[i].name);
	value = strchr(word, '=');
	if (needs_value(i) && !value)
		return complain(cfg, "option '%s' needs a value: %s=...", word, word);
	allowed = words[i].set(cfg, value ? value + 1 : "");
	if (allowed)
		return complain(cfg, "option '%s' is wrong: %s must be %s", word, words[i].name,
				allowed);
	return 0;
}

/* Of a debugged cache, behind a comma. */
static bool is_cache_name(const char *text)
{
	size_t len = strcspn(text, ",");
	char word[64];

	if (!len || len >= sizeof(word) || memchr(text, '=', len))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	return find_word(word) < 0;
}

size_t machine_config_word_length(const char *words)
{
	size_t len = strcspn(words, ",");

	/* The kernel's words of fault injection have commas of their own. */
	if (!strncmp(words, "failslab=", 9) || !strncmp(words, "fail_page_alloc=", 16))
		while (words[len] &&
		       (isdigit((unsigned char)words[len + 1]) || words[len + 1] == '-'))
			len += 1 + strcspn(words + len + 1, ",");
	/* So have names of caches: all that is no word. */
	if (!strncmp(words, "slub_debug=", 11) || !strncmp(words, "slab_debug=", 11))
		while (words[len] && is_cache_name(words + len + 1))
			len += 1 + strcspn(words + len + 1, ",");
	return len;
}

int machine_config_parse(struct machine_config *cfg, const char *text)
{
	while (*text) {
		size_t len = machine_config_word_length(text), used = strlen(cfg->cmdline);
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

int machine_config_check(struct machine_config *cfg)
{
	u64 low, buffers = 0, map;

	if (cfg->mem < MACHINE_MEM_MIN || cfg->mem > MACHINE_MEM_MAX || cfg->cpus < 1 ||
	    cfg->cpus > NR_CPUS || cfg->nodes < 1 || cfg->nodes > MAX_NUMNODES)
		return complain(cfg, "mem, cpus or numa out of range");
	/* The direct map ends with a block: none has an address for a half of it only. */
	if (cfg->highmem && cfg->highmem < cfg->mem)
		cfg->highmem = cfg->mem - ALIGN_DOWN(cfg->mem - cfg->highmem, MACHINE_MEM_MIN);
	low = cfg->mem - min(cfg->mem, cfg->highmem + cfg->movablecore);
	for (unsigned int i = 0; i < cfg->nr_bootmem; i++)
		buffers += PAGE_ALIGN(cfg->bootmem[i].size);
	if (low < MACHINE_MEM_MIN)
		return complain(cfg, "highmem and movablecore must leave 4M of mem");
	if (low / cfg->nodes < MACHINE_MEM_MIN)
		return complain(cfg, "numa=fake=%u needs 4M of ordinary memory for each node",
				cfg->nodes);
	if (cfg->min_free_kbytes > (long)(low >> 11))
		return complain(cfg, "min_free_kbytes=%ld is more than half of ordinary memory",
				cfg->min_free_kbytes);
	/* A struct page for each frame, and something to run on. */
	map = cfg->mem / PAGE_SIZE * sizeof(struct page);
	if (buffers && buffers + map + MACHINE_MEM_MIN / 2 > low)
		return complain(cfg, "bootmem buffers of %llu bytes leave less than 2M of memory",
				(unsigned long long)buffers);
	return 0;
}
