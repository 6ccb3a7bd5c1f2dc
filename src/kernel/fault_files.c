// SPDX-License-Identifier: MIT
/*
 * fault_files.c - an attribute of fault injection as files, a number or a flag in each.
 *
 * Every attribute has the files of one table, which says where in struct fault_attr each value is,
 * and those of its owner's switches. Values are parsed as module parameters are; who writes one
 * makes the attribute's owner look again whether anything can fail.
 *
 * Locks: fault_attrs_mutex, so that an attribute stays while one of its files is used.
 */
#include <stddef.h>
#include <string.h>
#include <kmem/module.h>
#include <kmem/seq_file.h>

#include "fault_inject.h"

enum kind { KIND_ULONG, KIND_HEX, KIND_INT, KIND_BOOL };

static const struct fault_file {
	const char *name;
	enum kind kind;
	size_t offset;
	unsigned long max; /* of a number */
} files[] = {
	{ "interval", KIND_ULONG, offsetof(struct fault_attr, interval), ~0ul },
	{ "probability", KIND_ULONG, offsetof(struct fault_attr, probability), ~0ul },
	{ "reject-end", KIND_HEX, offsetof(struct fault_attr, reject_end), ~0ul },
	{ "reject-start", KIND_HEX, offsetof(struct fault_attr, reject_start), ~0ul },
	{ "require-end", KIND_HEX, offsetof(struct fault_attr, require_end), ~0ul },
	{ "require-start", KIND_HEX, offsetof(struct fault_attr, require_start), ~0ul },
	{ "space", KIND_INT, offsetof(struct fault_attr, space), 0 },
	{ "stacktrace-depth", KIND_ULONG, offsetof(struct fault_attr, stacktrace_depth),
	  FAULT_STACKTRACE_DEPTH_MAX },
	{ "task-filter", KIND_BOOL, offsetof(struct fault_attr, task_filter), 0 },
	{ "times", KIND_INT, offsetof(struct fault_attr, times), 0 },
	{ "verbose", KIND_ULONG, offsetof(struct fault_attr, verbose), ~0ul },
	{ "verbose_ratelimit_burst", KIND_ULONG,
	  offsetof(struct fault_attr, verbose_ratelimit_burst), INT32_MAX },
	{ "verbose_ratelimit_interval_ms", KIND_ULONG,
	  offsetof(struct fault_attr, verbose_ratelimit_interval_ms), UINT32_MAX },
};

/* Caller holds fault_attrs_mutex. */
static struct fault_attr *find_attr(const char *name)
{
	struct fault_attr *attr;

	list_for_each_entry(attr, &fault_attrs, list)
		if (!strcmp(attr->name, name))
			return attr;
	return NULL;
}

static const struct fault_file *find_file(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (!strcmp(files[i].name, name))
			return &files[i];
	return NULL;
}

static const struct fault_switch *find_switch(const struct fault_attr *attr, const char *name)
{
	for (const struct fault_switch *s = attr->switches; s && s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

void fault_attrs_for_each(void (*fn)(void *arg, const char *name), void *arg)
{
	struct fault_attr *attr;

	mutex_lock(&fault_attrs_mutex);
	list_for_each_entry(attr, &fault_attrs, list)
		fn(arg, attr->name);
	mutex_unlock(&fault_attrs_mutex);
}

void fault_files_for_each(const char *name, void (*fn)(void *arg, const char *name), void *arg)
{
	struct fault_attr *attr;

	mutex_lock(&fault_attrs_mutex);
	attr = find_attr(name);
	for (size_t i = 0; attr && i < ARRAY_SIZE(files); i++)
		fn(arg, files[i].name);
	for (const struct fault_switch *s = attr ? attr->switches : NULL; s && s->name; s++)
		fn(arg, s->name);
	mutex_unlock(&fault_attrs_mutex);
}

static void show_value(struct seq_file *m, enum kind kind, const void *value)
{
	switch (kind) {
	case KIND_ULONG:
		seq_printf(m, "%lu\n", READ_ONCE(*(const unsigned long *)value));
		break;
	case KIND_HEX:
		seq_printf(m, "0x%016lx\n", READ_ONCE(*(const unsigned long *)value));
		break;
	case KIND_INT:
		seq_printf(m, "%d\n", READ_ONCE(*(const int *)value));
		break;
	case KIND_BOOL:
		seq_printf(m, "%c\n", READ_ONCE(*(const bool *)value) ? 'Y' : 'N');
		break;
	}
}

static int parse(const struct kernel_param_ops *type, const char *text, void *value)
{
	const struct kernel_param as = { .ops = type, .arg = value };

	return type->set(text, &as);
}

static int store_value(enum kind kind, void *value, const char *text, unsigned long max)
{
	unsigned long number;
	bool flag;
	int i, err;

	switch (kind) {
	case KIND_ULONG:
	case KIND_HEX:
		err = parse(&param_ops_ulong, text, &number);
		if (!err && number > max)
			err = -EINVAL;
		if (!err)
			WRITE_ONCE(*(unsigned long *)value, number);
		return err;
	case KIND_INT:
		err = parse(&param_ops_int, text, &i);
		if (!err)
			WRITE_ONCE(*(int *)value, i);
		return err;
	case KIND_BOOL:
		err = parse(&param_ops_bool, text, &flag);
		if (!err)
			WRITE_ONCE(*(bool *)value, flag);
		return err;
	}
	return -EINVAL;
}

static int store_switch(const struct fault_switch *s, const char *text)
{
	unsigned int number;
	int err;

	if (s->flag)
		return store_value(KIND_BOOL, s->flag, text, 0);
	err = parse(&param_ops_uint, text, &number);
	if (!err)
		WRITE_ONCE(*s->number, number);
	return err;
}

int fault_file_show(struct seq_file *m, const char *name, const char *file)
{
	const struct fault_file *f = find_file(file);
	const struct fault_switch *s = NULL;
	struct fault_attr *attr;

	mutex_lock(&fault_attrs_mutex);
	attr = find_attr(name);
	if (attr && f)
		show_value(m, f->kind, (const char *)attr + f->offset);
	else if (attr && (s = find_switch(attr, file)) && s->flag)
		show_value(m, KIND_BOOL, s->flag);
	else if (s)
		seq_printf(m, "%u\n", READ_ONCE(*s->number));
	mutex_unlock(&fault_attrs_mutex);
	return attr && (f || s) ? 0 : -ENOENT;
}

int fault_file_store(const char *name, const char *file, const char *text)
{
	const struct fault_file *f = find_file(file);
	const struct fault_switch *s = NULL;
	struct fault_attr *attr;
	int err = -ENOENT;

	mutex_lock(&fault_attrs_mutex);
	attr = find_attr(name);
	if (attr && f)
		err = store_value(f->kind, (char *)attr + f->offset, text, f->max);
	else if (attr && (s = find_switch(attr, file)))
		err = store_switch(s, text);
	if (!err)
		fault_attr_tell_owner(attr);
	mutex_unlock(&fault_attrs_mutex);
	return err;
}
