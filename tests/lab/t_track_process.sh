#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Processes that are tracked: which of them a block means, and what the priority becomes. Then processes come and go,
# become too many, and are killed, with and without delays; and the process script is stopped and killed, which
# changes nothing.
#
# In a network namespace the kernel tells nobody of processes: here /proc is read, which is said, and keepalived, which
# does not, sees none (tests/unit/test_script_process.c has the kernel's events, too).
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need tcpdump

host d lan=10.7.0.2/24
start adverts d tcpdump -ni lan -l 'ip proto 112'
wait_for 20 log_has adverts listening

# Programs with names that nobody else has.
p=p$BASHPID
mkdir "$T/bin"
for name in one two "a b" none; do ln -s "$(type -P sleep)" "$T/bin/$p$name"; done
ln -s "$(type -P sleep)" "$T/bin/${p}longerthan15characters"
# run NAME WORD...: a process of that program
run() {
	local name=$1
	shift
	start "$name" d "$T/bin/$p$name" "$@"
}
run one 1000
run two 1000 2000
start again d "$T/bin/${p}two" 1000 2000
run "a b" 1000
run longerthan15characters 1000
VRID=0
# instance BLOCK [WEIGHT]: an instance that tracks what the block says
instance() {
	VRID=$((VRID + 1))
	printf 'vrrp_track_process t%s {\n%s\n}\n' $VRID "$1"
	printf 'vrrp_instance V%s {\n interface lan\n virtual_router_id %s\n version 3\n advert_int 0.5\n' $VRID $VRID
	printf ' track_process {\n  t%s %s\n }\n virtual_ipaddress {\n 10.7.0.1%02d/24\n }\n}\n' $VRID "${2:-}" $VRID
}
WANT=()
like() { # PRIORITY BLOCK [WEIGHT]
	instance "$2" "${3:-}"
	WANT[VRID]=$1
}
like_all() {
	like 100 "process ${p}one"
	like none "process ${p}none"
	like 120 "process ${p}two
quorum 2
weight 20"
	like 100 "process ${p}two
quorum 3
weight 20"
	like 100 "process ${p}two
quorum_max 1
weight 20"
	like 120 "process ${p}none
quorum_max 0
weight 20"
	like 80 "process ${p}none
weight -20"
	like 80 "process ${p}one
weight 20 reverse"
	like 93 "process ${p}one
weight 50" "weight 7 reverse"
	like 120 "process $T/bin/${p}one
full_command
weight 20"
	like 100 "process ${p}one
full_command
weight 20"
	like 120 "process $T/bin/${p}one 1000
weight 20"
	like 100 "process $T/bin/${p}two 1000
weight 20"
	like 120 "process $T/bin/${p}two 1000
param_match partial
weight 20"
	like 120 "process $T/bin/${p}two 1000 20
param_match initial
weight 20"
	like 100 "process $T/bin/${p}one
param_match
weight 20"
	like 120 "process \"$T/bin/${p}a b\" 1000
weight 20"
	like 120 "process \"${p}a b\"
weight 20"
	like 120 "process $T/bin/${p}longerthan15characters
full_command
weight 20"
	like none "process ${p}none
weight 0"
	like none "process ${p}one
weight 0 reverse"
	like 100 "process ${p}one
weight 0"
}
like_all > "$T/d/directord.conf"
director d
# the last priority that was advertised after a line of the log, or none
FROM=1
priority_is() { # VRID PRIORITY
	local prio
	prio=$(tail -n "+$FROM" "$T/adverts.log" | sed -n "s/.*vrid $1, prio \([0-9]*\),.*/\1/p" | tail -1)
	[ "${prio:-none}" = "$2" ]
}
all_speak() { # as many as are to
	local want=0 v
	for v in "${WANT[@]}"; do [ "$v" = none ] || want=$((want + 1)); done
	[ "$(sed -n 's/.*vrid \([0-9]*\), prio.*/\1/p' "$T/adverts.log" | sort -u | wc -l)" -ge "$want" ]
}
check_soon 20 "the masters speak" all_speak
for vrid in "${!WANT[@]}"; do
	check_soon 10 "VRID $vrid: ${WANT[vrid]}" priority_is "$vrid" "${WANT[vrid]}"
