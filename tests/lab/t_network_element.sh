#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=900
#
# The director as a network element: the configuration of the demonstration (demo.sh) is built on an
# empty file by snmpset alone, carries traffic, outlives a kill of everything, and is changed, drained,
# taken out of service, destroyed and rolled back; each time the kernel and the protocol are looked at.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need snmpd snmpset snmpget ipvsadm

declare -A VIPS=([nat]=10.0.0.100 [dr]=10.0.0.101 [tun]=10.0.0.102)
L=DIRECTOR-LVS-MIB::drct V=DIRECTOR-VRRP-MIB::drct
SEED=${SEED:-$RANDOM}
note "SEED=$SEED"

host d1 lan=10.0.0.2/24 srv=10.1.0.2/24
host d2 lan=10.0.0.3/24 srv=10.1.0.3/24
host client lan=10.0.0.50/24
host manager lan=10.0.0.60/24
for i in 1 2 3; do
	host rs$i lan=10.0.0.1$i/24 srv=10.1.0.1$i/24
	on rs$i ip rule add from 10.1.0.0/24 table 100
	on rs$i ip route add 10.1.0.0/24 dev srv table 100
	on rs$i ip route add default via 10.1.0.1 table 100
	dr_server rs$i 10.0.0.101
	tun_server rs$i 10.0.0.102
	real_server rs$i
	health rs$i 200
done
host sorry srv=10.1.0.20/24
gateway sorry 10.1.0.1
real_server sorry
for d in d1 d2; do
	router $d
	snmpd $d
	printf 'global_defs {\n    router_id %s\n    snmp_socket unix:%s\n    vrrp_version 3\n}\n' \
		$d "$T/$d/agentx" > "$T/$d/directord.conf"
	director $d
done

# set_on DIRECTOR OID TYPE VALUE...: one PDU
declare -A ADDRESS=([d1]=10.0.0.2 [d2]=10.0.0.3 [vip]=10.0.0.100)
set_on() {
	local d=$1
	shift
	snmp manager set -Oq "${ADDRESS[$d]}" "$@"
}
get_on() {
	snmp manager get -OvqU "${ADDRESS[$1]}" "$2"
}
# lines of OID TYPE VALUE from standard input: one PDU
set_lines() {
	local words
	mapfile -t words < <(tr ' ' '\n')
	set_on "$1" "${words[@]}"
}

# status ROW: the whole object of a row's status: KIND INDEX as below
status() {
	case $1 in
	SyncGroup | VrrpInstance | VrrpAddress) echo "$V$1RowStatus.$2" ;;
	*) echo "$L$1RowStatus.$2" ;;
	esac
}
rs_index() { # VIRTUAL-SERVER NUMBER
	local net=10.0.0
	[ "$1" != nat ] || net=10.1.0
	echo "\"web-$1\".ipv4.4.$net.1$2.80"
}
vip_index() {
	echo "\"OUTSIDE\".ipv4.4.$1"
}
service_index() {
	echo "\"web-$1\".tcp.ipv4.4.${VIPS[$1]}.80"
}

