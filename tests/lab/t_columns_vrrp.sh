#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=400
#
# What the columns of VRRP instances and their addresses do: on the wire, as another host hears it, and in the
# kernel. Needs no IPVS.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need tcpdump

host d lan=10.7.0.1/24,10.7.0.5/24 srv=10.8.0.1/24
host d2 lan=10.7.0.2/24
host w lan=10.7.0.9/24
on d ip -6 addr add fe80::1/64 dev lan
cat > "$T/d/directord.conf" <<FILE
vrrp_instance A {
    interface lan
    virtual_router_id 1
    virtual_ipaddress {
        10.7.0.100/24
        10.7.0.101/24
    }
    garp_master_delay 0
}
FILE
cat > "$T/d2/directord.conf" <<FILE
vrrp_instance A {
    interface lan
    version 3
    advert_int 0.1
    virtual_router_id 1
    priority 50
    virtual_ipaddress {
        10.7.0.100/24
        10.7.0.101/24
    }
}
FILE
change() { # COLUMN=VALUE...
	ctl d set vrrp_instance A "$@"
}
address() { # ADDRESS COLUMN=VALUE...
	ctl d set vrrp_address "A $1" "${@:2}"
}
# What is on the wire, one packet a line: its time in ms, and the rest
start tcpdump w tcpdump -ni lan -tt -l -v 'arp or proto 112 or icmp6'
wait_for 10 log_has tcpdump 'listening on'
MARK=0
mark() {
	MARK=$(wc -l < "$T/tcpdump.log")
}
wire() {
	tail -n "+$((MARK + 1))" "$T/tcpdump.log" | awk '/^[0-9]+\./ {if (line) print line; line = sprintf("%.0f", $1 * 1000) " " $0; next}
		{line = line " " $0} END {if (line) print line}'
}
says() { # REGEX: an advertisement since the mark
	wire | grep -F VRRP | grep -Eq -- "$1"
}
never_says() {
	! says "$1"
}
# announced ADDRESS: the times in ms of its announcements since the mark, from the first
announced() {
	wire | awk -v a="who-has $1 \\\\(ff:ff|tgt is $1" '$0 ~ a {if (!n++) first = $1; printf "%d ", $1 - first}'
}
times() { # ADDRESS
	announced "$1" | wc -w
}
is() { # STATE
	ctl d show vrrp_instance A --json | grep -q "\"state\": *\"$1\""
}
# change, and then the wire says so: changed REGEX COLUMN=VALUE...
changed() {
	local regex=$1
	shift
	mark
	check "$*" change "$@"
	check_soon 5 "on the wire: $regex" says "$regex"
}
# takes_over COLUMN=VALUE...: it goes and comes back; the ms until it advertises
takes_over() {
	change enabled=off "$@" > /dev/null
	wait_for 10 is initialize
	pause 0.3 # what was under way
	mark
	local began
	began=$(now_ms)
	change enabled=on > /dev/null
	wait_for 40 is master
	echo $(($(now_ms) - began))
}

director d
check_soon 10 "master" is master
check_soon 5 "as the file says" says '10.7.0.1 > 224.0.0.18: VRRPv2, Advertisement, vrid 1, prio 100, authtype none, intvl 1s, .*addrs\(2\): 10.7.0.100,10.7.0.101'

