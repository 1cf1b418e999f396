# SPDX-License-Identifier: BSD-2-Clause
# The lab itself: what a command inside sees, and what passes out. The outside
# (exit status, signals, nothing left behind) is in lab.test.
. "$(dirname "$0")/tap.sh"

no_carrier() {
	on "$1" ip link show lan | grep -q NO-CARRIER
}

if [ -n "${LAB:-}" ]; then
	check_eq "commands are root" "$(id -u)" 0
	check "files can be written, /etc too" bash -c 'echo x > /etc/labtest && [ "$(cat /etc/labtest)" = x ]'
	check "LAB_OUT is a folder" test -d "$LAB_OUT"
	check "IPv6 is there" test -e /proc/net/if_inet6
fi

host a 10.9.0.1/24,2001:db8::1/64 other=10.8.0.1/24
host b 10.9.0.2/24,2001:db8::2/64
host c other=10.8.0.3/24
check "hosts of one network hear each other" on a ping -c 1 -W 2 10.9.0.2
check "over IPv6 too" on a ping -c 1 -W 2 2001:db8::2
check "a host can be on two networks" on a ping -c 1 -W 2 10.8.0.3
check_not "networks are apart" on b ping -c 1 -W 1 10.8.0.3
gateway b 10.9.0.1
gateway c 10.8.0.1
router a
check "a router forwards" on b ping -c 1 -W 2 10.8.0.3

unplug b
check_soon 3 "an unplugged host has no carrier" no_carrier b
check_not "and is not heard" on a ping -c 1 -W 1 10.9.0.2
plug b
check_soon 5 "it is heard again once plugged in" on a ping -c 1 -W 1 10.9.0.2
mute b
check_not "a muted host is not heard" on a ping -c 1 -W 1 10.9.0.2
check_match "but has its carrier" "$(on b ip link show lan)" LOWER_UP
unmute b
check_soon 5 "it is heard again" on a ping -c 1 -W 1 10.9.0.2

# Real servers and clients
real_server a
real_server b
check_eq "a real server names itself" "$(get b http://10.9.0.1/)" a
check_eq "over IPv6 too" "$(get a 'http://[2001:db8::2]/')" b
check_eq "its health is good" "$(get b http://10.9.0.1/health)" a
health a 503
check_eq "until it is told otherwise" "$(on b curl -s -o /dev/null -w '%{http_code}' http://10.9.0.1/health)" 503
client web a -r 50 -n 20 10.9.0.2 80
wait_for 10 log_has web '^end$'
client_end web
check_eq "the client counts answers" "$(count web ok)/$(count web failed)" 20/0
check_eq "by server" "$(count web b)" 20
client udp a -m udp -r 50 -n 10 10.9.0.2 7
client tcp a -m tcp -r 50 -n 10 10.9.0.2 7
wait_for 10 log_has udp '^end$' && wait_for 10 log_has tcp '^end$'
client_end udp; client_end tcp
check_eq "UDP and TCP are answered" "$(count udp b) $(count tcp b)" "10 10"
client long a -r 50 10.9.0.2 80
client stream a -m stream -c 3 10.9.0.2 80
wait_for 10 log_has httpd-b ready
pause 1
client_report long
check_between "counts can be had meanwhile" "$(count long ok)" 10 100
stop httpd-b
pause 1
client_end long
check_between "the client counts failures" "$(count long failed)" 5 100
check_between "by reason" "$(count long failed_refused)" 5 100
check_between "and the longest time without an answer" "$(count long gap_ms)" 700 8000
client_end stream
check_eq "lost connections of streams are counted" "$(count stream failed)" 3

crash a
check_not "a host without power is not heard" on b ping -c 1 -W 1 10.9.0.1
check_eq "and nothing runs there" "$(ip netns pids "${NS_PREFIX}a")" ""
power_on a
check_soon 5 "it is heard again with power" on b ping -c 1 -W 1 10.9.0.1

# SNMP tools
need snmpd snmptrapd snmpget
snmptrapd a
snmpd b 10.9.0.1
check_match "snmpd answers" "$(on a snmpget -v2c -c public 10.9.0.2 1.3.6.1.2.1.1.5.0)" 'STRING: "?b'
check "snmpd takes SETs" on a snmpset -v2c -c private 10.9.0.2 1.3.6.1.2.1.1.4.0 s somebody
check_soon 10 "its start was trapped" has_trap a "coldStart|6\.3\.1\.1\.5\.1|snmpMIBObjects\.5\.1"
stop snmpd-b
check_not "a stopped snmpd does not answer" on a snmpget -v2c -c public -t 1 -r 0 10.9.0.2 1.3.6.1.2.1.1.5.0
snmpd_start b
check_soon 10 "started again it does" on a snmpget -v2c -c public -t 1 -r 0 10.9.0.2 1.3.6.1.2.1.1.5.0
end_of_test
