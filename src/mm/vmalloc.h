/* SPDX-License-Identifier: MIT */
/* vmalloc.h - boot and halt of vmalloc.c. */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

int vmalloc_boot(void);		  /* after slab */
unsigned long vmalloc_exit(void); /* frees all areas; returns how many nobody had freed */

#endif
