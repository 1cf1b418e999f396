#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=500
#
# The director and its manager, when one of them is not in his right mind: random requests (manager_monkey.c),
# two managers at once, a master agent that hangs, dies or is slow while SETs go on, a full disk and a damaged
# datastore. Needs no IPVS; in a build with sanitizers it is worth the most. SEED=N repeats a run, MONKEY_SECONDS.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/element.sh
. "$(dirname "${BASH_SOURCE[0]}")/element.sh"
need snmpd snmpset

SEED=${SEED:-$RANDOM}
note "SEED=$SEED"
host d1 lan=10.0.0.2/24
host m lan=10.0.0.60/24
cat > "$T/d1/directord.conf" <<FILE
global_defs {
    snmp_socket unix:$T/d1/agentx
}
vrrp_instance VI {
    interface lan
    virtual_router_id 200
    virtual_ipaddress { 10.0.0.100/24 }
}
FILE
L=DIRECTOR-LVS-MIB::drct D=DIRECTOR-MIB::drct
is_master() {
	ctl d1 show vrrp_instance VI --json | grep -q '"state": *"master"'
}
# The columns of a table that are no configuration
states() { # TABLE
	sed -nE "s/^(COL|COL_ENUM)\($1, *([a-z0-9_]+), .* STATE, .*/\2/p; s/^VIEW\($1, *([a-z0-9_]+),.*/\1/p" \
		"$SRC/core/model/schema.def" | grep -vx storage | paste -sd '|'
}
# What the administrator says in all tables, without the rows that a start forgets
rows() {
	local t
	for t in pool real_server check virtual_server virtual_service vrrp_instance vrrp_address sync_group system; do
		{ ctl d1 show $t --json || echo "no answer for $t"; } | grep -vE "\"($(states $t))\":" |
			sed 's/^\( *}\),$/\1/; /^[][]\+$/d' |
			awk '{row = row $0 "\n"} /^ *}/ {if (row !~ /"storage": "volatile"/) printf "%s", row; row = ""}'
	done
}

snmpd d1
director d1
check_soon 20 "the agent answers" answers
check_soon 20 "the instance of the file is master" is_master

note "random requests"
on m "$BUILD/manager" 10.0.0.2 monkey "$SEED" "${MONKEY_SECONDS:-15}" > "$T/monkey.log" 2>&1
check_eq "nothing is wrong" "$(grep -c WRONG "$T/monkey.log")" 0
read -r _ requests _ replies _ sets _ good _ readback _ kinds < <(tail -n 1 "$T/monkey.log")
note "$(cat "$T/monkey.log")"
check_eq "each request was answered" "$requests" "$replies"
check_between "SETs" "$sets" 100 10000000
check_between "of which were acknowledged" "$good" 10 1000000
check_between "values that were read back" "$readback" 10 10000000
check_between "kinds of refusals" "$kinds" 5 20
check "no process died" no_restarts
check "it answers" answers
check "the instance of the file is master as before" is_master
check "the control socket answers" ctl d1 status
check "what waits for a confirmation is confirmed" m set "${D}ControlConfirmTimeout.0" u 0
rows > "$T/before"
die director-d1
mv "$T/director-d1.log" "$T/director-d1-before.log"
director d1
# the agent that was killed last may have answered
check_soon 30 "killed and started: it is there" ctl d1 status
check_soon 30 "and answers" answers
check_not "nothing that was set is left out" log_has director-d1 'has no effect'
rows > "$T/after"
check "all rows are as they were" diff "$T/before" "$T/after"
check "everything that was set is reverted" m set "${D}ControlRevert.0" s all
check_eq "only the file's rows are left" "$(ctl d1 show pool --json | grep -c '"name"')" 0

note "two managers at once"
check "a pool" m set "${L}PoolRowStatus.\"p\"" i createAndGo "${L}RealServerRowStatus.\"p\".ipv4.4.10.0.0.9.80" i createAndGo
lock() {
	m get "${D}ControlAdvisoryLock.0"
}
was=$(lock)
# effect: control.advisory_lock
check "one sets with the lock" m set "${D}ControlAdvisoryLock.0" i "$was" "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80" i 5
check_eq "the lock goes on" "$(lock)" $((was + 1))
check_match "the other, who had read it before, is refused" \
	"$(m set "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80" i 6 "${D}ControlAdvisoryLock.0" i "$was")" \
	'inconsistentValue.*Failed object: [^ ]*AdvisoryLock'
check_eq "nothing of his request is done" "$(m get "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80")" 5
for i in 1 2; do start "storm$i" m "$BUILD/manager" 10.0.0.2 storm "k$i" "$i" $((SEED + i)); done
# and a third at the terminal, whose changes meet theirs
for i in 1 2 3 4 5 6 7 8 9 10; do
	ctl d1 set real_server 'p 10.0.0.9 80' weight=$i upper_threshold=$i >/dev/null || break
done
check_eq "the terminal's changes go between" "$(m get "${L}RealServerUpperThreshold.\"p\".ipv4.4.10.0.0.9.80")" 10

