# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=400
# Connection synchronization: connections of the master are in the other director's kernel, and go on
# there after a failover; who runs which daemon is told; and what can go wrong with the daemons.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/site.sh"
need ipvsadm

# sync_line HOST LINE: its lvs_sync_daemon from now on
sync_line() {
	sed -i '/lvs_sync_daemon/d' "$T/$1/directord.conf"
	sed -i "s/^global_defs {/&\n    lvs_sync_daemon $2/" "$T/$1/directord.conf"
}
reload() {
	ctl "$1" reload >/dev/null
}
# daemons HOST: what its kernel runs, "master srv 7" a line
daemons() {
	on "$1" ipvsadm -L --daemon | sed -n 's/^\([a-z]*\) sync daemon (mcast=\([^,]*\), syncid=\([0-9]*\).*/\1 \2 \3/p'
}
runs() { # HOST LINE...
	local host=$1
	shift
	[ "$(daemons "$host" | sort | xargs -d '\n')" = "$*" ]
}
# value HOST ROLE COLUMN: of its row
value() {
	ctl "$1" show sync_daemon --json | tr -d '\n' | tr '{' '\n' | grep "\"role\": *\"$2\"" |
		sed -n "s/.*\"$3\": *\(\"[^\"]*\"\|[0-9-]*\).*/\1/p" | tr -d '"'
}
is_state() { # HOST ROLE STATE
	[ "$(value "$1" "$2" state)" = "$3" ]
}
says() { # HOST ROLE REGEX
	value "$1" "$2" reason | grep -Eq -- "$3"
}
# connections HOST: established ones to the VIP in its kernel
connections() {
	on "$1" grep -c ' 0A000064 0050 .* ESTABLISHED' /proc/net/ip_vs_conn
}
has_connections() {
	[ "$(connections "$1")" -eq "$2" ]
}
events_of() {
	ctl "$1" events --json | tr -d '\n' | tr '{' '\n' | grep -c syncDaemonState
}

site
sync_line d1 "srv INSIDE id 7"
sync_line d2 "srv inst INSIDE id 7"
snmptrapd manager
snmpd d1 10.0.0.60
snmpd d2
director d1
director d2
check_soon 10 "d1 becomes master" is_master d1
check_soon 10 "the servers are up" all_up d1
check_soon 10 "servers are up on d2 too" all_up d2
check_soon 5 "the master's kernel sends" runs d1 "master srv 7"
check_soon 5 "the backup's kernel receives" runs d2 "backup srv 7"
check_soon 5 "the row of the master daemon says so" is_state d1 master running
check_soon 5 "and that of the other" is_state d1 backup stopped
check_soon 5 "and why" says d1 master "VRRP instance INSIDE: master"
check_soon 20 "the manager was told" has_trap manager "drctSyncDaemonNewState.*running"
check_eq "SNMP has its state" "$(snmp manager get -Oqv 10.0.0.2 DIRECTOR-LVS-MIB::drctSyncDaemonState.master 2>&1)" running
check_match "directorctl shows it" "$(ctl d1 status)" "sync daemon +state.*master +running"

# --- A failover ---
client streams client -m stream -w 60000 -c 6 -s 10.0.0.50 $VIP 80
check_soon 10 "six connections at the master" has_connections d1 6
check_soon 10 "and in the other director's kernel" has_connections d2 6
client_report streams
check_eq "no connection has ended" "$(count streams failed)" 0
crash d1
check_soon 10 "d2 becomes master" is_master d2
check_soon 10 "its kernel sends now, and does not receive any more" runs d2 "master srv 7"
flow() {
	client_report streams
	[ "$(count streams ok)" -gt 0 ]
}
check_soon 10 "the streams flow again" flow
pause 3
client_report streams
check_eq "all connections have survived" "$(count streams failed)" 0
check_between "and go on, lines in about 3 s" "$(count streams ok)" 60 10000
client_end streams

