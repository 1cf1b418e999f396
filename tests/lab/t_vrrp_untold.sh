#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The process vrrp is killed right after a takeover, before it has told of it: the next one does, once, with the reason and
# the time, and the events of the instance have no gap.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need python3

host d lan=10.7.0.1/24
host p lan=10.7.0.9/24
cat > "$T/d/directord.conf" <<-END
	vrrp_instance A {
		interface lan
		virtual_router_id 51
		priority 100
		advert_int 1
		virtual_ipaddress {
			10.7.0.100/24
		}
	}
END
# The first advertisement of the director is the signal: within less than the time that a report waits.
cat > "$T/killer" <<-'END'
	import os, signal, socket, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
	s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("224.0.0.18") + socket.inet_aton("10.7.0.9"))
	print("waits", flush=True)
	while s.recvfrom(200)[1][0] != "10.7.0.1":
	    pass
	os.kill(int(sys.argv[1]), signal.SIGKILL)
END
state_is() {
	ctl d show vrrp_instance A --json | grep -q "\"state\": \"$1\""
}
running_again() { # PID
	[ -n "$(child d vrrp)" ] && [ "$(child d vrrp)" != "$1" ] &&
		ctl d show process vrrp --json | grep -q '"state": "running"'
}
# OLD NEW REASON of each event of the instance
events() {
	ctl d show event_log --json --all | awk '
		/"kind":/ { kind = $2 } /"old_state":/ { old = $2 } /"new_state":/ { new = $2 }
		/"reason":/ && kind ~ /vrrpState/ { sub(/^ *"reason": /, ""); gsub(/[",]/, "", old); gsub(/[",]/, "", new); print old, new, $0 }'
}
takeovers() {
	events | grep -c '^backup master "no advertisement from 10.7.0.9 for'
}

director d
check_soon 20 "it is master" state_is master
times=5
for n in $(seq $times); do
	on p "$BUILD/vrrp-send" 10.7.0.9 10.7.0.100 51 200 1
	check_soon 10 "$n: it hears a better master" state_is backup
	pid=$(child d vrrp)
	start "killer$n" p python3 "$T/killer" "$pid"
	check_soon 10 "$n: somebody waits for its takeover" log_has "killer$n" waits
	check_soon 20 "$n: which is the end of vrrp" running_again "$pid"
	check_soon 20 "$n: and it is master again" state_is master
done
events > "$T/events"
check_eq "each takeover is told once, with its reason" "$(takeovers)" $times
check_eq "and nothing instead of it" "$(grep -c 'was master before the process' "$T/events")" 0
check_eq "there is no gap between any two" "$(awk 'NR > 1 && $1 != last { print NR ": " $0 } { last = $2 }' "$T/events")" ""
end_of_test
