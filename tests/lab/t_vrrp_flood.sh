#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A backup discards what comes to the virtual MAC address (RFC 9568 section 6.4.2), also when a switch floods it and
# the host forwards: each packet of a client reaches the server once, whoever is master, over takeovers and kills, and
# when somebody else changes the interface.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need tcpdump ping nft

VIPS="10.7.0.100 fd00:7::100"
host d1 lan=10.7.0.1/24,fd00:7::1/64 wan=10.8.0.1/24,fd00:8::1/64
host d2 lan=10.7.0.2/24,fd00:7::2/64 wan=10.8.0.2/24,fd00:8::2/64
host c lan=10.7.0.50/24,fd00:7::50/64
host s wan=10.8.0.50/24,fd00:8::50/64
router d1
router d2
# a switch that knows no MAC address floods all frames
on switch ip link set lan type bridge ageing_time 0
on c ip route add 10.8.0.0/24 via 10.7.0.100
on c ip -6 route add fd00:8::/64 via fd00:7::100
on s ip route add 10.7.0.0/24 via 10.8.0.1
on s ip -6 route add fd00:7::/64 via fd00:8::1

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
			}
		}
		vrrp_instance V6 {
			interface lan
			virtual_router_id 51
			priority $1
			version 3
			advert_int 0.2
			use_vmac six.51
			virtual_ipaddress {
				fe80::7:100/64
				fd00:7::100/64
			}
		}
	END
}
# How often a packet of the client comes to the server, of each family.
capture() {
	: > "$T/capture.log"
	start capture s tcpdump -ni wan -l 'icmp[icmptype] = icmp-echo or (icmp6 and ip6[40] = 128)'
	check_soon 10 "the server's interface is watched" log_has capture 'listening on'
}
sends() { # ADDRESS
	on c ping -c 1 -W 1 "$1"
}
arrive() { # FAMILY
	grep -c "^[0-9:.]* $1 .*echo request" "$T/capture.log"
}
mode() { # HOST INTERFACE
	on "$1" ip -d link show dev "$2" | sed -n 's/.*macvlan mode \([a-z]*\).*/\1/p'
}
modes() { # HOST: of both
	echo "$(mode "$1" vrrp.51) $(mode "$1" six.51)"
}
modes_are() { # HOST MODES
	[ "$(modes "$1")" = "$2" ]
}
roles() { # MASTER: it takes what comes, the other one does not
	local backup=d1
	[ "$1" = d2 ] || backup=d2
	check_soon 10 "$1 takes all, as master" modes_are "$1" "private private"
	check_soon 10 "$backup nothing but advertisements" modes_are $backup "source source"
}
once() { # TEXT MASTER: ten packets each
	local n
	roles "$2"
	check_soon 20 "$1: the server is reached" sends 10.8.0.50
	check_soon 20 "$1: over IPv6, too" sends fd00:8::50
	capture
	on c ping -c 10 -i 0.05 -W 1 10.8.0.50 > "$T/ping4"
	on c ping -c 10 -i 0.05 -W 1 fd00:8::50 > "$T/ping6"
	pause 0.5
	stop capture
	n="$(arrive IP) $(arrive IP6)"
	check_eq "$1: each packet comes once" "$n" "10 10"
}

instances 150 > "$T/d1/directord.conf"
instances 100 > "$T/d2/directord.conf"
director d1
check_soon 15 "the first one has the addresses" has_all d1
director d2
check_soon 15 "the other one is backup" eval '[ "$(ctl d2 show vrrp_instance --json | grep -c "\"state\": \"backup\"")" = 2 ]'
once "a backup beside the master" d1
note "kills"
again() { # HOST PID
	[ -n "$(child "$1" vrrp)" ] && [ "$(child "$1" vrrp)" != "$2" ] &&
		ctl "$1" show process vrrp --json | grep -q '"state": "running"'
}
for d in d1 d2; do
	pid=$(child $d vrrp)
	kill -KILL "$pid"
	check_soon 15 "vrrp of $d is killed and back" again $d "$pid"
done
check_soon 15 "with the addresses where they were" only d1 d2
once "after kills" d1
note "somebody else"
on d2 ip link set vrrp.51 type macvlan mode private
on d1 ip link set six.51 type macvlan mode source
check_soon 10 "what somebody changes is set again" modes_are d2 "source source"
check_soon 10 "of the master, too" modes_are d1 "private private"
on d1 ip link delete vrrp.51
on d2 ip link delete vrrp.51
check_soon 15 "interfaces that somebody deletes are made again" eval 'only d1 d2 && [ "$(modes d1)" = "private private" ]'
once "after changes of others" d1
note "the other way round"
# the other way round
on s ip route replace 10.7.0.0/24 via 10.8.0.2
on s ip -6 route replace fd00:7::/64 via fd00:8::2
instances 50 > "$T/d1/directord.conf"
signal director-d1 HUP
check_soon 15 "the other one is master" only d2 d1
once "the roles are changed" d2
end_of_test
