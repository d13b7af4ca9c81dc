/*
 * provider_world: a home directory, an environment, a clock that stands still
 * and a service that answers by script, for tests of credential providers.
 * Every secret in it has CANARY in it, and no error may.
 */
#ifndef TEST_PROVIDER_WORLD_H
#define TEST_PROVIDER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is in base/err.h */

#include "base/auto.h"
#include "base/clock.h"
#include "base/net.h"
#include "fake_env.h"
#include "fake_http.h"
#include "sigv4/aws.h"
#include "sigv4/providers.h"

#define NOW    "2026-11-21T12:00:00Z"
#define LATER  "2026-11-21T13:00:00Z"
#define SECRET "CANARYsecret/key+1"
#define TOKEN  "CANARYtoken=="

#define ANSWER(status, body)                                                   \
	{                                                                      \
		FAKE_REPLY_CLOSE,                                              \
		    "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body    \
	}

struct world {
	struct fake_env f;
	struct fake server;
	char url[64];
	int64_t now;
	int sleeps;
	int64_t slept;
	struct aws_cred c;
	struct err e;
	bool serving;
};

static struct net *world_net;
static struct world *world_of_all; /* time has no context of its own */

static inline int64_t
world_now(void *ctx)
{
	(void)ctx;
	return world_of_all->now;
}

static inline void
world_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	world_of_all->sleeps++;
	world_of_all->slept += ms;
}

static inline void
world_begin(struct world *w, const struct fake_step *script, size_t count)
{
	memset(w, 0, sizeof(*w));
	world_of_all = w;
	fake_env_init(&w->f);
	w->now = clock_parse_iso(NOW);
	w->f.env.now = world_now;
	w->f.env.sleep = world_sleep;
	w->f.env.net = world_net;
	if (count > 0) {
		fake_start(&w->server, script, count);
		w->serving = true;
		(void)snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%d",
		    w->server.port);
		fake_env_set(&w->f, "AWS_ENDPOINT_URL", w->url);
	}
	fake_env_set(&w->f, "AWS_EC2_METADATA_DISABLED", "true");
}

static inline void
world_end(struct world *w)
{
	aws_cred_free(&w->c);
	if (w->serving)
		fake_stop(&w->server);
	fake_env_end(&w->f);
}

static inline const char *
world_saw(const struct world *w, unsigned i)
{
	assert_true(i < w->server.seen->requests);
	return w->server.seen->text[i];
}

/* One search; text and remedy are looked for in an error, NULL: it succeeds.
 * No secret is in any text, nor in what the credential is said to be of. */
static inline void
world_load(struct world *w, enum ec want, const char *text, const char *remedy)
{
	enum ec ec;

	aws_cred_free(&w->c);
	w->e = (struct err){ .ec = EC_OK };
	ec = identity_load(&w->f.env, &w->c, &w->e);
	if (ec != want || (text != NULL && strstr(w->e.what, text) == NULL) ||
	    (remedy != NULL && strstr(w->e.fix, remedy) == NULL))
		print_error("%s, wanted %s, %s, %s\n  what: %s\n  fix: %s\n",
		    ec_name(ec), ec_name(want), text != NULL ? text : "-",
		    remedy != NULL ? remedy : "-", w->e.what, w->e.fix);
	assert_int_equal(ec, want);
	assert_null(strstr(w->c.source, "CANARY"));
	if (ec == EC_OK) {
		assert_true(w->c.source[0] != '\0');
		return;
	}
	assert_int_equal(w->e.ec, want);
	assert_null(w->c.secret);
	assert_non_null(strstr(w->e.what, text));
	assert_true(w->e.fix[0] != '\0');
	if (remedy != NULL)
		assert_non_null(strstr(w->e.fix, remedy));
	assert_null(strstr(w->e.what, "CANARY"));
	assert_null(strstr(w->e.fix, "CANARY"));
}

static inline void
world_is(const struct world *w, const char *id, const char *secret,
    const char *token, const char *until)
{
	assert_string_equal(w->c.key_id, id);
	assert_string_equal(secret_reveal(w->c.secret), secret);
	if (token == NULL)
		assert_null(w->c.token);
	else
		assert_string_equal(secret_reveal(w->c.token), token);
	assert_int_equal(
	    w->c.expires, until == NULL ? 0 : clock_parse_iso(until));
}

static inline void
world_file(
    const struct world *w, const char *name, const char *text, char ret[128])
{
	FILE *f;

	fake_env_path(&w->f, name, ret);
	f = fopen(ret, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static inline int
world_main(const char *name, const struct CMUnitTest *tests, size_t n)
{
	struct err e;
	int failed;

	if (secret_init(&e) != EC_OK || net_new(NULL, &world_net, &e) != EC_OK)
		return 1;
	failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	net_free(world_net);
	return failed;
}

#endif