# effect: vrrp_instance.vrid vrrp_instance.priority vrrp_instance.source_address vrrp_instance.advert_interval
changed 'vrid 255,' vrid=255
changed 'prio 254,' priority=254
changed '10.7.0.5 > 224.0.0.18' source_address=10.7.0.5
changed 'intvl 2s' advert_interval=2
# effect: vrrp_instance.mcast_group
changed '10.7.0.5 > 224.0.0.77: VRRPv2' mcast_group=224.0.0.77
check_match "what is said in the group of the RFC is not heard" "$(
	on w "$BUILD/vrrp-send" 10.7.0.9 10.7.0.100 255 255 1
	pause 0.5
	ctl d show vrrp_instance A --json
)" '"state": *"master"'
check "and back" change mcast_group=
note "another router has the same address"
on d sysctl -qw net.ipv4.conf.lan.accept_local=1
on w ip addr add 10.7.0.5/24 dev lan
number() { # TABLE COLUMN: of the instance, or of all
	ctl d show "$1" --all --json | sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p"
}
number_is() {
	[ "$(number "$1" "$2")" = "$3" ]
}
before=$(number vrrp_statistics own_drops)
on w "$BUILD/vrrp-send" 10.7.0.5 10.7.0.100 255 255 3
check_soon 5 "what it says is counted" number_is vrrp_statistics own_drops $((before + 3))
check "and does not count" is master
on w ip addr del 10.7.0.5/24 dev lan
on d sysctl -qw net.ipv4.conf.lan.accept_local=0
before=$(number system vrrp_vrid_errors)
on w "$BUILD/vrrp-send" 10.7.0.9 10.7.0.100 77 100 2 ttl
check_soon 5 "so is what is wrong, but for nobody here" number_is system vrrp_vrid_errors $((before + 2))
# effect: vrrp_instance.auth_type vrrp_instance.auth_password
changed 'authtype simple,.* auth "secret"' auth_type=pass auth_password=secret advert_interval=1
# effect: vrrp_instance.version vrrp_instance.checksum
changed 'VRRPv3, Advertisement, vrid 1, prio 100, intvl 10cs' version=3 advert_interval=0.1 auth_type=none vrid=1 priority=100 source_address=
# effect: vrrp_instance.version_2_too
changed 'VRRPv2, Advertisement, vrid 1, prio 100, authtype none, intvl 1s' version_2_too=on
check_soon 5 "and version 3 as before" says 'VRRPv3, Advertisement, vrid 1, prio 100, intvl 10cs'
on w "$BUILD/vrrp-send" 10.7.0.9 10.7.0.100 1 200 1
check_soon 3 "a master of version 2 is followed" is backup
on w "$BUILD/vrrp-send" 10.7.0.9 10.7.0.100 1 0 1
check_soon 5 "and succeeded" is master
mark
check "version 3 alone" change version_2_too=off
pause 0.5
mark
pause 0.5
check "no version 2" never_says VRRPv2
check "with the pseudo-header in the checksum" never_says 'bad vrrp cksum'
changed 'bad vrrp cksum' checksum=message
check "checksum=pseudo-header" change checksum=pseudo-header

# effect: vrrp_instance.accept
check "the master answers for its address" on w ping -c 1 -W 2 10.7.0.100

# effect: vrrp_address.excluded vrrp_address.position vrrp_address.broadcast
mark
check "excluded" address 10.7.0.100 excluded=on
check_soon 5 "one address is advertised" says 'addrs: 10.7.0.101'
check "both are set" has_vip d 10.7.0.100
check "position" address 10.7.0.100 excluded=off position=9
mark
check_soon 5 "another order" says 'addrs\(2\): 10.7.0.101,10.7.0.100'
address 10.7.0.100 position=0
line() {
	on d ip -o addr show dev lan | grep " $1/" | grep -q -- "$2"
}
check "broadcast" address 10.7.0.101 broadcast=10.7.0.255
check_soon 5 "in the kernel" line 10.7.0.101 'brd 10.7.0.255'
check "no broadcast" address 10.7.0.101 broadcast=
not_line() {
	! line "$@"
}
check_soon 5 "in the kernel" not_line 10.7.0.101 brd

# effect: vrrp_instance.enabled vrrp_instance.interface
check "off" change enabled=off
no_vip() {
	! has_vip d 10.7.0.100
}
check_soon 5 "no address" no_vip
check "on the other interface" change enabled=on interface=srv
on_srv() {
	on d ip -o addr show dev srv | grep -q 10.7.0.100/
}
check_soon 10 "the addresses are there" on_srv
mark
pause 0.5
check "and nothing is said on the first" never_says VRRP
check "and back" change interface=lan
check_soon 5 "master" is master

