/* SPDX-License-Identifier: MIT */
#include "fs_test.h"

int fs_up(void **state)
{
	struct machine_config cfg;

	if (machine_is_up()) { /* what a test that failed has left */
		vfs_exit();
		machine_halt();
	}
	machine_config_init(&cfg);
	assert_int_equal(machine_config_parse(&cfg, "mem=64M,cpus=2"), 0);
	assert_int_equal(machine_boot(&cfg), 0);
	assert_int_equal(vfs_init(), 0);
	return 0;
}

int fs_down(void **state)
{
	assert_int_equal(vfs_release_all(), 0);
	vfs_exit();
	assert_int_equal(node_count(), 0);
	machine_idle();
	assert_int_equal(machine_check(), 0);
	assert_int_equal(machine_halt(), 0);
	return 0;
}

struct file *must_open(const char *path, unsigned int flags)
{
	struct file *file = NULL;

	assert_int_equal(vfs_open_path(path, flags, &file), 0);
	assert_non_null(file);
	return file;
}

char *all_of(struct file *file, size_t piece)
{
	size_t size = 1 << 20, len = 0;
	char *text = malloc(size + 1);
	loff_t pos = 0;
	ssize_t n;

	do {
		assert_true(len + piece <= size);
		n = vfs_read(file, text + len, piece, &pos);
		assert_in_range(n, 0, piece);
		len += (size_t)n;
		assert_int_equal(pos, len);
	} while (n);
	text[len] = '\0';
	return text;
}

char *text_of(const char *path)
{
	struct file *file = must_open(path, O_RDONLY);
	char *text = all_of(file, 4096);

	vfs_release(file);
	return text;
}

void assert_text(const char *path, const char *should)
{
	char *text = text_of(path);

	assert_string_equal(text, should);
	free(text);
}

ssize_t put(const char *path, const char *text)
{
	struct file *file = must_open(path, O_WRONLY);
	ssize_t ret = vfs_write(file, (char __user *)(uintptr_t)text, strlen(text), NULL);

	vfs_release(file);
	return ret;
}
