#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# VRRP over IPv6 (version 3): keepalived as the peer in both roles; one VRID for IPv4 and for IPv6 on one
# interface; addresses of the other family; what is on the wire and on the interface; what SNMP shows,
# our own MIB and VRRPV3-MIB.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need keepalived tcpdump snmpd snmpget

VIPS="fe80::100 2001:db8:7::100 2001:db8:7::101"
EXCLUDED="10.7.0.106 10.7.0.100 2001:db8:7::104"

host ka 10.7.0.1/24
host d 10.7.0.2/24
host c 10.7.0.9/24
on d ip addr add 2001:db8:7::2/64 dev lan
on c ip addr add 2001:db8:7::9/64 dev lan
on ka ip addr add 2001:db8:7::1/64 dev lan

# instance NAME PRIORITY ADDRESSES EXCLUDED: the same text for both programs
instance() {
	printf 'vrrp_instance %s {\n interface lan\n virtual_router_id 51\n priority %s\n version 3\n advert_int 1\n' "$1" "$2"
	printf ' virtual_ipaddress {\n'
	# shellcheck disable=SC2086
	printf '  %s\n' $3
	printf ' }\n virtual_ipaddress_excluded {\n  %s\n }\n}\n' "$4"
}
both() { # PRIORITY
	instance SIX "$1" "fe80::100 2001:db8:7::100/64 2001:db8:7::101" 10.7.0.106/24
	instance FOUR "$1" "10.7.0.100/24" 2001:db8:7::104/64
}
own() { # HOST: its link-local address
	on "$1" ip -6 -o addr show dev lan scope link | awk '$4 !~ /fe80::100/ { sub("/.*", "", $4); print $4 }' | head -1
}
# watch FILTER: what the switch carries, in the log of the process wire, from now on
watch() {
	rm -f "$T/wire.log"
	start wire c tcpdump -ni lan -l -vv "$1"
	wait_for 10 log_has wire 'listening on'
}
speakers() {
	on c timeout 3 tcpdump -ni lan -l 'ip6 proto 112' 2>/dev/null | grep -o 'IP6 [^ ]* >' | sort -u | awk '{ print $2 }'
}

cat > "$T/d/engine.conf" <<CONF
rocommunity public
CONF
config() { # PRIORITY
	cat > "$T/d/directord.conf" <<-CONF
		global_defs {
		    snmp_mode agentx
		    snmp_socket unix:$T/d/agentx
		}
		$(both "$1")
	CONF
}
wait_for 10 own d
wait_for 10 own ka
snmpd d

note "directord's part"
config 150
both 100 > "$T/ka/keepalived.conf"
watch 'ip6 and (proto 112 or icmp6) or ip proto 112 or arp'
director d
check_soon 10 "alone, it becomes master of both virtual routers" has_all d
check_soon 5 "the advertisement: from its link-local address, to ff02::12, hop limit 255" grep -Eq \
	"class 0xc0,.*hlim 255, next-header VRRP \(112\) payload length: 56" "$T/wire.log"
check_soon 5 "version 3, the three addresses in their order, checksum right" grep -Eq \
	"$(own d) > ff02::12: .*VRRPv3, Advertisement, vrid 51, prio 150, intvl 100cs, length 56, addrs\(3\): fe80::100,2001:db8:7::100,2001:db8:7::101" "$T/wire.log"
check_not "tcpdump finds no bad checksum" grep -Eq 'bad vrrp cksum|bad icmp6 cksum|incorrect' "$T/wire.log"
for vip in $VIPS 2001:db8:7::104; do
	check_soon 5 "$vip is announced: from itself to all nodes, router and override" grep -Eq \
		"$vip > ff02::1: .*neighbor advertisement, length 32, tgt is $vip, Flags \[router, override\]" "$T/wire.log"
done
check_soon 5 "the IPv4 address of the IPv6 instance is announced by ARP" grep -Eq 'who-has 10.7.0.106 .*tell 10.7.0.106' "$T/wire.log"
mac=$(on d ip -o link show lan | sed -n 's/.*link.ether \([^ ]*\).*/\1/p')
check "with its own MAC address" grep -q "destination link-address option (2), length 8 (1): $mac" "$T/wire.log"
stop wire
flags() { on d ip -6 -o addr show dev lan | grep -F " $1/"; }
check_match "no duplicate address detection" "$(flags 2001:db8:7::100)" 'nodad'
check_match "a single address is no source" "$(flags 2001:db8:7::101)" 'preferred_lft 0sec'
check_not "one with a length may be" grep -q 'preferred_lft 0sec' <<< "$(flags 2001:db8:7::100)"
check "a client reaches them" on c ping -6 -c 1 -W 3 2001:db8:7::101

