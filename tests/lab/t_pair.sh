#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# A pair of directors that has a hard life: processes killed and stopped, cables pulled, a switch that drops,
# reloads, addresses that come and go, restarts, hand-overs, in an order that SEED says. After each of them, once the
# two can hear each other, there is one master of each virtual router, and each address is on exactly one host. What
# must not move a master (a dead agent, hub or check, a reload, a restart for an upgrade) does not.
# PAIR_TIME: how many seconds of that (make soak-pair: half an hour). Needs no IPVS.
. "$(dirname "$0")/tap.sh"
need nft
PAIR_TIME=${PAIR_TIME:-60} SEED=${SEED:-1}

host d1 10.7.0.1/24 2001:db8:7::1/64
host d2 10.7.0.2/24 2001:db8:7::2/64
host client 10.7.0.9/24
declare -A PRIORITY=()

instance() { # NAME VRID PRIORITY LINES
	printf 'vrrp_instance %s {\n interface lan\n virtual_router_id %s\n priority %s\n version 3\n advert_int 0.4\n%s\n}\n' "$@"
}
addresses() {
	printf ' virtual_ipaddress {\n'
	printf '  %s\n' "$@"
	printf ' }'
}
# The two differ in who has the higher priority, instance by instance.
config() { # HOST
	local high=150 low=100 peer=10.7.0.2
	[ "$1" = d1 ] || high=100 low=150 peer=10.7.0.1
	# shellcheck disable=SC2086
	{
		printf 'vrrp_sync_group G {\n group {\n C\n D\n }\n}\n'
		instance A 1 "${PRIORITY[$1]:-$high}" "$(addresses 10.7.0.101/24 10.7.0.102/24 $EXTRA_ADDRESS)"
		instance B 2 "$low" "$(addresses 10.7.0.103/24)"
		instance C 3 "$high" "$(addresses 10.7.0.104/24)"
		instance D 4 "$high" "$(addresses 10.7.0.105/24)"
		instance E 5 "$low" "$(addresses fe80::7:105/64 2001:db8:7::105/64)"
		instance F 6 "$high" "$(printf ' unicast_peer {\n  %s\n }\n' $peer; addresses 10.7.0.106/24)"
	} > "$T/$1/directord.conf"
}
EXTRA_ADDRESS=
ALL='10.7.0.101 10.7.0.102 10.7.0.103 10.7.0.104 10.7.0.105 fe80::7:105 2001:db8:7::105 10.7.0.106'
MAYBE='10.7.0.107 10.7.0.108'

# --- What holds ---------------------------------------------------------------

addresses_of() { # HOST: its virtual addresses
	on "$1" ip -o addr show dev lan | awk '{sub("/.*", "", $4); print $4}' | grep -Fxf "$T/all"
}
instances() { # HOST: each instance with its state
	ctl "$1" show vrrp_instance --json 2>/dev/null | tr -d ' \n' | grep -oE '"name":"[A-F]"|"state":"[a-z]*"' |
		sed 's/.*:"\(.*\)"/\1/' | paste -d ' ' - -
}
# What is wrong now, in words; nothing: all is well.
wrong() {
	local one two all masters
	one=$(addresses_of d1) two=$(addresses_of d2)
	# shellcheck disable=SC2086
	all=$(printf '%s\n' $one $two | sort)
	masters=$({ instances d1; instances d2; } | sed -n 's/ master$//p' | sort | tr -d '\n')
	[ "$masters" = ABCDEF ] || echo "masters of: $masters"
	# shellcheck disable=SC2086
	[ "$all" = "$(printf '%s\n' $ALL $EXTRA_ADDRESS | sed 's,/.*,,' | sort)" ] ||
		echo "d1 has: $(xargs <<< "$one"); d2 has: $(xargs <<< "$two")"
}
well() { [ -z "$(wrong)" ]; }
where() { echo "d1: $(instances d1 | tr '\n' ' ')"; }

# --- What happens -------------------------------------------------------------

process() { # HOST NAME: the pid of one of its processes, whoever is its parent
	local pid
	for pid in $(ip netns pids "$NS_PREFIX$1"); do
		if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]; then echo "$pid"; fi
	done | head -1
}
dice() { # N: 0 to N - 1
	echo $((RANDOM % $1))
}
tenths() { # FROM TO: so many tenths of a second, as seconds
	local n=$(($1 + RANDOM % ($2 - $1 + 1)))
	echo "$((n / 10)).$((n % 10))"
}
kill_process() { # HOST NAME
	local pid
	pid=$(process "$1" "$2")
	[ -z "$pid" ] || kill -KILL "$pid"
}
freeze() { # HOST NAME SECONDS
	local pid
	pid=$(process "$1" "$2")
	[ -n "$pid" ] || return 0
	kill -STOP "$pid"
	pause "$3"
	kill -CONT "$pid"
}
reload() { # HOST
	config "$1"
	ctl "$1" reload > /dev/null
}

