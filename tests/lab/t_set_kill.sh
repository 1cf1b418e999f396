#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# kill -9 at random points of thousands of SETs: what was acknowledged is there afterwards, and nothing is half there.
# Several managers (manager_storm.c) write as fast as they can; the director's main process, its agent or all its
# processes are killed meanwhile. Needs no IPVS. SEED=N repeats a run, as far as the machine does; SECONDS_OF_KILLS.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/element.sh
. "$(dirname "${BASH_SOURCE[0]}")/element.sh"
need snmpd

MANAGERS=3
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
note "SEED=$SEED"

host d1 lan=10.0.0.2/24
host m lan=10.0.0.60/24
printf 'global_defs {\n    snmp_socket unix:%s\n}\n' "$T/d1/agentx" > "$T/d1/directord.conf"
snmpd d1
director d1
check_soon 20 "the agent answers" answers
for i in $(seq $MANAGERS); do
	start "storm$i" m "$BUILD/manager" 10.0.0.2 storm "k$i" "$i" $((SEED + i))
	check_soon 10 "manager $i has its rows" log_has "storm$i" ready
done

main_killed=0 all_killed=0 agent_killed=0
restart() {
	wait "$(pid_of director-d1)" 2>/dev/null
	director d1
}
uptime_now
until=$((UPTIME + ${SECONDS_OF_KILLS:-35}))
while uptime_now && [ "$UPTIME" -lt $until ]; do
	pause "$((RANDOM % 2)).$((RANDOM % 10))$((RANDOM % 10))$((RANDOM % 10))"
	case $((RANDOM % 5)) in
	0 | 1)
		kill -KILL "$(pgrep -o -f "directord -n -f $T/d1/directord.conf")"
		main_killed=$((main_killed + 1))
		restart
		;;
	2 | 3)
		kill -KILL -- "-$(pid_of director-d1)"
		all_killed=$((all_killed + 1))
		restart
		;;
	4)
		kill -KILL "$(pgrep -f "directord-agent.*$T/d1/state" || echo 0)" 2>/dev/null && agent_killed=$((agent_killed + 1))
		;;
	esac
	pause 1.5
done
check_between "kills of the main process, of all, of the agent: $main_killed $all_killed $agent_killed; sum" \
	$((main_killed + all_killed + agent_killed)) 8 1000

acknowledged=0 unanswered=0
for i in $(seq $MANAGERS); do
	signal "storm$i" TERM
	check_soon 40 "manager $i: all that was acknowledged is there, and nothing is half there" \
		log_has "storm$i" '^acknowledged'
	note "$(tail -n 1 "$T/storm$i.log")"
	read -r _ n _ u _ r _ < <(tail -n 1 "$T/storm$i.log")
	acknowledged=$((acknowledged + n)) unanswered=$((unanswered + u + r))
done
check_between "SETs that were acknowledged" "$acknowledged" 500 10000000
check_between "SETs that a kill met" "$unanswered" 5 100000
check_not "no manager saw anything wrong" grep -h WRONG "$T"/storm*.log
# shellcheck disable=SC2016
check_not "the datastore was never damaged" log_has director-d1 'datastore: .*(damaged|malformed|not a database)'
check_not "nothing that was set was left out" log_has director-d1 'has no effect'
check_not "no sanitizer complained" sanitizer_complained director-d1
end_of_test