# --- A restart of the process ---
started_at() {
	daemons d2
	ps -eo pid,comm | grep 'ipvs-[mb]' # one kernel for all hosts, and d1's are gone or stay
}
before=$(started_at)
events=$(events_of d2)
kill -KILL "$(child d2 lvs)"
check_soon 10 "lvs is killed and back" test -n "$(wait_for 10 child d2 lvs && child d2 lvs)"
pause 3
check_eq "the kernel's daemon was not touched" "$(started_at)" "$before"
check_eq "nothing is told" "$(events_of d2)" "$events"
check "its state is still known" is_state d2 master running

# --- Others meddle ---
on d2 ipvsadm --stop-daemon master
check_soon 15 "what somebody else stops is started again" runs d2 "master srv 7"
check "and said" log_has director-d2 "somebody else has stopped the synchronization daemon master"
on d2 ipvsadm --start-daemon backup --mcast-interface lan --syncid 9
check_soon 15 "what somebody else starts is stopped, if its role is configured" runs d2 "master srv 7"

# --- The interface comes later ---
sync_line d2 "late INSIDE id 7"
reload d2
check_soon 10 "without its interface it has failed" is_state d2 master failed
check "and says why" says d2 master "there is no interface late"
check_eq "and the other one has nothing to do" "$(value d2 backup state)" stopped
on d2 ip link add late type dummy
on d2 ip addr add 10.9.0.1/24 dev late
on d2 ip link set late up
# effect: sync_daemon.interface
check_soon 10 "it starts when the interface is there" is_state d2 master running
check "the kernel has it" runs d2 "master late 7"
on d2 ip link del late
check_soon 10 "the interface goes: it has failed" is_state d2 master failed
on d2 ip link add late type dummy
on d2 ip addr add 10.9.0.1/24 dev late
on d2 ip link set late up
check_soon 10 "another interface of that name: it is started for that" is_state d2 master running

# --- Both roles, and other values ---
sync_line d2 "srv id 3 port 9000 ttl 4 group 224.0.0.99 maxlen 1200"
reload d2
# effect: sync_daemon.vrrp_instance
check_soon 10 "without an instance both run" runs d2 "backup srv 3 master srv 3"
check_soon 10 "and say so" says d2 backup "by the configuration"
pause 12 # a comparison
check_eq "what the kernel shows of them is what was asked for" "$(value d2 master transitions) $(value d2 backup transitions)" \
	"$(value d2 master transitions) $(value d2 backup transitions)"
check_not "so none is ever started again" log_has director-d2 "has changed the synchronization daemon"
check_eq "the number in the row" "$(value d2 master running_id)" 3

# effect: sync_daemon.max_length sync_daemon.mcast_group sync_daemon.mcast_port sync_daemon.mcast_ttl
check_match "the kernel has the rest of it" "$(on d2 ipvsadm -L --daemon | grep ^master)" \
	'syncid=3, maxlen=1200, group=224\.0\.0\.99, port=9000, ttl=4'

# --- Over SNMP ---
check "a manager destroys one" snmp manager set -Oq 10.0.0.3 DIRECTOR-LVS-MIB::drctSyncDaemonRowStatus.backup i notInService
check_soon 10 "its daemon is stopped" runs d2 "master srv 3"
check "and sets it in service" snmp manager set -Oq 10.0.0.3 DIRECTOR-LVS-MIB::drctSyncDaemonRowStatus.backup i active
check_soon 10 "its daemon runs" runs d2 "backup srv 3 master srv 3"
# effect: sync_daemon.sync_id
check "another number" snmp manager set -Oq 10.0.0.3 DIRECTOR-LVS-MIB::drctSyncDaemonSyncId.master i 44
check_soon 10 "is what the kernel gets" runs d2 "backup srv 3 master srv 44"

# --- Not ours, and the end ---
stop director-d2
check "a clean stop stops what is ours" runs d2
check_eq "and removes the services, whatever VRRP said meanwhile" "$(on d2 ipvsadm -Sn)" ""
on d2 ipvsadm --start-daemon backup --mcast-interface lan --syncid 9
sed -i '/lvs_sync_daemon/d' "$T/d2/directord.conf"
rm -rf "$T/d2/state"
director d2
check_soon 10 "a daemon of somebody else is named" log_has director-d2 "synchronization daemon .backup on lan, id 9. that is not ours"
stop director-d2
check "and stays" runs d2 "backup lan 9"
end_of_test
