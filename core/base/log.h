/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logging.  Levels are defined by consequence:
 *
 *   ERROR    something the user asked for does not happen
 *   WARNING  it happens, but the user should look
 *   NOTICE   a state changed that matters to clients (failover, server down)
 *   INFO     what a person wants to read when all is well
 *   DEBUG    for developers; off unless asked for
 *
 * A call never blocks.  The hub (directord) writes to standard error (with
 * the <N> prefix that the journal understands when JOURNAL_STREAM is set),
 * without waiting for a slow reader: what does not fit is dropped and counted,
 * and the count is logged when there is room again.  The other processes
 * install a sink that hands each line to the hub.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/base/clock.h"

/* The numbers are those of syslog (RFC 5424). */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Called with each formatted line (no newline); must not block. Returns false if it was lost. */
typedef bool (*log_sink)(enum log_level level, const char *process, const char *line, void *arg);

/* process: the name put before each line, kept by reference. Lines above `max` are discarded. */
void log_init(const char *process, enum log_level max);
void log_set_sink(log_sink sink, void *arg);
/*
 * From now on lines go to the system's log (/dev/log) instead of standard error.  Not syslog(3), which
 * waits for a slow logger; what the socket does not take at once is dropped and counted.
 */
void log_to_syslog(void);
/* Formats nothing: one line from a named process (the hub uses it for what the others send). */
void log_line(enum log_level level, const char *process, const char *line);
/* Lines lost since the start. */
uint64_t log_lost(void);

void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * Limits a message that strangers can provoke.  One such object (static, zeroed) per message:
 * log_limit_ok() is true at most `burst` times per `period`; *suppressed tells how many were
 * swallowed since the last true.
 */
struct log_limit {
	usec_t since;
	unsigned used;
	unsigned suppressed;
};
bool log_limit_ok(struct log_limit *l, unsigned burst, usec_t period, unsigned *suppressed);

#endif
