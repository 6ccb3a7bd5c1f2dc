/* SPDX-License-Identifier: MIT */
/* bootmem.h - the buffers of the boot line. */
#ifndef MM_BOOTMEM_H
#define MM_BOOTMEM_H

#include <kmem/machine.h>

/* Sets cfg's buffers aside under their names; 0 or -ENOMEM. Boot, with memblock alone. */
int bootmem_reserve(const struct machine_config *cfg);

#endif
