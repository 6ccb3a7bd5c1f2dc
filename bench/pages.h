/* SPDX-License-Identifier: MIT */
/* pages.h - the rows of the contest of page allocators. */
#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

enum pages_row {
	PAIR_0, /* flags and order are constants */
	PAIR_1,
	PAIR_2,
	PAIR_3,
	VARIABLE_0, /* the order is not */
	VARIABLE_1,
	VARIABLE_2,
	VARIABLE_3,
	QUEUE_0, /* 1000 pages at a time, in the order they came */
	TWO_THREADS,
	SPLIT_MERGE,   /* the last: it takes what is small for itself */
	BOOT,	       /* machine_boot() */
	BOOT_RESIDENT, /* MiB of the process after it */
	BOOT_OWN,      /* MiB that the boot added */
	HALF_FREED,    /* resident memory after half of it was freed, as a part of that before */
	NR_PAGES_ROWS
};

#endif
