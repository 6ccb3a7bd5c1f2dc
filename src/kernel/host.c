// SPDX-License-Identifier: MIT
/*
 * host.c - the boundary to the host: time, the console, the program itself and its faults.
 *
 * This, host_memory.c and host_thread.c are the only files that ask the host. What stands above
 * them is a kernel; what stands below is Linux as any process sees it, without privilege.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

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

int host_file_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	ssize_t n;

	text[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	text[max(n, 0)] = '\0';
	return err;
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
	int n = backtrace(frames, max);

	__asm__ volatile(""); /* no tail call: this is a frame, whoever compiles it */
	return n;
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
