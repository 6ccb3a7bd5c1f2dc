/* ioremap.c and iodev.c: a device's memory, and the device behind it. */
#include <kmem/oops.h>
#include "machine.h"

#define RAM	  (64ul << 20)
#define DEVICE	  (1ull << 30) /* the first gigabyte above RAM */
#define REGISTERS (DEVICE + (1 << 20))
#define ID	  0x00
#define SCRATCH	  0x04
#define COUNTER	  0x08
#define DOORBELL  0x10
#define RINGS	  0x14

static char *text_of(struct seq_file *m, int (*show)(struct seq_file *, void *))
{
	seq_buffer_open(m);
	show(m, NULL);
	return (char *)seq_buffer_text(m);
}

static void test_7_7_sizes_and_ranges_that_cannot_be(void **state)
{
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	assert_null(ioremap(DEVICE, 0));
	assert_null(ioremap(~0ull - 100, 4096));
	assert_int_equal(logged(mark, "WARNING"), 0);
	assert_null(ioremap(RAM - 4096, 4096));
	assert_null(ioremap(RAM - 4096, 8192));
	assert_true(logged(mark, "ioremap on RAM at 0x") >= 1);
	assert_null(ioremap(1ull << 60, 4096));
	halt();
}

static void test_7_7_the_offset_is_kept(void **state)
{
	char expected[200];
	struct seq_file m;
	unsigned long base;
	u8 *p;

	boot("mem=64M,cpus=1");
	p = ioremap(DEVICE + 0x3ff0, 0x20); /* over the end of a page */
	base = (unsigned long)p & PAGE_MASK;
	assert_int_equal(offset_in_page(p), 0xff0);
	snprintf(expected, sizeof(expected),
		 "0x%016lx-0x%016lx   12288 test_7_7_the_offset_is_kept+0x", base, base + 12288);
	assert_memory_equal(text_of(&m, vmallocinfo_show), expected, strlen(expected));
	assert_non_null(strstr(seq_buffer_text(&m), " phys=0x0000000040003000 ioremap\n"));
	seq_buffer_release(&m);
	assert_int_equal(vmalloc_to_pfn(p), (DEVICE + 0x3ff0) >> PAGE_SHIFT);
	assert_null(vmalloc_to_page(p));
	iounmap(p);
	assert_int_equal(vmalloc_to_pfn(p), 0);
	halt();
}

static void test_7_7_aligned_to_a_power_of_two(void **state)
{
	void *first, *p;

	boot("mem=64M,cpus=1");
	first = vmalloc(4096);
	for (unsigned long size = 4096; size <= 1 << 20; size += size / 2 + 4096) {
		unsigned long align = roundup_pow_of_two(PAGE_ALIGN(size));

		p = ioremap(DEVICE, size);
		assert_int_equal((unsigned long)p % align, 0);
		iounmap(p);
	}
	vfree(first);
	halt();
}

static void test_7_7_the_range_of_old_cards_is_allowed(void **state)
{
	u8 *p;

	boot("mem=64M,cpus=1");
	p = ioremap(0xa0000, 0x60000);
	assert_non_null(p);
	writeb(5, p + 77);
	assert_int_equal(readb(p + 77), 5);
	iounmap(p);
	halt();
}

static void test_bad_addresses(void **state)
{
	void *area;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=1");
	area = vmalloc(4096);
	p = ioremap(DEVICE, 8192);
	mark = log_next_seq();
	iounmap(NULL);
	assert_int_equal(logged(mark, "iounmap"), 0);
	iounmap(p + PAGE_SIZE);
	iounmap(area);
	iounmap((void *)0x1000);
	assert_int_equal(logged(mark, "iounmap: bad address"), 3);
	iounmap(p + 100);
	iounmap(p);
	assert_int_equal(logged(mark, "iounmap: bad address"), 4);
	vfree(area);
	halt();
}

static long read_at(void *addr)
{
	return *(volatile u8 *)addr;
}

