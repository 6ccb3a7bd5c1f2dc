/*
 * vmap.c and what vmalloc.c has besides vmalloc() and vfree(): rules 7.3 to 7.6, and a random mix of
 * all calls by four threads.
 */
#include <kmem/oops.h>
#include "machine.h"

static char *info_text(struct seq_file *m)
{
	seq_buffer_open(m);
	vmallocinfo_show(m, NULL);
	return (char *)seq_buffer_text(m);
}

static void assert_empty(void)
{
	struct seq_file m;

	machine_idle();
	assert_string_equal(info_text(&m), "");
	seq_buffer_release(&m);
}

static void test_7_3_alignment(void **state)
{
	boot("mem=64M,cpus=1");
	for (unsigned int shift = 0; shift < 64; shift++) {
		void *p = __vmalloc_node(PAGE_SIZE, 1ul << shift, GFP_KERNEL | __GFP_NOWARN,
					 NUMA_NO_NODE, __builtin_return_address(0));

		if (shift <= 30)
			assert_non_null(p);
		if (p)
			assert_int_equal((unsigned long)p % (1ul << shift), 0);
		if (1ul << shift >= VMALLOC_TOTAL)
			assert_true(!p || (unsigned long)p % (1ul << shift) == 0);
		vfree(p);
	}
	assert_null(__vmalloc_node(PAGE_SIZE, 1ul << 63, GFP_KERNEL, NUMA_NO_NODE, NULL));
	assert_empty();
	halt();
}

static void test_kinds_of_vmalloc(void **state)
{
	struct seq_file m;
	u8 *user, *low, *node;

	boot("mem=64M,cpus=2,numa=fake=2");
	user = vmalloc_user(8192);
	low = vmalloc_32(8192);
	node = vzalloc_node(8192, 1);
	for (int i = 0; i < 8192; i++)
		assert_int_equal(user[i] | node[i], 0);
	assert_true(page_to_phys(vmalloc_to_page(low)) < 4ull << 30);
	assert_int_equal(page_to_nid(vmalloc_to_page(node)), 1);
	assert_non_null(strstr(info_text(&m), " pages=2 vmalloc user N"));
	assert_non_null(strstr(seq_buffer_text(&m), " pages=2 vmalloc N1=2\n"));
	seq_buffer_release(&m);
	vfree(user);
	vfree(low);
	vfree(node);
	halt();
}

static void test_vfree_atomic(void **state)
{
	DEFINE_SPINLOCK(lock);
	u64 mark;
	void *p;

	boot("mem=64M,cpus=1");
	p = vmalloc(50000);
	mark = log_next_seq();
	spin_lock(&lock);
	vfree_atomic(p);
	vfree_atomic(NULL);
	spin_unlock(&lock);
	assert_int_equal(logged(mark, "BUG"), 0);
	assert_null(vmalloc_to_page(p)); /* gone for everybody */
	vfree_atomic(p);
	vfree(p);
	assert_int_equal(logged(mark, "Trying to vfree() nonexistent vm area ("), 2);
	assert_empty();
	assert_int_equal(vmalloc_nr_pages(), 0);
	halt();
}

