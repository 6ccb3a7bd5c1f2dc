#!/bin/bash
# SPDX-License-Identifier: MIT
# module.sh - a driver in a shared object, and what is told of its mistakes.
. "$(dirname "$0")/lib.sh"

JAR=$4 HELLO=$5 MISTAKES=$6
[ -r "$JAR" ] && [ -r "$HELLO" ] && [ -r "$MISTAKES" ] ||
	{ echo "usage: $0 KMEMFS FSX EQUATIONS JAR HELLO MISTAKES"; exit 2; }
cp "$JAR" "$TMP/copy.so"
KMEMFS=$(realpath "$KMEMFS")

# $PUT FILE TEXT - writes it
PUT=$TMP/put
printf '#!/bin/sh\necho "$2" > "$1"\n' > "$PUT"
chmod +x "$PUT"

# say WORD - to dev/jar, in a process of its own
say() { sh -c "echo $1 > $MNT/dev/jar" 2> /dev/null; }

# the machine's log as it is now
log_now() { timeout 10 dd if="$MNT/dev/kmsg" iflag=nonblock bs=8k 2> /dev/null; }

# log WORDS - the machine's log has them, or has them soon
log() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		log_now | grep -q -- "$1" && break
		sleep 0.2
	done
	check "the log" grep -q -- "$1" <(log_now)
}

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
check "it still works" cat "$MNT/proc/jar"
equal "nothing else is the matter" "$(size_of "$MNT/dev/scull0")" 0
unmount
wait
check "the halt has nothing to tell" grep -q "machine halted: 0 allocation(s) leaked" "$TMP/log"

# --- every mistake there is, on a machine that looks after objects and one that does not

# err WORD - does it, and puts what the log says of it into $TMP/said
err() {
	local before
	before=$(log_now | wc -l)
	sh -c "echo $1 > $MNT/dev/mistakes" 2> /dev/null
	log_now | tail -n +$((before + 1)) > "$TMP/said"
}

# says WORD WORDS... - it is told of in all these WORDS
says() {
	local word=$1
	err "$word"
	shift
	while [ $# -gt 0 ]; do
		check "$word: '$1'" grep -q -e "$1" "$TMP/said"
		shift
	done
}

start -o "mem=64M,cpus=2,slub_debug=FZPU,mistake,insmod=$MISTAKES"
SLAB=$MNT/sys/kernel/slab/mistake
equal "its flags" "$(cd "$SLAB" && cat poison red_zone store_user sanity_checks | tr -d '\n')" 1111
equal "nobody else's" "$(cat "$MNT/sys/kernel/slab/kmalloc-64/poison")" 0
equal "who has tracks" "$(ls "$MNT/sys/kernel/debug/slab")" mistake
says null "NULL pointer dereference, address: 0000000000000010" "RIP: make_null+0x.* \[mistakes\]"
says bug "kernel BUG:" " make_bug+0x"
says sleep "sleeping function called from invalid context" " make_sleep+0x"
says area "unable to handle page fault" "RIP: make_area+0x"
check "the area is the module's" grep -q "make_area+0x.* \[mistakes\]" "$MNT/proc/vmallocinfo"
says order "Bad page state" "freed at another order" " make_order+0x"
says inner "BUG mistake (Not tainted): Invalid object pointer 0x" "FIX mistake: Object at 0x.* not freed"
says stranger "Wrong slab cache. mistake but object is from kmalloc-512"
says twice "BUG mistake (Not tainted): Object already free" "Freed in make_twice+0x.* \[mistakes\] age="
says uninit "a new object reads 6b 6b 6b 6b"
says overrun "\[Right Redzone overwritten\] .* First byte 0x52 instead of 0xcc" "Redzone  .*: 52 cc cc cc" \
	"Allocated in make_overrun+0x" "FIX mistake: Restoring Right Redzone 0x.*=0xcc" \
	"FIX mistake: Object at 0x.* not freed"
says underrun "\[Left Redzone overwritten\] .* First byte 0x4c instead of 0xcc"
check "who has its objects" grep -q "^ *1 make_overrun+0x" "$MNT/sys/kernel/debug/slab/mistake/alloc_traces"
says stale "\[Poison overwritten\] .* First byte 0x41 instead of 0x6b" "Freed in make_stale+0x" \
	"FIX mistake: Marking all objects used"
lines=$(log_now | wc -l)
check "a look" "$PUT" "$SLAB/validate" 1
equal "what was told is told once" "$(log_now | wc -l)" "$lines"
refuse "a letter" "$KMEMFS" -o slub_debug=FQ "$TMP"
unmount
gone || equal "the daemon" "still there" "gone"

timeout 60 "$KMEMFS" -f -o "mem=64M,cpus=2,kmemleak=on,insmod=$MISTAKES" "$MNT" 2> "$TMP/log" &
for i in $(seq 100); do is_mounted && break; sleep 0.1; done
equal "the words are listed" "$(awk '{ print $1 }' "$MNT/dev/mistakes" | grep -c .)" 14
for word in overrun stale uninit; do
	err $word
	equal "without debugging nobody tells of $word" "$(grep -c -e BUG -e FIX "$TMP/said")" 0
done
says twice "BUG mistake: Object already free"
err leak
unmount
wait
check "the halt tells of the leak" grep -q "leak: 1 object(s) of kmalloc-512" "$TMP/log"
check "who it was" grep -q " make_leak+0x" "$TMP/log"
finish
