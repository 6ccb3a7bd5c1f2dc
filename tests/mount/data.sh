#!/bin/bash
# SPDX-License-Identifier: MIT
# data.sh - the data path: random calls against a shadow (fsx), fio's checksums, several clients at
# once, large positions, mappings, copies; through the page cache, past it, and as in the book.
# usage: [FSX_STEPS=N] data.sh KMEMFS FSX
. "$(dirname "$0")/lib.sh"
FSX=$2
STEPS=${FSX_STEPS:-20000}
LIMIT=$((120 + STEPS / 2000)) # a million steps take some minutes
FAMILIES="scull scullc scullp scullv"
D=$MNT/dev

# verify NAME DEVICE [WORDS OF FIO] - random writes; each block is read back by its checksum
verify() {
	command -v fio > /dev/null || return 0
	what=$1
	dev=$2
	shift 2
	check "8 MiB" sh -c "head -c 8388608 /dev/zero > $dev" # or fio makes the file anew
	check "fio $what" fio --name="$what" --filename="$dev" --rw=randwrite --bs=4k --size=8m \
		--fallocate=none --verify=crc32c --verify_fatal=1 --verify_state_save=0 \
		--ioengine=psync "$@"
}

# clients DEVICE - two writers of whole records, a truncater, eight readers, then what is left
clients() {
	check "clients of $1" python3 - "$D/$1" "$2" << 'PY'
import os, random, sys, time
dev, atomic = sys.argv[1], sys.argv[2] == "atomic"
REC, N = 4096, 64
os.close(os.open(dev, os.O_RDWR | os.O_TRUNC))
end = time.time() + 2

def writer(n):
    fd = os.open(dev, os.O_RDWR)
    while time.time() < end:
        assert os.pwrite(fd, bytes([random.randrange(1, 256)]) * REC, random.randrange(N) * REC) == REC

def truncater():
    fd = os.open(dev, os.O_RDWR)
    while time.time() < end:
        os.ftruncate(fd, random.randrange(N) * REC)
        os.stat(dev)
        time.sleep(0.001)

def reader(n):
    fd = os.open(dev, os.O_RDONLY)
    while time.time() < end:
        data = os.pread(fd, REC, random.randrange(N) * REC)
        assert len(data) % REC == 0 or not atomic, len(data)
        assert not data or data == data[:1] * len(data) or not atomic

kids = []
for job in [lambda: writer(0), lambda: writer(1), truncater] + [lambda: reader(0)] * 8:
    pid = os.fork()
    if not pid:
        try:
            job()
            os._exit(0)
        finally:
            os._exit(1)
    kids.append(pid)
assert all(os.waitpid(k, 0)[1] == 0 for k in kids)

# No write is lost: appends of three clients, and each client's half of a device.
os.close(os.open(dev, os.O_RDWR | os.O_TRUNC))
kids = []
for who in range(3):
    pid = os.fork()
    if not pid:
        fd = os.open(dev, os.O_WRONLY | os.O_APPEND)
        for i in range(1000):
            assert os.write(fd, b"%d %06d\n" % (who, i)) == 9
        os._exit(0)
    kids.append(pid)
assert all(os.waitpid(k, 0)[1] == 0 for k in kids)
lines = open(dev).read().split()
assert len(lines) == 6000, len(lines)
for who in range(3):
    mine = [int(n) for w, n in zip(lines[::2], lines[1::2]) if int(w) == who]
    assert mine == list(range(1000))
os.truncate(dev, 0)
PY
}

start -o mem=640M,cpus=2
before=$(free_pages)
for f in $FAMILIES; do
	check "fsx $f" "$FSX" -n "$STEPS" "$D/${f}0" || cat "$TMP/out"
	verify "$f" "$D/${f}0"
	verify "$f direct" "$D/${f}0" --direct=1
	clients "${f}0" file
done

# Orders above 0, for mappings too.
for order in 3 10; do
	check "order $order" python3 - "$D/scullp0" "$order" << 'PY'
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.ioctl(fd, 0x4b02, int(sys.argv[2]))  # SCULLP_IOCTORDER
os.ftruncate(fd, 0)
PY
	check "fsx with order $order" "$FSX" -n $((STEPS / 10)) "$D/scullp0" || cat "$TMP/out"
done
check "order 0" python3 -c "
import fcntl, os
fd = os.open('$D/scullp0', os.O_RDWR)
fcntl.ioctl(fd, 0x4b02, 0)
os.ftruncate(fd, 0)"

# One byte far out; lengths beyond 4 GiB; what a second file of the device sees at once.
for f in $FAMILIES; do
	check "far out on $f" python3 - "$D/${f}1" << 'PY'