# The rows of the configuration: lines of KIND INDEX
vrrp_rows() {
	echo 'SyncGroup "SITE"'
	echo 'VrrpInstance "OUTSIDE"'
	echo 'VrrpInstance "INSIDE"'
	for k in nat dr tun; do echo "VrrpAddress $(vip_index "${VIPS[$k]}")"; done
	echo 'VrrpAddress "INSIDE".ipv4.4.10.1.0.1'
}
lvs_rows() {
	local k i
	for k in nat dr tun; do
		echo "Pool \"web-$k\""
		for i in 1 2 3; do echo "RealServer $(rs_index $k $i)"; done
		echo "Check \"web-$k\".\"http\""
		echo "VirtualServer \"web-$k\""
		echo "VirtualService $(service_index $k)"
	done
}
# and their values: lines of OID TYPE VALUE
vrrp_values() { # PRIORITY
	local i
	for i in OUTSIDE INSIDE; do
		echo "${V}VrrpInstanceSyncGroup.\"$i\" s SITE"
		echo "${V}VrrpInstancePriority.\"$i\" u $1"
		echo "${V}VrrpInstanceVersion.\"$i\" u 3"
	done
	echo "${V}VrrpInstanceInterface.\"OUTSIDE\" s lan"
	echo "${V}VrrpInstanceInterface.\"INSIDE\" s srv"
	echo "${V}VrrpInstanceVrid.\"OUTSIDE\" u 51"
	echo "${V}VrrpInstanceVrid.\"INSIDE\" u 52"
	for i in "${VIPS[@]}"; do echo "${V}VrrpAddressPrefixLength.$(vip_index "$i") u 24"; done
	echo "${V}VrrpAddressPrefixLength.\"INSIDE\".ipv4.4.10.1.0.1 u 24"
}
lvs_values() {
	local k i
	for k in nat dr tun; do
		echo "${L}VirtualServerPool.\"web-$k\" s web-$k"
		echo "${L}VirtualServerScheduler.\"web-$k\" i rr"
		for i in 1 2 3; do echo "${L}RealServerForwarding.$(rs_index $k $i) i $k"; done
		echo "${L}CheckType.\"web-$k\".\"http\" i http"
		echo "${L}CheckInterval.\"web-$k\".\"http\" u 1000"
		echo "${L}CheckTimeout.\"web-$k\".\"http\" u 1000"
		echo "${L}CheckRetryDelay.\"web-$k\".\"http\" u 200"
		echo "${L}CheckPath.\"web-$k\".\"http\" s /health"
		echo "${L}CheckStatusCodes.\"web-$k\".\"http\" s 200"
	done
	echo "${L}VirtualServerSorryAddressType.\"web-nat\" i ipv4"
	echo "${L}VirtualServerSorryAddress.\"web-nat\" x 0A010014"
	echo "${L}VirtualServerSorryPort.\"web-nat\" u 80"
}
statuses() { # VALUE: of the rows on standard input
	local kind index
	while read -r kind index; do echo "$(status "$kind" "$index") i $1"; done
}

# kernel DIRECTOR VIRTUAL-SERVER: "ADDRESS WEIGHT" of its destinations
kernel() {
	on "$1" ipvsadm -Ln | awk -v s="${VIPS[$2]}:80" '$1 ~ /^(TCP|UDP|FWM)$/ {its = $2 == s}
		its && $1 == "->" {print $2, $4}' | sort | tr '\n' ' '
}
kernel_services() {
	on "$1" ipvsadm -Ln | grep -c '^TCP'
}
has_service() {
	on "$1" ipvsadm -Ln | grep -q "^TCP  ${VIPS[$2]}:80 rr"
}
kernel_is() { # DIRECTOR VIRTUAL-SERVER WANT
	kernel "$1" "$2"
	[ "$(kernel "$1" "$2")" = "$3" ]
}
NAT3="10.1.0.11:80 1 10.1.0.12:80 1 10.1.0.13:80 1 "
DR3="10.0.0.11:80 1 10.0.0.12:80 1 10.0.0.13:80 1 "
not() {
	! "$@"
}
served() { # TEXT VIRTUAL-SERVER: 30 requests, all answered, by all three
	local name=c$((++CLIENTS)) i
	client "$name" client -n 30 -r 60 "${VIPS[$2]}" 80
	wait "$(pid_of "$name")"
	lab_last_report "$name"
	check_eq "$1: no request fails" "$(count "$name" failed)" 0
	for i in 1 2 3; do check_between "$1: rs$i answers" "$(count "$name" rs$i)" 5 15; done
}
CLIENTS=0
# shellcheck disable=SC2120
generation() { # fails as long as there is none
	get_on "${1:-d1}" DIRECTOR-MIB::drctSystemGeneration.0 | grep -x '[0-9]*'
}

# --- Building ----------------------------------------------------------------

check_soon 30 "the agent of d1 answers" generation
check_soon 30 "the agent of d2 answers" generation d2
check_eq "an empty file has no rows" "$(ctl d1 show pool --all | grep -c web)" 0

note "d1: every row createAndWait, then its pieces, then active"
check "VRRP rows wait" set_lines d1 < <(vrrp_rows | statuses createAndWait)
check_eq "an instance without interface is not ready" \
	"$(get_on d1 "$(status VrrpInstance '"OUTSIDE"')")" notReady
