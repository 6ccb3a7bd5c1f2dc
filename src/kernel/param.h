/* SPDX-License-Identifier: MIT */
/* param.h - what module.c, module_param.c and param.c know of each other beside the types. */
#ifndef KERNEL_PARAM_H
#define KERNEL_PARAM_H

#include <kmem/module.h>

#define COMMAND_LINE_SIZE 2048 /* bytes of boot_command_line, with its end */

/* The words the machine was booted with, separated by spaces; "" before the first boot. */
extern const char *boot_command_line;

/* A parameter's value as bytes, for module.c, which puts back what there was before it was loaded. */
size_t param_value_size(const struct kernel_param *kp);
void param_value_keep(const struct kernel_param *kp, void *to);
void param_value_restore(const struct kernel_param *kp, const void *from);

/* Frees the strings that were set through @kp. Its variable must not point at one any more. */
void param_forget_copies(const struct kernel_param *kp);

#define for_each_param(kp, mod) \
	for (kp = module_param_next(mod, NULL); kp; kp = module_param_next(mod, kp))

/* module.c: the module of that name, or NULL with a report of which there are. */
struct module *module_known(const char *name);

/* module_param.c: the values as they are before the boot line are kept, and ->size counted. */
int module_params_keep(struct module *mod);	 /* 0 or -ENOMEM */
int module_params_set(const struct module *mod); /* by the boot line; 0, or -errno with a report */
void module_params_restore(struct module *mod);
/* Every module word of the boot line must name something that is known: 0, or -ENOENT. */
int module_params_check(void);

#endif