import mmap, os, subprocess, sys
dev = sys.argv[1]
fd = os.open(dev, os.O_RDWR)
for pos in 5 << 30, 1 << 40:
    assert os.pwrite(fd, b"far", pos) == 3
    assert os.fstat(fd).st_size == pos + 3
    assert os.pread(fd, 10, pos - 3) == b"\0\0\0far"
    # Data begins with the quantum that has the byte.
    at = os.lseek(fd, pos - (64 << 20), os.SEEK_DATA)
    assert pos - (1 << 22) < at <= pos, at
    assert os.lseek(fd, pos, os.SEEK_HOLE) == pos + 3
assert os.pread(fd, 3, 5 << 30) == b"far"
# cp finds the bytes without reading the rest.
assert os.fstat(fd).st_blocks < 2048
subprocess.run(["cp", dev, dev[:-1] + "3"], check=True, timeout=60)
assert os.stat(dev[:-1] + "3").st_size == (1 << 40) + 3
assert os.pread(os.open(dev[:-1] + "3", os.O_RDONLY), 3, 1 << 40) == b"far"
os.truncate(dev[:-1] + "3", 0)
os.ftruncate(fd, 6 << 30)
assert os.fstat(fd).st_size == 6 << 30 and os.pread(fd, 10, (6 << 30) - 4) == bytes(4)

# Emptied by another open: no old byte, no old length, also for an append.
os.ftruncate(fd, 0)
os.pwrite(fd, b"x" * 100000, 0)
assert os.pread(fd, 10, 50000) == b"x" * 10
app = os.open(dev, os.O_WRONLY | os.O_APPEND)
other = os.open(dev, os.O_WRONLY)
assert os.pread(fd, 10, 50000) == b"" and os.fstat(fd).st_size == 0
assert os.lseek(fd, 0, os.SEEK_END) == 0
os.write(other, b"new")
assert os.pread(fd, 10, 0) == b"new"
os.write(app, b"er")
assert os.pread(os.open(dev, os.O_RDONLY | os.O_DIRECT), 0, 0) == b""

# Stores into a mapping that come back after that do not make the device longer.
os.ftruncate(fd, 0)
os.pwrite(fd, b"m" * 40960, 0)
m = mmap.mmap(fd, 40960)
m[8192:8196] = b"MMMM"
assert os.pread(fd, 6, 8191) == b"mMMMMm"
m.flush()
os.close(os.open(dev, os.O_WRONLY))
assert os.fstat(fd).st_size == 0
p = None
m.close()
assert os.fstat(fd).st_size == 0 and os.pread(fd, 10, 0) == b""

# Copies inside the mount.
os.pwrite(fd, os.urandom(300000), 0)
to = os.open(dev[:-1] + "2", os.O_RDWR | os.O_TRUNC)
n = 0
while n < 300000:
    k = os.copy_file_range(fd, to, 300000 - n, n, n)
    assert k > 0
    n += k
assert os.pread(to, 300000, 0) == os.pread(fd, 300000, 0)
assert os.preadv(to, [bytearray(10), bytearray(20)], 5) == 30
assert os.pwritev(to, [b"ab", b"cde"], 1) == 5 and os.pread(to, 7, 0)[1:6] == b"abcde"
os.ftruncate(to, 0)
os.ftruncate(fd, 0)
PY
done
pages_back "pages at the end" "$before"
unmount
gone

# Past the page cache every read reaches the driver, whose calls are whole; nothing is mapped.
start -o mem=256M,cpus=2,direct
for f in $FAMILIES; do
	check "fsx $f, direct" "$FSX" -M -n $((STEPS / 4)) "$D/${f}0" || cat "$TMP/out"
	clients "${f}0" atomic
	verify "$f past the cache" "$D/${f}0"
done
refuse "a shared mapping with -o direct" python3 -c "
import mmap
with open('$D/scullp0', 'r+b') as f:
    f.write(b'x' * 4096)
    f.flush()
    mmap.mmap(f.fileno(), 4096)"
unmount
gone

# One request at a time; and the book's way.
start -o mem=256M -s
check "fsx, one at a time" "$FSX" -n $((STEPS / 10)) "$D/scullp0" || cat "$TMP/out"
unmount
gone
start -o mem=64M,scull_compat=book
check "a quantum a call" python3 -c "
import os
fd = os.open('$D/scull0', os.O_RDWR)
assert os.pwrite(fd, b'x' * 10000, 0) == 4000
assert os.pwrite(fd, b'x' * 10000, 8000) == 4000
assert len(os.pread(fd, 10000, 10)) == 3990
assert os.pread(fd, 10000, 4000) == b''"
finish
