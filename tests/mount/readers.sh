#!/bin/bash
# SPDX-License-Identifier: MIT
# readers.sh - everything that proc/ and sys/ say, read by eight processes while others allocate,
# free and change parameters; then every equation between the files, exactly.
# usage: readers.sh KMEMFS FSX EQUATIONS [SECONDS]
. "$(dirname "$0")/lib.sh"
EQUATIONS=$3
SECONDS_OF_LOAD=${4:-8}
D=$MNT/dev
P=$MNT/proc

start -o mem=512M,cpus=4,scullp.scullp_order=1
check "equations on an empty machine" "$EQUATIONS" "$MNT" quiet

# allocator DEVICE - fills and empties it in pieces of changing size until the time is over
allocator() {
	size=100000
	while [ -e "$TMP/load" ]; do
		timeout 30 head -c $size "$TMP/data" > "$D/$1" || return 1
		size=$((size * 3 % 20000003 + 1))
	done
	: > "$D/$1"
}

# changer - settings and parameters to and fro; nonsense is refused
changer() {
	while [ -e "$TMP/load" ]; do
		for kb in 512 4096 1024; do
			echo $kb > "$P/sys/vm/min_free_kbytes" || return 1
		done
		echo "128 64 32 1 0" > "$P/sys/vm/lowmem_reserve_ratio" || return 1
		echo "256 256 32 0 0" > "$P/sys/vm/lowmem_reserve_ratio" || return 1
		echo 10 > "$P/sys/vm/percpu_pagelist_high_fraction" || return 1
		echo 0 > "$P/sys/vm/percpu_pagelist_high_fraction" || return 1
		echo 3 > "$P/sys/vm/drop_caches" || return 1
		echo 1 > "$MNT/sys/kernel/slab/kmalloc-64/shrink" || return 1
		echo -5 2> /dev/null > "$P/sys/vm/min_free_kbytes" && return 1
	done
	return 0
}

# reader N - every file of the tree, in pieces of its own size
reader() {
	bs=$((1 << ($1 * 2)))
	[ $bs -lt 64 ] && bs=$((bs * 61 + 4096))
	while [ -e "$TMP/load" ]; do
		find "$P" "$MNT/sys" -type f ! -name kmsg ! -name 'kpage*' -readable ! -perm 0200 \
			-exec timeout 20 dd if={} of=/dev/null bs=$bs status=none \; \
			2> "$TMP/reader$1" || return 1
		[ -s "$TMP/reader$1" ] && return 1
		timeout 20 dd if="$P/kpageflags" of=/dev/null bs=8192 status=none || return 1
	done
	return 0
}

head -c 20000003 /dev/urandom > "$TMP/data"
: > "$TMP/load"
pids=
for dev in scull0 scullc1 scullp2 scullv3; do
	allocator $dev &
	pids="$pids $!"
done
changer &
pids="$pids $!"
for n in 1 2 3 4 5 6 7; do
	reader $n &
	pids="$pids $!"
done
check "bounds under load" "$EQUATIONS" "$MNT" busy "$SECONDS_OF_LOAD"
rm "$TMP/load"
for pid in $pids; do
	wait "$pid"
	equal "a process under load" $? 0
done
cat "$TMP"/reader* 2> /dev/null | head -5
check "equations after it" "$EQUATIONS" "$MNT" quiet

# Reading ends where the file ends, in pieces of any size.
for f in proc/slabinfo proc/zoneinfo proc/pagetypeinfo sys/kernel/slab/kmalloc-64/objects \
	sys/devices/system/node/node0/meminfo; do
	check "cp $f" cp -f "$MNT/$f" "$TMP/whole"
	for bs in 1 7 1024 4096; do
		check "dd $f" dd if="$MNT/$f" of="$TMP/piece" bs=$bs
		check "$f in pieces of $bs" cmp "$TMP/whole" "$TMP/piece"
	done
done

# kpageflags takes multiples of 8 only, and ends with the memory.
frames=$((512 * 1024 * 1024 / 4096))
equal "frames" "$(timeout 20 dd if="$P/kpageflags" bs=512k 2> /dev/null | wc -c)" $((frames * 8))
refuse "kpageflags in odd pieces" dd if="$P/kpageflags" of=/dev/null bs=7 count=1
refuse "kpageflags from an odd place" dd if="$P/kpageflags" of=/dev/null bs=4 skip=1 count=2
equal "kpageflags past the end" "$(timeout 20 dd if="$P/kpageflags" bs=8 skip=$frames count=1 \
	2> /dev/null | wc -c)" 0

# The log: all there is, then the next line; a line of ours comes back by both files.
echo "<5>hello from $$" > "$D/kmsg"
check "proc/kmsg" sh -c "timeout 1 cat $P/kmsg | grep -q '^<13>\[.*\] hello from $$'"
check "dev/kmsg" sh -c "timeout 1 cat $D/kmsg | grep -q '^13,[0-9]*,[0-9]*,-;hello from $$'"
check "a line that comes later" python3 - "$P/kmsg" "$D/kmsg" << 'PY'
import errno, os, select, sys, threading, time
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
while True:
    try:
        assert os.read(fd, 4096)
    except BlockingIOError:
        break
