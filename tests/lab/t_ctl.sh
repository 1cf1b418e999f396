#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# directorctl with a director that forwards: what it shows is what the kernel has, what it sets is done, events
# are followed over a restart.
#
# LIMIT=180

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/site.sh
. "$(dirname "${BASH_SOURCE[0]}")/site.sh"

site
export NO_COLOR=1
director d1
check_soon 30 "all are up" all_up d1
check_soon 30 "and it is master" is_master d1

# says REGEX COMMAND...: does the output of directorctl have it?
says() {
	local regex=$1
	shift
	ctl d1 "$@" 2>&1 | grep -Eq -- "$regex"
}

# kernel_weight RS WEIGHT
kernel_weight() {
	on d1 ipvsadm -Ln | grep -Eq -- "-> $1:80 +Masq +$2 "
}
all_but_one_up() {
	[ "$(states d1 real_server up)" -eq 2 ]
}
go_on() {
	[ "$(connections)" -ge "$kernel" ]
}
# connections: those that directorctl shows of the service
connections() {
	ctl d1 show virtual_service --json | sed -n 's/.*"connections": \([0-9]*\).*/\1/p'
}

note "what it shows"
client load client -r 20 $VIP 80
pause 4
check "status: the instance" says "OUTSIDE +master .*this director.*$VIP" status
check "status: IPVS" says 'IPVS +ok' status
check "status: the virtual server" says "web +up .*tcp $VIP:80 .*3/3" status
check "status: every process runs" test "$(ctl d1 status | grep -Ec '^  (directord|vrrp|lvs|check|agent) +running')" -eq 5
note "$(ctl d1 status)"
note "$(ctl d1 show lvs)"
check "show vrrp: why" says 'why +no advertisement' show vrrp
check "show lvs: the service and its real servers" says '10.1.0.13:80 +up +nat +1 ' show lvs
before=$(connections)
kernel=$(kernel_connections d1)
check_between "its connections are the kernel's of some seconds ago" "$before" 1 "$kernel"
check_soon 20 "and go on" go_on
check "a filter" test "$(ctl d1 show real_server port=80 10.1.0.12 --json | grep -c '"address"')" -eq 1
check_not "no such table" ctl d1 show nothing
check_not "nobody listens" ctl d2 status
ctl d2 status 2>/dev/null
check_eq "which is exit status 3" $? 3

note "what it sets"
check "drain" ctl d1 set real_server web 10.1.0.12 80 admin_state=drain
check_soon 5 "the kernel has weight 0" kernel_weight 10.1.0.12 0
check "and it is shown" says '10.1.0.12:80 +drain \(up\)' status
ctl d1 set real_server 'web 10.1.0.12 80' weight=70000 2> "$T/refused"
check_eq "a refusal is exit status 1" $? 1
check "with the reason" grep -q 'weight: 70000 is not in the range 0..65535' "$T/refused"
ctl d1 set real_server 'web 10.1.0.12 80' 2>/dev/null
check_eq "nonsense is exit status 2" $? 2
check "two values at once" ctl d1 set real_server 'web 10.1.0.12 80' admin_state=enabled weight=7
check_soon 5 "the kernel has both" kernel_weight 10.1.0.12 7

note "events, over a restart of everything"
start follow d1 "$BUILD/directorctl" --state-dir "$T/d1/state" events --follow --last 1
check_soon 5 "the last one at first" grep -q 'changed by directorctl' "$T/follow.log"
health rs3 503
check_soon 15 "a new one comes" grep -q '10.1.0.13 80: up -> down' "$T/follow.log"
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
check_soon 5 "it says that it waits" grep -q 'waiting for it' "$T/follow.log"
director d1
check_soon 30 "directord is back" all_but_one_up
health rs3 200
check_soon 30 "and so are the events" grep -q '10.1.0.13 80: down -> up' "$T/follow.log"
check_eq "each is there once" "$(grep -c '10.1.0.13 80: up -> down' "$T/follow.log")" 1
stop follow
client_end load
end_of_test
