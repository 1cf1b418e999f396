# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the tests with another VRRP program beside directord share. To be sourced after tap.sh.
# VIPS: the virtual addresses; a length behind a slash does not count. EXCLUDED: those that are not advertised.

keepalived_up() {
	start keepalived ka keepalived -n -l -D -P -f "$T/ka/keepalived.conf" -p "$T/ka/pid" -r "$T/ka/vrrp.pid"
}
# A script for notices, for each host: say FILE ARG... writes into $T/HOST/log/FILE one line a call, and who ran it.
say_scripts() { # HOST...
	local h
	for h in "$@"; do
		mkdir -p "$T/$h/log"
		chmod 777 "$T/$h/log"
		cat > "$T/$h/say" <<-END
			#!/bin/sh
			file=\$1; shift
			echo "\$* by \$(id -un)" >> $T/$h/log/\$file
		END
		chmod 755 "$T/$h/say"
	done
}
# Of a host with a network of its own, "wide": the interface is called lan, as that of directord beside it.
same_name() { # HOST
	on "$1" ip link set wide down
	on "$1" ip link set wide name lan
	on "$1" ip link set lan up
}
# What the director on d shows of the row of that name
shown() { # TABLE NAME COLUMN
	ctl d show "$1" --json --all | awk -v name="\"$2\"" -v column="\"$3\":" '
		$1 == "\"name\":" { here = index($0, name) } here && $1 == column { sub(/^[^:]*: /, ""); gsub(/[",]/, ""); print }'
}
has_all() { # HOST
	local vip
	for vip in $VIPS ${EXCLUDED:-}; do has_vip "$1" "${vip%/*}" || return 1; done
}
has_none() { # HOST
	local vip
	for vip in $VIPS ${EXCLUDED:-}; do ! has_vip "$1" "${vip%/*}" || return 1; done
}
only() { # HOST OTHER: HOST has all addresses and OTHER has none
	has_all "$1" && has_none "$2"
}
