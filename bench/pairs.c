/* SPDX-License-Identifier: MIT */
/*
 * pairs.c - what an allocation and its free cost, beside malloc() and free() of the same size.
 *
 *	build/bench/pairs [PAIRS]	default: a million for each measurement
 *
 * Each allocator and its peer are measured in turns, ROUNDS times; the least time of each counts,
 * so that what else the machine does disturbs both alike. Two patterns: a pair at once (the most
 * recent memory comes back), and a queue of QUEUE objects, freed in the order they came. The peer
 * may keep what is freed, as the machine does: otherwise it would be the host that is measured.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <kmem/kmem.h>

#define ROUNDS 7
#define QUEUE  1000

struct subject {
	const char *name;
	size_t size; /* what the peer is asked for */
	void *(*alloc)(const struct subject *);
	void (*free)(const struct subject *, void *);
	unsigned int order;
	unsigned int scale; /* pairs are this many times fewer: it is slow */
};

static struct kmem_cache *cache;
static mempool_t *pool;

static void *page_alloc(const struct subject *s)
{
	return alloc_pages(GFP_KERNEL, s->order);
}

static void page_free(const struct subject *s, void *p)
{
	__free_pages(p, s->order);
}

static void *cache_alloc(const struct subject *s)
{
	return kmem_cache_alloc(cache, GFP_KERNEL);
}

static void cache_free(const struct subject *s, void *p)
{
	kmem_cache_free(cache, p);
}

static void *kmalloc_alloc(const struct subject *s)
{
	return kmalloc(s->size, GFP_KERNEL);
}

static void kmalloc_free(const struct subject *s, void *p)
{
	kfree(p);
}

static void *pool_alloc(const struct subject *s)
{
	return mempool_alloc(pool, GFP_KERNEL);
}

static void pool_free(const struct subject *s, void *p)
{
	mempool_free(p, pool);
}

static void *area_alloc(const struct subject *s)
{
	return vmalloc(s->size);
}

static void area_free(const struct subject *s, void *p)
{
	vfree(p);
}

/* Through a pointer as well, so that both sides pay for the call. */
static void *malloc_alloc(const struct subject *s)
{
	return malloc(s->size);
}

static void malloc_free(const struct subject *s, void *p)
{
	free(p);
}

static const struct subject subjects[] = {
	{ "alloc_pages order 0", PAGE_SIZE, page_alloc, page_free, 0, 1 },
	{ "alloc_pages order 3", PAGE_SIZE << 3, page_alloc, page_free, 3, 1 },
	{ "alloc_pages order 9", PAGE_SIZE << 9, page_alloc, page_free, 9, 10 },
	{ "kmem_cache_alloc 64", 64, cache_alloc, cache_free, 0, 1 },
	{ "kmalloc 32", 32, kmalloc_alloc, kmalloc_free, 0, 1 },
	{ "kmalloc 256", 256, kmalloc_alloc, kmalloc_free, 0, 1 },
	{ "kmalloc 4096", 4096, kmalloc_alloc, kmalloc_free, 0, 1 },
	{ "mempool_alloc 64", 64, pool_alloc, pool_free, 0, 1 },
	{ "vmalloc 64 KiB", 16 * PAGE_SIZE, area_alloc, area_free, 0, 100 },
};

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void *checked(void *p)
{
	if (!p) {
		fprintf(stderr, "pairs: an allocation failed\n");
		exit(1);
	}
	return p;
}

/* Nanoseconds a pair, @depth of them being held at a time. */
static double measure(const struct subject *s, void *(*alloc)(const struct subject *),
		      void (*release)(const struct subject *, void *), long pairs, long depth)
{
	static void *held[QUEUE];
	double start = now_ns();
	long i, done;

	for (done = 0; done < pairs; done += depth) {
		for (i = 0; i < depth; i++)
			held[i] = checked(alloc(s));
		for (i = 0; i < depth; i++)
			release(s, held[i]);
	}
	return (now_ns() - start) / (double)done;
}

static void compare(const struct subject *s, const char *pattern, long pairs, long depth)
{
	double own = 1e18, peer = 1e18;

	pairs /= s->scale;
	for (int round = 0; round < ROUNDS; round++) {
		own = min(own, measure(s, s->alloc, s->free, pairs, depth));
		peer = min(peer, measure(s, malloc_alloc, malloc_free, pairs, depth));
	}
	printf("%-20s %-6s %10.1f %10.1f %8.2f\n", s->name, pattern, own, peer, own / peer);
}

int main(int argc, char **argv)
{
	long pairs = argc > 1 ? atol(argv[1]) : 1000000;
	struct machine_config cfg;

	if (pairs < QUEUE) {
		fprintf(stderr, "usage: %s [PAIRS]   (%d or more)\n", argv[0], QUEUE);
		return 2;
	}
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, "mem=256M") || machine_boot(&cfg))
		return 1;
	cache = kmem_cache_create("bench-64", 64, 0, 0, NULL);
	pool = cache ? mempool_create_slab_pool(32, cache) : NULL;
	if (!pool)
		return 1;

	printf("%-20s %-6s %10s %10s %8s\n", "", "", "ns a pair", "malloc", "ratio");
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		const struct subject *s = &subjects[i];

		compare(s, "pair", pairs, 1);
		if (s->size <= PAGE_SIZE)
			compare(s, "queue", pairs, QUEUE);
	}
	mempool_destroy(pool);
	kmem_cache_destroy(cache);
	return machine_halt() != 0;
}
