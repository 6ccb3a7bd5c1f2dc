#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dev.py - the throughput of the devices beside tmpfs and the least possible FUSE daemon.

    bench/dev.py [-d] [-u] [-s SESSIONS] [-r ROUNDS] [-t MILLISECONDS] KMEMFS ONEFILE

Each row is one kind of access to 64 MiB that were written before, by the program devio, which
lies beside ONEFILE. All subjects take short turns, and the upper quartile of each one's turns counts:
what disturbs a turn only makes it slower. This is done in several sessions with daemons started
anew, since it makes some percent which pages the host gives to files and daemons. Printed are the
medians over the sessions: MB/s and, in brackets, the ratio to the one-file daemon (onefile.c).

The goal is 0.95 on every row, and for cached reads 0.75 of tmpfs. The last row, "first", has none:
a device's first 64 MiB by writes of 64 KiB, right after the daemon's start, so that it is mostly the
host that is measured, making pages; the best of FIRST turns.

Daemons and client stay on one CPU: where the host places them costs a call 10 to 300 us on a
small virtual machine, and says nothing of the daemons. -u leaves that to the host.
-d measures past the page cache (-o direct): then reads reach the daemons, too.
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile
import time

from mounts import Mount, median

MB = 64
KB = {"4k": 4, "64k": 64, "1m": 1024}
ROWS = [(rw, bs) for rw in ("read", "write") for bs in KB] + [("randread", "4k"),
                                                              ("randwrite", "4k")]
FAMILIES = ["scull", "scullc", "scullp", "scullv"]
FIRST = 9


def upper(values):
    return sorted(values)[len(values) * 3 // 4]


def ratio(mine, others):
    return median([a / b for a, b in zip(mine, others)])


def turns(devio, args, rw, bs, paths):
    """MB/s of each path by round: [[round 0, round 1, ...] of path 0, ...]"""
    size = KB[bs] << 10
    command = [devio, str(args.r), str(args.t), rw, str(size), str(MB << 20)] + paths
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=600)
    got = [[0.0] * args.r for _ in paths]
    for line in out.stdout.decode().splitlines():
        number, i, ns = line.split()
        got[int(i)][int(number)] = size / float(ns) * 1e9 / (1 << 20)
    return got


def first_writes(path):
    data = os.urandom(64 << 10)
    fd = os.open(path, os.O_RDWR)
    began = time.monotonic()
    for i in range(MB << 4):
        os.pwrite(fd, data, i << 16)
    took = time.monotonic() - began
    os.close(fd)
    return MB / took


def fill(paths):
    """By turns in an order of chance: so none gets better pages from the host than the others."""
    files = [os.open(path, os.O_RDWR) for path in paths]
    for i in range(MB):
        for fd in random.sample(files, len(files)):
            os.pwrite(fd, os.urandom(1 << 20), i << 20)
    for fd in files:
        os.close(fd)


def session(args, devio, kmemfs, onefile, got):
    """All rows once; adds a value to @got[row] of each: tmpfs, onefile and the families."""
    with Mount(*kmemfs) as k, Mount(*onefile) as one, \
            tempfile.NamedTemporaryFile(dir="/dev/shm") as shm:
        paths = [shm.name, one.path + "/file"] + ["%s/dev/%s0" % (k.path, f) for f in FAMILIES]
        fill(paths)
        for row in ROWS:
            more = turns(devio, args, *row, paths)
            got[row] = [a + [upper(b)] for a, b in zip(got.get(row, [[]] * len(paths)), more)]


class Table:
    def __init__(self, direct):
        self.direct, self.low = direct, []
        print("MB/s" + " " * 12 + "".join("%-16s" % s for s in ["tmpfs", "onefile"] + FAMILIES))

    def row(self, rw, bs, got):
        """@got: values of tmpfs (None: there are none), onefile and the families."""
        shm, one = got[:2]
        line = "%-10s%-6s" % (rw, bs)
        line += "%-16s" % ("%.0f" % median(shm) if shm else "-")
        line += "%-16s" % ("%.0f" % median(one))
        for name, mine in zip(FAMILIES, got[2:]):
            of_one = ratio(mine, one)
            line += "%-16s" % ("%.0f (%.2f)" % (median(mine), of_one))
            if of_one < 0.95 and shm:
                self.low.append("%s %s %s: %.2f of onefile" % (name, rw, bs, of_one))
            if "read" in rw and not self.direct and ratio(mine, shm) < 0.75:
                self.low.append("%s %s %s: %.2f of tmpfs" % (name, rw, bs, ratio(mine, shm)))
        print(line.rstrip(), flush=True)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("-d", action="store_true", help="past the page cache (-o direct)")
    args.add_argument("-u", action="store_true", help="the host places daemons and client")
    args.add_argument("-s", type=int, default=9, help="sessions, default %(default)s")
    args.add_argument("-r", type=int, default=41, help="turns in each, default %(default)s")
    args.add_argument("-t", type=float, default=2, help="ms of a turn, default %(default)s")
    args.add_argument("kmemfs", help="the daemon's program")
    args.add_argument("onefile", help="the other one's; devio lies beside it")
    args = args.parse_args()
    if not args.u:  # daemons and devio inherit it
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    devio = os.path.join(os.path.dirname(os.path.abspath(args.onefile)), "devio")
    kmemfs = [args.kmemfs, "-f", "-o", "mem=%dM" % (MB * 8) + (",direct" if args.d else "")]
    onefile = [args.onefile, *(["-D"] if args.d else []), str(MB)]
    rounds = {}
    for _ in range(args.s):
        session(args, devio, kmemfs, onefile, rounds)
    table = Table(args.d)
    for row in ROWS:
        table.row(*row, rounds[row])
    first = [(onefile, "file")] + [(kmemfs, "dev/%s0" % f) for f in FAMILIES]
    best = [0.0] * len(first)
    for i in sum([random.sample(range(len(first)), len(first)) for _ in range(FIRST)], []):
        command, name = first[i]
        with Mount(*command) as m:
            best[i] = max(best[i], first_writes(m.path + "/" + name))
    table.row("first", "64k", [None] + [[b] for b in best])
    print("below the goal: " + ("; ".join(table.low) or "nothing"))


if __name__ == "__main__":
    sys.exit(main())
