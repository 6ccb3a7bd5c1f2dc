/* SPDX-License-Identifier: MIT */
/* mmdebug.h - a page frame's description, in words. Context: any. */
#ifndef KMEM_MMDEBUG_H
#define KMEM_MMDEBUG_H

#include <kmem/page.h>

/* Logs what the page's struct says, and @reason. @page may be anything. */
void dump_page(const struct page *page, const char *reason);

/* Its flags, node and zone in words, in @buf, which is returned. */
#define PAGE_FLAGS_NAMES_MAX 160
const char *page_flags_names(const struct page *page, char *buf, size_t size);

#endif
