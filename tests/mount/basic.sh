#!/bin/bash
# SPDX-License-Identifier: MIT
# basic.sh - what a user does on a mount: look around, copy in and out, append, cut, read proc/.
. "$(dirname "$0")/lib.sh"

start -o mem=640M,cpus=2
D=$MNT/dev
P=$MNT/proc
FAMILIES="scull scullc scullp scullv"

# The tree.
equal "top" "$(timeout 10 ls "$MNT" | tr '\n' ' ')" "dev proc sys "
equal "devices" "$(timeout 10 find "$D" -type f -name 'scull*[0-9]' | wc -l)" 20
equal "symlinks" "$(timeout 10 find "$D" -type l | wc -l)" 5
equal "link count of the top" "$(timeout 10 stat -c %h "$MNT")" 5
for f in $FAMILIES; do
	equal "$f" "$(timeout 10 readlink "$D/$f")" "${f}0"
	equal "mode of $f" "$(timeout 10 stat -c %a:%F:%h "$D/${f}0")" "664:regular empty file:1"
done
for f in slabinfo buddyinfo meminfo zoneinfo vmstat vmallocinfo scullmem scullseq scullcmem \
	scullpmem scullvmem devices modules cmdline; do
	equal "size of $f" "$(size_of "$P/$f")" 0
	check "read $f" cat "$P/$f"
	[ -s "$TMP/out" ] || [ $f = vmallocinfo ] || equal "the text of $f" empty "something"
done
equal "mode of slabinfo" "$(timeout 10 stat -c %a "$P/slabinfo" "$P/vmallocinfo" | tr '\n' ' ')" \
	"400 400 "
check "df" df "$MNT"

# Only drivers make and remove names.
refuse "create" touch "$D/new"
refuse "mkdir" mkdir "$MNT/new"
refuse "unlink" rm -f "$D/scull0"
refuse "rename" mv "$D/scull0" "$D/other"
refuse "symlink" ln -s scull0 "$D/new"
refuse "chown" chown 12345 "$D/scull0"

# Whole pieces of text, however small the pieces it is read in.
for f in modules devices scullpmem; do
	check "cat $f" cp -f "$P/$f" "$TMP/whole"
	for bs in 1 3 7 1000 1048576; do
		check "dd $f" dd if="$P/$f" of="$TMP/piece" bs=$bs
		check "$f in pieces of $bs" cmp "$TMP/whole" "$TMP/piece"
	done
done

# Copies, byte for byte, in all ways tools have.
head -c 3000001 /dev/urandom > "$TMP/data"
for f in $FAMILIES; do
	dev=$D/${f}0
	check "cp to $f" cp "$TMP/data" "$dev"
	equal "size of $f" "$(size_of "$dev")" 3000001
	check "cmp $f" cmp "$TMP/data" "$dev"
	check "cp from $f" cp "$dev" "$TMP/back"
	check "copy of $f" cmp "$TMP/data" "$TMP/back"
	check "odd blocks" dd if="$dev" of="$TMP/back" bs=4099
	check "odd blocks of $f" cmp "$TMP/data" "$TMP/back"
	check "dd to $f" dd if="$TMP/data" of="$dev" bs=777777
	check "dd'ed $f" cmp "$TMP/data" "$dev"

	# The book's device is emptied by an open for writing alone.
	check "conv=notrunc" dd if="$TMP/data" of="$dev" bs=1000 count=1 conv=notrunc
	equal "trimmed $f" "$(size_of "$dev")" 1000
	# ... but not when appending, or reading and writing.
	check "append" dd if="$TMP/data" of="$dev" bs=1000 skip=1 count=2 oflag=append conv=notrunc
	equal "appended $f" "$(size_of "$dev")" 3000
	check "appended bytes" cmp -n 3000 "$TMP/data" "$dev"
	check ">>" sh -c "echo hello >> $dev"
	equal ">> $f" "$(timeout 10 tail -c 6 "$dev")" hello
	check "<>" sh -c "printf HE 1<> $dev"
	equal "<> $f" "$(timeout 10 head -c 2 "$dev")" HE
	equal "size after <>" "$(size_of "$dev")" 3006

	# Holes and lengths.
	check "grow" truncate -s 1000000 "$dev"
	equal "grown $f" "$(size_of "$dev")" 1000000
	check "hole of $f" cmp -n 1000000 "$dev" /dev/zero
	# truncate(1) opens for writing alone, which empties the device; truncate(2) does not.
	check "<>" sh -c "printf HE 1<> $dev"
	check "shrink" python3 -c "import os, sys; os.truncate(sys.argv[1], 2)" "$dev"
	equal "shrunk $f" "$(timeout 10 cat "$dev")" HE
	check "seek past the end" sh -c "printf x | dd of=$dev bs=1 seek=500000"
	equal "size with a hole" "$(size_of "$dev")" 500001
	check "fsync" sh -c "printf y | dd of=$dev conv=fsync"
	check ": >" sh -c ": > $dev"
	equal "emptied $f" "$(size_of "$dev")" 0
	check "chmod" chmod 600 "$dev"
	equal "chmod" "$(timeout 10 stat -c %a "$dev")" 600
	check "touch" touch "$dev"
	refuse "the length of a text" truncate -s 5 "$P/modules"
