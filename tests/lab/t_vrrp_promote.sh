#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# promote_secondaries: the first address of a subnet goes, and the others stay; and what was there before is put back,
# whatever happened meanwhile. Needs no IPVS.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

host d lan=10.7.0.1/24 srv=10.8.0.1/24 other=10.9.0.1/24
instance() { # LINE...: of both
	local vrid
	for vrid in 1 2; do
		cat <<-END
			vrrp_instance $vrid {
				interface lan
				virtual_router_id $vrid
				priority 255
				$([ $vrid = 1 ] && printf '%s\n' "$@")
				virtual_ipaddress {
					10.10.$vrid.100/24 dev $([ $vrid = 1 ] && echo srv || echo other)
					10.11.$vrid.100/24
				}
			}
		END
	done
}
settings() {
	local i
	for i in lan srv other; do
		on d cat /proc/sys/net/ipv4/conf/$i/promote_secondaries
	done | paste -sd ' '
}
are() { # SETTINGS
	settings
	[ "$(settings)" = "$1" ]
}
on_srv() { # ADDRESS
	on d ip -o -4 addr show dev srv | grep -q " $1/"
}
no_more() { # ADDRESS
	! on_srv "$1"
}
enable() { # INSTANCE on|off
	ctl d set vrrp_instance "$1" "enabled=$2"
}
for i in all default lan srv other; do
	on d sysctl -qw net.ipv4.conf.$i.promote_secondaries=0
done

note "without and with it"
instance > "$T/d/directord.conf"
director d
check_soon 10 "the address is there" on_srv 10.10.1.100
check_eq "nothing was set" "$(settings)" "0 0 0"
on d ip addr add 10.10.1.7/24 dev srv
check "it goes" enable 1 off
check_soon 10 "from the interface" no_more 10.10.1.100
check_not "and takes the administrator's along" on_srv 10.10.1.7
check "it comes" enable 1 on
check_soon 10 "back" on_srv 10.10.1.100
on d ip addr add 10.10.1.7/24 dev srv
# effect: vrrp_instance.promote_secondaries
check "with it" ctl d set vrrp_instance 1 promote_secondaries=on
check_soon 5 "it is set where the instance has addresses" are "1 1 0"
pid=$(child d vrrp)
kill -KILL "$pid"
check_soon 10 "the process is killed and comes back" eval '[ -n "$(child d vrrp)" ] && [ "$(child d vrrp)" != "$pid" ]'
check_soon 5 "the address is there" on_srv 10.10.1.100
check "it goes" ctl d set vrrp_address "1 10.10.1.100" row_status=notInService
check_soon 10 "from the interface" no_more 10.10.1.100
check "and the administrator's stays" on_srv 10.10.1.7
check_soon 5 "where it has none any more, it is put back" are "1 0 0"
check "back" ctl d set vrrp_address "1 10.10.1.100" row_status=active
check "off" ctl d set vrrp_instance 1 promote_secondaries=off
check_soon 5 "all of it is" are "0 0 0"

note "several instances, and the administrator"
check "both want it" eval "printf 'set vrrp_instance %s promote_secondaries=on\n' 1 2 | ctl d edit"
check_soon 5 "it is set" are "1 1 1"
check "one is disabled" enable 2 off
check_soon 5 "the other one has its own" are "1 1 0"
check "both are" enable 1 off
check_soon 5 "none is left" are "0 0 0"
on d sysctl -qw net.ipv4.conf.lan.promote_secondaries=1
check "they are enabled" eval "printf 'set vrrp_instance %s enabled=on\n' 1 2 | ctl d edit"
check_soon 5 "it is set" are "1 1 1"
on d ip link delete srv
on d ip link add srv type veth peer name srv2
on d ip link set srv up
check_soon 10 "another interface of the name of one has it" are "1 1 1"
check "off" eval "printf 'set vrrp_instance %s promote_secondaries=off\n' 1 2 | ctl d edit"
check_soon 5 "put back, and not what the administrator had set" are "1 0 0"
on d sysctl -qw net.ipv4.conf.lan.promote_secondaries=0
check "the file counts" ctl d revert all

note "all of it is killed, and the file changed"
instance promote_secondaries > "$T/d/directord.conf"
check "for one, by the file" ctl d reload
check_soon 5 "it is set" are "1 1 0"
on d ip link set srv2 up
check_soon 10 "the address is there" on_srv 10.10.1.100
on d ip addr add 10.10.1.7/24 dev srv
kill -KILL -- "-$(pid_of director-d)"
wait "$(pid_of director-d)" 2>/dev/null
check_eq "nobody puts anything back" "$(settings)" "1 1 0"
instance | sed 's/dev srv/dev other/' > "$T/d/directord.conf"
director d
check_soon 10 "the next one does, where it is not wanted any more" are "0 0 0"
check_not "and removes the address that was left" on_srv 10.10.1.100
check "but first that, with which the administrator's stays" on_srv 10.10.1.7
instance promote_secondaries > "$T/d/directord.conf"
check "again" ctl d reload
check_soon 5 "it is set" are "1 1 0"
on d sysctl -qw net.ipv4.conf.lan.promote_secondaries=0
stop director-d
check_eq "a stop puts it back; what somebody else has set stays" "$(settings)" "0 0 0"

note "on an interface with a virtual MAC address"
cat > "$T/d/directord.conf" <<END
vrrp_instance V {
	interface lan
	virtual_router_id 3
	priority 255
	use_vmac
	virtual_ipaddress {
		10.12.0.100/24
		10.12.0.101/24
	}
}
END
: > "$T/director-d.log"
director d
has_both() {
	has_vip d 10.12.0.100 && has_vip d 10.12.0.101
}
check_soon 10 "it has both addresses" has_both
check "the first one goes" ctl d set vrrp_address "V 10.12.0.100" row_status=notInService
check_soon 5 "from the interface" eval '! has_vip d 10.12.0.100'
check "the other one stays" has_vip d 10.12.0.101
pause 0.5
check_not "and was never away" log_has director-d 'somebody removed'
stop director-d
check_not "no sanitizer complained" log_has director-d '(Address|Leak)Sanitizer|runtime error:'
end_of_test
