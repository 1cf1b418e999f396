#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Restarts that no client notices: each process killed in turn, then all of them, then a start. The
# connections go on, the kernel's entries are the same ones (their counters grow), the master stays.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/site.sh
. "$(dirname "${BASH_SOURCE[0]}")/site.sh"

# A process must be back within three intervals: on a busy machine a start in the lab takes two seconds.
ADVERT=2
site
director d1
director d2
check_soon 60 "d1 is master" is_master d1
check_soon 30 "d2 is backup" is_backup d2
check_soon 60 "all real servers are up" all_up d1
check_soon 30 "on d2 as well" all_up d2

client requests client -r 20 $VIP 80
client streams client -m stream -c 6 $VIP 80
pause 2
before=$(transitions d2)

process_back() { # NAME OLD_PID
	local pid
	pid=$(child d1 "$1")
	[ -n "$pid" ] && [ "$pid" != "$2" ] &&
		ctl d1 show process --json | grep -A3 "\"name\": *\"$1\"" | grep -q '"running"'
}
for name in vrrp lvs check agent; do
	pid=$(child d1 $name)
	connections=$(kernel_connections d1)
	kill -KILL "$pid"
	check_soon 15 "$name is killed and comes back" process_back $name "$pid"
	pause 2
	check "$name: the kernel's counter grew on" test "$(kernel_connections d1)" -gt "$connections"
done
check_eq "the backup never moved" "$(transitions d2)" "$before"
client_report requests
check_eq "no request failed" "$(count requests failed)" 0
client_report streams
check_eq "no connection broke" "$(count streams failed)" 0
check "the streams did flow" test "$(count streams ok)" -gt 10

note "all of them at once, then a start"
# the processes are in the group that start made
connections=$(kernel_connections d1)
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 15 "d1 is master again" is_master d1
check_soon 15 "with all real servers up" all_up d1
pause 3
check "the kernel's counter grew on" test "$(kernel_connections d1)" -gt "$connections"
check_eq "the backup never moved" "$(transitions d2)" "$before"
client_end requests
check_eq "no request failed" "$(count requests failed)" 0
client_end streams
check_eq "no connection broke" "$(count streams failed)" 0

note "only the main process, and a start"
pid=$(pgrep -o -f "directord -n -f $T/d1/directord.conf")
kill -KILL "$pid"
wait "$(pid_of director-d1)" 2>/dev/null
pause 1
director d1
check_soon 15 "d1 is master" is_master d1
pause 4
check_eq "the backup never moved" "$(transitions d2)" "$before"

note "a clean stop"
stop director-d1
check_eq "its exit status is 0" $? 0
check_soon 5 "d2 is master at once" is_master d2
check_not "d1 has no VIP any more" has_vip d1 $VIP
check_eq "nor a virtual service" "$(on d1 ipvsadm -Ln | grep -c "$VIP")" 0
end_of_test
