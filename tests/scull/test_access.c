/* SPDX-License-Identifier: MIT */
/* access.c: who may open what, who waits for it, and whose bytes are whose. */
#include "scull_test.h"

#define ANN 1001
#define BOB 1002

static int setup(void **state)
{
	world_up("mem=64M,cpus=1");
	return 0;
}

static int teardown(void **state)
{
	become(0);
	world_down();
	return 0;
}

static long try_open(const char *path, unsigned int uid, unsigned int flags, struct file **file)
{
	long ret;

	become(uid);
	ret = vfs_open_path(path, flags, file);
	become(0);
	return ret;
}

static struct file *must_open_as(const char *path, unsigned int uid)
{
	struct file *file = NULL;

	assert_int_equal(try_open(path, uid, O_RDWR, &file), 0);
	return file;
}

static void one_at_a_time(void **state)
{
	struct file *file = must_open_as("dev/scullsingle", ANN), *other;
	char buf[4];
	int i;

	assert_int_equal(try_open("dev/scullsingle", ANN, O_RDONLY, &other), -EBUSY);
	assert_int_equal(try_open("dev/scullsingle", 0, O_RDONLY, &other), -EBUSY);
	assert_int_equal(dev_write(file, "mine", 4, 0), 4);
	vfs_release(file);
	for (i = 0; i < 3; i++) {
		file = must_open_as("dev/scullsingle", BOB);
		assert_int_equal(dev_read(file, buf, 4, 0), 4);
		assert_memory_equal(buf, "mine", 4);
		vfs_release(file);
	}
}

static void one_user_at_a_time(void **state)
{
	struct file *first = must_open_as("dev/sculluid", ANN), *second, *third, *root;

	second = must_open_as("dev/sculluid", ANN);
	assert_int_equal(try_open("dev/sculluid", BOB, O_RDWR, &third), -EBUSY);
	root = must_open_as("dev/sculluid", 0);
	vfs_release(first);
	assert_int_equal(try_open("dev/sculluid", BOB, O_RDWR, &third), -EBUSY);
	vfs_release(second);
	/* Root is in it by himself now, but it is still Ann's. */
	assert_int_equal(try_open("dev/sculluid", BOB, O_RDWR, &third), -EBUSY);
	first = must_open_as("dev/sculluid", ANN);
	vfs_release(first);
	vfs_release(root);
	third = must_open_as("dev/sculluid", BOB);
	assert_int_equal(try_open("dev/sculluid", ANN, O_RDWR, &first), -EBUSY);
	vfs_release(third);
}

static long open_and_close(void *flags)
{
	struct file *file;
	long ret = vfs_open_path("dev/scullwuid", O_RDWR | *(unsigned int *)flags, &file);

	if (!ret)
		vfs_release(file);
	return ret;
}

static void others_wait(void **state)
{
	struct file *file = must_open_as("dev/scullwuid", ANN), *other;
	unsigned int none = 0;
	struct client bob[3];
	int i;

	assert_int_equal(try_open("dev/scullwuid", BOB, O_RDWR | O_NONBLOCK, &other), -EAGAIN);
	for (i = 0; i < 3; i++) {
		client_start(&bob[i], BOB, open_and_close, &none);
		client_must_wait(&bob[i]);
	}
	/* One who is interrupted leaves no trace. */
	send_signal_to(bob[0].task);
	assert_int_equal(client_end(&bob[0]), -ERESTARTSYS);
	other = must_open_as("dev/scullwuid", ANN);
	vfs_release(file);
	client_must_wait(&bob[1]);
	vfs_release(other);
	assert_int_equal(client_end(&bob[1]), 0);
	assert_int_equal(client_end(&bob[2]), 0);
	file = must_open_as("dev/scullwuid", ANN);
	vfs_release(file);
}

/* Clients that cannot be seen have a copy for each user; we ourselves have our terminal's. */
static void a_device_of_ones_own(void **state)
{
	struct file *anns = must_open_as("dev/scullpriv", ANN), *bobs, *again;
	char buf[8] = "";

	bobs = must_open_as("dev/scullpriv", BOB);
	assert_int_equal(dev_write(anns, "ann", 3, 0), 3);
	assert_int_equal(dev_write(bobs, "bobby", 5, 0), 5);
	assert_int_equal(dev_read(anns, buf, sizeof(buf), 0), 3);
	assert_memory_equal(buf, "ann", 3);
	assert_int_equal(dev_size(anns), 0); /* the name has many lengths */
	vfs_release(anns);

	again = must_open_as("dev/scullpriv", ANN);
	assert_int_equal(dev_read(again, buf, sizeof(buf), 0), 3);
	vfs_release(again);

	/* To cut it is to cut one's own. */
	become(BOB);
	assert_int_equal(dev_truncate(bobs, 2), 0);
	become(0);
	assert_int_equal(dev_read(bobs, buf, sizeof(buf), 0), 2);
	vfs_release(bobs);
	again = must_open_as("dev/scullpriv", 0);
	assert_int_equal(dev_read(again, buf, sizeof(buf), 0), 0);
	vfs_release(again);
	again = must_open_as("dev/scullpriv", ANN);
	assert_int_equal(dev_read(again, buf, sizeof(buf), 0), 3);
	vfs_release(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(one_user_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(others_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_of_ones_own, setup, teardown),
	};

	return cmocka_run_group_tests_name("scull/access", tests, NULL, NULL);
}
