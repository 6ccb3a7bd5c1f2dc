// SPDX-License-Identifier: MIT
/*
 * percpu.c - memory with one copy for each CPU.
 *
 * 1. Idea: a *chunk* holds one *unit* for each CPU, one after the other, all laid out alike. An
 *    object is the same piece of every unit, so the copy of CPU c is c * UNIT_SIZE further on,
 *    whatever the chunk, and finding it is one addition (Linux 2.6.30 on, Tejun Heo).
 * 2. Structures: a chunk has two bitmaps over its unit, a bit for every PCPU_MIN_ALLOC_SIZE
 *    bytes: used[], and start[] with a bit where an object begins (and where it ends, so that a
 *    free finds the end without being told). The first chunk comes from memblock, before there
 *    is a page allocator (a second one, if a machine has many zones); its users are the page
 *    allocator and slab themselves. Later chunks are described in host memory, since slab itself
 *    stands on them.
 * 3. Invariants: a start bit stands at every change between unused and an object, and between
 *    two objects; chunk->free = unused bits * PCPU_MIN_ALLOC_SIZE.
 * 4. Locks: pcpu_lock around the bitmaps and the list of chunks. A new chunk is made without it.
 */
#include <string.h>
#include <kmem/bug.h>
#include <kmem/gfp.h>
#include <kmem/memblock.h>
#include <kmem/percpu.h>

#include "../kernel/host.h"
#include "memblock_internal.h"
#include "percpu_internal.h"
#include "zone.h"

#define UNIT_SIZE (64ul << 10)
#define UNIT_BITS (UNIT_SIZE / PCPU_MIN_ALLOC_SIZE)
#define MAP_LONGS (UNIT_BITS / BITS_PER_LONG)

struct pcpu_chunk {
	struct list_head list; /* protected by pcpu_lock */
	char *base;	       /* the unit of CPU 0 */
	unsigned long free;    /* bytes of a unit; protected by pcpu_lock */
	unsigned long objects; /* protected by pcpu_lock */
	bool from_boot;
	unsigned long used[MAP_LONGS];
	unsigned long start[MAP_LONGS + 1];
};

static DEFINE_SPINLOCK(pcpu_lock);
static LIST_HEAD(chunks);	    /* protected by pcpu_lock */
static unsigned int nr_boot_chunks; /* from memblock: they stay */

/* Sections of DEFINE_PER_CPU() variables whose copies were made. */
#define MAX_SECTIONS 32
static struct percpu_section sections[MAX_SECTIONS];
static unsigned int nr_sections;

static bool test_bit(const unsigned long *map, unsigned long i)
{
	return map[i / BITS_PER_LONG] >> i % BITS_PER_LONG & 1;
}

static void set_bit(unsigned long *map, unsigned long i)
{
	map[i / BITS_PER_LONG] |= BIT(i % BITS_PER_LONG);
}

static void clear_bit(unsigned long *map, unsigned long i)
{
	map[i / BITS_PER_LONG] &= ~BIT(i % BITS_PER_LONG);
}

static size_t chunk_bytes(void)
{
	return UNIT_SIZE * nr_cpu_ids;
}

static void chunk_init(struct pcpu_chunk *chunk, void *base)
{
	chunk->base = base;
	chunk->free = UNIT_SIZE;
	list_add_tail(&chunk->list, &chunks);
}

/* The boot runs alone. */
static bool add_boot_chunk(void)
{
	void *base = memblock_alloc(chunk_bytes(), PAGE_SIZE);
	struct pcpu_chunk *chunk = base ? memblock_alloc(sizeof(*chunk), 0) : NULL;

	if (!chunk) {
		pr_err("percpu: %u CPUs need %lu KiB of RAM more\n", nr_cpu_ids,
		       chunk_bytes() >> 10);
		return false;
	}
	chunk->from_boot = true;
	chunk_init(chunk, base);
	nr_boot_chunks++;
	return true;
}

