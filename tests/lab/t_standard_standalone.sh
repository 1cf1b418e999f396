#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=300
#
# t_standard_mibs.sh without snmpd: the agent is the SNMP engine.
export MODE=standalone
. "$(dirname "$0")/t_standard_mibs.sh"
