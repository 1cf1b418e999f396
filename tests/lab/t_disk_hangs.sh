#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A disk that neither fails nor answers (its file system is frozen), on both directors of a pair: failover, health, polls
# and notifications go on; what is SET meanwhile is not acknowledged, and nothing of it is there half.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need losetup mkfs.ext4 fsfreeze

host d1 lan=10.0.0.1/24
host d2 lan=10.0.0.2/24
host rs lan=10.0.0.11/24
host m lan=10.0.0.9/24
at_exit no_state_disk d1
at_exit no_state_disk d2
state_disk d1 && state_disk d2 || skip_all "no file system can be mounted from a file here"

# configure HOST PRIORITY
configure() {
	cat > "$T/$1/directord.conf" <<-END
		global_defs {
			snmp_socket unix:$T/$1/agentx
		}
		vrrp_instance V {
			interface lan
			virtual_router_id 7
			priority $2
			advert_int 0.2
			version 3
			virtual_ipaddress {
				10.0.0.100/24
			}
		}
		server_pool web {
			check alive {
				type tcp
				delay_loop 1
				connect_timeout 1
				retry 0
			}
			real_server 10.0.0.11 80
		}
		virtual_server www {
			pool web
			virtual_service tcp 10.0.0.100 80
		}
	END
}
master() {
	ctl "$1" show vrrp_instance V --json | grep -q '"state": "master"'
}
server() { # HOST STATE
	ctl "$1" show real_server --json | grep -q "\"state\": \"$2\""
}
is_in_fault() {
	ctl "$1" show vrrp_instance V --json | grep -q '"state": "fault"'
}
history_has() { # VALUE
	ctl d2 show config_change --json | grep -q "\"new_value\": \"$1\""
}
running_again() { # PROCESS PID
	[ -n "$(child d2 "$1")" ] && [ "$(child d2 "$1")" != "$2" ] &&
		ctl d2 show process "$1" --json | grep -q '"state": "running"'
}
answers() {
	value "$PRIORITY" | grep -q '^[0-9]'
}
# value OID: of d2, as its manager sees it
value() {
	snmp d2 get -Oqv 127.0.0.1 "$1" 2>&1
}
PRIORITY='DIRECTOR-VRRP-MIB::drctVrrpInstancePriority."V"'
set_priority() { # VALUE
	SNMP_TIMEOUT=4 snmp d2 set 127.0.0.1 "$PRIORITY" u "$1" 2>&1
}

configure d1 200
configure d2 100
real_server rs
snmptrapd m
snmpd d1
snmpd d2 10.0.0.9
director d1
director d2
check_soon 20 "the better one is master" master d1
check_soon 20 "the server is up for both" server d1 up
check_soon 20 "for the other, too" server d2 up
check_eq "the manager reads" "$(value "$PRIORITY")" 100

note "both disks hang"
check "one" freeze d1
check "and the other" freeze d2
check_match "what is SET is refused" "$(set_priority 120)" commitFailed
check_eq "the manager still reads what is" "$(value "$PRIORITY")" 100
check_match "the next one is refused at once" "$(set_priority 130)" resourceUnavailable
check_match "directorctl's, too, and it says why" \
	"$(ctl d2 set vrrp_instance V priority=140 2>&1)" 'the disk does not answer'
check_soon 20 "the manager hears of the disk" has_trap m 'drctDatastoreTrouble.*the disk does not answer'
stop httpd-rs
check_soon 20 "a server that died is down" server d2 down
check_soon 20 "and the manager hears of it" has_trap m 'drctRealServerNewState.*down'
unplug d1 lan
check_soon 5 "the other director takes over" master d2
check "and has the address" has_vip d2 10.0.0.100
check_soon 20 "the manager hears of it" has_trap m 'drctVrrpNewState.*master'
check_soon 5 "the one without a cable is in fault" is_in_fault d1
for process in agent vrrp lvs check; do
	pid=$(child d2 $process)
	kill -KILL "$pid"
	check_soon 20 "$process comes back when it is killed" running_again $process "$pid"
done
check "the director is still master" master d2
check_soon 20 "the agent answers" answers
check_eq "and reads" "$(value "$PRIORITY")" 100

note "the disks are back"
thaw d1
thaw d2
check_soon 20 "the manager hears of it" has_trap m 'drctDatastoreTrouble.*it works again'
check_eq "what was refused did not come" "$(value "$PRIORITY")" 100
check_not "and is no part of the history" history_has 120
die director-d2
director d2
check_soon 20 "also not after a kill of everything" answers
check_eq "as it was" "$(value "$PRIORITY")" 100
check_match "what is SET now" "$(set_priority 150)" 150
pause 2 # that they were sent is written down behind them
die director-d2
lab_forget_memory
director d2
check_soon 20 "outlives the same, and the loss of what is in memory, as in a boot" answers
check_eq "as it was set" "$(value "$PRIORITY")" 150
check_soon 10 "and something new is told" has_trap m 'drctVrrpNewState.*EventNumber\.1[6-9]'
check_eq "each notification came once" "$(grep -o 'EventNumber\.[0-9]*' "$T/m/traps" | sort | uniq -d)" ""
end_of_test
