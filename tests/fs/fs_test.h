/* SPDX-License-Identifier: MIT */
/* fs_test.h - what the tests of src/fs share: a machine with an empty tree, and files of it. */
#ifndef FS_TEST_H
#define FS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <kmem/cdev.h>
#include <kmem/machine.h>
#include <kmem/proc_fs.h>
#include <kmem/uaccess.h>
#include "fs/vfs.h"

/* Before and after each test: a machine with dev/ and proc/; sound and without a leak then. */
int fs_up(void **state);
int fs_down(void **state);
#define fs_test(fn) cmocka_unit_test_setup_teardown(fn, fs_up, fs_down)

struct file *must_open(const char *path, unsigned int flags);
/* All of a file, read in pieces of @piece bytes; a string to be freed. */
char *all_of(struct file *file, size_t piece);
char *text_of(const char *path);
void assert_text(const char *path, const char *should);
/* What a write of @text to the file answers. */
ssize_t put(const char *path, const char *text);

#endif
