// SPDX-License-Identifier: MIT
/*
 * ioremap.c - areas that show a device's memory, and the ways to touch it.
 *
 * 1. Idea: an area whose entries are frames of the bus (PTE_IO, and not to be cached), not of RAM.
 *    So an address of it is dereferenced as any other, as on x86.
 * 2. What is mapped are whole pages, from that of the first byte to that of the last; the address
 *    returned has the offset in the page that the physical one has.
 * 3. RAM is refused: it would be there a second time with another kind of caching. The range of
 *    the old cards, 640 KiB to 1 MiB, is allowed: there the bus lies over the RAM.
 * 4. The accessors read and write as the size says, once, and tell the device of it when they
 *    touched its registers (iodev.c).
 * 5. Locks: none but those called.
 */
#include <string.h>
#include <kmem/bug.h>
#include <kmem/io.h>
#include <kmem/slab.h>

#include "iodev.h"
#include "pgtable.h"
#include "tlb.h"
#include "vmalloc.h"
#include "vmap_area.h"

#define BUS_END	  (1ull << 46)
#define ISA_START 0xa0000ull
#define ISA_LAST  0xfffffull

static bool is_refused(phys_addr_t phys, phys_addr_t last)
{
	if (phys >= ISA_START && last <= ISA_LAST)
		return false;
	return WARN(phys >> PAGE_SHIFT < max_pfn, "ioremap on RAM at 0x%016llx - 0x%016llx",
		    (unsigned long long)phys, (unsigned long long)last);
}

static void *map_frames(phys_addr_t phys, unsigned long bytes, const void *caller)
{
	struct vm_struct *vm = vm_area_make(bytes, PAGE_SIZE, VM_IOREMAP, caller);
	unsigned long addr;

	if (!vm)
		return NULL;
	addr = (unsigned long)vm->addr;
	vm->phys_addr = phys;
	if (pgtable_map_frames(addr, phys >> PAGE_SHIFT, bytes >> PAGE_SHIFT,
			       PAGE_KERNEL_NOCACHE | PTE_IO)) {
		vm_area_unmap(vm, true);
		kfree(vm);
		return NULL;
	}
	tlb_map(addr, bytes, false);
	if (iodev_has_registers(phys, bytes))
		iodev_registers_mapped();
	vmap_area_publish(addr);
	return vm->addr;
}

void __iomem *ioremap(resource_size_t phys, unsigned long size)
{
	phys_addr_t last = phys + size - 1, base = phys & PAGE_MASK;
	char *addr;

	might_sleep();
	if (!size || last < phys)
		return NULL;
	if (WARN(last >= BUS_END, "ioremap: invalid physical address %llx",
		 (unsigned long long)last))
		return NULL;
	if (is_refused(phys, last))
		return NULL;
	if (vmalloc_nommu)
		return iodev_address(phys, size);
	addr = map_frames(base, PAGE_ALIGN(last + 1) - base, __builtin_return_address(0));
	return addr ? addr + (phys - base) : NULL;
}

void iounmap(const volatile void __iomem *addr)
{
	unsigned long page = (unsigned long)addr & PAGE_MASK;
	struct vmap_area *va;
	phys_addr_t phys;

	if (!addr || vmalloc_nommu)
		return;
	might_sleep();
	va = vmap_area_claim(page, VM_IOREMAP);
	if (!va) {
		pr_err("iounmap: bad address %p\n", (const void *)addr);
		dump_stack();
		return;
	}
	phys = va->vm->phys_addr;
	if (iodev_has_registers(phys, vm_area_bytes(va->vm)))
		iodev_registers_unmapped();
	vunmap_claimed(va->vm);
}

/* Before a read and after a write. */
static void device_looks(const volatile void *addr)
{
	u64 pte = is_vmalloc_addr((const void *)addr) ? pgtable_read((unsigned long)addr) : 0;

	if (((pte & PTE_IO) && iodev_has_registers(pte_pfn(pte) << PAGE_SHIFT, PAGE_SIZE)) ||
	    vmalloc_nommu)
		iodev_look();
}

#define ACCESSORS(suffix, type)                                     \
	type read##suffix(const volatile void __iomem *addr)        \
	{                                                           \
		device_looks(addr);                                 \
		return *(const volatile type *)addr;                \
	}                                                           \
	void write##suffix(type value, volatile void __iomem *addr) \
	{                                                           \
		*(volatile type *)addr = value;                     \
		device_looks(addr);                                 \
	}

ACCESSORS(b, u8)
ACCESSORS(w, u16)
ACCESSORS(l, u32)
ACCESSORS(q, u64)

#define REPEATED(bits, suffix, type)                                                              \
	void ioread##bits##_rep(const volatile void __iomem *addr, void *to, unsigned long count) \
	{                                                                                         \
		for (type *p = to; count--; p++)                                                  \
			*p = read##suffix(addr);                                                  \
	}                                                                                         \
	void iowrite##bits##_rep(volatile void __iomem *addr, const void *from,                   \
				 unsigned long count)                                             \
	{                                                                                         \
		for (const type *p = from; count--; p++)                                          \
			write##suffix(*p, addr);                                                  \
	}

REPEATED(8, b, u8)
REPEATED(16, w, u16)
REPEATED(32, l, u32)

void memcpy_fromio(void *to, const volatile void __iomem *from, size_t count)
{
	device_looks(from);
	memcpy(to, (const void *)from, count);
}

void memcpy_toio(volatile void __iomem *to, const void *from, size_t count)
{
	memcpy((void *)to, from, count);
	device_looks(to);
}

void memset_io(volatile void __iomem *to, int value, size_t count)
{
	memset((void *)to, value, count);
	device_looks(to);
}
