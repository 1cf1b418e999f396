#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Health checks in a director: each kind of check, each kind of failure in words; a reload, a killed
# and a stopped checker change nothing about what is known of the servers.
#
# Needs no IPVS: also with tests/lab/run --here.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need openssl

host d1 lan=10.0.0.2/24
for i in 1 2 3 4; do host rs$i lan=10.0.0.1$i/24; done
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=other.example \
	-keyout "$T/key" -out "$T/cert" 2>/dev/null
cat "$T/key" "$T/cert" > "$T/pem"
for i in 1 2 3; do
	real_server rs$i
	health rs$i 200
done
real_server rs4 -s 443 -k "$T/pem"
health rs4 200
digest=$(printf 'rs2\n' | md5sum | cut -d' ' -f1)

# config WEIGHT
config() {
	cat <<-FILE
		virtual_server 10.0.0.100 80 {
		    name web
		    delay_loop 1
		    lb_algo rr
		    lb_kind NAT
		    protocol TCP
		    real_server 10.0.0.11 80 {
		        weight $1
		        TCP_CHECK {
		            connect_timeout 1
		            retry 1
		            delay_before_retry 1
		        }
		    }
		    real_server 10.0.0.12 80 {
		        weight $1
		        HTTP_GET {
		            url {
		                path /health
		                digest $digest
		                status_code 200
		            }
		            connect_timeout 1
		            retry 0
		        }
		    }
		    real_server 10.0.0.13 80 {
		        weight $1
		        HTTP_GET {
		            url {
		                path /health
		                status_code 200-204
		            }
		            connect_timeout 1
		            retry 1
		            delay_before_retry 1
		        }
		    }
		    real_server 10.0.0.14 443 {
		        weight $1
		        SSL_GET {
		            url {
		                path /health
		                status_code 200
		            }
		            connect_timeout 1
		            retry 0
		        }
		    }
		}
	FILE
}
config 1 > "$T/d1/directord.conf"
director d1

# row TABLE ADDRESS: its columns, one a line
row() {
	ctl d1 show "$1" --json | tr -d '\n' | sed 's/}/}\n/g' | grep "\"address\": *\"$2\""
}
# text TABLE ADDRESS COLUMN
text() {
	row "$1" "$2" | sed -n "s/.*\"$3\": *\"\([^\"]*\)\".*/\1/p"
}
number() {
	row "$1" "$2" | sed -n "s/.*\"$3\": *\([0-9]*\).*/\1/p"
}
is() { # ADDRESS STATE [REASON]
	[ "$(text real_server "$1" state)" = "$2" ] || return 1
	[ -z "${3:-}" ] || [[ "$(text real_server "$1" reason)" == *"$3"* ]]
}
all_checked() {
	[ "$(ctl d1 show check_result --json | grep -o '"state": *"up"' | wc -l)" -eq 4 ]
}
transitions() {
	local i sum=0
	for i in 1 2 3 4; do sum=$((sum + $(number real_server 10.0.0.1$i transitions))); done
	echo $sum
}
checker_pid() {
	child d1 check
}

check_soon 30 "TCP, digest, status and TLS: all checks succeed" all_checked
check_eq "nothing has changed on the way" "$(transitions)" 0

note "failures"
stop httpd-rs1
check_soon 10 "no listener: down" is 10.0.0.11 down "connection refused"
health rs2 200 "other text"
check_soon 10 "another body: down" is 10.0.0.12 down "body digest is"
health rs3 503
check_soon 10 "another status: down" is 10.0.0.13 down "HTTP status 503, expected 200-204"
mute rs4
check_soon 15 "no answer: down" is 10.0.0.14 down "no answer in 1 s"
check_eq "one change each" "$(transitions)" 4
check_eq "each is an event" "$(ctl d1 events | grep -c '10\.0\.0\.1[1-4].*down')" 4

note "a reload"
config 7 > "$T/d1/directord.conf"
check "directorctl reload" ctl d1 reload
check_eq "has arrived" "$(number real_server 10.0.0.11 weight)" 7
pause 3
for i in 1 2 3 4; do check "10.0.0.1$i is still down" is 10.0.0.1$i down; done
check_eq "nothing has changed" "$(transitions)" 4

note "the checker is killed"
pid=$(checker_pid)
kill -KILL "$pid"
other_pid() {
	[ -n "$(checker_pid)" ] && [ "$(checker_pid)" != "$pid" ]
}
check_soon 15 "it comes back" other_pid
pause 3
for i in 1 2 3 4; do check "10.0.0.1$i is still down" is 10.0.0.1$i down; done
check_eq "nothing has changed" "$(transitions)" 4

note "everything is killed, and started again"
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 15 "it runs" is 10.0.0.11 down
pause 3
for i in 1 2 3 4; do check "10.0.0.1$i is still down" is 10.0.0.1$i down; done
check_eq "nothing has changed" "$(transitions)" 4

note "the servers come back"
real_server rs1
health rs2 200
health rs3 200
unmute rs4
for i in 1 2 3 4; do check_soon 15 "10.0.0.1$i is up" is 10.0.0.1$i up; done
check_eq "one change each" "$(transitions)" 8

note "the checker is stopped for a while"
kill -STOP "$(checker_pid)"
pause 4
kill -CONT "$(checker_pid)"
pause 4
for i in 1 2 3 4; do check "10.0.0.1$i is still up" is 10.0.0.1$i up; done
check_eq "nothing has changed" "$(transitions)" 8

note "the checks go on"
began=$(now_ms)
before=$(number check_result 10.0.0.12 successes)
pause 5
after=$(number check_result 10.0.0.12 successes)
seconds=$((($(now_ms) - began) / 1000)) # reading takes its time, too
check_between "one a second" $((after - before)) 4 $((seconds + 1))
check_eq "unprivileged" "$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$(checker_pid)/status")" 0000000000000000

stop director-d1
check_eq "the director ends with 0" $? 0
end_of_test
