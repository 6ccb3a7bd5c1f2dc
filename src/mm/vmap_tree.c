// SPDX-License-Identifier: MIT
/*
 * vmap_tree.c - search trees of address ranges.
 *
 * 1. Idea: treaps (Aragon and Seidel 1989), search trees by address and heaps by a random priority,
 *    which keeps them balanced with split and merge alone. Each node knows the largest range below
 *    it, so that who looks for room does not go where there is none (Linux 5.2, Uladzislau Rezki).
 * 2. Structures: struct vmap_area, in one tree at a time.
 * 3. Invariants (vmap_tree_check()): left < node < right, no two overlap; a node's priority is not
 *    below its children's; subtree_max = max(own size, children's).
 * 4. Locks: the caller's. Who inserts holds vmap_lock; a tree that is nobody else's may be read and
 *    erased from without it.
 */
#include "../kernel/random.h"
#include "vmap_area.h"

static unsigned long last_priority = RANDOM_SEED; /* in any tree */

static unsigned long max_of(const struct vmap_area *va)
{
	return va ? va->subtree_max : 0;
}

static void update(struct vmap_area *va)
{
	va->subtree_max = max(vmap_area_size(va), max(max_of(va->left), max_of(va->right)));
}

/* Everything in @t that starts below @addr goes to @l, the rest to @r. */
static void split(struct vmap_area *t, unsigned long addr, struct vmap_area **l,
		  struct vmap_area **r)
{
	if (!t) {
		*l = *r = NULL;
	} else if (t->va_start < addr) {
		split(t->right, addr, &t->right, r);
		update(t);
		*l = t;
	} else {
		split(t->left, addr, l, &t->left);
		update(t);
		*r = t;
	}
}

/* All of @l is below all of @r. */
static struct vmap_area *merge(struct vmap_area *l, struct vmap_area *r)
{
	if (!l || !r)
		return l ? l : r;
	if (l->priority > r->priority) {
		l->right = merge(l->right, r);
		update(l);
		return l;
	}
	r->left = merge(l, r->left);
	update(r);
	return r;
}

void vmap_tree_insert(struct vmap_area **root, struct vmap_area *va)
{
	struct vmap_area *l, *r;

	last_priority = next_random(last_priority);
	va->priority = last_priority;
	va->left = va->right = NULL;
	update(va);
	split(*root, va->va_start, &l, &r);
	*root = merge(merge(l, va), r);
}

void vmap_tree_erase(struct vmap_area **root, struct vmap_area *va)
{
	struct vmap_area *l, *mid, *r;

	split(*root, va->va_start, &l, &r);
	split(r, va->va_start + 1, &mid, &r);
	*root = merge(l, r);
}

struct vmap_area *vmap_tree_at_or_below(struct vmap_area *t, unsigned long addr)
{
	struct vmap_area *best = NULL;

	while (t) {
		if (t->va_start <= addr) {
			best = t;
			t = t->right;
		} else {
			t = t->left;
		}
	}
	return best;
}

struct vmap_area *vmap_tree_at_or_above(struct vmap_area *t, unsigned long addr)
{
	struct vmap_area *best = NULL;

	while (t) {
		if (t->va_start >= addr) {
			best = t;
			t = t->left;
		} else {
			t = t->right;
		}
	}
	return best;
}

static bool fits(const struct vmap_area *gap, unsigned long size, unsigned long align)
{
	unsigned long start = ALIGN(gap->va_start, align);

	return start >= gap->va_start && start < gap->va_end && gap->va_end - start >= size;
}

/*
 * Where alignment spoils a gap that is large enough the search goes on behind it, so with page
 * alignment it is one walk down.
 */
struct vmap_area *vmap_tree_lowest_fit(struct vmap_area *t, unsigned long size, unsigned long align)
{
	struct vmap_area *found;

	if (max_of(t) < size)
		return NULL;
	found = vmap_tree_lowest_fit(t->left, size, align);
	if (found)
		return found;
	if (vmap_area_size(t) >= size && fits(t, size, align))
		return t;
	return vmap_tree_lowest_fit(t->right, size, align);
}

unsigned long vmap_tree_check(const struct vmap_area *t, unsigned long low, unsigned long high,
			      unsigned long *total)
{
	unsigned long bad = 0;

	if (!t)
		return 0;
	bad += t->va_start < low || t->va_end > high || t->va_start >= t->va_end;
	bad += t->left && t->left->priority > t->priority;
	bad += t->right && t->right->priority > t->priority;
	bad += t->subtree_max != max(vmap_area_size(t), max(max_of(t->left), max_of(t->right)));
	*total += vmap_area_size(t);
	return bad + vmap_tree_check(t->left, low, t->va_start, total) +
	       vmap_tree_check(t->right, t->va_end, high, total);
}
