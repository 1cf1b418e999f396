#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What SETs cost, through all of directord and, under AgentX, Debian's snmpd: real servers made in a second, each on
# the disk before it is acknowledged, beside a plain loop of inserts with SQLite on the same disk (bench_disk.c); and
# one SET in the middle of a few and of many real servers.
#
#	make bench        (or: BUILD=build tests/bench/bench_set.sh)
#
# Needs root, for a network namespace. ROWS: how many are made each time; MANY: in one request; MANAGERS at once; SIZES
# of the table for the single SET, spread over POOLS; TIMES that it is done in a row, and ALONE with a pause behind each.
# The processor time has what comes after the answer, too: lvs builds and compares what has changed once for all changes
# that came meanwhile, so a SET that is alone costs it the most (bench_lvs.c has that alone). Where the kernel has no
# IPVS, lvs has less to compare.
# wanted: a SET in the largest table takes no longer than in the smallest.
ROWS=${ROWS:-1000} MANY=${MANY:-20} MANAGERS=${MANAGERS:-4} SIZES=${SIZES:-1000 100000} TIMES=${TIMES:-200} ALONE=${ALONE:-20} POOLS=${POOLS:-100}
# shellcheck source=tests/lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/lib.sh"

[ "$(id -u)" -eq 0 ] || { echo "bench_set: needs root" >&2; exit 2; }
host d
host m

die() {
	echo "bench_set: $*" >&2
	cat "$T"/*.log >&2
	exit 1
}
manager() {
	on d "$BUILD/manager" 127.0.0.1 "$@" || die "the manager failed"
}
answers() {
	on d env MIBS= SNMP_PERSISTENT_DIR="$T/d/snmp" snmpget -Oqv -v2c -c private -t 2 -r 0 127.0.0.1 \
		"$OID_ROOT.1.1.1.4.0" 2>&1 | grep -qx '[0-9]*'
}
# A director with so many real servers in its file. begin MODE SERVERS
begin() {
	local i p
	rm -rf "$T/d/state"
	mkdir -p "$T/d"
	[ "$1" != agentx ] || snmpd d
	{
		printf 'global_defs {\n'
		if [ "$1" = agentx ]; then
			printf '\tsnmp_socket unix:%s\n' "$T/d/agentx"
		else
			echo 'rwcommunity private' > "$T/d/standalone.conf"
			chmod 644 "$T/d/standalone.conf"
			printf '\tsnmp_mode standalone\n\tsnmp_listen udp:161\n\tsnmp_config_file %s\n' "$T/d/standalone.conf"
		fi
		printf '}\n'
		for ((p = 0; p < POOLS; p++)); do
			printf 'server_pool web%s {\n' "${p#0}"
			for ((i = p; i < $2; i += POOLS)); do
				printf '\treal_server 10.%d.%d.%d 80\n' $((i >> 16)) $((i >> 8 & 255)) $((i & 255))
			done
			printf '}\nvirtual_server www%d {\n\tpool web%s\n\tvirtual_service tcp 192.0.2.1 %d\n}\n' \
				"$p" "${p#0}" $((80 + p))
		done
	} > "$T/d/directord.conf"
	director d
	wait_for 120 answers || die "the director does not answer"
}
end() {
	stop director-d
	stop snmpd-d
}
rate() { # MICROSECONDS: rows in a second
	awk -v us="$1" -v n="$ROWS" 'BEGIN { printf "%.0f", n * 1e6 / us }'
}
# at_once ROWS-OF-A-REQUEST: by several managers; the time until the last is done
at_once() {
	local i from=${EPOCHREALTIME/./} started=()
	for ((i = 0; i < MANAGERS; i++)); do
		manager make web $((i * ROWS / MANAGERS)) $((ROWS / MANAGERS)) "$1" > /dev/null &
		started+=($!)
	done
	wait "${started[@]}" || die "a manager failed"
	echo $((${EPOCHREALTIME/./} - from))
}
disk() {
	rm -f "$T/disk.db"*
	"$BUILD/bench_disk" "$T/disk.db" "$ROWS" "$1"
}
line() { # WHAT MICROSECONDS MICROSECONDS-OF-THE-DISK
	printf '%-44s %8s %8s %6.2f\n' "$1" "$(rate "$2")" "$(rate "$3")" "$(awk "BEGIN { print $3 / $2 }")"
}

printf '%-44s %8s %8s %6s\n' "real servers made in a second, durable" SET SQLite ratio
for mode in agentx standalone; do
	for what in "1 1" "$MANY 1" "1 $MANAGERS" "$MANY $MANAGERS"; do
		read -r rows managers <<< "$what"
		begin $mode 0
		disk=$(disk "$rows")
		if [ "$managers" -eq 1 ]; then us=$(manager make web 0 "$ROWS" "$rows"); else us=$(at_once "$rows"); fi
		line "$mode, $managers at once, $rows rows a request" "$us" "$disk"
		end
	done
done

# processor PID: its time so far, in milliseconds
processor() {
	awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' "/proc/$1/stat"
}
declare -A first pids before
look() {
	local name
	for name in "${!pids[@]}"; do before[$name]=$(processor "${pids[$name]}"); done
}
costs() { # REQUESTS: since look; microseconds of each process for a request
	local name
	for name in hub lvs check agent vrrp; do
		printf ' %s %d' "$name" $((($(processor "${pids[$name]}") - ${before[$name]}) * 1000 / $1))
	done
}
printf '\n%-24s %9s %6s  %s\n' "one SET among rows" median ratio "processor time of a SET in a row, and alone, in us"
for mode in agentx standalone; do
	for size in $SIZES; do
		begin $mode "$size"
		number=$((size / 2 / POOLS * POOLS)) # one of the pool web
		pids=([hub]=$(pid_of director-d))
		for name in vrrp lvs check agent; do pids[$name]=$(child d $name); done
		pause 8 # what the start leaves to be done
		manager weigh web "$number" 20 > /dev/null
		pause 2
		look
		us=$(manager weigh web "$number" "$TIMES")
		pause 1
		row=$(costs "$TIMES")
		look
		for ((i = 0; i < ALONE; i++)); do
			manager weigh web "$number" 1 > /dev/null
			pause 0.3
		done
		first[$mode]=${first[$mode]:-$us}
		printf '%-24s %6d us %6.2f %s;%s\n' "$mode, $size" "$us" "$(awk "BEGIN { print $us / ${first[$mode]} }")" \
			"$row" "$(costs "$ALONE")"
		end
	done
done
