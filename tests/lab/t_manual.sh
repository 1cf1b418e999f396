#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# The examples of directord-snmp(7) work as they are written, one after the other, at a director whose
# file has nothing. Needs no IPVS.
. "$(dirname "$0")/tap.sh"
need snmpd snmpget snmpset snmpwalk snmpbulkwalk snmpbulkget snmptable

host d1 eth0=192.0.2.2/24
printf 'global_defs {\n    router_id d1\n    snmp_socket unix:%s\n}\n' "$T/d1/agentx" > "$T/d1/directord.conf"
snmpd d1
director d1
answers() { snmp d1 get 127.0.0.1 DIRECTOR-MIB::drctSystemVersion.0 | grep -q STRING; }
check_soon 30 "the director answers" answers

# What the page has between .Bd and .Ed under EXAMPLES: files 1, 2, ... of a shell's commands
mkdir "$T/examples"
awk -v dir="$T/examples" '/^\.Sh/ { on = /EXAMPLES/ }
	/^\.Bd/ { n++; inside = 1; next }
	/^\.Ed/ { inside = 0 }
	on && inside { gsub(/\\e/, "\\"); gsub(/ lb1 /, " 127.0.0.1 "); print > (dir "/" n) }' "$BUILD/man/directord-snmp.7"
examples=$(cd "$T/examples" && ls | sort -n)
check_between "examples" "$(wc -w <<< "$examples")" 15 50

value() { snmp d1 get -OvqU 127.0.0.1 "$1" 2>&1; }
rows() { snmp d1 walk -Oqs 127.0.0.1 "$1" 2>&1; }
generation() { value DIRECTOR-MIB::drctSystemGeneration.0; }
# The quorum, the weight... are those of the example before
run() { # N
	on d1 env SNMP_PERSISTENT_DIR="$T/d1/snmp" MIBDIRS="$MIBS_PATH" bash -e "$T/examples/$1"
}
for n in $examples; do
	check "$(grep -o 'DIRECTOR-[A-Z]*-*MIB::[A-Za-z]*' "$T/examples/$n" | head -n 1 | sed 's/.*:://') ($n)" run "$n"
	case $(cat "$T/examples/$n") in
	*drctVirtualServiceRowStatus*)
		check_eq "the service is there" "$(value 'DIRECTOR-LVS-MIB::drctVirtualServiceRowStatus."www".tcp.ipv4.4.192.0.2.100.80')" active
		check_eq "as one change" "$(value DIRECTOR-MIB::drctSystemGeneration.0)" "$(rows DIRECTOR-MIB::drctChangeTime | sed -n '$s/.*Time\.\([0-9]*\)\..*/\1/p')"
		;;
	*'VrrpInstanceRowStatus."outside"'*)
		check_soon 10 "the instance is master" eval "[ \"\$(value 'DIRECTOR-VRRP-MIB::drctVrrpInstanceState.\"outside\"')\" = master ]"
		check "and has its address" has_vip d1 192.0.2.100
		;;
	*'ControlConfirmTimeout.0 = 60'*)
		check_eq "the priority stays" "$(value 'DIRECTOR-VRRP-MIB::drctVrrpInstancePriority."outside"')" 50
		;;
	*ControlRollback*)
		check_eq "it is what it was" "$(value 'DIRECTOR-LVS-MIB::drctVirtualServerScheduler."www"')" wrr
		;;
	*ControlRevert*)
		check_match "nothing is left" "$(rows DIRECTOR-LVS-MIB::drctPoolRowStatus)" 'No Such|No more'
		check_soon 10 "the address is gone" eval '! has_vip d1 192.0.2.100'
		# something for the next one
		snmp d1 set 127.0.0.1 'DIRECTOR-LVS-MIB::drctRealServerRowStatus."none".ipv4.4.10.0.0.1.80' = createAndGo > "$T/refused" 2>&1
		check_match "a refusal" "$(rows DIRECTOR-MIB::drctRefusalReason)" 'none'
		;;
	esac
done
end_of_test
