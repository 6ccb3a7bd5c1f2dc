/* SPDX-License-Identifier: MIT */
/*
 * contest.h - one measurement, many allocators, in one run.
 *
 * Each allocator lives in a process of its own, a *contestant*, which waits to be asked for a row
 * and answers with the nanoseconds of one short round. The contest asks all of them in turns, many
 * times over, so that what else the machine does meets all alike, and keeps every answer; the
 * median and the least of a row are what the tables show.
 *
 * A malloc library is a contestant by LD_PRELOAD. A contestant says at its start which library its
 * malloc() is in, so that one that could not be loaded is told of and left out.
 */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MAX_ROUNDS 101

struct contestant {
	const char *name;
	const char *program; /* a file in the directory of the program that asks */
	const char *args[3]; /* up to the first NULL */
	const char *preload; /* the library's file name, or NULL */
	const char *package; /* that has it */

	/* Set by contest_start(). */
	pid_t pid;
	int commands, answers;
	bool here;
};

struct samples {
	unsigned int n;
	double value[MAX_ROUNDS];
};

/* Starts what can be started; tells on standard error what cannot, and why. */
void contest_start(struct contestant *all, size_t n);
void contest_stop(struct contestant *all, size_t n);

/*
 * Asks all for @nr_rows rows from @first on: once for nothing, then @rounds times in turns, each
 * round all the rows, so that rows can be compared with each other as well. samples[i] are of all[i]
 * and the first row, samples[n + i] of the second; who is not here, or does not have the row, has
 * none.
 */
void contest_rows(struct contestant *all, size_t n, unsigned int first, unsigned int nr_rows,
		  unsigned int rounds, struct samples *samples);

void samples_add(struct samples *s, double value);
double samples_median(const struct samples *s);
double samples_least(const struct samples *s);
/* Median and least as a table's two columns, or dashes; and their heads. */
void samples_print(const struct samples *s);
void samples_print_heads(void);

/* The directory of this program, and a file in it. Static buffers. */
const char *program_path(const char *file);

/* A contestant's side: answers until it is asked no more. A negative answer: no such row. */
typedef double(row_fn)(void);
int contestant_serve(row_fn *const *rows, unsigned int nr_rows);

/* measure.c, for both sides: nanoseconds of a clock that only goes on. */
double now_ns(void);
/* Of this process, or of another one: resident bytes; 0 if it is gone. */
double resident_bytes(pid_t pid);

/*
 * From now on the calling thread runs on the @nr-th of the host's CPUs that it had at the first
 * call; on all of those again for -1. Two threads of a short row would often share one otherwise.
 */
void stay_on(int nr);

/*
 * Runs @loop(n) in two threads at once and returns the nanoseconds for one of n, the mean of both.
 */
double two_threads(void (*loop)(long n), long n);

/* The value is wanted, whatever the compiler thinks. */
#define keep(p) __asm__ volatile("" : "+r"(p) : : "memory")

#endif
