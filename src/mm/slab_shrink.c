// SPDX-License-Identifier: MIT
/*
 * slab_shrink.c - memory that caches keep and nobody has goes back: asked for one cache, under
 * pressure (a shrinker), on an idle machine.
 *
 * A cache keeps free objects on the CPUs and in the barn, and slabs that have come empty. Sheaves
 * are objects too, of a cache of their own: its slabs come last, since the list has the newest
 * cache first and that one was among the first.
 *
 * Locks: slab_mutex, under which requests allocate: so the shrinker only tries it.
 */
#include <kmem/mutex.h>
#include <kmem/shrinker.h>

#include "slab.h"
#include "slub_debug.h"

int kmem_cache_shrink(struct kmem_cache *s)
{
	might_sleep();
	sheaves_flush(s);
	slab_discard_empty(s);
	return slab_totals(s).slabs != 0;
}

void slab_free_unused(void)
{
	struct kmem_cache *s;

	slab_flush_idle();
	mutex_lock(&slab_mutex);
	/* A page that has gone back tells of no write after the free. */
	list_for_each_entry(s, &slab_caches, list)
		if (!slab_debugged(s))
			slab_discard_empty(s);
	mutex_unlock(&slab_mutex);
}

static unsigned long count_idle(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long n = 0;
	struct kmem_cache *s;

	if (!mutex_trylock(&slab_mutex))
		return 0;
	list_for_each_entry(s, &slab_caches, list)
		n += barn_objects(s) + slab_totals(s).free;
	mutex_unlock(&slab_mutex);
	/* What CPUs hold is not counted but is given back as well. */
	return n + 1;
}

static unsigned long scan_idle(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long pages = 0;
	struct kmem_cache *s;

	if (!gfpflags_allow_blocking(sc->gfp_mask) || !mutex_trylock(&slab_mutex))
		return SHRINK_STOP;
	list_for_each_entry(s, &slab_caches, list) {
		if (s->no_reap)
			continue;
		sheaves_flush(s);
		pages += slab_discard_empty(s);
	}
	mutex_unlock(&slab_mutex);
	return pages ? pages : SHRINK_STOP;
}

struct shrinker slab_shrinker = {
	.count_objects = count_idle,
	.scan_objects = scan_idle,
	.seeks = DEFAULT_SEEKS,
};
