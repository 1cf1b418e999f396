# SPDX-License-Identifier: BSD-2-Clause
# IPVS in the lab, by ipvsadm alone: every scheduler, and requests through each
# forwarding method. If this fails, the lab is wrong, not directord.
. "$(dirname "$0")/tap.sh"
need ipvsadm

vip=192.0.2.100

# client and director on "wan"; NAT servers behind the director; DR servers
# beside it; TUN servers on another network, behind a router
host c wan=192.0.2.10/24
host d wan=192.0.2.1/24 lan=10.0.0.1/24
host r wan=192.0.2.254/24 far=203.0.113.254/24
router d
router r
gateway d 192.0.2.254
on d ip addr add $vip/32 dev wan
for i in 1 2; do
	host n$i lan=10.0.0.1$i/24
	gateway n$i 10.0.0.1
	real_server n$i
	host x$i wan=192.0.2.2$i/24
	dr_server x$i $vip
	real_server x$i
	host t$i far=203.0.113.1$i/24
	gateway t$i 203.0.113.254
	tun_server t$i $vip
	real_server t$i
done

for s in rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh; do
	check "scheduler $s" on d ipvsadm -A -t $vip:8080 -s $s
	on d ipvsadm -C
done

# Connections of TCP, datagrams of UDP. The kernel brings them up to date every two seconds.
kernel_counted() {
	[ "$(on d ipvsadm -Ln --stats --exact | awk '$1 == "TCP" {print $3} $1 == "UDP" {print $4}' | xargs)" = "$1" ]
}

# spread NAME OPTION PORT RIP...: TCP and UDP at the VIP go to both servers
spread() {
	local name=$1 method=$2 first=$3 second=$4 a b p
	shift 4
	on d ipvsadm -C
	for p in -t:80 -u:7; do
		on d ipvsadm -A "${p%:*}" "$vip:${p#*:}" -s rr
		for rip in "$@"; do on d ipvsadm -a "${p%:*}" "$vip:${p#*:}" -r "$rip:${p#*:}" "$method" -w 1; done
	done
	on c "$BUILD/client" -v -w 10000 -n 20 -r 40 $vip 80 > "$T/web.log"
	lab_last_report web
	a=$(count web "$first") b=$(count web "$second")
	check_eq "$name: 20 HTTP requests, half to each server" "$a $b $(count web failed)" "10 10 0"
	on c "$BUILD/client" -m udp -w 5000 -n 20 -r 40 $vip 7 > "$T/udp.log"
	lab_last_report udp
	check_eq "$name: 20 UDP datagrams too" "$(count udp ok) $(count udp failed)" "20 0"
	# a client's port that comes twice stays with its server
	check_between "$name: to the first server" "$(count udp "$first")" 6 12
	check_soon 5 "$name: the kernel counted them" kernel_counted "20 20"
}
spread NAT -m n1 n2 10.0.0.11 10.0.0.12
spread DR -g x1 x2 192.0.2.21 192.0.2.22
spread TUN -i t1 t2 203.0.113.11 203.0.113.12

on c ip neigh flush dev wan
on c ping -c 1 -W 2 $vip >"$T/ping.log"
mac=$(on d ip -o link show wan | sed 's/.*ether \([0-9a-f:]*\).*/\1/')
check_match "only the director answers for the VIP" "$(on c ip neigh show $vip)" "lladdr $mac"
end_of_test
