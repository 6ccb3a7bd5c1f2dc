/* SPDX-License-Identifier: MIT */
/*
 * slub_debug.h - caches that look after their objects.
 *
 *	slub_debug.c	which caches do: the boot word; requests and frees of their objects
 *	slub_object.c	what must stand around, behind and in an object
 *	slub_validate.c	a look at every slab for what does not
 *	slub_track.c	who allocated and who freed an object
 *	slub_report.c	the words in which all this is told
 *
 * Context: any, but the boot and validate_slab_cache(). Host memory only.
 */
#ifndef MM_SLUB_DEBUG_H
#define MM_SLUB_DEBUG_H

#include <kmem/slab.h>

struct machine_config;
struct seq_file;

/* What a cache looks after; each is a letter of the boot word. */
#define SLAB_DEBUG_FLAGS \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE)
/* What makes objects larger. */
#define SLAB_DEBUG_METADATA_FLAGS (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

static inline bool slab_debugged(const struct kmem_cache *s)
{
	return s->flags & SLAB_DEBUG_FLAGS;
}

/* What was asked of kmalloc() is kept beside the tracks. */
static inline bool has_request_size(const struct kmem_cache *s)
{
	return (s->flags & SLAB_STORE_USER) && (s->flags & SLAB_KMALLOC);
}

/* Who allocated or freed an object, when, and from where. */
struct track {
	const void *addr; /* NULL: nobody yet */
	u32 stack;	  /* a depot_stack_handle_t */
	int cpu, pid;
	unsigned long when; /* in jiffies */
};

enum track_item { TRACK_ALLOC, TRACK_FREE, NR_TRACKS };

/* Where what is behind the object begins: first the free pointer, if it is there. */
static inline unsigned int slub_tracks_offset(const struct kmem_cache *s)
{
	return s->offset >= s->inuse ? s->inuse + sizeof(void *) : s->inuse;
}

/* Behind them: what was asked for, and then the padding. */
static inline unsigned int slub_request_size_offset(const struct kmem_cache *s)
{
	return slub_tracks_offset(s) +
	       (s->flags & SLAB_STORE_USER ? NR_TRACKS * sizeof(struct track) : 0);
}

static inline unsigned int slub_padding_offset(const struct kmem_cache *s)
{
	return slub_request_size_offset(s) + (has_request_size(s) ? sizeof(unsigned int) : 0);
}

/* slub_debug.c */
void slub_debug_boot(const struct machine_config *cfg);
bool slub_debug_allows(const char *value); /* is it a value of the boot word? */
/* @flags, and those that the boot line has for a cache of that name. */
slab_flags_t slub_debug_flags(slab_flags_t flags, const char *name);
/* Not for caches that would need larger slabs for it (the letter O). */
bool slub_debug_keeps_order(void);
/*
 * An object leaves @slab, or is to come back to it. False, and the report was made: it must not; a
 * slab from which it must not has nothing free any more. Under list_lock.
 */
bool slub_may_take(struct kmem_cache *s, struct page *slab, void *object);
bool slub_may_give(struct kmem_cache *s, struct page *slab, void *object, const struct track *by);
/* Who has it now, who asked for @size bytes (0: for an object). */
void slub_handed_out(struct kmem_cache *s, void *object, size_t size, const void *caller);

/* slub_object.c. @red: SLUB_RED_ACTIVE of an object in use, SLUB_RED_INACTIVE of a free one */
void slub_init_slab(const struct kmem_cache *s, struct page *slab);
void slub_init_object(const struct kmem_cache *s, void *object, u8 red);
/* False: it was damaged, and is mended. */
bool slub_check_object(struct kmem_cache *s, struct page *slab, void *object, u8 red);
bool slub_check_slab(struct kmem_cache *s, struct page *slab);
/* What was asked for; the object's size where nobody keeps it. */
unsigned int slub_request_size(const struct kmem_cache *s, const void *object);
void slub_set_request_size(struct kmem_cache *s, void *object, unsigned int size);

/* slub_validate.c. Under list_lock; under slab_mutex */
void slub_check_discarded(struct kmem_cache *s, struct page *slab);
long slub_validate(struct kmem_cache *s);

/* slub_track.c */
/* What is to be noted of a call by @caller; taking the stack is long, and no lock is needed for it. */
struct track slub_track_now(const struct kmem_cache *s, const void *caller);
void slub_set_track(const struct kmem_cache *s, void *object, enum track_item item,
		    const struct track *track);
void slub_clear_tracks(const struct kmem_cache *s, void *object);
void slub_print_tracks(const struct kmem_cache *s, const void *object);
/* Tells the directories of caches that have tracks, as slab_list_directories() names them. */
void slub_list_tracked(void (*fn)(void *arg, const char *directory), void *arg);
/* -ENODEV: none of these (now). Both sleep (slab_mutex). */
int slub_show_traces(struct seq_file *m, const char *directory, enum track_item item);

/* slub_report.c. Each but the last two is one of validate_slab_cache()'s errors. */
void slub_count_error(void);
void slub_object_error(const struct kmem_cache *s, struct page *slab, const void *object,
		       const char *what);
/* @slab: NULL if there is none to show. */
void slub_slab_error(const struct kmem_cache *s, const struct page *slab, const char *fmt, ...)
	__printf(3, 4);
void slub_fixed(const struct kmem_cache *s, const char *fmt, ...) __printf(2, 3);
/* What is to be freed is no object of the cache, or one of its free ones. */
void slub_wild_pointer(struct kmem_cache *s, const void *p, const char *what);
/* The same reports where something else has counted them. */
void slub_show_object(const struct kmem_cache *s, struct page *slab, const void *object,
		      const char *what);
void slub_show_bytes(const char *title, const void *start, size_t len);

#endif
