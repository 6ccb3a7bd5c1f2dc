// SPDX-License-Identifier: MIT
/*
 * kmemleak_scan.c - looking for pointers into objects.
 *
 * 1. A scan. The objects there are now are sorted by address, once; then every word of the roots
 *    (kmemleak_roots.c) is looked up among them. An object with enough pointers is searched in its
 *    turn, until no more are found. What is white then had none; if its bytes have changed since
 *    the last scan somebody is at work on it and it counts as found, so that a leak is told of by
 *    the second scan that misses it. What is still white, and old enough, is reported.
 *
 * 2. Everything goes on meanwhile. An object that comes during the scan is not part of it; the note
 *    of one that goes is not used again before its end (kmemleak_hold_notes()). Memory that is
 *    searched may change under the eyes: a word is read whole, and a pointer that moves from where
 *    was not yet looked to where was is found by its object's checksum, or by the next scan.
 *
 * 3. A thread scans FIRST_SCAN seconds after the boot and then every ten minutes.
 *
 * 4. Locks: scan_mutex around a scan; kmemleak_lock for a page at a time, so that who allocates
 *    waits for no more than that.
 */
#include <stdlib.h>
#include <kmem/printk.h>
#include <kmem/mutex.h>

#include "kmemleak.h"

#define FIRST_SCAN 60 /* seconds */
#define MIN_AGE_MS 5000

bool kmemleak_scan_stacks;
unsigned long kmemleak_min_age_ms;
bool kmemleak_found;

static DEFINE_MUTEX(scan_mutex);

/* Protected by scan_mutex: */
static u32 *sorted; /* notes by address */
static u32 nr_sorted;
static u32 *queue; /* grey ones that are to be searched */
static u32 queue_head, queue_tail;
/* All addresses in objects are between these, which are in none: they are searched as well. */
static unsigned long below, above;
static unsigned long scan_jiffies; /* when the scan began */

static bool is_white(const struct kmemleak_object *o)
{
	return o->min_count != KMEMLEAK_BLACK && o->count < o->min_count;
}

static bool is_grey(const struct kmemleak_object *o)
{
	return o->min_count != KMEMLEAK_BLACK && o->count >= o->min_count;
}

bool kmemleak_unreferenced(const struct kmemleak_object *o)
{
	return (o->flags & OBJECT_ALLOCATED) && is_white(o) &&
	       o->born + kmemleak_min_age_ms * HZ / 1000 <= scan_jiffies;
}

/* The object of the snapshot that @word lies in. Caller holds kmemleak_lock. */
static struct kmemleak_object *look_up(unsigned long word)
{
	u32 lo = 0, hi = nr_sorted;
	struct kmemleak_object *o;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (kmemleak_objects[sorted[mid]].pointer <= word)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	o = &kmemleak_objects[sorted[lo - 1]];
	return word - o->pointer < o->size && (o->flags & OBJECT_SNAPSHOT) ? o : NULL;
}

/* One more pointer to @o. Caller holds kmemleak_lock. */
static void count_pointer(struct kmemleak_object *o)
{
	bool was_white = is_white(o);

	o->count++;
	/* Painting may bring one here twice: the tail is never further than all of them. */
	if (was_white && is_grey(o) && queue_tail < nr_sorted)
		queue[queue_tail++] = o - kmemleak_objects;
}

/*
 * The words of a range that can be read, a page at most. Whoever writes there meanwhile does so
 * without our lock, and a stack is nobody's to look at: the sanitizers are told not to.
 */
__attribute__((no_sanitize("address", "thread", "undefined"))) void
kmemleak_scan_words(unsigned long start, unsigned long end, const struct kmemleak_object *self)
{
	start = ALIGN(start, sizeof(long));
	for (; start + sizeof(long) <= end; start += sizeof(long)) {
		unsigned long word = *(volatile unsigned long *)start;
		struct kmemleak_object *o;

		if (word <= below || word >= above)
			continue;
		o = look_up(word);
		/* That an object points at itself says nothing. */
		if (o && o != self)
			count_pointer(o);
	}
}

/* A page of an object: not any more if it was freed between two. */
static bool scan_object_page(unsigned long start, unsigned long end, void *arg)
{
	const struct kmemleak_object *o = arg;
	bool there;

	host_lock(&kmemleak_lock);
	there = o->flags & OBJECT_SNAPSHOT;
	if (there)
		kmemleak_scan_words(start, end, o);
	host_unlock(&kmemleak_lock);
	return there;
}

