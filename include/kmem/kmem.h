/* SPDX-License-Identifier: MIT */
/* kmem.h - all of libkmem for a program that uses it. The files of this tree include what they
 * need instead. */
#ifndef KMEM_KMEM_H
#define KMEM_KMEM_H

#include <kmem/bug.h>
#include <kmem/bootmem.h>
#include <kmem/gfp.h>
#include <kmem/highmem.h>
#include <kmem/io.h>
#include <kmem/machine.h>
#include <kmem/memblock.h>
#include <kmem/mempool.h>
#include <kmem/mm.h>
#include <kmem/mmdebug.h>
#include <kmem/mmzone.h>
#include <kmem/module.h>
#include <kmem/mutex.h>
#include <kmem/oops.h>
#include <kmem/overflow.h>
#include <kmem/percpu.h>
#include <kmem/printk.h>
#include <kmem/rcupdate.h>
#include <kmem/refcount.h>
#include <kmem/sched.h>
#include <kmem/seq_file.h>
#include <kmem/shrinker.h>
#include <kmem/slab.h>
#include <kmem/string.h>
#include <kmem/vmalloc.h>
#include <kmem/vmstat.h>
#include <kmem/wait.h>
#include <kmem/workqueue.h>

#endif
