#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# Managers that know VRRP only as the IETF has it: VRRPV3-MIB (RFC 6527) and VRRP-MIB (RFC 2787). They read what
# the file made, create, change and delete virtual routers, and get the standard notifications; the
# advertisements and ARP packets on the network show that it is true. By names where the IETF's texts
# are found (DIRECTOR_IETF_MIBS, see tests/unit/standard_mibs.test), else by numbers only. Needs no IPVS.
# MODE=standalone: without snmpd; t_standard_standalone.sh.
. "$(dirname "$0")/tap.sh"
need snmpd snmptrapd snmpget snmpset snmpwalk snmpbulkwalk tcpdump

MODE=${MODE:-agentx}
host d1 10.0.0.2/24
host d2 10.0.0.3/24
host m 10.0.0.60/24
for d in d1 d2; do
	cat > "$T/$d/directord.conf" <<-CONF
		global_defs {
		    router_id $d
		    snmp_mode $MODE
		    snmp_socket unix:$T/$d/agentx
		    snmp_config_file $T/$d/engine.conf
		}
		vrrp_instance OLD {
		    interface lan
		    virtual_router_id 20
		    version 2
		    priority $([ $d = d1 ] && echo 150 || echo 100)
		    advert_int 1
		    virtual_ipaddress { 10.0.0.120/24 }
		}
	CONF
done
cat >> "$T/d1/directord.conf" <<CONF
vrrp_instance NEW {
    interface lan
    virtual_router_id 30
    version 3
    priority 150
    advert_int 0.5
    virtual_ipaddress { 10.0.0.130/24 }
}
CONF

V3=1.3.6.1.2.1.207
V2=1.3.6.1.2.1.68
OPER=$V3.1.1.1.1 # vrrpv3OperationsEntry
ASSO=$V3.1.1.2.1.2
STAT=$V3.1.2.5.1
m() { # TOOL ARG...: numbers only, no module loaded
	local tool=$1
	shift
	on m env SNMP_PERSISTENT_DIR="$T/m/snmp" MIBS= "snmp$tool" -v2c -c private -t 5 -r 1 -On "$@" 2>&1
}
get() { m get -Ovqt 10.0.0.2 "$@"; }
set_() { m set -Ovq 10.0.0.2 "$@"; }
is() { [ "$(get "$1")" = "$2" ]; }
d2_is() { ctl d2 show vrrp_instance --json | grep -q "\"state\": *\"$1\""; }

snmptrapd m
for d in d1 d2; do printf '%s\n' 'rocommunity public' 'rwcommunity private' 'trap2sink 10.0.0.60 public' > "$T/$d/engine.conf"; done
[ "$MODE" = standalone ] || snmpd d1 10.0.0.60
director d1
IF=$(on d1 ip -o link show lan | cut -d: -f1)
OLD=$IF.20
NEW=$IF.30.1
MINE=$IF.51.1

# --- What the file made ------------------------------------------------------

check_soon 15 "the instance of version 3 is master" is "$OPER.6.$NEW" 3
check_soon 10 "that of version 2 is" is "$V2.1.3.1.3.$OLD" 3
check_eq "its master's address" "$(get $OPER.3.$NEW)" '"0A 00 00 02 "'
check_eq "its virtual MAC address" "$(get $OPER.5.$NEW)" '"00 00 5E 00 01 1E "'
check_eq "its interval" "$(get $OPER.9.$NEW)" 50
check_eq "its row" "$(get $OPER.13.$NEW)" 1
check_eq "its address" "$(get $ASSO.$NEW.4.10.0.0.130)" 1
check_eq "why it is master" "$(get $STAT.2.$NEW)" 3
check_eq "version 2: master's address" "$(get $V2.1.3.1.7.$OLD)" 10.0.0.2
check_eq "version 2: it is up" "$(get $V2.1.3.1.4.$OLD)" 1
check_match "each only in the module of its version" "$(get $OPER.6.$IF.20.1) $(get $V2.1.3.1.3.$IF.30)" \
	'No Such Instance.*No Such Instance'

