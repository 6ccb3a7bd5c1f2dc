// SPDX-License-Identifier: MIT
/*
 * objects.c - caches, kmalloc, mempools and per-CPU variables beside the best malloc libraries.
 *
 *	build/bench/objects [-w] [ROUNDS]	default: 25 rounds; -w: objects are written to
 *
 * One run, all in turns (contest.h): objects-kmem is objects_work.c on libkmem, objects-malloc the
 * same on malloc(), with each of Debian's libraries and with glibc's own. Prints the median and
 * the least time of every row, then what was wanted of the ratios (of medians) and whether it is
 * so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "objects.h"

enum { KMEM, JEMALLOC, TCMALLOC, MIMALLOC, GLIBC, NR_CONTESTANTS };

static struct contestant all[NR_CONTESTANTS] = {
	[KMEM] = { .name = "kmem", .program = "objects-kmem" },
	[JEMALLOC] = { .name = "jemalloc",
		       .program = "objects-malloc",
		       .preload = "libjemalloc.so.2",
		       .package = "libjemalloc2" },
	[TCMALLOC] = { .name = "tcmalloc",
		       .program = "objects-malloc",
		       .preload = "libtcmalloc_minimal.so.4",
		       .package = "libtcmalloc-minimal4" },
	[MIMALLOC] = { .name = "mimalloc",
		       .program = "objects-malloc",
		       .preload = "libmimalloc.so.2",
		       .package = "libmimalloc2.0" },
	[GLIBC] = { .name = "glibc", .program = "objects-malloc" },
};

static const char *const row_names[NR_OBJECTS_ROWS] = {
	[CACHE_PAIR] = "kmem_cache 64, pair",
	[KMALLOC_PAIR_64] = "kmalloc 64, pair",
	[KMALLOC_PAIR_256] = "kmalloc 256, pair",
	[KMALLOC_PAIR_4096] = "kmalloc 4096, pair",
	[FIFO_64] = "1000 x 64, FIFO",
	[LIFO_64] = "1000 x 64, LIFO",
	[FIFO_4096] = "1000 x 4096, FIFO",
	[CHURN] = "10,000 live, 16..8192",
	[REMOTE_FREE] = "another thread frees",
	[TWO_THREADS] = "two threads, pair",
	[MEMPOOL_PAIR] = "mempool 64, pair",
	[PERCPU_INC] = "per-CPU increment",
	[LIVE_1M] = "10^6 live x 64",
	[LIVE_10M] = "10^7 live x 64",
	[LIVE_PAUSE] = "10^6, after a pause",
};

/*
 * What a row may be at most: a multiple of a contestant's, of another of our rows, or so many ns.
 * Two threads may be on one core of the host, which one thread alone keeps busy here: how often they
 * are is the host's doing, so that row is judged by its least time.
 */
#define BEST	      -1
#define OWN_ROW	      -2
#define OWN_ROW_LEAST -3
#define ABSOLUTE      -4

static const struct limit {
	enum objects_row row;
	int against; /* a contestant, or one of the above */
	enum objects_row own;
	double at_most;
} limits[] = {
	{ CACHE_PAIR, MIMALLOC, 0, 0.45 },
	{ CACHE_PAIR, BEST, 0, 0.7 },
	{ KMALLOC_PAIR_64, MIMALLOC, 0, 0.6 },
	{ KMALLOC_PAIR_64, BEST, 0, 0.9 },
	{ KMALLOC_PAIR_256, MIMALLOC, 0, 0.6 },
	{ KMALLOC_PAIR_256, BEST, 0, 0.9 },
	{ KMALLOC_PAIR_4096, MIMALLOC, 0, 0.45 },
	{ KMALLOC_PAIR_4096, BEST, 0, 0.75 },
	{ FIFO_64, BEST, 0, 1.15 },
	{ LIFO_64, BEST, 0, 1.15 },
	{ FIFO_4096, BEST, 0, 0.6 },
	{ CHURN, BEST, 0, 1.1 },
	{ REMOTE_FREE, BEST, 0, 0.4 },
	{ TWO_THREADS, OWN_ROW_LEAST, CACHE_PAIR, 1.3 },
	{ LIVE_1M, BEST, 0, 0.8 },
	{ LIVE_10M, BEST, 0, 0.8 },
	{ MEMPOOL_PAIR, OWN_ROW, CACHE_PAIR, 2 },
	{ PERCPU_INC, ABSOLUTE, 0, 2 },
};

