// SPDX-License-Identifier: MIT
/*
 * fuzz_slub.c - debugged caches of any kind, and what drivers may do to their slabs.
 *
 * The machine has any letters of slub_debug= and any of the words that look at objects too; the
 * cache any size, alignment, flags and constructor. Half of the inputs use memory as they should:
 * each byte that was asked for keeps what was written, and no error is ever found. The others
 * write over bytes of slabs as well, links and tracks and red zones among them: then nothing may
 * hang or reach outside the slab, and a look at the caches must leave them sound.
 */
#include <kmem/ldd3.h>

#include "fuzz.h"

#undef kmem_cache_create
#undef kmem_cache_destroy

#define SLOTS	32
#define OPS_MAX 600
#define PAGES	8 /* that nobody may write to */

struct slot {
	u8 *p; /* NULL: nothing */
	size_t size;
	u8 pattern;
	bool of_kmalloc;
};

static struct slot slots[SLOTS];
static u8 *pages[PAGES];
static struct kmem_cache *cache;
static bool constructs; /* its objects begin with CONSTRUCTED bytes */
static bool damages;	/* what may be found wrong, is */

#define CONSTRUCTED 0x77

static void construct(void *object)
{
	*(u8 *)object = CONSTRUCTED;
}

static void construct_ldd3(void *object, kmem_cache_t *s, unsigned long flags)
{
	construct(object);
}

static void destruct_ldd3(void *object, kmem_cache_t *s, unsigned long flags)
{
	must(damages || *(u8 *)object == CONSTRUCTED, "what was constructed is not there");
}

static void boot(struct input *in)
{
	static const char letters[] = "FZPUOA";
	static const char *const also[] = {
		"",
		",init_on_alloc=1",
		",init_on_free=1",
		",kmemleak=on",
		",slab_nomerge",
		",nommu",
		",failslab=3,200,0,-1",
		",numa=fake=2",
		",page_owner=on",
	};
	unsigned int which = take_below(in, 64);
	struct machine_config cfg;
	char words[200] = "mem=32M,cpus=2,slub_debug=";
	char *p = words + strlen(words);

	for (int i = 0; letters[i]; i++)
		if (which >> i & 1)
			*p++ = letters[i];
	if (take_below(in, 4) == 0)
		p = stpcpy(p, ",fuzz*,kmalloc-*");
	p = stpcpy(p, also[take_below(in, ARRAY_SIZE(also))]);
	stpcpy(p, also[take_below(in, ARRAY_SIZE(also))]);
	console_loglevel = 0;
	machine_config_init(&cfg);
	must(machine_config_parse(&cfg, words) == 0, words);
	must(machine_boot(&cfg) == 0, "no machine");
}

static void fill(struct slot *s, u8 pattern)
{
	s->pattern = pattern;
	memset(s->p, pattern, s->size);
	if (constructs && !s->of_kmalloc)
		construct(s->p);
}

static void look(const struct slot *s)
{
	for (size_t i = constructs && !s->of_kmalloc; !damages && i < s->size; i++)
		must(s->p[i] == s->pattern, "another's bytes");
}

static void must_be_zero(const u8 *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		must(!p[i], "not zero");
}

static void ask(struct input *in, struct slot *s)
{
	const gfp_t gfps[] = { GFP_KERNEL, GFP_NOWAIT, GFP_ATOMIC, GFP_KERNEL | __GFP_RECLAIMABLE };
	gfp_t gfp = gfps[take_below(in, ARRAY_SIZE(gfps))] | __GFP_NOWARN;
	bool zero = take_byte(in) & 1;

	if (take_byte(in) & 1) {
		s->of_kmalloc = true;
		s->size = 1 + take_below(in, 9000);
	} else {
		s->of_kmalloc = false;
		s->size = kmem_cache_size(cache);
		zero = zero && !constructs;
	}
	if (zero)
		gfp |= __GFP_ZERO;
	s->p = s->of_kmalloc ? kmalloc(s->size, gfp) : kmem_cache_alloc(cache, gfp);
	if (!s->p)
		return;
	if (zero && !damages)
		must_be_zero(s->p, s->size);
	if (constructs && !s->of_kmalloc && !damages)
		must(*s->p == CONSTRUCTED, "not constructed");
	fill(s, take_byte(in));
}

static void give_back(struct slot *s, unsigned int how)
{
	if (!s->p)
		return;
	look(s);
	if (!s->of_kmalloc)
		kmem_cache_free(cache, s->p);
	else if (how & 1)
		kfree_sensitive(s->p);
	else
		kfree(s->p);
	/* Once more: it is told of. */
	if (damages && how >= 250)
		kfree(s->p);
	s->p = NULL;
}

static void resize(struct input *in, struct slot *s)
{
	size_t size = 1 + take_below(in, 9000), both = min(size, s->size);
	bool zero = take_byte(in) & 1;
	u8 *p;

	if (!s->of_kmalloc)
		return;
	look(s);
	p = krealloc(s->p, size, (zero ? __GFP_ZERO : 0) | GFP_KERNEL | __GFP_NOWARN);
	if (!p)
		return;
	for (size_t i = 0; !damages && i < both; i++)
		must(p[i] == s->pattern, "krealloc() and other bytes");
	s->p = p;
	s->size = size;
	if (take_byte(in) & 1)
		s->size = ksize(p);
	fill(s, take_byte(in));
}

