#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# What the columns of health checks do, as the real server sees them asked (httpd -v) and as their results say.
# Each check has a path of its own, so that all of them go on at once. Needs no IPVS.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need openssl

host d 10.0.0.2/24,10.0.0.3/24
host rs 10.0.0.11/24,10.0.0.12/24,10.0.0.13/24
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=other.example -keyout "$T/key" -out "$T/cert" 2>/dev/null
cat "$T/key" "$T/cert" > "$T/pem"
real_server rs -v -h 82 -s 443 -k "$T/pem"
body() { # NAME STATUS TEXT: what /NAME answers
	echo "$2 $3" > "$T/rs/www/$1.new"
	mv "$T/rs/www/$1.new" "$T/rs/www/$1"
}
# asked PATH [AWK-CONDITION]: how often; fields: 4 ms, 5 version, 6 Host, 7 local address, 8 its port, 9 peer, 10 SNI
asked() {
	awk -v p="/$1" "\$3 == p && (${2:-1}) {n++} END {print n + 0}" "$T/httpd-rs.log"
}
is_asked() {
	[ "$(asked "$@")" -gt 0 ]
}
# only TEXT PATH CONDITION: it is asked so, and never otherwise
only() {
	check_soon 3 "$1" is_asked "$2" "$3"
	check_eq "$1: always" "$(asked "$2" "!($3)")" 0
}
# result CHECK COLUMN [ADDRESS]
result() {
	ctl d show check_result --json check="$1" address="${3:-10.0.0.11}" |
		sed -n "s/.*\"$2\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1
}
is() { # CHECK STATE [ADDRESS]
	[ "$(result "$1" state "${3:-}")" = "$2" ]
}
with() { # NAME COLUMN=VALUE...: a check of the pool
	local name=$1
	shift
	echo "add check p $name interval=0.5 timeout=1 retries=0 $*"
}
change() { # NAME COLUMN=VALUE...
	ctl d set check "p $1" "${@:2}"
}

body found 200 found
body missing 404 nothing
body fails 503 no
digest=$(printf 'found\n' | md5sum | cut -d' ' -f1)
: > "$T/d/directord.conf"
director d
check_soon 20 "the director runs" ctl d status
{
	echo "add pool p"
	echo "add real_server p 10.0.0.11 80 virtual_host=rs.example"
	echo "add real_server p 10.0.0.12 82"
	with slow type=http path=/slow interval=1
	with often type=http path=/often interval=0.2
	with never type=http path=/never warmup=86400
	with one type=http path=/one server_address=10.0.0.12 server_port=82
	with there type=http path=/there connect_address=10.0.0.13 connect_port=82
	with from type=http path=/from bind_address=10.0.0.3
	with host type=http path=/vhost virtual_host=check.example
	with new type=http path=/new http_version=1.1
	with tls type=https path=/tls connect_port=443 virtual_host=tls.example
	with sni type=https path=/sni connect_port=443 virtual_host=sni.example sni=on
	with tcp connect_port=82
	with plain type=http path=/plain connect_port=443
	with path type=http path=/fails
	with status type=http path=/missing
	with codes type=http path=/missing status_codes=300-399,404
	with digest type=http path=/found digest="$digest"
	with wrong type=http path=/found digest=00000000000000000000000000000000
	with pattern type=http path=/found pattern="^fo+"
	with other type=http path=/found pattern=lost
	with absent type=http path=/found pattern="^fo+" pattern_absent=on
	with delay type=http path=/delay/1500 interval=2
	with retry type=http path=/retry interval=3 retries=3 retry_delay=0.3
	with fall type=http path=/fall fall=3
	with rise type=http path=/rise rise=4
	with few type=http path=/few
} > "$T/edit"
body retry 200 good
body fall 200 good
body rise 503 bad
body few 503 bad
check "all checks in one change" ctl d edit "$T/edit"
check_soon 5 "they go on" is_asked slow
check_soon 5 "all of them" is_asked rise
pause 3

