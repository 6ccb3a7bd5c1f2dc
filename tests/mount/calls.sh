#!/bin/bash
# SPDX-License-Identifier: MIT
# calls.sh - a device is a file: every call on it gives what it gives on any file, at its edges too;
# mappings, and what a mapping and other calls see of each other.
. "$(dirname "$0")/lib.sh"

start -o mem=256M,cpus=2
before=$(free_pages)
for f in scull scullc scullp scullv; do
	check "calls on $f" python3 - "$MNT/dev/${f}" "$TMP/host" << 'PY'
import ctypes, errno, fcntl, os, subprocess, sys
dev, host = sys.argv[1] + "0", sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]

def refused(want, fn):
    try:
        got = fn()
    except OSError as e:
        assert e.errno == want, e
    else:
        sys.exit("accepted: %r" % (got,))

def fallocate(fd, mode, off, length):
    ctypes.set_errno(0)
    if libc.fallocate(fd, mode, off, length):
        raise OSError(ctypes.get_errno(), "fallocate")

KEEP, PUNCH = 1, 2
fd = os.open(dev, os.O_RDWR | os.O_TRUNC)

# Nothing there.
for whence in os.SEEK_DATA, os.SEEK_HOLE:
    for off in 0, 1, -1:
        refused(errno.ENXIO, lambda: os.lseek(fd, off, whence))
assert os.read(fd, 10) == b"" and os.pwrite(fd, b"", 5000) == 0 and os.fstat(fd).st_size == 0
refused(errno.EINVAL, lambda: os.pread(fd, 1, -1))
refused(errno.EINVAL, lambda: os.pwrite(fd, b"x", -1))
refused(errno.EINVAL, lambda: os.ftruncate(fd, -1))
refused(errno.EINVAL, lambda: os.lseek(fd, -1, os.SEEK_SET))

# The end of what can be: 2^62 bytes.
os.ftruncate(fd, 1 << 62)
refused(errno.EFBIG, lambda: os.ftruncate(fd, (1 << 62) + 1))
assert os.pwrite(fd, b"abc", (1 << 62) - 1) == 1
refused(errno.EFBIG, lambda: os.pwrite(fd, b"abc", 1 << 62))
assert os.lseek(fd, 0, os.SEEK_DATA) > (1 << 62) - (1 << 17)
fallocate(fd, PUNCH | KEEP, 0, 1 << 62)
refused(errno.ENXIO, lambda: os.lseek(fd, 0, os.SEEK_DATA))
os.ftruncate(fd, 0)

# fallocate: four ways there are, all others are refused and change nothing.
data = os.urandom(20000)
for mode, size in ((0, 40000), (KEEP, 20000)):
    os.ftruncate(fd, 0)
    os.pwrite(fd, data, 0)
    fallocate(fd, mode, 10000, 30000)
    assert os.fstat(fd).st_size == size and os.pread(fd, 50000, 0)[:20000] == data
    assert os.fstat(fd).st_blocks * 512 >= 40000
os.ftruncate(fd, 20000)
fallocate(fd, PUNCH | KEEP, 5000, 10000)
assert os.pread(fd, 20000, 0) == data[:5000] + bytes(10000) + data[15000:]
os.pwrite(fd, data, 0)
for mode in PUNCH, 8, 0x10, 0x11, 0x20, 0x40:
    refused(errno.EOPNOTSUPP, lambda: fallocate(fd, mode, 4096, 4096))
for off, length in ((0, 0), (-1, 10), (0, -5)):
    refused(errno.EINVAL, lambda: fallocate(fd, 0, off, length))
refused(errno.EFBIG, lambda: fallocate(fd, 0, 1 << 62, 10))
for mode in 0, KEEP:
    refused(errno.ENOMEM, lambda: fallocate(fd, mode, 0, 1 << 40))  # more than any machine has
    refused(errno.ENOMEM, lambda: fallocate(fd, mode, 0, 300 << 20))  # than this one has
assert os.fstat(fd).st_size == 20000 and os.pread(fd, 20000, 0) == data

