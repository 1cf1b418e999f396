#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Unicast VRRP to a peer behind a router: keepalived in both roles, version 2 with a password, version 3 over
# IPv4 and IPv6; the range of the TTL; strangers; multicast packets; peers made and removed while it runs;
# who else speaks, in directorctl and by SNMP.
#
# LIMIT=400

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need keepalived tcpdump snmpd snmpget

host r lan=10.7.0.254/24 srv=10.8.0.254/24
host d lan=10.7.0.2/24
host ka srv=10.8.0.1/24
host s lan=10.7.0.9/24
on r ip addr add 2001:db8:7::254/64 dev lan
on r ip addr add 2001:db8:8::254/64 dev srv
router r
on d ip addr add 2001:db8:7::2/64 dev lan
on ka ip addr add 2001:db8:8::1/64 dev srv
gateway d 10.7.0.254
gateway s 10.7.0.254
gateway ka 10.8.0.254
on d ip -6 route add default via 2001:db8:7::254
on ka ip -6 route add default via 2001:db8:8::254

SIX="2001:db8:9::100/64 2001:db8:9::101/64"
FOUR="10.9.0.100/24 10.9.0.101/24"

# instance INTERFACE PRIORITY SOURCE PEER ADDRESSES SETTINGS
instance() {
	printf 'vrrp_instance VI_1 {\n interface %s\n virtual_router_id 51\n priority %s\n %s\n' "$1" "$2" "$6"
	printf ' unicast_src_ip %s\n unicast_peer {\n  %s\n }\n virtual_ipaddress {\n' "$3" "$4"
	# shellcheck disable=SC2086
	printf '  %s\n' $5
	printf ' }\n}\n'
}
config() { # PRIORITY PEER ADDRESSES SETTINGS
	local source=10.7.0.2
	[ "$3" = "$FOUR" ] || source=2001:db8:7::2
	cat > "$T/d/directord.conf" <<-CONF
		global_defs {
		    snmp_mode agentx
		    snmp_socket unix:$T/d/agentx
		}
		$(instance lan "$1" $source "$2" "$3" "$4")
	CONF
}
keepalived_config() { # PRIORITY ADDRESSES SETTINGS
	if [ "$2" = "$FOUR" ]; then
		instance srv "$1" 10.8.0.1 10.7.0.2 "$2" "$3"
	else
		instance srv "$1" 2001:db8:8::1 2001:db8:7::2 "$2" "$3
 unicast_ttl 255"
	fi > "$T/ka/keepalived.conf"
}
# column TABLE KEY COLUMN: of the row whose address begins so
column() {
	ctl d show "$1" --json "$2" | sed -n "s/.*\"$3\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1
}
neighbour() { column vrrp_neighbour "address=$1" "$2"; }
statistic() { column vrrp_statistics instance=VI_1 "$1"; }
grows() { [ "$(statistic "$1")" -gt "$2" ]; }

round() { # TEXT ADDRESSES PEER SETTINGS
	local text=$1 peer=${3%% *}
	VIPS=$2
	note "$text"
	: > "$T/director-d.log"
	: > "$T/keepalived.log"
	config 150 "$3" "$2" "$4"
	keepalived_config 100 "$2" "$4"
	keepalived_up
	check_soon 10 "$text: keepalived alone is master" has_all ka
	rm -f "$T/wire.log"
	start wire ka tcpdump -ni srv -l -vv 'ip proto 112 or ip6 proto 112'
	director d
	check_soon 15 "$text: directord has the higher priority and takes over" only d ka
	check_soon 5 "$text: its packets come with one less" grep -Eq '(ttl|hlim) 254,' "$T/wire.log"
	check_not "$text: nothing is multicast" grep -Eq '224.0.0.18|ff02::12' "$T/wire.log"
	check_not "$text: tcpdump finds no bad checksum" grep -Eq 'bad vrrp cksum' "$T/wire.log"
	stop wire
	die director-d
	check_soon 10 "$text: directord is killed: keepalived takes over" has_all ka
	director d
	check_soon 15 "$text: directord is back" only d ka
	stop director-d
	check_soon 3 "$text: directord stops: keepalived takes over at once" only ka d

	config 50 "$3" "$2" "$4"
	director d
	pause 4
	check "$text: directord with the lower priority stays backup" only ka d
	check_eq "$text: it sees who is master" "$(neighbour "$peer" state)" master
	check_eq "$text: and its priority" "$(neighbour "$peer" priority)" 100
	check_eq "$text: that it is a router away" "$(neighbour "$peer" ttl)" 254
	check_eq "$text: and that it is a configured peer" "$(neighbour "$peer" configured)" true
	stop keepalived
	check_soon 3 "$text: keepalived stops: directord takes over at once" only d ka
	check_soon 3 "$text: it is seen to have resigned" test "$(pause 1.2; neighbour "$peer" state)" = resigned
	check_not "$text: keepalived never complained" grep -Eiq \
		'mismatch|invalid|wrong|ignor|checksum|unexpected|drop' "$T/keepalived.log"
	check_not "$text: neither did directord" grep -Eq 'dropped a VRRP packet|vrrp: (error|warning)' "$T/director-d.log"
	stop director-d
}

round "version 3" "$FOUR" 10.8.0.1 "version 3
 advert_int 1"
