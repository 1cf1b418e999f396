#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Tracking. The same file for directord and for keepalived, each alone on a network of its own: after each
# change of an interface both advertise the same priority, or neither advertises. Then two directors: the
# priority decides at once who is master, and SNMP, directorctl and the log say why.
#
# LIMIT=600

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need keepalived tcpdump snmpd snmpget

# the tracked interfaces are one end of a cable each, whose other end is e1p, e2p
cables() { # HOST
	local e
	for e in e1 e2; do
		on "$1" ip link add "$e" type veth peer name "${e}p"
		on "$1" ip link set "$e" up
		on "$1" ip link set "${e}p" up
	done
}
host ka wide=10.7.0.1/24
host d lan=10.7.0.2/24
# the instance's own interface is called the same on both
same_name ka
cables ka
cables d

# e HOST INTERFACE up|down: its carrier
e() {
	on "$1" ip link set "${2}p" "$3"
}
both_e() {
	e ka "$1" "$2"
	e d "$1" "$2"
}

# instance NAME VRID PRIORITY TEXT
instance() {
	printf 'vrrp_instance %s {\n interface lan\n virtual_router_id %s\n priority %s\n version 3\n advert_int 0.5\n' "$1" "$2" "$3"
	printf ' %s\n virtual_ipaddress {\n  10.7.0.1%s/24\n }\n}\n' "$4" "$2"
}
LOOK=2 # s
[ -z "${LAB:-}" ] || LOOK=6 # a busy machine of one CPU needs longer to begin listening
# advertised HOST VRID: the priority of the last advertisement in that time, or none; 0 is a resignation
advertised() {
	local prio
	prio=$(on "$1" timeout "$LOOK" tcpdump -ni lan -l 'ip proto 112' 2>/dev/null |
		grep "vrid $2," | sed -n 's/.*prio \([0-9]*\),.*/\1/p' | tail -1)
	echo "${prio:-none}"
}
track() { # COLUMN
	snmp d get -Oqv 10.7.0.2 "DIRECTOR-VRRP-MIB::drctVrrpTrack$1"'."V".interface."e1"' | tr -d '"'
}
track_is() {
	[ "$(track State)" = "$1" ]
}
says_nothing() {
	! ctl d status | grep -q 'track_interface'
}
up() {
	keepalived_up
	director d
}
down() {
	stop director-d
	stop keepalived
}
# alike TEXT EXPECTED: what both advertise for VRID 51
alike() {
	pause 3
	advertised ka 51 > "$T/ka/advertised" &
	check_eq "$1: directord" "$(advertised d 51)" "$2"
	wait "$!"
	check_eq "$1: keepalived" "$(cat "$T/ka/advertised")" "$2"
}
round() { # TEXT TRACKING UP_UP DOWN_UP DOWN_DOWN UP_DOWN
	note "$1"
	instance V 51 "${PRIORITY:-100}" "$2" > "$T/d/directord.conf"
	[ -z "${GROUP:-}" ] || printf '%s\n' "$GROUP" >> "$T/d/directord.conf"
	cp "$T/d/directord.conf" "$T/ka/keepalived.conf"
	up
	wait_for 10 has_vip d 10.7.0.151
	wait_for 10 has_vip ka 10.7.0.151
	alike "$1, both up" "$3"
	both_e e1 down
	alike "$1, the first down" "$4"
	both_e e2 down
	alike "$1, both down" "$5"
	both_e e1 up
	alike "$1, the second down" "$6"
	both_e e2 up
	down
}

round "weights" "track_interface {
  e1 weight -20
  e2 weight 30
 }" 130 110 80 100
round "reverse" "track_interface {
  e1 weight -20 reverse
  e2 weight 30 reverse
 }" 70 90 120 100
round "the least and the greatest" "track_interface {
  e1 weight -253
  e2 weight 253
 }" 254 100 1 100
round "faults" "track_interface {
  e1
  e2 weight 5
 }" 105 none none 100
GROUP="vrrp_sync_group G {
 group {
  V
 }
 track_interface {
  e1 weight -20
 }
}"
round "a group's weight and an instance's fault" "track_interface {
  e2 weight 0
 }" 100 80 none none
GROUP="vrrp_sync_group G {
 group {
  V
 }
 track_interface {
  e1 weight -20
 }
}"
round "weights of a group and of its instance" "track_interface {
  e2 weight -7
 }" 100 80 73 93
GROUP=''
GROUP="vrrp_sync_group G {
 group {
  V
 }
 track_interface {
  e1 weight -20
 }
}"
PRIORITY=255 round "a group with an address owner" "" 255 none none 255
GROUP=''
PRIORITY=255 round "the address owner" "track_interface {
  e1 weight -20
 }" 255 255 255 255

note "two directors"
host b lan=10.7.0.3/24
snmpd d
{
	printf 'global_defs {\n snmp_socket %s/d/agentx\n}\n' "$T"
	instance V 51 150 "track_interface {
  e1 weight -60
 }"
} > "$T/d/directord.conf"
instance V 51 100 "" > "$T/b/directord.conf"
director d
director b
check_soon 10 "the higher priority is master" has_vip d 10.7.0.151
e d e1 down
check_soon 5 "the tracked interface goes down: the other takes over" has_vip b 10.7.0.151
check_soon 5 "and the first gives the address up" eval "! has_vip d 10.7.0.151"
check_soon 10 "SNMP has the item as down" track_is down
check_eq "with what it contributes" "$(track Contribution)" -60
check_eq "and the priority" "$(snmp d get -Oqv 10.7.0.2 'DIRECTOR-VRRP-MIB::drctVrrpInstanceEffectivePriority."V"')" 90
check_match "with the reason" "$(snmp d get -Oqv 10.7.0.2 'DIRECTOR-VRRP-MIB::drctVrrpInstancePriorityReason."V"')" \
	'track_interface e1 is down \(-60\)'
check "directorctl says it, too" eval "ctl d status | grep -q 'track_interface e1 is down (-60)'"
check "so does the log" grep -q 'V: priority 90: track_interface e1 is down (-60)' "$T/director-d.log"
check "a manager changes the weight" snmp d set 10.7.0.2 'DIRECTOR-VRRP-MIB::drctVrrpTrackWeight."V".interface."e1"' i -40
check_soon 10 "at once the first is master again" has_vip d 10.7.0.151
check "a manager makes the other one track, too" ctl b add vrrp_track V interface lo weight=20
check_soon 10 "and it takes over" has_vip b 10.7.0.151
check_eq "with its priority" "$(advertised b 51)" 120
check "the item is taken away" ctl b delete vrrp_track V interface lo
check_soon 10 "the first takes over" has_vip d 10.7.0.151
e d e1 up
check_soon 5 "nothing is said of the priority any more" says_nothing

note "the instance's own interface"
stop director-b
# effect: vrrp_instance.track_primary
instance V 51 150 "dont_track_primary" > "$T/d/directord.conf"
signal director-d HUP
pause 2
unplug d
pause 3
check "with dont_track_primary it stays master without a carrier" has_vip d 10.7.0.151
instance V 51 150 "" > "$T/d/directord.conf"
signal director-d HUP
check_soon 5 "without it, it is in fault" eval "! has_vip d 10.7.0.151"
plug d
check_soon 10 "until the carrier is back" has_vip d 10.7.0.151
stop director-d
end_of_test
