/* SPDX-License-Identifier: MIT */
/* objects.h - the rows of the contest of object allocators. */
#ifndef BENCH_OBJECTS_H
#define BENCH_OBJECTS_H

enum objects_row {
	CACHE_PAIR,
	KMALLOC_PAIR_64,
	KMALLOC_PAIR_256,
	KMALLOC_PAIR_4096,
	FIFO_64,
	LIFO_64,
	FIFO_4096,
	CHURN,
	REMOTE_FREE,
	TWO_THREADS,
	MEMPOOL_PAIR,
	PERCPU_INC,
	/* From here on a round takes long, and there are fewer. */
	LIVE_1M,
	LIVE_10M,
	LIVE_PAUSE,
	NR_OBJECTS_ROWS
};

#endif
