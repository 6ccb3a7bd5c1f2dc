// SPDX-License-Identifier: MIT
/*
 * uaccess.c - copies between a driver and the client it serves.
 *
 * A client's pointer means nothing in this process. The windows of a thread say which client
 * addresses may be used and where their bytes are; a copy is cut at the end of its window, and
 * what lies outside is what "could not be copied". Windows are few (one for a read or a write,
 * one for an ioctl's argument), so they are searched one after the other.
 *
 * current->user is NULL outside a request: a test or a thread of the machine passes plain
 * pointers. A request without data has windows too, namely none: then nothing can be reached.
 *
 * Locks: none; the windows are the calling thread's.
 */
#include <string.h>
#include <kmem/sched.h>
#include <kmem/uaccess.h>

void user_windows_set(const struct user_window *user, unsigned int n)
{
	current->user = user;
	current->nr_user = n;
}

/*
 * Where the bytes at client address @addr are, and in *@len how many of the wanted ones follow
 * each other there; NULL if there are none.
 */
static void *user_at(unsigned long addr, size_t *len, bool write)
{
	const struct task_struct *t = current;

	if (!t->user)
		return addr >= PAGE_SIZE ? (void *)addr : NULL;
	for (unsigned int i = 0; i < t->nr_user; i++) {
		const struct user_window *w = &t->user[i];

		if (addr < w->start || addr - w->start >= w->len || (write && !w->writable))
			continue;
		*len = min(*len, w->len - (addr - w->start));
		return (char *)w->host + (addr - w->start);
	}
	return NULL;
}

/*
 * Into a driver's memory, which has mostly not been used for a while. The processor's own copy, as
 * the kernel has it in its copy_from_user(), does not read the lines that it writes; memcpy() takes
 * to it only from twice the size of a page on. Sanitizers see what memcpy() does.
 */
#define OWN_COPY_MIN 1024

static void copy_in(void *to, const void *from, size_t n)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	if (n >= OWN_COPY_MIN) {
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
		return;
	}
#endif
	memcpy(to, from, n);
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	while (n) {
		size_t len = n;
		void *at = user_at((unsigned long)to, &len, true);

		if (!at)
			break;
		memcpy(at, from, len);
		to = (char *)to + len;
		from = (const char *)from + len;
		n -= len;
	}
	return n;
}

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	while (n) {
		size_t len = n;
		const void *at = user_at((unsigned long)from, &len, false);

		if (!at)
			break;
		copy_in(to, at, len);
		to = (char *)to + len;
		from = (const char *)from + len;
		n -= len;
	}
	/* As the kernel does: the driver never sees what its memory held before. */
	if (unlikely(n))
		memset(to, 0, n);
	return n;
}

unsigned long clear_user(void __user *to, unsigned long n)
{
	while (n) {
		size_t len = n;
		void *at = user_at((unsigned long)to, &len, true);

		if (!at)
			break;
		memset(at, 0, len);
		to = (char *)to + len;
		n -= len;
	}
	return n;
}

long strncpy_from_user(char *dst, const char __user *src, long count)
{
	for (long i = 0; i < count; i++) {
		size_t len = 1;
		const char *at = user_at((unsigned long)(src + i), &len, false);

		if (!at)
			return -EFAULT;
		dst[i] = *at;
		if (!*at)
			return i;
	}
	return count;
}

bool access_ok(const void __user *addr, unsigned long size)
{
	unsigned long at = (unsigned long)addr;

	while (size) {
		size_t len = size;

		if (!user_at(at, &len, false))
			return false;
		at += len;
		size -= len;
	}
	return true;
}
