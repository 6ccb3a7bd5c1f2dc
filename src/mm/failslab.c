// SPDX-License-Identifier: MIT
/*
 * failslab.c - allocations of objects that fail on purpose: sys/kernel/debug/failslab/ and the boot
 * word of that name.
 *
 * What does not fail: requests with __GFP_NOFAIL; unless told otherwise those that may sleep
 * (ignore-gfp-wait); with cache-filter those of caches that are not marked, by the flag
 * SLAB_FAILSLAB or in sys/kernel/slab/CACHE/failslab. The descriptions of caches themselves never
 * fail. The units of "space" are bytes. kmalloc() of more than KMALLOC_MAX_CACHE_SIZE is pages:
 * fail_page_alloc.c.
 *
 * The allocations come by because of a hook (slab_hooks.c), which is on while any could fail.
 *
 * Locks: none. Source of the rules: Linux 6.1, mm/failslab.c.
 */
#include <kmem/fault-inject.h>
#include <kmem/machine.h>

#include "fail_alloc.h"
#include "slab.h"
#include "slab_hooks.h"

static struct fault_attr attr = FAULT_ATTR_INITIALIZER;
static bool ignore_gfp_wait, cache_filter;

static const struct fault_switch switches[] = {
	{ "cache-filter", &cache_filter, NULL },
	{ "ignore-gfp-wait", &ignore_gfp_wait, NULL },
	{ NULL, NULL, NULL },
};

bool should_failslab(struct kmem_cache *s, gfp_t gfp)
{
	if (s == kmem_cache_cache || (gfp & __GFP_NOFAIL))
		return false;
	if ((gfp & __GFP_DIRECT_RECLAIM) && READ_ONCE(ignore_gfp_wait))
		return false;
	if (READ_ONCE(cache_filter) && !READ_ONCE(s->failslab))
		return false;
	return should_fail_ex(&attr, s->object_size, gfp & __GFP_NOWARN ? FAULT_NOWARN : 0);
}

static void changed(bool on)
{
	slab_hooks_set(SLAB_HOOK_FAIL, on);
}

void failslab_boot(const struct machine_config *cfg)
{
	attr = (struct fault_attr)FAULT_ATTR_INITIALIZER;
	ignore_gfp_wait = true;
	cache_filter = false;
	if (cfg->failslab[0])
		setup_fault_attr(&attr, cfg->failslab);
	fault_attr_register("failslab", &attr, switches, changed);
}

void failslab_exit(void)
{
	fault_attr_unregister(&attr);
	attr = (struct fault_attr)FAULT_ATTR_INITIALIZER;
}
