# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Hosts, real servers, managers and directors for the lab's scripts. To be sourced.
#
# A host is a network namespace. Its interfaces are named for the networks that
# they are on; a network is a bridge in a namespace of its own ("switch").
# All files of a script are below $T: one folder per host, one log per process.
#
# Runs inside the lab (tests/lab/lab), and also outside as root, where IPVS and
# User Mode Linux's slow clock are not wanted: there the namespaces get names of
# their own, and everything is removed at the end.

set -u
SRC=${SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BUILD=${BUILD:-$SRC/build}
OID_ROOT=${OID_ROOT:-1.3.6.1.4.1.8072.9999.9999.68}
MIBS_PATH=$SRC/mibs:$SRC/mibs/base
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C.UTF-8

T=$(mktemp -d /tmp/labtest.XXXXXX)
export T # for what director starts
chmod 755 "$T"
NS_PREFIX=
[ -n "${LAB:-}" ] || NS_PREFIX=t$$-
declare -A LAB_PID=() LAB_NETWORK=()
LAB_HOSTS=()

# --- Ending ---------------------------------------------------------------

# What a script itself wants done at the end: at_exit COMMAND...
LAB_AT_EXIT=()
at_exit() {
	LAB_AT_EXIT+=("$(printf '%q ' "$@")")
}

# What killed processes leave in memory for the next ones of their state directory (core/base/rundir.h).
lab_forget_memory() {
	local dir dev inode
	for dir in "$T"/*/state; do
		read -r dev inode < <(stat -c '%D %i' "$dir" 2>/dev/null) || continue
		inode=$(printf %x "$inode")
		rm -rf "/run/directord-$dev-$inode" "/dev/shm/directord-$dev-$inode"
	done
}

lab_cleanup() {
	local status=$? name c
	trap '' INT TERM
	trap - EXIT
	for c in "${LAB_AT_EXIT[@]}"; do eval "$c"; done
	if declare -F lab_finish >/dev/null; then
		lab_finish "$status"
		status=$?
	fi
	if [ -n "${LAB_KEEP_LOGS:-}" ] && [ -n "${LAB_OUT:-}" ]; then
		cp -r "$T" "$LAB_OUT/" 2>/dev/null
	fi
	if [ -z "${LAB:-}" ]; then # inside, the machine is switched off
		for name in "${!LAB_PID[@]}"; do kill -KILL -- "-${LAB_PID[$name]}" 2>/dev/null; done
		wait 2>/dev/null
		for name in "${LAB_HOSTS[@]}" switch; do
			# what a process of ours started and left behind
			# shellcheck disable=SC2046
			kill -KILL $(ip netns pids "$NS_PREFIX$name" 2>/dev/null) 2>/dev/null
			ip netns delete "$NS_PREFIX$name" 2>/dev/null
		done
		lab_forget_memory
		rm -rf "$T"
	fi
	exit "$status"
}
trap lab_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- Waiting --------------------------------------------------------------

exec {lab_never}<> <(:)

# A sleep that costs no process. pause SECONDS
pause() {
	read -r -t "$1" -u "$lab_never" || :
}

# UPTIME: whole seconds of a clock that nobody sets, as SECONDS is set with the host's.
uptime_now() {
	read -r UPTIME _ < /proc/uptime
	UPTIME=${UPTIME%.*}
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds; 1 if it never does.
wait_for() {
	local until step=${WAIT_STEP:-0.1}
	uptime_now
	until=$((UPTIME + $1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		uptime_now
		[ "$UPTIME" -lt "$until" ] || return 1
		pause "$step"
	done
}

# sanitizer_complained LOG: of anything but memory that Net-SNMP's library had asked for itself when the process ended
sanitizer_complained() {
	awk '/ERROR: AddressSanitizer|runtime error:/ {found = 1}
		/leak of .* allocated from:/ {leak = 1}
		leak && /#1 / {leak = 0; if (!/libnetsnmp/) found = 1}
		END {exit !found}' "$T/$1.log"
}

# now_ms: milliseconds of a clock that only goes forward
now_ms() {
	local up
	read -r up _ < /proc/uptime
	up=${up/./}
	echo "${up}0"
}

# --- Hosts and networks ---------------------------------------------------

lab_switch() {
	[ -z "${LAB_SWITCH:-}" ] || return 0
	LAB_SWITCH=1
	ip netns add "${NS_PREFIX}switch"
	on switch sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}

# network NAME: a bridge; made by host when it first needs it
network() {
	[ -z "${LAB_NETWORK[$1]:-}" ] || return 0
	lab_switch
	on switch ip link add "$1" type bridge forward_delay 0 stp_state 0 mcast_snooping 0
	on switch ip link set "$1" up
	LAB_NETWORK[$1]=1
}

# on HOST COMMAND...: runs COMMAND in the host's namespace
on() {
	local host=$1
	shift
	nsenter --net="/run/netns/$NS_PREFIX$host" "$@"
}

# host NAME [NETWORK=]ADDR/LEN[,ADDR/LEN...]...
# Makes a host with one interface per NETWORK (default: lan), named for it.
# Interfaces and host names together are at most 14 characters.
# Its files are in $T/NAME.
host() {
	local name=$1 spec net addr
	shift
	ip netns add "$NS_PREFIX$name"
	LAB_HOSTS+=("$name")
	mkdir -p "$T/$name"
	on "$name" sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.all.accept_redirects=0 \
		net.ipv4.conf.default.accept_redirects=0
	on "$name" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 2>/dev/null
	on "$name" ip link set lo up
	for spec in "$@"; do
		net=lan
		case $spec in *=*) net=${spec%%=*} ;; esac
		network "$net"
		ip link add "$net" netns "$NS_PREFIX$name" type veth \
			peer name "$name.$net" netns "${NS_PREFIX}switch"
		on switch ip link set "$name.$net" master "$net" up
		on "$name" ip link set "$net" up
		for addr in $(tr , ' ' <<< "${spec#*=}"); do on "$name" ip addr add "$addr" dev "$net"; done
	done
}

# The host forwards packets and says nothing of shorter ways: a director for
# LVS-NAT, or a router. router HOST
router() {
	on "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.default.send_redirects=0
	local dev
	for dev in $(on "$1" ls /proc/sys/net/ipv4/conf); do
		on "$1" sysctl -qw "net.ipv4.conf.$dev.send_redirects=0"
	done
	on "$1" sysctl -qw net.ipv6.conf.all.forwarding=1 2>/dev/null || :
}

# gateway HOST ADDR: its default route
gateway() {
	on "$1" ip route replace default via "$2"
}

# unplug HOST [NETWORK]: pulls the cable: the host sees its carrier go. plug puts it back.
unplug() {
	on switch ip link set "$1.${2:-lan}" down
}
plug() {
	on switch ip link set "$1.${2:-lan}" up
}

# mute HOST [NETWORK]: the switch drops all frames from and to the host, whose
# link stays up. unmute ends it.
mute() {
	on switch bridge link set dev "$1.${2:-lan}" state 0
}
unmute() {
	on switch bridge link set dev "$1.${2:-lan}" state 3
}

# --- Processes ------------------------------------------------------------

# start NAME HOST COMMAND...: in the background, as a process group of its own,
# log in $T/NAME.log (appended)
start() {
	local name=$1 host=$2
	shift 2
	setsid nsenter --net="/run/netns/$NS_PREFIX$host" "$@" </dev/null >>"$T/$name.log" 2>&1 &
	LAB_PID[$name]=$!
}

pid_of() {
	echo "${LAB_PID[$1]}"
}

running() {
	kill -0 "${LAB_PID[$1]:-0}" 2>/dev/null
}

# signal NAME SIGNAL: to the process itself
signal() {
	kill "-$2" "${LAB_PID[$1]}"
}

# stop NAME [SIGNAL]: TERM, and waits; its exit status
stop() {
	local pid=${LAB_PID[$1]:-}
	[ -n "$pid" ] || return 0
	unset "LAB_PID[$1]"
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# die NAME: it and all its processes, without a good-bye; nothing says that they were killed
die() {
	kill -KILL -- "-$(pid_of "$1")"
	wait "$(pid_of "$1")"
} 2>/dev/null

# crash HOST: as if it lost its power: all stands still, no cable carries, and the processes are
# gone; none of them can say good-bye.
# power_on puts its cables back; what ran there is for the script to start again.
lab_cables() {
	on switch ip -o link show | sed -n "s/^[0-9]*: \($1\.[^@:]*\).*/\1/p"
}
crash() {
	local dev pids
	pids=$(ip netns pids "$NS_PREFIX$1")
	# shellcheck disable=SC2086
	kill -STOP $pids 2>/dev/null
	for dev in $(lab_cables "$1"); do on switch ip link set "$dev" down; done
	# shellcheck disable=SC2046
	kill -KILL $(ip netns pids "$NS_PREFIX$1") 2>/dev/null
	lab_reap
}
power_on() {
	local dev
	for dev in $(lab_cables "$1"); do on switch ip link set "$dev" up; done
}

# Forgets the processes that are gone, without bash telling of it.
lab_reap() {
	local name
	for name in "${!LAB_PID[@]}"; do
		if ! kill -0 "${LAB_PID[$name]}" 2>/dev/null; then
			wait "${LAB_PID[$name]}" 2>/dev/null
			unset "LAB_PID[$name]"
		fi
	done
}

# log_has NAME REGEX: a line of a process' log (extended)
log_has() {
	grep -Eq -- "$2" "$T/$1.log"
}

# --- Real servers and clients ---------------------------------------------

# real_server HOST [OPTION...]: tests/lab/httpd under the host's name: HTTP on
# port 80, TCP and UDP echo on port 7, control files in $T/HOST/www. See httpd.c.
real_server() {
	local host=$1
	shift
	mkdir -p "$T/$host/www"
	start "httpd-$host" "$host" "$BUILD/httpd" -n "$host" -c "$T/$host/www" -h 80 -e 7 -u 7 "$@"
	wait_for 10 log_has "httpd-$host" ready
}

# health HOST STATUS [TEXT]: what its /health answers from now on
health() {
	echo "$2 ${3:-$1}" > "$T/$1/www/health.new"
	mv "$T/$1/www/health.new" "$T/$1/www/health"
}

# LVS-DR: the VIP on lo, never announced. dr_server HOST VIP...
dr_server() {
	local host=$1 vip
	shift
	on "$host" sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
	for vip in "$@"; do
		case $vip in
		*:*) on "$host" ip -6 addr add "$vip/128" dev lo ;;
		*) on "$host" ip addr add "$vip/32" dev lo ;;
		esac
	done
}

