# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A director d1 at 10.0.0.2 that is managed from the host m. To be sourced after tap.sh.

m() { # TOOL ARG...: values only
	local tool=$1
	shift
	snmp m "$tool" -OvqU 10.0.0.2 "$@" 2>&1
}
answers() {
	m get DIRECTOR-MIB::drctSystemGeneration.0 | grep -x '[0-9]*'
}
no_restarts() {
	! ctl d1 show process --json | grep '"restarts"' | grep -qv '"restarts": *0'
}
