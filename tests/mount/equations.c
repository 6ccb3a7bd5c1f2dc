/* SPDX-License-Identifier: MIT */
/*
 * equations.c - what the files of a mount say of one another.
 *
 *	equations MOUNT quiet		every equation, exactly: nobody may be allocating
 *	equations MOUNT busy SECONDS	what must hold at every moment, while others allocate
 *
 * The numbers of the equations are those of the list at main(). Prints what does not hold and
 * leaves with 1 then. Reads the files as any tool does, and knows nothing else of the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ORDERS	   11
#define MAX_ZONES  80
#define MAX_CACHES 1024
#define PAGE_KB	   4ul
#define KPF_SLAB   7
#define KPF_BUDDY  10

static const char *mount_point;
static unsigned int failures;

struct zone {
	int node;
	char name[16];
	unsigned long blocks[ORDERS];  /* buddyinfo */
	unsigned long by_type[ORDERS]; /* pagetypeinfo, summed over the types */
	unsigned long free, min, low, high, spanned, present, managed; /* zoneinfo */
	bool in_buddyinfo;
};

struct cache {
	char name[128];
	unsigned long active, num, size, per_slab, pages, slabs;
};

static struct zone zones[MAX_ZONES];
static unsigned int nr_zones;
static struct cache caches[MAX_CACHES];
static unsigned int nr_caches;
static char text[1 << 22], meminfo[1 << 14], vmstat[1 << 14];

static void fail(const char *fmt, ...)
{
	va_list args;

	if (++failures > 20)
		return;
	va_start(args, fmt);
	fputs("FAILED: ", stdout);
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
}

static void equal(const char *what, unsigned long is, unsigned long should)
{
	if (is != should)
		fail("%s: %lu != %lu", what, is, should);
}

static void at_most(const char *what, unsigned long is, unsigned long limit)
{
	if (is > limit)
		fail("%s: %lu > %lu", what, is, limit);
}

static int open_file(const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", mount_point, name);
	fd = open(path, O_RDONLY);
	if (fd < 0 && errno != ENOENT)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

/* The file, whole; false if there is none. */
static bool read_file(const char *name, char *buf, size_t size)
{
	int fd = open_file(name);
	size_t len = 0;
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return false;
	while ((n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		fail("%s: %s", name, strerror(errno));
	close(fd);
	buf[len] = '\0';
	if (len && buf[len - 1] != '\n')
		fail("%s: ends in the middle of a line", name);
	return true;
}

/* The number after @key at the start of a line. */
static unsigned long number_of(const char *from, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = from; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, key, len) && strchr(" :\t", p[len]))
			return strtoul(p + len + strspn(p + len, " :\t"), NULL, 10);
	fail("no line %s", key);
	return 0;
}

static struct zone *zone_of(int node, const char *name)
{
	for (unsigned int i = 0; i < nr_zones; i++)
		if (zones[i].node == node && !strcmp(zones[i].name, name))
			return &zones[i];
	zones[nr_zones] = (struct zone){ .node = node };
	snprintf(zones[nr_zones].name, sizeof(zones[0].name), "%s", name);
	return &zones[nr_zones++];
}

static void add_orders(unsigned long *to, const char *p)
{
	char *end;

	for (int o = 0; o < ORDERS; o++, p = end) {
		to[o] += strtoul(p, &end, 10);
		if (end == p)
			fail("too few columns: %s", p);
	}
}

#define for_lines(line, save) \
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))

static void read_buddyinfo(void)
{
	char *line, *save, name[16];
	int node, at;

	read_file("proc/buddyinfo", text, sizeof(text));
	for_lines(line, save)
	{
		if (sscanf(line, "Node %d, zone %15s%n", &node, name, &at) != 2) {
			fail("buddyinfo: %s", line);
			continue;
		}
		zone_of(node, name)->in_buddyinfo = true;
		add_orders(zone_of(node, name)->blocks, line + at);
	}
}

static void read_pagetypeinfo(void)
{
	char *line, *save, name[16], type[16];
	int node, at;

	if (!read_file("proc/pagetypeinfo", text, sizeof(text)))
		fail("no pagetypeinfo");
	for_lines(line, save) if (sscanf(line, "Node %d, zone %15[^,], type %15s%n", &node, name,
					 type, &at) == 3)
		add_orders(zone_of(node, name)->by_type, line + at);
}

