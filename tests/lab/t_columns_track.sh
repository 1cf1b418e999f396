#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# What the columns of scripts, of what is tracked and of synchronization groups do: how often scripts run, what they
# say, and the priority that another host hears. Needs no IPVS.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need tcpdump

host d lan=10.7.0.1/24
host w lan=10.7.0.9/24
# A script that writes down when it was begun, and does what a line for sh says.
chmod 755 "$T"
cat > "$T/script" <<END
cat /proc/uptime >> "$T/d/runs/\$1"
. "$T/d/runs/\$1.do"
END
mkdir "$T/d/runs"
chmod 777 "$T/d/runs"
does() { # NAME LINE
	echo "$2" > "$T/d/runs/$1.new"
	chmod 644 "$T/d/runs/$1.new"
	mv "$T/d/runs/$1.new" "$T/d/runs/$1.do"
}
instance() { # NAME VRID
	printf 'vrrp_instance %s {\n interface lan\n virtual_router_id %s\n version 3\n advert_int 0.2\n' "$1" "$2"
	printf ' virtual_ipaddress {\n 10.7.0.10%s/24\n }\n}\n' "$2"
}
echo 7 > "$T/d/value"
{
	printf 'global_defs {\n script_user root\n}\n'
	for s in s t u slow late; do
		does $s true
		printf 'vrrp_script %s {\n script "/bin/sh %s %s"\n interval 0.2\n timeout 20\n}\n' $s "$T/script" $s
	done
	printf 'track_file f {\n file %s\n}\n' "$T/d/value"
	instance A 1
	instance B 2
	printf 'vrrp_sync_group G {\n group {\n B\n }\n}\n'
} > "$T/d/directord.conf"
start tcpdump w tcpdump -ni lan -l -v 'proto 112'
wait_for 10 log_has tcpdump 'listening on'
# says VRID PRIORITY: the last advertisement
says() {
	grep -F "vrid $1," "$T/tcpdump.log" | tail -n 1 | grep -Fq "prio $2,"
}
# set TABLE KEY VRID PRIORITY COLUMN=VALUE...: and then that is the priority
changed() {
	local table=$1 key=$2 vrid=$3 priority=$4
	shift 4
	check "$table $key: $*" ctl d set "$table" "$key" "$@"
	check_soon 5 "priority $priority" says "$vrid" "$priority"
}
value() { # TABLE KEY COLUMN
	ctl d show "$1" "$2" --json --all | sed -n "s/.*\"$3\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1
}
is() { # INSTANCE STATE
	[ "$(value vrrp_instance "$1" state)" = "$2" ]
}
status_is() { # SCRIPT STATUS
	[ "$(value script "$1" status)" = "$2" ]
}
runs() { # SCRIPT
	wc -l < "$T/d/runs/$1"
}
ran() { # SCRIPT TIMES
	[ -e "$T/d/runs/$1" ] && [ "$(runs "$1")" -ge "$2" ]
}

director d
check_soon 10 "A is master" is A master
check_soon 10 "B is master" is B master
check_soon 5 "A's priority is the configured one" says 1 100

note "weights"
# effect: vrrp_track.weight vrrp_track.reverse vrrp_track.own_weight script.weight script.reverse
check "A tracks a script" ctl d add vrrp_track A script s weight=10
check_soon 5 "that is up" says 1 110
changed vrrp_track "A script s" 1 120 weight=20
changed vrrp_track "A script s" 1 80 reverse=on
changed script s 1 80 weight=30
changed vrrp_track "A script s" 1 130 own_weight=off weight=0 reverse=off
changed script s 1 140 weight=40
changed script s 1 60 reverse=on
check "reverse=off" ctl d set script s reverse=off weight=0

# effect: track_file.weight track_file.reverse
check "A tracks a file" ctl d add vrrp_track A file f own_weight=off
check_soon 5 "whose value is 7" says 1 107
changed track_file f 1 121 weight=3
changed track_file f 1 79 reverse=on
check "it does not any more" ctl d delete vrrp_track A file f
check_soon 5 "the priority is the configured one again" says 1 100

# effect: sync_group_track.weight sync_group_track.reverse sync_group_track.own_weight
check "B's group tracks a script" ctl d add sync_group_track G script t weight=10
check_soon 5 "that is up" says 2 110
changed sync_group_track "G script t" 2 120 weight=20
changed sync_group_track "G script t" 2 80 reverse=on
check "the script's weight" ctl d set script t weight=30
changed sync_group_track "G script t" 2 130 own_weight=off weight=0 reverse=off
check "it is not tracked any more" ctl d delete sync_group_track "G script t"
check_soon 5 "the priority is the configured one" says 2 100

# effect: sync_group.tracking_weight
check "a member of the group tracks it" ctl d add vrrp_track B script t weight=10
check_soon 5 "it runs" status_is t up
pause 0.5
check "its weight does not count in a group" says 2 100
changed sync_group G 2 110 tracking_weight=on

note "faults of one and of all"
# effect: vrrp_instance.sync_group
does s false
check_soon 5 "A is in fault" is A fault
check "B is none of that" is B master
check "A joins the group" ctl d set vrrp_instance A sync_group=G
check_soon 5 "B is in fault, too" is B fault
does s true
check_soon 10 "A is master again" is A master
check_soon 10 "and B" is B master
check "A leaves it" ctl d set vrrp_instance A sync_group=

note "when scripts run"
# effect: script.interval
often=$(runs s)
check_soon 5 "each 200 ms" ran s $((often + 10))
check "interval" ctl d set script s interval=86400
pause 0.5
seldom=$(runs s)
pause 2
check_eq "each day" "$(runs s)" "$seldom"
# effect: script.timeout
does slow "sleep 1.2"
check "a script that takes 1.2 s" ctl d set script slow interval=30 weight=5
check "is tracked" ctl d add vrrp_track A script slow own_weight=off
check_soon 5 "it is up" status_is slow up
check "timeout" ctl d set script slow timeout=0.3 interval=1
check_soon 5 "it is down" status_is slow down
check_match "which is said" "$(value script slow last_result)" 'no end within 0.3 s'
# effect: script.rise script.fall
check "another one" ctl d set script u weight=5
check "is tracked" ctl d add vrrp_track A script u own_weight=off
check_soon 5 "it is up" status_is u up
# turn LINE STATUS: how many runs it takes to make that of it
turn() {
	: > "$T/d/runs/turn"
	does u "echo >> $T/d/runs/turn; $1"
	wait_for 20 status_is u "$2"
	wc -l < "$T/d/runs/turn"
}
check_between "down after one failure" "$(turn false down)" 1 6
check_between "up after one success" "$(turn true up)" 1 6
check "fall 8, rise 12" ctl d set script u fall=8 rise=12
check_between "down after 8 failures" "$(turn false down)" 8 14
check_between "up after 12 successes" "$(turn true up)" 12 20
# effect: script.init_fail
does late "sleep 86400"
check "one without a result, interval and timeout of a day" ctl d set script late interval=86400
check "is tracked" ctl d add vrrp_track A script late
check_soon 5 "it runs" ran late 1
pause 0.5
check "nothing is known of it: A is master" is A master
check "it is not tracked any more" ctl d delete vrrp_track "A script late"
check "init_fail" ctl d set script late init_fail=on
check "it is tracked again" ctl d add vrrp_track A script late
check_soon 5 "until the first result it is down: A is in fault" is A fault

stop director-d
check_not "no sanitizer complained" log_has director-d '(Address|Leak)Sanitizer|runtime error:'
end_of_test
