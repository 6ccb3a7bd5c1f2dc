/* SPDX-License-Identifier: MIT */
/*
 * machine.h - booting and halting the emulated machine. One process has at most one at a time.
 *
 *	struct machine_config cfg;
 *
 *	machine_config_init(&cfg);
 *	if (machine_config_parse(&cfg, "mem=64M,cpus=2"))
 *		errx(1, "%s", cfg.message);
 *	if (machine_boot(&cfg))
 *		...
 *	... kmalloc(), alloc_pages(), ... from any thread ...
 *	leaks = machine_halt();
 *
 * Context: all sleep and are called by one thread at a time; at the halt no other thread may be
 * inside the machine.
 */
#ifndef KMEM_MACHINE_H
#define KMEM_MACHINE_H

#include <kmem/percpu.h>
#include <kmem/types.h>

#define MACHINE_CMDLINE_MAX 2048

#define MACHINE_MEM_MIN	       (4ull << 20)
#define MACHINE_MEM_MAX	       (4ull << 40)
#define MACHINE_BOOTMEM_MAX    8
#define MACHINE_SLUB_DEBUG_MAX 256

/* A buffer set aside at boot, before there is a page allocator. */
struct machine_bootmem {
	char name[32];
	u64 size;
};

struct machine_config {
	u64 mem;	    /* bytes of emulated RAM: 4M to 4T, a multiple of PAGE_SIZE */
	u64 highmem;	    /* of these, at the end, without a direct map; rounded up to 4M */
	u64 movablecore;    /* of these, at the end of each node, only for movable pages */
	unsigned int nodes; /* memory nodes: 1 to MAX_NUMNODES */
	unsigned int cpus;  /* emulated CPUs: 1 to NR_CPUS */
	struct machine_bootmem bootmem[MACHINE_BOOTMEM_MAX];
	unsigned int nr_bootmem;
	bool nommu;	     /* no page tables: vmalloc() is kmalloc() */
	bool slab_nomerge;   /* caches of like objects are not one */
	bool init_on_alloc;  /* pages and objects are zeros when they are handed out */
	bool init_on_free;   /* and from when they are freed */
	bool kmemleak;	     /* objects that nobody knows of any more are told of */
	bool page_owner;     /* who has each page is noted */
	bool vmalloc_strict; /* freed areas are unmapped at once, and none is kept */
	/* Called at boot when only memblock works: where alloc_bootmem() belongs. Or NULL. */
	void (*early_init)(void);
	/* "interval,probability,space,times" of allocations that fail on purpose; or empty. */
	char failslab[48], fail_page_alloc[48];
	char slub_debug[MACHINE_SLUB_DEBUG_MAX]; /* which caches are debugged, and how; or empty */
	long min_free_kbytes;			 /* -1: by the kernel's formula */
	char cmdline[MACHINE_CMDLINE_MAX];	 /* the words given, as proc/cmdline shows them */
	char message[512]; /* what was wrong with the last word parsed, and what is allowed */
};

/* Defaults: mem=256M, cpus=the host's (at most NR_CPUS). */
void machine_config_init(struct machine_config *cfg);

/*
 * Takes comma-separated words: "mem=64M,cpus=2,scullp.scullp_order=1". A word with a dot before
 * its '=' is a module's parameter; it is kept for the module and checked when that is loaded.
 * Returns 0, or -EINVAL with cfg->message set; the words before the wrong one stay taken.
 */
int machine_config_parse(struct machine_config *cfg, const char *text);

/* The length of the first of comma-separated words; some have commas in them. */
size_t machine_config_word_length(const char *words);

/* True if machine_config_parse() knows a word of this name ("mem", "cpus=2", "scull.x=1"). */
bool machine_config_knows(const char *word);

/* One line per word, for --help: "  mem=SIZE     ...\n". Returns a static string. */
const char *machine_config_help(void);

int machine_boot_with(const struct machine_config *cfg, const struct percpu_section *section);

/* 0; -EBUSY if one runs; -ENOMEM or -EINVAL with a line in the log. */
static inline int machine_boot(const struct machine_config *cfg)
{
	/* The caller's own per-CPU variables are part of the machine. */
	return machine_boot_with(cfg, &THIS_PERCPU_SECTION);
}

/*
 * Unloads what is loaded, tears everything down and returns the number of allocations nobody had
 * freed (each named in the log): slab objects, page blocks, vmalloc areas, caches, per-CPU
 * objects. 0 as well if no machine runs.
 */
unsigned long machine_halt(void);

bool machine_is_up(void);

/* The buffer that "bootmem=NAME:SIZE" set aside; NULL if there is none of that name. */
void *machine_bootmem(const char *name, u64 *size);

/* The running machine's words, without a newline. */
const char *machine_cmdline(void);

/*
 * Recomputes every invariant of every allocator. Returns the number of violations, each told in
 * the log. Context: sleeps; exact only while no other thread allocates.
 */
unsigned long machine_check(void);

/*
 * A CPU with nothing to run gives its caches back: page lists, object sheaves, empty slabs. The
 * machine does so lazily, at the latest when somebody looks: the bridge calls this before it
 * makes a statistics file. CPUs somebody is busy on keep theirs. May sleep.
 */
void machine_idle(void);

#endif
