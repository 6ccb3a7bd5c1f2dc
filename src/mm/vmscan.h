/* SPDX-License-Identifier: MIT */
/* vmscan.h - reclaim, as the page allocator calls it. */
#ifndef MM_VMSCAN_H
#define MM_VMSCAN_H

#include <kmem/mmzone.h>

void shrinkers_boot(void); /* nobody is registered */
int kswapds_boot(void);
void kswapds_exit(void);

/*
 * Asks everybody who registered a shrinker, for each node that a zone of the list is on. Returns
 * the pages freed. May sleep.
 */
unsigned long try_to_free_pages(struct zone *const *zones, unsigned int order, gfp_t gfp);

/* Wakes the kswapd of every node in the list whose zones are low or boosted. Context: any. */
void wakeup_kswapds(struct zone *const *zones);

/* Has the node's kswapd given up? */
bool node_unreclaimable(int nid);

/* The boosts of these zones' marks end now. False if there were none. Context: any. */
bool take_back_boosts(struct zone *const *zones);

#endif
