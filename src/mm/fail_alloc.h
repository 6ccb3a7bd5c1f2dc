/* SPDX-License-Identifier: MIT */
/*
 * fail_alloc.h - allocations that fail on purpose. Told in fail_page_alloc.c and failslab.c.
 * Context: should_...() any; the others are called at the end of the boot and when it is halted.
 */
#ifndef MM_FAIL_ALLOC_H
#define MM_FAIL_ALLOC_H

#include <kmem/gfp.h>

struct kmem_cache;
struct machine_config;

void fail_page_alloc_boot(const struct machine_config *cfg);
void fail_page_alloc_exit(void);
bool should_fail_alloc_page(gfp_t gfp, unsigned int order);

void failslab_boot(const struct machine_config *cfg);
void failslab_exit(void);
bool should_failslab(struct kmem_cache *s, gfp_t gfp);

#endif
