#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Twenty thousand rows in one transaction: what the main process needs of memory for it, and gives back; what the
# history shows of it; and its undoing.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

ROWS=20000
host d lan=10.0.0.2/24
printf 'server_pool web {\n}\nvirtual_server www {\n\tpool web\n\tvirtual_service tcp 192.0.2.1 80\n}\n' > "$T/d/directord.conf"
for ((i = 0; i < ROWS; i++)); do echo "add real_server web 10.1.$((i >> 8)).$((i & 255)) 80"; done > "$T/rows"

# memory FIELD: of the main process, in bytes for each of the rows
memory() {
	awk -v field="$1:" -v rows=$ROWS '$1 == field { printf "%d", $2 * 1024 / rows }' "/proc/$hub/status"
}
servers() { # those that there are
	ctl d show real_server --json | grep -c '"pool"'
}
director d
check_soon 20 "it answers" ctl d status
hub=$(pgrep -o -f "directord -n -f $T/d/directord.conf")
generation=$(ctl d show system --json | sed -n 's/.*"generation": *\([0-9]*\).*/\1/p')
before=$(memory VmRSS)
check "all of them as one change" ctl d edit "$T/rows"
check_eq "they are there" "$(servers)" $ROWS
# 3.8 KB once, when each value was copied for the datastore and each row five times
check_between "bytes for a row, at most" $(($(memory VmHWM) - before)) 100 2500
given_back() {
	[ $(($(memory VmRSS) - before)) -le 1500 ]
}
check_soon 20 "what it was needed for a moment is given back" given_back

history() {
	ctl d show config_change --json generation=$((generation + 1))
}
check_eq "the history shows a part of it" "$(history | grep -c '"generation"')" 5000
check_match "and says how much more there was" "$(history | tail -12)" \
	"$((2 * ROWS - 4999)) more values than are shown were changed"
check "all of it is undone" ctl d rollback "$generation"
check_eq "nothing is left" "$(servers)" 0
die director-d
director d
check_soon 20 "nor after the next start" ctl d status
check_eq "none" "$(servers)" 0
check_between "nor of its history" "$(ctl d show config_change --json | grep -c '"generation"')" 1 5000
end_of_test
