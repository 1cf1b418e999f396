#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Accept mode: whether packets to the virtual addresses are taken by a master that does not own them.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need nft ping

host d1 lan=10.7.0.1/24
on d1 nft add table inet probe 2>/dev/null || skip_all "the kernel has no nftables for IP"
on d1 nft delete table inet probe
host client lan=10.7.0.9/24
on d1 ip -6 addr add 2001:db8:7::1/64 dev lan nodad
on client ip -6 addr add 2001:db8:7::9/64 dev lan nodad

# config SETTING-OF-A SETTING-OF-B
config() {
	cat <<- END
		vrrp_instance A {
		    interface lan
		    virtual_router_id 1
		    priority ${3:-150}
		    version 3
		    advert_int 0.2
		    $1
		    virtual_ipaddress {
		        10.7.0.100/24
		    }
		}
		vrrp_instance B {
		    interface lan
		    virtual_router_id 2
		    priority 150
		    version 3
		    advert_int 0.2
		    $2
		    virtual_ipaddress {
		        fe80::b/64
		        2001:db8:7::100/64
		    }
		}
		vrrp_instance C {
		    interface lan
		    virtual_router_id 3
		    priority 150
		    version 3
		    advert_int 0.2
		    virtual_ipaddress {
		        10.7.0.102/24
		    }
		}
	END
}
value() { # INSTANCE COLUMN
	ctl d1 show vrrp_instance --json name="$1" | sed -n "s/.*\"$2\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1
}
is() { [ "$(value "$1" "$2")" = "$3" ]; }
answers() { on client ping -c 1 -W 1 "$1" > /dev/null; }
silent() { ! answers "$1"; }
table() { on d1 nft list table inet directord; }
has_table() { table > /dev/null 2>&1; }
no_table() { ! has_table; }
state() { ctl d1 show system --all --json | sed -n 's/.*"vrrp_filter_state": *"\([^"]*\).*/\1/p'; }

note "accepted, as by default"
config "" "" > "$T/d1/directord.conf"
director d1
check_soon 5 "master" is A state master
check_soon 5 "of IPv6, too" is B state master
check "the VIP answers" answers 10.7.0.100
check "that of IPv6" answers 2001:db8:7::100
check "nothing is in the kernel's filter" no_table
check_eq "the row says so" "$(value A refusing)" false

note "refused"
config no_accept "accept off" > "$T/d1/directord.conf"
signal director-d1 HUP
check_soon 3 "the VIP does not answer any more" silent 10.7.0.100
check "nor that of IPv6" silent 2001:db8:7::100
check "nor the link-local one" silent fe80::b%lan
check "the one that is accepted does" answers 10.7.0.102
check "and the host's own address" answers 10.7.0.1
check "of IPv6, too" answers 2001:db8:7::1
check_soon 2 "the row says so" is A refusing true
check_soon 2 "of IPv6, too" is B refusing true
check_eq "not of the other" "$(value C refusing)" false
check_eq "the filter's state" "$(state)" ok
on client ip neigh flush all
on client ping -c 1 -W 1 10.7.0.100 > /dev/null
check_match "ARP is answered" "$(on client ip neigh show 10.7.0.100)" 'lladdr'
on client ping -c 1 -W 1 2001:db8:7::100 > /dev/null
check_match "and neighbour solicitations" "$(on client ip -6 neigh show 2001:db8:7::100)" 'lladdr'

note "somebody else"
on d1 nft delete table inet directord
check_soon 3 "the table is put back" has_table
check_soon 2 "the log says so" log_has director-d1 'somebody changed the nftables table directord'
on d1 nft flush ruleset
check_soon 3 "after a flush of all" has_table
check "it works" silent 10.7.0.100
on d1 nft flush chain inet directord input
check_soon 3 "a chain that was emptied" silent 10.7.0.100
on d1 nft delete element inet directord ipv4 '{ 10.7.0.100 }'
check_soon 3 "an address that was taken out" silent 10.7.0.100
on d1 nft add table inet other
pause 1
before=$(grep -c 'somebody changed' "$T/director-d1.log")
on d1 nft add chain inet other x
pause 1
check_eq "another table is nobody's business" "$(grep -c 'somebody changed' "$T/director-d1.log")" "$before"

note "vrrp is killed: there is no moment without"
old=$(child d1 vrrp)
start ping client ping -i 0.01 -W 1 10.7.0.100
kill -KILL "$old"
new_vrrp() { [ -n "$(child d1 vrrp)" ] && [ "$(child d1 vrrp)" != "$old" ]; }
check_soon 5 "another process is there" new_vrrp
check_soon 5 "it is master" is A state master
pause 0.5
check_not "nothing was answered meanwhile" grep -q 'bytes from' "$T/ping.log"
stop ping
check_soon 2 "the row says that it refuses" is A refusing true

note "a manager changes it"
check "accepted" ctl d1 set vrrp_instance A accept=on
check_soon 2 "answers" answers 10.7.0.100
check "the other still does not" silent 2001:db8:7::100
check "and refused again" ctl d1 set vrrp_instance A accept=off
check_soon 2 "does not answer" silent 10.7.0.100
check "the address owner" ctl d1 set vrrp_instance A priority=255 initial_state=master
check_soon 3 "always does" answers 10.7.0.100
check_eq "the row says so" "$(value A refusing)" false
check "back to the file" ctl d1 revert all
check_soon 3 "does not answer" silent 10.7.0.100

note "all is killed, and the file accepts now"
{
	kill -KILL -- "-$(pid_of director-d1)"
	wait "$(pid_of director-d1)"
} 2>/dev/null
check "the table was left" has_table
config "" "" > "$T/d1/directord.conf"
director d1
check_soon 5 "it is swept" no_table
check_soon 5 "the VIP answers" answers 10.7.0.100

note "a clean stop leaves nothing"
config no_accept "" > "$T/d1/directord.conf"
signal director-d1 HUP
check_soon 3 "there it is" has_table
stop director-d1
check_soon 3 "it is gone" no_table
check "the other's table is not" on d1 nft list table inet other
end_of_test
