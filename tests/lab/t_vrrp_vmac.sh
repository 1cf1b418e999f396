#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Virtual MAC addresses: a client's neighbour tables never change, over takeovers, kills and repairs; who sends
# advertisements from which MAC address; interfaces that are somebody else's; what is left after a stop; and
# keepalived with use_vmac as the peer, in both roles.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need tcpdump keepalived ping

VIPS="10.7.0.100 fd00:7::100"
MAC4=00:00:5e:00:01:33 MAC6=00:00:5e:00:02:33

host d1 10.7.0.1/24,fd00:7::1/64
host d2 10.7.0.2/24,fd00:7::2/64
host c 10.7.0.50/24,fd00:7::50/64

# instances PRIORITY [SETTING...]: one of each family; the same text for both programs
instances() {
	local priority=$1
	shift
	cat <<-END
		vrrp_instance V4 {
			interface lan
			virtual_router_id 51
			priority $priority
			version 3
			advert_int 0.5
			use_vmac
			$*
			virtual_ipaddress {
				10.7.0.100/24
			}
		}
		vrrp_instance V6 {
			interface lan
			virtual_router_id 51
			priority $priority
			version 3
			advert_int 0.5
			use_vmac six.51
			$*
			virtual_ipaddress {
				fe80::7:100/64
				fd00:7::100/64
			}
		}
	END
}

# value HOST INSTANCE COLUMN: of its row
value() {
	ctl "$1" show vrrp_instance --json name="$2" |
		sed -n "s/.*\"$3\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1
}
both_are() { # HOST STATE
	[ "$(value "$1" V4 state)" = "$2" ] && [ "$(value "$1" V6 state)" = "$2" ]
}
counter() { # HOST COLUMN
	ctl "$1" show vrrp_statistics --json | sed -n "s/.*\"$2\": *\"\{0,1\}\([0-9]*\).*/\1/p" | head -1
}
on_vmac() { # HOST INTERFACE ADDRESS
	on "$1" ip -o addr show dev "$2" | grep -Fq " $3/"
}
mac_of() { # HOST INTERFACE
	on "$1" cat "/sys/class/net/$2/address" 2>/dev/null || on "$1" ip -o link show dev "$2" | sed -n 's/.*link\/ether \([0-9a-f:]*\).*/\1/p'
}
setting() { # HOST INTERFACE NAME
	on "$1" sysctl -n "net.ipv4.conf.$2.$3"
}

# adverts SECONDS FILTER: the MAC and source addresses of the advertisements that the client sees
adverts() {
	on c timeout "$1" tcpdump -ni lan -el "$2" 2>/dev/null |
		sed -n 's/^[^ ]* \([0-9a-f:]*\) > .* \([0-9a-f.:]*\) > \(224\.0\.0\.18\|ff02::12\).*/\1 \2/p' | sort -u
}
V4='ip proto 112' V6='ip6 proto 112'

# learned ADDRESS: the MAC addresses under which the client has known it since the last forget
learn() {
	: > "$T/neighbours.log"
	start neighbours c ip monitor neigh
}
learned() {
	on c ip neigh show >> "$T/neighbours.log"
	sed -n "s/^$1 .* lladdr \([0-9a-f:]*\) .*/\1/p" "$T/neighbours.log" | sort -u | paste -sd ' '
}
ping_all() {
	start ping4 c ping -i 0.2 10.7.0.100
	start ping6 c ping -i 0.2 fd00:7::100
}
# answers NAME: how many answers ping got since
answers() {
	grep -c 'bytes from' "$T/$1.log"
}
more_answers() { # COUNT4 COUNT6
	[ "$(answers ping4)" -gt "$1" ] && [ "$(answers ping6)" -gt "$2" ]
}
go_on() { # TEXT: the pings are answered again, or still
	check_soon 15 "$1" more_answers $(($(answers ping4) + 3)) $(($(answers ping6) + 3))
}

