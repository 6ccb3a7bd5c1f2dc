// SPDX-License-Identifier: MIT
/*
 * pages.c - the page allocator beside others, and what a machine costs to boot and to keep.
 *
 *	build/bench/pages [ROUNDS]	default: 25 rounds
 *
 * One run, all in turns (contest.h): libkmem with machines of 1 GiB and of 1 TiB (pages_kmem.c), a
 * plain buddy (plain_buddy.c), and aligned_alloc(4096, 4096 << order) of two malloc libraries. The
 * daemon is started and mounted as a user does it (daemon.c). Prints the median and the least of
 * every row, then what was wanted and whether it is so by the least times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "contest.h"
#include "daemon.h"
#include "pages.h"

#define MIB	     1048576.0
#define HALF_ROUNDS  3
#define HALF_WRITTEN (256ul << 20) /* to each of two devices */

enum { KMEM, KMEM_1T, PLAIN, PLAIN_WHOLE, TCMALLOC, MIMALLOC, NR_CONTESTANTS };

static struct contestant all[NR_CONTESTANTS] = {
	[KMEM] = { .name = "kmem", .program = "pages-kmem", .args = { "serve", "mem=1G" } },
	[KMEM_1T] = { .name = "kmem 1T", .program = "pages-kmem", .args = { "serve", "mem=1T" } },
	[PLAIN] = { .name = "plain buddy", .program = "pages-peer", .args = { "plain" } },
	[PLAIN_WHOLE] = { .name = "plain buddy", .program = "pages-peer", .args = { "whole" } },
	[TCMALLOC] = { .name = "tcmalloc",
		       .program = "pages-peer",
		       .args = { "malloc" },
		       .preload = "libtcmalloc_minimal.so.4",
		       .package = "libtcmalloc-minimal4" },
	[MIMALLOC] = { .name = "mimalloc",
		       .program = "pages-peer",
		       .args = { "malloc" },
		       .preload = "libmimalloc.so.2",
		       .package = "libmimalloc2.0" },
};

static struct contestant booter = { .name = "kmem 1T, boot",
				    .program = "pages-kmem",
				    .args = { "boot", "mem=1T" } };
static struct contestant halver = { .name = "kmem 1G, half",
				    .program = "pages-kmem",
				    .args = { "boot", "mem=1G" } };

static const char *const names[SPLIT_MERGE + 1] = {
	[PAIR_0] = "pair, order 0",
	[PAIR_1] = "pair, order 1",
	[PAIR_2] = "pair, order 2",
	[PAIR_3] = "pair, order 3",
	[VARIABLE_0] = "variable order, 0",
	[VARIABLE_1] = "variable order, 1",
	[VARIABLE_2] = "variable order, 2",
	[VARIABLE_3] = "variable order, 3",
	[QUEUE_0] = "1000 pages, FIFO",
	[TWO_THREADS] = "two threads, order 0",
	[SPLIT_MERGE] = "10 splits, 10 merges",
};

static struct samples results[SPLIT_MERGE + 1][NR_CONTESTANTS];
static unsigned int kept, limits;

static void print_row(unsigned int row)
{
	printf("%-22s", names[row]);
	for (int i = 0; i < NR_CONTESTANTS; i++) {
		const struct samples *s = &results[row][i];

		if (i == PLAIN_WHOLE)
			continue;
		/* The plain buddy in one piece has but this row, and the other one has all else. */
		if (i == PLAIN && row == SPLIT_MERGE)
			s = &results[row][PLAIN_WHOLE];
		samples_print(s);
	}
	printf("\n");
	fflush(stdout);
}

static void measure_pairs(unsigned int rounds)
{
	printf("%-22s", "ns for both calls");
	for (int i = 0; i < NR_CONTESTANTS; i++)
		if (i != PLAIN_WHOLE)
			printf("%15s", all[i].name);
	printf("\n%-22s", "");
	for (int i = 0; i < NR_CONTESTANTS; i++)
		if (i != PLAIN_WHOLE)
			samples_print_heads();
	printf("\n");
	contest_rows(all, NR_CONTESTANTS, 0, TWO_THREADS + 1, rounds, results[0]);
	contest_rows(all, NR_CONTESTANTS, SPLIT_MERGE, 1, rounds, results[SPLIT_MERGE]);
	for (unsigned int row = 0; row <= SPLIT_MERGE; row++)
		print_row(row);
}

static void verdict(bool ok)
{
	printf("  %s\n", ok ? "ok" : "MISSED");
	kept += ok;
	limits++;
}

/*
 * Two times; @beside says what the second one is. Medians are shown, and the least times judged:
 * a path that keeps all units of a core busy loses more to a neighbour on that core than one that
 * waits, so that medians tell of the neighbours as well.
 */