static void test_7_6_vm_map_ram(void **state)
{
	struct page *pages[100];
	char expected[120];
	struct seq_file m;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=1");
	for (int i = 0; i < 100; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	for (unsigned int n = 1; n <= 100; n += 33) {
		const unsigned long size = (n > 64 ? n : 1024) * PAGE_SIZE; /* of its block */

		p = vm_map_ram(pages, n, NUMA_NO_NODE);
		for (unsigned int i = 0; i < n; i++) {
			p[i * PAGE_SIZE + 9] = i;
			assert_int_equal(((u8 *)page_address(pages[i]))[9], i);
			assert_ptr_equal(vmalloc_to_page(p + i * PAGE_SIZE), pages[i]);
		}
		snprintf(expected, sizeof(expected), "0x%016lx-0x%016lx %7ld vm_map_ram\n",
			 n > 64 ? (unsigned long)p : ALIGN_DOWN((unsigned long)p, size),
			 n > 64 ? (unsigned long)p + size : ALIGN((unsigned long)p + 1, size),
			 size);
		assert_non_null(strstr(info_text(&m), expected));
		seq_buffer_release(&m);
		vm_unmap_ram(p, n);
		assert_null(vmalloc_to_page(p));
	}
	mark = log_next_seq();
	vm_unmap_ram(p, 100);
	assert_int_equal(logged(mark, "nonexistent vm area"), 1);
	for (int i = 0; i < 100; i++)
		__free_page(pages[i]);
	assert_empty();
	halt();
}

static void test_7_6_put_pages(void **state)
{
	struct page **pages;
	unsigned long used = 0;
	struct seq_file m;
	u8 *p;

	boot("mem=64M,cpus=1");
	pages = kvmalloc(3 * sizeof(*pages), GFP_KERNEL);
	for (int i = 0; i < 3; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	get_page(pages[1]);
	p = vmap(pages, 3, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	assert_non_null(strstr(info_text(&m), " pages=3 vmap\n"));
	seq_buffer_release(&m);
	used = (unsigned long)pages[1];
	vfree(p);
	assert_int_equal(page_count((struct page *)used), 1);
	__free_page((struct page *)used);
	halt();
}

static void test_get_vm_area(void **state)
{
	struct vm_struct *vm;
	struct seq_file m;

	boot("mem=64M,cpus=1");
	assert_null(get_vm_area(0, VM_MAP));
	vm = get_vm_area(10000, VM_IOREMAP);
	assert_int_equal(vm->size, 16384); /* with the guard */
	assert_int_equal((unsigned long)vm->addr % 16384, 0);
	assert_ptr_equal(find_vm_area((char *)vm->addr + 5000), vm);
	assert_null(vmalloc_to_page(vm->addr));
	assert_non_null(strstr(info_text(&m), "   16384 test_get_vm_area+0x"));
	seq_buffer_release(&m);
	free_vm_area(vm);
	assert_empty();
	halt();
}

static int remap(void *addr, unsigned long pages, unsigned long pgoff, struct page **into)
{
	struct vm_area_struct vma = { 0x10000, 0x10000 + pages * PAGE_SIZE, .vm_pages = into };

	memset(into, 0, pages * sizeof(*into));
	return remap_vmalloc_range(&vma, addr, pgoff);
}

static void test_remap_vmalloc_range(void **state)
{
	struct page *into[6];
	u8 *user, *plain;

	boot("mem=64M,cpus=1");
	user = vmalloc_user(4 * PAGE_SIZE);
	plain = vmalloc(4 * PAGE_SIZE);
	assert_int_equal(remap(plain, 4, 0, into), -EINVAL); /* not made for it */
	assert_int_equal(remap(user + 1, 1, 0, into), -EINVAL);
	assert_int_equal(remap(user, 5, 0, into), -EINVAL);
	assert_int_equal(remap(user, 4, 1, into), -EINVAL);
	assert_int_equal(remap(user, 1, ~0ul, into), -EINVAL);
	assert_int_equal(remap(user, 1, ~0ul >> 12, into), -EINVAL);
	assert_int_equal(remap(user, 3, 1, into), 0);
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(into[i], vmalloc_to_page(user + (i + 1) * PAGE_SIZE));
		assert_int_equal(page_count(into[i]), 2);
	}
	vfree(user);
	for (int i = 0; i < 3; i++)
		put_page(into[i]); /* the client's mapping ends last */
	vfree(plain);
	halt();
}

static void test_vm_insert_page(void **state)
{
	struct page *into[2] = { 0 }, *page, *free;
	struct vm_area_struct vma = { 0x10000, 0x10000 + 2 * PAGE_SIZE, .vm_pages = into };
	void *object;

	boot("mem=64M,cpus=1");
	page = alloc_page(GFP_KERNEL);
	free = alloc_page(GFP_KERNEL);
	__free_page(free);
	object = kmalloc(100, GFP_KERNEL);
	assert_int_equal(vm_insert_page(&vma, 0x10000 - 1, page), -EFAULT);
	assert_int_equal(vm_insert_page(&vma, 0x10000 + 2 * PAGE_SIZE, page), -EFAULT);
	assert_int_equal(vm_insert_page(&vma, 0x10000, NULL), -EINVAL);
	assert_int_equal(vm_insert_page(&vma, 0x10000, free), -EINVAL);
	assert_int_equal(vm_insert_page(&vma, 0x10000, virt_to_page(object)), -EINVAL);
	assert_int_equal(vm_insert_page(&vma, 0x10000 + PAGE_SIZE, page), 0);
	assert_int_equal(vm_insert_page(&vma, 0x10000 + PAGE_SIZE, page), -EBUSY);
	assert_null(into[0]);
	assert_ptr_equal(into[1], page);
	assert_int_equal(page_count(page), 2);
	put_page(into[1]);
	__free_page(page);
	kfree(object);
	halt();
}

static void test_bad_vunmap(void **state)
{
	struct page *page;
	u64 mark;
	u8 *p;

	boot("mem=64M,cpus=1");
	page = alloc_page(GFP_KERNEL);
	p = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	mark = log_next_seq();
	vunmap(p + 1);
	assert_int_equal(logged(mark, "Trying to vunmap() bad address ("), 1);
	vunmap(p + PAGE_SIZE);
	vunmap(p);
	vunmap(p);
	assert_int_equal(logged(mark, "Trying to vunmap() nonexistent vm area ("), 2);
	__free_page(page);
	halt();
}

#define HELD 16

enum kind { NOTHING, AREA, ZEROED, ATOMIC, SHOWN, RAM, DEVICE, KINDS };

struct held {
	enum kind kind;
	u8 *p;
	unsigned long pages;
};

static void make(struct worker *w, struct held *h, struct page **pages)
{
	h->kind = AREA + random_of(w, KINDS - AREA);
	h->pages = 1 + random_of(w, random_of(w, 8) ? 20 : 300);
	switch (h->kind) {
	case SHOWN:
	case RAM:
		h->pages = min(h->pages, 16ul);
		h->p = h->kind == SHOWN ? vmap(pages, h->pages, VM_MAP, PAGE_KERNEL)
					: vm_map_ram(pages, h->pages, NUMA_NO_NODE);
		break;
	case DEVICE:
		h->pages = min(h->pages, 100ul);
		h->p = ioremap(1ul << 30, h->pages * PAGE_SIZE);
		break;
	case ZEROED:
		h->p = __vmalloc(h->pages * PAGE_SIZE, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN);
		w->errors += h->p && (h->p[0] || h->p[h->pages * PAGE_SIZE - 1]);
		break;
	default:
		h->p = __vmalloc(h->pages * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);
	}
	if (!h->p) {
		h->kind = NOTHING;
		return;
	}
	w->errors += !vmalloc_to_pfn(h->p);
	if (h->kind != RAM) /* those have no guard */
		w->errors += vmalloc_to_pfn(h->p + h->pages * PAGE_SIZE) != 0;
	if (h->kind <= ATOMIC) {
		h->p[0] = h->pages;
		h->p[h->pages * PAGE_SIZE - 1] = w->nr;
	}
}

static void undo(struct worker *w, struct held *h)
{
	if (h->kind != NOTHING && h->kind <= ATOMIC) {
		w->errors += h->p[0] != (u8)h->pages;
		w->errors += h->p[h->pages * PAGE_SIZE - 1] != (u8)w->nr && h->pages > 1;
	}
	switch (h->kind) {
	case NOTHING:
		break;
	case ATOMIC:
		vfree_atomic(h->p);
		break;
	case SHOWN:
		vunmap(h->p);
		break;
	case RAM:
		vm_unmap_ram(h->p, h->pages);
		break;
	case DEVICE:
		iounmap(h->p);
		break;
	default:
		vfree(h->p);
	}
	h->kind = NOTHING;
}

static void mix(struct worker *w)
{
	struct held held[HELD] = { 0 };
	struct page *pages[16];
	struct seq_file m;

	for (int i = 0; i < 16; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	for (unsigned long n = 0; n < stress(25000); n++) {
		struct held *h = &held[random_of(w, HELD)];

		if (h->kind == NOTHING)
			make(w, h, pages);
		else
			undo(w, h);
		if (n % 5000 == 0)
			vm_unmap_aliases();
		if (n % 5000 == 2500) {
			info_text(&m);
			seq_buffer_release(&m);
		}
	}
	for (int i = 0; i < HELD; i++)
		undo(w, &held[i]);
	for (int i = 0; i < 16; i++)
		__free_page(pages[i]);
}

static void test_random_mix_of_all_calls(void **state)
{
	static const char *const machines[] = { "mem=64M,cpus=4", "mem=64M,cpus=2,vmalloc=strict" };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		boot(machines[i]);
		assert_int_equal(run_workers(4, mix, NULL), 0);
		assert_empty();
		assert_int_equal(vmalloc_nr_pages(), 0);
		halt();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_7_3_alignment),	machine_test(test_kinds_of_vmalloc),
		machine_test(test_vfree_atomic),	machine_test(test_7_6_vm_map_ram),
		machine_test(test_7_6_put_pages),	machine_test(test_get_vm_area),
		machine_test(test_remap_vmalloc_range), machine_test(test_vm_insert_page),
		machine_test(test_bad_vunmap),		machine_test(test_random_mix_of_all_calls),
	};

	return cmocka_run_group_tests_name("mm/vmap", tests, NULL, NULL);
}
