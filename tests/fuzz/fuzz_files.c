// SPDX-License-Identifier: MIT
/*
 * fuzz_files.c - calls on the files of the tree, as clients may make them: any call, on any file,
 * with any numbers.
 *
 * All files of a machine with the drivers loaded are listed once; the input opens them, reads,
 * writes, seeks, truncates, and gives commands. No call may wait, so all files are opened with
 * O_NONBLOCK. Devices of bytes are held against nothing: that is what the fsx of tests/mount does.
 * Here the machine must be sound in the end, with nothing lost, whatever was asked and refused.
 */
#include <errno.h>
#include <linux/falloc.h>
#include <kmem/module.h>
#include <kmem/uaccess.h>

#include "fs/vfs.h"
#include "fuzz.h"

#define FILES	  8
#define PATHS	  4096
#define OPS_MAX	  600
#define BUFFER	  20000
#define TOLD_FROM 0x10000ul /* where the client's buffer is, as it sees it */

static char *paths[PATHS];
static unsigned int nr_paths;
static struct file *files[FILES];
static char buffer[BUFFER];
static struct user_window window = { TOLD_FROM, BUFFER, buffer, true };

static const char *const texts[] = {
	"1\n",
	"0\n",
	"-1\n",
	"2",
	"100\n",
	"4096\n",
	"18446744073709551616\n",
	"scan\n",
	"clear\n",
	"on",
	"off\n",
	"Y\n",
	"N\n",
	"x",
	"\n",
	"0x7fffffffffffffff",
	"8 7 6\n",
};

struct walk {
	const char *dir;
};

static bool list_one(void *arg, const char *name, unsigned long ino, umode_t mode, u64 next)
{
	const struct walk *walk = arg;
	char path[512];

	if (!strcmp(name, ".") || !strcmp(name, "..") || nr_paths == PATHS || S_ISLNK(mode))
		return true;
	snprintf(path, sizeof(path), "%s%s%s", walk->dir, *walk->dir ? "/" : "", name);
	paths[nr_paths++] = strdup(path);
	return true;
}

/* Directories are among the paths: the list grows while it is worked off. */
static void list_tree(void)
{
	struct walk walk = { "" };

	node_list(node_root(), 0, list_one, &walk);
	for (unsigned int i = 0; i < nr_paths; i++) {
		struct node *node = node_walk(node_root(), paths[i]);

		walk.dir = paths[i];
		if (node && S_ISDIR(node->inode.i_mode))
			node_list(node, 0, list_one, &walk);
		if (node)
			node_put(node);
	}
}

/* Devices as often as all the rest, which is many more. */
static const char *take_path(struct input *in)
{
	const char *path = paths[take_below(in, nr_paths)];

	for (int tries = take_byte(in) & 1 ? 0 : 1000; tries && strncmp(path, "dev/", 4); tries--)
		path = paths[take_below(in, nr_paths)];
	return path;
}

static void open_one(struct input *in, struct file **file)
{
	static const unsigned int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	unsigned int flags = modes[take_below(in, 3)];
	uint8_t more = take_byte(in);

	if (*file)
		vfs_release(*file);
	*file = NULL;
	flags |= O_NONBLOCK | (more & 1 ? O_TRUNC : 0) | (more & 2 ? O_APPEND : 0);
	if (vfs_open_path(take_path(in), flags, file))
		*file = NULL;
}

static void write_one(struct input *in, struct file *file, loff_t *pos)
{
	size_t n = take_below(in, BUFFER + 1);
	const char *text = texts[take_below(in, ARRAY_SIZE(texts))];

	if (take_byte(in) & 1)
		n = (size_t)snprintf(buffer, sizeof(buffer), "%s", text);
	else
		for (size_t i = 0; i < n && i < 64; i++)
			buffer[i] = (char)take_byte(in);
	vfs_write(file, (char __user *)TOLD_FROM, n, pos);
}

/* Numbers of commands that some driver has, with sizes and directions of any. */
static unsigned int take_command(struct input *in)
{
	unsigned int cmd = _IO(take_byte(in) & 1 ? 'k' : 'K', take_below(in, 20));
	uint8_t more = take_byte(in);

	if (more & 1)
		cmd |= (unsigned int)(more >> 6) << _IOC_DIRSHIFT | 4u << _IOC_SIZESHIFT;
	return more & 2 ? cmd : (unsigned int)take_number(in);
}

static void hold_and_drop(struct input *in, struct file *file, loff_t pos)
{
	struct kvec vec[16];
	unsigned int nr = 0;
	ssize_t n = vfs_read_hold(file, take_below(in, BUFFER), pos, vec, ARRAY_SIZE(vec), &nr);

	if (n <= 0)
		return;
	must(n <= BUFFER, "more than was asked for");
	vfs_read_copy(vec, nr, buffer);
	vfs_read_drop(file);
}

static void one_call(struct input *in)
{
	struct file **slot = &files[take_below(in, FILES)], *file = *slot;
	unsigned int what = take_below(in, 16);
	loff_t own = take_number(in), *pos = take_byte(in) & 1 ? &own : NULL;

	if (!file || what == 0) {
		open_one(in, slot);
		return;
	}
	switch (what) {
	case 1:
		vfs_release(file);
		*slot = NULL;
		break;
	case 2:
	case 3:
	case 4:
		vfs_read(file, (char __user *)TOLD_FROM, take_below(in, BUFFER + 1), pos);
		break;
	case 5:
	case 6:
	case 7:
		write_one(in, file, pos);
		break;
	case 8:
		vfs_llseek(file, own, take_below(in, 6));
		break;
	case 9:
	case 10:
		vfs_ioctl(file, take_command(in),
			  take_byte(in) & 1 ? TOLD_FROM : (unsigned long)take_number(in));
		break;
	case 11:
		vfs_truncate(inode_node(file_inode(file)), own);
		break;
	case 12:
		vfs_fallocate(file, take_byte(in), own, take_number(in));
		break;
	case 13:
		vfs_poll(file, NULL);
		vfs_set_flags(file, O_NONBLOCK | (take_byte(in) & 1 ? O_APPEND : 0));
		break;
	case 14:
		hold_and_drop(in, file, own);
		break;
	default:
		vfs_fsync(file, take_byte(in) & 1);
		vfs_write_back(file, (char __user *)TOLD_FROM, take_below(in, 4097), own);
	}
}

static void boot(struct input *in)
{
	static const char *const machines[] = { "mem=16M,cpus=2", "mem=32M,cpus=2,numa=fake=2",
						"mem=16M,cpus=1,nommu",
						"mem=16M,kmemleak=on,cpus=2",
						"mem=24M,cpus=2,page_owner=on,highmem=8M" };
	struct machine_config cfg;

	console_loglevel = 0;
	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, machines[take_below(in, ARRAY_SIZE(machines))])) {
		fprintf(stderr, "%s\n", cfg.message);
		abort();
	}
	must(machine_boot(&cfg) == 0, "no machine");
	must(vfs_init() == 0, "no tree");
	must(builtin_modules_load() == 0, "no drivers");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	boot(&in);
	list_tree();
	user_windows_set(&window, 1);
	for (int i = 0; i < OPS_MAX && in.left; i++)
		one_call(&in);
	user_windows_set(NULL, 0);
	vfs_release_all();
	memset(files, 0, sizeof(files));
	while (nr_paths)
		free(paths[--nr_paths]);
	must(modules_unload_all() == 0, "a driver that cannot be unloaded");
	vfs_exit();
	machine_idle();
	must(machine_check() == 0, "an invariant that does not hold");
	must(machine_halt() == 0, "a leak");
	return 0;
}
