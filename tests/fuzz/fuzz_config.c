// SPDX-License-Identifier: MIT
/*
 * fuzz_config.c - the words of the boot line.
 *
 * The input picks words and values, or spells them. What is refused has a message; what is taken
 * boots, or fails with a line in the log; and a machine that came up is sound and goes down empty.
 */
#include "fuzz.h"

#define WORDS_MAX 400

static const char *const words[] = {
	"mem=",
	"cpus=",
	"numa=fake=",
	"highmem=",
	"movablecore=",
	"bootmem=",
	"nommu",
	"slab_nomerge",
	"init_on_alloc=",
	"init_on_free=",
	"kmemleak=",
	"page_owner=",
	"vmalloc=",
	"failslab=",
	"fail_page_alloc=",
	"min_free_kbytes=",
	"scull.scull_qset=",
	"scullp.scullp_order=",
	"mem=16M,",
};

static const char *const values[] = {
	"0",
	"1",
	"2",
	"4",
	"16",
	"64M",
	"4M",
	"1G",
	"4T",
	"5T",
	"on",
	"off",
	"strict",
	"-1",
	"1K",
	"a:1M",
	"1,100,0,-1",
	"0x10",
	"18446744073709551615",
	"",
	"y",
};

/* Words with values, usually those of one another; now and then a letter too many. */
static void spell(struct input *in, char *text)
{
	size_t len = 0;

	text[0] = '\0';
	while (in->left && len < WORDS_MAX - 60) {
		uint8_t extra = take_byte(in);

		len += (size_t)sprintf(text + len, "%s%s%s", len ? "," : "",
				       words[take_below(in, ARRAY_SIZE(words))],
				       values[take_below(in, ARRAY_SIZE(values))]);
		if (extra > 240)
			text[len++] = (char)take_byte(in);
		text[len] = '\0';
		/* One word is often enough, and right more often. */
		if (extra < 100)
			break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct machine_config cfg;
	char text[WORDS_MAX];

	console_loglevel = 0;
	spell(&in, text);
	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, text)) {
		must(cfg.message[0], "refused without a message");
		return 0;
	}
	if (machine_boot(&cfg))
		return 0;
	must(machine_check() == 0, "a machine that is not sound when it has booted");
	must(machine_halt() == 0, "a leak without anybody who allocated");
	return 0;
}
