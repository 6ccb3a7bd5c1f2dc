// SPDX-License-Identifier: MIT
/*
 * freelist.c - which objects of one slab are free.
 *
 * 1. Idea: what a free object costs is a miss of the cache when its memory is touched, and with
 *    many objects that is all it costs. So a slab of at most 64 objects keeps a *map* in its
 *    struct page, a bit for each object: objects come and go sixty at a time, and their memory is
 *    never looked at. What is given
 *    twice shows: it adds no bit.
 *
 * 2. Larger slabs, of objects below 64 bytes, *link* their free objects through the word at
 *    ->offset, as the kernel does (Lameter's SLUB): there one line of memory holds several objects
 *    anyway. So do debugged caches (slub_debug.c). Objects that were never handed out are on no
 *    list: object number page->fresh is the next of them, so that a new slab's memory is not
 *    touched before it is used; but a debugged cache's is touched anyway, and links all.
 *
 *    A link that somebody has written over leads nowhere: what would follow it counts as in use from
 *    then on, so that one wrong store costs a slab's free objects and not the lock held meanwhile.
 *
 * 3. Which of the two is the cache's (->free_maps), so that nobody asks the slab.
 *
 * 4. Invariants (freelist_marks() finds what the checker compares):
 *	map:	bits in free_map + inuse = objects
 *	list:	inuse + length of freelist + (objects - fresh) = objects
 *
 * 5. Locks: the caller's. A slab on its node's lists is changed under list_lock, one that is on
 *    none by who has it.
 */
#include <kmem/bug.h>

#include "slab.h"
#include "slub_debug.h"

void freelist_init(const struct kmem_cache *s, struct page *slab)
{
	if (s->free_maps)
		slab->free_map = ~0ull >> (64 - slab->objects);
	else
		slab->freelist = NULL;
	slab->inuse = 0;
	slab->fresh = 0;
	if (!slab_debugged(s))
		return;
	slab->fresh = slab->objects;
	for (unsigned int i = slab->objects; i-- > 0; slab->freelist = slab_object(s, slab, i))
		set_free_pointer(s, slab_object(s, slab, i), slab->freelist);
}

void freelist_use_up(struct page *slab)
{
	slab->freelist = NULL;
	slab->fresh = slab->objects;
	slab->inuse = slab->objects;
}

/* The ones that @map begins with, from the top. */
static inline unsigned int leading_ones(u64 map)
{
	return ~map ? __builtin_clzll(~map) : 64;
}

/* Two words that lie anywhere; the compiler makes of them what the machine has. */
typedef unsigned long two __attribute__((vector_size(16), aligned(8), may_alias));

/* @nr addresses from @top down, a @step apart, at @p. Returns the end. */
static inline void **write_run(void **p, unsigned int nr, char *top, unsigned long step)
{
	two next = { (unsigned long)top, (unsigned long)top - step };
	two after = next - 2 * step;
	void **end = p + nr;

	for (; p + 4 <= end; p += 4) {
		*(two *)p = next;
		*(two *)(p + 2) = after;
		next -= 4 * step;
		after -= 4 * step;
	}
	for (unsigned long left = next[0]; p < end; left -= step)
		*p++ = (void *)left;
	return end;
}

/*
 * One alone is the lowest; of many the last is the lowest, for sheaves are emptied from the end.
 * Neighbours are taken in a run.
 */
static unsigned int take_by_map(const struct kmem_cache *s, struct page *slab, void **p,
				unsigned int nr)
{
	const unsigned long size = s->size;
	char *base = slab_object(s, slab, 0);
	u64 map = slab->free_map;
	unsigned int got = 0;

	if (nr == 1 && map) {
		*p = base + __builtin_ctzll(map) * size;
		map &= map - 1;
		got = 1;
	}
	while (map && got < nr) {
		unsigned int above = __builtin_clzll(map);
		unsigned int run = min(leading_ones(map << above), nr - got);
		char *object = base + (63 - above) * size;

		map &= ~(~0ull << (64 - run) >> above);
		got += run;
		p = write_run(p, run, object, size);
	}
	slab->free_map = map;
	return got;
}

/* Is the object at @p in the slab that begins at @base? */
static inline bool lies_in(const void *p, unsigned long base, unsigned long bytes)
{
	return (unsigned long)p - base < bytes;
}

bool slab_link_is_sound(const struct kmem_cache *s, const struct page *slab, const void *next)
{
	return !next ||
	       (lies_in(next, (unsigned long)page_address(slab), PAGE_SIZE << slab->order) &&
		object_index(s, slab, next) < slab->objects);
}

static noinline void report_broken_link(const struct kmem_cache *s, const void *object,
					const void *next)
{
	/* Who looks at what is taken tells of it. */
	if (s->flags & SLAB_CONSISTENCY_CHECKS)
		return;
	pr_err("BUG %s: Freechain corrupt 0x%016lx leads to 0x%016lx\n", s->name,
	       (unsigned long)object, (unsigned long)next);
	dump_stack();
	pr_err("FIX %s: Freelist cleared\n", s->name);
}

