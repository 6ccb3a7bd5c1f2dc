/* SPDX-License-Identifier: MIT */
/* kdev_t.h - device numbers: 12 bits of major, 20 of minor, in the low 32 bits of a dev_t. */
#ifndef KMEM_KDEV_T_H
#define KMEM_KDEV_T_H

#include <kmem/types.h>

#define MINORBITS 20
#define MINORMASK ((1U << MINORBITS) - 1)

#define MAJOR(dev)	 ((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev)	 ((unsigned int)((dev)&MINORMASK))
#define MKDEV(major, mi) (((dev_t)(major) << MINORBITS) | (mi))

#endif
