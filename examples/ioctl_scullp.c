/* SPDX-License-Identifier: MIT */
/*
 * ioctl_scullp.c - looks at scullp's order of pages, and sets it.
 *
 *	ioctl_scullp /mnt/k/dev/scullp0          tells order and qset
 *	ioctl_scullp /mnt/k/dev/scullp0 3        quanta of 8 pages from the next trim on
 *
 * A client like any other: it includes the driver's command numbers and nothing of the machine.
 * The same works on scullv, whose commands have the same numbers.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "scull/scull_ioctl.h"

/* Query: the result of the call is the value. */
static int query(int fd, unsigned long cmd)
{
	int value = ioctl(fd, cmd);

	if (value < 0)
		err(1, "ioctl %#lx", cmd);
	return value;
}

int main(int argc, char **argv)
{
	int fd, order, old;

	if (argc < 2 || argc > 3)
		errx(2, "usage: %s DEVICE [ORDER]", argv[0]);
	fd = open(argv[1], O_RDONLY);
	if (fd < 0)
		err(1, "%s", argv[1]);

	if (argc == 3) {
		/* Exchange: the new value goes in and the old one comes out by the same pointer. */
		old = order = atoi(argv[2]);
		if (ioctl(fd, SCULLP_IOCXORDER, &old) < 0)
			err(1, "order %d", order);
		printf("order was %d; a device takes %d over when it is trimmed next:\n", old,
		       order);
		printf("  : > %s\n", argv[1]);
	}
	order = query(fd, SCULLP_IOCQORDER);
	printf("order %d: a quantum is %d page%s; %d quanta in a set\n", order, 1 << order,
	       order ? "s" : "", query(fd, SCULLP_IOCQQSET));
	close(fd);
	return 0;
}
