// SPDX-License-Identifier: MIT
/*
 * objects_work.c - the program that is measured by objects, compiled twice: against libkmem with
 * -DWITH_KMEM, and against whatever malloc() the process has.
 *
 *	objects-kmem [-w]	objects-malloc [-w]	-w: each object is written to
 *
 * Every row gives nanoseconds for an allocation and its free together. Objects of 64 bytes come
 * from a cache of their own here and from malloc(64) there; other sizes from kmalloc() or
 * malloc(). Without -w nobody looks into the objects, so that what is measured is the allocator
 * and not the memory; with -w the first word of each is written when it is had.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef WITH_KMEM
#include <kmem/kmem.h>
#endif

#include "contest.h"
#include "objects.h"

#define PAIRS	    200000
#define QUEUE	    1000
#define CHURN_LIVE  10000
#define CHURN_STEPS 65536 /* a power of two */
#define RING	    4096  /* objects on their way to the other thread; a power of two */
#define RING_BATCH  64
#define LIVE_MAX    10000000

static bool write_objects;

#ifdef WITH_KMEM
static struct kmem_cache *cache;

#define object_alloc() kmem_cache_alloc(cache, GFP_KERNEL)
#define object_free(p) kmem_cache_free(cache, p)
#define bytes_alloc(n) kmalloc(n, GFP_KERNEL)
#define bytes_free(p)  kfree(p)
#else
#define object_alloc() malloc(64)
#define object_free(p) free(p)
#define bytes_alloc(n) malloc(n)
#define bytes_free(p)  free(p)
#endif

static inline void *had(void *p)
{
	if (__builtin_expect(!p, 0)) {
		fprintf(stderr, "objects: an allocation failed\n");
		exit(1);
	}
	if (write_objects)
		*(volatile long *)p = 1;
	keep(p);
	return p;
}

#define TIME(pairs, ...)                               \
	({                                             \
		double start_ = now_ns();              \
		__VA_ARGS__;                           \
		(now_ns() - start_) / (double)(pairs); \
	})

static __attribute__((__noinline__)) void hot_loop(long n)
{
	for (long i = 0; i < n; i++)
		object_free(had(object_alloc()));
}

static double cache_pair(void)
{
	return TIME(PAIRS, hot_loop(PAIRS));
}

#define BYTES_PAIR(size)                                            \
	static double bytes_pair_##size(void)                       \
	{                                                           \
		return TIME(PAIRS, {                                \
			for (long i = 0; i < PAIRS; i++)            \
				bytes_free(had(bytes_alloc(size))); \
		});                                                 \
	}

BYTES_PAIR(64)
BYTES_PAIR(256)
BYTES_PAIR(4096)

static void *held[QUEUE];

static double fifo_64(void)
{
	return TIME(PAIRS, {
		for (int turn = 0; turn < PAIRS / QUEUE; turn++) {
			for (int i = 0; i < QUEUE; i++)
				held[i] = had(object_alloc());
			for (int i = 0; i < QUEUE; i++)
				object_free(held[i]);
		}
	});
}

static double lifo_64(void)
{
	return TIME(PAIRS, {
		for (int turn = 0; turn < PAIRS / QUEUE; turn++) {
			for (int i = 0; i < QUEUE; i++)
				held[i] = had(object_alloc());
			for (int i = QUEUE; i--;)
				object_free(held[i]);
		}
	});
}

static double fifo_4096(void)
{
	return TIME(PAIRS, {
		for (int turn = 0; turn < PAIRS / QUEUE; turn++) {
			for (int i = 0; i < QUEUE; i++)
				held[i] = had(bytes_alloc(4096));
			for (int i = 0; i < QUEUE; i++)
				bytes_free(held[i]);
		}
	});
}

static uint64_t random_state = 88172645463325252ull;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Which object is replaced, and by one of what size: decided beforehand, it takes time too. */
static struct churn_step {
	uint16_t slot, size;
} churn_steps[CHURN_STEPS];
static void *churned[CHURN_LIVE];

/* Sizes from 16 to 8192, each of the nine doublings as likely as the others. */
static uint16_t random_size(void)
{
	unsigned int size = 16u << random_next() % 9;

	return size + random_next() % size;
}

static void churn_prepare(void)
{
	for (int i = 0; i < CHURN_STEPS; i++)
		churn_steps[i] = (struct churn_step){ random_next() % CHURN_LIVE, random_size() };
	for (int i = 0; i < CHURN_LIVE; i++)
		churned[i] = had(bytes_alloc(random_size()));
}

static double churn(void)
{
	if (!churned[0])
		churn_prepare();
	return TIME(CHURN_STEPS, {
		for (int i = 0; i < CHURN_STEPS; i++) {
			const struct churn_step *step = &churn_steps[i];

			bytes_free(churned[step->slot]);
			churned[step->slot] = had(bytes_alloc(step->size));
		}
	});
}

/* One thread writes at put, the other reads at taken; both in batches. */
static struct {
	_Alignas(128) unsigned long put;
	_Alignas(128) unsigned long taken;
	_Alignas(128) void *objects[RING];
} ring;

