/* SPDX-License-Identifier: MIT */
/* percpu_internal.h - what the boot, the halt and the printers need of percpu.c. */
#ifndef MM_PERCPU_INTERNAL_H
#define MM_PERCPU_INTERNAL_H

int percpu_boot(void); /* after memblock, before zones */
unsigned long percpu_objects(void);
unsigned long percpu_first_chunk_pages(void);
void percpu_exit(void); /* after everything that has per-CPU objects but the zones */
unsigned long percpu_check(void);

#endif
