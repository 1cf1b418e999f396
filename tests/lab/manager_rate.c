/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manager ADDRESS make POOL FIRST NUMBER ROWS: makes real servers FIRST to FIRST + NUMBER - 1 of the pool, ROWS in
 * each request.  One line at the end: the microseconds that it took.
 *
 * manager ADDRESS weigh POOL NUMBER TIMES: sets the weight of real server NUMBER so many times, each time another
 * one.  One line: the median of the times that a request took, in microseconds.
 */
#include "tests/lab/manager.h"

#include <stdio.h>
#include <stdlib.h>

#define PATIENCE 50 /* tries while the director is busy with other managers */

/* Number 0 is 10.0.0.0, 256 is 10.0.1.0. */
static struct real_server *server(const char *pool, unsigned long number)
{
	struct real_server *r = ROW_NEW(real_server);
	uint8_t bytes[4] = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};

	row_set_text(&r->pool, pool);
	r->address = addr_from_bytes(bytes, 4);
	r->port = 80;
	return r;
}

static void add(struct manager *m, netsnmp_pdu *pdu, const char *pool, unsigned long number,
    const char *column, long value)
{
	struct real_server *r = server(pool, number);
	struct name n = manager_name(m, &r->row, column, PART_VALUE);

	manager_add_number(pdu, &n, ASN_INTEGER, value);
	row_free(&r->row);
}

static bool send_made(struct manager *m, const char *pool, unsigned long first, unsigned long n)
{
	int status = SNMP_ERR_RESOURCEUNAVAILABLE;

	for (int i = 0; i < PATIENCE && status == SNMP_ERR_RESOURCEUNAVAILABLE; i++) {
		netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);

		for (unsigned long k = first; k < first + n; k++)
			add(m, pdu, pool, k, "row_status", STATUS_CREATE_AND_GO);
		status = manager_send(m, pdu, NULL);
	}
	if (status == 0)
		return true;
	fprintf(stderr, "manager: real servers from %lu on: error %d\n", first, status);
	return false;
}

int make(struct manager *m, int argc, char **argv)
{
	unsigned long first, end, rows;
	usec_t start = clock_now();

	if (argc != 5)
		return 2;
	first = strtoul(argv[2], NULL, 10);
	end = first + strtoul(argv[3], NULL, 10);
	rows = strtoul(argv[4], NULL, 10);
	for (unsigned long n; first < end; first += n) {
		n = end - first < rows ? end - first : rows;
		if (!send_made(m, argv[1], first, n))
			return 1;
	}
	printf("%llu\n", (unsigned long long)(clock_now() - start));
	return 0;
}

static int earlier(const void *a, const void *b)
{
	const usec_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int weigh(struct manager *m, int argc, char **argv)
{
	size_t times = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	usec_t *took = calloc(times + 1, sizeof(*took));
	int status = 0;

	if (!times || !took)
		return 2;
	for (size_t i = 0; i < times && status == 0; i++) {
		netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);
		usec_t start = clock_now();

		add(m, pdu, argv[1], strtoul(argv[2], NULL, 10), "weight", (long)(2 + i % 100));
		status = manager_send(m, pdu, NULL);
		took[i] = clock_now() - start;
	}
	qsort(took, times, sizeof(*took), earlier);
	if (status == 0)
		printf("%llu\n", (unsigned long long)took[times / 2]);
	else
		fprintf(stderr, "manager: error %d\n", status);
	free(took);
	return status != 0;
}
