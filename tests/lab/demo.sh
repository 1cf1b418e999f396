#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The demonstration (make demo): two directors, three real servers, a client and a manager, each a
# host of its own, in a kernel with IPVS. Each step says in plain words what it does and shows the
# commands; a step that does not hold fails the demonstration.
#
#	client ----- lan 10.0.0.0/24 -----+----------+------------+----- manager
#	                              director1  director2   rs1 rs2 rs3
#	                                  +---- srv 10.1.0.0/24 ---+
#
# LIMIT=400
# MEM=1G

# shellcheck source=tests/lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BOLD='' GREEN='' RED='' PLAIN=''
[ -n "${NO_COLOR:-}" ] || BOLD=$'\033[1m' GREEN=$'\033[32m' RED=$'\033[31m' PLAIN=$'\033[0m'
STEPS=0 BAD=0 SUMMARY=()
RS=(rs1 rs2 rs3)
NAT=10.0.0.100 DR=10.0.0.101 TUN=10.0.0.102

title() {
	printf '\n%s== %s%s\n' "$BOLD" "$*" "$PLAIN"
}
say() {
	printf '%s\n' "$*" | fold -s -w 100
}
# shown COMMAND...: a command as a person would type it
shown() {
	printf '   $ %s\n' "$*"
}
# held TEXT COMMAND...: the step holds if COMMAND succeeds
held() {
	local text=$1
	shift
	STEPS=$((STEPS + 1))
	if "$@"; then
		printf '   %sOK%s    %s\n' "$GREEN" "$PLAIN" "$text"
		SUMMARY+=("OK      $text")
	else
		BAD=$((BAD + 1))
		printf '   %sFAILED%s %s\n' "$RED" "$PLAIN" "$text"
		SUMMARY+=("FAILED  $text")
	fi
}
indent() {
	sed 's/^/     /'
}

lab_finish() {
	title "Summary"
	printf '   %s\n' "${SUMMARY[@]}"
	if [ -z "${DEMO_DONE:-}" ]; then
		BAD=$((BAD + 1))
		say "   The demonstration did not come to its end."
	fi
	if [ "$BAD" -gt 0 ]; then
		for log in "$T"/director-*.log "$T"/snmpd-*.log; do
			echo "--- ${log##*/}"
			tail -n 40 "$log"
		done
	fi
	printf '\n   %d of %d steps held.\n' $((STEPS - BAD)) "$STEPS"
	[ "$BAD" -eq 0 ]
}

# All that a director has in its file: where its agent finds the master agent. The rest is SET.
empty_file() {
	printf 'global_defs {\n    snmp_socket unix:%s\n}\n' "$T/$1/agentx" > "$T/$1/directord.conf"
}
declare -A ADDRESS=([director1]=10.0.0.2 [director2]=10.0.0.3)
V=DIRECTOR-VRRP-MIB::drct L=DIRECTOR-LVS-MIB::drct

