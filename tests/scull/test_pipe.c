/* SPDX-License-Identifier: MIT */
/*
 * pipe.c: bytes come out once and in order, whoever has nothing to do waits without a CPU and is
 * woken, and what one who was interrupted leaves is another's.
 *
 * The machine has one CPU: a client that waited on it would stop all others.
 */
#include <poll.h>
#include <kmem/slab.h>
#include "scull_test.h"

#define SIZE 100 /* of the buffer; one byte of it stays free */

struct transfer {
	struct file *file;
	char *buf;
	size_t len;
};

static long do_read(void *arg)
{
	struct transfer *t = arg;

	return vfs_read(t->file, t->buf, t->len, NULL);
}

static long do_write(void *arg)
{
	struct transfer *t = arg;

	return vfs_write(t->file, t->buf, t->len, NULL);
}

/* Loads the drivers and opens a pipe of SIZE bytes. */
static struct file *pipe_up(unsigned int flags)
{
	struct file *file;

	world_up("mem=64M,cpus=1");
	file = dev_open("scull", 0, O_RDWR);
	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCTSIZE, SIZE), 0);
	vfs_release(file);
	return dev_open("scullpipe", 0, flags);
}

static void bytes_in_order(void **state)
{
	struct file *file = pipe_up(O_RDWR | O_NONBLOCK);
	unsigned char in[SIZE], out[SIZE], written = 0, seen = 0;
	size_t round, i;

	for (round = 1; round < 2 * SIZE; round++) {
		size_t len = round * 37 % (SIZE + 20) + 1, left = min(len, (size_t)SIZE - 1);

		for (i = 0; i < sizeof(in); i++)
			in[i] = (unsigned char)(written + i);
		assert_int_equal(vfs_write(file, (char *)in, min(len, sizeof(in)), NULL), left);
		written = (unsigned char)(written + left);
		while (left) {
			ssize_t n = vfs_read(file, (char *)out, round % 11 + 1, NULL);

			assert_in_range(n, 1, round % 11 + 1);
			for (i = 0; i < (size_t)n; i++)
				assert_int_equal(out[i], seen++);
			left -= (size_t)n;
		}
	}
	vfs_release(file);
	world_down();
}

static void nobody_waits_who_will_not(void **state)
{
	struct file *file = pipe_up(O_RDWR | O_NONBLOCK);
	char buf[2 * SIZE] = { 0 };

	assert_int_equal(vfs_read(file, buf, 1, NULL), -EAGAIN);
	assert_int_equal(vfs_read(file, buf, 0, NULL), 0);
	assert_int_equal(vfs_poll(file, NULL), POLLOUT | POLLWRNORM);
	assert_int_equal(vfs_write(file, buf, 1, NULL), 1);
	assert_int_equal(vfs_poll(file, NULL), POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM);
	assert_int_equal(vfs_write(file, buf, sizeof(buf), NULL), SIZE - 2);
	assert_int_equal(vfs_poll(file, NULL), POLLIN | POLLRDNORM);
	assert_int_equal(vfs_write(file, buf, 1, NULL), -EAGAIN);
	assert_int_equal(vfs_write(file, buf, 0, NULL), 0);
	assert_int_equal(vfs_read(file, buf, sizeof(buf), NULL), SIZE - 1);
	assert_int_equal(vfs_llseek(file, 0, SEEK_SET), -ESPIPE);
	assert_int_equal(vfs_truncate(inode_node(file_inode(file)), 0), -EINVAL);
	vfs_release(file);
	world_down();
}

static void readers_and_writers_wait(void **state)
{
	struct file *file = pipe_up(O_RDWR);
	char in[SIZE] = "hello", out[SIZE] = "";
	struct transfer reads = { file, out, sizeof(out) }, writes = { file, in, 2 };
	struct client reader, writer;

	client_start(&reader, 1000, do_read, &reads);
	client_must_wait(&reader);
	assert_int_equal(vfs_write(file, in, 5, NULL), 5);
	assert_int_equal(client_end(&reader), 5);
	assert_string_equal(out, "hello");

	assert_int_equal(vfs_write(file, in, sizeof(in), NULL), SIZE - 1);
	client_start(&writer, 1000, do_write, &writes);
	client_must_wait(&writer);
	assert_int_equal(vfs_read(file, out, 1, NULL), 1);
	assert_int_equal(client_end(&writer), 1); /* what there was room for */
	assert_int_equal(vfs_read(file, out, sizeof(out), NULL), SIZE - 1);
	vfs_release(file);
	world_down();
}

/* Whoever leaves something wakes the next one; so all are served by one write. */
static void many_wait(void **state)
{
	struct file *file = pipe_up(O_RDWR);
	struct transfer reads[40];
	struct client readers[40];
	char in[40], out[40];
	bool seen[40] = { false };
	size_t i;

	for (i = 0; i < 40; i++) {
		in[i] = (char)i;
		reads[i] = (struct transfer){ file, &out[i], 1 };
		client_start(&readers[i], 1000, do_read, &reads[i]);
	}
	for (i = 0; i < 40; i++)
		client_must_wait(&readers[i]);
	assert_int_equal(vfs_write(file, in, 40, NULL), 40);
	for (i = 0; i < 40; i++) {
		assert_int_equal(client_end(&readers[i]), 1);
		assert_in_range(out[i], 0, 39);
		assert_false(seen[(int)out[i]]);
		seen[(int)out[i]] = true;
	}
	vfs_release(file);
	world_down();
}

