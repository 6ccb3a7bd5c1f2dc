#!/bin/bash
# SPDX-License-Identifier: MIT
# test.sh - every test, in every build: release, clang's, ASan+UBSan, TSan; some under valgrind; the
# format, cppcheck. Installs what is missing (apt), but not clang.
#
# The last line is the count: "N passed, N failed, N skipped"; the exit status is 0 if none failed.
# A test counts once for each build it ran in. What failed is named before that; what it said stands
# where it ran, and the whole output of a build's tests is in its meson-logs/testlog.txt.
set -u
cd "$(dirname "$0")" || exit 1
. scripts/common.sh

passed=0 failed=0 skipped=0 failures=
WORK=$(mktemp -d "${TMPDIR:-/tmp}/kmemfs-test.XXXXXX") || exit 1
chmod 1777 "$WORK" # tests also run as another user in there
FUSE_MODE=

# Whatever happens, nothing stays mounted and /dev/fuse is as it was.
clean_up() {
	local mnt
	for mnt in $(awk -v "dir=$WORK/" 'index($2, dir) == 1 { print $2 }' /proc/self/mounts); do
		timeout 10 fusermount3 -u -z "$mnt" 2> /dev/null ||
			as_root umount -l "$mnt" 2> /dev/null
	done
	[ -z "$FUSE_MODE" ] || as_root chmod "$FUSE_MODE" /dev/fuse
	rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# ok WHAT, bad WHAT, skip WHAT - count one
ok() {
	passed=$((passed + 1))
	echo "passed   $1"
}
bad() {
	failed=$((failed + 1))
	failures+="FAILED   $1"$'\n'
	echo "FAILED   $1"
}
skip() {
	skipped=$((skipped + 1))
	echo "skipped  $1"
}

finish() {
	printf %s "$failures"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}

# A build that does not come to be is a failure that ends everything.
cannot() {
	bad "$1"
	finish
}

# The mount tests need /dev/fuse; without it they skip themselves.
open_fuse() {
	fuse_works && return
	if can_be_root && [ "$(id -u)" -eq 0 -o ! -t 0 ] 2> /dev/null; then
		[ -e /dev/fuse ] || as_root modprobe fuse 2> /dev/null
		fuse_works || { FUSE_MODE=$(stat -c %a /dev/fuse 2> /dev/null) &&
			as_root chmod 666 /dev/fuse 2> /dev/null; }
	fi
	fuse_works || echo "/dev/fuse cannot be opened; the mount tests will be skipped"
}

# setup DIRECTORY OPTIONS... - configures a build, also one that is there already
setup() {
	local dir=$1 again=
	shift
	[ -f "$dir/build.ninja" ] && again=--reconfigure
	# shellcheck disable=SC2086
	meson setup $again "$dir" "$@" -Dtests=true -Dbench=true > "$WORK/setup.log" 2>&1 && return
	cat "$WORK/setup.log"
	cannot "setting up $dir"
}

compile() {
	say "building $1"
	build "$1" > "$WORK/$1.log" 2>&1 && return
	grep -E -A12 'FAILED:|error:' "$WORK/$1.log" | head -60
	cannot "building $1"
}

# The thread sanitizer of gcc 12 wants less randomness of addresses than newer kernels use.
# Sets RUN to the words that a program of this build is started with; false: it cannot run.
find_runner() {
	local flag=$1 i
	RUN=
	echo 'int main(void) { return 0; }' > "$WORK/probe.c"
	cc -fPIE -pie "-fsanitize=$flag" -o "$WORK/probe" "$WORK/probe.c" 2> "$WORK/probe.log" ||
		return 1
	for RUN in "" "setarch $(uname -m) -R"; do
		for i in 1 2 3 4 5 6 7 8 9 10; do
			$RUN timeout 10 "$WORK/probe" > /dev/null 2>&1 || continue 2
		done
		return 0
	done
	return 1
}

# The results of a `meson test`, and what the failed ones said: count_results NAME LOG
count_results() {
	local name result said
	while read -r result said name; do
		case $result in
		OK | EXPECTEDFAIL) ok "$1: $name" ;;
		SKIP) skip "$1: $name" ;;
		*)
			bad "$1: $name ($result)"
			tail -n 60 "$said"
			;;
		esac
	done < <(python3 - "$2" "$WORK/said" << 'PY'
import json, re, sys
for n, line in enumerate(open(sys.argv[1])):
    test = json.loads(line)
    said = f"{sys.argv[2]}.{n}"
    if test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP"):
        text = test.get("stdout", "") + test.get("stderr", "")
        with open(said, "w") as f:
            f.writelines(l for l in text.splitlines(True)
                         if not re.match(r"\[ +(RUN|OK) +\]", l))
    print(test["result"], said, test["name"])
PY
	)
}

