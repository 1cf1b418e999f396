#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=500
#
# The agent as the SNMP engine itself, on rows of its own (agent_rig.c), with the tools of a manager: what it does
# as a subagent, users and views, its file and the faults in it, traps and informs, and what outlives it.
# Also run outside the lab.
. "$(dirname "$0")/tap.sh"
need snmptrapd snmpwalk snmpbulkwalk snmpset
. "$(dirname "$0")/agent_parts.sh"

FILE=$T/m/standalone.conf
SHA=(-a SHA-256 -x AES)
access() {
	cat <<-LINES
		rocommunity public
		rwcommunity private
		rocommunity6 public
		sysContact somebody
		createUser reader SHA-256 "reader auth" AES "reader priv"
		rouser reader authPriv
		createUser writer SHA-256 "writer auth" AES "writer priv"
		rwuser writer authPriv
		view lvs included .$OID_ROOT.2
		createUser viewer SHA-256 "viewer auth" AES "viewer priv"
		group viewers usm viewer
		access viewers "" usm priv exact lvs none none
	LINES
}
engine() { rig "${1:-1}" "$FILE" udp:161,udp6:161; }
v3() { # TOOL USER ARG...
	local tool=$1 user=$2
	shift 2
	on m env SNMP_PERSISTENT_DIR="$T/m/snmp" "snmp$tool" -M "$MIBS_PATH" -m ALL -v3 -l authPriv -t 5 -r 1 \
		-u "$user" "${SHA[@]}" -A "$user auth" -X "$user priv" "$@" 2>&1
}
number() { # the value of an OID that the modules here do not have
	on m env SNMP_PERSISTENT_DIR="$T/m/snmp" MIBS= snmpget -v2c -c public -t 5 -r 1 -OvqU 127.0.0.1 "$1" 2>&1
}
BOOTS=.1.3.6.1.6.3.10.2.1.2.0
ENGINE=.1.3.6.1.6.3.10.2.1.1.0
LOCATION=.1.3.6.1.2.1.1.6.0
COLD='(coldStart|snmpTraps\.1|snmpMIBObjects\.5\.1)([[:space:]]|$)'

# --- What it does as a subagent ----------------------------------------------

# An inform that an answer comes late for would be there twice: there is time.
INFORM='trapsess -Ci -v 3 -u informed -l authPriv -a SHA-256 -A informed_auth -x AES -X informed_priv'
{
	access
	echo "$INFORM -t 2 -r 10 127.0.0.1"
} > "$FILE"
snmptrapd m 'createUser informed SHA-256 informed_auth AES informed_priv'
engine
check_soon 10 "it answers" answers
check_eq "its state" "$(tell state)" "state ok"
check_soon 10 "a coldStart is the first notification" has_trap m "$COLD"
agent_walks
agent_sets
check_match "IPv6" "$(s get -Ovq 'udp6:[::1]' -c public DIRECTOR-MIB::drctSystemVersion.0)" rig
check_eq "the system group" "$(number .1.3.6.1.2.1.1.4.0)" '"somebody"'
check_match "sysORTable names the modules" \
	"$(on m env MIBS= snmpwalk -v2c -c public 127.0.0.1 .1.3.6.1.2.1.1.9.1.3)" 'DIRECTOR-LVS-MIB'

# --- Who may do what ---------------------------------------------------------

check_eq "version 3 reads" "$(v3 get reader -OvqU 127.0.0.1 "${LVS}Weight.$FIRST")" 11
check_eq "a walk finds what version 2 does" "$(v3 bulkwalk reader -On 127.0.0.1 "$OID_ROOT.2")" \
	"$(s bulkwalk -On 127.0.0.1 "$OID_ROOT.2")"
check_match "a reader may not write" "$(v3 set reader 127.0.0.1 "${LVS}Weight.$FIRST" i 5)" 'noAccess|authorizationError'
check_match "a reading community may not write" \
	"$(s set -c public 127.0.0.1 "${LVS}Weight.$FIRST" i 5)" 'noAccess|authorizationError'
