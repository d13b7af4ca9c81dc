/*
 * out: what commands print on stdout: aligned tables for people, JSON for
 * programs. Text from outside is escaped before it reaches a terminal.
 */
#ifndef ROTATOR_OUT_H
#define ROTATOR_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

enum colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, CYAN };

/* Colour only on a terminal, without NO_COLOR, TERM not dumb. */
bool out_colour(void);
/* printf with a colour around it, to stdout. */
void out(enum colour c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define OUT_COLUMNS_MAX 10
struct out_table; /* collects rows, prints them aligned at the end */
struct out_table *out_table_new(const char *const *heads); /* NULL ended */
void out_table_cell(struct out_table *t, enum colour c, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void out_table_end(struct out_table *t); /* prints and frees */

/* Prints one JSON value and a newline, then deletes it. EC_NOMEM when json is
 * NULL, EC_IO when stdout is gone. */
MUST enum ec out_json(cJSON *json, struct err *e);

/* "3d 4h ago", "in 2h", "never" (at 0). */
void out_when(int64_t at, int64_t now, char *ret, size_t size);
/* ISO text into JSON, null when at is 0. */
void out_json_time(cJSON *o, const char *key, int64_t at);

#endif
