// SPDX-License-Identifier: MIT
/*
 * insmod.c - drivers that the program was not linked with: modules in shared objects.
 *
 * Such a file is linked against nothing: what it calls is found in the program, which exports all of
 * libkmem and the file half. One symbol, made by MODULE_LICENSE() where MODULE is defined, says what
 * is in it: the modules with their parameters, which module.c loads as it does the program's own,
 * and the per-CPU variables, whose copies come from the reserve for modules.
 *
 * A file stays in the process until its end: the machine's last reports name functions in it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/module_file.h>
#include <kmem/printk.h>

#include "insmod.h"

/* dlopen() says it with the path in front, which is in our line already. */
static const char *dl_message(const char *path)
{
	const char *text = dlerror();
	size_t len = strlen(path);

	if (!text)
		return "unknown error";
	return !strncmp(text, path, len) && !strncmp(text + len, ": ", 2) ? text + len + 2 : text;
}

static int take_contents(const char *path, const struct module_contents *in)
{
	int err;

	if (!in) {
		pr_err("insmod: %s: is no module: MODULE_LICENSE() is missing, or it was compiled "
		       "without the flags of: pkg-config --cflags kmem-module\n",
		       path);
		return -ENOEXEC;
	}
	if (in->abi != KMEM_MODULE_ABI) {
		pr_err("insmod: %s: was compiled with the headers of another kmemfs\n", path);
		return -ENOEXEC;
	}
	err = percpu_section_setup(&in->percpu);
	if (!err)
		err = builtin_modules_register(&in->modules);
	return err;
}

int insmod(const char *path)
{
	char *full = realpath(path, NULL); /* a name without a slash would be searched elsewhere */
	void *file;
	int err;

	if (!full) {
		err = -errno;
		pr_err("insmod: %s: %s\n", path, strerror(-err));
		return err;
	}
	file = dlopen(full, RTLD_NOW | RTLD_LOCAL);
	if (file) {
		err = take_contents(path, dlsym(file, "kmem_module_contents"));
	} else {
		pr_err("insmod: %s: %s\n", path, dl_message(full));
		err = -ENOEXEC;
	}
	free(full);
	return err;
}
