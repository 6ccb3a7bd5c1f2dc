/* SPDX-License-Identifier: MIT */
/* param.h - what module.c needs of param.c beside the types. */
#ifndef KERNEL_PARAM_H
#define KERNEL_PARAM_H

#include <kmem/module.h>

/* Frees the strings that were set through @kp. Its variable must not point at one any more. */
void param_forget_copies(const struct kernel_param *kp);

#endif
