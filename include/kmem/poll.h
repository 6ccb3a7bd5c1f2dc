/* SPDX-License-Identifier: MIT */
/*
 * poll.h - how a driver's ->poll says what to wait for.
 *
 * ->poll calls poll_wait() for each queue that is woken when its answer may change, and then
 * returns what is ready now (POLLIN | POLLRDNORM, ...). The table is NULL if nobody is going to
 * wait. The queues must live as long as the file is open.
 */
#ifndef KMEM_POLL_H
#define KMEM_POLL_H

#include <kmem/fs.h>
#include <kmem/wait.h>

struct poll_table_struct {
	void (*_qproc)(struct file *file, wait_queue_head_t *wq, struct poll_table_struct *table);
};

static inline void poll_wait(struct file *file, wait_queue_head_t *wq, poll_table *table)
{
	if (table && wq)
		table->_qproc(file, wq, table);
}

#endif
