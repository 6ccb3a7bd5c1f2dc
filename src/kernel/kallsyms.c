// SPDX-License-Identifier: MIT
/*
 * kallsyms.c - the names of code addresses, from the symbol tables of the files they came from.
 *
 * An object (the program, a shared library, a loaded driver) is read once, at the first question
 * about it: its function symbols, sorted by address, static ones included, since a caller in a
 * driver usually is one. An address belongs to the last symbol at or below it that reaches it.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kmem/module.h>
#include <kmem/sched.h>
#include <kmem/seq_file.h>

#include "host.h"
#include "kallsyms.h"

#define MAX_OBJECTS 32

struct symbol {
	unsigned long addr; /* relative to the object's load address */
	unsigned long size;
	const char *name; /* in the mapped file */
	bool exported;
};

struct object {
	unsigned long base;
	unsigned long end;  /* of its segments; 0: the file cannot be read */
	unsigned long bias; /* what to subtract from an address: 0 for a fixed-address program */
	struct symbol *symbols;
	size_t nr;
	char module[56]; /* whose file it is; empty: the program's own, or a library's */
};

static struct host_lock objects_lock;
static struct object objects[MAX_OBJECTS]; /* protected by objects_lock */
static unsigned int nr_objects;		   /* protected by objects_lock */

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The section headers of a well-formed 64-bit ELF file, or NULL. */
static const Elf64_Shdr *sections(const char *file, size_t size)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)file;

	if (size < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_shentsize != sizeof(Elf64_Shdr) ||
	    eh->e_shoff > size || (size - eh->e_shoff) / sizeof(Elf64_Shdr) < eh->e_shnum)
		return NULL;
	return (const Elf64_Shdr *)(file + eh->e_shoff);
}

static void read_table(struct object *o, const char *file, size_t size, const Elf64_Shdr *sh,
		       const Elf64_Shdr *strtab)
{
	const Elf64_Sym *sym = (const Elf64_Sym *)(file + sh->sh_offset);
	size_t nr = sh->sh_size / sizeof(*sym);

	if (sh->sh_offset + sh->sh_size > size || strtab->sh_offset + strtab->sh_size > size)
		return;
	o->symbols = host_alloc(nr * sizeof(*o->symbols));
	if (!o->symbols)
		return;
	for (size_t i = 0; i < nr; i++) {
		if (ELF64_ST_TYPE(sym[i].st_info) != STT_FUNC || !sym[i].st_value ||
		    sym[i].st_name >= strtab->sh_size)
			continue;
		o->symbols[o->nr++] = (struct symbol){
			.addr = sym[i].st_value,
			.size = sym[i].st_size,
			.name = file + strtab->sh_offset + sym[i].st_name,
			.exported = ELF64_ST_BIND(sym[i].st_info) != STB_LOCAL &&
				    ELF64_ST_VISIBILITY(sym[i].st_other) == STV_DEFAULT,
		};
	}
	qsort(o->symbols, o->nr, sizeof(*o->symbols), by_address);
}

static void read_extent(struct object *o, const char *file, size_t size)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)file;
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(file + eh->e_phoff);

	if (eh->e_phentsize != sizeof(*ph) || eh->e_phoff > size ||
	    (size - eh->e_phoff) / sizeof(*ph) < eh->e_phnum)
		return;
	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			o->end = max(o->end, o->bias + ph[i].p_vaddr + ph[i].p_memsz);
}

static void read_object(struct object *o, const char *path)
{
	const Elf64_Shdr *sh, *best = NULL;
	const Elf64_Ehdr *eh;
	size_t size;
	const char *file = host_file_map(path, &size);

	sh = file ? sections(file, size) : NULL;
	if (!sh)
		return;
	eh = (const Elf64_Ehdr *)file;
	o->bias = eh->e_type == ET_DYN ? o->base : 0;
	read_extent(o, file, size);
	/* The full table where the file is not stripped, else what it exports. */
	for (int i = 0; i < eh->e_shnum; i++)
		if (sh[i].sh_type == SHT_SYMTAB || (sh[i].sh_type == SHT_DYNSYM && !best))
			best = &sh[i];
	if (best && best->sh_link < eh->e_shnum)
		read_table(o, file, size, best, &sh[best->sh_link]);
}

/* Caller holds objects_lock. */
static struct object *object_at(const void *addr)
{
	char path[512];
	unsigned long base;
	unsigned int i;

	/* Asking the host takes a hundred times as long, and none that is known goes away. */
	for (i = 0; i < nr_objects; i++)
		if ((unsigned long)addr >= objects[i].base && (unsigned long)addr < objects[i].end)
			return &objects[i];
	if (host_object_of(addr, path, sizeof(path), &base))
		return NULL;
	for (i = 0; i < nr_objects; i++)
		if (objects[i].base == base)
			return &objects[i];
	if (nr_objects == MAX_OBJECTS)
		return NULL;
	objects[nr_objects].base = base;
	read_object(&objects[nr_objects], path);
	return &objects[nr_objects++];
}

static const struct symbol *symbol_at(const struct object *o, unsigned long addr)
{
	size_t lo = 0, hi = o->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->symbols[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr - o->symbols[lo - 1].addr > o->symbols[lo - 1].size)
		return NULL;
	return &o->symbols[lo - 1];
}

void symbol_name(const void *addr, char *buf, size_t size)
{
	const struct symbol *s = NULL;
	const struct object *o;
	unsigned long a;

	host_lock(&objects_lock);
	o = object_at(addr);
	if (o) {
		a = (unsigned long)addr - o->bias;
		s = symbol_at(o, a);
	}
	if (s && o->module[0])
		snprintf(buf, size, "%s+0x%lx/0x%lx [%s]", s->name, a - s->addr, s->size,
			 o->module);
	else if (s)
		snprintf(buf, size, "%s+0x%lx/0x%lx", s->name, a - s->addr, s->size);
	else
		snprintf(buf, size, "0x%016lx", (unsigned long)addr);
	host_unlock(&objects_lock);
}

void kallsyms_module_loaded(const struct module *mod)
{
	struct object *o;

	host_lock(&objects_lock);
	o = object_at(mod);
	if (o && o != object_at((const void *)kallsyms_show))
		snprintf(o->module, sizeof(o->module), "%s", mod->name);
	host_unlock(&objects_lock);
}

/*
 * Addresses are told to those who own the machine; others see zeros, as in the kernel. A loaded
 * driver's own file is marked with its name; what is linked into the program is the kernel.
 */
static void show_object(struct seq_file *m, const struct object *o)
{
	bool told = capable(CAP_SYS_ADMIN);

	for (size_t i = 0; o && i < o->nr; i++) {
		const struct symbol *s = &o->symbols[i];

		if (!s->exported)
			continue;
		seq_printf(m, "%016lx T %s", told ? s->addr + o->bias : 0, s->name);
		if (o->module[0])
			seq_printf(m, "\t[%s]", o->module);
		seq_putc(m, '\n');
	}
}

static void show_module(void *arg, const struct module *mod)
{
	const struct object *o;

	host_lock(&objects_lock);
	o = object_at(mod);
	if (o && o->module[0])
		show_object(arg, o);
	host_unlock(&objects_lock);
}

int kallsyms_show(struct seq_file *m, void *v)
{
	host_lock(&objects_lock);
	show_object(m, object_at((const void *)kallsyms_show));
	host_unlock(&objects_lock);
	modules_for_each(show_module, m);
	return 0;
}
