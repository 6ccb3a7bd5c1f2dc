// SPDX-License-Identifier: MIT
/*
 * slub_object.c - what must stand around, behind and in an object of a debugged cache.
 *
 * 1. Idea: memory that nobody may write is filled with bytes that nobody writes by chance. Where
 *    they have changed, somebody did; which of them have tells whether it was an overrun, an
 *    underrun or a use after the free.
 *
 * 2. Regions (the offsets are slab_layout.c's; each is there only with the letter before it):
 *
 *	Z  Left Redzone		red_left_pad bytes before the object	bb free, cc in use
 *	P  Poison, End Poison	the object, while it is free		6b ... 6b a5
 *	Z  kmalloc Redzone	in use: what was not asked for		cc
 *	Z  Right Redzone	from object_size to inuse		bb free, cc in use
 *	P  Alignment padding	the same place, without Z		5a
 *	P  Object padding	behind pointer, tracks, request size	5a
 *	P  slab padding		behind the last object			5a
 *
 *    regions_of() is the one list of them: who fills and who checks goes through it. The bytes of
 *    an object in use are its user's; that a new one reads 6b is how one that was never
 *    initialized shows. Objects with a constructor, and of SLAB_TYPESAFE_BY_RCU, keep their
 *    contents and are not poisoned, but what is around them is.
 *
 * 3. What is found damaged is told of and filled anew, so that it is told once.
 *
 * 4. Locks: the caller's list_lock; a slab that is on no list is who made it's.
 *
 * Source of the rules: Linux 6.18, mm/slub.c, and include/linux/poison.h.
 */
#include <string.h>
#include <kmem/poison.h>
#include <kmem/printk.h>

#include "slab.h"
#include "slub_debug.h"

struct region {
	const char *name;
	u8 *start;
	unsigned int len;
	u8 value;
	bool contents; /* of the object: its user's while it is in use */
};

#define MAX_REGIONS 6

static unsigned int *request_size_of(const struct kmem_cache *s, const void *object)
{
	return (unsigned int *)((char *)object + slub_request_size_offset(s));
}

unsigned int slub_request_size(const struct kmem_cache *s, const void *object)
{
	unsigned int size = has_request_size(s) ? READ_ONCE(*request_size_of(s, object)) : 0;

	/* It lies where an overrun may have come. */
	return size - 1 < s->object_size ? size : s->object_size;
}

static unsigned int regions_of(const struct kmem_cache *s, const void *object, u8 red,
			       struct region r[static MAX_REGIONS])
{
	const bool cut = red == SLUB_RED_ACTIVE && (s->flags & SLAB_RED_ZONE);
	const unsigned int asked = cut ? slub_request_size(s, object) : s->object_size;
	const unsigned int behind = s->inuse - s->object_size;
	u8 *p = (u8 *)object, *object_end = p + s->object_size, *pad = p + slub_padding_offset(s);
	u8 *end = p + s->size - s->red_left_pad;
	struct region *next = r;

	if (s->flags & SLAB_RED_ZONE) {
		*next++ = (struct region){ "Left Redzone", p - s->red_left_pad, s->red_left_pad,
					   red, false };
		*next++ = (struct region){ "Right Redzone", object_end, behind, red, false };
		*next++ = (struct region){ "kmalloc Redzone", p + asked, object_end - (p + asked),
					   red, false };
	} else if (s->flags & SLAB_POISON) {
		*next++ = (struct region){ "Alignment padding", object_end, behind, POISON_INUSE,
					   false };
	}
	if (s->flags & SLAB_OBJECT_POISON) {
		*next++ = (struct region){ "Poison", p, asked - 1, POISON_FREE, true };
		*next++ = (struct region){ "End Poison", p + asked - 1, 1, POISON_END, true };
	}
	if (s->flags & SLAB_POISON)
		*next++ = (struct region){ "Object padding", pad, end - pad, POISON_INUSE, false };
	return next - r;
}

void slub_init_object(const struct kmem_cache *s, void *object, u8 red)
{
	struct region r[MAX_REGIONS];
	unsigned int n = regions_of(s, object, red, r);

	for (unsigned int i = 0; i < n; i++)
		memset(r[i].start, r[i].value, r[i].len);
}

