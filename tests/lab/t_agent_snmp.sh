#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# The agent with a real snmpd and the tools of a manager, on rows of its own (agent_rig.c):
# walks, SETs and their errors, and notifications while snmpd stops, hangs, dies and comes late.
. "$(dirname "$0")/tap.sh"
need snmpd snmptrapd snmpwalk snmpbulkwalk snmpset

host m
AGENTX=$T/m/agentx
LVS=DIRECTOR-LVS-MIB::drctRealServer
FIRST='"web".ipv4.4.10.0.0.0.80'
SECOND='"web".ipv4.4.10.0.0.1.80'

# rig SERVERS: the agent. tell COMMAND: its answer
rig() {
	mkdir -p "$T/m/run"
	mkfifo "$T/m/in.$1"
	start rig m bash -c 'exec "$0" "$1" "$2" "$3" <"$4" >>"$5"' \
		"$BUILD/agent-rig" "$T/m/run" "$AGENTX" "$1" "$T/m/in.$1" "$T/m/answers"
	exec {rig_in}> "$T/m/in.$1"
}
tell() {
	local n
	n=$(wc -l < "$T/m/answers")
	echo "$*" >&"$rig_in"
	wait_for 5 answered "$n" && tail -n 1 "$T/m/answers"
}
answered() {
	[ "$(wc -l < "$T/m/answers")" -gt "$1" ]
}
: > "$T/m/answers"

s() {
	local tool=$1
	shift
	snmp m "$tool" "$@" 2>&1
}
walk() { s walk -On 127.0.0.1 "$OID_ROOT"; }
bulkwalk() { s bulkwalk "-Cr${1:-50}" -On 127.0.0.1 "$OID_ROOT"; }
answers() { s get -Ovq 127.0.0.1 DIRECTOR-MIB::drctSystemVersion.0 | grep -q rig; }
value() { s get -OvqU 127.0.0.1 "$1"; }

# Each notification's number, in the order in which they came
numbers() { sed -n 's/.*drctEventSubject\.\([0-9]*\) .*/\1/p' "$T/m/traps" | tr '\n' ' '; }
last_is() { [[ $(numbers) =~ (^|' ')$1' '$ ]]; }

# --- snmpd comes late ------------------------------------------------------

snmptrapd m
rig 1
pause 1
check_match "without snmpd the agent lives and says why" "$(cat "$T/rig.log")" 'no AgentX master agent at .*agentx'
check_eq "an event before snmpd is there" "$(tell 'event 2 web 10.0.0.0 80|up|down|no answer')" "event 1"
snmpd m 127.0.0.1
check_soon 10 "a late snmpd is found" answers
check_soon 10 "the event's notification arrives" last_is 1
check_match "it carries the state, typed and with its full index" "$(cat "$T/m/traps")" \
	'drctRealServerNewState.*drctEventReason.1 = STRING: "?no answer"?.*drctRealServerState."web".ipv4."10.0.0.0".80 = INTEGER: down\(3\)'

# --- Walks -----------------------------------------------------------------

w=$(walk)
check_eq "GETBULK finds what GETNEXT does (1 server)" "$(bulkwalk)" "$w"
check_eq "GETBULK 1 at a time, too" "$(bulkwalk 1)" "$w"
check_eq "every OID is there once, in order" \
	"$(sed 's/ = .*//; s/^\.//' <<< "$w" | sort -t. -V -u)" "$(sed 's/ = .*//; s/^\.//' <<< "$w")"
check_between "objects seen" "$(wc -l <<< "$w")" 250 2000
check_match "the walk ends at the end" "$(s getnext -On 127.0.0.1 "$(tail -n 1 <<< "$w" | sed 's/ = .*//')")" \
	'No more variables|No Such|^\.1\.3\.6\.1\.(6|5|4\.1\.(80[89]|8[1-9]))'
check_match "no such instance" "$(s get 127.0.0.1 "${LVS}Weight.\"web\".ipv4.4.10.9.9.9.80")" 'No Such Instance'
check_match "no such object" "$(s get 127.0.0.1 "$OID_ROOT.2.1.2.1.99.1")" 'No Such Object'
check_match "a key is in the index only" "$(s get 127.0.0.1 "$OID_ROOT.2.1.2.1.4.3.119.101.98.1.4.10.0.0.0.80")" 'No Such Object'

check_eq "2000 servers" "$(tell servers 2000)" "servers 2000"
column=DIRECTOR-LVS-MIB::drctRealServerLabel
w=$(s walk -On 127.0.0.1 $column)
check_eq "a column of 2000" "$(wc -l <<< "$w")" 2000
check_eq "GETBULK finds the same" "$(s bulkwalk -Cr50 -On 127.0.0.1 $column)" "$w"
check_eq "in order" "$(sed 's/ = .*//' <<< "$w" | sort -V -u)" "$(sed 's/ = .*//' <<< "$w")"

# --- SET -------------------------------------------------------------------

for weight in 0 1 255 256 300 65535; do
	check_match "weight $weight" "$(s set 127.0.0.1 "${LVS}Weight.$FIRST" i $weight)" "INTEGER: $weight\$"
	check_eq "weight $weight is read back" "$(value "${LVS}Weight.$FIRST")" "$weight"
