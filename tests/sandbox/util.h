/*
 * util: the few helpers every file of the sandbox needs.
 *
 * The sandbox is a test rig: out of memory ends the process, which keeps all
 * other code free of that case.
 */
#ifndef SANDBOX_UTIL_H
#define SANDBOX_UTIL_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Print "ses-sandbox: ..." to stderr and exit(1). For start-up only. */
void die(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/* A new string, to be freed by the caller. Never NULL. */
char *fmt(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Zeroed memory, to be freed by the caller. Never NULL. */
void *must_alloc(size_t size);

/* p, or the end of the process when p is NULL. */
void *must(void *p);

/* Copy at most size - 1 bytes and always end with NUL. */
void copy_text(char *to, size_t size, const char *from);

/* Monotonic milliseconds: for lags and delays, never shown to a client. */
uint64_t now_ms(void);

/* format is one of the three below; UTC; out always ends in NUL. */
void date_text(time_t at, const char *format, char *out, size_t size);

#define DATE_ISO   "%Y-%m-%dT%H:%M:%SZ"
#define DATE_BASIC "%Y%m%dT%H%M%SZ"
#define DATE_HTTP  "%a, %d %b %Y %H:%M:%S GMT"

#endif