static void an_interrupted_one_takes_nothing(void **state)
{
	struct file *file = pipe_up(O_RDWR);
	char out[2];
	struct transfer reads[2] = { { file, &out[0], 1 }, { file, &out[1], 1 } };
	struct client readers[2];
	int round;

	client_start(&readers[0], 1000, do_read, &reads[0]);
	client_must_wait(&readers[0]);
	send_signal_to(readers[0].task);
	assert_int_equal(client_end(&readers[0]), -ERESTARTSYS);

	/* The byte comes with the signal: it is for him or for the other one, never for nobody. */
	for (round = 0; round < 200; round++) {
		long first;

		client_start(&readers[0], 1000, do_read, &reads[0]);
		client_must_wait(&readers[0]);
		client_start(&readers[1], 1000, do_read, &reads[1]);
		client_must_wait(&readers[1]);
		assert_int_equal(vfs_write(file, "x", 1, NULL), 1);
		send_signal_to(readers[0].task);
		first = client_end(&readers[0]);
		assert_true(first == 1 || first == -ERESTARTSYS);
		if (first == 1)
			assert_int_equal(vfs_write(file, "x", 1, NULL), 1);
		assert_int_equal(client_end(&readers[1]), 1);
	}
	vfs_release(file);
	world_down();
}

static void bad_addresses(void **state)
{
	struct file *file = pipe_up(O_RDWR | O_NONBLOCK);
	struct user_window window = { 0x1000, 3, NULL, true };
	char buf[SIZE] = "abcdef";

	window.host = buf;
	assert_int_equal(vfs_write(file, (char *)8, 5, NULL), -EFAULT);
	assert_int_equal(vfs_poll(file, NULL), POLLOUT | POLLWRNORM);
	user_windows_set(&window, 1);
	assert_int_equal(vfs_write(file, (char *)0x1000, 5, NULL), 3);
	memset(buf, 0, sizeof(buf));
	user_windows_set(NULL, 0);
	assert_int_equal(vfs_read(file, (char *)8, 5, NULL), -EFAULT);
	user_windows_set(&window, 1);
	assert_int_equal(vfs_read(file, (char *)0x1000, 5, NULL), 3);
	user_windows_set(NULL, 0);
	assert_memory_equal(buf, "abc\0", 4);
	vfs_release(file);
	world_down();
}

/* The buffer is there from the first open to the last release, and of the size asked for then. */
static void the_buffer(void **state)
{
	struct file *file = pipe_up(O_RDWR | O_NONBLOCK), *other;
	char buf[2 * SIZE] = { 0 };

	assert_int_equal(vfs_write(file, buf, 10, NULL), 10);
	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCTSIZE, 2), 0);
	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCQSIZE, 0), 2);
	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCTSIZE, 1), -EINVAL);
	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCTSIZE, KMALLOC_MAX_SIZE + 1), -EINVAL);
	other = dev_open("scullpipe", 0, O_RDONLY | O_NONBLOCK);
	vfs_release(file);
	assert_int_equal(vfs_read(other, buf, sizeof(buf), NULL), 10);
	vfs_release(other);

	file = dev_open("scullpipe", 0, O_RDWR | O_NONBLOCK);
	assert_int_equal(vfs_read(file, buf, 1, NULL), -EAGAIN);
	assert_int_equal(vfs_write(file, buf, 10, NULL), 1);
	assert_int_equal(vfs_write(file, buf, 10, NULL), -EAGAIN);
	assert_int_equal(vfs_read(file, buf, 10, NULL), 1);
	become(1000);
	assert_int_equal(vfs_ioctl(file, SCULL_P_IOCTSIZE, 200), -EPERM);
	become(0);
	vfs_release(file);
	world_down();
}

static void as_text(void **state)
{
	struct file *file = pipe_up(O_RDONLY);
	char *text = proc_text("scullpipe");

	assert_int_equal(count_lines(text, "Default buffersize is 100\n"), 1);
	assert_int_equal(count_lines(text, "\nDevice "), 4);
	assert_int_equal(count_lines(text, "   readers 1   writers 0\n"), 1);
	assert_int_equal(count_lines(text, "   readers 0   writers 0\n"), 3);
	assert_int_equal(count_lines(text, "(100 bytes)\n"), 1);
	assert_int_equal(count_lines(text, "(0 bytes)\n"), 3);
	free(text);
	vfs_release(file);
	world_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_in_order),
		cmocka_unit_test(nobody_waits_who_will_not),
		cmocka_unit_test(readers_and_writers_wait),
		cmocka_unit_test(many_wait),
		cmocka_unit_test(an_interrupted_one_takes_nothing),
		cmocka_unit_test(bad_addresses),
		cmocka_unit_test(the_buffer),
		cmocka_unit_test(as_text),
	};

	return cmocka_run_group_tests_name("scull/pipe", tests, NULL, NULL);
}
