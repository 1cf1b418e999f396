#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The process vrrp of two directors: what happens on the wire and on the interfaces when it is killed,
# orphaned, reloaded, unplugged; synchronization groups; many addresses and many instances.
#
# LIMIT=400

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need tcpdump arping

host d1 lan=10.7.0.1/24 srv=10.8.0.1/24
host d2 lan=10.7.0.2/24 srv=10.8.0.2/24

# instance NAME INTERFACE VRID PRIORITY ADDRESSES [SETTING...]
instance() {
	printf 'vrrp_instance %s {\n interface %s\n virtual_router_id %s\n priority %s\n version 3\n' "$1" "$2" "$3" "$4"
	printf ' virtual_ipaddress {\n'
	# shellcheck disable=SC2086
	printf '  %s\n' $5
	printf ' }\n'
	shift 5
	[ $# -eq 0 ] || printf ' %s\n' "$@"
	printf '}\n'
}

# value HOST INSTANCE COLUMN: of its row
value() {
	ctl "$1" show vrrp_instance --json name="$2" |
		sed -n "s/.*\"$3\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1
}
is() { # HOST INSTANCE STATE
	[ "$(value "$1" "$2" state)" = "$3" ]
}
because() { # HOST INSTANCE TEXT
	grep -q "$3" <<< "$(value "$1" "$2" reason)"
}
# What the others saw of it: how often its state changed
transitions() {
	value "$1" "$2" transitions
}

# watch FILE SECONDS FILTER: what the switch carries on lan, in the background; watched waits for its end
watch() {
	start watch d2 timeout "$2" tcpdump -ni lan -tt -l "$3"
	WATCH=$1
	wait_for 5 log_has watch 'listening on'
}
watched() {
	wait "$(pid_of watch)"
	unset "LAB_PID[watch]"
	grep -E '^[0-9]+\.' "$T/watch.log" > "$T/$WATCH"
	rm "$T/watch.log"
}
gone() { # PID: perhaps nobody has waited for it
	[ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"
}

note "two directors"
instance A lan 1 150 "10.7.0.100/24 10.7.0.101" > "$T/d1/directord.conf"
instance A lan 1 100 "10.7.0.100/24 10.7.0.101" > "$T/d2/directord.conf"
director d2
check_soon 10 "the only one is master" is d2 A master
director d1
check_soon 10 "the better one takes over" is d1 A master
check "the other is backup" is d2 A backup
check "it has the addresses" has_vip d1 10.7.0.101
check_not "the other has them no more" has_vip d2 10.7.0.101
check_match "and says whom it follows" "$(value d2 A reason)" '10.7.0.1 is master with priority 150|10.7.0.1 has the higher priority 150'

note "vrrp is killed: comes back as master, and its peer notices nothing"
before=$(transitions d2 A) mine=$(transitions d1 A)
old=$(child d1 vrrp)
on d1 ip monitor address > "$T/monitor" & monitor=$!
watch killed 6 'ip proto 112'
kill -KILL "$old"
watched
kill $monitor
wait $monitor 2>/dev/null
new_vrrp() { [ -n "$(child d1 vrrp)" ] && [ "$(child d1 vrrp)" != "$old" ]; }
check_soon 5 "another process is there" new_vrrp
check "it is master" is d1 A master
check_eq "the peer changed nothing" "$(transitions d2 A)" "$before"
check_eq "and it was no transition" "$(transitions d1 A)" "$mine"
check_eq "no address was touched" "$(cat "$T/monitor")" ""
gap=$(awk '{ if (last && $1 - last > most) most = $1 - last; last = $1 } END { printf "%d", most * 1000 }' "$T/killed")
check_between "milliseconds between two of its advertisements, at most" "$gap" 900 2900
check_not "the peer sent none" grep -q 'IP 10.7.0.2 >' "$T/killed"

note "directord is killed: vrrp goes on; a new directord's vrrp takes over from it"
old=$(child d1 vrrp)
watch orphan 9 'ip proto 112'
{
	kill -KILL "$(pid_of director-d1)"
	wait "$(pid_of director-d1)"
} 2>/dev/null
pause 4
check "the orphan lives" kill -0 "$old"
director d1
check_soon 5 "the new one is master" is d1 A master
check_soon 2 "the orphan has left" gone "$old"
watched
check_eq "the peer changed nothing" "$(transitions d2 A)" "$before"
check_not "the peer sent no advertisement" grep -q 'IP 10.7.0.2 >' "$T/orphan"
check_not "there was no priority 0" grep -q 'prio 0,' "$T/orphan"
gap=$(awk '{ if (last && $1 - last > most) most = $1 - last; last = $1 } END { printf "%d", most * 1000 }' "$T/orphan")
check_between "milliseconds between two advertisements, at most" "$gap" 900 2900

note "all of it is killed, and started again at once"
die director-d1
director d1
check_soon 5 "master again" is d1 A master
check_eq "the peer changed nothing" "$(transitions d2 A)" "$before"

note "all of it is killed, and started again too late"
die director-d1
check_soon 6 "the other takes over" is d2 A master
director d1
check_soon 3 "begins as backup" is d1 A backup
check_not "without the addresses that it had left" has_vip d1 10.7.0.100
check_soon 6 "takes over" is d1 A master

note "while it is dead, an address is taken out of the file"
die director-d1
instance A lan 1 150 "10.7.0.100/24" > "$T/d1/directord.conf"
director d1
check_soon 5 "master" is d1 A master
check "with the one address" has_vip d1 10.7.0.100
check_not "the other is removed" has_vip d1 10.7.0.101
instance A lan 1 150 "10.7.0.100/24 10.7.0.101" > "$T/d1/directord.conf"
signal director-d1 HUP
check_soon 3 "and comes back with the file" has_vip d1 10.7.0.101
check_eq "the peer advertised other addresses than it has, and has noticed" \
	"$(grep -c '10.7.0.1 advertises other addresses than are configured here' "$T/director-d2.log")" 1

note "changes while it runs"
mine=$(transitions d1 A)
instance A lan 1 160 "10.7.0.100/24 10.7.0.102" > "$T/d1/directord.conf"
on d2 ip link set lan promisc on
watch reload 4 'arp or ip proto 112'
signal director-d1 HUP
check_soon 3 "an address is added" has_vip d1 10.7.0.102
check_not "one is removed" has_vip d1 10.7.0.101
check "one is kept" has_vip d1 10.7.0.100
watched
check "the new one is announced" grep -q 'who-has 10.7.0.102 (ff:ff:ff:ff:ff:ff) tell 10.7.0.102' "$T/reload"
check "and advertised, with the new priority" grep -q 'prio 160' "$T/reload"
check_eq "the state did not change" "$(transitions d1 A)" "$mine"
pause 6 # the second set of announcements
watch same 3 'arp or (ip proto 112 and src 10.7.0.1)'
signal director-d1 HUP
watched
check_not "a reload without a change announces nothing" grep -q ARP "$T/same"
check_between "and advertises as before" "$(grep -c VRRP "$T/same")" 1 6

note "somebody removes an address"
on d1 ip addr del 10.7.0.102/32 dev lan
check_soon 2 "it is there again" has_vip d1 10.7.0.102
check_soon 2 "and the log says so" log_has director-d1 'somebody removed 10.7.0.102'

note "the cable is pulled"
unplug d1
check_soon 3 "fault" is d1 A fault
check_match "with the reason" "$(value d1 A reason)" 'has no carrier'
check_not "and without addresses" has_vip d1 10.7.0.100
check_soon 6 "the other takes over" is d2 A master
plug d1
check_soon 3 "it is put back: backup" is d1 A backup
check_soon 6 "master again" is d1 A master

note "the interface goes away and comes back"
on d1 ip link del lan
check_soon 3 "fault" is d1 A fault
check_match "with the reason" "$(value d1 A reason)" 'does not exist'
on d1 ip link add lan type veth peer name d1.lan netns "${NS_PREFIX}switch"
on switch ip link set d1.lan master lan up
on d1 ip link set lan up
check_soon 3 "another reason" because d1 A 'no address'
on d1 ip addr add 10.7.0.1/24 dev lan
check_soon 8 "master on the new one" is d1 A master
check_soon 3 "the other yields" is d2 A backup

note "the switch drops everything: two masters; then it does not any more"
mute d1
check_soon 6 "the other takes over" is d2 A master
check "it does not know" is d1 A master
watch heal 9 'arp'
unmute d1
check_soon 3 "one master again" is d2 A backup
check "the right one" is d1 A master
watched
check_between "it announces its addresses again" "$(grep -c 'who-has 10.7.0.100 (ff:ff:ff:ff:ff:ff) tell' "$T/heal")" 5 30

note "a stopped process listens before it speaks"
held_up_once() { ctl d1 show vrrp_statistics --json instance=A | grep -Eq '"stalls": *"?1"?\b'; }
signal director-d1 STOP # or it would replace the one that does not answer
kill -STOP "$(child d1 vrrp)"
check_soon 6 "the other takes over" is d2 A master
kill -CONT "$(child d1 vrrp)"
signal director-d1 CONT
check_soon 4 "the better one is master again" is d2 A backup
check_soon 3 "it was held up once" held_up_once

note "vrrp's own statistics"
sent=$(ctl d1 show vrrp_statistics --json instance=A | sed -n 's/.*"adverts_sent": *"\{0,1\}\([0-9]*\).*/\1/p')
check "advertisements were counted" test "$sent" -gt 20
stop director-d1
check_soon 3 "the other takes over at the stop" is d2 A master
check_not "no address is left" has_vip d1 10.7.0.100
stop director-d2

note "packets that are not for us are counted by reason"
counter() { # HOST COLUMN
	ctl "$1" show vrrp_statistics --json instance=A | sed -n "s/.*\"$2\": *\"\{0,1\}\([0-9]*\).*/\1/p"
}
counted() { # HOST COLUMN
	[ "$(counter "$1" "$2")" -gt 0 ]
}
vrids_counted() {
	ctl d1 show system --json | grep -Eq '"vrrp_vrid_errors": *"?[1-9]'
}
v2() { # PRIORITY VRID PASSWORD INTERVAL
	instance A lan "$2" "$1" 10.7.0.100 "advert_int $4" "authentication { auth_type PASS
		auth_pass $3 }" | sed 's/version 3/version 2/'
}
reload() { # HOST
	signal "director-$1" HUP
	pause 4
}
v2 150 1 secret 1 > "$T/d1/directord.conf"
v2 100 1 secret 1 > "$T/d2/directord.conf"
director d1
director d2
check_soon 10 "the same password: one master" is d1 A master
check_soon 5 "the same password: one backup" is d2 A backup
check_eq "nothing is counted" "$(counter d2 auth_errors)" 0
v2 150 1 other 1 > "$T/d1/directord.conf"
reload d1
check "another password" counted d2 auth_errors
v2 150 1 secret 2 > "$T/d1/directord.conf"
reload d1
check "another interval in version 2" counted d2 interval_errors
v2 150 1 secret 1 | sed 's/10.7.0.100/10.7.0.99/' > "$T/d1/directord.conf"
reload d1
check "another address" counted d2 address_list_errors
check_soon 5 "but one master all the same" is d2 A backup
v2 100 9 secret 1 > "$T/d2/directord.conf"
reload d2
check_soon 5 "another VRID" vrids_counted
check_match "the log names the reason" "$(grep -o 'dropped a VRRP packet.*' "$T/director-d2.log")" \
	'from 10.7.0.1 for VRID 1: authentication'
stop director-d1
stop director-d2

note "a synchronization group"
group() { # PRIORITY
	printf 'vrrp_sync_group G {\n group {\n A\n B\n }\n}\n'
	instance A lan 1 "$1" 10.7.0.100/24
	instance B srv 2 "$1" 10.8.0.100/24
}
both() { is "$1" A "$2" && is "$1" B "$2"; }
group 150 > "$T/d1/directord.conf"
group 100 > "$T/d2/directord.conf"
director d1
director d2
check_soon 10 "both instances are master" both d1 master
check_soon 5 "both are backup at the other" both d2 backup
unplug d1 srv
check_soon 3 "one cable is pulled: both are at fault" both d1 fault
check_match "because of the one" "$(value d1 A reason)" 'synchronized with B: .*no carrier'
check_soon 5 "the other has both" both d2 master
check_eq "the group's state" "$(ctl d2 show sync_group --json | grep -o '"state": *"[a-z]*"' | grep -o '[a-z]*"$')" 'master"'
plug d1 srv
check_soon 9 "both come back" both d1 master
kill -KILL "$(child d1 vrrp)"
pause 3
check "killed, both are master at once" both d1 master
check "and were never anything else at the other" both d2 backup
stop director-d1
stop director-d2

note "200 addresses"
many() { # PRIORITY
	local n list=
	for ((n = 1; n <= 200; n++)); do list="$list 10.7.1.$n/16"; done
	instance A lan 1 "$1" "$list" "garp_master_repeat 1" "garp_master_delay 0"
}
many 150 > "$T/d1/directord.conf"
many 100 > "$T/d2/directord.conf"
director d2
check_soon 10 "one is master" is d2 A master
check_eq "with all addresses" "$(on d2 ip -o -4 addr show dev lan | grep -c '10\.7\.1\.')" 200
watch many 6 'arp or ip proto 112'
director d1
check_soon 8 "the other takes over" is d1 A master
watched
check_eq "with all addresses" "$(on d1 ip -o -4 addr show dev lan | grep -c '10\.7\.1\.')" 200
first=$(grep -m1 'IP 10.7.0.1 >' "$T/many" | cut -d' ' -f1)
took=$(awk -v first="$first" '/ARP.*\(ff:ff:ff:ff:ff:ff\)/ && $1 >= first { n++; last = $1 } END { printf "%d %d", n, (last - first) * 1000 }' "$T/many")
check_eq "each is announced once" "${took% *}" 200
check_between "the last of them this many milliseconds after the advertisement" "${took#* }" 0 "$([ -n "${LAB:-}" ] && echo 10000 || echo 500)"
note "takeover with 200 addresses: the announcements were out after ${took#* } ms"
stop director-d1
stop director-d2

note "255 instances"
for ((n = 1; n <= 255; n++)); do instance "I$n" lan $n 150 "10.7.2.$n/16"; done > "$T/d1/directord.conf"
sed 's/priority 150/priority 100/' "$T/d1/directord.conf" > "$T/d2/directord.conf"
all() { # HOST STATE
	[ "$(ctl "$1" show vrrp_instance --json state="$2" | grep -o '"name"' | wc -l)" = 255 ]
}
director d2
check_soon 15 "all are master" all d2 master
director d1
check_soon 15 "all are taken over" all d1 master
check_soon 5 "all are backup at the other" all d2 backup
before=$(ctl d2 show sync_group --json; ctl d2 events --last 1 --json)
watch steady 4 'ip proto 112'
watched
check_between "each advertises once a second" "$(grep -c 'IP 10.7.0.1 >' "$T/steady")" 400 1100
check_not "and nobody else does" grep -q 'IP 10.7.0.2 >' "$T/steady"
check_eq "nothing changes" "$(ctl d2 show sync_group --json; ctl d2 events --last 1 --json)" "$before"
kill -KILL "$(child d1 vrrp)"
pause 4
check "killed, all are master again" all d1 master
check_eq "and the other noticed nothing" "$(ctl d2 show sync_group --json; ctl d2 events --last 1 --json)" "$before"
stop director-d1
check_soon 5 "a stop hands all over" all d2 master
stop director-d2
check_eq "no address is left" "$(on d2 ip -o -4 addr show dev lan | grep -c '10\.7\.[23]\.')" 0

end_of_test
