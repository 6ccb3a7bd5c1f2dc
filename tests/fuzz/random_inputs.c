// SPDX-License-Identifier: MIT
/*
 * random_inputs.c - the main of a fuzz program without libFuzzer.
 *
 *	fuzz_NAME [-s SEED] [-n INPUTS]	random inputs; seed 1, and 200 of them, if not said
 *	fuzz_NAME FILE...		these inputs
 *
 * The input that is worked on is in fuzz_NAME.input meanwhile, in the directory TMPDIR, so that
 * one that ends the process can be given again.
 */
#include <errno.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_MAX 4096

static uint64_t state;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void keep(const char *path, const uint8_t *data, size_t size)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, size, f) != size || fclose(f)) {
		perror(path);
		exit(1);
	}
}

static int give_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "r");
	size_t size;

	if (!f) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	return LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR"), *name = strrchr(argv[0], '/');
	unsigned long seed = 1, inputs = 200;
	static uint8_t data[INPUT_MAX];
	char path[512];
	int opt;

	while ((opt = getopt(argc, argv, "s:n:")) != -1) {
		if (opt == 's') {
			seed = strtoul(optarg, NULL, 0);
		} else if (opt == 'n') {
			inputs = strtoul(optarg, NULL, 0);
		} else {
			fprintf(stderr, "usage: %s [-s SEED] [-n INPUTS] [FILE...]\n", argv[0]);
			return 2;
		}
	}
	if (optind < argc) {
		for (; optind < argc; optind++)
			if (give_file(argv[optind]))
				return 1;
		return 0;
	}
	snprintf(path, sizeof(path), "%s/%s.input.%d", dir ? dir : "/tmp",
		 name ? name + 1 : argv[0], getpid());
	printf("seed %lu, %lu inputs, each in %s meanwhile\n", seed, inputs, path);
	fflush(stdout);
	for (unsigned long i = 0; i < inputs; i++) {
		size_t size;

		state = (seed << 32) + i + 1;
		next_random();
		/* Short ones often: what goes wrong at once is seen at once. */
		size = next_random() % (i % 4 ? 256 : INPUT_MAX);
		for (size_t k = 0; k < size; k++)
			data[k] = next_random() >> 32;
		keep(path, data, size);
		if (LLVMFuzzerTestOneInput(data, size))
			return 1;
	}
	unlink(path);
	return 0;
}
