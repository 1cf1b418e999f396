/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_disk FILE NUMBER ROWS: what a disk gives to a plain loop with SQLite: so many rows inserted, ROWS in each
 * transaction, with the datastore's own settings (WAL, synchronous=FULL).  Prints the microseconds that it took.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/base/clock.h"

static sqlite3 *db;

static void run(const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return;
	fprintf(stderr, "bench_disk: %s: %s\n", sql, sqlite3_errmsg(db));
	exit(1);
}

int main(int argc, char **argv)
{
	unsigned long number, rows;
	usec_t start;
	char sql[200];

	if (argc != 4 || sqlite3_open(argv[1], &db) != SQLITE_OK)
		return 2;
	number = strtoul(argv[2], NULL, 10);
	rows = strtoul(argv[3], NULL, 10);
	run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "CREATE TABLE t(tbl TEXT NOT NULL, key TEXT NOT NULL, col TEXT NOT NULL, value TEXT "
	    "NOT NULL,"
	    " PRIMARY KEY(tbl, key, col)) WITHOUT ROWID;");
	start = clock_now();
	for (unsigned long i = 0; i < number; i++) {
		if (i % rows == 0)
			run("BEGIN");
		snprintf(sql, sizeof(sql),
		    "INSERT INTO t VALUES('real_server', 'web 10.0.%lu.%lu 80', 'row_status', "
		    "'active')",
		    i / 256, i % 256);
		run(sql);
		if (i % rows == rows - 1 || i == number - 1)
			run("COMMIT");
	}
	printf("%llu\n", (unsigned long long)(clock_now() - start));
	sqlite3_close(db);
	return 0;
}