# run_tests NAME DIRECTORY SECONDS ARGUMENTS... - `meson test`, never longer than SECONDS
run_tests() {
	local name=$1 dir=$2 seconds=$3 log
	shift 3
	say "testing the $name build"
	rm -f "$dir"/meson-logs/testlog*.json
	# shellcheck disable=SC2086
	TMPDIR=$WORK timeout -k 20 "$seconds" ${RUN:-} meson test -C "$dir" --no-rebuild \
		--print-errorlogs "$@" > "$WORK/tests.log" 2>&1
	case $? in
	124 | 137) bad "$name: the tests took longer than $seconds seconds" ;;
	esac
	# With a wrapper, its name is in the log's.
	log=$(ls "$dir"/meson-logs/testlog*.json 2> /dev/null)
	if [ -s "$log" ]; then
		count_results "$name" "$log"
	else
		bad "$name: no test ran"
		tail -n 30 "$WORK/tests.log"
	fi
}

# A daemon has no standard error; its sanitizers write into files that $WORK/report.* names.
daemon_reports() {
	set -- "$1" "$WORK"/report.*
	if [ -e "$2" ]; then
		head -n 60 "$2"
		bad "$1: sanitizer reports of mounted daemons"
	else
		ok "$1: no sanitizer reports of mounted daemons"
	fi
}