uptime() { grep -v "^\.$OPER\.12\."; } # goes on between two walks
for root in $V3 $V2; do
	w=$(m walk 10.0.0.2 $root)
	check_eq "GETBULK finds what GETNEXT does" "$(m bulkwalk -Cr20 10.0.0.2 $root | uptime)" "$(uptime <<< "$w")"
	check_eq "every OID is there once, in order" "$(sed 's/ = .*//' <<< "$w" | sort -V -u)" "$(sed 's/ = .*//' <<< "$w")"
	check_between "objects" "$(wc -l <<< "$w")" 28 40
	# shellcheck disable=SC2046
	check_eq "GET finds each of them" "$(m get 10.0.0.2 $(sed 's/ = .*//' <<< "$w") | sed 's/ = .*//')" \
		"$(sed 's/ = .*//' <<< "$w")"
	check_match "the walk ends where the module does" \
		"$(m getnext 10.0.0.2 "$(tail -n 1 <<< "$w" | sed 's/ = .*//')")" '^\.1\.3\.6\.1\.(2\.1\.|6\.|4\.)'
done
before=$(get $STAT.13.$NEW)
check_eq "the counters are refreshed each second" "$before" 1000

# --- Notifications -----------------------------------------------------------

check_soon 10 "vrrpv3NewMaster" has_trap m \
	"snmpTrapOID.0 = OID: [^ ]*mib-2.207.0.1[[:space:]].*207.1.1.1.1.3.$NEW = Hex-STRING: 0A 00 00 02.*207.1.2.5.1.2.$NEW = INTEGER: 3"
check_soon 10 "vrrpTrapNewMaster" has_trap m \
	"snmpTrapOID.0 = OID: [^ ]*mib-2.68.0.1[[:space:]].*68.1.3.1.7.$OLD = IpAddress: 10.0.0.2"
check_eq "each once" "$(grep -Ec 'mib-2.(207|68).0.1[[:space:]]' "$T/m/traps")" 2
check_eq "besides our own" "$(grep -c 'drctVrrpNewState.*= INTEGER: master' "$T/m/traps")" 2

# --- Create, as vrrpv3OperationsRowStatus describes it -------------------------

traffic() { # SECONDS FILTER: on the manager's interface
	on m timeout "$1" tcpdump -lnti lan "$2" 2>/dev/null
}
check_eq "createAndWait" "$(set_ $OPER.13.$MINE i 5)" 5
check_eq "is not ready" "$(get $OPER.13.$MINE)" 3
check_eq "an address" "$(set_ $ASSO.$MINE.4.10.0.0.100 i 4)" 4
check_match "columns" "$(set_ $OPER.4.$MINE x 0a000002 $OPER.7.$MINE u 200 $OPER.9.$MINE i 20)" '200.*20'
check_eq "is ready" "$(get $OPER.13.$MINE)" 2
check_eq "nobody has the address" "$(has_vip d1 10.0.0.100 && echo yes)" ""
traffic 8 "vrrp or (arp and host 10.0.0.100)" > "$T/created" &
capture=$!
pause 1
check_eq "active" "$(set_ $OPER.13.$MINE i 1)" 1
check_soon 15 "it is master" is $OPER.6.$MINE 3
check "it has the address" has_vip d1 10.0.0.100
wait $capture
check_match "advertisements say so" "$(cat "$T/created")" \
	'10.0.0.2 > 224.0.0.18: VRRPv3, Advertisement, vrid 51, prio 200, intvl 20cs'
check_match "the address was announced" "$(cat "$T/created")" 'ARP, Request who-has 10.0.0.100 .*tell 10.0.0.100'
check "and is reached" on m ping -c 1 -W 3 10.0.0.100
check_soon 10 "the manager was told" has_trap m "mib-2.207.0.1[[:space:]].*207.1.1.1.1.3.$MINE = Hex-STRING: 0A 00 00 02"
check_between "it is up for (cs)" "$(get $OPER.12.$MINE)" 100 12000
check_eq "our own module has it by its name" \
	"$(snmp m get -OvqU 10.0.0.2 'DIRECTOR-VRRP-MIB::drctVrrpInstanceState."lan-51-v3"')" master

# --- Change -------------------------------------------------------------------

