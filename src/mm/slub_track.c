// SPDX-License-Identifier: MIT
/*
 * slub_track.c - who allocated and who freed each object of a cache with SLAB_STORE_USER.
 *
 * 1. Two tracks lie behind the object (slab_layout.c): the last allocation and the last free. Each
 *    has the place that asked, the stack (a number: kernel/stackdepot.c), CPU, process and time.
 *    An overrun may have written over them: they are shown as they are, and followed nowhere.
 * 2. sys/kernel/debug/slab/CACHE/alloc_traces and free_traces add up the tracks of the objects that
 *    are in use: a line for each place, the most frequent first. What was asked of kmalloc() and
 *    what it took makes "waste".
 * 3. Locks: slab_mutex while caches are looked for; the caller's list_lock; the sums are the
 *    reader's own, in host memory.
 *
 * Source of the formats: Linux 6.18, mm/slub.c.
 */
#include <stdlib.h>
#include <string.h>
#include <kmem/mutex.h>
#include <kmem/printk.h>
#include <kmem/sched.h>
#include <kmem/seq_file.h>

#include "../kernel/host.h"
#include "../kernel/kallsyms.h"
#include "../kernel/stackdepot.h"
#include "slab.h"
#include "slab_sysfs.h"
#include "slub_debug.h"

static struct track *track_of(const struct kmem_cache *s, const void *object, enum track_item item)
{
	return (struct track *)((char *)object + slub_tracks_offset(s)) + item;
}

void slub_clear_tracks(const struct kmem_cache *s, void *object)
{
	if (s->flags & SLAB_STORE_USER)
		memset(track_of(s, object, TRACK_ALLOC), 0, NR_TRACKS * sizeof(struct track));
}

struct track slub_track_now(const struct kmem_cache *s, const void *caller)
{
	if (!(s->flags & SLAB_STORE_USER))
		return (struct track){ 0 };
	return (struct track){
		.addr = caller,
		.stack = stack_depot_save_from(caller),
		.cpu = raw_smp_processor_id(),
		.pid = current->pid,
		.when = jiffies,
	};
}

void slub_set_track(const struct kmem_cache *s, void *object, enum track_item item,
		    const struct track *track)
{
	if (s->flags & SLAB_STORE_USER)
		*track_of(s, object, item) = *track;
}

static void print_track(const char *what, const struct track *t)
{
	char name[160];

	if (!t->addr)
		return;
	symbol_name(t->addr, name, sizeof(name));
	pr_err("%s in %s age=%lu cpu=%u pid=%d\n", what, name, jiffies - t->when, t->cpu, t->pid);
	stack_depot_print(t->stack);
}

void slub_print_tracks(const struct kmem_cache *s, const void *object)
{
	if (!(s->flags & SLAB_STORE_USER))
		return;
	print_track("Allocated", track_of(s, object, TRACK_ALLOC));
	print_track("Freed", track_of(s, object, TRACK_FREE));
}

void slub_list_tracked(void (*fn)(void *arg, const char *directory), void *arg)
{
	struct kmem_cache *s;

	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		if (s->flags & SLAB_STORE_USER)
			fn(arg, s->name);
	mutex_unlock(&slab_mutex);
}

/* The tracks of one place. */
struct location {
	const void *addr;
	u32 stack;
	unsigned int waste;
	unsigned long count;
	u64 sum_age;
	unsigned long min_age, max_age;
	int min_pid, max_pid;
	u64 cpus;
	u32 nodes;
};

struct tally {
	struct location *at;
	size_t nr, room;
	enum track_item item;
	bool full; /* the host has no memory for more */
};

static struct location *location_for(struct tally *t, const struct track *track, unsigned int waste)
{
	struct location *l;

	for (size_t i = 0; i < t->nr; i++) {
		l = &t->at[i];
		if (l->addr == track->addr && l->stack == track->stack && l->waste == waste)
			return l;
	}
	if (t->nr == t->room) {
		size_t room = max(2 * t->room, (size_t)64);
		struct location *more = host_alloc(room * sizeof(*more));

		if (!more)
			return NULL;
		if (t->nr)
			memcpy(more, t->at, t->nr * sizeof(*more));
		host_free(t->at);
		t->at = more;
		t->room = room;
	}
	l = &t->at[t->nr++];
	*l = (struct location){
		.addr = track->addr,
		.stack = track->stack,
		.waste = waste,
		.min_age = ~0ul,
		.min_pid = INT32_MAX,
	};
	return l;
}