static void read_zoneinfo(void)
{
	static const struct {
		const char *key;
		size_t offset;
	} fields[] = {
		{ "pages free", offsetof(struct zone, free) },
		{ "min", offsetof(struct zone, min) },
		{ "low", offsetof(struct zone, low) },
		{ "high", offsetof(struct zone, high) },
		{ "spanned", offsetof(struct zone, spanned) },
		{ "present", offsetof(struct zone, present) },
		{ "managed", offsetof(struct zone, managed) },
	};
	char *line, *save, name[16];
	struct zone *z = NULL;
	int node;

	read_file("proc/zoneinfo", text, sizeof(text));
	for_lines(line, save)
	{
		line += strspn(line, " ");
		if (sscanf(line, "Node %d, zone %15s", &node, name) == 2)
			z = zone_of(node, name);
		for (size_t i = 0; z && i < sizeof(fields) / sizeof(*fields); i++) {
			size_t len = strlen(fields[i].key);

			if (!strncmp(line, fields[i].key, len) && line[len] == ' ')
				*(unsigned long *)((char *)z + fields[i].offset) =
					strtoul(line + len, NULL, 10);
		}
	}
}

static void read_slabinfo(void)
{
	char *line, *save;

	nr_caches = 0;
	read_file("proc/slabinfo", text, sizeof(text));
	for_lines(line, save)
	{
		struct cache *c = &caches[nr_caches];
		unsigned long active_slabs, shared;

		if (line[0] == '#' || !strncmp(line, "slabinfo - version", 18))
			continue;
		if (nr_caches == MAX_CACHES ||
		    sscanf(line,
			   "%127s %lu %lu %lu %lu %lu : tunables 0 0 0 : slabdata %lu %lu %lu",
			   c->name, &c->active, &c->num, &c->size, &c->per_slab, &c->pages,
			   &active_slabs, &c->slabs, &shared) != 9) {
			fail("slabinfo: %s", line);
			continue;
		}
		equal("active_slabs", active_slabs, c->slabs);
		nr_caches++;
	}
}

static void read_all(void)
{
	memset(zones, 0, sizeof(zones));
	nr_zones = 0;
	read_buddyinfo();
	read_zoneinfo();
	read_pagetypeinfo();
	read_slabinfo();
	read_file("proc/vmstat", vmstat, sizeof(vmstat));
	read_file("proc/meminfo", meminfo, sizeof(meminfo));
	if (strlen(vmstat) >= 8191 || strlen(meminfo) >= 8191)
		fail("meminfo or vmstat is longer than what free(1) reads");
}

/* 8 and what follows from the layout of slabs: at every moment. */
static void check_bounds(void)
{
	unsigned long total = number_of(meminfo, "MemTotal"), free = number_of(meminfo, "MemFree");
	unsigned long managed = 0;

	for (const struct zone *z = zones; z < zones + nr_zones; z++) {
		at_most("managed", z->managed, z->present);
		at_most("present", z->present, z->spanned);
		at_most("pages free", z->free, z->managed);
		at_most("min", z->min, z->low);
		at_most("low", z->low, z->high);
		managed += z->managed;
	}
	equal("MemTotal", total, managed * PAGE_KB);
	at_most("MemFree", free, total);
	at_most("MemAvailable", number_of(meminfo, "MemAvailable"), total);
	at_most("Slab", number_of(meminfo, "Slab"), total);
	at_most("PageTables", number_of(meminfo, "PageTables"), total);
	at_most("VmallocUsed", number_of(meminfo, "VmallocUsed"), total);
	at_most("MemFree + Buffers + Cached + Slab",
		free + number_of(meminfo, "Buffers") + number_of(meminfo, "Cached") +
			number_of(meminfo, "Slab"),
		total);
	equal("Slab, of its parts", number_of(meminfo, "Slab"),
	      number_of(meminfo, "SReclaimable") + number_of(meminfo, "SUnreclaim"));
	for (const struct cache *c = caches; c < caches + nr_caches; c++) {
		at_most("active objects", c->active, c->num);
		at_most("objects", c->num, c->per_slab * c->slabs);
		equal("objects in a slab", c->per_slab, c->pages * 4096 / c->size);
	}
}

/* 1 2 3 */
static void check_free_pages(void)
{
	unsigned long sum = 0;
	char what[64];

	for (const struct zone *z = zones; z < zones + nr_zones; z++) {
		unsigned long free = 0;

		snprintf(what, sizeof(what), "node %d, zone %s", z->node, z->name);
		for (int o = 0; o < ORDERS; o++) {
			free += z->blocks[o] << o;
			equal(what, z->by_type[o], z->blocks[o]);
		}
		equal(what, free, z->free);
		sum += free;
	}
	equal("nr_free_pages", number_of(vmstat, "nr_free_pages"), sum);
	equal("MemFree", number_of(meminfo, "MemFree"), sum * PAGE_KB);
}