#define MAX_AREAS 8

static void scan_object(struct kmemleak_object *o)
{
	struct kmemleak_area areas[MAX_AREAS];
	unsigned long start, size;
	unsigned int nr = 0;
	u32 flags;

	host_lock(&kmemleak_lock);
	flags = o->flags;
	start = o->pointer;
	size = o->size;
	for (struct kmemleak_area *a = o->areas; a && nr < MAX_AREAS; a = a->next)
		areas[nr++] = *a;
	host_unlock(&kmemleak_lock);
	if (!(flags & OBJECT_SNAPSHOT) || (flags & OBJECT_NO_SCAN))
		return;
	if (!nr)
		areas[nr++] = (struct kmemleak_area){ .start = start, .size = size };
	while (nr--)
		kmemleak_parts(areas[nr].start, areas[nr].start + areas[nr].size, scan_object_page,
			       o);
}

static void scan_queue(void)
{
	while (queue_head < queue_tail) {
		scan_object(&kmemleak_objects[queue[queue_head++]]);
		cond_resched();
	}
}

/* Notes what there is; false if the tables are too small for it. */
static bool take_snapshot(u32 room)
{
	host_lock(&kmemleak_lock);
	if (kmemleak_nr > room) {
		host_unlock(&kmemleak_lock);
		return false;
	}
	kmemleak_hold_notes(true);
	nr_sorted = 0;
	queue_head = queue_tail = 0;
	below = ~0ul;
	above = 0;
	for (u32 i = 0; i < kmemleak_nr; i++) {
		struct kmemleak_object *o = &kmemleak_objects[i];

		if (!(o->flags & OBJECT_ALLOCATED))
			continue;
		o->flags |= OBJECT_SNAPSHOT;
		o->count = 0;
		sorted[nr_sorted++] = i;
		below = min(below, o->pointer - 1);
		above = max(above, o->pointer + o->size);
		if (is_grey(o))
			queue[queue_tail++] = i;
	}
	host_unlock(&kmemleak_lock);
	return true;
}

static int by_address(const void *a, const void *b)
{
	unsigned long x = kmemleak_objects[*(const u32 *)a].pointer;
	unsigned long y = kmemleak_objects[*(const u32 *)b].pointer;

	return x < y ? -1 : x > y;
}

static u32 crc_table[256]; /* protected by scan_mutex; zeros before the first scan */

static void make_crc_table(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(crc_table); i++) {
		u32 crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
		crc_table[i] = crc;
	}
}

__attribute__((no_sanitize("address", "thread", "undefined"))) static bool
add_to_crc(unsigned long start, unsigned long end, void *arg)
{
	u32 crc = *(u32 *)arg;

	for (; start < end; start++)
		crc = crc >> 8 ^ crc_table[(crc ^ *(volatile u8 *)start) & 0xff];
	*(u32 *)arg = crc;
	return true;
}

/* Have the object's bytes changed since the last time? Caller holds kmemleak_lock. */
static bool update_checksum(struct kmemleak_object *o)
{
	u32 was = o->checksum, crc = 0;

	kmemleak_parts(o->pointer, o->pointer + o->size, add_to_crc, &crc);
	o->checksum = crc;
	return was != crc;
}

static void grey_what_changes(void)
{
	for (u32 i = 0; i < nr_sorted; i++) {
		struct kmemleak_object *o = &kmemleak_objects[sorted[i]];

		host_lock(&kmemleak_lock);
		if ((o->flags & OBJECT_SNAPSHOT) && is_white(o) && update_checksum(o)) {
			o->count = o->min_count;
			if (queue_tail < nr_sorted)
				queue[queue_tail++] = sorted[i];
		}
		host_unlock(&kmemleak_lock);
	}
}

/* Ends the scan; returns how many leaks are new. */
static unsigned int report_white(void)
{
	unsigned int new_leaks = 0;

	host_lock(&kmemleak_lock);
	for (u32 i = 0; i < nr_sorted; i++) {
		struct kmemleak_object *o = &kmemleak_objects[sorted[i]];

		if (!(o->flags & OBJECT_SNAPSHOT))
			continue;
		o->flags &= ~OBJECT_SNAPSHOT;
		if (kmemleak_unreferenced(o) && !(o->flags & OBJECT_REPORTED)) {
			o->flags |= OBJECT_REPORTED;
			new_leaks++;
		}
	}
	kmemleak_hold_notes(false);
	host_unlock(&kmemleak_lock);
	return new_leaks;
}

