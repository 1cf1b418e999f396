#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# In the path of an advertisement nothing is allocated, opened, started, looked up or waited for: the process vrrp
# runs 255 instances, hears their master, takes all of them over, is heard by a lower one, and gives them up again,
# while vrrp_path.c watches. And its memory is locked, if it may.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
[ -x "$BUILD/vrrp-path" ] || skip_all "a build with sanitizers has an allocator of its own"

host d1 lan=10.7.0.1/16
host d2 lan=10.7.0.2/16

instances() { # PRIORITY
	local n
	for n in $(seq 255); do
		printf 'vrrp_instance I%s {\n interface lan\n virtual_router_id %s\n priority %s\n advert_int 1\n' "$n" "$n" "$1"
		printf ' virtual_ipaddress {\n  10.7.1.%s/32\n  10.7.2.%s/32\n }\n}\n' "$n" "$n"
	done
}
instances 150 > "$T/d1/directord.conf"
instances 100 > "$T/d2/directord.conf"
have() { # HOST NUMBER: that many of the addresses
	[ "$(on "$1" ip -o -4 address show dev lan | grep -c '10\.7\.[12]\.')" = "$2" ]
}

# directord finds its processes beside itself
mkdir "$T/bin"
chmod 755 "$T" "$T/bin"
cp "$BUILD/directord" "$T/bin/"
for program in lvs check script agent; do ln -s "$BUILD/directord-$program" "$T/bin/"; done
cp "$BUILD/vrrp-path" "$T/bin/directord-vrrp"

director d1
check_soon 20 "one is master of all" have d1 510
mkdir "$T/reports"
real=$BUILD
export VRRP_PATH_REPORT=$T/reports/d2
BUILD=$T/bin director d2
BUILD=$real
unset VRRP_PATH_REPORT
all_backup() { [ "$(ctl d2 show vrrp_instance --json | grep -c '"state": *"backup"')" = 255 ]; }
check_soon 10 "the other is backup of all" all_backup

# What a process has touched is in locked mappings; the kernel's own pages cannot be.
unlocked() { # PID
	awk '/^[0-9a-f]+-/ {name = $6; rss = 0} /^Rss:/ {rss = $2}
		/^VmFlags:/ && rss > 0 && !/ lo( |$)/ && name !~ /^\[v/ {print rss, name}' "/proc/$1/smaps"
}
kib() { sed -n "s/^$2:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$1/status"; }
policy() { # PID: 0 SCHED_OTHER, 2 SCHED_RR
	sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 39
}
is_right() { # PID LOG: locked and in real time, or the log says that they are not
	if log_has "$2" 'vrrp: memory is not locked'; then
		check_eq "no memory is locked, and it says so" "$(kib "$1" VmLck)" 0
	else
		check_between "KiB locked" "$(kib "$1" VmLck)" 1000 1000000
		if log_has "$2" 'vrrp: what memory it got with its configuration is not locked'; then
			note "the limit is too low for all of it, and it says so: $(unlocked "$1" | tr '\n' ' ')"
		elif log_has "$2" 'vrrp: what memory it gets later is not locked'; then
			check_between "KiB that it got after its configuration" \
				"$(unlocked "$1" | awk '{n += $1} END {print n + 0}')" 0 1024
		else
			check_eq "all that it touched" "$(unlocked "$1")" ""
		fi
		check_eq "KiB in swap" "$(kib "$1" VmSwap)" 0
	fi
	if log_has "$2" 'vrrp: no real-time priority'; then
		check_eq "it runs like others, and it says so" "$(policy "$1")" 0
	else
		check_eq "it is scheduled as SCHED_RR" "$(policy "$1")" 2
		check_eq "with priority 10" "$(sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 38)" 10
	fi
}
note "memory and priority, as far as this machine permits"
is_right "$(child d2 vrrp)" director-d2

note "a takeover, a lower master, and a better one"
pause 3
stop director-d1
check_soon 20 "it takes over all" have d2 510
pause 2
director d1
check_soon 30 "the better one comes back" have d1 510
check_soon 20 "and it gives them up" have d2 0
pause 2
stop director-d2
check_soon 10 "a report" test -s "$T/reports/d2"
read -r _ timers _ packets _ acts _ others _ sent _ announced _ wrong < "$T/reports/d2"
note "$(head -n 1 "$T/reports/d2")"
check_between "timers" "$timers" 255 1000000
check_between "packets" "$packets" 1000 1000000
check_between "looks for addresses that are due" "$acts" 1000 100000000
check_between "functions in the path besides" "$others" 2000 100000000
check_between "advertisements" "$sent" 255 1000000
check_between "announcements" "$announced" 510 1000000
check_eq "that should not have been there" "$wrong" 0
tail -n +2 "$T/reports/d2" | while read -r what from; do
	# shellcheck disable=SC2086
	note "$what: $(addr2line -f -e "$T/bin/directord-vrrp" $from 2> /dev/null | grep -v '[:?/]' | tr '\n' ' ')"
done | sort | uniq -c

note "without the rights for it"
stop director-d1
# shellcheck disable=SC2034
LAB_BEFORE=(setpriv --bounding-set "-ipc_lock,-sys_nice,-sys_resource" --)
printf 'vrrp_instance I1 {\n interface lan\n virtual_router_id 1\n virtual_ipaddress { 10.7.1.1/32 }\n}\n' > "$T/d1/directord.conf"
director d1
# shellcheck disable=SC2034
LAB_BEFORE=()
check_soon 20 "it is master all the same" have d1 1
check "it says that it has no real-time priority" log_has director-d1 'vrrp: no real-time priority'
is_right "$(child d1 vrrp)" director-d1
stop director-d1

end_of_test
