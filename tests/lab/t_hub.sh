#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The processes of one director, without IPVS: starting them again, the datastore and its troubles,
# the control socket, stopping. Also run outside the lab, where the sanitizers work (hub.test).
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

host d1 lan=10.0.0.2/24
host rs1 lan=10.0.0.11/24
host rs2 lan=10.0.0.12/24
real_server rs1
real_server rs2
health rs1 200
health rs2 200
conf=$T/d1/directord.conf
cat > "$conf" <<FILE
global_defs {
    snmp_socket unix:$T/d1/agentx
}
vrrp_instance VI {
    interface lan
    virtual_router_id 7
    priority 200
    advert_int 1
    virtual_ipaddress {
        10.0.0.100/24
    }
}
virtual_server 10.0.0.100 80 {
    name web
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.11 80 {
        HTTP_GET {
            url {
                path /health
                status_code 200
            }
            connect_timeout 1
            retry 0
            delay_before_retry 1
        }
    }
    real_server 10.0.0.12 80 {
        HTTP_GET {
            url {
                path /health
                status_code 200
            }
            connect_timeout 1
            retry 0
            delay_before_retry 1
        }
    }
}
FILE

# value TABLE KEY-REGEX COLUMN: of the first row whose JSON matches
value() {
	ctl d1 show "$1" --json | tr -d '\n' | sed 's/} *, *{/}\n{/g' | grep -E -m 1 "$2" |
		sed -n "s/.*\"$3\": *\"\{0,1\}\([^\",}]*\)\"\{0,1\}[,} ].*/\1/p"
}
is() { # TABLE KEY COLUMN VALUE
	[ "$(value "$1" "$2" "$3")" = "$4" ]
}

director d1
check_soon 30 "it answers on the control socket" ctl d1 status
check_soon 30 "both real servers are up" is pool web servers_up 2
check_soon 30 "the instance is master" is vrrp_instance VI state master
check_soon 10 "and has its address" has_vip d1 10.0.0.100

note "each process is killed"
for name in vrrp lvs check agent; do
	was=$(child d1 $name)
	kill -KILL "$was"
	check_soon 15 "$name runs again" sh -c "p=\$(pgrep -P $(pgrep -o -f "directord -n -f $conf") -f directord-$name) &&
		[ -n \"\$p\" ] && [ \"\$p\" != $was ]"
	check_soon 15 "and is ready" is process "\"name\": *\"$name\"" state running
	check_eq "$name: one restart is counted" "$(value process "\"name\": *\"$name\"" restarts)" 1
done
check_eq "the instance never left master" "$(value vrrp_instance VI became_master)" 1
check "the real servers never changed" is real_server 10.0.0.11 transitions 0

note "the checks see what happens"
health rs2 503
check_soon 15 "rs2 is down" is real_server 10.0.0.12 state down
check_match "with its reason" "$(value real_server 10.0.0.12 reason)" 503
events() {
	ctl d1 events --last 100 | grep -c "$1"
}
down=$(events '10.0.0.12.*down')
check_eq "one event says so" "$down" 1

note "directorctl sets, and it is there after a kill of everything"
check "weight" ctl d1 set real_server 'web 10.0.0.11 80' weight=300
check "drain" ctl d1 set real_server 'web 10.0.0.11 80' admin_state=drain
check_not "a weight that cannot be" ctl d1 set real_server 'web 10.0.0.11 80' weight=70000
check_not "a real server that is not there" ctl d1 set real_server 'web 10.0.0.99 80' weight=7
check_not "a column that is not to be set" ctl d1 set real_server 'web 10.0.0.11 80' state=up
check "the log names the row" log_has director-d1 'refused: real_server web 10\.0\.0\.99 80: there is no such row'
check "and the column" log_has director-d1 'refused: real_server web 10\.0\.0\.11 80, state: '
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 20 "it is back" is vrrp_instance VI state master
check_eq "the weight" "$(value real_server 10.0.0.11 weight)" 300
check_eq "the administrative state" "$(value real_server 10.0.0.11 admin_state)" drain
check_eq "rs2 is down from the start" "$(value real_server 10.0.0.12 state)" down
pause 3
check_eq "and nobody was told again" "$(events '10.0.0.12.*down')" 1
health rs2 200
check_soon 15 "rs2 comes back" is real_server 10.0.0.12 state up

note "killed at the very moment that a server is down"
was=$(events '10.0.0.12.*up -> down')
told_once_more() {
	[ "$(events '10.0.0.12.*up -> down')" -gt "$was" ]
}
health rs2 503
WAIT_STEP=0.01 check_soon 15 "rs2 is down" told_once_more
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 20 "it is back" is vrrp_instance VI state master
check_eq "rs2 is known to be down" "$(value real_server 10.0.0.12 state)" down
pause 2
check_eq "and told once" "$(events '10.0.0.12.*up -> down')" $((was + 1))
health rs2 200
check_soon 15 "rs2 comes back" is real_server 10.0.0.12 state up

note "several managers at once"
pids=()
for i in 1 2 3 4 5 6 7 8 9 10; do
	ctl d1 set real_server 'web 10.0.0.11 80' weight=$((300 + i)) upper_threshold=$((300 + i)) &
	pids+=($!)
	ctl d1 set vrrp_instance VI priority=$((200 + i)) &
	pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
check_eq "all of them succeed" $failed 0
check_eq "each change is whole" "$(value real_server 10.0.0.11 weight)" \
	"$(value real_server 10.0.0.11 upper_threshold)"
check "set back" ctl d1 set real_server 'web 10.0.0.11 80' weight=300
check "priority set back" ctl d1 set vrrp_instance VI priority=200