# Those that move no master. HOST
calm_helper() { kill_process "$1" "directord-$(printf 'agent\ncheck\nlvs\nscript\n' | sed -n "$((1 + $(dice 4)))p")"; }
calm_hub() {
	kill -KILL "$(pid_of "director-$1")"
	lab_reap
	pause "$(tenths 0 30)"
	director "$1"
}
calm_frozen_hub() { freeze "$1" directord "$(tenths 5 50)"; }
calm_reload() { reload "$1"; }
calm_upgrade() {
	stop "director-$1" QUIT
	director "$1"
}
calm_address() { # comes or goes, on both
	if [ -n "$EXTRA_ADDRESS" ]; then EXTRA_ADDRESS=; else EXTRA_ADDRESS='10.7.0.107/24 10.7.0.108/24'; fi
	reload d1
	reload d2
}

# Those that may.
move_vrrp() { kill_process "$1" directord-vrrp; }
move_vrrp_again() {
	for _ in 1 2 3; do
		kill_process "$1" directord-vrrp
		pause "$(tenths 0 8)"
	done
}
move_frozen_vrrp() { freeze "$1" directord-vrrp "$(tenths 1 50)"; }
move_all() {
	die "director-$1"
	lab_reap
	pause "$(tenths 0 40)"
	director "$1"
}
move_stop() {
	stop "director-$1"
	pause "$(tenths 0 20)"
	director "$1"
}
move_cable() {
	unplug "$1"
	pause "$(tenths 1 40)"
	plug "$1"
}
move_mute() {
	mute "$1"
	pause "$(tenths 1 50)"
	unmute "$1"
}
move_power() {
	local virtual
	crash "$1"
	for virtual in $(addresses_of "$1"); do # they are not there after a boot
		on "$1" ip addr del "$(on "$1" ip -o addr show dev lan | awk '{print $4}' | grep -F "$virtual/")" dev lan
	done
	pause "$(tenths 0 40)"
	power_on "$1"
	director "$1"
}
move_priority() {
	PRIORITY[$1]=$((90 + $(dice 100)))
	reload "$1"
}
move_failover() {
	local name
	name=$(printf 'A\nB\nG\nE\nF\n' | sed -n "$((1 + $(dice 5)))p")
	ctl "$1" failover "$name" 60 > /dev/null 2>&1
	pause "$(tenths 0 30)"
	ctl "$1" failover "$name" off > /dev/null 2>&1
}
move_loss() { # of four in ten, in both directions
	on "$1" nft -f - <<-END
		table inet loss {
		    chain in { type filter hook input priority 0; meta iifname lan numgen random mod 10 < 4 drop; }
		    chain out { type filter hook output priority 0; meta oifname lan numgen random mod 10 < 4 drop; }
		}
	END
	pause "$(tenths 10 50)"
	on "$1" nft delete table inet loss
}

# shellcheck disable=SC2086
printf '%s\n' $ALL $MAYBE > "$T/all"
mapfile -t ACTIONS < <(declare -F | sed -n 's/^declare -f \(calm_.*\|move_.*\)/\1/p')
RANDOM=$SEED
config d1
config d2
director d1
director d2
check_soon 15 "one master of each, and each address on one host" well
start ping client ping -q -n -i 0.1 10.7.0.103

tried=0 moved=0 bad=0 worst=0
end=$(($(now_ms) + PAIR_TIME * 1000))
while [ "$(now_ms)" -lt "$end" ] && [ $bad -lt 5 ]; do
	action=${ACTIONS[$(dice ${#ACTIONS[@]})]}
	victim=d$((1 + $(dice 2)))
	before=$(where)
	"$action" "$victim"
	done_at=$(now_ms)
	tried=$((tried + 1))
	# A stopped or killed one listens for a Master_Down_Interval of 1.5 s first, and may then preempt.
	if ! wait_for 60 well; then
		fail "$action of $victim (the $tried. of seed $SEED): there is one master of each, and each address on one host" "$(wrong)
$(tail -n 12 "$T/director-d1.log" "$T/director-d2.log")"
		bad=$((bad + 1))
		continue
	fi
	took=$(($(now_ms) - done_at))
	[ $took -le $worst ] || worst=$took
	pause 0.7
	for _ in 1 2 3; do
		pause 0.2
		well && continue
		moved=$((moved + 1))
		if ! wait_for 20 well; then
			fail "$action of $victim (the $tried. of seed $SEED): it stays so" "$(wrong)"
			bad=$((bad + 1))
			break
		fi
	done
	case $action in calm_*)
		if [ "$(where)" != "$before" ]; then
			fail "$action of $victim (the $tried. of seed $SEED): moves no master" "before: $before, then: $(where)
$(tail -n 12 "$T/director-d1.log" "$T/director-d2.log")"
			bad=$((bad + 1))
		fi
		;;
	esac
done
check_eq "violations" $bad 0
check "something was tried" test "$tried" -ge $((PAIR_TIME / 15))
note "$tried disturbances with seed $SEED, the longest until all was well again: $worst ms; moved once more: $moved"
stop ping INT
note "pings to B: $(grep transmitted "$T/ping.log")"
check_soon 10 "at the end all is well" well
stop director-d1
check_soon 10 "the last one standing has all" eval '[ "$(addresses_of d2 | wc -l)" -ge 8 ]'
stop director-d2
check_eq "nothing is left" "$(addresses_of d1)$(addresses_of d2)" ""
end_of_test
