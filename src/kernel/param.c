// SPDX-License-Identifier: MIT
/*
 * param.c - the types of module parameters: text to value and back.
 *
 * Parsing is the kernel's, and strict: the whole text must be one value (a newline may follow, as
 * echo writes one). Numbers are decimal, 0x hexadecimal or 0 octal. -EINVAL for what is no
 * number, -ERANGE for one the type cannot hold; the variable is not touched then.
 *
 * A charp points at a copy made here. The copies are kept on a list until the module is unloaded,
 * since a driver may still look at the string it had before.
 *
 * Locks: the list has charp_lock; a variable is the module's own, as in the kernel.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/module.h>

#include "host.h"
#include "param.h"

const char *boot_command_line = "";

struct charp_copy {
	struct charp_copy *next;
	const struct kernel_param *kp;
	char text[];
};

static struct host_lock charp_lock;
static struct charp_copy *charp_copies; /* protected by charp_lock */

/* True if @end is where a value may end. */
static bool at_end(const char *end)
{
	return *end == '\0' || (*end == '\n' && end[1] == '\0');
}

static int parse_signed(const char *val, long long lo, long long hi, long long *out)
{
	const char *digits = val + (*val == '-' || *val == '+');
	char *end;

	if (!isdigit((unsigned char)*digits))
		return -EINVAL;
	errno = 0;
	*out = strtoll(val, &end, 0);
	if (!at_end(end))
		return -EINVAL;
	return errno || *out < lo || *out > hi ? -ERANGE : 0;
}

static int parse_unsigned(const char *val, unsigned long long hi, unsigned long long *out)
{
	const char *digits = val + (*val == '+');
	char *end;

	if (!isdigit((unsigned char)*digits))
		return -EINVAL;
	errno = 0;
	*out = strtoull(val, &end, 0);
	if (!at_end(end))
		return -EINVAL;
	return errno || *out > hi ? -ERANGE : 0;
}

#define PARAM_NUMBER(name, type, wide, fmt, parse)                                  \
	static int param_set_##name(const char *val, const struct kernel_param *kp) \
	{                                                                           \
		wide value = 0;                                                     \
		int err = val ? parse : -EINVAL;                                    \
                                                                                    \
		if (!err)                                                           \
			*(type *)kp->arg = (type)value;                             \
		return err;                                                         \
	}                                                                           \
                                                                                    \
	static int param_get_##name(char *buffer, const struct kernel_param *kp)    \
	{                                                                           \
		return snprintf(buffer, PAGE_SIZE, fmt "\n", *(type *)kp->arg);     \
	}                                                                           \
                                                                                    \
	const struct kernel_param_ops param_ops_##name = {                          \
		.set = param_set_##name,                                            \
		.get = param_get_##name,                                            \
	}

#define PARAM_SIGNED(name, type, fmt, lo, hi) \
	PARAM_NUMBER(name, type, long long, fmt, parse_signed(val, lo, hi, &value))
#define PARAM_UNSIGNED(name, type, fmt, hi) \
	PARAM_NUMBER(name, type, unsigned long long, fmt, parse_unsigned(val, hi, &value))

PARAM_UNSIGNED(byte, unsigned char, "%hhu", UCHAR_MAX);
PARAM_SIGNED(short, short, "%hd", SHRT_MIN, SHRT_MAX);
PARAM_UNSIGNED(ushort, unsigned short, "%hu", USHRT_MAX);
PARAM_SIGNED(int, int, "%d", INT_MIN, INT_MAX);
PARAM_UNSIGNED(uint, unsigned int, "%u", UINT_MAX);
PARAM_SIGNED(long, long, "%ld", LONG_MIN, LONG_MAX);
PARAM_UNSIGNED(ulong, unsigned long, "%lu", ULONG_MAX);

/* A bool named without a value is set. */
static int param_set_bool(const char *val, const struct kernel_param *kp)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "1", true },	  { "y", true },      { "yes", true }, { "on", true },
		{ "true", true }, { "0", false },     { "n", false },  { "no", false },
		{ "off", false }, { "false", false },
	};
	size_t len;

	if (!val)
		val = "1";
	len = strcspn(val, "\n");
	if (!at_end(val + len))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].word) == len && !strncasecmp(words[i].word, val, len)) {
			*(bool *)kp->arg = words[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

static int param_get_bool(char *buffer, const struct kernel_param *kp)
{
	return snprintf(buffer, PAGE_SIZE, "%c\n", *(bool *)kp->arg ? 'Y' : 'N');
}

const struct kernel_param_ops param_ops_bool = {
	.set = param_set_bool,
	.get = param_get_bool,
};

static int param_set_charp(const char *val, const struct kernel_param *kp)
{
	struct charp_copy *copy;
	size_t len;

	if (!val)
		return -EINVAL;
	len = strlen(val);
	if (len > 1024)
		return -ENOSPC;
	copy = host_alloc(sizeof(*copy) + len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy->text, val, len + 1);
	copy->kp = kp;
	host_lock(&charp_lock);
	copy->next = charp_copies;
	charp_copies = copy;
	host_unlock(&charp_lock);
	*(char **)kp->arg = copy->text;
	return 0;
}

static int param_get_charp(char *buffer, const struct kernel_param *kp)
{
	const char *text = *(char **)kp->arg;

	return snprintf(buffer, PAGE_SIZE, "%s\n", text ? text : "(null)");
}

const struct kernel_param_ops param_ops_charp = {
	.set = param_set_charp,
	.get = param_get_charp,
};

void param_forget_copies(const struct kernel_param *kp)
{
	struct charp_copy **link = &charp_copies, *copy;

	host_lock(&charp_lock);
	while ((copy = *link)) {
		if (copy->kp == kp) {
			*link = copy->next;
			host_free(copy);
		} else {
			link = &copy->next;
		}
	}
	host_unlock(&charp_lock);
}
