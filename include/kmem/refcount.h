/* SPDX-License-Identifier: MIT */
/*
 * refcount.h - counts of references, which must not come back from 0 and do not wrap.
 *
 * A count that is used after it was 0, or that would overflow, is reported once and stays saturated:
 * what it counts leaks rather than being used after its end. Context: any, but for what a kref's
 * release does. Source of the rules: Linux 6.1, refcount.h and kref.h.
 */
#ifndef KMEM_REFCOUNT_H
#define KMEM_REFCOUNT_H

#include <kmem/atomic.h>
#include <kmem/bug.h>

typedef struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_SATURATED (-0x40000000)
#define REFCOUNT_INIT(n)       \
	{                      \
		ATOMIC_INIT(n) \
	}

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return (unsigned int)atomic_read(&r->refs);
}

/* False, and nothing has changed, if it is 0. */
static inline bool __must_check refcount_inc_not_zero(refcount_t *r)
{
	int old = atomic_read(&r->refs), seen;

	while (old) {
		if (WARN_ONCE(old < 0, "refcount_t: saturated; leaking memory"))
			return true;
		seen = atomic_cmpxchg(&r->refs, old,
				      old == 0x7fffffff ? REFCOUNT_SATURATED : old + 1);
		if (seen == old)
			return true;
		old = seen;
	}
	return false;
}

static inline void refcount_inc(refcount_t *r)
{
	if (!refcount_inc_not_zero(r)) {
		WARN_ONCE(true, "refcount_t: addition on 0; use-after-free");
		atomic_set(&r->refs, REFCOUNT_SATURATED);
	}
}

/* True: that was the last one, and the caller frees what was counted. */
static inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
	int old = atomic_fetch_sub(1, &r->refs);

	if (old == 1)
		return true;
	if (WARN_ONCE(old <= 0, "refcount_t: underflow; use-after-free"))
		atomic_set(&r->refs, REFCOUNT_SATURATED);
	return false;
}

/* A count with what is to be done at its end. */
struct kref {
	refcount_t refcount;
};

static inline void kref_init(struct kref *kref)
{
	refcount_set(&kref->refcount, 1);
}

static inline void kref_get(struct kref *kref)
{
	refcount_inc(&kref->refcount);
}

static inline bool __must_check kref_get_unless_zero(struct kref *kref)
{
	return refcount_inc_not_zero(&kref->refcount);
}

static inline unsigned int kref_read(const struct kref *kref)
{
	return refcount_read(&kref->refcount);
}

/* true: @release was called, which frees what the kref is in. */
static inline bool kref_put(struct kref *kref, void (*release)(struct kref *kref))
{
	if (!refcount_dec_and_test(&kref->refcount))
		return false;
	release(kref);
	return true;
}

#endif
