/* SPDX-License-Identifier: MIT */
/*
 * mappings.c - what vmalloc costs beside the naive way: one mmap() of a file for each page.
 *
 *	build/bench/mappings [PAIRS]	default: 20000 for each measurement
 *
 * All in one run, in turns, the least of ROUNDS times of each: what else the host does disturbs
 * both alike. A pair is 64 KiB: made, each page written, freed.
 *
 *	naive		16 calls of mmap() for scattered pages of a file, one for taking them away
 *	cached		vmalloc(), write, vfree() in a loop
 *	uncached	the same of UNCACHED areas at a time and a purge: more than is kept
 *	two threads	cached pairs of two threads at once, each on a CPU; the mean of both
 *	hold		16 GiB in areas of 1 GiB, 4 MiB and 64 KiB: made and held
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <kmem/kmem.h>

#include "contest.h"

#define ROUNDS	 9
#define PAGES	 16
#define AREA	 (PAGES * PAGE_SIZE)
#define UNCACHED 500

static void fail(const char *what)
{
	fprintf(stderr, "mappings: %s\n", what);
	exit(1);
}

static void write_pages(char *p)
{
	for (int i = 0; i < PAGES; i++)
		((volatile char *)p)[i * PAGE_SIZE] = 1;
}

static char *area(unsigned long size)
{
	char *p = vmalloc(size);

	if (!p)
		fail("vmalloc() failed");
	return p;
}

static int file;
static char *window;

static double naive(long pairs)
{
	double start = now_ns();

	for (long n = 0; n < pairs; n++) {
		for (int i = 0; i < PAGES; i++)
			if (mmap(window + i * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_FIXED, file,
				 (off_t)((i * 7) % PAGES * PAGE_SIZE)) == MAP_FAILED)
				fail("mmap() failed");
		write_pages(window);
		mmap(window, AREA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
	return (now_ns() - start) / (double)pairs;
}

static void cached_loop(long pairs)
{
	for (long n = 0; n < pairs; n++) {
		char *p = area(AREA);

		write_pages(p);
		vfree(p);
	}
}

static double cached(long pairs)
{
	double start = now_ns();

	cached_loop(pairs);
	return (now_ns() - start) / (double)pairs;
}

static double uncached(long pairs)
{
	static char *held[UNCACHED];
	double start;

	vm_unmap_aliases();
	start = now_ns();
	for (long n = 0; n < pairs; n += UNCACHED) {
		for (int i = 0; i < UNCACHED; i++) {
			held[i] = area(AREA);
			write_pages(held[i]);
		}
		for (int i = 0; i < UNCACHED; i++)
			vfree(held[i]);
		vm_unmap_aliases();
	}
	return (now_ns() - start) / (double)((pairs + UNCACHED - 1) / UNCACHED * UNCACHED);
}

static void boot(const char *words)
{
	struct machine_config cfg;

	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, words) || machine_boot(&cfg))
		fail("the machine does not boot");
}

static void hold(unsigned long size)
{
	unsigned long nr = (16ul << 30) / size;
	char **areas = calloc(nr, sizeof(*areas));
	double start, built;

	if (!areas)
		fail("no memory");
	boot("mem=20G,cpus=2");
	start = now_ns();
	for (unsigned long i = 0; i < nr; i++)
		areas[i] = area(size);
	built = now_ns() - start;
	for (unsigned long i = 0; i < nr; i += 1 + nr / 1000)
		areas[i][size - 1] = 1;
	for (unsigned long i = 0; i < nr; i++)
		vfree(areas[i]);
	printf("hold 16 GiB in %6lu areas %26.3f s\n", nr, built / 1e9);
	if (machine_halt())
		fail("leaks");
	free(areas);
}

static void report(const char *name, double ns, const char *peer, double peer_ns)
{
	printf("%-28s %10.1f ns a pair %8.4f of %s\n", name, ns, ns / peer_ns, peer);
}

int main(int argc, char **argv)
{
	long pairs = argc > 1 ? atol(argv[1]) : 20000;
	double n = 1e18, c = 1e18, u = 1e18, t = 1e18;

	if (pairs < UNCACHED) {
		fprintf(stderr, "usage: %s [PAIRS]   (%d or more)\n", argv[0], UNCACHED);
		return 2;
	}
	file = memfd_create("naive", 0);
	window = mmap(NULL, AREA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (file < 0 || ftruncate(file, AREA) || window == MAP_FAILED)
		fail("no memory");
	boot("mem=256M,cpus=2");
	uncached(2 * UNCACHED); /* the frames are in the host's memory, as the file's pages are */
	for (int round = 0; round < ROUNDS; round++) {
		n = min(n, naive(pairs / 20));
		c = min(c, cached(pairs));
		t = min(t, two_threads(cached_loop, pairs));
		u = min(u, uncached(pairs / 20));
	}
	printf("%-28s %10.1f ns a pair\n", "naive", n);
	report("vmalloc cached", c, "naive", n);
	report("vmalloc uncached", u, "naive", n);
	report("vmalloc cached, two threads", t, "one thread", c);
	if (machine_halt())
		fail("leaks");
	hold(1ul << 30);
	hold(4ul << 20);
	hold(64ul << 10);
	return 0;
}