static void judge_ratio(const char *what, const struct samples *own, const char *beside,
			const struct samples *ref, double at_most)
{
	double ratio;

	if (!own->n || !ref->n) {
		printf("%-22s is not measured: %s is not here\n", what, own->n ? beside : "kmem");
		return;
	}
	ratio = samples_median(own) / samples_median(ref);
	printf("%-22s%9.2f  %-22s%9.2f %7.2f %7.2f %6.2f", what, samples_median(own), beside,
	       samples_median(ref), ratio, samples_least(own) / samples_least(ref), at_most);
	verdict(samples_least(own) / samples_least(ref) <= at_most);
}

static void judge_value(const char *what, const char *unit, const struct samples *own,
			double at_most)
{
	if (!own->n) {
		printf("%-22s is not measured\n", what);
		return;
	}
	printf("%-22s%9.2f  %-22s%9s %7s %7.2f %6.2f", what, samples_median(own), unit, "", "",
	       samples_least(own), at_most);
	verdict(samples_least(own) <= at_most);
}

static void judge_pairs(void)
{
	for (unsigned int row = PAIR_0; row <= VARIABLE_3; row++)
		judge_ratio(names[row], &results[row][KMEM], "tcmalloc, 4 KiB",
			    &results[PAIR_0][TCMALLOC], 0.5);
	judge_value(names[SPLIT_MERGE], "(nanoseconds, least)", &results[SPLIT_MERGE][KMEM], 40);
	judge_ratio("pair at mem=1T", &results[PAIR_0][KMEM_1T], "at mem=1G",
		    &results[PAIR_0][KMEM], 1.1);
	judge_ratio(names[TWO_THREADS], &results[TWO_THREADS][KMEM], "one thread",
		    &results[PAIR_0][KMEM], 1.3);
}

static void scale(struct samples *s, double by)
{
	for (unsigned int i = 0; i < s->n; i++)
		s->value[i] *= by;
}

static void boots(unsigned int rounds)
{
	struct samples time, resident, own, half;

	contest_start(&booter, 1);
	contest_start(&halver, 1);
	contest_rows(&booter, 1, BOOT, 1, rounds, &time);
	contest_rows(&booter, 1, BOOT_RESIDENT, 1, rounds, &resident);
	contest_rows(&booter, 1, BOOT_OWN, 1, rounds, &own);
	contest_rows(&halver, 1, HALF_FREED, 1, HALF_ROUNDS, &half);
	contest_stop(&booter, 1);
	contest_stop(&halver, 1);
	scale(&time, 1e-6);
	judge_value("machine_boot, 1T", "(milliseconds, least)", &time, 50);
	judge_value("resident, 1T booted", "(MiB, least)", &resident, 16);
	judge_value("of it by the boot", "(MiB, least)", &own, 16);
	judge_value("half freed, library", "(part, least)", &half, 0.6);
}

static void daemon_boots(unsigned int rounds)
{
	struct samples time = { 0 }, resident = { 0 };
	struct daemon d;

	for (unsigned int i = 0; i < rounds; i++) {
		if (!daemon_start(&d, "mem=1T"))
			return;
		samples_add(&time, d.start_ns * 1e-6);
		samples_add(&resident, d.resident / MIB);
		daemon_stop(&d);
	}
	judge_value("kmemfs mem=1T mounted", "(milliseconds, least)", &time, 50);
	judge_value("its resident memory", "(MiB, least)", &resident, 16);
}

static void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* Two devices are filled, one is emptied; five seconds are for the memory to go back. */
static void daemon_halves(void)
{
	struct samples half = { 0 };
	struct daemon d;

	for (int i = 0; i < HALF_ROUNDS; i++) {
		double full, now;

		if (!daemon_start(&d, "mem=1G"))
			return;
		if (daemon_write(&d, "dev/scullp0", HALF_WRITTEN) &&
		    daemon_write(&d, "dev/scullp1", HALF_WRITTEN)) {
			full = now = resident_bytes(d.pid);
			daemon_write(&d, "dev/scullp1", 0);
			for (int waited = 0; waited < 50 && now > 0.55 * full; waited++) {
				sleep_ms(100);
				now = resident_bytes(d.pid);
			}
			samples_add(&half, now / full);
		}
		daemon_stop(&d);
	}
	judge_value("half freed, kmemfs", "(part, least)", &half, 0.6);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? atoi(argv[1]) : 25;

	if (rounds < 3 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: pages [ROUNDS]   (3 to %d)\n", MAX_ROUNDS);
		return 2;
	}
	contest_start(all, NR_CONTESTANTS);
	if (!all[KMEM].here)
		return 1;
	measure_pairs(rounds);
	contest_stop(all, NR_CONTESTANTS);
	printf("\n%-22s%9s  %-22s%9s %7s %7s %6s\n", "", "kmem", "beside", "ns", "ratio", "least",
	       "limit");
	judge_pairs();
	boots(rounds);
	daemon_boots(rounds);
	daemon_halves();
	printf("%u of %u limits are kept\n", kept, limits);
	return 0;
}
