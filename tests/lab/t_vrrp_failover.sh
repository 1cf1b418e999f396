#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Mastership that is handed over for maintenance: without a gap, for a time, over restarts, and only if
# somebody is there who takes over.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need ping

host d1 lan=10.7.0.1/24 srv=10.8.0.1/24
host d2 lan=10.7.0.2/24 srv=10.8.0.2/24
host client lan=10.7.0.9/24

config() { # PRIORITY
	printf 'vrrp_sync_group G {\n group {\n B\n C\n }\n}\n'
	instance A lan 1 "$1" 10.7.0.100/24
	instance B lan 2 "$1" 10.7.0.101/24
	instance C srv 3 "$1" 10.8.0.101/24
}
instance() { # NAME INTERFACE VRID PRIORITY ADDRESS
	printf 'vrrp_instance %s {\n interface %s\n virtual_router_id %s\n priority %s\n version 3\n' "$1" "$2" "$3" "$4"
	printf ' virtual_ipaddress {\n  %s\n }\n}\n' "$5"
}
value() { # HOST INSTANCE COLUMN
	ctl "$1" show vrrp_instance --json name="$2" |
		sed -n "s/.*\"$3\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1
}
is() { # HOST INSTANCE STATE
	[ "$(value "$1" "$2" state)" = "$3" ]
}
both() { # HOST STATE
	is "$1" B "$2" && is "$1" C "$2"
}
stands() { # HOST INSTANCE FAILOVER_STATE
	[ "$(value "$1" "$2" failover_state)" = "$3" ]
}

config 150 > "$T/d1/directord.conf"
config 100 > "$T/d2/directord.conf"
director d1
director d2
check_soon 10 "the better one is master" is d1 A master
check_soon 5 "of its group, too" both d1 master
check_soon 5 "the other is backup" is d2 A backup

note "without a gap"
on client ping -c 1 -W 1 10.7.0.100 > "$T/first"
start ping client ping -i 0.01 -c 500 -W 1 10.7.0.100
pause 1
said=$(ctl d1 failover A 20)
check_eq "it says who is master" "$said" "A: 10.7.0.2 is master, for 20 s or until it is gone"
check "the other one is" is d2 A master
check "this one is not" is d1 A backup
check "and stands aside" stands d1 A aside
check_match "the reason says so" "$(value d1 A reason)" 'handed over to 10.7.0.2|stands aside, as was asked'
check_match "so does show vrrp" "$(ctl d1 show vrrp)" 'stands aside for another [0-9]+ s, as long as another one is master'
check "what was not named stays" both d1 master
wait "$(pid_of ping)"
unset "LAB_PID[ping]"
lost=$(sed -n 's/.* \([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p; s/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$T/ping.log" | awk 'END { print $1 - $2 }')
check_between "pings lost, of 500, 10 ms apart" "$lost" 0 1
pause 3
check "it does not preempt" is d2 A master

note "vrrp is killed meanwhile"
kill -KILL "$(child d1 vrrp)"
pause 5
check "it stands aside still" stands d1 A aside
check "the other is master" is d2 A master
check_soon 20 "the time is over: it is master again" is d1 A master
check_soon 2 "and nothing is left of it" stands d1 A none

note "its history has it, with the reasons, also that of the process before"
history() { ctl d1 show vrrp_transition instance=A --json; }
check_match "handed over" "$(history)" 'handed over to 10.7.0.2 for 1?[0-9] s|handed over to 10.7.0.2 for 20 s'
check_match "and master again" "$(history | tail -12)" 'preempts 10.7.0.2, whose priority 100 is lower than 150'
check_match "show vrrp, too" "$(ctl d1 show vrrp)" 'master -> backup: handed over to 10.7.0.2'

note "ended before its time; by a SET"
# effect: vrrp_instance.failover
check "it is asked for as a value" ctl d1 set vrrp_instance A failover=300
check_soon 5 "the other is master" is d2 A master
check_match "the time that is left" "$(value d1 A failover)" '^(29[0-9]|300)'
check_eq "it is no configuration: the history does not have it" "$(ctl d1 history --json | grep -c failover)" 0
check_eq "it takes its place again" "$(ctl d1 failover A off)" "A: takes its place again"
check_soon 8 "it is master" is d1 A master

note "a group"
check_not "an instance of it does not go alone" ctl d1 failover B
check_match "because" "$(ctl d1 failover B 2>&1)" 'synchronization group G, which hands over as a whole'
# effect: sync_group.failover
check_match "it goes as a whole" "$(ctl d1 failover G 300 2>&1)" 'G: 10.[78].0.2 is master, for 300 s'
check_soon 2 "the other is master" both d2 master
check_soon 2 "this one is not" both d1 backup
pause 5
check "and stays so" both d2 master
stop director-d2
check_soon 5 "the other stops: it takes over at once" both d1 master
check_soon 2 "that was it" stands d1 B ended

note "faults as words"
unplug d1 srv
words() { [ "$(value d1 C faults)" = "$1" ]; }
check_soon 3 "its own" words noCarrier
check_eq "not those of the other" "$(value d1 B faults)" ""
plug d1 srv
check_soon 3 "over" words ""
check_soon 8 "master again" both d1 master

note "nobody is there"
check_soon 5 "master" is d1 A master
before=$(value d1 A transitions)
check_match "nobody takes over" "$(ctl d1 failover A 60 2>&1)" 'A: nobody took over'
check "it is master" is d1 A master
check_eq "and never was anything else" "$(value d1 A transitions)" "$before"
check_match "there is no such one" "$(ctl d1 failover X 2>&1)" 'no VRRP instance or synchronization group X'
stop director-d1

end_of_test
