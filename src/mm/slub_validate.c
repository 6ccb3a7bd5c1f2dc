// SPDX-License-Identifier: MIT
/*
 * slub_validate.c - a look at the slabs of a debugged cache for what is not as it must be.
 *
 * It is taken when somebody asks (validate_slab_cache(), sys/kernel/slab/CACHE/validate), and of
 * one slab before its pages go back, which is the last chance to see a write after the free. The
 * freelist comes first: it says which objects are free, and so what must be in them. A list that is
 * wrong is cut where it is, and the slab's count made to fit, so that what is left can be used.
 *
 * Locks: slab_mutex around the looks at whole caches, list_lock around each slab.
 */
#include <kmem/mutex.h>
#include <kmem/poison.h>

#include "slab.h"
#include "slub_debug.h"

/* None of the list can be trusted. */
static unsigned int clear_list(struct kmem_cache *s, struct page *slab, const char *what)
{
	slub_slab_error(s, slab, "%s", what);
	freelist_use_up(slab);
	slub_fixed(s, "Freelist cleared");
	return 0;
}

/* Cuts the list at a link that leads nowhere; returns its length. */
static unsigned int follow_list(struct kmem_cache *s, struct page *slab)
{
	void *object = NULL, *next = slab->freelist;
	unsigned int n = 0;

	for (; next && n <= slab->objects; n++) {
		if (!slab_link_is_sound(s, slab, next)) {
			if (!object)
				return clear_list(s, slab, "Freepointer corrupt");
			slub_object_error(s, slab, object, "Freechain corrupt");
			set_free_pointer(s, object, NULL);
			return n;
		}
		object = next;
		next = get_free_pointer(s, object);
	}
	return n <= slab->objects ? n : clear_list(s, slab, "Freelist cycle detected");
}

static void check_freelist(struct kmem_cache *s, struct page *slab)
{
	const unsigned int inuse = slab->objects - follow_list(s, slab);

	if (slab->inuse == inuse)
		return;
	slub_slab_error(s, slab, "Wrong object count. Counter is %u but counted were %u",
			slab->inuse, inuse);
	slab->inuse = inuse;
	slub_fixed(s, "Object count adjusted");
}

void slub_check_discarded(struct kmem_cache *s, struct page *slab)
{
	if (!(s->flags & SLAB_CONSISTENCY_CHECKS))
		return;
	slub_check_slab(s, slab);
	for (unsigned int i = 0; i < slab->objects; i++)
		slub_check_object(s, slab, slab_object(s, slab, i), SLUB_RED_INACTIVE);
}

static void validate_slab(struct kmem_cache *s, struct page *slab, u8 *free, void *unused)
{
	if (!slub_check_slab(s, slab))
		return;
	check_freelist(s, slab);
	if (freelist_marks(s, slab, free) < 0)
		return;
	for (unsigned int i = 0; i < slab->objects; i++)
		slub_check_object(s, slab, slab_object(s, slab, i),
				  free[i] ? SLUB_RED_INACTIVE : SLUB_RED_ACTIVE);
}

long slub_validate(struct kmem_cache *s)
{
	return slab_debugged(s) ? slab_for_each(s, validate_slab, NULL) : 0;
}

long validate_slab_cache(struct kmem_cache *s)
{
	long slabs;

	mutex_lock(&slab_mutex);
	slabs = slub_validate(s);
	mutex_unlock(&slab_mutex);
	return slabs;
}