static void test_the_guard_page_faults(void **state)
{
	long ret;
	u8 *p;

	boot("mem=64M,cpus=1");
	p = ioremap(DEVICE, 4096);
	assert_int_equal(oops_guard(read_at, p + 4095, &ret), 0);
	assert_int_equal(oops_guard(read_at, p + 4096, &ret), -EFAULT);
	iounmap(p);
	assert_int_equal(oops_guard(read_at, p, &ret), -EFAULT);
	halt();
}

static void test_registers(void **state)
{
	u8 *r, *again;
	u32 before;

	boot("mem=64M,cpus=1");
	r = ioremap(REGISTERS, 0x18);
	assert_int_equal(readl(r + ID), 0x4d454d4b);
	assert_int_equal(ioread32(r + ID), readl(r + ID));
	assert_int_equal(readb(r), 0x4b);
	assert_int_equal(readw(r), 0x4d4b);
	writel(0x12345678, r + SCRATCH);
	assert_int_equal(readl(r + SCRATCH), 0x12345678);
	assert_int_equal(*(volatile u32 *)(r + SCRATCH), 0x12345678);
	assert_int_equal(readq(r), 0x123456784d454d4b);
	writel(0, r + ID); /* it has its own mind */
	assert_int_equal(readl(r + ID), 0x4d454d4b);
	for (u32 i = 1; i <= 1000; i++) {
		iowrite32(i, r + DOORBELL);
		assert_int_equal(readl(r + DOORBELL), 0);
		assert_int_equal(readl(r + RINGS), i);
	}
	before = readl(r + COUNTER);
	usleep(2000);
	assert_true(readl(r + COUNTER) - before >= 2000);
	/* A second mapping shows the same device. */
	again = ioremap(REGISTERS, 4096);
	assert_int_equal(readl(again + RINGS), 1000);
	iounmap(again);
	iounmap(r);
	halt();
}

/* Without the accessors the device notices within moments. */
static void test_registers_dereferenced(void **state)
{
	volatile u32 *r;
	u32 before;

	boot("mem=64M,cpus=1");
	r = ioremap(REGISTERS, 4096);
	before = READ_ONCE(r[COUNTER / 4]);
	WRITE_ONCE(r[DOORBELL / 4], 1);
	for (int i = 0; i < 1000 && !READ_ONCE(r[RINGS / 4]); i++)
		usleep(1000);
	assert_int_equal(READ_ONCE(r[RINGS / 4]), 1);
	for (int i = 0; i < 1000 && READ_ONCE(r[COUNTER / 4]) == before; i++)
		usleep(1000);
	assert_true(READ_ONCE(r[COUNTER / 4]) > before);
	iounmap(r);
	halt();
}

static void test_frame_buffer(void **state)
{
	static u8 line[3000], back[3000];
	u16 word = 0xbeef, words[3] = { 0 };
	u8 *fb;

	boot("mem=64M,cpus=1");
	fb = ioremap(DEVICE, 1 << 20);
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = i * 7;
	memcpy_toio(fb + 4000, line, sizeof(line));
	memcpy_fromio(back, fb + 4000, sizeof(back));
	assert_memory_equal(line, back, sizeof(line));
	assert_memory_equal(fb + 4000, line, sizeof(line)); /* as on x86 */
	memset_io(fb + 4000, 9, 100);
	assert_int_equal(readq(fb + 4000), 0x0909090909090909);
	writeq(0x1122334455667788, fb + 8);
	assert_int_equal(readl(fb + 8), 0x55667788);
	assert_int_equal(ioread16(fb + 14), 0x1122);
	iowrite8(0xaa, fb + 15);
	assert_int_equal(readw(fb + 14), 0xaa22);
	iowrite16_rep(fb, &word, 1);
	ioread16_rep(fb, words, 3); /* of one address */
	assert_int_equal(words[2], 0xbeef);
	iounmap(fb);
	fb = ioremap(DEVICE, 1 << 20); /* it keeps what is in it */
	assert_int_equal(readb(fb + 15), 0xaa);
	iounmap(fb);
	halt();
}

