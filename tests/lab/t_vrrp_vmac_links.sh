#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Virtual MAC addresses on a VLAN interface and on a bridge, of one VRID, which somebody deletes and makes again, and
# which have another MTU for a while.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need ping

host d1 lan=10.7.0.1/24 wan=10.8.0.1/24
host d2 lan=10.7.0.2/24 wan=10.8.0.2/24
host c lan=10.7.0.50/24
host s wan=10.8.0.50/24
modprobe -q 8021q 2>/dev/null || :
on c ip link add link lan name lan.5 type vlan id 5 2>/dev/null || skip_all "this kernel has no VLANs"
mode() { # HOST INTERFACE
	on "$1" ip -d link show dev "$2" | sed -n 's/.*macvlan mode \([a-z]*\).*/\1/p'
}
on c ip addr add 10.5.0.50/24 dev lan.5
on c ip link set lan.5 up
vlan() { # HOST NUMBER
	on "$1" ip link add link lan name lan.5 type vlan id 5
	on "$1" ip addr add "10.5.0.$2/24" dev lan.5
	on "$1" ip link set lan.5 up
}
bridge() { # HOST NUMBER
	on "$1" ip link add br0 type bridge forward_delay 0 mcast_snooping 0
	on "$1" ip link set wan master br0
	on "$1" ip addr flush dev wan
	on "$1" ip addr add "10.8.0.$2/24" dev br0
	on "$1" ip link set br0 up
}
on_both() { # PRIORITY
	local name
	for name in lan.5 br0; do
		cat <<-END
			vrrp_instance $name {
				interface $name
				virtual_router_id 52
				priority $1
				version 3
				advert_int 0.2
				use_vmac
				virtual_ipaddress {
					10.$([ $name = br0 ] && echo 8 || echo 5).0.100/24
				}
			}
		END
	done
}
VIPS="10.5.0.100 10.8.0.100"
for d in d1 d2; do
	vlan $d ${d#d}
	bridge $d ${d#d}
done
on_both 150 > "$T/d1/directord.conf"
on_both 100 > "$T/d2/directord.conf"
director d1
check_soon 15 "the first one has the addresses" has_all d1
director d2
check_soon 15 "the other one is backup" eval '[ "$(ctl d2 show vrrp_instance --json | grep -c "\"state\": \"backup\"")" = 2 ]'
known() { # HOST ADDRESS: is reached, at the virtual MAC address
	on "$1" ping -c 1 -W 1 "$2" && on "$1" ip neigh show "$2" | grep -q 00:00:5e:00:01:34
}
both_known() {
	check_soon 15 "$1: the address on the VLAN is known by the virtual MAC address" known c 10.5.0.100
	check_soon 15 "$1: that on the bridge, too" known s 10.8.0.100
}
both_known "at first"
on d1 ip link delete lan.5
on d1 ip link delete br0
check_soon 15 "the interfaces are deleted: the other one takes over" has_all d2
check_not "nothing of them is left" eval 'on d1 ip -o link show type macvlan | grep vrrp'
both_known "taken over"
vlan d1 1
bridge d1 1
check_soon 20 "they are made again: the first one is back" only d1 d2
both_known "back"
follows() { # INTERFACE MTU
	on d1 ip -o -d link show dev "$1" | grep -q "mtu $2 .*addrgenmode none"
}
on d1 ip link set lan.5 mtu 1400
on d1 ip link set lan.5 mtu 1500
on d1 ip link set br0 mtu 1000
on d1 ip link set br0 mtu 1500
check_soon 10 "other MTUs for a while: the first one's follows" follows vrrp.52 1500
check_soon 10 "the other one's, too, and its IPv6 is as it was" follows vrrp1.52 1500
both_known "after that"
check_eq "the other one hears advertisements alone" "$(mode d2 vrrp.52) $(mode d2 vrrp1.52)" "source source"
stop director-d1
check_soon 15 "it stops: the other one takes over" only d2 d1
both_known "after the stop"
stop director-d2
check_not "neither leaves anything" eval 'for d in d1 d2; do on $d ip -o link show type macvlan; done | grep .'
end_of_test
