/* SPDX-License-Identifier: MIT */
/*
 * seq_file.h - text made for a reader.
 *
 * The printing half (seq_printf and friends) writes into host memory, takes no emulated page and
 * needs no file: a test prints into a seq_file of its own with seq_buffer_open(). The file half
 * (seq_open ... seq_release) serves a pass from one snapshot: a read at offset 0 makes it anew,
 * later offsets read what was made. All snapshots together are bounded by SEQ_BUDGET: a new one that
 * finds no room makes those forgotten that nobody reads at the moment (who goes on reads the rest of
 * one that is made then); one that does not fit even so fails with -ENOMEM.
 *
 * Context: printing: any but a spinlock held for long; the file half may sleep.
 */
#ifndef KMEM_SEQ_FILE_H
#define KMEM_SEQ_FILE_H

#include <stdarg.h>
#include <kmem/types.h>

#define SEQ_BUDGET (64ul << 20) /* bytes of all snapshots alive */

struct file;
struct inode;
struct seq_operations;

struct seq_file {
	char *buf;
	size_t size;  /* bytes that buf can take */
	size_t count; /* bytes in it */
	bool overflow;
	loff_t index;
	const struct seq_operations *op;
	struct file *file;
	void *private;
};

struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	int (*show)(struct seq_file *m, void *v);
};

#define SEQ_SKIP	1
#define SEQ_START_TOKEN ((void *)1)

void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_vprintf(struct seq_file *m, const char *fmt, va_list args);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
int seq_write(struct seq_file *m, const void *data, size_t len); /* 0 or -1 when full */
bool seq_has_overflowed(struct seq_file *m);

/* A seq_file without a file. seq_buffer_text() is a string, valid until the next print. */
void seq_buffer_open(struct seq_file *m);
const char *seq_buffer_text(struct seq_file *m);
void seq_buffer_reset(struct seq_file *m);
void seq_buffer_release(struct seq_file *m);

/* The file half: methods for struct file_operations and struct proc_ops. 0 or -errno. */
int seq_open(struct file *file, const struct seq_operations *op);
void *__seq_open_private(struct file *file, const struct seq_operations *op, int psize);
int seq_open_private(struct file *file, const struct seq_operations *op, int psize);
int seq_release(struct inode *inode, struct file *file);
int seq_release_private(struct inode *inode, struct file *file);
int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data);
int single_release(struct inode *inode, struct file *file);
ssize_t seq_read(struct file *file, char __user *buf, size_t size, loff_t *ppos);
loff_t seq_lseek(struct file *file, loff_t offset, int whence);

/* For ->start and ->next over a list that a lock protects; seq_list_start_head() begins with @head. */
struct list_head;
struct list_head *seq_list_start(struct list_head *head, loff_t pos);
struct list_head *seq_list_start_head(struct list_head *head, loff_t pos);
struct list_head *seq_list_next(void *v, struct list_head *head, loff_t *ppos);

/*
 * name##_fops, a struct file_operations, made from int name##_show(struct seq_file *, void *), and
 * name##_proc_ops, a struct proc_ops; or from name##_sops, a struct seq_operations. The includer has
 * fs.h or proc_fs.h.
 */
#define DEFINE_SHOW_ATTRIBUTE(name)                                      \
	static int name##_open(struct inode *inode, struct file *file)   \
	{                                                                \
		return single_open(file, name##_show, inode->i_private); \
	}                                                                \
	static const struct file_operations name##_fops = {              \
		.owner = THIS_MODULE,                                    \
		.open = name##_open,                                     \
		.read = seq_read,                                        \
		.llseek = seq_lseek,                                     \
		.release = single_release,                               \
	}
#define DEFINE_PROC_SHOW_ATTRIBUTE(name)                                \
	static int name##_open(struct inode *inode, struct file *file)  \
	{                                                               \
		return single_open(file, name##_show, pde_data(inode)); \
	}                                                               \
	static const struct proc_ops name##_proc_ops = {                \
		.proc_open = name##_open,                               \
		.proc_read = seq_read,                                  \
		.proc_lseek = seq_lseek,                                \
		.proc_release = single_release,                         \
	}
#define DEFINE_SEQ_ATTRIBUTE(name)                                     \
	static int name##_open(struct inode *inode, struct file *file) \
	{                                                              \
		return seq_open(file, &name##_sops);                   \
	}                                                              \
	static const struct file_operations name##_fops = {            \
		.owner = THIS_MODULE,                                  \
		.open = name##_open,                                   \
		.read = seq_read,                                      \
		.llseek = seq_lseek,                                   \
		.release = seq_release,                                \
	}

#endif
