// SPDX-License-Identifier: MIT
/*
 * slub_debug.c - caches that look after their objects: the boot word slub_debug=.
 *
 * 1. Idea (Lameter 2007): mistakes with memory show long after they are made, somewhere else. A
 *    cache that is debugged fills what nobody may write with known bytes (slub_object.c), notes who
 *    allocated and who freed (slub_track.c), and looks at both whenever an object comes or goes.
 *    It costs memory and time, so it is for the caches and the runs it is asked for.
 *
 * 2. Who asks: the flags given to kmem_cache_create(), or the boot word, as the kernel has it:
 *
 *	slub_debug			FZPU for all caches
 *	slub_debug=P			these letters for all
 *	slub_debug=FZ,kmalloc-*,buf	these for caches of these names; a * ends one
 *	slub_debug=-			none; "P;-,buf" leaves one cache out
 *	slub_debug=P;FZ,scullc		several, divided by ";": the first that names a cache counts
 *
 *    What is P for all is so for the reserves of mempools too (mempool_poison.c).
 *
 *    F checks at each request and free (without it only at validate_slab_cache()), Z red zones,
 *    P poison, U who allocated and freed, T every request and free into the log, A failslab, O none
 *    for caches whose slabs would become larger by it.
 *
 * 3. A debugged cache is watched for good (slab_hooks.c): no sheaves, nothing inline. Each object is
 *    checked and filled anew in the moment it leaves its slab's list or comes back to it, under the
 *    list's lock, so that who validates sees each object as its list has it. What is damaged stays
 *    out of use: at a request the slab it is in, at a free the object.
 *
 * 4. When the machine idles these caches keep their empty slabs, as in the kernel: a page that has
 *    gone back can tell of no write after the free.
 *
 * 5. Locks: list_lock, of the object's node. The word does not change while a machine runs.
 *
 * Source of the rules: Linux 6.18, mm/slub.c.
 */
#include <ctype.h>
#include <string.h>
#include <kmem/bug.h>
#include <kmem/machine.h>
#include <kmem/poison.h>

#include "mempool_poison.h"
#include "slab.h"
#include "slub_debug.h"

#define DEFAULT_FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

static char boot_value[MACHINE_SLUB_DEBUG_MAX];
static bool keep_order;

/* One part between semicolons: "FZ,name,name*". */
struct part {
	slab_flags_t flags;
	bool keep_order;
	const char *names; /* behind the letters; NULL: all caches */
	const char *end;
};

static bool take_letter(struct part *part, char letter)
{
	switch (tolower(letter)) {
	case '-':
		part->flags = 0;
		break;
	case 'f':
		part->flags |= SLAB_CONSISTENCY_CHECKS;
		break;
	case 'z':
		part->flags |= SLAB_RED_ZONE;
		break;
	case 'p':
		part->flags |= SLAB_POISON;
		break;
	case 'u':
		part->flags |= SLAB_STORE_USER;
		break;
	case 't':
		part->flags |= SLAB_TRACE;
		break;
	case 'a':
		part->flags |= SLAB_FAILSLAB;
		break;
	case 'o':
		part->keep_order = true;
		break;
	default:
		return false;
	}
	return true;
}

static const char *skip_empty(const char *value)
{
	return value + strspn(value, ";");
}

/* Takes the next part off @value; returns the one behind it. NULL: a letter is none of ours. */
static const char *next_part(const char *value, struct part *part)
{
	size_t letters = strcspn(value, ",;");

	*part = (struct part){ .end = value + strcspn(value, ";") };
	if (value[letters] == ',')
		part->names = value + letters + 1;
	if (!letters)
		part->flags = DEFAULT_FLAGS;
	for (size_t i = 0; i < letters; i++)
		if (!take_letter(part, value[i]))
			return NULL;
	return skip_empty(part->end);
}

bool slub_debug_allows(const char *value)
{
	struct part part;

	if (strlen(value) >= sizeof(boot_value))
		return false;
	value = skip_empty(value);
	while (value && *value)
		value = next_part(value, &part);
	return value;
}

void slub_debug_boot(const struct machine_config *cfg)
{
	struct part part;

	__atomic_store_n(&slab_errors, 0, __ATOMIC_RELAXED);
	strcpy(boot_value, slub_debug_allows(cfg->slub_debug) ? cfg->slub_debug : "");
	keep_order = false;
	for (const char *value = skip_empty(boot_value); *value;) {
		value = next_part(value, &part);
		keep_order |= part.keep_order;
	}
	mempool_poisoned = slub_debug_flags(0, "") & SLAB_POISON;
}

