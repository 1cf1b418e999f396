#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Virtual MAC addresses of addresses that are not on the instance's interface, or not of its family. Needs no IPVS.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need ping

host d1 lan=10.7.0.1/24 srv=10.8.0.1/24,fd00:8::1/64
host d2 lan=10.7.0.2/24 srv=10.8.0.2/24,fd00:8::2/64
host s srv=10.8.0.50/24,fd00:8::50/64
VIPS="10.7.0.100 10.8.0.100 fd00:8::100"
MAC4=00:00:5e:00:01:33
MAC6=00:00:5e:00:02:33
instance() { # PRIORITY OPTION OPTION-OF-ADDRESSES
	cat <<-END
		vrrp_instance V {
			interface lan
			virtual_router_id 51
			priority $1
			version 3
			advert_int 0.2
			$2
			virtual_ipaddress {
				10.7.0.100/24
				10.8.0.100/24 dev srv $3
			}
			virtual_ipaddress_excluded {
				fd00:8::100/64 dev srv $3
			}
		}
	END
}
is_on() { # HOST INTERFACE ADDRESS
	on "$1" ip -o addr show dev "$2" 2> /dev/null | grep -Fq " $3/"
}
about() { # HOST INTERFACE: its MAC address and mode
	on "$1" ip -d -o link show dev "$2" 2> /dev/null |
		sed -n 's/.*link.ether \([0-9a-f:]*\).*macvlan mode \([a-z]*\).*/\1 \2/p'
}
is() { # HOST INTERFACE MAC MODE
	[ "$(about "$1" "$2")" = "$3 $4" ]
}
arp_settings() { # HOST
	on "$1" cat /proc/sys/net/ipv4/conf/{lan,srv}/{arp_ignore,arp_announce} | paste -sd ' '
}
macvlans() { # HOST
	on "$1" ip -o link show type macvlan | awk -F '[ :@]+' '{print $2}' | sort | paste -sd ' '
}
known() { # ADDRESS MAC: the address is reached, at the MAC address
	on s ping -c 1 -W 1 "$1" && on s ip neigh show "$1" | grep -q "$2"
}
both_known() {
	check_soon 10 "$1: 10.8.0.100 is known by its virtual MAC address" known 10.8.0.100 $MAC4
	check_soon 10 "$1: fd00:8::100, too" known fd00:8::100 $MAC6
}

note "two directors, each address says so"
# effect: vrrp_address.use_vmac
instance 150 "" use_vmac > "$T/d1/directord.conf"
instance 100 "" use_vmac > "$T/d2/directord.conf"
director d1
check_soon 10 "the first one has its addresses" has_all d1
director d2
check_soon 10 "the second one has the interfaces" eval '[ "$(macvlans d2)" = "v51.srv v6.51.srv" ]'
check_soon 5 "the first one's advertisement address is on its interface" is_on d1 lan 10.7.0.100
check "the others are on interfaces of their own: IPv4" is_on d1 v51.srv 10.8.0.100
check "and IPv6" is_on d1 v6.51.srv fd00:8::100
check "with the virtual MAC addresses" is d1 v51.srv $MAC4 private
check "both" is d1 v6.51.srv $MAC6 private
check_soon 5 "those of the backup are deaf" is d2 v51.srv $MAC4 source
check "both" is d2 v6.51.srv $MAC6 source
check_eq "the interface below is silent" "$(arp_settings d1)" "0 0 1 2"
check_eq "one without is as it was" "$(macvlans d1)" "v51.srv v6.51.srv"
check "it is shown" eval 'ctl d1 show vrrp | grep -q "10.8.0.100/24 on v51.srv: set"'
both_known "at first"
stop director-d1
check_soon 10 "the first one stops: the other one has them" only d2 d1
check_soon 5 "and hears" is d2 v51.srv $MAC4 private
both_known "taken over"
check_eq "the first one leaves nothing" "$(macvlans d1)|$(arp_settings d1)" "|0 0 0 0"
director d1
check_soon 10 "it is back" only d1 d2
check_soon 5 "the other one is deaf" is d2 v6.51.srv $MAC6 source
both_known "back"

