/* workqueue.c: what is queued is done, once, in order, whatever becomes of single items. */
#include <kmem/workqueue.h>
#include "machine.h"

static unsigned int order[8], done;

struct item {
	struct work_struct work;
	unsigned int nr, again;
};

static void note(struct work_struct *work)
{
	struct item *item = (struct item *)work;

	order[done++ % 8] = item->nr;
	if (item->again) {
		item->again--;
		schedule_work(work);
	}
}

static void test_items_are_done_in_order(void **state)
{
	struct item items[3];

	boot("mem=64M,cpus=2");
	done = 0;
	for (unsigned int i = 0; i < 3; i++) {
		INIT_WORK(&items[i].work, note);
		items[i].nr = i;
		items[i].again = 0;
		assert_true(schedule_work(&items[i].work));
	}
	flush_scheduled_work();
	assert_int_equal(done, 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(order[i], i);
	flush_scheduled_work(); /* with nothing to wait for */
	halt();
}

static void test_an_item_queues_itself_again(void **state)
{
	struct item item = { .again = 4 };

	boot("mem=64M,cpus=1");
	INIT_WORK(&item.work, note);
	done = 0;
	schedule_work(&item.work);
	/* A flush waits for what was queued before it, and what that queues comes after. */
	for (int i = 0; i < 5; i++)
		flush_scheduled_work();
	assert_int_equal(done, 5);
	halt();
}

static void free_itself(struct work_struct *work)
{
	kfree(work);
	done++;
}

static void test_an_item_may_free_itself(void **state)
{
	boot("mem=64M,cpus=1");
	done = 0;
	for (int i = 0; i < 100; i++) {
		struct work_struct *work = kmalloc(sizeof(*work), GFP_KERNEL);

		INIT_WORK(work, free_itself);
		schedule_work(work);
	}
	flush_scheduled_work();
	assert_int_equal(done, 100);
	halt();
}

static unsigned int gate;

static void wait_at_gate(struct work_struct *work)
{
	while (READ_ONCE(gate))
		msleep(1);
	done++;
}

static void test_an_item_waits_once(void **state)
{
	DECLARE_WORK(work, wait_at_gate);
	DECLARE_WORK(first, wait_at_gate);

	boot("mem=64M,cpus=1");
	done = 0;
	WRITE_ONCE(gate, 1);
	assert_true(schedule_work(&first)); /* keeps the thread busy */
	assert_true(schedule_work(&work));
	assert_false(schedule_work(&work));
	assert_false(schedule_work(&work));
	WRITE_ONCE(gate, 0);
	flush_scheduled_work();
	assert_int_equal(done, 2);
	assert_true(schedule_work(&work));
	flush_scheduled_work();
	assert_int_equal(done, 3);
	halt();
}

static void fault(struct work_struct *work)
{
	preempt_disable();
	*nowhere = 1;
}

static void test_a_fault_ends_the_item_only(void **state)
{
	DECLARE_WORK(bad, fault);
	struct item good = { .nr = 7 };
	u64 mark;

	skip_under_tsan();
	boot("mem=64M,cpus=1");
	INIT_WORK(&good.work, note);
	done = 0;
	mark = log_next_seq();
	schedule_work(&bad);
	schedule_work(&good.work);
	flush_scheduled_work();
	assert_int_equal(logged(mark, "Oops:"), 1);
	assert_int_equal(done, 1);
	assert_int_equal(order[0], 7);
	halt();
}

static struct completion started, may_end;

static void held_up(struct work_struct *work)
{
	complete(&started);
	wait_for_completion(&may_end);
	done++;
}

static void end_it(struct work_struct *work)
{
	complete(&may_end);
}

static void *end_later(void *unused)
{
	usleep(20000);
	complete(&may_end);
	return NULL;
}

static void test_one_item_is_waited_for(void **state)
{
	DECLARE_WORK(work, held_up);
	DECLARE_WORK(never, end_it);
	struct item after = { .nr = 3 };
	pthread_t thread;

	boot("mem=64M,cpus=2");
	init_completion(&started);
	init_completion(&may_end);
	INIT_WORK(&after.work, note);
	done = 0;
	assert_false(flush_work(&work)); /* it is not queued */
	assert_false(cancel_work_sync(&work));
	schedule_work(&work);
	schedule_work(&never);
	schedule_work(&after.work);
	/* The first is running or about to, so the second still waits and is taken off. */
	assert_true(cancel_work_sync(&never));
	assert_false(cancel_work_sync(&never));
	pthread_create(&thread, NULL, end_later, NULL);
	assert_true(flush_work(&work));
	flush_work(&after.work);
	assert_int_equal(done, 2);
	assert_int_equal(order[1], 3);
	pthread_join(thread, NULL);
	flush_scheduled_work(); /* with one that was taken off behind it */
	halt();
}

static void test_cancel_waits_for_what_runs(void **state)
{
	DECLARE_WORK(work, held_up);
	pthread_t thread;

	boot("mem=64M,cpus=2");
	init_completion(&started);
	init_completion(&may_end);
	done = 0;
	schedule_work(&work);
	wait_for_completion(&started);
	pthread_create(&thread, NULL, end_later, NULL);
	assert_false(cancel_work_sync(&work));
	assert_int_equal(done, 1);
	pthread_join(thread, NULL);
	halt();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_one_item_is_waited_for),
		machine_test(test_cancel_waits_for_what_runs),
		machine_test(test_items_are_done_in_order),
		machine_test(test_an_item_queues_itself_again),
		machine_test(test_an_item_may_free_itself),
		machine_test(test_an_item_waits_once),
		machine_test(test_a_fault_ends_the_item_only),
	};

	return cmocka_run_group_tests_name("kernel/workqueue", tests, NULL, NULL);
}
