#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# What those columns of routes, rules and addresses do in the kernel that t_routes.sh does not look at. Needs no IPVS.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need ip

host d lan=10.7.0.1/24 srv=10.8.0.1/24
cat > "$T/d/directord.conf" <<FILE
vrrp_instance A {
    interface lan
    virtual_router_id 1
    version 3
    advert_int 0.2
    virtual_ipaddress {
        10.7.0.100/24
        10.7.0.101
        10.7.0.102
        10.7.0.103
        10.7.0.104
        10.7.0.105
    }
}
FILE
kernel() {
	on d ip -4 route show table all
	on d ip -4 rule show
	on d ip -o -4 addr show
}
has() { # REGEX
	kernel | grep -Eq -- "$1"
}
# effect TABLE KEY REGEX COLUMN=VALUE...: the kernel has a line with REGEX from then on, and had none before
effect() {
	local table=$1 key=$2 regex=$3
	shift 3
	check_not "$table $key: without $*" has "$regex"
	check "$*" ctl d set "$table" "$key" "$@"
	check_soon 5 "the kernel has it" has "$regex"
}
route() { # NUMBER REGEX COLUMN=VALUE...
	effect vrrp_route "\"\" 10.1.$1.0 24 254 0 0" "^10\.1\.$1\.0/24 .*$2" "${@:3}"
}
rule() { # PRIORITY REGEX COLUMN=VALUE...
	effect vrrp_rule "\"\" inet $1 1" "^$1:	.*$2" "${@:3}"
}
address() { # ADDRESS REGEX COLUMN=VALUE...
	effect vrrp_address "A $1" "$2" "${@:3}"
}
static() { # ADDRESS REGEX COLUMN=VALUE...
	effect static_address "srv $1" "$2" "${@:3}"
}

director d
check_soon 10 "the director runs" ctl d status
{
	for n in 1 2 3 4 5 6; do echo "add vrrp_route \"\" 10.1.$n.0 24 254 0 0 gateway=10.8.0.9"; done
	echo 'add vrrp_route "" 10.1.7.0 24 254 0 0 interface=srv'
	for n in 1 2 3 4 5 6; do echo "add vrrp_rule \"\" inet 10$n 1 table_id=77"; done
	for n in 1 2 3 4; do echo "add static_address srv 10.8.1.$n"; done
} > "$T/edit"
check "rows without these columns" ctl d edit "$T/edit"
there() {
	[ "$(kernel | grep -cE '^10\.1\.[1-7]\.0/24|^10[1-6]:|10\.8\.1\.[1-4]/32|10\.7\.0\.10[0-5]/')" = 23 ]
}
check_soon 10 "they are in the kernel" there

note "routes"
# effect: vrrp_route.advertised_mss vrrp_route.window vrrp_route.hop_limit vrrp_route.initial_rwnd vrrp_route.quick_ack
route 1 'advmss 1234' advertised_mss=1234
route 2 'window 5000' window=5000
route 3 'hoplimit 7' hop_limit=7
route 4 'initrwnd 33' initial_rwnd=33
route 5 'quickack 1' quick_ack=on
# effect: vrrp_route.protocol vrrp_route.scope
route 6 'proto 77' protocol=77
route 7 'scope host' scope=254
# effect: vrrp_route.append
first_by() { # GATEWAY
	on d ip route show 10.1.8.0/24 | head -n 1 | grep -Fq "via $1 "
}
on d ip route add 10.1.8.0/24 via 10.8.0.8
check "a route to where somebody else has one" ctl d add vrrp_route '""' 10.1.8.0 24 254 0 0 gateway=10.8.0.9
check_soon 5 "comes before it" first_by 10.8.0.9
check "is removed" ctl d delete vrrp_route '"" 10.1.8.0 24 254 0 0'
check_soon 5 "somebody else's is there" first_by 10.8.0.8
check "append" ctl d add vrrp_route '""' 10.1.8.0 24 254 0 0 gateway=10.8.0.9 append=on
check_soon 5 "it is there" has '^10\.1\.8\.0/24 via 10\.8\.0\.9'
check "and comes behind" first_by 10.8.0.8

# effect: vrrp_route.vrf
in_vrf() { # ROUTE: is in the table of red
	on d ip route show table 4711 2> /dev/null | grep -Eq "^$1 "
}
says_why() {
	ctl d show vrrp_route --json | grep -q '"reason": "there is no VRF red"'
}
check "a route in a VRF that is not there" ctl d add vrrp_route '""' 10.1.9.0 24 254 0 0 interface=srv vrf=red
check_soon 5 "says so" says_why
modprobe -q vrf 2> /dev/null || :
if on d ip link add red type vrf table 4711 2> /dev/null; then
	check_soon 10 "it is there: the route is in its table" in_vrf 10.1.9.0/24
	check_not "and not in the one of its number" eval 'on d ip route show | grep -q "^10.1.9.0/24"'
	on d ip route delete 10.1.9.0/24 table 4711
	check_soon 5 "somebody removes it: it is set again" in_vrf 10.1.9.0/24
	pid=$(child d vrrp)
	kill -KILL "$pid"
	check_soon 10 "the process is killed and back" eval '[ -n "$(child d vrrp)" ] && [ "$(child d vrrp)" != "$pid" ]'
	check "deleted" ctl d delete vrrp_route '"" 10.1.9.0 24 254 0 0'
	check_soon 5 "it is removed" eval '! in_vrf 10.1.9.0/24'
	on d ip link delete red
