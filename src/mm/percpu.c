// SPDX-License-Identifier: MIT
/*
 * percpu.c - memory with one copy for each CPU.
 *
 * 1. Idea: a *chunk* holds one *unit* for each CPU, one after the other, all laid out alike. An
 *    object is the same piece of every unit, so the copy of CPU c is c * PCPU_UNIT_SIZE further on,
 *    whatever the chunk, and finding it is one addition (Linux 2.6.30 on, Tejun Heo).
 * 2. Structures: which pieces of its unit are used a chunk knows itself (percpu_chunk.c). Chunks
 *    stand in slots by fls(free bytes): a request goes to the fullest chunk that has room, so that
 *    others come empty. A chunk is one piece of memory, populated when it is made, as in the kernel
 *    without an MMU (percpu-km.c): units lie a constant apart, so pages cannot come one by one.
 * 3. The first chunk comes from memblock, before there is a page allocator (a second one, if a
 *    machine has many zones); its users are the page allocator and slab themselves. 8 KiB of it
 *    are the *reserve* for the variables of loaded modules, a chunk within the chunk. Later
 *    chunks are described in host memory, since slab itself stands on them.
 * 4. Atomic requests cannot make a chunk. For them two pages of a unit are kept empty somewhere:
 *    when there are fewer, a work item makes a chunk. Of the chunks that come empty one is kept.
 * 5. Invariants (percpu_check()): those of each chunk; a chunk stands in slots[fls(free)];
 *    nr_empty_pages = the sum of those in slots.
 * 6. Locks: pcpu_lock around the chunks and the slots. Chunks are made and freed without it.
 */
#include <string.h>
#include <kmem/bug.h>
#include <kmem/gfp.h>
#include <kmem/machine.h>
#include <kmem/memblock.h>
#include <kmem/percpu.h>
#include <kmem/workqueue.h>

#include "../kernel/host.h"
#include "memblock_internal.h"
#include "percpu_chunk.h"
#include "percpu_internal.h"
#include "zone.h"

#define NR_SLOTS 18 /* fls(PCPU_UNIT_SIZE) + 1 */

#define EMPTY_PAGES_LOW 2 /* kept for atomic requests */
#define WARN_LIMIT	10

static DEFINE_SPINLOCK(pcpu_lock);
/* Protected by pcpu_lock: */
static struct list_head slots[NR_SLOTS];
static unsigned int nr_empty_pages;

static unsigned int nr_boot_chunks; /* from memblock: they stay */
static struct pcpu_chunk *reserve;  /* in no slot */

static size_t chunk_bytes(void)
{
	return PCPU_UNIT_SIZE * nr_cpu_ids;
}

static unsigned int slot_of(unsigned long bytes)
{
	return bytes ? ilog2(bytes) + 1 : 0;
}

static void list_chunk(struct pcpu_chunk *chunk, void *base)
{
	pcpu_chunk_init(chunk, base, PCPU_UNIT_SIZE);
	list_add_tail(&chunk->list, &slots[slot_of(PCPU_UNIT_SIZE)]);
	WRITE_ONCE(nr_empty_pages, nr_empty_pages + PCPU_UNIT_PAGES);
}

/* The boot runs alone. */
static bool add_boot_chunk(void)
{
	void *base = memblock_alloc(chunk_bytes(), PAGE_SIZE);
	struct pcpu_chunk *chunk = base ? memblock_alloc(sizeof(*chunk), 0) : NULL;

	if (!chunk) {
		pr_err("percpu: %u CPUs need %lu KiB of RAM more\n", nr_cpu_ids,
		       chunk_bytes() >> 10);
		return false;
	}
	chunk->from_boot = true;
	list_chunk(chunk, base);
	nr_boot_chunks++;
	return true;
}

/*
 * Something of the chunk, which had @free bytes and @empty empty pages before, was taken or given
 * back: the books follow. Caller holds pcpu_lock.
 */
static void chunk_changed(struct pcpu_chunk *chunk, unsigned long free, unsigned int empty)
{
	unsigned int was = slot_of(free), now = slot_of(chunk->free);

	if (chunk == reserve)
		return;
	WRITE_ONCE(nr_empty_pages, nr_empty_pages + chunk->empty_pages - empty);
	if (now < was)
		list_move_tail(&chunk->list, &slots[now]);
	else if (now > was)
		list_move(&chunk->list, &slots[now]);
}

/* Caller holds pcpu_lock. */
static void *take(struct pcpu_chunk *chunk, unsigned long bits, unsigned long align)
{
	unsigned long free = chunk->free;
	unsigned int empty = chunk->empty_pages;
	void *ptr = pcpu_chunk_take(chunk, bits, align);

	if (ptr)
		chunk_changed(chunk, free, empty);
	return ptr;
}

