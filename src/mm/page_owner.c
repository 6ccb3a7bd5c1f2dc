// SPDX-License-Identifier: MIT
/*
 * page_owner.c - who has each page: the boot word page_owner=on and sys/kernel/debug/page_owner.
 *
 * 1. Idea (Kim 2014): with each block that is handed out goes a note of who asked for it, how, when
 *    and from where. When memory is gone the notes say where it went, which no counter can.
 * 2. Structures: an array with a note for every frame; that of a block's first page counts. It is
 *    sparse memory of the host, not of the machine: what is noted does not take what is counted,
 *    and a frame that was never handed out costs nothing. Stacks are in the depot (stackdepot.c).
 * 3. Requests and frees come by because of a page hook (page_hooks.c). It is on from the first page
 *    of the page allocator to the last, so that every block has a note. A note stays when its block
 *    is freed: reports about a page that should not be free want to know who freed it.
 * 4. A block's order is not noted: it is the page's own, and changes when a block is split.
 * 5. Locks: note_locks, one for the notes of some frames: reading a note while it is written must
 *    not show half of each. Blocks come and go while the file is read; it tells of each as it is
 *    when the reader comes to it.
 *
 * Source of the formats: Linux 6.12, mm/page_owner.c.
 */
#include <stdio.h>
#include <string.h>
#include <kmem/machine.h>
#include <kmem/mmdebug.h>
#include <kmem/mmzone.h>
#include <kmem/printk.h>
#include <kmem/sched.h>

#include "../kernel/host.h"
#include "../kernel/stackdepot.h"
#include "gfp_names.h"
#include "page_owner.h"
#include "zone.h"

#define NR_NOTE_LOCKS 64

/* When, by whom, from where. */
struct page_event {
	u64 ts_ns; /* since the boot; 0: never */
	depot_stack_handle_t stack;
	int pid, tgid;
};

struct page_note {
	struct page_event alloc, free; /* the last of each */
	gfp_t gfp;
	u8 order; /* as it was asked for */
	bool allocated;
	char comm[TASK_COMM_LEN];
};

bool page_owner_enabled;

static struct page_note *notes; /* by pfn */
static size_t notes_size;
static struct host_lock note_locks[NR_NOTE_LOCKS];

void page_owner_boot(const struct machine_config *cfg)
{
	page_owner_enabled = false;
	if (!cfg->page_owner)
		return;
	notes_size = max_pfn * sizeof(*notes);
	notes = host_table_alloc(notes_size);
	page_owner_enabled = notes != NULL;
	if (!notes)
		pr_err("page_owner: the host has no room for the notes\n");
}

void page_owner_exit(void)
{
	page_owner_enabled = false;
	host_table_free(notes, notes_size);
	notes = NULL;
}

static struct host_lock *lock_of(unsigned long pfn)
{
	return &note_locks[pfn % NR_NOTE_LOCKS];
}

/* A client is known by the one number of his that we know, a thread of ours by both. */
static struct page_event event_now(depot_stack_handle_t stack)
{
	int client = current->client_pid;

	return (struct page_event){
		.ts_ns = ktime_get_ns(),
		.stack = stack,
		.pid = client ? client : host_thread_id(),
		.tgid = client ? client : host_process_id(),
	};
}

noinline void page_owner_set(struct page *page, unsigned int order, gfp_t gfp)
{
	struct page_event event = event_now(stack_depot_save_here(2));
	unsigned long pfn = page_to_pfn(page);
	struct page_note *note = &notes[pfn];

	host_lock(lock_of(pfn));
	note->alloc = event;
	note->allocated = true;
	note->order = order;
	note->gfp = gfp;
	memcpy(note->comm, current->comm, sizeof(note->comm));
	host_unlock(lock_of(pfn));
}

