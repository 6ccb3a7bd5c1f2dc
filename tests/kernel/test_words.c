/* The small words of types.h, list.h, atomic.h, overflow.h, refcount.h, printk.h. */
#include <kmem/kref.h>
#include <kmem/overflow.h>
#include "machine.h"

BUILD_BUG_ON(sizeof(int) != 4);

static void test_numbers(void **state)
{
	struct three {
		char a;
		short b;
		long c;
	} __packed;
	unsigned int x = 3, y = 5;

	assert_int_equal(sizeof(struct three), 11);
	assert_int_equal(sizeof_field(struct three, b), 2);
	assert_int_equal(offsetofend(struct three, b), 3);
	assert_int_equal(round_up(13, 8) + round_down(13, 8), 24);
	assert_int_equal(roundup(13, 5) + rounddown(13, 5), 25);
	assert_int_equal(roundup(10, 5) + rounddown(10, 5), 20);
	assert_int_equal(DIV_ROUND_CLOSEST(14, 10), 1);
	assert_int_equal(DIV_ROUND_CLOSEST(15, 10), 2);
	assert_int_equal(min3(3, 1, 2), 1);
	assert_int_equal(max3(3, 1, 2), 3);
	swap(x, y);
	assert_true(x == 5 && y == 3);
	assert_int_equal(rounddown_pow_of_two(100), 64);
	assert_int_equal(rounddown_pow_of_two(64), 64);
	assert_int_equal(order_base_2(0), 0);
	assert_int_equal(order_base_2(64), 6);
	assert_int_equal(order_base_2(65), 7);
	assert_true(time_after(5ul, ~0ul - 5) && time_before(~0ul, 1ul)); /* over the wrap */
	assert_true(time_after_eq(5ul, 5ul) && !time_after(5ul, 5ul));
}

static void test_sizes_do_not_wrap(void **state)
{
	struct flex {
		long head;
		int tail[];
	} *p = NULL;

	assert_int_equal(struct_size(p, tail, 3), 20);
	assert_true(struct_size(p, tail, SIZE_MAX / 4) == SIZE_MAX);
	assert_true(struct_size(p, tail, SIZE_MAX / 2) == SIZE_MAX);
	assert_true(array_size(1ul << 32, 1ul << 32) == SIZE_MAX);
	assert_true(array3_size(1ul << 32, 1ul << 32, 0) == 0);
	assert_true(array3_size(1ul << 31, 1ul << 31, 8) == SIZE_MAX);
	assert_int_equal(size_add(1, 2), 3);
	assert_true(size_add(SIZE_MAX, 1) == SIZE_MAX);
}

struct entry {
	struct list_head list;
	int n;
};

static void test_lists(void **state)
{
	struct entry e[4] = { { .n = 1 }, { .n = 2 }, { .n = 3 }, { .n = 9 } }, *at;
	struct list_head *pos;
	LIST_HEAD(a);
	LIST_HEAD(b);
	int seen = 0;

	list_add_tail(&e[0].list, &a);
	list_add_tail(&e[1].list, &b);
	list_add_tail(&e[2].list, &b);
	list_splice_tail_init(&b, &a);
	assert_true(list_empty(&b));
	assert_int_equal(list_count_nodes(&a), 3);
	assert_true(list_is_last(&e[2].list, &a));
	list_for_each_entry_reverse(at, &a, list)
		seen = seen * 10 + at->n;
	assert_int_equal(seen, 321);
	list_replace(&e[1].list, &e[3].list);
	seen = 0;
	list_for_each_prev(pos, &a) seen = seen * 10 + list_entry(pos, struct entry, list)->n;
	assert_int_equal(seen, 391);
}

static void test_atomics(void **state)
{
	atomic_t v = ATOMIC_INIT(5);

	assert_int_equal(atomic_fetch_add(3, &v), 5);
	assert_int_equal(atomic_fetch_sub(7, &v), 8);
	assert_false(atomic_add_unless(&v, 1, 1));
	assert_true(atomic_add_unless(&v, -1, 5));
	assert_false(atomic_inc_not_zero(&v));
	assert_int_equal(atomic_read(&v), 0);
}

static unsigned int released;

static void release(struct kref *kref)
{
	released++;
}

static void test_references_do_not_come_back(void **state)
{
	refcount_t r = REFCOUNT_INIT(2);
	struct kref kref;
	u64 mark;

	boot("mem=64M,cpus=1");
	mark = log_next_seq();
	kref_init(&kref);
	kref_get(&kref);
	assert_int_equal(kref_read(&kref), 2);
	assert_false(kref_put(&kref, release));
	assert_true(kref_put(&kref, release));
	assert_int_equal(released, 1);
	assert_false(kref_get_unless_zero(&kref));
	assert_int_equal(logged(mark, "refcount_t"), 0);

	assert_false(refcount_dec_and_test(&r));
	assert_true(refcount_dec_and_test(&r));
	refcount_inc(&r);
	assert_int_equal(logged(mark, "addition on 0"), 1);
	assert_false(refcount_dec_and_test(&r)); /* saturated: it never ends */
	assert_true(refcount_inc_not_zero(&r));
	refcount_set(&r, 0x7fffffff);
	refcount_inc(&r);
	assert_false(refcount_dec_and_test(&r));
	refcount_set(&r, 0);
	assert_false(refcount_dec_and_test(&r));
	assert_true(logged(mark, "underflow") > 0);
	halt();
}

static void say(void)
{
	pr_info_once("once: %d\n", 1);
	pr_info_ratelimited("seldom\n");
}

static void test_what_is_said_once(void **state)
{
	u64 mark;

	for (int round = 0; round < 2; round++) { /* once after each boot */
		boot("mem=64M,cpus=1");
		mark = log_next_seq();
		for (int i = 0; i < 20; i++)
			say();
		assert_int_equal(logged(mark, "once: 1"), 1);
		assert_int_equal(logged(mark, "seldom"), 10);
		halt();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_numbers),
		machine_test(test_sizes_do_not_wrap),
		machine_test(test_lists),
		machine_test(test_atomics),
		machine_test(test_references_do_not_come_back),
		machine_test(test_what_is_said_once),
	};

	return cmocka_run_group_tests_name("kernel/words", tests, NULL, NULL);
}
