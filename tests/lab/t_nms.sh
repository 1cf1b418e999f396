#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# Network management systems at a running agent, with the files of etc/: Prometheus' snmp_exporter,
# snmptrapd with snmptt, and what Zabbix' template asks for. The agent is on rows of its own
# (agent_rig.c). Each part is skipped where its program is not installed.
. "$(dirname "$0")/tap.sh"
need snmpd snmpwalk snmptrapd snmpset

host m
AGENTX=$T/m/agentx
ETC=$BUILD/etc/configured

mkdir -p "$T/m/run"
mkfifo "$T/m/in"
: > "$T/m/answers"
snmpd m 127.0.0.1
start rig m bash -c 'exec "$0" "$1" "$2" 3 <"$3" >>"$4"' "$BUILD/agent-rig" "$T/m/run" "$AGENTX" "$T/m/in" "$T/m/answers"
exec {rig_in}> "$T/m/in"
tell() {
	local n
	n=$(wc -l < "$T/m/answers")
	echo "$*" >&"$rig_in"
	wait_for 5 answered "$n" && tail -n 1 "$T/m/answers"
}
answered() {
	[ "$(wc -l < "$T/m/answers")" -gt "$1" ]
}
answers() { snmp m get -Ovq 127.0.0.1 DIRECTOR-MIB::drctSystemVersion.0 2>&1 | grep -q rig; }
check_soon 10 "the agent answers" answers

# Values to be found again: of all types, the counters with more than 32 bits.
sets() {
	local line
	while read -r line; do
		[ "$(tell "set $line")" = set ] || fail "$line" "$(tail -n 1 "$T/m/answers")"
	done <<- 'ROWS'
		real_server weight 7 web 10.0.0.1 80
		real_server state down web 10.0.0.1 80
		real_server state up web 10.0.0.2 80
		real_server admin_state drain web 10.0.0.2 80
		real_server active_connections 4000000000 web 10.0.0.2 80
		real_server transitions 9 web 10.0.0.1 80
		pool servers_up 1 web
		virtual_server pool web www
		virtual_server state sorry www
		virtual_server scheduler sh www
		virtual_service connections 5000000001 www tcp 192.0.2.1 80
		virtual_service bytes_in 9007199254740991 www udp 2001:db8::1 53
		virtual_service installed on www tcp 192.0.2.1 80
		destination bytes_out 77 www tcp 192.0.2.1 80 10.0.0.1 80
		check_result latency 0.001234 web 10.0.0.1 80 tcp
		check_result state up web 10.0.0.1 80 tcp
		vrrp_instance state master VI_1
		vrrp_instance interface eth7 VI_1
		vrrp_instance master_address 192.0.2.7 VI_1
		vrrp_statistics adverts_sent 6000000000 VI_1
		vrrp_address present on VI_1 192.0.2.1
		sync_group members 2 VG_1
		process restarts 3 agent
		process memory 4321 agent
		process state running agent
	ROWS
}
sets

# --- Prometheus --------------------------------------------------------------