check "VRRP's pieces" set_lines d1 < <(vrrp_values 150)
check_eq "now it could be active" "$(get_on d1 "$(status VrrpInstance '"OUTSIDE"')")" notInService
pause 5
check_not "but is not" has_vip d1 10.0.0.100
check "LVS rows wait" set_lines d1 < <(lvs_rows | statuses createAndWait)
check "LVS' pieces" set_lines d1 < <(lvs_values)
check_eq "the kernel has nothing yet" "$(kernel_services d1)" 0
check "VRRP is active" set_lines d1 < <(vrrp_rows | statuses active)
check "LVS is active" set_lines d1 < <(lvs_rows | statuses active)
for a in "${VIPS[@]}" 10.1.0.1; do check_soon 20 "d1 has $a" has_vip d1 "$a"; done
check_soon 20 "the kernel has LVS-NAT" kernel_is d1 nat "$NAT3"
check_soon 5 "and LVS-DR" kernel_is d1 dr "$DR3"
check_soon 5 "and LVS-Tun" kernel_is d1 tun "$DR3"
check_eq "the forwarding methods" "$(on d1 ipvsadm -Ln | awk '$1 == "->" && /:80/ {print $3}' | sort | uniq -c | xargs)" \
	"3 Masq 3 Route 3 Tunnel"

note "d2: all of it in one PDU, in random order"
{
	vrrp_rows
	lvs_rows
} | statuses createAndGo > "$T/pdu"
{
	vrrp_values 100
	lvs_values
} >> "$T/pdu"
shuf --random-source=<(yes "$SEED") "$T/pdu" > "$T/shuffled"
check "$(wc -l < "$T/shuffled") variables" set_lines d2 < "$T/shuffled"
check_soon 20 "d2's kernel has LVS-NAT" kernel_is d2 nat "$NAT3"
check_eq "d2 is backup" "$(get_on d2 "${V}VrrpInstanceState.\"OUTSIDE\"")" backup
check_eq "one transaction" "$(ctl d2 show config_change --json | grep -o '"generation": *[0-9]*' | sort -u | wc -l)" 1
check_not "d2 has no VIP" has_vip d2 10.0.0.100

for k in nat dr tun; do served "LVS-$k" $k; done

# --- Dying -------------------------------------------------------------------

rows_of() { # DIRECTOR: all rows and their configuration
	local t
	for t in SyncGroup VrrpInstance VrrpAddress; do
		snmp manager walk -OQ "${ADDRESS[$1]}" "${V}${t}RowStatus"
		snmp manager walk -OQ "${ADDRESS[$1]}" "${V}${t}Storage"
	done
	for t in Pool RealServer Check VirtualServer VirtualService; do
		snmp manager walk -OQ "${ADDRESS[$1]}" "${L}${t}RowStatus"
		snmp manager walk -OQ "${ADDRESS[$1]}" "${L}${t}Storage"
	done
	snmp manager walk -OQ "${ADDRESS[$1]}" "${V}VrrpInstancePriority"
	snmp manager walk -OQ "${ADDRESS[$1]}" "${L}CheckPath"
	snmp manager walk -OQ "${ADDRESS[$1]}" "${L}VirtualServerSorryAddress"
}
rows_of d1 > "$T/before" 2>&1
check_eq "all rows are active" "$(grep -c 'RowStatus.* = active' "$T/before")" 28
moves=$(get_on d2 "${V}VrrpInstanceBecameMaster.\"OUTSIDE\"")
client through client -r 30 10.0.0.100 80
pause 2
old=("$(pid_of director-d1)" "$(pid_of director-d2)")
director_next d1
director_next d2
pause 3 # until they wait
kill -KILL -- "-${old[0]}" "-${old[1]}"
wait "${old[@]}" 2>/dev/null
check_soon 30 "started again: d1's agent answers" generation
check_soon 30 "and it is master" sh -c "[ \"\$('$BUILD/directorctl' --state-dir '$T/d1/state' show vrrp_instance --json |
	grep -c '\"state\": *\"master\"')\" -eq 2 ]"
