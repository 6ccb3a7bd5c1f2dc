/* SPDX-License-Identifier: MIT */
/* memblock_internal.h - what the boot needs of memblock.c beyond its public header. */
#ifndef MM_MEMBLOCK_INTERNAL_H
#define MM_MEMBLOCK_INTERNAL_H

#include <kmem/memblock.h>

void memblock_boot(void);	  /* empties both arrays */
void memblock_allow_resize(void); /* from here on RAM can be written */
void memblock_close(void);	  /* later requests are served by slab, with a report */
int memblock_reserve_named(phys_addr_t base, phys_addr_t size, const char *name);
/* Finds without reserving; 0: no place. */
phys_addr_t memblock_find_in_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				   phys_addr_t end, int nid);

#endif
