#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Files that are tracked. The same blocks for directord and for keepalived, each alone on a network of its own with
# files of its own: after each change of a file both advertise the same priority, or neither advertises. Then what
# can happen to files and folders, and the process script stopped and killed, which changes nothing.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need keepalived tcpdump

host ka wide=10.7.0.1/24
host d lan=10.7.0.2/24
same_name ka
# what both advertise, as it comes
for h in ka d; do start "adverts-$h" "$h" tcpdump -ni lan -l 'ip proto 112'; done
for h in ka d; do wait_for 20 log_has "adverts-$h" listening; done

# the last priority that was advertised in a time in which there are several adverts, or none; 0 is a resignation
priority_is() { # HOST PRIORITY
	local lines prio
	lines=$(wc -l < "$T/adverts-$1.log")
	pause 1.5
	prio=$(tail -n "+$((lines + 1))" "$T/adverts-$1.log" | sed -n 's/.*prio \([0-9]*\),.*/\1/p' | tail -1)
	[ "${prio:-none}" = "$2" ]
}
alike() { # TEXT PRIORITY
	check_soon 10 "$1: directord" priority_is d "$2"
	check_soon 10 "$1: keepalived" priority_is ka "$2"
}
write() { # FILE VALUE
	echo "$2" > "$T/ka/$1"
	echo "$2" > "$T/d/$1"
}
remove() { # FILE
	rm "$T/ka/$1" "$T/d/$1"
}
track_file() { # NAME COLUMN
	shown track_file "$@"
}
track_file_is() { # NAME COLUMN VALUE
	[ "$(track_file "$1" "$2")" = "$3" ]
}
file() { # HOST
	cat <<-END
		vrrp_track_file plain {
			file $T/$1/plain
		}
		track_file minus {
			file $T/$1/minus
			weight 2 reverse
			init_file 3
		}
		track_file fault {
			file $T/$1/fault
			weight 0
			init_file 1 overwrite
		}
		vrrp_instance V {
			interface lan
			virtual_router_id 51
			priority 100
			version 3
			advert_int 0.5
			track_file {
				minus
				${2-plain
				fault}
			}
			virtual_ipaddress {
				10.7.0.151/24
			}
		}
	END
}
write fault 0
file ka > "$T/ka/keepalived.conf"
file d > "$T/d/directord.conf"
keepalived_up
director d
check_soon 10 "a file that is overwritten at the start has its value" grep -qx 1 "$T/d/fault"
check_soon 10 "one that is not there is made" grep -qx 3 "$T/d/minus"
check_soon 10 "and is read" track_file_is minus value 3
alike "weight 0 and another value than 0: fault" none
check_match "directorctl says so" "$(ctl d status)" 'track_file fault is 1'
write fault 0
alike "it is 0" 94
write plain 40
alike "a value is added" 134
write plain -60
alike "or subtracted" 34
check_match "directorctl says what adds what" "$(ctl d status)" 'track_file minus is 3 \(-6\), track_file plain is -60 \(-60\)'
write plain 400
alike "at most 253" 254
write plain -254
alike "-254 means fault" none
write plain -253
alike "-253 does not" 1
write plain x
alike "what is no number is 0" 94
write plain 0x10
alike "hexadecimal" 110
write minus -5
alike "reverse" 126
remove minus
alike "a file that is removed is 0" 116
write minus -1
alike "and there again" 118
for h in ka d; do
	echo 7 > "$T/$h/new"
	mv "$T/$h/new" "$T/$h/plain"
done
alike "a file that is replaced" 109
write plain 99999999999
pause 1
write fault 0
alike "what is too large for a number is not counted" 109
check_match "and named" "$(track_file plain reason)" 'too large'
write plain 0

note "in groups"
group() { # OPTION
	file "$2" ""
	printf 'vrrp_sync_group G {\n group {\n V\n }\n track_file {\n  plain weight 3\n }\n %s\n}\n' "$1"
}
again() { # OPTION
	group "$1" ka > "$T/ka/keepalived.conf"
	group "$1" d > "$T/d/directord.conf"
	stop keepalived
	stop director-d
	write plain 10
	rm -f "$T/ka/pid" "$T/ka/vrrp.pid"
	keepalived_up
	director d
}
again ""
alike "only the group's weight counts" 130
again sync_group_tracking_weight
alike "the weights of the instance count, too" 132
stop keepalived

note "what happens to files"
file d > "$T/d/directord.conf"
signal director-d HUP
check_soon 10 "tracked by a reload: it is written, too" grep -qx 1 "$T/d/fault"
write fault 0
write minus 0
write plain 5
check_soon 10 "and read" priority_is d 105
mkdir "$T/d/other"
sed -i "s|file $T/d/plain|file $T/d/folder/plain|" "$T/d/directord.conf"
signal director-d HUP
check_soon 10 "a folder that is not there: 0" priority_is d 100
check_match "which is said" "$(track_file plain reason)" 'No such file'
mkdir "$T/d/folder"
echo 11 > "$T/d/folder/plain"
check_soon 10 "it comes" priority_is d 111
mv "$T/d/folder" "$T/d/gone"
check_soon 10 "it goes" priority_is d 100
echo 12 > "$T/d/other/plain"
mv "$T/d/other" "$T/d/folder"
check_soon 10 "another one is in its place" priority_is d 112
echo 13 > "$T/d/folder/plain"
check_soon 10 "and is watched" priority_is d 113
rm "$T/d/folder/plain"
ln -s "$T/d/gone/plain" "$T/d/folder/plain"
check_soon 10 "a symbolic link" priority_is d 111
echo 14 > "$T/d/gone/plain"
check_soon 10 "leads to another folder, which is watched" priority_is d 114
rm "$T/d/folder/plain"
mkfifo "$T/d/folder/plain"
check_soon 10 "a FIFO is not read" priority_is d 100
check_match "and named" "$(track_file plain reason)" 'no regular file'
rm "$T/d/folder/plain"
echo 20 > "$T/d/folder/plain"
check_soon 10 "a file again" priority_is d 120

note "without the process script"
kill -STOP "$(child d script)"
echo 1 > "$T/d/fault"
pause 2
check "stopped: the last value stays" priority_is d 120
kill -KILL "$(child d script)"
check_soon 10 "killed: it is there again and reads what was written meanwhile" priority_is d none
echo 0 > "$T/d/fault"
check_soon 10 "and what comes" priority_is d 120
check_eq "a restart overwrites nothing" "$(cat "$T/d/fault")" 0
stop director-d
end_of_test