/* Only what lies between the old end and the new one changes hands. */
void slub_set_request_size(struct kmem_cache *s, void *object, unsigned int size)
{
	unsigned int old;

	if (!has_request_size(s))
		return;
	old = slub_request_size(s, object);
	*request_size_of(s, object) = size;
	if ((s->flags & SLAB_RED_ZONE) && size < old)
		memset((u8 *)object + size, SLUB_RED_ACTIVE, old - size);
}

void slub_init_slab(const struct kmem_cache *s, struct page *slab)
{
	if (s->flags & SLAB_POISON)
		memset(page_address(slab), POISON_INUSE, PAGE_SIZE << slab->order);
	for (unsigned int i = 0; i < slab->objects; i++) {
		void *object = slab_object(s, slab, i);

		slub_clear_tracks(s, object);
		if (has_request_size(s))
			*request_size_of(s, object) = s->object_size;
		slub_init_object(s, object, SLUB_RED_INACTIVE);
	}
}

/*
 * The part of the region from the first wrong byte to the last; NULL if all are right. Who wrote
 * there may still do so.
 */
static u8 *find_damage(const struct region *r, unsigned int *len)
{
	u8 *first = r->start, *end = r->start + r->len;

	while (first < end && *first == r->value)
		first++;
	if (first >= end)
		return NULL;
	while (end > first + 1 && end[-1] == r->value)
		end--;
	*len = end - first;
	return first;
}

static void mend(const struct kmem_cache *s, const char *what, u8 *first, unsigned int len,
		 u8 value)
{
	memset(first, value, len);
	slub_fixed(s, "Restoring %s 0x%016lx-0x%016lx=0x%x", what, (unsigned long)first,
		   (unsigned long)first + len - 1, value);
}

/* @show: the object too, and not only where it is damaged. */
static bool check_region(struct kmem_cache *s, struct page *slab, const void *object,
			 const struct region *r, bool show)
{
	unsigned int len;
	u8 *first = find_damage(r, &len);

	if (!first)
		return true;
	slub_count_error();
	pr_err("[%s overwritten] 0x%016lx-0x%016lx @offset=%lu. First byte 0x%x instead of 0x%x\n",
	       r->name, (unsigned long)first, (unsigned long)first + len - 1,
	       (unsigned long)(first - (u8 *)page_address(slab)), *first, r->value);
	if (show)
		slub_show_object(s, slab, object, "Object corrupt");
	mend(s, r->name, first, len, r->value);
	return false;
}

bool slub_check_object(struct kmem_cache *s, struct page *slab, void *object, u8 red)
{
	struct region r[MAX_REGIONS];
	unsigned int n = regions_of(s, object, red, r);
	const bool in_use = red == SLUB_RED_ACTIVE;
	bool sound = true;

	for (unsigned int i = 0; i < n; i++)
		if (!(in_use && r[i].contents))
			sound &= check_region(s, slab, object, &r[i], sound);
	/* In an object that is in use the pointer's place may be its user's. */
	if ((s->offset >= s->inuse || !in_use) &&
	    !slab_link_is_sound(s, slab, get_free_pointer(s, object))) {
		slub_object_error(s, slab, object, "Freepointer corrupt");
		set_free_pointer(s, object, NULL);
		sound = false;
	}
	return sound;
}

/* The slab itself: what the page says of it, and what is behind its objects. */
bool slub_check_slab(struct kmem_cache *s, struct page *slab)
{
	const unsigned int used = slab->objects * s->size;
	struct region r = { "slab padding", (u8 *)page_address(slab) + used,
			    (PAGE_SIZE << slab->order) - used, POISON_INUSE, false };
	unsigned int len;
	u8 *first;

	if (slab->inuse > slab->objects) {
		slub_slab_error(s, slab, "inuse %u > max %u", slab->inuse, slab->objects);
		return false;
	}
	first = s->flags & SLAB_POISON ? find_damage(&r, &len) : NULL;
	if (first) {
		slub_slab_error(s, slab, "Padding overwritten. 0x%016lx-0x%016lx @offset=%lu",
				(unsigned long)first, (unsigned long)first + len - 1,
				(unsigned long)(first - (u8 *)page_address(slab)));
		slub_show_bytes("Padding  ", r.start, r.len);
		mend(s, r.name, first, len, r.value);
	}
	return true;
}
