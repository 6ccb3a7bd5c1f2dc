// SPDX-License-Identifier: MIT
/*
 * module.c - loading and unloading the modules that a program was linked with.
 *
 * The linker collects the modules and the parameters of a program in two sections; a program (or
 * a loaded object) registers its pair once, and the *sets* are what is known. Loading is the
 * kernel's order: the parameters' words of the boot line first (module_param.c), then init.
 *
 * References: ->refcnt counts users; unloading succeeds only from 0 and then holds the count at
 * MODULE_GOING, where try_module_get() fails, until exit has returned.
 *
 * Locks: load_mutex serializes loading and unloading and is held over init and exit;
 * module_mutex, inside it, protects the lists alone.
 */
#include <limits.h>
#include <string.h>
#include <kmem/module.h>
#include <kmem/mutex.h>
#include <kmem/oops.h>
#include <kmem/seq_file.h>

#include "host.h"
#include "kallsyms.h"
#include "param.h"

#define MODULE_GOING (INT_MIN / 2)

struct module_set {
	struct module_set *next;
	struct builtin_modules in;
};

static DEFINE_MUTEX(load_mutex);
static DEFINE_MUTEX(module_mutex);
static struct module_set *module_sets; /* oldest first; protected by module_mutex */
static struct module *module_list;     /* loaded, newest first; protected by module_mutex */
static unsigned long list_version;     /* written under module_mutex, read by anyone */