# LVS-TUN with ipip: the VIP on tunl0. tun_server HOST VIP...
tun_server() {
	local host=$1 vip
	shift
	modprobe -q ipip 2>/dev/null || :
	on "$host" ip tunnel add tunl0 mode ipip 2>/dev/null || : # there with the module
	on "$host" ip link set tunl0 up
	on "$host" sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0
	for vip in "$@"; do on "$host" ip addr add "$vip/32" dev tunl0; done
}

# get HOST URL [OPTION...]: one request with curl: its body, or curl's exit status
get() {
	local host=$1 url=$2
	shift 2
	on "$host" curl -sS --connect-timeout 2 --max-time 5 --fail "$@" "$url" 2>/dev/null
}

# client NAME HOST OPTION... ADDR PORT [PATH]: tests/lab/client in the background; see client.c
client() {
	local name=$1 host=$2
	shift 2
	start "$name" "$host" "$BUILD/client" "$@"
}

# client_report NAME: the counts since the last report, in $T/NAME.report; read them with count
client_report() {
	local ends
	ends=$(grep -c '^end$' "$T/$1.log")
	signal "$1" USR1
	wait_for 10 lab_more_ends "$1" "$ends"
	lab_last_report "$1"
}
lab_more_ends() {
	[ "$(grep -c '^end$' "$T/$1.log")" -gt "$2" ]
}
lab_last_report() {
	awk '/^requests /{r=""} {r=r $0 "\n"} /^end$/{last=r} END{printf "%s", last}' "$T/$1.log" > "$T/$1.report"
}

