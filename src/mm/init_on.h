/* SPDX-License-Identifier: MIT */
/* init_on.h - memory that is zeroed whoever asks for it. Told in init_on.c. Context: any. */
#ifndef MM_INIT_ON_H
#define MM_INIT_ON_H

#include <kmem/gfp.h>

struct kmem_cache;
struct machine_config;

extern bool init_on_alloc, init_on_free; /* the boot words */

void init_on_boot(const struct machine_config *cfg);
void init_on_exit(void);
/* Is an object of the cache that is handed out, or freed, to be zeroed? */
bool slab_want_init_on_alloc(gfp_t gfp, const struct kmem_cache *s);
bool slab_want_init_on_free(const struct kmem_cache *s);

#endif