bool slub_debug_keeps_order(void)
{
	return keep_order;
}

static bool is_named(const struct part *part, const char *name)
{
	for (const char *p = part->names; p < part->end; p += strcspn(p, ",;") + 1) {
		size_t len = strcspn(p, "*,;");

		if (!strncmp(p, name, len) && (p[len] == '*' || !name[len]))
			return true;
	}
	return false;
}

slab_flags_t slub_debug_flags(slab_flags_t flags, const char *name)
{
	slab_flags_t for_all = 0;
	struct part part;

	if (flags & SLAB_NO_USER_FLAGS)
		return flags;
	for (const char *value = skip_empty(boot_value); *value;) {
		value = next_part(value, &part);
		if (!part.names)
			for_all = part.flags;
		else if (is_named(&part, name))
			return flags | part.flags;
	}
	/* Who watches others is not watched unless asked by name. */
	if (flags & SLAB_NOLEAKTRACE)
		for_all &= ~SLAB_STORE_USER;
	return flags | for_all;
}

static void trace(const struct kmem_cache *s, const struct page *slab, const void *object,
		  const char *what)
{
	if (!(s->flags & SLAB_TRACE))
		return;
	pr_info("TRACE %s %s 0x%016lx inuse=%u fp=0x%016lx\n", s->name, what, (unsigned long)object,
		slab->inuse, (unsigned long)slab->freelist);
	dump_stack();
}

/*
 * The objects on the list are nobody's, but from now on are to look as if they were somebody's.
 * @taken came from its front.
 */
static void use_up(struct kmem_cache *s, struct page *slab, void *taken)
{
	void *object = taken, *next = slab->freelist;

	for (unsigned int n = slab->objects; n && object; n--) {
		slub_init_object(s, object, SLUB_RED_ACTIVE);
		object = slab_link_is_sound(s, slab, next) ? next : NULL;
		next = object ? get_free_pointer(s, object) : NULL;
	}
	freelist_use_up(slab);
	slub_fixed(s, "Marking all objects used");
}

bool slub_may_take(struct kmem_cache *s, struct page *slab, void *object)
{
	if ((s->flags & SLAB_CONSISTENCY_CHECKS) &&
	    !(slub_check_slab(s, slab) && slub_check_object(s, slab, object, SLUB_RED_INACTIVE))) {
		use_up(s, slab, object);
		return false;
	}
	trace(s, slab, object, "alloc");
	slub_init_object(s, object, SLUB_RED_ACTIVE);
	return true;
}

static bool check_given(struct kmem_cache *s, struct page *slab, void *object)
{
	const bool checks = s->flags & SLAB_CONSISTENCY_CHECKS;

	if (checks && !slub_check_slab(s, slab))
		return false;
	if (!slab->inuse) {
		slub_slab_error(s, slab, "Slab has 0 allocated objects but 1 are to be freed");
		return false;
	}
	if (freelist_has(s, slab, object)) {
		slub_object_error(s, slab, object, "Object already free");
		return false;
	}
	return !checks || slub_check_object(s, slab, object, SLUB_RED_ACTIVE);
}

bool slub_may_give(struct kmem_cache *s, struct page *slab, void *object, const struct track *by)
{
	if (!check_given(s, slab, object)) {
		slub_fixed(s, "Object at 0x%016lx not freed", (unsigned long)object);
		return false;
	}
	slub_set_track(s, object, TRACK_FREE, by);
	trace(s, slab, object, "free");
	slub_set_request_size(s, object, s->object_size);
	slub_init_object(s, object, SLUB_RED_INACTIVE);
	return true;
}

void slub_handed_out(struct kmem_cache *s, void *object, size_t size, const void *caller)
{
	const struct track by = slub_track_now(s, caller);
	spinlock_t *lock = slab_lock_of(s, object);

	spin_lock(lock);
	slub_set_track(s, object, TRACK_ALLOC, &by);
	slub_set_request_size(s, object, size ? size : s->object_size);
	slub_init_object(s, object, SLUB_RED_ACTIVE);
	spin_unlock(lock);
}