done
# as numbers, so that the tool does not look at the range itself
W=$OID_ROOT.2.1.2.1.5.3.119.101.98.1.4.10.0.0.0.80
W2=$OID_ROOT.2.1.2.1.5.3.119.101.98.1.4.10.0.0.1.80
raw() { on m env SNMP_PERSISTENT_DIR="$T/m/snmp" MIBS= snmpset -v2c -c private -t 5 -r 1 127.0.0.1 "$@" 2>&1; }
for weight in -1 65536 70000 2147483647; do
	check_match "weight $weight" "$(raw "$W" i $weight)" 'wrongValue'
done
check_match "a weight that is a string" "$(raw "$W" s 7)" 'wrongType'
check_match "a weight that is unsigned" "$(raw "$W" u 7)" 'wrongType'
check_match "a state" "$(raw "$OID_ROOT.2.1.2.1.15.3.119.101.98.1.4.10.0.0.0.80" i 2)" 'notWritable'
check_match "a server that is not there" "$(raw "$OID_ROOT.2.1.2.1.5.3.119.101.98.1.4.10.9.9.9.80" i 2)" 'noCreation'
check_eq "nothing of that was done" "$(value "${LVS}Weight.$FIRST")" 65535

check_match "two servers in one request" "$(raw "$W" i 11 "$W2" i 12)" 'INTEGER: 11.*INTEGER: 12'
calls=$(tell calls)
check_match "one that is wrong refuses both" "$(raw "$W" i 21 "$W2" i 70000)" 'wrongValue.*Failed object: [^ ]*10\.0\.0\.1\.80'
check_eq "and does not come to the hub" "$(tell calls)" "$calls"
check_match "one that the hub refuses refuses both" "$(raw "$W" i 21 "$W2" i 666)" 'inconsistentValue.*Failed object: [^ ]*10\.0\.0\.1\.80'
check_match "one that fails at the end" "$(raw "$W" i 21 "$W2" i 667)" 'commitFailed'
check_eq "nothing of that was done (first)" "$(value "${LVS}Weight.$FIRST")" 11
check_eq "nothing of that was done (second)" "$(value "${LVS}Weight.$SECOND")" 12
check_match "by name" "$(s set 127.0.0.1 "${LVS}AdminState.$FIRST" = drain)" 'drain\(2\)'
check_match "priority" "$(s set 127.0.0.1 'DIRECTOR-VRRP-MIB::drctVrrpInstancePriority."VI_1"' = 200)" '200'
check_match "every transaction was ended" "$(tell calls)" 'calls ([0-9]+) [0-9]+ [0-9]+ ([0-9]+)'

# --- Notifications: all, once, in order --------------------------------------

burst() { # FROM TO: events of these numbers
	local i
	for ((i = $1; i <= $2; i++)); do echo "event 1 VI_1|backup|master|number $i" >&"$rig_in"; done
}
check_eq "so far" "$(numbers)" "1 "
burst 2 200
check_soon 20 "a burst" last_is 200
check_eq "of 200: all, once, in order" "$(numbers)" "$(seq -s ' ' 1 200) "

stop snmpd-m
burst 201 210
check_eq "the agent lives without snmpd" "$(tell servers 3)" "servers 3"
snmpd_start m
check_soon 15 "after a restart of snmpd what happened meanwhile arrives" last_is 210
check_eq "all, once, in order" "$(numbers)" "$(seq -s ' ' 1 210) "
check_soon 5 "and the MIB is there" answers

signal snmpd-m STOP
burst 211 260
pause 1
started=$(now_ms)
check_eq "the agent lives while snmpd hangs" "$(tell servers 4)" "servers 4"
check_between "and answers at once (ms)" $(($(now_ms) - started)) 0 5000
pause 3
signal snmpd-m CONT
check_soon 15 "after that what happened meanwhile arrives" last_is 260
check_eq "all, once, in order" "$(numbers)" "$(seq -s ' ' 1 260) "
check_soon 5 "and the MIB is there" answers

signal snmpd-m STOP
burst 261 270
pause 1
stop snmpd-m KILL
snmpd_start m
check_soon 15 "snmpd dies while it hangs: what it did not take arrives" last_is 270
check_eq "all, once, in order" "$(numbers)" "$(seq -s ' ' 1 270) "

# A new agent finds a snmpd that hangs: it waits, and does not hang itself.
signal snmpd-m STOP
exec {rig_in}>&-
stop rig
check_eq "the last one is remembered" "$(cut -d ' ' -f 1 "$T/m/run/notified")" 270
rig 2
pause 3
check_eq "an agent that starts while snmpd hangs lives" "$(tell calls)" "calls 0 0 0 0"
check_eq "an event meanwhile" "$(tell 'event 3 www|unknown|up|quorum')" "event 1"
signal snmpd-m CONT
check_soon 15 "it finds snmpd when it goes on" answers
check_soon 15 "and sends the event" last_is 1
check_eq "no other one again" "$(numbers)" "$(seq -s ' ' 1 270) 1 "

# It hangs itself: snmpd gives up on it, and takes it again.
echo "sleep 8000" >&"$rig_in"
check_not "the agent stands still: no answer" eval "SNMP_TIMEOUT=1 answers"
check_soon 30 "and is there again" answers

# Another socket
stop snmpd-m
AGENTX=$T/m/other
sed -i "s|^agentXSocket.*|agentXSocket unix:$AGENTX|" "$T/m/snmpd.conf"
start snmpd-m m env MIBS= SNMP_PERSISTENT_DIR="$T/m/snmp" snmpd -f -Lo -C -c "$T/m/snmpd.conf" -I -smux
wait_for 10 test -S "$AGENTX"
check_eq "another socket in the configuration" "$(tell socket "$AGENTX")" "socket"
check_soon 15 "is used" answers
end_of_test
