// SPDX-License-Identifier: MIT
/*
 * page_hooks.c - everybody who must see requests for pages and their frees, when somebody must.
 *
 * 1. Idea: a request takes about a nanosecond, because its inline part (gfp.h) finds a block on a
 *    list of its CPU and asks nobody. There is no room in it for a test that is nearly never
 *    true. So the lists are withdrawn instead: while a hook is on, what inline requests look at
 *    is a list that is always empty (pageset_set_bypass()). They come to alloc_pages_from(), which
 *    uses the CPUs' lists as before, and can ask who wants to know. When no hook is on nothing
 *    is different from a machine without hooks.
 *
 * 2. Frees. The inline free tests a page's flags anyway: one more in its mask costs nothing. A
 *    block that was handed out while its free must be seen has PG_tracked; its free goes the slow
 *    way, where page_hooks_free() clears the flag again. What was handed out before a hook came
 *    on is freed unseen: it was not seen when it was allocated either.
 *
 * 3. Who: init_on.c, fail_page_alloc.c, page_owner.c. Each is asked by name: three are no
 *    reason for a list of functions. What areas vmalloc() keeps for their size would come back
 *    unseen as well, so none are kept while a hook is on.
 *
 * 4. Locks: hooks_mutex while they are turned on or off.
 */
#include <kmem/mutex.h>

#include "fail_alloc.h"
#include "init_on.h"
#include "page_hooks.h"
#include "page_owner.h"
#include "zone.h"

unsigned int page_hooks;

static DEFINE_MUTEX(hooks_mutex);

void page_hooks_boot(void)
{
	page_hooks = 0;
}

void page_hooks_set(enum page_hook hook, bool on)
{
	unsigned int was;

	mutex_lock(&hooks_mutex);
	was = page_hooks;
	WRITE_ONCE(page_hooks, on ? was | BIT(hook) : was & ~BIT(hook));
	if (!was != !page_hooks)
		pageset_set_bypass(page_hooks != 0);
	mutex_unlock(&hooks_mutex);
}

void page_hooks_start(void)
{
	if (init_on_alloc || init_on_free)
		page_hooks_set(PAGE_HOOK_INIT, true);
	if (page_owner_enabled)
		page_hooks_set(PAGE_HOOK_OWNER, true);
}

bool page_hooks_refuse(gfp_t gfp, unsigned int order)
{
	return (READ_ONCE(page_hooks) & BIT(PAGE_HOOK_FAIL)) && should_fail_alloc_page(gfp, order);
}

void page_hooks_alloc(struct page *page, unsigned int order, gfp_t gfp)
{
	if (init_on_alloc && !(gfp & __GFP_ZERO))
		zero_pages(page, order);
	if (page_owner_enabled)
		page_owner_set(page, order, gfp);
	if (init_on_free || page_owner_enabled)
		set_page_flags(page, BIT(PG_tracked));
}

void page_hooks_free(struct page *page, unsigned int order)
{
	clear_page_flags(page, BIT(PG_tracked));
	if (page_owner_enabled)
		page_owner_clear(page);
	if (init_on_free)
		zero_pages(page, order);
}

void page_hooks_split(struct page *page, struct page *part)
{
	if (!test_page_flag(page, PG_tracked))
		return;
	set_page_flags(part, BIT(PG_tracked));
	if (page_owner_enabled)
		page_owner_split(page, part);
}
