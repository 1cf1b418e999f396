#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Scripts that are tracked: who runs them, what their results do, as keepalived counts them in the same file;
# a script that hangs, the process script stopped and killed, and never an advertisement that is late.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need keepalived tcpdump

host ka wide=10.7.0.1/24
host d lan=10.7.0.2/24
same_name ka
chmod 755 "$T"
# the scripts do what their files say: a line for sh
say() { # NAME LINE
	echo "$2" > "$T/$1"
	chmod 644 "$T/$1"
}
LOOK=2 # s
[ -z "${LAB:-}" ] || LOOK=6 # a busy machine of one CPU needs longer to begin listening
priority() { # HOST
	local prio
	prio=$(on "$1" timeout "$LOOK" tcpdump -ni lan -l 'ip proto 112' 2>/dev/null |
		sed -n 's/.*prio \([0-9]*\),.*/\1/p' | tail -1)
	echo "${prio:-none}"
}
alike() { # TEXT EXPECTED
	pause 3
	priority ka > "$T/ka/priority" &
	check_eq "$1: directord" "$(priority d)" "$2"
	wait "$!"
	check_eq "$1: keepalived" "$(cat "$T/ka/priority")" "$2"
}
script() { # NAME COLUMN
	shown script "$@"
}
script_is() { # NAME COLUMN VALUE
	[ "$(script "$1" "$2")" = "$3" ]
}
ran_as() {
	grep -q "$1" "$T/d/who/log"
}
# Of directord's own scripts: how keepalived ends its, and other tests of this machine, are not what is asked.
gone() {
	! ip netns pids "${NS_PREFIX}d" | xargs -r ps -o args= -p | grep -q 'sleep 98765'
}

for name in plus minus fault who; do say "$name" 'exit 0'; done
mkdir -p "$T/d/who"
chmod 777 "$T/d/who"
file() {
	cat <<-END
		global_defs {
			enable_script_security
			script_user nobody
		}
		vrrp_script plus {
			script "/bin/sh $T/plus"
			interval 1
			weight 20
		}
		vrrp_script minus {
			script "/bin/sh $T/minus"
			interval 1
			timeout 1
			weight -30
			fall 2
			rise 2
		}
		vrrp_script fault {
			script "/bin/sh -c '. $T/fault'"
			interval 1
		}
		vrrp_instance V {
			interface lan
			virtual_router_id 51
			priority 100
			version 3
			advert_int 0.5
			track_script {
				plus
				minus
				fault
			}
			virtual_ipaddress {
				10.7.0.151/24
			}
		}
	END
}
file > "$T/ka/keepalived.conf"
file > "$T/d/directord.conf"
keepalived_up
director d
check_soon 10 "directord is master after the first results" has_vip d 10.7.0.151
alike "all are well" 120
say plus 'exit 1'
alike "a positive weight goes" 100
say minus 'exit 1'
alike "a negative weight comes" 70
say fault 'exit 1'
alike "weight 0 means fault" none
say fault 'exit 0'
say plus 'exit 0'
alike "back" 90
say minus 'sleep 98765'
pause 3
check_match "a script that hangs is ended" "$(script minus last_result)" 'no end within 1 s'
check "and counted" [ "$(script minus timeouts)" -ge 1 ]
say minus 'exit 0'
alike "all are well again" 120
check_soon 5 "nothing of it is left" gone

note "who runs it"
say who "id -un >> $T/d/who/log; exit 0"
with_who() { # TEXT
	sed "s|^vrrp_instance V|vrrp_script who {\n script \"/bin/sh $T/who\"\n $1\n}\n&|; s|fault\$|&\nwho|" <(file)
}
with_who "" > "$T/d/directord.conf"
signal director-d HUP
check_soon 5 "script_user" ran_as nobody
with_who "user root" > "$T/d/directord.conf"
signal director-d HUP
check_soon 5 "root, if it is said" ran_as root
sed -i "s|/bin/sh $T/who|$T/d/who/insecure|" "$T/d/directord.conf"
say d/who/insecure 'exit 0'
chmod 777 "$T/d/who/insecure"
signal director-d HUP
check_soon 5 "but not what others can write" script_is who status down
check_match "which is said" "$(script who last_result)" 'others than root can write'
check_soon 5 "and is a fault" eval "! has_vip d 10.7.0.151"
file > "$T/d/directord.conf"
signal director-d HUP
check_soon 10 "without it the instance is master again" has_vip d 10.7.0.151

note "without the process script"
# adverts in 5 s, and the longest time between two of them in ms
adverts() {
	on d timeout 5 tcpdump -ni lan -l -tt 'ip proto 112' 2>/dev/null |
		awk '{ if (last && ($1 - last) * 1000 > most) most = ($1 - last) * 1000; last = $1; n++ } END { printf "%d %d\n", n, most }'
}
kill -STOP "$(child d script)"
read -r n most < <(adverts)
check_between "stopped: adverts in 5 s" "$n" 8 11
check_between "and never a late one (ms)" "$most" 400 700
check_eq "the last known results stay" "$(priority d)" 120
kill -CONT "$(child d script)"
kill -KILL "$(child d script)"
check_eq "killed: the same" "$(priority d)" 120
say minus 'exit 1'
alike "it is there again, and runs them" 90
check "directord's log has no error but that" eval \
	"! grep -E 'error' '$T/director-d.log' | grep -Ev 'script ended|IPVS cannot|who cannot be run' | grep ."
stop director-d
stop keepalived
end_of_test
