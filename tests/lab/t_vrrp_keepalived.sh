#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# keepalived (Debian's 2.2.7) as the peer, version 2 without and with a password, and version 3: one
# master, takeover both ways by death, by a clean stop and by priority, nopreempt, and nobody ever
# complains of the other's packets.
#
# LIMIT=400

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need keepalived

VIPS="10.7.0.100 10.7.0.101"
LATEST=4900 # ms: the longest master down interval here is 3.8 s, and a wait looks each 0.1 s
AT_ONCE=2900 # less than any master down interval
if [ -n "${LAB:-}" ]; then # where the clock stands on a busy machine, this tells little
	LATEST=8000 AT_ONCE=8000
fi

# instance PRIORITY SETTINGS: the same text for both programs
instance() {
	cat <<-END
		vrrp_instance VI_1 {
			interface lan
			virtual_router_id 51
			priority $1
			$2
			virtual_ipaddress {
				10.7.0.100/24
				10.7.0.101
			}
		}
	END
}

keepalived_up() {
	start keepalived ka keepalived -n -l -D -P -f "$T/ka/keepalived.conf" -p "$T/ka/pid" -r "$T/ka/vrrp.pid"
}

has_all() { # HOST
	local vip
	for vip in $VIPS; do has_vip "$1" "$vip" || return 1; done
}
has_none() {
	local vip
	for vip in $VIPS; do ! has_vip "$1" "$vip" || return 1; done
}
only() { # HOST OTHER: HOST has all addresses and OTHER has none
	has_all "$1" && has_none "$2"
}

# listen HOST: its VRRP packets in the log of the process zero, from now on
listen() {
	rm -f "$T/zero.log"
	start zero "$1" tcpdump -ni lan -l 'ip proto 112'
	wait_for 10 log_has zero 'listening on'
}

# speakers: who advertises within three seconds, heard on d
speakers() {
	on d timeout 3 tcpdump -ni lan -l 'ip proto 112' 2>/dev/null |
		grep -o 'IP [0-9.]* >' | sort -u | tr -d 'IP >\n'
}

# die NAME: with all its processes
die() {
	kill -KILL -- "-$(pid_of "$1")"
	wait "$(pid_of "$1")"
} 2>/dev/null

host ka 10.7.0.1/24
host d 10.7.0.2/24

round() { # TEXT SETTINGS
	local text=$1 settings=$2 began
	note "$text"
	: > "$T/director-d.log"
	: > "$T/keepalived.log"
	instance 150 "$settings" > "$T/d/directord.conf"
	instance 100 "$settings" > "$T/ka/keepalived.conf"
	keepalived_up
	check_soon 10 "$text: keepalived alone is master" has_all ka
	director d
	check_soon 15 "$text: directord has the higher priority and takes over" only d ka
	check_eq "$text: only directord advertises" "$(speakers)" 10.7.0.2

	began=$(now_ms)
	die director-d
	check_soon 10 "$text: directord is killed whole: keepalived takes over" has_all ka
	check_between "$text: that took its master down interval" $(($(now_ms) - began)) 2500 "$LATEST"
	director d
	check_soon 15 "$text: directord is back and takes over" only d ka

	listen ka
	began=$(now_ms)
	stop director-d
	check_soon 5 "$text: directord stops: keepalived takes over" only ka d
	check_between "$text: at once, because of priority 0" $(($(now_ms) - began)) 0 "$AT_ONCE"
	check_soon 5 "$text: which was sent" log_has zero 'prio 0,'
	stop zero
	director d
	check_soon 15 "$text: directord takes over again" only d ka

	# the other way round
	instance 50 "$settings" > "$T/d/directord.conf"
	signal director-d HUP
	check_soon 10 "$text: directord's priority is lowered: keepalived takes over" only ka d
	check_eq "$text: only keepalived advertises" "$(speakers)" 10.7.0.1
	began=$(now_ms)
	die keepalived
	check_soon 10 "$text: keepalived is killed: directord takes over" has_all d
	check_between "$text: that took its master down interval" $(($(now_ms) - began)) 2500 "$LATEST"
	for vip in $VIPS; do on ka ip addr del "$vip" dev lan 2>/dev/null || on ka ip addr del "$vip/24" dev lan; done
	keepalived_up
	check_soon 15 "$text: keepalived is back and takes over" only ka d
	listen d
	began=$(now_ms)
	stop keepalived
	check_soon 5 "$text: keepalived stops: directord takes over" has_all d
	check_between "$text: at once, because of priority 0" $(($(now_ms) - began)) 0 "$AT_ONCE"
	check_soon 5 "$text: which was sent" log_has zero 'prio 0,'
	stop zero
	stop director-d
	check_soon 5 "$text: all addresses are gone" has_none d

	check_not "$text: keepalived never complained" grep -Eiq \
		'mismatch|invalid|wrong|ignor|checksum|unexpected|drop' "$T/keepalived.log"
	check_not "$text: neither did directord" grep -Eq 'dropped a VRRP packet|vrrp: (error|warning)' "$T/director-d.log"
}

round "version 2" "version 2"
round "version 2 with a password" "version 2
authentication {
	auth_type PASS
	auth_pass s3cret!9
}"
round "version 3" "version 3
advert_int 1"

note "nopreempt"
instance 150 "version 3
nopreempt
state BACKUP" > "$T/d/directord.conf"
instance 100 "version 3" > "$T/ka/keepalived.conf"
keepalived_up
check_soon 10 "keepalived alone is master" has_all ka
director d
pause 6
check "directord with nopreempt and the higher priority leaves it so" only ka d
check "and says why" log_has director-d "VI_1"
stop keepalived
check_soon 5 "until keepalived stops" has_all d
keepalived_up
pause 5
check "keepalived with the lower priority leaves it so" only d ka
stop keepalived
stop director-d

end_of_test
