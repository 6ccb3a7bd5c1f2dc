/* SPDX-License-Identifier: MIT */
/* Length, holes and preallocation on every device. */
#include "scull_test.h"

static void fill(struct file *file, loff_t pos, size_t len, unsigned char byte)
{
	unsigned char *buf = malloc(len);

	memset(buf, byte, len);
	assert_int_equal(dev_write(file, buf, len, pos), len);
	free(buf);
}

/* Quanta that the device's file in proc/ shows; qset is large enough for one item. */
static int quanta(const struct family *f)
{
	char *text = proc_text(f->proc), *p, *end = strstr(text, "\nDevice 1:");
	int n = 0;

	*end = '\0';
	for (p = text; (p = strstr(p, "\n    ")); p++)
		n++;
	free(text);
	return n;
}

/* Is the device seen to have memory for @n quanta? */
static void expect_quanta(struct file *file, long n, long quantum)
{
	struct stat st;

	node_stat(inode_node(file_inode(file)), &st);
	assert_int_equal(st.st_blocks, (n * quantum + 511) / 512);
}

/* What stat() says of a file with holes is the memory that it has, and not its length. */
static void blocks(void **state)
{
	const struct family *f;

	for_each_family(f) {
		int unit = f->order ? 0 : f->unit;
		long q = (long)unit_bytes(f, unit);
		struct file *file = dev_open_shaped(f, 0, unit, 3);

		expect_quanta(file, 0, q);
		fill(file, 0, 5, 1);
		expect_quanta(file, 1, q);
		fill(file, 1ll << 40, 1, 1);
		expect_quanta(file, 2, q);
		fill(file, 2 * q, (size_t)(2 * q), 1);
		expect_quanta(file, 4, q);
		assert_int_equal(vfs_fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 8 * q), 0);
		expect_quanta(file, 9, q);
		assert_int_equal(dev_punch(file, 1, 4 * q - 1), 0);
		expect_quanta(file, 6, q);
		assert_int_equal(vfs_fallocate(file, 0, 0, 1ll << 40), -ENOMEM);
		expect_quanta(file, 6, q);
		assert_int_equal(dev_write(file, (void *)8, 10, q), -EFAULT);
		expect_quanta(file, 6, q);
		assert_int_equal(dev_truncate(file, 5 * q), 0);
		expect_quanta(file, 2, q);
		assert_int_equal(dev_truncate(file, 0), 0);
		expect_quanta(file, 0, q);
		vfs_release(file);
	}
}

static void shorter_and_longer(void **state)
{
	const struct family *f;

	for_each_family(f) {
		int unit = f->order ? 0 : f->unit;
		long q = (long)unit_bytes(f, unit);
		struct file *file = dev_open_shaped(f, 0, unit, 100);

		fill(file, 0, (size_t)(10 * q), 0x55);
		assert_int_equal(quanta(f), 10);
		assert_int_equal(dev_truncate(file, 5 * q + 7), 0);
		assert_int_equal(dev_size(file), 5 * q + 7);
		assert_int_equal(quanta(f), 6);
		assert_int_equal(dev_truncate(file, 20 * q), 0);
		assert_int_equal(quanta(f), 6);
		expect_bytes(file, 0, (size_t)(5 * q + 7), 0x55);
		expect_bytes(file, 5 * q + 7, (size_t)(15 * q - 7), 0);
		assert_int_equal(dev_truncate(file, 3 * q), 0);
		assert_int_equal(quanta(f), 3);
		assert_int_equal(dev_truncate(file, -1), -EINVAL);
		assert_int_equal(dev_truncate(file, (1ll << 62) + 1), -EFBIG);
		assert_int_equal(dev_truncate(file, 1ll << 62), 0);
		assert_int_equal(quanta(f), 3);
		assert_int_equal(dev_truncate(file, 0), 0);
		assert_int_equal(quanta(f), 0);
		vfs_release(file);
	}
}

