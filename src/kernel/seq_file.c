// SPDX-License-Identifier: MIT
/*
 * seq_file.c - the printing half of seq_file: text grows in host memory.
 *
 * Looking must not change what is seen: a printer runs while the machine has no page left, or
 * while the page allocator is what it prints. So nothing here takes an emulated page; the buffer
 * is the host's and doubles as it fills.
 *
 * All buffers together are bounded by SEQ_BUDGET. What does not fit is not printed at all (never
 * half a line) and sets ->overflow, which stays until the buffer is reset. While there is a
 * buffer, count < size: one byte is kept for the end of the string.
 *
 * Locks: a seq_file belongs to the thread that prints into it; the budget is an atomic counter.
 */
#include <stdio.h>
#include <string.h>
#include <kmem/atomic.h>
#include <kmem/seq_file.h>

#include "host.h"

#define SEQ_FIRST_SIZE PAGE_SIZE

static atomic_long_t seq_bytes; /* bytes of all buffers alive */

static bool seq_budget_take(size_t bytes)
{
	if (atomic_long_add_return((long)bytes, &seq_bytes) <= (long)SEQ_BUDGET)
		return true;
	atomic_long_sub((long)bytes, &seq_bytes);
	return false;
}

/* Makes room for @more bytes and the end of the string; sets ->overflow if it cannot. */
static bool seq_reserve(struct seq_file *m, size_t more)
{
	size_t size = m->size ? m->size : SEQ_FIRST_SIZE;
	char *buf;

	if (m->overflow)
		return false;
	if (more < m->size - m->count)
		return true;
	if (more >= SEQ_BUDGET - m->count)
		goto full;
	while (size <= m->count + more)
		size *= 2;
	if (!seq_budget_take(size - m->size))
		goto full;
	buf = host_realloc(m->buf, size);
	if (!buf) {
		atomic_long_sub((long)(size - m->size), &seq_bytes);
		goto full;
	}
	m->buf = buf;
	m->size = size;
	return true;
full:
	m->overflow = true;
	return false;
}

int seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (!seq_reserve(m, len))
		return -1;
	memcpy(m->buf + m->count, data, len);
	m->count += len;
	return 0;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_vprintf(struct seq_file *m, const char *fmt, va_list args)
{
	va_list again;
	size_t room;
	int len;

	if (!seq_reserve(m, 0))
		return;
	room = m->size - m->count;
	va_copy(again, args);
	len = vsnprintf(m->buf + m->count, room, fmt, args);
	if (len >= 0 && (size_t)len >= room) {
		if (seq_reserve(m, len))
			vsnprintf(m->buf + m->count, m->size - m->count, fmt, again);
		else
			len = -1;
	}
	va_end(again);
	if (len > 0)
		m->count += len;
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	seq_vprintf(m, fmt, args);
	va_end(args);
}

bool seq_has_overflowed(struct seq_file *m)
{
	return m->overflow;
}

void seq_buffer_open(struct seq_file *m)
{
	memset(m, 0, sizeof(*m));
}

const char *seq_buffer_text(struct seq_file *m)
{
	if (!m->buf)
		return "";
	m->buf[m->count] = '\0';
	return m->buf;
}

/* Forgets the text; the memory stays for the next pass. */
void seq_buffer_reset(struct seq_file *m)
{
	m->count = 0;
	m->overflow = false;
}

void seq_buffer_release(struct seq_file *m)
{
	host_free(m->buf);
	atomic_long_sub((long)m->size, &seq_bytes);
	m->buf = NULL;
	m->size = 0;
	seq_buffer_reset(m);
}