int percpu_boot(void)
{
	unsigned int cpu;

	INIT_LIST_HEAD(&chunks);
	nr_boot_chunks = 0;
	for_each_possible_cpu(cpu)
		cpu_table[cpu].percpu_offset = cpu * UNIT_SIZE;
	return add_boot_chunk() ? 0 : -ENOMEM;
}

/* First fit: the lowest run of @bits unused bits that starts at a multiple of @align. */
static long find_room(const struct pcpu_chunk *chunk, unsigned long bits, unsigned long align)
{
	unsigned long at = 0, run = 0;

	while (at + bits <= UNIT_BITS) {
		if (run == bits)
			return at;
		if (!(at + run) || (at + run) % BITS_PER_LONG ||
		    chunk->used[(at + run) / BITS_PER_LONG] != ~0ul) {
			if (!test_bit(chunk->used, at + run)) {
				run++;
				continue;
			}
			at = ALIGN(at + run + 1, align);
		} else {
			at = ALIGN(at + run + BITS_PER_LONG, align);
		}
		run = 0;
	}
	return -1;
}

/* Caller holds pcpu_lock. */
static void *take(struct pcpu_chunk *chunk, unsigned long bits, unsigned long align)
{
	long at;

	if (chunk->free < bits * PCPU_MIN_ALLOC_SIZE)
		return NULL;
	at = find_room(chunk, bits, align);
	if (at < 0)
		return NULL;
	for (unsigned long i = 0; i < bits; i++)
		set_bit(chunk->used, at + i);
	set_bit(chunk->start, at);
	set_bit(chunk->start, at + bits);
	chunk->free -= bits * PCPU_MIN_ALLOC_SIZE;
	chunk->objects++;
	return chunk->base + at * PCPU_MIN_ALLOC_SIZE;
}

static void *take_from_any(unsigned long bits, unsigned long align)
{
	struct pcpu_chunk *chunk;
	void *ptr = NULL;

	spin_lock(&pcpu_lock);
	list_for_each_entry(chunk, &chunks, list) {
		ptr = take(chunk, bits, align);
		if (ptr)
			break;
	}
	spin_unlock(&pcpu_lock);
	return ptr;
}

static bool add_chunk(gfp_t gfp)
{
	struct pcpu_chunk *chunk;
	void *base;

	if (!memblock_closed())
		return add_boot_chunk();
	chunk = host_alloc(sizeof(*chunk));
	base = chunk ? alloc_pages_exact(chunk_bytes(), gfp | __GFP_ZERO) : NULL;
	if (!base) {
		host_free(chunk);
		return false;
	}
	mod_zone_page_state(page_zone(virt_to_page(base)), NR_PERCPU, chunk_bytes() >> PAGE_SHIFT);
	spin_lock(&pcpu_lock);
	chunk_init(chunk, base);
	spin_unlock(&pcpu_lock);
	return true;
}

void __percpu *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp)
{
	unsigned long bits = DIV_ROUND_UP(size, PCPU_MIN_ALLOC_SIZE);
	unsigned int cpu;
	void *ptr;

	align = max(align, (size_t)PCPU_MIN_ALLOC_SIZE);
	if (gfpflags_allow_blocking(gfp))
		might_sleep();
	if (WARN(!size || size > PCPU_MIN_UNIT_SIZE || align > PAGE_SIZE || !is_power_of_2(align),
		 "illegal size (%zu) or align (%zu) for percpu allocation", size, align))
		return NULL;
	do {
		ptr = take_from_any(bits, align / PCPU_MIN_ALLOC_SIZE);
	} while (!ptr && gfpflags_allow_blocking(gfp) && add_chunk(gfp));
	if (!ptr)
		return NULL;
	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(ptr, cpu), 0, size);
	return ptr;
}

void __percpu *__alloc_percpu(size_t size, size_t align)
{
	return __alloc_percpu_gfp(size, align, GFP_KERNEL);
}