# effect: check.interval check.warmup
between() { # PATH: the mean time from one check of a real server to the next, in ms
	awk -v p="/$1" '$3 == p && $7 == "10.0.0.11" {if (!n++) first = $4; last = $4} END {print (n > 1) ? int((last - first) / (n - 1)) : 0}' \
		"$T/httpd-rs.log"
}
check_between "ms between checks: 1000" "$(between slow)" 700 1600
check_between "ms between checks: 200" "$(between often)" 120 500
check_eq "a warm-up of a day: not yet" "$(asked never)" 0

# effect: check.server_address check.server_port check.connect_address check.connect_port check.bind_address
only "one real server of the pool" one '$7 == "10.0.0.12" && $8 == 82'
check_soon 3 "else both of them" is_asked slow '$7 == "10.0.0.12" && $8 == 82'
only "another address and port" there '$7 == "10.0.0.13" && $8 == 82'
only "from another address" from '$9 == "10.0.0.3"'
only "else from the interface's" slow '$9 == "10.0.0.2"'

# effect: check.virtual_host real_server.virtual_host check.http_version check.sni check.type check.path
only "the check's host" vhost '$6 == "check.example"'
only "else the real server's, or its address" slow \
	'($7 == "10.0.0.11" && $6 == "rs.example") || ($7 == "10.0.0.12" && $6 ~ /^10.0.0.12(:82)?$/)'
only "HTTP/1.1" new '$5 == "1.1"'
only "else HTTP/1.0" slow '$5 == "1.0"'
only "the name in TLS" sni '$10 == "sni.example"'
only "else none" tls '$10 == "-" && $8 == 443'
check "HTTPS: up" is tls up
check "HTTP to the same port: down" is plain down
check "TCP: up" is tcp up
check "a path that fails: down" is path down

# effect: check.status_codes check.digest check.pattern check.pattern_absent
check "status 404: down" is status down
check "if 404 is among those that are expected: up" is codes up
check "the right digest: up" is digest up
check "another: down" is wrong down
check "a pattern that is there: up" is pattern up
check "one that is not: down" is other down
check "one that must not be there: down" is absent down

# effect: check.timeout
check_soon 5 "an answer after 1.5 s, a timeout of 1 s: down" is delay down
check_match "which is said" "$(ctl d show check_result --json check=delay address=10.0.0.11)" 'no HTTP answer in 1 s'
check "a timeout of 3 s" change delay timeout=3
check_soon 6 "up" is delay up

# effect: check.retries check.retry_delay check.fall check.rise
# turn TEXT PATH STATUS STATE N: the path answers otherwise from now on, and N checks later, or one, the state has changed,
# as far as can be seen: of a look that takes its time, the checks before it and after it are known. MS: from the first
# of them to the last
turn() {
	local mine='$7 == "10.0.0.11"' from low=0 count
	from=$(asked "$2" "$mine")
	body "$2" "$3" changed
	while count=$(($(asked "$2" "$mine") - from)) && ! is "$2" "$4" && [ "$count" -lt 30 ]; do low=$count; done
	count=$(($(asked "$2" "$mine") - from))
	check "$1 ($low to $count)" test "$low" -le $(($5 + 1)) -a "$count" -ge "$5"
	MS=$(awk -v p="/$2" -v from="$from" -v n="$5" '$3 == p && $7 == "10.0.0.11" && seen++ >= from {
		if (!k++) first = $4; if (k == n) print $4 - first}' "$T/httpd-rs.log")
}
check_soon 6 "all that follows is up before" is retry up
turn "retries 3: down after 4 failures" retry 503 down 4
check_between "with 300 ms between them" "$MS" 800 2500
check "no retries" change retry retries=0
turn "up again" retry 200 up 1
turn "down after 1 failure" retry 503 down 1
turn "fall 3: down after 3 checks" fall 503 down 3
check_between "0.5 s between them" "$MS" 800 2500
turn "rise 4: up after 4 checks" rise 200 up 4
turn "else after one" few 200 up 1

stop director-d
check_not "no sanitizer complained" log_has director-d '(Address|Leak)Sanitizer|runtime error:'
end_of_test