/* 4 */
static void check_vmalloc(void)
{
	unsigned long pages = 0;

	read_file("proc/vmallocinfo", text, sizeof(text));
	for (const char *p = text; (p = strstr(p, " pages=")); p++)
		pages += strtoul(p + 7, NULL, 10);
	equal("VmallocUsed", number_of(meminfo, "VmallocUsed"), pages * PAGE_KB);
}

static unsigned long attribute(const struct cache *c, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/kernel/slab/%.127s/%.64s", c->name, name);
	if (!read_file(path, text, sizeof(text)))
		fail("no %s", path);
	return strtoul(text, NULL, 10);
}

/* 5 6 7 */
static void check_slabs(void)
{
	unsigned long pages = 0;

	equal("SReclaimable", number_of(meminfo, "SReclaimable"),
	      number_of(vmstat, "nr_slab_reclaimable") * PAGE_KB);
	equal("SUnreclaim", number_of(meminfo, "SUnreclaim"),
	      number_of(vmstat, "nr_slab_unreclaimable") * PAGE_KB);
	for (const struct cache *c = caches; c < caches + nr_caches; c++) {
		pages += c->slabs * c->pages;
		equal(c->name, c->per_slab * c->slabs, c->num);
		equal(c->name, attribute(c, "total_objects"), c->num);
		equal(c->name, attribute(c, "objects"), c->active);
		equal(c->name, attribute(c, "slabs"), c->slabs);
		equal(c->name, attribute(c, "slab_size"), c->size);
		equal(c->name, attribute(c, "objs_per_slab"), c->per_slab);
		equal(c->name, 1ul << attribute(c, "order"), c->pages);
	}
	at_most("pages of slabs", pages * PAGE_KB, number_of(meminfo, "Slab"));
}

/* 10: the machine's map says the same as its counters. */
static void check_map(void)
{
	unsigned long buddy = 0, slab = 0, pages = 0;
	uint64_t *words = (uint64_t *)(void *)text;
	int fd = open_file("proc/kpageflags");
	ssize_t n = 0;

	while (fd >= 0 && (n = read(fd, words, 512 * 1024)) > 0) {
		for (ssize_t i = 0; i < n / 8; i++) {
			buddy += words[i] >> KPF_BUDDY & 1;
			slab += words[i] >> KPF_SLAB & 1;
		}
	}
	if (n < 0)
		fail("kpageflags: %s", strerror(errno));
	close(fd);
	for (const struct cache *c = caches; c < caches + nr_caches; c++)
		pages += c->slabs * c->pages;
	equal("frames marked BUDDY", buddy, number_of(vmstat, "nr_free_pages"));
	equal("frames marked SLAB", slab, pages);
}

/* The nodes together are the machine. */
static void check_nodes(void)
{
	static const char *const keys[] = { "MemTotal", "MemFree", "Slab", "PageTables" };
	unsigned long sums[4] = { 0 };
	char path[64], key[64];

	for (int nid = 0;; nid++) {
		snprintf(path, sizeof(path), "sys/devices/system/node/node%d/meminfo", nid);
		if (!read_file(path, text, sizeof(text)))
			break;
		for (int k = 0; k < 4; k++) {
			snprintf(key, sizeof(key), "Node %d %s", nid, keys[k]);
			sums[k] += number_of(text, key);
		}
	}
	for (int k = 0; k < 4; k++)
		equal(keys[k], sums[k], number_of(meminfo, keys[k]));
}

static int quiet(void)
{
	read_all(); /* the first look settles what idle CPUs keep */
	read_all();
	check_bounds();
	check_free_pages();
	check_vmalloc();
	check_slabs();
	check_map();
	check_nodes();
	return failures != 0;
}

static int busy(time_t seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned long passes = 0;

	do {
		read_all();
		check_bounds();
		passes++;
	} while (time(NULL) < end && !failures);
	printf("%lu passes\n", passes);
	return failures != 0;
}

/*
 *  1 sum of buddyinfo's blocks = zoneinfo's pages free	 2 their sum = vmstat's nr_free_pages
 *  3 pagetypeinfo over the types = buddyinfo		 4 pages= of vmallocinfo = VmallocUsed
 *  5 Slab = SReclaimable + SUnreclaim, as in vmstat	 6 pages of slabs <= Slab
 *  7 slabinfo = the attributes in sys/			 8 managed <= present <= spanned, marks rise
 *  9 MemFree, MemTotal = the zones'			10 BUDDY bits of kpageflags = nr_free_pages
 */
int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: %s MOUNT quiet | busy SECONDS\n", argv[0]);
		return 2;
	}
	mount_point = argv[1];
	return strcmp(argv[2], "busy") ? quiet() : busy(argc > 3 ? atoi(argv[3]) : 5);
}