# What is SET, lines of OBJECT VALUE: two instances in a group, with their addresses
vrrp_objects() { # PRIORITY
	local i vip name interface vrid
	echo "${V}SyncGroupRowStatus.\"SITE\" createAndGo"
	for i in OUTSIDE/lan/51 INSIDE/srv/52; do
		IFS=/ read -r name interface vrid <<< "$i"
		echo "${V}VrrpInstanceRowStatus.\"$name\" createAndGo"
		echo "${V}VrrpInstanceInterface.\"$name\" $interface"
		echo "${V}VrrpInstanceVrid.\"$name\" $vrid"
		echo "${V}VrrpInstancePriority.\"$name\" $1"
		echo "${V}VrrpInstanceVersion.\"$name\" 3"
		echo "${V}VrrpInstanceSyncGroup.\"$name\" SITE"
	done
	for vip in "\"OUTSIDE\".ipv4.4.$NAT" "\"OUTSIDE\".ipv4.4.$DR" "\"OUTSIDE\".ipv4.4.$TUN" '"INSIDE".ipv4.4.10.1.0.1'; do
		echo "${V}VrrpAddressRowStatus.$vip createAndGo"
		echo "${V}VrrpAddressPrefixLength.$vip 24"
	done
}
# and a pool of three real servers with their check, a virtual server and its service
lvs_objects() { # nat|dr|tun
	local i vip=${1^^} net=10.0.0 rs
	[ "$1" != nat ] || net=10.1.0
	echo "${L}PoolRowStatus.\"web-$1\" createAndGo"
	for i in 1 2 3; do
		rs="\"web-$1\".ipv4.4.$net.1$i.80"
		echo "${L}RealServerRowStatus.$rs createAndGo"
		echo "${L}RealServerForwarding.$rs $1"
	done
	echo "${L}CheckRowStatus.\"web-$1\".\"http\" createAndGo"
	echo "${L}CheckType.\"web-$1\".\"http\" http"
	echo "${L}CheckPath.\"web-$1\".\"http\" /health"
	echo "${L}CheckStatusCodes.\"web-$1\".\"http\" 200"
	echo "${L}CheckInterval.\"web-$1\".\"http\" 1000"
	echo "${L}CheckTimeout.\"web-$1\".\"http\" 1000"
	echo "${L}CheckRetries.\"web-$1\".\"http\" 1"
	echo "${L}CheckRetryDelay.\"web-$1\".\"http\" 1000"
	echo "${L}VirtualServerRowStatus.\"web-$1\" createAndGo"
	echo "${L}VirtualServerPool.\"web-$1\" web-$1"
	echo "${L}VirtualServerScheduler.\"web-$1\" rr"
	echo "${L}VirtualServiceRowStatus.\"web-$1\".tcp.ipv4.4.${!vip}.80 createAndGo"
}
# set_all DIRECTOR: the lines of standard input, as one request
set_all() {
	local words
	mapfile -t words < <(sed 's/ / = /' | tr ' ' '\n')
	snmp manager set -Oq "${ADDRESS[$1]}" "${words[@]}" > "$T/set" 2>&1 || { cat "$T/set"; return 1; }
}
agent_answers() {
	snmp manager get -OvqU "${ADDRESS[$1]}" DIRECTOR-MIB::drctSystemGeneration.0 2>/dev/null | grep -qx '[0-9]*'
}

# show_trap REGEX: the first one, a line for each of its objects
show_trap() {
	grep -E -m 1 -- "$1" "$T/manager/traps" | tr '\t' '\n' | sed -n '2,$p' | indent
}

# all_answer NAME: did all three answer in the last report, and nothing fail?
all_answer() {
	local rs
	for rs in "${RS[@]}"; do [ "$(count "$1" "$rs")" -gt 0 ] || return 1; done
	[ "$(count "$1" failed)" -eq 0 ]
}
per_server() {
	local rs
	for rs in "${RS[@]}"; do printf '%s %s  ' "$rs" "$(count "$1" "$rs")"; done
	echo "failed $(count "$1" failed)"
}
is_master() {
	on "$1" "$BUILD/directorctl" --state-dir "$T/$1/state" show vrrp_instance --json |
		grep -Eq '"state": *"master"'
}
# the first command of a walk is slow in the lab: the tools read all MIB modules
walk() {
	snmp manager walk -Oq "$@"
}
servers_up() {
	[ "$(walk 10.0.0.2 DIRECTOR-LVS-MIB::drctRealServerState 2>/dev/null | grep -c 'up$')" -eq 9 ]
}
moved_away() { # NAME RS: the others answer, it does not
	client_report "$1"
	[ "$(count "$1" "$2")" -eq 0 ] && [ "$(count "$1" ok)" -gt 0 ]
}

