/* SPDX-License-Identifier: MIT */
/*
 * bootmem.h - the book's boot-time allocation (chapter 8, "Obtaining Large Buffers"): for drivers
 * linked into the kernel, called before there is a page allocator. Here that is
 * machine_config.early_init.
 *
 * The plain forms prefer memory above 16 MiB, the _low forms memory below; the _pages forms are
 * page aligned, the others aligned to a cache line. Memory is zeroed. Failure ends the boot, as it
 * did in the kernel. What is not freed again is reserved for good: it never was the page
 * allocator's.
 */
#ifndef KMEM_BOOTMEM_H
#define KMEM_BOOTMEM_H

#include <kmem/types.h>

void *alloc_bootmem(unsigned long size);
void *alloc_bootmem_low(unsigned long size);
void *alloc_bootmem_pages(unsigned long size);
void *alloc_bootmem_low_pages(unsigned long size);

/*
 * Frees the whole pages within [phys, phys + size); a page that is only partly inside stays
 * reserved. After the boot the pages become the page allocator's.
 */
void free_bootmem(unsigned long phys, unsigned long size);

#endif
