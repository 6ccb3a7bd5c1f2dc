/* SPDX-License-Identifier: MIT */
/*
 * module.h - modules and their parameters.
 *
 * A module is a translation unit (or several) compiled with -DKBUILD_MODNAME=name that says
 * MODULE_LICENSE() once, and usually module_init() and module_exit(). Its entry and its
 * parameters lie in linker sections; builtin_modules_load() of the program that links it loads
 * them in link order: parameters first ("name.param=value" words of the boot line), then init.
 *
 * With -DMODULE as well it can be made a shared object, which kmemfs loads ("insmod=FILE"):
 * `pkg-config --cflags --libs kmem-module` has all the flags but KBUILD_MODNAME.
 *
 * Source of the rules: the kernel's module.h and moduleparam.h.
 */
#ifndef KMEM_MODULE_H
#define KMEM_MODULE_H

#include <sys/stat.h> /* S_IRUSR and the like, for the mode of a parameter */
#include <kmem/printk.h>
#include <kmem/types.h>

struct module {
	const char *name;
	int (*init)(void);
	void (*exit)(void);
	const char *license;
	bool live;  /* init has succeeded, exit has not been called */
	int refcnt; /* atomic: try_module_get(), module_put(); MODULE_GOING while it leaves */
	unsigned long size;  /* bytes: this structure, its parameters and their values */
	void *defaults;	     /* the parameters' values before it was loaded; by module.c */
	struct module *next; /* loaded modules, newest first; protected by module_mutex */
};

struct kernel_param;

struct kernel_param_ops {
	/* Parses @val; 0 or -errno, without a change then. May sleep. */
	int (*set)(const char *val, const struct kernel_param *kp);
	/* Prints into @buffer (PAGE_SIZE bytes); returns the length. */
	int (*get)(char *buffer, const struct kernel_param *kp);
};

struct kernel_param {
	const char *mod;
	const char *name;
	const struct kernel_param_ops *ops;
	unsigned short perm; /* of its file in sys/module/NAME/parameters/; 0: no file */
	unsigned short size; /* bytes at ->arg: restored when the module is unloaded */
	void *arg;
};

/* The modules and parameters that a program, or a shared object, was linked with. */
struct builtin_modules {
	struct module *const *start, *const *stop;
	const struct kernel_param *params, *params_stop;
};

extern struct module *const __start_kmem_modules[] __attribute__((weak, visibility("hidden")));
extern struct module *const __stop_kmem_modules[] __attribute__((weak, visibility("hidden")));
extern const struct kernel_param __start_kmem_params[] __attribute__((weak, visibility("hidden")));
extern const struct kernel_param __stop_kmem_params[] __attribute__((weak, visibility("hidden")));

#define THIS_BUILTIN_MODULES                                                                       \
	{                                                                                          \
		__start_kmem_modules, __stop_kmem_modules, __start_kmem_params, __stop_kmem_params \
	}

#ifdef MODULE
#include <kmem/module_file.h>
#else
#define KMEM_CONTENTS
#endif

#define KMEM_CAT_(a, b)	     a##b
#define KMEM_CAT(a, b)	     KMEM_CAT_(a, b)
#define KMEM_STRINGIFY_(...) #__VA_ARGS__
#define KMEM_STRINGIFY(...)  KMEM_STRINGIFY_(__VA_ARGS__)

#ifdef KBUILD_MODNAME

#define KMEM_MOD_SYM(prefix) KMEM_CAT(prefix, KBUILD_MODNAME)

extern struct module KMEM_MOD_SYM(this_module_);
int KMEM_MOD_SYM(init_module_)(void) __attribute__((weak));
void KMEM_MOD_SYM(cleanup_module_)(void) __attribute__((weak));

#define THIS_MODULE (&KMEM_MOD_SYM(this_module_))

#define module_init(fn)                      \
	int KMEM_MOD_SYM(init_module_)(void) \
	{                                    \
		return fn();                 \
	}
#define module_exit(fn)                          \
	void KMEM_MOD_SYM(cleanup_module_)(void) \
	{                                        \
		fn();                            \
	}

#define MODULE_LICENSE(text)                                    \
	struct module KMEM_MOD_SYM(this_module_) = {            \
		.name = KMEM_STRINGIFY(KBUILD_MODNAME),         \
		.init = KMEM_MOD_SYM(init_module_),             \
		.exit = KMEM_MOD_SYM(cleanup_module_),          \
		.license = text,                                \
	};                                                      \
	static struct module *const KMEM_MOD_SYM(module_entry_) \
		__attribute__((used, section("kmem_modules"))) = THIS_MODULE KMEM_CONTENTS

#define module_param_cb(pname, param_ops, ptr, mode)                          \
	static const struct kernel_param KMEM_CAT(param_entry_, pname)        \
		__attribute__((used, section("kmem_params"), aligned(8))) = { \
			.mod = KMEM_STRINGIFY(KBUILD_MODNAME),                \
			.name = #pname,                                       \
			.ops = param_ops,                                     \
			.perm = mode,                                         \
			.size = sizeof(*(ptr)),                               \
			.arg = ptr,                                           \
		}

#else
#define THIS_MODULE	     ((struct module *)0)
#define MODULE_LICENSE(text) struct kmem_swallow_semicolon
#endif

