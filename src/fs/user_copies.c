// SPDX-License-Identifier: MIT
/*
 * user_copies.c - what a client has passed, as an object or a number of the driver's.
 *
 * Everything is copied by copy_from_user() (uaccess.c) once and looked at afterwards: the client could
 * change it in between.
 */
#include <kmem/err.h>
#include <kmem/slab.h>
#include <kmem/string.h>
#include <kmem/uaccess.h>

/* @p, or NULL, has room for the bytes; freed by kvfree() if they do not come. */
static void *fill(void *p, const void __user *src, size_t len)
{
	if (!p)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(p, src, len)) {
		kvfree(p);
		return ERR_PTR(-EFAULT);
	}
	return p;
}

void *memdup_user(const void __user *src, size_t len)
{
	return fill(kmalloc_track_caller(len, GFP_KERNEL | __GFP_NOWARN), src, len);
}

void *vmemdup_user(const void __user *src, size_t len)
{
	return fill(kvmalloc(len, GFP_KERNEL | __GFP_NOWARN), src, len);
}

void *memdup_user_nul(const void __user *src, size_t len)
{
	char *p = len < SIZE_MAX ? kmalloc_track_caller(len + 1, GFP_KERNEL | __GFP_NOWARN) : NULL;

	p = fill(p, src, len);
	if (!IS_ERR(p))
		p[len] = '\0';
	return p;
}

char *strndup_user(const char __user *src, long n)
{
	long len = 0;
	char *p, c;

	do {
		if (len >= n)
			return ERR_PTR(-EINVAL);
		if (copy_from_user(&c, src + len++, 1))
			return ERR_PTR(-EFAULT);
	} while (c);
	p = memdup_user(src, (size_t)len);
	if (!IS_ERR(p))
		p[len - 1] = '\0'; /* whatever it is now */
	return p;
}

#define LONGEST_VALUE 70 /* a sign, 64 digits and their prefix, a newline, the end */

/* The text, cut where no value can go on; false: it cannot be read. */
static bool take_text(char *text, const char __user *s, size_t count)
{
	count = min_t(size_t, count, LONGEST_VALUE - 1);
	if (copy_from_user(text, s, count))
		return false;
	text[count] = '\0';
	return true;
}

#define FROM_USER(parse, type)                                                                  \
	int parse##_from_user(const char __user *s, size_t count, unsigned int base, type *res) \
	{                                                                                       \
		char text[LONGEST_VALUE];                                                       \
                                                                                                \
		return take_text(text, s, count) ? parse(text, base, res) : -EFAULT;            \
	}

FROM_USER(kstrtoull, unsigned long long)
FROM_USER(kstrtoul, unsigned long)
FROM_USER(kstrtouint, unsigned int)
FROM_USER(kstrtoint, int)

int kstrtobool_from_user(const char __user *s, size_t count, bool *res)
{
	char text[LONGEST_VALUE];

	return take_text(text, s, count) ? kstrtobool(text, res) : -EFAULT;
}
