/* SPDX-License-Identifier: MIT */
/* What tells the four apart: where the memory of a quantum comes from. */
#include <kmem/slab.h>
#include <kmem/vmalloc.h>
#include "scull_test.h"

/* Addresses of the quanta of device 0, which has one item. Returns their number. */
static int quanta(const char *proc, unsigned long *addr, int max)
{
	char *text = proc_text(proc), *p, *end = strstr(text, "\nDevice 1:");
	int n = 0;

	*end = '\0';
	for (p = strstr(text, "\n    "); p && n < max; p = strstr(p + 1, "\n    "))
		sscanf(p, " %*d:%lx", &addr[n++]);
	free(text);
	return n;
}

static void scull_takes_kmalloc_objects(void **state)
{
	struct file *file = dev_open("scull", 0, O_RDWR);
	char data[20000] = { 1 };
	unsigned long addr[10];
	int i;

	assert_int_equal(dev_write(file, data, sizeof(data), 0), sizeof(data));
	assert_int_equal(quanta("scullmem", addr, 10), 5);
	for (i = 0; i < 5; i++) {
		assert_true(virt_addr_valid((void *)addr[i]));
		assert_int_equal(ksize((void *)addr[i]), 4096);
		assert_string_equal(kmem_cache_name(virt_to_page(addr[i])->slab_cache),
				    "kmalloc-4k");
	}
	assert_int_equal(*(char *)addr[0], 1);
	vfs_release(file);
}

static void scullc_takes_objects_of_its_cache(void **state)
{
	struct file *file = dev_open("scullc", 0, O_RDWR);
	char data[20000] = { 1 };
	unsigned long addr[10];
	int i;

	assert_int_equal(dev_write(file, data, sizeof(data), 0), sizeof(data));
	assert_int_equal(quanta("scullcmem", addr, 10), 5);
	for (i = 0; i < 5; i++) {
		struct page *page = virt_to_page(addr[i]);

		assert_true(PageSlab(page));
		assert_int_equal(kmem_cache_size(page->slab_cache), 4000);
		assert_true(IS_ALIGNED(addr[i], 64));
	}
	vfs_release(file);
}

static void scullp_takes_pages(void **state)
{
	int order, i;

	for (order = 0; order <= 10; order += 5) {
		struct file *file = dev_open_shaped(&families[2], 0, order, 500);
		unsigned long addr[10], bytes = PAGE_SIZE << order;

		assert_int_equal(dev_write(file, "a", 1, 0), 1);
		assert_int_equal(dev_write(file, "b", 1, (loff_t)bytes), 1);
		assert_int_equal(quanta("scullpmem", addr, 10), 2);
		for (i = 0; i < 2; i++) {
			assert_true(virt_addr_valid((void *)addr[i]));
			assert_true(IS_ALIGNED(addr[i], bytes));
			assert_int_equal(*(char *)addr[i], 'a' + i);
			assert_int_equal(page_count(virt_to_page(addr[i])), 1);
		}
		vfs_release(file);
	}
}

static void scullv_takes_areas(void **state)
{
	struct file *file = dev_open("scullv", 0, O_RDWR);
	size_t len = 3 * (PAGE_SIZE << 4);
	unsigned long addr[10], page;
	char *data = malloc(len), *info;
	int i;

	memset(data, 'v', len);
	assert_int_equal(dev_write(file, data, len, 0), len);
	assert_int_equal(quanta("scullvmem", addr, 10), 3);
	for (i = 0; i < 3; i++) {
		assert_true(is_vmalloc_addr((void *)addr[i]));
		for (page = 0; page < 16; page++)
			assert_non_null(vmalloc_to_page((char *)addr[i] + page * PAGE_SIZE));
		assert_null(vmalloc_to_page((char *)addr[i] + 16 * PAGE_SIZE));
	}
	info = proc_text("vmallocinfo");
	assert_int_equal(count_lines(info, " scullv_alloc_quantum+"), 3);
	free(info);
	free(data);
	vfs_release(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scull_test(scull_takes_kmalloc_objects),
		scull_test(scullc_takes_objects_of_its_cache),
		scull_test(scullp_takes_pages),
		scull_test(scullv_takes_areas),
	};

	return cmocka_run_group_tests_name("scull/drivers", tests, NULL, NULL);
}
