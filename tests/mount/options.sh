#!/bin/bash
# SPDX-License-Identifier: MIT
# options.sh - the command line: what is wrong is refused, with a message that helps.
. "$(dirname "$0")/lib.sh"

# says WORDS COMMAND... - the last refusal said this
says() {
	checks=$((checks + 1))
	grep -q -- "$1" "$TMP/out" && return 0
	failures=$((failures + 1))
	echo "FAILED: nothing said '$1' but:"
	head -5 "$TMP/out"
}

check "--help" "$KMEMFS" --help
says "mem="
says "allow_other"
check "--version" "$KMEMFS" --version
says "kmemfs 0"

# The man page knows every word and every file, the README every word for the machine.
MAN=$(dirname "$0")/../../docs/kmemfs.1
README=$(dirname "$0")/../../README.md
if [ -r "$MAN" ] && [ -r "$README" ]; then
	"$KMEMFS" --help | sed -n 's/^  \([a-z_]*\)[ =].*/\1/p' > "$TMP/words"
	for word in $(cat "$TMP/words"); do
		grep -qw -- "$word" "$MAN" || equal "the man page on $word" "nothing" "something"
	done
	"$KMEMFS" --help | sed -n '/^words.*machine/,/^words.*mount/s/^  [a-z].*/    &/p' > "$TMP/lines"
	while IFS= read -r line; do
		grep -qxF -- "$line" "$README" || equal "README" "without it" "$line"
	done < "$TMP/lines"
	equal "words are found" "$([ "$(wc -l < "$TMP/words")" -gt 20 ] && echo many)" many
	start -o mem=64M
	for path in "$MNT"/proc/* "$MNT"/dev/*; do
		file=$(basename "$path" | sed 's/\([a-z]\)[0-9]*$/\1/')
		grep -q -- "$file" "$MAN" || equal "the man page on $file" "nothing" "something"
	done
	unmount
	gone
fi

refuse "no mount point" "$KMEMFS"
says "where to mount"
refuse "two mount points" "$KMEMFS" "$MNT" "$MNT"
refuse "an unknown flag" "$KMEMFS" -q "$MNT"
refuse "an unknown word" "$KMEMFS" -o memory=64M "$MNT"
says "neither the machine nor the mount knows"
equal "lines that say so" "$(wc -l < "$TMP/out")" 2
refuse "a parameter without its module" "$KMEMFS" -o scullp_order=2 "$MNT"
says "MODULE.scullp_order=2"
refuse "a word for the mount without its value" "$KMEMFS" -o fsname "$MNT"
says "fsname=..."
refuse "a value too many" "$KMEMFS" -o allow_other=1 "$MNT"
says "allow_other has no value"
refuse "a bad size" "$KMEMFS" -o mem=lots "$MNT"
says "mem"
refuse "a bad number" "$KMEMFS" -o cpus=0 "$MNT"
says "cpus"
refuse "an unknown module" "$KMEMFS" -o nosuch.param=1 "$MNT"
says "no module is called 'nosuch'"
says "scullp"
refuse "an unknown parameter" "$KMEMFS" -o scullp.nosuch=1 "$MNT"
says "no parameter is called 'nosuch'"
says "scullp_order"
refuse "a bad value" "$KMEMFS" -o scullp.scullp_order=much "$MNT"
says "scullp_order"
refuse "no such directory" "$KMEMFS" "$MNT/nothing"
says "mkdir -p"
: > "$TMP/file"
refuse "not a directory" "$KMEMFS" "$TMP/file"
says "not a directory"
refuse "a host that gives no memory" sh -c 'ulimit -f 100; "$0" "$1"' "$KMEMFS" "$MNT"
says "ulimit -f"
is_mounted && equal "a refused mount" "is there" "is not"

start -o mem=64M,cpus=1 -o fsname=mine,scullp.scullp_order=2 -s
check "the source" grep -q "^mine $MNT fuse.kmemfs" /proc/self/mounts
check "the boot line" grep -q "scullp.scullp_order=2" "$MNT/proc/cmdline"
check "the parameter" grep -q "order 2" "$MNT/proc/scullpmem"
head -c 300000 /dev/urandom > "$TMP/data"
check "one thread" cp "$TMP/data" "$MNT/dev/scullp0"
check "one thread" cmp "$TMP/data" "$MNT/dev/scullp0"
kill -TERM "$(daemon)"
gone || equal "the daemon" "still there" "gone"

start -o mem=64M,ro
refuse "writing to a read-only mount" sh -c "echo x > $MNT/dev/scull0"
check "reading it" cat "$MNT/proc/meminfo"
unmount
gone
finish