# The mount tests once more as a user without any rights, as most who mount are.
test_as_nobody() {
	local test dir=$WORK/nobody
	if [ "$(id -u)" -ne 0 ] || ! setpriv --reuid=65534 --regid=65534 --clear-groups true; then
		skip "mount tests as nobody (takes root)"
		return
	fi
	say "mount tests as nobody"
	mkdir -p "$dir/mount" && cp build/src/kmemfs build/tests/fsx build/tests/equations \
		build/tests/jar.so build/examples/hello.so build/examples/mistakes.so "$dir" &&
		cp tests/mount/*.sh "$dir/mount" && cp -r tests/data "$dir" && chown -R 65534:65534 "$dir"
	for test in "$dir"/mount/*.sh; do
		[ "$(basename "$test")" = lib.sh ] && continue
		# shellcheck disable=SC2086
		(cd "$dir" && timeout -k 20 300 setpriv --reuid=65534 --regid=65534 \
			--clear-groups env TMPDIR="$dir" HOME="$dir" bash "$test" "$dir/kmemfs" \
			"$dir/fsx" "$dir/equations" "$dir/jar.so" "$dir/hello.so" \
			"$dir/mistakes.so") > "$WORK/nobody.log" 2>&1
		case $? in
		0) ok "nobody: $(basename "$test" .sh)" ;;
		77) skip "nobody: $(basename "$test" .sh)" ;;
		*)
			bad "nobody: $(basename "$test" .sh)"
			tail -n 30 "$WORK/nobody.log"
			;;
		esac
	done
}

# A program outside the tree that finds libkmem with pkg-config, from the build directory and
# after an installation, shared and static.
test_library_user() {
	local dir=$WORK/user
	mkdir "$dir"
	cat > "$dir/user.c" << 'C'
#include <stdio.h>
#include <kmem/kmem.h>

int main(void)
{
	struct machine_config cfg;
	unsigned long leaks;
	void *p;

	machine_config_init(&cfg);
	if (machine_config_parse(&cfg, "mem=64M,cpus=2") || machine_boot(&cfg))
		return 1;
	p = kmalloc(100, GFP_KERNEL);
	if (!p || ksize(p) != 128)
		return 1;
	kfree(p);
	kmalloc(100, GFP_KERNEL);
	leaks = machine_halt();
	printf("%lu leaked\n", leaks);
	return leaks != 1;
}
C
	(
		export PKG_CONFIG_PATH=$PWD/build/meson-uninstalled
		cd "$dir" && cc -o user user.c $(pkg-config --cflags --libs kmem) &&
			LD_LIBRARY_PATH=$OLDPWD/build/src ./user
	) > "$dir/log" 2>&1 && ok "libkmem from the build directory" ||
		{ cat "$dir/log"; bad "libkmem from the build directory"; }
	(
		DESTDIR=$dir/root meson install -C build --no-rebuild > /dev/null || exit 1
		pc=$(dirname "$(find "$dir/root" -name kmem.pc)")
		export PKG_CONFIG_PATH=$pc PKG_CONFIG_SYSROOT_DIR=$dir/root
		cd "$dir" && cc -o user user.c $(pkg-config --cflags --libs kmem) &&
			LD_LIBRARY_PATH=$(dirname "$pc") ./user &&
			cc -static -o user user.c $(pkg-config --static --cflags --libs kmem) &&
			./user
	) > "$dir/log" 2>&1 && ok "libkmem installed" ||
		{ cat "$dir/log"; bad "libkmem installed"; }
}

# Another clang-format formats differently; the tree is written with that of Debian 12.
test_format() {
	local program=clang-format-14 files
	has "$program" || program=clang-format
	if ! "$program" --version 2> /dev/null | grep -q 'version 14\.'; then
		skip "clang-format (version 14 is not here)"
		return
	fi
	files=$(find include src tests bench examples -name '*.[ch]')
	# shellcheck disable=SC2086
	if "$program" --dry-run -Werror $files > "$WORK/format.log" 2>&1; then
		ok "clang-format"
	else
		grep error: "$WORK/format.log" | head -20
		bad "clang-format"
	fi
}

# What cppcheck knows to be wrong. Three of its checks are off: it misreads "return *link", min()
# in an initializer, and a pointer that a statement expression gives.
test_cppcheck() {
	if cppcheck -q -j "$(nproc)" --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 --suppress=internalAstError \
		--suppress=identicalInnerCondition --suppress=duplicateAssignExpression \
		--suppress=AssignmentIntegerToAddress -I include -I src src \
		2> "$WORK/cppcheck.log"; then
		ok "cppcheck"
	else
		head -40 "$WORK/cppcheck.log"
		bad "cppcheck"
	fi
}

# Another compiler has other warnings, and lays code out differently. It is large, and not installed
# for this.
test_clang() {
	if ! has clang; then
		skip "clang (is not here)"
		return
	fi
	CC=clang setup build-clang -Dbuildtype=release -Dwerror=true
	compile build-clang
	run_tests clang build-clang 200 --no-suite mount
}

# What is read before it is written: a few programs, since valgrind takes its time. Not those that
# make faults or look at stacks.
test_valgrind() {
	run_tests valgrind build 300 --no-suite mount -t 10 \
		--wrapper 'valgrind -q --error-exitcode=9' \
		show node procfs sysfs char_dev ioctl access drivers
}

# The map has a line for every source file, and names none that is gone.
test_map() {
	local wrong
	wrong=$(
		for dir in src/*/; do
			diff <(cd "$dir" && ls ./*.c | sed 's|^\./||' | sort) \
				<(sed -n "\|^### ${dir%/}\$|,/^##* [^#]/{s/^| \([a-z_0-9]*\.c\) |.*/\1/p}" \
					ARCHITECTURE.md | sort) | sed -n "s|^[<>] |$dir|p"
		done
	)
	if [ -z "$wrong" ]; then
		ok "ARCHITECTURE.md names every file"
	else
		echo "in only one of the tree and ARCHITECTURE.md:" $wrong
		bad "ARCHITECTURE.md names every file"
	fi
}

install_missing missing_for_tests
open_fuse

export ASAN_OPTIONS=halt_on_error=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# A fault inside a driver becomes an oops in the handler of its own signal: never amid an allocation
# of the host, so what the handler calls need not be safe there.
export TSAN_OPTIONS=halt_on_error=1:report_signal_unsafe=0

test_format
test_map
say "cppcheck"
test_cppcheck

setup build -Dbuildtype=release
compile build
if grep -q 'warning:' "$WORK/build.log"; then
	grep -A4 'warning:' "$WORK/build.log" | head -40
	bad "release: no warnings"
else
	ok "release: no warnings"
fi
run_tests release build 400
test_as_nobody
test_library_user
say "testing with valgrind"
test_valgrind
test_clang

setup build-asan -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
compile build-asan
if find_runner address; then
	run_tests "ASan unit" build-asan 300 --no-suite mount -t 3
	ASAN_OPTIONS=$ASAN_OPTIONS:log_path=$WORK/report \
		UBSAN_OPTIONS=$UBSAN_OPTIONS:log_path=$WORK/report \
		run_tests "ASan mount" build-asan 400 --suite mount -t 3
	daemon_reports ASan
else
	skip "ASan: programs do not start under this kernel"
fi

setup build-tsan -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false
compile build-tsan
if find_runner thread; then
	run_tests TSan build-tsan 400 --no-suite mount -t 5
else
	skip "TSan: programs do not start under this kernel"
fi
RUN=
finish
