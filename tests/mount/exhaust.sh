#!/bin/bash
# SPDX-License-Identifier: MIT
# exhaust.sh - a machine that is full refuses, keeps what it has, serves the others, and recovers.
. "$(dirname "$0")/lib.sh"

start -o mem=64M,cpus=2
D=$MNT/dev
head -c 100000000 /dev/urandom > "$TMP/data"
echo "something small" > "$TMP/small"
check "a bystander" cp "$TMP/small" "$D/scull3"
before=$(free_pages)

for round in 1 2 3 4 5 6 7 8 9 10; do
	for f in scullp scull scullc scullv; do
		# dd tells the write that was cut short, and then ENOMEM.
		timeout 60 dd if="$TMP/data" of="$D/${f}0" bs=1M 2> "$TMP/log" &&
			equal "filling $f" "accepted" "refused"
		checks=$((checks + 1))
		grep -q "Cannot allocate memory" "$TMP/log" ||
			equal "filling $f" "$(head -1 "$TMP/log")" "Cannot allocate memory"
		size=$(size_of "$D/${f}0")
		[ "$size" -gt 30000000 ] || equal "size of the full $f" "$size" "most of the memory"
		check "what fitted into $f" cmp -n "$size" "$TMP/data" "$D/${f}0"
		check "the bystander" cmp "$TMP/small" "$D/scull3"
		check "looking while full" cat "$MNT/proc/meminfo" "$MNT/proc/slabinfo"
		check "empty" truncate -s 0 "$D/${f}0"
		pages_back "pages after $f, round $round" "$before"
	done
done
# All four at once, with somebody who looks; each is refused in the end, and has what it was given.
looker() {
	while [ -e "$TMP/filling" ]; do
		timeout 20 cat "$MNT"/proc/*info "$MNT"/proc/scull*mem > /dev/null || return 1
	done
}
for round in 1 2 3 4 5; do
	: > "$TMP/filling"
	looker &
	looks=$!
	pids=
	for f in scullp scull scullc scullv; do
		timeout 60 dd if="$TMP/data" of="$D/${f}0" bs=$((round * 50000)) 2> "$TMP/log.$f" &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid" && equal "one of four who fill" "accepted" "refused"
	done
	rm "$TMP/filling"
	wait "$looks"
	equal "who looked meanwhile" $? 0
	total=0
	for f in scullp scull scullc scullv; do
		checks=$((checks + 1))
		grep -q "Cannot allocate memory" "$TMP/log.$f" ||
			equal "$f among four" "$(head -1 "$TMP/log.$f")" "Cannot allocate memory"
		size=$(size_of "$D/${f}0")
		total=$((total + size))
		check "what fitted into $f" cmp -n "$size" "$TMP/data" "$D/${f}0"
	done
	[ "$total" -gt 30000000 ] || equal "size of all four" "$total" "most of the memory"
	check "the bystander" cmp "$TMP/small" "$D/scull3"
	pids=
	for f in scullp scull scullc scullv; do
		timeout 60 truncate -s 0 "$D/${f}0" &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid"
		equal "emptying four at once" $? 0
	done
	pages_back "pages after four at once, round $round" "$before"
done
check "a copy after it all" sh -c "head -c 1000000 $TMP/data > $D/scullp1"
check "is right" cmp -n 1000000 "$TMP/data" "$D/scullp1"
unmount
gone || equal "the daemon" "still there" "gone"
finish
