#!/bin/bash
# SPDX-License-Identifier: MIT
# debug.sh - allocations that fail on purpose, owners of pages and lost objects, from outside.
. "$(dirname "$0")/lib.sh"

DEBUG=$MNT/sys/kernel/debug

# $PUT FILE TEXT - writes it
PUT=$TMP/put
printf '#!/bin/sh\necho "$2" > "$1"\n' > "$PUT"
chmod +x "$PUT"

# is FILE SHOULD
is() { equal "$1" "$(timeout 10 cat "$DEBUG/$1")" "$2"; }

# --- fault injection

refuse "three numbers" "$KMEMFS" -o failslab=1,2,3 "$MNT"
refuse "words" "$KMEMFS" -o fail_page_alloc=many "$MNT"
start -o mem=64M,failslab=2,0,0,-1,cpus=2
equal "the boot line" "$(cat "$MNT/proc/cmdline")" "mem=64M failslab=2,0,0,-1 cpus=2"
is failslab/interval 2
is failslab/times -1
is failslab/ignore-gfp-wait Y
is failslab/cache-filter N
is fail_page_alloc/min-order 1
is fail_page_alloc/interval 1
refuse "a bad number" "$PUT" "$DEBUG/failslab/probability" x
refuse "a bad flag" "$PUT" "$DEBUG/failslab/task-filter" 7
refuse "an empty number" "$PUT" "$DEBUG/fail_page_alloc/times" ""

head -c 300000 /dev/urandom > "$TMP/data"
check "before" dd if="$TMP/data" of="$MNT/dev/scull0" bs=64k status=none
before=$(free_pages)
"$PUT" "$DEBUG/failslab/ignore-gfp-wait" N
"$PUT" "$DEBUG/failslab/verbose" 1
"$PUT" "$DEBUG/failslab/probability" 100
refuse "no objects" dd if="$TMP/data" of="$MNT/dev/scull1" bs=64k status=none
check "what is there stays" cmp "$TMP/data" "$MNT/dev/scull0"
"$PUT" "$DEBUG/failslab/probability" 0
check "the log" grep -q "name failslab, interval 2, probability 100" <(timeout 2 cat "$MNT/dev/kmsg")
check "after" dd if="$TMP/data" of="$MNT/dev/scull1" bs=64k status=none
: > "$MNT/dev/scull1"
pages_back "nothing was left behind" "$before"

"$PUT" "$DEBUG/fail_page_alloc/ignore-gfp-wait" N
"$PUT" "$DEBUG/fail_page_alloc/min-order" 0
"$PUT" "$DEBUG/fail_page_alloc/times" -1
"$PUT" "$DEBUG/fail_page_alloc/verbose" 0
"$PUT" "$DEBUG/fail_page_alloc/task-filter" Y
"$PUT" "$DEBUG/fail_page_alloc/probability" 100
check "who is not marked" dd if="$TMP/data" of="$MNT/dev/scullp1" bs=64k status=none
refuse "who is" sh -c "echo 1 > $MNT/proc/self/make-it-fail && exec dd if=$TMP/data of=$MNT/dev/scullp2 bs=64k status=none"
check "who is not, again" dd if="$TMP/data" of="$MNT/dev/scullp2" bs=64k status=none
"$PUT" "$DEBUG/fail_page_alloc/probability" 0
refuse "the third allocation" sh -c "echo 3 > $MNT/proc/self/fail-nth && exec dd if=$TMP/data of=$MNT/dev/scullp3 bs=64k count=1 iflag=fullblock status=none"
check "not all is there" [ "$(size_of "$MNT/dev/scullp3")" -lt 65536 ]
for i in 1 2 3; do : > "$MNT/dev/scullp$i"; done
pages_back "nothing was left behind" "$before"
unmount
gone || equal "the daemon" "still there" "gone"

# --- owners of pages, lost objects, memory that is zeroed

start -o mem=64M,cpus=2,page_owner=on,kmemleak=on,init_on_alloc=1,init_on_free=1
check "work" cp "$TMP/data" "$MNT/dev/scullp0"
check "work" cp "$TMP/data" "$MNT/dev/scullv0"
check "work" cmp "$TMP/data" "$MNT/dev/scullv0"
timeout 60 cat "$DEBUG/page_owner" > "$TMP/owners"
check "owners" grep -q " scullp_alloc_quantum+0x" "$TMP/owners"
check "clients" grep -q "tgid [0-9]* (cp), ts [0-9]* ns" "$TMP/owners"
equal "their names" "$(grep -B3 " scull[pv]_alloc_quantum+0x" "$TMP/owners" | grep -c "(kmemfs)")" 0
owned=$(awk '/^Page allocated via order/ { sum += 2 ^ $5 } END { print sum }' "$TMP/owners")
total=$(awk '/^MemTotal/ { print $2 / 4 }' "$MNT/proc/meminfo")
equal "each page is free or somebody's" $((owned + $(free_pages))) "$total"
# A client that becomes another program gets its new name, also with the number of the old one.
check "a new program" sh -c "echo 0 > $MNT/proc/self/make-it-fail; exec tee $MNT/dev/scullp3" < "$TMP/data"
timeout 60 cat "$DEBUG/page_owner" > "$TMP/owners"
check "its name" grep -q "(tee), ts" "$TMP/owners"
equal "its old name" "$(grep -c "(sh), ts" "$TMP/owners")" 0
: > "$MNT/dev/scullp3"
check "a record is a paragraph" awk 'BEGIN { RS = "" } !/^Page allocated .*\nPFN 0x.*\n / { exit 1 }' \
	"$TMP/owners"
check "a scan" "$PUT" "$DEBUG/kmemleak" scan
check "a scan" "$PUT" "$DEBUG/kmemleak" scan
is kmemleak ""
refuse "no such command" "$PUT" "$DEBUG/kmemleak" serch
check "off" "$PUT" "$DEBUG/kmemleak" off
refuse "off is off" "$PUT" "$DEBUG/kmemleak" scan
unmount
gone || equal "the daemon" "still there" "gone"

start -o mem=64M,cpus=1
is page_owner ""
is kmemleak ""
refuse "it was not asked for" "$PUT" "$DEBUG/kmemleak" scan
unmount
gone
finish
