/* SPDX-License-Identifier: MIT */
/* iodev.h - the emulated device and the bus it is on. */
#ifndef MM_IODEV_H
#define MM_IODEV_H

#include <kmem/types.h>

int iodev_boot(void);
void iodev_exit(void);

/* Frames of the bus appear at @addr, where nothing is mapped. 0 or -errno. */
int iodev_map_at(unsigned long addr, unsigned long pfn, unsigned long nr, bool writable);

/* Where the device's own side has physical address @phys; NULL: no device is there. */
void *iodev_address(phys_addr_t phys, unsigned long size);

/* Does the range hold registers, so that the device must look after they are touched? */
bool iodev_has_registers(phys_addr_t phys, unsigned long size);

/* The device brings its registers up to date and takes what was written. Context: any. */
void iodev_look(void);

/* A mapping of the registers has come, or gone: while there is one, the device looks by itself. */
void iodev_registers_mapped(void);
void iodev_registers_unmapped(void);

#endif
