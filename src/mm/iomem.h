/* SPDX-License-Identifier: MIT */
/* iomem.h - the boot's part of the resource tree. Told in iomem.c. */
#ifndef MM_IOMEM_H
#define MM_IOMEM_H

/* Everything that was requested is forgotten: for the machine's halt. */
void iomem_exit(void);

#endif
