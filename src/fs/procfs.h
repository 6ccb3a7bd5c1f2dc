/* SPDX-License-Identifier: MIT */
/* procfs.h - what procfs.c, proc_file.c and proc_root.c need of each other. */
#ifndef FS_PROCFS_H
#define FS_PROCFS_H

#include <kmem/proc_fs.h>
#include <kmem/wait.h>

struct node;

/* Told in proc_file.c. */
struct proc_dir_entry {
	struct node *node; /* with a reference until the entry is removed */
	const struct proc_ops *ops;
	const struct seq_operations *seq_ops;
	int (*single_show)(struct seq_file *m, void *v);
	void *data;
	spinlock_t lock;
	unsigned int in_use;	  /* protected by lock */
	bool gone;		  /* protected by lock */
	struct list_head openers; /* protected by lock */
	wait_queue_head_t empty;  /* woken when in_use falls to 0 and gone is set */
};

/* The operations of entries, and of those made from a seq_file alone. */
extern const struct file_operations proc_reg_fops;
extern const struct proc_ops proc_seq_ops, proc_single_ops;

/* Shuts the entry: when it returns nobody is inside, and nobody will be. May sleep. */
void pde_shut(struct proc_dir_entry *pde);

/* Where proc/ is. NULL: no more; everything below must have been removed. */
void procfs_init(struct node *proc_dir);
/* Removes every entry that is left in proc/. */
void procfs_remove_all(void);

/* The built-in files. 0 or -ENOMEM. */
int proc_root_init(void);

#endif
