/* SPDX-License-Identifier: MIT */
/* slab_hooks.h - who sees every object that comes and goes. Told in slab_hooks.c. */
#ifndef MM_SLAB_HOOKS_H
#define MM_SLAB_HOOKS_H

#include <kmem/slab.h>

struct track;

enum slab_hook {
	SLAB_HOOK_INIT, /* init_on_alloc, init_on_free */
	SLAB_HOOK_FAIL, /* failslab.c */
	SLAB_HOOK_LEAK, /* kmemleak.c */
};

/* The hooks that are on, a bit each; caches are watched while any is. Written under slab_mutex. */
extern unsigned int slab_hooks;

/* None is on but those of the boot line. */
void slab_hooks_boot(void);
/* When it returns every allocation of every cache sees the hook, or none does. May sleep. */
void slab_hooks_set(enum slab_hook hook, bool on);

/* For slab_alloc.c and slab.c, of watched caches. The contexts are the requests'. */
void *slab_alloc_watched(struct kmem_cache *s, gfp_t gfp, int node, size_t size,
			 const void *caller);
/*
 * @object, in use or not, is to come back to its slab; nobody has it any more. @by: who gives it, if
 * the cache keeps that. False, and the report was made: it must not. Under list_lock.
 */
bool slab_may_give(struct kmem_cache *s, struct page *slab, void *object, const struct track *by);

#endif
