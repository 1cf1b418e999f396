#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# From the file to the kernel's table, with ipvsadm as the judge: weights, administrative states, quorum
# with hysteresis and sorry server, services of each kind; what others do to the table; counters; and
# what kills, restarts and stops leave behind.
#
# LIMIT=300

# shellcheck source=tests/lab/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
need ipvsadm

vip=192.0.2.100
host c wan=192.0.2.10/24
host d wan=192.0.2.1/24 lan=10.0.0.1/24
router d
on d ip addr add $vip/32 dev wan
for i in 1 2 3 4; do
	host rs$i lan=10.0.0.1$i/24
	gateway rs$i 10.0.0.1
	real_server rs$i
	health rs$i 200
done

# server ADDRESS LINE...: a real_server block with an HTTP check
server() {
	local address=$1
	shift
	cat <<-FILE
		    real_server $address 80 {
		$(printf '        %s\n' "$@")
		        HTTP_GET {
		            url {
		                path /health
		                status_code 200
		            }
		            connect_timeout 1
		            retry 0
		        }
		    }
	FILE
}
# config WEIGHT1 [LINE...]: rs1..rs3 behind the VIP; the lines go into the block of rs1
config() {
	local weight=$1
	shift
	cat <<-FILE
		global_defs {
		    lvs_reconcile_interval 2
		}
		virtual_server $vip 80 {
		    name web
		    delay_loop 1
		    lb_algo wrr
		    lb_kind NAT
		    protocol TCP
		    quorum 2
		    hysteresis 1
		    sorry_server 10.0.0.14 80
		    ${extra:-}
		$(server 10.0.0.11 "weight $weight" "$@")
		$(server 10.0.0.12 "weight 2")
		$(server 10.0.0.13 "weight 1")
		}
	FILE
}
reload() {
	config "$@" > "$T/d/directord.conf"
	ctl d reload
}

# table [SERVICE]: the kernel's: "ADDRESS:PORT WEIGHT, ..."
table() {
	on d ipvsadm -Sn | awk -v s="${1:-$vip:80}" '$1 == "-a" && $3 == s {print $5, $8}' | sort | paste -sd, | sed 's/,/, /g'
}
table_is() { # WANT [SERVICE]
	[ "$(table "${2:-}")" = "$1" ]
}
# row TABLE PATTERN: the row whose text has the pattern
row() {
	ctl d show "$1" --json | tr -d '\n' | sed 's/}/}\n/g' | grep -- "$2"
}
# value TABLE PATTERN COLUMN
value() {
	row "$1" "$2" | sed -n "s/.*\"$3\": *\"*\([^\",}]*\).*/\1/p" | sed 's/ *$//'
}
value_is() { # WANT TABLE PATTERN COLUMN
	[ "$(value "$2" "$3" "$4")" = "$1" ]
}
lvs_pid() {
	pgrep -f "directord-lvs .*$T/d/state"
}
new_lvs() {
	[ -n "$(lvs_pid)" ] && [ "$(lvs_pid)" != "$1" ] &&
		value_is running process '"lvs"' state
}
connections() {
	on d ipvsadm -Ln --stats --exact | awk -v v="$vip:80" '$2 == v {print $3}'
}
events() {
	ctl d events | grep -c "virtual_server web: $1"
}

all="10.0.0.11:80 3, 10.0.0.12:80 2, 10.0.0.13:80 1"

note "start"
config 3 > "$T/d/directord.conf"
on d ipvsadm -A -t 198.51.100.9:99 -s rr # somebody else's
director d
check_soon 20 "the kernel has what the file says" table_is "$all"
check_soon 10 "the virtual server is up" value_is up virtual_server '"web"' state
check_eq "with all the weight" "$(value virtual_server '"web"' weight_up)" 6
check_eq "an unprivileged user with CAP_NET_ADMIN alone" \
	"$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$(lvs_pid)/status")" 0000000000001000
on c "$BUILD/client" -n 12 -r 40 $vip 80 > "$T/web.log"
lab_last_report web
check_eq "12 requests, by weight" "$(count web rs1) $(count web rs2) $(count web rs3) $(count web failed)" "6 4 2 0"

note "counters"
check_soon 10 "the rows have the kernel's numbers" value_is 12 virtual_service '"web"' connections
check_eq "of each destination" "$(value destination '"10.0.0.12"' connections)" 4
packets() {
	[ "$(value virtual_service '"web"' packets_in)" = "$(on d ipvsadm -Ln --stats --exact | awk -v v="$vip:80" '$2 == v {print $4}')" ]
}
check_soon 10 "of packets too" packets

note "administrative states and weights"
# effect: real_server.admin_state real_server.weight
check "reload: rs1 drains" reload 3 "admin_state drain"
check_soon 5 "weight 0" table_is "10.0.0.11:80 0, 10.0.0.12:80 2, 10.0.0.13:80 1"
check "reload: rs1 is disabled" reload 3 "admin_state disabled"
check_soon 5 "not in the table" table_is "10.0.0.12:80 2, 10.0.0.13:80 1"
check_soon 5 "which its row says" value_is -1 real_server '"10.0.0.11"' effective_weight
check "reload: rs1 is enabled with another weight" reload 5
check_soon 10 "and takes its share" table_is "10.0.0.11:80 5, 10.0.0.12:80 2, 10.0.0.13:80 1"
check "reload: as at the start" reload 3
check_soon 5 "the table too" table_is "$all"
check "the service is the same one: its counter went on" test "$(connections)" -ge 12