# O_DIRECT at any place and of any size; what it and others write, each sees.
direct = os.open(dev, os.O_RDWR | os.O_DIRECT)
assert os.pread(direct, 5000, 1) == data[1:5001]
assert os.pwrite(direct, b"q" * 1001, 3) == 1001 and os.pread(fd, 1003, 2) == data[2:3] + b"q" * 1001 + data[1004:1005]
os.pwrite(fd, b"Z" * 10, 500)
assert os.pread(direct, 3, 500) == b"ZZZ"

# Many pieces; flags of single calls; appending beside another's position.
os.ftruncate(fd, 0)
os.lseek(fd, 0, os.SEEK_SET)
assert os.writev(fd, [b"ab"] * 1024) == 2048 and os.lseek(fd, 0, os.SEEK_CUR) == 2048
assert os.pwritev(fd, [b"end"], 0, os.RWF_APPEND) == 3 and os.pread(fd, 5, 2046) == b"abend"
both = os.open(dev, os.O_RDWR | os.O_APPEND)
os.lseek(both, 0, os.SEEK_SET)
assert os.read(both, 2) == b"ab" and os.write(both, b"!") == 1
assert os.pread(fd, 10, 2048) == b"end!" and os.fstat(fd).st_size == 2052
os.fsync(fd), os.fdatasync(fd)

