# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The site that the whole-system tests use: directors d1 and d2, real servers rs1..rs3 behind LVS-NAT,
# a client and a manager. To be sourced after tap.sh.
#
#	client, manager ---- lan 10.0.0.0/24 ---- d1, d2 ---- srv 10.1.0.0/24 ---- rs1..rs3

VIP=10.0.0.100

# site_config NAME PRIORITY [EXTRA...]: the director's file; EXTRA goes into virtual_server.
# ADVERT=1: the advertisement interval in seconds
site_config() {
	local name=$1 priority=$2 i
	shift 2
	{
		cat <<-FILE
			global_defs {
			    router_id $name
			    snmp_socket unix:$T/$name/agentx
			}
			vrrp_sync_group SITE {
			    group { OUTSIDE INSIDE }
			}
			vrrp_instance OUTSIDE {
			    interface lan
			    virtual_router_id 51
			    priority $priority
			    advert_int ${ADVERT:-1}
			    virtual_ipaddress {
			        $VIP/24
			    }
			}
			vrrp_instance INSIDE {
			    interface srv
			    virtual_router_id 52
			    priority $priority
			    advert_int ${ADVERT:-1}
			    virtual_ipaddress {
			        10.1.0.1/24
			    }
			}
			virtual_server $VIP 80 {
			    name web
			    delay_loop 1
			    lb_algo rr
			    lb_kind NAT
			    protocol TCP
		FILE
		[ $# -eq 0 ] || printf '    %s\n' "$@"
		for i in 1 2 3; do
			cat <<-FILE
			    real_server 10.1.0.1$i 80 {
			        weight 1
			        HTTP_GET {
			            url {
			                path /health
			                status_code 200
			            }
			            connect_timeout 1
			            retry 1
			            delay_before_retry 1
			        }
			    }
			FILE
		done
		echo "}"
	} > "$T/$name/directord.conf"
}

# site: the hosts, with everything running but the directors
site() {
	local i
	host d1 lan=10.0.0.2/24 srv=10.1.0.2/24
	host d2 lan=10.0.0.3/24 srv=10.1.0.3/24
	host client lan=10.0.0.50/24
	host manager lan=10.0.0.60/24
	for i in 1 2 3; do
		host rs$i srv=10.1.0.1$i/24
		gateway rs$i 10.1.0.1
		real_server rs$i
		health rs$i 200
	done
	router d1
	router d2
	site_config d1 150
	site_config d2 100
}

# states HOST TABLE [STATE]: how many rows of the table have the state
states() {
	ctl "$1" show "$2" --json | grep -c "\"state\": *\"$3\""
}
all_up() {
	[ "$(states "$1" real_server up)" -eq 3 ]
}
is_master() {
	[ "$(states "$1" vrrp_instance master)" -eq 2 ]
}
is_backup() {
	[ "$(states "$1" vrrp_instance backup)" -eq 2 ]
}
# transitions HOST: of all VRRP instances together
transitions() {
	ctl "$1" show vrrp_instance --json | sed -n 's/.*"transitions": *\([0-9]*\).*/\1/p' | awk '{n += $1} END {print n + 0}'
}
# kernel_connections HOST: connections that the kernel has scheduled for the VIP
kernel_connections() {
	on "$1" ipvsadm -Ln --stats --exact | awk -v v="$VIP:80" '$2 == v {print $3}'
}
