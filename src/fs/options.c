// SPDX-License-Identifier: MIT
/*
 * options.c - the command line: kmemfs [-o words] [-f] [-d] [-s] MOUNTPOINT
 *
 * Each word of -o belongs to one of two: the machine (machine_config_knows), as on a kernel's
 * boot line, or the mount, by the table below. A word of neither is an error: a typing mistake must
 * not boot another machine than the one that was meant.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

/* What a mount may be told; libfuse and fusermount3 know these. */
static const struct mount_word {
	const char *name; /* with '=': takes a value */
	const char *help;
} mount_words[] = {
	{ "insmod=", "a driver of your own, made a shared object (see examples/hello_driver.c)" },
	{ "direct", "clients' kernels keep no bytes of devices: every read reaches the driver" },
#ifdef HAVE_FUSE_IO_URING
	{ "io_uring", "requests over io_uring, where the host's kernel allows it" },
#endif
	{ "allow_other", "other users may enter (needs user_allow_other in /etc/fuse.conf)" },
	{ "allow_root", "root may enter" },
	{ "auto_unmount", "unmount when the daemon dies" },
	{ "ro", "no writing" },
	{ "rw", "writing, the default" },
	{ "fsname=", "the source that mount and df show; default kmemfs" },
	{ "subtype=", "the type after 'fuse.'; default kmemfs" },
	{ "noatime", "as mount(8) has it; also atime" },
	{ "atime", NULL },
	{ "noexec", "as mount(8) has it; also exec" },
	{ "exec", NULL },
	{ "nosuid", "as mount(8) has it; always so for users" },
	{ "nodev", "as mount(8) has it; always so for users" },
};

/* Words that may be given without their module: "scull_compat=book". */
static const char *const short_words[] = { "scull_compat=" };

static bool is_mount_word(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_words); i++) {
		const char *name = mount_words[i].name;
		size_t len = strlen(name);

		if (name[len - 1] == '=' ? !strncmp(word, name, len) : !strcmp(word, name))
			return true;
	}
	return false;
}

static void print_words(FILE *to)
{
	fprintf(to, "words of -o for the machine:\n%s", machine_config_help());
	fprintf(to, "words of -o for the mount:\n");
	for (size_t i = 0; i < ARRAY_SIZE(mount_words); i++)
		if (mount_words[i].help)
			fprintf(to, "  %-22s %s\n", mount_words[i].name, mount_words[i].help);
}

void options_help(const char *program)
{
	printf("usage: %s [-o WORD[,WORD...]] [-f] [-d] [-s] MOUNTPOINT\n\n"
	       "Boots an emulated Linux memory subsystem and shows it as a directory: devices in\n"
	       "MOUNTPOINT/dev, statistics in MOUNTPOINT/proc. Unmounting halts it:\n"
	       "fusermount3 -u MOUNTPOINT\n\n"
	       "  -o WORDS     see below\n"
	       "  -f           stay in the foreground, with the machine's log on standard error\n"
	       "  -d           the same, with every FUSE request\n"
	       "  -s           serve one request at a time\n"
	       "  -h, --help   this text\n"
	       "  -V, --version\n\n",
	       program);
	print_words(stdout);
}

/* A few lines only: what is wrong must not scroll out of sight. */
static void refuse_word(const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < ARRAY_SIZE(mount_words); i++) {
		const char *name = mount_words[i].name;

		if (!strncmp(word, name, len) && !strcmp(name + len, "=")) {
			fprintf(stderr, "kmemfs: -o %s: needs a value: %s...\n", word, name);
			return;
		}
		if (!strncmp(word, name, len) && !name[len]) {
			fprintf(stderr, "kmemfs: -o %s: %s has no value\n", word, name);
			return;
		}
	}
	fprintf(stderr,
		"kmemfs: -o %s: neither the machine nor the mount knows this; --help lists all "
		"words.\n",
		word);
	if (word[len] == '=')
		fprintf(stderr, "kmemfs: a parameter is named with its module: MODULE.%s\n", word);
}

static int take_insmod(struct options *opt, const char *path)
{
	if (!*path) {
		fprintf(stderr, "kmemfs: -o insmod=: needs a value: the path of a driver\n");
		return -1;
	}
	if (opt->nr_insmod == OPTIONS_INSMOD_MAX) {
		fprintf(stderr, "kmemfs: at most %d modules can be loaded\n", OPTIONS_INSMOD_MAX);
		return -1;
	}
	opt->insmod[opt->nr_insmod++] = path;
	return 0;
}

static int take_word(struct options *opt, const char *word)
{
	size_t used = strlen(opt->fuse);
	char full[MACHINE_CMDLINE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(short_words); i++) {
		if (!strncmp(word, short_words[i], strlen(short_words[i]))) {
			snprintf(full, sizeof(full), "scull.%s", word);
			word = full;
			break;
		}
	}
	if (!strcmp(word, "direct")) {
		opt->direct = true;
		return 0;
	}
	if (!strncmp(word, "insmod=", 7))
		return take_insmod(opt, word + 7);

	if (machine_config_knows(word)) {
		if (!machine_config_parse(&opt->machine, word))
			return 0;
		fprintf(stderr, "kmemfs: %s\n", opt->machine.message);
		return -1;
	}
	if (!is_mount_word(word)) {
		refuse_word(word);
		return -1;
	}
	if (used + strlen(word) + 2 > sizeof(opt->fuse)) {
		fprintf(stderr, "kmemfs: too many words for -o\n");
		return -1;
	}
	sprintf(opt->fuse + used, "%s%s", used ? "," : "", word);
	return 0;
}

/* Up to the first comma behind which the mount is told something: else it would be a name. */
static size_t length_before_mount_word(const char *words, size_t len)
{
	for (size_t at = strcspn(words, ","); at < len; at += 1 + strcspn(words + at + 1, ",")) {
		char word[32];

		snprintf(word, sizeof(word), "%.*s", (int)strcspn(words + at + 1, ","),
			 words + at + 1);
		if (is_mount_word(word))
			return at;
	}
	return len;
}

static int take_words(struct options *opt, char *words)
{
	while (*words) {
		size_t len = length_before_mount_word(words, machine_config_word_length(words));
		char *next = words + len + (words[len] == ',');

		words[len] = '\0';
		if (len && take_word(opt, words))
			return -1;
		words = next;
	}
	return 0;
}

int options_parse(struct options *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	memset(opt, 0, sizeof(*opt));
	machine_config_init(&opt->machine);
	while ((c = getopt_long(argc, argv, "o:fdshV", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			if (take_words(opt, optarg))
				return -1;
			break;
		case 'd':
			opt->debug = true;
			opt->foreground = true;
			break;
		case 'f':
			opt->foreground = true;
			break;
		case 's':
			opt->single_threaded = true;
			break;
		case 'h':
			opt->help = true;
			return 0;
		case 'V':
			opt->version = true;
			return 0;
		default:
			fprintf(stderr, "kmemfs: try --help\n");
			return -1;
		}
	}
	if (argc - optind != 1) {
		fprintf(stderr, "kmemfs: %s; usage: kmemfs [-o WORDS] [-f] [-d] [-s] MOUNTPOINT\n",
			argc == optind ? "where to mount?" : "more than one mount point");
		return -1;
	}
	opt->mountpoint = argv[optind];
	return 0;
}
