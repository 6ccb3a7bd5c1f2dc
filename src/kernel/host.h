/* SPDX-License-Identifier: MIT */
/*
 * host.h - the boundary to the host: memory, threads, time, and nothing else asks for them.
 *
 *	host_memory.c	RAM, its mappings, memory for bookkeeping
 *	host_thread.c	waiting, barriers, locks; threads and their stacks
 *	host.c		time, the console, files, the program itself, its faults
 *
 * Everything here works without a machine; nothing touches emulated memory. Functions that
 * return a pointer return NULL on failure, those that return int 0 or -errno.
 */
#ifndef KERNEL_HOST_H
#define KERNEL_HOST_H

#include <kmem/types.h>

/* Host memory for bookkeeping that must not take emulated pages; zeroed. */
void *host_alloc(size_t size);
void *host_realloc(void *p, size_t size);
void host_free(void *p);

/* A large table of zeros, of which only what is written takes memory. */
void *host_table_alloc(size_t size);
void host_table_free(void *table, size_t size);
/* Makes zeros of the whole pages among the @size bytes at @p of one; they take no memory then. */
void host_table_forget(void *p, size_t size);

/* A sparse file of @size bytes that is the machine's RAM; a descriptor or -errno. */
int host_ram_create(u64 size);
void host_ram_destroy(int fd);
/* Maps all of the file readable and writable at exactly @addr. -EEXIST: the range is taken. */
int host_ram_map(int fd, unsigned long addr, u64 size);
/* Gives the host memory of a range of the file back; it reads as zeros afterwards. */
int host_ram_discard(int fd, u64 offset, u64 size);
/* Reserves addresses without memory: every access faults. -EEXIST: the range is taken. */
int host_window_reserve(unsigned long addr, u64 size);
/* Maps bytes of the RAM file at @addr inside a reserved window; -ENOMEM at the host's limit. */
int host_window_map(int fd, unsigned long addr, u64 size, u64 offset, bool writable);
/* Maps bytes of the RAM file where nothing is. -EEXIST: something is; -ENOMEM at the limit. */
int host_map_at(int fd, unsigned long addr, u64 size, u64 offset, bool writable);
void host_unmap(unsigned long addr, u64 size);
/* How many mappings the host lets a process have. */
unsigned long host_max_mappings(void);

/* Makes all threads of the process pass a full memory barrier. */
void host_barrier_init(void);
void host_barrier_all_threads(void);

/* Sleeps while *word == val; spurious returns are possible. @ns 0: for ever. -ETIMEDOUT, 0. */
int host_wait(unsigned int *word, unsigned int val, u64 ns);
void host_wake(unsigned int *word, int nr);
void host_yield(void);
void host_sleep(u64 ns);

u64 host_clock_ns(void);     /* monotonic */
u64 host_realtime_ns(void);  /* since 1970 */
u64 host_cpu_time_ns(void);  /* what all our threads have used */
u64 host_switch_count(void); /* times one of them was switched away from */
unsigned int host_nr_cpus(void);
int host_thread_id(void);
int host_process_id(void);
void host_thread_name(char *buf, size_t size);
unsigned int host_threads_started(void); /* by the function below, since the process began */
int host_thread_start(unsigned long *thread, const char *name, void *(*fn)(void *), void *arg);
void host_thread_join(unsigned long thread);
/* fn(arg of host_at_thread_exit) runs when the calling thread ends. */
void host_at_thread_exit(void (*fn)(void *), void *arg);

/* The session of a process and its controlling terminal's number, 0: none. 0 or -errno. */
int host_process_session(int pid, int *session, int *tty);

/* The calling thread's stack: from the lowest address it may have to behind the highest. 0, -errno. */
int host_thread_stack(unsigned long *start, unsigned long *end);
/* Where a thread of ours that waits has its stack pointer; 0: it runs, or the host does not tell. */
unsigned long host_thread_stack_pointer(int tid);
/* Which of @nr pages from @addr on have memory of the host: there[i] & 1. 0; -errno: not all mapped. */
int host_resident(unsigned long addr, size_t nr, unsigned char *there);
/*
 * Calls @fn for the writable segments of the program and of the libraries it has loaded, but for the
 * C library's and the sanitizers' own. Nothing is loaded or unloaded meanwhile.
 */
void host_data_segments(void (*fn)(unsigned long start, unsigned long end, void *arg), void *arg);

/* Bytes to standard error, as they are. */
void host_console(const char *s, size_t len);

/* What a short file of the host begins with, as a string; "" with -errno. */
int host_file_read(const char *path, char *text, size_t size);
/* A file of the host, mapped to be read; stays mapped. */
void *host_file_map(const char *path, size_t *size);
/* The file that a code address was loaded from, and the address it was loaded at. */
int host_object_of(const void *addr, char *path, size_t size, unsigned long *base);
/* Return addresses, the first of them in this function; the number filled in. */
int host_backtrace(void **frames, int max);

/*
 * Handlers for faults (SIGSEGV, SIGBUS). @fn may jump away; true: what was missing is there now,
 * the access is tried again; false: the default acts.
 */
void host_catch_faults(bool (*fn)(void *addr, bool write, void *pc));

/* A lock for floors below the spinlocks (the log, the CPU table). */
struct host_lock {
	unsigned int state; /* 0 free, 1 held, 2 held and waited for */
};
void host_lock(struct host_lock *l);
void host_unlock(struct host_lock *l);

#endif