note "kills, and somebody else"
index_of() { # HOST INTERFACE
	on "$1" ip -o link show dev "$2" | cut -d: -f1
}
index=$(index_of d1 v51.srv)
pid=$(child d1 vrrp)
kill -KILL "$pid"
check_soon 10 "vrrp is killed and back" eval '[ -n "$(child d1 vrrp)" ] && [ "$(child d1 vrrp)" != "$pid" ]'
pause 1
check_eq "the interface is the same one" "$(index_of d1 v51.srv)" "$index"
check "the addresses are there" only d1 d2
on d1 ip link delete v51.srv
check_soon 10 "somebody deletes one: it is made again, with its address" is_on d1 v51.srv 10.8.0.100
check_soon 5 "and hears" is d1 v51.srv $MAC4 private
both_known "again"
check_not "nor was it ever said that it cannot be made" log_has director-d1 'cannot have'
check "disabled" ctl d1 set vrrp_instance V enabled=off
check_soon 10 "none is left" eval '[ -z "$(macvlans d1)" ]'
on d1 ip link add v6.51.srv type veth peer name theirs
check "enabled, where somebody has its name" ctl d1 set vrrp_instance V enabled=on
check_soon 10 "an interface of that name is a fault" eval 'ctl d1 show vrrp |
	grep -q "interface v6.51.srv: there is an interface of this name that directord did not make"'
check_soon 10 "the other one has the addresses" only d2 d1
on d1 ip link delete theirs
check_soon 15 "it goes: the first one has them" only d1 d2
both_known "once more"

note "the instance says so"
# effect: vrrp_instance.use_vmac_addr
instance 150 "" "" > "$T/d1/directord.conf"
check "without" ctl d1 reload
check_soon 10 "they are on the interface" is_on d1 srv 10.8.0.100
check_soon 5 "all" is_on d1 srv fd00:8::100
check_soon 5 "and no others are there" eval '[ -z "$(macvlans d1)" ]'
check_soon 5 "whose settings are as they were" eval '[ "$(arp_settings d1)" = "0 0 0 0" ]'
check "with it" ctl d1 set vrrp_instance V use_vmac_addr=on
check_soon 10 "they are on interfaces of their own" is_on d1 v51.srv 10.8.0.100
check_soon 5 "all" is_on d1 v6.51.srv fd00:8::100
check "but not the instance's own" is_on d1 lan 10.7.0.100
both_known "all of them"
check "the instance has one, too" ctl d1 set vrrp_instance V use_vmac=on
check_soon 10 "its address is there" is_on d1 vrrp.51 10.7.0.100
check_soon 5 "with three interfaces" eval '[ "$(macvlans d1)" = "v51.srv v6.51.srv vrrp.51" ]'
check_eq "both below are silent" "$(arp_settings d1)" "1 2 1 2"
# effect: vrrp_instance.vmac_own_address
check "it has another MAC address" ctl d1 set vrrp_instance V vmac_own_address=02:00:00:00:00:07
check_soon 10 "its interface has that" eval 'about d1 vrrp.51 | grep -q "^02:00:00:00:00:07 "'
check_soon 10 "with its address" is_on d1 vrrp.51 10.7.0.100
check_soon 5 "the others have the RFC's" is d1 v51.srv $MAC4 private
check "it is shown" eval 'ctl d1 show vrrp | grep -q "02:00:00:00:00:07 on vrrp.51"'
check "the RFC's" ctl d1 set vrrp_instance V vmac_own_address=
check_soon 10 "it has that again" is d1 vrrp.51 $MAC4 private
check_soon 10 "with its address" is_on d1 vrrp.51 10.7.0.100
check "an address of the other family" ctl d1 add vrrp_address "V fd00:7::100" excluded=on prefix_length=64
check_soon 10 "has one with the MAC address of its family" is_on d1 v6.51.lan fd00:7::100
check "which is the right one" is d1 v6.51.lan $MAC6 private
check "disabled" ctl d1 set vrrp_instance V enabled=off
check_soon 10 "none is left" eval '[ -z "$(macvlans d1)" ]'
check "enabled" ctl d1 set vrrp_instance V enabled=on
check_soon 10 "they are back" is_on d1 v6.51.lan fd00:7::100
stop director-d1
stop director-d2
check_eq "after a stop nothing is left" "$(macvlans d1)$(macvlans d2)|$(arp_settings d1)|$(arp_settings d2)" \
	"|0 0 0 0|0 0 0 0"
check_not "no sanitizer complained" eval "log_has director-d1 '(Address|Leak)Sanitizer|runtime error:' ||
	log_has director-d2 '(Address|Leak)Sanitizer|runtime error:'"
end_of_test
