// SPDX-License-Identifier: MIT
/*
 * scullv.c - scull with quanta from vmalloc(): 2^order pages each, contiguous only in virtual
 * addresses. A larger default order than scullp's, since an area costs more to make than a page
 * and any free pages will do.
 */
#include <kmem/vmalloc.h>
#include "core.h"
#include "scull_ioctl.h"

#define SCULLV_ORDER 4
#define SCULLV_QSET  500

SCULL_PARAM(scullv_major, 0, 0, 511, 0444);
SCULL_PARAM(scullv_devs, 4, 1, SCULL_MAX_DEVS, 0444);
SCULL_PARAM(scullv_order, SCULLV_ORDER, 0, MAX_PAGE_ORDER, 0644);
SCULL_PARAM(scullv_qset, SCULLV_QSET, 1, SCULL_MAX_QSET, 0644);

static void *scullv_alloc_quantum(struct scull_dev *dev, gfp_t gfp)
{
	return __vmalloc(dev->quantum, gfp);
}

static void scullv_free_quantum(struct scull_dev *dev, void *quantum)
{
	vfree(quantum);
}

static size_t scullv_quantum_bytes(int order)
{
	return PAGE_SIZE << order;
}

/* Page by page, in the direct map; pages of high memory where the area has them. */
static void *scullv_host_bytes(void *at, size_t *len)
{
	size_t off = (unsigned long)at % PAGE_SIZE;
	struct page *page = vmalloc_to_page(at);

	*len = min(*len, PAGE_SIZE - off);
	if (!PageHighMem(page))
		return (char *)page_address(page) + off;
	vmalloc_fault_in(at, *len);
	return at;
}

static struct scull_driver scullv_driver = {
	.name = "scullv",
	.proc_name = "scullvmem",
	.owner = THIS_MODULE,
	.unit_word = "order",
	.gap = "",
	.major = &scullv_major,
	.devs = &scullv_devs,
	.unit = &scullv_order,
	.qset = &scullv_qset,
	.alloc_quantum = scullv_alloc_quantum,
	.free_quantum = scullv_free_quantum,
	.quantum_bytes = scullv_quantum_bytes,
	.host_bytes = scullv_host_bytes,
	.ioctl_magic = SCULLV_IOC_MAGIC,
};

static int __init scullv_init(void)
{
	return scull_register(&scullv_driver);
}

static void __exit scullv_exit(void)
{
	scull_unregister(&scullv_driver);
}

module_init(scullv_init);
module_exit(scullv_exit);

MODULE_LICENSE("MIT");
