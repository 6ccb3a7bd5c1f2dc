#!/bin/bash
# SPDX-License-Identifier: MIT
# pipe.sh - scull's relatives: pipes that wait, poll, and are interrupted; who may open what.
. "$(dirname "$0")/lib.sh"

start -o mem=128M,cpus=2
check "pipes" python3 - "$MNT/dev" << 'PY'
import errno, os, select, signal, subprocess, sys, threading, time
dev = sys.argv[1]
pipe = dev + "/scullpipe0"

def again(fn):
    try:
        got = fn()
    except BlockingIOError:
        return
    sys.exit("not -EAGAIN but %r" % got)

def later(fn):
    threading.Timer(0.3, fn).start()
    return time.time()

r = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
again(lambda: os.read(r, 10))
w = os.open(pipe, os.O_WRONLY)
for kind in select.poll, select.epoll:
    p = kind()
    p.register(r, select.POLLIN)
    assert p.poll(0) == []
    began = later(lambda: os.write(w, b"hi"))
    assert p.poll(5000 if kind is select.poll else 5)
    assert 0.2 < time.time() - began < 2
    assert os.read(r, 10) == b"hi"
    assert p.poll(0) == []
os.set_blocking(r, True)
began = later(lambda: os.write(w, b"there"))
assert os.read(r, 10) == b"there" and time.time() - began > 0.2
os.set_blocking(w, False)
assert os.write(w, bytes(range(250)) * 40) == 3999
again(lambda: os.write(w, b"y"))
p = select.poll()
p.register(w, select.POLLOUT)
assert p.poll(0) == []
began = later(lambda: os.read(r, 100))
assert p.poll(5000) and time.time() - began > 0.2
assert os.write(w, b"z" * 100) == 100
got = b""
while len(got) < 3999:
    got += os.read(r, 1000)
assert got == (bytes(range(250)) * 40)[100:3999] + b"z" * 100
for call in lambda: os.lseek(r, 0, 0), lambda: os.pread(r, 1, 0), lambda: os.truncate(pipe, 5):
    try:
        call()
        sys.exit("a pipe has positions")
    except OSError as e:
        assert e.errno in (errno.ESPIPE, errno.EINVAL), e

# A read and a write of one open file wait at the same time.
both = os.open(pipe, os.O_RDWR)
got = []
t = threading.Thread(target=lambda: got.append(os.read(both, 5)))
t.start()
time.sleep(0.2)
os.write(both, b"12345")
t.join(5)
assert got == [b"12345"]

# A signal ends a wait.
pid = os.fork()
if not pid:
    def stop(*_):
        raise InterruptedError
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        os.read(r, 1)
    except InterruptedError:
        os._exit(0)
    os._exit(1)
assert os.waitpid(pid, 0)[1] == 0

# 100 wait; others are served meanwhile; each gets one byte in the end.
kids = [subprocess.Popen(["head", "-c", "1", pipe], stdout=subprocess.PIPE) for _ in range(100)]
time.sleep(1)
began = time.time()
with open(dev + "/scullp1", "wb") as f:
    f.write(b"a" * 1000000)
assert open(dev + "/scullp1", "rb").read() == b"a" * 1000000
assert os.listdir(dev) and time.time() - began < 5
os.set_blocking(w, True)
sent = bytes(range(100))
while sent:
    sent = sent[os.write(w, sent):]
assert sorted(k.communicate(timeout=20)[0] for k in kids) == [bytes([i]) for i in range(100)]

# A full pipe: whoever will not wait does not wait for one who does.
again(lambda: (os.set_blocking(w, False), os.write(w, b"f" * 5000), os.write(w, b"f")))
waiting = subprocess.Popen(["sh", "-c", "echo a >> " + pipe])
time.sleep(0.3)
began = time.time()
other = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
again(lambda: os.write(other, b"b"))
assert time.time() - began < 2
while waiting.poll() is None:
    os.read(r, 1000)
    time.sleep(0.01)

# Killed while they wait.
os.set_blocking(r, False)
try:
    while True:
        os.read(r, 5000)
except BlockingIOError:
    pass
kids = [subprocess.Popen(["cat", pipe]) for _ in range(20)]
time.sleep(0.5)
for k in kids:
    k.kill()
for k in kids:
    k.wait(10)
PY
# More wait than threads can be: the last are refused as with O_NONBLOCK, nobody else notices, and
# what all of them brought takes the daemon's memory only for what a pipe can have of it. (Under a
# sanitizer a thread takes half a MiB, and long to start.)
grep -q 'lib[at]san' "/proc/$(daemon)/maps" || check "a crowd that waits" python3 - "$MNT" "$(daemon)" << 'PY'
import os, subprocess, sys, threading, time
mnt, daemon = sys.argv[1], sys.argv[2]
crowd = """
import os, sys, threading, time
dev, begun, refused = sys.argv[1], [], []
threading.stack_size(65536)
data = bytes(1 << 20)
read_from = os.open(dev + "/scullpipe2", os.O_RDWR)
def wait_there(writes):
    fd = os.open(dev + "/scullpipe3", os.O_RDWR) if writes else read_from
    begun.append(1)
    try:
        while os.write(fd, data) if writes else os.read(fd, 10):
            pass
    except BlockingIOError:
        refused.append(1)
for i in range(1100):
    threading.Thread(target=wait_there, args=(i < 100,), daemon=True).start()
for i in range(400):
    if len(begun) == 1100 and len(refused) >= 1100 - 1024:
        break
    time.sleep(0.1)
print(len(refused), flush=True)
time.sleep(60)
"""
def rss():
    with open("/proc/%s/status" % daemon) as f:
        return [int(l.split()[1]) for l in f if l.startswith("VmRSS")][0] >> 10
