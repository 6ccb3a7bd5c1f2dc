// SPDX-License-Identifier: MIT
/*
 * page_reporting.c - free memory goes back to the host.
 *
 * 1. Idea (Linux 5.7, free page reporting): a guest that freed memory tells its host, which can
 *    use it for others. Here the host is the one below us: a free block of PAGEBLOCK size or more
 *    is taken off its list for a moment, its bytes are discarded from the RAM file, and it
 *    returns marked PG_reported, which it stays until it is split, merged or handed out.
 * 2. When: a while after large blocks last came free, since freed memory is often wanted again
 *    at once; a thread sleeps until the buddy or a CPU's list says that there is much
 *    (report_hint), and then until REPORT_DELAY_NS went by without it being said again. What
 *    idle CPUs hold it fetches first.
 * 3. Nobody may miss the blocks meanwhile: they are taken only while far more than the high mark
 *    is free, and a request that finds nothing waits for them (page_reporting_wait).
 * 4. Invariants: a block in the middle of it is on no list and counts as allocated; it has
 *    refcount 0 and PG_buddy clear, so nobody can merge with it.
 * 5. Locks: batch_mutex around a batch; in it zone->lock for taking and returning. The host is
 *    asked without zone->lock.
 */
#include <kmem/bug.h>
#include <kmem/mutex.h>

#include "../kernel/host.h"
#include "page_reporting.h"
#include "ram.h"
#include "zone.h"

#define REPORT_DELAY_NS (300ull * 1000 * 1000)
#define REPORT_BATCH	32 /* blocks taken off at once */

static unsigned long reporter;
static unsigned int stop;
static unsigned int hinted; /* large blocks came free since the last round */
static DECLARE_WAIT_QUEUE_HEAD(report_wait);
static DEFINE_MUTEX(batch_mutex); /* held while blocks are off their lists */

void report_hint(void)
{
	if (READ_ONCE(hinted) || !READ_ONCE(reporter))
		return;
	WRITE_ONCE(hinted, 1);
	wake_up(&report_wait);
}

/* Takes up to a batch of unreported blocks of @order off; the search ends at reported ones. */
static unsigned int take_batch(struct zone *zone, unsigned int order, struct page **batch)
{
	unsigned long spare = zone_page_state(zone, NR_FREE_PAGES) / 2;
	unsigned int n = 0, limit = 0;

	if (spare > wmark_pages(zone, WMARK_HIGH))
		limit = min_t(unsigned long, REPORT_BATCH,
			      (spare - wmark_pages(zone, WMARK_HIGH)) >> order);

	spin_lock(&zone->lock);
	for (int type = 0; type < MIGRATE_TYPES && n < limit; type++) {
		struct list_head *list = &zone->free_area[order].free_list[type];
		struct page *page, *next;

		list_for_each_entry_safe(page, next, list, lru) {
			if (test_page_flag(page, PG_reported))
				continue;
			buddy_isolate(zone, page);
			batch[n++] = page;
			if (n == limit)
				break;
		}
	}
	spin_unlock(&zone->lock);
	return n;
}

static void return_batch(struct zone *zone, struct page **batch, unsigned int n, bool reported)
{
	spin_lock(&zone->lock);
	for (unsigned int i = 0; i < n; i++)
		buddy_putback(zone, batch[i], reported);
	spin_unlock(&zone->lock);
}

/* Returns false when there is nothing more to do, or the host cannot. */
static bool report_batch(struct zone *zone, unsigned int order)
{
	struct page *batch[REPORT_BATCH];
	unsigned int n;
	bool ok = true;

	mutex_lock(&batch_mutex);
	n = take_batch(zone, order, batch);
	for (unsigned int i = 0; i < n; i++)
		ok &= ram_discard(page_to_pfn(batch[i]), 1ul << order) == 0;
	return_batch(zone, batch, n, ok);
	mutex_unlock(&batch_mutex);
	return n && ok;
}

static void report_order(struct zone *zone, unsigned int order)
{
	while (!READ_ONCE(stop) && report_batch(zone, order))
		;
}

void page_reporting_wait(void)
{
	if (!mutex_is_locked(&batch_mutex))
		return;
	mutex_lock(&batch_mutex);
	mutex_unlock(&batch_mutex);
}

/* Memory that comes and goes stays; only what stayed free for a while is told of. */
static void wait_for_quiet(void)
{
	do {
		WRITE_ONCE(hinted, 0);
		host_wait(&stop, 0, REPORT_DELAY_NS);
	} while (READ_ONCE(hinted) && !READ_ONCE(stop));
}

static void *reporter_main(void *unused)
{
	struct zone *zone;

	current->flags |= PF_KTHREAD;
	while (!READ_ONCE(stop)) {
		wait_event(report_wait, READ_ONCE(hinted) || READ_ONCE(stop));
		wait_for_quiet();
		drain_idle_pages();
		for_each_populated_zone(zone)
			for (int order = MAX_PAGE_ORDER; order >= pageblock_order; order--)
				report_order(zone, order);
		cpu_park();
	}
	return NULL;
}

int page_reporting_boot(void)
{
	int err;

	stop = 0;
	hinted = 0;
	err = host_thread_start(&reporter, "kreportd", reporter_main, NULL);
	if (err)
		pr_err("page_reporting: the host gives no thread\n");
	return err;
}

void page_reporting_exit(void)
{
	if (!reporter)
		return;
	WRITE_ONCE(stop, 1);
	host_wake(&stop, 1);
	wake_up_all(&report_wait);
	host_thread_join(reporter);
	WRITE_ONCE(reporter, 0);
}
