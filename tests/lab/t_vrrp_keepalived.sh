#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# keepalived (Debian's 2.2.7) as the peer, version 2 without and with a password and with authentication headers, and version 3: one
# master, takeover both ways by death, by a clean stop and by priority, nopreempt, and nobody ever
# complains of the other's packets.
#
# LIMIT=500

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
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



# listen HOST: its VRRP packets in the log of the process zero, from now on
listen() {
	rm -f "$T/zero.log"
	start zero "$1" tcpdump -ni lan -l 'ip proto 112 or ip proto 51'
	wait_for 10 log_has zero 'listening on'
}

# speakers: who advertises within three seconds, heard on d
speakers() {
	on d timeout 3 tcpdump -ni lan -l 'ip proto 112 or ip proto 51' 2>/dev/null |
		grep -o 'IP [0-9.]* >' | sort -u | tr -d 'IP >\n'
}


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
round "version 2 with authentication headers" "version 2
authentication {
	auth_type AH
	auth_pass s3cret!9
}"
round "version 3" "version 3
advert_int 1"

note "a packet with an authentication header that was sent before"
settings="version 2
authentication {
	auth_type AH
	auth_pass s3cret!9
}"
instance 50 "$settings" > "$T/d/directord.conf"
instance 100 "$settings" > "$T/ka/keepalived.conf"
keepalived_up
director d
check_soon 10 "keepalived is master" only ka d
on ka timeout 5 tcpdump -ni lan -c 1 -w "$T/packet" 'ip proto 51 and src 10.7.0.1' 2>/dev/null
stop keepalived
check_soon 5 "until it stops" has_all d
replayed() {
	ctl d show vrrp_statistics --json | grep -Eq '"replay_errors": *"?[1-9]'
}
check_not "nothing was replayed yet" replayed
on ka python3 - "$T/packet" <<-'PY'
	import socket, sys
	frame = open(sys.argv[1], "rb").read()[24 + 16:]
	s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
	s.bind(("lan", 0))
	s.send(frame)
PY
check_soon 5 "the same again is dropped and counted" replayed
check "directord is master all the same, though the packet has the higher priority" has_all d
stop director-d

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