check_eq "nothing was written" "$(value "${LVS}Weight.$FIRST")" 11
check_match "a writer may" "$(v3 set writer 127.0.0.1 "${LVS}Weight.$FIRST" i 12)" 'INTEGER: 12$'
check_match "a wrong password" "$(v3 get reader -A 'other password' 127.0.0.1 "${LVS}Weight.$FIRST")" 'Authentication failure'
check_match "an unknown user" "$(v3 get nobody 127.0.0.1 "${LVS}Weight.$FIRST")" 'Unknown user name'
check_match "without privacy" "$(v3 get reader -l authNoPriv 127.0.0.1 "${LVS}Weight.$FIRST")" 'authorizationError|noAccess'
check_match "an unknown community" "$(SNMP_TIMEOUT=1 s get -c other 127.0.0.1 "${LVS}Weight.$FIRST")" 'Timeout'
check_eq "a view shows what it includes" "$(v3 get viewer -OvqU 127.0.0.1 "${LVS}Weight.$FIRST")" 12
check_match "and nothing else" "$(v3 get viewer 127.0.0.1 DIRECTOR-MIB::drctSystemVersion.0)" \
	'No Such|noAccess|authorizationError'
check_match "a walk ends with the view" "$(v3 walk viewer -On 127.0.0.1 "$OID_ROOT" | tail -n 1)" "^\.$OID_ROOT\.2\."

# --- Informs -----------------------------------------------------------------

check_eq "an event" "$(tell 'event 2 web 10.0.0.0 80|up|down|no answer')" "event 1"
check_soon 10 "arrives" last_is 1
check_match "with the state, typed and with its full index" "$(cat "$T/m/traps")" \
	'drctRealServerNewState.*drctEventReason.1 = STRING: "?no answer"?.*drctRealServerState."web".ipv4."10.0.0.0".80 = INTEGER: down\(3\)'
burst 2 200
check_soon 20 "a burst" last_is 200
check_eq "of 200: all, once, in order" "$(numbers)" "$(seq -s ' ' 1 200) "
stop snmptrapd-m
burst 201 210
pause 3
check_eq "the agent lives without the manager" "$(tell servers 3)" "servers 3"
check "and answers" answers
snmptrapd_start m
check_soon 15 "what happened meanwhile arrives" last_is 210
check_eq "all, once, in order" "$(numbers)" "$(seq -s ' ' 1 210) "
check_eq "none was given up" "$(tell lost)" "lost 0"
stop snmptrapd-m
rm "$T/m/snmp/snmptrapd.conf"
burst 211 215
snmptrapd_start m
check_soon 40 "the manager is another engine: they arrive, too" last_is 215
check_eq "none was given up" "$(tell lost)" "lost 0"

# --- What outlives it --------------------------------------------------------

boots=$(number $BOOTS) engine=$(number $ENGINE)
set_location() { on m env MIBS= snmpset -v2c -c private 127.0.0.1 $LOCATION s "$1" 2>&1; }
kept=0
for i in $(seq 30); do
	set_location "rack $i" | grep -q "rack $i" && grep -q "^psyslocation.*rack $i" "$T/m/run/snmpd.conf" && kept=$((kept + 1))
done
check_eq "sysLocation is in the file when the answer comes" "$kept" 30
check_match "sysLocation can be set" "$(set_location 'rack 7')" 'rack 7'
stop rig KILL
end_rig
engine 2
check_soon 10 "after kill -9 it answers" answers
check_eq "snmpEngineBoots grows" "$(number $BOOTS)" $((boots + 1))
check_eq "the engine is the same" "$(number $ENGINE)" "$engine"
check_eq "sysLocation is kept" "$(number $LOCATION)" '"rack 7"'
check_eq "users are the file's, and not kept" "$(grep -rch usmUser "$T/m/run" | sort -u)" 0
check_eq "an event" "$(tell 'event 3 www|unknown|up|quorum')" "event 1"
check_soon 10 "is sent to a manager that knew the engine before" last_is 1
check_eq "no other one again" "$(numbers)" "$(seq -s ' ' 1 215) 1 "
end_rig

# --- All kinds of targets; one that is dead ----------------------------------