# client_end NAME: ends it; its exit status; the last counts are in the report
client_end() {
	local status
	stop "$1"
	status=$?
	lab_last_report "$1"
	return "$status"
}

# count NAME WHAT: a number of the last report, 0 if not there.
# WHAT: ok, failed, gap_ms..., or the name of a server
count() {
	awk -v w="$2" '$1 == w || ($1 == "server" && $2 == w) {n = $NF} END {print n + 0}' "$T/$1.report"
}

# --- SNMP -----------------------------------------------------------------

# snmpd HOST [MANAGER...]: the master agent: communities public (read) and private (write),
# traps to the MANAGERs' addresses, AgentX at $T/HOST/agentx
snmpd() {
	local host=$1 manager dir=$T/$1
	shift
	mkdir -p "$dir/snmp"
	{
		echo 'agentAddress udp:161'
		echo 'rocommunity public'
		echo 'rwcommunity private'
		echo 'sysName' "$host"
		echo 'master agentx'
		echo "agentXSocket unix:$dir/agentx"
		echo 'agentXPerms 0777 0777'
		echo 'agentXTimeout 5'
		for manager in "$@"; do echo "trap2sink $manager public"; done
	} > "$dir/snmpd.conf"
	snmpd_start "$host"
}
# snmpd_start HOST: again, after stop snmpd-HOST
snmpd_start() {
	local dir=$T/$1
	rm -f "$dir/agentx"
	start "snmpd-$1" "$1" env MIBS= SNMP_PERSISTENT_DIR="$dir/snmp" \
		snmpd -f -Lo -C -c "$dir/snmpd.conf" -I -smux
	wait_for 20 test -S "$dir/agentx"
}

