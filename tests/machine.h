/* SPDX-License-Identifier: MIT */
/*
 * machine.h - what the tests of the machine's own floors share: a boot, a halt, a look at the log,
 * and threads with random numbers.
 *
 * A test boots the machine it needs, and its halt checks that every invariant holds and that
 * nothing was leaked. Asserts belong to the test's own thread; a worker counts its errors.
 */
#ifndef TESTS_MACHINE_H
#define TESTS_MACHINE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <kmem/kmem.h>
#include <kmem/shrinker.h>

#include "kernel/log.h"
#include "kernel/random.h"

static __maybe_unused void boot(const char *words)
{
	struct machine_config cfg;

	console_loglevel = 0;
	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, words))
		fail_msg("%s", cfg.message);
	assert_int_equal(machine_boot(&cfg), 0);
}

static __maybe_unused void halt(void)
{
	assert_int_equal(machine_check(), 0);
	assert_int_equal(machine_halt(), 0);
}

/* After a test that failed half-way: the next one must be able to boot. */
static __maybe_unused int halt_leftovers(void **state)
{
	if (in_atomic()) { /* an assert under a spinlock: nobody can go on from there */
		fprintf(stderr, "failed in atomic context\n");
		_exit(1);
	}
	if (machine_is_up())
		machine_halt();
	return 0;
}

/*
 * The thread sanitizer has shadow for less memory than a machine may have, and does not follow a
 * jump out of a signal handler, which is how an oops ends a call.
 */
#ifdef __SANITIZE_THREAD__
#define skip_under_tsan() skip()
#define LARGEST_MEM	  "128G"
#else
#define skip_under_tsan() ((void)0)
#define LARGEST_MEM	  "1T"
#endif

/* Using it is an oops; the compiler must not know. */
static __maybe_unused int *volatile nowhere = (int *)0x40;

#define machine_test(name) cmocka_unit_test_teardown(name, halt_leftovers)

/* How many lines of the log, from @since (an earlier log_next_seq()) on, have @text in them. */
static __maybe_unused unsigned int logged(u64 since, const char *text)
{
	char line[LOG_LINE_MAX + 40];
	unsigned int n = 0;

	for (u64 seq = since; seq < log_next_seq(); seq++)
		if (log_line(seq, line, sizeof(line)) && strstr(line, text))
			n++;
	return n;
}

/* Of the first node. */
static __maybe_unused struct zone *zone_of(enum zone_type idx)
{
	return &NODE_DATA(0)->node_zones[idx];
}

/* How often somebody had to ask for memory back himself. */
static __maybe_unused unsigned long stalls(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone)
		sum += atomic_long_read(&zone->allocstall);
	return sum;
}

/* What the host has given this process. */
static __maybe_unused unsigned long resident_pages(void)
{
	unsigned long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &resident), 2);
	fclose(f);
	return resident;
}

/*
 * Gives all caching back, so that only what is in use is not free. A CPU that kswapd is busy on
 * keeps its caches for the moment, so this is done until nothing changes any more.
 */
static __maybe_unused unsigned long all_free_pages(void)
{
	unsigned long before = 0, same = 0;

	while (same < 3) {
		machine_idle();
		drop_slab();
		drain_all_pages();
		same = nr_free_pages() == before ? same + 1 : 0;
		before = nr_free_pages();
		if (same && same < 3)
			usleep(500);
	}
	return before;
}

static __maybe_unused char *buddyinfo_text(void)
{
	struct seq_file m;
	char *text;

	all_free_pages();
	seq_buffer_open(&m);
	buddyinfo_show(&m, NULL);
	text = strdup(seq_buffer_text(&m));
	seq_buffer_release(&m);
	return text;
}

/*
 * What the machine does behind everybody's back (kswapd, free page reporting) comes to an end
 * some time; how long that takes decides nothing, only what is so then.
 */
#define SETTLES	       2000 /* looks */
#define SETTLE_TIME_US 5000 /* between two */

static __maybe_unused void assert_all_free(unsigned long expected)
{
	for (int i = 0; i < SETTLES && all_free_pages() != expected; i++)
		usleep(SETTLE_TIME_US);
	assert_int_equal(all_free_pages(), expected);
}

/* Is everything where it was? */
static __maybe_unused void assert_buddyinfo(const char *expected)
{
	char *now = buddyinfo_text();

	for (int i = 0; i < SETTLES && strcmp(now, expected); i++) {
		free(now);
		usleep(SETTLE_TIME_US);
		now = buddyinfo_text();
	}
	assert_string_equal(now, expected);
	free(now);
}

/* Modest by default; KMEM_STRESS=10 makes stress tests ten times as long. */
static __maybe_unused unsigned long stress(unsigned long n)
{
	const char *factor = getenv("KMEM_STRESS");

	return factor ? n * strtoul(factor, NULL, 0) : n;
}

struct worker {
	void (*fn)(struct worker *w);
	void *arg;
	unsigned int nr; /* 0 to the number of workers - 1 */
	unsigned long errors;
	u64 seed;
	pthread_t thread;
};

static __maybe_unused u64 random_of(struct worker *w, u64 below)
{
	w->seed = next_random(w->seed);
	return w->seed % below;
}

static __maybe_unused void *worker_main(void *data)
{
	struct worker *w = data;

	w->fn(w);
	return NULL;
}

/* Runs @fn in @n threads and returns the errors they counted. */
static __maybe_unused unsigned long run_workers(unsigned int n, void (*fn)(struct worker *),
						void *arg)
{
	struct worker w[64];
	unsigned long errors = 0;

	assert_true(n <= ARRAY_SIZE(w));
	for (unsigned int i = 0; i < n; i++) {
		w[i] = (struct worker){ fn, arg, i, .seed = RANDOM_SEED + i * 7919 };
		assert_int_equal(pthread_create(&w[i].thread, NULL, worker_main, &w[i]), 0);
	}
	for (unsigned int i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		errors += w[i].errors;
	}
	return errors;
}

#endif
