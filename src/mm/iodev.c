// SPDX-License-Identifier: MIT
/*
 * iodev.c - the bus: what is at physical addresses that are not RAM; and one device on it.
 *
 * 1. The bus is a sparse file of the host in which physical address p is byte p. A device's
 *    memory is its part of the file; elsewhere nobody answers, which reads as zeros.
 * 2. The device "kmemfs-demo" begins at the first gigabyte above RAM: a frame buffer of 1 MiB,
 *    plain memory, and behind it a page of registers, 32 bits each:
 *
 *	0x00 ID		reads 0x4d454d4b ("KMEM")
 *	0x04 SCRATCH	keeps what is written
 *	0x08 COUNTER	microseconds since the boot, low half; 0x0c: high half
 *	0x10 DOORBELL	a write of anything but 0 rings; reads 0
 *	0x14 RINGS	how often it rang
 *
 * 3. The device's side sees its registers in memory and cannot tell when they are touched. It
 *    looks (iodev_look()) before each readl() and after each writel() of a register, so through
 *    the accessors COUNTER is exact and each ring counts. For those who dereference the mapping
 *    themselves a thread looks every millisecond while registers are mapped: COUNTER moves in
 *    such steps, and rings closer together than that are one.
 * 4. Locks: device_lock around a look; mapping_lock around the thread's start and stop.
 */
#include <kmem/printk.h>
#include <kmem/ioport.h>
#include <kmem/mutex.h>
#include <kmem/page.h>

#include "../kernel/host.h"
#include "iodev.h"

#define BUS_SIZE     (1ull << 46) /* MAX_PHYSMEM_BITS */
#define FRAME_BUFFER (1ul << 20)
#define DEVICE_SIZE  (FRAME_BUFFER + PAGE_SIZE)
#define OWN_SIDE     0x7ed000000000 /* behind the window of kmap() */
#define LOOK_NS	     1000000

struct registers {
	u32 id, scratch, counter_low, counter_high, doorbell, rings;
};

static struct resource frame_buffer = { .name = "frame buffer", .flags = IORESOURCE_MEM };
static struct resource register_block = { .name = "registers", .flags = IORESOURCE_MEM };
static struct resource device = { .name = "kmemfs-demo", .flags = IORESOURCE_MEM };

static int bus_file = -1;
static struct host_lock device_lock;
static u32 rings; /* protected by device_lock */

static DEFINE_MUTEX(mapping_lock);
static unsigned int nr_mapped; /* protected by mapping_lock */
static unsigned long looker;
static unsigned int looker_stop;

static struct registers *registers(void)
{
	return (struct registers *)(OWN_SIDE + FRAME_BUFFER);
}

int iodev_map_at(unsigned long addr, unsigned long pfn, unsigned long nr, bool writable)
{
	return host_map_at(bus_file, addr, (u64)nr << PAGE_SHIFT, (u64)pfn << PAGE_SHIFT, writable);
}

void *iodev_address(phys_addr_t phys, unsigned long size)
{
	if (phys < device.start || phys + size - 1 > device.end || phys + size < phys)
		return NULL;
	return (void *)(OWN_SIDE + (phys - device.start));
}

bool iodev_has_registers(phys_addr_t phys, unsigned long size)
{
	return device.end && phys <= register_block.end &&
	       phys + (size - 1) >= register_block.start;
}

void iodev_look(void)
{
	struct registers *r = registers();
	u64 now;

	host_lock(&device_lock);
	now = ktime_get_ns() / 1000;
	if (__atomic_exchange_n(&r->doorbell, 0, __ATOMIC_ACQ_REL))
		rings++;
	WRITE_ONCE(r->id, 0x4d454d4b);
	WRITE_ONCE(r->counter_low, (u32)now);
	WRITE_ONCE(r->counter_high, (u32)(now >> 32));
	WRITE_ONCE(r->rings, rings);
	host_unlock(&device_lock);
}

static void *looker_main(void *data)
{
	while (!__atomic_load_n(&looker_stop, __ATOMIC_ACQUIRE)) {
		iodev_look();
		host_wait(&looker_stop, 0, LOOK_NS);
	}
	return NULL;
}

void iodev_registers_mapped(void)
{
	mutex_lock(&mapping_lock);
	if (nr_mapped++ == 0) {
		looker_stop = 0;
		if (host_thread_start(&looker, "kmemfs-demo", looker_main, NULL)) {
			pr_warn("iodev: the host gives no thread for the device\n");
			looker = 0;
		}
	}
	mutex_unlock(&mapping_lock);
}

void iodev_registers_unmapped(void)
{
	mutex_lock(&mapping_lock);
	if (--nr_mapped == 0 && looker) {
		__atomic_store_n(&looker_stop, 1, __ATOMIC_RELEASE);
		host_wake(&looker_stop, 1);
		host_thread_join(looker);
		looker = 0;
	}
	mutex_unlock(&mapping_lock);
}

static void place(struct resource *res, phys_addr_t start, u64 size)
{
	res->start = start;
	res->end = start + size - 1;
}

int iodev_boot(void)
{
	phys_addr_t base = ALIGN((phys_addr_t)max_pfn << PAGE_SHIFT, 1ull << 30);
	int err;

	bus_file = host_ram_create(BUS_SIZE);
	if (bus_file < 0)
		return bus_file;
	place(&device, base, DEVICE_SIZE);
	place(&frame_buffer, base, FRAME_BUFFER);
	place(&register_block, base + FRAME_BUFFER, PAGE_SIZE);
	err = iodev_map_at(OWN_SIDE, base >> PAGE_SHIFT, DEVICE_SIZE >> PAGE_SHIFT, true);
	if (!err)
		err = insert_resource(&iomem_resource, &device);
	if (!err)
		err = insert_resource(&iomem_resource, &frame_buffer);
	if (!err)
		err = insert_resource(&iomem_resource, &register_block);
	if (err) {
		pr_err("iodev: no place for the device (error %d)\n", -err);
		iodev_exit();
		return err;
	}
	rings = 0;
	iodev_look();
	return 0;
}

void iodev_exit(void)
{
	if (bus_file < 0)
		return;
	release_resource(&register_block);
	release_resource(&frame_buffer);
	release_resource(&device);
	device.end = 0;
	host_unmap(OWN_SIDE, DEVICE_SIZE);
	host_ram_destroy(bus_file);
	bus_file = -1;
}
