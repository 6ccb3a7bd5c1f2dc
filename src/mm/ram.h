/* SPDX-License-Identifier: MIT */
/* ram.h - the machine's RAM, in page frames. 0 or -errno; may block in the host. */
#ifndef MM_RAM_H
#define MM_RAM_H

#include <kmem/types.h>

/* The last @highmem bytes stay out of the direct map. */
int ram_boot(u64 size, u64 highmem);
void ram_exit(void);
/* The frames' bytes become zeros and take no host memory until touched again. */
int ram_discard(unsigned long pfn, unsigned long nr);
/* The frames appear a second time at @addr, which lies in a reserved window. */
int ram_map_window(unsigned long addr, unsigned long pfn, unsigned long nr, bool writable);
/* The same where nothing is mapped yet; what is no longer wanted goes by host_unmap(). */
int ram_map_at(unsigned long addr, unsigned long pfn, unsigned long nr, bool writable);

#endif
