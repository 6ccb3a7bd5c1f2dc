// SPDX-License-Identifier: MIT
/*
 * slab_hooks.c - everybody who must see objects come and go, when somebody must.
 *
 * 1. Idea: as with pages (page_hooks.c), the inline paths have no room for a test. What they look
 *    at is arranged so that they find nothing while a cache is *watched*:
 *
 *	alloc	the cache has nothing in CPUs' hot slots and no sheaves: __kmem_cache_alloc()
 *	free	->fast_cache of its slabs' pages is NULL, so that no object may be freed inline:
 *		__kmem_cache_free()
 *
 *    Both then come here, and straight to the slabs, object by object. There is time to look at
 *    each: one that is free already is found out, also in slabs that link their free objects,
 *    before anything is done to it, and in one step with that (slab_may_give(), under list_lock).
 *
 * 2. A cache becomes watched in three steps. ->watched is set: new slabs have no fast_cache,
 *    nobody makes a sheaf. Then fast_cache goes away on the slabs there are. Then every CPU gives
 *    its sheaves back, and the barn. Who asked ->fast_cache before the second step and pushes
 *    his object after the third has freed it unseen, and one request will get it unseen: of
 *    those that ran while the hook came on, nobody can tell.
 *
 * 3. Who: init_on.c and kmemleak.c from the boot on, failslab.c while it may fail something. A
 *    cache is watched for all or for none of them. Debugged caches (slub_debug.c) are watched for
 *    good, each for itself.
 *
 * 4. Locks: slab_mutex while hooks are turned on or off.
 */
#include <kmem/mutex.h>

#include "fail_alloc.h"
#include "init_on.h"
#include "kmemleak.h"
#include "slab.h"
#include "slab_hooks.h"
#include "slub_debug.h"

unsigned int slab_hooks;

void slab_hooks_boot(void)
{
	slab_hooks = 0;
	if (init_on_alloc || init_on_free)
		slab_hooks |= BIT(SLAB_HOOK_INIT);
	if (kmemleak_enabled)
		slab_hooks |= BIT(SLAB_HOOK_LEAK);
}

void slab_hooks_set(enum slab_hook hook, bool on)
{
	unsigned int was;
	struct kmem_cache *s;

	mutex_lock(&slab_mutex);
	was = slab_hooks;
	WRITE_ONCE(slab_hooks, on ? was | BIT(hook) : was & ~BIT(hook));
	if (!was != !slab_hooks) {
		list_for_each_entry(s, &slab_caches, list) {
			WRITE_ONCE(s->watched, slab_hooks != 0 || slab_debugged(s));
			slab_mark_pages(s);
			if (s->watched)
				sheaves_flush(s);
		}
	}
	mutex_unlock(&slab_mutex);
}

/* Of kmalloc's objects only what was asked for: behind it may be a red zone. */
static void zero_asked(struct kmem_cache *s, void *object)
{
	if (slab_debugged(s) && !s->ctor)
		memset(object, 0, slub_request_size(s, object));
	else
		slab_zero(s, object);
}

void *slab_alloc_watched(struct kmem_cache *s, gfp_t gfp, int node, size_t size, const void *caller)
{
	void *object;

	if ((READ_ONCE(slab_hooks) & BIT(SLAB_HOOK_FAIL)) && should_failslab(s, gfp))
		return NULL;
	object = slab_take_one(s, gfp, node);
	if (!object) {
		slab_out_of_memory(s, gfp, node);
		return NULL;
	}
	if (slab_want_init_on_free(s) && !s->free_maps && s->offset < s->inuse)
		set_free_pointer(s, object, NULL); /* it was linked */
	if (slab_debugged(s))
		slub_handed_out(s, object, size, caller);
	if (slab_want_init_on_alloc(gfp, s))
		zero_asked(s, object);
	if (!(s->flags & SLAB_NOLEAKTRACE))
		kmemleak_alloc(object, s->object_size, 1, gfp);
	return object;
}

bool slab_may_give(struct kmem_cache *s, struct page *slab, void *object, const struct track *by)
{
	if (slab_debugged(s)) {
		if (!slub_may_give(s, slab, object, by))
			return false;
	} else if (freelist_has(s, slab, object)) {
		return slab_report_free(s, object, "Object already free");
	}
	kmemleak_free(object);
	if (slab_want_init_on_free(s))
		memset(object, 0, s->object_size);
	return true;
}
