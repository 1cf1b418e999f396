#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# keepalived's own samples with VRRP instances, unchanged: each on a host that has the interfaces which they name, but
# none of their scripts. Every instance becomes master, all virtual addresses are set, and a stop takes them away.
# Not here: conditional_conf, whose instance listens for 40 s. Needs no IPVS.

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
SAMPLES=/usr/share/doc/keepalived/samples/keepalived.conf
[ -e "$SAMPLES.vrrp" ] || skip_all "keepalived's samples are not installed"

# not_yet FILE: it is refused, and only for keywords that directord.conf(5) says are not there yet
not_yet() {
	local said
	said=$("$BUILD/directord" -t "$1" 2>&1) && return 1
	! grep -v 'has no effect' <<< "$said" | grep -qv 'is not supported' && note "${1##*.conf.}: not yet: $said"
}
# The virtual addresses of a file, without their lengths
vips() { # HOST
	awk '/^[^#!]*virtual_ipaddress/ {on = 1; next} /}/ {on = 0} on && $1 ~ /^[0-9]/ {sub("/.*", "", $1); print $1}' \
		"$T/$1/directord.conf" | sort -u
}
instances() { # HOST
	awk '$1 == "vrrp_instance" {print $2}' "$T/$1/directord.conf"
}
# Which of its instances are not master
others() { # HOST
	local i
	for i in $(instances "$1"); do
		ctl "$1" show vrrp_instance "$i" --json | grep -q '"state": *"master"' || echo "$i"
	done
}
all_master() {
	[ -z "$(others "$1")" ]
}
present() { # HOST
	local vip all
	all=$(on "$1" ip -o addr)
	for vip in $(vips "$1"); do grep -F " $vip/" <<< "$all" > /dev/null && echo "$vip"; done
}
all_present() {
	[ "$(present "$1")" = "$(vips "$1")" ]
}
none_present() {
	[ -z "$(present "$1")" ]
}

running=()
for file in "$SAMPLES".*; do
	grep -q '^vrrp_instance' "$file" || continue
	case $file in *.conditional_conf) continue ;; esac
	! not_yet "$file" || continue
	name=s${#running[@]}
	running+=("$name")
	host "$name"
	for k in 0 1 2 3; do
		on "$name" ip link add "eth$k" type veth peer name "far$k"
		on "$name" ip link set "far$k" up
		on "$name" ip link set "eth$k" up
		on "$name" ip addr add "192.168.20$k.1/24" dev "eth$k"
	done
	on "$name" ip link add eth0.1 type veth peer name far4 # its VLAN
	on "$name" ip link set far4 up
	on "$name" ip link set eth0.1 up
	on "$name" ip addr add 192.168.100.1/24 dev eth0.1
	cp "$file" "$T/$name/directord.conf"
	echo "${file##*/}" > "$T/$name/sample"
	director "$name"
done
for name in "${running[@]}"; do
	sample=$(cat "$T/$name/sample")
	check_soon 30 "$sample: $(instances "$name" | wc -l) instances are master" all_master "$name"
	check_soon 10 "$(vips "$name" | wc -l) addresses are set" all_present "$name"
	check "it has some" test -n "$(vips "$name")"
	stop "director-$name"
	check_eq "it stops: exit status" "$?" 0
	check "and no address is left" none_present "$name"
done
check "there were samples" test "${#running[@]}" -ge 8
end_of_test
