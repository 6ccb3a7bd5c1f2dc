// SPDX-License-Identifier: MIT
/*
 * task.c - the threads that the machine knows, and what is on their stacks.
 *
 * Every thread has a struct task_struct, made of zeros. One that comes to a CPU for the first time
 * is registered: it gets a number and a name, stands in a list, and its end is noticed, so that it
 * gives back the CPU it owns.
 *
 * Who looks for pointers (mm/kmemleak_roots.c) gets a copy of each stack, from the stack pointer up
 * where the host tells it, which is so of a thread that waits, or all that is resident. The copy is
 * made while the thread cannot end, and read afterwards.
 *
 * Locks: tasks_lock around the list; a thread whose task is in the list has not ended.
 */
#include <kmem/sched.h>

#include "cpu.h"
#include "host.h"
#include "task.h"

#define MAX_TASKS 1024
#define RED_ZONE  128 /* below the stack pointer: a function that calls none may use it */

__thread struct task_struct current_task __attribute__((tls_model("initial-exec")));

static struct host_lock tasks_lock;
static LIST_HEAD(tasks); /* registered threads; protected by tasks_lock */

static void thread_exits(void *data)
{
	struct task_struct *t = data;

	cpu_forget_thread(t);
	host_lock(&tasks_lock);
	t->registered = false;
	list_del(&t->tasks);
	host_unlock(&tasks_lock);
}

void task_register(void)
{
	struct task_struct *t = current;

	if (t->registered)
		return;
	t->registered = true;
	t->host_tid = host_thread_id();
	if (!t->client_pid)
		t->pid = t->tgid = t->host_tid;
	/* It may serve a client already, whose name it has then. */
	if (!t->comm[0])
		host_thread_name(t->comm, sizeof(t->comm));
	host_at_thread_exit(thread_exits, t);
	host_thread_stack(&t->stack_start, &t->stack_end);
	host_lock(&tasks_lock);
	list_add_tail(&t->tasks, &tasks);
	host_unlock(&tasks_lock);
}

static unsigned int list_tasks(int *pids)
{
	struct task_struct *t;
	unsigned int n = 0;

	host_lock(&tasks_lock);
	list_for_each_entry(t, &tasks, tasks)
		if (n < MAX_TASKS)
			pids[n++] = t->host_tid;
	host_unlock(&tasks_lock);
	return n;
}

/* Of a thread that runs: all that it has ever used, from the top down. */
static unsigned long lowest_used(const struct task_struct *t)
{
	unsigned long at = t->stack_end & PAGE_MASK;
	unsigned char there;

	while (at > t->stack_start && !host_resident(at - PAGE_SIZE, 1, &there) && (there & 1))
		at -= PAGE_SIZE;
	return at;
}

/* Stacks have words that are nobody's business, and are written meanwhile. */
__attribute__((no_sanitize("address", "thread", "undefined"))) static void
copy_words(unsigned long *to, unsigned long from, size_t size)
{
	for (size_t i = 0; i < size / sizeof(long); i++)
		to[i] = ((volatile unsigned long *)from)[i];
}

/* Under the lock the thread cannot end. NULL: it has ended, or there is no memory. */
static void *copy_stack(int pid, unsigned long sp, size_t *size)
{
	struct task_struct *t;
	void *copy = NULL;

	host_lock(&tasks_lock);
	list_for_each_entry(t, &tasks, tasks) {
		if (t->host_tid != pid || !t->stack_end)
			continue;
		if (sp <= t->stack_start || sp >= t->stack_end)
			sp = lowest_used(t);
		sp = ALIGN_DOWN(sp, sizeof(long));
		*size = t->stack_end - sp;
		copy = *size ? host_table_alloc(*size) : NULL;
		if (copy)
			copy_words(copy, sp, *size);
		break;
	}
	host_unlock(&tasks_lock);
	return copy;
}

void for_each_task_stack(unsigned long own_sp, void (*fn)(void *copy, size_t size, void *arg),
			 void *arg)
{
	int *pids = host_alloc(MAX_TASKS * sizeof(*pids)), self = host_thread_id();
	unsigned int n = pids ? list_tasks(pids) : 0;
	size_t size;
	void *copy;

	for (unsigned int i = 0; i < n; i++) {
		unsigned long sp = pids[i] == self ? own_sp
						   : host_thread_stack_pointer(pids[i]) - RED_ZONE;

		copy = copy_stack(pids[i], sp, &size);
		if (!copy)
			continue;
		fn(copy, size, arg);
		host_table_free(copy, size);
	}
	host_free(pids);
}