rows_of d1 > "$T/after" 2>&1
check "all rows are there" diff "$T/before" "$T/after"
pause 2
client_end through
check_between "requests during the kill" "$(count through requests)" 50 100000
check_eq "no request fails" "$(count through failed)" 0
check_eq "the backup never moved" "$(get_on d2 "${V}VrrpInstanceBecameMaster.\"OUTSIDE\"")" "$moves"
for k in nat dr tun; do served "afterwards LVS-$k" $k; done

crash d1
check_soon 20 "d1 loses its power: d2 takes over" has_vip d2 10.0.0.100
for k in nat dr tun; do served "by d2, LVS-$k" $k; done
power_on d1
snmpd_start d1
for a in "${VIPS[@]}" 10.1.0.1; do
	for n in lan srv; do on d1 ip addr del "$a/24" dev $n 2>/dev/null; done
done
on d1 ipvsadm -C
director d1
check_soon 30 "d1 starts on an empty kernel and takes over" has_vip d1 10.0.0.100
check_soon 20 "d2 gives way" not has_vip d2 10.0.0.100
check_soon 20 "d1's kernel has all" kernel_is d1 nat "$NAT3"
for k in nat dr tun; do served "again by d1, LVS-$k" $k; done
check_soon 30 "d1's agent answers" generation

# --- Out of service and back --------------------------------------------------

# with_row KIND INDEX VALUE
with_row() {
	set_on d1 "$(status "$1" "$2")" i "$3"
}
check "a real server out of service" with_row RealServer "$(rs_index nat 2)" notInService
check_soon 5 "leaves the kernel" kernel_is d1 nat "10.1.0.11:80 1 10.1.0.13:80 1 "
check "and back" with_row RealServer "$(rs_index nat 2)" active
check_soon 10 "returns" kernel_is d1 nat "$NAT3"
check "a virtual service out of service" with_row VirtualService "$(service_index dr)" notInService
check_soon 5 "leaves the kernel" not has_service d1 dr
check "and back" with_row VirtualService "$(service_index dr)" active
check_soon 5 "returns" kernel_is d1 dr "$DR3"
check "a virtual server out of service" with_row VirtualServer '"web-tun"' notInService
check_soon 5 "leaves the kernel" not has_service d1 tun
check_eq "its service says active, being out of effect only" \
	"$(get_on d1 "$(status VirtualService "$(service_index tun)")")" active
check_match "a pool that is in use cannot be" "$(with_row Pool '"web-dr"' notInService 2>&1)" inconsistentValue
check "one that no virtual server in service uses can" with_row Pool '"web-tun"' notInService
check_not "a virtual server without its pool cannot come back" with_row VirtualServer '"web-tun"' active
check "both together" set_on d1 "$(status VirtualServer '"web-tun"')" i active "$(status Pool '"web-tun"')" i active
check_soon 10 "are in the kernel" kernel_is d1 tun "$DR3"

check "a check out of service" with_row Check '"web-nat"."http"' notInService
health rs1 503
check_soon 15 "the other pools see rs1 go" kernel_is d1 dr "10.0.0.12:80 1 10.0.0.13:80 1 "
check_eq "the pool without a check does not" "$(kernel d1 nat)" "$NAT3"
check "and back" with_row Check '"web-nat"."http"' active
check_soon 15 "it does" kernel_is d1 nat "10.1.0.12:80 1 10.1.0.13:80 1 "
health rs1 200
check_soon 15 "rs1 returns" kernel_is d1 nat "$NAT3"
for i in 1 2 3; do health rs$i 503; done
check_soon 15 "without any real server, the sorry server" kernel_is d1 nat "10.1.0.20:80 1 "
for i in 1 2 3; do health rs$i 200; done
check_soon 15 "until they return" kernel_is d1 nat "$NAT3"
check_soon 15 "in all pools" kernel_is d1 tun "$DR3"

check "an address out of service" with_row VrrpAddress "$(vip_index 10.0.0.102)" notInService
check_soon 5 "is removed" not has_vip d1 10.0.0.102
check "the others stay" has_vip d1 10.0.0.100
check "and back" with_row VrrpAddress "$(vip_index 10.0.0.102)" active
check_soon 5 "is set again" has_vip d1 10.0.0.102

