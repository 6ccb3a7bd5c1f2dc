#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh - from a fresh clone to a mounted machine: installs what is missing, builds, mounts, and
# plays the scene of chapter 8: a file goes into the devices, and its memory shows in proc/.
set -u
CALLED_FROM=$PWD
cd "$(dirname "$0")" || exit 1
HERE=$PWD
. scripts/common.sh

KMEMFS=$HERE/build/src/kmemfs

usage() {
	cat << END
usage: ./run.sh [MOUNTPOINT]

Installs what is missing (apt), builds kmemfs in build/, mounts it on MOUNTPOINT, copies a file
to three of its devices and shows where the memory went. The mount stays until it is unmounted:
fusermount3 -u MOUNTPOINT

MOUNTPOINT is made if it does not exist; the default is ~/kmemfs, or ~/kmemfs-mount if that is in
use for something else. If a kmemfs is mounted there already, it is used as it is: scullp0, scullc0
and scullv0 are overwritten, the rest is kept.
END
}

# An absolute path without symlinks, also of a mount whose daemon is gone (realpath would fail).
absolute() {
	local dir base
	case $1 in
	/*) dir=$1 ;;
	*) dir=$CALLED_FROM/$1 ;;
	esac
	[ -L "$dir" ] && dir=$(readlink -f "$dir")
	base=$(basename "$dir")
	dir=$(cd "$(dirname "$dir")" 2> /dev/null && pwd -P) || return 1
	case $base in
	/ | . | ..) (cd "$dir/$base" && pwd -P) ;;
	*) printf '%s\n' "${dir%/}/$base" ;;
	esac
}

# A place to mount on: an empty directory, or one where a kmemfs is mounted.
usable() {
	case $(mounted_at "$1") in
	fuse.kmemfs) return 0 ;;
	'') [ -d "$1" ] && [ -w "$1" ] && [ -z "$(ls -A "$1")" ] ;;
	*) return 1 ;;
	esac
}

# Sets MNT. Without a wish: ~/kmemfs, or beside it if that is something else (a clone, say).
choose_mountpoint() {
	local dir
	if [ -n "${1:-}" ]; then
		(cd "$CALLED_FROM" && mkdir -p "$(dirname "$1")") 2> /dev/null
		MNT=$(absolute "$1") || die "$1 cannot be reached; choose another mount point"
		[ -n "$(mounted_at "$MNT")" ] || mkdir -p "$MNT" 2> /dev/null ||
			die "$MNT cannot be made a directory; choose another mount point"
		usable "$MNT" && return
		die "$MNT is no place to mount on: it must be an empty directory of yours"
	fi
	for dir in "${HOME:-/nonexistent}/kmemfs" "${HOME:-/nonexistent}/kmemfs-mount"; do
		MNT=$(absolute "$dir") || continue
		[ -n "$(mounted_at "$MNT")" ] || mkdir "$MNT" 2> /dev/null
		usable "$MNT" && return
	done
	MNT=$(mktemp -d "${TMPDIR:-/tmp}/kmemfs.XXXXXX") || exit 1
	say "nothing can be mounted in your home; the mount point is $MNT"
}

check_fuse() {
	fuse_works && return
	if [ ! -e /dev/fuse ]; then
		can_be_root && as_root modprobe fuse 2> /dev/null
		[ -e /dev/fuse ] || die "there is no /dev/fuse, so nothing can be mounted here.
On a machine of your own, as root:   modprobe fuse
In a container, start it with:       --device /dev/fuse --cap-add SYS_ADMIN"
		fuse_works && return
	fi
	ls -l /dev/fuse >&2
	die "you may not open /dev/fuse, so nothing can be mounted here.
Let every user mount, as root:   chmod 666 /dev/fuse
If root may not open it either (a container without the right to the device),
start the container with:        --device /dev/fuse --cap-add SYS_ADMIN"
}

mount_it() {
	if [ -n "$(mounted_at "$MNT")" ]; then
		if timeout 10 ls "$MNT/dev" > /dev/null 2>&1; then
			say "$MNT has a kmemfs mounted already; using that one"
			return
		fi
		say "$MNT was left mounted by a daemon that is gone; unmounting it"
		fusermount3 -u "$MNT" || die "that failed: the mount is another user's, or in use.
Unmount it with: fusermount3 -u -z $MNT"
	fi
	say "mounting on $MNT: 256 MiB of emulated RAM"
	timeout 60 "$KMEMFS" "$MNT" || die "kmemfs could not be mounted. In a container it takes \
--cap-add SYS_ADMIN
(and on some hosts --security-opt apparmor=unconfined) besides --device /dev/fuse."
	timeout 10 ls "$MNT/dev" > /dev/null || die "the mount does not answer"
}

# Pages on the free lists: a block in column o is of 2^o pages.
free_pages() {
	awk '{ n = 1; for (i = 5; i <= NF; i++) { sum += $i * n; n *= 2 } } END { print sum }' \
		"$MNT/proc/buddyinfo"
}

# show COMMAND... - what a user would type, and what it says
show() {
	printf '\n%s$ %s%s\n' "$BOLD" "$*" "$PLAIN"
	(cd "$MNT" && timeout 60 bash -c "$*") || die "that failed"
}

# put DEVICE - copies the file there, compares, and tells the pages it took
put() {
	local before after
	before=$(free_pages)
	show "cp $FILE dev/$1 && cmp $FILE dev/$1 && echo the same"
	after=$(free_pages)
	echo "free pages: $before before, $after after: $((before - after)) taken"
}

scene() {
	FILE=/bin/bash
	[ -r "$FILE" ] || FILE=$KMEMFS
	for dev in scullp0 scullc0 scullv0; do
		: > "$MNT/dev/$dev" || die "$MNT/dev/$dev cannot be emptied"
	done
	say "the scene: $FILE, $(stat -L -c %s "$FILE") bytes, goes into three devices"
	show "cat proc/buddyinfo"
	put scullp0
	show "head -n 8 proc/scullpmem"
	put scullc0
	show "sed -n '2p; /^scullc /p' proc/slabinfo"
	put scullv0
	show "head -n 8 proc/scullvmem"
	show "cat proc/buddyinfo"
}

case ${1:-} in
-h | --help)
	usage
	exit 0
	;;
-*)
	usage >&2
	exit 2
	;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }

choose_mountpoint "${1:-}"
install_missing missing_for_build
if [ ! -f build/build.ninja ]; then
	say "setting up build/"
	rm -rf build
	meson setup build --buildtype=release -Dtests=false -Dbench=false > build.log 2>&1 ||
		{ cat build.log >&2; die "meson setup failed"; }
	rm -f build.log
fi
say "building (the first time takes half a minute)"
build build || die "the build failed"
check_fuse
mount_it
scene

cat << END

${BOLD}The machine stays mounted on $MNT${PLAIN}
    look around     ls $MNT/dev $MNT/proc
    its log         timeout 1 cat $MNT/proc/kmsg
    every object    cat $MNT/proc/slabinfo
    give back       truncate -s 0 $MNT/dev/scullp0
    other options   $KMEMFS --help
    unmount         fusermount3 -u $MNT
END
