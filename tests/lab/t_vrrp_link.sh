#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# When a change of a link counts: delays of an instance's own interface and of tracked ones, from the file and SET; links
# whose drivers have to be asked; beside keepalived with the same file. Needs no IPVS.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=tests/lab/vrrp_parts.sh
. "$(dirname "${BASH_SOURCE[0]}")/vrrp_parts.sh"
need keepalived

host d lan=10.7.0.2/24 side=10.8.0.2/24
host ka lan=10.7.0.1/24 side=10.8.0.1/24

# instance NAME VRID INTERVAL [SETTINGS]
instance() {
	printf 'vrrp_instance %s {\n interface lan\n virtual_router_id %s\n advert_int %s\n %s\n' "$1" "$2" "$3" "${4:-}"
	printf ' virtual_ipaddress {\n  10.7.0.10%s/24\n }\n}\n' "$2"
}
is() { # INSTANCE STATE
	[ "$(shown vrrp_instance "$1" state)" = "$2" ]
}
# link INTERFACE COLUMN VALUE
link() {
	ctl d show vrrp_interface --json --all | awk -v name="\"$1\"" -v column="\"$2\":" '
		$1 == "\"interface\":" { here = index($0, name) } here && $1 == column { sub(/^[^:]*: /, ""); gsub(/[",]/, ""); print }' |
		grep -Fqx -e "$3"
}
transitions() {
	shown vrrp_instance A transitions
}
priority_is() {
	[ "$(shown vrrp_instance A effective_priority)" = "$1" ]
}

note "the same file for both"
# A backup for five minutes, so that nothing but links changes anything.
both_with() { # DELAYS
	{
		printf 'interface_up_down_delays {\n lan %s\n side %s\n}\n' "$1" "$1"
		instance A 1 100 'track_interface {
  side weight -10
 }'
	} | tee "$T/ka/keepalived.conf" > "$T/d/directord.conf"
}
both_with "60 0.3"
keepalived_up
director d
check_soon 10 "directord is backup" is A backup
check_soon 10 "so is keepalived" log_has keepalived 'A\) Entering BACKUP STATE'
check_soon 5 "lan counts as up" link lan status up
check_soon 5 "and side" link side status up
before=$(transitions)
for h in d ka; do for net in lan side; do unplug $h $net; done; done
check_soon 5 "lan is down" link lan link_state down
check_soon 5 "side is down" link side link_state down
check_soon 5 "keepalived has seen it" log_has keepalived 'lan: Adding flags change'
check "which does not count for lan" link lan status up
check "nor for side" link side status up
for h in d ka; do for net in lan side; do plug $h $net; done; done
check_soon 5 "it has bounced" link lan ignored 1
check_soon 5 "and side" link side ignored 1
check "directord is backup" is A backup
check_eq "nothing has happened to it" "$(transitions)" "$before"
check "the priority is the configured one" priority_is 100
check_not "keepalived was not at fault either" log_has keepalived 'Entering FAULT STATE'
stop keepalived

note "delays that are over"
# effect: vrrp_interface.down_delay vrrp_interface.up_delay
unplug d
unplug d side
check_soon 5 "lan is down" link lan link_state down
check_soon 5 "side is down" link side link_state down
check "A is backup" is A backup
check "less delay for side" ctl d set vrrp_interface side down_delay=0.2
check_soon 5 "side counts as down" link side status down
check_soon 5 "that costs priority" priority_is 90
check "A is backup" is A backup
check "less delay for lan" ctl d set vrrp_interface lan down_delay=0.2
check_soon 5 "A is at fault" is A fault
check_match "and says why" "$(ctl d show vrrp)" 'carrier|cable|link'
check_soon 5 "lan counts as down" link lan status down
check "it takes a minute to be up" ctl d set vrrp_interface lan up_delay=60
check "and side" ctl d set vrrp_interface side up_delay=60
plug d
plug d side
check_soon 5 "lan is up" link lan link_state up
check_soon 5 "and side" link side link_state up
check "which does not count" link lan status down
check "A is at fault" is A fault
check "its priority is less" priority_is 90
check "at once" ctl d set vrrp_interface lan up_delay=0
check_soon 5 "A is backup" is A backup
check "side with a row is as it was" priority_is 90
on d ip link set side down
check_soon 5 "side is down again" link side ignored 2
on d ip link set side up
check "without delay" ctl d set vrrp_interface side up_delay=0
check_soon 5 "side counts as up" priority_is 100

note "a process that is started again goes on with the delay"
check "a minute" ctl d set vrrp_interface lan down_delay=60
unplug d
check_soon 5 "lan is down" link lan link_state down
before=$(transitions)
kill -KILL "$(shown process vrrp pid)"
check_soon 10 "another process" link lan link_state down
check_soon 10 "that is ready" eval '[ "$(shown process vrrp restarts)" = 1 ] && [ "$(shown process vrrp state)" = running ]'
check "lan still counts as up" link lan status up
check_not "A is not at fault" is A fault
check "a row that is gone" eval 'ctl d add vrrp_interface none && ctl d delete vrrp_interface none'
check "without delay" ctl d set vrrp_interface lan down_delay=0
check_soon 5 "A is at fault" is A fault
plug d
check_soon 5 "and backup again" is A backup

note "never longer than a backup waits"
instance A 1 1 'priority 200' > "$T/ka/keepalived.conf"
: > "$T/keepalived.log"
keepalived_up
check_soon 10 "keepalived is master" has_vip ka 10.7.0.101
check "an advertisement each second, and a minute's delay" eval 'ctl d set vrrp_interface lan down_delay=60 &&
	ctl d set vrrp_instance A advert_interval=1'
check_soon 5 "the delay is less than two of them" link lan down_in_effect 1.996094
before=$(shown vrrp_instance A became_master)
unplug d
check_soon 5 "A is at fault" is A fault
check_eq "it was not master" "$(shown vrrp_instance A became_master)" "$before"
plug d
check_soon 5 "and backup again" is A backup
stop keepalived
check "all is as the file says" ctl d revert all
stop director-d

note "drivers that are asked, with the same file for both"
{
	printf 'linkbeat_use_polling\nlinkbeat_interfaces {\n side IOCTL\n}\n'
	instance A 1 100 'track_interface {
  side weight -10
 }'
} | tee "$T/ka/keepalived.conf" > "$T/d/directord.conf"
: > "$T/keepalived.log"
keepalived_up
director d
check_soon 10 "directord is backup" is A backup
check_soon 10 "so is keepalived" log_has keepalived 'A\) Entering BACKUP STATE'
check_soon 5 "lan's driver knows ethtool's way, not the MII's" link lan linkbeat_method ethtool
check_soon 5 "side's flags are asked" link side linkbeat_method ioctl
for h in d ka; do for net in lan side; do unplug $h $net; done; done
check_soon 5 "directord is at fault" is A fault
check_soon 5 "and its priority is less" priority_is 90
check_soon 5 "keepalived is at fault" log_has keepalived 'A\) Entering FAULT STATE'
for h in d ka; do for net in lan side; do plug $h $net; done; done
check_soon 5 "directord is backup" is A backup
check_soon 5 "its priority is as before" priority_is 100
check_soon 5 "keepalived is backup" eval '[ "$(grep -c "A) Entering BACKUP STATE" "$T/keepalived.log")" = 2 ]'
stop keepalived
stop director-d

note "a link that is gone without the kernel knowing"
# effect: vrrp_interface.linkbeat
if env LD_PRELOAD="$BUILD/tests/lab/deaf_link.so" "$BUILD/directord" --version > "$T/version" 2>&1; then
	instance A 1 100 > "$T/d/directord.conf"
	chmod 755 "$T"
	LAB_BEFORE=(env "LD_PRELOAD=$BUILD/tests/lab/deaf_link.so" "DEAF_LINK=$T/deaf" "SLOW_BIND=$T/slow")
	director d
	check_soon 10 "A is backup" is A backup
	touch "$T/deaf"
	check "the driver is asked" ctl d add vrrp_interface lan linkbeat=ethtool
	check_soon 5 "it has no link: A is at fault" is A fault
	check_match "for want of a carrier" "$(ctl d show vrrp)" 'carrier|cable|link'
	check "the flags are asked" ctl d set vrrp_interface lan linkbeat=ioctl
	check_soon 5 "they say nothing of that: A is backup" is A backup
	check "the transceiver is asked, which does not exist: ethtool's way" ctl d set vrrp_interface lan linkbeat=mii
	check_soon 5 "A is at fault" is A fault
	check_soon 5 "which is told" link lan linkbeat_method ethtool
	rm "$T/deaf"
	check_soon 5 "it has its link: A is backup" is A backup
	touch "$T/deaf"
	check_soon 5 "and has not: A is at fault" is A fault
	check "it is not asked any more" ctl d set vrrp_interface lan linkbeat=off
	check_soon 5 "A is backup" is A backup
	check_soon 5 "which is told" link lan linkbeat_method off

	note "a socket that takes its time to be bound to its interface"
	instance B 2 100 | sed 's/interface lan/interface side/' > "$T/d/directord.conf"
	check "an instance on the other interface alone" ctl d reload
	check_soon 5 "is backup" is B backup
	# somebody speaks there for the VRID of the one to come
	start speaker ka sh -c "while '$BUILD/vrrp-send' 10.8.0.1 10.7.0.101 1 200 1; do sleep 0.05; done"
	check_soon 5 "and hears another VRID" eval 'ctl d show system --json --all | grep -q "\"vrrp_vrid_errors\": *[1-9]"'
	touch "$T/slow"
	instance A 1 100 >> "$T/d/directord.conf"
	check "one on lan comes to it" ctl d reload
	check_soon 10 "is backup" is A backup
	rm "$T/slow"
	pause 1.5
	check_eq "and has heard nothing of what is said on the other interface" \
		"$(ctl d show vrrp_statistics A --json --all | sed -n 's/.*"interval_errors": *\([0-9]*\).*/\1/p')" 0
	stop speaker
	stop director-d
else
	skip "another library than the sanitizers' comes first" "$(head -n 1 "$T/version")"
fi

check_not "no sanitizer complained" sanitizer_complained director-d
check_not "no errors" grep -Eq 'vrrp: error' "$T/director-d.log"
end_of_test
