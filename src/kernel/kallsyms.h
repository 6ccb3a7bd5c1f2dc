/* SPDX-License-Identifier: MIT */
/* kallsyms.h - the names of code addresses. Context: any; host memory only. */
#ifndef KERNEL_KALLSYMS_H
#define KERNEL_KALLSYMS_H

#include <kmem/types.h>

struct module;
struct seq_file;

/*
 * "function+0x12/0x80", as %pS prints it, with " [module]" behind it if it is in a loaded driver's own
 * file; the bare address where no symbol is known.
 */
void symbol_name(const void *addr, char *buf, size_t size);

/* From now on what is in the module's file is marked with its name; it stays mapped for good. */
void kallsyms_module_loaded(const struct module *mod);

/* proc/kallsyms: the functions that the kernel and its modules export. May sleep. */
int kallsyms_show(struct seq_file *m, void *v);

#endif