stop snmptrapd-m
snmptrapd m 'createUser informed SHA-256 informed_auth AES informed_priv' \
	"createUser -e 0x$(tr -dc '0-9A-F' <<< "$engine") trapped SHA-256 trapped_auth AES trapped_priv"
{
	access
	echo "trapsink 127.0.0.1 one"
	echo "trap2sink 127.0.0.1 two"
	echo "informsink 127.0.0.1 three"
	echo "$INFORM 127.0.0.1"
	echo "trapsess -v 3 -u trapped -l authPriv -a SHA-256 -A trapped_auth -x AES -X trapped_priv 127.0.0.1"
	echo "$INFORM -t 0.5 -r 1 127.0.0.1:1162"
	echo "informsink 127.0.0.1:1163 dead"
} > "$FILE"
engine
check_soon 10 "it answers" answers
check_eq "its state" "$(tell state)" "state ok"
five() { [ "$(numbers)" = "$(seq -s ' ' 1 "$1" | sed 's/[0-9]* /& & & & & /g; s/\([0-9]*\)$/\1 \1 \1 \1 \1 /')" ]; }
started=$(now_ms)
burst 1 2
check "it answers while it waits for the dead ones" answers
check_between "at once (ms)" $(($(now_ms) - started)) 0 5000
check_soon 30 "two notifications arrive in each of five ways" eval '[ "$(numbers | wc -w)" -eq 10 ]'
burst 3 20
check_soon 5 "the dead ones are not waited for any more" eval '[ "$(numbers | wc -w)" -eq 100 ]'
check_match "version 1" "$(cat "$T/m/traps")" 'Enterprise Specific|TRAP, SNMP v1| 6 '
check_match "what was given up is counted" "$(tell lost)" 'lost [1-9]'
check_eq "once in the log for each" "$(grep -c 'no acknowledgement' "$T/rig.log")" 2
end_rig

# --- Strangers ---------------------------------------------------------------

access > "$FILE"
engine
check_soon 10 "it answers" answers
on m bash -c 'for ((i = 0; i < 400; i++)); do head -c $((RANDOM % 300 + 1)) /dev/urandom > /dev/udp/127.0.0.1/161; done' 2>/dev/null
check "400 datagrams of nonsense later it answers" answers
end_rig

# --- Its file ------------------------------------------------------------------

{
	access
	echo "nonsense 1"
	echo "trap2sink nowhere.invalid"
	echo "agentAddress udp:1161"
	echo "extend evil /bin/true"
	echo "createUser short SHA-256 short"
} > "$FILE"
lines=$(access | wc -l)
engine
check_soon 10 "with bad lines the good ones count" answers
check_match "the state names file, line and reason" "$(tell state)" \
	"standalone.conf: line $((lines + 1)): .*nonsense.*and [3-9] more"
check_match "the log has all of them" "$(cat "$T/rig.log")" \
	"line $((lines + 2)): .*line $((lines + 3)): .*agentAddress has no effect.*line $((lines + 4)): .*extend.*line $((lines + 5)): "
end_rig

cp "$SRC/etc/directord-snmpd.conf" "$FILE"
engine
pause 1
check_eq "the sample has no bad line" "$(tell state)" "state ok"
check_match "its users may read" "$(on m env SNMP_PERSISTENT_DIR="$T/m/snmp" MIBS= snmpget -v3 -l authPriv -t 5 -u monitor \
	"${SHA[@]}" -A 'a passphrase to be changed' -X 'another to be changed' 127.0.0.1 .1.3.6.1.2.1.1.6.0 2>&1)" 'rack 7'
end_rig

: > "$FILE"
engine
pause 1
check_match "with nothing in it nobody has access" "$(tell state)" 'gives nobody access'
check_match "and nobody is answered" "$(SNMP_TIMEOUT=1 s get 127.0.0.1 DIRECTOR-MIB::drctSystemVersion.0)" 'Timeout'
end_rig

rm "$FILE"
engine
pause 1
check_match "without it the agent lives and says why" "$(tell state)" 'cannot read .*standalone.conf: No such file'
access > "$FILE"
wait_for 40 eval '! running rig'
wait "$(pid_of rig)" 2>/dev/null
check_eq "when it is there, the agent wants to be started anew" $? 75
end_of_test
