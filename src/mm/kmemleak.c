// SPDX-License-Identifier: MIT
/*
 * kmemleak.c - objects that nobody knows of any more: the boot word kmemleak=on.
 *
 * 1. Idea (Marinas 2009): an allocated object to which no pointer leads can never be freed. So
 *    from time to time memory is searched for pointers as a garbage collector would (kmemleak_scan.c),
 *    and what is not found is told of (kmemleak_report.c), not freed. Any word that lies within an
 *    object counts as a pointer to it; so what is told of is nearly always a leak, and now and then
 *    a leak is overlooked because some number looks like its address.
 *
 * 2. Colours. White: fewer than min_count pointers were found, a leak if that stays so. Grey: known,
 *    and searched for pointers itself. Black (min_count -1): neither told of nor searched. A driver
 *    paints an object grey with kmemleak_not_leak() and black with kmemleak_ignore().
 *
 * 3. What is an object: what comes from kmalloc() and from caches (without SLAB_NOLEAKTRACE), of
 *    kmalloc() also when it is pages, and areas of vmalloc(), whose own vm_struct points at them,
 *    so that two pointers are wanted. Not what comes from alloc_pages(), nor per-CPU memory, which
 *    is searched. Objects come by because their caches are watched (slab_hooks.c), all of them
 *    from the boot on: an object that was not seen coming would be a hole in what is searched.
 *
 * 4. Structures: a note for each object in a table, found by its address in a hash table; notes of
 *    freed objects are on a list. All of it is sparse memory of the host: looking for leaks takes
 *    nothing of what is looked at. There is a note for every NOTE_PER_BYTES of RAM, up to MAX_NOTES; when they are
 *    used up the detector turns itself off and says so, as Linux's does. What is reported already
 *    stays to be read.
 *
 * 5. Host memory in which a driver may keep its only pointer (an open file's private_data) is noted
 *    as well, grey: kmemleak_host_alloc().
 *
 * 6. Locks: kmemleak_lock around everything in a note and the lists of notes; it is the host's, since
 *    objects come and go under spinlocks. Nothing is printed and no stack is taken with it held.
 */
#include <string.h>
#include <kmem/machine.h>
#include <kmem/mmzone.h>
#include <kmem/printk.h>
#include <kmem/workqueue.h>

#include "kmemleak.h"
#include "slab_hooks.h"

#define NOTE_PER_BYTES 256
#define MIN_NOTES      16000
#define MAX_NOTES      (64u << 20)

struct host_lock kmemleak_lock;
struct kmemleak_object *kmemleak_objects;
u32 kmemleak_nr;
bool kmemleak_enabled;

/* Protected by kmemleak_lock: */
static u32 max_notes, free_notes, held_notes; /* lists by index + 1 */
static bool hold_notes;
static u32 *chains; /* by hash: index + 1 of the first */
static u32 nr_chains;

void kmemleak_boot(const struct machine_config *cfg)
{
	kmemleak_enabled = false;
	if (!cfg->kmemleak)
		return;
	max_notes = clamp(cfg->mem / NOTE_PER_BYTES, (u64)MIN_NOTES, (u64)MAX_NOTES);
	nr_chains = 1u << ilog2(max_notes);
	kmemleak_objects = host_table_alloc(max_notes * sizeof(*kmemleak_objects));
	chains = host_table_alloc(nr_chains * sizeof(*chains));
	kmemleak_nr = free_notes = held_notes = 0;
	kmemleak_enabled = kmemleak_objects && chains;
	if (!kmemleak_enabled)
		pr_warn("kmemleak: the host has no room for the notes\n");
}

void kmemleak_exit(void)
{
	WRITE_ONCE(kmemleak_enabled, false);
	kmemleak_forget_all();
	host_table_free(kmemleak_objects, max_notes * sizeof(*kmemleak_objects));
	host_table_free(chains, nr_chains * sizeof(*chains));
	kmemleak_objects = NULL;
	kmemleak_nr = 0;
	chains = NULL;
}

static u32 *chain_of(unsigned long ptr)
{
	return &chains[(ptr >> 3) * 0x9e3779b97f4a7c15ull >> 32 & (nr_chains - 1)];
}