note "SNMP"
get() { on c snmpget -v2c -c public -t 3 -Ovqn -OU "10.7.0.2" "$1" 2>&1; }
IF=$(on d ip -o link show lan | cut -d: -f1)
V3=1.3.6.1.2.1.207.1.1.1.1
hex() { # ADDRESS: as snmpget shows it
	python3 -c 'import ipaddress,sys; print("\"" + " ".join("%02X" % b for b in ipaddress.ip_address(sys.argv[1]).packed) + " \"")' "$1"
}
is() { [ "$(get "$1")" = "$2" ]; }
check_soon 10 "VRRPV3-MIB: the row of IPv6 is master" is "$V3.6.$IF.51.2" 3
check_eq "and that of IPv4" "$(get "$V3.6.$IF.51.1")" 3
check_eq "its virtual MAC address is that of IPv6" "$(get "$V3.5.$IF.51.2")" '"00 00 5E 00 02 33 "'
check_eq "its primary address" "$(get "$V3.4.$IF.51.2")" "$(hex "$(own d)")"
oid=$(python3 -c 'import ipaddress,sys; print(".".join(str(b) for b in ipaddress.ip_address("2001:db8:7::101").packed))')
check_eq "its associated addresses" "$(get "1.3.6.1.2.1.207.1.1.2.1.2.$IF.51.2.16.$oid")" 1
check_eq "their count" "$(get "$V3.8.$IF.51.2")" 3
check_match "directorctl" "$(ctl d show vrrp_instance --json name=SIX)" '"state": *"master"'

note "keepalived is the backup"
keepalived_up
pause 5
check "it stays so" only d ka
check_eq "only directord speaks" "$(speakers)" "$(own d)"
die director-d
check_soon 10 "directord is killed: keepalived takes over" has_all ka
director d
check_soon 15 "directord takes over again" only d ka
stop director-d
check_soon 3 "directord stops: keepalived takes over at once" only ka d

note "keepalived is the master"
config 50
director d
pause 5
check "directord stays backup" only ka d
check_eq "only keepalived speaks" "$(speakers)" "$(own ka)"
check_match "and says whom it follows" "$(ctl d show vrrp_instance --json name=SIX)" "$(own ka)"
check_not "VRRPV3-MIB: it is not master" is "$V3.6.$IF.51.2" 3
stop keepalived
check_soon 3 "keepalived stops: directord takes over at once" only d ka
check_soon 5 "the received advertisements are counted" test "$(ctl d show vrrp_statistics --json instance=SIX | sed -n 's/.*"adverts_received": *"\{0,1\}\([0-9]*\).*/\1/p')" -gt 3
check_not "keepalived never complained" grep -Eiq 'mismatch|invalid|wrong|ignor|checksum|unexpected|drop' "$T/keepalived.log"
check_not "neither did directord" grep -Eq 'dropped a VRRP packet|vrrp: (error|warning)' "$T/director-d.log"

note "what is wrong is dropped and counted"
value() { ctl d show vrrp_statistics --json instance=SIX | sed -n "s/.*\"$1\": *\"\{0,1\}\([0-9]*\).*/\1/p"; }
grows() { [ "$(value "$1")" -gt "$2" ]; }
send() { # HOPS FLAWS: an advertisement of priority 200 from c
	on c python3 - "$(own c)" "$@" <<-'PY'
		import socket, struct, sys, ipaddress
		source, hops, flaw = sys.argv[1], int(sys.argv[2]), sys.argv[3]
		addresses = ["2001:db8:7::100", "fe80::100"] if flaw == "order" else ["fe80::100", "2001:db8:7::100", "2001:db8:7::101"]
		packed = lambda a: ipaddress.ip_address(a).packed
		m = struct.pack("!BBBBHH", 0x21 if flaw == "version" else 0x31, 51, 200, len(addresses), 0 if flaw == "interval" else 100, 0)
		m += b"".join(packed(a) for a in addresses)
		whole = packed(source) + packed("ff02::12") + struct.pack("!II", len(m), 112) + m
		s = sum(struct.unpack("!%dH" % (len(whole) // 2), whole))
		while s >> 16: s = (s & 0xffff) + (s >> 16)
		m = m[:6] + struct.pack("!H", (~s & 0xffff) ^ (1 if flaw == "checksum" else 0)) + m[8:]
		if flaw == "length": m = m[:-8]
		k = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 112)
		i = socket.if_nametoindex("lan")
		k.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, hops)
		k.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, i)
		k.bind((source, 0, 0, i))
		k.sendto(m, ("ff02::12", 0, 0, i))
	PY
}
wrong() { # TEXT COLUMN HOPS FLAW
	local before
	before=$(value "$2")
	send "$3" "$4"
	check_soon 4 "$1" grows "$2" "$before"
}
wrong "a hop limit of 254" ttl_errors 254 none
wrong "a wrong checksum" checksum_errors 255 checksum
wrong "version 2" version_errors 255 version
wrong "a short packet" length_errors 255 length
wrong "an interval of 0" interval_errors 255 interval
wrong "a first address that is not link-local" address_list_errors 255 order
check "directord is master all the same" has_all d
send 255 none
gone() { ! has_vip d 2001:db8:7::101; }
check_soon 2 "a right one of higher priority makes it backup" gone
check_soon 6 "and it comes back" has_all d

note "the interface is without a link-local address"
on d ip addr flush dev lan scope link to "$(own d)"
fault() { ctl d show vrrp_instance --json name=SIX | grep -q '"state": *"fault"'; }
check_soon 5 "a fault" fault
check_match "that says why" "$(ctl d show vrrp_instance --json name=SIX)" 'no address to send from'
check "IPv4 goes on" has_vip d 10.7.0.100
on d ip addr add fe80::2/64 dev lan
check_soon 10 "another one, and it is back" has_all d
stop director-d
check_soon 5 "all addresses are gone" has_none d

end_of_test
