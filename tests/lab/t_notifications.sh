#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=900
#
# Notifications of a whole director: each kind is raised by what it tells of; kinds are switched off and
# limited; none is lost, doubled or out of order while snmpd or the agent is away, and in a burst.
# Needs no IPVS.
. "$(dirname "$0")/tap.sh"
need snmpd snmptrapd snmpget

host d1 10.0.0.2/24
host d2 10.0.0.3/24
host m 10.0.0.60/24
# All checks are of ports that nobody listens on, on d1 itself: each is answered at once.
SERVERS=${SERVERS:-2000}
config() { # DOWN: how the many real servers are
	cat <<-CONF
		global_defs {
		    snmp_socket unix:$T/d1/agentx
		    snmp_notification configChanged on limit 0
		}
		vrrp_sync_group VG {
		    group { VI_1 VI_2 }
		}
		vrrp_instance VI_1 {
		    interface lan
		    virtual_router_id 51
		    priority 100
		    advert_int 1
		    virtual_ipaddress { 10.0.0.100/24 }
		}
		vrrp_instance VI_2 {
		    interface lan
		    virtual_router_id 52
		    priority 100
		    advert_int 1
		    virtual_ipaddress { 10.0.0.101/24 }
		}
		server_pool web {
		    flap_changes 3
		    flap_window 20
		    check tcp {
		        type tcp
		        delay_loop 0.5
		        connect_timeout 0.4
		        retry 0
		    }
		    real_server 10.0.0.2 8001
		}
		virtual_server 10.0.0.100 80 {
		    name web
		    pool web
		    lb_algo rr
		    protocol TCP
		}
	CONF
	if [ "$1" -gt 0 ]; then
		echo "server_pool many {"
		for ((i = 0; i < $1; i++)); do
			echo "    real_server 127.$((1 + i / 60000)).$((i / 250 % 240)).$((1 + i % 250)) 9"
		done
		echo "}"
	fi
}
config 0 > "$T/d1/directord.conf"
printf 'vrrp_instance VI_1 {\n interface lan\n virtual_router_id 51\n priority 50\n advert_int 1\n virtual_ipaddress { 10.0.0.100/24 }\n}\n' \
	> "$T/d2/directord.conf"
VI='"VI_1"'
RS='"web".ipv4.4.10.0.0.2.8001'

s() { # TOOL ARG...
	local tool=$1
	shift
	snmp m "$tool" -OvqU 10.0.0.2 "$@" 2>&1
}
value_is() { [ "$(s get "$1")" = "$2" ]; }
# The numbers of what the manager was told, of the events in the log, and of those of a kind
told() { cat "$T/m/numbers"; }
log_column() { snmp m bulkwalk -Cr50 -OnqU 10.0.0.2 "DIRECTOR-MIB::drctEvent$1" | sed 's/^[^ ]*\.\([0-9]*\) /\1 /'; }
logged() { log_column Kind | cut -d ' ' -f 1; }
of_kind() { log_column Kind | sed -n "s/ $1\$//p"; }
last() { s get DIRECTOR-MIB::drctSystemEventLast.0 | grep -Ex "[0-9]+"; }
notified() { [ "$(s get DIRECTOR-MIB::drctSystemEventNotified.0 DIRECTOR-MIB::drctSystemEventLast.0 | sort -u)" -gt 0 ]; }
all_told() { notified && [ "$(told)" = "$(logged)" ]; }
suppressed() { s get "DIRECTOR-MIB::drctNotificationSuppressed.$1"; }
sent() { s get "DIRECTOR-MIB::drctNotificationSent.$1"; }
# trap NAME REGEX: the last notification of that name
trap_of() { grep "drct$1" "$T/m/traps" | tail -n 1; }

snmptrapd m
# A burst overruns snmptrapd's socket: all numbers are taken from a receiver of their own.
: > "$T/m/numbers"
start numbers m bash -c 'exec "$0" 1162 >> "$1"' "$BUILD/trap-numbers" "$T/m/numbers"
wait_for 20 lab_udp_port m 1162
snmpd d1 10.0.0.60 10.0.0.60:1162
director d1
check_soon 30 "the director is there" value_is "DIRECTOR-VRRP-MIB::drctVrrpInstanceState.$VI" master
check_eq "a row for each kind" "$(s walk DIRECTOR-MIB::drctNotificationEnabled | sort | uniq -c | tr -s ' ')" " 11 true"
check_eq "with its name" "$(s walk DIRECTOR-MIB::drctNotificationLabel | tr '\n' ' ')" \
	'vrrpState realServerState virtualServerState processState configChanged datastoreTrouble groupState secondMaster protocolError flapping syncDaemonState '
