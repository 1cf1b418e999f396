#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# directorctl with a director that forwards: what it shows is what the kernel has, what it sets is done, rows are
# made and taken back, events are followed over a restart.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/site.sh
. "$(dirname "${BASH_SOURCE[0]}")/site.sh"

site
export NO_COLOR=1
director d1
check_soon 30 "all are up" all_up d1
check_soon 30 "and it is master" is_master d1

# says REGEX COMMAND...: does the output of directorctl have it?
says() {
	local regex=$1
	shift
	ctl d1 "$@" 2>&1 | grep -Eq -- "$regex"
}

# kernel_weight RS WEIGHT
kernel_weight() {
	on d1 ipvsadm -Ln | grep -Eq -- "-> $1:80 +Masq +$2 "
}
all_but_one_up() {
	[ "$(states d1 real_server up)" -eq 2 ]
}
go_on() {
	[ "$(connections)" -ge "$kernel" ]
}
# connections: those that directorctl shows of the service
connections() {
	ctl d1 show virtual_service --json | sed -n 's/.*"connections": \([0-9]*\).*/\1/p'
}

note "what it shows"
client load client -r 20 $VIP 80
pause 4
check "status: the instance" says "OUTSIDE +master .*this director.*$VIP" status
check "status: IPVS" says 'IPVS +ok' status
check "status: the virtual server" says "web +up .*tcp $VIP:80 .*3/3" status
check "status: every process runs" test "$(ctl d1 status | grep -Ec '^  (directord|vrrp|lvs|check|agent) +running')" -eq 5
note "$(ctl d1 status)"
note "$(ctl d1 show lvs)"
check "show vrrp: why" says 'why +no advertisement' show vrrp
check "show lvs: the service and its real servers" says '10.1.0.13:80 +up +nat +1 ' show lvs
before=$(connections)
kernel=$(kernel_connections d1)
check_between "its connections are the kernel's of some seconds ago" "$before" 1 "$kernel"
check_soon 20 "and go on" go_on
check "a filter" test "$(ctl d1 show real_server port=80 10.1.0.12 --json | grep -c '"address"')" -eq 1
check_not "no such table" ctl d1 show nothing
check_not "nobody listens" ctl d2 status
ctl d2 status 2>/dev/null
check_eq "which is exit status 3" $? 3

note "what it sets"
check "drain" ctl d1 set real_server web 10.1.0.12 80 admin_state=drain
check_soon 5 "the kernel has weight 0" kernel_weight 10.1.0.12 0
check "and it is shown" says '10.1.0.12:80 +drain \(up\)' status
ctl d1 set real_server 'web 10.1.0.12 80' weight=70000 2> "$T/refused"
check_eq "a refusal is exit status 1" $? 1
check "with the reason" grep -q 'weight: 70000 is not in the range 0..65535' "$T/refused"
ctl d1 set real_server 'web 10.1.0.12 80' 2>/dev/null
check_eq "nonsense is exit status 2" $? 2
check "two values at once" ctl d1 set real_server 'web 10.1.0.12 80' admin_state=enabled weight=7
check_soon 5 "the kernel has both" kernel_weight 10.1.0.12 7

note "rows that it makes"
# kernel_has PORT: is there a virtual service at that port of the VIP?
kernel_has() {
	on d1 ipvsadm -Ln | grep -q "TCP  $VIP:$1 "
}
kernel_has_not() {
	! kernel_has "$1"
}
# generation: of the configuration
generation() {
	ctl d1 show system --json | sed -n 's/.*"generation": \([0-9]*\).*/\1/p'
}
# server_is ADDRESS COLUMN VALUE
server_is() {
	ctl d1 show real_server "address=$1" "$2=$3" --json | grep -q '"address"'
}
cat > "$T/edit" <<-LINES
	# the virtual server first: the order does not matter
	add virtual_server more pool="more of it"
	add virtual_service more tcp $VIP 81

	add pool "more of it"
	add real_server "more of it" 10.1.0.11 80 weight=4
	add real_server "more of it" 10.1.0.12 80 row_status=createAndWait storage=volatile
	add check "more of it" http type=http path="/health" interval=1
	set real_server web 10.1.0.11 80 weight=2
