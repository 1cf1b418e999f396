#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# FRR's vrrpd (Debian's 8.4.4) as the peer, version 3 over IPv4 and IPv6, in both roles; and every packet of
# ours that was on the wire, as tshark reads it.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need tcpdump tshark
FRR=/usr/lib/frr
[ -x $FRR/vrrpd ] || skip_all "no FRR here"

host f 10.7.0.1/24
host d 10.7.0.2/24
host c 10.7.0.9/24
on f ip addr add 2001:db8:7::1/64 dev lan
on d ip addr add 2001:db8:7::2/64 dev lan
own() { # HOST: its link-local address
	on "$1" ip -6 -o addr show dev lan scope link | awk '{ sub("/.*", "", $4); print $4 }' | head -1
}
wait_for 10 own d

# FRR's virtual addresses are on interfaces that somebody has to make.
macvlan() { # NAME MAC ADDRESS
	on f ip link add "$1" link lan type macvlan mode bridge 2>/dev/null || return 1
	on f ip link set "$1" addrgenmode random
	on f ip link set "$1" address "$2"
	on f ip addr add "$3" dev "$1"
	on f ip link set "$1" up
}
macvlan vrrp4-51 00:00:5e:00:01:33 10.7.0.100/24 || skip_all "no macvlan here"
macvlan vrrp6-51 00:00:5e:00:02:33 2001:db8:7::100/64

frr_daemon() { # NAME FILE
	start "$1" f "$FRR/$1" -f "$2" -i "$T/f/run/$1.pid" -z "$T/f/run/zserv.api" --vty_socket "$T/f/run" -P 0
}
frr_up() { # PRIORITY
	cat > "$T/f/vrrpd.conf" <<-END
		interface lan
		 vrrp 51 version 3
		 vrrp 51 priority $1
		 vrrp 51 advertisement-interval 1000
		 vrrp 51 ip 10.7.0.100
		 vrrp 51 ipv6 2001:db8:7::100
	END
	frr_daemon vrrpd "$T/f/vrrpd.conf"
}
install -d -o frr -g frr "$T/f/run" || skip_all "no user frr here"
frr_daemon zebra /dev/null
wait_for 10 test -S "$T/f/run/zserv.api"
running zebra || skip_all "FRR's zebra does not run here: $(tail -1 "$T/zebra.log")"

instance() { # NAME PRIORITY ADDRESS
	printf 'vrrp_instance %s {\n interface lan\n virtual_router_id 51\n priority %s\n version 3\n advert_int 1\n virtual_ipaddress {\n  %s\n }\n}\n' "$@"
}
config() { # PRIORITY
	{
		instance FOUR "$1" 10.7.0.100/24
		instance SIX "$1" 2001:db8:7::100/64
	} > "$T/d/directord.conf"
}
speakers() { # who advertises within three seconds
	on c timeout 3 tcpdump -ni lan -l "$1" 2>/dev/null | grep -Eo 'IP6? [^ ]* >' | awk '{ print $2 }' | sort -u
}
only() { # IPV4 IPV6
	[ "$(speakers 'ip proto 112')" = "$1" ] && [ "$(speakers 'ip6 proto 112')" = "$2" ]
}
has_both() { has_vip d 10.7.0.100 && has_vip d 2001:db8:7::100; }
has_none() { ! has_vip d 10.7.0.100 && ! has_vip d 2001:db8:7::100; }

note "FRR alone"
frr_up 100
theirs() { speakers 'ip proto 112' | grep -qx 10.7.0.1 && [ "$(speakers 'ip6 proto 112' | wc -l)" = 1 ]; }
check_soon 20 "FRR is master of both virtual routers" theirs
SIX=$(speakers 'ip6 proto 112')

note "directord has the higher priority"
start wire c tcpdump -ni lan -w "$T/wire.pcap" -U --immediate-mode 'ip proto 112 or ip6 proto 112'
config 150
director d
check_soon 15 "it takes over both" has_both
check "FRR has given way" only 10.7.0.2 "$(own d)"
die director-d
check_soon 15 "directord is killed: FRR takes over" only 10.7.0.1 "$SIX"
director d
check_soon 15 "directord is back" only 10.7.0.2 "$(own d)"
stop director-d
check_soon 8 "directord stops: FRR takes over" only 10.7.0.1 "$SIX"

note "FRR has the higher priority"
config 50
director d
pause 5
check "directord stays backup" has_none
check_match "and says whom it follows" "$(ctl d show vrrp)" '10.7.0.1 with priority 100'
check_match "over IPv6, too" "$(ctl d show vrrp)" "$SIX with priority 100"
die vrrpd
check_soon 15 "vrrpd is killed: directord takes over" has_both
frr_up 100
check_soon 20 "vrrpd is back and takes over" has_none
stop vrrpd
check_soon 15 "vrrpd stops: directord takes over" has_both
check_not "directord never complained" grep -Eq 'dropped a VRRP packet|vrrp: (error|warning)' "$T/director-d.log"
stop director-d

note "our packets, as tshark reads them"
shark() { # FILTER FIELD...: of our own packets, each different line once
	local filter=$1 fields=() f
	shift
	for f in "$@"; do fields+=(-e "$f"); done
	tshark -r "$T/wire.pcap" -o ip.check_checksum:TRUE -Y "vrrp && ($filter)" -T fields -E separator=' ' "${fields[@]}" 2>/dev/null |
		sort | uniq
}
FOUR="ip.src == 10.7.0.2" OURS="ipv6.src == $(own d)"
resigned() { [ -n "$(shark "($1) && vrrp.prio == 0" frame.number)" ]; }
check_soon 10 "the resignation is on the wire" resigned "$FOUR"
check_soon 10 "over IPv6, too" resigned "$OURS"
stop wire INT
check_eq "IPv4: version, type, VRID, addresses, TTL, destination" \
	"$(shark "$FOUR" vrrp.version vrrp.type vrrp.virt_rtr_id vrrp.addr_count vrrp.ip_addr ip.ttl ip.dst)" \
	"3 1 51 1 10.7.0.100 255 224.0.0.18"
check_eq "IPv6: the same" \
	"$(shark "$OURS" vrrp.version vrrp.type vrrp.virt_rtr_id vrrp.addr_count vrrp.ipv6_addr ipv6.hlim ipv6.dst)" \
	"3 1 51 1 2001:db8:7::100 255 ff02::12"
check_eq "the priorities that were sent" "$(shark "$FOUR || $OURS" vrrp.prio)" "$(printf '0\n150\n50' | sort)"
check_eq "the interval" "$(shark "$FOUR || $OURS" vrrp.short_adver_int)" 100
check_eq "no checksum is wrong" "$(shark "($FOUR || $OURS) && vrrp.checksum.status != 1" vrrp.checksum)" ""
check_eq "nothing is malformed" "$(shark "($FOUR || $OURS) && _ws.malformed" frame.number)" ""

end_of_test
