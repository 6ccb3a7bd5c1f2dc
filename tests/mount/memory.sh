#!/bin/bash
# SPDX-License-Identifier: MIT
# memory.sh - machines of all shapes: zones, nodes and boot buffers are where the boot line says,
# devices keep what they are given, and what is given back comes back.
. "$(dirname "$0")/lib.sh"
P=$MNT/proc
head -c 3000000 /dev/urandom > "$TMP/data"

# zone NODE NAME FIELD - a number of proc/zoneinfo; nothing if there is no such zone
zone() {
	timeout 10 awk -v node="$1," -v name="$2" -v field="$3" '
		/^Node/ { here = $2 == node && $4 == name }
		here && $1 == field { print $2; exit }
		here && $1 == "pages" && field == "free" { print $3; exit }' "$P/zoneinfo"
}

# roundtrip DEVICE... - each takes the data, shows it, and gives all of it back
roundtrip() {
	before=$(timeout 10 cat "$P/buddyinfo")
	for d; do
		check "$d takes the data" cp "$TMP/data" "$MNT/dev/$d"
		check "$d has it" cmp "$TMP/data" "$MNT/dev/$d"
	done
	for d; do
		check "$d is emptied" truncate -s 0 "$MNT/dev/$d"
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do # kswapd may be busy
		after=$(timeout 10 cat "$P/buddyinfo")
		[ "$after" = "$before" ] && break
		sleep 0.2
	done
	equal "pages that are free" "$(echo "$after" | pages)" "$(echo "$before" | pages)"
}

# pages - of the blocks that buddyinfo counts
pages() { awk '{ for (o = 0; o < 11; o++) sum += $(5 + o) * 2 ^ o } END { print sum }'; }

start -o mem=64M,cpus=2
roundtrip scull0 scullc0 scullp0 scullv0
equal "DMA begins after page 0" "$(zone 0 DMA start_pfn:)" 1
equal "DMA ends at 16M" "$(zone 0 DMA spanned)" 4095
equal "DMA32 is the rest" "$(zone 0 DMA32 spanned)" 12288
equal "Normal is empty" "$(zone 0 Normal present)" 0
equal "System RAM" "$(awk '/System RAM/ { print $1; exit }' "$P/iomem")" 00001000-03ffffff
unmount

start -o mem=256M,highmem=100M,movablecore=40M
roundtrip scull0 scullv0
equal "HighMem" "$(zone 0 HighMem present)" $((60 * 256))
equal "Movable" "$(zone 0 Movable present)" $((40 * 256))
equal "Movable comes last" "$(zone 0 Movable start_pfn:)" $((216 * 256))
equal "HighTotal" "$(awk '/^HighTotal/ { print $2 }' "$P/meminfo")" $((100 * 1024))
unmount

start -o mem=300M,numa=fake=16,movablecore=64M,cpus=4
roundtrip scull0 scullc0 scullp0 scullv0
for node in 0 7 15; do
	check "node $node" test -d "$MNT/sys/devices/system/node/node$node"
	check "node $node has movable memory" test "$(zone $node Movable present)" -ge 512
done
unmount

start -o mem=256M,bootmem=frames:100M,bootmem=odd:5000
roundtrip scull0
check "frames" grep -qE '^  [0-9a-f]+-[0-9a-f]+ : frames$' "$P/iomem"
range=$(awk '/ : frames$/ { print $1 }' "$P/iomem")
equal "its size" $((0x${range#*-} - 0x${range%-*} + 1)) $((100 << 20))
range=$(awk '/ : odd$/ { print $1 }' "$P/iomem")
equal "whole pages" $((0x${range#*-} - 0x${range%-*} + 1)) 8192
total=$(awk '/^MemTotal/ { print $2 }' "$P/meminfo")
check "it is nobody else's" test "$total" -lt $((156 << 10))
reserved=$MNT/sys/kernel/debug/memblock/reserved
check "memblock has it" grep -q "0x00000000${range%-*}\.\." "$reserved"
unmount

for words in bootmem=b:1T bootmem=b:0 bootmem=b highmem=256M numa=fake=17 numa=fake=0 mem=3M mem=5T \
	movablecore=300M bootmem=b:200M,bootmem=c:200M; do
	refuse "$words" "$KMEMFS" -o mem=256M,$words "$MNT"
done

start -o mem=4T,cpus=2
roundtrip scull0 scullc0 scullp0 scullv0
check "4T" test "$(zone 0 Normal present)" -gt 1000000000
unmount
gone || equal "the daemon" "still there" "gone"
finish