note "announcements"
# effect: vrrp_instance.garp_repeat vrrp_instance.garp_delay
takes_over garp_repeat=3 > /dev/null
pause 1
check_eq "garp_repeat 3, no delay" "$(times 10.7.0.100)" 3
takes_over garp_repeat=2 garp_delay=1 > /dev/null
pause 2
check_match "garp_delay 1: 2 at once, and 2 a second later" "$(announced 10.7.0.100)" '^0 [12]?[0-9]{1,2} (9|10|11)[0-9]{2} 1[0-4][0-9]{2} $'
# effect: vrrp_instance.garp_refresh vrrp_instance.garp_refresh_repeat
mark
check "refresh" change garp_refresh=1 garp_refresh_repeat=3 garp_delay=0
pause 3.6
check_between "3 each second" "$(times 10.7.0.101)" 6 12
check "no refresh" change garp_refresh=0
# effect: vrrp_instance.garp_interval
takes_over garp_repeat=2 garp_interval=0.2 > /dev/null
pause 1.2
spaces() { # the ms between announcements of any address
	wire | awk '/who-has 10.7.0.10[01] \(ff:ff/ {if (n++) print $1 - last; last = $1}'
}
check_between "garp_interval 200 ms: 4 of them, at least so far apart" "$(spaces | sort -n | head -1)" 180 400
check_eq "all of them" "$(spaces | wc -l)" 3
# effect: vrrp_instance.garp_group
check "an instance on another interface" eval "printf '%s\n' 'add vrrp_instance B interface=srv vrid=9 version=3 advert_interval=0.1 garp_repeat=1 garp_delay=0 garp_interval=0.2' 'add vrrp_address B 10.8.0.100' | ctl d edit"
start tcpdump2 d tcpdump -ni any -tt -l arp
wait_for 10 log_has tcpdump2 'listening on'
# together GROUP: the least distance in ms of what both announce when they take over at the same time
together() {
	local at
	printf 'set vrrp_instance %s enabled=off garp_repeat=1 garp_group=%s\n' A "$1" B "$1" | ctl d edit > /dev/null
	wait_for 10 is initialize
	pause 0.7
	at=$(wc -l < "$T/tcpdump2.log")
	printf 'set vrrp_instance %s enabled=on\n' A B | ctl d edit > /dev/null
	wait_for 10 is master
	pause 1.2
	tail -n "+$((at + 1))" "$T/tcpdump2.log" | awk '/who-has 10.[78].0.10[01] \(ff:ff/ {
		if (n++ && (least == "" || $1 - last < least)) least = $1 - last
		last = $1
	} END {printf "%d %d", n, least * 1000}'
}
check_match "two interfaces by themselves: 3 announcements, some at the same time" "$(together 0)" '^3 [0-9]{1,2}$'
check_match "of one group: each 200 ms after the other" "$(together 3)" '^3 (1[89]|2[0-9]|3[0-9])[0-9]$'
stop tcpdump2
check "alone again" eval "printf '%s\n' 'set vrrp_instance A garp_group=0' 'delete vrrp_instance B' | ctl d edit"
takes_over garp_repeat=3 garp_interval=4 > /dev/null
pause 1 # 6 announcements, of which the last would come after 20 s
takes_over > /dev/null
some_announced() {
	[ "$(times 10.7.0.100)" -gt 0 ]
}
check_soon 10 "what is cancelled leaves no time in which the next takeover is not announced" some_announced
check "and that is forgotten" change enabled=off
check "on again" change enabled=on garp_repeat=1 garp_interval=2
check_soon 10 "master" is master
mark
check "one more address" ctl d add vrrp_address "A 10.7.0.105"
check "which goes before it is its turn" ctl d delete vrrp_address "A 10.7.0.105"
check_soon 15 "the others are announced" eval '[ "$(times 10.7.0.101)" -gt 0 ]'
pause 4.5
check_eq "it is not" "$(times 10.7.0.105)" 0
check "off" change enabled=off
note "announcements where no advertisements come from"
start tcpdump3 d tcpdump -ni any -l 'arp or icmp6'
wait_for 10 log_has tcpdump3 'listening on'
FROM=0
from_now() {
	FROM=$(wc -l < "$T/tcpdump3.log")
}
# extra INTERFACE: which addresses are announced there from then on
extra() {
	tail -n "+$((FROM + 1))" "$T/tcpdump3.log" |
		sed -n "s/^[^ ]* $1 *Out .*\(who-has\|tgt is\) \(10\.[78]\.0\.10[0-9] (ff:ff\|fd00:8::101\).*/\2/p" | sed 's/ .*//'
}
# is_only INTERFACE ADDRESS: it is announced there again and again, and nothing else is
is_only() {
	[ "$(extra "$1" | grep -cFx "$2")" -ge 3 ] && [ "$(extra "$1" | sort -u)" = "$2" ]
}
check "addresses on the other interface" eval "printf '%s\n' 'set vrrp_instance A enabled=on garp_interval=0 garp_repeat=1' \
	'add vrrp_address A 10.8.0.101 interface=srv position=7' 'add vrrp_address A 10.8.0.102 interface=srv position=8' \
	'add vrrp_address A fd00:8::101 interface=srv excluded=on' | ctl d edit"