both() {
	set_on d1 "$(status VrrpInstance '"OUTSIDE"')" i "$1" "$(status VrrpInstance '"INSIDE"')" i "$1"
}
zero() {
	get_on d2 "${V}VrrpStatisticsZeroReceived.\"OUTSIDE\""
}
was=$(zero)
check "the instances out of service" both notInService
check_soon 5 "d1 has no VIP" not has_vip d1 10.0.0.100
check_soon 5 "d2 has it" has_vip d2 10.0.0.100
resigned() { # counters are reported about each second
	[ "$(zero)" -eq $((was + 1)) ]
}
check_soon 5 "d1 resigned: advertisements of priority 0" resigned
pause 3
check_eq "and is silent: d2 stays master" "$(get_on d2 "${V}VrrpInstanceState.\"INSIDE\"")" master
served "by d2" nat
check "and back" both active
check_soon 20 "d1 takes over" has_vip d1 10.0.0.100
check_soon 10 "d2 gives way" not has_vip d2 10.0.0.100
check_soon 5 "the inside address too" has_vip d1 10.1.0.1

# --- Values that change while traffic goes --------------------------------------

kernel_says() { # SERVICE-LINE-REGEX
	on d1 ipvsadm -Ln | grep -Eq -- "$1"
}
check "drain" set_on d1 "${L}RealServerAdminState.$(rs_index nat 1)" i drain
check_soon 5 "weight 0 in the kernel" kernel_is d1 nat "10.1.0.11:80 0 10.1.0.12:80 1 10.1.0.13:80 1 "
check "enable" set_on d1 "${L}RealServerAdminState.$(rs_index nat 1)" i enabled
check_soon 5 "as before" kernel_is d1 nat "$NAT3"
check "weight" set_on d1 "${L}RealServerWeight.$(rs_index nat 1)" i 65535
check_soon 5 "in the kernel" kernel_is d1 nat "10.1.0.11:80 65535 10.1.0.12:80 1 10.1.0.13:80 1 "
check "weight back" set_on d1 "${L}RealServerWeight.$(rs_index nat 1)" i 1
check "persistence" set_on d1 "${L}VirtualServerPersistenceTimeout.\"web-nat\"" u 77
check_soon 5 "in the kernel" kernel_says '^TCP  10.0.0.100:80 rr persistent 77$'
check "its prefix" set_on d1 "${L}VirtualServerPersistencePrefix.\"web-nat\"" u 24
check_soon 5 "in the kernel" kernel_says '^TCP  10.0.0.100:80 rr persistent 77 mask 255.255.255.0'
# effect: virtual_server.scheduler_port virtual_server.scheduler_fallback
check "scheduler and its flags" set_on d1 "${L}VirtualServerScheduler.\"web-nat\"" i sh \
	"${L}VirtualServerSchedulerPort.\"web-nat\"" i true "${L}VirtualServerSchedulerFallback.\"web-nat\"" i true
check_soon 5 "in the kernel" kernel_says '^TCP  10.0.0.100:80 sh \(sh-fallback,sh-port\) persistent 77'
# effect: real_server.upper_threshold real_server.lower_threshold
check "thresholds" set_on d1 "${L}RealServerUpperThreshold.$(rs_index nat 1)" u 1000 \
	"${L}RealServerLowerThreshold.$(rs_index nat 1)" u 500
thresholds() {
	on d1 ipvsadm -Ln --thresholds | awk '$2 == "10.1.0.11:80" {print $3, $4}'
}
check_soon 5 "in the kernel" sh -c "$(declare -f on thresholds); NS_PREFIX='$NS_PREFIX'; [ \"\$(thresholds)\" = '1000 500' ]"
# effect: real_server.forwarding
check "forwarding" set_on d1 "${L}RealServerForwarding.$(rs_index nat 1)" i dr
check_soon 5 "in the kernel" kernel_says '10.1.0.11:80 +Route'
check "a quorum" set_on d1 "${L}VirtualServerQuorum.\"web-nat\"" u 4
check_soon 5 "not reached: the sorry server" kernel_is d1 nat "10.1.0.11:80 0 10.1.0.12:80 0 10.1.0.13:80 0 10.1.0.20:80 1 "
before=$(generation)
# effect: control.rollback
check "back to what was before" set_on d1 DIRECTOR-MIB::drctControlRollback.0 u $((before - 8))
check_soon 5 "all of it in one step" kernel_is d1 nat "$NAT3"
check_soon 5 "also the service" kernel_says '^TCP  10.0.0.100:80 rr *$'
check_eq "one generation more" "$(generation)" $((before + 1))