/* Many accesses to one address: a register that counts tells how many there were. */
static void test_repeated_accesses(void **state)
{
	const u32 rings[5] = { 1, 2, 3, 4, 5 };
	u32 ids[3] = { 0 };
	u8 bytes[4] = { 1, 2, 3, 4 };
	u8 *r;

	boot("mem=64M,cpus=1");
	r = ioremap(REGISTERS, 0x18);
	iowrite32_rep(r + DOORBELL, rings, 5);
	assert_int_equal(readl(r + RINGS), 5);
	ioread32_rep(r + ID, ids, 3);
	assert_int_equal(ids[0], 0x4d454d4b);
	assert_int_equal(ids[2], 0x4d454d4b);
	writel(0, r + SCRATCH);
	iowrite8_rep(r + SCRATCH, bytes, 4);
	assert_int_equal(readl(r + SCRATCH), 4);
	ioread8_rep(r + SCRATCH, bytes, 4);
	assert_int_equal(bytes[0] + bytes[3], 8);
	writew(0xbeef, r + SCRATCH + 2);
	assert_int_equal(readl(r + SCRATCH), 0xbeef0004);
	iounmap(r);
	halt();
}

static void test_iomem_shows_device_and_driver(void **state)
{
	struct seq_file m;
	char *text;

	boot("mem=64M,cpus=1");
	assert_non_null(request_mem_region(REGISTERS, 0x18, "mydriver"));
	assert_null(request_mem_region(REGISTERS + 0x10, 0x10, "another"));
	text = text_of(&m, iomem_show);
	assert_non_null(strstr(text, "40000000-40100fff : kmemfs-demo\n"
				     "  40000000-400fffff : frame buffer\n"
				     "  40100000-40100fff : registers\n"
				     "    40100000-40100017 : mydriver\n"));
	seq_buffer_release(&m);
	release_mem_region(REGISTERS, 0x18);
	assert_null(strstr(text_of(&m, iomem_show), "mydriver"));
	seq_buffer_release(&m);
	halt();
}

/* Resources of a driver's own, side by side and one within the other. */
static void test_resources_that_a_driver_describes(void **state)
{
	struct resource card = { .start = 0x50000000, .end = 0x50000fff, .name = "card" };
	struct resource over = { .start = 0x50000800, .end = 0x500017ff, .name = "over" };
	struct resource wrong = { .start = 0x51000001, .end = 0x51000000, .name = "wrong" };
	struct resource part = { .start = 0x50000100, .end = 0x500001ff, .name = "part" };
	struct resource bus = { .start = 0x50000000, .end = 0x50ffffff, .name = "bus" };
	struct seq_file m;

	boot("mem=64M,cpus=1");
	assert_int_equal(request_resource(&iomem_resource, &card), 0);
	assert_int_equal(request_resource(&iomem_resource, &card), -EBUSY);
	assert_int_equal(request_resource(&iomem_resource, &over), -EBUSY);
	assert_int_equal(request_resource(&iomem_resource, &wrong), -EINVAL);
	assert_int_equal(request_resource(&card, &part), 0);
	assert_int_equal(insert_resource(&iomem_resource, &bus), 0);
	assert_non_null(strstr(text_of(&m, iomem_show), "50000000-50ffffff : bus\n"
							"  50000000-50000fff : card\n"
							"    50000100-500001ff : part\n"));
	seq_buffer_release(&m);
	assert_int_equal(release_resource(&part), 0);
	assert_int_equal(release_resource(&part), -EINVAL);
	assert_int_equal(release_resource(&card), 0);
	assert_int_equal(release_resource(&bus), 0);
	assert_null(strstr(text_of(&m, iomem_show), "bus"));
	seq_buffer_release(&m);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_7_7_sizes_and_ranges_that_cannot_be),
		machine_test(test_7_7_the_offset_is_kept),
		machine_test(test_7_7_aligned_to_a_power_of_two),
		machine_test(test_7_7_the_range_of_old_cards_is_allowed),
		machine_test(test_bad_addresses),
		machine_test(test_the_guard_page_faults),
		machine_test(test_registers),
		machine_test(test_registers_dereferenced),
		machine_test(test_frame_buffer),
		machine_test(test_repeated_accesses),
		machine_test(test_iomem_shows_device_and_driver),
		machine_test(test_resources_that_a_driver_describes),
	};

	return cmocka_run_group_tests_name("mm/ioremap", tests, NULL, NULL);
}