storms_go_on() {
	local i
	for i in 1 2; do
		local before
		before=$(m get "${L}VirtualServerPersistenceTimeout.\"k$i\"")
		pause 0.5
		[ "$(m get "${L}VirtualServerPersistenceTimeout.\"k$i\"")" -gt "$before" ] || return 1
	done
}
note "the master agent hangs, dies and is slow while SETs go on"
check_soon 5 "SETs go on" storms_go_on
signal snmpd-d1 STOP
pause 3
check "while it hangs, the director is there" ctl d1 status
signal snmpd-d1 CONT
check_soon 10 "then SETs go on" storms_go_on
stop snmpd-d1 KILL
pause 1
check "without it, the director is there" ctl d1 status
snmpd_start d1
check_soon 15 "with a new one SETs go on" storms_go_on
signal "snmpd-d1" TERM
wait "$(pid_of snmpd-d1)" 2>/dev/null
snmpd_start d1
check_soon 15 "and after an ordinary restart" storms_go_on
for i in $(seq 15); do # runs a fifth of the time
	signal snmpd-d1 STOP
	pause 0.2
	signal snmpd-d1 CONT
	pause 0.05
done
check_soon 5 "and after a slow time" storms_go_on
agent=$(child d1 agent)
kill -STOP "$agent"
pause 2
kill -CONT "$agent"
check_soon 10 "and after the agent was held up" storms_go_on
for i in 1 2; do
	signal "storm$i" TERM
	check_soon 35 "manager $i: what was acknowledged is there, and nothing is half there" log_has "storm$i" '^acknowledged'
	note "$(tail -n 1 "$T/storm$i.log")"
done
check "no process died" no_restarts
check "the instance is master" is_master
stop director-d1

note "a full disk"
mkdir "$T/small"
check "a state directory on a small disk" mount -t tmpfs -o size=900k tmp "$T/small"
at_exit umount -l "$T/small"
mv "$T/d1/state" "$T/d1/state.old"
ln -s "$T/small" "$T/d1/state"
director d1
check_soon 20 "it starts" answers
check_soon 20 "master" is_master
check "a pool" m set "${L}PoolRowStatus.\"p\"" i createAndGo "${L}RealServerRowStatus.\"p\".ipv4.4.10.0.0.9.80" i createAndGo
dd if=/dev/zero of="$T/small/fill" bs=1k >/dev/null 2>&1
n=0
one_more() { # makes a row, and changes another
	m set "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80" i $((n + 1)) \
		"${L}RealServerRowStatus.\"p\".ipv4.4.10.0.0.10.$((n + 1))" i createAndGo
}
while said=$(one_more) && [ $n -lt 300 ]; do # what the datastore has reserved may take a few
	n=$((n + 1))
done
check_match "full, a SET gives" "$said" 'commitFailed'
check_eq "the value is as before" "$(m get "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80")" $((n > 0 ? n : 1))
check_match "the row is not there" "$(m get "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.10.$((n + 1))")" 'No Such Instance'
check_eq "nor in the hub" "$(ctl d1 show real_server --json | grep -c "\"port\": $((n + 1)),")" 0
check_match "a table says why" "$(m walk "${D}RefusalReason" | tail -n 1)" '(full|disk|I/O)'
check "the instance is master" is_master
rm "$T/small/fill"
check_soon 10 "with room again a SET is done" m set "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80" i 7
die director-d1
director d1
check_soon 20 "killed and started, it is there" answers
check_eq "the value" "$(m get "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80")" 7

note "a file system that cannot be written, as after an error of its disk"
for end in die stop; do
	$end director-d1
	check_soon 10 "after $end: it is read-only" mount -o remount,ro "$T/small"
	director d1
	check_soon 20 "it starts all the same" answers
	check_soon 20 "the file's instance is master" has_vip d1 10.0.0.100
	check_eq "what was set is in effect" "$(m get "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80")" 7
	check_match "the trouble is shown" "$(m get "${D}SystemDatastoreState.0")" 'readonly'
	check_match "a SET gives" "$(m set "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80" i 8)" 'commitFailed'
	check_eq "and does nothing" "$(m get "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80")" 7
	check_match "no second one starts" "$(on d1 timeout 20 "$BUILD/directord" -n -f "$T/d1/directord.conf" \
		--state-dir "$T/d1/state" 2>&1)" 'already running'
	stop director-d1
	mount -o remount,rw "$T/small"
	director d1
	check_soon 20 "when it can be written again, it starts" answers
	check_match "a SET is done" "$(m set "${L}RealServerWeight.\"p\".ipv4.4.10.0.0.9.80" i 7)" '^7$'
done
stop director-d1

note "a damaged datastore"
rm "$T/d1/state"
mv "$T/d1/state.old" "$T/d1/state"
rm -f "$T/d1/state"/directord.db-*
dd if=/dev/urandom of="$T/d1/state/directord.db" bs=4k count=4 conv=notrunc 2>/dev/null
director d1
check_soon 20 "it starts: the file's instance" is_master
check_soon 10 "the agent answers" answers
check_match "the trouble is shown" "$(m get "${D}SystemDatastoreState.0")" '(damaged|not a database|malformed)'
check_match "a SET gives" "$(m set "${L}PoolRowStatus.\"q\"" i createAndGo)" 'commitFailed'
check_match "and does nothing" "$(m get "${L}PoolRowStatus.\"q\"")" 'No Such'
check_not "no sanitizer complained" sanitizer_complained director-d1
end_of_test
