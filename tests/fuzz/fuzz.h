/*
 * fuzz: what every target has in common: an oracle that says which of its
 * demands was not met, and the input cut into parts.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "sigv4/smtp_password.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define demand(x)                                                              \
	do {                                                                   \
		if (!(x)) {                                                    \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
			    __LINE__, #x);                                     \
			abort();                                               \
		}                                                              \
	} while (0)

/* The rest of an input. */
struct feed {
	const char *p;
	size_t n;
};

static inline unsigned
feed_byte(struct feed *f)
{
	if (f->n == 0)
		return 0;
	f->n--;
	return (unsigned char)*f->p++;
}

/* Up to and without the next `end`, which is taken too; all when there is
 * none. NULL: nothing is left. */
static inline const char *
feed_part(struct feed *f, char end, size_t *ret_n)
{
	const char *p = f->p;
	const char *at = f->n > 0 ? memchr(p, end, f->n) : NULL;

	*ret_n = at != NULL ? (size_t)(at - p) : f->n;
	f->p += *ret_n + (at != NULL ? 1 : 0);
	f->n -= *ret_n + (at != NULL ? 1 : 0);
	return *ret_n > 0 || at != NULL ? p : NULL;
}

static inline bool
fuzz_holds(const char *hay, size_t n, const char *needle)
{
	return memmem(hay, n, needle, strlen(needle)) != NULL;
}

/* How often, overlaps not counted. */
static inline size_t
fuzz_count(const char *hay, size_t n, const char *needle)
{
	const char *end = hay + n, *at;
	size_t found = 0;

	while (hay < end &&
	    (at = memmem(hay, (size_t)(end - hay), needle, strlen(needle))) !=
		NULL) {
		found++;
		hay = at + 1;
	}
	return found;
}

/* A text for people: NUL ended before `max`, and no password of SES in it. */
static inline void
fuzz_text_fit(const char *s, size_t max)
{
	const size_t n = strnlen(s, max);

	demand(n < max);
	for (size_t i = 0; i + SMTP_PASSWORD_LEN <= n; i++)
		demand(smtp_password_form(s + i, SMTP_PASSWORD_LEN) ==
		    SMTP_PASSWORD_NONE);
}

static inline void
fuzz_err_fit(const struct err *e)
{
	demand(e->ec > EC_OK && e->ec < EC__MAX);
	demand(e->what[0] != '\0');
	fuzz_text_fit(e->what, sizeof(e->what));
	fuzz_text_fit(e->fix, sizeof(e->fix));
}

static inline bool
fuzz_err_shows(const struct err *e, const char *text)
{
	return strstr(e->what, text) != NULL || strstr(e->fix, text) != NULL;
}

#endif
