// SPDX-License-Identifier: MIT
/*
 * devio.c - one kind of access to several files in turns, for dev.py.
 *
 *	devio ROUNDS MILLISECONDS ACCESS BYTES LENGTH FILE...
 *
 * ACCESS is read, write, randread or randwrite, by calls of BYTES each within the first LENGTH
 * bytes; a sequential one goes on where its last turn ended and starts anew at the end. A turn
 * lasts MILLISECONDS; in each round every file has one, and who comes first changes from round to
 * round. For each turn a line is printed: round, number of the file, nanoseconds a call.
 *
 * Turns are short and alternate so that what else the machine does, which changes within seconds,
 * meets all files alike: the ratio of two turns of one round means more than the two times.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contest.h"

#define FILES_MAX 16
#define WARMUP	  32 /* calls before the first turn of a file */

struct work {
	bool write, random;
	size_t bytes, blocks;
	char *buf;
	uint64_t seed;
};

struct subject {
	const char *path;
	int fd;
	size_t next; /* block */
};

static void call(struct work *w, struct subject *s)
{
	size_t block;
	ssize_t done;

	if (w->random) {
		w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
		block = (w->seed >> 33) % w->blocks;
	} else {
		block = s->next++ % w->blocks;
	}
	if (w->write)
		done = pwrite(s->fd, w->buf, w->bytes, (off_t)(block * w->bytes));
	else
		done = pread(s->fd, w->buf, w->bytes, (off_t)(block * w->bytes));
	if (done != (ssize_t)w->bytes) {
		perror(s->path);
		exit(1);
	}
}

/* Nanoseconds a call. */
static double turn(struct work *w, struct subject *s, double ns)
{
	double began = now_ns(), now;
	unsigned long calls = 0;

	do {
		call(w, s);
		calls++;
		now = now_ns();
	} while (now - began < ns);
	return (now - began) / (double)calls;
}

int main(int argc, char **argv)
{
	struct subject subjects[FILES_MAX] = { 0 };
	struct work w = { .seed = 1 };
	int n = argc - 6, rounds;
	double ns;

	if (n < 1 || n > FILES_MAX) {
		fprintf(stderr, "usage: devio ROUNDS MILLISECONDS ACCESS BYTES LENGTH FILE...\n");
		return 2;
	}
	argv++;
	rounds = atoi(argv[0]);
	ns = atof(argv[1]) * 1e6;
	w.write = strstr(argv[2], "write") != NULL;
	w.random = !strncmp(argv[2], "rand", 4);
	w.bytes = strtoul(argv[3], NULL, 0);
	w.blocks = w.bytes ? strtoul(argv[4], NULL, 0) / w.bytes : 0;
	w.buf = w.blocks ? aligned_alloc(4096, (w.bytes + 4095) / 4096 * 4096) : NULL;
	if (!w.buf)
		return 2;
	memset(w.buf, 7, w.bytes);
	for (int i = 0; i < n; i++) {
		subjects[i].path = argv[5 + i];
		subjects[i].fd = open(subjects[i].path, O_RDWR);
		if (subjects[i].fd < 0) {
			perror(subjects[i].path);
			return 1;
		}
		for (int k = 0; k < WARMUP; k++)
			call(&w, &subjects[i]);
	}
	for (int round = 0; round < rounds; round++) {
		for (int k = 0; k < n; k++) {
			int i = (round % 2 ? n - 1 - k : k) + round / 2;

			i %= n;
			printf("%d %d %.1f\n", round, i, turn(&w, &subjects[i], ns));
		}
	}
	return 0;
}