done

# Reading at 0 again makes the text anew.
check "lseek(0)" python3 - "$P/scullpmem" "$D/scullp1" << 'PY'
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
first = os.read(fd, 1 << 20)
assert os.read(fd, 100) == b""
with open(sys.argv[2], "wb") as dev:
    dev.write(b"x" * 5000)
os.lseek(fd, 0, os.SEEK_SET)
second = os.read(fd, 1 << 20)
assert b"sz 5000" in second and b"sz 5000" not in first
assert os.pread(fd, 10, 3) == second[3:13]
assert os.pread(fd, 10, 1 << 30) == b""
PY
check "empty" sh -c ": > $D/scullp1"

# SEEK_DATA, SEEK_HOLE, an unknown ioctl, ftruncate, poll.
check "calls" python3 - "$D/scullp2" "$P/modules" << 'PY'
import errno, fcntl, os, select, sys
fd = os.open(sys.argv[1], os.O_RDWR)
os.pwrite(fd, b"x", 1 << 20)
assert os.lseek(fd, 0, os.SEEK_DATA) == 1 << 20
assert os.lseek(fd, 0, os.SEEK_HOLE) == 0
assert os.lseek(fd, 0, os.SEEK_END) == (1 << 20) + 1
for f in fd, os.open(sys.argv[2], os.O_RDONLY):
    try:
        fcntl.ioctl(f, 0x1234)
        sys.exit("an unknown ioctl was accepted")
    except OSError as e:
        assert e.errno == errno.ENOTTY, e
p = select.poll()
p.register(fd, select.POLLIN | select.POLLOUT)
assert p.poll(1000)
os.ftruncate(fd, 0)
assert os.fstat(fd).st_size == 0
PY

# 64 MiB to each device and from there to number 1; every page comes back.
head -c 67108864 /dev/urandom > "$TMP/data"
before=$(free_pages)
for f in $FAMILIES; do
	check "64 MiB to $f" cp "$TMP/data" "$D/${f}0"
	during=$(free_pages)
	[ "$during" -le $((before - 16384)) ] || equal "pages of $f" "$during" "fewer by 16384"
	check "64 MiB between $f" cp "$D/${f}0" "$D/${f}1"
	check "64 MiB from ${f}1" cmp "$TMP/data" "$D/${f}1"
	check "empty" truncate -s 0 "$D/${f}0" "$D/${f}1"
	pages_back "pages after $f" "$before"
done

# Several processes at once, each on devices of its own and on all texts.
worker() {
	for round in 1 2 3; do
		timeout 60 cp "$TMP/data" "$D/$1" && timeout 60 cmp "$TMP/data" "$D/$1" &&
			timeout 60 cat "$P"/*info "$P"/scull* > /dev/null || return 1
	done
	timeout 60 truncate -s 0 "$D/$1"
}
head -c 5000000 /dev/urandom > "$TMP/data"
pids=
for dev in scull2 scullc2 scullp3 scullv2; do
	worker $dev &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid"
	equal "worker" $? 0
done
pages_back "pages after the workers" "$before"

# A file that is open keeps the mount busy; then SIGTERM ends it, and nothing is left.
pid=$(daemon)
check "SIGTERM" kill -TERM "$pid"
gone || equal "the daemon" "still there" "gone"
is_mounted && equal "the mount" "still there" "gone"

start -o mem=64M,cpus=2
check "umount" fusermount3 -u "$MNT"
gone || equal "the daemon after umount" "still there" "gone"

# In the foreground the last line says that nothing leaked; SIGINT ends it too.
timeout 60 "$KMEMFS" -f -o mem=64M,cpus=2 "$MNT" 2> "$TMP/log" &
for i in $(seq 50); do
	is_mounted && timeout 10 ls "$MNT/dev" > /dev/null 2>&1 && break
	sleep 0.1
done
check "a copy in the foreground" cp "$TMP/data" "$D/scullv0"
kill -INT "$(daemon)"
gone
check "all memory freed" grep -q "all memory freed" "$TMP/log"

# A daemon that was killed leaves a stale mount; the next start cleans it, though the kernel may
# remember what was there.
start -o mem=64M
quietly stat "$MNT"
kill -KILL "$(daemon)"
gone
timeout 60 "$KMEMFS" -o mem=64M "$MNT" 2> "$TMP/log" ||
	equal "start on a stale mount" "$(cat "$TMP/log")" "no complaint"
check "says that it cleaned" grep -q "unmounting it" "$TMP/log"
refuse "a second mount" "$KMEMFS" -o mem=64M "$MNT"
grep -q "is mounted already" "$TMP/out" || equal "what it says" "$(cat "$TMP/out")" "is mounted already"
unmount
gone

# Streams that were closed are not taken for the machine's files.
timeout 60 sh -c '"$0" -o mem=64M "$1" <&- >&- 2>&-' "$KMEMFS" "$MNT"
equal "start without streams" $? 0
check "a machine without streams" cp "$TMP/data" "$D/scullv0"
equal "its standard streams" "$(readlink "/proc/$(daemon)"/fd/[0-2] | sort -u)" /dev/null
unmount
gone
finish