check_soon 10 "each event was told, once, in order" all_told

# --- What each kind carries --------------------------------------------------

check_match "an instance: number, subject, states, reason, master" "$(trap_of VrrpNewState)" \
	'drctEventNumber\.([0-9]+) = Gauge32: [0-9]+.*drctEventSubject.*VI_.*NewState\.[0-9]+ = STRING: "?master.*drctVrrpInstanceState."VI_[12]" = INTEGER: master\(3\).*drctVrrpInstanceLabel."VI_[12]" = STRING: "?VI_[12].*drctVrrpInstanceMasterLabel."VI_[12]" = STRING: "?10.0.0.2'
check_match "a group" "$(trap_of SyncGroupNewState)" \
	'drctEventSubject.*VG.*OldState.*backup.*NewState.*master.*drctSyncGroupState."VG" = INTEGER: master\(3\).*drctSyncGroupMembers."VG" = Gauge32: 2'
check_match "a real server: address, port and pool" "$(trap_of RealServerNewState)" \
	'drctEventReason.*refused.*drctRealServerState.*down\(3\).*drctRealServerLabel[^=]*= STRING: "?10.0.0.2.*drctRealServerPortLabel[^=]*= Gauge32: 8001.*drctRealServerPoolLabel[^=]*= STRING: "?web'
check_match "a virtual server" "$(trap_of VirtualServerNewState)" \
	'drctVirtualServerLabel."web" = STRING: "?web.*drctVirtualServerPool."web" = STRING: "?web'

# --- Flapping ----------------------------------------------------------------

flap() { # TIMES: the port opens and closes
	local i
	for ((i = 0; i < $1; i++)); do
		start listener d1 "$BUILD/httpd" -n listener -c "$T/d1" -h 8001
		wait_for 10 value_is "DIRECTOR-LVS-MIB::drctRealServerState.$RS" up
		stop listener KILL
		wait_for 10 value_is "DIRECTOR-LVS-MIB::drctRealServerState.$RS" down
	done
}
# effect: pool.flap_changes pool.flap_window
flap 1
check_eq "two changes are no flapping" "$(s get "DIRECTOR-LVS-MIB::drctRealServerStability.$RS")" steady
flap 2
check_eq "six are" "$(s get "DIRECTOR-LVS-MIB::drctRealServerStability.$RS")" flapping
check_soon 5 "and told" all_told
check_match "with what it is about" "$(trap_of RealServerFlapping)" \
	'steady.*flapping.*4 changes within 20 s.*drctRealServerStability[^=]*= INTEGER: flapping\(2\).*drctRealServerLabel[^=]*= STRING: "?10.0.0.2.*drctRealServerPoolLabel[^=]*= STRING: "?web'
kill -KILL "$(child d1 check)"
pause 1
check_soon 5 "also after a restart of the checks" value_is "DIRECTOR-LVS-MIB::drctRealServerStability.$RS" flapping

# --- VRRP: bad packets and a second master -----------------------------------

# vrrp_packets COUNT VRID PRIORITY [FAULT]: from d2, by hand
vrrp_packets() {
	on d2 "$BUILD/vrrp-send" 10.0.0.3 "10.0.0.$(($2 + 49))" "$2" "$3" "$1" "${4:-}"
}
errors() { of_kind protocolError | wc -l; }
errors_are() { [ "$(errors)" = "$1" ]; }
for what in checksum ttl version interval; do vrrp_packets 500 51 200 $what; done
vrrp_packets 500 52 200 checksum
check_soon 5 "a flood of bad packets is five events" errors_are 5
pause 2
check_eq "and stays five" "$(errors)" 5
check_match "all were counted" "$(s get "DIRECTOR-VRRP-MIB::drctVrrpStatisticsChecksumErrors.$VI")" '^500$'
check_soon 5 "they were told" all_told
check_match "with reason and source" "$(trap_of VrrpProtocolError)" \
	'a packet from 10.0.0.3: its checksum is wrong.*drctVrrpInstanceProtocolError."VI_2" = INTEGER: checksum\(6\).*drctVrrpInstanceErrorLabel."VI_2" = STRING: "?10.0.0.3'
check_eq "nothing of that changed the master" "$(s get "DIRECTOR-VRRP-MIB::drctVrrpInstanceState.$VI")" master

