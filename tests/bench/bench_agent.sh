#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What a walk costs: directord's agent beside a bare table of net-snmp's (bare_table.c) with the same rows and
# columns, both as AgentX subagents of one snmpd; and the agent as the engine itself.
#
#	make bench        (or: BUILD=build tests/bench/bench_agent.sh)
#
# Needs root, for a network namespace. SIZES: the numbers of real servers; WHOLE: up to which of them whole tables
# are walked, too (22 times as many values). Each walk is done REPEAT times (the short ones more often), by turns;
# the fastest counts, because a busy machine makes the others slower. Processor time (of the subagent, and of snmpd
# for it) is what a busy machine changes least; the clock ticks in 10 ms, so small sizes say little. What the client
# takes to start, which a walk of a single value shows, is taken from all of them.
# wanted: agent / bare at most 1.3 at each size; the engine at least 10 times faster than AgentX.
SIZES=${SIZES:-1000 10000 100000} WHOLE=${WHOLE:-100000} REPEAT=${REPEAT:-3}
# shellcheck source=tests/lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/lib.sh"
OURS=$OID_ROOT.2.1.2
BARE=1.3.6.1.4.1.8072.9999.9999.1.1
LABEL=21
ENGINE_BOOTS=1.3.6.1.6.3.10.2.1.2

[ "$(id -u)" -eq 0 ] || { echo "bench_agent: needs root" >&2; exit 2; }
host m

# agent SIZE [LISTEN]: agent-rig, under snmpd or as the engine
agent() {
	local name=rig dir=$T/m/rig where=$T/m/agentx
	if [ $# -gt 1 ]; then
		name=engine dir=$T/m/engine where=$T/m/engine.conf
		echo 'rocommunity public' > "$where"
	fi
	mkdir -p "$dir"
	start "$name" m bash -c 'exec "$0" "$@" < <(exec sleep 86400)' "$BUILD/agent-rig" "$dir" "$where" "$@"
}

# walk ADDRESS OID: all of it; prints the number of values
walk() {
	on m env MIBS= SNMP_PERSISTENT_DIR="$T/m/snmp" snmpbulkwalk -Cr50 -On -v2c -c public -t 20 -r 0 "$1" "$2" 2>&1 |
		grep -c "^\.$2\."
}
# timed ADDRESS OID: sets us and values
timed() {
	local from=${EPOCHREALTIME/./}
	values=$(walk "$@")
	us=$((${EPOCHREALTIME/./} - from))
}
there() { # ADDRESS OID
	on m env MIBS= SNMP_PERSISTENT_DIR="$T/m/snmp" snmpgetnext -On -v2c -c public -t 1 -r 0 "$1" "$2" 2>&1 | grep -q "^\.$2\."
}

# processor NAME: its time so far, in milliseconds
processor() {
	awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' "/proc/$(pid_of "$1")/stat"
}
# memory PID: in MB
memory() {
	awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"
}

# round NAME ADDRESS OID: one walk of NAME's table; the least of its times and of its processor times are kept
declare -A best_us best_cpu best_master
least() { # ARRAY NAME VALUE
	local -n array=$1
	[ "${array[$2]:-$3}" -lt "$3" ] || array[$2]=$3
}
round() {
	local cpu master
	cpu=$(processor "$1") master=$(processor snmpd-m)
	timed "$2" "$3"
	[ "$values" = "${expected:=$values}" ] || {
		echo "bench_agent: $values values from $1, $expected from the other" >&2
		exit 1
	}
	least best_us "$1" "$us"
	least best_cpu "$1" $(($(processor "$1") - cpu))
	least best_master "$1" $(($(processor snmpd-m) - master))
}
# client_start: the least time of a walk that has one value, in microseconds
client_start() {
	timed 127.0.0.1:1161 $ENGINE_BOOTS
	[ "$values" -eq 1 ] || {
		echo "bench_agent: $values values of snmpEngineBoots" >&2
		exit 1
	}
	least best_us client "$us"
}
# compare SIZE WHAT SUBTREE: a line of the report
compare() {
	local i expected="" repeat=$REPEAT
	[ "$1" -ge 10000 ] || repeat=$((REPEAT * 5))
	best_us=() best_cpu=() best_master=()
	for ((i = 0; i < repeat; i++)); do
		client_start
		round bare 127.0.0.1 "$BARE$3"
		round rig 127.0.0.1 "$OURS$3"
		round engine 127.0.0.1:1161 "$OURS$3"
	done
	awk -v rows="$1" -v what="$2" -v n="$expected" -v bare="${best_us[bare]}" -v ours="${best_us[rig]}" \
		-v engine="${best_us[engine]}" -v start="${best_us[client]}" -v bc="${best_cpu[bare]}" -v oc="${best_cpu[rig]}" \
		-v bm="${best_master[bare]}" -v om="${best_master[rig]}" 'BEGIN {
			bare -= start; ours -= start; engine -= start
			printf "%7d %-6s %8d %8.3f %8.3f %5.2f %7.1f +%5.1f %7.1f +%5.1f %5.2f", rows, what, n, bare / 1e6,
				ours / 1e6, ours / bare, 1e3 * bc / n, 1e3 * bm / n, 1e3 * oc / n, 1e3 * om / n, (oc + om) / (bc + bm)
			printf " %8.3f %6.1f\n", engine / 1e6, ours / engine }'
}

