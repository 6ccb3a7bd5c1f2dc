/* SPDX-License-Identifier: MIT */
/* Every command of the four families: result, errors and effect. */
#include "scull_test.h"

enum { SET, TELL, GET, QUERY, EXCHANGE, SHIFT, NR_ACTIONS };

struct value {
	unsigned int cmd[NR_ACTIONS];
	int first;     /* the default */
	int low, high; /* the least and the greatest that work */
	bool fixed;
};

#define QSET_MAX 524288 /* pointers in the largest kmalloc object */

#define SIX(family, what)                                                              \
	{                                                                              \
		family##_IOCS##what, family##_IOCT##what, family##_IOCG##what,         \
			family##_IOCQ##what, family##_IOCX##what, family##_IOCH##what, \
	}

static const struct value values[NR_FAMILIES][2] = {
	{ { SIX(SCULL, QUANTUM), 4000, 1, 4 << 20, false },
	  { SIX(SCULL, QSET), 1000, 1, QSET_MAX, false } },
	{ { SIX(SCULLC, QUANTUM), 4000, 4000, 4000, true },
	  { SIX(SCULLC, QSET), 500, 1, QSET_MAX, false } },
	{ { SIX(SCULLP, ORDER), 0, 0, 10, false }, { SIX(SCULLP, QSET), 500, 1, QSET_MAX, false } },
	{ { SIX(SCULLV, ORDER), 4, 0, 10, false }, { SIX(SCULLV, QSET), 500, 1, QSET_MAX, false } },
};

static int setup(void **state)
{
	world_up("mem=64M,cpus=2");
	return 0;
}

static int teardown(void **state)
{
	current->client_pid = 0;
	world_down();
	return 0;
}

/* The numbers that clients were compiled with. */
static void numbers(void **state)
{
	assert_int_equal(SCULL_IOCRESET, 0x6b00);
	assert_int_equal(SCULL_IOCSQSET, 0x40046b02);
	assert_int_equal(SCULL_IOCTQUANTUM, 0x6b03);
	assert_int_equal(SCULL_IOCGQSET, 0x80046b06);
	assert_int_equal(SCULL_IOCQQUANTUM, 0x6b07);
	assert_int_equal(SCULL_IOCXQUANTUM, 0xc0046b09);
	assert_int_equal(SCULL_IOCHQSET, 0x6b0c);
	assert_int_equal(SCULL_P_IOCTSIZE, 0x6b0d);
	assert_int_equal(SCULL_P_IOCQSIZE, 0x6b0e);
	assert_int_equal(SCULLP_IOCSORDER, 0x40044b01);
	assert_int_equal(SCULLP_IOCTORDER, 0x4b02);
	assert_int_equal(SCULLP_IOCGORDER, 0x80044b03);
	assert_int_equal(SCULLP_IOCQORDER, 0x4b04);
	assert_int_equal(SCULLP_IOCXORDER, 0xc0044b05);
	assert_int_equal(SCULLP_IOCHORDER, 0x4b06);
	assert_int_equal(SCULLV_IOCSQSET, 0x40044b07);
	assert_int_equal(SCULLC_IOCQQSET, 0x4b0a);
	assert_int_equal(SCULLC_IOCHQSET, 0x4b0c);
}

static void one_value(struct file *file, const struct value *v, unsigned int reset)
{
	int a = v->fixed ? v->first : v->low, b = v->fixed ? v->first : v->low + 3, arg;

	assert_int_equal(vfs_ioctl(file, v->cmd[QUERY], 0), v->first);
	arg = a;
	assert_int_equal(vfs_ioctl(file, v->cmd[SET], (unsigned long)&arg), 0);
	assert_int_equal(vfs_ioctl(file, v->cmd[QUERY], 0), a);
	assert_int_equal(vfs_ioctl(file, v->cmd[TELL], (unsigned long)b), 0);
	arg = -1;
	assert_int_equal(vfs_ioctl(file, v->cmd[GET], (unsigned long)&arg), 0);
	assert_int_equal(arg, b);
	arg = a;
	assert_int_equal(vfs_ioctl(file, v->cmd[EXCHANGE], (unsigned long)&arg), 0);
	assert_int_equal(arg, b);
	assert_int_equal(vfs_ioctl(file, v->cmd[SHIFT], (unsigned long)v->high), a);
	assert_int_equal(vfs_ioctl(file, v->cmd[QUERY], 0), v->high);
	assert_int_equal(vfs_ioctl(file, reset, 0), 0);
	assert_int_equal(vfs_ioctl(file, v->cmd[QUERY], 0), v->first);
}

static void bad_values(struct file *file, const struct value *v)
{
	const long bad[] = { v->low - 1, v->high + 1, -1, INT32_MAX, INT32_MIN, UINT32_MAX };
	size_t i;
	int arg;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		arg = (int)bad[i];
		assert_int_equal(vfs_ioctl(file, v->cmd[SET], (unsigned long)&arg), -EINVAL);
		assert_int_equal(vfs_ioctl(file, v->cmd[EXCHANGE], (unsigned long)&arg), -EINVAL);
		assert_int_equal(arg, (int)bad[i]);
		assert_int_equal(vfs_ioctl(file, v->cmd[TELL], (unsigned long)bad[i]), -EINVAL);
		assert_int_equal(vfs_ioctl(file, v->cmd[SHIFT], (unsigned long)bad[i]), -EINVAL);
	}
	assert_int_equal(vfs_ioctl(file, v->cmd[TELL], (1ul << 32) | (unsigned long)v->low),
			 -EINVAL);
	assert_int_equal(vfs_ioctl(file, v->cmd[QUERY], 0), v->first);
}

