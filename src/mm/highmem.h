/* SPDX-License-Identifier: MIT */
/* highmem.h - boot and halt of highmem.c. */
#ifndef MM_HIGHMEM_H
#define MM_HIGHMEM_H

int highmem_boot(void);
void highmem_exit(void);

#endif
