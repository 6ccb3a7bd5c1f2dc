/* SPDX-License-Identifier: MIT */
/* page_hooks.h - who sees every request for pages, and every free. Told in page_hooks.c. */
#ifndef MM_PAGE_HOOKS_H
#define MM_PAGE_HOOKS_H

#include <kmem/gfp.h>

enum page_hook {
	PAGE_HOOK_INIT,	 /* init_on_alloc, init_on_free */
	PAGE_HOOK_FAIL,	 /* fail_page_alloc.c */
	PAGE_HOOK_OWNER, /* page_owner.c */
};

/* The hooks that are on, a bit each. Read by anyone. */
extern unsigned int page_hooks;

/* None is on; those of the boot line are, from when there are pages to ask for. */
void page_hooks_boot(void);
void page_hooks_start(void);
/* When it returns every request sees the hook, or none does. May sleep. */
void page_hooks_set(enum page_hook hook, bool on);

/* For who has found page_hooks not to be 0. Shall this request fail? Context: the request's. */
bool page_hooks_refuse(gfp_t gfp, unsigned int order);
/* A block has just been handed out. Context: the request's. */
void page_hooks_alloc(struct page *page, unsigned int order, gfp_t gfp);
/* A block with PG_tracked is about to become free. Context: any. */
void page_hooks_free(struct page *page, unsigned int order);
/* @part of the allocated block that begins with @page stands for itself from here on. */
void page_hooks_split(struct page *page, struct page *part);

#endif