struct kmemleak_object *kmemleak_find(unsigned long ptr, bool exactly)
{
	if (!chains)
		return NULL;
	if (exactly) {
		for (u32 i = *chain_of(ptr); i; i = kmemleak_objects[i - 1].next)
			if (kmemleak_objects[i - 1].pointer == ptr)
				return &kmemleak_objects[i - 1];
		return NULL;
	}
	for (u32 i = 0; i < kmemleak_nr; i++) {
		struct kmemleak_object *o = &kmemleak_objects[i];

		if ((o->flags & OBJECT_ALLOCATED) && ptr - o->pointer < o->size)
			return o;
	}
	return NULL;
}

/* A note in its chain; NULL: there is none left. Caller holds the lock. */
static struct kmemleak_object *new_note(unsigned long ptr)
{
	u32 *chain = chain_of(ptr), i = free_notes;
	struct kmemleak_object *o;

	if (i)
		free_notes = kmemleak_objects[i - 1].next;
	else if (kmemleak_nr < max_notes)
		i = ++kmemleak_nr;
	else
		return NULL;
	o = &kmemleak_objects[i - 1];
	*o = (struct kmemleak_object){ .pointer = ptr, .next = *chain };
	*chain = i;
	return o;
}

static void drop_areas(struct kmemleak_object *o)
{
	while (o->areas) {
		struct kmemleak_area *area = o->areas;

		o->areas = area->next;
		host_free(area);
	}
}

/* Caller holds the lock. */
static void drop_note(struct kmemleak_object *o)
{
	u32 *link = chain_of(o->pointer), i = o - kmemleak_objects + 1;
	u32 *list = hold_notes ? &held_notes : &free_notes;

	while (*link != i)
		link = &kmemleak_objects[*link - 1].next;
	*link = o->next;
	drop_areas(o);
	o->flags = 0;
	o->next = *list;
	*list = i;
}

void kmemleak_hold_notes(bool hold)
{
	hold_notes = hold;
	while (!hold && held_notes) {
		u32 i = held_notes;

		held_notes = kmemleak_objects[i - 1].next;
		kmemleak_objects[i - 1].next = free_notes;
		free_notes = i;
	}
}

void kmemleak_forget_all(void)
{
	host_lock(&kmemleak_lock);
	for (u32 i = 0; i < kmemleak_nr; i++)
		if (kmemleak_objects[i].flags & OBJECT_ALLOCATED)
			drop_note(&kmemleak_objects[i]);
	host_unlock(&kmemleak_lock);
}

void kmemleak_disable(void)
{
	if (!__atomic_exchange_n(&kmemleak_enabled, false, __ATOMIC_RELAXED))
		return;
	slab_hooks_set(SLAB_HOOK_LEAK, false);
	pr_info("kmemleak: Kernel memory leak detector disabled\n");
}

static void caches_need_not_be_watched(struct work_struct *work)
{
	slab_hooks_set(SLAB_HOOK_LEAK, false);
}

static DECLARE_WORK(disable_work, caches_need_not_be_watched);

/* From any context. */
static void disable_for_want_of_notes(void)
{
	if (!__atomic_exchange_n(&kmemleak_enabled, false, __ATOMIC_RELAXED))
		return;
	pr_warn("kmemleak: Cannot allocate a kmemleak_object structure\n");
	pr_info("kmemleak: Kernel memory leak detector disabled\n");
	schedule_work(&disable_work);
}

static noinline void note_object(unsigned long ptr, size_t size, int min_count)
{
	depot_stack_handle_t trace = stack_depot_save_here(1);
	unsigned long now = jiffies, was = 0;
	int pid = current->client_pid ? current->client_pid : current->pid;
	struct kmemleak_object *o;

	host_lock(&kmemleak_lock);
	o = kmemleak_find(ptr, true);
	if (o) {
		/* Nobody told of its end. */
		was = o->size;
		drop_note(o);
	}
	o = new_note(ptr);
	if (o) {
		o->size = size;
		o->flags = OBJECT_ALLOCATED;
		o->min_count = min_count;
		o->born = now;
		o->trace = trace;
		o->pid = pid;
		memcpy(o->comm, current->comm, sizeof(o->comm));
	}
	host_unlock(&kmemleak_lock);
	if (was)
		pr_warn("kmemleak: object 0x%08lx (size %lu) was not freed before 0x%08lx came\n",
			ptr, was, ptr);
	if (!o)
		disable_for_want_of_notes();
}

