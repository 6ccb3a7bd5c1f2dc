#!/bin/bash
# SPDX-License-Identifier: MIT
# module.sh - a driver in a shared object, and what is told of its mistakes.
. "$(dirname "$0")/lib.sh"

JAR=$4 HELLO=$5
[ -r "$JAR" ] && [ -r "$HELLO" ] || { echo "usage: $0 KMEMFS FSX EQUATIONS JAR HELLO"; exit 2; }
cp "$JAR" "$TMP/copy.so"
KMEMFS=$(realpath "$KMEMFS")

# $PUT FILE TEXT - writes it
PUT=$TMP/put
printf '#!/bin/sh\necho "$2" > "$1"\n' > "$PUT"
chmod +x "$PUT"

# say WORD - to dev/jar, in a process of its own
say() { sh -c "echo $1 > $MNT/dev/jar" 2> /dev/null; }

# log WORDS - the machine's log has them
log() { check "the log" grep -q -- "$1" <(timeout 2 cat "$MNT/dev/kmsg"); }

# told WHAT OPTION WORDS - kmemfs does not start with it, and says why
told() {
	refuse "$1" "$KMEMFS" -o "$2" "$MNT"
	checks=$((checks + 1))
	grep -q -- "$3" "$TMP/out" && return
	failures=$((failures + 1))
	echo "FAILED: $1: nothing said '$3' but:"
	head -5 "$TMP/out"
}

# --- what is no module

told "no file" "insmod=$TMP/nothing.so" "No such file"
told "no object" "insmod=$0" "invalid ELF header"
told "another program" "insmod=$KMEMFS" "cannot dynamically load"
told "no path" insmod= "needs a value"
told "a name twice" "insmod=$JAR,insmod=$TMP/copy.so" "another module has that name"
told "no such parameter" "insmod=$JAR,jar.nothing=1" "no parameter is called 'nothing'; it has: spare"
told "an init that faults" "insmod=$JAR,jar.spare=-1" "jar_oops"
is_mounted && equal "a refused mount" "is there" "is not"

# --- the example

cd "$(dirname "$HELLO")" || exit 1
start -o "mem=64M,cpus=2,insmod=$(basename "$HELLO"),hello.keep=2"
cd "$OLDPWD" || exit 1
for line in one two three; do echo $line > "$MNT/dev/hello"; done
equal "what it keeps" "$(cat "$MNT/dev/hello")" "$(printf 'two\nthree')"
check "its cache" grep -q "^hello_line  *2 " "$MNT/proc/slabinfo"
unmount
gone || equal "the daemon" "still there" "gone"

# --- in use

timeout 60 "$KMEMFS" -f -o "mem=64M,cpus=3,kmemleak=on,insmod=$JAR,jar.spare=9" "$MNT" \
	2> "$TMP/log" &
for i in $(seq 100); do is_mounted && break; sleep 0.1; done
check "it is loaded" grep -q "^jar " "$MNT/proc/modules"
equal "its number" "$(awk '$2 == "jar" || $2 == "scull" { print $2 }' "$MNT/proc/devices" | head -1)" jar
equal "per-CPU variables" "$(cat "$MNT/proc/jar")" "cpus 3 sum 21 spare 9"
equal "its parameter" "$(cat "$MNT/sys/module/jar/parameters/spare")" 9
for i in $(seq 20); do say hello; done
equal "words" "$(cat "$MNT/proc/jar")" "cpus 3 sum 41 spare 9"
sh -c "echo \$\$ > $TMP/pid; exec echo hi > $MNT/dev/jar"
log "jar: .* (pid $(cat "$TMP/pid")) says hi"
equal "its pool" "$(awk '/^bean / { print $2 }' "$MNT/proc/slabinfo")" 9

# --- its mistakes

refuse "a fault" sh -c "echo oops > $MNT/dev/jar"
log "NULL pointer dereference, address: 0000000000000010"
log "RIP: jar_oops+0x"
say work
say hello
log "address: 0000000000000008"
log "RIP: broken_work+0x[0-9a-f/x]* \[jar\]"
refuse "over the end of an area" sh -c "echo overrun > $MNT/dev/jar"
log "RIP: jar_overrun+0x"
check "the area is its" grep -q "jar_overrun+0x" "$MNT/proc/vmallocinfo"
check "sleeping with a lock" sh -c "echo sleep > $MNT/dev/jar"
log "sleeping function called from invalid context"
log " jar_sleep+0x"
check "a leak" sh -c "echo leak > $MNT/dev/jar"
check "it still works" cat "$MNT/proc/jar"
equal "nothing else is the matter" "$(size_of "$MNT/dev/scull0")" 0
unmount
wait
check "the halt tells of the leak" grep -q "leak: 1 object(s) of kmalloc-512" "$TMP/log"
check "and of the area" grep -q "2 allocation(s) leaked" "$TMP/log"

# --- its mistakes with objects, which only a cache that is debugged tells of

start -o "mem=64M,cpus=2,slub_debug=FZPU,bean,insmod=$JAR"
SLAB=$MNT/sys/kernel/slab/bean
BEANS=$MNT/sys/kernel/debug/slab/bean
equal "its flags" "$(cd "$SLAB" && cat poison red_zone store_user sanity_checks | tr -d '\n')" 1111
equal "nobody else's" "$(cat "$MNT/sys/kernel/slab/kmalloc-64/poison")" 0
equal "who has tracks" "$(ls "$MNT/sys/kernel/debug/slab")" bean
say smash
log "\[Right Redzone overwritten\] .* First byte 0x52 instead of 0xcc"
log "Allocated in jar_smash+0x.* \[jar\] age="
log "Redzone  .*: 52 cc cc cc"
log "FIX bean: Object at 0x.* not freed"
check "who has its objects" grep -q "^ *1 jar_smash+0x" "$BEANS/alloc_traces"
say stale
check "a look" "$PUT" "$SLAB/validate" 1
log "\[Poison overwritten\] .* First byte 0x41 instead of 0x6b"
log "Freed in jar_stale+0x"
log "FIX bean: Restoring Poison"
lines=$(timeout 2 cat "$MNT/dev/kmsg" | wc -l)
check "another look" "$PUT" "$SLAB/validate" 1
equal "what was told is told once" "$(timeout 2 cat "$MNT/dev/kmsg" | wc -l)" "$lines"
refuse "a letter" "$KMEMFS" -o slub_debug=FQ "$TMP"
unmount
gone || equal "the daemon" "still there" "gone"
finish
