# SPDX-License-Identifier: MIT
# common.sh - what run.sh and test.sh share: messages, packages, /dev/fuse. To be sourced.

if [ -t 1 ]; then
	BOLD=$(printf '\033[1m') PLAIN=$(printf '\033[0m')
else
	BOLD= PLAIN=
fi

say() { printf '%s== %s%s\n' "$BOLD" "$*" "$PLAIN"; }

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

# as_root COMMAND... - directly, or through sudo, which may ask at a terminal
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif [ -t 0 ]; then
		sudo -- "$@"
	else
		sudo -n -- "$@"
	fi
}

can_be_root() {
	[ "$(id -u)" -eq 0 ] && return 0
	command -v sudo > /dev/null || return 1
	[ -t 0 ] || sudo -n true 2> /dev/null
}

has() { command -v "$1" > /dev/null; }
has_pc() { pkg-config --exists "$1" 2> /dev/null; }
has_header() { echo "#include <$1>" | cc -E - > /dev/null 2>&1; }

# What a build needs and this machine has not, as Debian names it, one a line.
missing_for_build() {
	has cc && has_header stdio.h || printf 'gcc\nlibc6-dev\n'
	has meson || echo meson
	has ninja || echo ninja-build
	has pkg-config || echo pkg-config
	has_pc 'fuse3 >= 3.10' || echo libfuse3-dev
	has fusermount3 || echo fuse3
	has_header uthash.h || echo uthash-dev
}

# The same for the tests.
missing_for_tests() {
	missing_for_build
	has_pc cmocka || echo libcmocka-dev
	has clang-format-14 || has clang-format || echo clang-format
	has cppcheck || echo cppcheck
	has valgrind || echo valgrind
	has pgrep || echo procps
	has python3 || echo python3
	has fio || echo fio
	has sar || echo sysstat
	has numactl || echo numactl
	has lsmem || echo util-linux
	has prometheus-node-exporter || echo prometheus-node-exporter
	has curl || echo curl
}

# install_missing FUNCTION - installs what the function names; ends the script if that fails
install_missing() {
	local packages
	packages=$($1 | tr '\n' ' ')
	packages=${packages% }
	[ -n "$packages" ] || return 0
	has apt-get || die "this machine lacks what Debian calls: $packages
Install these with your system's package manager and start again."
	can_be_root || die "some packages are missing, and installing them takes root.
Ask somebody who is, and start again:
    apt-get install --no-install-recommends $packages"
	say "installing $packages"
	as_root apt-get -q update ||
		echo "apt-get update failed; trying with the lists that are there"
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install \
		--no-install-recommends $packages || die "apt-get could not install: $packages"
	packages=$($1 | tr '\n' ' ')
	[ -z "$packages" ] || die "still missing after the installation: $packages"
}

# build DIRECTORY - compiles what was set up there; the compiler's words go to $1.log as well
build() {
	if [ -t 1 ]; then
		ninja -C "$1"
	else
		ninja -C "$1" --quiet
	fi
}

# True if this user can open /dev/fuse.
fuse_works() { { : <> /dev/fuse; } 2> /dev/null; }

# Kind of the file system that is mounted at $1 (an absolute path); nothing if none is.
mounted_at() {
	WANTED=$(printf '%s' "$1" | sed 's/\\/\\134/g; s/ /\\040/g; s/\t/\\011/g') awk '
		$2 == ENVIRON["WANTED"] { type = $3 }
		END { if (type) print type }' /proc/self/mounts
}
