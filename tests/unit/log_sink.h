/* log_sink: a log into memory, for the tests of log. */
#ifndef TESTS_LOG_SINK_H
#define TESTS_LOG_SINK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"

/* What the log under test has written; to be freed. */
struct sink {
	FILE *f;
	char *text;
	size_t len;
	struct log log;
};

static inline void
sink_open(struct sink *s, enum log_form form)
{
	s->f = open_memstream(&s->text, &s->len);
	assert_non_null(s->f);
	log_init(&s->log, s->f, form, LOG_INFO_);
}

static inline void
sink_close(struct sink *s)
{
	(void)fclose(s->f);
	free(s->text);
}

static inline void
auto_cjson(cJSON **o)
{
	cJSON_Delete(*o);
}

static inline const char *
string_of(const cJSON *o, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
}

#endif