vrrp_address_line() {
	on d1 ip -o addr show | grep " $1/"
}
check "an address' prefix length, scope and label" set_on d1 \
	"${V}VrrpAddressPrefixLength.$(vip_index 10.0.0.102)" u 28 \
	"${V}VrrpAddressScope.$(vip_index 10.0.0.102)" u 253 \
	"${V}VrrpAddressLabelText.$(vip_index 10.0.0.102)" s lan:tun
check_soon 5 "in the kernel" sh -c "$(declare -f on vrrp_address_line); NS_PREFIX='$NS_PREFIX';
	vrrp_address_line 10.0.0.102 | grep -q '10.0.0.102/28 scope link.* lan:tun'"
check "its interface" set_on d1 "${V}VrrpAddressInterface.$(vip_index 10.0.0.102)" s srv \
	"${V}VrrpAddressLabelText.$(vip_index 10.0.0.102)" s ''
check_soon 5 "in the kernel" sh -c "$(declare -f on vrrp_address_line); NS_PREFIX='$NS_PREFIX';
	vrrp_address_line 10.0.0.102 | grep -q ': srv .*10.0.0.102/28'"
check "and back" set_on d1 "${V}VrrpAddressInterface.$(vip_index 10.0.0.102)" s ''
adverts() {
	get_on d2 "${V}VrrpStatisticsAdvertsReceived.\"OUTSIDE\""
}
check "advertisements ten times as often" set_on d1 "${V}VrrpInstanceAdvertInterval.\"OUTSIDE\"" u 10
pause 2
from=$(now_ms)
was=$(adverts)
pause 4
check_between "in 1000 s, as d2 counts them" $((($(adverts) - was) * 1000000 / ($(now_ms) - from))) 4000 13000
check "and back" set_on d1 "${V}VrrpInstanceAdvertInterval.\"OUTSIDE\"" u 100
check "a lower priority than d2's" set_on d1 "${V}VrrpInstancePriority.\"OUTSIDE\"" u 50 \
	"${V}VrrpInstancePriority.\"INSIDE\"" u 50
check_soon 15 "d2 takes over" has_vip d2 10.0.0.100
check_soon 15 "d1 gives way" not has_vip d1 10.0.0.100
check "no preemption, and the higher priority again" set_on d1 "${V}VrrpInstancePreempt.\"OUTSIDE\"" i false \
	"${V}VrrpInstancePreempt.\"INSIDE\"" i false "${V}VrrpInstancePriority.\"OUTSIDE\"" u 150 \
	"${V}VrrpInstancePriority.\"INSIDE\"" u 150
pause 5
check "d2 keeps it" has_vip d2 10.0.0.100
check "with preemption" set_on d1 "${V}VrrpInstancePreempt.\"OUTSIDE\"" i true "${V}VrrpInstancePreempt.\"INSIDE\"" i true
check_soon 15 "d1 takes over" has_vip d1 10.0.0.100
check_soon 15 "d2 gives way" not has_vip d2 10.0.0.100

# --- Destroying, and going back ---------------------------------------------------

kept=$(generation)
check_match "a pool in use cannot be destroyed" "$(with_row Pool '"web-tun"' destroy 2>&1)" inconsistentValue
check "drain all of web-tun" set_on d1 "${L}RealServerAdminState.$(rs_index tun 1)" i drain \
	"${L}RealServerAdminState.$(rs_index tun 2)" i drain "${L}RealServerAdminState.$(rs_index tun 3)" i drain
check_soon 5 "weights 0" kernel_is d1 tun "10.0.0.11:80 0 10.0.0.12:80 0 10.0.0.13:80 0 "
check "destroy the virtual server, its pool and its address in one PDU" set_on d1 \
	"$(status Pool '"web-tun"')" i destroy "$(status VirtualServer '"web-tun"')" i destroy \
	"$(status VrrpAddress "$(vip_index 10.0.0.102)")" i destroy