# Between files.
os.pwrite(fd, data, 0)
os.ftruncate(fd, 20000)
out = os.open(host, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
assert os.sendfile(out, fd, 0, 20000) == 20000 and os.pread(out, 20000, 0) == data
to = os.open(dev[:-1] + "1", os.O_RDWR | os.O_TRUNC)
assert os.sendfile(to, out, 0, 20000) == 20000 and os.pread(to, 20000, 0) == data
r, w = os.pipe()
assert os.splice(fd, w, 3000, offset_src=100) == 3000
assert os.splice(r, to, 3000, offset_dst=0) == 3000 and os.pread(to, 3000, 0) == data[100:3100]
assert os.copy_file_range(fd, fd, 100, 0, 30000) == 100 and os.fstat(fd).st_size == 30100
refused(errno.EINVAL, lambda: os.copy_file_range(fd, fd, 100, 0, 50))
os.ftruncate(to, 0)

# Names and rights.
refused(errno.EEXIST, lambda: os.open(dev, os.O_RDWR | os.O_CREAT | os.O_EXCL))
refused(errno.ENOTDIR, lambda: os.open(dev, os.O_RDONLY | os.O_DIRECTORY))
refused(errno.EBADF, lambda: os.write(os.open(dev, os.O_RDONLY), b"x"))
refused(errno.EBADF, lambda: os.read(os.open(dev, os.O_WRONLY | os.O_APPEND), 1))
refused(errno.EOPNOTSUPP, lambda: os.setxattr(dev, "user.x", b"1"))
fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
os.ftruncate(fd, 0)
PY
	check "mappings of $f" python3 - "$MNT/dev/${f}0" $f << 'PY'
import ctypes, errno, fcntl, os, signal, sys
dev = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.msync.argtypes = libc.munmap.argtypes + [ctypes.c_int]
SHARED, PRIVATE, MS_SYNC = 1, 2, 4

class Map:  # unlike Python's own, also past the end of the file
    def __init__(self, fd, length, flags=SHARED, prot=3, offset=0):
        ctypes.set_errno(0)
        self.at, self.length = libc.mmap(None, length, prot, flags, fd, offset), length
        if ctypes.get_errno():
            raise OSError(ctypes.get_errno(), "mmap")
        self.bytes = (ctypes.c_char * length).from_address(self.at)
    def __getitem__(self, i):
        return self.bytes[i]
    def __setitem__(self, i, value):
        self.bytes[i] = value
    def sync(self):
        assert libc.msync(self.at, self.length, MS_SYNC) == 0
    def close(self):
        libc.munmap(self.at, self.length)

def signal_of(fn):
    pid = os.fork()
    if not pid:
        fn()
        os._exit(0)
    return os.waitpid(pid, 0)[1] & 0x7f

def refused(want, fn):
    try:
        fn()
    except OSError as e:
        assert e.errno == want, e
    else:
        sys.exit("accepted")

fd = os.open(dev, os.O_RDWR | os.O_TRUNC)
if sys.argv[2] == "scullp":  # its quanta larger than a page
    fcntl.ioctl(fd, 0x4b02, 3)
    os.ftruncate(fd, 0)
empty = Map(fd, 4096)
assert signal_of(lambda: empty[0]) == signal.SIGBUS
empty.close()

os.ftruncate(fd, 10000)
m = Map(fd, 40960)
assert m[5000] == b"\0" and m[10001] == b"\0"
assert signal_of(lambda: m[20000]) == signal.SIGBUS
m[100:103] = b"abc"
m[10001] = b"x"  # in the last page, after the end: nobody's
m.sync()
assert os.pread(fd, 3, 100) == b"abc" and os.fstat(fd).st_size == 10000
os.ftruncate(fd, 12288)
assert os.pread(fd, 2288, 10000) == bytes(2288) and m[10001] == b"\0"

mine = Map(fd, 12288, PRIVATE)
mine[100:103] = b"XYZ"
assert os.pread(fd, 3, 100) == b"abc" and m[100:103] == b"abc"
os.pwrite(fd, b"new", 200)
assert m[200:203] == b"new"
def store():
    m[300:303] = b"kid"
assert signal_of(store) == 0 and m[300:303] == b"kid" and os.pread(fd, 3, 300) == b"kid"
m[50] = b"u"  # not told to anybody yet, but a read past the page cache has it
assert os.pread(os.open(dev, os.O_RDONLY | os.O_DIRECT), 1, 50) == b"u"

refused(errno.EACCES, lambda: Map(os.open(dev, os.O_RDONLY), 4096))
refused(errno.EACCES, lambda: Map(os.open(dev, os.O_WRONLY | os.O_APPEND), 4096, prot=2))
Map(os.open(dev, os.O_RDONLY), 4096, PRIVATE).close()

# Far out; cut while it is mapped.
os.ftruncate(fd, (5 << 30) + 4096)
far = Map(fd, 4096, offset=5 << 30)
far[1] = b"f"
far.sync()
assert os.pread(fd, 2, 5 << 30) == b"\0f"
os.ftruncate(fd, 4096)
assert signal_of(lambda: far[1]) == signal.SIGBUS and signal_of(lambda: m[5000]) == signal.SIGBUS
assert m[100:103] == b"abc"
os.ftruncate(fd, 0)
for each in m, mine, far:
    each.close()
if sys.argv[2] == "scullp":
    fcntl.ioctl(fd, 0x4b02, 0)
    os.ftruncate(fd, 0)
PY
done
pages_back "pages after all calls" "$before"

# Each terminal has a device of its own.
check "terminals" python3 - "$MNT/dev/scullpriv" << 'PY'
import os, pty, sys, time
dev = sys.argv[1]

def in_terminal(script):
    pid, fd = pty.fork()
    if not pid:
        os.execvp("sh", ["sh", "-c", script])
    return pid, fd

def output(pid, fd):
    out = b""
    try:
        while True:
            out += os.read(fd, 1000)
    except OSError:  # the end of a terminal
        pass
    os.waitpid(pid, 0)
    os.close(fd)
    return out

one = in_terminal("echo one > %s; read x; cat %s" % (dev, dev))
two = in_terminal("echo two > %s; read x; cat %s; setsid -w cat %s" % (dev, dev, dev))
time.sleep(0.5)
for t in one, two:
    os.write(t[1], b"\n")
assert output(*one).split() == [b"one"]
assert output(*two).split() == [b"two"]
PY

# The kernel ends the connection while somebody waits: he and the daemon are told.
if [ "$(id -u)" = 0 ]; then
	timeout 60 cat "$MNT/dev/scullpipe0" > "$TMP/out" 2>&1 &
	waiting=$!
	sleep 0.5
	timeout 10 umount -f "$MNT" 2> /dev/null
	wait $waiting && equal "a read of an aborted mount" "fine" "refused"
	gone || equal "the daemon after an abort" "still there" "gone"
fi
unmount
gone
finish
