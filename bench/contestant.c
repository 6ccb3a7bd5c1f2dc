// SPDX-License-Identifier: MIT
/*
 * contestant.c - a contestant's side of a contest, and what they measure with.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contest.h"

#define LIBRARY_NAME_MAX 64

int contestant_serve(row_fn *const *rows, unsigned int nr_rows)
{
	char library[LIBRARY_NAME_MAX] = "";
	unsigned int row;
	Dl_info info;

	if (dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info) && info.dli_fname) {
		const char *slash = strrchr(info.dli_fname, '/');

		strncpy(library, slash ? slash + 1 : info.dli_fname, sizeof(library) - 1);
	}
	if (write(STDOUT_FILENO, library, sizeof(library)) != sizeof(library))
		return 1;
	while (read(STDIN_FILENO, &row, sizeof(row)) == sizeof(row)) {
		double answer = row < nr_rows && rows[row] ? rows[row]() : -1;

		if (write(STDOUT_FILENO, &answer, sizeof(answer)) != sizeof(answer))
			return 1;
	}
	return 0;
}

struct pair {
	void (*loop)(long n);
	long n;
	int waiting; /* for the other one to be as far */
	double ns[2];
};

struct one {
	struct pair *pair;
	int nr;
};

static void meet(int *waiting)
{
	__atomic_fetch_sub(waiting, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(waiting, __ATOMIC_ACQUIRE) > 0)
		__builtin_ia32_pause();
}

static void *run_one(void *arg)
{
	struct one *one = arg;
	struct pair *pair = one->pair;
	double start;

	stay_on(one->nr);
	/* What a thread's first allocation costs is not the question. */
	pair->loop(pair->n / 10 + 1);
	meet(&pair->waiting);
	start = now_ns();
	pair->loop(pair->n);
	pair->ns[one->nr] = now_ns() - start;
	return NULL;
}

double two_threads(void (*loop)(long n), long n)
{
	struct pair pair = { .loop = loop, .n = n, .waiting = 2 };
	struct one ones[2] = { { &pair, 0 }, { &pair, 1 } };
	pthread_t other;

	stay_on(-1);
	if (pthread_create(&other, NULL, run_one, &ones[1]))
		return -1;
	run_one(&ones[0]);
	pthread_join(other, NULL);
	stay_on(-1);
	return (pair.ns[0] + pair.ns[1]) / 2 / (double)n;
}
