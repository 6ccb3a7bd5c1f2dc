// SPDX-License-Identifier: MIT
/*
 * param.c - the types of module parameters: text to value and back.
 *
 * Parsing is the kernel's, and strict (kstrtox.c). -EINVAL for what is no number, -ERANGE for one the
 * type cannot hold; the variable is not touched then.
 *
 * An array is its elements with commas between, a string one with a buffer of its own. On the boot
 * line, whose words end at commas, an array's elements are separated by colons instead.
 *
 * A charp points at a copy made here. The copies are kept on a list until the module is unloaded,
 * since a driver may still look at the string it had before.
 *
 * Locks: the list has charp_lock; a variable is the module's own, as in the kernel.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <kmem/module.h>
#include <kmem/string.h>

#include "host.h"
#include "param.h"

const char *boot_command_line = "";

struct charp_copy {
	struct charp_copy *next;
	const char *mod, *name; /* of the parameter: an array's elements have a description each */
	char text[];
};

static struct host_lock charp_lock;
static struct charp_copy *charp_copies; /* protected by charp_lock */

/* A number of a range. */
static int parse_signed(const char *val, long long lo, long long hi, long long *out)
{
	int err = kstrtoll(val, 0, out);

	return !err && (*out < lo || *out > hi) ? -ERANGE : err;
}

static int parse_unsigned(const char *val, unsigned long long hi, unsigned long long *out)
{
	int err = kstrtoull(val, 0, out);

	return !err && *out > hi ? -ERANGE : err;
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
	return kstrtobool(val ? val : "1", kp->arg);
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
	copy->mod = kp->mod;
	copy->name = kp->name;
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

/* Elements at a comma or a colon, at most ->max of them; nothing but them is touched. */
static int param_set_array(const char *val, const struct kernel_param *kp)
{
	const struct kparam_array *arr = kp->arg;
	struct kernel_param element = *kp;
	unsigned int n = 0;
	char text[256];

	if (!val)
		return -EINVAL;
	do {
		size_t len = strcspn(val, ",:\n");
		int err;

		if (n == arr->max || len >= sizeof(text))
			return -EINVAL;
		memcpy(text, val, len);
		text[len] = '\0';
		element.arg = (char *)arr->elem + n * arr->elemsize;
		err = arr->ops->set(text, &element);
		if (err)
			return err;
		n++;
		val += len;
	} while ((*val == ',' || *val == ':') && val++);
	if (strcmp(val, "\n") && *val)
		return -EINVAL;
	if (arr->num)
		*arr->num = n;
	return 0;
}

static unsigned int array_count(const struct kparam_array *arr)
{
	return arr->num ? min(*arr->num, arr->max) : arr->max;
}

static int param_get_array(char *buffer, const struct kernel_param *kp)
{
	const struct kparam_array *arr = kp->arg;
	struct kernel_param element = *kp;
	char text[PAGE_SIZE];
	int len = 0;

	for (unsigned int i = 0; i < array_count(arr); i++) {
		element.arg = (char *)arr->elem + i * arr->elemsize;
		arr->ops->get(text, &element);
		text[strcspn(text, "\n")] = '\0';
		len += scnprintf(buffer + len, PAGE_SIZE - len, "%s%s", i ? "," : "", text);
	}
	return len + scnprintf(buffer + len, PAGE_SIZE - len, "\n");
}

const struct kernel_param_ops param_array_ops = {
	.set = param_set_array,
	.get = param_get_array,
};

static int param_set_string(const char *val, const struct kernel_param *kp)
{
	const struct kparam_string *str = kp->arg;
	size_t len = val ? strcspn(val, "\n") : 0;

	if (!val)
		return -EINVAL;
	if (len >= str->maxlen)
		return -ENOSPC;
	memcpy(str->string, val, len);
	str->string[len] = '\0';
	return 0;
}

static int param_get_string(char *buffer, const struct kernel_param *kp)
{
	const struct kparam_string *str = kp->arg;

	return scnprintf(buffer, PAGE_SIZE, "%s\n", str->string);
}

const struct kernel_param_ops param_ops_string = {
	.set = param_set_string,
	.get = param_get_string,
};

/* Where the bytes of a value are, and how many. An array's count lies elsewhere, and is the last. */
static void *value_of(const struct kernel_param *kp, size_t *size)
{
	if (kp->ops == &param_array_ops) {
		const struct kparam_array *arr = kp->arg;

		*size = (size_t)arr->max * arr->elemsize;
		return arr->elem;
	}
	if (kp->ops == &param_ops_string) {
		const struct kparam_string *str = kp->arg;

		*size = str->maxlen;
		return str->string;
	}
	*size = kp->arg ? kp->size : 0;
	return kp->arg;
}

static unsigned int *count_of(const struct kernel_param *kp)
{
	return kp->ops == &param_array_ops ? ((const struct kparam_array *)kp->arg)->num : NULL;
}

size_t param_value_size(const struct kernel_param *kp)
{
	size_t size;

	value_of(kp, &size);
	return size + (count_of(kp) ? sizeof(unsigned int) : 0);
}

void param_value_keep(const struct kernel_param *kp, void *to)
{
	size_t size;
	const void *value = value_of(kp, &size);

	if (size)
		memcpy(to, value, size);
	if (count_of(kp))
		memcpy((char *)to + size, count_of(kp), sizeof(unsigned int));
}

void param_value_restore(const struct kernel_param *kp, const void *from)
{
	size_t size;
	void *value = value_of(kp, &size);

	if (size)
		memcpy(value, from, size);
	if (count_of(kp))
		memcpy(count_of(kp), (const char *)from + size, sizeof(unsigned int));
}

void param_forget_copies(const struct kernel_param *kp)
{
	struct charp_copy **link = &charp_copies, *copy;

	host_lock(&charp_lock);
	while ((copy = *link)) {
		if (!strcmp(copy->mod, kp->mod) && !strcmp(copy->name, kp->name)) {
			*link = copy->next;
			host_free(copy);
		} else {
			link = &copy->next;
		}
	}
	host_unlock(&charp_lock);
}