/* type: bool, byte, short, ushort, int, uint, long, ulong, charp. */
#define module_param_named(pname, var, type, mode) \
	module_param_cb(pname, &param_ops_##type, &var, mode)
/* Not by way of the one above: "bool" is a macro, and must reach ## as it is. */
#define module_param(var, type, mode) module_param_cb(var, &param_ops_##type, &var, mode)

/* Several of one type: "1,2,3", and on the boot line, whose words end at a comma, "1:2:3". */
struct kparam_array {
	unsigned int max, elemsize;
	unsigned int *num; /* how many were given; NULL: nobody wants to know */
	const struct kernel_param_ops *ops;
	void *elem;
};

struct kparam_string {
	unsigned int maxlen; /* with the end */
	char *string;
};

#define KMEM_PARAM_ARRAY(pname, array, param_ops, nump, mode)                                      \
	static const struct kparam_array KMEM_CAT(param_array_, pname) = { ARRAY_SIZE(array),      \
									   sizeof((array)[0]),     \
									   (unsigned int *)(nump), \
									   (param_ops), (array) }; \
	module_param_cb(pname, &param_array_ops, (char *)&KMEM_CAT(param_array_, pname), mode)

/* @nump points at an unsigned int (or int), or is NULL. */
#define module_param_array_named(pname, array, type, nump, mode) \
	KMEM_PARAM_ARRAY(pname, array, &param_ops_##type, nump, mode)
#define module_param_array(array, type, nump, mode) \
	KMEM_PARAM_ARRAY(array, array, &param_ops_##type, nump, mode)
/* A buffer of the driver's own; what does not fit with its end is -ENOSPC. */
#define module_param_string(pname, buffer, len, mode)                                       \
	static const struct kparam_string KMEM_CAT(param_string_, pname) = { len, buffer }; \
	module_param_cb(pname, &param_ops_string, (char *)&KMEM_CAT(param_string_, pname), mode)

extern const struct kernel_param_ops param_ops_bool, param_ops_byte, param_ops_short,
	param_ops_ushort, param_ops_int, param_ops_uint, param_ops_long, param_ops_ulong,
	param_ops_charp, param_array_ops, param_ops_string;

#define S_IRUGO 0444

#define MODULE_AUTHOR(text)	  struct kmem_swallow_semicolon
#define MODULE_DESCRIPTION(text)  struct kmem_swallow_semicolon
#define MODULE_VERSION(text)	  struct kmem_swallow_semicolon
#define MODULE_ALIAS(text)	  struct kmem_swallow_semicolon
#define MODULE_INFO(tag, text)	  struct kmem_swallow_semicolon
#define MODULE_SOFTDEP(text)	  struct kmem_swallow_semicolon
#define MODULE_PARM_DESC(p, text) struct kmem_swallow_semicolon
#define EXPORT_SYMBOL(sym)	  struct kmem_swallow_semicolon
#define EXPORT_SYMBOL_GPL(sym)	  struct kmem_swallow_semicolon

/* A reference keeps @mod loaded; a NULL module is always there. Context: any. */
bool try_module_get(struct module *mod);
void module_put(struct module *mod);
int module_refcount(struct module *mod);

/*
 * Applies @mod's parameters from the machine's boot line and calls its init. 0, or -errno with
 * a line in the log that says what was wrong and what is allowed. May sleep, as all below.
 */
int module_load(struct module *mod);
/* 0, -EBUSY while it is in use. Its parameters have their initial values again afterwards. */
int module_unload(struct module *mod);
/* Unloads all, newest first. Returns the number that were still in use (and stay). */
int modules_unload_all(void);

/*
 * Makes a program's modules known; registering the same ones again is harmless. 0, -ENOMEM, or
 * -EEXIST with a line in the log if another module of that name is known.
 */
int builtin_modules_register(const struct builtin_modules *in);
/*
 * Loads all that are known. -ENOENT, with nothing loaded, if the boot line names a module or a
 * parameter that none of them has.
 */
int builtin_modules_load_all(void);

/* Loads the modules linked into the calling program. 0 or the first -errno (that one and the
 * ones after it are not loaded). */
static inline int builtin_modules_load(void)
{
	const struct builtin_modules set = THIS_BUILTIN_MODULES;
	int ret = builtin_modules_register(&set);

	return ret ? ret : builtin_modules_load_all();
}

/* Walks the parameters of @mod: NULL starts, NULL ends. */
const struct kernel_param *module_param_next(const struct module *mod,
					     const struct kernel_param *prev);

/* Calls @fn for each loaded module, newest first. @fn must not sleep for another module. */
void modules_for_each(void (*fn)(void *arg, const struct module *mod), void *arg);
/* Changes whenever the above would tell others. */
unsigned long modules_version(void);
/* fn(mod, arg) of the loaded module of that name, which stays loaded meanwhile; or -ENODEV. */
int module_call(const char *name, int (*fn)(struct module *mod, void *arg), void *arg);
/* The parameter of @mod with that name, or NULL. */
const struct kernel_param *module_param_find(const struct module *mod, const char *name);

struct seq_file;
/* proc/modules */
int modules_show(struct seq_file *m, void *v);

#endif