bool try_module_get(struct module *mod)
{
	int old;

	if (!mod)
		return true;
	old = __atomic_load_n(&mod->refcnt, __ATOMIC_RELAXED);
	do {
		if (old < 0)
			return false;
	} while (!__atomic_compare_exchange_n(&mod->refcnt, &old, old + 1, true, __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

void module_put(struct module *mod)
{
	if (mod)
		WARN_ON(__atomic_fetch_sub(&mod->refcnt, 1, __ATOMIC_RELEASE) <= 0);
}

int module_refcount(struct module *mod)
{
	return max(__atomic_load_n(&mod->refcnt, __ATOMIC_RELAXED), 0);
}

/* The sets are only ever added to, at the end, so that walking one needs no lock once found. */
static struct module_set *next_set(struct module_set *set)
{
	struct module_set *next;

	mutex_lock(&module_mutex);
	next = set ? set->next : module_sets;
	mutex_unlock(&module_mutex);
	return next;
}

const struct kernel_param *module_param_next(const struct module *mod,
					     const struct kernel_param *prev)
{
	for (struct module_set *set = next_set(NULL); set; set = next_set(set)) {
		const struct kernel_param *kp = set->in.params;

		if (prev && (prev < kp || prev >= set->in.params_stop))
			continue;
		for (kp = prev ? prev + 1 : kp; kp < set->in.params_stop; kp++)
			if (!strcmp(kp->mod, mod->name))
				return kp;
		prev = NULL;
	}
	return NULL;
}

const struct kernel_param *module_param_find(const struct module *mod, const char *name)
{
	const struct kernel_param *kp;

	for_each_param(kp, mod)
		if (!strcmp(kp->name, name))
			return kp;
	return NULL;
}

static struct module *find_module(const char *name)
{
	for (struct module_set *set = next_set(NULL); set; set = next_set(set))
		for (struct module *const *mod = set->in.start; mod < set->in.stop; mod++)
			if (!strcmp((*mod)->name, name))
				return *mod;
	return NULL;
}

static void report_unknown(const char *name)
{
	struct seq_file m;
	const char *sep = "";

	seq_buffer_open(&m);
	for (struct module_set *set = next_set(NULL); set; set = next_set(set))
		for (struct module *const *mod = set->in.start; mod < set->in.stop; mod++) {
			seq_printf(&m, "%s%s", sep, (*mod)->name);
			sep = ", ";
		}
	pr_err("boot line: no module is called '%s'; there are: %s\n", name,
	       *sep ? seq_buffer_text(&m) : "none");
	seq_buffer_release(&m);
}

struct module *module_known(const char *name)
{
	struct module *mod = find_module(name);

	if (!mod)
		report_unknown(name);
	return mod;
}

static long call_init(void *mod)
{
	return ((struct module *)mod)->init();
}

static long call_exit(void *mod)
{
	((struct module *)mod)->exit();
	return 0;
}

/* A fault ends the module's function, not the machine. What it had got by then is lost. */
static int run_init(struct module *mod)
{
	long ret;
	int err = oops_guard(call_init, mod, &ret);

	return err ? err : (int)ret;
}

static int module_load_locked(struct module *mod)
{
	int err;

	if (mod->live)
		return -EEXIST;
	err = module_params_keep(mod);
	if (err)
		return err;
	__atomic_store_n(&mod->refcnt, 0, __ATOMIC_RELAXED);
	kallsyms_module_loaded(mod);
	err = module_params_set(mod);
	if (!err && mod->init) {
		err = run_init(mod);
		if (err)
			pr_err("%s: init failed, error %d\n", mod->name, -err);
	}
	if (err) {
		module_params_restore(mod);
		return err < 0 ? err : -EINVAL;
	}
	mutex_lock(&module_mutex);
	mod->live = true;
	mod->next = module_list;
	module_list = mod;
	WRITE_ONCE(list_version, list_version + 1);
	mutex_unlock(&module_mutex);
	return 0;
}

int module_load(struct module *mod)
{
	int err;

	mutex_lock(&load_mutex);
	err = module_load_locked(mod);
	mutex_unlock(&load_mutex);
	return err;
}

static int module_unload_locked(struct module *mod)
{
	struct module **link;
	int unused = 0;
	long ret;

	if (!mod->live)
		return -ENOENT;
	if (!__atomic_compare_exchange_n(&mod->refcnt, &unused, MODULE_GOING, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return -EBUSY;
	if (mod->exit && oops_guard(call_exit, mod, &ret))
		pr_err("%s: its exit has faulted\n", mod->name);
	mutex_lock(&module_mutex);
	for (link = &module_list; *link != mod; link = &(*link)->next)
		;
	*link = mod->next;
	mod->next = NULL;
	mod->live = false;
	WRITE_ONCE(list_version, list_version + 1);
	mutex_unlock(&module_mutex);
	module_params_restore(mod);
	return 0;
}

int module_unload(struct module *mod)
{
	int err;

	mutex_lock(&load_mutex);
	err = module_unload_locked(mod);
	mutex_unlock(&load_mutex);
	return err;
}

int modules_unload_all(void)
{
	struct module *mod, *next;
	int busy = 0;

	mutex_lock(&load_mutex);
	/* The list changes under both locks: holding one of them it can be walked. */
	for (mod = module_list; mod; mod = next) {
		next = mod->next;
		if (module_unload_locked(mod)) {
			pr_warn("%s: still in use by %d, not unloaded\n", mod->name,
				module_refcount(mod));
			busy++;
		}
	}
	mutex_unlock(&load_mutex);
	return busy;
}

static bool same_set(const struct builtin_modules *a, const struct builtin_modules *b)
{
	return a->start == b->start && a->params == b->params;
}

/* Another set has a module of a name that is in @in: its name, or NULL. */
static const char *name_taken(const struct builtin_modules *in)
{
	for (struct module_set *set = next_set(NULL); set; set = next_set(set))
		for (struct module *const *mod = set->in.start; mod < set->in.stop; mod++)
			for (struct module *const *new = in->start; new < in->stop; new ++)
				if (!same_set(&set->in, in) && !strcmp((*mod)->name, (*new)->name))
					return (*new)->name;
	return NULL;
}

int builtin_modules_register(const struct builtin_modules *in)
{
	struct module_set *set, **link;
	const char *taken = name_taken(in);

	if (taken) {
		pr_err("%s: another module has that name\n", taken);
		return -EEXIST;
	}
	set = host_alloc(sizeof(*set));
	if (!set)
		return -ENOMEM;
	set->in = *in;
	mutex_lock(&module_mutex);
	for (link = &module_sets; *link; link = &(*link)->next)
		if (same_set(&(*link)->in, in))
			break;
	if (*link)
		host_free(set);
	else
		*link = set;
	mutex_unlock(&module_mutex);
	return 0;
}

unsigned long modules_version(void)
{
	return READ_ONCE(list_version);
}

void modules_for_each(void (*fn)(void *arg, const struct module *mod), void *arg)
{
	mutex_lock(&module_mutex);
	for (struct module *mod = module_list; mod; mod = mod->next)
		fn(arg, mod);
	mutex_unlock(&module_mutex);
}

int module_call(const char *name, int (*fn)(struct module *mod, void *arg), void *arg)
{
	int ret = -ENODEV;
	struct module *mod;

	mutex_lock(&load_mutex);
	/* The list changes under both locks: holding one of them it can be walked. */
	for (mod = module_list; mod && strcmp(mod->name, name); mod = mod->next)
		;
	if (mod)
		ret = fn(mod, arg);
	mutex_unlock(&load_mutex);
	return ret;
}

int builtin_modules_load_all(void)
{
	int err = module_params_check();

	for (struct module_set *set = next_set(NULL); set && !err; set = next_set(set))
		for (struct module *const *mod = set->in.start; mod < set->in.stop && !err; mod++) {
			err = module_load(*mod);
			if (err == -EEXIST)
				err = 0;
		}
	return err;
}

/*
 * proc/modules: name, size, references, users (nobody can depend on a module here), state and the
 * address, which the kernel shows as 0 to whoever may not know it.
 */
int modules_show(struct seq_file *m, void *v)
{
	mutex_lock(&module_mutex);
	for (struct module *mod = module_list; mod; mod = mod->next)
		seq_printf(m, "%s %lu %d - Live 0x%016x\n", mod->name, mod->size,
			   module_refcount(mod), 0);
	mutex_unlock(&module_mutex);
	return 0;
}
