// SPDX-License-Identifier: MIT
/*
 * fuzz_alloc.c - requests to all allocators, in any order.
 *
 * What was handed out is filled with a pattern and looked at again before it is freed, so that two
 * who were given the same memory show. In between come drains and checks. What is freed wrongly on
 * purpose (an address inside an object) must be refused. In the end all is freed, and the machine
 * must be sound and empty.
 */
#include "fuzz.h"

#define SLOTS	  48
#define OPS_MAX	  1000
#define LOOKED_AT 128 /* bytes at either end of what is large */

enum kind { NOTHING, KMALLOC, PAGES, EXACT, VMALLOC, KVMALLOC, PERCPU, OBJECT, ELEMENT, NR_KINDS };

struct slot {
	enum kind kind;
	char *p;
	size_t size; /* bytes that are the owner's */
	unsigned int order;
	uint8_t pattern;
};

static struct slot slots[SLOTS];
static struct kmem_cache *cache;
static mempool_t *pool;
static unsigned int cache_size;

static const char *const machines[] = {
	"mem=16M,cpus=1",
	"mem=32M,cpus=2,numa=fake=2",
	"mem=32M,cpus=2,highmem=8M,movablecore=8M",
	"mem=16M,cpus=2,nommu",
	"mem=16M,cpus=1,kmemleak=on",
	"mem=16M,cpus=2,init_on_alloc=1,init_on_free=1,page_owner=on",
	"mem=16M,cpus=1,vmalloc=strict",
	"mem=16M,cpus=1,failslab=3,100,0,-1",
};

static const gfp_t gfps[] = {
	GFP_KERNEL | __GFP_NOWARN,
	GFP_ATOMIC | __GFP_NOWARN,
	GFP_NOWAIT,
	GFP_USER | __GFP_ZERO | __GFP_NOWARN,
	GFP_KERNEL | __GFP_RECLAIMABLE | __GFP_NOWARN | __GFP_NORETRY,
	GFP_DMA | __GFP_NOWARN | __GFP_NORETRY,
};

static gfp_t take_gfp(struct input *in)
{
	return gfps[take_below(in, ARRAY_SIZE(gfps))];
}

static bool is_looked_at(const struct slot *s, size_t i)
{
	return i < LOOKED_AT || i >= s->size - LOOKED_AT;
}

static void fill(struct slot *s, uint8_t pattern)
{
	s->pattern = pattern;
	for (size_t i = 0; i < s->size; i++)
		if (is_looked_at(s, i))
			s->p[i] = (char)(pattern + i);
}

static void look(const struct slot *s, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (is_looked_at(s, i))
			must((uint8_t)s->p[i] == (uint8_t)(s->pattern + i), "another's bytes");
}

static void must_be_zero(const char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		must(!p[i], "__GFP_ZERO and not zero");
}

static void take_in(struct input *in, struct slot *s, enum kind kind, void *p, size_t size,
		    bool zero)
{
	if (!p || p == ZERO_SIZE_PTR)
		return;
	*s = (struct slot){ .kind = kind, .p = p, .size = size };
	if (zero)
		must_be_zero(p, size);
	fill(s, take_byte(in));
}

static void give_back(struct slot *s)
{
	enum kind kind = s->kind;

	s->kind = NOTHING;
	if (kind != NOTHING)
		look(s, s->size);
	switch (kind) {
	case KMALLOC:
		kfree(s->p);
		break;
	case PAGES:
		free_pages((unsigned long)s->p, s->order);
		break;
	case EXACT:
		free_pages_exact(s->p, s->size);
		break;
	case VMALLOC:
		vfree(s->p);
		break;
	case KVMALLOC:
		kvfree(s->p);
		break;
	case PERCPU:
		free_percpu((void __percpu *)s->p);
		break;
	case OBJECT:
		kmem_cache_free(cache, s->p);
		break;
	case ELEMENT:
		mempool_free(s->p, pool);
		break;
	default:
		break;
	}
}

static size_t take_size(struct input *in)
{
	size_t n = take_bytes(in, 2);

	switch (n & 3) {
	case 0:
		return n >> 9; /* below 128 */
	case 1:
		return n >> 3; /* below 8192 */
	case 2:
		return n;
	default:
		return n * 40; /* some are too large */
	}
}

