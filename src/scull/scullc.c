// SPDX-License-Identifier: MIT
/*
 * scullc.c - scull with its quanta from a slab cache of its own.
 *
 * The size of the cache's objects is settled when it is made, so the quantum is fixed from the
 * loading of the module on; the quanta of a set still change as in scull.
 */
#include "core.h"
#include "scull_ioctl.h"

#define SCULLC_QUANTUM 4000
#define SCULLC_QSET    500

SCULL_PARAM(scullc_major, 0, 0, 511, 0444);
SCULL_PARAM(scullc_devs, 4, 1, SCULL_MAX_DEVS, 0444);
SCULL_PARAM(scullc_quantum, SCULLC_QUANTUM, 1, (int)KMALLOC_MAX_SIZE, 0444);
SCULL_PARAM(scullc_qset, SCULLC_QSET, 1, SCULL_MAX_QSET, 0644);

static struct kmem_cache *scullc_cache;

static void *scullc_alloc_quantum(struct scull_dev *dev, gfp_t gfp)
{
	return kmem_cache_alloc(scullc_cache, gfp);
}

static void scullc_free_quantum(struct scull_dev *dev, void *quantum)
{
	kmem_cache_free(scullc_cache, quantum);
}

static size_t scullc_quantum_bytes(int unit)
{
	return (size_t)unit;
}

static struct scull_driver scullc_driver = {
	.name = "scullc",
	.proc_name = "scullcmem",
	.owner = THIS_MODULE,
	.unit_word = "quantum",
	.gap = "",
	.major = &scullc_major,
	.devs = &scullc_devs,
	.unit = &scullc_quantum,
	.qset = &scullc_qset,
	.alloc_quantum = scullc_alloc_quantum,
	.free_quantum = scullc_free_quantum,
	.quantum_bytes = scullc_quantum_bytes,
	.ioctl_magic = SCULLC_IOC_MAGIC,
};

static int __init scullc_init(void)
{
	int ret;

	scullc_cache = kmem_cache_create("scullc", (unsigned int)scull_param_get(&scullc_quantum),
					 0, SLAB_HWCACHE_ALIGN, NULL);
	if (!scullc_cache)
		return -ENOMEM;
	scullc_quantum.fixed = true;
	ret = scull_register(&scullc_driver);
	if (ret)
		kmem_cache_destroy(scullc_cache);
	return ret;
}

static void __exit scullc_exit(void)
{
	scull_unregister(&scullc_driver);
	kmem_cache_destroy(scullc_cache);
}

module_init(scullc_init);
module_exit(scullc_exit);

MODULE_LICENSE("MIT");