noinline void page_owner_clear(struct page *page)
{
	struct page_event event = event_now(stack_depot_save_here(2));
	unsigned long pfn = page_to_pfn(page);

	host_lock(lock_of(pfn));
	notes[pfn].free = event;
	notes[pfn].allocated = false;
	host_unlock(lock_of(pfn));
}

static struct page_note read_note(unsigned long pfn)
{
	struct page_note note;

	host_lock(lock_of(pfn));
	note = notes[pfn];
	host_unlock(lock_of(pfn));
	return note;
}

void page_owner_split(struct page *page, struct page *part)
{
	struct page_note note = read_note(page_to_pfn(page));
	unsigned long pfn = page_to_pfn(part);

	host_lock(lock_of(pfn));
	notes[pfn] = note;
	host_unlock(lock_of(pfn));
}

void dump_page_owner(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	char names[GFP_NAMES_MAX];
	struct page_note note;

	if (!page_owner_enabled)
		return;
	note = read_note(pfn);
	if (!note.alloc.ts_ns) {
		pr_alert("page_owner info is not present (never set?)\n");
		return;
	}
	pr_alert("page_owner tracks the page as %s\n", note.allocated ? "allocated" : "freed");
	pr_alert("page last allocated via order %u, migratetype %s, gfp_mask %#x(%s), pid %d, tgid "
		 "%d (%s), ts %llu, free_ts %llu\n",
		 note.order, migratetype_names[gfp_migratetype(note.gfp)], note.gfp,
		 gfp_names(note.gfp, names, sizeof(names)), note.alloc.pid, note.alloc.tgid,
		 note.comm, (unsigned long long)note.alloc.ts_ns,
		 (unsigned long long)note.free.ts_ns);
	stack_depot_print(note.alloc.stack);
	if (!note.free.ts_ns) {
		pr_alert("page_owner free stack trace missing\n");
		return;
	}
	pr_alert("page last free pid %d tgid %d stack trace:\n", note.free.pid, note.free.tgid);
	stack_depot_print(note.free.stack);
}

static void print_note(const struct page_note *note, unsigned long pfn, char *buf)
{
	const struct page *page = pfn_to_page(pfn);
	char names[GFP_NAMES_MAX], flags[PAGE_FLAGS_NAMES_MAX];
	size_t len, stack;

	len = snprintf(buf, PAGE_OWNER_TEXT,
		       "Page allocated via order %u, mask %#x(%s), pid %d, tgid %d (%s), ts %llu "
		       "ns\n",
		       READ_ONCE(page->order), note->gfp,
		       gfp_names(note->gfp, names, sizeof(names)), note->alloc.pid,
		       note->alloc.tgid, note->comm, (unsigned long long)note->alloc.ts_ns);
	len += snprintf(buf + len, PAGE_OWNER_TEXT - len,
			"PFN 0x%lx type %s Block %lu type %s Flags 0x%lx(%s)\n", pfn,
			migratetype_names[gfp_migratetype(note->gfp)], pfn >> pageblock_order,
			migratetype_names[get_pageblock_migratetype(page)], READ_ONCE(page->flags),
			page_flags_names(page, flags, sizeof(flags)));
	stack = stack_depot_snprint(note->alloc.stack, buf + len, PAGE_OWNER_TEXT - len - 1, " ");
	strcpy(buf + len + stack, "\n");
}

unsigned long page_owner_text(unsigned long pfn, char *buf)
{
	buf[0] = '\0';
	while (page_owner_enabled && pfn < max_pfn) {
		const struct zone *zone = pfn_zone(pfn);
		unsigned long touched = zone ? untouched_end(zone, pfn) : pfn;
		struct page_note note;

		if (touched != pfn) {
			pfn = touched;
			continue;
		}
		note = read_note(pfn);
		if (note.allocated) {
			unsigned int order = READ_ONCE(pfn_to_page(pfn)->order);

			print_note(&note, pfn, buf);
			return pfn + (1ul << order);
		}
		pfn++;
	}
	return max_pfn;
}