static void bad_pointers(struct file *file, const struct value *v)
{
	int host = v->first;
	struct user_window lent = { 0x1000, sizeof(host), &host, true };

	user_windows_set(&lent, 1);
	assert_int_equal(vfs_ioctl(file, v->cmd[SET], 0x2000), -EFAULT);
	assert_int_equal(vfs_ioctl(file, v->cmd[GET], 0x1001), -EFAULT);
	assert_int_equal(vfs_ioctl(file, v->cmd[EXCHANGE], 0), -EFAULT);
	host = v->first;
	assert_int_equal(vfs_ioctl(file, v->cmd[SET], 0x1000), 0);
	assert_int_equal(vfs_ioctl(file, v->cmd[QUERY], 0), v->first);
	user_windows_set(NULL, 0);
}

static void not_allowed(struct file *file, const struct value *v)
{
	int arg = v->low;

	set_machine_owner(1000);
	current->client_pid = 1;
	current->uid = 1001;
	assert_int_equal(vfs_ioctl(file, v->cmd[SET], (unsigned long)&arg), -EPERM);
	assert_int_equal(vfs_ioctl(file, v->cmd[TELL], (unsigned long)arg), -EPERM);
	assert_int_equal(vfs_ioctl(file, v->cmd[EXCHANGE], (unsigned long)&arg), -EPERM);
	assert_int_equal(vfs_ioctl(file, v->cmd[SHIFT], (unsigned long)arg), -EPERM);
	assert_int_equal(vfs_ioctl(file, v->cmd[QUERY], 0), v->first);
	assert_int_equal(vfs_ioctl(file, v->cmd[GET], (unsigned long)&arg), 0);
	current->uid = 1000;
	assert_int_equal(vfs_ioctl(file, v->cmd[TELL], (unsigned long)v->first), 0);
	current->uid = 0;
	assert_int_equal(vfs_ioctl(file, v->cmd[TELL], (unsigned long)v->first), 0);
	current->client_pid = 0;
}

static void every_command(void **state)
{
	int i, w;

	for (i = 0; i < NR_FAMILIES; i++) {
		struct file *file = dev_open(families[i].name, 0, O_RDWR);

		for (w = 0; w < 2; w++) {
			one_value(file, &values[i][w], families[i].reset);
			bad_values(file, &values[i][w]);
			bad_pointers(file, &values[i][w]);
			not_allowed(file, &values[i][w]);
		}
		vfs_release(file);
	}
}

/* All 65536 letters and numbers with all directions and a few sizes: only ours are known. */
static void unknown_commands(void **state)
{
	static const unsigned int sizes[] = { 0, 1, 4, 8 };
	const struct family *f;
	unsigned int dir, s, word;

	for_each_family(f) {
		struct file *file = dev_open(f->name, 0, O_RDWR);
		unsigned int letter = strcmp(f->name, "scull") ? 'K' : 'k';
		int known = 0, arg = -1;

		for (dir = 0; dir < 4; dir++)
			for (s = 0; s < ARRAY_SIZE(sizes); s++)
				for (word = 0; word < 0x10000; word++) {
					unsigned int cmd = _IOC(dir, word >> 8, word & 0xff,
								sizes[s]);
					long ret;

					ret = vfs_ioctl(file, cmd,
							dir ? (unsigned long)&arg : -1ul);
					if (ret == -ENOTTY)
						continue;
					assert_int_equal(_IOC_TYPE(cmd), letter);
					known++;
					arg = -1;
				}
		assert_int_equal(known, letter == 'k' ? 15 : 13);
		vfs_release(file);
	}
}

static void taken_over_at_the_next_trim(void **state)
{
	const struct family *f;

	for_each_family(f) {
		struct file *file = dev_open(f->name, 0, O_RDWR);
		int unit = f->order ? 1 : 100;
		char *text, line[100];

		if (!strcmp(f->name, "scullc"))
			unit = f->unit;
		assert_int_equal(dev_write(file, "old", 3, 0), 3);
		assert_int_equal(vfs_ioctl(file, f->tell_unit, (unsigned long)unit), 0);
		assert_int_equal(vfs_ioctl(file, f->tell_qset, 7), 0);
		assert_int_equal(dev_write(file, "er", 2, 3), 2);
		snprintf(line, sizeof(line), "\nDevice 0: qset %d, %s %d, sz 5\n", f->qset,
			 f->unit_word, f->unit);
		text = proc_text(f->proc);
		assert_non_null(strstr(text, line));
		free(text);

		vfs_release(dev_open(f->name, 0, O_WRONLY));
		snprintf(line, sizeof(line), "\nDevice 0: qset 7, %s %d, sz 0\n", f->unit_word,
			 unit);
		text = proc_text(f->proc);
		assert_non_null(strstr(text, line));
		free(text);
		vfs_release(file);
	}
}

static void pipe_size(void **state)
{
	struct file *file = dev_open("scull", 0, O_RDWR);

	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCQSIZE, 0), 4000);
	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCTSIZE, 8000), 0);
	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCTSIZE, 0), -EINVAL);
	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCQSIZE, 0), 8000);
	vfs_release(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test_setup_teardown(every_command, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_commands, setup, teardown),
		cmocka_unit_test_setup_teardown(taken_over_at_the_next_trim, setup, teardown),
		cmocka_unit_test_setup_teardown(pipe_size, setup, teardown),
	};

	return cmocka_run_group_tests_name("scull/ioctl", tests, NULL, NULL);
}