wait_for 10 is master
on_srv6() {
	on d ip -o addr show dev srv | grep -q fd00:8::101/
}
check_soon 10 "are there" on_srv6
# has_announced INTERFACE ADDRESS...: all of them
has_announced() {
	local on=$1
	shift
	[ "$(extra "$on" | sort -u)" = "$(printf '%s\n' "$@" | sort)" ]
}
check_soon 10 "and announced" has_announced srv 10.8.0.101 10.8.0.102 fd00:8::101
pause 1
from_now
# effect: vrrp_instance.garp_extra_interval vrrp_instance.garp_extra_all
check "an interval" change garp_extra_interval=1
pause 2.5
check_eq "no interface has a virtual MAC address: none is announced" "$(extra '[a-z0-9.]*')" ""
check "all" change garp_extra_all=on
check_soon 15 "one address where the instance does not speak, each second" is_only srv 10.8.0.101
check_eq "none where it does" "$(extra lan)" ""
from_now
check "the others go" eval "printf 'delete vrrp_address A %s\n' 10.8.0.101 10.8.0.102 | ctl d edit"
only6() { # with what was under way
	extra srv | tail -3 | uniq -c | grep -q ' 3 fd00:8::101$'
}
check_soon 15 "that of IPv6 is announced" only6
check "a virtual MAC address" change use_vmac=on garp_extra_all=off garp_extra_interval=0
on_vmac() {
	on d ip -o addr show dev vrrp.1 2> /dev/null | grep -q 10.7.0.100/
}
check_soon 15 "has the addresses" on_vmac
check_soon 10 "and announced them" has_announced vrrp.1 10.7.0.100 10.7.0.101
pause 1
from_now
check "an interval" change garp_extra_interval=1
pause 2.5
check_eq "the instance speaks there: none is announced" "$(extra '[a-z0-9.]*')" ""
check "it speaks on the interface below" change vmac_xmit_base=on
check_soon 15 "one address is announced" is_only vrrp.1 10.7.0.100
check_eq "and none on the interface without a virtual MAC address" "$(extra srv)" ""
check "as it was" eval "printf '%s\n' 'set vrrp_instance A use_vmac=off vmac_xmit_base=off garp_extra_interval=0' \
	'delete vrrp_address A fd00:8::101' | ctl d edit"
