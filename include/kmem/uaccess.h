/* SPDX-License-Identifier: MIT */
/*
 * uaccess.h - the client's memory, as a driver sees it.
 *
 * A client's address is a number that only means something in its own process. While a request
 * is served, the bridge lends the driver *windows*: client address ranges with the bytes that
 * travelled with the request behind them. Everything outside is -EFAULT. A thread without
 * windows that serves no request (a test, another driver) passes plain pointers, as a kernel
 * thread after set_fs(KERNEL_DS) did.
 *
 * Context: may sleep, as in the kernel.
 */
#ifndef KMEM_UACCESS_H
#define KMEM_UACCESS_H

#include <kmem/types.h>

struct user_window {
	unsigned long start; /* client address of the first byte */
	size_t len;
	void *host; /* where those bytes are now */
	bool writable;
};

/* Installs @n windows for the calling thread; n = 0 with user = NULL takes them away. */
void user_windows_set(const struct user_window *user, unsigned int n);

/* Return the number of bytes that could NOT be copied: 0 is success. */
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long clear_user(void __user *to, unsigned long n);
/* Copies a string of at most @count bytes; returns its length, or -EFAULT. */
long strncpy_from_user(char *dst, const char __user *src, long count);
bool access_ok(const void __user *addr, unsigned long size);

/*
 * Copies in memory of kmalloc() (vmemdup_user(): of kvmalloc()) for the caller to free: of @len bytes,
 * the same with a 0 behind, or a string of at most @n bytes with its end. ERR_PTR(): -EFAULT, -ENOMEM,
 * -EINVAL for a string that is longer or none. May sleep.
 */
void *memdup_user(const void __user *src, size_t len);
void *vmemdup_user(const void __user *src, size_t len);
void *memdup_user_nul(const void __user *src, size_t len);
char *strndup_user(const char __user *src, long n);

/* kstrto*() of string.h on what a write brought. 0, -EFAULT, -EINVAL, -ERANGE. */
int __must_check kstrtoull_from_user(const char __user *s, size_t count, unsigned int base,
				     unsigned long long *res);
int __must_check kstrtoul_from_user(const char __user *s, size_t count, unsigned int base,
				    unsigned long *res);
int __must_check kstrtouint_from_user(const char __user *s, size_t count, unsigned int base,
				      unsigned int *res);
int __must_check kstrtoint_from_user(const char __user *s, size_t count, unsigned int base,
				     int *res);
int __must_check kstrtobool_from_user(const char __user *s, size_t count, bool *res);

/* 0 or -EFAULT. */
#define put_user(x, ptr)                                                \
	({                                                              \
		__typeof__(*(ptr)) put_ = (x);                          \
		copy_to_user((ptr), &put_, sizeof(put_)) ? -EFAULT : 0; \
	})
#define get_user(x, ptr)                                                             \
	({                                                                           \
		__typeof__(*(ptr)) get_ = 0;                                         \
		int err_ = copy_from_user(&get_, (ptr), sizeof(get_)) ? -EFAULT : 0; \
		(x) = (__typeof__(x))get_;                                           \
		err_;                                                                \
	})
#define __put_user(x, ptr) put_user(x, ptr)
#define __get_user(x, ptr) get_user(x, ptr)

#endif