static unsigned int take_by_list(const struct kmem_cache *s, struct page *slab, void **p,
				 unsigned int nr)
{
	void *object = slab->freelist;
	unsigned int got = 0;

	while (object && got < nr) {
		void *next = get_free_pointer(s, object);

		p[got++] = object;
		if (unlikely(!slab_link_is_sound(s, slab, next))) {
			report_broken_link(s, object, next);
			next = NULL;
			slab->inuse = slab->fresh - got;
		}
		object = next;
	}
	slab->freelist = object;
	while (got < nr && slab->fresh < slab->objects)
		p[got++] = slab_object(s, slab, slab->fresh++);
	return got;
}

unsigned int freelist_take(const struct kmem_cache *s, struct page *slab, void **p, unsigned int nr)
{
	unsigned int got;

	got = s->free_maps ? take_by_map(s, slab, p, nr) : take_by_list(s, slab, p, nr);
	slab->inuse += got;
	return got;
}

static noinline void report_free_again(const struct kmem_cache *s, const void *object)
{
	pr_err("BUG %s: Object already free 0x%016lx\n", s->name, (unsigned long)object);
	dump_stack();
}

/* Bits of which one is set already: one by one. Returns how many of them are. */
static noinline unsigned int count_free_again(const struct kmem_cache *s, const struct page *slab,
					      u64 map, void **p, unsigned int nr)
{
	unsigned int again = 0;

	for (unsigned int i = 0; i < nr; i++) {
		u64 bit = 1ull << object_index(s, slab, p[i]);

		if (map & bit) {
			report_free_again(s, p[i]);
			again++;
		}
		map |= bit;
	}
	return again;
}

/* How many from p[0] on, at most @nr, lie one @step after the other. */
static inline unsigned int run_length(void **p, unsigned int nr, long step)
{
	void **q = p, **end = p + nr;
	char *next = p[0];

	while (q + 4 <= end && q[0] == next && q[1] == next + step && q[2] == next + 2 * step &&
	       q[3] == next + 3 * step) {
		next += 4 * step;
		q += 4;
	}
	for (; q < end && *q == next; next += step)
		q++;
	return q - p;
}

/*
 * Objects are often given in the order in which they lie, or against it: then a run of them is a
 * run of bits, and only its first needs a multiplication.
 */
static unsigned int give_by_map(const struct kmem_cache *s, struct page *slab, void **p,
				unsigned int nr)
{
	const unsigned long bytes = PAGE_SIZE << slab->order;
	const unsigned long base = ALIGN_DOWN((unsigned long)p[0], bytes);
	const u64 before = slab->free_map;
	u64 map = before;
	unsigned int i = 0;

	do {
		unsigned int at = object_index(s, slab, p[i]), run;
		const bool down = i + 1 < nr && p[i + 1] < p[i];

		run = run_length(p + i, min(nr - i, down ? at + 1 : slab->objects - at),
				 down ? -(long)s->size : s->size);
		if (down)
			at -= run - 1;
		map |= ~0ull >> (64 - run) << at;
		i += run;
	} while (i < nr && lies_in(p[i], base, bytes));
	slab->free_map = map;
	slab->inuse -= i;
	/* What is free twice adds no bit. */
	if (unlikely((unsigned int)__builtin_popcountll(map ^ before) != i))
		slab->inuse += count_free_again(s, slab, before, p, i);
	return i;
}

static unsigned int give_by_list(const struct kmem_cache *s, struct page *slab, void **p,
				 unsigned int nr)
{
	const unsigned long base = (unsigned long)page_address(slab);
	const unsigned long bytes = PAGE_SIZE << slab->order;
	void *list = slab->freelist;
	unsigned int i = 0;

	do {
		if (unlikely(list == p[i] || slab->inuse == 0)) {
			report_free_again(s, p[i]);
			continue;
		}
		set_free_pointer(s, p[i], list);
		list = p[i];
		slab->inuse--;
	} while (++i < nr && lies_in(p[i], base, bytes));
	slab->freelist = list;
	return i;
}

unsigned int freelist_give(const struct kmem_cache *s, struct page *slab, void **p, unsigned int nr)
{
	return s->free_maps ? give_by_map(s, slab, p, nr) : give_by_list(s, slab, p, nr);
}

bool freelist_has(const struct kmem_cache *s, const struct page *slab, const void *object)
{
	unsigned int at = object_index(s, slab, object);
	const void *p = slab->freelist;

	if (s->free_maps)
		return slab->free_map >> at & 1;
	/* Links that were written over may lead anywhere, and in a ring. */
	for (unsigned int n = slab->objects; p && n && slab_link_is_sound(s, slab, p); n--) {
		if (p == object)
			return true;
		p = get_free_pointer(s, p);
	}
	return at >= slab->fresh;
}

int freelist_marks(const struct kmem_cache *s, const struct page *slab, u8 *free)
{
	int n = 0;

	memset(free, 0, slab->objects);
	if (s->free_maps) {
		for (unsigned int i = 0; i < slab->objects; i++)
			n += free[i] = slab->free_map >> i & 1;
		return n == __builtin_popcountll(slab->free_map) ? n : -1;
	}
	for (void *p = slab->freelist; p; p = get_free_pointer(s, p)) {
		unsigned int i;

		if (!is_object_of(s, p) || virt_to_head_page(p) != slab)
			return -1;
		i = object_index(s, slab, p);
		if (free[i]++)
			return -1;
		n++;
	}
	for (unsigned int i = slab->fresh; i < slab->objects; i++, n++)
		free[i]++;
	return n;
}
