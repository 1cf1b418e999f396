#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What VRRP costs in time: two routers on a bridge, the master is killed, and the wire tells what the backup adds to
# the protocol's Master_Down_Interval until its first advertisement, and until its last address is announced.
# Beside Debian's keepalived, with the same file, in alternating runs: a busy machine makes both slower.
#
#	make bench        (or: BUILD=build tests/bench/bench_vrrp.sh [PART...])
#
# PARTs: takeover, disturbed (with the jitter of the advertisements), cost; without any: all. Needs root, for network namespaces.
#
# CELLS   of takeover: INSTANCES:INTERVAL:ADDRESSES..., the interval in centiseconds; FULL=1: the whole matrix
# PAIRS   of runs of each cell (3); the median of the runs is shown
# KINDS   of disturbance (log disk hang busy snmpd walk checks reload); disk: full, hang: does not answer
# LIVE    seconds of each disturbance while the master lives (8); FULL=1: 60, also at 1 cs
# SERVERS of the file that is reloaded (100000), CHECKS (10000)
#
# wanted: 255 instances at 10 cs: announced at most 1 ms (median) and 3 ms (worst) late, and not above keepalived's;
# with 4 addresses each 15 ms. Disturbed: no takeover while the master lives, and a worst one of at most twice the
# idle one. Jitter: no worse than idle by more than 5 ms.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lab/lib.sh"

PAIRS=${PAIRS:-3} SERVERS=${SERVERS:-100000} CHECKS=${CHECKS:-10000}
KINDS=${KINDS:-log disk hang busy snmpd walk checks reload}
if [ -n "${FULL:-}" ]; then
	CELLS=${CELLS:-$(for n in 1 50 255; do for cs in 100 10 1; do echo "$n:$cs:1 $n:$cs:4"; done; done)}
	LIVE=${LIVE:-60} DISTURBED=${DISTURBED:-255:10:1 20:1:1}
else
	CELLS=${CELLS:-1:10:1 255:100:1 255:10:1 255:10:4}
	LIVE=${LIVE:-8} DISTURBED=${DISTURBED:-255:10:1}
fi
PARTS=${*:-takeover disturbed cost}
PRIORITY_A=200 PRIORITY_B=100

[ "$(id -u)" -eq 0 ] || { echo "bench_vrrp: needs root" >&2; exit 2; }
host a 10.7.0.1/16
host b 10.7.0.2/16
mkdir -p "$T/files"
at_exit no_state_disk a
at_exit no_state_disk b

# --- Files ----------------------------------------------------------------

# instances PRIORITY CELL: the blocks of keepalived's grammar
instances() {
	awk -v priority="$1" -v cell="$2" 'BEGIN {
		split(cell, c, ":")
		for (i = 1; i <= c[1]; i++) {
			printf "vrrp_instance V%d {\n\tinterface lan\n\tvirtual_router_id %d\n\tpriority %d\n", i, i, priority
			printf "\tversion 3\n\tadvert_int %.2f\n\tvirtual_ipaddress {\n", c[2] / 100
			for (k = 1; k <= c[3]; k++) printf "\t\t10.7.%d.%d/32\n", 10 + k, i
			printf "\t}\n}\n"
		}
	}'
}
# pool NAME SERVERS [WORDS]: real servers on loopback, with a check each second or so, or one that never comes
pool() {
	awk -v name="$1" -v n="$2" -v words="${3:-delay_loop 86400\n\t\twarmup 86400}" 'BEGIN {
		printf "server_pool %s {\n\tcheck alive {\n\t\ttype tcp\n\t\tconnect_port 80\n\t\t%s\n\t}\n", name, words
		for (i = 0; i < n; i++)
			printf "\treal_server 127.%d.%d.%d 80\n", 1 + int(i / 65536), int(i / 256) % 256, i % 256
		printf "}\nvirtual_server %s {\n\tpool %s\n\tvirtual_service tcp 192.0.2.1 80\n}\n", name, name
	}'
}
# configure HOST CELL: the file of keepalived and of directord
configure() {
	local priority=$PRIORITY_A
	[ "$1" = a ] || priority=$PRIORITY_B
	{
		printf 'global_defs {\n\tsnmp_socket unix:%s/%s/agentx\n}\n' "$T" "$1"
		instances "$priority" "$2"
	} > "$T/$1/directord.conf"
}

