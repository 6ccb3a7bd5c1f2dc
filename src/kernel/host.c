// SPDX-License-Identifier: MIT
/*
 * host.c - the boundary to the host.
 *
 * The only file that asks the host for memory, threads and time. What stands above it is a
 * kernel; what stands below is Linux as any process sees it, without privilege.
 *
 * RAM is one memfd. It is mapped whole and shared at a fixed address (the direct map), and
 * piecewise again in windows of reserved addresses (vmalloc areas). Pages of the file that were
 * never touched cost nothing; host_ram_discard() makes pages untouched again.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <link.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

void *host_alloc(size_t size)
{
	return calloc(1, size);
}

void *host_realloc(void *p, size_t size)
{
	return realloc(p, size);
}

void host_free(void *p)
{
	free(p);
}

void *host_table_alloc(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void host_table_free(void *table, size_t size)
{
	if (table)
		munmap(table, size);
}

int host_ram_create(u64 size)
{
	int fd = memfd_create("kmemfs-ram", MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, size) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

void host_ram_destroy(int fd)
{
	close(fd);
}

/* An old kernel takes the address as a hint and may answer with another one. */
static int map_exactly(unsigned long addr, u64 size, int prot, int flags, int fd)
{
	void *p = mmap((void *)addr, size, prot, flags | MAP_FIXED_NOREPLACE | MAP_NORESERVE, fd,
		       0);

	if (p == MAP_FAILED)
		return -errno;
	if (p != (void *)addr) {
		munmap(p, size);
		return -EEXIST;
	}
	return 0;
}

int host_ram_map(int fd, unsigned long addr, u64 size)
{
	return map_exactly(addr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
}

int host_ram_discard(int fd, u64 offset, u64 size)
{
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size))
		return -errno;
	return 0;
}

int host_window_reserve(unsigned long addr, u64 size)
{
	return map_exactly(addr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

int host_window_map(int fd, unsigned long addr, u64 size, u64 offset, bool writable)
{
	void *p = mmap((void *)addr, size, PROT_READ | (writable ? PROT_WRITE : 0),
		       MAP_SHARED | MAP_FIXED, fd, offset);

	return p == MAP_FAILED ? -errno : 0;
}

/*
 * Pages of the window are mapped and forgotten under the eyes of threads that use them: their next
 * access brings them back. The C library's functions would make a sanitizer take that for a write
 * to the whole range, and report a race.
 */
int host_map_at(int fd, unsigned long addr, u64 size, u64 offset, bool writable)
{
	long p = syscall(SYS_mmap, addr, size, PROT_READ | (writable ? PROT_WRITE : 0),
			 MAP_SHARED | MAP_FIXED_NOREPLACE, fd, offset);

	if (p == -1)
		return -errno;
	if (p != (long)addr) {
		syscall(SYS_munmap, p, size);
		return -EEXIST;
	}
	return 0;
}

void host_unmap(unsigned long addr, u64 size)
{
	syscall(SYS_munmap, addr, size);
}

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

	/* What callers have in registers alone is on the stack while we sleep: mm/kmemleak_scan.c. */
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

static u64 read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (u64)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

u64 host_clock_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

u64 host_realtime_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

u64 host_cpu_time_ns(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

u64 host_switch_count(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw + usage.ru_nivcsw;
}

unsigned int host_nr_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	return 1;
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
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[max(len, 0)] = '\0';
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
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[max(n, 0)] = '\0';
	last = strrchr(text, ' ');
	if (!last)
		return 0;
	*last = '\0';
	last = strrchr(text, ' ');
	return last ? strtoul(last + 1, NULL, 16) : 0;
}

int host_resident(unsigned long addr, size_t nr, unsigned char *there)
{
	return mincore((void *)addr, nr * PAGE_SIZE, there) ? -errno : 0;
}

struct segment_walk {
	void (*fn)(unsigned long start, unsigned long end, void *arg);
	void *arg;
};

static bool is_the_hosts_own(const char *path)
{
	static const char *const names[] = { "libc.so",	   "libm.so",	"ld-linux",   "libasan.so",
					     "libtsan.so", "libubsan.", "liblsan.so", "libgcc_s." };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

static int walk_segments(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct segment_walk *walk = data;

	if (is_the_hosts_own(info->dlpi_name))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		unsigned long start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_LOAD && (ph->p_flags & PF_W))
			walk->fn(start, start + ph->p_memsz, walk->arg);
	}
	return 0;
}

void host_data_segments(void (*fn)(unsigned long start, unsigned long end, void *arg), void *arg)
{
	struct segment_walk walk = { fn, arg };

	dl_iterate_phdr(walk_segments, &walk);
}

void host_console(const char *s, size_t len)
{
	while (len) {
		ssize_t n = write(STDERR_FILENO, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		s += n;
		len -= n;
	}
}

void *host_file_map(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *p = MAP_FAILED;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return NULL;
	*size = st.st_size;
	return p;
}

int host_object_of(const void *addr, char *path, size_t size, unsigned long *base)
{
	Dl_info info, program;

	if (!dladdr(addr, &info) || !info.dli_fname)
		return -ENOENT;
	*base = (unsigned long)info.dli_fbase;
	/* The program itself may have been started by a relative name, and be elsewhere now. */
	if (info.dli_fname[0] != '/' && dladdr((const void *)getauxval(AT_PHDR), &program) &&
	    program.dli_fbase == info.dli_fbase)
		strncpy(path, "/proc/self/exe", size - 1);
	else
		strncpy(path, info.dli_fname, size - 1);
	path[size - 1] = '\0';
	return 0;
}

int host_backtrace(void **frames, int max)
{
	return backtrace(frames, max);
}

unsigned long host_max_mappings(void)
{
	unsigned long max = 65530; /* the host's default */
	char text[32] = "";
	int fd = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		max = strtoul(text, NULL, 10);
	if (fd >= 0)
		close(fd);
	return max;
}

static bool (*fault_fn)(void *addr, bool write, void *pc);

static void fault_handler(int sig, siginfo_t *si, void *context)
{
	bool write = false;
	const ucontext_t *uc = context;
	int err = errno;
	void *pc = NULL;

#if defined(__x86_64__)
	write = uc->uc_mcontext.gregs[REG_ERR] & 2;
	pc = (void *)uc->uc_mcontext.gregs[REG_RIP];
#endif
	/* Whoever jumps away from here does it with the signals that the thread had blocked. */
	pthread_sigmask(SIG_SETMASK, &uc->uc_sigmask, NULL);
	if (!fault_fn(si->si_addr, write, pc))
		signal(sig, SIG_DFL);
	errno = err;
}

void host_catch_faults(bool (*fn)(void *addr, bool write, void *pc))
{
	struct sigaction sa = { .sa_sigaction = fault_handler,
				.sa_flags = SA_SIGINFO | SA_NODEFER };

	fault_fn = fn;
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
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
