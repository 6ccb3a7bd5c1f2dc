// SPDX-License-Identifier: MIT
/*
 * percpu_chunk.c - which pieces of a unit of per-CPU memory are used.
 *
 * 1. Idea: all units of a chunk are laid out alike, so one map serves for all CPUs. A request takes
 *    the first run of unused bits that is long enough.
 * 2. Structures: two bitmaps over the unit, a bit for every PCPU_MIN_ALLOC_SIZE bytes: used[], and
 *    start[] with a bit where an object begins (and where it ends, so that a free finds the end
 *    without being told).
 * 3. Invariants (pcpu_chunk_check()): a start bit stands at every change between unused and an
 *    object, and between two objects; free = unused bits * PCPU_MIN_ALLOC_SIZE; empty_pages = pages
 *    of the unit without a used bit.
 * 4. Locks: the caller's, for all of it (pcpu_lock).
 */
#include "percpu_chunk.h"

#define LONGS_PER_PAGE (PCPU_MAP_LONGS / PCPU_UNIT_PAGES)

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

/* First fit: the lowest run of @bits unused bits that starts at a multiple of @align. */
static long find_room(const struct pcpu_chunk *chunk, unsigned long bits, unsigned long align)
{
	unsigned long at = 0, run = 0;

	while (at + bits <= PCPU_UNIT_BITS) {
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

/* Pages of the unit without a used bit, among those that bits [at, end) touch. */
static unsigned int empty_pages(const struct pcpu_chunk *chunk, unsigned long at, unsigned long end)
{
	const unsigned long bits = LONGS_PER_PAGE * BITS_PER_LONG;
	unsigned int n = 0;

	for (unsigned long page = at / bits; page * bits < end; page++) {
		unsigned long any = 0;

		for (unsigned long i = 0; i < LONGS_PER_PAGE; i++)
			any |= chunk->used[page * LONGS_PER_PAGE + i];
		n += !any;
	}
	return n;
}

void pcpu_chunk_init(struct pcpu_chunk *chunk, char *base, unsigned long size)
{
	chunk->base = base;
	chunk->free = size;
	for (unsigned long i = size / PCPU_MIN_ALLOC_SIZE; i < PCPU_UNIT_BITS; i++)
		set_bit(chunk->used, i);
	chunk->empty_pages = empty_pages(chunk, 0, PCPU_UNIT_BITS);
}

void *pcpu_chunk_take(struct pcpu_chunk *chunk, unsigned long bits, unsigned long align)
{
	unsigned int empty;
	long at;

	if (chunk->free < bits * PCPU_MIN_ALLOC_SIZE)
		return NULL;
	at = find_room(chunk, bits, align);
	if (at < 0)
		return NULL;
	empty = empty_pages(chunk, at, at + bits);
	for (unsigned long i = 0; i < bits; i++)
		set_bit(chunk->used, at + i);
	set_bit(chunk->start, at);
	set_bit(chunk->start, at + bits);
	chunk->empty_pages += empty_pages(chunk, at, at + bits) - empty;
	chunk->free -= bits * PCPU_MIN_ALLOC_SIZE;
	chunk->objects++;
	return chunk->base + at * PCPU_MIN_ALLOC_SIZE;
}

bool pcpu_chunk_give(struct pcpu_chunk *chunk, const char *ptr)
{
	unsigned long first = (ptr - chunk->base) / PCPU_MIN_ALLOC_SIZE, end;
	unsigned int empty;

	if (!test_bit(chunk->start, first) || !test_bit(chunk->used, first))
		return false;
	for (end = first + 1; !test_bit(chunk->start, end); end++)
		;
	empty = empty_pages(chunk, first, end);
	if (!first || !test_bit(chunk->used, first - 1))
		clear_bit(chunk->start, first);
	for (unsigned long at = first; at < end; at++)
		clear_bit(chunk->used, at);
	if (end == PCPU_UNIT_BITS || !test_bit(chunk->used, end))
		clear_bit(chunk->start, end);
	chunk->empty_pages += empty_pages(chunk, first, end) - empty;
	chunk->free += (end - first) * PCPU_MIN_ALLOC_SIZE;
	chunk->objects--;
	return true;
}

unsigned long pcpu_chunk_check(const struct pcpu_chunk *chunk)
{
	unsigned long bad = 0, used = 0;

	for (unsigned long i = 0; i < PCPU_UNIT_BITS; i++) {
		bool now = test_bit(chunk->used, i);

		used += now;
		if (i && now != test_bit(chunk->used, i - 1))
			bad += !test_bit(chunk->start, i);
	}
	bad += used * PCPU_MIN_ALLOC_SIZE + chunk->free != PCPU_UNIT_SIZE;
	return bad + (chunk->empty_pages != empty_pages(chunk, 0, PCPU_UNIT_BITS));
}
