/* SPDX-License-Identifier: MIT */
/*
 * string.h - what the kernel has for text and the C library has not.
 *
 * kstrto*(): the whole of @s is one value; a newline may follow. @base is 10, 16 or 8, or 0: decimal,
 * 0x hexadecimal or 0 octal. 0; -EINVAL: no such value; -ERANGE: the type cannot hold it. *@res is not
 * touched then. kstrtobool() takes 1, y, yes, t, true, on and their opposites.
 *
 * Context: any. Source of the rules: Linux 6.1, lib/kstrtox.c, lib/string.c, lib/vsprintf.c.
 */
#ifndef KMEM_STRING_H
#define KMEM_STRING_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <kmem/types.h>

int __must_check kstrtoull(const char *s, unsigned int base, unsigned long long *res);
int __must_check kstrtoll(const char *s, unsigned int base, long long *res);
int __must_check kstrtoul(const char *s, unsigned int base, unsigned long *res);
int __must_check kstrtol(const char *s, unsigned int base, long *res);
int __must_check kstrtouint(const char *s, unsigned int base, unsigned int *res);
int __must_check kstrtoint(const char *s, unsigned int base, int *res);
int __must_check kstrtou16(const char *s, unsigned int base, u16 *res);
int __must_check kstrtos16(const char *s, unsigned int base, s16 *res);
int __must_check kstrtou8(const char *s, unsigned int base, u8 *res);
int __must_check kstrtos8(const char *s, unsigned int base, s8 *res);
int __must_check kstrtobool(const char *s, bool *res);

/* Always a string, of at most @size bytes with its end. Its length, or -E2BIG if it was cut. */
ssize_t strscpy(char *dst, const char *src, size_t size);

/* The bytes that were written, without the end: never more than there was room for. */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args);

#endif
