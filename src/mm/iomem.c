// SPDX-License-Identifier: MIT
/*
 * iomem.c - who uses which physical addresses: proc/iomem.
 *
 * 1. Two sources. What is RAM, and what of it the boot keeps for itself, memblock knows for good
 *    and is printed from there. Everything else (device memory, regions that drivers request) is
 *    a tree of struct resource: a child lies within its parent, siblings do not overlap and are
 *    sorted by address.
 * 2. Invariants of the tree, for every resource r but the top:
 *	parent->start <= r->start <= r->end <= parent->end,
 *	r->sibling => r->end < r->sibling->start.
 * 3. Locks: resource_lock around the tree. The structures of request_mem_region() are host
 *    memory: a machine without a free page can still say what its devices use.
 */
#include <kmem/printk.h>
#include <kmem/ioport.h>
#include <kmem/memblock.h>
#include <kmem/mutex.h>
#include <kmem/sched.h>
#include <kmem/seq_file.h>

#include "../kernel/host.h"
#include "iomem.h"
#include "kmemleak.h"

static DEFINE_MUTEX(resource_lock);

struct resource iomem_resource = {
	.end = ~(resource_size_t)0,
	.name = "PCI mem",
	.flags = IORESOURCE_MEM,
};

/* Caller holds resource_lock. NULL, or what is in the way. */
static struct resource *request_locked(struct resource *root, struct resource *res)
{
	struct resource **link = &root->child;

	if (res->start < root->start || res->end > root->end)
		return root;
	while (*link && (*link)->end < res->start)
		link = &(*link)->sibling;
	if (*link && (*link)->start <= res->end)
		return *link;
	res->parent = root;
	res->sibling = *link;
	*link = res;
	return NULL;
}

int request_resource(struct resource *root, struct resource *res)
{
	struct resource *conflict;

	if (res->end < res->start)
		return -EINVAL;
	mutex_lock(&resource_lock);
	conflict = request_locked(root, res);
	mutex_unlock(&resource_lock);
	return conflict ? -EBUSY : 0;
}

/* Does @res contain all of @other? */
static bool contains(const struct resource *res, const struct resource *other)
{
	return res->start <= other->start && res->end >= other->end;
}

/* Caller holds resource_lock. Takes the children of @root that @res contains for its own. */
static int insert_locked(struct resource *root, struct resource *res)
{
	struct resource **link = &root->child, **own = &res->child;

	for (struct resource *r = root->child; r; r = r->sibling)
		if (r->start <= res->end && r->end >= res->start && !contains(res, r))
			return -EBUSY;
	while (*link && (*link)->end < res->start)
		link = &(*link)->sibling;
	while (*link && contains(res, *link)) {
		struct resource *r = *link;

		*link = r->sibling;
		r->sibling = NULL;
		r->parent = res;
		*own = r;
		own = &r->sibling;
	}
	res->parent = root;
	res->sibling = *link;
	*link = res;
	return 0;
}

int insert_resource(struct resource *root, struct resource *res)
{
	struct resource *r;
	int err;

	if (res->end < res->start)
		return -EINVAL;
	mutex_lock(&resource_lock);
	/* Down to the smallest resource that contains it. */
	for (r = root->child; r;) {
		if (contains(r, res) && !contains(res, r)) {
			root = r;
			r = r->child;
		} else {
			r = r->sibling;
		}
	}
	err = insert_locked(root, res);
	mutex_unlock(&resource_lock);
	return err;
}

/* Caller holds resource_lock. */
static int release_locked(struct resource *res)
{
	struct resource **link;

	if (!res->parent)
		return -EINVAL;
	for (link = &res->parent->child; *link; link = &(*link)->sibling) {
		if (*link == res) {
			*link = res->sibling;
			res->parent = res->sibling = NULL;
			return 0;
		}
	}
	return -EINVAL;
}

int release_resource(struct resource *res)
{
	int err;

	mutex_lock(&resource_lock);
	err = release_locked(res);
	mutex_unlock(&resource_lock);
	return err;
}

/* RAM is in use as it is. */
static bool touches_ram(resource_size_t start, resource_size_t end)
{
	for (unsigned int i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

		if (start < r->base + r->size && end >= r->base)
			return true;
	}
	return false;
}

