#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Virtual MAC addresses on an interface in a VRF: the macvlan is in it, too, whatever comes and goes. Needs no IPVS.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need ping

host d1 lan=10.7.0.1/24,fd00:7::1/64 srv=10.8.0.1/24
host d2 lan=10.7.0.2/24,fd00:7::2/64 srv=10.8.0.2/24
host c lan=10.7.0.50/24,fd00:7::50/64
host s srv=10.8.0.50/24
modprobe -q vrf 2> /dev/null || :
VIPS="10.7.0.100 fd00:7::100 10.8.0.100"
in_vrf() { # HOST VRF TABLE
	on "$1" ip link add "$2" type vrf table "$3" && on "$1" ip link set "$2" up
}
in_vrf d1 red 4711 2> /dev/null || skip_all "this kernel has no VRF"
in_vrf d2 red 4711
# enslave HOST VRF: IPv6 addresses go with the change
enslave() {
	on "$1" ip link set lan master "$2"
	on "$1" ip -6 addr replace "fd00:7::${1#d}/64" dev lan
}
enslave d1 red
enslave d2 red
instances() { # PRIORITY
	cat <<-END
		vrrp_instance V4 {
			interface lan
			virtual_router_id 51
			priority $1
			version 3
			advert_int 0.2
			use_vmac
			virtual_ipaddress {
				10.7.0.100/24
				10.8.0.100/24 dev srv use_vmac
			}
		}
		vrrp_instance V6 {
			interface lan
			virtual_router_id 51
			priority $1
			advert_int 0.2
			use_vmac
			virtual_ipaddress {
				fe80::7:100/64
				fd00:7::100/64
			}
		}
	END
}
instances 150 > "$T/d1/directord.conf"
instances 100 > "$T/d2/directord.conf"
master_of() { # HOST INTERFACE
	on "$1" ip -o link show dev "$2" 2> /dev/null | sed -n 's/.* master \([^ ]*\).*/\1/p'
}
all_in() { # HOST VRF: both macvlans on lan, and not the one on srv
	[ "$(master_of "$1" vrrp.51) $(master_of "$1" vrrp6.51) $(master_of "$1" v51.srv)" = "$2 $2 " ]
}
none_in() { # HOST
	[ -z "$(master_of "$1" vrrp.51)$(master_of "$1" vrrp6.51)" ]
}
both_are() { # HOST STATE
	[ "$(ctl "$1" show vrrp_instance --json | grep -c "\"state\": \"$2\"")" = 2 ]
}
# known HOST ADDRESS MAC: it answers, from the VRF or not, by its virtual MAC address
known() {
	on "$1" ip neigh flush dev "${4:-lan}"
	on "$1" ping -c 1 -W 1 "$2" && on "$1" ip neigh show "$2" | grep -q "$3"
}
all_known() {
	check_soon 10 "$1: the IPv4 address answers" known c 10.7.0.100 00:00:5e:00:01:33
	check_soon 10 "$1: the IPv6 address" known c fd00:7::100 00:00:5e:00:02:33
	check_soon 10 "$1: the one outside of the VRF" known s 10.8.0.100 00:00:5e:00:01:33 srv
}
route_in() { # HOST TABLE: the VRF has the addresses' network by the macvlan
	on "$1" ip route show table "$2" | grep -q '^10.7.0.0/24 dev vrrp.51 '
}

director d1
check_soon 15 "the first one has its addresses" has_all d1
director d2
check_soon 15 "the second one is backup" both_are d2 backup
check "the macvlans are in the VRF" all_in d1 red
check "the backup's, too" all_in d2 red
check "with their routes" route_in d1 4711
all_known "at first"
pause 2
check "the backup hears the master" both_are d2 backup
stop director-d1
check_soon 10 "it stops: the other one takes over" only d2 d1
all_known "taken over"
director d1
check_soon 15 "it is back" only d1 d2
all_known "back"
pid=$(child d1 vrrp)
kill -KILL "$pid"
check_soon 10 "vrrp is killed and comes back" eval '[ -n "$(child d1 vrrp)" ] && [ "$(child d1 vrrp)" != "$pid" ]'
pause 1
check "the macvlans are in the VRF" all_in d1 red
check "and nobody has noticed" only d1 d2
all_known "after the kill"

note "the interface changes its VRF"
in_vrf d1 blue 4712
enslave d1 blue
check_soon 10 "another one: the macvlans follow" all_in d1 blue
check_soon 10 "and have their addresses" only d1 d2
check_soon 5 "with their routes" route_in d1 4712
all_known "in another VRF"
on d1 ip link set lan nomaster
on d1 ip -6 addr replace fd00:7::1/64 dev lan
check_soon 10 "none: they are in none" none_in d1
check_soon 10 "and have their addresses" only d1 d2
all_known "without a VRF"
enslave d1 blue
check_soon 10 "back" all_in d1 blue
check_soon 10 "with the addresses" only d1 d2
on d1 ip link delete blue
on d1 ip -6 addr replace fd00:7::1/64 dev lan
check_soon 10 "the VRF is deleted: they are in none" none_in d1
check_soon 15 "and have their addresses" only d1 d2
all_known "without the VRF"
on d1 ip link set red down
enslave d1 red
check_soon 10 "in one that is down" all_in d1 red
on d1 ip link set red up
check_soon 10 "which comes up" only d1 d2
all_known "in the first one"
on d1 ip link delete vrrp.51
check_soon 10 "somebody deletes a macvlan: it is made again, in the VRF" all_in d1 red
check_soon 10 "with its addresses" only d1 d2
all_known "in the end"
stop director-d1
stop director-d2
check_eq "nothing is left" "$(for d in d1 d2; do on $d ip -o link show type macvlan; done)" ""
check_not "no sanitizer complained" eval "log_has director-d1 '(Address|Leak)Sanitizer|runtime error:' ||
	log_has director-d2 '(Address|Leak)Sanitizer|runtime error:'"
end_of_test