static void holes(void **state)
{
	const struct family *f;

	for_each_family(f) {
		int unit = f->order ? 0 : f->unit;
		long q = (long)unit_bytes(f, unit);
		struct file *file = dev_open_shaped(f, 0, unit, 100);

		fill(file, 0, (size_t)(10 * q), 0x55);
		assert_int_equal(dev_punch(file, 2 * q + 1, 3 * q), 0);
		assert_int_equal(quanta(f), 8);
		assert_int_equal(dev_size(file), 10 * q);
		expect_bytes(file, 0, (size_t)(2 * q + 1), 0x55);
		expect_bytes(file, 2 * q + 1, (size_t)(3 * q), 0);
		expect_bytes(file, 5 * q + 1, (size_t)(5 * q - 1), 0x55);

		assert_int_equal(vfs_llseek(file, 0, SEEK_HOLE), 3 * q);
		assert_int_equal(vfs_llseek(file, 3 * q + 5, SEEK_HOLE), 3 * q + 5);
		assert_int_equal(vfs_llseek(file, 3 * q, SEEK_DATA), 5 * q);
		assert_int_equal(vfs_llseek(file, 5 * q, SEEK_HOLE), 10 * q);
		assert_int_equal(vfs_llseek(file, 10 * q, SEEK_HOLE), -ENXIO);
		assert_int_equal(vfs_llseek(file, 10 * q, SEEK_DATA), -ENXIO);
		assert_int_equal(vfs_llseek(file, -1, SEEK_DATA), -ENXIO);

		/* Inside a quantum; to the end of the device; all of it. */
		assert_int_equal(dev_punch(file, q + 10, 20), 0);
		expect_bytes(file, q + 10, 20, 0);
		expect_bytes(file, q + 30, 10, 0x55);
		assert_int_equal(quanta(f), 8);
		assert_int_equal(dev_truncate(file, 10 * q - 5), 0);
		assert_int_equal(dev_punch(file, 9 * q, q - 5), 0);
		assert_int_equal(quanta(f), 7);
		assert_int_equal(vfs_llseek(file, 9 * q, SEEK_DATA), -ENXIO);
		assert_int_equal(dev_punch(file, 0, 1ll << 62), 0);
		assert_int_equal(quanta(f), 0);
		assert_int_equal(dev_size(file), 10 * q - 5);
		vfs_release(file);
	}
}

static void holes_over_sets(void **state)
{
	const struct family *f;

	for_each_family(f) {
		int unit = f->order ? 0 : f->unit;
		long q = (long)unit_bytes(f, unit);
		struct file *file = dev_open_shaped(f, 0, unit, 2);

		fill(file, 0, (size_t)(200 * q), 0x55);
		assert_int_equal(vfs_llseek(file, 0, SEEK_HOLE), 200 * q);
		assert_int_equal(dev_punch(file, 3 * q, 180 * q), 0);
		assert_int_equal(vfs_llseek(file, 0, SEEK_HOLE), 3 * q);
		assert_int_equal(vfs_llseek(file, 4 * q, SEEK_DATA), 183 * q);
		expect_bytes(file, 3 * q, (size_t)(180 * q), 0);
		expect_bytes(file, 183 * q, (size_t)(17 * q), 0x55);
		vfs_release(file);
	}
}

static void preallocation(void **state)
{
	const struct family *f;

	for_each_family(f) {
		int unit = f->order ? 0 : f->unit;
		long q = (long)unit_bytes(f, unit);
		struct file *file = dev_open_shaped(f, 0, unit, 100);

		fill(file, q, 10, 0x55);
		assert_int_equal(vfs_fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 4 * q), 0);
		assert_int_equal(quanta(f), 4);
		assert_int_equal(dev_size(file), q + 10);
		assert_int_equal(vfs_fallocate(file, 0, 3 * q, 2 * q + 1), 0);
		assert_int_equal(quanta(f), 6);
		assert_int_equal(dev_size(file), 5 * q + 1);
		expect_bytes(file, 0, (size_t)q, 0);
		expect_bytes(file, q, 10, 0x55);
		expect_bytes(file, q + 10, (size_t)(4 * q - 9), 0);

		assert_int_equal(vfs_fallocate(file, 0, -1, 1), -EINVAL);
		assert_int_equal(vfs_fallocate(file, 0, 0, 0), -EINVAL);
		assert_int_equal(vfs_fallocate(file, 0, 1ll << 62, 1), -EFBIG);
		assert_int_equal(vfs_fallocate(file, 0, INT64_MAX, INT64_MAX), -EFBIG);
		assert_int_equal(vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE, 0, 1), -EOPNOTSUPP);
		assert_int_equal(vfs_fallocate(file, 0x40, 0, 1), -EOPNOTSUPP);

		/* More than there is: nothing is kept of it, what was there is. */
		assert_int_equal(vfs_fallocate(file, 0, 0, 1ll << 40), -ENOMEM);
		assert_int_equal(dev_size(file), 5 * q + 1);
		assert_int_equal(quanta(f), 6);
		expect_bytes(file, q, 10, 0x55);
		vfs_release(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scull_test(blocks),	     scull_test(shorter_and_longer), scull_test(holes),
		scull_test(holes_over_sets), scull_test(preallocation),
	};

	return cmocka_run_group_tests_name("scull/space", tests, NULL, NULL);
}
