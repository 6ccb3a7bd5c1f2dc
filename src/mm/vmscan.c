// SPDX-License-Identifier: MIT
/*
 * vmscan.c - getting memory back: shrinkers, direct reclaim, kswapd.
 *
 * 1. Idea: pages are only ever given back by who holds them. Everybody that caches something
 *    (slab its empty slabs, vmalloc its lazily freed areas, drivers what they like) registers a
 *    shrinker, and pressure is spread over them by how much they say they have. Nothing here
 *    knows who they are: page_alloc calls down into this file, and this file calls only what was
 *    registered.
 * 2. Who runs it: a request that finds no page (direct reclaim), or kswapd, one thread for each
 *    node, woken when a zone falls below its low mark or its marks were boosted, which works until
 *    all are above high. After MAX_RECLAIM_FAILURES rounds that brought nothing it leaves the
 *    work to direct reclaim for a while.
 * 3. Pressure has a priority, 12 (light) to 0 (everything): a round asks for
 *	(freeable >> priority) * 4 / seeks  +  (deferred >> priority),
 *    at most 2 * freeable, in batches. What was due and not done is deferred to a later round, for
 *    each node separately if the shrinker tells nodes apart. Source: Linux 6.1, do_shrink_slab().
 * 4. A shrinker that faults gave nothing, and the round goes on. One that asks for memory itself, and
 *    so for reclaim, finds that under way.
 * 5. Locks: shrinker_mutex around the list and the calls; no lock of an allocator is held here.
 *    A thread in reclaim has PF_MEMALLOC: its own requests may use the reserves and do not
 *    reclaim in turn.
 */
#include <stdio.h>
#include <kmem/printk.h>
#include <kmem/mutex.h>
#include <kmem/oops.h>
#include <kmem/shrinker.h>
#include <kmem/slab.h>

#include "../kernel/host.h"
#include "vmscan.h"
#include "vmstat.h"
#include "zone.h"

#define DEF_PRIORITY	     12
#define MAX_RECLAIM_FAILURES 16
#define QUICKLY_NS	     (100ull * 1000 * 1000)
#define HOPELESS_NS	     (1000ull * 1000 * 1000) /* then somebody may have freed */

static DEFINE_MUTEX(shrinker_mutex);
static LIST_HEAD(shrinkers); /* protected by shrinker_mutex */

struct kswapd {
	unsigned long thread;
	struct pglist_data *pgdat;
	wait_queue_head_t wait;
	bool woken;
	bool stop;
	u64 rested_ns; /* when it last had nothing left to do */
	/* Rounds without progress; hopeless at the maximum. Direct reclaim sets it to 0, too. */
	unsigned int failures;
	u64 gave_up_ns; /* when they came to that */
};

static struct kswapd kswapds[MAX_NUMNODES];
static unsigned int nr_kswapds;

int register_shrinker(struct shrinker *shrinker, const char *fmt, ...)
{
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		atomic_long_set(&shrinker->nr_deferred[nid], 0);
	if (!shrinker->name)
		shrinker->name = fmt;
	mutex_lock(&shrinker_mutex);
	list_add_tail(&shrinker->list, &shrinkers);
	mutex_unlock(&shrinker_mutex);
	return 0;
}

void unregister_shrinker(struct shrinker *shrinker)
{
	mutex_lock(&shrinker_mutex);
	if (shrinker->list.next)
		list_del(&shrinker->list); /* leaves NULL links: once is enough */
	mutex_unlock(&shrinker_mutex);
}

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
{
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	if (shrinker) {
		shrinker->flags = flags;
		shrinker->seeks = DEFAULT_SEEKS;
		shrinker->name = fmt;
	}
	return shrinker;
}

void shrinker_register(struct shrinker *shrinker)
{
	register_shrinker(shrinker, "%s", shrinker->name);
}

void shrinker_free(struct shrinker *shrinker)
{
	if (!shrinker)
		return;
	unregister_shrinker(shrinker);
	kfree(shrinker);
}

/* What a round was asked of shrinkers, and what came of it. */
struct shrink_result {
	unsigned long scanned, freed; /* objects */
};

struct question {
	unsigned long (*fn)(struct shrinker *s, struct shrink_control *sc);
	struct shrinker *s;
	struct shrink_control *sc;
};

static long put_question(void *arg)
{
	const struct question *q = arg;

	return (long)q->fn(q->s, q->sc);
}

static unsigned long ask(unsigned long (*fn)(struct shrinker *s, struct shrink_control *sc),
			 struct shrinker *s, struct shrink_control *sc, unsigned long if_it_faults)
{
	struct question q = { fn, s, sc };
	long answer;

	return oops_guard(put_question, &q, &answer) ? if_it_faults : (unsigned long)answer;
}

/* Caller holds shrinker_mutex. */
static void do_shrink_slab(struct shrinker *s, struct shrink_control *sc, int priority,
			   struct shrink_result *result)
{
	atomic_long_t *nr_deferred = &s->nr_deferred[s->flags & SHRINKER_NUMA_AWARE ? sc->nid : 0];
	long batch = s->batch ? s->batch : SHRINK_BATCH;
	long freeable = (long)ask(s->count_objects, s, sc, 0);
	long deferred, delta, total, scanned = 0;