LINES
begin=$(generation)
check "many lines are one change" ctl d1 edit "$T/edit"
check_eq "of one generation" "$(generation)" $((begin + 1))
check_soon 5 "the kernel has it" kernel_has 81
check_soon 10 "the checks find it up" server_is 10.1.0.11 pool "more of it"
check_soon 10 "and it serves" get client http://$VIP:81/
check "its history" says '^  real_server "more of it" 10.1.0.11 80 +weight +"" -> 4' history $((begin + 1))
check "and so for a program" says '"origin": "control"' history --json -n 1
ctl d1 diff > "$T/diff"
check_eq "differences from the file are exit status 1" $? 1
check "a value that was set" grep -qx '~ real_server web 10.1.0.11 80: weight: 1 -> 2' "$T/diff"
check "a row that was made" grep -qx '+ virtual_service more tcp 10.0.0.100 81' "$T/diff"
check "one out of service" grep -qx '+ real_server "more of it" 10.1.0.12 80: row_status: notInService' "$T/diff"
printf 'set pool web start_down=on\nadd real_server nobody 10.1.0.11 80\n' > "$T/wrong"
ctl d1 edit "$T/wrong" 2> "$T/refused"
check_eq "a line that is refused" $? 1
check "is named" grep -q "$T/wrong:2: refused: real_server nobody 10.1.0.11 80: pool: there is no pool nobody" "$T/refused"
check "and nothing of the others was done" says '^no such rows' show pool start_down=on
check_not "a row of the file cannot be destroyed" ctl d1 delete real_server web 10.1.0.11 80

note "what it exports"
ctl d1 export > "$T/exported"
check "what is out of service is named" grep -qx '#   real_server "more of it" 10.1.0.12 80' "$T/exported"
check "a file that directord takes" "$BUILD/directord" -t "$T/exported"
"$BUILD/directord" -p "$T/exported" > "$T/printed"
check_eq "and understands as it was meant" "$(grep -v '^#' "$T/exported" | sed 1d)" "$(cat "$T/printed")"

note "and takes back"
check "out of service with all that belongs to it" ctl d1 set virtual_server more row_status=notInService
check_soon 5 "the kernel has it no more" kernel_has_not 81
check "status says so" says '3 rows are not in effect' status
check "back to a generation" ctl d1 rollback $((begin + 1))
check_soon 5 "it is there again" kernel_has 81
check "one row as in the file" ctl d1 revert real_server web 10.1.0.11 80
check "which it is" says '^no such rows' show real_server web 10.1.0.11 weight=2
check "a change to be confirmed" ctl d1 -c 60 delete virtual_server more
check_soon 5 "is in effect" kernel_has_not 81
check_soon 3 "status says what is to be done" says "is undone in [0-9]+ s, unless 'directorctl confirm'" status
check "confirmed" ctl d1 confirm
check_not "there is nothing more to confirm" ctl d1 confirm
check "another one" ctl d1 -c 2 set real_server web 10.1.0.12 80 weight=0
check_soon 5 "is in effect" kernel_weight 10.1.0.12 0
check_soon 10 "and undone, because nobody confirms" kernel_weight 10.1.0.12 7
check "all as in the file" ctl d1 revert all
check "nothing differs" ctl d1 diff
echo nonsense >> "$T/d1/directord.conf"
ctl d1 diff 2> "$T/refused"
check_eq "a file that is wrong now is exit status 2" $? 2
check "with its place" grep -q "directord.conf:[0-9]*:1: unknown keyword 'nonsense'" "$T/refused"
sed -i '$d' "$T/d1/directord.conf"
check "a file that was modified" says 'was modified after directord read it' diff
ctl d1 reload
check "until it is read" test -z "$(ctl d1 diff)"

note "events, over a restart of everything"
start follow d1 "$BUILD/directorctl" --state-dir "$T/d1/state" events --follow --last 1
check_soon 5 "the last one at first" grep -q 'changed by directorctl' "$T/follow.log"
health rs3 503
check_soon 15 "a new one comes" grep -q '10.1.0.13 80: up -> down' "$T/follow.log"
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
check_soon 5 "it says that it waits" grep -q 'waiting for it' "$T/follow.log"
director d1
check_soon 30 "directord is back" all_but_one_up
health rs3 200
check_soon 30 "and so are the events" grep -q '10.1.0.13 80: down -> up' "$T/follow.log"
check_eq "each is there once" "$(grep -c '10.1.0.13 80: up -> down' "$T/follow.log")" 1
stop follow
client_end load
end_of_test
