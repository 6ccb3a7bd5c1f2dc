// SPDX-License-Identifier: MIT
/*
 * page_reporting.c - free memory goes back to the host.
 *
 * 1. Idea (Linux 5.7, free page reporting): a guest that freed memory tells its host, which can
 *    use it for others. Here the host is the one below us: the bytes of a free block of a
 *    pageblock or more are discarded from the RAM file, and it is marked PG_reported, which it
 *    stays until it is split, merged or handed out.
 * 2. When: a while after large blocks last came free, since freed memory is often wanted again
 *    at once; a thread sleeps until the buddy or a CPU's list says that there is much
 *    (report_hint), and then until REPORT_DELAY_NS went by without it being said again. What
 *    idle CPUs hold it fetches first.
 * 3. The host is asked with zone->lock held, a block at a time: Linux takes blocks off their
 *    lists instead, but then a request that comes meanwhile finds less than there is, and here
 *    a whole small machine may be one batch. A block takes the host some tens of microseconds.
 * 4. Locks: zone->lock.
 */
#include <kmem/printk.h>
#include <kmem/wait.h>

#include "../kernel/host.h"
#include "page_reporting.h"
#include "ram.h"
#include "zone.h"

#define REPORT_DELAY_NS (1000ull * 1000 * 1000)

static unsigned long reporter;
static unsigned int stop;
static unsigned int hinted; /* large blocks came free since the last round */
static DECLARE_WAIT_QUEUE_HEAD(report_wait);

void report_hint(void)
{
	if (READ_ONCE(hinted) || !READ_ONCE(reporter))
		return;
	WRITE_ONCE(hinted, 1);
	wake_up(&report_wait);
}

/* Where the last look at a list ended, if that block is still there as it was left. */
static struct list_head *resume(struct list_head *list, struct page *last, unsigned int order,
				int type)
{
	if (last && PageBuddy(last) && test_page_flag(last, PG_reported) && last->order == order &&
	    last->migratetype == type)
		return last->lru.next;
	return list->next;
}

/* Reports one block of the list, or none; returns it, NULL at the end. */
static struct page *report_one(struct zone *zone, unsigned int order, int type, struct page *last)
{
	struct list_head *list = &zone->free_area[order].free_list[type], *pos;
	struct page *page = NULL;

	spin_lock(&zone->lock);
	for (pos = resume(list, last, order, type); pos != list; pos = pos->next) {
		page = list_entry(pos, struct page, lru);
		if (!test_page_flag(page, PG_reported))
			break;
		page = NULL;
	}
	/* A host that cannot will not learn to. */
	if (page && ram_discard(page_to_pfn(page), 1ul << order))
		page = NULL;
	if (page)
		set_page_flags(page, BIT(PG_reported));
	spin_unlock(&zone->lock);
	return page;
}

static void report_order(struct zone *zone, unsigned int order)
{
	for (int type = 0; type < MIGRATE_TYPES; type++) {
		struct page *last = NULL;

		do {
			last = report_one(zone, order, type, last);
			cond_resched();
		} while (last && !READ_ONCE(stop));
	}
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
