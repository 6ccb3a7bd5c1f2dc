// SPDX-License-Identifier: MIT
/*
 * kmemleak_report.c - telling of leaks: sys/kernel/debug/kmemleak.
 *
 * Reading lists what the scans have reported and is white still, each object with who allocated it
 * and its first bytes. Writing:
 *
 *	scan			searches now; the write answers when that is done
 *	scan=on, off, SECONDS	every ten minutes, never, that often; from now on
 *	stack=on, off		stacks are searched, or not
 *	clear			what is reported now is no leak; when off: all notes are dropped
 *	dump=ADDRESS		what is known of the object around it, into the log
 *	off			no more of it until the next boot
 *
 * Everything but "clear" is -EPERM on a machine without kmemleak=on, and after "off".
 *
 * Locks: a note is copied under kmemleak_lock, and told of without it.
 *
 * Source of the formats: Linux 6.12, mm/kmemleak.c.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/printk.h>
#include <kmem/seq_file.h>

#include "../kernel/kallsyms.h"
#include "kmemleak.h"

#define HEX_BYTES   32
#define BYTES_A_ROW 16

/* An object as it is told of. */
struct told {
	struct kmemleak_object object;
	unsigned char bytes[HEX_BYTES];
	size_t nr_bytes;
};

static void show_row(struct seq_file *m, const unsigned char *bytes, size_t nr)
{
	seq_puts(m, "    ");
	for (size_t i = 0; i < BYTES_A_ROW; i++) {
		if (i < nr)
			seq_printf(m, "%02x ", bytes[i]);
		else
			seq_puts(m, "   ");
	}
	seq_putc(m, ' ');
	for (size_t i = 0; i < nr; i++)
		seq_putc(m, bytes[i] < 0x80 && isprint(bytes[i]) ? (char)bytes[i] : '.');
	seq_putc(m, '\n');
}

static void show_told(struct seq_file *m, const struct told *t)
{
	const struct kmemleak_object *o = &t->object;
	void *const *entries;
	unsigned int nr = stack_depot_fetch(o->trace, &entries);
	char name[160];

	seq_printf(m, "unreferenced object 0x%08lx (size %lu):\n", o->pointer, o->size);
	seq_printf(m, "  comm \"%s\", pid %d, jiffies %lu\n", o->comm, o->pid, o->born);
	seq_printf(m, "  hex dump (first %zu bytes):\n", t->nr_bytes);
	for (size_t i = 0; i < t->nr_bytes; i += BYTES_A_ROW)
		show_row(m, t->bytes + i, min(t->nr_bytes - i, (size_t)BYTES_A_ROW));
	seq_printf(m, "  backtrace (crc %x):\n", o->checksum);
	for (unsigned int i = 0; i < nr; i++) {
		symbol_name(entries[i], name, sizeof(name));
		seq_printf(m, "    [<%p>] %s\n", entries[i], name);
	}
}

struct peek {
	char *to;
	size_t size;
};

__attribute__((no_sanitize("address", "thread", "undefined"))) static bool
peek_part(unsigned long start, unsigned long end, void *arg)
{
	struct peek *p = arg;

	for (; start < end && p->size; p->size--)
		*p->to++ = *(volatile char *)start++;
	return p->size;
}

/* Copies up to @size bytes of the object's start; returns how many. Caller holds kmemleak_lock. */
static size_t peek(const struct kmemleak_object *o, void *buf, size_t size)
{
	struct peek p = { buf, min(size, o->size) };

	memset(buf, 0, size);
	kmemleak_parts(o->pointer, o->pointer + p.size, peek_part, &p);
	return min(size, o->size);
}

/* Copies note @i if it is to be told of. False: there are no more. */
static bool next_told(u32 i, struct told *t, bool *tell)
{
	const struct kmemleak_object *o;
	bool more;

	host_lock(&kmemleak_lock);
	more = i < kmemleak_nr;
	o = more ? &kmemleak_objects[i] : NULL;
	*tell = more && (o->flags & OBJECT_REPORTED) && kmemleak_unreferenced(o);
	if (*tell) {
		t->object = *o;
		t->nr_bytes = peek(o, t->bytes, sizeof(t->bytes));
	}
	host_unlock(&kmemleak_lock);
	return more;
}

int kmemleak_show(struct seq_file *m)
{
	struct told t;
	bool tell;

	/* While a scan counts anew, nothing is known. */
	kmemleak_scan_lock(true);
	for (u32 i = 0; next_told(i, &t, &tell); i++)
		if (tell)
			show_told(m, &t);
	kmemleak_scan_lock(false);
	return 0;
}

