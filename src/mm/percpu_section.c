// SPDX-License-Identifier: MIT
/*
 * percpu_section.c - the per-CPU variables that a program or a module defines.
 *
 * DEFINE_PER_CPU() puts the pattern of a variable into a section. When the section is set up its
 * copies are made, one for each CPU, from what the patterns hold then, and the distance from a
 * pattern to its copy for CPU 0 is written where the section's owner finds it. The program that
 * boots the machine is what the kernel's own image is there; what comes later is a module, and its
 * copies come from the reserve.
 *
 * Locks: none. Boot, load and unload come one at a time.
 */
#include <string.h>
#include <kmem/printk.h>
#include <kmem/machine.h>
#include <kmem/percpu.h>

#include "percpu_internal.h"

#define MAX_SECTIONS 32

static struct percpu_section sections[MAX_SECTIONS];
static unsigned int nr_sections;

int percpu_section_setup(const struct percpu_section *section)
{
	size_t size = section->stop - section->start;
	char *copies = NULL;
	unsigned int cpu;

	if (!size || *section->delta)
		return 0;
	if (nr_sections < MAX_SECTIONS && machine_is_up())
		copies = percpu_alloc_reserved(size);
	else if (nr_sections < MAX_SECTIONS && size <= PCPU_MIN_UNIT_SIZE)
		copies = __alloc_percpu(size, PAGE_SIZE);
	if (!copies) {
		pr_warn("Could not allocate %zu bytes percpu data\n", size);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		memcpy(copies + cpu_table[cpu].percpu_offset, section->start, size);
	sections[nr_sections++] = *section;
	*section->delta = copies - section->start;
	return 0;
}

void percpu_section_release(const struct percpu_section *section)
{
	for (unsigned int i = 0; i < nr_sections; i++) {
		if (sections[i].start != section->start)
			continue;
		free_percpu(section->start + *section->delta);
		*section->delta = 0;
		sections[i] = sections[--nr_sections];
		return;
	}
}

unsigned long percpu_sections_forget(void)
{
	unsigned long n = nr_sections;

	while (nr_sections)
		*sections[--nr_sections].delta = 0;
	return n;
}
