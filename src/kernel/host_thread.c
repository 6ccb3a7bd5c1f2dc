// SPDX-License-Identifier: MIT
/*
 * host_thread.c - threads of the host: how they wait for each other, begin, end, and where their
 * stacks are.
 *
 * Waiting is a futex on a word that the caller chooses; a lock for the floors below the spinlocks
 * is made of it.
 */
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

/*
 * membarrier() where the host has it. Elsewhere (old kernels, valgrind) a page's protection is
 * taken away and given back: the host must interrupt every CPU that runs a thread of ours to
 * flush its TLB, and an interrupt is a barrier.
 */
static bool have_membarrier;
static char *barrier_page;

void host_barrier_init(void)
{
	have_membarrier = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0,
				  0) == 0;
	if (!have_membarrier && !barrier_page)
		barrier_page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void host_barrier_all_threads(void)
{
	if (have_membarrier) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	} else {
		mprotect(barrier_page, PAGE_SIZE, PROT_READ | PROT_WRITE);
		__atomic_fetch_add(barrier_page, 1, __ATOMIC_SEQ_CST);
		mprotect(barrier_page, PAGE_SIZE, PROT_READ);
	}
}

int host_wait(unsigned int *word, unsigned int val, u64 ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	/* What callers have in registers alone is on the stack while we sleep: mm/kmemleak_roots.c. */
	__builtin_unwind_init();
	if (syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, val, ns ? &ts : NULL, NULL, 0) == 0)
		return 0;
	return errno == ETIMEDOUT ? -ETIMEDOUT : 0;
}

void host_wake(unsigned int *word, int nr)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nr, NULL, NULL, 0);
}

void host_yield(void)
{
	sched_yield();
}

void host_sleep(u64 ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	__builtin_unwind_init();
	nanosleep(&ts, NULL);
}

/* State 1 is held, 2 is held and somebody may sleep on it. */
void host_lock(struct host_lock *l)
{
	unsigned int free = 0;

	if (__atomic_compare_exchange_n(&l->state, &free, 1, false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&l->state, 2, __ATOMIC_ACQUIRE))
		host_wait(&l->state, 2, 0);
}

void host_unlock(struct host_lock *l)
{
	if (__atomic_exchange_n(&l->state, 0, __ATOMIC_RELEASE) == 2)
		host_wake(&l->state, 1);
}
int host_thread_id(void)
{
	return (int)syscall(SYS_gettid);
}

int host_process_id(void)
{
	return getpid();
}

void host_thread_name(char *buf, size_t size)
{
	char name[16] = "";

	prctl(PR_GET_NAME, name);
	strncpy(buf, name, size - 1);
	buf[size - 1] = '\0';
}

static unsigned int threads_started; /* atomic */

unsigned int host_threads_started(void)
{
	return __atomic_load_n(&threads_started, __ATOMIC_RELAXED);
}

struct thread_start {
	char name[16];
	void *(*fn)(void *);
	void *arg;
};

static void *thread_main(void *data)
{
	struct thread_start start = *(struct thread_start *)data;

	free(data);
	prctl(PR_SET_NAME, start.name);
	return start.fn(start.arg);
}

int host_thread_start(unsigned long *thread, const char *name, void *(*fn)(void *), void *arg)
{
	struct thread_start *start = calloc(1, sizeof(*start));
	sigset_t all, old;
	pthread_t id;
	int err;

	if (!start)
		return -ENOMEM;
	strncpy(start->name, name, sizeof(start->name) - 1);
	start->fn = fn;
	start->arg = arg;
	/* The machine's threads take no signals: those are for whoever runs the machine. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&id, NULL, thread_main, start);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		free(start);
		return -err;
	}
	__atomic_fetch_add(&threads_started, 1, __ATOMIC_RELAXED);
	*thread = (unsigned long)id;
	return 0;
}

void host_thread_join(unsigned long thread)
{
	pthread_join((pthread_t)thread, NULL);
}

static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;
static void (*exit_fn)(void *);

static void exit_key_make(void)
{
	pthread_key_create(&exit_key, exit_fn);
}

void host_at_thread_exit(void (*fn)(void *), void *arg)
{
	__atomic_store_n(&exit_fn, fn, __ATOMIC_RELEASE);
	pthread_once(&exit_once, exit_key_make);
	pthread_setspecific(exit_key, arg);
}

int host_process_session(int pid, int *session, int *tty)
{
	char path[40], text[512];
	const char *after;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	err = host_file_read(path, text, sizeof(text));
	if (err)
		return err;
	after = strrchr(text, ')'); /* the name in parentheses may hold anything */
	if (!after || sscanf(after + 1, " %*c %*d %*d %d %d", session, tty) != 2)
		return -EINVAL;
	return 0;
}

int host_thread_stack(unsigned long *start, unsigned long *end)
{
	pthread_attr_t attr;
	size_t size = 0;
	void *low = NULL;
	int err = pthread_getattr_np(pthread_self(), &attr);

	if (err)
		return -err;
	err = pthread_attr_getstack(&attr, &low, &size);
	pthread_attr_destroy(&attr);
	*start = (unsigned long)low;
	*end = *start + size;
	return -err;
}

/* "number arguments... sp pc" of a thread in a system call, "-1 sp pc" elsewhere, or "running". */
unsigned long host_thread_stack_pointer(int tid)
{
	char path[48], text[256];
	char *last;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	host_file_read(path, text, sizeof(text));
	last = strrchr(text, ' ');
	if (!last)
		return 0;
	*last = '\0';
	last = strrchr(text, ' ');
	return last ? strtoul(last + 1, NULL, 16) : 0;
}
