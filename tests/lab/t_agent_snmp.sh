#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# The agent with a real snmpd and the tools of a manager, on rows of its own (agent_rig.c):
# walks, SETs and their errors, and notifications while snmpd stops, hangs, dies and comes late.
. "$(dirname "$0")/tap.sh"
need snmpd snmptrapd snmpwalk snmpbulkwalk snmpset

. "$(dirname "$0")/agent_parts.sh"
AGENTX=$T/m/agentx

# --- snmpd comes late ------------------------------------------------------

snmptrapd m
rig 1 "$AGENTX"
pause 1
check_match "without snmpd the agent lives and says why" "$(cat "$T/rig.log")" 'no AgentX master agent at .*agentx'
check_eq "an event before snmpd is there" "$(tell 'event 2 web 10.0.0.0 80|up|down|no answer')" "event 1"
snmpd m 127.0.0.1
check_soon 10 "a late snmpd is found" answers
check_soon 10 "the event's notification arrives" last_is 1
check_match "it carries the state, typed and with its full index" "$(cat "$T/m/traps")" \
	'drctRealServerNewState.*drctEventReason.1 = STRING: "?no answer"?.*drctRealServerState."web".ipv4."10.0.0.0".80 = INTEGER: down\(3\)'

agent_walks
agent_sets

# --- Notifications: all, once, in order --------------------------------------

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
end_rig
check_eq "the last one is remembered" "$(cut -d ' ' -f 1 "$T/m/run/notified")" 270
rig 2 "$AGENTX"
pause 3
check_eq "an agent that starts while snmpd hangs lives" "$(tell calls)" "calls 0 0 0 0"
check_eq "an event meanwhile" "$(tell 'event 3 www|unknown|up|quorum')" "event 1"
signal snmpd-m CONT
check_soon 15 "it finds snmpd when it goes on" answers
check_soon 15 "and sends the event" last_is 1
check_eq "no other one again" "$(numbers)" "$(seq -s ' ' 1 270) 1 "

# It hangs itself: snmpd gives up on it, and takes it again.
order sleep 8000
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
