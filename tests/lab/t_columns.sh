#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# Every column that can be SET: its whole range is accepted and read back, anything else is refused with a
# reason and without effect (manager_columns.c); all of it outlives a kill of all processes, and is in the
# file that directorctl exports. Needs no IPVS. What the columns do is seen by the tests that tests/unit/effects.test
# looks for.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/element.sh
. "$(dirname "${BASH_SOURCE[0]}")/element.sh"
need snmpd

host d1 lan=10.0.0.2/24
host m lan=10.0.0.60/24
printf 'global_defs {\n    snmp_socket unix:%s\n    snmp_config_file %s\n}\nvrrp_script columns {\n    script /bin/true\n}\ntrack_file columns {\n    file /run/columns\n}\n' \
	"$T/d1/agentx" "$T/d1/engine.conf" > "$T/d1/directord.conf"
echo 'rwcommunity private' > "$T/d1/engine.conf"
D=DIRECTOR-MIB::drct
manager() {
	on m "$BUILD/manager" 10.0.0.2 "$@"
}
# without the comment at its head
export_file() {
	ctl d1 export --secrets | sed '1,/^$/d'
}

snmpd d1
director d1
check_soon 20 "the agent answers" answers
manager columns > "$T/columns" 2>&1
check_eq "exit status" $? 0
check_eq "nothing is wrong" "$(grep WRONG "$T/columns")" ""
note "$(tail -n 1 "$T/columns")"
check_match "it came to its end" "$(tail -n 1 "$T/columns")" '^columns [0-9]+ values [0-9]+ refusals [0-9]+ wrong 0'
check "no process died" no_restarts

note "how managers reach the director"
# lines of COLUMN VALUE...: a value that cuts the manager off is acknowledged all the same
is_set() { # COLUMN VALUE
	ctl d1 show system --json | grep -Fq "\"$1\": \"$2\""
}
way() { # COLUMN OBJECT TYPE VALUE [WORD]
	check "$1 ${#4} octets: acknowledged" m set "${D}System$2.0" "$3" "$4"
	check_soon 5 "$1: set" is_set "$1" "${5:-$4}"
	check_soon 10 "$1: he is cut off" cut_off
	check "$1: set back by directorctl" ctl d1 set system "$1=$6"
	check_soon 20 "$1: the manager is back" answers
}
cut_off() {
	! SNMP_TIMEOUT=1 answers
}
# effect: system.agentx_socket system.snmp_mode
way agentx_socket AgentxSocket s "" "" "unix:$T/d1/agentx"
way agentx_socket AgentxSocket s "$(printf 'unix:/%0249d' 0)" "" "unix:$T/d1/agentx"
way snmp_mode SnmpMode i 2 standalone agentx
# effect: system.snmp_listen
answers_there() {
	snmp m get -OvqU 10.0.0.2:1161 "${D}SystemGeneration.0"
}
check "standalone, and where it listens" ctl d1 set system snmp_mode=standalone snmp_listen=udp:10.0.0.2:1161
check_soon 20 "it answers there" answers_there
check "and back" ctl d1 set system snmp_mode=agentx snmp_listen=udp:161,udp6:161
check_soon 20 "the manager is back" answers
check_eq "these are all that manager_columns.c leaves out" "$(sed -n 's/^elsewhere system\.//p' "$T/columns" | xargs)" \
	"agentx_socket snmp_mode"

note "killed and started"
manager dump > "$T/before"
check_between "values" "$(wc -l < "$T/before")" 500 100000
export_file > "$T/before.conf"
die director-d1
director d1
check_soon 20 "the agent answers" answers
check_not "nothing that was set is left out" log_has director-d1 'has no effect'
manager dump > "$T/after"
check "all values are as they were" diff "$T/before" "$T/after"

note "exported and read as a file"
ctl d1 export --secrets > "$T/d1/directord.conf"
check "directord reads it" "$BUILD/directord" -t "$T/d1/directord.conf"
die director-d1
rm -r "$T/d1/state"
director d1
check_soon 20 "the agent answers" answers
manager dump | grep -v 'Storage\.' > "$T/after"
grep -v 'Storage\.' "$T/before" > "$T/before.file"
check "all values are as they were" diff "$T/before.file" "$T/after"
export_file > "$T/after.conf"
check "also those that SNMP does not show" diff "$T/before.conf" "$T/after.conf"
check_not "no sanitizer complained" sanitizer_complained director-d1
end_of_test
