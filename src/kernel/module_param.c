// SPDX-License-Identifier: MIT
/*
 * module_param.c - a module's parameters: set by the words of the boot line, and back at what they
 * were when it leaves.
 *
 * A word "module.parameter=value" of the boot line is the module's when it is loaded. A module that
 * was unloaded must come back as freshly inserted: the values are kept when it is loaded, before
 * the boot line, and put back when it has left.
 *
 * ->size is what can be said truthfully of code that lives in the host's program: the bytes of
 * struct module, of the parameters' descriptions and of their values.
 *
 * Locks: load_mutex is held by who calls, but for module_params_check(), which only reads.
 */
#include <string.h>
#include <kmem/seq_file.h>

#include "host.h"
#include "param.h"

/* One "module.param=value" word of the boot line, cut into its parts. */
struct param_word {
	char text[COMMAND_LINE_SIZE]; /* no word is longer than the line */
	const char *mod, *param;
	const char *value; /* NULL: no '=' */
};

/* Cuts the next parameter word out of *@line and moves it on; false at the end of the line. */
static bool next_param_word(const char **line, struct param_word *word)
{
	while (**line) {
		size_t len = strcspn(*line, ", \n");
		const char *start = *line;
		char *dot, *equals;

		*line += len + (start[len] != '\0');
		memcpy(word->text, start, len);
		word->text[len] = '\0';
		equals = strchr(word->text, '=');
		if (equals)
			*equals = '\0';
		dot = strchr(word->text, '.');
		if (!dot)
			continue;
		*dot = '\0';
		word->mod = word->text;
		word->param = dot + 1;
		word->value = equals ? equals + 1 : NULL;
		return true;
	}
	return false;
}

static void list_params(const struct module *mod, struct seq_file *m)
{
	const struct kernel_param *kp;
	const char *sep = "";

	for_each_param(kp, mod) {
		seq_printf(m, "%s%s", sep, kp->name);
		sep = ", ";
	}
	if (!*sep)
		seq_puts(m, "none");
}

static int unknown_param(const struct module *mod, const char *name)
{
	struct seq_file m;

	seq_buffer_open(&m);
	list_params(mod, &m);
	pr_err("%s: no parameter is called '%s'; it has: %s\n", mod->name, name,
	       seq_buffer_text(&m));
	seq_buffer_release(&m);
	return -ENOENT;
}

static int apply_param(const struct module *mod, const struct param_word *word)
{
	const struct kernel_param *kp = module_param_find(mod, word->param);
	int err;

	if (!kp)
		return unknown_param(mod, word->param);
	err = kp->ops->set(word->value, kp);
	if (err)
		pr_err("%s: '%s' is not a value that %s takes%s (error %d)\n", mod->name,
		       word->value ? word->value : "", kp->name,
		       err == -ERANGE ? ": out of its range" : "", -err);
	return err;
}

int module_params_set(const struct module *mod)
{
	const char *line = boot_command_line;
	struct param_word word;
	int err = 0;

	while (!err && next_param_word(&line, &word))
		if (!strcmp(word.mod, mod->name))
			err = apply_param(mod, &word);
	return err;
}

int module_params_keep(struct module *mod)
{
	const struct kernel_param *kp;
	size_t bytes = 0;
	char *to;

	mod->size = sizeof(*mod);
	for_each_param(kp, mod) {
		bytes += param_value_size(kp);
		mod->size += sizeof(*kp);
	}
	mod->size += bytes;
	to = mod->defaults = host_alloc(bytes + 1);
	if (!to)
		return -ENOMEM;
	for_each_param(kp, mod) {
		param_value_keep(kp, to);
		to += param_value_size(kp);
	}
	return 0;
}

void module_params_restore(struct module *mod)
{
	const struct kernel_param *kp;
	const char *from = mod->defaults;

	for_each_param(kp, mod) {
		param_value_restore(kp, from);
		from += param_value_size(kp);
		param_forget_copies(kp);
	}
	host_free(mod->defaults);
	mod->defaults = NULL;
}

int module_params_check(void)
{
	const char *line = boot_command_line;
	struct param_word word;

	while (next_param_word(&line, &word)) {
		const struct module *mod = module_known(word.mod);

		if (!mod)
			return -ENOENT;
		if (!module_param_find(mod, word.param))
			return unknown_param(mod, word.param);
	}
	return 0;
}