# ------------------------------------------------------------------------------------------------
title "Building the lab"
say "Two directors, three real servers, a client and a manager: seven hosts on two networks."
host director1 lan=10.0.0.2/24 srv=10.1.0.2/24
host director2 lan=10.0.0.3/24 srv=10.1.0.3/24
host client lan=10.0.0.50/24
host manager lan=10.0.0.60/24
for i in 1 2 3; do
	host rs$i lan=10.0.0.1$i/24 srv=10.1.0.1$i/24
	# replies of LVS-NAT go back through the director that is master
	on rs$i ip rule add from 10.1.0.0/24 table 100
	on rs$i ip route add 10.1.0.0/24 dev srv table 100
	on rs$i ip route add default via 10.1.0.1 table 100
	dr_server rs$i $DR
	tun_server rs$i $TUN
	real_server rs$i
	health rs$i 200
done
router director1
router director2
empty_file director1
empty_file director2
snmptrapd manager
snmpd director1 10.0.0.60
snmpd director2 10.0.0.60

title "1. Starting the directors on an empty file"
say "The file says only where the agent finds snmpd. What follows is made by the manager alone."
shown cat directord.conf
indent < "$T/director1/directord.conf"
held "the file is good" "$BUILD/directord" -t "$T/director1/directord.conf"
shown directord -n -f directord.conf
director director1
director director2
held "the agent of director1 answers" wait_for 60 agent_answers director1
held "the agent of director2 answers" wait_for 60 agent_answers director2
[ "$BAD" -eq 0 ] || exit 1 # nothing of what follows can hold

title "2. The manager configures them by snmpset"
say "A synchronization group of two VRRP instances, and three virtual servers, by LVS-NAT, LVS-DR and LVS-Tun, each" \
	"over all three real servers. Each request is one transaction, whatever the order of its objects: all of it, or nothing."
priority=150
for d in director1 director2; do
	shown "snmpset -v2c -c private $d ...    ($(vrrp_objects $priority | wc -l) objects)"
	[ $d != director1 ] || vrrp_objects $priority | sed 's/ / = /' | indent
	held "$d: the VRRP instances" set_all $d < <(vrrp_objects $priority)
	for kind in nat dr tun; do
		shown "snmpset -v2c -c private $d ...    ($(lvs_objects $kind | wc -l) objects)"
		[ $d$kind != director1nat ] || lvs_objects $kind | sed 's/ / = /' | indent
		held "$d: the service by LVS-${kind^^}" set_all $d < <(lvs_objects $kind)
	done
	priority=100
done
held "director1 becomes master" wait_for 30 has_vip director1 $NAT
[ "$BAD" -eq 0 ] || exit 1 # nothing of what follows can hold
held "and has the inside address too" wait_for 5 has_vip director1 10.1.0.1
held "every real server is up, as the manager sees it" wait_for 60 servers_up
shown directorctl status
ctl director1 status | indent
shown ipvsadm -Ln
on director1 ipvsadm -Ln | indent

title "3. Requests spread over the real servers"
for kind in NAT DR TUN; do
	shown "client -n 60 ${!kind} 80      (60 requests through LVS-$kind)"
	client "c-$kind" client -n 60 -r 60 "${!kind}" 80
	wait "$(pid_of "c-$kind")"
	lab_last_report "c-$kind"
	per_server "c-$kind" | indent
	held "LVS-$kind: all three real servers answer, no request fails" all_answer "c-$kind"
done

title "4. What the manager sees"
shown snmpwalk -v2c -c public director1 DIRECTOR-LVS-MIB::drctVirtualServerTable
walk 10.0.0.2 DIRECTOR-LVS-MIB::drctVirtualServerTable > "$T/walk" 2>&1
grep -E 'State|WeightUp|ServersUp|Scheduler\.' "$T/walk" | indent
held "the virtual servers are up in the MIB" test "$(grep -c 'drctVirtualServerState.* up$' "$T/walk")" -eq 3
shown snmpwalk -v2c -c public director1 DIRECTOR-VRRP-MIB::drctVrrpInstanceState
walk 10.0.0.2 DIRECTOR-VRRP-MIB::drctVrrpInstanceState > "$T/walk" 2>&1
indent < "$T/walk"
held "both instances are master in the MIB" test "$(grep -c ' master$' "$T/walk")" -eq 2

