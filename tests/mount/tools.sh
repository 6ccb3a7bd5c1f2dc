#!/bin/bash
# SPDX-License-Identifier: MIT
# tools.sh - the tools that people have, pointed at the mount: they must read it without a word on
# standard error and print its numbers. Those with a path to /proc built in see the mount's files
# bound over it, in a mount namespace of their own; that takes root. What is not installed is
# left out.
# usage: tools.sh KMEMFS
. "$(dirname "$0")/lib.sh"
DATA=$(dirname "$0")/../data/procfs
P=$MNT/proc
S=$MNT/sys

start -o mem=1G,cpus=2
head -c 50000000 /dev/urandom > "$TMP/data"
for dev in scull0 scullc0 scullp0 scullv0; do
	check "fill $dev" cp "$TMP/data" "$MNT/dev/$dev"
done
timeout 10 cat "$P/vmstat" > /dev/null # settles the caches

kb_of() { timeout 10 awk -v key="$1:" '$1 == key { print $2 }' "$P/meminfo"; }
count_of() { timeout 10 awk -v key="$1" '$1 == key { print $2 }' "$P/vmstat"; }
have() { command -v "$1" > /dev/null; }

# Formats: each line of a file is like one of its patterns, and each pattern has its lines.
for pattern in "$DATA"/*.re; do
	f=$(basename "$pattern" .re | tr _ /)
	timeout 10 cat "$MNT/$f" > "$TMP/text"
	equal "lines of $f that are like none" "$(grep -cvExf "$pattern" "$TMP/text")" 0
	while IFS= read -r line; do
		grep -qEx -e "$line" "$TMP/text" || equal "a line of $f" "missing" "$line"
	done < "$pattern"
done
equal "lines that meminfo has" "$(wc -l < "$P/meminfo")" "$(wc -l < "$DATA/proc_meminfo.re")"

# util-linux looks below another root if it is told to.
if have lsmem && lsmem --help | grep -q sysroot; then
	check "lsmem" lsmem --sysroot "$MNT" -b
	equal "lsmem" "$(awk '/online memory/ { print $4; exit }' "$TMP/out")" 1073741824
fi

# node_exporter has a path to /proc of its own.
if have prometheus-node-exporter && have curl; then
	words=
	for c in buddyinfo cpu loadavg meminfo meminfo_numa slabinfo stat uname vmstat zoneinfo; do
		words="$words --collector.$c"
	done
	# shellcheck disable=SC2086
	timeout 60 prometheus-node-exporter --path.procfs="$P" --path.sysfs="$S" \
		--collector.disable-defaults $words --web.listen-address=127.0.0.1:19145 \
		2> "$TMP/exporter" &
	for i in $(seq 50); do
		timeout 5 curl -sf http://127.0.0.1:19145/metrics > "$TMP/metrics" && break
		sleep 0.1
	done
	kill $!
	metric() { awk -v key="$1" 'index($0, key) == 1 { printf "%.0f", $2 }' "$TMP/metrics"; }
	equal "collectors that failed" \
		"$(grep -c '^node_scrape_collector_success.* 0$' "$TMP/metrics")" 0
	equal "errors of node_exporter" "$(grep -c level=error "$TMP/exporter")" 0
	for key in MemTotal MemFree Slab VmallocUsed; do
		equal "node_memory_$key" "$(metric "node_memory_${key}_bytes ")" \
			$(($(kb_of $key) * 1024))
	done
	equal "node_vmstat_pgfree" "$(metric "node_vmstat_pgfault ")" "$(count_of pgfault)"
	equal "node_slabinfo of scullc" "$(metric 'node_slabinfo_objects{slab="scullc"}')" \
		"$(awk '$1 == "scullc" { print $3 }' "$P/slabinfo")"
fi

if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2> /dev/null; then
	echo "the other tools are skipped: not root"
	finish
fi

# bound TOOL... - runs it with the mount's files over /proc and /sys
cat > "$TMP/bound" << 'SH'
#!/bin/sh
for f in buddyinfo diskstats meminfo modules slabinfo stat swaps uptime vmallocinfo vmstat \
	zoneinfo; do
	[ ! -e /proc/$f ] || mount --bind "$MNT/proc/$f" /proc/$f || exit 1
done
mount --bind "$MNT/sys/devices/system/node" /sys/devices/system/node || exit 1
exec timeout 20 "$@"
SH
chmod +x "$TMP/bound"
export MNT

# runs TOOL... - it succeeds and says nothing on standard error
runs() {
	check "$1" sh -c "LC_ALL=C unshare -m '$TMP/bound' $* > $TMP/text 2> $TMP/errors"
	[ ! -s "$TMP/errors" ] || equal "what $* complains of" "$(head -1 "$TMP/errors")" nothing
}

if have free; then
	runs free -k
	equal "free: total" "$(awk '/^Mem:/ { print $2 }' "$TMP/text")" "$(kb_of MemTotal)"
	equal "free: free" "$(awk '/^Mem:/ { print $4 }' "$TMP/text")" "$(kb_of MemFree)"
	equal "free: available" "$(awk '/^Mem:/ { print $7 }' "$TMP/text")" "$(kb_of MemAvailable)"
fi
if have vmstat; then
	runs vmstat -s
	equal "vmstat: total" "$(awk '/K total memory/ { print $1 }' "$TMP/text")" "$(kb_of MemTotal)"
	equal "vmstat: free" "$(awk '/K free memory/ { print $1 }' "$TMP/text")" "$(kb_of MemFree)"
	runs vmstat -m
	equal "vmstat -m" "$(awk '$1 == "scullc" { print $3, $4 }' "$TMP/text")" \
		"$(awk '$1 == "scullc" { print $3, $4 }' "$P/slabinfo")"
	runs vmstat 1 2
fi
if have slabtop; then
	runs slabtop -o
	equal "slabtop" "$(awk '$8 == "scullc" { print $1, $2, $5, $6 }' "$TMP/text")" \
		"$(awk '$1 == "scullc" { print $3, $2, $15, $5 }' "$P/slabinfo")"
fi
if have sar; then
	runs sar -r -B 1 1
	equal "sar: kbmemfree" "$(awk '/kbmemfree/ { getline; print $2; exit }' "$TMP/text")" \
		"$(kb_of MemFree)"
	runs mpstat 1 1
fi
if have numactl; then
	runs numactl -H
	equal "numactl: nodes" "$(awk '/^available/ { print $2 }' "$TMP/text")" 1
	equal "numactl: size" "$(awk '/size:/ { print $4 }' "$TMP/text")" $(($(kb_of MemTotal) / 1024))
	equal "numactl: free" "$(awk '/free:/ { print $4 }' "$TMP/text")" $(($(kb_of MemFree) / 1024))
	runs numastat
	equal "numastat" "$(awk '$1 == "numa_hit" { print $2 }' "$TMP/text")" "$(count_of numa_hit)"
fi
if have atop; then
	runs atop -P MEM 1 1
	equal "atop: pages" "$(awk '/^MEM/ { print $8, $9; exit }' "$TMP/text")" \
		"$(($(kb_of MemTotal) / 4)) $(($(kb_of MemFree) / 4))"
fi
if have nmon; then
	check "nmon" unshare -m "$TMP/bound" nmon -F "$TMP/nmon" -s 1 -c 1
	for i in $(seq 50); do
		grep -q '^MEM,T0001' "$TMP/nmon" 2> /dev/null && break
		sleep 0.1
	done
	equal "nmon" "$(awk -F, '/^MEM,T0001/ { printf "%d", $3 }' "$TMP/nmon")" \
		$(($(kb_of MemTotal) / 1024))
fi
if have collectd; then
	cat > "$TMP/collectd.conf" << CONF
BaseDir "$TMP"
PIDFile "$TMP/collectd.pid"
Hostname "k"
Interval 1
LoadPlugin logfile
<Plugin logfile>
	LogLevel warning
	File "$TMP/collectd.log"
</Plugin>
LoadPlugin memory
LoadPlugin buddyinfo
LoadPlugin numa
LoadPlugin vmem
LoadPlugin csv
<Plugin csv>
	DataDir "$TMP/collectd"
</Plugin>
CONF
	unshare -m "$TMP/bound" timeout 4 collectd -f -C "$TMP/collectd.conf" > /dev/null 2>&1
	equal "what collectd complains of" "$(cat "$TMP/collectd.log" 2> /dev/null | head -1)" ""
	equal "collectd" "$(tail -qn1 "$TMP"/collectd/k/memory/memory-free-* | awk -F, '
		{ printf "%.0f", $2 }')" $(($(kb_of MemFree) * 1024))
fi
finish
