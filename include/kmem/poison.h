/* SPDX-License-Identifier: MIT */
/* poison.h - the bytes that debugging puts where nobody should write. See mm/slub_object.c. */
#ifndef KMEM_POISON_H
#define KMEM_POISON_H

#define POISON_INUSE	  0x5a /* of a slab, where it is no object */
#define POISON_FREE	  0x6b /* all of a free object */
#define POISON_END	  0xa5 /* but its last byte */
#define SLUB_RED_INACTIVE 0xbb /* around a free object */
#define SLUB_RED_ACTIVE	  0xcc /* around one in use */

#endif