round "version 2 with a password" "$FOUR" "10.8.0.1 min_ttl 254 max_ttl 254" "version 2
 authentication {
  auth_type PASS
  auth_pass s3cret!9
 }"
round "IPv6" "$SIX" 2001:db8:8::1 "version 3"

note "what is wrong is dropped and counted"
VIPS=$FOUR
printf 'rocommunity public\nrwcommunity private\n' > "$T/d/engine.conf"
snmpd d 10.7.0.9
config 50 "10.8.0.1 min_ttl 255" "$FOUR" "version 3"
keepalived_config 100 "$FOUR" "version 3"
keepalived_up
director d
# effect: vrrp_peer.min_ttl
check_soon 10 "a peer behind a router, though it must not be: both are master" has_all d
check_soon 3 "because of the TTL" grows ttl_errors 3
check_match "directorctl says so" "$(ctl d show vrrp)" '10.8.0.1: never heard as master; its packets are dropped'
check_eq "and the table" "$(neighbour 10.8.0.1 error)" ttl
stop keepalived
send() { # DESTINATION: an advertisement of priority 200 from the stranger s
	on s python3 - "$1" <<-'PY'
		import socket, struct, sys, ipaddress
		to = sys.argv[1]
		m = struct.pack("!BBBBHH", 0x31, 51, 200, 2, 100, 0) + ipaddress.ip_address("10.9.0.100").packed + ipaddress.ip_address("10.9.0.101").packed
		s = sum(struct.unpack("!%dH" % (len(m) // 2), m))
		while s >> 16: s = (s & 0xffff) + (s >> 16)
		m = m[:6] + struct.pack("!H", ~s & 0xffff) + m[8:]
		k = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
		k.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
		k.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
		k.sendto(m, (to, 0))
	PY
}
send 10.7.0.2
check_soon 3 "a stranger who is no peer" grows source_errors 0
check_eq "he is shown" "$(pause 1.2; neighbour 10.7.0.9 error)" source
send 224.0.0.18
check_soon 3 "a multicast packet" grows destination_errors 0
check "directord is master all the same" has_all d
sed -i 's/ min_ttl 255//' "$T/d/directord.conf"
signal director-d HUP
pause 1
send 10.7.0.2
gone() { has_none d; }
check_soon 2 "without check_unicast_src a stranger counts" gone
check_soon 6 "until he is silent" has_all d
# effect: vrrp_instance.check_unicast_src
check "with it" ctl d set vrrp_instance VI_1 check_unicast_src=on
errors=$(statistic source_errors)
send 10.7.0.2
check_soon 3 "he does not" grows source_errors "$errors"
check "directord is still master" has_all d
check "without it" ctl d set vrrp_instance VI_1 check_unicast_src=off

note "peers by SNMP"
set_() { on s snmpset -v2c -c private -t 5 -r 1 -On 10.7.0.2 "$@" 2>&1; }
get() { on s snmpget -v2c -c public -t 3 -Ovqn 10.7.0.2 "$1" 2>&1; }
VRRP=$OID_ROOT.3.1
PEER=$VRRP.5.1 INDEX=4.86.73.95.49.1.4.10.7.0.9
has_peer() { [ "$(ctl d show vrrp_neighbour --json address=10.7.0.9 | grep -c '"configured": *"\{0,1\}\(on\|true\)')" = 1 ]; }
start wire s tcpdump -ni lan -l 'ip proto 112 and dst 10.7.0.9'
wait_for 5 log_has wire 'listening on'
set_ "$PEER.9.$INDEX" i 4 > "$T/set.out"
check_soon 5 "a peer is made" has_peer
check_soon 5 "and spoken to" log_has wire '10.7.0.2 > 10.7.0.9: VRRPv3'
check_eq "its row" "$(get "$PEER.4.$INDEX")" 0
send 10.7.0.2
neighbour_is() { [ "$(neighbour 10.7.0.9 state)" = "$1" ]; }
check_soon 5 "what it is" neighbour_is master
check_soon 10 "when it is not heard any more" neighbour_is silent
# effect: vrrp_peer.max_ttl
check "its packets must come from a router away" ctl d set vrrp_peer "VI_1 10.7.0.9" max_ttl=254
errors=$(statistic ttl_errors)
send 10.7.0.2
check_soon 3 "others are dropped" grows ttl_errors "$errors"
set_ "$PEER.9.$INDEX" i 6 > "$T/set.out"
check_soon 5 "the peer is removed" eval '! has_peer'
stop wire

note "without peers"
{
	instance lan 50 10.7.0.2 10.8.0.1 "$FOUR" "version 3
 unicast_fault_no_peer" | sed '/unicast_peer/,/}/d'
} > "$T/d/directord.conf"
signal director-d HUP
fault() { grep -q '"state": *"fault"' <<< "$(ctl d show vrrp_instance --json)"; }
# effect: vrrp_instance.unicast_fault_no_peer
check_soon 5 "with unicast_fault_no_peer: a fault" fault
check_match "that says why" "$(ctl d show vrrp_instance --json)" 'it has no unicast peer'
sed -i '/unicast_fault_no_peer/d' "$T/d/directord.conf"
signal director-d HUP
check_soon 8 "without: multicast" has_all d

end_of_test