# snmptrapd HOST [LINE...]: what it receives, one line each, in $T/HOST/traps; LINEs go into its file
snmptrapd() {
	local host=$1 dir=$T/$1
	shift
	mkdir -p "$dir/snmp"
	: > "$dir/traps"
	{
		echo 'disableAuthorization yes'
		echo 'doNotLogTraps no'
		echo 'format1 %b %w %q %v\n'
		echo 'format2 %b %v\n'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} > "$dir/snmptrapd.conf"
	snmptrapd_start "$host"
}
# snmptrapd_start HOST: again, after stop snmptrapd-HOST
snmptrapd_start() {
	local dir=$T/$1
	# not with -C: it would begin as another engine each time
	start "snmptrapd-$1" "$1" env SNMP_PERSISTENT_DIR="$dir/snmp" SNMPCONFPATH="$dir:$dir/snmp" \
		snmptrapd -f -n -t -A -Lf "$dir/traps" -M "$MIBS_PATH" -m ALL udp:162
	wait_for 20 lab_udp_port "$1" 162
}
lab_udp_port() {
	on "$1" ss -Huln "sport = :$2" | grep -q .
}

# has_trap HOST REGEX: among what its snmptrapd received
has_trap() {
	grep -Eq -- "$2" "$T/$1/traps"
}

# snmp HOST TOOL [OPTION...] ADDR OID...: snmpTOOL with the project's modules by name, community
# private; as the tools have it, options come before the address.
snmp() {
	local host=$1 tool=$2
	shift 2
	on "$host" env SNMP_PERSISTENT_DIR="$T/$host/snmp" "snmp$tool" -M "$MIBS_PATH" -m ALL \
		-v2c -c private -t "${SNMP_TIMEOUT:-5}" -r 1 "$@"
}

# --- Directors ------------------------------------------------------------

# The processes' users, as systemd-sysusers makes them from etc/. Not on this machine: inside
# the lab /etc is a copy; outside, lab_with_users shows one to the command alone.
lab_users() {
	local user number=990
	[ ! -e "$T/passwd" ] || return 0
	cp /etc/passwd /etc/group "$T/"
	while read -r _ user _; do
		if ! grep -q "^$user:" "$T/passwd"; then
			echo "$user:x:$number:$number::/nonexistent:/usr/sbin/nologin" >> "$T/passwd"
			echo "$user:x:$number:" >> "$T/group"
			number=$((number - 1))
		fi
	done < <(grep '^u' "$SRC/etc/directord.sysusers")
	[ -z "${LAB:-}" ] || cp "$T/passwd" "$T/group" /etc/
}
lab_with_users() {
	if [ -n "${LAB:-}" ]; then
		exec "$@"
	else
		exec unshare -m bash -c 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group &&
			shift && exec "$@"' bash "$T" "$@"
	fi
}

# state_disk HOST: the state directory on a file system of its own, that can hang. The caller has at_exit no_state_disk HOST.
state_disk() {
	local dir=$T/$1
	mkdir -p "$dir/state"
	truncate -s 16M "$dir/image" && mkfs.ext4 -qF "$dir/image" && mount -o loop "$dir/image" "$dir/state"
}
no_state_disk() {
	thaw "$1"
	lab_forget_memory # which is known by this file system
	umount -l "$T/$1/state" 2>/dev/null
}
# freeze HOST: what is written there waits, for ever; who writes cannot even be killed. Until thaw HOST.
freeze() {
	fsfreeze -f "$T/$1/state"
}
thaw() {
	fsfreeze -u "$T/$1/state" 2>/dev/null
}

# director HOST [OPTION...]: directord in the foreground with the file $T/HOST/directord.conf,
# state in $T/HOST/state, log in $T/director-HOST.log. agentx_socket in the file is the caller's
# to set: $T/HOST/agentx.
director() {
	local host=$1
	shift
	lab_users
	mkdir -p "$T/$host/state"
	start "director-$host" "$host" "$(type -P bash)" -c "$(declare -f lab_with_users); lab_with_users \"\$@\"" bash \
		"${LAB_BEFORE[@]}" "$BUILD/directord" -n -f "$T/$host/directord.conf" --state-dir "$T/$host/state" "$@"
}
LAB_BEFORE=()
# director_next HOST [OPTION...]: one that is started the moment the director that runs is gone, as by a service
# manager. It is the host's director from now on: who wants to kill the other must know its pid.
director_next() {
	# shellcheck disable=SC2016
	local LAB_BEFORE=("$(type -P bash)" -c 'flock "$0" true; exec "$@"' "$T/$1/state/directord.pid")
	director "$@"
}

# ctl HOST ARG...: directorctl of the host's director
ctl() {
	local host=$1
	shift
	on "$host" "$BUILD/directorctl" --state-dir "$T/$host/state" "$@"
}

# child HOST PROCESS: the pid of one of its director's processes (vrrp, lvs, check, agent)
child() {
	pgrep -o -P "$(pid_of "director-$1")" -f "directord-$2"
}

# has_vip HOST ADDR: does the host have the address?
has_vip() {
	on "$1" ip -o addr show | grep -Fq " $2/"
}
