// SPDX-License-Identifier: MIT
/*
 * debug.c - what a struct page says, for reports. The lines are the kernel's (Linux 6.1,
 * mm/debug.c); a page whose struct cannot be read is only named.
 */
#include <stdio.h>
#include <kmem/gfp.h>
#include <kmem/mmdebug.h>
#include <kmem/printk.h>

#include "page_owner.h"

static const char *const flag_names[NR_PAGEFLAGS] = {
	[PG_head] = "head",	[PG_tail] = "tail",	    [PG_slab] = "slab",
	[PG_buddy] = "buddy",	[PG_hwpoison] = "hwpoison", [PG_reported] = "reported",
	[PG_pgtable] = "table", [PG_mapped] = "vmalloc",
};

const char *page_flags_names(const struct page *page, char *buf, size_t size)
{
	unsigned long flags = READ_ONCE(page->flags);
	size_t len = 0;

	/* Frames of the boot's have no more flags than that. */
	if (!(flags & BIT(PG_managed)))
		len += snprintf(buf, size, "reserved|");
	for (int i = 0; i < NR_PAGEFLAGS; i++)
		if ((flags & BIT(i)) && flag_names[i])
			len += snprintf(buf + len, size - len, "%s|", flag_names[i]);
	snprintf(buf + len, size - len, "node=%lu|zone=%lu", flags >> PAGE_NODE_SHIFT & 0xf,
		 flags >> PAGE_ZONE_SHIFT & 0xf);
	return buf;
}

void dump_page(const struct page *page, const char *reason)
{
	char words[PAGE_FLAGS_NAMES_MAX];

	if (in_mem_map(page)) {
		pr_warn("page:%p refcount:%d mapcount:%d mapping:%p index:0x0 pfn:0x%lx\n",
			(void *)page, page_ref_count(page), atomic_read(&page->_mapcount),
			page->mapping, page_to_pfn(page));
		if (PageCompound(page))
			pr_warn("head:%p order:%u\n", (void *)compound_head(page),
				compound_head(page)->order);
		pr_warn("flags: 0x%lx(%s)\n", page->flags,
			page_flags_names(page, words, sizeof(words)));
	} else {
		pr_warn("page:%p is no struct page\n", (void *)page);
	}
	if (reason)
		pr_warn("page dumped because: %s\n", reason);
	if (in_mem_map(page))
		dump_page_owner(page);
}
