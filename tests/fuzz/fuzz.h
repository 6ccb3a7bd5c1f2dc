/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the programs of tests/fuzz share.
 *
 * Each reads its input as a list of things to do, does them on a machine of its own, and ends the
 * process if something is wrong afterwards that no input may bring about. Any bytes are an input;
 * when they are used up, what is taken are zeros. random_inputs.c makes inputs from a seed, libFuzzer
 * (-Dfuzz=true with clang) makes those that reach new code.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/kmem.h>

#include "kernel/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t left;
};

static __maybe_unused uint8_t take_byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static __maybe_unused uint64_t take_bytes(struct input *in, unsigned int nr)
{
	uint64_t n = 0;

	while (nr--)
		n = n << 8 | take_byte(in);
	return n;
}

/* A number below @end, of as few bytes as that takes. */
static __maybe_unused unsigned int take_below(struct input *in, unsigned int end)
{
	return take_bytes(in, end <= 256 ? 1 : end <= 65536 ? 2 : 4) % end;
}

/* A number of any size, small ones and those near powers of two more often. */
static __maybe_unused int64_t take_number(struct input *in)
{
	uint8_t kind = take_byte(in);

	switch (kind & 7) {
	case 0:
		return kind >> 3;
	case 1:
		return -(kind >> 3);
	case 2:
		return (int64_t)((1ull << (take_byte(in) & 63)) - (kind >> 6));
	case 3:
		return (int64_t)((1ull << (take_byte(in) & 63)) + (kind >> 3));
	case 4:
		return (int64_t)take_bytes(in, 8);
	default:
		return (int64_t)take_bytes(in, 1 + (kind >> 6));
	}
}

/* What no input may bring about. The log tells what the machine thinks of it. */
static __maybe_unused void must(bool holds, const char *what)
{
	char line[LOG_LINE_MAX + 40];

	if (holds)
		return;
	for (u64 seq = 0; seq < log_next_seq(); seq++)
		if (log_line(seq, line, sizeof(line)))
			fprintf(stderr, "%s\n", line);
	fprintf(stderr, "fuzz: must not be: %s\n", what);
	abort();
}

#endif
