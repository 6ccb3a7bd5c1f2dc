// SPDX-License-Identifier: MIT
/*
 * highmem.c - a few addresses lent to pages that have none.
 *
 * 1. Idea: a window of LAST_PKMAP page-sized slots. kmap() finds the slot that shows the page
 *    already, or takes one nobody uses. A slot nobody uses stays mapped until it is wanted for
 *    another page, since mapping asks the host and asking again for the same page should not.
 * 2. Structures: slots[i] is the page at window + i * PAGE_SIZE and how many use it. A page looks
 *    for its slot from a place of its own on (its pfn) and goes on to the next ones, so that a
 *    short search finds it.
 * 3. Invariants: slot->users > 0 => slot->page != NULL; a page is in at most one slot.
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
#define PROBES	   16

struct pkmap_slot {
	struct page *page;
	unsigned int users;
};

static DEFINE_SPINLOCK(pkmap_lock);
static struct pkmap_slot slots[LAST_PKMAP]; /* protected by pkmap_lock */
static DECLARE_WAIT_QUEUE_HEAD(pkmap_wait); /* for a slot nobody uses */
static bool window_up;

static void *slot_address(const struct pkmap_slot *slot)
{
	return (void *)(PKMAP_BASE + (slot - slots) * PAGE_SIZE);
}

static struct pkmap_slot *nth_probe(const struct page *page, unsigned int n)
{
	return &slots[(page_to_pfn(page) + n) % LAST_PKMAP];
}

/* Caller holds pkmap_lock. */
static struct pkmap_slot *find_slot(const struct page *page)
{
	for (unsigned int n = 0; n < PROBES; n++)
		if (nth_probe(page, n)->page == page)
			return nth_probe(page, n);
	return NULL;
}

/* Caller holds pkmap_lock. */
static struct pkmap_slot *take_slot(struct page *page)
{
	struct pkmap_slot *slot = find_slot(page);

	for (unsigned int n = 0; !slot && n < PROBES; n++) {
		slot = nth_probe(page, n)->users ? NULL : nth_probe(page, n);
		if (!slot)
			continue;
		if (ram_map_window((unsigned long)slot_address(slot), page_to_pfn(page), 1, true))
			return NULL;
		slot->page = page;
	}
	if (slot)
		slot->users++;
	return slot;
}

static void *map_now(struct page *page)
{
	struct pkmap_slot *slot;

	spin_lock(&pkmap_lock);
	slot = take_slot(page);
	spin_unlock(&pkmap_lock);
	return slot ? slot_address(slot) : NULL;
}

void *kmap(struct page *page)
{
	void *addr = NULL;

	might_sleep();
	if (!PageHighMem(page))
		return page_address(page);
	wait_event(pkmap_wait, (addr = map_now(page)) != NULL);
	return addr;
}

void *kmap_local_page(struct page *page)
{
	void *addr;

	if (!PageHighMem(page))
		return page_address(page);
	/* Slots held this way are held for moments, so spinning ends. */
	while (!(addr = map_now(page)))
		host_yield();
	return addr;
}

static void drop(struct pkmap_slot *slot)
{
	bool unused = false;

	spin_lock(&pkmap_lock);
	if (slot && slot->users)
		unused = --slot->users == 0;
	else
		pr_err("BUG: kunmap() of a page that is not mapped\n");
	spin_unlock(&pkmap_lock);
	if (unused && wq_has_sleeper(&pkmap_wait))
		wake_up_all(&pkmap_wait);
}

void kunmap(struct page *page)
{
	struct pkmap_slot *slot;

	if (!PageHighMem(page))
		return;
	spin_lock(&pkmap_lock);
	slot = find_slot(page);
	spin_unlock(&pkmap_lock);
	drop(slot);
}

void kunmap_local(const void *addr)
{
	unsigned long offset = (unsigned long)addr - PKMAP_BASE;

	if (offset < LAST_PKMAP * PAGE_SIZE)
		drop(&slots[offset / PAGE_SIZE]);
}

void *highmem_address(const struct page *page)
{
	struct pkmap_slot *slot;

	spin_lock(&pkmap_lock);
	slot = find_slot(page);
	if (slot && !slot->users)
		slot = NULL;
	spin_unlock(&pkmap_lock);
	return slot ? slot_address(slot) : NULL;
}

int highmem_boot(void)
{
	int err = 0;

	for (int i = 0; i < LAST_PKMAP; i++)
		slots[i] = (struct pkmap_slot){ 0 };
	if (max_low_pfn != max_pfn)
		err = host_window_reserve(PKMAP_BASE, LAST_PKMAP * PAGE_SIZE);
	window_up = !err && max_low_pfn != max_pfn;
	return err;
}

void highmem_exit(void)
{
	if (window_up)
		host_unmap(PKMAP_BASE, LAST_PKMAP * PAGE_SIZE);
	window_up = false;
}
