/* kfree_rcu.c: nothing is freed under a reader, everything is freed in the end. */
#include <kmem/rcupdate.h>
#include <kmem/workqueue.h>
#include "machine.h"

struct node {
	int value;
	struct list_head list;
	struct rcu_head rcu;
};

static unsigned int called;

static void note(struct rcu_head *head)
{
	called++;
	kfree(container_of(head, struct node, rcu));
}

static void test_requests_are_served(void **state)
{
	struct kmem_cache *s;
	struct node *n;

	boot("mem=64M,cpus=3");
	called = 0;
	for (int i = 0; i < 100; i++) {
		n = kmalloc(sizeof(*n), GFP_KERNEL);
		call_rcu(&n->rcu, note);
	}
	rcu_barrier();
	assert_int_equal(called, 100);
	rcu_barrier(); /* with nothing to wait for */

	n = kmalloc(sizeof(*n), GFP_KERNEL);
	kfree_rcu(n, rcu);
	n = kvmalloc(4ul << 20, GFP_KERNEL); /* one that vmalloc gave, as likely as not */
	kvfree_rcu(n, rcu);
	n = vmalloc(100000);
	kvfree_rcu(n, rcu);
	n = kmalloc(10, GFP_KERNEL);
	kfree_rcu_mightsleep(n);

	/* What is under way to a cache is waited for, or it would count as leaked. */
	s = kmem_cache_create("nodes", sizeof(struct node), 0, SLAB_NO_MERGE, NULL);
	for (int i = 0; i < 10; i++) {
		n = kmem_cache_alloc(s, GFP_KERNEL);
		kfree_rcu(n, rcu);
	}
	kmem_cache_destroy(s);
	n = kmalloc(sizeof(*n), GFP_KERNEL);
	kfree_rcu(n, rcu); /* the halt waits for this one */
	halt();
}

static LIST_HEAD(nodes);
static bool stop;

static void read_nodes(struct worker *w)
{
	struct node *n;

	while (!READ_ONCE(stop)) {
		rcu_read_lock();
		list_for_each_entry_rcu(n, &nodes, list) w->errors += READ_ONCE(n->value) != 42;
		rcu_read_unlock();
	}
}

static void free_node(struct rcu_head *head)
{
	struct node *n = container_of(head, struct node, rcu);

	WRITE_ONCE(n->value, 0);
	kfree(n);
}

static void test_readers_see_no_freed_node(void **state)
{
	struct worker w[2] = { { .fn = read_nodes }, { .fn = read_nodes } };
	struct node *n;

	boot("mem=64M,cpus=3");
	WRITE_ONCE(stop, false);
	for (int i = 0; i < 2; i++)
		pthread_create(&w[i].thread, NULL, worker_main, &w[i]);
	for (unsigned long i = 0; i < stress(500); i++) {
		n = kmalloc(sizeof(*n), GFP_KERNEL);
		n->value = 42;
		if (i % 2)
			list_add_rcu(&n->list, &nodes);
		else
			list_add_tail_rcu(&n->list, &nodes);
		if (i >= 8) {
			n = list_first_entry(&nodes, struct node, list);
			list_del_rcu(&n->list);
			call_rcu(&n->rcu, free_node);
		}
	}
	while (!list_empty(&nodes)) {
		n = list_last_entry(&nodes, struct node, list);
		list_del_rcu(&n->list);
		call_rcu(&n->rcu, free_node);
	}
	WRITE_ONCE(stop, true);
	for (int i = 0; i < 2; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].errors, 0);
	}
	rcu_barrier();
	halt();
}

static int results[2];

static void come_and_go(struct work_struct *work)
{
	for (int i = 0; i < 2; i++) {
		struct kmem_cache *s = kmem_cache_create("passing", sizeof(struct node), 0,
							 SLAB_NO_MERGE, NULL);
		struct node *n = kmem_cache_alloc(s, GFP_KERNEL);

		kfree_rcu(n, rcu);
		results[i] = kmem_cache_destroy_status(s);
	}
}

/* Rule 5.8: what is under way to a cache arrives first, whoever destroys it and by which call. */
static void test_5_8_work_may_destroy_what_has_objects_under_way(void **state)
{
	DECLARE_WORK(work, come_and_go);

	boot("mem=64M,cpus=2");
	results[0] = results[1] = -1;
	come_and_go(NULL);
	assert_int_equal(results[0] | results[1], 0);
	schedule_work(&work);
	flush_scheduled_work();
	assert_int_equal(results[0] | results[1], 0);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_requests_are_served),
		machine_test(test_readers_see_no_freed_node),
		machine_test(test_5_8_work_may_destroy_what_has_objects_under_way),
	};

	return cmocka_run_group_tests_name("mm/kfree_rcu", tests, NULL, NULL);
}