note "the file read again keeps what was set"
sed -i 's/advert_int 1$/advert_int 2/; s/priority 200/priority 90/' "$conf"
check "reload" ctl d1 reload
check_eq "the file's new interval" "$(value vrrp_instance VI advert_interval)" 2
check_eq "the priority that was set" "$(value vrrp_instance VI priority)" 200
check_eq "the weight that was set" "$(value real_server 10.0.0.11 weight)" 300

note "rows that were volatile, and a rollback to when they were not"
generation() { value system . generation; }
check "a pool" ctl d1 add pool brief start_down=on
check "its server" ctl d1 add real_server 'brief 10.0.0.9 25' weight=7
kept=$(generation)
check "they become volatile" ctl d1 set pool brief storage=volatile
check "more is set" ctl d1 set real_server 'brief 10.0.0.9 25' weight=8
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 30 "after a restart it answers" ctl d1 status
check_eq "they are gone" "$(ctl d1 show pool --all | grep -c brief)" 0
check_match "the history says so" "$(ctl d1 history | tail -n 9)" 'brief 10.0.0.9 25 +.*weight +8 -> ""'
now=$(generation)
check "back to before" ctl d1 rollback "$kept"
check_eq "the server is as it was" "$(value real_server 10.0.0.9 weight)" 7
check_eq "and the pool" "$(value pool '"brief"' start_down)" true
check_eq "and is kept" "$(value pool '"brief"' storage)" nonVolatile
check "back to when they were gone" ctl d1 rollback "$now"
check_eq "they are" "$(ctl d1 show pool --all | grep -c brief)" 0
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 30 "after another restart it answers" ctl d1 status
check_eq "nothing more was lost" "$(generation)" $((now + 2))
check "and to before, again" ctl d1 rollback "$kept"
check "another one is volatile" ctl d1 add pool other storage=volatile
check "to be confirmed: both change" ctl d1 -c 600 set pool brief storage=volatile start_down=off
check "the other one, too" ctl d1 set pool other start_down=on
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 30 "killed before that: it answers" ctl d1 status
check_eq "what was kept is back, whole" "$(value pool '"brief"' storage), $(value pool '"brief"' start_down)" \
	"nonVolatile, true"
check_eq "also what belongs to it" "$(value real_server 10.0.0.9 weight)" 7
check_eq "what was volatile is not" "$(ctl d1 show pool --all | grep -c other)" 0
check "remove it" ctl d1 delete pool brief
check "a volatile one" ctl d1 add pool late storage=volatile
printf 'server_pool late {\n}\n' >> "$conf"
check "that the file has now" ctl d1 reload
check "is set" ctl d1 set pool late start_down=on
kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 30 "killed: it answers" ctl d1 status
check_eq "what was set of the file's row is kept" "$(value pool '"late"' start_down)" true

note "a stop for good"
stop director-d1
check_eq "its exit status" $? 0
check_not "the address is gone" has_vip d1 10.0.0.100

note "a full disk"
mkdir "$T/small"
check "a state directory on a small disk" mount -t tmpfs -o size=800k tmp "$T/small"
at_exit umount -l "$T/small"
rmdir "$T/d1/state.old" 2>/dev/null
mv "$T/d1/state" "$T/d1/state.old"
ln -s "$T/small" "$T/d1/state"
director d1
check_soon 20 "it starts" is vrrp_instance VI state master
check_soon 20 "and checks" is pool web servers_up 2
dd if=/dev/zero of="$T/small/fill" bs=1k >/dev/null 2>&1
was=$(value real_server 10.0.0.11 weight)
refused() {
	! ctl d1 set real_server 'web 10.0.0.11 80' weight="$1" >/dev/null 2>&1
}
n=0
until refused $((100 + n)); do # what the datastore has reserved may take a few
	was=$((100 + n))
	n=$((n + 1))
	[ $n -lt 400 ] || break
done
check "a change is refused when the disk is full" test $n -lt 400
check_eq "and nothing has changed" "$(value real_server 10.0.0.11 weight)" "$was"
check_soon 10 "the datastore's trouble is shown" sh -c "! '$BUILD/directorctl' --state-dir '$T/d1/state' show system --json |
	grep -q '\"datastore_state\": *\"ok\"'"
health rs2 503
check_soon 15 "checks go on" is real_server 10.0.0.12 state down
check_eq "the instance is master" "$(value vrrp_instance VI state)" master
rm "$T/small/fill"
check_soon 10 "with room again, changes work" ctl d1 set real_server 'web 10.0.0.11 80' weight=9
check_soon 10 "and it says so" is system . datastore_state ok
stop director-d1
check_eq "it stops" $? 0

note "a damaged datastore"
rm "$T/d1/state"
mv "$T/d1/state.old" "$T/d1/state"
rm -f "$T/d1/state"/directord.db-*
dd if=/dev/urandom of="$T/d1/state/directord.db" bs=4k count=4 conv=notrunc 2>/dev/null
director d1
check_soon 20 "it starts all the same" is vrrp_instance VI state master
check_not "changes are refused" ctl d1 set real_server 'web 10.0.0.11 80' weight=9
check_eq "the file's weight is in effect" "$(value real_server 10.0.0.11 weight)" 1
check_match "the trouble is shown" "$(value system . datastore_state)" '(damaged|not a database|malformed)'

note "a stop that leaves all as it is"
signal director-d1 QUIT
pid=$(pgrep -o -f "directord -n -f $conf")
wait_for 10 sh -c "! kill -0 ${pid:-1} 2>/dev/null"
check "the address stays" has_vip d1 10.0.0.100
check_not "and nothing runs any more" pgrep -f "directord-.*$T/d1/state"
# what AddressSanitizer and UndefinedBehaviorSanitizer found, where they are built in
check_not "no sanitizer complained" sanitizer_complained director-d1
end_of_test
