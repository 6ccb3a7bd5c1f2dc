/* SPDX-License-Identifier: MIT */
/*
 * plain_buddy.h - the page allocator without the ideas of the last forty years: free lists by
 * order, one lock, no per-CPU lists. What the real one is measured against.
 */
#ifndef BENCH_PLAIN_BUDDY_H
#define BENCH_PLAIN_BUDDY_H

#define PLAIN_MAX_ORDER 10

struct plain_page {
	struct plain_page *next, *prev;
	unsigned char order; /* of the free block this page is the first of */
	unsigned char free;
};

/* Memory of 2^@order pages, all of it free; -1 if the host gives no room for their descriptions. */
int plain_boot(unsigned int order);
/* NULL if there is no block. */
struct plain_page *plain_alloc(unsigned int order);
void plain_free(struct plain_page *page, unsigned int order);

#endif
