// SPDX-License-Identifier: MIT
/*
 * fail_page_alloc.c - requests for pages that fail on purpose: sys/kernel/debug/fail_page_alloc/
 * and the boot word of that name.
 *
 * What does not fail: requests with __GFP_NOFAIL; unless told otherwise those that may sleep
 * (ignore-gfp-wait), for high memory (ignore-gfp-highmem) and of order 0 (below min-order). The
 * units of "space" are pages. A request that fails here fails at once, without a report of its
 * own: no reclaim, no words about memory that is not short.
 *
 * The requests come by because of a page hook (page_hooks.c), which is on while any could fail.
 *
 * Locks: none. Source of the rules: Linux 6.1, mm/page_alloc.c.
 */
#include <kmem/fault-inject.h>
#include <kmem/machine.h>

#include "fail_alloc.h"
#include "page_hooks.h"

static struct fault_attr attr = FAULT_ATTR_INITIALIZER;
static bool ignore_gfp_wait, ignore_gfp_highmem;
static u32 min_order;

static const struct fault_switch switches[] = {
	{ "ignore-gfp-highmem", &ignore_gfp_highmem, NULL },
	{ "ignore-gfp-wait", &ignore_gfp_wait, NULL },
	{ "min-order", NULL, &min_order },
	{ NULL, NULL, NULL },
};

bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	if (order < READ_ONCE(min_order) || (gfp & __GFP_NOFAIL))
		return false;
	if ((gfp & __GFP_HIGHMEM) && READ_ONCE(ignore_gfp_highmem))
		return false;
	if ((gfp & __GFP_DIRECT_RECLAIM) && READ_ONCE(ignore_gfp_wait))
		return false;
	return should_fail_ex(&attr, 1l << order, gfp & __GFP_NOWARN ? FAULT_NOWARN : 0);
}

static void changed(bool on)
{
	page_hooks_set(PAGE_HOOK_FAIL, on);
}

void fail_page_alloc_boot(const struct machine_config *cfg)
{
	attr = (struct fault_attr)FAULT_ATTR_INITIALIZER;
	ignore_gfp_wait = true;
	ignore_gfp_highmem = true;
	min_order = 1;
	if (cfg->fail_page_alloc[0])
		setup_fault_attr(&attr, cfg->fail_page_alloc);
	fault_attr_register("fail_page_alloc", &attr, switches, changed);
}

void fail_page_alloc_exit(void)
{
	fault_attr_unregister(&attr);
	attr = (struct fault_attr)FAULT_ATTR_INITIALIZER;
}
