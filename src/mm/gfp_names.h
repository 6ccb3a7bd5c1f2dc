/* SPDX-License-Identifier: MIT */
/* gfp_names.h - GFP flags in words, as the kernel's reports print them. */
#ifndef MM_GFP_NAMES_H
#define MM_GFP_NAMES_H

#include <kmem/types.h>

#define GFP_NAMES_MAX 256

/* "GFP_KERNEL|__GFP_ZERO" into @buf, which is returned. */
const char *gfp_names(gfp_t gfp, char *buf, size_t size);

#endif
