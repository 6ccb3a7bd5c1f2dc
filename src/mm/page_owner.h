/* SPDX-License-Identifier: MIT */
/* page_owner.h - who has each page. Told in page_owner.c. */
#ifndef MM_PAGE_OWNER_H
#define MM_PAGE_OWNER_H

#include <kmem/gfp.h>

struct machine_config;

extern bool page_owner_enabled; /* the boot word; read by page_hooks.c */

void page_owner_boot(const struct machine_config *cfg);
void page_owner_exit(void);

/* A block has been handed out; it is freed; a part of it is a block of its own now. Context: any. */
void page_owner_set(struct page *page, unsigned int order, gfp_t gfp);
void page_owner_clear(struct page *page);
void page_owner_split(struct page *page, struct page *part);

/* Logs what is known of the page's owner, if owners are known. Context: any. */
void dump_page_owner(const struct page *page);

#define PAGE_OWNER_TEXT 4096

/*
 * The first owned block at or behind @pfn, in the words of sys/kernel/debug/page_owner, in @buf of
 * PAGE_OWNER_TEXT bytes. Returns the pfn to go on with. An empty text: there is none.
 */
unsigned long page_owner_text(unsigned long pfn, char *buf);

#endif
