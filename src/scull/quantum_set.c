// SPDX-License-Identifier: MIT
/*
 * quantum_set.c - the memory of a device.
 *
 * The book keeps a device as a list of items, each an array ("quantum set") of pointers to
 * quanta, and walks the list from its head for every call; a byte far out costs an item for
 * every stretch before it. Items and sets are the same here, but the list is sparse and found
 * through an index: a radix tree over item numbers, 64 slots a node, only as high as the largest
 * number needs. A device of one item has no node at all.
 *
 *	items.root --> node [0 .. 63] --> ... --> scull_qset --> data [0 .. qset-1] --> quantum
 *	   (height of them: 6 bits of the item's number each)         NULL: a hole
 *
 * Byte pos of a device is byte (pos % quantum) of quantum (pos % item_bytes) / quantum of item
 * pos / item_bytes. Finding it takes height <= 11 steps; one byte anywhere costs at most height
 * nodes of 512 bytes, an item, a set and a quantum.
 *
 * Invariants, whenever ->sem is free:
 *	every node has a slot that is not NULL; the root, if a node, one besides slot 0
 *	every item has used == number of quanta in data >= 1; nr_quanta is their sum
 *	every quantum's bytes at and after ->size are zero
 */
#include <kmem/sched.h>
#include "core.h"

#define NODE_SHIFT 6
#define NODE_SLOTS (1u << NODE_SHIFT)

struct index_node {
	void *slot[NODE_SLOTS];
};

struct scull_place scull_locate(const struct scull_dev *dev, loff_t pos)
{
	u64 rest = (u64)pos % dev->item_bytes;

	return (struct scull_place){
		.item = (u64)pos / dev->item_bytes,
		.q = (int)(rest / dev->quantum),
		.off = rest % dev->quantum,
	};
}

/* Item numbers below a node of this height need this many bits. */
static unsigned int height_bits(unsigned int height)
{
	return height * NODE_SHIFT;
}

/* Can a tree of @height hold @index? The shift would be undefined from 64 on. */
static bool height_holds(unsigned int height, u64 index)
{
	return height_bits(height) >= BITS_PER_LONG || !(index >> height_bits(height));
}

/* The item, or NULL. */
struct scull_qset *scull_item_find(const struct scull_dev *dev, u64 index)
{
	unsigned int height = dev->items.height;
	void *p = dev->items.root;

	if (!height_holds(height, index))
		return NULL;
	while (p && height > 0) {
		struct index_node *node = p;

		height--;
		p = node->slot[(index >> height_bits(height)) % NODE_SLOTS];
	}
	return p;
}

/* The first item below @p whose number, counted from the node's first, is at least @from. */
static struct scull_qset *node_next(void *p, unsigned int height, u64 from)
{
	struct index_node *node = p;
	unsigned int shift, i;

	if (!p || height == 0)
		return p;
	shift = height_bits(height - 1);
	for (i = (unsigned int)(from >> shift); i < NODE_SLOTS; i++) {
		struct scull_qset *item;

		item = node_next(node->slot[i], height - 1, from & (BIT(shift) - 1));
		if (item)
			return item;
		from = 0;
	}
	return NULL;
}

/* The first item whose number is at least @index, or NULL. */
struct scull_qset *scull_item_next(const struct scull_dev *dev, u64 index)
{
	if (!height_holds(dev->items.height, index))
		return NULL;
	return node_next(dev->items.root, dev->items.height, index);
}

void *scull_quantum_alloc(struct scull_dev *dev, gfp_t gfp)
{
	void *quantum = dev->drv->alloc_quantum(dev, gfp);

	dev->nr_quanta += quantum != NULL;
	return quantum;
}

void scull_quantum_free(struct scull_dev *dev, void *quantum)
{
	dev->drv->free_quantum(dev, quantum);
	dev->nr_quanta--;
}

static void qset_free(struct scull_dev *dev, struct scull_qset *item)
{
	int i;

	for (i = 0; item->used > 0; i++) {
		if (!item->data[i])
			continue;
		scull_quantum_free(dev, item->data[i]);
		item->used--;
	}
	kfree(item->data);
	kfree(item);
	cond_resched();
}

static struct scull_qset *qset_alloc(struct scull_dev *dev, u64 index)
{
	struct scull_qset *item = kmalloc(sizeof(*item), GFP_KERNEL);

	if (!item)
		return NULL;
	item->index = index;
	item->used = 0;
	item->data = kcalloc((size_t)dev->qset, sizeof(void *), GFP_KERNEL);
	if (!item->data) {
		kfree(item);
		return NULL;
	}
	return item;
}

/* Adds levels until @index fits. On failure those added so far stay until the next cut. */
static int index_grow(struct scull_index *idx, u64 index)
{
	while (!height_holds(idx->height, index)) {
		if (idx->root) {
			struct index_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

			if (!node)
				return -ENOMEM;
			node->slot[0] = idx->root;
			idx->root = node;
		}
		idx->height++;
	}
	return 0;
}

/*
 * The item, made if there is none; NULL without memory. A new one has no quantum: the caller
 * adds one or takes the item away again (scull_items_cut()).
 */
struct scull_qset *scull_item_get(struct scull_dev *dev, u64 index)
{
	struct scull_index *idx = &dev->items;
	struct scull_qset *item = scull_item_find(dev, index);
	unsigned int height;
	void **slot = &idx->root;

	if (item)
		return item;
	if (index_grow(idx, index))
		goto fail;
	for (height = idx->height; height > 0; height--) {
		struct index_node *node = *slot;

		if (!node) {
			node = kzalloc(sizeof(*node), GFP_KERNEL);
			if (!node)
				goto fail;
			*slot = node;
		}
		slot = &node->slot[(index >> height_bits(height - 1)) % NODE_SLOTS];
	}
	item = qset_alloc(dev, index);
	if (!item)
		goto fail;
	*slot = item;
	return item;

fail:
	scull_items_cut(dev, index, index);
	return NULL;
}

