// SPDX-License-Identifier: MIT
/*
 * kmalloc.c - memory by size.
 *
 * 1. Idea: thirteen caches of sizes 8 to 8192 for each type of memory, powers of two with 96 and
 *    192 between them; a request goes to the smallest that holds it, and wastes at most half.
 *    Objects of a power of two are aligned to their size. Larger requests are compound pages.
 * 2. Types: plain; rcl, for what its owner can give back (__GFP_RECLAIMABLE); dma, from the DMA
 *    zone. GFP_DMA wins over __GFP_RECLAIMABLE.
 * 3. Whose object it is, kfree() learns from the page: its cache, or the tag of a large one.
 * 4. Locks: none here.
 *
 * Source of the rules: Linux 6.1, mm/slab_common.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <kmem/bug.h>
#include <kmem/vmalloc.h>

#include "init_on.h"
#include "kmemleak.h"
#include "slab.h"
#include "slub_debug.h"
#include "vmalloc.h"
#include "zone.h"

/* In the order they are made; index i >= 3 is of size 2^i. */
static const struct {
	unsigned int index, size;
	const char *name[NR_KMALLOC_TYPES];
} kmalloc_info[] = {
#define KMALLOC_INFO(i, size, text)                                               \
	{                                                                         \
		i, size,                                                          \
		{                                                                 \
			"kmalloc-" text, "kmalloc-rcl-" text, "dma-kmalloc-" text \
		}                                                                 \
	}
	KMALLOC_INFO(1, 96, "96"),    KMALLOC_INFO(2, 192, "192"),  KMALLOC_INFO(3, 8, "8"),
	KMALLOC_INFO(4, 16, "16"),    KMALLOC_INFO(5, 32, "32"),    KMALLOC_INFO(6, 64, "64"),
	KMALLOC_INFO(7, 128, "128"),  KMALLOC_INFO(8, 256, "256"),  KMALLOC_INFO(9, 512, "512"),
	KMALLOC_INFO(10, 1024, "1k"), KMALLOC_INFO(11, 2048, "2k"), KMALLOC_INFO(12, 4096, "4k"),
	KMALLOC_INFO(13, 8192, "8k"),
#undef KMALLOC_INFO
};

struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][KMALLOC_SHIFT_HIGH + 1];

/* Marks the first page of a large object: page->mapping points here. */
static const char large_tag;

u8 kmalloc_size_index[KMALLOC_MAX_CACHE_SIZE / 8];

int kmalloc_boot(void)
{
	static const slab_flags_t flags[NR_KMALLOC_TYPES] = {
		[KMALLOC_RECLAIM] = SLAB_RECLAIM_ACCOUNT,
		[KMALLOC_DMA] = SLAB_CACHE_DMA,
	};

	for (size_t size = 8; size <= KMALLOC_MAX_CACHE_SIZE; size += 8)
		kmalloc_size_index[(size - 1) / 8] = kmalloc_index(size);
	for (int t = 0; t < NR_KMALLOC_TYPES; t++) {
		for (size_t i = 0; i < ARRAY_SIZE(kmalloc_info); i++) {
			const char *name = kmalloc_info[i].name[t];
			unsigned int size = kmalloc_info[i].size;
			unsigned int align = is_power_of_2(size) ? size : 0;
			struct kmem_cache *s;

			s = create_cache(name, size, min(align, (unsigned int)PAGE_SIZE),
					 slub_debug_flags(SLAB_KMALLOC | flags[t], name), NULL,
					 t == KMALLOC_NORMAL ? -1 : 1);
			if (IS_ERR(s))
				return PTR_ERR(s);
			kmalloc_caches[t][kmalloc_info[i].index] = s;
		}
	}
	return 0;
}

static void account_large(struct page *page, long sign)
{
	mod_zone_page_state(page_zone(page), NR_SLAB_UNRECLAIMABLE, sign * (1l << page->order));
}

static void *kmalloc_large(size_t size, gfp_t gfp, int node)
{
	unsigned int order = get_order(size);
	struct page *page;

	if (WARN_ONCE(size > KMALLOC_MAX_SIZE && !(gfp & __GFP_NOWARN),
		      "kmalloc of %zu bytes; the largest is %lu", size, KMALLOC_MAX_SIZE) ||
	    size > KMALLOC_MAX_SIZE)
		return NULL;
	if (unlikely(gfp & GFP_SLAB_BUG_MASK))
		gfp = slab_fix_flags(gfp);
	gfp |= __GFP_COMP;
	/* As in caches, a node that is not there is no constraint. */
	if ((unsigned int)node >= nr_online_nodes)
		node = NUMA_NO_NODE;
	page = node == NUMA_NO_NODE ? alloc_pages(gfp, order) : alloc_pages_node(node, gfp, order);
	if (!page)
		return NULL;
	page->mapping = (void *)&large_tag;
	account_large(page, 1);
	kmemleak_alloc(page_address(page), size, 1, gfp);
	return page_address(page);
}

