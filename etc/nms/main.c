/* SPDX-License-Identifier: BSD-2-Clause */
/* schema-nms FORMAT > FILE: see nms.h. */
#include "config.h"
#include "etc/nms/nms.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	void (*put)(void);
} formats[] = {
    {"exporter", put_exporter},
    {"exporter-old", put_exporter_old},
    {"snmptt", put_snmptt},
    {"zabbix", put_zabbix},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(argv[1], formats[i].name) != 0)
			continue;
		formats[i].put();
		return ferror(stdout) || fflush(stdout) ? 1 : 0;
	}
	fprintf(stderr, "usage: schema-nms exporter|exporter-old|snmptt|zabbix\n");
	return 2;
}