static bool node_empty(const struct index_node *node, unsigned int from)
{
	unsigned int i;

	for (i = from; i < NODE_SLOTS; i++)
		if (node->slot[i])
			return false;
	return true;
}

/*
 * Frees the items @first to @last below @p (numbers counted from the node's first) and the nodes
 * that are empty then. Returns what is left of @p: itself or NULL.
 */
static void *node_cut(struct scull_dev *dev, void *p, unsigned int height, u64 first, u64 last)
{
	struct index_node *node = p;
	unsigned int shift, i, end;
	u64 mask;

	if (!p)
		return NULL;
	if (height == 0) {
		qset_free(dev, p);
		return NULL;
	}
	shift = height_bits(height - 1);
	mask = BIT(shift) - 1;
	end = (unsigned int)(last >> shift);
	for (i = (unsigned int)(first >> shift); i <= end; i++) {
		node->slot[i] = node_cut(dev, node->slot[i], height - 1, first & mask,
					 i == end ? last & mask : mask);
		first = 0;
	}
	if (!node_empty(node, 0))
		return node;
	kfree(node);
	return NULL;
}

/* Takes items @first to @last away with all they hold, and the part of the index they needed. */
void scull_items_cut(struct scull_dev *dev, u64 first, u64 last)
{
	struct scull_index *idx = &dev->items;

	if (height_holds(idx->height, first)) {
		if (!height_holds(idx->height, last))
			last = BIT(height_bits(idx->height)) - 1;
		idx->root = node_cut(dev, idx->root, idx->height, first, last);
	}
	/* The index is no higher than what is left needs. */
	while (idx->root && idx->height > 0) {
		struct index_node *node = idx->root;

		if (!node_empty(node, 1))
			return;
		idx->root = node->slot[0];
		idx->height--;
		kfree(node);
	}
	if (!idx->root)
		idx->height = 0;
}

/* Takes quanta @first to @end - 1 of an item away, and the item if none is left. */
void scull_quanta_cut(struct scull_dev *dev, u64 index, int first, int end)
{
	struct scull_qset *item = scull_item_find(dev, index);
	int i;

	if (!item)
		return;
	for (i = first; i < end; i++) {
		if (!item->data[i])
			continue;
		scull_quantum_free(dev, item->data[i]);
		item->data[i] = NULL;
		item->used--;
	}
	if (item->used == 0)
		scull_items_cut(dev, index, index);
}

/*
 * Empties the device and gives it the shape that the parameters ask for now. The caller sets
 * the inode's size.
 */
void scull_trim(struct scull_dev *dev)
{
	struct scull_driver *drv = dev->drv;

	scull_items_cut(dev, 0, UINT64_MAX);
	dev->size = 0;
	dev->unit = scull_param_get(drv->unit);
	dev->qset = scull_param_get(drv->qset);
	dev->quantum = drv->quantum_bytes(dev->unit);
	dev->item_bytes = (u64)dev->quantum * (u64)dev->qset;
}

static unsigned long broken(const struct scull_dev *dev, u64 index, const char *what)
{
	pr_err("%s%u: item %llu: %s\n", dev->drv->name, dev->number, (unsigned long long)index,
	       what);
	return 1;
}

/* Bytes of a quantum at and after the end of the device must be zero. */
static bool tail_is_zero(const struct scull_dev *dev, const struct scull_qset *item, int q)
{
	u64 start = item->index * dev->item_bytes + (u64)q * dev->quantum;
	size_t i = start < (u64)dev->size ? (u64)dev->size - start : 0;
	const char *quantum = item->data[q];

	for (; i < dev->quantum; i++)
		if (quantum[i])
			return false;
	return true;
}

static unsigned long item_check(const struct scull_dev *dev, const struct scull_qset *item,
				u64 index, u64 *nr_quanta)
{
	unsigned long bad = 0;
	int q, used = 0;

	for (q = 0; q < dev->qset; q++) {
		if (!item->data[q])
			continue;
		used++;
		if (!tail_is_zero(dev, item, q))
			bad += broken(dev, index, "bytes after the end of the device");
	}
	if (item->index != index)
		bad += broken(dev, index, "stands in another's slot");
	if (item->used != used || !used)
		bad += broken(dev, index, "counts its quanta wrong");
	*nr_quanta += (u64)used;
	return bad;
}

static unsigned long node_check(const struct scull_dev *dev, void *p, unsigned int height,
				u64 index, u64 *nr_quanta)
{
	struct index_node *node = p;
	unsigned long bad = 0;
	unsigned int i;

	if (height == 0)
		return item_check(dev, p, index, nr_quanta);
	if (node_empty(node, 0))
		bad += broken(dev, index, "a node without a slot in use");
	height--;
	for (i = 0; i < NODE_SLOTS; i++)
		if (node->slot[i])
			bad += node_check(dev, node->slot[i], height,
					  index + ((u64)i << height_bits(height)), nr_quanta);
	return bad;
}

unsigned long scull_check(const struct scull_dev *dev)
{
	const struct scull_index *idx = &dev->items;
	unsigned long bad = 0;
	u64 nr_quanta = 0;

	if (idx->root)
		bad = node_check(dev, idx->root, idx->height, 0, &nr_quanta);
	if (nr_quanta != dev->nr_quanta)
		bad += broken(dev, 0, "the device counts its quanta wrong");
	if (idx->height && (!idx->root || node_empty(idx->root, 1)))
		bad += broken(dev, 0, "the index is higher than it need be");
	return bad;
}
