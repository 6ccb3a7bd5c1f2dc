// SPDX-License-Identifier: MIT
/*
 * init_on.c - memory that is zeroed whoever asks for it: the boot words init_on_alloc=1 and
 * init_on_free=1 (Linux 5.3, Potapenko).
 *
 * 1. init_on_alloc: pages and objects are zeros when they are handed out, as if every request
 *    had __GFP_ZERO. What somebody forgets to initialize is then at least not somebody else's.
 *    init_on_free: they are zeros from the moment they are freed, so that nothing outlives its
 *    owner. Both cost a write of all memory that comes or goes.
 *
 * 2. Objects. Not those of caches with a constructor: they are to stay
 *    constructed. Not, at the free, those of SLAB_TYPESAFE_BY_RCU: readers may still look. Those,
 *    and poisoned ones, are zeroed at the allocation if the request itself says __GFP_ZERO.
 *    krealloc() zeroes what it cuts off an object, and what it adds to one.
 *
 * 3. Pages: a hook (page_hooks.c). Memory that was never handed out is zeros anyway.
 *
 * 4. Locks: none; the words do not change while a machine runs.
 */
#include <kmem/machine.h>
#include <kmem/slab.h>

#include "init_on.h"

bool init_on_alloc, init_on_free;

void init_on_boot(const struct machine_config *cfg)
{
	init_on_alloc = cfg->init_on_alloc;
	init_on_free = cfg->init_on_free;
}

void init_on_exit(void)
{
	init_on_alloc = false;
	init_on_free = false;
}

bool slab_want_init_on_alloc(gfp_t gfp, const struct kmem_cache *s)
{
	if (init_on_alloc && !s->ctor && !s->book_ctor &&
	    !(s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON)))
		return true;
	return gfp & __GFP_ZERO;
}

bool slab_want_init_on_free(const struct kmem_cache *s)
{
	return init_on_free && !s->ctor && !s->book_ctor &&
	       !(s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON));
}
