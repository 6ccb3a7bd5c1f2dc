/* SPDX-License-Identifier: MIT */
/* err.h - an errno carried in a pointer: the last 4095 addresses are never valid. */
#ifndef KMEM_ERR_H
#define KMEM_ERR_H

#include <kmem/types.h>

#define MAX_ERRNO	4095
#define IS_ERR_VALUE(x) ((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)

/* In-kernel errnos that never reach a client: the bridge turns them into EINTR. */
#define ERESTARTSYS 512
#define ENOTSUPP    524

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return IS_ERR_VALUE(ptr);
}

/* 0 for a pointer that is one. */
static inline int PTR_ERR_OR_ZERO(const void *ptr)
{
	return IS_ERR_VALUE(ptr) ? (int)(long)ptr : 0;
}

static inline void *ERR_CAST(const void *ptr)
{
	return (void *)(unsigned long)ptr;
}

static inline bool IS_ERR_OR_NULL(const void *ptr)
{
	return !ptr || IS_ERR_VALUE(ptr);
}

#endif
