/* SPDX-License-Identifier: MIT */
/*
 * shrinker.h - being asked for memory back.
 *
 * Whoever holds memory that it can do without registers a shrinker. Under pressure the machine
 * asks count_objects() how much there is (it must not block) and scan_objects() to free up to
 * sc->nr_to_scan of it; those that tell nodes apart, once for each node that needs memory. Both run
 * in a thread that may sleep if sc->gfp_mask allows it, without locks of the allocators held.
 * Source of the rules: Linux 6.1, mm/vmscan.c, do_shrink_slab().
 */
#ifndef KMEM_SHRINKER_H
#define KMEM_SHRINKER_H

#include <kmem/gfp.h>

#define SHRINK_STOP   (~0ul)	 /* from scan: no more now */
#define SHRINK_EMPTY  (~0ul - 1) /* from count: nothing at all */
#define DEFAULT_SEEKS 2
#define SHRINK_BATCH  128

/* shrinker->flags: count and scan look at what is on node sc->nid, and at nothing else. */
#define SHRINKER_NUMA_AWARE 4u

struct shrink_control {
	gfp_t gfp_mask;
	int nid;
	unsigned long nr_to_scan;
	unsigned long nr_scanned;
};

struct shrinker {
	unsigned long (*count_objects)(struct shrinker *, struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *, struct shrink_control *sc);
	long batch; /* 0: SHRINK_BATCH */
	int seeks;  /* cost of making an object anew; DEFAULT_SEEKS if in doubt */
	unsigned int flags;
	struct list_head list; /* protected by shrinker_mutex */
	/* Work that was due but not done: of each node, or all in the first. */
	atomic_long_t nr_deferred[MAX_NUMNODES];
	const char *name;
	void *private_data;
};

/* 0. May sleep. */
int register_shrinker(struct shrinker *shrinker, const char *fmt, ...) __printf(2, 3);
void unregister_shrinker(struct shrinker *shrinker);

/*
 * The form of 6.7 and later: allocate, fill in, register; shrinker_free() ends it, registered or
 * not. NULL without memory. May sleep.
 */
struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...) __printf(2, 3);
void shrinker_register(struct shrinker *shrinker);
void shrinker_free(struct shrinker *shrinker); /* NULL is ignored */

/* Runs all shrinkers until they have nothing more: drop_caches = 2. Returns objects freed. */
unsigned long drop_slab(void);

#endif
