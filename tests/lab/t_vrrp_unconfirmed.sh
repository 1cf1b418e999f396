#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A change of addresses that nobody confirmed, and a kill: the next start undoes it, and the master is master still.
# What it had removed is set again and announced; its peer and the addresses that it kept notice nothing.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need tcpdump

host d1 lan=10.7.0.1/24
host d2 lan=10.7.0.2/24

# Advertisements are far apart: a start on a busy machine must be over within three of them.
instance() { # NAME VRID ADDRESS
	printf 'vrrp_instance %s {\n interface lan\n virtual_router_id %s\n priority %s\n version 3\n' "$1" "$2" "$PRIORITY"
	printf ' advert_int 4\n nopreempt\n virtual_ipaddress {\n  %s\n }\n}\n' "$3"
}
config() { # PRIORITY
	local PRIORITY=$1
	printf 'vrrp_sync_group G {\n group {\n B\n C\n }\n}\n'
	instance A 1 10.7.0.100/24
	instance B 2 10.7.0.110/24
	instance C 3 10.7.0.120/24
}
value() { # HOST INSTANCE COLUMN
	ctl "$1" show vrrp_instance --json name="$2" |
		sed -n "s/.*\"$3\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1
}
all_are() { # HOST STATE
	[ "$(value "$1" A state) $(value "$1" B state) $(value "$1" C state)" = "$2 $2 $2" ]
}
moves() { # of d2
	echo "$(value d2 A transitions) $(value d2 B transitions) $(value d2 C transitions)"
}
has() { # HOST ADDRESS...
	local a
	for a in "${@:2}"; do has_vip "$1" "$a" || return 1; done
}
has_none() { # HOST ADDRESS...
	local a
	for a in "${@:2}"; do ! has_vip "$1" "$a" || return 1; done
}
# The kernel's addresses that come and go on d1, and what it announces, until watched
watch() {
	start monitor d1 ip monitor address
	start watch d2 tcpdump -ni lan -l arp
	wait_for 5 log_has watch 'listening on'
}
watched() {
	stop monitor
	stop watch
}

config 150 > "$T/d1/directord.conf"
config 100 > "$T/d2/directord.conf"
director d1
check_soon 30 "the first one is master" all_are d1 master
director d2
check_soon 20 "the other is backup" all_are d2 backup
on d2 ip link set lan promisc on
check "more addresses" ctl d1 edit - <<< 'add vrrp_address A 10.7.0.101 prefix_length=24
add vrrp_address B 10.7.0.111 prefix_length=24'
check_soon 5 "they are there" has d1 10.7.0.100 10.7.0.101 10.7.0.110 10.7.0.111 10.7.0.120

before=$(moves)
note "destroyed, to be confirmed; all is killed"
check "two are destroyed, and one is made" ctl d1 --confirm 3600 edit - <<< 'delete vrrp_address A 10.7.0.101
delete vrrp_address B 10.7.0.111
add vrrp_address C 10.7.0.121 prefix_length=24'
check_soon 5 "the new one is there" has_vip d1 10.7.0.121
check_soon 5 "those two are gone" has_none d1 10.7.0.101 10.7.0.111
check_soon 5 "the others stay" has d1 10.7.0.100 10.7.0.110 10.7.0.120
pause 9 # until what is left of the announcements is over
watch
die director-d1
director d1
check_soon 20 "started again: it is undone" has d1 10.7.0.101 10.7.0.111
check_soon 5 "and master" all_are d1 master
check_soon 5 "without the new one" has_none d1 10.7.0.121
check "the log says so" log_has director-d1 'was not confirmed, and is undone'
check_soon 10 "what is set again is announced" log_has watch 'who-has 10.7.0.101 .*tell 10.7.0.101'
check_soon 10 "in a group, too" log_has watch 'who-has 10.7.0.111 .*tell 10.7.0.111'
pause 14 # longer than a backup waits
watched
check_eq "the peer changed nothing" "$(moves)" "$before"
check "d1 is master" all_are d1 master
check_not "what it kept was never gone" log_has monitor '^(Deleted|\[DELETED\]).* 10\.7\.0\.1[012]0/'
check "all addresses are there" has d1 10.7.0.100 10.7.0.101 10.7.0.110 10.7.0.111 10.7.0.120
check "their rows, too" ctl d1 show vrrp_address A 10.7.0.101
check "the peer has none" has_none d2 10.7.0.100 10.7.0.101 10.7.0.110 10.7.0.111 10.7.0.120

note "the same, and only the main process is killed: vrrp goes on for a while"
check "destroyed" ctl d1 --confirm 3600 delete vrrp_address A 10.7.0.101
check_soon 5 "gone" has_none d1 10.7.0.101
{
	kill -KILL "$(pid_of director-d1)"
	wait "$(pid_of director-d1)"
} 2>/dev/null
director d1
check_soon 20 "undone" has_vip d1 10.7.0.101
pause 14
check_eq "the peer changed nothing" "$(moves)" "$before"
check "d1 is master" all_are d1 master

note "nobody resumes what it has given up since it was started again"
die director-d1
director d1
check_soon 20 "master again" all_are d1 master
check "A is switched off" ctl d1 set vrrp_instance A enabled=off
check_soon 5 "the other takes over" has_vip d2 10.7.0.100
before=$(value d2 A transitions)
check "and on" ctl d1 set vrrp_instance A enabled=on
pause 6
check_eq "it follows the other" "$(value d1 A state)" backup
check_eq "which changed nothing" "$(value d2 A transitions)" "$before"
check "and has no address" has_none d1 10.7.0.100 10.7.0.101
stop director-d1
end_of_test