second() { s get "DIRECTOR-VRRP-MIB::drctVrrpInstanceSecondMaster.$VI"; }
second_is() { [ "$(second)" = "$1" ]; }
vrrp_packets 3 51 50
check_soon 5 "a second master is seen" second_is conflict
check_soon 15 "and gone" second_is none
check_eq "one event when it begins, one when it ends" "$(of_kind secondMaster | wc -l)" 2
check_soon 5 "they were told" all_told
check_match "first who and who wins" "$(grep drctVrrpSecondMaster "$T/m/traps" | head -n 1)" \
	'none.*conflict.*10.0.0.3 is master, too, with priority 50, ours is 100; this router wins.*drctVrrpInstanceSecondMaster."VI_1" = INTEGER: conflict\(2\)'
check_match "then that it is over" "$(trap_of VrrpSecondMaster)" \
	'not heard as master any more.*drctVrrpInstanceSecondMaster."VI_1" = INTEGER: none\(1\)'
vrrp_packets 1 51 200
check_soon 5 "one of higher priority" second_is yielded
check_soon 20 "the group yields and comes back" value_is "DIRECTOR-VRRP-MIB::drctVrrpInstanceState.$VI" master
check_soon 10 "all was told" all_told
check_match "it wins" "$(trap_of VrrpSecondMaster)" 'with priority 200, ours is 100; it wins.*= INTEGER: yielded\(3\)'
check_between "the group's states" "$(of_kind groupState | wc -l)" 4 5
check_soon 30 "the real server is steady again" value_is "DIRECTOR-LVS-MIB::drctRealServerStability.$RS" steady

# --- Switched off, and limited -----------------------------------------------

check_soon 5 "all was told" all_told
# effect: notification.enabled
check_eq "a kind is switched off" "$(s set DIRECTOR-MIB::drctNotificationEnabled.configChanged = false)" false
check_soon 5 "which is the last that is told" notified
before=$(told | wc -l) was=$(last) off=$(suppressed configChanged)
for i in 1 2 3 4 5; do
	s set "DIRECTOR-LVS-MIB::drctRealServerWeight.$RS" = $((10 + i)) > /dev/null
done
check_soon 5 "five changes are taken note of" notified
check_eq "in the log" $(($(last) - was)) 5
check_eq "not told" "$(told | wc -l)" "$before"
check_eq "counted" $(($(suppressed configChanged) - off)) 5
check_eq "the counters are directorctl's, too" \
	"$(ctl d1 show notification configChanged --json | sed -n 's/.*"suppressed": *\([0-9]*\).*/\1/p' | head -n 1)" "$(suppressed configChanged)"
# What was told of this kind, in all and in this minute of the clock
changes() { grep -c drctConfigChanged "$T/m/traps"; }
changes_now() { grep drctConfigChanged "$T/m/traps" | grep -Fc "STRING: $(date -u +%Y-%-m-%-d,%-H:%-M:)"; }
now=$(date +%-S)
[ "$now" -lt 45 ] || pause $((61 - now))
# with the change that this is, three more
# effect: notification.limit
limit=$(($(changes_now) + 4))
s set DIRECTOR-MIB::drctNotificationEnabled.configChanged = true \
	DIRECTOR-MIB::drctNotificationLimit.configChanged = $limit > /dev/null
check_soon 5 "a limit" notified
pause 0.5
before=$(changes) off=$(suppressed configChanged) sent=$(sent configChanged)
for i in 1 2 3 4 5 6 7; do
	s set "DIRECTOR-LVS-MIB::drctRealServerWeight.$RS" = $((20 + i)) > /dev/null
done
check_soon 5 "seven changes, three more may be told" notified
pause 0.5
check_eq "they are" $(($(changes) - before)) 3
check_eq "and counted" $(($(sent configChanged) - sent)) 3
check_eq "and the rest, too" $(($(suppressed configChanged) - off)) 4
off=$(suppressed configChanged)
kill -KILL "$(child d1 agent)"
check_soon 10 "the agent comes back with the counts" value_is DIRECTOR-MIB::drctNotificationSuppressed.configChanged "$off"
s set "DIRECTOR-LVS-MIB::drctRealServerWeight.$RS" = 30 > /dev/null
check_soon 5 "and knows what it sent this minute" notified
pause 0.5
check_eq "no more is told" $(($(changes) - before)) 3
check_eq "a limit out of range" "$(MIBS_PATH=/nonexistent s set "$OID_ROOT.1.1.7.1.3.5" u 1000001 | grep -o wrongValue)" wrongValue
check_match "no row can be made" "$(MIBS_PATH=/nonexistent s set "$OID_ROOT.1.1.7.1.3.99" u 1)" 'noCreation'
s set DIRECTOR-MIB::drctNotificationLimit.configChanged = 0 > /dev/null

# --- Who is away, and bursts -------------------------------------------------

