// SPDX-License-Identifier: MIT
/*
 * scull.c - devices whose quanta come from kmalloc(), 4000 bytes each.
 *
 * Also here: what there is only once in the family. proc/scullseq shows the same as
 * proc/scullmem through a seq_file iterator, one device a step; scull_compat is a parameter of
 * this module for all four. The module's other devices are in pipe.c and access.c; their numbers
 * follow those of scull0, scull1, ...
 */
#include "scull.h"
#include "scull_ioctl.h"

#define SCULL_QUANTUM 4000
#define SCULL_QSET    1000

SCULL_PARAM(scull_major, 0, 0, 511, 0444);
SCULL_PARAM(scull_minor, 0, 0, (int)MINORMASK - 3 * SCULL_MAX_DEVS, 0444);
SCULL_PARAM(scull_nr_devs, 4, 1, SCULL_MAX_DEVS, 0444);
SCULL_PARAM(scull_quantum, SCULL_QUANTUM, 1, (int)KMALLOC_MAX_SIZE, 0644);
SCULL_PARAM(scull_qset, SCULL_QSET, 1, SCULL_MAX_QSET, 0644);

static int compat_set(const char *val, const struct kernel_param *kp)
{
	size_t len = val ? strcspn(val, "\n") : 0;

	if (len == 4 && !strncmp(val, "book", 4)) {
		WRITE_ONCE(scull_compat_book, true);
	} else if (len == 4 && !strncmp(val, "file", 4)) {
		WRITE_ONCE(scull_compat_book, false);
	} else {
		pr_err("%s: %s=%.*s is not possible: it takes file (holes read as zeros, a call "
		       "goes on over quanta) or book (neither)\n",
		       kp->mod, kp->name, (int)strcspn(val ? val : "", "\n"), val ? val : "");
		return -EINVAL;
	}
	return 0;
}

static int compat_get(char *buffer, const struct kernel_param *kp)
{
	return snprintf(buffer, PAGE_SIZE, "%s\n", scull_compat_book ? "book" : "file");
}

static const struct kernel_param_ops compat_ops = { .set = compat_set, .get = compat_get };
module_param_cb(scull_compat, &compat_ops, &scull_compat_book, 0644);

static void *scull_alloc_quantum(struct scull_dev *dev, gfp_t gfp)
{
	return kmalloc(dev->quantum, gfp);
}

static void scull_free_quantum(struct scull_dev *dev, void *quantum)
{
	kfree(quantum);
}

static size_t scull_quantum_bytes(int unit)
{
	return (size_t)unit;
}

struct scull_driver scull_driver = {
	.name = "scull",
	.proc_name = "scullmem",
	.owner = THIS_MODULE,
	.unit_word = "q",
	.gap = " ",
	.major = &scull_major,
	.minor = &scull_minor,
	.devs = &scull_nr_devs,
	.unit = &scull_quantum,
	.qset = &scull_qset,
	.alloc_quantum = scull_alloc_quantum,
	.free_quantum = scull_free_quantum,
	.quantum_bytes = scull_quantum_bytes,
	.ioctl_magic = SCULL_IOC_MAGIC,
	.ioctl_interleaved = true,
	.ioctl = scull_p_size_ioctl,
};

static struct proc_dir_entry *seq_entry;

static void *scull_seq_start(struct seq_file *m, loff_t *pos)
{
	return *pos < scull_driver.nr_devs ? &scull_driver.dev[*pos] : NULL;
}

static void *scull_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return scull_seq_start(m, pos);
}

static void scull_seq_stop(struct seq_file *m, void *v)
{
}

static int scull_seq_show(struct seq_file *m, void *v)
{
	return scull_show_dev(m, v);
}

static const struct seq_operations scull_seq_ops = {
	.start = scull_seq_start,
	.next = scull_seq_next,
	.stop = scull_seq_stop,
	.show = scull_seq_show,
};

static void scull_exit(void)
{
	if (seq_entry)
		proc_remove(seq_entry);
	seq_entry = NULL;
	scull_access_exit();
	scull_p_exit();
	scull_unregister(&scull_driver);
}

static int __init scull_init(void)
{
	dev_t next;
	int ret = scull_register(&scull_driver);

	if (ret)
		return ret;
	next = scull_driver.first + scull_driver.nr_devs;
	ret = scull_p_init(&next);
	if (!ret)
		ret = scull_access_init(&next);
	if (!ret) {
		seq_entry = proc_create_seq("scullseq", 0, NULL, &scull_seq_ops);
		ret = seq_entry ? 0 : -ENOMEM;
	}
	if (ret)
		scull_exit();
	return ret;
}

module_init(scull_init);
module_exit(scull_exit);

MODULE_LICENSE("MIT");