check_soon 15 "without the virtual MAC address" has_vip d 10.7.0.100
wait_for 10 is master
stop tcpdump3
# effect: vrrp_instance.garp_lower_delay vrrp_instance.garp_lower_repeat
check "another version, for the other router" change version=2 advert_interval=1 garp_interval=0 garp_lower_delay=1 garp_lower_repeat=3
pause 0.5
check_soon 10 "master" is master
pause 1
mark
on w "$BUILD/vrrp-send" 10.7.0.9 10.7.0.100 1 50 1
pause 2.2
check_match "one at once, and 3 a second later" "$(announced 10.7.0.100)" '^0 (9|10|11)[0-9]{2} 1[0-4][0-9]{2} 1[2-7][0-9]{2} $'
check "none then" change garp_lower_delay=0 garp_lower_repeat=0
mark
on w "$BUILD/vrrp-send" 10.7.0.9 10.7.0.100 1 50 1
pause 1
check_eq "none" "$(times 10.7.0.100)" 0

note "answers"
# effect: vrrp_instance.lower_prio_no_advert vrrp_instance.higher_prio_send_advert
# hears PRIORITY COLUMN=VALUE...: what the master, whose own advertisements are 9 s apart, says to that
hears() {
	[ $# -eq 1 ] || change "${@:2}" > /dev/null
	pause 0.3 # a changed setting is said, too
	mark
	on w "$BUILD/vrrp-send" 10.7.0.9 10.7.0.100 1 "$1" 1 interval
	pause 0.5
	wire | grep -o 'VRRPv2.* prio [0-9]*' | grep -o '[0-9]*$' | paste -sd ' '
}
check "9 s between advertisements" change advert_interval=9
check_match "a lower priority is answered" "$(hears 50 lower_prio_no_advert=off)" '50 100'
check_match "or not" "$(hears 50 lower_prio_no_advert=on)" '^50$'
check_match "a higher one is answered" "$(hears 200 higher_prio_send_advert=on)" '200 100'
check_soon 5 "and followed" is backup
check_match "one that resigns is succeeded" "$(hears 0)" '^0'
check_soon 5 "master" is master
check_match "a higher one is not answered" "$(hears 200 higher_prio_send_advert=off)" '^200$'
on w "$BUILD/vrrp-send" 10.7.0.9 10.7.0.100 1 0 1 interval
check_soon 5 "master" is master
# effect: vrrp_instance.strict_mode
check_not "strict mode needs more than that" change strict_mode=on
check "in strict mode" change strict_mode=on accept=off lower_prio_no_advert=on
check_not "nobody speaks to a peer alone" eval "echo add vrrp_peer A 10.7.0.2 | ctl d edit"
check_not "there is no password" change auth_type=pass auth_password=secret
check "without" change strict_mode=off accept=on lower_prio_no_advert=off advert_interval=1

# effect: vrrp_instance.gna_interval
check "addresses of the other family" eval "printf 'add vrrp_address A 2001:db8::%s excluded=on\n' 1 2 3 | ctl d edit"
takes_over garp_repeat=1 gna_interval=0.3 > /dev/null
pause 1.2
advertised() {
	wire | awk '/neighbor advertisement.*tgt is 2001:db8::[123]/ {if (n++) print $1 - last; last = $1}'
}
check_between "gna_interval 300 ms: at least so far apart" "$(advertised | sort -n | head -1)" 270 700
check_eq "all of them" "$(advertised | wc -l)" 2

note "the other address family, and unicast"
# effect: vrrp_instance.family
mark
check "an instance of IPv6" eval "printf 'add vrrp_instance S interface=lan vrid=9 version=3 family=inet6\nadd vrrp_address S fe80::9\n' | ctl d edit"
check_soon 10 "advertises by IPv6" says 'fe80::1 > ff02::12: .*VRRPv3, Advertisement, vrid 9,'
check "it goes" ctl d delete vrrp_instance S
# effect: vrrp_instance.unicast_ttl vrrp_instance.unicast_checksum
mark
check "a peer" eval "printf 'set vrrp_instance A version=3\nadd vrrp_peer A 10.7.0.9\n' | ctl d edit"
check_soon 10 "is spoken to" says 'ttl 255, .*10.7.0.1 > 10.7.0.9: VRRPv3'
check "with the peer in the checksum" never_says 'bad vrrp cksum'
changed 'ttl 77, .*10.7.0.1 > 10.7.0.9: VRRPv3' unicast_ttl=77
changed '10.7.0.1 > 10.7.0.9: VRRPv3.*bad vrrp cksum' unicast_checksum=group
check "as before" eval "printf 'set vrrp_instance A version=2 unicast_ttl=255 unicast_checksum=detect\ndelete vrrp_peer A 10.7.0.9\n' | ctl d edit"
check_soon 10 "master" is master

note "beginnings"
# effect: vrrp_instance.initial_state
check_between "ms to master, beginning as backup" "$(takes_over gna_interval=0)" 2500 9000
check_between "beginning as master: no sooner" "$(takes_over initial_state=master)" 2500 9000
check_match "but one that begins so preempts" "$(change preempt=off 2>&1)" 'initial state backup'
# effect: vrrp_instance.preempt vrrp_instance.preempt_delay
director d2
check "version 3, ten times as fast" change initial_state=backup version=3 advert_interval=0.1
there() {
	ctl d2 show vrrp_instance A --json | grep -q '"state": *"backup"'
}
check_soon 10 "the other one is backup" there
check "in another group" ctl d2 set vrrp_instance A mcast_group=224.0.0.77
master2() {
	ctl d2 show vrrp_instance A --json | grep -q '"state": *"master"'
}
check_soon 5 "it hears nobody" master2
check "both of them" change mcast_group=224.0.0.77
check_soon 5 "it is backup" there
check "and back" change mcast_group=
ctl d2 set vrrp_instance A mcast_group=
check_soon 10 "the other one is backup" there
check_between "ms to preempt" "$(takes_over preempt_delay=0)" 0 2000
check_between "with a delay of 3 s" "$(takes_over preempt_delay=3)" 2700 6000
change enabled=off preempt_delay=0 preempt=off
check_soon 10 "the other one is master" master2
change enabled=on
pause 1.5
check "no preemption: it stays so" master2
check "with preemption" change preempt=on
check_soon 5 "it is master" is master
stop director-d2

# effect: system.vrrp_startup_delay
check "startup delay" ctl d set system vrrp_startup_delay=4
stop director-d
began=$(now_ms)
director d
check_soon 20 "master after a restart" is master
check_between "ms" $(($(now_ms) - began)) 4000 9000
up=$(cut -d. -f1 /proc/uptime)
# effect: system.vrrp_delay_after_boot
if [ "$up" -lt 86000 ]; then
	check "none, but one after the boot of the machine" ctl d set system vrrp_startup_delay=0 \
		vrrp_delay_after_boot=$((up + 5))
	stop director-d
	began=$(now_ms)
	director d
	check_soon 20 "master after a restart" is master
	check_between "ms" $(($(now_ms) - began)) 3000 9000
	pause 1.5
	stop director-d
	began=$(now_ms)
	director d
	check_soon 20 "master after another one" is master
	check_between "ms: the machine runs for longer now" $(($(now_ms) - began)) 0 4000
else
	skip "a delay after the boot" "the machine runs for more than a day"
fi
check "no delay" ctl d set system vrrp_startup_delay=0 vrrp_delay_after_boot=0

# effect: vrrp_instance.track_source
check "a source that is not there" change source_address=10.7.0.77
check_soon 5 "does no harm" is master
check "it is tracked" change track_source=on
check_soon 5 "a fault" is fault
on d ip addr add 10.7.0.77/32 dev srv
check_soon 5 "it is there, on whatever interface" is master
on d ip addr delete 10.7.0.77/32 dev srv
check_soon 5 "it is gone: a fault" is fault
check "without a source of its own" change source_address=
check_soon 5 "it needs none" is master
check_not "no sanitizer complained" log_has director-d '(Address|Leak)Sanitizer|runtime error:'
end_of_test