poll = select.poll()
poll.register(fd, select.POLLIN)
assert not poll.poll(50)
def later():
    time.sleep(0.3)
    with open(sys.argv[2], "w") as f:
        f.write("a late line\n")
t = threading.Thread(target=later)
t.start()
assert poll.poll(5000)
assert b"a late line\n" in os.read(fd, 4096)
t.join()
PY

# Settings: what is nonsense changes nothing; what is not takes effect at once.
for word in -1 x "" "1 2" 99999999999999999999; do
	refuse "min_free_kbytes '$word'" sh -c "echo '$word' > $P/sys/vm/min_free_kbytes"
done
refuse "high_fraction 5" sh -c "echo 5 > $P/sys/vm/percpu_pagelist_high_fraction"
refuse "scale factor 3001" sh -c "echo 3001 > $P/sys/vm/watermark_scale_factor"
for f in memory reserved; do
	timeout 10 cat "$MNT/sys/kernel/debug/memblock/$f" > "$TMP/text"
	check "memblock/$f" [ -s "$TMP/text" ]
	equal "lines of memblock/$f" "$(grep -cvE '^ {0,3}[0-9]+: 0x[0-9a-f]{16}\.\.0x[0-9a-f]{16} +[0-9]+ NONE$' \
		"$TMP/text")" 0
done
refuse "boost factor -1" sh -c "echo -1 > $P/sys/vm/watermark_boost_factor"
equal "boost factor" "$(cat "$P/sys/vm/watermark_boost_factor")" 15000
check "boost factor 0" sh -c "echo 0 > $P/sys/vm/watermark_boost_factor"
equal "boost factor" "$(cat "$P/sys/vm/watermark_boost_factor")" 0
refuse "drop_caches 5" sh -c "echo 5 > $P/sys/vm/drop_caches"
refuse "drop_caches 0" sh -c "echo 0 > $P/sys/vm/drop_caches"
refuse "compact_memory 2" sh -c "echo 2 > $P/sys/vm/compact_memory"
check "compact_memory" sh -c "echo 1 > $P/sys/vm/compact_memory"
min_of() { timeout 10 awk '$1 == "min" { sum += $2 } END { print sum }' "$P/zoneinfo"; }
echo 4096 > "$P/sys/vm/min_free_kbytes"
equal "min_free_kbytes" "$(cat "$P/sys/vm/min_free_kbytes")" 4096
before=$(min_of)
echo 8192 > "$P/sys/vm/min_free_kbytes"
[ "$(min_of)" -gt "$before" ] || equal "the marks" "$(min_of)" "more than $before"
equal "modes" "$(timeout 10 stat -c %a "$P/sys/vm/min_free_kbytes" "$P/sys/vm/drop_caches" \
	"$P/kpageflags" "$P/pagetypeinfo" "$MNT/sys/kernel/slab/kmalloc-64/shrink" | tr '\n' ' ')" \
	"644 200 400 400 600 "

# Modules and caches.
equal "initstate" "$(cat "$MNT/sys/module/scullp/initstate")" live
equal "a parameter" "$(cat "$MNT/sys/module/scullp/parameters/scullp_order")" 1
exec 3< "$D/scullp0"
equal "refcnt" "$(cat "$MNT/sys/module/scullp/refcnt")" 1
exec 3<&-
refuse "shrink of nothing" sh -c "echo 0 > $MNT/sys/kernel/slab/kmalloc-64/shrink"
check "validate" sh -c "echo 1 > $MNT/sys/kernel/slab/kmalloc-64/validate"
equal "size of an attribute" "$(size_of "$MNT/sys/kernel/slab/kmalloc-64/order")" 4096
equal "a cache by its first name" "$(cat "$MNT/sys/kernel/slab/kmalloc-rcl-64/slab_size")" 64

# Readers that wait for the log keep nobody from being served, nor the daemon from ending.
waiting=
for n in $(seq 20); do
	timeout 60 cat "$P/kmsg" > /dev/null 2>&1 &
	waiting="$waiting $!"
done
sleep 0.5
check "meminfo beside 20 who wait" cat "$P/meminfo"
kill -TERM "$(daemon)"
gone || equal "the daemon" "still there" "gone"
for pid in $waiting; do
	wait "$pid"
done

# A stranger sees what the kernel shows strangers, and changes nothing.
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
	chmod 755 "$MNT"
	start -o mem=64M,allow_other
	stranger() { setpriv --reuid=65534 --regid=65534 --clear-groups timeout 10 "$@"; }
	for f in meminfo buddyinfo zoneinfo vmstat iomem kallsyms; do
		stranger cat "$P/$f" > "$TMP/out" || equal "$f for a stranger" refused shown
	done
	equal "addresses for a stranger" "$(stranger awk '{ print $1 }' "$P/kallsyms" | sort -u)" \
		0000000000000000
	for f in "$P/slabinfo" "$P/pagetypeinfo" "$P/kpageflags" "$P/kmsg" \
		"$MNT/sys/kernel/slab/kmalloc-64/order"; do
		stranger cat "$f" > /dev/null 2>&1 && equal "$f for a stranger" shown refused
	done
	stranger sh -c "echo 1 > $P/sys/vm/min_free_kbytes" 2> /dev/null &&
		equal "a setting for a stranger" taken refused
fi
finish
