# SPDX-License-Identifier: MIT
# lib.sh - what the mount tests share. A test says `. lib.sh` with $1 the path of kmemfs.
# Everything runs under a timeout: a mount that hangs must not hang the test.

KMEMFS=$1
MNT=$(mktemp -d "${TMPDIR:-/tmp}/kmemfs-mount.XXXXXX")
TMP=$(mktemp -d "${TMPDIR:-/tmp}/kmemfs-tmp.XXXXXX")
failures=0
checks=0

quietly() { timeout 60 "$@" > /dev/null 2>&1; }

is_mounted() { grep -q " $MNT fuse.kmemfs " /proc/self/mounts; }

unmount() {
	for i in 1 2 3 4 5; do # a test that failed may have mounted twice
		is_mounted || return 0
		quietly fusermount3 -u "$MNT" || quietly fusermount3 -u -z "$MNT"
	done
}

clean_up() {
	unmount
	rmdir "$MNT" 2> /dev/null
	rm -rf "$TMP"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

[ -x "$KMEMFS" ] || { echo "usage: $0 KMEMFS"; exit 2; }
if ! command -v fusermount3 > /dev/null || ! { : <> /dev/fuse; } 2> /dev/null; then
	echo "skipped: /dev/fuse or fusermount3 cannot be used here"
	exit 77
fi

# check WHAT COMMAND... - the command must succeed, in $LIMIT seconds (120)
check() {
	what=$1
	shift
	checks=$((checks + 1))
	if timeout "${LIMIT:-120}" "$@" > "$TMP/out" 2>&1; then
		return 0
	fi
	failures=$((failures + 1))
	echo "FAILED: $what: $*"
	head -5 "$TMP/out"
	return 1
}

# refuse WHAT COMMAND... - the command must fail, but not by hanging
refuse() {
	what=$1
	shift
	checks=$((checks + 1))
	timeout 60 "$@" > "$TMP/out" 2>&1
	status=$?
	if [ $status -ne 0 ] && [ $status -ne 124 ]; then
		return 0
	fi
	failures=$((failures + 1))
	echo "FAILED: $what: should have been refused: $*"
	return 1
}

# equal WHAT IS SHOULD
equal() {
	checks=$((checks + 1))
	[ "$2" = "$3" ] && return 0
	failures=$((failures + 1))
	echo "FAILED: $1: is '$2', should be '$3'"
	return 1
}

# start [OPTIONS] - mounts; ends the test if that fails
start() {
	if ! timeout 60 "$KMEMFS" "$@" "$MNT"; then
		echo "FAILED: kmemfs $* does not mount"
		exit 1
	fi
}

# The daemon's number; there must be one.
daemon() { pgrep -f -x "$KMEMFS .*$MNT" | head -1; }

# gone - waits until the daemon has ended
gone() {
	for i in $(seq 100); do
		[ -z "$(daemon)" ] && return 0
		sleep 0.1
	done
	return 1
}

# Pages on the free lists, by buddyinfo: blocks of order o count 2^o.
free_pages() {
	timeout 10 awk '{ n = 1; for (i = 5; i <= NF; i++) { sum += $i * n; n *= 2 } }
		END { print sum }' "$MNT/proc/buddyinfo"
}

# pages_back WHAT BEFORE - as many pages are free as before. A file's end reaches the daemon after
# close() has returned, and a CPU that is busy with it keeps its pages: so not necessarily at once.
pages_back() {
	for i in $(seq 50); do
		[ "$(free_pages)" = "$2" ] && break
		sleep 0.1
	done
	equal "$1" "$(free_pages)" "$2"
}

size_of() { timeout 10 stat -c %s "$1"; }

finish() {
	echo "$checks checks, $failures failed"
	[ $failures -eq 0 ]
	exit
}