static void add_track(struct tally *t, const struct track *track, unsigned int waste, int nid)
{
	struct location *l = location_for(t, track, waste);
	unsigned long age = jiffies - track->when;

	if (!l) {
		t->full = true;
		return;
	}
	l->count++;
	l->nodes |= 1u << nid;
	if (!track->addr)
		return;
	l->sum_age += age;
	l->min_age = min(l->min_age, age);
	l->max_age = max(l->max_age, age);
	l->min_pid = min(l->min_pid, track->pid);
	l->max_pid = max(l->max_pid, track->pid);
	l->cpus |= 1ull << (track->cpu & 63);
}

static void add_slab(struct kmem_cache *s, struct page *slab, u8 *free, void *tally)
{
	struct tally *t = tally;

	if (freelist_marks(s, slab, free) < 0)
		return;
	for (unsigned int i = 0; i < slab->objects; i++) {
		const void *object = slab_object(s, slab, i);
		unsigned int waste = 0;

		if (free[i])
			continue;
		if (t->item == TRACK_ALLOC)
			waste = s->object_size - slub_request_size(s, object);
		add_track(t, track_of(s, object, t->item), waste, page_to_nid(slab));
	}
}

static int by_count(const void *a, const void *b)
{
	const struct location *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

/* "0-2,5" */
static void show_set(struct seq_file *m, const char *what, u64 set)
{
	const char *comma = "";

	seq_printf(m, " %s=", what);
	for (int first = 0, last; first < 64; first = last + 1) {
		last = first;
		if (!(set >> first & 1))
			continue;
		while (last < 63 && (set >> (last + 1) & 1))
			last++;
		seq_printf(m, "%s%d", comma, first);
		if (last > first)
			seq_printf(m, "-%d", last);
		comma = ",";
	}
}

static void show_location(struct seq_file *m, const struct location *l)
{
	char stack[STACK_DEPOT_DEPTH * 160], name[160] = "<not-available>";

	if (l->addr)
		symbol_name(l->addr, name, sizeof(name));
	seq_printf(m, "%7lu %s", l->count, name);
	if (l->waste)
		seq_printf(m, " waste=%lu/%u", l->count * l->waste, l->waste);
	if (l->addr) {
		if (l->sum_age == l->min_age)
			seq_printf(m, " age=%lu", l->min_age);
		else
			seq_printf(m, " age=%lu/%lu/%lu", l->min_age,
				   (unsigned long)(l->sum_age / l->count), l->max_age);
		if (l->min_pid == l->max_pid)
			seq_printf(m, " pid=%d", l->min_pid);
		else
			seq_printf(m, " pid=%d-%d", l->min_pid, l->max_pid);
		if (nr_cpu_ids > 1)
			show_set(m, "cpus", l->cpus);
	}
	if (nr_online_nodes > 1)
		show_set(m, "nodes", l->nodes);
	seq_putc(m, '\n');
	if (stack_depot_snprint(l->stack, stack, sizeof(stack), "        "))
		seq_printf(m, "%s\n", stack);
}

int slub_show_traces(struct seq_file *m, const char *directory, enum track_item item)
{
	struct tally t = { .item = item };
	struct kmem_cache *s;

	mutex_lock(&slab_mutex);
	s = slab_cache_of_directory(directory);
	if (s && (s->flags & SLAB_STORE_USER))
		slab_for_each(s, add_slab, &t);
	else
		s = NULL;
	mutex_unlock(&slab_mutex);
	if (!s)
		return -ENODEV;
	if (!t.nr)
		seq_puts(m, "No data\n");
	else
		qsort(t.at, t.nr, sizeof(*t.at), by_count);
	for (size_t i = 0; i < t.nr; i++)
		show_location(m, &t.at[i]);
	host_free(t.at);
	return t.full ? -ENOMEM : 0;
}