scrape() { on m curl -sS --max-time 60 'http://127.0.0.1:9116/snmp?module=directord&target=127.0.0.1'; }
scraped() {
	scrape > "$T/m/metrics" && grep -q '^drctSystemGeneration' "$T/m/metrics"
}
# metric NAME LABELS VALUE: these labels in the order of their names, and no others
metric() {
	local got
	got=$(grep -F -- "$1{$2} " "$T/m/metrics" | sed 's/.* //')
	check_eq "$1 of $2" "$got" "$3"
}
if type -P prometheus-snmp-exporter >/dev/null; then
	start exporter m prometheus-snmp-exporter --config.file="$ETC/snmp_exporter-0.21.yml" --web.listen-address=127.0.0.1:9116
	check_soon 20 "snmp_exporter reads the agent" scraped
	check_not "without an error" grep 'level=\(error\|warn\)' "$T/exporter.log"
	metric drctRealServerWeight 'address="10.0.0.1",pool="web",port="80"' 7
	metric drctRealServerState 'address="10.0.0.1",drctRealServerState="down",pool="web",port="80"' 1
	metric drctRealServerState 'address="10.0.0.1",drctRealServerState="up",pool="web",port="80"' 0
	metric drctRealServerState 'address="10.0.0.2",drctRealServerState="up",pool="web",port="80"' 1
	metric drctRealServerState 'address="10.0.0.0",drctRealServerState="unknown",pool="web",port="80"' 1
	metric drctRealServerAdminState 'address="10.0.0.2",drctRealServerAdminState="drain",pool="web",port="80"' 1
	metric drctRealServerActiveConnections 'address="10.0.0.2",pool="web",port="80"' 4e+09
	metric drctRealServerTransitions 'address="10.0.0.1",pool="web",port="80"' 9
	metric drctRealServerEffectiveWeight 'address="10.0.0.1",pool="web",port="80"' -1
	metric drctPoolServersUp 'pool="web"' 1
	metric drctVirtualServerState 'drctVirtualServerState="sorry",pool="web",virtual_server="www"' 1
	metric drctVirtualServerScheduler_info 'drctVirtualServerScheduler="sh",pool="web",virtual_server="www"' 1
	metric drctVirtualServiceConnections 'address="192.0.2.1",pool="web",port="80",protocol="tcp",virtual_server="www"' 5.000000001e+09
	metric drctVirtualServiceBytesIn 'address="2001:0DB8:0000:0000:0000:0000:0000:0001",pool="web",port="53",protocol="udp",virtual_server="www"' 9.007199254740991e+15
	metric drctVirtualServiceInstalled 'address="192.0.2.1",pool="web",port="80",protocol="tcp",virtual_server="www"' 1
	metric drctVirtualServiceInstalled 'address="2001:0DB8:0000:0000:0000:0000:0000:0001",pool="web",port="53",protocol="udp",virtual_server="www"' 0
	metric drctDestinationBytesOut 'address="10.0.0.1",pool="web",port="80",protocol="tcp",service_address="192.0.2.1",service_port="80",virtual_server="www"' 77
	metric drctCheckResultLatency 'address="10.0.0.1",check="tcp",pool="web",port="80"' 1234
	metric drctCheckResultState 'address="10.0.0.1",check="tcp",drctCheckResultState="up",pool="web",port="80"' 1
	metric drctVrrpInstanceState 'drctVrrpInstanceState="master",vrrp_instance="VI_1"' 1
	metric drctVrrpInstanceState 'drctVrrpInstanceState="backup",vrrp_instance="VI_1"' 0
	metric drctVrrpInstanceInterface 'drctVrrpInstanceInterface="eth7",vrrp_instance="VI_1"' 1
	metric drctVrrpInstanceMasterLabel 'drctVrrpInstanceMasterLabel="192.0.2.7",vrrp_instance="VI_1"' 1
	metric drctVrrpStatisticsAdvertsSent 'vrrp_instance="VI_1"' 6e+09
	metric drctVrrpAddressPresent 'address="192.0.2.1",vrrp_instance="VI_1"' 1
	metric drctSyncGroupMembers 'sync_group="VG_1"' 2
	metric drctProcessRestarts 'process="agent"' 3
	metric drctProcessMemory 'process="agent"' 4321
	metric drctProcessState 'drctProcessState="running",process="agent"' 1
	metric drctSystemVersion 'drctSystemVersion="rig"' 1
	check_match "a counter is one for Prometheus, with its meaning" "$(grep 'drctVirtualServiceBytesIn ' "$T/m/metrics")" \
		'# HELP drctVirtualServiceBytesIn Bytes from clients.*# TYPE drctVirtualServiceBytesIn counter'
	# every metric of the file is there, of each row that there is
	check_eq "each metric of the file is scraped" \
		"$(sed -n 's/^# TYPE \(drct[A-Za-z]*\)\(_info\)\? .*/\1/p' "$T/m/metrics" | sort)" \
		"$(sed -n 's/^ *- name: //p' "$ETC/snmp_exporter-0.21.yml" | sort)"
	stop exporter
else
	skip "Prometheus" "no prometheus-snmp-exporter here"
fi