	if (freeable == 0 || freeable == (long)SHRINK_EMPTY)
		return;
	deferred = atomic_long_xchg(nr_deferred, 0);
	delta = s->seeks ? (freeable >> priority) * 4 / s->seeks : freeable / 2;
	total = min((deferred >> priority) + delta, 2 * freeable);
	while (total >= batch || total >= freeable) {
		unsigned long ret;

		sc->nr_to_scan = min(batch, total);
		sc->nr_scanned = sc->nr_to_scan;
		ret = ask(s->scan_objects, s, sc, SHRINK_STOP);
		if (ret == SHRINK_STOP)
			break;
		result->freed += ret;
		count_vm_events(SLABS_SCANNED, sc->nr_scanned);
		total -= sc->nr_scanned;
		scanned += sc->nr_scanned;
		if (!sc->nr_scanned)
			break;
		cond_resched();
	}
	result->scanned += scanned;
	/* Others may have put work off meanwhile. */
	atomic_long_add(clamp(deferred + delta - scanned, 0l, 2 * freeable), nr_deferred);
}

/*
 * Asks every shrinker for each node in @nodes; one that does not tell nodes apart once, or it would
 * give the more the more nodes there are. Returns what came of it.
 */
static struct shrink_result shrink_nodes(gfp_t gfp, u32 nodes, int priority)
{
	struct shrink_result result = { 0 };
	struct shrinker *s;

	if (READ_ONCE(shrinker_mutex.owner) == current)
		return result;
	mutex_lock(&shrinker_mutex);
	list_for_each_entry(s, &shrinkers, list) {
		for (unsigned int nid = 0; nid < nr_online_nodes; nid++) {
			struct shrink_control sc = { .gfp_mask = gfp, .nid = nid };

			if (!(nodes & BIT(nid)))
				continue;
			do_shrink_slab(s, &sc, priority, &result);
			if (!(s->flags & SHRINKER_NUMA_AWARE))
				break;
		}
	}
	mutex_unlock(&shrinker_mutex);
	return result;
}

/* Each round must free twice what the one before had to: it ends, whatever shrinkers say. */
unsigned long drop_slab(void)
{
	unsigned long freed, sum = 0;
	unsigned int shift = 0;

	count_vm_events(DROP_SLAB, 1);
	do {
		freed = shrink_nodes(GFP_KERNEL, ~0u, 0).freed;
		sum += freed;
	} while (freed >> shift++ > 1);
	return sum;
}

/* Free pages and those on CPUs' lists: what a round of reclaim changes. */
static unsigned long pages_at_hand(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		sum += zone_page_state(zone, NR_FREE_PAGES) + pcp_pages(zone);
	return sum;
}

/*
 * Rising pressure on the nodes in @nodes until @enough pages came free. Returns how many did: what
 * is free now and was not before, or what the shrinkers say they freed, if others were quicker to
 * take it.
 */
static unsigned long reclaim(gfp_t gfp, u32 nodes, unsigned long enough, enum vm_event scan,
			     enum vm_event steal)
{
	unsigned long before = pages_at_hand(), now, freed = 0;
	struct shrink_result sum = { 0 };
	unsigned int flags = current->flags;

	current->flags |= PF_MEMALLOC;
	for (int priority = DEF_PRIORITY; priority >= 0 && freed < enough; priority--) {
		struct shrink_result r = shrink_nodes(gfp, nodes, priority);

		sum.scanned += r.scanned;
		sum.freed += r.freed;
		now = pages_at_hand();
		freed = max(now > before ? now - before : 0, sum.freed);
	}
	current->flags = (current->flags & ~PF_MEMALLOC) | (flags & PF_MEMALLOC);
	/* An object may be many pages, and nobody frees more than he has looked at. */
	count_vm_events(scan, max(sum.scanned, freed));
	count_vm_events(steal, freed);
	return freed;
}

unsigned long try_to_free_pages(struct zone *const *zones, unsigned int order, gfp_t gfp)
{
	unsigned long freed;
	u32 nodes = 0;

	for (; *zones; zones++)
		nodes |= BIT((*zones)->zone_pgdat->node_id);
	freed = reclaim(gfp, nodes, max(32ul, 1ul << order), PGSCAN_DIRECT, PGSTEAL_DIRECT);
	for (unsigned int nid = 0; freed && nid < nr_kswapds; nid++)
		if (nodes & BIT(nid))
			WRITE_ONCE(kswapds[nid].failures, 0);
	return freed;
}

static bool zone_is_low(const struct zone *zone, enum zone_watermarks mark)
{
	return zone->managed_pages &&
	       zone_page_state(zone, NR_FREE_PAGES) < wmark_pages(zone, mark);
}

