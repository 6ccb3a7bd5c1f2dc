// SPDX-License-Identifier: MIT
/*
 * highmem.c - a few addresses lent to pages that have none.
 *
 * 1. Idea: a window of page-sized slots. Who wants an address for a page gets the slot that shows
 *    it already, or one that nobody uses. A slot nobody uses stays mapped until it is wanted for
 *    another page, since mapping asks the host and asking again for the same page should not.
 * 2. Structures: two tables, LAST_PKMAP slots for kmap(), whose users may keep them and sleep, and
 *    as many for kmap_local_page(), whose users may not, so that these need not wait for those.
 *    slots[i] is the page shown there and how many use it. A page looks for its slot from a place
 *    of its own on (its pfn) and goes on to the next ones.
 * 3. Invariants, in each table: slot->users > 0 => slot->page != NULL; a page is in at most one
 *    slot; a slot that has shown a page always shows one, so the search for a page may end at
 *    an empty slot.
 * 4. Locks: pkmap_lock. The host is asked with it held: it is a rare path on a machine that
 *    chose to have high memory.
 */
#include <kmem/bug.h>
#include <kmem/highmem.h>
#include <kmem/wait.h>

#include "../kernel/host.h"
#include "highmem.h"
#include "ram.h"

/* Behind vmalloc's window. */
#define PKMAP_BASE 0x7ec000000000

struct pkmap_slot {
	struct page *page;
	unsigned int users;
};

struct pkmap_table {
	unsigned long base;
	struct pkmap_slot slots[LAST_PKMAP]; /* protected by pkmap_lock */
};

static DEFINE_SPINLOCK(pkmap_lock);
static struct pkmap_table lasting = { .base = PKMAP_BASE };
static struct pkmap_table local = { .base = PKMAP_BASE + LAST_PKMAP * PAGE_SIZE };
static DECLARE_WAIT_QUEUE_HEAD(pkmap_wait); /* for a lasting slot nobody uses */
static bool window_up;

static void *slot_address(const struct pkmap_table *t, const struct pkmap_slot *slot)
{
	return (void *)(t->base + (slot - t->slots) * PAGE_SIZE);
}

static struct pkmap_slot *nth_probe(struct pkmap_table *t, const struct page *page, unsigned int n)
{
	return &t->slots[(page_to_pfn(page) + n) % LAST_PKMAP];
}

/* Caller holds pkmap_lock. */
static struct pkmap_slot *find_slot(struct pkmap_table *t, const struct page *page)
{
	for (unsigned int n = 0; n < LAST_PKMAP; n++) {
		struct pkmap_slot *slot = nth_probe(t, page, n);

		if (slot->page == page)
			return slot;
		if (!slot->page)
			break;
	}
	return NULL;
}

/* Caller holds pkmap_lock. */
static struct pkmap_slot *find_unused(struct pkmap_table *t, const struct page *page)
{
	for (unsigned int n = 0; n < LAST_PKMAP; n++)
		if (!nth_probe(t, page, n)->users)
			return nth_probe(t, page, n);
	return NULL;
}

static void *map_now(struct pkmap_table *t, struct page *page)
{
	struct pkmap_slot *slot;

	spin_lock(&pkmap_lock);
	slot = find_slot(t, page);
	if (!slot) {
		slot = find_unused(t, page);
		if (slot && ram_map_window((unsigned long)slot_address(t, slot), page_to_pfn(page),
					   1, true))
			slot = NULL;
		if (slot)
			slot->page = page;
	}
	if (slot)
		slot->users++;
	spin_unlock(&pkmap_lock);
	return slot ? slot_address(t, slot) : NULL;
}

void *kmap(struct page *page)
{
	void *addr = NULL;

	might_sleep();
	if (!PageHighMem(page))
		return page_address(page);
	wait_event(pkmap_wait, (addr = map_now(&lasting, page)) != NULL);
	return addr;
}

void *kmap_local_page(struct page *page)
{
	void *addr;

	if (!PageHighMem(page))
		return page_address(page);
	/* Slots held this way are held for moments, so spinning ends. */
	while (!(addr = map_now(&local, page)))
		host_yield();
	return addr;
}

/* Returns true if nobody uses the slot any more. */
static bool drop(struct pkmap_slot *slot)
{
	if (slot && slot->users)
		return --slot->users == 0;
	pr_err("BUG: kunmap() of a page that is not mapped\n");
	return false;
}

void kunmap(struct page *page)
{
	bool unused;

	if (!PageHighMem(page))
		return;
	spin_lock(&pkmap_lock);
	unused = drop(find_slot(&lasting, page));
	spin_unlock(&pkmap_lock);
	if (unused && wq_has_sleeper(&pkmap_wait))
		wake_up_all(&pkmap_wait);
}

void kunmap_local(const void *addr)
{
	unsigned long slot = ((unsigned long)addr - local.base) / PAGE_SIZE;

	/* An address of the direct map needs no unmapping. */
	if (virt_addr_valid(addr))
		return;
	spin_lock(&pkmap_lock);
	drop(slot < LAST_PKMAP ? &local.slots[slot] : NULL);
	spin_unlock(&pkmap_lock);
}

void *highmem_address(const struct page *page)
{
	struct pkmap_slot *slot;

	spin_lock(&pkmap_lock);
	slot = find_slot(&lasting, page);
	if (slot && !slot->users)
		slot = NULL;
	spin_unlock(&pkmap_lock);
	return slot ? slot_address(&lasting, slot) : NULL;
}

int highmem_boot(void)
{
	int err = 0;

	memset(lasting.slots, 0, sizeof(lasting.slots));
	memset(local.slots, 0, sizeof(local.slots));
	if (max_low_pfn != max_pfn)
		err = host_window_reserve(PKMAP_BASE, 2 * LAST_PKMAP * PAGE_SIZE);
	window_up = !err && max_low_pfn != max_pfn;
	return err;
}

void highmem_exit(void)
{
	if (window_up)
		host_unmap(PKMAP_BASE, 2 * LAST_PKMAP * PAGE_SIZE);
	window_up = false;
}