/* Of a slab of the cache any byte; of kmalloc()'s only this object and what belongs to it. */
static void damage(struct input *in, struct slot *s)
{
	struct page *slab = virt_to_head_page(s->p);
	struct kmem_cache *c = slab->slab_cache;
	size_t len, at;
	u8 *start;

	if (!PageSlab(slab))
		return;
	start = s->p - c->red_left_pad;
	len = c->size;
	if (c == cache) {
		start = page_address(slab);
		len = PAGE_SIZE << slab->order;
		if (take_byte(in) & 1) {
			/* A link to any object, as rings are made. */
			u8 *from = start + c->red_left_pad + c->offset;

			*(void **)(from + (size_t)take_below(in, slab->objects) * c->size) =
				start + c->red_left_pad +
				(size_t)take_below(in, slab->objects) * c->size;
			return;
		}
	}
	at = take_below(in, len);
	memset(start + at, take_byte(in), 1 + take_below(in, min(len - at, 64ul)));
}

static void give_all(bool of_kmalloc)
{
	for (int i = 0; i < SLOTS; i++)
		if (slots[i].of_kmalloc == of_kmalloc)
			give_back(&slots[i], 0);
}

static void renew_cache(struct input *in)
{
	static const slab_flags_t flags[] = {
		SLAB_HWCACHE_ALIGN, SLAB_RECLAIM_ACCOUNT, SLAB_TYPESAFE_BY_RCU,	   SLAB_RED_ZONE,
		SLAB_POISON,	    SLAB_STORE_USER,	  SLAB_CONSISTENCY_CHECKS, SLAB_NO_MERGE
	};
	unsigned int which = take_below(in, 256), size, kind = take_below(in, 4);
	slab_flags_t all = 0;

	if (cache) {
		give_all(false);
		must(!kmem_cache_destroy_status(cache) || damages, "a cache that does not go");
	}
	if (take_byte(in) & 1)
		for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
			if (which >> i & 1)
				all |= flags[i];
	size = kind == 3 && which == 0 ? 100000 : 1 + take_below(in, which & 64 ? 9000 : 128);
	constructs = kind == 1 || kind == 2;
	if (kind == 2)
		cache = kmem_cache_create_ldd3("fuzz", size, 0, all, construct_ldd3, destruct_ldd3);
	else
		cache = kmem_cache_create("fuzz", size, 1u << take_below(in, 13), all,
					  kind == 1 ? construct : NULL);
}

/* Every look but the first finds nothing. */
static void validate(void)
{
	unsigned long errors;

	validate_slab_cache(cache);
	for (int i = 3; i <= KMALLOC_SHIFT_HIGH; i++)
		validate_slab_cache(kmalloc_caches[KMALLOC_NORMAL][i]);
	errors = slab_errors;
	must(!errors || damages, "an error where there is none");
	validate_slab_cache(cache);
	must(errors == slab_errors, "an error that is told of twice");
}

static void one_step(struct input *in)
{
	struct slot *s = &slots[take_below(in, SLOTS)];

	switch (take_below(in, 16)) {
	case 0:
		if (s->p)
			resize(in, s);
		break;
	case 1:
		if (s->p && damages)
			damage(in, s);
		break;
	case 2:
		kmem_cache_shrink(cache);
		break;
	case 3:
		if (take_byte(in) < 64)
			renew_cache(in);
		break;
	case 4:
		validate();
		break;
	case 5:
		machine_idle();
		break;
	case 6:
		must(machine_check() == 0 || damages, "an invariant that does not hold");
		break;
	default:
		if (s->p)
			give_back(s, take_byte(in));
		else
			ask(in, s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	int leaks;

	damages = false;
	boot(&in);
	for (int i = 0; i < PAGES; i++) {
		pages[i] = (u8 *)__get_free_page(GFP_KERNEL);
		must(pages[i], "no page");
		memset(pages[i], 0x3c, PAGE_SIZE);
	}
	cache = NULL;
	while (!cache && in.left)
		renew_cache(&in);
	damages = take_byte(&in) & 1;
	for (int i = 0; cache && i < OPS_MAX && in.left; i++) {
		one_step(&in);
		while (!cache && in.left)
			renew_cache(&in);
	}
	for (int i = 0; i < SLOTS; i++)
		give_back(&slots[i], 0);
	if (cache)
		validate();
	must(machine_check() == 0, "an invariant that does not hold in the end");
	kmem_cache_destroy(cache);
	for (int i = 0; i < PAGES; i++) {
		for (size_t k = 0; k < PAGE_SIZE; k++)
			must(pages[i][k] == 0x3c, "a write outside the slab");
		free_page((unsigned long)pages[i]);
	}
	machine_idle();
	leaks = machine_halt();
	must(!leaks || damages, "a leak");
	return 0;
}