note "quorum 2, hysteresis 1"
# effect: virtual_server.quorum virtual_server.hysteresis virtual_server.sorry_address virtual_server.sorry_port
health rs1 503
check_soon 10 "rs1 fails: removed" table_is "10.0.0.12:80 2, 10.0.0.13:80 1"
health rs2 503
check_soon 10 "weight 1 still holds the quorum" table_is "10.0.0.13:80 1"
check_eq "up" "$(value virtual_server '"web"' state)" up
health rs3 503
check_soon 10 "all fail: the sorry server" table_is "10.0.0.14:80 1"
check_soon 5 "state sorry" value_is sorry virtual_server '"web"' state
check_eq "clients are served" "$(get c http://$vip/)" rs4
health rs2 200
check_soon 10 "weight 2 is not enough to gain it again; a server that is up keeps its connections" \
	table_is "10.0.0.12:80 0, 10.0.0.14:80 1"
health rs3 200
check_soon 10 "weight 3 is" table_is "10.0.0.12:80 2, 10.0.0.13:80 1"
check_soon 5 "state up" value_is up virtual_server '"web"' state
health rs1 200
check_soon 10 "all are back" table_is "$all"
check_eq "lost once" "$(events 'up -> sorry')" 1
check_eq "gained once" "$(events 'sorry -> up')" 1

note "somebody else's changes"
on d ipvsadm -d -t $vip:80 -r 10.0.0.12:80
on d ipvsadm -e -t $vip:80 -r 10.0.0.11:80 -m -w 77
on d ipvsadm -a -t $vip:80 -r 10.0.0.99:80 -m
check_soon 10 "are put right" table_is "$all"
drift() {
	ctl d show system --json | grep -q "\"lvs_drift\": *$1"
}
check_soon 5 "counted" drift 3
check "named: removed" log_has director-d 'somebody else has removed .*10\.0\.0\.12:80'
check "named: changed" log_has director-d 'somebody else has changed .*10\.0\.0\.11:80'
check "named: added" log_has director-d 'somebody else has added .*10\.0\.0\.99:80'
on d ipvsadm -C
on d ipvsadm -A -t 198.51.100.9:99 -s rr
check_soon 10 "after a flush as well" table_is "$all"
check_eq "what is not ours stays" "$(on d ipvsadm -Sn | grep -c 198.51.100.9:99)" 1

note "kill -9"
client requests c -r 20 $vip 80
client streams c -m stream -c 4 $vip 80
pause 2
pid=$(lvs_pid) before=$(connections)
kill -KILL "$pid"
check_soon 15 "lvs comes back" new_lvs "$pid"
pause 2
check "the kernel's counter went on" test "$(connections)" -gt "$before"
check_eq "nothing was done to the table" "$(table)" "$all"
behind() {
	[ "$(value virtual_service '"web"' connections)" -ge "$before" ]
}
check_soon 5 "the row goes on too" behind
check_eq "no event" "$(events '')" 2
client_end streams
check_eq "no connection broke" "$(count streams failed)" 0
health rs3 503
check_soon 10 "it does its work" table_is "10.0.0.11:80 3, 10.0.0.12:80 2"
client streams c -m stream -c 4 $vip 80
pause 2
kill -KILL -- "-$(pid_of director-d)"
wait "$(pid_of director-d)" 2>/dev/null
before=$(connections)
pause 1
check_eq "all killed: the table stays" "$(table)" "10.0.0.11:80 3, 10.0.0.12:80 2"
director d
seen=
for _ in $(seq 15); do
	seen="$seen$(table | grep -o '10.0.0.13')"
	pause 0.2
done
check_eq "started again: a server that is down does not come back for a moment" "$seen" ""
check_eq "the others stay" "$(table)" "10.0.0.11:80 3, 10.0.0.12:80 2"
check "and the kernel's counter went on" test "$(connections)" -gt "$before"
health rs3 200
check_soon 15 "rs3 is found healthy" table_is "$all"
client_end requests
check_eq "no request failed in all this" "$(count requests failed)" 0
client_end streams
check_eq "no connection broke" "$(count streams failed)" 0

