#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Notification scripts and FIFOs: the same file for directord and for keepalived, and the same calls and lines of
# each instance and group, from the start to the stop; who runs the scripts; one that hangs, one that fails, a
# FIFO that nobody reads, the process script killed: nothing of that reaches VRRP, and nothing is lost unseen.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need keepalived

host ka wide=10.8.0.1/24
host pa wide=10.8.0.9/24
host d lan=10.8.0.2/24
host p lan=10.8.0.9/24
real_server p
health p 200
same_name ka
chmod 755 "$T"
PAIR=(ka d)
say_scripts "${PAIR[@]}"
for h in "${PAIR[@]}"; do echo 'exit 0' > "$T/$h/weight"; done
instance() { # HOST NAME VRID
	cat <<-END
		vrrp_instance $2 {
			interface lan
			virtual_router_id $3
			priority 100
			advert_int 1
			notify_master "$T/$1/say $2.states master" root
			notify_backup "$T/$1/say $2.states backup"
			notify_fault "$T/$1/say $2.states 'in fault'"
			notify_stop "$T/$1/say $2.states stop"
			notify "$T/$1/say $2 any"
			$(cat)
			virtual_ipaddress {
				10.8.0.1$3/24
			}
		}
	END
}
file() { # HOST
	cat <<-END
		global_defs {
			script_user nobody
			notify_fifo $T/$1/fifo.all
			vrrp_notify_fifo $T/$1/fifo.vrrp nobody
			lvs_notify_fifo $T/$1/fifo.lvs
			vrrp_notify_priority_changes
		}
		vrrp_script plus {
			script "/bin/sh $T/$1/weight"
			interval 1
			weight 20
		}
		vrrp_sync_group G {
			group {
				A
				B
			}
			notify_master "$T/$1/say G.states master"
			notify_backup "$T/$1/say G.states backup"
			notify_fault "$T/$1/say G.states fault"
			notify_stop "$T/$1/say G.states stop"
			notify "$T/$1/say G any"
		}
	END
	instance "$1" A 51 < /dev/null
	instance "$1" B 52 < /dev/null
	instance "$1" C 53 <<-END
		notify_master_rx_lower_pri "$T/$1/say C.states lower"
		track_script {
			plus
		}
	END
	instance "$1" D 54 <<-END
		notify_deleted "$T/$1/say D.states deleted"
	END
	instance "$1" E 55 < /dev/null
}
# of FILE: without the block of the instance
without() { # NAME
	awk -v name="$1" '$1 == "vrrp_instance" && $2 == name { gone = 1 } !gone { print }
		gone { depth += gsub(/{/, "") - gsub(/}/, ""); gone = depth > 0 }'
}
both() { # COMMAND...: for each of the two, with its name behind
	local h
	for h in "${PAIR[@]}"; do "$@" "$h"; done
}
read_fifo() { # KIND HOST
	start "cat-$2-$1" "$2" sh -c \
		"while sleep 0.1; do cat $T/$2/fifo.$1 >> $T/$2/log/fifo.$1 2>/dev/null; done" # keepalived makes it anew at a reload
}

link() { # up|down HOST
	on "$2" ip link set lan "$1"
}

weight() { # LINE HOST
	echo "$1" > "$T/$2/weight"
}

hears() { # PRIORITY COUNT HOST
	local from=p
	[ "$3" = d ] || from=pa
	on "$from" "$BUILD/vrrp-send" 10.8.0.9 10.8.0.153 53 "$1" "$2"
}
lines() { # HOST NAME: of the FIFO for all
	grep "\"$2\"" "$T/$1/log/fifo.all"
}

last_line() { # TEXT NAME HOST
	[ "$(lines "$3" "$2" | tail -1)" = "$1" ]
}
all_say() { # TEXT NAME...: both have come there
	local text=$1 name h
	shift
	for name in "$@"; do
		for h in "${PAIR[@]}"; do
			check_soon 20 "$h: $name ... $text" last_line "INSTANCE \"$name\" $text" "$name" "$h"
		done
	done
}

file ka > "$T/ka/keepalived.conf"
file d > "$T/d/directord.conf"
keepalived_up
director d
for h in "${PAIR[@]}"; do
	for k in all vrrp; do
		check_soon 10 "$h makes the FIFO $k" test -p "$T/$h/fifo.$k"
		read_fifo "$k" "$h"
	done
done
check_soon 10 "directord the FIFO lvs, too" test -p "$T/d/fifo.lvs"
read_fifo lvs d
check_eq "which its user alone can use" "$(stat -c '%a %U' "$T/d/fifo.vrrp")" "600 nobody"