done
row() { # NAME COLUMN
	shown track_process "$@"
}
row_is() { # NAME COLUMN VALUE
	[ "$(row "$1" "$2")" = "$3" ]
}
check_eq "how many there are" "$(row t3 processes)" 2
check_match "who is not up is said" "$(ctl d status)" 'track_process t20 is down'
check_match "how they are watched is said" "$(row t1 reason)" 'the kernel does not tell of processes'
check_match "directorctl shows them" "$(ctl d show track_process)" 't20 .*down'

note "they come and go"
run none 1000
check_soon 10 "one is started: no fault" row_is t20 status up
check_soon 10 "so it is master" priority_is 20 100
check_soon 10 "and what must not run" priority_is 6 100
stop none KILL
check_soon 10 "it is killed" row_is t20 status down
check_soon 10 "one that must not run does not" priority_is 6 120
stop again KILL
check_soon 10 "one of two is killed" priority_is 3 100
check_soon 10 "one is not too many" priority_is 5 120
check_eq "it is counted" "$(row t5 transitions)" 1

note "columns"
# effect: track_process.process track_process.param_match track_process.full_command track_process.quorum
# effect: track_process.quorum_max track_process.weight track_process.reverse
changes() { # PRIORITY COLUMN=VALUE...: what becomes of the priority of V1
	local priority=$1
	shift
	check "$*" ctl d set track_process t1 "$@"
	check_soon 10 "priority $priority" priority_is 1 "$priority"
}
changes 110 weight=10
changes 90 reverse=on
changes 110 reverse=off
changes 100 "process=$T/bin/${p}two 1000"
changes 110 param_match=partial
changes 100 param_match=none "process=$T/bin/${p}two"
changes 110 full_command=on
changes 100 quorum=2
changes 110 quorum=1
changes 100 quorum_max=0
changes 110 quorum_max=1
check_not "a maximum below the quorum" ctl d set track_process t1 quorum=2
check_not "no words" ctl d set track_process t1 "process='"

note "delays"
# effect: track_process.terminate_delay track_process.fork_delay
check "a delay of a day after an end" ctl d set track_process t1 terminate_delay=3600
pause 1.5 # it is judged anew with it first
stop two KILL
check_soon 10 "there is none" row_is t1 processes 0
check "it is up all the same" row_is t1 status up
run two 1000 2000
check_soon 10 "there is one" row_is t1 processes 1
check "nothing has happened" row_is t1 status up
check "a shorter delay" ctl d set track_process t1 terminate_delay=1
pause 1.5
stop two KILL
check_soon 10 "it counts" row_is t1 status down
check "a delay of an hour after a fork" ctl d set track_process t1 fork_delay=3600
pause 1.5
run two 1000 2000
check_soon 10 "there is one" row_is t1 processes 1
check "it does not count" row_is t1 status down
check "no delay" ctl d set track_process t1 fork_delay=0
check_soon 10 "it does" row_is t1 status up

note "in a group, and without the process script"
check "a group" ctl d add sync_group G
check "tracks what runs" ctl d add sync_group_track G process t1 weight=30
check "V4 is its member" ctl d set vrrp_instance V4 sync_group=G
check_soon 10 "its priority" priority_is 4 130
kill -STOP "$(child d script)"
stop two KILL
FROM=$(wc -l < "$T/adverts.log")
pause 3
check "stopped: the last state counts" priority_is 4 130
kill -KILL "$(child d script)"
check_soon 10 "killed: it is there again and sees what happened" priority_is 4 100
check_eq "the change is counted once" "$(row t1 status)" down
check_not "what is tracked cannot be removed" ctl d delete track_process t1
stop director-d
check_not "no sanitizer complained" log_has director-d '(Address|Leak)Sanitizer|runtime error:'
end_of_test