static struct samples results[NR_OBJECTS_ROWS][NR_CONTESTANTS];

static void print_row(unsigned int row)
{
	printf("%-22s", row_names[row]);
	for (int i = 0; i < NR_CONTESTANTS; i++)
		samples_print(&results[row][i]);
	printf("\n");
	fflush(stdout);
}

static void measure_all(unsigned int rounds)
{
	printf("%-22s", "ns for both calls");
	for (int i = 0; i < NR_CONTESTANTS; i++)
		printf("%15s", all[i].name);
	printf("\n%-22s", "");
	for (int i = 0; i < NR_CONTESTANTS; i++)
		samples_print_heads();
	printf("\n");
	/* Rows that are compared with each other, in the same rounds. */
	contest_rows(all, NR_CONTESTANTS, 0, LIVE_1M, rounds, results[0]);
	for (unsigned int row = 0; row < LIVE_1M; row++)
		print_row(row);
	for (unsigned int row = LIVE_1M; row < NR_OBJECTS_ROWS; row++) {
		/* A round of these takes seconds. */
		unsigned int share = row == LIVE_10M ? 5 : 3;

		contest_rows(all, NR_CONTESTANTS, row, 1, (rounds + share - 1) / share,
			     results[row]);
		print_row(row);
	}
}

/* Whose median is the least, of the peers; KMEM if there is none. */
static int best_peer(enum objects_row row)
{
	int best = KMEM;

	for (int i = KMEM + 1; i < NR_CONTESTANTS; i++)
		if (results[row][i].n &&
		    (best == KMEM ||
		     samples_median(&results[row][i]) < samples_median(&results[row][best])))
			best = i;
	return best;
}

/* The samples to compare with, or NULL; @name says what they are of. */
static const struct samples *reference(const struct limit *l, char *name, size_t size)
{
	int i = l->against == BEST ? best_peer(l->row) : l->against;

	if (l->against == OWN_ROW || l->against == OWN_ROW_LEAST) {
		snprintf(name, size, "%s", row_names[l->own]);
		return &results[l->own][KMEM];
	}
	snprintf(name, size, "%s%s", all[i].name, l->against == BEST ? ", the best" : "");
	return i != KMEM && results[l->row][i].n ? &results[l->row][i] : NULL;
}

static bool judge(const struct limit *l)
{
	const struct samples *own = &results[l->row][KMEM], *ref;
	double ratio, of_least, judged;
	char name[64];

	if (!own->n)
		return false;
	printf("%-22s%9.2f  ", row_names[l->row], samples_median(own));
	if (l->against == ABSOLUTE) {
		bool ok = samples_median(own) <= l->at_most;

		printf("%-22s%9s %7s %7s %6.2f  %s\n", "(nanoseconds)", "", "", "", l->at_most,
		       ok ? "ok" : "MISSED");
		return ok;
	}
	ref = reference(l, name, sizeof(name));
	if (!ref) {
		printf("%-22s is not here\n", name);
		return false;
	}
	ratio = samples_median(own) / samples_median(ref);
	of_least = samples_least(own) / samples_least(ref);
	judged = l->against == OWN_ROW_LEAST ? of_least : ratio;
	printf("%-22s%9.2f %7.2f %7.2f %6.2f  %s\n", name, samples_median(ref), ratio, of_least,
	       l->at_most, judged <= l->at_most ? "ok" : "MISSED");
	return judged <= l->at_most;
}

int main(int argc, char **argv)
{
	unsigned int rounds = 25, ok = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-w")) {
			for (int k = 0; k < NR_CONTESTANTS; k++)
				all[k].args[0] = "-w";
		} else {
			rounds = atoi(argv[i]);
		}
	}
	if (rounds < 3 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: objects [-w] [ROUNDS]   (3 to %d)\n", MAX_ROUNDS);
		return 2;
	}
	contest_start(all, NR_CONTESTANTS);
	if (!all[KMEM].here)
		return 1;
	measure_all(rounds);
	contest_stop(all, NR_CONTESTANTS);
	printf("\n%-22s%9s  %-22s%9s %7s %7s %6s\n", "", "kmem ns", "beside", "ns", "ratio",
	       "least", "limit");
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		ok += judge(&limits[i]);
	printf("%u of %zu limits are kept\n", ok, sizeof(limits) / sizeof(*limits));
	return 0;
}
