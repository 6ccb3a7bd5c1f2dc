// SPDX-License-Identifier: MIT
/*
 * sysfs_module.c - sys/module/: a directory for each loaded module.
 *
 *	parameters/	those with a mode, readable and writable as that says
 *	sections/	where things of the module lie; told to the machine's owner alone
 *	refcnt, initstate, coresize
 *
 * A module is looked up by its name with each access and stays loaded meanwhile (module_call()).
 */
#include <string.h>
#include <kmem/module.h>

#include "../kernel/host.h"
#include "sysfs.h"

/* What is asked of a module, and where. */
struct question {
	struct seq_file *m;
	const char *text; /* to store */
	const char *item;
	struct sysfs_listing *listing;
};

static int ask(int (*fn)(struct module *mod, void *question), struct question q, const char *name)
{
	return module_call(name, fn, &q);
}

/* Parameters. */

static int print_param(struct module *mod, void *arg)
{
	struct question *q = arg;
	const struct kernel_param *kp = module_param_find(mod, q->item);
	char *buf = host_alloc(PAGE_SIZE);
	int len;

	if (!kp || !buf) {
		host_free(buf);
		return kp ? -ENOMEM : -ENODEV;
	}
	len = kp->ops->get ? kp->ops->get(buf, kp) : -EPERM;
	if (len > 0)
		seq_write(q->m, buf, min((size_t)len, (size_t)PAGE_SIZE - 1));
	host_free(buf);
	return min(len, 0);
}

static int set_param(struct module *mod, void *arg)
{
	struct question *q = arg;
	const struct kernel_param *kp = module_param_find(mod, q->item);

	if (!kp)
		return -ENODEV;
	return kp->ops->set ? kp->ops->set(q->text, kp) : -EPERM;
}

static int show_param(struct seq_file *m, const struct node *node)
{
	return ask(print_param, (struct question){ .m = m, .item = node->name },
		   node->parent->parent->name);
}

static int store_param(const struct node *node, const char *text)
{
	return ask(set_param, (struct question){ .text = text, .item = node->name },
		   node->parent->parent->name);
}

static const struct sysfs_file param_file = { .show = show_param, .store = store_param };

static int list_module_params(struct module *mod, void *arg)
{
	struct question *q = arg;
	const struct kernel_param *kp = NULL;

	while ((kp = module_param_next(mod, kp)))
		if (kp->perm)
			sysfs_list_file(q->listing, kp->name, kp->perm & 0777, &param_file);
	return 0;
}

static void list_params(struct sysfs_listing *l, const struct node *dir)
{
	ask(list_module_params, (struct question){ .listing = l }, dir->parent->name);
}

static const struct sysfs_dir params_dir = { .list = list_params };

/* Sections: the module's code lies in the program's, so only its own marks can be told. */

static int print_section(struct module *mod, void *arg)
{
	const struct {
		const char *name;
		const void *at;
	} sections[] = {
		{ ".gnu.linkonce.this_module", mod },
		{ ".init.text", (const void *)mod->init },
		{ ".exit.text", (const void *)mod->exit },
		{ "__param", module_param_next(mod, NULL) },
	};
	struct question *q = arg;

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (!strcmp(sections[i].name, q->item))
			seq_printf(q->m, "0x%016lx\n", (unsigned long)sections[i].at);
	return 0;
}

static int show_section(struct seq_file *m, const struct node *node)
{
	return ask(print_section, (struct question){ .m = m, .item = node->name },
		   node->parent->parent->name);
}

static const struct sysfs_dir sections_dir = {
	.files =
		(const struct sysfs_file[]){
			{ ".gnu.linkonce.this_module", 0400, show_section, NULL },
			{ ".init.text", 0400, show_section, NULL },
			{ ".exit.text", 0400, show_section, NULL },
			{ "__param", 0400, show_section, NULL },
			{ NULL, 0, NULL, NULL },
		},
};

static int print_refcnt(struct module *mod, void *arg)
{
	seq_printf(((struct question *)arg)->m, "%d\n", module_refcount(mod));
	return 0;
}

static int print_coresize(struct module *mod, void *arg)
{
	seq_printf(((struct question *)arg)->m, "%lu\n", mod->size);
	return 0;
}

/* A module is in the list from the end of its init to the end of its exit. */
static int print_initstate(struct module *mod, void *arg)
{
	seq_puts(((struct question *)arg)->m, "live\n");
	return 0;
}

static int show_refcnt(struct seq_file *m, const struct node *node)
{
	return ask(print_refcnt, (struct question){ .m = m }, node->parent->name);
}

static int show_coresize(struct seq_file *m, const struct node *node)
{
	return ask(print_coresize, (struct question){ .m = m }, node->parent->name);
}

static int show_initstate(struct seq_file *m, const struct node *node)
{
	return ask(print_initstate, (struct question){ .m = m }, node->parent->name);
}

static const struct sysfs_dir one_module_dir = {
	.files = (const struct sysfs_file[]){ { "coresize", 0444, show_coresize, NULL },
					      { "initstate", 0444, show_initstate, NULL },
					      { "refcnt", 0444, show_refcnt, NULL },
					      { NULL, 0, NULL, NULL } },
	.dirs = (const struct sysfs_subdir[]){ { "parameters", &params_dir },
					       { "sections", &sections_dir },
					       { NULL, NULL } },
};

static void list_module(void *listing, const struct module *mod)
{
	sysfs_list_dir(listing, mod->name, &one_module_dir);
}

static void list_modules(struct sysfs_listing *l, const struct node *dir)
{
	modules_for_each(list_module, l);
}

const struct sysfs_dir sysfs_module_dir = {
	.list = list_modules,
	.version = modules_version,
};