# --- Zabbix ------------------------------------------------------------------

if python3 -c 'import yaml' 2>/dev/null; then
	# what it does: the columns of a discovery, then each item of each row
	snmp m walk -On 127.0.0.1 "$OID_ROOT" > "$T/m/walk" 2>&1
	check "each item and each discovery of Zabbix' template is served, in its type" \
		python3 "$SRC/tests/unit/nms_zabbix.py" "$ETC/zabbix-template.yaml" "$T/m/walk"
else
	skip "Zabbix" "no python3-yaml here"
fi

# --- snmptt ------------------------------------------------------------------

# snmptt FILE: its settings, from Debian's
snmptt_ini() {
	sed -e "s|^log_file *=.*|log_file = $T/m/snmptt.log|; s|^mode *=.*|mode = standalone|" \
		-e 's|^syslog_enable *=.*|syslog_enable = 0|; s|^syslog_system_enable *=.*|syslog_system_enable = 0|' \
		-e "s|^unknown_trap_log_enable *=.*|unknown_trap_log_enable = 1|" \
		-e "s|^unknown_trap_log_file *=.*|unknown_trap_log_file = $T/m/snmptt.unknown|" \
		-e "s|^/etc/snmp.*/snmptt\.conf\$|$ETC/snmptt.conf|" /etc/snmp/snmptt.ini > "$T/m/snmptt.ini"
}
told() { grep -cF -- "$1" "$T/m/snmptt.log" 2>/dev/null | grep -qx 1; }
# trap EVENT SEVERITY NAME TEXT: the event's notification becomes this line, once
trap_says() {
	tell "event $1" > /dev/null
	check_soon 15 "$3 of severity $2: $4" told " $2 \"Status Events\" localhost - $4" ||
		note "$(cat "$T/m/snmptt.log" "$T/m/snmptt.unknown" 2>&1)"
}
if type -P snmptt >/dev/null; then
	snmptt_ini
	: > "$T/m/snmptt.log"
	{
		echo 'disableAuthorization yes'
		# as etc/snmptrapd.conf has it, with settings of the test
		sed -n "s|^#*traphandle default .*|traphandle default /usr/sbin/snmptt --ini=$T/m/snmptt.ini|p" "$SRC/etc/snmptrapd.conf"
	} > "$T/m/snmptrapd.conf"
	start snmptrapd m env SNMP_PERSISTENT_DIR="$T/m/snmp" MIBS= snmptrapd -f -On -Lo -C -c "$T/m/snmptrapd.conf" udp:162
	wait_for 20 lab_udp_port m 162
	trap_says '2 web 10.0.0.1 80|up|down|no answer' Major drctRealServerNewState 'Real server web 10.0.0.1 80: down, was up: no answer'
	trap_says '2 web 10.0.0.1 80|down|up|it answers' Normal drctRealServerNewState 'Real server web 10.0.0.1 80: up, was down: it answers'
	trap_says '3 www|up|sorry|weight 0 of 1' Major drctVirtualServerNewState 'Virtual server www: sorry, was up: weight 0 of 1'
	trap_says '3 www|sorry|down|none' Critical drctVirtualServerNewState 'Virtual server www: down, was sorry: none'
	trap_says '1 VI_1|backup|master|no advertisement' Warning drctVrrpNewState 'VRRP instance VI_1: master, was backup: no advertisement'
	trap_says '1 VI_1|master|fault|eth0 is down' Major drctVrrpNewState 'VRRP instance VI_1: fault, was master: eth0 is down'
	trap_says '1 VI_1|fault|strange|who knows' Warning drctVrrpNewState 'VRRP instance VI_1: strange, was fault: who knows'
	trap_says '4 agent|running|waiting|signal 9' Major drctProcessNewState 'Process agent: waiting, was running: signal 9'
	trap_says '5 system||17|2 rows changed by SNMP' Normal drctConfigChanged 'The configuration was changed (17): 2 rows changed by SNMP'
	trap_says '6 system|ok|failed|disk full' Critical drctDatastoreTrouble 'The datastore has a problem, or it is over (failed): disk full'
	trap_says '6 system|failed|ok|it works again' Normal drctDatastoreTrouble 'The datastore has a problem, or it is over (ok): it works again'
	check_eq "one line each" "$(grep -c ' "Status Events" ' "$T/m/snmptt.log")" 11
	check_not "snmptt knows them all" test -s "$T/m/snmptt.unknown"
	stop snmptrapd
