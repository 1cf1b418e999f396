#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# startup_script and shutdown_script: before everything else, and after it; who runs them; that they fail, hang, are not
# there, or their process is killed; a stop that leaves everything as it is; and the file's lines for one host.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"

VIPS=10.9.0.100
host d lan=10.9.0.1/24
chmod 755 "$T"
say_scripts d
# What it sees, and then it waits until it may end.
cat > "$T/d/look" <<-END
	#!/bin/sh
	if ip -o addr show dev lan | grep -q '$VIPS/'; then there=there; else there=away; fi
	vrrp=\$(pgrep -c -P "\$(cat $T/d/state/directord.pid)" directord-vrrp)
	$T/d/say \$1 "vip \$there, vrrp \$vrrp,"
	while [ -e $T/d/log/hold ]; do sleep 0.1; done
END
chmod 755 "$T/d/look"
file() { # LINE...: of global_defs
	{
		printf 'global_defs {\n'
		printf '%s\n' "$@"
		cat <<-END
			}
			vrrp_instance V {
				interface lan
				virtual_router_id 51
				version 3
				advert_int 0.1
				priority 200
				virtual_ipaddress {
					$VIPS/24
				}
			}
		END
	} > "$T/d/directord.conf"
	rm -f "$T"/d/log/*
}
said() { # FILE COUNT
	[ -e "$T/d/log/$1" ] && [ "$(wc -l < "$T/d/log/$1")" -ge "$2" ]
}
none_but_script() {
	[ "$(pgrep -P "$(pid_of director-d)" -a | grep -o 'directord-[a-z]*' | sort -u)" = directord-script ]
}
result() { # EVENT COLUMN
	ctl d show notify_script director directord 0.0.0.0 0 "$1" --json --all |
		sed -n "s/^ *\"$2\": \"\?\([^\",]*\).*/\1/p"
}

note "before everything, and after it"
file "startup_script \"$T/d/look up\"" "startup_script_timeout 1000" "shutdown_script \"$T/d/look down\" root" \
	"shutdown_script_timeout 1000"
touch "$T/d/log/hold"
director d
check_soon 20 "the startup script runs" said up 1
check "and no other process but its own" none_but_script
pid=$(child d script)
kill -KILL "$pid"
check_soon 20 "its process is killed: it is run again" said up 2
check "and still comes first" none_but_script
rm "$T/d/log/hold"
check_soon 20 "it ends: all begins" has_all d
check_eq "nothing was there, and it is not run by root" "$(sort -u "$T/d/log/up")" "vip away, vrrp 0, by nobody"
check_soon 10 "how it ended is shown" eval '[ "$(result startup last_result)" = "exit status 0" ]'
check "the file is read again" ctl d reload
touch "$T/d/log/hold"
signal director-d TERM
check_soon 20 "a stop: the shutdown script runs" said down 1
check "directord waits for it" running director-d
rm "$T/d/log/hold"
stop director-d
check_eq "all was over, and it is run by whom the file says" "$(cat "$T/d/log/down")" "vip away, vrrp 0, by root"
check_eq "the startup script ran at the start alone" "$(wc -l < "$T/d/log/up")" 2

note "the time is over"
file "startup_script \"$T/d/look up\"" "startup_script_timeout 1" "shutdown_script \"$T/d/look down\"" \
	"shutdown_script_timeout 1"
touch "$T/d/log/hold"
director d
check_soon 20 "a startup script that hangs is ended" has_all d
check_eq "which is shown" "$(result startup last_result)" "no end within 1 s"
check "it had begun" said up 1
stop director-d
check "so is a shutdown script" said down 1
check_match "which is logged" "$(cat "$T/director-d.log")" 'the script for shutdown \(SHUTDOWN\) failed: no end within 1 s'
check "and the address is gone" has_none d

note "it cannot be run"
file "startup_script /no/such/script" "shutdown_script /no/such/script"
: > "$T/director-d.log"
director d
check_soon 20 "directord begins without it" has_all d
check_match "which is logged" "$(cat "$T/director-d.log")" 'the script for startup \(STARTUP\) failed: exit status 127'
stop director-d
check "and stops" has_none d

note "a stop for the next start"
file "shutdown_script \"$T/d/say down\"" "startup_script \"$T/d/say up\""
director d
check_soon 20 "it is started" has_all d
stop director-d QUIT
check "SIGQUIT leaves the address" has_all d
check_not "and there is nothing to shut down" said down 1
director d
check_soon 20 "the next start runs its script" said up 2
check_soon 20 "and is master" eval 'ctl d show vrrp_instance V --json | grep -q "\"state\": \"master\""'
file "shutdown_script \"$T/d/look down\""
check "another shutdown script with the next reading of the file" ctl d reload
touch "$T/d/log/hold"
signal director-d TERM
check_soon 20 "it runs" said down 1
kill -KILL "$(child d script)"
stop director-d
check "its process is killed: directord stops without it" has_none d

note "the lines for another host"
file
sed -i "s/^\t*priority 200/@left priority 150\n@^left priority 160/" "$T/d/directord.conf"
priority_is() {
	ctl d show vrrp_instance V --json --all | grep -q "\"priority\": *$1,"
}
director d -i left
check_soon 20 "are read" priority_is 150
check "nothing differs from the file" ctl d diff
sed -i "s/^@left priority 150/@left priority 151/" "$T/d/directord.conf"
check "the file is read again" ctl d reload
check_soon 5 "so are they" priority_is 151
check_match "which is shown" "$(ctl d show system --json --all)" '"config_id": *"left"'
stop director-d
check_eq "another id" "$("$BUILD/directord" --config-id right -p "$T/d/directord.conf" | grep -c 'priority 160')" 1
end_of_test
