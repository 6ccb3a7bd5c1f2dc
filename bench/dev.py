#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dev.py - the throughput of the devices beside tmpfs and the least possible FUSE daemon.

    bench/dev.py [-d] [-r ROUNDS] [-t SECONDS] KMEMFS ONEFILE

Each row is one kind of access by fio (psync, one job, 64 MiB that were written before). All
subjects take turns within a round, and the median over the rounds counts, so that what else the
host does disturbs all alike. After each device's figure stands its ratio to the one-file daemon
(onefile.c); the goal is 0.95 on every row, and for cached reads 0.75 of tmpfs. -d measures past
the page cache (-o direct).
"""
import argparse
import os
import subprocess
import sys
import tempfile

from mounts import Mount, median

MB = 64
ROWS = [(rw, bs) for rw in ("read", "write") for bs in ("4k", "64k", "1m")]
ROWS += [("randread", "4k"), ("randwrite", "4k")]
FAMILIES = ["scull", "scullc", "scullp", "scullv"]
READ_KBS, WRITE_KBS = 6, 47  # of fio's terse output, version 3


def fio(path, rw, bs, seconds):
    """MB/s."""
    out = subprocess.run(
        ["fio", "--name=x", "--filename=" + path, "--rw=" + rw, "--bs=" + bs, "--size=%dm" % MB,
         "--ioengine=psync", "--time_based", "--runtime=%dms" % (1000 * seconds), "--invalidate=0",
         "--fadvise_hint=0", "--fallocate=none", "--minimal", "--terse-version=3"],
        stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode().split(";")
    return int(out[READ_KBS if "read" in rw else WRITE_KBS]) / 1024


def fill(path):
    with open(path, "r+b" if os.path.exists(path) else "wb") as f:
        for _ in range(MB):
            f.write(os.urandom(1 << 20))


def main():
    args = argparse.ArgumentParser()
    args.add_argument("-d", action="store_true")
    args.add_argument("-r", type=int, default=5)
    args.add_argument("-t", type=float, default=1)
    args.add_argument("kmemfs")
    args.add_argument("onefile")
    args = args.parse_args()
    words = "mem=%dM" % (MB * 8) + (",direct" if args.d else "")
    shm = tempfile.NamedTemporaryFile(dir="/dev/shm")
    with Mount(args.kmemfs, "-f", "-o", words) as k, \
            Mount(args.onefile, *(["-D"] if args.d else []), str(MB)) as one:
        subjects = {"tmpfs": shm.name, "onefile": one.path + "/file"}
        subjects.update({f: "%s/dev/%s0" % (k.path, f) for f in FAMILIES})
        for path in subjects.values():
            fill(path)
        print("MB/s" + " " * 12 + "".join("%-16s" % s for s in subjects))
        low = []
        for rw, bs in ROWS:
            got = {s: [] for s in subjects}
            for _ in range(args.r):
                for s, path in subjects.items():
                    got[s].append(fio(path, rw, bs, args.t))
            mid = {s: median(v) for s, v in got.items()}
            line = "%-10s%-6s%-16.0f%-16s" % (rw, bs, mid["tmpfs"], "%.0f (%.2f of tmpfs)" % (
                mid["onefile"], mid["onefile"] / mid["tmpfs"]))
            for f in FAMILIES:
                line += " %-15s" % ("%.0f (%.2f)" % (mid[f], mid[f] / mid["onefile"]))
                if mid[f] < 0.95 * mid["onefile"]:
                    low.append("%s %s %s: %.2f of onefile" % (f, rw, bs, mid[f] / mid["onefile"]))
                if "read" in rw and not args.d and mid[f] < 0.75 * mid["tmpfs"]:
                    low.append("%s %s %s: %.2f of tmpfs" % (f, rw, bs, mid[f] / mid["tmpfs"]))
            print(line, flush=True)
        print("below the goal: " + ("; ".join(low) or "nothing"))
        shm.close()
    return bool(low)


if __name__ == "__main__":
    sys.exit(main())
