// SPDX-License-Identifier: MIT
/*
 * slub_report.c - in which words debugged caches tell what is wrong.
 *
 * The words are the kernel's, so that what is known of reading them helps here too: a rule, BUG,
 * the cache and what was found, a rule; who allocated and freed the object; the slab; the object
 * and what is around it, byte by byte; who is there now; FIX and what was done about it.
 *
 * Every error found and every fix counts in slab_errors, by which a test knows how many there were
 * without reading (in the kernel, lib/slub_kunit.c).
 *
 * Locks: none here; callers hold a list_lock, so nothing here may want one.
 *
 * Source of the formats: Linux 6.18, mm/slub.c.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <kmem/bug.h>
#include <kmem/mmdebug.h>
#include <kmem/printk.h>

#include "slab.h"
#include "slub_debug.h"

#define BYTES_PER_LINE 16

unsigned long slab_errors;

void slub_count_error(void)
{
	__atomic_fetch_add(&slab_errors, 1, __ATOMIC_RELAXED);
}

static void show_head(const struct kmem_cache *s, const char *what)
{
	pr_err("=============================================================================\n");
	pr_err("BUG %s (Not tainted): %s\n", s->name, what);
	pr_err("-----------------------------------------------------------------------------\n");
}

static void show_slab(const struct page *slab)
{
	char names[PAGE_FLAGS_NAMES_MAX];

	pr_err("Slab 0x%016lx objects=%u used=%u fp=0x%016lx flags=0x%lx(%s)\n",
	       (unsigned long)page_address(slab), slab->objects, slab->inuse,
	       (unsigned long)slab->freelist, slab->flags,
	       page_flags_names(slab, names, sizeof(names)));
}

/* "Object   00007f...: 6b 6b 6b ...  kkk...", a line for each BYTES_PER_LINE. */
void slub_show_bytes(const char *title, const void *start, size_t len)
{
	const u8 *p = start, *end = p + len;
	char hex[3 * BYTES_PER_LINE + 1], text[BYTES_PER_LINE + 1];

	for (; p < end; p += BYTES_PER_LINE) {
		unsigned int n = min((size_t)(end - p), (size_t)BYTES_PER_LINE);

		for (unsigned int i = 0; i < n; i++) {
			sprintf(hex + 3 * i, "%02x ", p[i]);
			text[i] = isascii(p[i]) && isprint(p[i]) ? p[i] : '.';
		}
		text[n] = '\0';
		pr_err("%s%016lx: %-48s %s\n", title, (unsigned long)p, hex, text);
	}
}

static void show_surroundings(const struct kmem_cache *s, const struct page *slab, const u8 *p)
{
	const u8 *base = page_address(slab), *end = p + s->size - s->red_left_pad;
	const u8 *padding = p + slub_padding_offset(s);

	pr_err("Object 0x%016lx @offset=%lu fp=0x%016lx\n", (unsigned long)p,
	       (unsigned long)(p - base), (unsigned long)get_free_pointer(s, (void *)p));
	if (s->flags & SLAB_RED_ZONE)
		slub_show_bytes("Redzone  ", p - s->red_left_pad, s->red_left_pad);
	else if (p > base + BYTES_PER_LINE)
		slub_show_bytes("Bytes b4 ", p - BYTES_PER_LINE, BYTES_PER_LINE);
	slub_show_bytes("Object   ", p, min((unsigned long)s->object_size, PAGE_SIZE));
	if (s->flags & SLAB_RED_ZONE)
		slub_show_bytes("Redzone  ", p + s->object_size, s->inuse - s->object_size);
	if (padding < end)
		slub_show_bytes("Padding  ", padding, end - padding);
}

void slub_show_object(const struct kmem_cache *s, struct page *slab, const void *object,
		      const char *what)
{
	show_head(s, what);
	slub_print_tracks(s, object);
	show_slab(slab);
	show_surroundings(s, slab, object);
	dump_stack();
}

void slub_object_error(const struct kmem_cache *s, struct page *slab, const void *object,
		       const char *what)
{
	slub_count_error();
	slub_show_object(s, slab, object, what);
}

void slub_slab_error(const struct kmem_cache *s, const struct page *slab, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	slub_count_error();
	show_head(s, what);
	if (slab)
		show_slab(slab);
	dump_stack();
}

void slub_fixed(const struct kmem_cache *s, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	slub_count_error();
	pr_err("FIX %s: %s\n", s->name, what);
}

void slub_wild_pointer(struct kmem_cache *s, const void *p, const char *what)
{
	const struct page *slab = cache_of_object(p) ? virt_to_head_page(p) : NULL;

	slub_slab_error(s, slab, "%s 0x%016lx", what, (unsigned long)p);
	slub_fixed(s, "Object at 0x%016lx not freed", (unsigned long)p);
}
