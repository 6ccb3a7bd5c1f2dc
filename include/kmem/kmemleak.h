/* SPDX-License-Identifier: MIT */
/*
 * kmemleak.h - objects that nobody knows of any more. Told in mm/kmemleak.c.
 *
 * Allocations of kmalloc(), of caches and of vmalloc() are known by themselves. A driver calls what
 * is here where its pointers are kept in a way that nobody else could follow, or where it is known
 * that something is never freed. Without kmemleak=on on the boot line nothing happens.
 *
 * Context: any. Source of the rules: Linux 6.1, mm/kmemleak.c, Documentation/dev-tools/kmemleak.rst.
 */
#ifndef KMEM_KMEMLEAK_H
#define KMEM_KMEMLEAK_H

#include <kmem/types.h>

/*
 * Memory that no allocator has told of. It is a leak with fewer than @min_count pointers into it:
 * 1 for most; 0: never, but what it points at is known; -1: neither.
 */
void kmemleak_alloc(const void *ptr, size_t size, int min_count, gfp_t gfp);
void kmemleak_free(const void *ptr);

/* It is no leak, though nobody may point at it. What it points at is known. */
void kmemleak_not_leak(const void *ptr);
/* The same, and it points at nothing. */
void kmemleak_ignore(const void *ptr);
/* It is an object like others, but it points at nothing. */
void kmemleak_no_scan(const void *ptr);
/* Of the object around @ptr only such areas point at something. */
void kmemleak_scan_area(const void *ptr, size_t size, gfp_t gfp);
/* The object's stack is the caller's from here on: it has come from a pool. */
void kmemleak_update_trace(const void *ptr);

#endif