note "two directors"
instances 150 > "$T/d1/directord.conf"
instances 100 > "$T/d2/directord.conf"
director d1
check_soon 15 "the first one has its addresses" has_all d1
director d2
check_soon 10 "the second one is backup" both_are d2 backup
# effect: vrrp_instance.use_vmac vrrp_instance.vmac_name
check "the IPv4 address is on vrrp.51" on_vmac d1 vrrp.51 10.7.0.100
check "the IPv6 address is on the interface with a name of its own" on_vmac d1 six.51 fd00:7::100
for d in d1 d2; do
	check_eq "$d: vrrp.51 has the virtual MAC address" "$(mac_of $d vrrp.51)" $MAC4
	check_eq "$d: that of IPv6 has its own" "$(mac_of $d six.51)" $MAC6
	check_eq "$d: nothing else is on six.51, and no link-local address" \
		"$(on $d ip -6 -o addr show dev six.51 | awk '{print $4}' | sort | paste -sd ' ')" \
		"$([ $d = d2 ] || echo fd00:7::100/64 fe80::7:100/64)"
done
check_eq "it is shown" "$(value d1 V4 vmac_interface) $(value d1 V4 vmac_address) $(value d2 V6 vmac_interface)" \
	"vrrp.51 $MAC4 six.51"
check_eq "directorctl says so" "$(ctl d1 show vrrp | grep -c "VMAC.*$MAC4 on vrrp.51\|VMAC.*$MAC6 on six.51")" 2
learn
ping_all
go_on "the client reaches both"
check_eq "advertisements come from the virtual MAC address" "$(adverts 2 "$V4")" "$MAC4 10.7.0.1"
check_eq "and those of IPv6, with the link-local address of the interface" "$(adverts 2 "$V6")" \
	"$MAC6 $(on d1 ip -6 -o addr show dev lan scope link | awk '{sub("/.*", "", $4); print $4}')"
# each one once: the counter cannot outrun the sender's (it is reported each second)
check_between "the backup hears each once" "$(counter d2 adverts_received)" 1 $(($(counter d1 adverts_sent) + 4))
check_eq "the client knows one MAC address each" "$(learned 10.7.0.100) $(learned fd00:7::100)" "$MAC4 $MAC6"

note "takeovers"
mute d1
check_soon 10 "the first one is not heard: the second one takes over" has_all d2
go_on "the client reaches them"
unmute d1
check_soon 10 "the first one is back" only d1 d2
go_on "the client reaches them still"
stop director-d1
check_soon 10 "the first one stops" only d2 d1
check_eq "no interface is left of it" "$(on d1 ip -o link show type macvlan)" ""
check_eq "and its interface is as it was" "$(setting d1 lan arp_ignore) $(setting d1 lan arp_announce)" "0 0"
director d1
check_soon 15 "it is started again" only d1 d2
go_on "the client goes on"

note "a kill of the process"
was=$(on d1 cat /proc/net/dev_mcast | awk '$2 == "vrrp.51" {print $1; exit}')
before="$(value d1 V4 transitions) $(value d2 V4 transitions)"
pid=$(child d1 vrrp)
kill -KILL "$pid"
another() { # PID: there is another vrrp
	[ "$(child d1 vrrp)" != "$1" ] && [ -n "$(child d1 vrrp)" ] && both_are d1 master
}
check_soon 10 "vrrp is killed and back" another "$pid"
check_eq "the interface is the same one" \
	"$(on d1 cat /proc/net/dev_mcast | awk '$2 == "vrrp.51" {print $1; exit}')" "$was"
check_eq "nobody has noticed" "$(value d1 V4 transitions) $(value d2 V4 transitions)" "$before"
go_on "nor has the client"
on d1 ip link delete vrrp.51
check_soon 10 "somebody deletes the interface: it is made again, with its address" on_vmac d1 vrrp.51 10.7.0.100
on d1 ip link set six.51 down
check_soon 10 "somebody sets the other one down: it is up again, with its addresses" on_vmac d1 six.51 fd00:7::100
go_on "the client goes on"

note "from the interface's MAC address"
# effect: vrrp_instance.vmac_xmit_base
instances 150 vmac_xmit_base > "$T/d1/directord.conf"
signal director-d1 HUP
check_soon 10 "it is taken over" eval '[ "$(value d1 V4 vmac_xmit_base)" = true ]'
check_eq "advertisements come from the interface's MAC address" "$(adverts 2 "$V4")" "$(mac_of d1 lan) 10.7.0.1"
check "the other one hears them" both_are d2 backup
instances 50 vmac_xmit_base > "$T/d1/directord.conf"
signal director-d1 HUP
check_soon 15 "its priority is lowered: the other one takes over" only d2 d1
go_on "the client goes on"
check_eq "the client has never known another MAC address" "$(learned 10.7.0.100) $(learned fd00:7::100)" "$MAC4 $MAC6"

