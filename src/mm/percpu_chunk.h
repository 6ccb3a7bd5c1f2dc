/* SPDX-License-Identifier: MIT */
/* percpu_chunk.h - a chunk of per-CPU memory: a unit for each CPU, all laid out alike. */
#ifndef MM_PERCPU_CHUNK_H
#define MM_PERCPU_CHUNK_H

#include <kmem/list.h>
#include <kmem/page.h>
#include <kmem/percpu.h>

#define PCPU_UNIT_SIZE	(64ul << 10)
#define PCPU_UNIT_BITS	(PCPU_UNIT_SIZE / PCPU_MIN_ALLOC_SIZE)
#define PCPU_UNIT_PAGES (PCPU_UNIT_SIZE / PAGE_SIZE)
#define PCPU_MAP_LONGS	(PCPU_UNIT_BITS / BITS_PER_LONG)

/* Protected by pcpu_lock, as all of it. */
struct pcpu_chunk {
	struct list_head list;	  /* in its slot */
	char *base;		  /* the unit of CPU 0 */
	unsigned long free;	  /* bytes of a unit */
	unsigned int empty_pages; /* of a unit */
	unsigned long objects;
	bool from_boot;
	unsigned long used[PCPU_MAP_LONGS];
	unsigned long start[PCPU_MAP_LONGS + 1];
};

/* @chunk is zeros. Its unit can be used up to @size. */
void pcpu_chunk_init(struct pcpu_chunk *chunk, char *base, unsigned long size);
/* @bits units of PCPU_MIN_ALLOC_SIZE at a multiple of @align of them, CPU 0's copy; or NULL. */
void *pcpu_chunk_take(struct pcpu_chunk *chunk, unsigned long bits, unsigned long align);
/* False: no object begins at @ptr, which is in the unit of CPU 0. */
bool pcpu_chunk_give(struct pcpu_chunk *chunk, const char *ptr);
unsigned long pcpu_chunk_check(const struct pcpu_chunk *chunk);

#endif
