// SPDX-License-Identifier: MIT
/*
 * gfp.c - what GFP flags mean: which zone, by their four zone bits; and in words, for reports, the
 * longest names first, then what is left.
 */
#include <stdio.h>
#include <kmem/bug.h>
#include <kmem/gfp.h>

#include "gfp_names.h"
#include "zone.h"

static const struct {
	gfp_t flags;
	const char *name;
} names[] = {
	{ GFP_TRANSHUGE, "GFP_TRANSHUGE" },
	{ GFP_TRANSHUGE_LIGHT, "GFP_TRANSHUGE_LIGHT" },
	{ GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE" },
	{ GFP_HIGHUSER, "GFP_HIGHUSER" },
	{ GFP_USER, "GFP_USER" },
	{ GFP_KERNEL_ACCOUNT, "GFP_KERNEL_ACCOUNT" },
	{ GFP_KERNEL, "GFP_KERNEL" },
	{ GFP_NOFS, "GFP_NOFS" },
	{ GFP_ATOMIC, "GFP_ATOMIC" },
	{ GFP_NOIO, "GFP_NOIO" },
	{ GFP_NOWAIT, "GFP_NOWAIT" },
	{ GFP_DMA, "GFP_DMA" },
	{ __GFP_HIGHMEM, "__GFP_HIGHMEM" },
	{ GFP_DMA32, "GFP_DMA32" },
	{ __GFP_HIGH, "__GFP_HIGH" },
	{ __GFP_ATOMIC, "__GFP_ATOMIC" },
	{ __GFP_IO, "__GFP_IO" },
	{ __GFP_FS, "__GFP_FS" },
	{ __GFP_NOWARN, "__GFP_NOWARN" },
	{ __GFP_RETRY_MAYFAIL, "__GFP_RETRY_MAYFAIL" },
	{ __GFP_NOFAIL, "__GFP_NOFAIL" },
	{ __GFP_NORETRY, "__GFP_NORETRY" },
	{ __GFP_COMP, "__GFP_COMP" },
	{ __GFP_ZERO, "__GFP_ZERO" },
	{ __GFP_NOMEMALLOC, "__GFP_NOMEMALLOC" },
	{ __GFP_MEMALLOC, "__GFP_MEMALLOC" },
	{ __GFP_HARDWALL, "__GFP_HARDWALL" },
	{ __GFP_THISNODE, "__GFP_THISNODE" },
	{ __GFP_RECLAIMABLE, "__GFP_RECLAIMABLE" },
	{ __GFP_MOVABLE, "__GFP_MOVABLE" },
	{ __GFP_ACCOUNT, "__GFP_ACCOUNT" },
	{ __GFP_WRITE, "__GFP_WRITE" },
	{ __GFP_COLD, "__GFP_COLD" },
	{ __GFP_RECLAIM, "__GFP_RECLAIM" },
	{ __GFP_DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM" },
	{ __GFP_KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM" },
};

/* By the four zone bits of the flags: __GFP_MOVABLE, DMA32, HIGHMEM, DMA. */
const u8 zone_of_bits[GFP_ZONEMASK + 1] = {
	[0] = ZONE_NORMAL,
	[__GFP_DMA] = ZONE_DMA,
	[__GFP_HIGHMEM] = ZONE_HIGHMEM,
	[__GFP_DMA32] = ZONE_DMA32,
	[__GFP_MOVABLE] = ZONE_NORMAL,
	[__GFP_MOVABLE | __GFP_DMA] = ZONE_DMA,
	[__GFP_MOVABLE | __GFP_HIGHMEM] = ZONE_MOVABLE,
	[__GFP_MOVABLE | __GFP_DMA32] = ZONE_DMA32,
	[__GFP_DMA | __GFP_HIGHMEM] = BAD_ZONE,
	[__GFP_DMA | __GFP_DMA32] = BAD_ZONE,
	[__GFP_DMA32 | __GFP_HIGHMEM] = BAD_ZONE,
	[__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM] = BAD_ZONE,
	[__GFP_MOVABLE | __GFP_DMA | __GFP_HIGHMEM] = BAD_ZONE,
	[__GFP_MOVABLE | __GFP_DMA | __GFP_DMA32] = BAD_ZONE,
	[__GFP_MOVABLE | __GFP_DMA32 | __GFP_HIGHMEM] = BAD_ZONE,
	[GFP_ZONEMASK] = BAD_ZONE,
};

enum zone_type gfp_zone(gfp_t gfp)
{
	unsigned int zone = zone_of_bits[gfp & GFP_ZONEMASK];

	return WARN(zone == BAD_ZONE, "no zone is meant by gfp 0x%x", gfp) ? ZONE_DMA : zone;
}

const char *gfp_names(gfp_t gfp, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if ((gfp & names[i].flags) != names[i].flags)
			continue;
		gfp &= ~names[i].flags;
		len += snprintf(buf + len, size - len, "%s%s", len ? "|" : "", names[i].name);
		if (len >= size)
			return buf;
	}
	if (gfp || !len)
		snprintf(buf + len, size - len, "%s0x%x", len ? "|" : "", gfp);
	return buf;
}