else
	skip "a VRF" "this kernel has no VRF"
	check "deleted" ctl d delete vrrp_route '"" 10.1.9.0 24 254 0 0'
fi

note "rules"
# effect: vrrp_rule.inverted vrrp_rule.tos vrrp_rule.output_interface vrrp_rule.source_port_first vrrp_rule.source_port_last
rule 101 'not from 10\.3\.0\.0/16' inverted=on source=10.3.0.0 source_length=16
rule 102 'tos (0x10|lowdelay)' tos=16
rule 103 'oif srv' output_interface=srv
rule 104 'sport 80-90 ' source_port_first=80 source_port_last=90 ip_protocol=6
# effect: vrrp_rule.suppress_length vrrp_rule.protocol
rule 105 'suppress_prefixlength 8' suppress_length=8
rule 106 'proto 77' protocol=77
# effect: vrrp_rule.l3mdev
l3mdev() { # the kernel has it, or says that it has no VRFs
	has '^107:	.*lookup \[l3mdev-table\]' ||
		ctl d show vrrp_rule --json priority=107 | grep -q '"reason": ".*[Oo]peration not supported'
}
check "l3mdev" ctl d add vrrp_rule '""' inet 107 1 l3mdev=on
check_soon 5 "the kernel has it, or has none" l3mdev

note "addresses"
# effect: vrrp_address.label_text vrrp_address.scope vrrp_address.prefix_length vrrp_address.interface
address 10.7.0.100 'inet 10\.7\.0\.100/24 .*lan:vip' label_text=lan:vip
address 10.7.0.101 'inet 10\.7\.0\.101/32 scope link' scope=253
address 10.7.0.102 'inet 10\.7\.0\.102/25 ' prefix_length=25
address 10.7.0.103 'srv +inet 10\.7\.0\.103/' interface=srv
# effect: vrrp_address.preferred_lifetime vrrp_address.no_prefix_route
address 10.7.0.104 'inet 10\.7\.0\.104/.* deprecated ' preferred_lifetime=0
address 10.7.0.105 'inet 10\.7\.0\.105/.* noprefixroute ' no_prefix_route=on
# effect: vrrp_address.track
on d ip addr delete 10.7.0.105/32 dev lan
check_soon 5 "somebody removes an address: it is set again" has 'inet 10\.7\.0\.105/.* noprefixroute '
check "it is not tracked" ctl d set vrrp_address "A 10.7.0.105" track=off
on d ip addr delete 10.7.0.105/32 dev lan
on d ip addr delete 10.7.0.104/32 dev lan
check_soon 5 "somebody removes it, and another one: that is set again" has 'inet 10\.7\.0\.104/'
pause 1
check_not "and this one is not" has 'inet 10\.7\.0\.105/'
check_soon 5 "it is said" eval 'ctl d show vrrp | grep -q "10.7.0.105/32 on lan: not set"'
check "disabled" ctl d set vrrp_instance A enabled=off
check_soon 5 "the others go" eval '! has "inet 10\.7\.0\.104/"'
check "enabled" ctl d set vrrp_instance A enabled=on
check_soon 10 "with the next takeover it is set" has 'inet 10\.7\.0\.105/'
# effect: static_address.label_text static_address.scope static_address.prefix_length static_address.broadcast
static 10.8.1.1 'inet 10\.8\.1\.1/32 .*srv:one' label_text=srv:one
static 10.8.1.2 'inet 10\.8\.1\.2/32 scope link' scope=253
static 10.8.1.3 'inet 10\.8\.1\.3/25 ' prefix_length=25
static 10.8.1.4 'inet 10\.8\.1\.4/32 brd 10\.8\.1\.255' broadcast=10.8.1.255

note "rows"
# effect: *.row_status
check "a route out of service" ctl d set vrrp_route '"" 10.1.1.0 24 254 0 0' row_status=notInService
check_soon 5 "leaves the kernel" eval '! has "^10\.1\.1\.0/24"'
check "in service" ctl d set vrrp_route '"" 10.1.1.0 24 254 0 0' row_status=active
check_soon 5 "it is back" has '^10\.1\.1\.0/24 .*advmss 1234'
# effect: *.storage
check "a volatile one" ctl d set vrrp_route '"" 10.1.2.0 24 254 0 0' storage=volatile
stop director-d
director d
check_soon 10 "after a restart the others are there" has '^10\.1\.1\.0/24'
check_soon 5 "all of them" has '^10\.1\.3\.0/24'
check_not "the volatile one is not" has '^10\.1\.2\.0/24'
check_not "nor its row" ctl d set vrrp_route '"" 10.1.2.0 24 254 0 0' window=5001

stop director-d
check_not "no sanitizer complained" log_has director-d '(Address|Leak)Sanitizer|runtime error:'
end_of_test
