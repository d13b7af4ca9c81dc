/*
 * aws_world: a client of an AWS store whose service is a script (fake_http.h),
 * for tests of what a driver sends and of what it makes of the answers.
 */
#ifndef TEST_AWS_WORLD_H
#define TEST_AWS_WORLD_H

#include <stdbool.h>

#include "client_fixture.h"
#undef fail

#include "base/net.h"
#include "fake_env.h"
#include "fake_http.h"
#include "sigv4/aws.h"
#include "sigv4/sts.h"

#define ANSWER(status, more, json)                                             \
	{                                                                      \
		FAKE_REPLY_CLOSE,                                              \
		    "HTTP/1.1 " status "\r\nConnection: close\r\n"             \
		    "x-amzn-RequestId: rid-1\r\n" more "\r\n" json             \
	}
#define OK(json)            ANSWER("200 OK", "", json)
#define REFUSE(code, words) ANSWER("400 x", "", ERROR(code, words))
#define ERROR(code, words)  "{\"__type\":\"" code "\",\"message\":\"" words "\"}"

struct aws_world {
	struct fixture fx;
	struct fake server;
	struct fake_env f;
	struct net *net;
	struct aws *aws;
	char asked[REGION_MAX]; /* region of the last session */
	char as[256];           /* its role, external id, and who asks */
	struct client_reach reach;
	char url[64];
	int naps;
	int64_t slept;
};

static inline enum ec
world_net(void *ctx, struct net **ret, struct err *e)
{
	(void)e;
	*ret = ((struct aws_world *)ctx)->net;
	return EC_OK;
}

static inline enum ec
world_aws(void *ctx, const struct sts_role *as, const char *region,
    struct aws **ret, struct err *e)
{
	struct aws_world *w = ctx;

	(void)e;
	(void)snprintf(w->as, sizeof(w->as), "%s %s %s",
	    as != NULL ? as->arn : "-",
	    as != NULL && as->external_id != NULL ? as->external_id : "-",
	    as != NULL ? as->where : "-");
	(void)snprintf(w->asked, sizeof(w->asked), "%s", region);
	*ret = w->aws;
	return EC_OK;
}

static inline void
world_sleep(void *ctx, int64_t ms)
{
	struct aws_world *w = ctx;

	w->naps++;
	w->slept += ms;
}

static inline void
world_begin(struct aws_world *w, const struct client_driver *drv,
    const struct fake_step *script, size_t count)
{
	const struct aws_options o = {
		.attempts = 1, .timeout_ms = 2000, .region = "eu-west-1"
	};

	memset(w, 0, sizeof(*w));
	fixture_open(&w->fx, drv);
	fake_start(&w->server, script, count);
	fake_env_init(&w->f);
	(void)snprintf(
	    w->url, sizeof(w->url), "http://127.0.0.1:%d", w->server.port);
	fake_env_set(&w->f, "AWS_ENDPOINT_URL", w->url);
	fake_env_set(&w->f, "AWS_ACCESS_KEY_ID", "AKIAOURSOURSOURSOURS");
	fake_env_set(&w->f, "AWS_SECRET_ACCESS_KEY", "OURSECRET");
	assert_int_equal(net_new(NULL, &w->net, &w->fx.e), EC_OK);
	assert_int_equal(
	    aws_open(w->net, &w->f.env, &o, &w->aws, &w->fx.e), EC_OK);
	w->reach = (struct client_reach){ .ctx = w,
		.net = world_net,
		.aws = world_aws,
		.sleep = world_sleep };
	w->fx.c.reach = &w->reach;
}

static inline void
world_end(struct aws_world *w)
{
	aws_close(w->aws);
	net_free(w->net);
	fake_stop(&w->server);
	fake_env_end(&w->f);
	fixture_close(&w->fx);
}

static inline unsigned
world_requests(const struct aws_world *w)
{
	return w->server.seen->requests;
}

/* Request i is of this action (or method and path) and holds this text. */
static inline void
world_asked(
    const struct aws_world *w, unsigned i, const char *action, const char *part)
{
	const char *t = w->server.seen->text[i];

	assert_true(i < world_requests(w));
	if (strstr(t, action) == NULL || strstr(t, part) == NULL) {
		print_error(
		    "request %u:\n%s\nno %s or %s\n", i, t, action, part);
		_fail(__FILE__, __LINE__);
	}
}

static inline enum ec
world_plan(struct aws_world *w, struct client_plan *ret)
{
	*ret = (struct client_plan){ .change = "" };
	return w->fx.c.drv->plan(&w->fx.c, ret, &w->fx.e);
}

#endif
