/* SPDX-License-Identifier: MIT */
/*
 * module_file.h - what a shared object with a driver in it says of itself.
 *
 * MODULE_LICENSE() makes it where MODULE is defined; insmod looks for it. A driver does not include
 * this.
 */
#ifndef KMEM_MODULE_FILE_H
#define KMEM_MODULE_FILE_H

#include <kmem/module.h>
#include <kmem/percpu.h>
#include <kmem/slab.h>

struct module_contents {
	unsigned long abi; /* KMEM_MODULE_ABI of the headers it was compiled with */
	struct builtin_modules modules;
	struct percpu_section percpu;
};

/* Differs where a structure that inline paths look into has changed its size. */
#define KMEM_MODULE_ABI                                                                        \
	(sizeof(struct module) | sizeof(struct cpu) << 12 | sizeof(struct task_struct) << 28 | \
	 sizeof(struct kmem_cache) << 44)

#ifdef MODULE
/* Weak: several modules can be in one object, and would say the same. */
#define KMEM_CONTENTS                                                        \
	;                                                                    \
	extern const struct module_contents kmem_module_contents;            \
	const struct module_contents kmem_module_contents                    \
		__attribute__((weak, visibility("default"))) = {             \
			.abi = KMEM_MODULE_ABI,                              \
			.modules = THIS_BUILTIN_MODULES,                     \
			.percpu = { __start_kmem_percpu, __stop_kmem_percpu, \
				    &percpu_section_delta },                 \
		}
#endif

#endif
