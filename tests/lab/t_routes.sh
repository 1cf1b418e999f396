#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Routes and rules that a VRRP instance has while it is master, and static routes, rules and addresses: set
# and removed with the state, put back, adopted after a restart, and swept when nobody wants them any more.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need ip

host d1 lan=10.7.0.1/24 srv=10.8.0.1/24
host d2 lan=10.7.0.2/24 srv=10.8.0.2/24
on d1 ip -6 addr add 2001:db8:8::1/64 dev srv nodad

base() { # PRIORITY: an instance without routes
	cat <<- END
		vrrp_instance A {
		    interface lan
		    virtual_router_id 1
		    priority $1
		    version 3
		    advert_int 0.5
		    virtual_ipaddress {
		        10.7.0.100/24
		    }
	END
}
# config PRIORITY ROUTES RULES STATIC-ROUTES STATIC-RULES STATIC-ADDRESSES
config() {
	printf 'static_ipaddress {\n%s\n}\nstatic_routes {\n%s\n}\nstatic_rules {\n%s\n}\n' "$6" "$4" "$5"
	base "$1"
	printf 'virtual_routes {\n%s\n}\nvirtual_rules {\n%s\n}\n}\n' "$2" "$3"
}
routes='10.50.0.0/16 via 10.8.0.50 dev srv mtu lock 1400 initcwnd 20
src 10.7.0.100 10.51.0.0/16 via 10.8.0.51 metric 7
10.52.0.0/16 dev srv table 77 no_track
10.53.0.0/16 table 300 nexthop via 10.8.0.60 dev srv weight 2 nexthop via 10.8.0.61 dev srv
blackhole 10.54.0.0/16
unreachable 10.55.1.0/24 table 77
prohibit 10.55.2.0/24
0.0.0.0/0 gw 10.9.0.1 dev srv onlink table 100
2001:db8:50::/48 via 2001:db8:8::50 dev srv
blackhole 2001:db8:54::/48 metric 9'
rules='from 10.50.0.0/16 table 77 priority 1000
to 10.60.0.0/16 table 300 priority 1001 no_track
fwmark 5/0xff table 77 iif srv priority 1002
from 10.61.0.0/16 ip_proto tcp dport 80-90 blackhole priority 1003
to 2001:db8:60::/48 table 77 priority 1004
from 10.62.0.0/16 goto 2000 priority 1005'
sroutes='10.90.0.0/16 via 10.8.0.90 dev srv
default via 2001:db8:8::90 dev srv metric 50 inet6'
srules='from 10.90.0.0/16 table 77 priority 900'
saddresses='10.8.0.77/24 dev srv brd 10.8.0.255
2001:db8:8::77/64 dev srv'

value() { # HOST TABLE FILTER COLUMN
	ctl "$1" show "$2" --json "$3" | sed -n "s/.*\"$4\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1
}
is() { [ "$(ctl "$1" show vrrp_instance --json name=A | sed -n 's/.*"state": *"\([^"]*\).*/\1/p' | head -1)" = "$2" ]; }
row_is() { [ "$(value "$1" "$2" "$3" "$4")" = "$5" ]; }
way_is() { grep -q "via $2 " <<< "$(on d1 ip route get "$1")"; } # ADDRESS GATEWAY
ours() { # HOST: all that has our protocol number, in one format
	on "$1" ip -4 route show table all proto keepalived | sort
	on "$1" ip -6 route show table all proto keepalived | sort
	on "$1" ip -4 -d rule show | grep 'proto keepalived'
	on "$1" ip -6 -d rule show | grep 'proto keepalived'
	on "$1" ip -o addr show dev srv | grep -o 'inet6\{0,1\} [^ ]*77/[0-9]*' | sort
}
has() { grep -qE -- "$2" <<< "$(ours "$1")"; }
lacks() { ! has "$@"; }
count() { ours "$1" | wc -l; }
has_ours() { [ "$(count "$1")" = "$2" ]; }

note "static ones are there whatever the state; those of the instance with it"
config 50 "$routes" "$rules" "$sroutes" "$srules" "$saddresses" > "$T/d1/directord.conf"
base 100 > "$T/d2/directord.conf"
echo '}' >> "$T/d2/directord.conf"
director d2
check_soon 10 "the other one is master" is d2 master
start routes d1 ip -4 monitor route rule address
director d1
check_soon 5 "a static route is there" has d1 '^10.90.0.0/16 via 10.8.0.90 dev srv'
check_soon 3 "though it is no master" is d1 backup
check_soon 2 "a static IPv6 route" has d1 '^default via 2001:db8:8::90 dev srv metric 50'
check "a static rule" has d1 '^900:	from 10.90.0.0/16 lookup 77'
check "static addresses" has d1 'inet 10.8.0.77/24'
check "... of IPv6" has d1 'inet6 2001:db8:8::77/64'
check "none of the instance's" lacks d1 '10\.50\.'
config 150 "$routes" "$rules" "$sroutes" "$srules" "$saddresses" > "$T/d1/directord.conf"
signal director-d1 HUP
check_soon 10 "takes over" is d1 master
# effect: vrrp_route.type vrrp_route.gateway vrrp_route.interface vrrp_route.source vrrp_route.onlink vrrp_route.nexthops vrrp_route.mtu vrrp_route.mtu_lock vrrp_route.initial_cwnd
# effect: vrrp_rule.action vrrp_rule.table_id vrrp_rule.target vrrp_rule.source vrrp_rule.source_length vrrp_rule.destination vrrp_rule.destination_length
# effect: vrrp_rule.mark vrrp_rule.mark_mask vrrp_rule.input_interface vrrp_rule.ip_protocol vrrp_rule.destination_port_first vrrp_rule.destination_port_last
for want in '^10.50.0.0/16 via 10.8.0.50 dev srv .*mtu lock 1400 initcwnd 20' \
	'^10.51.0.0/16 via 10.8.0.51 dev srv src 10.7.0.100 metric 7' \
	'^10.52.0.0/16 dev srv table 77 scope link' \
	'^10.53.0.0/16 table 300' \
	'nexthop via 10.8.0.60 dev srv weight 2' 'nexthop via 10.8.0.61 dev srv weight 1' \
	'^blackhole 10.54.0.0/16' '^unreachable 10.55.1.0/24 table 77' '^prohibit 10.55.2.0/24' \
	'^default via 10.9.0.1 dev srv table 100 onlink' \
	'^2001:db8:50::/48 via 2001:db8:8::50 dev srv metric 1024' \
	'^blackhole 2001:db8:54::/48 dev lo metric 9' \
	'^1000:	from 10.50.0.0/16 lookup 77' '^1001:	from all to 10.60.0.0/16 lookup 300' \
	'^1002:	from all fwmark 0x5/0xff iif srv lookup 77' \
	'^1003:	from 10.61.0.0/16 ipproto tcp dport 80-90 blackhole' \
	'^1004:	from all to 2001:db8:60::/48 lookup 77' '^1005:	from 10.62.0.0/16 goto 2000'; do
	check_soon 2 "there is ${want#^}" has d1 "$want"
done
check_soon 2 "the row says so" row_is d1 vrrp_route destination=10.50.0.0 present true
check_eq "none has a reason not to be" "$(ctl d1 show vrrp_route --json | grep -c '"reason": "..*"')" 0
check "directorctl shows them with the instance" grep -q '10.50.0.0/16 via 10.8.0.50 on srv: set' <<< "$(ctl d1 show vrrp)"

note "somebody removes and replaces what is there"
on d1 ip route del 10.50.0.0/16
check_soon 2 "a route is back" has d1 '^10.50.0.0/16 via 10.8.0.50'
check_soon 2 "the log says so" log_has director-d1 '10.50.0.0 16 254 0 0: somebody removed it; it is set again'
on d1 ip route replace 10.50.0.0/16 via 10.8.0.99
check_soon 2 "one that was replaced counts again" way_is 10.50.1.1 10.8.0.50
on d1 ip route del 10.50.0.0/16 via 10.8.0.99 2>/dev/null
on d1 ip rule del priority 1000
check_soon 2 "a rule is back" has d1 '^1000:'
on d1 ip route del 10.90.0.0/16
check_soon 2 "a static route is back" has d1 '^10.90.0.0/16'
on d1 ip addr del 10.8.0.77/24 dev srv
check_soon 2 "a static address is back" has d1 'inet 10.8.0.77/24'
on d1 ip route del 10.52.0.0/16 table 77
on d1 ip rule del priority 1001
pause 1
# effect: vrrp_route.track vrrp_rule.track
check "what is not tracked stays away" lacks d1 '^10.52.0.0|^1001:'
check_eq "and the row says so" "$(value d1 vrrp_route destination=10.52.0.0 present)" false
lines=$(count d1)
on d1 ip link set srv down
check_soon 2 "without its interface a route is not there" row_is d1 vrrp_route destination=10.50.0.0 present false
check_match "the row says why" "$(value d1 vrrp_route destination=10.50.0.0 reason)" 'unreachable|down'
check "it is master all the same" is d1 master
on d1 ip link set srv up
on d1 ip -6 addr replace 2001:db8:8::1/64 dev srv nodad
check_soon 4 "with it it is back" has d1 '^10.50.0.0/16'
check_soon 4 "all of them are" has_ours d1 "$lines"

note "vrrp is killed: all is adopted, and nothing touched"
before=$(ours d1)
old=$(child d1 vrrp)
: > "$T/routes.log"
kill -KILL "$old"
new_vrrp() { [ -n "$(child d1 vrrp)" ] && [ "$(child d1 vrrp)" != "$old" ]; }
check_soon 5 "another process is there" new_vrrp
check_soon 5 "it is master" is d1 master
check_soon 5 "it has what there was, and what was not tracked" has d1 '^10.52.0.0|^1001:'
check_eq "nothing was removed" "$(grep -i delete "$T/routes.log")" ""
check_eq "the rest is as it was" "$(ours d1 | grep -vE '^10.52.0.0|^1001:')" "$before"

note "the configuration changes"
: > "$T/routes.log"
config 150 "${routes/10.8.0.50/10.8.0.59}
10.99.0.0/16 via 10.8.0.99 dev nosuch" "${rules/table 77 priority 1000/table 78 priority 1000}" "$sroutes" "" "10.8.0.77/24 dev srv brd 10.8.0.255" > "$T/d1/directord.conf"
signal director-d1 HUP
check_soon 3 "a route has another next hop" has d1 '^10.50.0.0/16 via 10.8.0.59'
check_eq "it was never away" "$(grep -c 'Deleted 10.50.0.0/16' "$T/routes.log")" 0
check "a rule has another table" has d1 '^1000:	from 10.50.0.0/16 lookup 78'
check "a static rule is gone" lacks d1 '^900:'
check "a static address is gone" lacks d1 'inet6 2001:db8:8::77/64'
check_soon 2 "a route that cannot be set says why" row_is d1 vrrp_route destination=10.99.0.0 reason "there is no interface nosuch"
check "and so does the log" log_has director-d1 'cannot be set: there is no interface nosuch'
on d1 ip link add nosuch type veth peer name nosuch2
on d1 ip link set nosuch up
on d1 ip addr add 10.8.0.200/32 dev nosuch
on d1 ip route add 10.8.0.99/32 dev nosuch
on d1 ip link set nosuch2 up
check_soon 4 "it is set when it can be" has d1 '^10.99.0.0/16 via 10.8.0.99 dev nosuch'

note "no master any more"
unplug d1
check_soon 5 "fault" is d1 fault
check_soon 2 "its routes are gone" lacks d1 '^(10.5|blackhole|unreachable|prohibit|2001:db8:5|10.99)'
check "its rules, too" lacks d1 '^100[0-5]:'
check "the static ones are not" has d1 '^10.90.0.0/16'
plug d1
check_soon 10 "master again" is d1 master
check_soon 2 "with its routes" has d1 '^10.50.0.0/16 via 10.8.0.59'

note "all is killed, and what was left is not in the file any more"
{
	kill -KILL -- "-$(pid_of director-d1)"
	wait "$(pid_of director-d1)"
} 2>/dev/null
check "it left its routes" has d1 '^10.50.0.0/16'
on d1 ip route add 10.70.0.0/16 dev srv
base 150 > "$T/d1/directord.conf"
echo '}' >> "$T/d1/directord.conf"
director d1
check_soon 5 "they are swept" has_ours d1 0
check_eq "all of them" "$(ours d1)" ""
check "others' are not" grep -q '^10.70.0.0/16' <<< "$(on d1 ip route)"

note "a manager makes, changes and destroys one"
check "a route is added" ctl d1 add vrrp_route A 10.80.0.0 16 254 0 0 gateway=10.8.0.80
check_soon 10 "it is set when the instance is master" has d1 '^10.80.0.0/16 via 10.8.0.80'
check "a static one" ctl d1 add vrrp_route '""' 10.81.0.0 16 254 0 0 interface=srv
check_soon 2 "is set" has d1 '^10.81.0.0/16 dev srv'
check "a rule" ctl d1 add vrrp_rule A inet 500 1 source=10.80.0.0 source_length=16 table_id=77
check_soon 2 "is set" has d1 '^500:'
check "the next hop is changed" ctl d1 set vrrp_route A 10.80.0.0 16 254 0 0 gateway=10.8.0.82
check_soon 2 "in the kernel" has d1 '^10.80.0.0/16 via 10.8.0.82'
check_not "one without a next hop is refused" ctl d1 add vrrp_route A 10.82.0.0 16 254 0 0
check "it is destroyed" ctl d1 delete vrrp_route A 10.80.0.0 16 254 0 0
check_soon 2 "and gone" lacks d1 '^10.80.0.0/16'
check "the export can be read again" ctl d1 show vrrp_rule A inet 500 1

note "a clean stop leaves nothing"
stop director-d1
check_soon 3 "no route, no rule, no address" has_ours d1 0
end_of_test
