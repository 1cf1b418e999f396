#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What scripts and the FIFO are told of real and virtual servers: the same file for directord and for keepalived, and
# the same calls and lines of each virtual server, from the start to the stop: services by address, a firewall mark,
# a group of all kinds, alpha, omega, and a sorry server.
#
# LIMIT=400

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need keepalived ipvsadm

PAIR=(ka d)
host ka lan=10.0.0.1/24
host d lan=10.0.0.2/24
for i in 1 2; do
	host rs$i lan=10.0.0.1$i/24
	real_server rs$i
	health rs$i 200
done
chmod 755 "$T"
say_scripts "${PAIR[@]}"
server() { # HOST NAME ADDRESS
	cat <<-END
		real_server $3 80 {
			weight 1
			notify_up "$T/$1/say $2.$3 'it is' up" root
			notify_down "$T/$1/say $2.$3 'it is' down"
			HTTP_GET {
				url {
					path /health
					status_code 200
				}
				connect_timeout 2
				retry 0
			}
		}
	END
}
virtual() { # HOST NAME WORDS LINE...
	local h=$1 name=$2 words=$3
	shift 3
	cat <<-END
		virtual_server $words {
			delay_loop 1
			lb_algo rr
			lb_kind NAT
			protocol TCP
			quorum 2
			quorum_up "$T/$h/say $name up"
			quorum_down "$T/$h/say $name down"
			$(printf '%s\n' "$@")
			$(server "$h" "$name" 10.0.0.11)
			$(server "$h" "$name" 10.0.0.12)
		}
	END
}
file() { # HOST
	cat <<-END
		global_defs {
			script_user nobody
			lvs_notify_fifo $T/$1/fifo.lvs
			vrrp_notify_fifo $T/$1/fifo.vrrp
		}
		virtual_server_group G {
			10.0.0.100 80
			10.0.0.101-102 81
			fwmark 7
		}
		$(virtual "$1" plain "10.0.0.103 80")
		$(virtual "$1" mark "fwmark 9")
		$(virtual "$1" group "group G")
		$(virtual "$1" both "10.0.0.104 80" alpha omega)
		$(virtual "$1" omega "10.0.0.105 80" omega "sorry_server 10.0.0.12 80")
	END
}
declare -A LINE_NAME=([plain]="[10.0.0.103]:tcp:80" [mark]="FWM 9" [group]="[G]:0" [both]="[10.0.0.104]:tcp:80"
	[omega]="[10.0.0.105]:tcp:80")
NAMES=(plain mark group both omega)

# lines HOST NAME: of the virtual server, and of its real servers
lines() {
	grep -F " ${LINE_NAME[$2]} " "$T/$1/log/fifo" 2>/dev/null
}
last_is() { # HOST NAME WORD
	[[ $(lines "$1" "$2" | grep '^VS' | tail -n 1) == "VS ${LINE_NAME[$2]} $3" ]]
}
# Those of several real servers at once come in no order that could be told.
sorted_runs() {
	awk '{ run = $1 " " $NF; if (run != last) n++; last = run; print n, $0 }' | sort -k1,1n -k2
}
all_say() { # WORD NAME...
	local word=$1 name h
	shift
	for name in "$@"; do
		for h in "${PAIR[@]}"; do
			check_soon 20 "$h: $name is $word" last_is "$h" "$name" "$word"
		done
	done
}
calls() { # HOST NAME NUMBER
	[ -e "$T/$1/log/$2" ] && [ "$(wc -l < "$T/$1/log/$2")" -ge "$3" ]
}

calls_of() { # HOST NAME
	if [ -e "$T/$1/log/$2" ]; then cat "$T/$1/log/$2"; else echo none; fi
}

for h in "${PAIR[@]}"; do
	mkfifo "$T/$h/fifo.lvs"
	chmod 666 "$T/$h/fifo.lvs"
	start "cat-$h" "$h" sh -c "exec cat <> $T/$h/fifo.lvs > $T/$h/log/fifo"
done
file ka > "$T/ka/keepalived.conf"
file d > "$T/d/directord.conf"
start keepalived ka keepalived -n -l -D -C -f "$T/ka/keepalived.conf" -p "$T/ka/pid" -c "$T/ka/checkers.pid"
director d
note "the start"
all_say UP "${NAMES[@]}"
note "a real server fails, and with it the quorum"
health rs1 503
all_say DOWN "${NAMES[@]}"
note "and comes back"
health rs1 200
all_say UP "${NAMES[@]}"
for h in "${PAIR[@]}"; do
	for name in "${NAMES[@]}"; do
		check_soon 10 "$h: the script of the quorum of $name" calls "$h" "$name" 3
		check_soon 10 "$h: and that of the real server" calls "$h" "$name.10.0.0.11" 2
	done
done
note "the stop"
stop keepalived
stop director-d
for name in "${NAMES[@]}"; do
	check_eq "the lines of $name" "$(lines d "$name" | sorted_runs)" "$(lines ka "$name" | sorted_runs)"
	for f in "$name" "$name.10.0.0.11" "$name.10.0.0.12"; do
		check_eq "the calls of $f" "$(calls_of d "$f")" "$(calls_of ka "$f")"
	done
done
check_eq "no line is of anything else" "$(wc -l < "$T/d/log/fifo")" "$(wc -l < "$T/ka/log/fifo")"
check_eq "one line for all of a group" "$(lines d group | grep -c '^VS .* UP')" 2
check_eq "alpha: from down to up at the start" "$(lines d both | sed -n 3p)" "VS ${LINE_NAME[both]} UP"
check_eq "without it a real server has been up" "$(lines d plain | head -n 1)" "VS ${LINE_NAME[plain]} UP"
check_eq "omega: the stop is a loss" "$(lines d omega | tail -n 1)" "VS ${LINE_NAME[omega]} DOWN"
check_eq "which its script is told" "$(tail -n 1 "$T/d/log/omega")" "down by nobody"
check_eq "without it nothing is said" "$(lines d plain | tail -n 1)" "VS ${LINE_NAME[plain]} UP"
check_match "the script's own user" "$(cat "$T/d/log/plain.10.0.0.11")" '^it is down by nobody.it is up by root$'
end_of_test