# What was told since the event `mark`: all that happened, once, in order.
check_soon 5 "all was taken note of" notified
mark=$(last)
since() { told | awk -v m="$mark" '$1 > m'; }
complete() { notified && [ "$(since)" = "$(seq $((mark + 1)) "$(last)")" ]; }
# An agent that is killed just between a write to the master and its note of it tells one event again: at most one a kill.
complete_but() { # KILLS
	notified && [ "$(since | uniq)" = "$(seq $((mark + 1)) "$(last)")" ] && [ "$(since | uniq -d | wc -l)" -le "$1" ]
}
memory() {
	note "memory, in kB: $(snmp m walk -OqU 10.0.0.2 DIRECTOR-MIB::drctProcessMemory | sed 's/.*Memory\.//' | tr '\n' ' ')"
}

stop snmpd-d1
for i in 1 2 3; do
	sed -i "s/flap_window .*/flap_window $((20 + i))/" "$T/d1/directord.conf"
	ctl d1 reload > /dev/null
	pause 4
	vrrp_packets 1 51 200 # the group yields, and comes back
	pause 6
done
kill -KILL "$(child d1 agent)"
snmpd_start d1
check_soon 20 "30 s without snmpd: all is told, once, in order" complete
check_between "what happened meanwhile" "$(since | wc -l)" 15 100

# Many real servers of which each is one event: they have no check, and go up when they come; disabled and
# enabled, they change twice.
config "$SERVERS" > "$T/d1/directord.conf"
ctl d1 reload > /dev/null
mark=$(last)
flip() { # disabled|enabled: all of them
	sed "s/^\(    real_server 127.*\)\$/\1 { admin_state $1 }/" "$T/d1/directord.conf" > "$T/d1/next.conf"
	cp "$T/d1/directord.conf" "$T/d1/plain.conf"
	mv "$T/d1/next.conf" "$T/d1/directord.conf"
	ctl d1 reload > /dev/null
	mv "$T/d1/plain.conf" "$T/d1/directord.conf"
}
burst() { # TIMES: so many rounds of two events for each of them, and of two changes
	local n
	for ((n = 0; n < $1; n++)); do
		flip disabled
		flip enabled
	done
}
happened() { [ $(($(last) - mark)) -ge "$1" ]; }
signal snmptrapd-m STOP # it would take most of the time, and lose what it cannot take
WAIT_STEP=1
memory
started=$(now_ms)
burst 3
check_soon 60 "a burst of $((6 * SERVERS)) events happens" happened $((6 * SERVERS))
note "which took $(($(now_ms) - started)) ms"
check_soon 120 "and is told, complete, once, in order" complete
note "which took $(($(now_ms) - started)) ms"
check_between "notifications" "$(since | wc -l)" $((6 * SERVERS + 6)) $((6 * SERVERS + 30))
memory
check_eq "the instances never noticed" "$(s get "DIRECTOR-VRRP-MIB::drctVrrpStatisticsStalls.$VI")" 0

# More than the log keeps for long, while snmpd is away, and an agent that dies again and again.
mark=$(last)
stop snmpd-d1
burst 4
kill -KILL "$(child d1 agent)"
pause 1
snmpd_start d1
check_soon 20 "the agent is there again" last
for i in 1 2 3 4 5 6; do
	pause 0.4
	pid=$(child d1 agent)
	[ -z "$pid" ] || kill -KILL "$pid"
done
check_soon 120 "$((8 * SERVERS)) events while snmpd was away: told, complete, in order" complete_but 7
check_between "all of them" "$(since | wc -l)" $((8 * SERVERS + 8)) $((8 * SERVERS + 50))
memory
first() { s get DIRECTOR-MIB::drctSystemEventFirst.0; }
pruned() { [ $(($(last) - $(first))) -le 10000 ]; }
flip disabled # new events: the hub looks at its log
check_soon 20 "the log is as long as before" pruned

# --- What was set lasts ------------------------------------------------------

s set DIRECTOR-MIB::drctNotificationLimit.flapping = 77 > /dev/null
stop director-d1
director d1
check_soon 30 "after a restart of the director" value_is DIRECTOR-MIB::drctNotificationLimit.flapping 77
check_eq "and what the file says, where nothing was set" "$(s get DIRECTOR-MIB::drctNotificationLimit.protocolError)" 10
check_soon 30 "nothing was told twice by the restart" complete_but 7

# --- Reading on --------------------------------------------------------------

check_soon 20 "all is told" notified
seen=$(($(last) - 7))
check_eq "a manager reads on after the last that it saw" \
	"$(snmp m bulkget -Cr7 -OqvU 10.0.0.2 DIRECTOR-MIB::drctEventNumber.$seen | tr '\n' ' ')" "$(seq -s ' ' $((seen + 1)) "$(last)") "
end_of_test