static bool make_tables(void)
{
	u32 room;

	host_lock(&kmemleak_lock);
	room = kmemleak_nr + 4096; /* some come while they are made */
	host_unlock(&kmemleak_lock);
	sorted = host_alloc(room * sizeof(*sorted));
	queue = host_alloc(room * sizeof(*queue));
	return sorted && queue && take_snapshot(room);
}

static void scan_all(unsigned long own_sp)
{
	qsort(sorted, nr_sorted, sizeof(*sorted), by_address);
	kmemleak_scan_roots(own_sp);
	scan_queue();
	grey_what_changes();
	scan_queue();
}

/* Caller holds scan_mutex. */
static noinline void scan_once(unsigned long own_sp)
{
	unsigned int new_leaks;

	make_crc_table();
	scan_jiffies = jiffies;
	if (make_tables()) {
		scan_all(own_sp);
		new_leaks = report_white();
		if (new_leaks) {
			kmemleak_found = true;
			pr_info("kmemleak: %u new suspected memory leaks (see "
				"/sys/kernel/debug/kmemleak)\n",
				new_leaks);
		}
	}
	host_free(sorted);
	host_free(queue);
	sorted = queue = NULL;
}

/*
 * What callers have in registers is saved in this frame, and their stack is searched from here up:
 * what the scan itself leaves on the stack, it does not find the next time.
 */
noinline void kmemleak_scan(void)
{
	unsigned long own_sp;

	__builtin_unwind_init();
	own_sp = (unsigned long)__builtin_alloca(sizeof(long));
	mutex_lock(&scan_mutex);
	if (READ_ONCE(kmemleak_enabled))
		scan_once(own_sp);
	mutex_unlock(&scan_mutex);
}

/* For who must not meet a scan. */
void kmemleak_scan_lock(bool lock)
{
	if (lock)
		mutex_lock(&scan_mutex);
	else
		mutex_unlock(&scan_mutex);
}

/* The thread. */

static unsigned long thread;
static unsigned int stop;
static unsigned int changed;	  /* atomic: what the thread sleeps on */
static unsigned int scan_seconds; /* between two scans; 0: none */
static u64 next_scan_ns;	  /* of host_clock_ns(); written with changed */

static void *kmemleak_main(void *unused)
{
	current->flags |= PF_KTHREAD;
	while (!READ_ONCE(stop)) {
		unsigned int seq = __atomic_load_n(&changed, __ATOMIC_ACQUIRE);
		unsigned int seconds = READ_ONCE(scan_seconds);
		u64 now = host_clock_ns(), next = READ_ONCE(next_scan_ns);

		if (!seconds || now < next) {
			host_wait(&changed, seq, seconds ? next - now : 0);
			continue;
		}
		kmemleak_scan();
		WRITE_ONCE(next_scan_ns, host_clock_ns() + READ_ONCE(scan_seconds) * 1000000000ull);
		cpu_park();
	}
	return NULL;
}

static void wake_thread(void)
{
	__atomic_fetch_add(&changed, 1, __ATOMIC_RELEASE);
	host_wake(&changed, 1);
}

void kmemleak_scan_every(unsigned int seconds)
{
	WRITE_ONCE(next_scan_ns, host_clock_ns() + seconds * 1000000000ull);
	WRITE_ONCE(scan_seconds, seconds);
	wake_thread();
}

int kmemleak_scan_start(void)
{
	kmemleak_scan_stacks = true;
	kmemleak_min_age_ms = MIN_AGE_MS;
	kmemleak_found = false;
	thread = 0;
	if (!kmemleak_enabled)
		return 0;
	stop = 0;
	scan_seconds = KMEMLEAK_SCAN_WAIT;
	next_scan_ns = host_clock_ns() + FIRST_SCAN * 1000000000ull;
	return host_thread_start(&thread, "kmemleak", kmemleak_main, NULL);
}

void kmemleak_scan_stop(void)
{
	if (!thread)
		return;
	WRITE_ONCE(stop, 1);
	wake_thread();
	host_thread_join(thread);
	thread = 0;
}