static bool is_large(const struct page *page)
{
	return page->mapping == &large_tag && PageHead(page);
}

static inline unsigned int index_of(size_t size)
{
	return kmalloc_size_index[(size - 1) / 8];
}

void *__kmalloc_track_caller(size_t size, gfp_t gfp, int node, const void *caller)
{
	struct kmem_cache *s;
	void *object;

	if (unlikely(size - 1 >= KMALLOC_MAX_CACHE_SIZE))
		return size ? kmalloc_large(size, gfp, node) : ZERO_SIZE_PTR;
	s = kmalloc_caches[kmalloc_type(gfp)][index_of(size)];
	gfp &= ~__GFP_DMA;
	if ((node == NUMA_NO_NODE || nr_online_nodes == 1) && cache_alloc_inline(s, gfp, &object))
		return object;
	return slab_alloc(s, gfp, node, size, caller);
}

void *__kmalloc(size_t size, gfp_t gfp)
{
	return kmalloc_track_caller(size, gfp);
}

void *kmalloc_node(size_t size, gfp_t gfp, int node)
{
	return kmalloc_node_track_caller(size, gfp, node);
}

static noinline void bad_kfree(const void *object)
{
	pr_err("BUG kmalloc: Invalid object pointer 0x%016lx\n", (unsigned long)object);
	dump_stack();
}

void __kfree(const void *object)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(object))
		return;
	page = virt_to_page(object);
	if (!virt_addr_valid(object)) {
		bad_kfree(object);
	} else if (PageSlab(page)) {
		slab_free(page->slab_cache, (void *)object, __builtin_return_address(0));
	} else if (is_large(page) && page_address(page) == object) {
		kmemleak_free(object);
		page->mapping = NULL;
		account_large(page, -1);
		__free_pages(page, page->order);
	} else {
		bad_kfree(object);
	}
}

/* What lies between the end of the object and the next is the user's if nobody keeps things there. */
static size_t slab_ksize(const struct kmem_cache *s)
{
	if (s->flags & (SLAB_RED_ZONE | SLAB_POISON))
		return s->object_size;
	if (s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_STORE_USER))
		return s->inuse;
	return s->size;
}

/* What kmalloc() gave, whatever was asked for. */
static size_t room_of(const void *object)
{
	const struct page *page = virt_to_page(object);

	if (ZERO_OR_NULL_PTR(object))
		return 0;
	if (virt_addr_valid(object) && PageSlab(page))
		return slab_ksize(page->slab_cache);
	if (WARN(!virt_addr_valid(object) || !is_large(page) || page_address(page) != object,
		 "ksize() of %p, which is no object", object))
		return 0;
	return PAGE_SIZE << page->order;
}

/* What the user of an object has of it, with @room bytes: what he asked for, where that is known. */
static size_t asked_of(const void *object, size_t room)
{
	struct kmem_cache *s = room > KMALLOC_MAX_CACHE_SIZE ? NULL : cache_of_object(object);

	return s && has_request_size(s) ? slub_request_size(s, object) : room;
}

static void set_asked(const void *object, size_t size)
{
	struct kmem_cache *s = cache_of_object(object);

	if (s && has_request_size(s)) {
		spin_lock(slab_lock_of(s, object));
		slub_set_request_size(s, (void *)object, size);
		spin_unlock(slab_lock_of(s, object));
	}
}

/* Who asks for it wants to use it. */
size_t ksize(const void *object)
{
	size_t room = room_of(object);

	if (room && room <= KMALLOC_MAX_CACHE_SIZE)
		set_asked(object, room);
	return room;
}

static void clear_for_certain(const void *object, size_t size)
{
	memset((void *)object, 0, size);
	/* Or the compiler sees that nobody reads it. */
	__asm__ volatile("" : : "r"(object) : "memory");
}

void kfree_sensitive(const void *object)
{
	size_t size = ksize(object);

	if (size)
		clear_for_certain(object, size);
	kfree(object);
}

