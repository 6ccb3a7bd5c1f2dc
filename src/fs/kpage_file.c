// SPDX-License-Identifier: MIT
/*
 * kpage_file.c - proc/kpageflags and proc/kpagecount: arrays of u64, one for each page frame.
 *
 * There is no text and no snapshot: frame n's word is at 8 * n, made when it is read, so that a
 * reader pays for the frames it asks for and no more. Offset and length are multiples of 8, or
 * the read is -EINVAL; at the end of memory it is short, and 0 beyond.
 *
 * Locks: none here; see mm/kpage.c.
 */
#include <kmem/machine.h>
#include <kmem/proc_fs.h>
#include <kmem/uaccess.h>

#include "../mm/kpage.h"
#include "kpage_file.h"

#define WORD		sizeof(u64)
#define WORDS_AT_A_TIME 512

typedef size_t words_of_t(unsigned long pfn, u64 *words, size_t nr);

static ssize_t copy_words(words_of_t *words_of, char __user *buf, size_t count, loff_t *pos)
{
	u64 words[WORDS_AT_A_TIME];
	ssize_t done = 0;

	if (*pos < 0 || *pos % WORD || count % WORD)
		return -EINVAL;
	if (*pos == 0)
		machine_idle();
	while ((size_t)done < count) {
		size_t want = min((count - done) / WORD, (size_t)WORDS_AT_A_TIME);
		size_t got = words_of((unsigned long)(*pos / WORD), words, want);

		if (!got)
			break;
		if (copy_to_user(buf + done, words, got * WORD))
			return done ? done : -EFAULT;
		done += got * WORD;
		*pos += got * WORD;
	}
	return done;
}

static ssize_t kpageflags_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	return copy_words(kpageflags, buf, count, pos);
}

static ssize_t kpagecount_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	return copy_words(kpagecount, buf, count, pos);
}

static const struct proc_ops kpageflags_ops = {
	.proc_read = kpageflags_read,
	.proc_lseek = seq_lseek,
};

static const struct proc_ops kpagecount_ops = {
	.proc_read = kpagecount_read,
	.proc_lseek = seq_lseek,
};

int kpage_files_init(void)
{
	if (!proc_create("kpageflags", 0400, NULL, &kpageflags_ops) ||
	    !proc_create("kpagecount", 0400, NULL, &kpagecount_ops))
		return -ENOMEM;
	return 0;
}