note "a series of events: the start"
all_say "MASTER 100" A B D E
all_say "MASTER 120" C
both weight 'exit 1'
all_say "MASTER_PRIORITY 100" C
both hears 50 1
all_say "MASTER_RX_LOWER_PRI 100" C
note "a better master for a moment"
both hears 200 1
all_say "BACKUP 100" C
both weight 'exit 0'
all_say "MASTER 120" C
note "a fault"
both link down
all_say "FAULT 100" A B D E
all_say "FAULT 120" C
both link up
all_say "MASTER 100" A B D E
all_say "MASTER 120" C
note "instances that go with the file"
file ka | without D | without E > "$T/ka/keepalived.conf"
file d | without D | without E > "$T/d/directord.conf"
signal keepalived HUP
signal director-d HUP
all_say "DELETED 100" D
all_say "FAULT 100" E
check_soon 10 "the script of the deletion" grep -q 'deleted by nobody' "$T/d/log/D.states"
note "the stop"
# keepalived calls a reload a change of the priority
without_reload() {
	sed '/BACKUP_PRIORITY 120/{N;s/.*\n\(.* STOP 120\)/\1/}'
}
stop keepalived
stop director-d
for name in G A B C D E; do
	for f in "$name" "$name.states"; do
		check_eq "the calls of $f" "$(cat "$T/d/log/$f")" "$(cat "$T/ka/log/$f")"
	done
	check_eq "the lines of $name" "$(lines d "$name")" "$(lines ka "$name" | without_reload)"
done
check_eq "the FIFO of VRRP has the same" "$(cat "$T/d/log/fifo.vrrp")" "$(cat "$T/d/log/fifo.all")"
check_eq "that of LVS nothing" "$(cat "$T/d/log/fifo.lvs")" ""
check_not "FIFOs are removed at the end" ls "$T"/d/fifo.*
check_not "directord's log has no warning of a script" grep -E 'warning.*(script|FIFO)' "$T/director-d.log"

for k in all vrrp lvs; do stop "cat-d-$k"; done

note "scripts that hang, fail or are not there, and a FIFO that nobody reads"
fields() { # COLUMN ROW...: of one notify_script
	local column=$1
	shift
	ctl d show notify_script "$@" --json --all | sed -n "s/^ *\"$column\": \"\?\(.*[^\",]\)\"\?,\?\$/\1/p"
}
is() { # VALUE COLUMN ROW...
	local value=$1
	shift
	[ "$(fields "$@")" = "$value" ]
}
fifo_field() { # COLUMN KIND
	ctl d show notify_fifo "$2" --json --all | sed -n "s/^ *\"$1\": \"\?\(.*[^\",]\)\"\?,\?\$/\1/p"
}
state() { # NAME
	ctl d show vrrp_instance "$1" --json | sed -n 's/^ *"state": "\(.*\)".*/\1/p'
}
is_state() { # NAME STATE
	[ "$(state "$1")" = "$2" ]
}
waiting() { # NUMBER
	[ "$(ctl d show notice --json | grep -c '"sequence"')" -ge "$1" ]
}
printf '#!/bin/sh\necho "$3" >> %s/d/log/H\nexec tail -f %s/d/hang\n' "$T" "$T" > "$T/d/hang"
printf '#!/bin/sh\nexec cat "$1" >> %s/d/log/reader\n' "$T" > "$T/d/reader"
chmod 755 "$T/d/hang" "$T/d/reader"
cat > "$T/d/directord.conf" <<-END
	global_defs {
		script_user nobody
		notify_timeout 600
		vrrp_notify_fifo $T/d/fifo.vrrp
		notify_fifo $T/d/fifo.all nobody
		notify_fifo_script $T/d/reader nobody
	}
	vrrp_sync_group G {
		group {
			B
		}
	}
	vrrp_instance A {
		interface lan
		virtual_router_id 51
		version 3
		advert_int 0.1
		notify_master "$T/d/say H.states master"
		notify $T/d/hang
		virtual_ipaddress {
			10.8.0.151/24
		}
	}
	vrrp_instance B {
		interface lan
		virtual_router_id 52
		version 3
		advert_int 0.1
		notify /no/such/script
		virtual_ipaddress {
			10.8.0.152/24
		}
	}
	virtual_server 10.8.0.151 80 {
		protocol TCP
		delay_loop 1
		real_server 10.8.0.9 80 {
			notify_down "$T/d/say RS down"
			notify_up "$T/d/say RS up"
			HTTP_GET {
				url {
					path /health
					status_code 200
				}
				retry 0
			}
		}
	}
