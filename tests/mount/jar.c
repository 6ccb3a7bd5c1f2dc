// SPDX-License-Identifier: MIT
/*
 * jar.c - a driver as somebody else would write it, outside the tree, for module.sh.
 *
 * dev/jar does what is written to it, a word at a time; proc/jar tells its per-CPU counts.
 */
#include <kmem/cdev.h>
#include <kmem/mempool.h>
#include <kmem/module.h>
#include <kmem/percpu.h>
#include <kmem/proc_fs.h>
#include <kmem/slab.h>
#include <kmem/uaccess.h>
#include <kmem/vmalloc.h>
#include <kmem/workqueue.h>

static int spare = 4;
module_param(spare, int, 0644);

static DEFINE_PER_CPU(unsigned long, words);
static DEFINE_PER_CPU(unsigned long, start) = 7;

static struct kmem_cache *bean_cache;
static mempool_t *beans;
static dev_t number;
static struct cdev cdev;
static struct class *class;
static int *volatile nowhere; /* so that the compiler does not see where stores go */

static void broken_work(struct work_struct *work)
{
	nowhere[2] = 1;
}

static DECLARE_WORK(work, broken_work);

static noinline void jar_oops(void)
{
	nowhere[4] = 1;
}

static ssize_t jar_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	char word[16] = "";
	void *bean;

	if (count >= sizeof(word))
		return -EINVAL;
	if (copy_from_user(word, buf, count))
		return -EFAULT;
	word[strcspn(word, "\n")] = '\0';
	this_cpu_inc(words);
	bean = mempool_alloc(beans, GFP_KERNEL);
	mempool_free(bean, beans);
	if (!strcmp(word, "work"))
		schedule_work(&work);
	if (!strcmp(word, "oops"))
		jar_oops();
	printk(KERN_INFO "jar: %s (pid %d) says %s\n", current->comm, current->pid, word);
	return (ssize_t)count;
}

static const struct file_operations jar_fops = { .owner = THIS_MODULE, .write = jar_write };

static int jar_show(struct seq_file *m, void *v)
{
	unsigned long sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(words, cpu) + per_cpu(start, cpu);
	seq_printf(m, "cpus %u sum %lu spare %d\n", num_possible_cpus(), sum, spare);
	return 0;
}

static int __init jar_init(void)
{
	if (spare < 0)
		jar_oops();
	bean_cache = kmem_cache_create("bean", 72, 0, 0, NULL);
	beans = mempool_create_slab_pool(spare, bean_cache);
	if (!beans || alloc_chrdev_region(&number, 0, 1, "jar"))
		return -ENOMEM;
	cdev_init(&cdev, &jar_fops);
	cdev_add(&cdev, number, 1);
	class = class_create(THIS_MODULE, "jar");
	device_create(class, NULL, number, NULL, "jar");
	proc_create_single("jar", 0, NULL, jar_show);
	return 0;
}

static void __exit jar_exit(void)
{
	remove_proc_entry("jar", NULL);
	device_destroy(class, number);
	class_destroy(class);
	cdev_del(&cdev);
	unregister_chrdev_region(number, 1);
	mempool_destroy(beans);
	kmem_cache_destroy(bean_cache);
}

module_init(jar_init);
module_exit(jar_exit);
MODULE_LICENSE("MIT");