check_eq "another priority" "$(set_ $OPER.7.$MINE u 77)" 77
check_match "is advertised" "$(traffic 2 vrrp)" 'vrid 51, prio 77, intvl 20cs'
check_match "an address of a master" "$(m set 10.0.0.2 $ASSO.$MINE.4.10.0.0.101 i 4)" inconsistentValue
check_match "priority 255" "$(m set 10.0.0.2 $OPER.7.$MINE u 255)" wrongValue
check_match "priority 0" "$(m set 10.0.0.2 $OPER.7.$MINE u 0)" wrongValue
check_match "an interface that does not exist" "$(m set 10.0.0.2 $OPER.13.9999.51.1 i 5)" inconsistentName
check_match "the second of two variables" \
	"$(m set 10.0.0.2 $OPER.7.$MINE u 10 $OPER.9.$MINE i 5000)" "wrongValue.*Failed object: .$OPER.9.$MINE"
check_match "of two modules, one is wrong" \
	"$(m set 10.0.0.2 $OID_ROOT.3.1.1.1.6.3.78.69.87 u 111 $ASSO.$MINE.4.10.0.0.101 i 4)" \
	"inconsistentValue.*Failed object: .$ASSO.$MINE.4.10.0.0.101"
check_eq "then neither is set" "$(get $OPER.7.$NEW)" 150
check_match "of two modules, both are right" \
	"$(set_ $OID_ROOT.3.1.1.1.6.3.78.69.87 u 111 $OPER.7.$MINE u 112)" '111.*112'
check_eq "then both are set" "$(get $OPER.7.$NEW $OPER.7.$MINE | tr '\n' ' ')" "111 112 "
check_eq "out of service" "$(set_ $OPER.13.$MINE i 2)" 2
check_soon 5 "it is in initialize" is $OPER.6.$MINE 1
check_soon 5 "its address is gone" eval '! has_vip d1 10.0.0.100'
check_eq "another address" "$(set_ $ASSO.$MINE.4.10.0.0.101 i 4)" 4
check_eq "back" "$(set_ $OPER.13.$MINE i 1)" 1
check_soon 15 "it is master again" is $OPER.6.$MINE 3
check_soon 5 "with both addresses" has_vip d1 10.0.0.101
check_eq "as it counts" "$(get $OPER.8.$MINE)" 2

# --- It lasts -----------------------------------------------------------------

kill -KILL -- "-$(pid_of director-d1)"
wait "$(pid_of director-d1)" 2>/dev/null
director d1
check_soon 30 "all processes died: it is master again" is $OPER.6.$MINE 3
check_eq "with its priority" "$(get $OPER.7.$MINE)" 112

# --- VRRP-MIB -----------------------------------------------------------------

check_match "version 2: while active only AdminState" "$(m set 10.0.0.2 $V2.1.3.1.5.$OLD i 120)" inconsistentValue
director d2
check_soon 20 "d2 hears d1" d2_is backup
check_eq "AdminState down" "$(set_ $V2.1.3.1.4.$OLD i 2)" 2
check_soon 10 "is in initialize" is $V2.1.3.1.3.$OLD 1
check_soon 10 "d2 takes over" d2_is master
check_match "RowStatus, priority, RowStatus" \
	"$(set_ $V2.1.3.1.15.$OLD i 2 && set_ $V2.1.3.1.5.$OLD i 180 && set_ $V2.1.3.1.15.$OLD i 1)" '2.*180.*1'
check_eq "AdminState up" "$(set_ $V2.1.3.1.4.$OLD i 1)" 1
check_soon 20 "it preempts d2" is $V2.1.3.1.3.$OLD 3
check_soon 10 "and says so" eval '[ "$(grep -c "mib-2.68.0.1[[:space:]].*68.1.3.1.7.$OLD = IpAddress: 10.0.0.2" "$T/m/traps")" -ge 2 ]'
check_eq "no traps of this module" "$(set_ $V2.1.2.0 i 2)" 2
before=$(grep -c 'mib-2.68.0.1[[:space:]]' "$T/m/traps")
check_match "a virtual router of version 2, in one request" \
	"$(set_ $V2.1.3.1.15.$IF.60 i 4 $V2.1.3.1.4.$IF.60 i 1 $V2.1.4.1.2.$IF.60.10.0.0.160 i 4)" '4.*1.*4'