static void ask(struct input *in, struct slot *s)
{
	gfp_t gfp = take_gfp(in);
	const bool zero = gfp & __GFP_ZERO;
	unsigned int order;
	size_t size;
	void *p;

	switch ((enum kind)(KMALLOC + take_below(in, NR_KINDS - 1))) {
	case KMALLOC:
		size = take_size(in);
		p = kmalloc(size, gfp);
		must(!p || !size || ksize(p) >= size, "ksize() below what was asked for");
		take_in(in, s, KMALLOC, p, size, zero);
		break;
	case PAGES:
		order = take_below(in, 6);
		take_in(in, s, PAGES, (void *)__get_free_pages(gfp, order), PAGE_SIZE << order,
			zero);
		s->order = order;
		break;
	case EXACT:
		size = take_size(in) + 1;
		take_in(in, s, EXACT, alloc_pages_exact(size, gfp), size, zero);
		break;
	case VMALLOC:
		size = take_size(in);
		take_in(in, s, VMALLOC, zero ? vzalloc(size) : vmalloc(size), size, zero);
		break;
	case KVMALLOC:
		size = take_size(in);
		gfp = zero ? GFP_KERNEL | __GFP_ZERO : GFP_KERNEL;
		take_in(in, s, KVMALLOC, kvmalloc(size, gfp | __GFP_NOWARN), size, zero);
		break;
	case PERCPU:
		size = 4 * (1 + take_below(in, 256));
		p = __alloc_percpu(size, 1u << take_below(in, 8));
		if (p) {
			/* Its owner's bytes are the copies. */
			must_be_zero((char *)per_cpu_ptr(p, nr_cpu_ids - 1), size);
			*s = (struct slot){ .kind = PERCPU, .p = p };
		}
		break;
	case OBJECT:
		if (cache)
			take_in(in, s, OBJECT, kmem_cache_alloc(cache, gfp & ~GFP_DMA), cache_size,
				zero);
		break;
	case ELEMENT:
		if (pool)
			take_in(in, s, ELEMENT, mempool_alloc(pool, GFP_NOWAIT), 100, false);
		break;
	default:
		break;
	}
}

static void resize(struct input *in, struct slot *s)
{
	size_t size = take_size(in) + 1;
	char *p;

	if (s->kind != KMALLOC)
		return;
	look(s, s->size);
	p = krealloc(s->p, size, take_gfp(in));
	if (!p)
		return;
	s->p = p;
	/* What both sizes have was copied, at the front. */
	for (size_t i = 0; i < min(min(size, s->size), (size_t)LOOKED_AT); i++)
		must((uint8_t)p[i] == (uint8_t)(s->pattern + i), "krealloc() and other bytes");
	s->size = size;
	fill(s, take_byte(in));
}

static void give_all_of(enum kind kind)
{
	for (int i = 0; i < SLOTS; i++)
		if (slots[i].kind == kind)
			give_back(&slots[i]);
}

static void renew_cache(struct input *in)
{
	static const slab_flags_t flags[] = { 0, SLAB_HWCACHE_ALIGN, SLAB_NO_MERGE,
					      SLAB_RECLAIM_ACCOUNT, SLAB_TYPESAFE_BY_RCU };

	give_all_of(OBJECT);
	kmem_cache_destroy(cache);
	cache_size = 1 + take_below(in, 9000);
	cache = kmem_cache_create("fuzz", cache_size, 0, flags[take_below(in, ARRAY_SIZE(flags))],
				  NULL);
}

static void renew_pool(struct input *in)
{
	give_all_of(ELEMENT);
	mempool_destroy(pool);
	pool = mempool_create_kmalloc_pool(1 + (int)take_below(in, 20), 100);
}

static void one_step(struct input *in)
{
	struct slot *s = &slots[take_below(in, SLOTS)];

	switch (take_below(in, 16)) {
	case 0:
		resize(in, s);
		break;
	case 1:
		if (s->kind == KMALLOC && s->size > 8)
			kfree(s->p + 1 + take_below(in, 7));
		break;
	case 2:
		drain_all_pages();
		break;
	case 3:
		machine_idle();
		break;
	case 4:
		if (cache)
			kmem_cache_shrink(cache);
		break;
	case 5:
		renew_cache(in);
		break;
	case 6:
		renew_pool(in);
		break;
	case 7:
		vm_unmap_aliases();
		break;
	case 8:
		must(machine_check() == 0, "an invariant that does not hold");
		break;
	default:
		if (s->kind != NOTHING)
			give_back(s);
		else
			ask(in, s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct machine_config cfg;

	console_loglevel = 0;
	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, machines[take_below(&in, ARRAY_SIZE(machines))])) {
		fprintf(stderr, "%s\n", cfg.message);
		abort();
	}
	must(machine_boot(&cfg) == 0, "no machine");
	for (int i = 0; i < OPS_MAX && in.left; i++)
		one_step(&in);
	for (int i = 0; i < SLOTS; i++)
		give_back(&slots[i]);
	kmem_cache_destroy(cache);
	mempool_destroy(pool);
	cache = NULL;
	pool = NULL;
	machine_idle();
	must(machine_check() == 0, "an invariant that does not hold in the end");
	must(machine_halt() == 0, "a leak");
	return 0;
}
