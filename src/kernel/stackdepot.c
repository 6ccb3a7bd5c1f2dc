// SPDX-License-Identifier: MIT
/*
 * stackdepot.c - who called, as one number.
 *
 * 1. Idea (Potapenko 2016): who keeps the stack of each allocation keeps the same few stacks
 *    millions of times. Here each is stored once, and four bytes name it.
 * 2. Structures: a table of stacks in the order they came, handle n at n - 1; a hash table of the
 *    first of each chain. The table is sparse memory of the host: what is not used costs nothing.
 *    A stack is never forgotten, also not by the next machine: it is code, and the code is the same.
 * 3. There is room for MAX_STACKS; further ones are not saved. A program has some hundreds.
 * 4. Locks: depot_lock while a new stack is added. Who looks for one needs none: a stack does not
 *    change once it is in its chain.
 */
#include <stdio.h>
#include <string.h>
#include <kmem/printk.h>

#include "host.h"
#include "kallsyms.h"
#include "stackdepot.h"

#define MAX_STACKS (64u << 10)
#define NR_CHAINS  (16u << 10)

struct stack_record {
	u32 next; /* handle of the next in the chain; 0: the last */
	u32 hash;
	u32 nr;
	void *entries[STACK_DEPOT_DEPTH];
};

static struct host_lock depot_lock;
static struct stack_record *stacks; /* NULL before the first; set under depot_lock */
static u32 chains[NR_CHAINS];	    /* written under depot_lock */
static u32 nr_stacks;		    /* under depot_lock */

/* FNV-1a over the words. */
static u32 hash_of(void *const *entries, unsigned int nr)
{
	u64 hash = 0xcbf29ce484222325ull;

	for (unsigned int i = 0; i < nr; i++)
		hash = (hash ^ (unsigned long)entries[i]) * 0x100000001b3ull;
	return hash ^ hash >> 32;
}

static u32 find(u32 from, u32 hash, void *const *entries, unsigned int nr)
{
	for (; from; from = stacks[from - 1].next) {
		const struct stack_record *r = &stacks[from - 1];

		if (r->hash == hash && r->nr == nr &&
		    !memcmp(r->entries, entries, nr * sizeof(*entries)))
			return from;
	}
	return 0;
}

static u32 add(u32 hash, void *const *entries, unsigned int nr)
{
	u32 *chain = &chains[hash % NR_CHAINS], handle;
	struct stack_record *r;

	host_lock(&depot_lock);
	handle = find(*chain, hash, entries, nr);
	if (!stacks)
		stacks = host_table_alloc(MAX_STACKS * sizeof(*stacks));
	if (!handle && stacks && nr_stacks < MAX_STACKS) {
		r = &stacks[nr_stacks];
		r->next = *chain;
		r->hash = hash;
		r->nr = nr;
		memcpy(r->entries, entries, nr * sizeof(*entries));
		handle = nr_stacks + 1;
		__atomic_store_n(&nr_stacks, handle, __ATOMIC_RELAXED);
		__atomic_store_n(chain, handle, __ATOMIC_RELEASE);
	}
	host_unlock(&depot_lock);
	return handle;
}

static depot_stack_handle_t save(void *const *entries, unsigned int nr)
{
	u32 hash = hash_of(entries, nr), handle;

	handle = find(__atomic_load_n(&chains[hash % NR_CHAINS], __ATOMIC_ACQUIRE), hash, entries,
		      nr);
	return handle ? handle : add(hash, entries, nr);
}

noinline depot_stack_handle_t stack_depot_save_here(unsigned int skip)
{
	void *frames[STACK_DEPOT_DEPTH + 8];
	unsigned int first = min(skip, 6u) + 2; /* host_backtrace() and this are no callers */
	int n = host_backtrace(frames, (int)(STACK_DEPOT_DEPTH + first));

	return n <= (int)first ? 0 : save(frames + first, (unsigned int)n - first);
}

noinline depot_stack_handle_t stack_depot_save_from(const void *caller)
{
	void *frames[STACK_DEPOT_DEPTH + 8];
	int n = host_backtrace(frames, ARRAY_SIZE(frames)), first = 0;

	while (first < n && frames[first] != caller)
		first++;
	if (first >= n)
		first = 0;
	return n > 0 ? save(frames + first, min(n - first, STACK_DEPOT_DEPTH)) : 0;
}

unsigned int stack_depot_fetch(depot_stack_handle_t handle, void *const **entries)
{
	/* Notes of it may lie where others write. */
	if (!handle || handle > __atomic_load_n(&nr_stacks, __ATOMIC_RELAXED))
		return 0;
	*entries = stacks[handle - 1].entries;
	return stacks[handle - 1].nr;
}

size_t stack_depot_snprint(depot_stack_handle_t handle, char *buf, size_t size, const char *indent)
{
	void *const *entries;
	unsigned int nr = stack_depot_fetch(handle, &entries);
	size_t len = 0;
	char name[160];

	for (unsigned int i = 0; i < nr; i++) {
		symbol_name(entries[i], name, sizeof(name));
		len += snprintf(buf + len, size - len, "%s%s\n", indent, name);
		if (len >= size)
			return 0;
	}
	return len;
}

void stack_depot_print(depot_stack_handle_t handle)
{
	void *const *entries;
	unsigned int nr = stack_depot_fetch(handle, &entries);
	char name[160];

	for (unsigned int i = 0; i < nr; i++) {
		symbol_name(entries[i], name, sizeof(name));
		pr_warn(" %s\n", name);
	}
}
