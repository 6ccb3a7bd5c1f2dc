/* SPDX-License-Identifier: MIT */
/*
 * highmem.h - addresses for pages that have none.
 *
 * A page of high memory (boot word highmem=SIZE) is not in the direct map. kmap() gives it an
 * address until kunmap(); both nest. On pages of low memory they cost nothing.
 *
 * Context: kmap() may sleep, for one of LAST_PKMAP addresses; kmap_local_page() and kmap_atomic()
 * do not and are for the calling thread and for moments, newest undone first. page_address() tells
 * kmap()'s address. Source: the book, chapter 15; Linux 6.1, mm/highmem.c.
 */
#ifndef KMEM_HIGHMEM_H
#define KMEM_HIGHMEM_H

#include <string.h>
#include <kmem/gfp.h>

#define LAST_PKMAP 512

void *kmap(struct page *page);
void kunmap(struct page *page);
void *kmap_local_page(struct page *page);
void kunmap_local(const void *addr);

#define kmap_atomic(page)   kmap_local_page(page)
#define kunmap_atomic(addr) kunmap_local(addr)

static inline void clear_highpage(struct page *page)
{
	void *p = kmap_local_page(page);

	memset(p, 0, PAGE_SIZE);
	kunmap_local(p);
}

static inline void copy_highpage(struct page *to, struct page *from)
{
	void *d = kmap_local_page(to), *s = kmap_local_page(from);

	memcpy(d, s, PAGE_SIZE);
	kunmap_local(s);
	kunmap_local(d);
}

/* Whole pages that have an address; the page_address() of low memory, a vmalloc() area. */
static inline void clear_page(void *page)
{
	memset(page, 0, PAGE_SIZE);
}

static inline void copy_page(void *to, const void *from)
{
	memcpy(to, from, PAGE_SIZE);
}

/* @len bytes at @offset of a page, within it. */
static inline void memcpy_to_page(struct page *page, size_t offset, const void *from, size_t len)
{
	char *p = kmap_local_page(page);

	memcpy(p + offset, from, len);
	kunmap_local(p);
}

static inline void memcpy_from_page(void *to, struct page *page, size_t offset, size_t len)
{
	char *p = kmap_local_page(page);

	memcpy(to, p + offset, len);
	kunmap_local(p);
}

static inline void memzero_page(struct page *page, size_t offset, size_t len)
{
	char *p = kmap_local_page(page);

	memset(p + offset, 0, len);
	kunmap_local(p);
}

#endif