cat <<- 'HEAD'
	                             elapsed            processor, us a value (+ snmpd's)
	   rows walk     values   bare s  agent s ratio          bare        agent  ratio engine s faster
HEAD
for size in $SIZES; do
	snmpd m
	agent "$size"
	start bare m "$BUILD/bare_table" "$T/m/agentx" "$size"
	agent "$size" udp:127.0.0.1:1161
	wait_for 60 there 127.0.0.1 "$OURS.1.$LABEL" && wait_for 60 there 127.0.0.1 "$BARE.1.$LABEL" &&
		wait_for 60 there 127.0.0.1:1161 "$OURS.1.$LABEL" || {
		echo "bench_agent: no answer" >&2
		cat "$T"/*.log >&2
		exit 1
	}
	compare "$size" column ".1.$LABEL"
	[ "$size" -gt "$WHOLE" ] || compare "$size" table ""
	for name in snmpd-m rig bare engine; do
		memories+="${memories:+, }$name $(memory "$(pid_of "$name")")"
	done
	printf 'MB of memory at %d rows: %s\n' "$size" "$memories"
	memories=
	for name in engine bare rig snmpd-m; do stop "$name"; done
done

# The memory of all of directord with as many real servers in its file as the largest of SIZES, each with a check
# that comes later. Where the kernel has no IPVS, lvs has less to keep.
host d
snmpd d
{
	printf 'global_defs {\n\tsnmp_socket unix:%s\n}\n' "$T/d/agentx"
	printf 'server_pool web {\n\tcheck alive {\n\t\tdelay_loop 86400\n\t\twarmup 86400\n\t}\n'
	for ((i = 0; i < size; i++)); do
		printf '\treal_server 10.%d.%d.%d 80\n' $((i >> 16)) $((i >> 8 & 255)) $((i & 255))
	done
	printf '}\nvirtual_server www {\n\tpool web\n\tvirtual_service tcp 192.0.2.1 80\n}\n'
} > "$T/d/directord.conf"
all_there() {
	on d env MIBS= SNMP_PERSISTENT_DIR="$T/d/snmp" snmpget -Oqv -v2c -c public -t 5 -r 0 127.0.0.1 \
		"$OID_ROOT.2.1.1.1.3.3.119.101.98" 2>&1 | grep -qx "$size"
}
director d
wait_for 120 all_there || {
	echo "bench_agent: the director did not come up" >&2
	tail -n 20 "$T/director-d.log" >&2
	exit 1
}
pause 5 # what the start took for a moment is given back
sum=0
for name in directord vrrp lvs check agent snmpd; do
	case $name in
	directord) pid=$(pid_of director-d) ;;
	snmpd) pid=$(pid_of snmpd-d) ;;
	*) pid=$(child d "$name") ;;
	esac
	memories+="${memories:+, }$name $(memory "$pid")"
	sum=$(awk "BEGIN { print $sum + $(memory "$pid") }")
done
printf 'MB of memory of a director with %d real servers: %s: %s in all; ratio to the 300 that are allowed: %.2f\n' \
	"$size" "$memories" "$sum" "$(awk "BEGIN { print $sum / 300 }")"
