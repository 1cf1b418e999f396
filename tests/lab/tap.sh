# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Assertions for tests/lab/t_*.sh. Sourced first, it brings lib.sh along. Each
# assertion is a line of TAP; the plan comes at the end. A script that ends
# early (set -e is not used; exit, a signal) has failed. If anything failed, the ends of
# all processes' logs follow as comments.
#
# A line "# LIMIT=300" or "# MEM=2G" at a script's top is for tests/lab/run.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TAP_COUNT=0 TAP_FAILED=0 TAP_DONE=

ok() {
	echo "ok $((++TAP_COUNT)) - $*"
}

# fail TEXT [DETAIL]
fail() {
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $((++TAP_COUNT)) - $1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/#   /'
	return 1
}

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

skip() {
	echo "ok $((++TAP_COUNT)) - $1 # SKIP $2"
}

# skip_all REASON: the whole script
skip_all() {
	echo "1..0 # SKIP $1"
	TAP_DONE=skip
	exit 0
}

# need COMMAND...: or skip the whole script
need() {
	local c
	for c in "$@"; do
		type -P "$c" >/dev/null || skip_all "no $c here"
	done
}

# check TEXT COMMAND...: COMMAND must succeed
check() {
	local text=$1 out status
	shift
	out=$("$@" 2>&1)
	status=$?
	if [ $status -eq 0 ]; then ok "$text"; else fail "$text" "$* (exit status $status)" "$out"; fi
}

# check_not TEXT COMMAND...: COMMAND must fail
check_not() {
	local text=$1 out
	shift
	if out=$("$@" 2>&1); then fail "$text" "$* succeeded" "$out"; else ok "$text"; fi
}

# check_eq TEXT GOT WANT
check_eq() {
	if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "got:  $2" "want: $3"; fi
}

# check_match TEXT GOT REGEX (extended)
check_match() {
	if [[ $2 =~ $3 ]]; then ok "$1"; else fail "$1" "got:  $2" "want: $3"; fi
}

# check_between TEXT GOT LOW HIGH (whole numbers)
check_between() {
	if [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then ok "$1 ($2)"; else fail "$1" "got:  $2" "want: $3 to $4"; fi
}

# check_soon SECONDS TEXT COMMAND...: COMMAND must succeed, which takes up to SECONDS on a machine
# that has the time; four times as much are allowed, for one that has not.
check_soon() {
	local seconds=$(($1 * 4)) text=$2
	shift 2
	if wait_for "$seconds" "$@"; then ok "$text"; else fail "$text" "$* did not succeed within $seconds s" "$("$@" 2>&1)"; fi
}

# end_of_test: the script's last line: it came to its end
end_of_test() {
	TAP_DONE=yes
	exit 0
}

tap_logs() {
	local log
	for log in "$T"/*.log "$T"/*/traps; do
		[ -s "$log" ] || continue
		echo "# --- ${log#"$T"/}"
		tail -n "${TAP_LOG_LINES:-60}" "$log" | sed 's/^/# /'
	done
}

lab_finish() {
	[ "$TAP_DONE" != skip ] || return 0
	if [ "$TAP_DONE" != yes ]; then
		TAP_FAILED=$((TAP_FAILED + 1))
		echo "not ok $((++TAP_COUNT)) - came to its end # exit status $1"
	fi
	echo "1..$TAP_COUNT"
	[ "$TAP_FAILED" -eq 0 ] || tap_logs
	[ "$TAP_FAILED" -eq 0 ]
}
