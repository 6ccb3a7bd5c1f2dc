// SPDX-License-Identifier: MIT
/*
 * pages_peer.c - the rows of pages for others: aligned blocks of a malloc library, and the plain
 * buddy of plain_buddy.c.
 *
 *	pages-peer malloc
 *	pages-peer plain
 *	pages-peer whole	the plain buddy with all of its memory in one piece
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "pages.h"
#include "plain_buddy.h"

#define PAGE	   4096ul
#define PAIRS	   200000
#define SLOW_PAIRS 20000
#define QUEUE	   1000
#define PLAIN_SIZE 18 /* 2^18 pages: 1 GiB */

static __attribute__((__noinline__)) void malloc_loop(long n, unsigned int order)
{
	for (long i = 0; i < n; i++) {
		void *p = aligned_alloc(PAGE, PAGE << order);

		keep(p);
		free(p);
	}
}

static __attribute__((__noinline__)) void plain_loop(long n, unsigned int order)
{
	for (long i = 0; i < n; i++) {
		struct plain_page *page = plain_alloc(order);

		keep(page);
		plain_free(page, order);
	}
}

#define PAIR(kind, order)                          \
	static double kind##_pair_##order(void)    \
	{                                          \
		double start = now_ns();           \
                                                   \
		kind##_loop(PAIRS, order);         \
		return (now_ns() - start) / PAIRS; \
	}

PAIR(malloc, 0)
PAIR(malloc, 1)
PAIR(malloc, 2)
PAIR(malloc, 3)

/*
 * A pair finds a block of its order: the plain buddy is not made to split for each. Of two blocks
 * that are buddies one stays in use, and the other one cannot merge.
 */
static void leave_one(unsigned int order)
{
	static bool done[PLAIN_MAX_ORDER + 1];
	struct plain_page *a, *b;

	if (done[order])
		return;
	done[order] = true;
	a = plain_alloc(order);
	b = plain_alloc(order);
	plain_free(a, order);
	keep(b);
}

#define PLAIN_PAIR(order)                          \
	static double plain_pair_##order(void)     \
	{                                          \
		double start;                      \
                                                   \
		leave_one(order);                  \
		start = now_ns();                  \
		plain_loop(PAIRS, order);          \
		return (now_ns() - start) / PAIRS; \
	}

PLAIN_PAIR(0)
PLAIN_PAIR(1)
PLAIN_PAIR(2)
PLAIN_PAIR(3)

static double malloc_queue(void)
{
	static void *held[QUEUE];
	double start = now_ns();

	for (int turn = 0; turn < PAIRS / QUEUE; turn++) {
		for (int i = 0; i < QUEUE; i++)
			held[i] = aligned_alloc(PAGE, PAGE);
		for (int i = 0; i < QUEUE; i++)
			free(held[i]);
	}
	return (now_ns() - start) / PAIRS;
}

static double plain_queue(void)
{
	static struct plain_page *held[QUEUE];
	double start = now_ns();

	for (int turn = 0; turn < PAIRS / QUEUE; turn++) {
		for (int i = 0; i < QUEUE; i++)
			held[i] = plain_alloc(0);
		for (int i = 0; i < QUEUE; i++)
			plain_free(held[i], 0);
	}
	return (now_ns() - start) / PAIRS;
}

/* Before any pair has left small blocks: in a process that does nothing else. */
static double plain_split_merge(void)
{
	double start = now_ns();

	plain_loop(SLOW_PAIRS, 0);
	return (now_ns() - start) / SLOW_PAIRS;
}

static void malloc_loop_0(long n)
{
	malloc_loop(n, 0);
}

static void plain_loop_0(long n)
{
	plain_loop(n, 0);
}

static double malloc_two(void)
{
	return two_threads(malloc_loop_0, PAIRS);
}

static double plain_two(void)
{
	return two_threads(plain_loop_0, PAIRS);
}

static row_fn *const malloc_rows[NR_PAGES_ROWS] = {
	[PAIR_0] = malloc_pair_0,     [PAIR_1] = malloc_pair_1,	    [PAIR_2] = malloc_pair_2,
	[PAIR_3] = malloc_pair_3,     [VARIABLE_0] = malloc_pair_0, [VARIABLE_1] = malloc_pair_1,
	[VARIABLE_2] = malloc_pair_2, [VARIABLE_3] = malloc_pair_3, [QUEUE_0] = malloc_queue,
	[TWO_THREADS] = malloc_two,
};

static row_fn *const plain_rows[NR_PAGES_ROWS] = {
	[PAIR_0] = plain_pair_0,     [PAIR_1] = plain_pair_1,	  [PAIR_2] = plain_pair_2,
	[PAIR_3] = plain_pair_3,     [VARIABLE_0] = plain_pair_0, [VARIABLE_1] = plain_pair_1,
	[VARIABLE_2] = plain_pair_2, [VARIABLE_3] = plain_pair_3, [QUEUE_0] = plain_queue,
	[TWO_THREADS] = plain_two,
};

static row_fn *const whole_rows[NR_PAGES_ROWS] = {
	[SPLIT_MERGE] = plain_split_merge,
};

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";

	if (!strcmp(kind, "malloc"))
		return contestant_serve(malloc_rows, NR_PAGES_ROWS);
	if (plain_boot(PLAIN_SIZE))
		return 1;
	if (!strcmp(kind, "plain"))
		return contestant_serve(plain_rows, NR_PAGES_ROWS);
	if (!strcmp(kind, "whole"))
		return contestant_serve(whole_rows, NR_PAGES_ROWS);
	return 2;
}
