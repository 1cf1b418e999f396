#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# A whole director as its manager sees it: rows, SETs that last, and one notification for each event,
# whatever dies meanwhile. Needs no IPVS.
#
# MODE=standalone: without snmpd; t_director_standalone.sh.
. "$(dirname "$0")/tap.sh"
need snmpd snmptrapd snmpget
MODE=${MODE:-agentx}

host d1 10.0.0.2/24
host rs1 10.0.0.11/24
host rs2 10.0.0.12/24
host m 10.0.0.60/24
cat > "$T/d1/directord.conf" <<CONF
global_defs {
    router_id d1
    snmp_mode $MODE
    snmp_socket unix:$T/d1/agentx
    snmp_config_file $T/d1/engine.conf
}
vrrp_instance VI_1 {
    interface lan
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress { 10.0.0.100/24 }
}
virtual_server 10.0.0.100 80 {
    name web
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.11 80 {
        HTTP_GET {
            url {
                path /health
                status_code 200
            }
            connect_timeout 1
            retry 0
        }
    }
    real_server 10.0.0.12 80 {
        TCP_CHECK { connect_timeout 1 }
    }
}
CONF
RS=DIRECTOR-LVS-MIB::drctRealServer
R1='"web".ipv4.4.10.0.0.11.80'
VI='"VI_1"'
m() { # TOOL ARG...
	local tool=$1
	shift
	snmp m "$tool" -OvqU 10.0.0.2 "$@" 2>&1
}
value_is() { [ "$(m get "$1")" = "$2" ]; }
up() { value_is 'DIRECTOR-LVS-MIB::drctPoolServersUp."web"' "$1"; }
# What the manager was told, and what the log has
told() { sed -n 's/.*drctEventSubject\.\([0-9]*\) .*/\1/p' "$T/m/traps" | tr '\n' ' '; }
logged() {
	snmp m walk -OnqU 10.0.0.2 DIRECTOR-MIB::drctEventKind | sed 's/ .*//; s/.*\.//' | tr '\n' ' '
}
all_told() {
	local log
	log=$(logged)
	[ -n "$log" ] && [ "$(told)" = "$log" ]
}