else
	skip "snmptt" "no snmptt here"
fi

# --- The samples of snmpd.conf and snmptrapd.conf ------------------------------

# with users, and the test's places in the stead of the system's
users() {
	local user
	for user in "$@"; do echo "createUser $user SHA-256 \"a long password\" AES \"another one\""; done
}
stop snmpd-m
{
	users monitor operator healer
	sed "s|^agentAddress .*|agentAddress udp:161|; s|^agentXSocket .*|agentXSocket unix:$AGENTX|
		s|^agentXPerms .*|agentXPerms 0777 0777|; s|manager.example.net|127.0.0.1|" "$ETC/snmpd.conf"
} > "$T/m/snmpd.conf"
{
	grep -v '^format2' "$SRC/etc/snmptrapd.conf"
	echo 'format2 %B %v\n'
} > "$T/m/snmptrapd.conf"
: > "$T/m/traps"
# Its engine's keys are its own, so its folder is, too.
start snmptrapd m env SNMP_PERSISTENT_DIR="$T/m/trapd" snmptrapd -f -n -t -Lf "$T/m/traps" -C -c "$T/m/snmptrapd.conf" -M "$MIBS_PATH" -m ALL udp:162
wait_for 20 lab_udp_port m 162
snmpd_start m
v3() { # USER TOOL ARG...
	local user=$1 tool=$2
	shift 2
	on m env SNMP_PERSISTENT_DIR="$T/m/v3" SNMPCONFPATH="$T/m/v3" "snmp$tool" -M "$MIBS_PATH" -m ALL -v3 -l authPriv \
		-u "$user" -a SHA-256 -A "a long password" -x AES -X "another one" -t 5 -r 1 "$@" 2>&1
}
reads() { v3 "$1" get -OvqU 127.0.0.1 DIRECTOR-MIB::drctSystemVersion.0 | grep -qx rig; }
RS=DIRECTOR-LVS-MIB::drctRealServer
R1='"web".ipv4.4.10.0.0.1.80'
PRIORITY='DIRECTOR-VRRP-MIB::drctVrrpInstancePriority."VI_1"'
check_soon 20 "monitor reads" reads monitor
check_soon 5 "operator reads" reads operator
check_soon 5 "healer reads" reads healer
check_match "monitor writes nothing" "$(v3 monitor set 127.0.0.1 "${RS}AdminState.$R1" = drain)" 'noAccess|authorizationError'
check_match "healer drains" "$(v3 healer set 127.0.0.1 "${RS}AdminState.$R1" = drain)" 'drain\(2\)'
check_match "and does no more" "$(v3 healer set 127.0.0.1 "${RS}Weight.$R1" = 3)" 'noAccess|authorizationError'
check_match "operator changes a weight" "$(v3 operator set 127.0.0.1 "${RS}Weight.$R1" = 3)" 'INTEGER: 3$'
check_match "and not who is master" "$(v3 operator set 127.0.0.1 "$PRIORITY" = 3)" 'noAccess|authorizationError'
check_match "who has no version 3 user gets no answer" "$(SNMP_TIMEOUT=1 snmp m get 127.0.0.1 DIRECTOR-MIB::drctSystemVersion.0 2>&1)" 'Timeout'
tell 'event 2 web 10.0.0.1 80|up|down|no answer' > /dev/null
# snmpd repeats one for some seconds only, which a busy machine can take: then the next one
inform() {
	has_trap "$@" || { tell 'event 2 web 10.0.0.1 80|up|down|no answer' && pause 5 && has_trap "$@"; }
}
check_soon 15 "an inform arrives" inform m 'drctRealServerNewState.*drctRealServerState."web".ipv4."10.0.0.1".80 = INTEGER: down\(3\)'
end_of_test
