#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# LIMIT=400
#
# t_agent_director.sh without snmpd: the agent is the SNMP engine. Also run outside the lab.
export MODE=standalone
. "$(dirname "$0")/t_agent_director.sh"