END
rm "$T"/d/log/*
director d
check_soon 20 "the instances are masters" has_vip d 10.8.0.151
check_soon 10 "the first call hangs" grep -qx BACKUP "$T/d/log/H"
check_soon 10 "the calls after it wait" waiting 3
check_soon 10 "a script that is not there has failed" is 2 failures instance B 0.0.0.0 0 any
check_match "and says so" "$(fields last_result instance B 0.0.0.0 0 any)" 'exit status 127'
on d ip link set lan down
check_soon 10 "a fault is a fault at once" is_state A fault
on d ip link set lan up
check_soon 20 "and the takeover waits for nobody" is_state A master
check_eq "while the first call hangs" "$(cat "$T/d/log/H")" BACKUP
check_soon 20 "and other instances are told" is 5 runs instance B 0.0.0.0 0 any
check_not "a real server that is up from the start is not told of" ls "$T/d/log/RS"
health p 503
check_soon 20 "so are real servers" grep -qx 'down by nobody' "$T/d/log/RS"
check_soon 10 "and the FIFO's program" grep -qx 'RS \[10.8.0.9\]:tcp:80 \[10.8.0.151\]:tcp:80 DOWN' "$T/d/log/reader"
health p 200
check_soon 20 "up again" grep -qx 'up by nobody' "$T/d/log/RS"
on d timeout 5 dd if=/dev/zero of="$T/d/fifo.vrrp" bs=65536 count=2 oflag=nonblock 2>/dev/null
on d ip link set lan down
check_soon 10 "a FIFO that is full: VRRP goes on" is_state B fault
lost() {
	[ "$(fifo_field lines_lost vrrp)" -ge 1 ]
}
check_soon 10 "its lines are counted as lost" lost
check_match "which is logged" "$(cat "$T/director-d.log")" 'a line is dropped: it is full, nobody reads'
on d ip link set lan up
note "the FIFO's program and the process script are killed"
kill -KILL "$(pgrep -fx "cat $T/d/fifo.all")"
started() {
	[ "$(fifo_field starts all)" -ge 2 ]
}
check_soon 20 "the program is started again" started
waits_before=$(ctl d show notice --json | grep -c '"sequence"')
kill -KILL "$(child d script)"
twice() {
	[ "$(cat "$T/d/log/H")" = $'BACKUP\nBACKUP' ]
}
check_soon 20 "the call that hung is made once more" twice
check "and nothing of the rest is lost ($waits_before)" waiting "$waits_before"
note "settings that are changed while it runs"
on d timeout 5 cat "$T/d/fifo.vrrp" > /dev/null # it has room again
# effect: system.fifo_states_on_reload vrrp_instance.notify_priority_changes sync_group.notify_priority_changes
check "lines of all states" ctl d set system fifo_states_on_reload=on
signal director-d HUP
reader_has() { # LINE
	grep -qx "$1" "$T/d/log/reader"
}
check_soon 20 "when the file is read again" reader_has 'INSTANCE "B" MASTER 100'
check "and of priorities" ctl d set vrrp_instance B notify_priority_changes=on priority=90
check_soon 20 "that change" reader_has 'INSTANCE "B" MASTER_PRIORITY 90'
check "or those of a group" ctl d set vrrp_instance B notify_priority_changes=off
check "that is on" ctl d set sync_group G notify_priority_changes=on
check "it changes" ctl d set vrrp_instance B priority=80
check_soon 20 "and is told" reader_has 'INSTANCE "B" MASTER_PRIORITY 80'
# effect: system.notify_timeout
check "a time limit" ctl d set system notify_timeout=1
kill -KILL "$(child d script)"
told() {
	ctl d show notice --json | grep -q sequence && return 1
	[ "$(tail -1 "$T/d/log/H")" = MASTER ]
}
check_soon 60 "with a time limit all calls are made" told
check_match "in order" "$(uniq "$T/d/log/H" | tr '\n' ' ')" '^BACKUP MASTER FAULT BACKUP MASTER FAULT BACKUP MASTER $'
check_match "and have no end in time" "$(fields last_result instance A 0.0.0.0 0 any)" 'no end within 1 s'
check "the script of the state alternates with them" [ "$(grep -c master "$T/d/log/H.states")" -ge 3 ]
# effect: system.real_server_init_notices
check "a real server that is new" ctl d set system real_server_init_notices=on
sed -i 's/real_server 10.8.0.9 80/real_server 10.8.0.9 80 {\n weight 2\n HTTP_GET {\n url {\n path \/health\n }\n }\n }\n real_server 10.8.0.9 81/' "$T/d/directord.conf"
sed -i 's/real_server 10.8.0.9 81/real_server 10.8.0.2 81/' "$T/d/directord.conf"
signal director-d HUP
check_soon 20 "is told to be up" reader_has 'RS \[10.8.0.2\]:tcp:81 \[10.8.0.151\]:tcp:80 UP'
stop director-d
check_not "nothing of them is left" pgrep -f "tail -f $T/d/hang"
end_of_test
