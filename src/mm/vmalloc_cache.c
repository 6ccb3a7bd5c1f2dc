// SPDX-License-Identifier: MIT
/*
 * vmalloc_cache.c - freed areas that the next request of their size finds as they are.
 *
 * 1. Idea: making an area costs calls of the host and faults, a hundred times what the rest costs.
 *    Programs that vmalloc in a loop ask for the same size again and again. So a freed area of
 *    such a size keeps its addresses, its frames and what the host knows of it; only its page
 *    table entries are hidden: nobody finds it by its address, and in vmallocinfo it is unpurged.
 *    Taking it again is showing them (Bonwick 1994: keep objects constructed).
 * 2. A size is common after COMMON areas of it were freed since the boot. Until then they are
 *    unmapped at once, so that the mistakes of a program that frees little fault at once.
 * 3. Structures: for each CPU a stack of areas, newest on top, of at most SLOTS areas and
 *    limit_pages pages: no more than a 64th of RAM on all CPUs together.
 * 4. The machine takes the pages back by a shrinker, when it idles, and by vm_unmap_aliases().
 * 5. Invariants: an area in a stack has ->cached, VM_CACHEABLE and hidden page table entries;
 *    pages = the sum over the stack's areas <= limit_pages. ->cached and ->caller change while
 *    the area is in the tree of busy ones, so they are read and written whole.
 * 6. Locks: a stack's lock, held for moments.
 */
#include <kmem/mmzone.h>
#include <kmem/shrinker.h>
#include <kmem/spinlock.h>

#include "vmalloc.h"

#define SLOTS	  16
#define COMMON	  16
#define MAX_PAGES VMALLOC_CACHE_MAX_PAGES

struct area_cache {
	spinlock_t lock;
	/* Protected by lock: */
	unsigned int nr, pages;
	struct vm_struct *areas[SLOTS];
} ____cacheline_aligned;

static struct area_cache caches[NR_CPUS];
static unsigned int limit_pages; /* of each CPU; 0: nothing is cached */
/* By pages, and for larger areas by power of two: how many were freed, up to COMMON. */
static unsigned int freed[MAX_PAGES + 1], freed_large[BITS_PER_LONG];

static unsigned int *freed_count(unsigned int nr_pages)
{
	return nr_pages <= MAX_PAGES ? &freed[nr_pages] : &freed_large[ilog2(nr_pages)];
}

bool vmalloc_cache_is_common(unsigned int nr_pages)
{
	unsigned int *count = freed_count(nr_pages), n = READ_ONCE(*count);

	if (n >= COMMON)
		return true;
	WRITE_ONCE(*count, n + 1);
	return false;
}

struct vm_struct *vmalloc_cache_take(unsigned int nr_pages)
{
	struct vm_struct *vm = NULL;
	bool outer = cpu_begin();
	struct area_cache *c = &caches[smp_processor_id()];

	if (READ_ONCE(c->pages) < nr_pages)
		goto out;
	spin_lock(&c->lock);
	for (unsigned int i = c->nr; i-- > 0;) {
		if (c->areas[i]->nr_pages != nr_pages)
			continue;
		vm = c->areas[i];
		for (c->nr--; i < c->nr; i++)
			c->areas[i] = c->areas[i + 1];
		WRITE_ONCE(c->pages, c->pages - nr_pages);
		break;
	}
	spin_unlock(&c->lock);
out:
	cpu_end(outer);
	return vm;
}

bool vmalloc_cache_put(struct vm_struct *vm)
{
	unsigned int nr = vm->nr_pages;
	struct area_cache *c;
	bool outer, kept = false;

	if (nr > limit_pages || nr > MAX_PAGES || READ_ONCE(freed[nr]) < COMMON)
		return false;
	outer = cpu_begin();
	c = &caches[smp_processor_id()];
	if (vm->node_pages[current->busy->node] == nr) {
		spin_lock(&c->lock);
		kept = c->nr < SLOTS && c->pages + nr <= limit_pages;
		if (kept) {
			WRITE_ONCE(vm->cached, true);
			c->areas[c->nr++] = vm;
			WRITE_ONCE(c->pages, c->pages + nr);
		}
		spin_unlock(&c->lock);
	}
	cpu_end(outer);
	return kept;
}

unsigned long vmalloc_cache_pages(void)
{
	unsigned long pages = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		pages += READ_ONCE(caches[cpu].pages);
	return pages;
}

/* Takes all areas of one CPU's stack. Returns how many. */
static unsigned int take_all(struct area_cache *c, struct vm_struct **areas)
{
	unsigned int nr;

	if (!READ_ONCE(c->pages))
		return 0;
	spin_lock(&c->lock);
	nr = c->nr;
	for (unsigned int i = 0; i < nr; i++)
		areas[i] = c->areas[i];
	c->nr = 0;
	WRITE_ONCE(c->pages, 0);
	spin_unlock(&c->lock);
	return nr;
}

unsigned long vmalloc_cache_drain(void)
{
	struct vm_struct *areas[SLOTS];
	unsigned long pages = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		unsigned int nr = take_all(&caches[cpu], areas);

		for (unsigned int i = 0; i < nr; i++) {
			pages += areas[i]->nr_pages;
			vmalloc_give_back(areas[i], false);
		}
	}
	return pages;
}

static unsigned long count_cached(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages = vmalloc_cache_pages();

	return pages ? pages : SHRINK_EMPTY;
}

static unsigned long scan_cached(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages = vmalloc_cache_drain();

	sc->nr_scanned = max(pages, sc->nr_to_scan);
	return pages ? pages : SHRINK_STOP;
}

static struct shrinker cache_shrinker = {
	.count_objects = count_cached,
	.scan_objects = scan_cached,
	.seeks = DEFAULT_SEEKS,
};

void vmalloc_cache_boot(void)
{
	memset(caches, 0, sizeof(caches));
	memset(freed, 0, sizeof(freed));
	memset(freed_large, 0, sizeof(freed_large));
	limit_pages = min(totalram_pages() / 64 / nr_cpu_ids, (unsigned long)SLOTS * MAX_PAGES);
	if (vmalloc_strict)
		limit_pages = 0;
	register_shrinker(&cache_shrinker, "vmalloc-cache");
}

void vmalloc_cache_exit(void)
{
	unregister_shrinker(&cache_shrinker);
	limit_pages = 0;
	vmalloc_cache_drain();
}
