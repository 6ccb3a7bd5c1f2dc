#!/bin/bash
# SPDX-License-Identifier: MIT
# ioctl.sh - every number of the four families over a mount: result, errors, effect.
. "$(dirname "$0")/lib.sh"

start -o mem=256M,cpus=2
check "ioctl table" python3 - "$MNT/dev" "$MNT/proc" << 'PY'
import array, errno, fcntl, os, sys
dev, proc = sys.argv[1:]

NONE, WRITE, READ = 0, 1, 2
def cmd(direction, letter, nr):
    return direction << 30 | (4 << 16 if direction else 0) | ord(letter) << 8 | nr

def call(fd, code, arg=0):
    """The result and, for a pointer, the value behind it."""
    if isinstance(arg, list):
        a = array.array("i", arg)
        return fcntl.ioctl(fd, code, a, True), a[0]
    return fcntl.ioctl(fd, code, arg)

def refused(want, fd, code, arg=0):
    try:
        call(fd, code, arg)
    except OSError as e:
        assert e.errno == want, (hex(code), arg, e)
    else:
        sys.exit("%#x with %r was accepted" % (code, arg))

DIRS = {"S": WRITE, "T": NONE, "G": READ, "Q": NONE, "X": WRITE | READ, "H": NONE}
# name, letter, numbers of the unit and of the qset, defaults, good and bad values of the unit
FAMILIES = [
    ("scull", "k", (1, 3, 5, 7, 9, 11), (2, 4, 6, 8, 10, 12), 4000, 1000, 3000, [0, -1, 1 << 23]),
    ("scullc", "K", range(1, 7), range(7, 13), 4000, 500, None, [0, -1, 3000]),
    ("scullp", "K", range(1, 7), range(7, 13), 0, 500, 2, [-1, 11, 1 << 20]),
    ("scullv", "K", range(1, 7), range(7, 13), 4, 500, 1, [-1, 11, 1 << 20]),
]
for name, letter, unit_nrs, qset_nrs, unit, qset, good, bad in FAMILIES:
    fd = os.open("%s/%s0" % (dev, name), os.O_RDWR)
    line = lambda: [l for l in open("%s/%smem" % (proc, name)) if l.startswith("Device 0")][0]
    for nrs, first, new, wrong in ((unit_nrs, unit, good, bad),
                                   (qset_nrs, qset, 77, [0, -1, 1 << 30])):
        code = {k: cmd(DIRS[k], letter, n) for k, n in zip("STGQXH", nrs)}
        assert call(fd, code["Q"]) == first
        assert call(fd, code["G"], [9]) == (0, first)
        if new is None:  # fixed when the cache was made; the same value is no change
            assert call(fd, code["S"], [first]) == (0, first)
            assert call(fd, code["T"], first) == 0
            assert call(fd, code["X"], [first]) == (0, first)
            assert call(fd, code["H"], first) == first
        else:
            assert call(fd, code["S"], [new]) == (0, new)
            assert call(fd, code["Q"]) == new
            assert call(fd, code["T"], first) == 0
            assert call(fd, code["G"], [0]) == (0, first)
            assert call(fd, code["X"], [new]) == (0, first)
            assert call(fd, code["H"], first) == new
            assert call(fd, code["Q"]) == first
        for value in wrong:
            for k in "SX":
                refused(errno.EINVAL, fd, code[k], [value])
            for k in "TH":
                refused(errno.EINVAL, fd, code[k], value)
            assert call(fd, code["Q"]) == first
        for k in "SGX":
            refused(errno.EFAULT, fd, code[k], 8)
        # The right number with a wrong direction, size or letter.
        refused(errno.ENOTTY, fd, cmd(NONE, letter, nrs[0]))
        refused(errno.ENOTTY, fd, code["T"] | READ << 30 | 4 << 16, [0])
        refused(errno.ENOTTY, fd, code["G"] & ~(0x3fff << 16) | 8 << 16, [0, 0])
        refused(errno.ENOTTY, fd, cmd(NONE, "z", nrs[1]))
        if new is not None:  # taken over at the next trim, and not before
            os.pwrite(fd, b"x", 0)
            had = line()
            call(fd, code["T"], new)
            assert line() == had
            os.ftruncate(fd, 0)
            assert " %d," % new in line(), line()
            assert call(fd, cmd(NONE, letter, 0)) == 0
            assert call(fd, code["Q"]) == first
            os.ftruncate(fd, 0)
    refused(errno.ENOTTY, fd, cmd(NONE, letter, 15))
    os.close(fd)

# The pipes' buffer, told of by scull's numbers on any of its devices.
fd = os.open(dev + "/scull0", os.O_RDWR)
size = cmd(NONE, "k", 13), cmd(NONE, "k", 14)
assert call(fd, size[1]) == 4000
assert call(fd, size[0], 100) == 0 and call(fd, size[1]) == 100
p = os.open(dev + "/scullpipe0", os.O_RDWR | os.O_NONBLOCK)
assert os.write(p, b"x" * 1000) == 99
assert call(p, size[1]) == 100 and call(p, size[0], 4000) == 0
for value in 0, 1, 1 << 30:
    refused(errno.EINVAL, fd, size[0], value)
refused(errno.ENOTTY, p, cmd(NONE, "k", 99))
PY
unmount
gone
finish