void kfree_bulk(size_t nr, void **p)
{
	kmem_cache_free_bulk(NULL, nr, p);
}

size_t kmalloc_size_roundup(size_t size)
{
	if (!size || size > KMALLOC_MAX_SIZE)
		return size;
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return PAGE_SIZE << get_order(size);
	return kmalloc_caches[KMALLOC_NORMAL][index_of(size)]->object_size;
}

/* What is cut off must not come back as it was, and what is added is zeros if all is to be. */
static void resize_in_place(const void *object, size_t old, size_t new, bool zero)
{
	if (zero && new < old)
		memset((char *)object + new, 0, old - new);
	set_asked(object, new);
	if (zero && new > old)
		memset((char *)object + old, 0, new - old);
}

void *krealloc(const void *object, size_t new_size, gfp_t gfp)
{
	size_t room = room_of(object), old_size = asked_of(object, room);
	void *new;

	if (!new_size) {
		kfree(object);
		return ZERO_SIZE_PTR;
	}
	if (!ZERO_OR_NULL_PTR(object) && new_size <= room) {
		resize_in_place(object, old_size, new_size, init_on_alloc || (gfp & __GFP_ZERO));
		return (void *)object;
	}
	if (unlikely(!room && !ZERO_OR_NULL_PTR(object)))
		return NULL; /* told of by room_of() */
	new = kmalloc_track_caller(new_size, gfp);
	if (old_size && new) {
		memcpy(new, object, old_size);
		kfree(object);
	}
	return new;
}

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = kmalloc_track_caller(len, gfp);

	if (p && len)
		memcpy(p, src, len);
	return p;
}

void *kmemdup_array(const void *src, size_t count, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return kmemdup(src, bytes, gfp);
}

static char *copy_text(const char *s, size_t len, gfp_t gfp, const void *caller)
{
	char *p = __kmalloc_track_caller(len + 1, gfp, NUMA_NO_NODE, caller);

	if (p) {
		memcpy(p, s, len);
		p[len] = '\0';
	}
	return p;
}

char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	return s ? copy_text(s, len, gfp, __builtin_return_address(0)) : NULL;
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? copy_text(s, strnlen(s, max), gfp, __builtin_return_address(0)) : NULL;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? copy_text(s, strlen(s), gfp, __builtin_return_address(0)) : NULL;
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list args;
	char *p;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		return NULL;
	p = kmalloc_track_caller(len + 1, gfp);
	if (!p)
		return NULL;
	va_start(args, fmt);
	vsnprintf(p, len + 1, fmt, args);
	va_end(args);
	return p;
}

static void *kvmalloc_for(const void *caller, size_t size, gfp_t gfp, int node)
{
	gfp_t easy = gfp;
	void *p;

	/* Where vmalloc can do it too, kmalloc need not go to lengths. */
	if (size > PAGE_SIZE) {
		easy |= __GFP_NOWARN;
		if (!(easy & __GFP_RETRY_MAYFAIL))
			easy |= __GFP_NORETRY;
		easy &= ~__GFP_NOFAIL;
	}
	p = __kmalloc_track_caller(size, easy, node, caller);
	if (p || size <= PAGE_SIZE || !gfpflags_allow_blocking(gfp))
		return p;
	if (WARN_ONCE(size > INT32_MAX && !(gfp & __GFP_NOWARN), "kvmalloc of %zu bytes", size) ||
	    size > INT32_MAX)
		return NULL;
	/* As in caches, a node that is not there is no constraint. */
	if ((unsigned int)node >= nr_online_nodes)
		node = NUMA_NO_NODE;
	return __vmalloc_node(size, 1, gfp, node, caller);
}

void *kvmalloc_node(size_t size, gfp_t gfp, int node)
{
	return kvmalloc_for(__builtin_return_address(0), size, gfp, node);
}

void *kvmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = kvmalloc_for(__builtin_return_address(0), len, gfp, NUMA_NO_NODE);

	if (p && len)
		memcpy(p, src, len);
	return p;
}

void kvfree(const void *addr)
{
	/* Without an MMU an area looks like any other large object. */
	if (is_vmalloc_addr(addr))
		vfree(addr);
	else if (!vmalloc_nommu || !addr || !nommu_free(addr))
		kfree(addr);
}

void kvfree_sensitive(const void *addr, size_t len)
{
	if (ZERO_OR_NULL_PTR(addr))
		return;
	clear_for_certain(addr, len);
	kvfree(addr);
}
