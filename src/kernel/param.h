/* SPDX-License-Identifier: MIT */
/* param.h - what module.c needs of param.c beside the types. */
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

#endif