# The master agent, or the file of the agent as the engine, which waits long for an answer to an inform.
engine_file() {
	echo 'rocommunity public'
	echo 'rwcommunity private'
	echo 'trapsess -Ci -v 2c -c public -t 4 -r 10 10.0.0.60'
	[ $# -eq 0 ] || printf '%s\n' "$@"
}
master() {
	[ "$MODE" = agentx ] || return 0
	snmpd_start d1
}
stop_master() {
	[ "$MODE" = agentx ] || return 0
	stop snmpd-d1
}

real_server rs1
real_server rs2
health rs1 200
snmptrapd m
if [ "$MODE" = agentx ]; then
	snmpd d1 10.0.0.60
else
	engine_file > "$T/d1/engine.conf"
fi
director d1
check_soon 30 "the director's rows are there" up 2
check_eq "the instance" "$(m get "DIRECTOR-VRRP-MIB::drctVrrpInstancePriority.$VI")" 100
check_soon 15 "is master" value_is "DIRECTOR-VRRP-MIB::drctVrrpInstanceState.$VI" master
check_eq "a row of the file" "$(m get "${RS}Storage.$R1")" permanent
check_eq "each process runs" "$(m walk DIRECTOR-MIB::drctProcessState | sort -u)" running
check_soon 15 "each event was told, once, in order" all_told
check_match "with the instance's state" "$(cat "$T/m/traps")" \
	'drctVrrpNewState.*drctVrrpInstanceState."VI_1" = INTEGER: master\(3\)'

status=$(cat "/proc/$(child d1 agent)/status")
check_match "the agent is not root" "$status" 'Uid:[[:space:]]+[1-9]'
check_match "and has no capability" "$status" 'CapEff:[[:space:]]+0+[[:space:]]+CapBnd:[[:space:]]+0+'

# --- SETs --------------------------------------------------------------------

check_eq "weight 300" "$(m set "${RS}Weight.$R1" i 300)" 300
check_eq "is read at once" "$(m get "${RS}Weight.$R1")" 300
W=$OID_ROOT.2.1.2.1.5.3.119.101.98.1.4.10.0.0.11.80
for weight in -1 70000; do
	check_match "weight $weight" "$(MIBS_PATH=/nonexistent snmp m set 10.0.0.2 "$W" i $weight 2>&1)" wrongValue
done
check_eq "drain" "$(m set "${RS}AdminState.$R1" i 2)" drain
check_eq "priority" "$(m set "DIRECTOR-VRRP-MIB::drctVrrpInstancePriority.$VI" u 150)" 150
check_match "a version 2 instance has whole seconds" \
	"$(m set "${RS}Weight.$R1" i 5 "DIRECTOR-VRRP-MIB::drctVrrpInstanceAdvertInterval.$VI" u 150)" \
	'inconsistentValue.*Failed object: [^ ]*AdvertInterval'
check_eq "and the weight with it is not set" "$(m get "${RS}Weight.$R1")" 300
check_soon 15 "the changes were told" all_told

# --- Who dies ----------------------------------------------------------------

toggle() { # rs1 goes down and comes back; needs the checks only
	health rs1 503
	pause 2.5
	health rs1 200
	pause 2.5
}
agent=$(child d1 agent)
before=$(told | wc -w)
if [ "$MODE" = agentx ]; then
	signal snmpd-d1 STOP
	toggle
	check_eq "while snmpd hangs the agent is the same" "$(child d1 agent)" "$agent"
	signal snmpd-d1 CONT
	check_soon 20 "snmpd hung: afterwards all was told, once, in order" all_told
else
	stop snmptrapd-m
	toggle
	check_eq "while the manager is away the agent is the same" "$(child d1 agent)" "$agent"
	check "and answers" up 2
	snmptrapd_start m
	check_soon 20 "the manager was away: afterwards all was told, once, in order" all_told
fi
check_soon 5 "rs1 is up again" value_is "${RS}State.$R1" up
check_eq "and the instance stayed master" "$(m get "DIRECTOR-VRRP-MIB::drctVrrpInstanceBecameMaster.$VI")" 1
check_between "what was told meanwhile" $(($(told | wc -w) - before)) 2 10

before=$(told | wc -w)
stop_master
kill -KILL "$(child d1 agent)"
toggle
master
check_soon 20 "the agent died (and snmpd, if it is there): all was told, once, in order" all_told
check_between "what was told after that" $(($(told | wc -w) - before)) 3 10

kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
health rs1 503
director d1
check_soon 30 "all processes died: the rows are back" up 1
check_eq "the weight is what was set" "$(m get "${RS}Weight.$R1")" 300
check_eq "and the administrative state" "$(m get "${RS}AdminState.$R1")" drain
check_eq "and the priority" "$(m get "DIRECTOR-VRRP-MIB::drctVrrpInstancePriority.$VI")" 150
check_soon 20 "all was told, once, in order" all_told
check_between "events" "$(told | wc -w)" 8 200

before=$(told)
stop director-d1
pause 1
director d1
check_soon 30 "the director stopped and started: the rows are back" up 1
check_soon 20 "what is new was told, what is old was not told again" all_told
check_match "what was told before is not told again" "$(told)" "^$before"

# --- What only an engine of its own has ------------------------------------------

[ "$MODE" = standalone ] || end_of_test
BOOTS=.1.3.6.1.6.3.10.2.1.2.0
boots() { snmp m get -OvqU 10.0.0.2 $BOOTS; }
starts() { grep -cE "(coldStart|warmStart|snmpTraps\.[12]|snmpMIBObjects\.5\.[12])([[:space:]]|\$)" "$T/m/traps"; }
last_start() { grep -oE '(coldStart|warmStart|snmpTraps\.[12]|snmpMIBObjects\.5\.[12])([[:space:]]|$)' "$T/m/traps" | tail -n 1; }
restarts() { m get 'DIRECTOR-MIB::drctProcessRestarts."agent"'; }
state() { m get DIRECTOR-MIB::drctSystemSnmpState.0; }
state_is() { [[ $(ctl d1 show system --json) =~ \"snmp_state\":\ *\"[^\"]*$1 ]]; }
reload() { signal director-d1 HUP; }
started_again() { [ "$(starts)" -gt "$1" ]; }
change() { sed -i "s|$1|$2|" "$T/d1/directord.conf"; }

check_match "a start of directord is a cold one" "$(last_start)" 'coldStart|5\.1|Traps\.1'
check_eq "state" "$(state)" ok
check_match "port 161 is the agent's" "$(on d1 ss -Hulnp 'sport = :161')" "pid=$(child d1 agent),"
b=$(boots) n=$(starts)
kill -KILL "$(child d1 agent)"
check "after kill -9 of the agent the next request is answered" up 1
check_eq "snmpEngineBoots grows" "$(boots)" $((b + 1))
check_soon 10 "its start is told" started_again "$n"
check_match "and is a warm one" "$(last_start)" 'warmStart|5\.2|Traps\.2'
check_soon 10 "its death was told, too" all_told

r=$(restarts) n=$(starts)
reload
pause 2
check_eq "a reload without a change does not start it anew" "$(starts)" "$n"
engine_file 'rocommunity another' 'nonsense' > "$T/d1/engine.conf"
reload
check_soon 10 "a reload with a changed file does" started_again "$n"
check_match "it is a cold start" "$(last_start)" 'coldStart|5\.1|Traps\.1'
check_eq "what is new counts" "$(m get -c another 'DIRECTOR-MIB::drctProcessState."agent"')" running
check_eq "nobody was alarmed" "$(restarts)" "$r"
check_match "the bad line is in the state" "$(state)" 'engine.conf: line 5: .*nonsense'
check "directorctl shows it" state_is 'engine.conf: line 5'
engine_file > "$T/d1/engine.conf"
reload
check_soon 10 "a good file again" eval '[ "$(state)" = ok ]'

# Another mode, and back; port 161 changes hands.
change 'snmp_mode standalone' 'snmp_mode agentx'
reload
wait_for 20 eval '! on d1 ss -Huln "sport = :161" | grep -q .'
snmpd d1 10.0.0.60
check_soon 20 "the other mode at a reload: snmpd serves" up 1
check_soon 20 "all was told, once, in order" all_told
change 'snmp_mode agentx' 'snmp_mode standalone'
reload
check_soon 20 "and back while snmpd has the port: the state says so" state_is 'cannot listen on udp:161 .Address already in use'
toggle
stop snmpd-d1
check_soon 20 "when the port is free the agent has it" up 2
check_eq "the state is good" "$(state)" ok
check_soon 20 "all was told, once, in order" all_told
change 'snmp_mode standalone' 'snmp_mode standalone\n    snmp_listen udp:10.0.0.2:1161'
reload
check_soon 20 "another port" eval '[ "$(snmp m get -OvqU 10.0.0.2:1161 DIRECTOR-MIB::drctSystemSnmpState.0)" = ok ]'
check_not "and not the one before" eval 'SNMP_TIMEOUT=1 up 2'
change 'udp:10.0.0.2:1161' 'udp:nowhere:1161'
reload
pause 1
check_match "nonsense is refused with its place" "$(ctl d1 show system --json)" "directord.conf:[0-9]+.*snmp_listen"
check_eq "and the port stays" "$(snmp m get -OvqU 10.0.0.2:1161 DIRECTOR-MIB::drctSystemSnmpState.0)" ok
end_of_test