void kmemleak_alloc(const void *ptr, size_t size, int min_count, gfp_t gfp)
{
	if (unlikely(READ_ONCE(kmemleak_enabled)) && ptr && (unsigned long)ptr > 16)
		note_object((unsigned long)ptr, size, min_count);
}

void kmemleak_free(const void *ptr)
{
	struct kmemleak_object *o;

	if (!READ_ONCE(kmemleak_enabled) || !ptr)
		return;
	host_lock(&kmemleak_lock);
	o = kmemleak_find((unsigned long)ptr, true);
	if (o)
		drop_note(o);
	host_unlock(&kmemleak_lock);
}

void kmemleak_vmalloc(const void *ptr, size_t size)
{
	struct kmemleak_object *o;

	if (!READ_ONCE(kmemleak_enabled))
		return;
	/* Without an MMU it is an object already. */
	host_lock(&kmemleak_lock);
	o = kmemleak_find((unsigned long)ptr, true);
	if (o)
		o->min_count = 2;
	host_unlock(&kmemleak_lock);
	if (!o)
		note_object((unsigned long)ptr, size, 2);
}

void kmemleak_paint(struct kmemleak_object *o, int min_count)
{
	o->min_count = min_count;
	if (min_count == KMEMLEAK_BLACK)
		o->flags |= OBJECT_NO_SCAN;
}

/* False: there is no such object. */
static bool paint_at(const void *ptr, int min_count, u32 flags)
{
	struct kmemleak_object *o;

	if (!READ_ONCE(kmemleak_enabled) || !ptr)
		return true;
	host_lock(&kmemleak_lock);
	o = kmemleak_find((unsigned long)ptr, true);
	if (o && flags)
		o->flags |= flags;
	else if (o)
		kmemleak_paint(o, min_count);
	host_unlock(&kmemleak_lock);
	return o;
}

void kmemleak_not_leak(const void *ptr)
{
	if (!paint_at(ptr, KMEMLEAK_GREY, 0))
		pr_warn("kmemleak: Trying to color unknown object at %p as Grey\n", ptr);
}

void kmemleak_ignore(const void *ptr)
{
	if (!paint_at(ptr, KMEMLEAK_BLACK, 0))
		pr_warn("kmemleak: Trying to color unknown object at %p as Black\n", ptr);
}

void kmemleak_no_scan(const void *ptr)
{
	if (!paint_at(ptr, 0, OBJECT_NO_SCAN))
		pr_warn("kmemleak: Not scanning unknown object at %p\n", ptr);
}

/* False: there is no such object. */
static bool add_area(unsigned long object, bool exactly, unsigned long start, size_t size)
{
	struct kmemleak_area *area = host_alloc(sizeof(*area));
	struct kmemleak_object *o;

	host_lock(&kmemleak_lock);
	o = kmemleak_find(object, true);
	if (!o && !exactly)
		o = kmemleak_find(object, false);
	if (o && area) {
		size = min(size, o->pointer + o->size - start);
		*area = (struct kmemleak_area){ o->areas, start, size };
		o->areas = area;
	}
	host_unlock(&kmemleak_lock);
	if (!o)
		host_free(area);
	return o;
}

void kmemleak_scan_part(const void *object, const void *ptr, size_t size)
{
	if (READ_ONCE(kmemleak_enabled))
		add_area((unsigned long)object, true, (unsigned long)ptr, size);
}

void kmemleak_scan_area(const void *ptr, size_t size, gfp_t gfp)
{
	if (READ_ONCE(kmemleak_enabled) && ptr &&
	    !add_area((unsigned long)ptr, false, (unsigned long)ptr, size))
		pr_warn("kmemleak: Adding scan area to unknown object at %p\n", ptr);
}

noinline void kmemleak_update_trace(const void *ptr)
{
	depot_stack_handle_t trace;
	struct kmemleak_object *o;

	if (!READ_ONCE(kmemleak_enabled) || !ptr)
		return;
	trace = stack_depot_save_here(0);
	host_lock(&kmemleak_lock);
	o = kmemleak_find((unsigned long)ptr, true);
	if (o)
		o->trace = trace;
	host_unlock(&kmemleak_lock);
}

void *kmemleak_host_alloc(size_t size)
{
	void *p = host_alloc(size);

	kmemleak_alloc(p, size, KMEMLEAK_GREY, 0);
	return p;
}

void kmemleak_host_free(void *p)
{
	kmemleak_free(p);
	host_free(p);
}
