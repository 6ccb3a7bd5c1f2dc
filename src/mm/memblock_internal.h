/* SPDX-License-Identifier: MIT */
/* memblock_internal.h - what the boot needs of memblock.c beyond its public header. */
#ifndef MM_MEMBLOCK_INTERNAL_H
#define MM_MEMBLOCK_INTERNAL_H

#include <kmem/memblock.h>

void memblock_boot(void);	  /* empties both arrays */
void memblock_allow_resize(void); /* from here on RAM can be written */
void memblock_close(void);	  /* later requests are served by slab, with a report */
int memblock_reserve_named(phys_addr_t base, phys_addr_t size, const char *name);
/* Was memory at or above @addr used and freed again? Then it need not be zero. */
bool memblock_was_used(phys_addr_t addr);
bool memblock_closed(void);
/*
 * The lowest (bottom-up) or highest (top-down) place for @size bytes in [start, end), without
 * reserving it. Physical address 0 is never given out, so 0 says that there is none.
 */
phys_addr_t memblock_find_in_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				   phys_addr_t end, int nid);

struct seq_file;

/* sys/kernel/debug/memblock/: the arrays, in the kernel's format. 0. */
int memblock_memory_show(struct seq_file *m, void *v);
int memblock_reserved_show(struct seq_file *m, void *v);

#endif
