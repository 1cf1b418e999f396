#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Interfaces that come and go: one that is not there at the start, appears, vanishes, is made again with another
# index, gets another name and its own back; IPv4 and IPv6 instances on it. An interface in a VRF, where the
# kernel has VRFs (the lab has).
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need tcpdump

host d 10.7.0.2/24
host c 10.7.0.9/24

instance() { # NAME INTERFACE PRIORITY ADDRESS
	printf 'vrrp_instance %s {\n interface %s\n virtual_router_id 51\n priority %s\n version 3\n advert_int 0.2\n virtual_ipaddress {\n  %s\n }\n}\n' "$@"
}
state() { # INSTANCE
	ctl d show vrrp_instance --json name="$1" | sed -n 's/.*"state": *"\([^"]*\)".*/\1/p' | head -1
}
both() { # STATE
	[ "$(state FOUR)" = "$1" ] && [ "$(state SIX)" = "$1" ]
}
has_both() { has_vip d 10.7.0.100 && has_vip d fe80::100; }
has_none() { ! has_vip d 10.7.0.100 && ! has_vip d fe80::100; }
speaks() { # FILTER
	on c timeout 2 tcpdump -ni lan -c 1 "$1" 2>/dev/null | grep -q ' > '
}
make() { # the interface eth7, on the network lan
	ip link add eth7 netns "${NS_PREFIX}d" type veth peer name d.eth7 netns "${NS_PREFIX}switch"
	on switch ip link set d.eth7 master lan up
	on d ip link set eth7 up
	on d ip addr add 10.7.0.7/24 dev eth7
}
{
	instance FOUR eth7 100 10.7.0.100/24
	instance SIX eth7 100 fe80::100/64
} > "$T/d/directord.conf"

note "it is not there"
director d
check_soon 5 "a fault" both fault
check_match "that says why" "$(ctl d show vrrp)" 'the interface does not exist'

note "it appears"
make
check_soon 10 "master of both virtual routers" both master
check "with the addresses" has_both
check "it advertises over IPv4" speaks 'ip proto 112 and src 10.7.0.7'
check "and IPv6" speaks 'ip6 proto 112'

note "it vanishes and is made again"
before=$(on d ip -o link show eth7 | cut -d: -f1)
on d ip link del eth7
check_soon 5 "a fault" both fault
make
check_not "it has another index" test "$(on d ip -o link show eth7 | cut -d: -f1)" = "$before"
check_soon 10 "master again" both master
check_soon 5 "with the addresses" has_both
check "it advertises over IPv4" speaks 'ip proto 112 and src 10.7.0.7'
check "and IPv6" speaks 'ip6 proto 112'

note "it gets another name"
on d ip link set eth7 down
on d ip link set eth7 name other
on d ip link set other up
check_soon 5 "a fault" both fault
check_soon 5 "the addresses do not stay on it" has_none
pause 1
check_not "nobody advertises" speaks 'ip proto 112 or ip6 proto 112'
on d ip link set other down
on d ip link set other name eth7
on d ip link set eth7 up
check_soon 10 "its own name again: master" both master
check_soon 5 "with the addresses" has_both

note "it goes down and up, and loses and gets its cable"
on d ip link set eth7 down
check_soon 5 "down: a fault" both fault
on d ip link set eth7 up
check_soon 10 "up: master" both master
on switch ip link set d.eth7 down
check_soon 5 "no carrier: a fault" both fault
on switch ip link set d.eth7 up
check_soon 10 "carrier: master" both master
check_soon 5 "with the addresses" has_both

# Sockets that are there, but are no members of their groups any more, would make two masters.
better_one() {
	director c
	check_soon 10 "it hears a better router over both" both backup
	check_soon 5 "and leaves it the addresses" has_none
	stop director-c
	check_soon 10 "until that one stops" both master
}
{
	instance FOUR lan 150 10.7.0.100/24
	instance SIX lan 150 fe80::100/64
} > "$T/c/directord.conf"

note "its MTU is too small for IPv6, and is not any more"
on d ip link set eth7 mtu 1000
on d ip link set eth7 mtu 1500
check_soon 10 "master of both" both master
better_one
note "and for a while"
on d ip link set eth7 mtu 1000
check_soon 5 "a fault of IPv6 alone" eval '[ "$(state SIX)" = fault ] && [ "$(state FOUR)" = master ]'
on d ip link set eth7 mtu 1500
check_soon 10 "master of both" both master
better_one

