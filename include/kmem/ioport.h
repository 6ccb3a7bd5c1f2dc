/* SPDX-License-Identifier: MIT */
/*
 * ioport.h - who uses which physical addresses: the resource tree of proc/iomem.
 *
 * Addresses are bytes, @end and struct resource's are inclusive. Context: all may sleep.
 * Source of the rules: Linux 6.1, kernel/resource.c.
 */
#ifndef KMEM_IOPORT_H
#define KMEM_IOPORT_H

#include <kmem/types.h>

typedef phys_addr_t resource_size_t;

#define IORESOURCE_IO	0x00000100u
#define IORESOURCE_MEM	0x00000200u
#define IORESOURCE_BUSY 0x80000000u

struct resource {
	resource_size_t start, end;
	const char *name;
	unsigned long flags;
	struct resource *parent, *sibling, *child; /* protected by resource_lock */
};

extern struct resource iomem_resource; /* the top: every physical address */

static inline resource_size_t resource_size(const struct resource *res)
{
	return res->end - res->start + 1;
}

/* Puts @res under @root. 0, or -EBUSY if something there overlaps it, -EINVAL if end < start. */
int request_resource(struct resource *root, struct resource *res);
/* The same, but what lies within @res becomes its child. */
int insert_resource(struct resource *root, struct resource *res);
int release_resource(struct resource *res);

/* A busy region under the smallest resource that contains it; NULL: overlap, or no memory. */
struct resource *request_mem_region(resource_size_t start, resource_size_t n, const char *name);
/* Ends exactly that region; a line in the log if there is none. */
void release_mem_region(resource_size_t start, resource_size_t n);

struct seq_file;
int iomem_show(struct seq_file *m, void *v); /* proc/iomem */

#endif
