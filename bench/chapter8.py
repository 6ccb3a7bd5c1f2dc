#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""chapter8.py - the book's experiment: 4 MB from one device to another, for the four drivers.

    bench/chapter8.py [-r ROUNDS] KMEMFS

Tells for each: wall, user and system time of the copy (cp), the CPU time of the daemon, all in
milliseconds, medians over the rounds; and what a device's memory wastes: kB that the machine has
less when both are filled, for each, minus kB stored. The book: scullp is faster than scull since a
page is the better quantum, and wastes nothing but the pointers; kmalloc rounds sizes up, a cache
of one's own less so; vmalloc costs more at making an area, not at using it.
"""
import argparse
import os
import re
import resource
import subprocess
import time

from mounts import Mount, median

SIZE = 4 << 20


def free_kb(mount):
    """After the machine has settled: looking gives idle CPUs' caches back."""
    with open(mount.path + "/proc/meminfo") as f:
        return int(re.search(r"MemFree:\s+(\d+)", f.read()).group(1))


def copy(mount, src, dst):
    """Wall, user, system and daemon seconds of many copies, for one."""
    times = 16  # the daemon's clock ticks 100 times a second
    was, cpu, began = resource.getrusage(resource.RUSAGE_CHILDREN), mount.cpu_seconds(), \
        time.monotonic()
    for _ in range(times):
        subprocess.run(["cp", src, dst], check=True, timeout=60)
    wall = time.monotonic() - began
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = mount.cpu_seconds() - cpu
    return [x / times for x in (wall, now.ru_utime - was.ru_utime, now.ru_stime - was.ru_stime,
                                cpu)]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("-r", type=int, default=7, help="rounds, default %(default)s")
    args.add_argument("kmemfs", help="the daemon's program")
    args = args.parse_args()
    families = ["scull", "scullc", "scullp", "scullv"]
    with Mount(args.kmemfs, "-f", "-o", "mem=256M") as mount:
        dev = {f: ["%s/dev/%s%d" % (mount.path, f, n) for n in (0, 1)] for f in families}
        times = {f: [] for f in families}
        wasted = {}
        for f in families:
            before = free_kb(mount)
            with open(dev[f][0], "wb") as out:
                out.write(os.urandom(SIZE))
            copy(mount, *dev[f])
            # Of both: the two may share slabs, so that one alone takes what the other left.
            wasted[f] = (before - free_kb(mount)) // 2 - SIZE // 1024
        for _ in range(args.r):
            for f in families:
                times[f].append(copy(mount, *dev[f]))
        print("4 MB        wall ms   user ms    sys ms  daemon ms   wasted kB")
        for f in families:
            mid = [1000 * median(t[i] for t in times[f]) for i in range(4)]
            print("%-9s%10.2f%10.2f%10.2f%11.2f%12d" % (f, *mid, wasted[f]))


if __name__ == "__main__":
    main()
