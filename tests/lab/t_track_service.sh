#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Virtual servers and pools that are tracked: the priority falls, or the instance is in fault, while the service is
# down; by itself and with its group, from the file and over SNMP; what holds while nothing is known yet, and while
# the processes that know are stopped or killed. No connection is forwarded: needs no IPVS.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need tcpdump snmpd snmpset

host d lan=10.7.0.1/24
host w lan=10.7.0.9/24
for i in 1 2; do
	host rs$i lan=10.7.0.2$i/24
	real_server rs$i
	health rs$i 200
done
start adverts w tcpdump -ni lan -l 'ip proto 112'
wait_for 10 log_has adverts 'listening on'

# says VRID PRIORITY: the last advertisement
says() {
	grep -F "vrid $1," "$T/adverts.log" | tail -n 1 | grep -Fq "prio $2,"
}
is() { # INSTANCE STATE
	[ "$(shown vrrp_instance "$1" state)" = "$2" ]
}
service_is() { # TABLE NAME STATE
	[ "$(shown "$1" "$2" state)" = "$3" ]
}
reason() { # INSTANCE
	shown vrrp_instance "$1" reason
}
# HOST'S SERVER: what its health is asked for
server() {
	cat <<-END
		real_server 10.7.0.2$1 80 {
			HTTP_GET {
				url {
					path /health
					status_code 200
				}
			}
		}
	END
}
instance() { # NAME VRID TEXT
	printf 'vrrp_instance %s {\n interface lan\n virtual_router_id %s\n version 3\n advert_int 0.2\n%s\n' "$1" "$2" "$3"
	printf ' virtual_ipaddress {\n 10.7.0.10%s/24\n }\n}\n' "$2"
}
{
	printf 'global_defs {\n snmp_socket %s\n}\n' "$T/d/agentx"
	instance A 1 ' track_virtual_server {
  web weight -30
 }'
	instance B 2 ' track_pool {
  farm
 }'
	instance C 3 ''
	printf 'vrrp_sync_group G {\n group {\n C\n }\n track_virtual_server {\n  web weight 20\n }\n}\n'
	printf 'server_pool farm {\n delay_loop 0.5\n connect_timeout 1\n retry 0\n'
	server 1
	server 2
	printf '}\nvirtual_server web {\n pool farm\n quorum 2\n virtual_service tcp 10.7.0.101 80\n}\n'
} > "$T/d/directord.conf"
snmpd d
director d
for i in A B C; do check_soon 10 "$i is master" is $i master; done
check_soon 10 "the virtual server is up" service_is virtual_server web up
check_soon 10 "and the pool" service_is pool farm up
check_soon 10 "A has its priority" says 1 100
check_soon 10 "the group's weight is added" says 3 120

note "one server of two: the quorum is lost, the pool serves"
health rs1 500
check_soon 10 "A's priority falls" says 1 70
check_soon 10 "the group's weight is not added any more" says 3 100
check "B is master all the same" is B master
check_match "directorctl says which service is down" "$(ctl d status)" 'track_virtual_server web is down \(-30\)'
check_match "the row says so, too" "$(ctl d show vrrp_track "A virtualServer web" --json --all)" '"state": "down"'

note "no server"
health rs2 500
check_soon 10 "B is in fault" is B fault
check_match "the reason says which service is down" "$(reason B)" 'track_pool farm is down'
check_match "faults has the word" "$(shown vrrp_instance B faults)" tracked
check "A is master with less priority" says 1 70

note "the process that knows is not there"
kill -STOP "$(child d lvs)"
health rs1 200
health rs2 200
pause 3
check "lvs is stopped: the last state holds" is B fault
kill -KILL "$(child d lvs)"
check_soon 15 "it is killed and there again: B is master" is B master
check_soon 10 "A has its priority" says 1 100
kill -KILL "$(child d vrrp)"
health rs1 500
check_soon 15 "vrrp is killed and there again: A's priority falls" says 1 70
health rs1 200
check_soon 10 "and rises" says 1 100

note "who takes no new connections does not serve"
check "the first is drained" ctl d set real_server "farm 10.7.0.21 80" admin_state=drain
check_soon 10 "A's priority falls" says 1 70
check "the second has the weight 0" ctl d set real_server "farm 10.7.0.22 80" weight=0
check_soon 10 "B is in fault" is B fault
check "as before" ctl d revert all
check_soon 10 "B is master" is B master

note "over SNMP"
# An snmpset of one row of drctVrrpTrackTable: track INSTANCE KIND NAME OBJECT=VALUE...
track() {
	local index="\"$1\".$2.\"$3\"" args=()
	shift 3
	for object; do args+=("DIRECTOR-VRRP-MIB::drctVrrpTrack${object%%=*}.$index" "=" "${object#*=}"); done
	snmp d set 10.7.0.1 "${args[@]}"
}
check "C tracks the pool, with a weight that its group does not let count" \
	track C pool farm RowStatus=createAndGo Weight=50
check_soon 10 "the priority is the group's" says 3 120
check "C tracks it as a fault" track C pool farm Weight=0
health rs1 500
health rs2 500
check_soon 10 "C is in fault" is C fault
check_match "which says why" "$(reason C)" 'track_pool farm is down'
check "reverse" track C pool farm Reverse=true
check_soon 10 "C is master while it is down" is C master
check "C does not track it any more" track C pool farm RowStatus=destroy
check_not "what is tracked cannot be removed" ctl d delete virtual_server web
check_not "nor what does not exist be tracked" ctl d add vrrp_track A pool nobody

note "nothing is known yet"
stop director-d
rm -r "$T/d/state"
for i in 1 2; do mute rs$i; done
sed -i 's/^ connect_timeout 1/ alpha\n connect_timeout 3600/' "$T/d/directord.conf"
director d
check_soon 10 "B does not wait for it" is B master
check "the pool's state is not known" service_is pool farm unknown
check_soon 10 "A has its own priority" says 1 100
pause 2
check "B is not in fault" is B master
for i in 1 2; do
	unmute rs$i
	health rs$i 200
done
sed -i 's/^ connect_timeout 3600/ connect_timeout 1/' "$T/d/directord.conf"
check "a shorter time for checks" ctl d reload
check_soon 20 "the state is known" service_is pool farm up
check "B is master" is B master
stop director-d
check_not "no sanitizer complained" log_has director-d '(Address|Leak)Sanitizer|runtime error:'
end_of_test