/* Until *word is @until or more; both may wrap. */
static void wait_while(const unsigned long *word, unsigned long until)
{
	for (int spins = 0; (long)(__atomic_load_n(word, __ATOMIC_ACQUIRE) - until) < 0; spins++) {
		__builtin_ia32_pause();
		if (spins % 100 == 99)
			sched_yield();
	}
}

static void *free_all_from_ring(void *unused)
{
	stay_on(1);
	for (unsigned long n = 0; n < PAIRS; n += RING_BATCH) {
		wait_while(&ring.put, n + RING_BATCH);
		for (int i = 0; i < RING_BATCH; i++)
			object_free(ring.objects[(n + i) % RING]);
		__atomic_store_n(&ring.taken, n + RING_BATCH, __ATOMIC_RELEASE);
	}
	return NULL;
}

static double remote_free(void)
{
	pthread_t other;
	double start;

	_Static_assert(PAIRS % RING_BATCH == 0 && RING % RING_BATCH == 0, "whole batches");
	ring.put = ring.taken = 0;
	stay_on(0);
	if (pthread_create(&other, NULL, free_all_from_ring, NULL))
		return -1;
	start = now_ns();
	for (unsigned long n = 0; n < PAIRS; n += RING_BATCH) {
		wait_while(&ring.taken, n + RING_BATCH - RING);
		for (int i = 0; i < RING_BATCH; i++)
			ring.objects[(n + i) % RING] = had(object_alloc());
		__atomic_store_n(&ring.put, n + RING_BATCH, __ATOMIC_RELEASE);
	}
	wait_while(&ring.taken, PAIRS);
	start = now_ns() - start;
	pthread_join(other, NULL);
	stay_on(-1);
	return start / PAIRS;
}

static double two_threads_hot(void)
{
	return two_threads(hot_loop, PAIRS);
}

/* @n objects at a time, in the order in which they came. */
static double live(long n)
{
	static void **all;

	if (!all) {
		/* Not from the allocator that is measured, and touched before the clock runs. */
		all = mmap(NULL, LIVE_MAX * sizeof(*all), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (all == MAP_FAILED)
			return -1;
	}
	return TIME(n, {
		for (long i = 0; i < n; i++)
			all[i] = had(object_alloc());
		for (long i = 0; i < n; i++)
			object_free(all[i]);
	});
}

/* The second of two in a row: what an allocator gave back to the host meanwhile is not in it. */
static double live_1m(void)
{
	live(1000000);
	return live(1000000);
}

static double live_10m(void)
{
	live(LIVE_MAX);
	return live(LIVE_MAX);
}

/* The first one since others had their turns. */
static double live_pause(void)
{
	return live(1000000);
}

#ifdef WITH_KMEM
static mempool_t *pool;
static DEFINE_PER_CPU(long, counter);

static double mempool_pair(void)
{
	return TIME(PAIRS, {
		for (long i = 0; i < PAIRS; i++)
			mempool_free(had(mempool_alloc(pool, GFP_KERNEL)), pool);
	});
}

static double percpu_inc(void)
{
	return TIME(PAIRS, {
		for (long i = 0; i < PAIRS; i++) {
			get_cpu_var(counter)++;
			put_cpu_var(counter);
		}
	});
}

static int prepare(void)
{
	struct machine_config cfg;

	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, "mem=3G") || machine_boot(&cfg))
		return 1;
	cache = kmem_cache_create("bench-64", 64, 0, 0, NULL);
	pool = cache ? mempool_create_slab_pool(32, cache) : NULL;
	return !pool;
}
#else
#define mempool_pair NULL
#define percpu_inc   NULL

static int prepare(void)
{
	return 0;
}
#endif

static row_fn *const rows[NR_OBJECTS_ROWS] = {
	[CACHE_PAIR] = cache_pair,
	[KMALLOC_PAIR_64] = bytes_pair_64,
	[KMALLOC_PAIR_256] = bytes_pair_256,
	[KMALLOC_PAIR_4096] = bytes_pair_4096,
	[FIFO_64] = fifo_64,
	[LIFO_64] = lifo_64,
	[FIFO_4096] = fifo_4096,
	[CHURN] = churn,
	[REMOTE_FREE] = remote_free,
	[TWO_THREADS] = two_threads_hot,
	[LIVE_1M] = live_1m,
	[LIVE_10M] = live_10m,
	[LIVE_PAUSE] = live_pause,
	[MEMPOOL_PAIR] = mempool_pair,
	[PERCPU_INC] = percpu_inc,
};

/* By hand, for a profiler: objects-kmem row NUMBER [TIMES] */
static int run_by_hand(unsigned int row, int times)
{
	if (row >= NR_OBJECTS_ROWS || !rows[row])
		return 2;
	while (times-- > 0)
		printf("%.2f\n", rows[row]());
	return 0;
}

int main(int argc, char **argv)
{
	write_objects = argc > 1 && !strcmp(argv[1], "-w");
	if (prepare())
		return 1;
	if (argc > 2 && !strcmp(argv[1], "row"))
		return run_by_hand(atoi(argv[2]), argc > 3 ? atoi(argv[3]) : 1);
	return contestant_serve(rows, NR_OBJECTS_ROWS);
}
