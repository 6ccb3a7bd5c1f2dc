/* SPDX-License-Identifier: MIT */
/*
 * Random operations on a device beside a shadow of it in plain memory; after each the sizes
 * agree, and what is read is what the shadow holds. The seed is printed; SCULL_SEED repeats a
 * run, SCULL_STEPS makes it longer.
 */
#include "scull/core.h"
#include "scull_test.h"

#define ROOM (300 * 1024) /* no position lies beyond */

static unsigned char shadow[ROOM], buf[ROOM];
static size_t size;
static u64 rng;

static unsigned int roll(unsigned int n)
{
	rng = rng * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)(rng >> 33) % n;
}

/* A position, often at or near a multiple of @edge. */
static size_t roll_pos(size_t edge, size_t limit)
{
	size_t pos = roll((unsigned int)limit);

	if (roll(2))
		pos = pos / edge * edge + roll(5) - 2;
	return pos < limit ? pos : limit - 1;
}

static void compare(struct file *file, size_t pos, size_t len)
{
	size_t expect = pos >= size ? 0 : min(len, size - pos);

	assert_int_equal(dev_read(file, buf, len, (loff_t)pos), expect);
	assert_memory_equal(buf, shadow + pos, expect);
}

static void compare_space(struct file *file, size_t pos)
{
	loff_t data, hole, i;

	if (pos >= size)
		return;
	data = vfs_llseek(file, (loff_t)pos, SEEK_DATA);
	hole = vfs_llseek(file, (loff_t)pos, SEEK_HOLE);
	if (data == -ENXIO)
		data = (loff_t)size;
	assert_in_range(data, pos, size);
	assert_in_range(hole, pos, size);
	assert_true((data == (loff_t)pos) != (hole == (loff_t)pos));
	for (i = (loff_t)pos; i < data; i++)
		assert_int_equal(shadow[i], 0);
}

static void change_size(struct file *file, size_t to)
{
	assert_int_equal(dev_truncate(file, (loff_t)to), 0);
	if (to < size)
		memset(shadow + to, 0, size - to);
	size = to;
}

static void step(const struct family *f, struct file **file, size_t edge)
{
	size_t pos = roll_pos(edge, ROOM), len = 1 + roll(roll(4) ? 3000 : 60000), i;

	len = min(len, ROOM - pos);
	switch (roll(14)) {
	case 0:
	case 1:
	case 2:
	case 3:
		for (i = 0; i < len; i++)
			buf[i] = (unsigned char)roll(256);
		memcpy(shadow + pos, buf, len);
		assert_int_equal(dev_write(*file, buf, len, (loff_t)pos), len);
		size = max(size, pos + len);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		compare(*file, pos, len);
		break;
	case 8:
		change_size(*file, roll(30) ? pos : 0);
		break;
	case 9:
	case 10:
		assert_int_equal(dev_punch(*file, (loff_t)pos, (loff_t)len), 0);
		memset(shadow + pos, 0, len);
		break;
	case 11:
		i = roll(2);
		assert_int_equal(vfs_fallocate(*file, i ? FALLOC_FL_KEEP_SIZE : 0, (loff_t)pos,
					       (loff_t)len),
				 0);
		if (!i)
			size = max(size, pos + len);
		break;
	case 12:
		compare_space(*file, pos);
		break;
	case 13:
		vfs_release(*file);
		if (!roll(20)) {
			vfs_release(dev_open(f->name, 2, O_WRONLY));
			memset(shadow, 0, size);
			size = 0;
		}
		*file = dev_open(f->name, 2, O_RDWR);
	}
	assert_int_equal(dev_size(*file), size);
}

static void stress(const struct family *f, u64 seed, int steps)
{
	int rounds = 12, round, i;

	print_message("%s: SCULL_SEED=%llu\n", f->name, (unsigned long long)seed);
	rng = seed;
	for (round = 0; round < rounds; round++) {
		int unit = f->order ? (int)roll(3) : 1 + (int)roll(roll(2) ? 100 : 9000);
		struct file *file;

		if (!strcmp(f->name, "scullc"))
			unit = f->unit;
		file = dev_open_shaped(f, 2, unit, 1 + (int)roll(9));
		memset(shadow, 0, sizeof(shadow));
		size = 0;
		for (i = 0; i < steps / rounds; i++) {
			step(f, &file, unit_bytes(f, unit));
			assert_int_equal(scull_check(file->private_data), 0);
			if (i % 64 == 0)
				assert_int_equal(machine_check(), 0);
		}
		compare(file, 0, ROOM);
		assert_int_equal(dev_truncate(file, 0), 0);
		vfs_release(file);
	}
}

static void stress_all(void **state)
{
	const char *seed = getenv("SCULL_SEED"), *steps = getenv("SCULL_STEPS");
	const struct family *f;

	world_up("mem=64M,cpus=2");
	for_each_family(f)
		stress(f, seed ? strtoull(seed, NULL, 0) : 20260101, steps ? atoi(steps) : 3000);
	world_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(stress_all) };

	return cmocka_run_group_tests_name("scull/stress", tests, NULL, NULL);
}
