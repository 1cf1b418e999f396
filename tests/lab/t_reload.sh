#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Starts and reloads: a wrong file is refused with its place, at a reload the running configuration
# stays; a right one changes only what differs, and nobody notices the rest.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/site.sh
. "$(dirname "${BASH_SOURCE[0]}")/site.sh"

site
conf=$T/d1/directord.conf
cp "$conf" "$T/good"

note "at the start"
sed 's/lb_algo rr/lb_algo nonsense/' "$T/good" > "$conf"
director d1
wait "$(pid_of director-d1)"
check_eq "a wrong word: exit status 1" $? 1
line=$(grep -n nonsense "$conf" | cut -d: -f1)
check "with file, line and column" log_has director-d1 "$conf:$line:[0-9]+: .*nonsense"
rm -f "$T/director-d1.log"
director d1 -f /nonexistent
wait "$(pid_of director-d1)"
check_eq "no file: exit status 1" $? 1
check "which is said" log_has director-d1 "/nonexistent"

cp "$T/good" "$conf"
director d1
check_soon 60 "the right file: master" is_master d1
check_soon 60 "all real servers are up" all_up d1
check_not "a second one with the same state directory is refused" \
	on d1 "$BUILD/directord" -n -f "$conf" --state-dir "$T/d1/state"

client requests client -r 20 $VIP 80
client streams client -m stream -c 6 $VIP 80
pause 1
moved=$(transitions d1)

note "a reload of a wrong file"
generation() {
	ctl d1 show system --json | sed -n 's/.*"generation": *\([0-9]*\).*/\1/p'
}
was=$(generation)
sed 's/weight 1$/weight 99999/' "$T/good" > "$conf"
check_not "directorctl reload fails" ctl d1 reload
check "and names place and reason" sh -c "'$BUILD/directorctl' --state-dir '$T/d1/state' reload 2>&1 |
	grep -Eq '$conf:[0-9]+:[0-9]+: .*99999'"
check_eq "nothing has changed" "$(generation)" "$was"
check_eq "the kernel has its weights" "$(on d1 ipvsadm -Ln | grep -Ec 'Masq +1 ')" 3
rm "$conf"
check_not "no file: refused as well" ctl d1 reload
check_eq "nothing has changed" "$(generation)" "$was"

note "a reload of the same file"
cp "$T/good" "$conf"
check "directorctl reload" ctl d1 reload
check_eq "changes nothing" "$(generation)" "$was"

note "a reload with differences"
{
	sed '/real_server 10.1.0.13/,/^    }/d; s/weight 1$/weight 5/' "$T/good"
	printf '%s\n' 'virtual_server 10.0.0.100 8080 {' 'lb_algo wlc' 'lb_kind NAT' 'protocol TCP' 'real_server 10.1.0.11 80 {' 'weight 3' '}' '}'
} > "$conf"
signal director-d1 HUP
weights() { # WEIGHT NUMBER: do that many have it?
	[ "$(on d1 ipvsadm -Ln | grep -Ec "Masq +$1 ")" -eq "$2" ]
}

check_soon 10 "SIGHUP: the new weights" weights 5 2
check_soon 10 "the new service" weights 3 1
check_eq "one real server is gone" "$(on d1 ipvsadm -Ln | grep -c 10.1.0.13)" 0
cp "$T/good" "$conf"
check "back again" ctl d1 reload
check_soon 20 "all real servers are up" all_up d1
check_eq "the master never moved" "$(transitions d1)" "$moved"
client_end requests
check_eq "no request failed" "$(count requests failed)" 0

note "somebody else changes the kernel's table"
drift() {
	ctl d1 show system --json | sed -n 's/.*"lvs_drift": *\([0-9]*\).*/\1/p'
}
was=$(drift)
on d1 ipvsadm -d -t $VIP:80 -r 10.1.0.11:80
on d1 ipvsadm -e -t $VIP:80 -r 10.1.0.12:80 -m -w 77
check_soon 25 "it is repaired" weights 1 3
check_eq "and counted" "$(drift)" $((was + 2))
end_of_test
