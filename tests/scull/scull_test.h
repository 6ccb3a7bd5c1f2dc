/* SPDX-License-Identifier: MIT */
/*
 * scull_test.h - what the tests of the drivers share: a machine with all four loaded, calls on
 * their files, and their names and commands in a table.
 */
#ifndef SCULL_TEST_H
#define SCULL_TEST_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <kmem/gfp.h>
#include <kmem/machine.h>
#include <kmem/mmzone.h>
#include <kmem/module.h>
#include <kmem/sched.h>
#include <kmem/uaccess.h>
#include "fs/vfs.h"
#include "scull/scull_ioctl.h"

struct family {
	const char *name;
	const char *proc;
	const char *unit_word;
	const char *gap;
	bool order; /* the unit is an order of pages, not bytes */
	int unit, qset;
	unsigned int reset, tell_unit, tell_qset, query_unit, query_qset;
};

#define NR_FAMILIES 4
extern const struct family families[NR_FAMILIES];
#define for_each_family(f) for ((f) = families; (f) < families + NR_FAMILIES; (f)++)

static inline size_t unit_bytes(const struct family *f, int unit)
{
	return f->order ? PAGE_SIZE << unit : (size_t)unit;
}

/*
 * Boots with @words, and loads the drivers as well; world_down() expects sound allocators and no
 * leak.
 */
void machine_up(const char *words);
void world_up(const char *words);
void world_down(void);
/* Before and after a test that needs no more of its world than that it is there. */
int world_setup(void **state);
int world_teardown(void **state);
#define scull_test(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

/* "scullp", 0 -> dev/scullp0; must succeed. */
struct file *dev_open(const char *name, int number, unsigned int flags);
/* Opens @f's device, gives its next life this shape and empties it. */
struct file *dev_open_shaped(const struct family *f, int number, int unit, int qset);
ssize_t dev_write(struct file *file, const void *data, size_t len, loff_t pos);
ssize_t dev_read(struct file *file, void *data, size_t len, loff_t pos);
int dev_truncate(struct file *file, loff_t length);
long dev_punch(struct file *file, loff_t pos, loff_t len);
loff_t dev_size(struct file *file);

/* Reads len bytes at pos and expects the count and that byte everywhere. */
void expect_bytes(struct file *file, loff_t pos, size_t len, unsigned char byte);

/*
 * A client in a thread of its own, which makes one call. Asserts are for the main thread, so the
 * result is looked at when it has ended.
 */
struct client {
	unsigned int uid;
	long (*call)(void *arg);
	void *arg;
	long ret;
	struct task_struct *task; /* atomic; NULL until it runs */
	bool done;		  /* atomic */
	pthread_t thread;
};
void client_start(struct client *c, unsigned int uid, long (*call)(void *), void *arg);
/* Until it waits for something. Fails if the call returns. */
void client_must_wait(struct client *c);
long client_end(struct client *c); /* what the call returned */
/* The calling thread works for a client from here on, who cannot be seen; uid 0: no longer. */
void become(unsigned int uid);

/* All of a file of proc/, a string to be freed. */
char *proc_text(const char *name);
/* Lines of @text that hold @part. */
int count_lines(const char *text, const char *part);

#endif
