/* SPDX-License-Identifier: MIT */
/* percpu_internal.h - what the boot, the halt and the printers need of percpu.c. */
#ifndef MM_PERCPU_INTERNAL_H
#define MM_PERCPU_INTERNAL_H

#include <kmem/types.h>

int percpu_boot(void); /* after memblock, before zones */
unsigned long percpu_boot_chunk_pages(void);
/* From the 8 KiB for the variables of modules; NULL if they are full. Zeroed. */
void __percpu *percpu_alloc_reserved(size_t size);
/* percpu_section.c: nobody finds his copies any more. Returns how many sections had some. */
unsigned long percpu_sections_forget(void);
/* After everything with per-CPU objects but the @owned ones of the zones. Returns the leaks. */
unsigned long percpu_exit(unsigned long owned);
unsigned long percpu_check(void);
/* Where the chunks lie now, at most @max, each of *@size bytes for all CPUs' units. How many. */
unsigned int percpu_chunks(unsigned long *bases, unsigned int max, unsigned long *size);

#endif
