# SPDX-License-Identifier: BSD-2-Clause
# The IPVS client and the reconciler against the kernel, with ipvsadm as the judge:
# everything that a service and a destination can be, changes in place, errors.
# shellcheck source=tests/lab/tap.sh
. "$(dirname "$0")/tap.sh"
need ipvsadm

kernel=$BUILD/lvs_kernel

check_eq "before: the kernel has not loaded IPVS" "$(grep -c '^ip_vs ' /proc/modules)" 0
check "every scheduler, flag, protocol, family, forwarding method, tunnel" \
	sh -c "$kernel matrix > $T/want"
sort "$T/want" > "$T/want.sorted"
ipvsadm -Sn | sort > "$T/have.sorted"
check_between "entries made" "$(wc -l < "$T/want.sorted")" 400 1000
check "ipvsadm sees the same" diff "$T/want.sorted" "$T/have.sorted"
check_match "ipvsadm sees the thresholds" "$(ipvsadm -Ln --thresholds -t 192.0.2.1:1001)" \
	'10\.1\.1\.3:1001 +3000 +20 '
check_match "ipvsadm sees the timeout of persistence" "$(ipvsadm -Ln -t '[2001:db8::1]:3000')" \
	'persistent 360 mask 64'
check "all changed in place and back, twice" "$kernel" change
ipvsadm -Sn | sort > "$T/have.sorted"
check "ipvsadm sees the first state again" diff "$T/want.sorted" "$T/have.sorted"
check "information and timeouts" "$kernel" timeouts
check "removed, entry by entry" "$kernel" clear
check_eq "ipvsadm sees nothing" "$(ipvsadm -Sn)" ""
check "each refusal belongs to its operation" "$kernel" errors
check_not "without CAP_NET_ADMIN it says so" \
	setpriv --bounding-set -net_admin --inh-caps -net_admin --reuid 65534 --clear-groups "$kernel" timeouts
check_match "in words" "$(setpriv --reuid 65534 --clear-groups "$kernel" timeouts 2>&1)" 'not permitted'

# speed, for the reader only
note "$("$kernel" fill 100 100 2>&1)"
ipvsadm -Sn > "$T/all"
ipvsadm -C
start=$(now_ms)
ipvsadm -R < "$T/all"
note "the same with ipvsadm -R: $(($(now_ms) - start)) ms"
check_eq "both made the same table" "$(ipvsadm -Sn | cksum)" "$(cksum < "$T/all")"
end_of_test
