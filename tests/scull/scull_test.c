/* SPDX-License-Identifier: MIT */
#include <unistd.h>
#include "scull_test.h"

const struct family families[NR_FAMILIES] = {
	{ "scull", "scullmem", "q", " ", false, 4000, 1000, SCULL_IOCRESET, SCULL_IOCTQUANTUM,
	  SCULL_IOCTQSET, SCULL_IOCQQUANTUM, SCULL_IOCQQSET },
	{ "scullc", "scullcmem", "quantum", "", false, 4000, 500, SCULLC_IOCRESET,
	  SCULLC_IOCTQUANTUM, SCULLC_IOCTQSET, SCULLC_IOCQQUANTUM, SCULLC_IOCQQSET },
	{ "scullp", "scullpmem", "order", "", true, 0, 500, SCULLP_IOCRESET, SCULLP_IOCTORDER,
	  SCULLP_IOCTQSET, SCULLP_IOCQORDER, SCULLP_IOCQQSET },
	{ "scullv", "scullvmem", "order", "", true, 4, 500, SCULLV_IOCRESET, SCULLV_IOCTORDER,
	  SCULLV_IOCTQSET, SCULLV_IOCQORDER, SCULLV_IOCQQSET },
};

/* What a test that failed has left. */
static void clear_away(void)
{
	vfs_release_all();
	modules_unload_all();
	vfs_exit();
	machine_halt();
}

void machine_up(const char *words)
{
	struct machine_config cfg;

	if (machine_is_up())
		clear_away();
	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, words))
		fail_msg("%s: %s", words, cfg.message);
	assert_int_equal(machine_boot(&cfg), 0);
	assert_int_equal(vfs_init(), 0);
}

void world_up(const char *words)
{
	machine_up(words);
	assert_int_equal(builtin_modules_load(), 0);
}

void world_down(void)
{
	assert_int_equal(vfs_release_all(), 0);
	assert_int_equal(modules_unload_all(), 0);
	vfs_exit();
	machine_idle();
	assert_int_equal(machine_check(), 0);
	assert_int_equal(machine_halt(), 0);
}

int world_setup(void **state)
{
	world_up("mem=64M,cpus=2");
	return 0;
}

int world_teardown(void **state)
{
	world_down();
	return 0;
}

struct file *dev_open(const char *name, int number, unsigned int flags)
{
	struct file *file;
	char path[64];

	snprintf(path, sizeof(path), "dev/%s%d", name, number);
	assert_int_equal(vfs_open_path(path, flags, &file), 0);
	return file;
}

struct file *dev_open_shaped(const struct family *f, int number, int unit, int qset)
{
	struct file *file = dev_open(f->name, number, O_RDWR);

	assert_int_equal(vfs_ioctl(file, f->tell_unit, (unsigned long)unit), 0);
	assert_int_equal(vfs_ioctl(file, f->tell_qset, (unsigned long)qset), 0);
	assert_int_equal(dev_truncate(file, 0), 0);
	return file;
}

ssize_t dev_write(struct file *file, const void *data, size_t len, loff_t pos)
{
	return vfs_write(file, data, len, &pos);
}

ssize_t dev_read(struct file *file, void *data, size_t len, loff_t pos)
{
	return vfs_read(file, data, len, &pos);
}

int dev_truncate(struct file *file, loff_t length)
{
	return vfs_truncate(inode_node(file_inode(file)), length);
}

long dev_punch(struct file *file, loff_t pos, loff_t len)
{
	return vfs_fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, pos, len);
}

loff_t dev_size(struct file *file)
{
	return i_size_read(file_inode(file));
}

void expect_bytes(struct file *file, loff_t pos, size_t len, unsigned char byte)
{
	unsigned char *buf = malloc(len + 1);
	size_t i;

	memset(buf, ~byte, len + 1);
	assert_int_equal(dev_read(file, buf, len, pos), len);
	for (i = 0; i < len; i++)
		if (buf[i] != byte)
			fail_msg("byte %zu after %lld is %02x, not %02x", i, (long long)pos, buf[i],
				 byte);
	free(buf);
}

void become(unsigned int uid)
{
	current->uid = current->gid = uid;
	current->client_pid = uid ? -1 : 0;
}

static void *client_main(void *arg)
{
	struct client *c = arg;

	become(c->uid);
	__atomic_store_n(&c->task, current, __ATOMIC_SEQ_CST);
	c->ret = c->call(c->arg);
	__atomic_store_n(&c->done, true, __ATOMIC_SEQ_CST);
	return NULL;
}

void client_start(struct client *c, unsigned int uid, long (*call)(void *), void *arg)
{
	*c = (struct client){ .uid = uid, .call = call, .arg = arg };
	assert_int_equal(pthread_create(&c->thread, NULL, client_main, c), 0);
}

void client_must_wait(struct client *c)
{
	struct task_struct *t;

	do {
		if (__atomic_load_n(&c->done, __ATOMIC_SEQ_CST))
			fail_msg("a call that should wait returned %ld", c->ret);
		usleep(1000);
		t = __atomic_load_n(&c->task, __ATOMIC_SEQ_CST);
	} while (!t || !__atomic_load_n(&t->parked, __ATOMIC_SEQ_CST));
}

long client_end(struct client *c)
{
	pthread_join(c->thread, NULL);
	return c->ret;
}

char *proc_text(const char *name)
{
	size_t room = 1 << 16, len = 0;
	char *text = malloc(room);
	struct file *file;
	char path[64];
	ssize_t got;

	snprintf(path, sizeof(path), "proc/%s", name);
	assert_int_equal(vfs_open_path(path, O_RDONLY, &file), 0);
	while ((got = vfs_read(file, text + len, room - len - 1, NULL)) > 0) {
		len += (size_t)got;
		if (room - len < 4096)
			text = realloc(text, room *= 2);
	}
	assert_int_equal(got, 0);
	vfs_release(file);
	text[len] = '\0';
	return text;
}

int count_lines(const char *text, const char *part)
{
	int n = 0;

	for (text = strstr(text, part); text; text = strstr(text + 1, part))
		n++;
	return n;
}
