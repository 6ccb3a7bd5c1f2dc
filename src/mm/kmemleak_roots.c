// SPDX-License-Identifier: MIT
/*
 * kmemleak_roots.c - which memory is searched for pointers to objects, and how it is read.
 *
 * 1. Roots, where whoever uses an object has a pointer to it, or to what leads to it:
 *	data		writable segments of the program and of loaded drivers, not of the C library,
 *			and not what is __ro_after_init
 *	per-CPU areas	all of them
 *	struct pages	of frames in use: mapping, private and lru are their owners'
 *	boot memory	what memblock has kept, but for the memory map and the per-CPU areas
 *	stacks		of all threads that were ever busy on a CPU and still live (kernel/task.c). What
 *			a running thread has in registers alone is overlooked; one that waits in the
 *			machine has put them on its stack (host_wait()).
 *    The heap of the C library is not searched, but for what kmemleak_host_alloc() gave out.
 *
 * 2. Reading changes nothing: pages that the host has no memory for are zeros and are not touched
 *    (mincore), areas of vmalloc() are read through their frames.
 *
 * 3. Locks: the caller holds scan_mutex; kmemleak_lock is taken for a page at a time, so that who
 *    allocates waits for no more than that.
 */
#include <string.h>
#include <kmem/memblock.h>
#include <kmem/mmzone.h>
#include <kmem/vmalloc.h>

#include "../kernel/task.h"
#include "kmemleak.h"
#include "percpu_internal.h"
#include "zone.h"

#define RESIDENT_PAGES	  256
#define MAX_PERCPU_CHUNKS 512

/* Calls @fn for what is resident of a range of whole mappings, a page at a time. */
static void resident_parts(unsigned long start, unsigned long end, kmemleak_part_fn *fn, void *arg)
{
	unsigned char there[RESIDENT_PAGES];

	while (start < end) {
		unsigned long first = start & PAGE_MASK;
		unsigned long nr = min((PAGE_ALIGN(end) - first) >> PAGE_SHIFT,
				       (unsigned long)RESIDENT_PAGES);

		if (host_resident(first, nr, there))
			memset(there, 0, nr);
		for (unsigned long i = 0; i < nr; i++) {
			unsigned long stop = min(first + (i + 1) * PAGE_SIZE, end);

			if (there[i] && !fn(start, stop, arg))
				return;
			start = stop;
		}
	}
}

void kmemleak_parts(unsigned long start, unsigned long end, kmemleak_part_fn *fn, void *arg)
{
	if (!is_vmalloc_addr((void *)start)) {
		resident_parts(start, end, fn, arg);
		return;
	}
	while (start < end) {
		unsigned long stop = min((start & PAGE_MASK) + PAGE_SIZE, end);
		struct page *page = vmalloc_to_page((void *)start);
		unsigned long at;

		if (page && PageHighMem(page)) {
			fn(start, stop, arg);
		} else if (page) {
			at = (unsigned long)page_address(page) + offset_in_page(start);
			resident_parts(at, at + (stop - start), fn, arg);
		}
		start = stop;
	}
}

static bool scan_page(unsigned long start, unsigned long end, void *unused)
{
	host_lock(&kmemleak_lock);
	kmemleak_scan_words(start, end, NULL);
	host_unlock(&kmemleak_lock);
	return true;
}

static void scan_root(unsigned long start, unsigned long end)
{
	resident_parts(start, end, scan_page, NULL);
}

extern const char __start_kmem_ro_after_init[] __attribute__((visibility("hidden")));
extern const char __stop_kmem_ro_after_init[] __attribute__((visibility("hidden")));

/* Where vmalloc's window begins is where its first area does; to say so is not to point at it. */
static void scan_segment(unsigned long start, unsigned long end, void *unused)
{
	unsigned long skip = (unsigned long)__start_kmem_ro_after_init;

	if (skip >= start && skip < end) {
		scan_root(start, skip);
		start = (unsigned long)__stop_kmem_ro_after_init;
	}
	scan_root(start, end);
}

static unsigned long percpu_bases[MAX_PERCPU_CHUNKS], percpu_size; /* protected by scan_mutex */
static unsigned int nr_percpu;

static void scan_percpu(void)
{
	nr_percpu = percpu_chunks(percpu_bases, MAX_PERCPU_CHUNKS, &percpu_size);
	for (unsigned int i = 0; i < nr_percpu; i++)
		scan_root(percpu_bases[i], percpu_bases[i] + percpu_size);
}

/* Struct pages that lie in one page of the memory map. */
static bool scan_map_page(unsigned long start, unsigned long end, void *unused)
{
	const struct page *page = (const struct page *)start;

	host_lock(&kmemleak_lock);
	for (; (unsigned long)(page + 1) <= end; page++)
		if (page_ref_count(page) > 0)
			kmemleak_scan_words((unsigned long)&page->lru,
					    (unsigned long)&page->fast_cache, NULL);
	host_unlock(&kmemleak_lock);
	return true;
}

static void scan_struct_pages(void)
{
	unsigned long pfn = 0;

	while (pfn < max_pfn) {
		const struct zone *zone = pfn_zone(pfn);
		unsigned long end = zone ? untouched_end(zone, pfn) : max_pfn;

		if (end == pfn) {
			end = min(ALIGN(pfn + 1, MAX_ORDER_NR_PAGES), max_pfn);
			resident_parts((unsigned long)pfn_to_page(pfn),
				       (unsigned long)pfn_to_page(end), scan_map_page, NULL);
		}
		pfn = zone ? end : pfn + 1;
	}
}

/* From @start to @end of boot memory, but for what is searched elsewhere or not at all. */
static unsigned long skip_known(unsigned long start, unsigned long *end)
{
	unsigned long first = (unsigned long)mem_map, size = max_pfn * sizeof(struct page);

	for (unsigned int i = 0;; i++) {
		if (start - first < size)
			start = first + size;
		else if (first > start)
			*end = min(*end, first);
		if (i == nr_percpu)
			return start;
		first = percpu_bases[i];
		size = percpu_size;
	}
}

static void scan_boot_memory(void)
{
	for (unsigned int i = 0; i < memblock.reserved.cnt; i++) {
		const struct memblock_region *r = &memblock.reserved.regions[i];
		unsigned long start = (unsigned long)__va(r->base), last = start + r->size;

		while (start < last) {
			unsigned long end = last, from = skip_known(start, &end);

			if (from == start)
				scan_root(start, end);
			start = from == start ? end : from;
		}
	}
}

/* A thread's stack is copied while it cannot end, and searched afterwards. */
static void scan_stack_copy(void *copy, size_t size, void *unused)
{
	for (unsigned long at = (unsigned long)copy, end = at + size; at < end; at += PAGE_SIZE)
		scan_page(at, min(at + PAGE_SIZE, end), NULL);
}

void kmemleak_scan_roots(unsigned long own_sp)
{
	if (kmemleak_scan_stacks)
		for_each_task_stack(own_sp, scan_stack_copy, NULL);
	host_data_segments(scan_segment, NULL);
	scan_percpu();
	scan_struct_pages();
	scan_boot_memory();
	/* Or the next scan, when something else is there, finds it here. */
	memset(percpu_bases, 0, nr_percpu * sizeof(*percpu_bases));
}