note "a service that is configured away while nobody runs"
kill -KILL -- "-$(pid_of director-d)"
wait "$(pid_of director-d)" 2>/dev/null
cat > "$T/d/directord.conf" <<-FILE
	virtual_server $vip 81 {
	    lb_algo sh
	    lb_kind NAT
	    protocol TCP
	    delay_loop 1
	    persistence_timeout 120
	    persistence_granularity 255.255.255.0
	    real_server 10.0.0.11 80 {
	        weight 1
	        inhibit_on_failure
	        TCP_CHECK {
	            connect_timeout 1
	            retry 0
	        }
	    }
	}
	virtual_server $vip 7 {
	    lb_algo rr
	    lb_kind NAT
	    protocol UDP
	    real_server 10.0.0.12 7 {
	        weight 1
	    }
	}
	virtual_server $vip 53 {
	    name dns
	    lb_algo rr
	    lb_kind DR
	    protocol UDP
	    ops
	    real_server 10.0.0.12 53 {
	        weight 1
	    }
	}
	virtual_server fwmark 5 {
	    name mark
	    lb_algo wlc
	    lb_kind DR
	    real_server 10.0.0.13 80 {
	        weight 9
	    }
	}
	virtual_server $vip 82 {
	    name tun
	    lb_algo wlc
	    lb_kind TUN
	    protocol TCP
	    alpha
	    delay_loop 1
	    sorry_server 10.0.0.14 82
	    real_server 10.0.0.99 82 {
	        weight 1
	        TCP_CHECK {
	            connect_timeout 1
	            retry 0
	        }
	    }
	}
FILE
director d
gone() {
	! on d ipvsadm -Sn | grep -q "$vip:80 "
}
check_soon 20 "is removed at the next start" gone
check_eq "but not somebody else's" "$(on d ipvsadm -Sn | grep -c 198.51.100.9:99)" 1
line() { # OPTIONS...
	on d ipvsadm -Sn | grep -qFx -- "$*"
}
# effect: virtual_server.scheduler virtual_server.persistence_timeout virtual_server.persistence_prefix virtual_server.one_packet
check_soon 5 "persistence" line "-A -t $vip:81 -s sh -p 120 -M 255.255.255.0"
check_soon 5 "one-packet scheduling" line "-A -u $vip:53 -s rr -o"
check_soon 5 "a firewall mark" line "-A -f 5 -s wlc"
check_soon 5 "LVS-DR has the service's port" line "-a -f 5 -r 10.0.0.13:0 -g -w 9"
# effect: pool.start_down
check_soon 10 "LVS-Tun; before the first check the sorry server serves" table_is "10.0.0.14:82 1" "$vip:82"
on c "$BUILD/client" -m udp -n 5 -r 20 $vip 7 > "$T/udp.log"
lab_last_report udp
check_eq "UDP is answered" "$(count udp rs2) $(count udp failed)" "5 0"
# effect: real_server.on_failure
stop httpd-rs1
check_soon 20 "inhibit_on_failure: weight 0" table_is "10.0.0.11:80 0" "$vip:81"

note "columns"
# effect: real_server.tunnel_type real_server.tunnel_port real_server.tunnel_checksum
check "a GUE tunnel" ctl d set real_server "mark 10.0.0.13 80" forwarding=tun tunnel_type=gue tunnel_port=6080 tunnel_checksum=csum
check_soon 5 "in the kernel" line "-a -f 5 -r 10.0.0.13:0 -i -w 9 --tun-type gue --tun-port 6080 --tun-csum"
# effect: virtual_server.persistence_engine
check "the SIP engine" ctl d set virtual_server dns one_packet=off persistence_timeout=60 persistence_engine=sip
check_soon 5 "in the kernel" line "-A -u $vip:53 -s rr -p 60 --pe sip"
# effect: virtual_server.sorry_forwarding
check "the sorry server by LVS-DR" ctl d set virtual_server tun sorry_forwarding=dr
check_soon 5 "in the kernel" line "-a -t $vip:82 -r 10.0.0.14:82 -g -w 1"
# effect: virtual_server.sorry_inhibit
check "a sorry server that is not needed" ctl d set virtual_server mark sorry_address=10.0.0.14
pause 1
check_not "is not in the kernel" line "-a -f 5 -r 10.0.0.14:0 -m -w 0"
check "inhibited" ctl d set virtual_server mark sorry_inhibit=on
check_soon 5 "it is, with weight 0" line "-a -f 5 -r 10.0.0.14:0 -m -w 0"
# effect: virtual_server.pool
check "another pool" ctl d set virtual_server mark pool=dns
check_soon 5 "in the kernel" line "-a -f 5 -r 10.0.0.12:0 -g -w 1"
# effect: system.lvs_interval
check "a comparison each hour" ctl d set system lvs_interval=3600
on d ipvsadm -d -f 5 -r 10.0.0.12
pause 12 # the default is 10 s
check_not "what somebody removes stays away" line "-a -f 5 -r 10.0.0.12:0 -g -w 1"
check "each second" ctl d set system lvs_interval=1
check_soon 5 "is put right" line "-a -f 5 -r 10.0.0.12:0 -g -w 1"
check "that a stop is told" ctl d set virtual_server dns stop_down=on

note "a clean stop"
stop director-d
check_eq "ends with 0" $? 0
# effect: virtual_server.stop_down
check "tells of one that goes down" log_has director-d 'virtual server dns: up -> down: directord stops'
check_not "and of no other" log_has director-d 'virtual server mark: up -> down'
check_eq "removes what is ours, and nothing else" "$(on d ipvsadm -Sn | xargs)" "-A -t 198.51.100.9:99 -s rr"
end_of_test
