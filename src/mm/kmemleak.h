/* SPDX-License-Identifier: MIT */
/*
 * kmemleak.h - what the files of the leak detector know of each other.
 *
 *	kmemleak.c		the objects: noted when they are allocated, forgotten when freed
 *	kmemleak_scan.c		looking for pointers into them
 *	kmemleak_roots.c	where
 *	kmemleak_report.c	telling, and sys/kernel/debug/kmemleak
 */
#ifndef MM_KMEMLEAK_H
#define MM_KMEMLEAK_H

#include <kmem/kmemleak.h>
#include <kmem/sched.h>

#include "../kernel/host.h"
#include "../kernel/stackdepot.h"

struct machine_config;
struct seq_file;

#define OBJECT_ALLOCATED 1u
#define OBJECT_REPORTED	 2u
#define OBJECT_NO_SCAN	 4u
#define OBJECT_SNAPSHOT	 8u /* the scan that runs knows it */

#define KMEMLEAK_GREY  0
#define KMEMLEAK_BLACK (-1)

/* A part of an object that points at something. */
struct kmemleak_area {
	struct kmemleak_area *next;
	unsigned long start, size;
};

struct kmemleak_object {
	unsigned long pointer, size;
	unsigned long born;	     /* jiffies when it was allocated */
	struct kmemleak_area *areas; /* NULL: all of it may */
	u32 next;		     /* in its chain, or among the free notes: index + 1; 0: last */
	u32 flags;
	int min_count; /* with fewer pointers into it it is a leak */
	int count;     /* of pointers that the last scan has found */
	u32 checksum;  /* of its bytes, at the last scan that did not find it */
	depot_stack_handle_t trace;
	int pid;
	char comm[TASK_COMM_LEN];
};

/* Under kmemleak_lock, as all that is in a note. */
extern struct host_lock kmemleak_lock;
extern struct kmemleak_object *kmemleak_objects;
extern u32 kmemleak_nr; /* notes that were ever used: those behind are zeros */

extern bool kmemleak_enabled; /* read by anyone */

/* Before there are objects; after there are none. */
void kmemleak_boot(const struct machine_config *cfg);
void kmemleak_exit(void);
/* An area of vmalloc(): its own description points at it once. */
void kmemleak_vmalloc(const void *ptr, size_t size);
/* No object is noted any more. May sleep. */
void kmemleak_disable(void);
/* Host memory that a driver's only pointer may be in: scanned, and never a leak itself. */
void *kmemleak_host_alloc(size_t size);
void kmemleak_host_free(void *p);
/* While a scan runs the notes of freed objects are not used for others. Under kmemleak_lock. */
void kmemleak_hold_notes(bool hold);
/* As kmemleak_scan_area(), of the object that starts at @object. */
void kmemleak_scan_part(const void *object, const void *ptr, size_t size);
/* The note of the object around @ptr; @exactly: that starts there. Under kmemleak_lock. */
struct kmemleak_object *kmemleak_find(unsigned long ptr, bool exactly);
/* Makes it white (1), grey or black. Under kmemleak_lock. */
void kmemleak_paint(struct kmemleak_object *object, int min_count);
/* Forgets all. Only while disabled. */
void kmemleak_forget_all(void);

/* kmemleak_scan.c: the thread, and a scan by hand. They sleep. */
int kmemleak_scan_start(void);
void kmemleak_scan_stop(void);
void kmemleak_scan(void);
/* 0: the thread does not scan. Until then the first scan is a minute after the boot. */
void kmemleak_scan_every(unsigned int seconds);
#define KMEMLEAK_SCAN_WAIT 600
void kmemleak_scan_lock(bool lock); /* no scan runs in between */
extern bool kmemleak_scan_stacks;
/* How old an object must be to be reported; a test that does not want to wait makes it shorter. */
extern unsigned long kmemleak_min_age_ms;
extern bool kmemleak_found; /* a scan has reported something */
/* Is it white, allocated and old enough? Under kmemleak_lock. */
bool kmemleak_unreferenced(const struct kmemleak_object *object);
/* Looks up each word that is in the range. Under kmemleak_lock. @self: whose range it is, or NULL. */
void kmemleak_scan_words(unsigned long start, unsigned long end,
			 const struct kmemleak_object *self);

/* kmemleak_roots.c: within a scan, without kmemleak_lock. */
void kmemleak_scan_roots(unsigned long own_sp); /* the caller's stack is searched from @own_sp up */
/* Calls @fn for what can be read of a part of an object, a page at a time, until it says false. */
typedef bool kmemleak_part_fn(unsigned long start, unsigned long end, void *arg);
void kmemleak_parts(unsigned long start, unsigned long end, kmemleak_part_fn *fn, void *arg);

/* kmemleak_report.c */
int kmemleak_show(struct seq_file *m);
int kmemleak_command(const char *text); /* 0 or -errno */
/* Logs who allocated the object at @ptr, if that is known. */
void kmemleak_tell(const void *ptr);

#endif