check_soon 5 "the service is gone" not has_service d1 tun
check_soon 5 "and the address" not has_vip d1 10.0.0.102
check_eq "with all that belonged to them" \
	"$(for t in RealServer Check VirtualService CheckResult Destination; do ctl d1 show "$(
		case $t in RealServer) echo real_server ;; Check) echo check ;; VirtualService) echo virtual_service ;;
		CheckResult) echo check_result ;; *) echo destination ;; esac
	)" --all; done | grep -c web-tun)" 0
check "a real server" with_row RealServer "$(rs_index nat 3)" destroy
check_soon 5 "leaves the kernel" kernel_is d1 nat "10.1.0.11:80 1 10.1.0.12:80 1 "
check "the instances and their group" set_on d1 "$(status SyncGroup '"SITE"')" i destroy \
	"$(status VrrpInstance '"OUTSIDE"')" i destroy "$(status VrrpInstance '"INSIDE"')" i destroy
check_soon 5 "their addresses are gone" not has_vip d1 10.0.0.100
check_soon 5 "also inside" not has_vip d1 10.1.0.1
check_soon 10 "d2 has them" has_vip d2 10.0.0.100
check_soon 10 "and traffic goes on" kernel_is d2 nat "$NAT3"
served "by d2" nat
check "all of this is rolled back" set_on d1 DIRECTOR-MIB::drctControlRollback.0 u "$kept"
check_soon 20 "d1 takes over" has_vip d1 10.0.0.100
check_soon 20 "the addresses" has_vip d1 10.0.0.102
check_soon 20 "LVS-Tun" kernel_is d1 tun "$DR3"
check_soon 20 "LVS-NAT" kernel_is d1 nat "$NAT3"
check_soon 20 "d2 gives way" not has_vip d2 10.0.0.100
rows_of d1 > "$T/after" 2>&1
check "all rows are as they were" diff "$T/before" "$T/after"
for k in nat dr tun; do served "rolled back, LVS-$k" $k; done

# --- A change that cuts the manager off -------------------------------------------

check "the manager speaks to the VIP" generation vip
# effect: control.confirm_timeout
SNMP_TIMEOUT=1 set_on vip DIRECTOR-MIB::drctControlConfirmTimeout.0 u 12 \
	"$(status VrrpAddress "$(vip_index 10.0.0.100)")" i destroy >/dev/null 2>&1
check_soon 2 "to be confirmed, it destroys the VIP" not has_vip d1 10.0.0.100
check_between "seconds that are left" "$(get_on d1 DIRECTOR-MIB::drctControlConfirmTimeout.0)" 1 12
check_soon 20 "nobody confirms: it is back by itself" has_vip d1 10.0.0.100
check_soon 20 "and the manager again" generation vip
check "the same, and a kill before the time" set_on d1 DIRECTOR-MIB::drctControlConfirmTimeout.0 u 3600 \
	"$(status VrrpAddress "$(vip_index 10.0.0.100)")" i destroy
check_soon 5 "the VIP is gone" not has_vip d1 10.0.0.100
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 30 "started again, it is back" has_vip d1 10.0.0.100
check_soon 30 "the agent answers" generation
check "the same, confirmed" set_on d1 DIRECTOR-MIB::drctControlConfirmTimeout.0 u 4 \
	"$(status VrrpAddress "$(vip_index 10.0.0.101)")" i destroy
check "confirm" set_on d1 DIRECTOR-MIB::drctControlConfirmTimeout.0 u 0
pause 6
check_not "it stays" has_vip d1 10.0.0.101
check_eq "nothing waits for confirmation" "$(get_on d1 DIRECTOR-MIB::drctControlConfirmTimeout.0)" 0

# effect: control.revert
check "back to the file, which is empty" set_on d1 DIRECTOR-MIB::drctControlRevert.0 s all
check_soon 10 "no address" not has_vip d1 10.0.0.100
check_soon 10 "no service" sh -c "$(declare -f on kernel_services); NS_PREFIX='$NS_PREFIX'; [ \"\$(kernel_services d1)\" -eq 0 ]"
for d in d1 d2; do
	check_eq "no process of $d died" "$(ctl $d show process --json | grep -o '"restarts": *[0-9]*' | sort -u)" \
		'"restarts": 0'
done
end_of_test
