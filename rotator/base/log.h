/*
 * log: what the program tells its operator, one line an event.
 *
 * Only main.c and the engine call it; libraries return errors instead. Values
 * are escaped (control characters, invalid UTF-8), so no peer can forge a
 * line. Four forms: people at a terminal (colour unless NO_COLOR), plain
 * lines for cron, "<N>" priorities when stderr is the journal, JSON lines.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum log_level {        /* values are syslog priorities */
	LOG_ALERT_ = 1, /* a human must act: BLOCKED */
	LOG_ERR_ = 3,
	LOG_WARN_ = 4,
	LOG_NOTICE_ = 5, /* state changes, the default threshold is INFO */
	LOG_INFO_ = 6,
	LOG_DEBUG_ = 7,
};

enum log_form { LOG_AUTO, LOG_TERMINAL, LOG_PLAIN, LOG_JOURNAL, LOG_JSON };

struct log {
	FILE *to;
	enum log_form form; /* after log_init never LOG_AUTO */
	enum log_level threshold;
	bool colour;
	bool live; /* log_live() is used: its line is taken away first */
};

/* One field behind the message. Exactly one of s, n is used. */
struct log_field {
	const char *key; /* NULL ends a list */
	const char *s;   /* NULL: number n */
	int64_t n;
};
#define LOG_S(k, v)                                                            \
	{                                                                      \
		.key = (k), .s = (v), .n = 0                                   \
	}
#define LOG_N(k, v)                                                            \
	{                                                                      \
		.key = (k), .s = NULL, .n = (int64_t)(v)                       \
	}

/* form LOG_AUTO: JOURNAL when fd is the journal (JOURNAL_STREAM names its
 * dev:inode), TERMINAL on a tty, else PLAIN. Reads JOURNAL_STREAM, NO_COLOR
 * and TERM. */
void log_init(
    struct log *l, FILE *to, enum log_form form, enum log_level threshold);
/* fields may be NULL. Time (wall clock) is added in PLAIN and JSON forms. */
void log_event(const struct log *l, enum log_level level, const char *message,
    const struct log_field *fields);
/* Draws a line that changes, on a terminal, instead of the one before; the next
 * event takes it away. NULL: only takes it away. text: no control characters.
 */
void log_live(const struct log *l, const char *text);
/* An error as one event: message, cause=e->what, fix=e->fix, class. */
void log_err(const struct log *l, enum log_level level, const char *message,
    const struct err *e, const struct log_field *fields);

#endif