/* Caller holds pcpu_lock. */
static struct pcpu_chunk *chunk_of(const void *ptr)
{
	struct pcpu_chunk *chunk;

	list_for_each_entry(chunk, &chunks, list)
		if ((char *)ptr >= chunk->base && (char *)ptr < chunk->base + UNIT_SIZE)
			return chunk;
	return NULL;
}

void free_percpu(void __percpu *ptr)
{
	struct pcpu_chunk *chunk;
	unsigned long at;

	if (!ptr)
		return;
	spin_lock(&pcpu_lock);
	chunk = chunk_of(ptr);
	at = chunk ? ((char *)ptr - chunk->base) / PCPU_MIN_ALLOC_SIZE : 0;
	if (!chunk || !test_bit(chunk->start, at) || !test_bit(chunk->used, at)) {
		spin_unlock(&pcpu_lock);
		WARN(true, "free_percpu() of %p, which is not allocated", ptr);
		return;
	}
	if (!at || !test_bit(chunk->used, at - 1))
		clear_bit(chunk->start, at);
	do {
		clear_bit(chunk->used, at++);
		chunk->free += PCPU_MIN_ALLOC_SIZE;
	} while (!test_bit(chunk->start, at));
	if (at == UNIT_BITS || !test_bit(chunk->used, at))
		clear_bit(chunk->start, at);
	chunk->objects--;
	spin_unlock(&pcpu_lock);
}

unsigned long percpu_objects(void)
{
	struct pcpu_chunk *chunk;
	unsigned long sum = 0;

	spin_lock(&pcpu_lock);
	list_for_each_entry(chunk, &chunks, list)
		sum += chunk->objects;
	spin_unlock(&pcpu_lock);
	return sum;
}

unsigned long percpu_boot_chunk_pages(void)
{
	return nr_boot_chunks * (chunk_bytes() >> PAGE_SHIFT);
}

int percpu_section_setup(const struct percpu_section *section)
{
	size_t size = section->stop - section->start;
	unsigned int cpu;
	char *copies;

	if (!size || *section->delta)
		return 0;
	if (nr_sections == MAX_SECTIONS || size > PCPU_MIN_UNIT_SIZE) {
		pr_err("percpu: a section of %zu bytes is too large\n", size);
		return -ENOMEM;
	}
	copies = __alloc_percpu(size, PAGE_SIZE);
	if (!copies) {
		pr_err("Could not allocate %zu bytes percpu data\n", size);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		memcpy(copies + cpu_table[cpu].percpu_offset, section->start, size);
	sections[nr_sections++] = *section;
	*section->delta = copies - section->start;
	return 0;
}

unsigned long percpu_exit(unsigned long owned)
{
	struct pcpu_chunk *chunk, *next;
	unsigned long leaks = percpu_objects() - owned - nr_sections;

	if (leaks)
		pr_err("leak: %lu per-CPU object(s)\n", leaks);
	while (nr_sections)
		*sections[--nr_sections].delta = 0;
	list_for_each_entry_safe(chunk, next, &chunks, list) {
		if (chunk->from_boot)
			continue;
		list_del(&chunk->list);
		free_pages_exact(chunk->base, chunk_bytes());
		host_free(chunk);
	}
	return leaks;
}

unsigned long percpu_check(void)
{
	struct pcpu_chunk *chunk;
	unsigned long bad = 0;

	spin_lock(&pcpu_lock);
	list_for_each_entry(chunk, &chunks, list) {
		unsigned long used = 0;

		for (unsigned long i = 0; i < UNIT_BITS; i++) {
			bool now = test_bit(chunk->used, i);

			used += now;
			if (i && now != test_bit(chunk->used, i - 1))
				bad += !test_bit(chunk->start, i);
		}
		bad += used * PCPU_MIN_ALLOC_SIZE + chunk->free != UNIT_SIZE;
	}
	spin_unlock(&pcpu_lock);
	if (bad)
		pr_err("percpu: %lu invariants broken\n", bad);
	return bad;
}