static int dump(const char *text)
{
	struct kmemleak_object *found, o;
	unsigned long ptr;
	char *end;

	errno = 0;
	ptr = strtoul(text, &end, 0);
	if (errno || end == text || *end)
		return -EINVAL;
	host_lock(&kmemleak_lock);
	found = kmemleak_find(ptr, false);
	if (found)
		o = *found;
	host_unlock(&kmemleak_lock);
	if (!found) {
		pr_info("kmemleak: Unknown object at 0x%08lx\n", ptr);
		return -EINVAL;
	}
	pr_notice("kmemleak: Object 0x%08lx (size %lu):\n", o.pointer, o.size);
	pr_notice("kmemleak:   comm \"%s\", pid %d, jiffies %lu\n", o.comm, o.pid, o.born);
	pr_notice("kmemleak:   min_count = %d\n", o.min_count);
	pr_notice("kmemleak:   count = %d\n", o.count);
	pr_notice("kmemleak:   flags = 0x%x\n", o.flags);
	pr_notice("kmemleak:   checksum = %u\n", o.checksum);
	pr_notice("kmemleak:   backtrace:\n");
	stack_depot_print(o.trace);
	return 0;
}

static void clear(void)
{
	kmemleak_scan_lock(true);
	if (!READ_ONCE(kmemleak_enabled)) {
		kmemleak_forget_all();
	} else {
		host_lock(&kmemleak_lock);
		for (u32 i = 0; i < kmemleak_nr; i++) {
			struct kmemleak_object *o = &kmemleak_objects[i];

			if ((o->flags & OBJECT_REPORTED) && kmemleak_unreferenced(o))
				kmemleak_paint(o, KMEMLEAK_GREY);
		}
		host_unlock(&kmemleak_lock);
	}
	kmemleak_found = false;
	kmemleak_scan_lock(false);
}

static int scan_setting(const char *text)
{
	unsigned long seconds;
	char *end;

	if (!strcmp(text, "on")) {
		kmemleak_scan_every(KMEMLEAK_SCAN_WAIT);
		return 0;
	}
	if (!strcmp(text, "off")) {
		kmemleak_scan_every(0);
		return 0;
	}
	errno = 0;
	seconds = strtoul(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end || errno || seconds > UINT32_MAX / 1000)
		return -EINVAL;
	kmemleak_scan_every(seconds);
	return 0;
}

static int stack_setting(const char *text)
{
	if (strcmp(text, "on") && strcmp(text, "off"))
		return -EINVAL;
	WRITE_ONCE(kmemleak_scan_stacks, !strcmp(text, "on"));
	return 0;
}

static int off(void)
{
	kmemleak_disable();
	kmemleak_scan_every(0);
	/* What nobody has been told of need not be kept. */
	if (kmemleak_found)
		pr_info("kmemleak: Kmemleak disabled without freeing internal data. Reclaim the "
			"memory with \"echo clear > /sys/kernel/debug/kmemleak\".\n");
	else
		clear();
	return 0;
}

int kmemleak_command(const char *text)
{
	char word[64];
	size_t len = strcspn(text, "\n");

	if (len >= sizeof(word) || (text[len] && text[len + 1]))
		return -EINVAL;
	memcpy(word, text, len);
	word[len] = '\0';
	if (!strcmp(word, "clear")) {
		clear();
		return 0;
	}
	if (!READ_ONCE(kmemleak_enabled))
		return -EPERM;
	if (!strcmp(word, "off"))
		return off();
	if (!strcmp(word, "scan")) {
		kmemleak_scan();
		return 0;
	}
	if (!strncmp(word, "scan=", 5))
		return scan_setting(word + 5);
	if (!strncmp(word, "stack=", 6))
		return stack_setting(word + 6);
	if (!strncmp(word, "dump=", 5))
		return dump(word + 5);
	return -EINVAL;
}

void kmemleak_tell(const void *ptr)
{
	struct kmemleak_object *found, o;

	if (!READ_ONCE(kmemleak_enabled))
		return;
	host_lock(&kmemleak_lock);
	found = kmemleak_find((unsigned long)ptr, true);
	if (found)
		o = *found;
	host_unlock(&kmemleak_lock);
	if (!found)
		return;
	pr_err("  Allocated by \"%s\", pid %d, at %lu ms:\n", o.comm, o.pid, o.born);
	stack_depot_print(o.trace);
}