check_soon 15 "is master" is $V2.1.3.1.3.$IF.60 3
check_soon 10 "our own notification tells of it" has_trap m 'drctVrrpInstanceState."lan-60" = INTEGER: master'
check_eq "the module's does not" "$(grep -c 'mib-2.68.0.1[[:space:]]' "$T/m/traps")" "$before"
check_eq "down" "$(set_ $V2.1.3.1.4.$IF.60 i 2)" 2
check_soon 10 "is in initialize, too" is $V2.1.3.1.3.$IF.60 1
check_eq "destroyed" "$(set_ $V2.1.3.1.15.$IF.60 i 6)" 6
check_match "is gone" "$(get $V2.1.3.1.3.$IF.60)" 'No Such Instance'

# --- Errors that a neighbour makes --------------------------------------------

sed -i 's/version 2/version 2\n    authentication {\n        auth_type PASS\n        auth_pass secret\n    }/' "$T/d2/directord.conf"
cat >> "$T/d2/directord.conf" <<CONF
vrrp_instance WRONG {
    interface lan
    virtual_router_id 30
    version 2
    priority 200
    virtual_ipaddress { 10.0.0.131/24 }
}
CONF
check "a neighbour with another version and another authentication" ctl d2 reload
more() { [ "$(get "$1")" -gt "$2" ]; }
check_soon 15 "packets of another version are counted" more $V3.1.2.2.0 2
check_soon 5 "and are the instance's last error" is $STAT.6.$NEW 2
check_soon 15 "packets of another authentication are counted" more $V2.2.4.1.11.$OLD 2
check_eq "as such, not as a wrong password or an unknown type" "$(get $V2.2.4.1.4.$OLD $V2.2.4.1.10.$OLD | tr '\n' ' ')" "0 0 "
check_soon 5 "packets for VRIDs that are nobody's are none of it" is $STAT.6.$MINE 0
stop director-d2

# --- Delete -------------------------------------------------------------------

check_eq "out of service again" "$(set_ $OPER.13.$MINE i 2)" 2
check_match "its addresses" "$(set_ $ASSO.$MINE.4.10.0.0.100 i 6 $ASSO.$MINE.4.10.0.0.101 i 6)" '6.*6'
check_eq "destroy" "$(set_ $OPER.13.$MINE i 6)" 6
check_match "it is gone" "$(get $OPER.13.$MINE)" 'No Such Instance'
check_not "and so is its address" has_vip d1 10.0.0.100
check_match "a row of the file stays" "$(m set 10.0.0.2 $OPER.13.$NEW i 6)" inconsistentValue

# --- By the IETF's names -------------------------------------------------------

texts=
for dir in "${DIRECTOR_IETF_MIBS:-}" "$SRC"/../*/ietf-mibs /usr/share/snmp/mibs/ietf /var/lib/mibs/ietf; do
	if grep -qs '^VRRPV3-MIB DEFINITIONS' "$dir"/*; then
		texts=$dir
		break
	fi
done
if [ -n "$texts" ]; then
	named() { # TOOL ARG...
		local tool=$1
		shift
		on m env SNMP_PERSISTENT_DIR="$T/m/snmp" "snmp$tool" -M "$texts" -m ALL -v2c -c private -t 5 -r 1 "$@" 2>&1
	}
	O=VRRPV3-MIB::vrrpv3Operations
	check_match "created by names" "$(named set 10.0.0.2 ${O}RowStatus.$IF.52.ipv4 = createAndGo \
		VRRPV3-MIB::vrrpv3AssociatedIpAddrRowStatus.$IF.52.ipv4.4.10.0.0.152 = createAndGo \
		${O}PrimaryIpAddr.$IF.52.ipv4 x 0a000002 ${O}Priority.$IF.52.ipv4 = 101)" 'createAndGo.*createAndGo.*101'
	check_soon 15 "is master, by names" eval '[[ $(named get -Ovq 10.0.0.2 VRRPV3-MIB::vrrpv3OperationsStatus.$IF.52.ipv4) = master ]]'
	check_match "destroyed by names" "$(named set 10.0.0.2 ${O}RowStatus.$IF.52.ipv4 = destroy)" destroy
else
	skip "a virtual router by the IETF's names" "no text of VRRPV3-MIB here; set DIRECTOR_IETF_MIBS"
fi
end_of_test
