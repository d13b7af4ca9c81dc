/*
 * fake_session: an AWS session with an identity of its own, which no text for
 * people may show. Behind fake_http.h.
 */
#ifndef TESTS_FUZZ_FAKE_SESSION_H
#define TESTS_FUZZ_FAKE_SESSION_H

#include "fuzz.h"
#include "sigv4/aws.h"

#define OUR_KEY    "AKIAI44QH8DHBEXAMPLE"
#define OUR_SECRET "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
#define OUR_TOKEN  "IQoJb3JpZ2luX2VjEXAMPLETOKEN"

static const struct {
	const char *name, *value;
} fake_variables[] = {
	{ "HOME", "/proc/none" },
	{ "AWS_ACCESS_KEY_ID", OUR_KEY },
	{ "AWS_SECRET_ACCESS_KEY", OUR_SECRET },
	{ "AWS_SESSION_TOKEN", OUR_TOKEN },
	{ "AWS_CONFIG_FILE", "/proc/none" },
	{ "AWS_SHARED_CREDENTIALS_FILE", "/proc/none" },
	{ "AWS_REGION", "eu-west-1" },
};

static inline const char *
fake_variable(void *ctx, const char *name)
{
	(void)ctx;
	for (size_t i = 0; i < COUNT(fake_variables); i++)
		if (strcmp(fake_variables[i].name, name) == 0)
			return fake_variables[i].value;
	return NULL;
}

static inline void
fake_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	demand(ms >= 0 && ms <= INT64_C(24) * 3600 * 1000);
}

static inline void
fake_session(const char *region, struct aws **ret)
{
	static const struct aws_env env = { .env = fake_variable };
	const struct aws_options o = { .region = region, .sleep = fake_sleep };
	struct err e;

	if (aws_open(NULL, &env, &o, ret, &e) != EC_OK) {
		(void)fprintf(stderr, "%s\n", e.what);
		abort();
	}
}

/* Nothing of who we are. The secret is never sent, so nobody can quote it:
 * an input that holds it was made by a fuzzer that looked into our memory. */
static inline void
fake_session_hidden(const struct err *e, const struct feed *in)
{
	demand(fuzz_holds(in->p, in->n, OUR_SECRET) ||
	    !fuzz_err_shows(e, OUR_SECRET));
	demand(!fuzz_err_shows(e, OUR_TOKEN));
}

#endif