struct resource *request_mem_region(resource_size_t start, resource_size_t n, const char *name)
{
	struct resource *res = kmemleak_host_alloc(sizeof(*res)), *root = &iomem_resource,
			*conflict;

	if (!res || !n || start + n < start || touches_ram(start, start + n - 1)) {
		kmemleak_host_free(res);
		return NULL;
	}
	*res = (struct resource){
		.start = start,
		.end = start + n - 1,
		.name = name,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};
	mutex_lock(&resource_lock);
	/* A device's range may be divided among drivers; what a driver has is its own. */
	while ((conflict = request_locked(root, res)) && conflict != root &&
	       !(conflict->flags & IORESOURCE_BUSY) && contains(conflict, res))
		root = conflict;
	mutex_unlock(&resource_lock);
	if (!conflict)
		return res;
	kmemleak_host_free(res);
	return NULL;
}

/* Caller holds resource_lock. The busy resource of just these addresses. */
static struct resource *find_busy(struct resource *root, resource_size_t start, resource_size_t end)
{
	for (struct resource *r = root->child; r; r = r->sibling) {
		if (r->start > start || r->end < end)
			continue;
		if (!(r->flags & IORESOURCE_BUSY))
			return find_busy(r, start, end);
		return r->start == start && r->end == end ? r : NULL;
	}
	return NULL;
}

void release_mem_region(resource_size_t start, resource_size_t n)
{
	struct resource *res;

	mutex_lock(&resource_lock);
	res = find_busy(&iomem_resource, start, start + n - 1);
	if (res)
		release_locked(res);
	mutex_unlock(&resource_lock);
	if (!res)
		pr_warn("Trying to free nonexistent resource <%016llx-%016llx>\n",
			(unsigned long long)start, (unsigned long long)(start + n - 1));
	kmemleak_host_free(res);
}

static void free_regions(struct resource *root)
{
	struct resource *r, *next;

	for (r = root->child; r; r = next) {
		next = r->sibling;
		free_regions(r);
		if (r->flags & IORESOURCE_BUSY)
			kmemleak_host_free(r);
		else
			r->parent = r->sibling = NULL;
	}
	root->child = NULL;
}

void iomem_exit(void)
{
	free_regions(&iomem_resource);
}

/* Where something is printed: the addresses are 0 for those who may not know them. */
struct iomem_printer {
	struct seq_file *m;
	bool told;
};

static void print_range(const struct iomem_printer *p, int depth, phys_addr_t start,
			phys_addr_t end, const char *name)
{
	seq_printf(p->m, "%*s%08llx-%08llx : %s\n", depth * 2, "",
		   p->told ? (unsigned long long)start : 0, p->told ? (unsigned long long)end : 0,
		   name);
}

/* The parts of a region of RAM that the boot kept. */
static void print_reserved(const struct iomem_printer *p, const struct memblock_region *ram)
{
	phys_addr_t ram_end = ram->base + ram->size;

	for (unsigned int i = 0; i < memblock.reserved.cnt; i++) {
		const struct memblock_region *r = &memblock.reserved.regions[i];
		phys_addr_t start = max(r->base, ram->base);
		phys_addr_t end = min(r->base + r->size, ram_end);

		/* One may go on in the next node's memory. */
		if (start < end)
			print_range(p, 1, start, end - 1, r->name ? r->name : "Kernel data");
	}
}

static void print_tree(const struct iomem_printer *p, const struct resource *root, int depth)
{
	for (const struct resource *r = root->child; r; r = r->sibling) {
		print_range(p, depth, r->start, r->end, r->name);
		print_tree(p, r, depth + 1);
	}
}

int iomem_show(struct seq_file *m, void *v)
{
	const struct iomem_printer p = { .m = m, .told = capable(CAP_SYS_ADMIN) };
	phys_addr_t at = 0;

	for (unsigned int i = 0; i < memblock.memory.cnt; i++) {
		const struct memblock_region *ram = &memblock.memory.regions[i];

		/* Frames below the first RAM are there, but nobody gets them. */
		if (!at && ram->base)
			print_range(&p, 0, 0, ram->base - 1, "Reserved");
		print_range(&p, 0, ram->base, ram->base + ram->size - 1, "System RAM");
		print_reserved(&p, ram);
		at = ram->base + ram->size;
	}
	mutex_lock(&resource_lock);
	print_tree(&p, &iomem_resource, 0);
	mutex_unlock(&resource_lock);
	return 0;
}
