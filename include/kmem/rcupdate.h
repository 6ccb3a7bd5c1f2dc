/* SPDX-License-Identifier: MIT */
/*
 * rcupdate.h - read-copy-update: readers that pay nothing, writers that wait for them.
 *
 * A reader is busy on a CPU and does not sleep; so once every CPU has been had by somebody else
 * for a moment, every reader that was inside has left. Context: synchronize_rcu(), rcu_barrier() and
 * kfree_rcu_mightsleep() sleep; readers must not; the rest works anywhere.
 */
#ifndef KMEM_RCUPDATE_H
#define KMEM_RCUPDATE_H

#include <kmem/list.h>
#include <kmem/sched.h>

#define rcu_read_lock()	  preempt_disable()
#define rcu_read_unlock() preempt_enable()

#define rcu_dereference(p)	 __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

/* Returns when all readers that were inside at the call have left. */
void synchronize_rcu(void);

/* In what is to be freed later. */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

/*
 * Calls @func on a thread of the machine when all readers that are inside now have left. A driver
 * that leaves waits with rcu_barrier() until what it has asked for has been done.
 */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void rcu_barrier(void);

/* Frees @ptr, of kmalloc(), kvmalloc() or any cache, then; its @member is a struct rcu_head. */
#define kfree_rcu(ptr, member)	kvfree_call_rcu(&(ptr)->member, offsetof(__typeof__(*(ptr)), member))
#define kvfree_rcu(ptr, member) kfree_rcu(ptr, member)
void kvfree_call_rcu(struct rcu_head *head, size_t offset);
#define kfree_rcu_mightsleep(ptr)  \
	do {                       \
		synchronize_rcu(); \
		kvfree(ptr);       \
	} while (0)

/*
 * Lists that readers walk meanwhile: writers keep each other out, and free what they took off after
 * the readers have left. An entry that was taken off still leads on.
 */
static inline void list_add_rcu(struct list_head *entry, struct list_head *head)
{
	entry->next = head->next;
	entry->prev = head;
	head->next->prev = entry;
	rcu_assign_pointer(head->next, entry);
}

static inline void list_add_tail_rcu(struct list_head *entry, struct list_head *head)
{
	entry->next = head;
	entry->prev = head->prev;
	rcu_assign_pointer(head->prev->next, entry);
	head->prev = entry;
}

static inline void list_del_rcu(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	rcu_assign_pointer(entry->prev->next, entry->next);
	entry->prev = NULL;
}

#define list_entry_rcu(ptr, type, member) container_of(rcu_dereference(ptr), type, member)
#define list_for_each_entry_rcu(pos, head, member)                                                 \
	for (pos = list_entry_rcu((head)->next, __typeof__(*pos), member); &pos->member != (head); \
	     pos = list_entry_rcu(pos->member.next, __typeof__(*pos), member))

#endif
