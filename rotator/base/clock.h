/*
 * clock: the three times of a machine. All in milliseconds.
 *
 * wall goes to people and records; mono measures waits within one process
 * and goes on while the machine is suspended; boot identifies this boot, so
 * that a mono value from another boot is never compared with ours.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CLOCK_TEXT_MAX 32
#define BOOT_ID_MAX    40

int64_t clock_wall(void);     /* ms since 1970 UTC */
int64_t clock_mono(void);     /* ms, CLOCK_BOOTTIME */
void clock_sleep(int64_t ms); /* returns early when a signal comes */

/* "2026-11-21T03:40:00Z" from ms; "?" for years beyond all calendars. */
void clock_text(int64_t ms, char ret[CLOCK_TEXT_MAX]);
/* Parses "2026-11-21T03:40:00Z", also with a fraction, also with an offset
 * ("+02:00") instead of Z (RFC 3339); ms, or -1. Nothing before 1970. */
int64_t clock_parse_iso(const char *s);
/* Parses an HTTP Date ("Sat, 21 Nov 2026 03:40:00 GMT" and the two obsolete
 * forms of RFC 9110 5.6.7); ms, or -1. */
int64_t clock_parse_http(const char *s);
/* "5m", "36h", "90d", "10s", "250ms", "2w", "0"; ms, or -1. A bare number
 * other than 0 is refused: its unit would be a guess. So is more than a
 * century: a slip of the pen, and sums of times cannot overflow. */
int64_t clock_parse_span(const char *s);
/* "3d 4h", "12m", "45s": two largest units; for people. */
void clock_span_text(int64_t ms, char ret[CLOCK_TEXT_MAX]);
/* Empty string when /proc does not say. */
void clock_boot_id(char ret[BOOT_ID_MAX]);

#endif