/* From the fullest chunk that has room. */
static void *take_from_any(unsigned long bits, unsigned long align)
{
	struct pcpu_chunk *chunk;
	void *ptr = NULL;

	spin_lock(&pcpu_lock);
	for (unsigned int i = slot_of(bits * PCPU_MIN_ALLOC_SIZE); i < NR_SLOTS && !ptr; i++) {
		list_for_each_entry(chunk, &slots[i], list) {
			ptr = take(chunk, bits, align);
			if (ptr)
				break;
		}
	}
	spin_unlock(&pcpu_lock);
	return ptr;
}

static void account_chunk(const void *base, long sign)
{
	mod_zone_page_state(page_zone(virt_to_page(base)), NR_PERCPU,
			    sign * (long)(chunk_bytes() >> PAGE_SHIFT));
}

static bool add_chunk(gfp_t gfp)
{
	struct pcpu_chunk *chunk;
	void *base;

	if (!memblock_closed())
		return add_boot_chunk();
	chunk = host_alloc(sizeof(*chunk));
	base = chunk ? alloc_pages_exact(chunk_bytes(), gfp | __GFP_ZERO) : NULL;
	if (!base) {
		host_free(chunk);
		return false;
	}
	account_chunk(base, 1);
	/* From here on it is everybody's, and may be gone. */
	spin_lock(&pcpu_lock);
	list_chunk(chunk, base);
	spin_unlock(&pcpu_lock);
	return true;
}

static void free_chunk(struct pcpu_chunk *chunk)
{
	account_chunk(chunk->base, -1);
	free_pages_exact(chunk->base, chunk_bytes());
	host_free(chunk);
}

static bool runs_low(void)
{
	return READ_ONCE(nr_empty_pages) < EMPTY_PAGES_LOW;
}

static void refill(struct work_struct *work)
{
	if (runs_low())
		add_chunk(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
}

static DECLARE_WORK(refill_work, refill);

static noinline void report_failure(size_t size, size_t align, bool atomic)
{
	static int left = WARN_LIMIT;

	if (left <= 0)
		return;
	pr_warn("percpu: allocation failed, size=%zu align=%zu atomic=%d, %s\n", size, align,
		atomic,
		atomic ? "atomic alloc failed, no space left" : "failed to allocate new chunk");
	if (!atomic)
		dump_stack();
	if (!--left)
		pr_info("percpu: limit reached, disable warning\n");
}

static void zero_copies(char *ptr, size_t size)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		memset(ptr + cpu_table[cpu].percpu_offset, 0, size);
}

/* Whoever may sleep makes chunks, also for those who may not. */
void __percpu *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp)
{
	unsigned long bits = DIV_ROUND_UP(size, PCPU_MIN_ALLOC_SIZE);
	bool atomic = (gfp & GFP_KERNEL) != GFP_KERNEL;
	void *ptr;

	align = max(align, (size_t)PCPU_MIN_ALLOC_SIZE);
	if (gfpflags_allow_blocking(gfp))
		might_sleep();
	if (!size || size > PCPU_MIN_UNIT_SIZE || align > PAGE_SIZE || !is_power_of_2(align)) {
		WARN(!(gfp & __GFP_NOWARN),
		     "illegal size (%zu) or align (%zu) for percpu allocation", size, align);
		return NULL;
	}
	do {
		ptr = take_from_any(bits, align / PCPU_MIN_ALLOC_SIZE);
	} while (!ptr && !atomic && add_chunk(gfp));
	if (!ptr && !(gfp & __GFP_NOWARN))
		report_failure(size, align, atomic);
	if (machine_is_up() && runs_low()) {
		if (atomic)
			schedule_work(&refill_work);
		else
			refill(NULL);
	}
	if (ptr)
		zero_copies(ptr, size);
	return ptr;
}

void __percpu *__alloc_percpu(size_t size, size_t align)
{
	return __alloc_percpu_gfp(size, align, GFP_KERNEL);
}

void __percpu *percpu_alloc_reserved(size_t size)
{
	void *ptr;

	spin_lock(&pcpu_lock);
	ptr = take(reserve, DIV_ROUND_UP(size, PCPU_MIN_ALLOC_SIZE),
		   SMP_CACHE_BYTES / PCPU_MIN_ALLOC_SIZE);
	spin_unlock(&pcpu_lock);
	if (ptr)
		zero_copies(ptr, size);
	return ptr;
}

static bool is_in(const struct pcpu_chunk *chunk, const char *ptr, size_t bytes)
{
	return ptr >= chunk->base && ptr < chunk->base + bytes;
}

