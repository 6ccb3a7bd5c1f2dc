/* SPDX-License-Identifier: MIT */
/*
 * mistakes_driver.c - makes each mistake with memory once, so that one sees what it looks like.
 *
 *	cc -g -O2 -o mistakes.so -DKBUILD_MODNAME=mistakes mistakes_driver.c \
 *		$(pkg-config --cflags --libs kmem-module)
 *	kmemfs -o insmod=./mistakes.so,slub_debug /mnt/k
 *	cat /mnt/k/dev/mistakes			# the words it knows
 *	echo overrun > /mnt/k/dev/mistakes
 *	timeout 1 cat /mnt/k/proc/kmsg
 *
 * Words marked with a * are told of by caches that are debugged (slub_debug), and by nobody else.
 * docs/drivers.md says what to look for.
 */
#include <kmem/bug.h>
#include <kmem/fs.h>
#include <kmem/miscdevice.h>
#include <kmem/module.h>
#include <kmem/sched.h>
#include <kmem/slab.h>
#include <kmem/spinlock.h>
#include <kmem/uaccess.h>
#include <kmem/vmalloc.h>
#include <kmem/workqueue.h>

#define SIZE 72

static struct kmem_cache *cache; /* "mistake", of objects of SIZE bytes */
static DEFINE_SPINLOCK(lock);
static volatile char *nowhere; /* volatile: the compiler is not to see what is wrong here */

/* A compiler that sees a use after a free tells of it, and may leave it out. */
static void *unseen(void *p)
{
	__asm__("" : "+r"(p));
	return p;
}

static noinline void make_null(void)
{
	nowhere[16] = 1;
}

static noinline void make_bug(void)
{
	BUG();
}

static void broken_work(struct work_struct *work)
{
	nowhere[8] = 1;
}

static DECLARE_WORK(work, broken_work);

static noinline void make_work(void)
{
	schedule_work(&work);
}

static noinline void make_sleep(void)
{
	spin_lock(&lock);
	kfree(kmalloc(10, GFP_KERNEL));
	spin_unlock(&lock);
}

static noinline void make_leak(void)
{
	pr_info("mistakes: nobody will free %p\n", kmalloc(300, GFP_KERNEL));
}

/* The page behind an area is nobody's. It stays: a call that faults frees nothing. */
static noinline void make_area(void)
{
	volatile char *area = vmalloc(PAGE_SIZE);

	if (area)
		area[PAGE_SIZE] = 1;
}

static noinline void make_uninit(void)
{
	unsigned char *p = kmem_cache_alloc(cache, GFP_KERNEL);

	if (p)
		pr_info("mistakes: a new object reads %02x %02x %02x %02x\n", p[0], p[1], p[2],
			p[3]);
	kmem_cache_free(cache, p);
}

static noinline void make_overrun(void)
{
	volatile char *p = unseen(kmem_cache_alloc(cache, GFP_KERNEL));

	if (p)
		p[SIZE] = 'R';
	kmem_cache_free(cache, (void *)p);
}

static noinline void make_underrun(void)
{
	volatile char *p = unseen(kmem_cache_alloc(cache, GFP_KERNEL));

	if (p)
		p[-1] = 'L';
	kmem_cache_free(cache, (void *)p);
}

/* Told of by whoever is to get the object next. */
static noinline void make_stale(void)
{
	volatile char *p = unseen(kmem_cache_alloc(cache, GFP_KERNEL));

	kmem_cache_free(cache, (void *)p);
	if (p)
		p[7] = 'A';
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
}

static noinline void make_twice(void)
{
	void *a = unseen(kmem_cache_alloc(cache, GFP_KERNEL));
	void *b = kmem_cache_alloc(cache, GFP_KERNEL);

	kmem_cache_free(cache, a);
	kmem_cache_free(cache, unseen(a));
	kmem_cache_free(cache, b);
}

static noinline void make_inner(void)
{
	char *p = kmem_cache_alloc(cache, GFP_KERNEL);

	kmem_cache_free(cache, p + 8);
	kmem_cache_free(cache, p);
}

static noinline void make_stranger(void)
{
	kmem_cache_free(cache, kmalloc(500, GFP_KERNEL));
}

static noinline void make_order(void)
{
	unsigned long pages = __get_free_pages(GFP_KERNEL, 2);

	free_pages(pages, 0);
}

static const struct mistake {
	const char *word;
	void (*make)(void);
	const char *what;
} mistakes[] = {
	{ "null", make_null, "a store through a NULL pointer" },
	{ "bug", make_bug, "BUG()" },
	{ "work", make_work, "a work item that faults" },
	{ "sleep", make_sleep, "kmalloc(GFP_KERNEL) with a spinlock held" },
	{ "leak", make_leak, "an object that nobody frees" },
	{ "area", make_area, "a store behind a vmalloc() area" },
	{ "order", make_order, "four pages freed as one" },
	{ "inner", make_inner, "a free of an object's middle" },
	{ "stranger", make_stranger, "a free to another's cache" },
	{ "twice", make_twice, "a double free" },
	{ "uninit", make_uninit, "a read of an object that was never written *" },
	{ "overrun", make_overrun, "a store behind an object *" },
	{ "underrun", make_underrun, "a store before an object *" },
	{ "stale", make_stale, "a store into an object that was freed *" },
};

static ssize_t mistakes_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	char text[ARRAY_SIZE(mistakes) * 80];
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%-9s %s\n",
					mistakes[i].word, mistakes[i].what);
	return simple_read_from_buffer(buf, count, pos, text, len);
}

static ssize_t mistakes_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	char word[16] = "";

	if (count >= sizeof(word))
		return -EINVAL;
	if (copy_from_user(word, buf, count))
		return -EFAULT;
	word[strcspn(word, "\n")] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		if (strcmp(word, mistakes[i].word))
			continue;
		mistakes[i].make();
		return (ssize_t)count;
	}
	return -EINVAL;
}

static const struct file_operations mistakes_fops = {
	.owner = THIS_MODULE,
	.read = mistakes_read,
	.write = mistakes_write,
};

static struct miscdevice mistakes_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mistakes",
	.fops = &mistakes_fops,
};

static int __init mistakes_init(void)
{
	int err;

	cache = kmem_cache_create("mistake", SIZE, 0, SLAB_NO_MERGE, NULL);
	if (!cache)
		return -ENOMEM;
	err = misc_register(&mistakes_dev);
	if (err)
		kmem_cache_destroy(cache);
	return err;
}

static void __exit mistakes_exit(void)
{
	misc_deregister(&mistakes_dev);
	kmem_cache_destroy(cache);
}

module_init(mistakes_init);
module_exit(mistakes_exit);

MODULE_LICENSE("MIT");
MODULE_DESCRIPTION("Makes mistakes on demand");