note "somebody else's interface"
instances 150 "" | sed 's/six.51/theirs/' > "$T/d1/directord.conf"
on d1 ip link add theirs link lan address 02:00:00:00:00:01 type macvlan mode bridge
signal director-d1 HUP
check_soon 10 "an interface that is there already is a fault" eval '[ "$(value d1 V6 faults)" = noVmac ]'
check "in words" eval 'ctl d1 show vrrp | grep -q "interface theirs: there is an interface of this name that directord did not make"'
check_eq "which is left alone" "$(mac_of d1 theirs)" 02:00:00:00:00:01
check_eq "the one that is not wanted any more is gone" "$(on d1 ip -o link show dev six.51 2>/dev/null)" ""
on d1 sysctl -qw net.ipv4.conf.all.rp_filter=1
on d1 ip link delete vrrp.51
check_soon 10 "where the kernel would drop what a peer sends, it is not made" eval '[ "$(value d1 V4 faults)" = noVmac ]'
check "in words" eval 'ctl d1 show vrrp | grep -q "interface vrrp.51: .* net.ipv4.conf.all.rp_filter is 0"'
on d1 sysctl -qw net.ipv4.conf.all.rp_filter=0
on d1 ip link delete theirs
check_soon 15 "it goes: ours takes its place" on_vmac d1 theirs fd00:7::100
check_soon 10 "both are there" only d1 d2

note "the interface itself"
on d1 ip link set lan down
check_soon 10 "it is down: the other one takes over" only d2 d1
on d1 ip link set lan up
on d1 ip -6 addr replace fd00:7::1/64 dev lan
check_soon 15 "it is up" only d1 d2
on d1 ip link set lan down
on d1 ip link set lan name wan
on d1 ip link set wan up
check_soon 10 "it has another name: the other one takes over" only d2 d1
on d1 ip link set wan down
on d1 ip link set wan name lan
on d1 ip link set lan up
on d1 ip -6 addr replace fd00:7::1/64 dev lan
check_soon 15 "and its own again" only d1 d2
instances 150 | sed 's/use_vmac.*//' > "$T/d1/directord.conf"
signal director-d1 HUP
check_soon 10 "without use_vmac the address is on the interface" on_vmac d1 lan 10.7.0.100
check_soon 10 "and there is no other" eval '[ -z "$(on d1 ip -o link show type macvlan)" ]'
check_soon 10 "whose settings are as they were" eval '[ "$(setting d1 lan arp_ignore) $(setting d1 lan arp_announce)" = "0 0" ]'
stop director-d1
stop director-d2
stop ping4
stop ping6
stop neighbours
check_soon 5 "after a stop nothing is left" eval 'has_none d1 && has_none d2 &&
	[ -z "$(on d1 ip -o link show type macvlan)$(on d2 ip -o link show type macvlan)" ]'

note "keepalived"
host ka 10.7.0.3/24,fd00:7::3/64
instances 100 > "$T/ka/keepalived.conf"
instances 150 > "$T/d1/directord.conf"
: > "$T/director-d1.log"
keepalived_up
check_soon 15 "keepalived alone is master" has_all ka
learn
ping_all
go_on "the client reaches it"
director d1
check_soon 15 "directord has the higher priority and takes over" only d1 ka
go_on "the client goes on"
check_eq "only directord advertises" "$(adverts 2 "$V4")" "$MAC4 10.7.0.1"
stop director-d1
check_soon 10 "it stops: keepalived takes over" only ka d1
go_on "the client goes on"
instances 50 > "$T/d1/directord.conf"
director d1
check_soon 10 "directord is the backup" both_are d1 backup
pause 3
check "and stays it" only ka d1
stop keepalived
check_soon 10 "keepalived stops: directord takes over" has_all d1
go_on "the client goes on"
keepalived_up
check_soon 15 "keepalived is back" only ka d1
# keepalived itself names the address in ARP requests of the interface
check_not "directord has not shown the client another MAC address" eval \
	'learned 10.7.0.100 | grep -q "$(mac_of d1 lan)" || learned fd00:7::100 | grep -q "$(mac_of d1 lan)"'
stop director-d1
check_not "neither complained" eval 'grep -Eiq "mismatch|invalid|wrong|checksum|unexpected" "$T/keepalived.log" ||
	grep -Eq "dropped a VRRP packet|vrrp: (error|warning)" "$T/director-d1.log"'
end_of_test
