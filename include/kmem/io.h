/* SPDX-License-Identifier: MIT */
/*
 * io.h - a device's memory: mapping it, and touching it.
 *
 * Units: bytes. ioremap() and iounmap() may sleep, the accessors work in any context. The accessors
 * are little-endian and one access each; dereferencing the address works too, but a device may
 * notice it later (see mm/iodev.c).
 * Source of the rules: Linux 6.1, arch/x86/mm/ioremap.c, lib/iomap.c; LDD3, chapter 9.
 */
#ifndef KMEM_IO_H
#define KMEM_IO_H

#include <kmem/ioport.h>

/*
 * The address of physical address @phys, for @size bytes. NULL if @size is 0, the range wraps or
 * is beyond the bus, if it is RAM (reported), or without memory.
 */
void __iomem *ioremap(resource_size_t phys, unsigned long size);
#define ioremap_nocache(phys, size) ioremap(phys, size)
#define ioremap_uc(phys, size)	    ioremap(phys, size)
#define ioremap_wc(phys, size)	    ioremap(phys, size)
#define ioremap_cache(phys, size)   ioremap(phys, size)
/* Any address in the first page will do; NULL is ignored, others are reported. */
void iounmap(const volatile void __iomem *addr);

u8 readb(const volatile void __iomem *addr);
u16 readw(const volatile void __iomem *addr);
u32 readl(const volatile void __iomem *addr);
u64 readq(const volatile void __iomem *addr);
void writeb(u8 value, volatile void __iomem *addr);
void writew(u16 value, volatile void __iomem *addr);
void writel(u32 value, volatile void __iomem *addr);
void writeq(u64 value, volatile void __iomem *addr);

#define ioread8(addr)	       readb(addr)
#define ioread16(addr)	       readw(addr)
#define ioread32(addr)	       readl(addr)
#define ioread64(addr)	       readq(addr)
#define iowrite8(value, addr)  writeb(value, addr)
#define iowrite16(value, addr) writew(value, addr)
#define iowrite32(value, addr) writel(value, addr)
#define iowrite64(value, addr) writeq(value, addr)

/* @count accesses to one and the same address. */
void ioread8_rep(const volatile void __iomem *addr, void *to, unsigned long count);
void ioread16_rep(const volatile void __iomem *addr, void *to, unsigned long count);
void ioread32_rep(const volatile void __iomem *addr, void *to, unsigned long count);
void iowrite8_rep(volatile void __iomem *addr, const void *from, unsigned long count);
void iowrite16_rep(volatile void __iomem *addr, const void *from, unsigned long count);
void iowrite32_rep(volatile void __iomem *addr, const void *from, unsigned long count);

void memcpy_fromio(void *to, const volatile void __iomem *from, size_t count);
void memcpy_toio(volatile void __iomem *to, const void *from, size_t count);
void memset_io(volatile void __iomem *to, int value, size_t count);

#endif