# --- Routers --------------------------------------------------------------

# up DAEMON HOST
up() {
	local options=(-n -P -f "$T/$2/directord.conf" -p "$T/$2/pid" -r "$T/$2/vrrp.pid")
	case $1 in
	directord) director "$2" ;;
	keepalived) start "keepalived-$2" "$2" keepalived "${options[@]}" ;;
	esac
}
# router DAEMON HOST: the name of its process
router() {
	case $1 in
	directord) echo "director-$2" ;;
	keepalived) echo "keepalived-$2" ;;
	esac
}
# down DAEMON HOST: at once, and without a word
down() {
	local name
	name=$(router "$1" "$2")
	kill -KILL -- "-$(pid_of "$name")"
	thaw "$2" # what waits for a disk does not end before
	wait "$(pid_of "$name")"
	unset "LAB_PID[$name]"
} 2>/dev/null

# clean: both as if they had just been made
clean() {
	local h
	lab_forget_memory
	for h in a b; do
		on "$h" ip addr flush dev lan
		no_state_disk "$h"
		rm -rf "$T/$h/state" "$T"/*.log
	done
	on a ip addr add 10.7.0.1/16 dev lan
	on b ip addr add 10.7.0.2/16 dev lan
}
# --- Disturbances, on both routers ----------------------------------------

slow_reader() { # of a pipe: one line each 10 ms
	local line
	while read -r line; do pause 0.01; done
	: "$line"
}
walk_all() { # HOST: all it has, again and again
	while :; do
		on "$1" env MIBS= SNMP_PERSISTENT_DIR="$T/$1/snmp" snmpbulkwalk -Cr50 -On -v2c -c public -t 20 127.0.0.1 \
			"$OID_ROOT" > /dev/null 2>&1
	done
}
spin() {
	while :; do :; done
}
background() { # COMMAND...: as a group of its own, ended by undisturb
	set -m
	"$@" &
	DISTURBERS+=($!)
	set +m
}
DISTURBERS=()

# before DAEMON KIND: what must be there when the routers start
before() {
	local h
	for h in a b; do
		case $2 in
		snmpd | walk) snmpd "$h" ;;
		checks)
			start "httpd-$h" "$h" "$BUILD/httpd" -n "$h" -h 80
			pool checked "$CHECKS" 'delay_loop 2\n\t\tconnect_timeout 1' >> "$T/$h/directord.conf"
			;;
		reload) pool large "$SERVERS" > "$T/files/large" ;;
		disk)
			mkdir -p "$T/$h/state"
			mount -t tmpfs -o size=4m,mode=755 tmpfs "$T/$h/state"
			;;
		hang) state_disk "$h" ;;
		log | busy | idle) ;;
		esac
	done
	if [ "$2" = walk ]; then for h in a b; do pool large "$SERVERS" >> "$T/$h/directord.conf"; done; fi
}
# disturb DAEMON KIND: from now on
disturb() {
	local h
	for h in a b; do
		case $2 in
		snmpd) signal "snmpd-$h" STOP ;;
		walk) background walk_all "$h" ;;
		reload)
			cat "$T/files/large" >> "$T/$h/directord.conf"
			signal "$(router "$1" "$h")" HUP
			;;
		disk) dd if=/dev/zero of="$T/$h/state/full" bs=64k 2>/dev/null ;;
		hang) freeze "$h" ;;
		busy) background spin ;;
		checks | log | idle) ;;
		esac
	done
}
undisturb() {
	local p h
	for p in "${DISTURBERS[@]}"; do
		kill -KILL -- "-$p"
		wait "$p"
	done 2>/dev/null
	DISTURBERS=()
	for h in a b; do
		[ -z "${LAB_PID[snmpd-$h]:-}" ] || signal "snmpd-$h" CONT
		stop "snmpd-$h"
		stop "httpd-$h"
		stop "reader-$h"
	done
}
# up_disturbed DAEMON HOST KIND: with its log to a reader that is slow
up_disturbed() {
	if [ "$3" != log ]; then
		up "$1" "$2"
		return
	fi
	local pipe=$T/$2/log name
	name=$(router "$1" "$2")
	rm -f "$pipe" "$T/$name.log"
	mkfifo "$pipe"
	start "reader-$2" "$2" bash -c "$(declare -f slow_reader pause); exec {lab_never}<> <(:); slow_reader < $pipe"
	ln -s "$pipe" "$T/$name.log"
	if [ "$1" = keepalived ]; then
		start "$name" "$2" keepalived -n -l -D -P -f "$T/$2/directord.conf" -p "$T/$2/pid" -r "$T/$2/vrrp.pid"
	else
		director "$2"
	fi
}

# --- A run ----------------------------------------------------------------

wire_said() {
	grep -qx "$1" "$T/wire.log"
}
# run DAEMON CELL KIND SECONDS: kills the master when it has lived so long; the results are in $T/result
run() {
	local daemon=$1 cell=$2 kind=$3 seconds=$4 n cs addresses h wait
	IFS=: read -r n cs addresses <<< "$cell"
	clean
	for h in a b; do configure "$h" "$cell"; done
	before "$daemon" "$kind"
	start wire switch "${WIRE:-$BUILD/vrrp_wire}" a.lan b.lan "$n" "$addresses" "$PRIORITY_B"
	up_disturbed "$daemon" a "$kind"
	up_disturbed "$daemon" b "$kind"
	case $kind in walk | checks) wait=120 ;; *) wait=30 ;; esac
	if ! wait_for "$wait" wire_said ready; then
		echo "bench_vrrp: $daemon $cell $kind: no master" >&2
		tail -n 5 "$T"/*.log >&2
		exit 1
	fi
	pause 2
	signal wire USR1
	disturb "$daemon" "$kind"
	pause "$seconds"
	pause "0.$((RANDOM % 10))$((RANDOM % 10))"
	signal wire USR2
	down "$daemon" a
	wait_for 15 wire_said "done"
	if [ -n "${KEEP_RUN:-}" ]; then cp "$T"/*.log "$KEEP_RUN/" 2>/dev/null; fi
	stop wire
	undisturb
	cp "$T/wire.log" "$T/result"
	down "$daemon" b
}
got() { # NAME: of the last run, 0 if it was not measured
	awk -v name="$1" '$1 == name { v = $2 } END { print v + 0 }' "$T/result"
}

# keep KEY: the results of the last run, with the others of this key
keep() {
	sed "s/^/$1 /" "$T/result" >> "$T/files/results"
}
# median KEY NAME: of the runs, in milliseconds; worst: the largest
median() {
	awk -v key="$1" -v name="$2" '$1 == key && $2 == name { print $3 }' "$T/files/results" | sort -n |
		awk '{ v[NR] = $1 } END { printf "%.2f", v[int((NR + 1) / 2)] / 1000 }'
}
worst() {
	awk -v key="$1" -v name="$2" '$1 == key && $2 == name && $3 > w { w = $3 } END { printf "%.2f", w / 1000 }' \
		"$T/files/results"
}
sum() {
	awk -v key="$1" -v name="$2" '$1 == key && $2 == name { s += $3 } END { print s + 0 }' "$T/files/results"
}
ratio() {
	awk "BEGIN { printf \"%.2f\", $2 ? $1 / $2 : 0 }"
}

# --- Parts ----------------------------------------------------------------

line='%-10s %-10s %9s %9s %9s %9s %9s %6s %6s\n'
# show CELL DAEMON KEY
show() {
	local n _
	IFS=: read -r n _ <<< "$1"
	# shellcheck disable=SC2059
	printf "$line" "$1" "$2" "$(median "$3" advert_median)" "$(median "$3" advert_worst)" \
		"$(median "$3" announced_median)" "$(median "$3" announced_worst)" "$(worst "$3" announced_worst)" \
		"$(($(sum "$3" announced) - n * PAIRS))" "$(sum "$3" lost)"
}
part_takeover() {
	local cell daemon i
	echo "takeover: ms after the Master_Down_Interval; of $PAIRS runs each the median of the medians and of the worst"
	# shellcheck disable=SC2059
	printf "$line" cell daemon advert '(worst)' announced '(worst)' 'of all' failed lost
	for cell in $CELLS; do
		for ((i = 0; i < PAIRS; i++)); do
			for daemon in directord keepalived; do
				run "$daemon" "$cell" idle 1
				keep "$cell-$daemon"
			done
		done
		for daemon in directord keepalived; do show "$cell" "$daemon" "$cell-$daemon"; done
		printf '%-10s %-10s announced %s, worst %s\n' "" ratio \
			"$(ratio "$(median "$cell-directord" announced_median)" "$(median "$cell-keepalived" announced_median)")" \
			"$(ratio "$(median "$cell-directord" announced_worst)" "$(median "$cell-keepalived" announced_worst)")"
	done
}

disturbed='%-10s %-8s %9s %9s %9s %9s %9s %9s %6s\n'
part_disturbed() {
	local cell kind
	echo "disturbed: directord, $LIVE s each; ms"
	# shellcheck disable=SC2059
	printf "$disturbed" cell kind takeovers announced '(worst)' 'jit. p50' p99 worst lost
	for cell in $DISTURBED; do
		for kind in idle $KINDS; do
			run directord "$cell" "$kind" "$LIVE"
			keep "$cell-$kind"
			# shellcheck disable=SC2059
			printf "$disturbed" "$cell" "$kind" "$(got takeovers_while_master_lives)" \
				"$(median "$cell-$kind" announced_median)" "$(median "$cell-$kind" announced_worst)" \
				"$(median "$cell-$kind" jitter_p50)" "$(median "$cell-$kind" jitter_p99)" \
				"$(median "$cell-$kind" jitter_worst)" "$(got lost)"
		done
	done
}

# processor HOST: milliseconds of all processes there; memory HOST: their proportional share in KB
processor() {
	local p
	for p in $(ip netns pids "$NS_PREFIX$1"); do cat "/proc/$p/stat"; done 2>/dev/null |
		awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); s += $12 + $13 } END { print int(s * 1000 / hz) }'
}
memory() {
	local p
	for p in $(ip netns pids "$NS_PREFIX$1"); do cat "/proc/$p/smaps_rollup"; done 2>/dev/null |
		awk '/^Pss:/ { s += $2 } END { print s }'
}
part_cost() {
	local cell=255:10:1 daemon h seconds=${LIVE:-10} cpu
	echo "cost: of 255 instances at 10 cs, of all processes of the router"
	for daemon in directord keepalived; do
		clean
		for h in a b; do configure "$h" "$cell"; done
		start wire switch "${WIRE:-$BUILD/vrrp_wire}" a.lan b.lan 255 1 "$PRIORITY_B"
		up "$daemon" a
		up "$daemon" b
		wait_for 30 wire_said ready || exit 1
		pause 2
		for h in a b; do
			cpu=$(processor "$h")
			pause "$seconds"
			cpu=$(($(processor "$h") - cpu))
			printf '%-10s %s: %.2f %% of a processor, %.1f us a second and instance; %d KB, %.1f KB an instance\n' \
				"$daemon" "$([ "$h" = a ] && echo master || echo backup)" \
				"$(ratio $((cpu / 10)) "$seconds")" "$(ratio $((cpu * 1000)) $((seconds * 255)))" \
				"$(memory "$h")" "$(ratio "$(memory "$h")" 255)"
		done
		stop wire
		for h in a b; do down "$daemon" "$h"; done
	done
}

: > "$T/files/results"
for part in $PARTS; do "part_$part"; done
