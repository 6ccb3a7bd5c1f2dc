// SPDX-License-Identifier: MIT
/*
 * plain_buddy.c - Knowlton's buddy system with circular lists, as a textbook has it.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "plain_buddy.h"

static struct plain_page *pages;
static unsigned long nr_pages;
static struct plain_page lists[PLAIN_MAX_ORDER + 1]; /* heads */
static bool locked;

static void lock(void)
{
	while (__atomic_exchange_n(&locked, true, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&locked, __ATOMIC_RELAXED))
			__builtin_ia32_pause();
}

static void unlock(void)
{
	__atomic_store_n(&locked, false, __ATOMIC_RELEASE);
}

static void put(struct plain_page *page, unsigned int order)
{
	struct plain_page *head = &lists[order];

	page->order = order;
	page->free = 1;
	page->next = head->next;
	page->prev = head;
	head->next->prev = page;
	head->next = page;
}

static void take(struct plain_page *page)
{
	page->free = 0;
	page->prev->next = page->next;
	page->next->prev = page->prev;
}

int plain_boot(unsigned int order)
{
	nr_pages = 1ul << order;
	pages = calloc(nr_pages, sizeof(*pages));
	if (!pages)
		return -1;
	for (unsigned int o = 0; o <= PLAIN_MAX_ORDER; o++)
		lists[o].next = lists[o].prev = &lists[o];
	for (unsigned long i = 0; i < nr_pages; i += 1ul << PLAIN_MAX_ORDER)
		put(&pages[i], PLAIN_MAX_ORDER);
	return 0;
}

struct plain_page *plain_alloc(unsigned int order)
{
	struct plain_page *page = NULL;
	unsigned int high = order;

	lock();
	while (high <= PLAIN_MAX_ORDER && lists[high].next == &lists[high])
		high++;
	if (high <= PLAIN_MAX_ORDER) {
		page = lists[high].next;
		take(page);
		while (high-- > order)
			put(page + (1ul << high), high);
	}
	unlock();
	return page;
}

void plain_free(struct plain_page *page, unsigned int order)
{
	unsigned long i = page - pages;

	lock();
	while (order < PLAIN_MAX_ORDER) {
		struct plain_page *buddy = &pages[i ^ 1ul << order];

		if (!buddy->free || buddy->order != order)
			break;
		take(buddy);
		i &= ~(1ul << order);
		order++;
	}
	put(&pages[i], order);
	unlock();
}
