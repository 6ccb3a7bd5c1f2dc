// SPDX-License-Identifier: MIT
/*
 * scullp.c - scull with whole pages for quanta: 2^order of them, contiguous in the emulated RAM.
 *
 * They are compound pages, so that a reference to any of them holds the whole quantum.
 */
#include "core.h"
#include "scull_ioctl.h"

#define SCULLP_ORDER 0
#define SCULLP_QSET  500

SCULL_PARAM(scullp_major, 0, 0, 511, 0444);
SCULL_PARAM(scullp_devs, 4, 1, SCULL_MAX_DEVS, 0444);
SCULL_PARAM(scullp_order, SCULLP_ORDER, 0, MAX_PAGE_ORDER, 0644);
SCULL_PARAM(scullp_qset, SCULLP_QSET, 1, SCULL_MAX_QSET, 0644);

static void *scullp_alloc_quantum(struct scull_dev *dev, gfp_t gfp)
{
	return (void *)__get_free_pages(gfp | __GFP_COMP, (unsigned int)dev->unit);
}

static void scullp_free_quantum(struct scull_dev *dev, void *quantum)
{
	free_pages((unsigned long)quantum, (unsigned int)dev->unit);
}

static size_t scullp_quantum_bytes(int order)
{
	return PAGE_SIZE << order;
}

static struct scull_driver scullp_driver = {
	.name = "scullp",
	.proc_name = "scullpmem",
	.owner = THIS_MODULE,
	.unit_word = "order",
	.gap = "",
	.major = &scullp_major,
	.devs = &scullp_devs,
	.unit = &scullp_order,
	.qset = &scullp_qset,
	.alloc_quantum = scullp_alloc_quantum,
	.free_quantum = scullp_free_quantum,
	.quantum_bytes = scullp_quantum_bytes,
	.ioctl_magic = SCULLP_IOC_MAGIC,
};

static int __init scullp_init(void)
{
	return scull_register(&scullp_driver);
}

static void __exit scullp_exit(void)
{
	scull_unregister(&scullp_driver);
}

module_init(scullp_init);
module_exit(scullp_exit);

MODULE_LICENSE("MIT");