before = rss()
kid = subprocess.Popen([sys.executable, "-c", crowd, mnt + "/dev"], stdout=subprocess.PIPE)
refused = int(kid.stdout.readline())
assert 70 <= refused < 200, refused
assert rss() - before < 60, (before, rss())
began = time.time()
with open(mnt + "/dev/scullp1", "wb") as f:
    f.write(b"a" * 3000000)
assert open(mnt + "/dev/scullp1", "rb").read() == b"a" * 3000000
assert os.listdir(mnt) and time.time() - began < 10
fd = os.open(mnt + "/dev/scullp1", os.O_RDWR)
os.posix_fallocate(fd, 0, 4000000)  # asks for signals, but waits for nobody
os.close(fd)
kid.kill()
kid.wait(20)
os.truncate(mnt + "/dev/scullp1", 0)
PY
check "what is in proc/" grep -q "readers 0   writers 0" "$MNT/proc/scullpipe"

check "access" python3 - "$MNT/dev" << 'PY'
import errno, os, subprocess, sys, time
dev = sys.argv[1]
def refused(want, name, flags):
    try:
        os.open(dev + "/" + name, flags)
    except OSError as e:
        assert e.errno == want, e
    else:
        sys.exit("%s was opened" % name)

# One at a time; and one who closes can open again at once.
fd = os.open(dev + "/scullsingle", os.O_RDWR)
os.write(fd, b"mine")
refused(errno.EBUSY, "scullsingle", os.O_RDWR)
os.close(fd)
for i in range(300):
    fd = os.open(dev + "/scullsingle", os.O_RDWR)
    assert os.pread(fd, 4, 0) == b"mine"
    os.close(fd)
# One user with any number of files.
for name in "sculluid", "scullwuid":
    fds = [os.open(dev + "/" + name, os.O_RDWR) for i in range(3)]
    os.write(fds[0], b"shared")
    assert os.read(fds[1], 10) == b"shared"
    for fd in fds:
        os.close(fd)
# A device for each session.
with open(dev + "/scullpriv", "wb") as f:
    f.write(b"of the first")
script = "echo second > %s/scullpriv; cat %s/scullpriv" % (dev, dev)
out = subprocess.run(["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE)
assert out.stdout == b"second\n"
assert open(dev + "/scullpriv", "rb").read() == b"of the first"
PY
unmount
gone || equal "the daemon" "still there" "gone"

# Other users: only root can make some.
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$MNT"
	start -o mem=64M,allow_other
	chmod 666 "$MNT"/dev/scull*
	check "users" python3 - "$MNT/dev" << 'PY'
import errno, os, sys, time
dev = sys.argv[1]
def as_user(uid, fn):
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setgroups([])
        os.setuid(uid)
        fn()
        os._exit(0)
    except OSError as e:
        os._exit(e.errno)
    finally:
        os._exit(255)
def result(pid):
    return os.WEXITSTATUS(os.waitpid(pid, 0)[1])
def opener(name, flags, seconds=0.0):
    def fn():
        os.open(dev + "/" + name, flags)
        time.sleep(seconds)
    return fn

for name, busy in ("sculluid", errno.EBUSY), ("scullwuid", errno.EAGAIN):
    first = as_user(1001, opener(name, os.O_RDWR, 1.5))
    time.sleep(0.4)
    assert result(as_user(1002, opener(name, os.O_RDWR | os.O_NONBLOCK))) == busy
    assert result(as_user(1001, opener(name, os.O_RDWR))) == 0
    opener(name, os.O_RDWR)()  # root may
    os.closerange(3, 20)
    if name == "scullwuid":
        began = time.time()
        assert result(as_user(1002, opener(name, os.O_RDWR))) == 0
        assert time.time() - began > 0.5
    assert result(first) == 0
    assert result(as_user(1002, opener(name, os.O_RDWR))) == 0
# Settings are for root and the mount's owner.
import fcntl
fd = os.open(dev + "/scull0", os.O_RDWR)
assert result(as_user(1001, lambda: fcntl.ioctl(fd, 0x6b03, 100))) == errno.EPERM
assert result(as_user(1001, lambda: fcntl.ioctl(fd, 0x6b00))) == 0
assert fcntl.ioctl(fd, 0x6b03, 4000) == 0
PY
	unmount
	gone
fi
finish
