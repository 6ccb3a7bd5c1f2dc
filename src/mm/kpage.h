/* SPDX-License-Identifier: MIT */
/*
 * kpage.h - one word for each page frame, for proc/kpageflags and proc/kpagecount.
 * Context: may sleep.
 */
#ifndef MM_KPAGE_H
#define MM_KPAGE_H

#include <kmem/types.h>

/* Bits of a frame's flags, as the kernel shows them to clients (kernel-page-flags.h). */
enum kpf {
	KPF_SLAB = 7,
	KPF_BUDDY = 10, /* on every page of a free block */
	KPF_MMAP = 11,
	KPF_COMPOUND_HEAD = 15,
	KPF_COMPOUND_TAIL = 16,
	KPF_HWPOISON = 19,
	KPF_NOPAGE = 20, /* no RAM at this frame */
	KPF_PGTABLE = 26,
	KPF_RESERVED = 32,
};

/* Fills in the words of @nr frames from @pfn on; fewer at the end of memory. Their number. */
size_t kpageflags(unsigned long pfn, u64 *words, size_t nr);
size_t kpagecount(unsigned long pfn, u64 *words, size_t nr);

#endif
