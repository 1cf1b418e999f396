# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the agent does for managers whichever way they reach it, with rows of its own (agent_rig.c). To be
# sourced after tap.sh.

host m
LVS=DIRECTOR-LVS-MIB::drctRealServer
FIRST='"web".ipv4.4.10.0.0.0.80'
SECOND='"web".ipv4.4.10.0.0.1.80'

# rig SERVERS WHERE...: the agent, under the master agent's socket WHERE, or with the file and the addresses
# of an engine. tell COMMAND: its answer
rig() {
	local servers=$1 where=$2 in=$T/m/in.$((++rigs))
	shift 2
	mkdir -p "$T/m/run"
	mkfifo "$in"
	# shellcheck disable=SC2016
	start rig m bash -c 'in=$1 out=$2; shift 2; exec "$0" "$@" <"$in" >>"$out"' \
		"$BUILD/agent-rig" "$in" "$T/m/answers" "$T/m/run" "$where" "$servers" "$@"
	exec {rig_in}> "$in"
}
rigs=0 rig_in=
# It ends with its input.
end_rig() {
	exec {rig_in}>&-
	[ -z "${LAB_PID[rig]:-}" ] || wait "$(pid_of rig)" 2>/dev/null
}
order() { # COMMAND: its answer is not waited for
	echo "$*" >&"$rig_in"
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

burst() { # FROM TO: events of these numbers
	local i
	for ((i = $1; i <= $2; i++)); do order "event 1 VI_1|backup|master|number $i"; done
}
# as numbers, so that the tool does not look at the range itself
W=$OID_ROOT.2.1.2.1.5.3.119.101.98.1.4.10.0.0.0.80
W2=$OID_ROOT.2.1.2.1.5.3.119.101.98.1.4.10.0.0.1.80
raw() { on m env SNMP_PERSISTENT_DIR="$T/m/snmp" MIBS= snmpset -v2c -c private -t 5 -r 1 127.0.0.1 "$@" 2>&1; }

# --- Walks -----------------------------------------------------------------

agent_walks() {
	local w column
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
}

# --- SET -------------------------------------------------------------------

agent_sets() {
	local weight calls
	for weight in 0 1 255 256 300 65535; do
		check_match "weight $weight" "$(s set 127.0.0.1 "${LVS}Weight.$FIRST" i $weight)" "INTEGER: $weight\$"
		check_eq "weight $weight is read back" "$(value "${LVS}Weight.$FIRST")" "$weight"
	done
	for weight in -1 65536 70000 2147483647; do
		check_match "weight $weight" "$(raw "$W" i $weight)" 'wrongValue'
	done
	check_match "a weight that is a string" "$(raw "$W" s 7)" 'wrongType'
	check_match "a weight that is unsigned" "$(raw "$W" u 7)" 'wrongType'
	check_match "a state" "$(raw "$OID_ROOT.2.1.2.1.15.3.119.101.98.1.4.10.0.0.0.80" i 2)" 'notWritable'
	check_match "a server that is not there" "$(raw "$OID_ROOT.2.1.2.1.5.3.119.101.98.1.4.10.9.9.9.80" i 2)" 'inconsistentName'
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
}