/* Caller holds pcpu_lock. */
static struct pcpu_chunk *chunk_of(const void *ptr)
{
	struct pcpu_chunk *chunk;

	if (is_in(reserve, ptr, PERCPU_MODULE_RESERVE))
		return reserve;
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		list_for_each_entry(chunk, &slots[i], list)
			if (is_in(chunk, ptr, PCPU_UNIT_SIZE))
				return chunk;
	return NULL;
}

/* The chunk if it came empty and another one is: one is kept. Caller holds pcpu_lock. */
static struct pcpu_chunk *one_too_many(struct pcpu_chunk *chunk)
{
	if (chunk->objects || chunk->from_boot || list_is_singular(&slots[slot_of(PCPU_UNIT_SIZE)]))
		return NULL;
	list_del(&chunk->list);
	WRITE_ONCE(nr_empty_pages, nr_empty_pages - PCPU_UNIT_PAGES);
	return chunk;
}

void free_percpu(void __percpu *ptr)
{
	struct pcpu_chunk *chunk;
	unsigned int empty = 0;
	unsigned long free = 0;

	if (!ptr)
		return;
	spin_lock(&pcpu_lock);
	chunk = chunk_of(ptr);
	if (chunk) {
		free = chunk->free;
		empty = chunk->empty_pages;
	}
	if (!chunk || !pcpu_chunk_give(chunk, ptr)) {
		spin_unlock(&pcpu_lock);
		WARN(true, "free_percpu() of %p, which is not allocated", ptr);
		return;
	}
	chunk_changed(chunk, free, empty);
	chunk = one_too_many(chunk);
	spin_unlock(&pcpu_lock);
	if (chunk)
		free_chunk(chunk);
}

/* An object of the first chunk whose memory is a chunk of its own; what is beyond it is used. */
static bool set_reserve_aside(void)
{
	reserve = memblock_alloc(sizeof(*reserve), 0);
	if (!reserve)
		return false;
	reserve->from_boot = true;
	pcpu_chunk_init(reserve, __alloc_percpu(PERCPU_MODULE_RESERVE, PAGE_SIZE),
			PERCPU_MODULE_RESERVE);
	return reserve->base;
}

int percpu_boot(void)
{
	unsigned int cpu;

	for (unsigned int i = 0; i < NR_SLOTS; i++)
		INIT_LIST_HEAD(&slots[i]);
	nr_boot_chunks = nr_empty_pages = 0;
	reserve = NULL;
	for_each_possible_cpu(cpu)
		cpu_table[cpu].percpu_offset = cpu * PCPU_UNIT_SIZE;
	return add_boot_chunk() && set_reserve_aside() ? 0 : -ENOMEM;
}

/* Those of others: the reserve is one object of the first chunk. */
static unsigned long percpu_objects(void)
{
	unsigned long sum = reserve->objects - 1;
	struct pcpu_chunk *chunk;

	spin_lock(&pcpu_lock);
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		list_for_each_entry(chunk, &slots[i], list)
			sum += chunk->objects;
	spin_unlock(&pcpu_lock);
	return sum;
}

unsigned long percpu_boot_chunk_pages(void)
{
	return nr_boot_chunks * (chunk_bytes() >> PAGE_SHIFT);
}

unsigned long percpu_exit(unsigned long owned)
{
	unsigned long leaks = percpu_objects() - owned - percpu_sections_forget();
	struct pcpu_chunk *chunk, *next;

	if (leaks)
		pr_err("leak: %lu per-CPU object(s)\n", leaks);
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		list_for_each_entry_safe(chunk, next, &slots[i], list)
			if (!chunk->from_boot)
				free_chunk(chunk);
	return leaks;
}

unsigned int percpu_chunks(unsigned long *bases, unsigned int max, unsigned long *size)
{
	struct pcpu_chunk *chunk;
	unsigned int n = 0;

	*size = chunk_bytes();
	spin_lock(&pcpu_lock);
	for (int i = 0; i < NR_SLOTS; i++)
		list_for_each_entry(chunk, &slots[i], list)
			if (n < max)
				bases[n++] = (unsigned long)chunk->base;
	spin_unlock(&pcpu_lock);
	return n;
}

unsigned long percpu_check(void)
{
	unsigned long bad = 0, empty = 0;
	struct pcpu_chunk *chunk;

	spin_lock(&pcpu_lock);
	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		list_for_each_entry(chunk, &slots[i], list) {
			bad += pcpu_chunk_check(chunk) + (slot_of(chunk->free) != i);
			empty += chunk->empty_pages;
		}
	}
	bad += empty != nr_empty_pages;
	spin_unlock(&pcpu_lock);
	if (bad)
		pr_err("percpu: %lu invariants broken\n", bad);
	return bad;
}
