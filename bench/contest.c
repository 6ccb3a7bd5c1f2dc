// SPDX-License-Identifier: MIT
/*
 * contest.c - starting contestants, asking them in turns, and what is made of their answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contest.h"

#define LIBRARY_NAME_MAX 64

const char *program_path(const char *file)
{
	static char path[PATH_MAX];
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0) {
		perror("/proc/self/exe");
		exit(1);
	}
	self[n] = '\0';
	if (snprintf(path, sizeof(path), "%s/%s", dirname(self), file) >= (int)sizeof(path))
		exit(1);
	return path;
}

static bool read_all(int fd, void *buf, size_t len)
{
	for (ssize_t n; len; buf = (char *)buf + n, len -= n) {
		n = read(fd, buf, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

static void become(const struct contestant *c, int commands, int answers)
{
	char *argv[] = { (char *)c->program, (char *)c->args[0], (char *)c->args[1],
			 (char *)c->args[2], NULL };

	dup2(commands, STDIN_FILENO);
	dup2(answers, STDOUT_FILENO);
	if (c->preload)
		setenv("LD_PRELOAD", c->preload, 1);
	else
		unsetenv("LD_PRELOAD");
	execv(program_path(c->program), argv);
	perror(c->program);
	_exit(127);
}

static bool is_what_was_meant(const struct contestant *c, const char *library)
{
	size_t stem = c->preload ? strcspn(c->preload, ".") : 0;

	return !strncmp(library, c->preload ? c->preload : "", stem);
}

static void start_one(struct contestant *c)
{
	char library[LIBRARY_NAME_MAX];
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) {
		perror("pipe");
		exit(1);
	}
	c->pid = fork();
	if (c->pid < 0) {
		perror("fork");
		exit(1);
	}
	if (!c->pid)
		become(c, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	c->commands = to[1];
	c->answers = from[0];
	c->here = read_all(c->answers, library, sizeof(library));
	if (!c->here) {
		fprintf(stderr, "%s: %s does not start; left out\n", c->name, c->program);
	} else if (!is_what_was_meant(c, library)) {
		fprintf(stderr, "%s: %s is not on this system; left out. apt-get install %s\n",
			c->name, c->preload, c->package);
		c->here = false;
	}
}

void contest_start(struct contestant *all, size_t n)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < n; i++)
		start_one(&all[i]);
}

void contest_stop(struct contestant *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		close(all[i].commands);
		close(all[i].answers);
		waitpid(all[i].pid, NULL, 0);
	}
}

/* One round of one contestant; negative if it does not have the row. */
static double ask(struct contestant *c, unsigned int row)
{
	double answer;

	if (!c->here)
		return -1;
	if (write(c->commands, &row, sizeof(row)) == sizeof(row) &&
	    read_all(c->answers, &answer, sizeof(answer)))
		return answer;
	fprintf(stderr, "%s: died in row %u; left out from here on\n", c->name, row);
	c->here = false;
	return -1;
}

/* Asks all for one row, @round telling in which order: nobody always comes after the same one. */
static void ask_all(struct contestant *all, size_t n, unsigned int row, unsigned int round,
		    struct samples *samples)
{
	for (size_t k = 0; k < n; k++) {
		size_t i = round & 1 ? (round + n - k) % n : (round + k) % n;
		double answer = ask(&all[i], row);

		if (answer >= 0)
			samples_add(&samples[i], answer);
	}
}

void contest_rows(struct contestant *all, size_t n, unsigned int first, unsigned int nr_rows,
		  unsigned int rounds, struct samples *samples)
{
	for (unsigned int r = 0; r < nr_rows; r++) {
		for (size_t i = 0; i < n; i++) {
			samples[r * n + i].n = 0;
			ask(&all[i], first + r);
		}
	}
	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int r = 0; r < nr_rows; r++)
			ask_all(all, n, first + r, round, &samples[r * n]);
		if (nr_rows > 1 && isatty(STDERR_FILENO))
			fprintf(stderr, "round %u of %u%s", round + 1, rounds,
				round + 1 < rounds ? "\r" : "\r                    \r");
	}
}

void samples_add(struct samples *s, double value)
{
	unsigned int i;

	if (s->n == MAX_ROUNDS)
		return;
	for (i = s->n++; i && s->value[i - 1] > value; i--)
		s->value[i] = s->value[i - 1];
	s->value[i] = value;
}

double samples_median(const struct samples *s)
{
	return s->n ? (s->value[(s->n - 1) / 2] + s->value[s->n / 2]) / 2 : 0;
}

double samples_least(const struct samples *s)
{
	return s->n ? s->value[0] : 0;
}

void samples_print(const struct samples *s)
{
	if (s->n)
		printf("%8.2f %6.2f", samples_median(s), samples_least(s));
	else
		printf("%8s %6s", "-", "-");
}

void samples_print_heads(void)
{
	printf("%8s %6s", "median", "least");
}
