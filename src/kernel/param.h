/* SPDX-License-Identifier: MIT */
/* param.h - what module.c needs of param.c beside the types. */
#ifndef KERNEL_PARAM_H
#define KERNEL_PARAM_H

#include <kmem/module.h>

#define COMMAND_LINE_SIZE 2048 /* bytes of boot_command_line, with its end */

/* The words the machine was booted with, separated by spaces; "" before the first boot. */
extern const char *boot_command_line;

/* Frees the strings that were set through @kp. Its variable must not point at one any more. */
void param_forget_copies(const struct kernel_param *kp);

#endif
