/* SPDX-License-Identifier: MIT */
/* mmdebug.h - a page frame's description, in words. Context: any. */
#ifndef KMEM_MMDEBUG_H
#define KMEM_MMDEBUG_H

#include <kmem/page.h>

/* Logs what the page's struct says, and @reason. @page may be anything. */
void dump_page(const struct page *page, const char *reason);

#endif
