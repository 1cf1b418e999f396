# SPDX-License-Identifier: BSD-2-Clause
# A virtual service by firewall mark: the firewall marks what comes for two ports, and both go to the
# real servers as one service, a client with all its connections to one of them.
. "$(dirname "$0")/tap.sh"
need ipvsadm tc

VIP=10.0.0.100
host d lan=10.0.0.1/24 srv=10.1.0.1/24
router d
host client lan=10.0.0.50/24,10.0.0.51/24
for i in 1 2; do
	host rs$i srv=10.1.0.1$i/24
	gateway rs$i 10.1.0.1
	real_server rs$i
	health rs$i 200
done
on d ip addr add $VIP/32 dev lan
cat > "$T/d/directord.conf" <<FILE
virtual_server fwmark 5 {
    name marked
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    persistence_timeout 60
    real_server 10.1.0.11 0 {
        TCP_CHECK {
            connect_port 80
        }
    }
    real_server 10.1.0.12 0 {
        TCP_CHECK {
            connect_port 80
        }
    }
}
FILE
director d
both_up() {
	[ "$(ctl d show real_server --json | grep -c '"state": *"up"')" -eq 2 ]
}
check_soon 10 "the servers are up" both_up
check_soon 10 "the kernel has the service" eval "on d ipvsadm -Ln | grep -q '^FWM *5 rr persistent 60'"
check_eq "unmarked packets go nowhere" "$(get client http://$VIP/ || echo none)" none

# At the ingress, where the lab's kernel can mark packets (its nftables know no IPv4).
modprobe -aq sch_ingress cls_u32 act_skbedit
on d tc qdisc add dev lan ingress
for port in 7 80; do
	on d tc filter add dev lan parent ffff: protocol ip u32 match ip dst $VIP/32 \
		match ip protocol 6 0xff match ip dport $port 0xffff action skbedit mark 5
done
marked() { # LOG OPTION...
	local log=$1
	shift
	on client "$BUILD/client" -v -w 5000 -n 10 -r 20 "$@" > "$T/$log.log"
	lab_last_report "$log"
}
marked one -s 10.0.0.50 $VIP 80
check_eq "ten requests by HTTP" "$(count one ok) $(count one failed)" "10 0"
first=$(( $(count one rs1) > 0 ? 1 : 2 ))
check_eq "all to one server: the client stays with it" "$(count one rs$first)" 10
marked two -m tcp -s 10.0.0.50 $VIP 7
check_eq "on the other port too" "$(count two ok) $(count two rs$first)" "10 10"
marked three -s 10.0.0.51 $VIP 80
check_eq "another client, the other server" "$(count three ok) $(count three rs$((3 - first)))" "10 10"
counted() {
	[ "$(ctl d show virtual_service --json | sed -n 's/.*"connections": *\([0-9]*\).*/\1/p')" -ge 30 ]
}
check_soon 10 "directord counted them" counted
end_of_test