title "5. Draining a real server by snmpset, under load"
client load client -r 30 $NAT 80
pause 2
RSINDEX="\"web-nat\".ipv4.4.10.1.0.12.80"
shown "snmpset -v2c -c private director1 'DIRECTOR-LVS-MIB::drctRealServerAdminState.$RSINDEX' = drain"
held "the manager drains rs2" snmp manager set -Oq 10.0.0.2 "DIRECTOR-LVS-MIB::drctRealServerAdminState.$RSINDEX" = drain
held "no new request reaches rs2" wait_for 10 moved_away load rs2
client_report load
pause 3
client_report load
per_server load | indent
held "and none was lost" test "$(count load failed)" -eq 0
shown "snmpset ... drctRealServerAdminState.$RSINDEX = enabled"
held "the manager puts it back" snmp manager set -Oq 10.0.0.2 "DIRECTOR-LVS-MIB::drctRealServerAdminState.$RSINDEX" = enabled
pause 3
client_report load
pause 2
client_report load
per_server load | indent
held "all three answer again" all_answer load

title "6. A real server dies"
say "Its web server is stopped; the checks find it within two intervals, and the manager gets a trap."
shown "kill (the web server of rs3)"
stop httpd-rs3
held "trap: realServer down" wait_for 30 has_trap manager 'drctRealServerState.*10\.1\.0\.13.* = INTEGER: down'
show_trap 'drctRealServerState.*10\.1\.0\.13.* = INTEGER: down'
client_report load
pause 3
client_report load
per_server load | indent
held "traffic goes on with the others, no request fails any more" test "$(count load failed)" -eq 0
real_server rs3
health rs3 200
held "it comes back: trap: up" wait_for 30 has_trap manager 'drctRealServerState.*10\.1\.0\.13.* = INTEGER: up'

title "7. Everything is killed, and started again"
say "All processes of both directors are killed (SIGKILL) at once while the client goes on. What was SET is in the" \
	"datastore, what the kernel forwards stays, and the master speaks again before the other can miss it."
what_is_set() { # without the line that has the time
	ctl director1 export | grep -v '^# The configuration of'
}
what_is_set > "$T/export"
old=("$(pid_of director-director1)" "$(pid_of director-director2)")
director_next director1
director_next director2
pause 3
client_report load
shown "kill -9 (all processes of both directors); directord -n -f directord.conf"
{
	kill -KILL -- "-${old[0]}" "-${old[1]}"
	wait "${old[@]}"
} 2>/dev/null
held "the agent answers again" wait_for 60 agent_answers director1
held "all that was SET is there" diff "$T/export" <(what_is_set)
held "director1 is master" wait_for 20 is_master director1
held "every real server is up" wait_for 60 servers_up
client_report load
per_server load | indent
held "all three real servers answered, no request failed" all_answer load

title "8. The master dies"
say "director1 loses its power while the client goes on; director2 takes over."
pause 1
client_report load
shown "(power off: director1)"
crash director1 director-director1 snmpd-director1
held "director2 has the addresses" wait_for 20 has_vip director2 $NAT
held "trap: vrrpNewState master from director2" wait_for 20 has_trap manager '10\.0\.0\.3\].*drctVrrpInstanceState."OUTSIDE" = INTEGER: master'
show_trap '10\.0\.0\.3\].*drctVrrpInstanceState."OUTSIDE" = INTEGER: master'
pause 3
client_end load
per_server load | indent
gap=$(count load gap_ms)
say "   The takeover took $gap ms, as the client saw it: the longest time without an answer. The" \
	"advertisement interval is 1 s, and a backup of priority 100 waits 3.6 s after the last advertisement." \
	"$(count load failed) of $(count load requests) requests failed in that time."
held "the takeover was within the protocol's time" test "$gap" -lt 5000
client after client -n 60 -r 60 $NAT 80
wait "$(pid_of after)"
lab_last_report after
per_server after | indent
held "all three real servers answer through director2, no request fails" all_answer after
shown directorctl events --last 8
ctl director2 events --last 8 | indent

DEMO_DONE=yes
exit 0