static bool node_is_below(const struct pglist_data *pgdat, enum zone_watermarks mark)
{
	for (int z = 0; z < MAX_NR_ZONES; z++)
		if (zone_is_low(&pgdat->node_zones[z], mark))
			return true;
	return false;
}

/* A boost asks for one round of work, not for ever. */
static void drop_boosts(struct pglist_data *pgdat)
{
	for (int z = 0; z < MAX_NR_ZONES; z++)
		WRITE_ONCE(pgdat->node_zones[z].watermark_boost, 0);
}

bool take_back_boosts(struct zone *const *zones)
{
	bool any = false;

	for (; *zones; zones++) {
		if (!READ_ONCE((*zones)->watermark_boost))
			continue;
		WRITE_ONCE((*zones)->watermark_boost, 0);
		any = true;
	}
	return any;
}

/* Woken again so soon: the marks are close together for what is asked of the node. */
static void count_quick_hits(const struct kswapd *k)
{
	if (!k->rested_ns || ktime_get_ns() - k->rested_ns > QUICKLY_NS)
		return;
	count_vm_events(node_is_below(k->pgdat, WMARK_LOW) ? KSWAPD_LOW_WMARK_HIT_QUICKLY
							   : KSWAPD_HIGH_WMARK_HIT_QUICKLY,
			1);
}

static void balance(struct kswapd *k)
{
	count_quick_hits(k);
	count_vm_events(PAGEOUTRUN, 1);
	if (READ_ONCE(k->failures) >= MAX_RECLAIM_FAILURES &&
	    ktime_get_ns() - READ_ONCE(k->gave_up_ns) > HOPELESS_NS)
		WRITE_ONCE(k->failures, 0);
	while (node_is_below(k->pgdat, WMARK_HIGH) &&
	       READ_ONCE(k->failures) < MAX_RECLAIM_FAILURES && !READ_ONCE(k->stop)) {
		if (reclaim(GFP_KERNEL, BIT(k->pgdat->node_id), 32, PGSCAN_KSWAPD, PGSTEAL_KSWAPD))
			WRITE_ONCE(k->failures, 0);
		else
			WRITE_ONCE(k->failures, READ_ONCE(k->failures) + 1);
	}
	drop_boosts(k->pgdat);
	k->rested_ns = ktime_get_ns();
	if (!node_is_below(k->pgdat, WMARK_HIGH))
		WRITE_ONCE(k->failures, 0);
	if (READ_ONCE(k->failures) == MAX_RECLAIM_FAILURES)
		WRITE_ONCE(k->gave_up_ns, k->rested_ns);
}

static void *kswapd_main(void *data)
{
	struct kswapd *k = data;

	current->flags |= PF_KTHREAD;
	while (!READ_ONCE(k->stop)) {
		wait_event(k->wait, READ_ONCE(k->woken) || READ_ONCE(k->stop));
		WRITE_ONCE(k->woken, false);
		if (!READ_ONCE(k->stop))
			balance(k);
		cpu_park();
	}
	return NULL;
}

/*
 * Hopeless for a while, or until direct reclaim frees something: kswapd need not try. A boost it
 * takes back all the same.
 */
static bool has_work(const struct kswapd *k, const struct zone *zone)
{
	if (READ_ONCE(zone->watermark_boost))
		return true;
	return zone_is_low(zone, WMARK_LOW) &&
	       (READ_ONCE(k->failures) < MAX_RECLAIM_FAILURES ||
		ktime_get_ns() - READ_ONCE(k->gave_up_ns) > HOPELESS_NS);
}

bool node_unreclaimable(int nid)
{
	return READ_ONCE(kswapds[nid].failures) >= MAX_RECLAIM_FAILURES;
}

void wakeup_kswapds(struct zone *const *zones)
{
	for (; *zones; zones++) {
		struct kswapd *k = &kswapds[(*zones)->zone_pgdat->node_id];

		if (!k->thread || READ_ONCE(k->woken) || !has_work(k, *zones))
			continue;
		WRITE_ONCE(k->woken, true);
		wake_up(&k->wait);
	}
}

void shrinkers_boot(void)
{
	INIT_LIST_HEAD(&shrinkers);
	nr_kswapds = 0;
}

int kswapds_boot(void)
{
	for (unsigned int nid = 0; nid < nr_online_nodes; nid++) {
		struct kswapd *k = &kswapds[nid];
		char name[24];
		int err;

		*k = (struct kswapd){ .pgdat = NODE_DATA(nid) };
		init_waitqueue_head(&k->wait);
		snprintf(name, sizeof(name), "kswapd%u", nid);
		err = host_thread_start(&k->thread, name, kswapd_main, k);
		if (err) {
			pr_err("vmscan: the host gives no thread for %s\n", name);
			return err;
		}
		nr_kswapds++;
	}
	return 0;
}

void kswapds_exit(void)
{
	while (nr_kswapds) {
		struct kswapd *k = &kswapds[--nr_kswapds];

		WRITE_ONCE(k->stop, true);
		wake_up_all(&k->wait);
		host_thread_join(k->thread);
		k->thread = 0;
	}
}