note "it was elsewhere while nobody looked: another one with the same index"
ip netns add "${NS_PREFIX}away"
LAB_HOSTS+=(away)
before=$(on d ip -o link show eth7 | cut -d: -f1)
kill -STOP "$(child d vrrp)"
on d ip link set eth7 netns "${NS_PREFIX}away"
on away ip link set eth7 netns "${NS_PREFIX}d"
on d ip link set eth7 up
on d ip addr add 10.7.0.7/24 dev eth7
kill -CONT "$(child d vrrp)"
check_eq "its index" "$(on d ip -o link show eth7 | cut -d: -f1)" "$before"
check_soon 10 "master of both" both master
check_soon 5 "with the addresses" has_both
better_one

note "the interface of an address comes later, goes, and comes again"
{
	instance FOUR eth7 100 $'10.7.0.100/24\n  10.9.0.100/24 dev far'
	instance SIX eth7 100 fe80::100/64
} > "$T/d/directord.conf"
check "the file is read again" ctl d reload
far() {
	on d ip link add far type veth peer name near
	on d ip link set near up
	on d ip link set far up
}
check_soon 5 "it is not there: a fault" eval '[ "$(state FOUR)" = fault ]'
check_match "that says why" "$(ctl d show vrrp)" 'the interface far of its addresses is down'
far
check_soon 5 "it is: the address is set" has_vip d 10.9.0.100
check_soon 5 "master" both master
on d ip link set near down
check_soon 5 "no carrier: a fault" eval '[ "$(state FOUR)" = fault ]'
check_soon 5 "without the address" eval '! has_vip d 10.9.0.100 && ! has_vip d 10.7.0.100'
on d ip link set near up
check_soon 5 "carrier: the address is set" has_vip d 10.9.0.100
on d ip link del far
check_soon 5 "it has gone: a fault" eval '[ "$(state FOUR)" = fault ]'
check "not of the other instance" eval '[ "$(state SIX)" = master ]'
far
check_soon 5 "again: the address is set" has_vip d 10.9.0.100
check_soon 5 "master" both master
check_eq "somebody removes it unseen" "$(
	kill -STOP "$(child d vrrp)"
	on d ip addr del 10.7.0.100/24 dev eth7
	on d ip addr add 10.7.0.100/24 dev eth7
	on d ip addr del 10.7.0.100/24 dev eth7
	kill -CONT "$(child d vrrp)"
)" ""
check_soon 5 "it is set again" has_both
{
	instance FOUR eth7 100 10.7.0.100/24
	instance SIX eth7 100 fe80::100/64
} > "$T/d/directord.conf"
check "the file is read again" ctl d reload

note "a VRF"
modprobe -q vrf 2>/dev/null || :
if on d ip link add red type vrf table 10 2>/dev/null; then
	on d ip link set red up
	on d ip link set eth7 master red
	on d ip addr add 10.7.0.7/24 dev eth7 2>/dev/null || :
	check_soon 10 "the interface is in a VRF: master" both master
	check_soon 5 "with the addresses" has_both
	check "it advertises over IPv4" speaks 'ip proto 112 and src 10.7.0.7'
	check "and IPv6" speaks 'ip6 proto 112'
	better_one

	note "peers in a VRF, by whatever interface"
	far() { # WHERE PRIORITY PEER DEVICE
		printf 'vrrp_instance FAR {\n %s\n virtual_router_id 52\n priority %s\n version 3\n advert_int 0.2\n' "$1" "$2"
		printf ' unicast_src_ip %s\n unicast_peer {\n  %s\n }\n virtual_ipaddress {\n  10.7.0.200/24 dev %s\n }\n}\n' "$3" "$4" "$5"
	}
	far 'vrf red' 100 10.7.0.7 10.7.0.9 eth7 > "$T/d/directord.conf"
	far 'interface lan' 150 10.7.0.9 10.7.0.7 lan > "$T/c/directord.conf"
	check "the file is read again" ctl d reload
	check_soon 10 "it is master" has_vip d 10.7.0.200
	check "it advertises to its peer" speaks 'ip proto 112 and src 10.7.0.7 and dst 10.7.0.9'
	director c
	check_soon 10 "it hears a better one" eval '[ "$(state FAR)" = backup ]'
	check_soon 5 "and leaves it the address" eval '! has_vip d 10.7.0.200 && has_vip c 10.7.0.200'
	stop director-c
	check_soon 10 "until that one stops" has_vip d 10.7.0.200
	on d ip link set red down
	check_soon 5 "the VRF is down: a fault" eval '[ "$(state FAR)" = fault ]'
else
	skip "an interface in a VRF" "this kernel has no VRF"
fi
check_eq "no errors but those" "$(grep "vrrp: error" "$T/director-d.log" |
	grep -Ev "a socket for IPv6 on interface eth7|there is no interface far for")" ""

end_of_test
