#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""procfs.py - what reading a file of proc/ costs: on an empty machine, on one of 1 TiB, on one with
a million live objects in half-empty slabs, on one whose devices are filled and emptied meanwhile,
and the host's own /proc beside them.

usage: bench/procfs.py KMEMFS

Prints the median time in microseconds of a whole pass (lseek to 0, read to the end) on a kept
descriptor, and how many times the empty machine's the worst of the others is. Of the busy machine
half the slow-down is that there is a second process that wants the host's CPUs.
"""
import contextlib
import os
import signal
import sys
import time

from mounts import Mount

FILES = ["buddyinfo", "zoneinfo", "pagetypeinfo", "meminfo", "vmstat", "slabinfo", "vmallocinfo",
         "iomem", "stat"]
PASSES = 200
QUANTUM = 64


def microseconds(path):
    """The median of PASSES; None if there is no such file, or not for us."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    times = []
    for _ in range(PASSES):
        begin = time.perf_counter()
        os.lseek(fd, 0, os.SEEK_SET)
        while os.read(fd, 1 << 20):
            pass
        times.append(time.perf_counter() - begin)
    os.close(fd)
    return sorted(times)[PASSES // 2] * 1e6


def fill(mount, pairs=1000000):
    """Two devices written in turn share every slab; emptying one leaves all of them half full."""
    piece = os.urandom(QUANTUM * 32)
    devices = [open("%s/dev/scullc%d" % (mount, i), "wb", buffering=0) for i in (0, 1)]
    for _ in range(pairs // 32):
        for dev in devices:
            dev.write(piece)
    for dev in devices:
        dev.close()
    open("%s/dev/scullc1" % mount, "wb").close()


@contextlib.contextmanager
def writer(mount):
    """A client that fills devices and empties them, as fast as it can."""
    pid = os.fork()
    if pid == 0:
        piece = os.urandom(1 << 16)
        while True:
            for name in ("scullc2", "scullp2", "scullv2"):
                with open("%s/dev/%s" % (mount, name), "wb", buffering=0) as dev:
                    for _ in range(64):
                        dev.write(piece)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def main():
    kmemfs = os.path.abspath(sys.argv[1])
    machines = [("empty", "mem=256M", None, contextlib.nullcontext),
                ("1 TiB", "mem=1T", None, contextlib.nullcontext),
                ("10^6 objects", "mem=4G,scullc.scullc_quantum=%d" % QUANTUM, fill,
                 contextlib.nullcontext),
                ("written", "mem=256M", None, writer)]
    columns = []
    for name, words, prepare, meanwhile in machines:
        with Mount(kmemfs, "-f", "-o", "cpus=2," + words) as mount, meanwhile(mount.path):
            if prepare:
                prepare(mount.path)
            columns.append((name, [microseconds("%s/proc/%s" % (mount.path, f)) for f in FILES]))
    columns.append(("the host", [microseconds("/proc/" + f) for f in FILES]))
    print("%-14s" % "microseconds" + "".join("%14s" % name for name, _ in columns) + "   worst")
    for i, f in enumerate(FILES):
        times = [column[i] for _, column in columns]
        print("%-14s" % f + "".join("%14s" % ("-" if t is None else "%.1f" % t) for t in times) +
              "%7.2fx" % (max(times[1:-1]) / times[0]))


if __name__ == "__main__":
    main()
